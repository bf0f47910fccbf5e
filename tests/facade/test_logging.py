"""No secret in any log line, at any level, in any `repr()`, exception or traceback.

Secrets are planted in everything that is one: the client secret, code, code verifier, tokens, upload address
and QR token. TikTok answers with them in the worst places. Then all that a person can see is searched.
"""

from __future__ import annotations

import asyncio
import io
import logging
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.facade.doors import Door
from tests.facade.support import CLIP, CREATOR, REDIRECT, FakeClock, make_client, refused
from tiktok_api_client import Error, FileTokenStore, MemoryTokenStore, ServerFault, TikTok
from tiktok_api_client._log import LOGGER

MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64)


class Planted:
    """Secrets that can be told apart from everything else."""

    def __init__(self, mark: str) -> None:
        self.client_secret = f"S1client{mark}"
        self.code = f"S2code{mark}*v!6001.s1"
        self.verifier = f"S3verifier{mark}" + "v" * 43
        self.access = [f"act.S4access{mark}{number}" for number in range(4)]
        self.refresh = [f"rft.S5refresh{mark}{number}" for number in range(4)]
        self.upload = f"S6upload{mark}"
        self.qr = f"S7qr{mark}"
        kinds = ("S1client", "S2code", "S3verifier", "S4access", "S5refresh", "S6upload", "S7qr")
        self.needles = [kind + mark for kind in kinds]


@contextmanager
def everything_logged() -> Generator[io.StringIO, None, None]:
    """What all loggers say at the lowest level, with the attributes of their records."""
    text = io.StringIO()

    class All(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text.write(f"{self.format(record)} {vars(record)}\n")

    handler, root = All(logging.NOTSET), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


class Leaky:
    """A TikTok that repeats in its answers what it was sent."""

    def __init__(self, planted: Planted, moods: list[str]) -> None:
        self.planted = planted
        self.moods = moods
        self.number = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        echo = f"{request.url} {dict(request.headers)} {request.content.decode('latin-1')}"
        mood = self.moods.pop(0) if self.moods else "fine"
        if mood == "refuse":
            body: Any = {"error": {"code": "invalid_params", "message": echo, "log_id": "L"}}
            if "/oauth/" in request.url.path:
                body = {"error": "invalid_request", "error_description": echo, "log_id": "L"}
            return httpx.Response(400, json=body)
        if mood == "dead":
            return httpx.Response(401, json={"error": {"code": "access_token_invalid", "message": echo}})
        if mood == "html":
            return httpx.Response(503, html=echo)
        if mood == "text":
            return httpx.Response(200, text=echo)
        if mood == "wrong":
            return httpx.Response(200, json={"data": echo, "error": {"code": "ok", "message": echo}})
        if mood == "drop":
            raise httpx.ReadError(echo)
        if mood == "down":
            raise httpx.ConnectError(echo)
        return self._fine(request)

    def _fine(self, request: httpx.Request) -> httpx.Response:
        planted, path = self.planted, request.url.path
        if path.endswith("/oauth/token/"):
            self.number = (self.number + 1) % 4
            return httpx.Response(
                200,
                json={
                    "access_token": planted.access[self.number],
                    "refresh_token": planted.refresh[self.number],
                    "open_id": "user-1",
                    "expires_in": 7200,
                    "refresh_expires_in": 15_552_000,
                    "scope": "user.info.basic,video.publish,video.upload,video.list",
                    "token_type": "Bearer",
                },
            )
        data: dict[str, Any] = dict(CREATOR)
        if request.method == "PUT":
            return httpx.Response(201)
        if path.endswith("/get_qrcode/"):
            address = "aweme://authorize?client_ticket=tobefilled"
            return httpx.Response(200, json={"scan_qrcode_url": address, "token": planted.qr})
        if path.endswith("/check_qrcode/"):
            return httpx.Response(200, json={"status": "confirmed", "code": planted.code})
        if path.endswith("/revoke/"):
            return httpx.Response(200)
        if "/init/" in path:
            address = f"https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token={planted.upload}"
            data = {"publish_id": "v_pub_file~v2-1.1", "upload_url": address}
        elif "/status/" in path:
            data = {"status": "PUBLISH_COMPLETE"}
        elif "/video/" in path:
            data = {"videos": [], "cursor": 1, "has_more": False}
        elif "/user/" in path:
            data = {"user": {"open_id": "user-1"}}
        return httpx.Response(200, json={"data": data, "error": {"code": "ok", "message": "", "log_id": "L"}})


def actions(planted: Planted) -> dict[str, Callable[[TikTok], object]]:
    return {
        "exchange": lambda tik: tik.exchange_code_for_token(code=planted.code),
        "callback": lambda tik: tik.parse_callback(f"{REDIRECT}?code={planted.code}&state={tik.state}"),
        "stranger": lambda tik: tik.parse_callback(f"{REDIRECT}?code={planted.code}&state=x"),
        "refresh": lambda tik: tik.refresh_access_token(),
        "refresh by token": lambda tik: tik.refresh_access_token(refresh_token=planted.refresh[3]),
        "revoke": lambda tik: tik.revoke_access_token(),
        "creator": lambda tik: tik.get_creator_info(),
        "creator by token": lambda tik: tik.get_creator_info(access_token=planted.access[3]),
        "status": lambda tik: tik.check_upload_status("v_pub_file~v2-1.1"),
        "user": lambda tik: tik.get_user_info(),
        "videos": lambda tik: list(tik.videos()),
        "client token": lambda tik: tik.get_client_token(),
        "qr": lambda tik: tik.qr_login(lambda _: None),
        "upload": lambda tik: tik.create_video(
            source="FILE_UPLOAD", upload_type="POST_VIDEO_FILE", privacy_level="SELF_ONLY", video_path=CLIP
        ),
        "account": lambda tik: tik.account("user-1"),
        "login": lambda tik: tik.begin_login({"user_id": "user1"}),
    }


MOODS = ["fine", "refuse", "dead", "html", "text", "wrong", "drop", "down"]
NAMES = sorted(actions(Planted("")))


def search(seen: str, planted: Planted) -> None:
    for needle in planted.needles:
        place = seen.find(needle)
        assert place < 0, f"{needle[:4]} is shown: …{seen[max(0, place - 200) : place + 60]}…"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["sync", "async"]),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
    st.lists(st.sampled_from(MOODS), max_size=8),
    st.sampled_from(["wait", "off"]),
)
def test_no_secret_is_shown_anywhere(kind: str, names: list[str], moods: list[str], budget: str) -> None:
    planted = Planted("Xq7Zk2")
    shown: list[str] = []
    with everything_logged() as log:
        server = Leaky(planted, ["fine", *moods])
        tik = make_client(kind, server, FakeClock(), client_secret=planted.client_secret, budget=budget)
        tik.code_verifier = planted.verifier
        tik.exchange_code_for_token(code=planted.code)
        for name in names:
            try:
                result = actions(planted)[name](tik)
            except Error as problem:  # noqa: PERF203
                shown.append("".join(traceback.format_exception(problem)))
                shown += [str(problem), repr(problem), repr(vars(problem)), repr(problem.args)]
            else:
                shown += [repr(result), str(result)]
        shown.append(repr(tik))
    search("\n".join([log.getvalue(), *shown]), planted)


