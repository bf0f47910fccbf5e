"""What happened: bounded, found, waited for, asserted, and never a secret in it."""

from __future__ import annotations

import json
import threading
from typing import Any

import anyio
import httpx
import pytest

from tiktok_mock_server import MockTikTok
from tiktok_mock_server.faults import NoSuchFault
from tiktok_mock_server.journal import Journal, Query
from tiktok_mock_server.messages import READ, Inbound, Wait
from tiktok_mock_server.running import Running

from .doors import door
from .support import APP, Creator, mp4


def talking(mock: MockTikTok) -> Creator:
    client = httpx.Client(transport=mock.transport(), base_url=mock.url)
    return Creator(mock, client.request)


def busy() -> tuple[MockTikTok, Creator, str]:
    mock = MockTikTok()
    creator = talking(mock)
    started = creator.started()
    creator.put(started["upload_url"], mp4())
    creator.status(started["publish_id"])
    creator.status("v_pub_file~v2-1.7")
    creator.refresh()
    return mock, creator, started["publish_id"]


def test_of_a_parameter_that_comes_twice_the_first_counts_for_the_rules_and_the_journal() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    one, other = creator.started(), creator.started()
    upload_id = httpx.URL(other["upload_url"]).params["upload_id"]
    assert creator.put(f"{one['upload_url']}&upload_id={upload_id}", mp4()).status_code == 201
    assert mock.journal.last(1)[0].publish_id == one["publish_id"]


def test_what_is_asked_for_is_found() -> None:
    mock, _, publish_id = busy()
    journal = mock.journal
    assert [entry.operation for entry in journal] == [
        "initVideoPost",
        "uploadChunk",
        "fetchStatus",
        "fetchStatus",
        "getToken",
    ]
    assert journal.count(publish_id=publish_id) == 3
    assert journal.count(operation="fetch_status", status=200) == 1
    (refused,) = journal.entries(code="invalid_publish_id")
    assert (refused.rule, refused.number) == ("status.publish-id", 4)
    assert journal.count(after=4) == 1
    assert [entry.number for entry in journal.last(2)] == [4, 5]


def test_assertions_say_what_was_made_instead() -> None:
    mock, _, publish_id = busy()
    journal = mock.journal
    journal.assert_made("fetchStatus", times=2)
    journal.assert_made("fetchStatus", at_most=2, publish_id=publish_id)
    journal.assert_not_made("cancelPublish")
    journal.assert_order("initVideoPost", "uploadChunk", "fetchStatus", "fetchStatus", "getToken")
    with pytest.raises(AssertionError, match="there is no getToken after what comes before it"):
        journal.assert_order("getToken", "getToken")
    with pytest.raises(
        AssertionError, match=r"operation=uploadChunk: wanted 2, made 1; the last requests were"
    ):
        journal.assert_made("uploadChunk", times=2)
    with pytest.raises(AssertionError, match="wanted 0, made 5"):
        journal.assert_not_made()
    with pytest.raises(AssertionError, match="there is no initVideoPost after what comes before it"):
        journal.assert_order("uploadChunk", "initVideoPost")
    with pytest.raises(AssertionError, match="no request was made at all"):
        MockTikTok().journal.assert_made()
    MockTikTok().journal.assert_not_made()


def test_it_is_bounded_by_count_and_by_bytes_and_says_what_it_dropped() -> None:
    mock = MockTikTok()
    mock.world.journal = journal = Journal(count=10)
    creator = talking(mock)
    for _ in range(25):
        creator.status("x")
    assert (len(journal), journal.dropped, journal.cursor) == (10, 15, 25)
    mock.world.journal = journal = Journal(size=20_000)
    for _ in range(100):
        creator.init(title="x" * 2000)
    assert journal.size <= 20_000
    assert len(journal) + journal.dropped == journal.cursor == 100
    assert f"({100 - len(journal.last())} earlier)" in journal.report()


def test_nothing_secret_is_shown() -> None:
    mock, creator, _ = busy()
    code = mock.authorize_code(redirect_uri="https://app.example/callback/")
    form = {**APP, "grant_type": "authorization_code", "code": code, "code_verifier": "v" * 43}
    creator.ask("POST", "/v2/oauth/token/", data={**form, "redirect_uri": "https://app.example/callback/"})
    creator.revoke()
    secrets = [*mock.world.access_tokens, *mock.world.refresh_tokens, code, "v" * 43, APP["client_secret"]]
    secrets += [upload.token for upload in mock.world.uploads.values()]
    shown = json.dumps([entry.describe() for entry in mock.journal]) + mock.journal.report()
    assert len(secrets) > 8
    assert [secret for secret in secrets if secret in shown] == []


