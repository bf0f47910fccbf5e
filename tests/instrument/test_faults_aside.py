"""Faults where they have little to do: requests about nothing known, answers without a body, slow doors."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tiktok_mock_server import MockTikTok, Switches, endings
from tiktok_mock_server.running import Running

from .doors import LONG, SHORT, door
from .support import APP, TOKEN, Creator, mp4
from .test_faults import outcome

UNKNOWN = "http://tiktok.mock/upload?upload_id=7&upload_token=x"


def new_mock() -> MockTikTok:
    return MockTikTok(switches=Switches(check_media=False, min_chunk_size=24))


def talking(mock: MockTikTok) -> Creator:
    client = httpx.Client(transport=mock.transport(), base_url=mock.url)
    return Creator(mock, client.request)


def client_token(creator: Creator) -> str:
    """A token of the app's own, which no user granted."""
    answer = creator.ask("POST", TOKEN, data={**APP, "grant_type": "client_credentials"})
    token: str = answer.json()["access_token"]
    return token


# Requests about nothing known


@pytest.mark.parametrize("kind", ["token_expired", "scope_withdrawn", "grant_revoked", "rate_limited"])
def test_a_fault_of_a_token_that_nobody_issued_changes_no_other(kind: str) -> None:
    mock = new_mock()
    creator = talking(mock)
    mock.faults.plan("queryCreatorInfo", kind)
    foreign = creator.creator_info({"authorization": "Bearer act.of.somebody"})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (401, "access_token_invalid")
    assert creator.creator_info().status_code == 200
    mock.faults.assert_used_up()


@pytest.mark.parametrize("kind", ["scope_withdrawn", "grant_revoked"])
def test_a_token_that_no_user_granted_has_no_grant_to_lose(kind: str) -> None:
    mock = new_mock()
    creator = talking(mock)
    own = {"authorization": f"Bearer {client_token(creator)}"}
    before = creator.creator_info(own)
    mock.faults.plan("queryCreatorInfo", kind)
    after = creator.creator_info(own)
    assert (after.status_code, after.json()["error"]["code"]) == (
        before.status_code,
        before.json()["error"]["code"],
    )
    assert creator.creator_info().status_code == 200


def test_a_grant_is_revoked_under_a_refresh_too() -> None:
    mock = new_mock()
    creator = talking(mock)
    mock.faults.plan("getToken", "grant_revoked", reason=5)
    assert client_token(creator).startswith("clt."), "there is no grant in this one"
    assert creator.creator_info().status_code == 200
    mock.faults.plan("getToken", "grant_revoked", reason=5)
    assert creator.refresh().json()["error"] == "invalid_grant"
    assert creator.creator_info().status_code == 401
    (removed,) = mock.world.deliveries
    assert (removed.event, b'"reason\\":5' in removed.body) == ("authorization.removed", True)


@pytest.mark.parametrize("kind", ["chunk_forgotten", "session_expired", "chunk_lost", "chunk_repeated"])
def test_a_fault_of_an_upload_that_nobody_began_changes_no_other(kind: str) -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started(48, chunk=24, count=2)
    assert creator.put(started["upload_url"], mp4(), total=48).status_code == 206
    mock.faults.plan("uploadChunk", kind)
    assert creator.put(UNKNOWN, mp4()).status_code == 404
    rest = creator.put(started["upload_url"], bytes(24), first=24, total=48)
    assert (rest.status_code, rest.headers["content-range"]) == (201, "bytes 0-48/48")


def test_a_chunk_that_is_refused_is_not_acknowledged_later() -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started(48, chunk=24, count=2)
    mock.faults.plan("uploadChunk", "chunk_repeated")
    assert [creator.put(started["upload_url"], mp4(), first=24, total=48).status_code for _ in range(2)] == [
        416,
        416,
    ]


def test_a_refused_chunk_is_answered_before_its_connection_could_break() -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started(48, chunk=24, count=2)
    mock.faults.plan("uploadChunk", "reset_in_body", after_bytes=10)
    assert creator.put(started["upload_url"], mp4(), first=24, total=48).status_code == 416
    mock.faults.assert_used_up()