def test_the_search_finds_what_is_there() -> None:
    planted = Planted("Xq7Zk2")
    with pytest.raises(AssertionError, match="S4ac is shown"):
        search(f"Authorization: Bearer {planted.access[0]}", planted)
    with everything_logged() as log:
        LOGGER.debug("hello", extra={"open_id": "user-1"})
    assert "hello" in log.getvalue()
    assert "user-1" in log.getvalue()


def test_stores_show_no_token(tmp_path: Any) -> None:
    planted = Planted("Xq7Zk2")
    stores: list[MemoryTokenStore | FileTokenStore] = [MemoryTokenStore(), FileTokenStore(tmp_path)]
    for store in stores:
        tik = make_client("sync", Leaky(planted, []), FakeClock(), token_store=store)
        tik.exchange_code_for_token(code=planted.code)
        search(repr(store) + repr(store.load("user-1")) + str(store.load("user-1")), planted)


def test_all_records_of_the_facade_come_from_one_logger_with_structured_extras() -> None:
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Keep(logging.DEBUG)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    try:
        planted = Planted("Xq7Zk2")
        server = Leaky(planted, ["fine", "html", "fine"])
        tik = make_client("sync", server, FakeClock(), client_secret=planted.client_secret)
        tik.exchange_code_for_token(code=planted.code)
        tik.get_creator_info()
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)
    assert {record.name for record in records} == {"tiktok_api_client"}
    received = next(record for record in records if record.getMessage() == "tokens received")
    assert vars(received)["open_id"] == "user-1"
    failed = next(record for record in records if "trying again" in record.getMessage())
    assert vars(failed)["status"] == 503
    assert vars(failed)["attempt"] == 1
    assert vars(failed)["seconds"] > 0
    answered = next(record for record in reversed(records) if "answered" in record.getMessage())
    assert vars(answered)["log_id"] == "L"


def test_every_try_is_logged_with_its_number_and_the_log_id_of_its_refusal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = Door("sync", lambda _request: refused(500, "internal_error"))
    with caplog.at_level(logging.INFO, "tiktok_api_client"), pytest.raises(ServerFault):
        door.do("get_creator_info")
    tries = [vars(record) for record in caplog.records if " failed" in record.getMessage()]
    assert [(one["attempt"], one["log_id"], one["code"]) for one in tries] == [
        (number, "L2", "internal_error") for number in (1, 2, 3, 4)
    ]


class _Answering(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay quiet."""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_httpx_logs_of_an_upload_over_a_real_socket_has_no_token(kind: str) -> None:
    from tiktok_api_client._drivers import AsyncRunner, SyncRunner, SystemClock
    from tiktok_api_client._flow import perform
    from tiktok_openapi import AsyncClient, Client
    from tiktok_openapi.operations import upload

    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server, everything_logged() as log:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/video/?upload_id=1&upload_token=S6uploadXq7Zk2"
            call = upload.upload_chunk(
                address, MP4, content_type="video/mp4", content_length=len(MP4), content_range="bytes 0-9/10"
            )
            if kind == "sync":
                with Client() as client:
                    SyncRunner(client, SystemClock()).run(perform(call))
            else:

                async def go() -> None:
                    async with AsyncClient() as client:
                        await AsyncRunner(client, SystemClock()).run(perform(call))

                asyncio.run(go())
        finally:
            server.shutdown()
            thread.join()
    assert "HTTP Request: PUT" in log.getvalue()
    search(log.getvalue(), Planted("Xq7Zk2"))


def test_the_upload_of_the_search_goes_all_the_way() -> None:
    server = Leaky(Planted("Xq7Zk2"), [])
    tik = make_client("sync", server, FakeClock())
    tik.exchange_code_for_token(code="code-1")
    post: Any = actions(Planted(""))["upload"](tik)
    assert post["final_response"] == {"status_code": 201}


def test_what_others_log_through_httpx_stays_as_it_is() -> None:
    with (
        everything_logged() as log,
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client,
    ):
        make_client("sync", Leaky(Planted("Xq7Zk2"), []), FakeClock()).exchange_code_for_token(code="code-1")
        client.get("https://somebody.example/?page=2")
    assert "https://somebody.example/?page=2" in log.getvalue()