def test_an_address_is_shown_but_for_the_secrets_in_its_query() -> None:
    """Which redirect URI was sent is what one looks for when a login fails."""
    mock, creator, _ = busy()
    code = mock.authorize_code(redirect_uri="https://app.example/callback/")
    creator.ask(
        "POST", "/v2/oauth/token/", data={**APP, "code": code, "redirect_uri": "https://app.example/back/"}
    )
    init, *_, traded = mock.journal
    assert json.loads(json.dumps(traded.request))["redirect_uri"] == "https://app.example/back/"
    (upload,) = mock.world.uploads.values()
    address, query = json.dumps(init.answer).partition('"upload_url": "')[2].split("?")
    assert address == "http://tiktok.mock/upload"
    assert f"upload_id={upload.id}&" in query
    assert upload.token not in query


def test_over_http_it_is_searched_and_asserted() -> None:
    mock, creator, publish_id = busy()

    def get(**query: Any) -> Any:
        return creator.ask("GET", "/_mock/journal", params=query)

    found = get(operation="fetchStatus", publish_id=publish_id).json()
    assert (found["count"], found["cursor"], found["dropped"]) == (1, 5, 0)
    assert get(after=found["cursor"]).json()["requests"] == []
    assert get(operation="fetch").status_code == 400
    assert get(colour="red").status_code == 400
    assert get(status="x").status_code == 400
    newest = get(limit=2).json()
    assert ([one["number"] for one in newest["requests"]], newest["count"]) == ([4, 5], 5)
    mock.faults.plan("queryCreatorInfo", "gateway")
    creator.creator_info()
    assert [one["number"] for one in get(fault="gateway").json()["requests"]] == [6]
    assert get(**{"as": "text"}).text == mock.journal.report() + "\n"
    (status,) = get(**{"as": "text", "operation": "fetchStatus", "publish_id": publish_id}).text.splitlines()
    assert "fetchStatus" in status
    assert get(**{"as": "text", "after": 3, "limit": 1}).text.splitlines()[0] == "(2 earlier)"
    assert get(**{"as": "text", "operation": "cancelPublish"}).text == "\n"

    def verify(**body: Any) -> Any:
        return creator.ask("POST", "/_mock/journal/verify", json=body)

    assert verify(
        made={"operation": "fetchStatus", "times": 2}, order=["initVideoPost", "getToken"]
    ).json() == {"ok": True}
    assert verify(not_made={"operation": "cancelPublish"}).status_code == 200
    twice = {"operation": "fetchStatus", "at_least": 1, "at_most": 1}
    assert "wanted 1, made 2" in verify(made=twice).json()["error"]
    wrong = verify(made={"operation": "getToken"}, not_made={"operation": "fetchStatus"})
    assert "wanted 0, made 2" in wrong.json()["error"], "each of several wishes counts"
    wrong = verify(made={"operation": "cancelPublish"})
    assert (wrong.status_code, "made 0" in wrong.json()["error"]) == (409, True)
    assert verify(not_made={}).status_code == 409
    assert verify(order=["getToken", "initVideoPost"]).status_code == 409
    assert verify(faults_used_up=True).status_code == 200
    assert verify().status_code == 400
    assert verify(colour="red").status_code == 400
    assert creator.ask("DELETE", "/_mock/journal").json() == {"cursor": 6}
    assert get().json()["count"] == mock.journal.size == 0


@pytest.mark.parametrize("end", ["", ', "more": oops}', ', "padding": "' + "x" * 20_000 + '"}'])
def test_nothing_secret_is_shown_of_json_that_cannot_be_read(end: str) -> None:
    mock = MockTikTok()
    body = '{"grant_type": "x", "client_secret" : "top-secret-value", "code_verifier":"another-secret' + end
    talking(mock).ask("POST", "/v2/oauth/token/", content=body, headers={"content-type": "application/json"})
    shown = json.dumps([entry.describe() for entry in mock.journal])
    assert "top-secret-value" not in shown
    assert "another-secret" not in shown
    assert "client_secret" in shown