@pytest.mark.parametrize("kind", ["hold", "fails_late", "new_status"])
def test_a_fault_of_a_post_that_there_is_not_changes_no_other(kind: str) -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started()
    creator.put(started["upload_url"], mp4())
    mock.faults.plan("fetchStatus", kind)
    assert creator.status("v_pub_file~v2-1.7").json()["error"]["code"] == "invalid_publish_id"
    mock.clock.advance(60)
    assert creator.status(started["publish_id"]).json()["data"]["status"] == "PUBLISH_COMPLETE"


@pytest.mark.parametrize("kind", ["hold", "fails_late"])
def test_the_post_of_a_chunk_is_the_one_that_is_uploaded(kind: str) -> None:
    mock = new_mock()
    creator = talking(mock)
    started, other = creator.started(), creator.started()
    mock.faults.plan("uploadChunk", kind)
    for one in (started, other):
        assert creator.put(one["upload_url"], mp4()).status_code == 201
    mock.clock.advance(3600)
    stages = [mock.post(one["publish_id"]).stage.name for one in (started, other)]
    assert stages == ["PROCESSING" if kind == "hold" else "FAILED", "PUBLISHED"]


def test_a_body_that_is_no_json_has_no_fields_for_a_fault_to_wait_for() -> None:
    mock = new_mock()
    creator = talking(mock)
    publish_id = creator.started()["publish_id"]
    mock.faults.plan("fetchStatus", "gateway", when={"publish_id": publish_id})
    path, headers = "/v2/post/publish/status/fetch/", {**creator.headers, "content-type": "application/json"}
    for body in (b'{"publish_id":', b"[]"):
        assert creator.ask("POST", path, content=body, headers=headers).status_code == 400
    assert creator.status(publish_id).status_code == 502


def test_a_fault_of_the_last_chunk_waits_for_it() -> None:
    mock = new_mock()
    creator = talking(mock)
    url = creator.started(48, chunk=24, count=2)["upload_url"]
    mock.faults.plan("uploadChunk", "gateway", when={"chunk": "last"})
    assert creator.put(url, mp4(), total=48).status_code == 206
    assert creator.put(url, bytes(24), first=24, total=48).status_code == 502


# Answers without a body


def test_an_answer_without_a_body_is_cut_before_its_first_byte_and_gets_no_field() -> None:
    mock = new_mock()
    creator = talking(mock)
    one, two = creator.started(), creator.started()
    mock.faults.plan("uploadChunk", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        creator.put(one["upload_url"], mp4())
    mock.faults.plan("uploadChunk", "new_field")
    answer = creator.put(two["upload_url"], mp4())
    assert (answer.status_code, answer.content) == (201, b"")


# What is asked for in a request


CANNOT_BE = [
    ("rest", "did you mean 'reset'"),
    ("Reset", "did you mean 'reset'"),
    ("", "there is no fault ''"),
    ("webhook_lost", "webhook_lost meets events; write @webhook behind it"),
    ("chunk_lost", "chunk_lost does nothing at initVideoPost; it fits uploadChunk"),
    ("gateway; times=many", "times must be a whole number, not 'many'"),
    ("gateway; applied=yes", "applied must be true or false, not 'yes'"),
    ("gateway; staus=503", "gateway has no 'staus'"),
    ("lost; how=slowly", "how of lost is one of reset, close, silence, gateway"),
]


@pytest.mark.parametrize(("wish", "why"), CANNOT_BE)
def test_a_request_that_asks_for_a_fault_that_cannot_be_is_refused_and_told_why(wish: str, why: str) -> None:
    mock = new_mock()
    creator = talking(mock)
    kept = mock.faults.plan("initVideoPost", "gateway")
    kind, _, details = wish.partition("; ")
    in_text = f"#mock:{kind}({details})" if details else f"#mock:{kind}"
    for answer in (creator.init(headers={"x-mock-fault": wish}), creator.init(title=f"Hi {in_text} there")):
        assert (answer.status_code, answer.headers["x-mock-rule"]) == (400, "mock.no-such-fault")
        assert why in answer.json()["error"]
        assert why.split(";")[0] in answer.headers["x-mock-hint"]
    assert not mock.world.posts
    assert [(fault, fault.fired) for fault in mock.faults] == [(kept, 0)], "what was planned still waits"
    assert [(entry.status, entry.code) for entry in mock.journal] == [(400, ""), (400, "")]


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ("#mock:rest@uploadChunk", "did you mean 'reset'"),
        ("#mock:reset@uploadChunks", "did you mean 'uploadChunk'"),
        ("#mock:hold #mock:chunk_lost@fetchStatus", "chunk_lost does nothing at fetchStatus"),
        ("#mock:lost(how=close", "the details of lost end with a bracket"),
    ],
)
def test_so_is_one_that_asks_for_it_on_behalf_of_another(wish: str, why: str) -> None:
    mock = new_mock()
    answer = talking(mock).init(title=wish)
    assert (answer.status_code, why in answer.json()["error"]) == (400, True)
    assert not mock.world.posts
    assert list(mock.faults) == []


