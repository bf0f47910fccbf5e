"""Bad input over a real socket: never a 500 with a traceback, never a hang."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mock.support import Player, data, mp4, refusal, set_switches, without_media_checks
from tests.mock.wire import Wire
from tiktok_mock_server import MockTikTok, answers, control, engine, webhooks
from tiktok_mock_server.app import Door
from tiktok_mock_server.control_call import Route
from tiktok_mock_server.messages import READ, Outbound, Read, Wait
from tiktok_mock_server.rules import upload
from tiktok_mock_server.running import Running
from tiktok_mock_server.spool import Spool
from tiktok_mock_server.world import Delivery, Fetch, Job
from tiktok_openapi.routes import BY_ID, ROUTES

MIB = 1024 * 1024
PATIENCE = 10.0
"""For how many seconds an answer may keep a test waiting before it counts as a hang."""


def over(wire: Wire, body_timeout: float) -> Iterator[Player]:
    with MockTikTok(strict=True, verified_domains=("media.example.test",)) as mock:
        without_media_checks(mock)
        set_switches(mock, rate_limits=False)
        to_mock = wire.to(mock, body_timeout=body_timeout)
        with to_mock as url, httpx.Client(base_url=url, timeout=PATIENCE) as http:
            yield Player(mock, http).log_in()
        assert mock.engine.violations == []


@pytest.fixture
def remote(wire: Wire) -> Iterator[Player]:
    """A player over a socket."""
    yield from over(wire, PATIENCE)


@pytest.fixture
def impatient(wire: Wire) -> Iterator[Player]:
    """The same, where the server gives a silent client a twentieth of a second."""
    yield from over(wire, 0.05)


def raw(remote: Player, *pieces: bytes) -> bytes:
    """Send bytes as they are, and read until the server ends the connection or has nothing more to say."""
    port = httpx.URL(str(remote.http.base_url)).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        connection.settimeout(PATIENCE)
        while True:
            try:
                more = connection.recv(65536)
            except ConnectionResetError:
                return received
            if not more:
                return received
            received += more


def healthy(remote: Player) -> bool:
    return remote.http.get("/_mock/health").status_code == 200


# Bytes that are no HTTP, and HTTP that is odd


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes(remote: Player, seed: int) -> None:
    noise = hashlib.shake_256(str(seed).encode()).digest(5000)
    answer = raw(remote, noise + b"\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert b"Traceback" not in answer
    assert healthy(remote)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v2/user/info/ HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /v2/oauth/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\nConnection: close\r\n\r\n",
        b"POST /v2/oauth/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
        b"POST /v2/oauth/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /v2/oauth/token/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /%ff%fe/ HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
        b"GET /v2/user/info/?fields=%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"TRACE /v2/user/info/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"HEAD /v2/user/info/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v2/user/info/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    ],
)
def test_odd_requests(remote: Player, head: bytes) -> None:
    answer = raw(remote, head)
    assert b"Traceback" not in answer
    assert not answer.startswith(b"HTTP/1.1 5")
    assert healthy(remote)


def test_chunked_bodies_are_read_but_an_upload_needs_its_length(remote: Player) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"publish_id":'
        yield b'"x"}'

    answer = remote.http.post(
        BY_ID["fetchStatus"].path,
        content=pieces(),
        headers={"Authorization": f"Bearer {remote.token}", "Content-Type": "application/json"},
    )
    assert answer.json()["error"]["code"] == "invalid_publish_id"
    url = data(remote.init_video(20))["upload_url"]
    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-19/20"}
    assert remote.http.put(url, content=iter([mp4(20)]), headers=headers).status_code == 400


# Clients that stop, or never read


@pytest.mark.parametrize("operation", ["getToken", "fetchStatus", "uploadChunk"])
def test_a_client_that_keeps_its_body_to_itself(impatient: Player, operation: str) -> None:
    remote = impatient
    path, headers = BY_ID[operation].path, f"Authorization: Bearer {remote.token}\r\n"
    if operation == "uploadChunk":
        path = data(remote.init_video(1000))["upload_url"].removeprefix(str(remote.http.base_url).rstrip("/"))
        headers = "Content-Type: video/mp4\r\nContent-Range: bytes 0-999/1000\r\n"
    head = (
        f"{BY_ID[operation].method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 1000\r\n\r\nhalf"
    )
    answer = raw(remote, head.encode())
    assert answer.startswith(b"HTTP/1.1 408")
    assert healthy(remote)


def test_a_client_that_goes_away_in_the_middle(remote: Player) -> None:
    url = data(remote.init_video(MIB))["upload_url"]
    path = url.removeprefix(str(remote.http.base_url).rstrip("/"))
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\nContent-Length: {MIB}\r\n"
        f"Content-Range: bytes 0-{MIB - 1}/{MIB}\r\n\r\n"
    )
    port = httpx.URL(str(remote.http.base_url)).port
    assert port is not None
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(head.encode() + mp4(MIB // 2))
    # Their requests may reach the server after ours, which would then give way to a later one.
    gone = remote.http.get("/_mock/journal", params={"operation": "uploadChunk", "count": 5, "wait": 5})
    assert gone.json()["count"] == 5
    assert remote.put(url, mp4(MIB)).status_code == 201


def test_an_early_answer_reaches_a_client_that_still_sends(remote: Player) -> None:
    url = data(remote.init_video(64 * MIB))["upload_url"]
    answer = remote.put(url, b"\x00" * (50 * MIB), first=5, total=64 * MIB)
    assert answer.status_code == 416


# Bodies


def _deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "invalid UTF-8": b'{"publish_id":"\xff\xfe"}',
    "half a pair": b'{"publish_id":"\\ud800","post_info":{"privacy_level":"\\ud800"},"source_info":{}}',
    "cut": b'{"publish_id":"x',
    "a list": b"[]",
    "a number": b"1e400",
    "null": b"null",
    "deep": _deep(500),
    "deeper": _deep(100_000),
    "a deep list": b"[" * 100_000,
    "a long number": b'{"publish_id":' + b"9" * 10_000 + b"}",
    "not a number": b'{"source_info":{"source":"FILE_UPLOAD","video_size":NaN,"chunk_size":Infinity}}',
    "objects for texts": b'{"publish_id":{},"post_info":[],"source_info":5,"filters":"x","media_type":[]}',
    "many keys": json.dumps({f"key{number}": number for number in range(5000)}).encode(),
    "a form": b"client_key=mock_client_key&client_secret=mock_client_secret&grant_type=refresh_token",
    "a broken form": b"%%%&=&&client_key=%ff&client_secret=%00&grant_type=%E2%82",
    "many fields": b"&".join(b"a%d=1" % number for number in range(5000)),
    "five million bytes": b"x" * 5_000_000,
}


@pytest.mark.parametrize("body", sorted(BODIES))
def test_odd_bodies(remote: Player, body: str) -> None:
    for operation in ROUTES:
        for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain", ""):
            answer = remote.http.request(
                operation.method,
                operation.path,
                content=BODIES[body],
                headers={"Authorization": f"Bearer {remote.token}", "Content-Type": kind},
            )
            assert answer.status_code < 500, (operation.id, kind, answer.text)
            assert "Traceback" not in answer.text
    assert healthy(remote)


def test_random_bodies(remote: Player) -> None:
    for operation in ROUTES:
        answer = remote.http.request(
            operation.method,
            operation.path,
            content=os.urandom(2000),
            headers={"Authorization": f"Bearer {remote.token}", "Content-Type": "application/json"},
        )
        assert answer.status_code < 500


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
            st.sampled_from(
                ["post_info", "source_info", "source", "privacy_level", "title", "video_size", "chunk_size",
                 "total_chunk_count", "media_type", "post_mode", "photo_images", "photo_cover_index",
                 "video_url", "publish_id", "filters", "video_ids", "cursor", "max_count"]
            ),
            inner,
            max_size=6,
        ),
        max_leaves=15,
    )
)  # fmt: skip
def test_any_json_at_any_operation(value: object) -> None:
    with MockTikTok(strict=True) as mock:
        set_switches(mock, rate_limits=False)
        player = Player(mock).log_in()
        body = json.dumps(value).encode()
        for operation in ROUTES:
            if operation.id in ("authorize", "uploadChunk"):
                continue
            answer = player.call(
                operation.id,
                content=body,
                headers={"Content-Type": "application/json"},
                params={"fields": "id"},
            )
            assert answer.status_code < 500, answer.text


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["client_key", "scope", "redirect_uri", "state", "response_type", "code_challenge",
             "code_challenge_method", "disable_auto_auth"]
        ),
        st.text(max_size=40)
        | st.sampled_from(["mock_client_key", "code", "https://a.test/", "video.list", "S256"]),
    ),
    st.dictionaries(st.sampled_from(["action", "account", "scope"]), st.text(max_size=20)),
)  # fmt: skip
def test_any_authorization_address(params: dict[str, str], form: dict[str, str]) -> None:
    with MockTikTok(strict=True) as mock:
        player = Player(mock)
        for answer in (
            player.call("authorize", params=params),
            player.http.post(BY_ID["authorize"].path, params=params, data=form),
        ):
            assert answer.status_code in (200, 302)
            assert answer.status_code == 200 or "\r" not in answer.headers["location"]


def test_a_field_that_comes_twice_in_a_form_counts_as_it_came_first(player: Player) -> None:
    form = "client_key=mock_client_key&client_secret=mock_client_secret&grant_type=client_credentials"
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = player.http.post(BY_ID["getToken"].path, content=f"{form}&client_key=other", headers=head)
    assert answer.json()["access_token"].startswith("clt.")
    answer = player.http.post(BY_ID["getToken"].path, content=f"client_key=other&{form}", headers=head)
    assert "access_token" not in answer.json()


def test_an_upload_works_with_a_slash_too_many_and_a_wrong_folder_is_answered_with_the_right_one(
    player: Player,
) -> None:
    url = data(player.init_video(20))["upload_url"]
    assert player.put(url.replace("/upload?", "/upload/?"), mp4(20)).status_code == 201
    astray = player.http.post("/v1/token/")
    assert (astray.status_code, astray.headers["x-mock-hint"]) == (404, "did you mean POST /v2/oauth/token/?")


def test_a_consent_form_that_decides_nothing_is_shown_again(player: Player) -> None:
    page = player.authorize()
    again = player.agree(page, "ponder")
    assert (again.status_code, again.headers["content-type"]) == (200, page.headers["content-type"])
    assert player.agree(again).status_code == 302


def test_a_body_that_is_no_text_is_noted_by_its_length(player: Player) -> None:
    player.call("fetchStatus", content=b"\xff\xfe\x00\x80\x81", headers={"Content-Type": "application/json"})
    (entry,) = player.mock.journal.last(1)
    assert (entry.operation, entry.request) == ("fetchStatus", "5 bytes")


# Many at once


def test_parallel_puts_to_one_session(remote: Player) -> None:
    size = 2 * 5 * MIB
    started = data(remote.init_video(size, 5 * MIB, 2))
    body = mp4(size)
    url = started["upload_url"]

    def send(first: int) -> int:
        with httpx.Client(timeout=PATIENCE) as http:
            return (
                Player(remote.mock, http)
                .put(url, body[first : first + 5 * MIB], first=first, total=size)
                .status_code
            )

    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(send, [0] * 8))
        second = list(pool.map(send, [5 * MIB] * 8))
    assert first.count(206) == 1
    assert second.count(201) == 1
    assert set(first + second) <= {201, 206, 416}
    assert remote.mock.post(started["publish_id"]).digest == hashlib.sha256(body).hexdigest()


def test_parallel_calls_get_different_ids(remote: Player) -> None:
    set_switches(remote.mock, daily_posts=1000)

    def start(_: int) -> str:
        with httpx.Client(base_url=remote.http.base_url, timeout=PATIENCE) as http:
            player = Player(remote.mock, http)
            player.token = remote.token
            return str(data(player.init_video())["publish_id"])

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(start, range(40)))
    assert len(set(ids)) == 40 == len(remote.mock.world.posts)


def test_time_that_passes_waits_for_an_event_that_is_being_delivered(player: Player) -> None:
    """One thread delivers, another moves the clock: the second attempt, which the first plans, is in time."""
    mock = player.mock
    seen: list[float] = []
    steps: list[object] = []
    moved: list[Future[None]] = []
    began = mock.clock.now()
    with ThreadPoolExecutor(1) as other:

        def receive(_delivery: Delivery, _headers: dict[str, str]) -> int:
            if not seen:
                steps.append(other.submit(mock.engine.passing(began + 120).send, None).result(PATIENCE))
                moved.append(other.submit(mock.clock.advance, 120))
            seen.append(mock.clock.now())
            return 500 if len(seen) == 1 else 200

        mock.on_event(receive)
        webhooks.ping(mock.world, mock.app)
        mock.deliver()
        moved[0].result(PATIENCE)
    assert [type(step) for step in steps] == [Wait]
    assert seen == [began, began + 60]
    assert mock.clock.now() == began + 120


# The mock's own faults


@pytest.mark.parametrize(
    ("operation", "code"), [("fetchStatus", "internal_error"), ("getToken", "server_error")]
)
def test_a_bug_in_the_mock_is_an_answer_in_tiktoks_shape(
    player: Player,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    code: str,
) -> None:
    def broken(_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setitem(cast("dict[str, object]", engine.HANDLERS), operation, broken)
    if operation == "fetchStatus":
        answer = player.call("fetchStatus", {"publish_id": "x"})
    else:
        answer = player.get_token("x")
    assert refusal(answer)[1] == code
    assert "Traceback" not in answer.text
    assert answer.headers["x-mock-rule"] == "mock.fault"
    assert "ZeroDivisionError" in caplog.text


def test_a_bug_in_a_control_call_is_said_in_json(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setitem(cast("dict[object, object]", control.ROUTES), ("GET", "clock"), Route(broken))
    answer = player.http.get("/_mock/clock")
    assert (answer.status_code, "bug in the mock" in answer.json()["error"]) == (500, True)


def test_what_a_control_call_answers_is_a_line_of_its_own_in_a_terminal(player: Player) -> None:
    fault = {"operation": "getToken", "fault": "refused"}
    for answer in (
        player.http.get("/_mock/ready"),
        player.http.get("/_mock/nothing"),
        player.http.get("/_mock/journal", params={"as": "text"}),
        player.http.post("/_mock/faults", json=fault),
    ):
        assert (answer.text[-1:], answer.text[-2:] != "\n\n") == ("\n", True), answer.text


def test_only_what_lies_under_the_control_path_is_a_control_call(player: Player) -> None:
    assert player.http.get("/_mock").status_code == 200
    for path in ("/_mockery", "/_mock2/clock"):
        assert player.http.get(path).text == "Unsupported path(Janus)"


def test_a_browser_is_sent_to_the_inspector_and_a_program_told_what_tiktok_tells(player: Player) -> None:
    page = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = player.http.get("/", headers={**page, "x-forwarded-host": "mock.test"})
    assert (answer.status_code, answer.headers["location"]) == (302, "http://mock.test/_mock/")
    for method, path, headers in (("GET", "/", {}), ("POST", "/", page), ("GET", "/v2", page)):
        assert player.http.request(method, path, headers=headers).text == "Unsupported path(Janus)"


def test_a_page_of_the_mock_asks_for_no_icon(player: Player) -> None:
    for page in (player.authorize(), player.http.get("/_mock/")):
        assert '<link rel="icon" href="data:,">' in page.text


def test_a_bug_in_a_page_of_the_mock_is_an_empty_answer(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(engine, "answer_authorize", broken)
    answer = player.authorize()
    assert (answer.status_code, answer.content, answer.headers["x-mock-rule"]) == (500, b"", "mock.fault")


@pytest.mark.parametrize("payload", [{"status": 7}, {}])
def test_a_strict_mock_rather_fails_than_answers_what_is_not_described(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, payload: dict[str, object]
) -> None:
    def odd(_: object) -> object:
        return payload

    monkeypatch.setitem(cast("dict[str, object]", engine.HANDLERS), "fetchStatus", odd)
    with MockTikTok(strict=True) as mock, wire.to(mock) as url, httpx.Client(base_url=url) as http:
        over_wire = Player(mock, http).log_in().call("fetchStatus", {"publish_id": "x"})
        with pytest.raises(engine.NotAsDescribed) as found:
            Player(mock).log_in().call("fetchStatus", {"publish_id": "x"})
    assert (over_wire.status_code, over_wire.text) == (500, str(found.value))
    assert str(found.value).startswith("the answer to fetchStatus is not as described: /")
    assert mock.engine.violations == [over_wire.text] * 2


def test_a_strict_mock_knows_statuses_and_bodies_that_are_not_described(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = Outbound(299)

    def put(*_: object) -> Generator[Read, bytes, Outbound]:
        yield READ
        return odd

    def succeeded(*_: object) -> Outbound:
        return odd

    with MockTikTok(strict=True) as mock:
        player = Player(mock).log_in()
        url = data(player.init_video(20))["upload_url"]
        monkeypatch.setattr(upload, "put", put)
        with pytest.raises(engine.NotAsDescribed, match="status 299 is not described"):
            player.put(url, mp4(20))
        monkeypatch.setattr(answers, "succeeded", succeeded)
        with pytest.raises(engine.NotAsDescribed, match="an empty body is not described"):
            player.call("queryCreatorInfo")
        odd.body = b"{}"
        with pytest.raises(engine.NotAsDescribed, match="no JSON answer with status 299"):
            player.call("queryCreatorInfo")


def test_a_job_that_fails_keeps_no_other_from_being_done(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    mock = player.mock
    told = threading.Event()

    def receive(_delivery: Delivery, _headers: dict[str, str]) -> int:
        told.set()
        return 200

    def broken(_result: object, _at: float) -> None:
        raise ZeroDivisionError

    second = mock.add_world("second")
    second.on_event(receive)
    with Running(mock.engine) as url, httpx.Client(base_url=url, timeout=PATIENCE) as http:
        work = Fetch("http://127.0.0.1:9/nothing", Spool(on_disk=False), 1)
        mock.world.add_job(Job(mock.clock.now(), work, broken))
        assert http.get("/_mock/health").status_code == 200
        assert http.post("/_world/second/_mock/webhook/ping").status_code == 200
        assert told.wait(PATIENCE)
        moved = http.post("/_mock/clock", json={"advance": 5})
        assert moved.status_code == 200, "nothing is under way any more that it would have to wait for"
    assert "the mock failed between requests" in caplog.text


@pytest.mark.anyio
async def test_there_are_no_websockets() -> None:
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    with MockTikTok() as mock:
        await Door(mock.engine)({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert sent == []