@pytest.mark.parametrize(
    "query",
    ["count=inf", "count=nan", "count=-1", "limit=0", "limit=-1", "wait=nan", "wait=soon", "status=x"],
)
def test_a_search_that_makes_no_sense_is_refused_in_words(query: str) -> None:
    client = httpx.Client(transport=MockTikTok().transport(), base_url=MockTikTok.url)
    answer = client.get(f"/_mock/journal?{query}")
    assert (answer.status_code, " must be a " in answer.json()["error"]) == (400, True), answer.text


def test_an_order_of_operations_that_do_not_exist_is_no_order() -> None:
    mock, _, _ = busy()
    mock.journal.assert_order("init_video_post", "fetchStatus")
    with pytest.raises(NoSuchFault, match="did you mean 'fetchStatus'"):
        mock.journal.assert_order("initVideoPost", "fetchStatu")


def test_waiting_for_a_request_that_comes() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    thread = threading.Thread(target=creator.creator_info)
    thread.start()
    (entry,) = mock.journal.wait_for(operation="queryCreatorInfo")
    thread.join()
    assert entry.status == 200
    assert mock.journal.wait_for(Query(status=500), timeout=0.01) == []


def test_waiting_for_several_ends_with_the_last_of_them() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    creator.creator_info()
    query = "operation=queryCreatorInfo&wait=5&count=2"
    exchange = mock.engine.exchange(Inbound("GET", "/_mock/journal", query, {}))
    step = next(exchange)
    while step is READ:
        step = exchange.send(b"")
    assert isinstance(step, Wait)
    assert not step.until()
    creator.creator_info()
    assert step.until()
    exchange.close()


def test_who_watches_is_told_of_every_exchange_until_it_has_seen_enough() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    told: list[int] = []
    stop = mock.journal.watch(lambda: told.append(mock.journal.cursor))
    creator.creator_info()
    creator.creator_info()
    stop()
    creator.creator_info()
    assert told == [1, 2]


@pytest.mark.parametrize("name", ["transport", "socket"])
def test_waiting_over_http(name: str) -> None:
    mock = MockTikTok()
    with door(name, mock) as ask:
        creator = Creator(mock, ask)
        thread = threading.Thread(target=creator.creator_info)
        thread.start()
        query = {"operation": "queryCreatorInfo", "wait": "0.3", "count": "1"}
        assert ask("GET", "/_mock/journal", params=query).json()["count"] == 1
        thread.join()
        assert ask("GET", "/_mock/journal", params={"status": "500", "wait": "0.01"}).json()["count"] == 0


@pytest.mark.anyio
async def test_waiting_in_one_event_loop() -> None:
    mock = MockTikTok()
    token = mock.authorize()["access_token"]
    async with httpx.AsyncClient(transport=mock.async_transport(), base_url=mock.url) as client:
        found: list[int] = []

        async def wait() -> None:
            query = {"operation": "queryCreatorInfo", "wait": "5"}
            found.append((await client.get("/_mock/journal", params=query)).json()["count"])

        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            headers = {"authorization": f"Bearer {token}"}
            await client.post("/v2/post/publish/creator_info/query/", headers=headers)
    assert found == [1]


def test_a_client_that_went_away_is_noted() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    started = creator.started(1000)

    def body() -> Any:
        yield b"half"
        raise OSError("the disk is gone")

    headers = {"content-type": "video/mp4", "content-range": "bytes 0-999/1000", "content-length": "1000"}
    with pytest.raises(OSError, match="disk"):
        httpx.Client(transport=mock.transport()).put(started["upload_url"], content=body(), headers=headers)
    (last,) = mock.journal.last(1)
    assert (last.operation, last.status, last.outcome) == ("uploadChunk", 0, "gone")


def test_a_long_soak_keeps_the_journal_small() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    for _ in range(12_000):
        creator.ask("GET", "/nowhere")
    assert len(mock.journal) == mock.journal.limit_count
    assert mock.journal.dropped == 2_000


def test_over_a_socket_the_journal_is_the_same_object() -> None:
    mock = MockTikTok()
    with Running(mock.engine) as url:
        httpx.get(f"{url}/nowhere")
        assert mock.journal.count(path="/nowhere") == 1