def test_an_upload_that_asks_for_a_fault_that_cannot_be_stores_nothing() -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started()
    answer = creator.put(started["upload_url"], mp4(), headers={"x-mock-fault": "chunk_lots"})
    assert (answer.status_code, "did you mean 'chunk_lost'" in answer.json()["error"]) == (400, True)
    assert mock.journal.last(1)[0].request == f"{len(mp4())} bytes"
    assert creator.put(started["upload_url"], mp4()).status_code == 201


def test_a_form_and_a_query_ask_for_faults_of_others_too() -> None:
    mock = new_mock()
    creator = talking(mock)
    fields = {
        "grant_type": "client_credentials",
        "client_key": "mock_client_key",
        "note": "#mock:reset@fetchStatus",
    }
    assert creator.ask("POST", "/v2/oauth/token/", data=fields | {"client_secret": "x"}).status_code == 200
    asked = {"fields": "open_id", "note": "#mock:close@fetchStatus"}
    assert creator.ask("GET", "/v2/user/info/", params=asked, headers=creator.headers).status_code == 200
    assert [(fault.kind, fault.operation, fault.when) for fault in mock.faults] == [
        ("reset", "fetchStatus", {}),
        ("close", "fetchStatus", {}),
    ]


def test_a_request_asks_for_a_fault_that_comes_more_than_once_and_after_the_rules() -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started(title="#mock:gateway(times=2)@fetchStatus")
    assert [creator.status(started["publish_id"]).status_code for _ in range(3)] == [502, 502, 200]
    assert creator.init(headers={"x-mock-fault": "gateway; applied=true"}).status_code == 502
    assert creator.init(headers={"x-mock-fault": "gateway; applied=false"}).status_code == 502
    assert len(mock.world.posts) == 2, "the first was applied, the second was not"


# Plans


def test_a_plan_counts_its_faults_and_says_what_they_wait_for() -> None:
    mock = new_mock()
    creator = talking(mock)
    first = mock.faults.plan("queryCreatorInfo", "gateway")
    second = mock.faults.plan("queryCreatorInfo", "reset", after=3)
    assert creator.creator_info().status_code == 502
    assert (len(mock.faults), str(second)) == (
        2,
        "reset at queryCreatorInfo (after=3): wanted 1×, happened 0×",
    )
    mock.faults.remove(first.number)
    assert list(mock.faults) == [second], "one that has happened can be taken out as well"


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("faults", {"fault": "reset", "when": ["chunk"]}, "when must be an object"),
        ("faults", {"fault": "reset", "details": "how=close"}, "details must be an object"),
        ("journal/verify", {"order": "getToken"}, "order must be a list"),
        ("journal/verify", {"made": "getToken"}, "made must be an object"),
        ("journal/verify", {"made": {"operation": "getToken", "times": "x"}}, "times must be a"),
        ("posts/hold", {"publish_id": 7}, "publish_id must be a text"),
    ],
)
def test_control_calls_that_make_no_sense(path: str, body: dict[str, Any], reason: str) -> None:
    answer = talking(new_mock()).ask("POST", f"/_mock/{path}", json=body)
    assert (answer.status_code, answer.json()["error"].startswith(reason)) == (400, True), answer.text


