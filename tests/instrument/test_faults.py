"""Every fault, through every door: the same exception class or status, and the world as it should be."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from tiktok_mock_server import MockTikTok, Switches
from tiktok_mock_server.faults import CATALOGUE, NoSuchFault, UnusedFaults
from tiktok_mock_server.running import Running

from .doors import DOORS, LONG, SHORT, door
from .support import Creator, mp4

MIB = 1024 * 1024
BIG = 48 * MIB  # more than the buffers between two sockets can hold (32 MiB and 4 MiB on Linux)

# fault, details, what a call of fetchStatus ends with
ON_A_CALL: list[tuple[str, dict[str, Any], type[Exception] | int]] = [
    ("lost", {}, httpx.ReadError),
    ("lost", {"how": "close"}, httpx.RemoteProtocolError),
    ("lost", {"how": "silence"}, httpx.ReadTimeout),
    ("lost", {"how": "gateway"}, 502),
    ("reset", {}, httpx.ReadError),
    ("close", {}, httpx.RemoteProtocolError),
    ("silence", {}, httpx.ReadTimeout),
    ("error", {"code": "internal_error"}, 500),
    ("error", {"code": "rate_limit_exceeded"}, 429),
    ("error", {"code": "brand_new_code", "status": 418}, 418),
    ("gateway", {}, 502),
    ("gateway", {"status": 200}, 200),
    ("gateway", {"status": 200, "body": "empty"}, 200),
    ("cut", {}, httpx.RemoteProtocolError),
    ("cut", {"keep": 1}, httpx.RemoteProtocolError),
    ("malformed", {}, 200),
    ("new_field", {}, 200),
    ("new_enum_value", {}, 200),
    ("number_as_text", {}, 200),
    ("new_status", {}, 200),
    ("hold", {}, 200),
    ("fails_late", {}, 200),
    ("token_expired", {}, 401),
    ("scope_withdrawn", {}, 401),
    ("grant_revoked", {}, 401),
    ("rate_limited", {}, 429),
]

# fault, details, size of the chunk, what the PUT ends with
ON_A_CHUNK: list[tuple[str, dict[str, Any], int, type[Exception] | int]] = [
    ("lost", {}, 24, httpx.ReadError),
    ("lost", {"how": "gateway"}, BIG, 502),
    ("reset", {}, BIG, httpx.ReadError),
    ("close", {}, 24, httpx.RemoteProtocolError),
    ("reset_in_body", {"after_bytes": 10}, 24, httpx.ReadError),
    ("reset_in_body", {"after_bytes": MIB}, BIG, httpx.RemoteProtocolError),
    ("stall", {"after_bytes": 10}, 24, httpx.ReadTimeout),
    ("stall", {"after_bytes": MIB}, BIG, httpx.WriteTimeout),
    ("early_answer", {"status": 413}, BIG, 413),
    ("early_answer", {"status": 416}, 24, 416),
    ("gateway", {"status": 503}, 24, 503),
    ("chunk_lost", {}, 24, 201),
    ("chunk_repeated", {}, 24, 502),
    ("chunk_forgotten", {}, 24, 201),
    ("session_expired", {}, 24, 403),
]


def outcome(call: Any) -> type[Exception] | int:
    try:
        answer = call()
    except httpx.HTTPError as error:
        return type(error)
    status: int = answer.status_code
    return status


def patience(wanted: type[Exception] | int) -> float:
    """How long a client waits where this is to come of it."""
    return SHORT if wanted is httpx.ReadTimeout or wanted is httpx.WriteTimeout else LONG


@pytest.mark.parametrize("name", DOORS)
def test_a_call_ends_the_same_way_through_every_door(name: str) -> None:
    for kind, details, wanted in ON_A_CALL:
        mock = MockTikTok()
        with door(name, mock, patience=patience(wanted)) as ask:
            creator = Creator(mock, ask)
            publish_id = creator.started()["publish_id"]
            mock.faults.plan("fetchStatus", kind, **details)
            assert outcome(lambda c=creator, p=publish_id: c.status(p)) == wanted, (kind, details)
        mock.faults.assert_used_up()


@pytest.mark.parametrize("name", DOORS)
def test_a_refresh_is_raced_through_every_door(name: str) -> None:
    mock = MockTikTok()
    with door(name, mock) as ask:
        creator = Creator(mock, ask)
        mock.faults.plan("getToken", "refresh_race")
        assert creator.refresh().json()["error"] == "invalid_grant"
    mock.faults.assert_used_up()


@pytest.mark.parametrize("name", DOORS)
def test_a_chunk_ends_the_same_way_through_every_door(name: str) -> None:
    for kind, details, size, wanted in ON_A_CHUNK:
        mock = MockTikTok(switches=Switches(check_media=False))
        with door(name, mock, patience=patience(wanted)) as ask:
            creator = Creator(mock, ask)
            url = creator.started(size)["upload_url"]
            mock.faults.plan("uploadChunk", kind, **details)
            assert outcome(lambda c=creator, u=url, s=size: c.put(u, bytes(s))) == wanted, (
                kind,
                details,
                size,
            )
        mock.faults.assert_used_up()


@pytest.mark.parametrize("name", ["transport", "async transport", "respx"])
@pytest.mark.parametrize("kind", ["latency", "slow_body"])
def test_lateness_meets_the_clients_timeout_without_anybody_waiting(name: str, kind: str) -> None:
    mock = MockTikTok()
    with door(name, mock, patience=SHORT) as ask:
        creator = Creator(mock, ask)
        publish_id = creator.started()["publish_id"]
        began = mock.clock.now()
        mock.faults.plan("fetchStatus", kind, seconds=30)
        mock.faults.plan("fetchStatus", kind, seconds=0.3)
        assert outcome(lambda: creator.status(publish_id)) is httpx.ReadTimeout
        assert mock.clock.now() == began + 30
        assert outcome(lambda: creator.status(publish_id)) == 200


@pytest.mark.parametrize("kind", ["latency", "slow_body"])
def test_lateness_is_real_over_a_socket_when_asked_for(kind: str) -> None:
    mock = MockTikTok()
    with door("socket", mock, patience=SHORT) as ask:
        creator = Creator(mock, ask)
        publish_id = creator.started()["publish_id"]
        mock.faults.plan("fetchStatus", kind, seconds=30, pieces=1, real=True) if kind == "slow_body" else (
            mock.faults.plan("fetchStatus", kind, seconds=30, real=True)
        )
        assert outcome(lambda: creator.status(publish_id)) is httpx.ReadTimeout


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("how", ["reset", "close", "silence", "gateway"])
def test_done_but_not_told(name: str, how: str) -> None:
    mock = MockTikTok()
    with door(name, mock, patience=SHORT if how == "silence" else LONG) as ask:
        creator = Creator(mock, ask)
        for operation in ("initVideoPost", "uploadChunk", "getToken", "revokeToken"):
            mock.faults.plan(operation, "lost", how=how)
        outcome(creator.init)
        (post,) = mock.world.posts.values()
        assert post.upload is not None
        url = f"http://tiktok.mock/upload?upload_id={post.upload.id}&upload_token={post.upload.token}"
        outcome(lambda: creator.put(url, mp4()))
        assert post.upload.done
        outcome(creator.refresh)
        assert creator.refresh().json()["error"] == "invalid_grant"  # the lost answer held the new one
        outcome(creator.revoke)
        assert all(grant.ended is not None for grant in mock.world.grants.values())
    mock.faults.assert_used_up()


@pytest.mark.parametrize("name", DOORS)
def test_without_the_rules_nothing_happened(name: str) -> None:
    mock = MockTikTok()
    with door(name, mock, patience=SHORT) as ask:
        creator = Creator(mock, ask)
        for kind in ("reset", "close", "silence", "gateway", "error"):
            mock.faults.plan("initVideoPost", kind)
            outcome(creator.init)
            assert not mock.world.posts, kind
        for kind in ("reset", "close", "gateway", "error"):
            mock.faults.plan("initVideoPost", kind, applied=True)
            outcome(creator.init)
        assert len(mock.world.posts) == 4


def test_a_reset_arrives_as_a_reset_within_100_ms() -> None:
    mock = MockTikTok()
    with Running(mock.engine) as url, httpx.Client(base_url=url) as client:
        creator = Creator(mock, client.request)
        creator.creator_info()
        mock.faults.plan("queryCreatorInfo", "reset")
        began = time.perf_counter()
        with pytest.raises(httpx.ReadError, match=r"104|reset"):
            creator.creator_info()
        assert time.perf_counter() - began < 0.1
        assert creator.creator_info().status_code == 200


def test_a_refused_connection_in_process() -> None:
    mock = MockTikTok()
    with door("transport", mock) as ask:
        creator = Creator(mock, ask)
        mock.faults.plan("*", "refused", times=2)
        mock.faults.plan("*", "name_error")
        assert [outcome(creator.creator_info) for _ in range(4)] == [httpx.ConnectError] * 3 + [200]


def test_a_refused_connection_over_a_socket() -> None:
    mock = MockTikTok()
    with Running(mock.engine) as url, httpx.Client(base_url=url) as client:
        creator = Creator(mock, client.request)
        assert creator.creator_info().status_code == 200
        client.post("/_mock/faults", json={"fault": "refused", "seconds": 0.3})
        outcomes = [outcome(creator.creator_info)]
        until = time.perf_counter() + 5
        while outcomes[-1] != 200 and time.perf_counter() < until:
            outcomes.append(outcome(creator.creator_info))
        assert outcomes[0] is httpx.ConnectError
        assert outcomes[-1] == 200
    assert [fault.fired for fault in mock.faults] == [1], "who connects later does not meet it again"


# What they do to the world


def talking(mock: MockTikTok) -> Creator:
    client = httpx.Client(transport=mock.transport(), base_url=mock.url)
    return Creator(mock, client.request)


def test_a_lost_chunk_was_acknowledged_and_is_not_there() -> None:
    mock = MockTikTok(switches=Switches(check_media=False))
    creator = talking(mock)
    started = creator.started(10 * MIB, chunk=5 * MIB, count=2)
    mock.faults.plan("uploadChunk", "chunk_lost", when={"chunk": 0})
    first = creator.put(started["upload_url"], bytes(5 * MIB), total=10 * MIB)
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-{5 * MIB}/{10 * MIB}")
    second = creator.put(started["upload_url"], bytes(5 * MIB), first=5 * MIB, total=10 * MIB)
    assert (second.status_code, second.headers["content-range"]) == (416, f"bytes 0-0/{10 * MIB}")


def test_a_repeated_chunk_is_acknowledged_twice() -> None:
    mock = MockTikTok(switches=Switches(check_media=False))
    creator = talking(mock)
    started = creator.started()
    mock.faults.plan("uploadChunk", "chunk_repeated", when={"chunk": "last"})
    assert creator.put(started["upload_url"], bytes(24)).status_code == 502
    assert creator.put(started["upload_url"], bytes(24)).status_code == 201
    assert creator.put(started["upload_url"], bytes(24)).status_code == 416


def test_forgotten_chunks_have_to_be_sent_again() -> None:
    mock = MockTikTok(switches=Switches(check_media=False))
    creator = talking(mock)
    started = creator.started(10 * MIB, chunk=5 * MIB, count=2)
    assert creator.put(started["upload_url"], bytes(5 * MIB), total=10 * MIB).status_code == 206
    mock.faults.plan("uploadChunk", "chunk_forgotten")
    second = creator.put(started["upload_url"], bytes(5 * MIB), first=5 * MIB, total=10 * MIB)
    assert (second.status_code, second.headers["content-range"]) == (416, f"bytes 0-0/{10 * MIB}")
    assert creator.put(started["upload_url"], bytes(5 * MIB), total=10 * MIB).status_code == 206


def test_a_finished_upload_is_not_forgotten() -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started()
    assert creator.put(started["upload_url"], mp4()).status_code == 201
    mock.faults.plan("uploadChunk", "chunk_forgotten")
    assert creator.put(started["upload_url"], mp4()).status_code >= 400
    assert creator.status(started["publish_id"]).json()["data"]["uploaded_bytes"] == len(mp4())


def test_a_withdrawn_scope_is_gone_from_the_connection_too_so_that_the_user_is_asked_anew() -> None:
    mock = new_mock()
    creator = talking(mock)
    (grant,) = mock.world.grants.values()
    before = grant.scopes
    mock.faults.plan("queryCreatorInfo", "scope_withdrawn", scope="video.publish")
    assert creator.creator_info().json()["error"]["code"] == "scope_not_authorized"
    assert set(before) - set(grant.scopes) == {"video.publish"}


@pytest.mark.parametrize("keep", [10**6, 1, 0])
def test_a_malformed_answer_is_never_whole(keep: int) -> None:
    mock = new_mock()
    creator = talking(mock)
    whole = len(creator.creator_info().content)
    mock.faults.plan("queryCreatorInfo", "malformed", keep=keep)
    answer = creator.creator_info()
    assert len(answer.content) == min(keep, whole - 1)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


def test_a_held_post_never_ends_and_a_late_failure_has_any_reason() -> None:
    mock = MockTikTok(switches=Switches(check_media=False))
    creator = talking(mock)
    mock.faults.plan("initVideoPost", "hold")
    mock.faults.plan("initVideoPost", "fails_late", reason="brand_new_reason")
    held, failing = creator.started(), creator.started()
    for one in (held, failing):
        creator.put(one["upload_url"], mp4())
    mock.clock.advance(86400)
    assert creator_status(mock, held) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 24}
    assert creator_status(mock, failing)["fail_reason"] == "brand_new_reason"


def creator_status(mock: MockTikTok, started: dict[str, str]) -> Any:
    return talking(mock).status(started["publish_id"]).json()["data"]


def test_answers_of_tomorrow() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    for kind in ("new_field", "new_enum_value", "number_as_text"):
        mock.faults.plan("queryCreatorInfo", kind)
    assert creator.creator_info().json()["data"]["brand_new_field"] == "?"
    assert "BRAND_NEW_VALUE" in creator.creator_info().json()["data"]["privacy_level_options"]
    assert creator.creator_info().json()["data"]["max_video_post_duration_sec"] == "600"


def test_a_refresh_that_somebody_else_won() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    mock.faults.plan("getToken", "refresh_race", when={"grant_type": "refresh_token"})
    assert creator.refresh().json()["error"] == "invalid_grant"


# Plans


def test_a_queue_is_consumed_in_order_and_says_what_was_left() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    mock.faults.plan("query_creator_info", "gateway", after=1)
    mock.faults.plan("queryCreatorInfo", "error", times=2)
    mock.faults.plan("*", "reset")
    statuses = [outcome(creator.creator_info) for _ in range(4)]
    assert statuses == [200, 502, 500, 500]
    with pytest.raises(UnusedFaults, match=r"reset at \*: wanted 1×, happened 0×"):
        mock.faults.assert_used_up()
    assert outcome(creator.creator_info) is httpx.ReadError
    mock.faults.assert_used_up()


def test_a_fault_waits_for_the_request_it_fits() -> None:
    mock = MockTikTok(switches=Switches(check_media=False))
    creator = talking(mock)
    one, two = creator.started(), creator.started()
    mock.faults.plan("fetchStatus", "gateway", when={"publish_id": two["publish_id"]})
    assert [creator.status(each["publish_id"]).status_code for each in (one, two, two)] == [200, 502, 200]


def test_a_fault_for_any_call_waits_for_one_at_which_it_does_something() -> None:
    mock = new_mock()
    creator = talking(mock)
    mock.faults.plan("*", "session_expired")
    assert creator.creator_info().status_code == 200
    started = creator.started()
    assert len(mock.faults.unused()) == 1
    assert creator.put(started["upload_url"], mp4()).status_code == 403
    mock.faults.assert_used_up()


def test_a_fault_that_does_not_fit_lets_the_next_of_its_queue_happen() -> None:
    mock = new_mock()
    creator = talking(mock)
    mock.faults.plan("fetchStatus", "gateway", when={"publish_id": "another"})
    mock.faults.plan("fetchStatus", "reset")
    assert outcome(lambda: creator.status(creator.started()["publish_id"])) is httpx.ReadError


def test_what_is_taken_out_of_a_plan_does_not_happen_nor_does_anything_once_it_is_cleared() -> None:
    mock = new_mock()
    creator = talking(mock)
    started = creator.started()
    gone = mock.faults.plan("queryCreatorInfo", "gateway")
    mock.faults.remove(gone.number)
    assert creator.creator_info().status_code == 200
    mock.faults.plan("uploadChunk", "chunk_repeated")
    assert creator.put(started["upload_url"], mp4()).status_code == 502
    mock.faults.plan("queryCreatorInfo", "gateway")
    mock.faults.clear()
    assert creator.creator_info().status_code == 200
    assert creator.put(started["upload_url"], mp4()).status_code != 201, "nor is a chunk acknowledged twice"


@pytest.mark.parametrize("status", [204, 304])
def test_a_gateway_page_without_a_body_has_none_over_a_socket(status: int) -> None:
    mock = new_mock()
    mock.faults.plan("queryCreatorInfo", "gateway", status=status)
    with door("socket", mock) as ask:
        answer = Creator(mock, ask).creator_info()
    assert (answer.status_code, answer.content, answer.headers.get("content-length", "0")) == (
        status,
        b"",
        "0",
    )


def test_over_http_a_plan_is_made_told_and_dropped() -> None:
    mock = MockTikTok()
    client = httpx.Client(transport=mock.transport(), base_url=mock.url)
    planned = client.post("/_mock/faults", json={"operation": "fetchStatus", "fault": "lost", "how": "close"})
    assert planned.json()["details"] == {"how": "close"}
    client.post("/_mock/faults", json={"fault": "reset", "times": 0, "details": {}})
    report = client.get("/_mock/faults").json()
    assert [fault["operation"] for fault in report["unused"]] == ["fetchStatus", "*"]
    assert client.delete(f"/_mock/faults/{planned.json()['id']}").status_code == 200
    assert client.delete("/_mock/faults/99").status_code == 404
    assert client.delete("/_mock/faults").json() == {"faults": [], "unused": []}
    assert len(client.get("/_mock/faults/catalogue").json()["faults"]) == len(CATALOGUE)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"fault": "rest"}, "did you mean 'reset'"),
        ({"fault": "reset", "operation": "fetch_statu"}, "there is no operation"),
        ({"fault": "latency", "second": 1}, "its details: seconds, real"),
        ({"fault": "latency", "seconds": "1"}, "is a number"),
        ({"fault": "latency", "seconds": 1e12}, "from 0 to 1000000000"),
        ({"fault": "latency", "seconds": float("nan")}, "is a number"),
        ({"fault": "error", "status": 1000}, "from 200 to 599"),
        ({"fault": "gateway", "status": 99}, "from 200 to 599"),
        ({"fault": "gateway", "body": "xml"}, "one of html, empty"),
        ({"fault": "error", "code": 5}, "a text"),
        ({"fault": "cut", "keep": -4}, "from 0"),
        ({"fault": "slow_body", "pieces": 10**12}, "from 1 to 1000"),
        ({"fault": "webhook_duplicate", "operation": "webhook", "copies": 10**9}, "from 1 to 1000"),
        ({"fault": "grant_revoked", "reason": 42}, "from 0 to 5"),
        ({"fault": "chunk_lost", "operation": "fetchStatus"}, "it fits uploadChunk"),
        ({"fault": "refresh_race", "operation": "queryCreatorInfo"}, "it fits getToken"),
        ({"fault": "hold", "operation": "queryCreatorInfo"}, "it fits cancelPublish, fetchStatus"),
        ({"fault": "latency", "real": 1}, "true or false"),
        ({"fault": "lost", "how": "magic"}, "one of reset, close, silence, gateway"),
        ({"fault": "refused", "applied": True}, "cannot come after the rules"),
        ({"fault": "reset", "times": True}, "whole number"),
        ({"fault": "reset", "times": -1}, "not negative"),
        ({"fault": "webhook_lost", "operation": "fetchStatus"}, "is no event"),
        ({}, "fault must be a text"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_what_would(body: dict[str, Any], message: str) -> None:
    client = httpx.Client(transport=MockTikTok().transport(), base_url=MockTikTok.url)
    answer = client.post("/_mock/faults", content=json.dumps(body))
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    if "fault" in body and "operation" not in body and body["fault"] not in CATALOGUE:
        with pytest.raises(NoSuchFault):
            MockTikTok().faults.plan("*", body["fault"])


# Magic values


def test_a_header_asks_for_a_fault() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    assert creator.creator_info({"x-mock-fault": "gateway; status=504"}).status_code == 504
    assert (
        outcome(lambda: creator.init(headers={"x-mock-fault": "lost; how=close"}))
        is httpx.RemoteProtocolError
    )
    assert len(mock.world.posts) == 1
    assert [fault.kind for fault in mock.faults.fired()] == ["gateway", "lost"]


def test_a_title_asks_for_faults_now_and_later() -> None:
    mock = MockTikTok(switches=Switches(check_media=False))
    creator = talking(mock)
    assert outcome(lambda: creator.init(title="Hi #mock:error(code=spam_risk_too_many_posts)")) == 403
    one = creator.started(title="Hi #mock:reset@uploadChunk #mock:hold")
    two = creator.started()
    assert creator.put(two["upload_url"], mp4()).status_code == 201
    assert outcome(lambda: creator.put(one["upload_url"], mp4())) is httpx.ReadError
    assert creator.put(one["upload_url"], mp4()).status_code == 201
    assert mock.post(one["publish_id"]).held
    assert not mock.post(two["publish_id"]).held


def test_a_form_and_a_query_ask_for_faults() -> None:
    mock = MockTikTok()
    creator = talking(mock)
    fields = {"client_key": "#mock:gateway(status=503)", "grant_type": "client_credentials"}
    assert creator.ask("POST", "/v2/oauth/token/", data=fields).status_code == 503
    video_list = {"fields": "id", "mock": "#mock:malformed"}
    answer = creator.ask("POST", "/v2/video/list/", params=video_list, json={}, headers=creator.headers)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        answer.json()


# Events


def events(mock: MockTikTok) -> list[tuple[str, str, bytes]]:
    seen: list[tuple[str, str, bytes]] = []

    def receive(delivery: Any, headers: dict[str, str]) -> int:
        seen.append((delivery.event, headers["tiktok-signature"], delivery.body))
        return 200

    mock.on_event(receive)
    return seen


def published(mock: MockTikTok) -> None:
    creator = talking(mock)
    started = creator.started()
    creator.put(started["upload_url"], mp4())
    mock.clock.advance(600)


def new_mock() -> MockTikTok:
    return MockTikTok(switches=Switches(check_media=False))


def test_an_event_comes_twice_late_or_never() -> None:
    mock = new_mock()
    seen = events(mock)
    mock.faults.plan("post.publish.complete", "webhook_duplicate", copies=3)
    published(mock)
    assert len(seen) == 3
    assert len({body for _, _, body in seen}) == 1
    mock.faults.plan("webhook", "webhook_late", seconds=3600)
    published(mock)
    assert len(seen) == 3
    mock.clock.advance(3600)
    assert len(seen) == 4
    mock.faults.plan("webhook", "webhook_lost")
    published(mock)
    mock.clock.advance(86400 * 4)
    assert len(seen) == 4
    mock.faults.assert_used_up()


def test_events_change_places() -> None:
    mock = new_mock()
    seen = events(mock)
    mock.faults.plan("post.publish.complete", "webhook_reorder")
    published(mock)
    assert seen == []
    mock.faults.plan("authorization.removed", "webhook_unknown_event")
    talking(mock).revoke()
    mock.deliver()
    names = [event for event, _, _ in seen]
    assert names == ["brand.new.event", "authorization.removed", "post.publish.complete"]


def test_signatures_that_must_not_be_believed() -> None:
    import hashlib
    import hmac

    mock = new_mock()
    seen = events(mock)
    for kind in ("webhook_bad_signature", "webhook_stale"):
        mock.faults.plan("webhook", kind)
        published(mock)
    (_, bad, bad_body), (_, stale, stale_body) = seen

    def genuine(header: str, body: bytes) -> bool:
        moment, signature = (part[2:] for part in header.split(","))
        return (
            signature
            == hmac.new(b"mock_client_secret", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        )

    assert not genuine(bad, bad_body)
    assert genuine(stale, stale_body)
    assert int(stale[2:].split(",")[0]) < mock.clock.now() - 80000


def test_every_kind_of_fault_is_met_in_this_file() -> None:
    from pathlib import Path

    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in CATALOGUE if f'"{kind}"' not in text] == []


def test_the_page_shows_the_catalogue_as_it_is() -> None:
    from pathlib import Path

    page = (Path(__file__).parent.parent.parent / "docs" / "mock-faults.md").read_text(encoding="utf-8")
    assert [kind.name for kind in CATALOGUE.values() if f"| `{kind.name}` | {kind.text} |" not in page] == []