def test_a_refused_connection_can_come_more_than_once_over_a_socket() -> None:
    mock = new_mock()
    with Running(mock.engine) as url, httpx.Client(base_url=url) as client:
        planned = client.post("/_mock/faults", json={"fault": "refused", "seconds": 0.001, "times": 2}).json()
        assert (planned["fired"], planned["used_up"]) == (1, False)


def test_connections_are_refused_from_within_the_process_too() -> None:
    mock = new_mock()
    with Running(mock.engine) as url, httpx.Client(base_url=url) as client:
        creator = Creator(mock, client.request)
        assert creator.creator_info().status_code == 200
        planned = talking(mock).ask("POST", "/_mock/faults", json={"fault": "refused", "seconds": 0.2}).json()
        assert planned["used_up"] is True
        until = time.perf_counter() + LONG
        while (seen := outcome(creator.creator_info)) != 200 and time.perf_counter() < until:
            assert seen in (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)
        assert seen == 200, "it comes back by itself"
    mock.faults.assert_used_up()


def test_a_world_made_before_the_server_started_can_take_it_off_the_network() -> None:
    mock = new_mock()
    early = mock.add_world("early")
    with Running(mock.engine):
        planned = (
            talking(early).ask("POST", "/_mock/faults", json={"fault": "refused", "seconds": 0.001}).json()
        )
    assert planned["used_up"] is True


def test_once_the_server_has_stopped_connections_are_refused_in_process_again() -> None:
    mock = new_mock()
    with Running(mock.engine):
        pass
    creator = talking(mock)
    assert creator.ask("POST", "/_mock/faults", json={"fault": "refused"}).json()["used_up"] is False
    assert outcome(creator.creator_info) is httpx.ConnectError


# Doors


@pytest.mark.parametrize("kind", ["latency", "slow_body"])
def test_behind_a_server_without_connections_what_is_late_just_comes(kind: str) -> None:
    mock = new_mock()
    with door("asgi", mock, patience=SHORT) as ask:
        creator = Creator(mock, ask)
        whole = creator.creator_info().json()["data"]
        mock.faults.plan("queryCreatorInfo", kind, seconds=3600, real=True)
        assert creator.creator_info().json()["data"] == whole
    mock.faults.assert_used_up()


@pytest.mark.parametrize("kind", ["latency", "slow_body"])
def test_over_a_socket_what_is_late_comes_whole_for_who_waits(kind: str) -> None:
    mock = new_mock()
    with door("socket", mock) as ask:
        creator = Creator(mock, ask)
        whole = creator.creator_info().json()["data"]
        mock.faults.plan("queryCreatorInfo", kind, seconds=0.02, real=True)
        assert creator.creator_info().json()["data"] == whole
        assert creator.creator_info().status_code == 200


@pytest.mark.parametrize(("kind", "limit"), [("silence", "LONGEST_SILENCE"), ("stall", "LONGEST_STALL")])
def test_a_client_without_a_timeout_is_not_kept_for_ever(
    monkeypatch: pytest.MonkeyPatch, kind: str, limit: str
) -> None:
    monkeypatch.setattr(endings, limit, 0.01)
    mock = new_mock()
    with door("socket", mock) as ask:
        creator = Creator(mock, ask)
        url = creator.started(64 * 2**20)["upload_url"]
        mock.faults.plan("uploadChunk", kind)
        with pytest.raises((httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
            creator.put(url, bytes(64 * 2**20))
        assert creator.creator_info().status_code == 200


def test_a_rate_limit_is_full_although_the_calls_before_count_no_longer() -> None:
    mock = new_mock()
    creator = talking(mock)
    assert {creator.creator_info().status_code for _ in range(20)} == {200}
    mock.clock.advance(60)
    mock.faults.plan("queryCreatorInfo", "rate_limited")
    assert creator.creator_info().status_code == 429
