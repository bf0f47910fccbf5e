"""What must not grow, counted: modules, TLS contexts, requests, bytes held, objects. Nothing is timed.

How fast things are is measured by `make bench`; `docs/performance.md` has the figures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tiktok_api_client import AsyncTikTok, TikTok
from tiktok_api_client.source import ASYNC_PIECE, SYNC_PIECE
from tiktok_mock_server import MockTikTok, webhooks
from tiktok_mock_server.rules import oauth
from tiktok_mock_server.shelf import COUNT, KEPT
from tiktok_openapi import AsyncClient, Client
from tiktok_openapi._runtime import transport
from tiktok_openapi.models.display import decode_video_page

ROOT = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024
Upload = Callable[["Plane", Path, "int | None"], None]
REDIRECT = "https://example.com/callback/"
STATUS = {"status": "PUBLISH_COMPLETE"}
CREATOR = {
    "creator_avatar_url": "https://p16.example-cdn.test/a.jpeg",
    "creator_username": "mock.creator",
    "creator_nickname": "Mock Creator",
    "privacy_level_options": ["SELF_ONLY"],
    "comment_disabled": False,
    "duet_disabled": False,
    "stitch_disabled": False,
    "max_video_post_duration_sec": 600,
}


# --- modules ------------------------------------------------------------------------------------------


def bare_environment() -> dict[str, str]:
    """Nothing but our folders is set."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    folders = (str(ROOT / folder) for folder in ("generated", "facade", "mock_server"))
    return {**env, "PYTHONPATH": os.pathsep.join(folders)}


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads in a fresh interpreter."""
    program = f"import sys; before = set(sys.modules)\n{statement}\nprint(*sorted(set(sys.modules) - before))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=bare_environment()
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("package", ["tiktok_openapi", "tiktok_api_client", "tiktok_mock_server"])
def test_a_bare_import_loads_the_root_and_nothing_heavy(package: str) -> None:
    loaded = loaded_by(f"import {package}")
    assert {name for name in loaded if name.startswith("tiktok_")} == {package}
    assert not loaded & {"httpx", "attrs", "attr", "anyio", "asyncio", "ssl", "json", "dateutil", "starlette"}


def test_the_bindings_client_loads_no_model_no_operation_and_no_date_parser() -> None:
    loaded = loaded_by("from tiktok_openapi import Client")
    assert not {name for name in loaded if name.startswith(("tiktok_openapi.models.", "tiktok_openapi.op"))}
    assert not loaded & {"dateutil", "asyncio"}


def test_one_model_loads_its_own_fragment_only() -> None:
    loaded = loaded_by("from tiktok_openapi import UserToken")
    models = {name for name in loaded if name.startswith("tiktok_openapi.models.")}
    assert models == {"tiktok_openapi.models.oauth"}
    assert "httpx" not in loaded


def test_importing_the_faces_loads_no_http_no_event_loop_and_no_date_parser() -> None:
    loaded = loaded_by("from tiktok_api_client import TikTok, AsyncTikTok")
    assert not loaded & {"httpx", "anyio", "asyncio", "ssl", "dateutil"}
    assert not {
        name for name in loaded if name.startswith(("tiktok_openapi.operations.d", "tiktok_openapi.client"))
    }


SERVED = """
import gc, json, os, signal, socket, sys, threading, time

def ask():
    while not os.path.exists(ready):
        time.sleep(0.005)
    port = json.load(open(ready))["url"].rpartition(":")[2]
    with socket.create_connection(("127.0.0.1", int(port))) as wire:
        wire.sendall(b"GET /_mock/health HTTP/1.1\\r\\nHost: mock\\r\\n\\r\\n")
        found["answer"] = wire.recv(65536).decode()
    found["modules"] = sorted(sys.modules)
    found["collects"] = gc.isenabled()
    found["left out"] = gc.get_freeze_count()
    os.kill(os.getpid(), signal.SIGTERM)

ready, found = sys.argv.pop(), {}
import uvicorn.protocols.http.auto
server = set(sys.modules)
threading.Thread(target=ask).start()
from tiktok_mock_server.__main__ import main
code = main()
print(json.dumps({**found, "code": code, "server": sorted(server)}))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """`tiktok-mock serve` up to its first answer, seen from inside."""
    ready = tmp_path_factory.mktemp("served") / "ready"
    serve = ["serve", "--port", "0", "--log-level", "error", "--ready-file", str(ready)]
    run = subprocess.run(
        [sys.executable, "-c", SERVED, *serve, str(ready)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=bare_environment(),
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_the_mock_gives_its_first_answer_with_few_modules(served: dict[str, Any]) -> None:
    assert served["answer"].startswith("HTTP/1.1 200 ")
    loaded = set(served["modules"]) - set(served["server"])
    assert not {name.partition(".")[0] for name in loaded} & {
        "starlette",
        "httpx",
        "jsonschema_rs",
        "jinja2",
        "yaml",
        "respx",
        "trustme",
        "pytest",
    }
    assert not loaded & {"importlib.metadata", "urllib.request", "tiktok_openapi.client"}
    assert not {name for name in loaded if name.startswith("tiktok_openapi.models.")}
    if sys.version_info >= (3, 11):  # before that, anyio keeps the time
        assert "anyio" not in loaded
        assert len(loaded) <= 112  # 103 on Python 3.11, of which 16 are attrs


def test_the_mock_looks_for_garbage_from_its_first_answer_on(served: dict[str, Any]) -> None:
    assert served["collects"]
    assert served["left out"] > 10_000
    assert served["code"] == 0


# --- TLS contexts -------------------------------------------------------------------------------------


def test_all_clients_share_one_tls_context_made_at_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    make = httpx.create_ssl_context

    def counted() -> object:
        made.append(make())
        return made[-1]

    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    transport.shared_ssl_context.cache_clear()
    try:
        clients = [Client() for _ in range(3)]
        faces = [TikTok("key", "secret", REDIRECT), AsyncTikTok("key", "secret", REDIRECT)]
        assert made == []
        for client in clients:
            assert client.http is client.http
        assert len(made) == 1
        for client in clients:
            client.close()
        assert len(faces) == 2
    finally:
        transport.shared_ssl_context.cache_clear()


# --- requests, and bytes held -------------------------------------------------------------------------


class Plane(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers the calls of a post, and lets bodies run through without keeping them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pieces: list[int] = []
        self.ranges: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        stream: Iterator[bytes] = iter(request.stream)
        sizes = [len(piece) for piece in stream]
        return self.answer(request, sizes)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        stream: AsyncIterator[bytes] = aiter(request.stream)
        sizes = [len(piece) async for piece in stream]
        return self.answer(request, sizes)

    def answer(self, request: httpx.Request, sizes: list[int]) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if request.method == "PUT":
            self.pieces += sizes
            span = request.headers["content-range"]
            self.ranges.append(span)
            assert sum(sizes) == int(request.headers["content-length"])
            last, total = (int(part) for part in span.rpartition("-")[2].split("/"))
            stored = {"content-range": f"bytes 0-{last}/{total}"}
            return httpx.Response(201 if last + 1 == total else 206, headers=stored)
        if path.endswith("/creator_info/query/"):
            data: dict[str, object] = dict(CREATOR)
        elif path.endswith("/init/"):
            data = {
                "publish_id": "v_pub_file~v2-1.1",
                "upload_url": "https://open-upload.tiktokapis.com/video/",
            }
        else:
            data = dict(STATUS)
        return httpx.Response(200, json={"data": data, "error": {"code": "ok", "message": "", "log_id": "L"}})


def sparse_video(path: Path, size: int) -> Path:
    """A video of so many bytes that takes no room on the disk."""
    clip = (ROOT / "examples" / "media" / "hello.mp4").read_bytes()
    with path.open("wb") as file:
        file.write(clip + (size - len(clip)).to_bytes(4, "big") + b"free")
        file.truncate(size)
    return path


def upload_sync(plane: Plane, video: Path, chunk_size: int | None) -> None:
    with TikTok("key", "secret", REDIRECT, transport=plane) as tik:
        tik.create_video(
            source="FILE_UPLOAD",
            upload_type="POST_VIDEO_FILE",
            privacy_level="SELF_ONLY",
            video_path=video,
            chunk_size=chunk_size,
            access_token="act.x",
        )


def upload_async(plane: Plane, video: Path, chunk_size: int | None) -> None:
    async def send() -> None:
        async with AsyncTikTok("key", "secret", REDIRECT, transport=plane) as tik:
            await tik.create_video(
                source="FILE_UPLOAD",
                upload_type="POST_VIDEO_FILE",
                privacy_level="SELF_ONLY",
                video_path=video,
                chunk_size=chunk_size,
                access_token="act.x",
            )

    asyncio.run(send())


UPLOADS = pytest.mark.parametrize(
    ("upload", "piece"), [(upload_sync, SYNC_PIECE), (upload_async, ASYNC_PIECE)], ids=["sync", "async"]
)


@UPLOADS
def test_a_video_of_n_chunks_costs_one_init_and_n_puts(upload: Upload, piece: int, tmp_path: Path) -> None:
    plane = Plane()
    upload(plane, sparse_video(tmp_path / "v.mp4", 33 * MIB + 5), 10 * MIB)
    assert sum(asked.endswith("/init/") for asked in plane.asked) == 1
    assert sum(asked.startswith("PUT ") for asked in plane.asked) == 3
    assert plane.ranges == [
        f"bytes 0-{10 * MIB - 1}/{33 * MIB + 5}",
        f"bytes {10 * MIB}-{20 * MIB - 1}/{33 * MIB + 5}",
        f"bytes {20 * MIB}-{33 * MIB + 4}/{33 * MIB + 5}",
    ]
    others = [asked for asked in plane.asked if not asked.startswith("PUT ") and not asked.endswith("/init/")]
    assert len(others) <= 1  # the creator info, once
    assert max(plane.pieces) == piece


@UPLOADS
def test_an_upload_reads_every_byte_once_and_holds_one_piece(
    upload: Upload, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 96 * MIB
    video = sparse_video(tmp_path / "v.mp4", size)
    upload(Plane(), sparse_video(tmp_path / "small.mp4", MIB), None)  # whatever is made once is made now
    read: list[int] = []
    pread = os.pread

    def counted(descriptor: int, count: int, position: int) -> bytes:
        read.append(len(found := pread(descriptor, count, position)))
        return found

    monkeypatch.setattr(os, "pread", counted)
    gc.collect()
    tracemalloc.start()
    try:
        upload(Plane(), video, None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(read) <= size + 256 * 1024  # the video, and a look at its beginning and end
    assert peak < 2 * piece + MIB


# --- many at once -------------------------------------------------------------------------------------


class Slow(Plane):
    """Counts how many requests are with it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        return await super().handle_async_request(request)


def test_an_async_client_lets_no_more_calls_in_than_it_has_connections() -> None:
    plane = Slow()

    async def crowd() -> None:
        async with AsyncClient(transport=plane) as client:

            def call() -> asyncio.Task[object]:
                return asyncio.create_task(client.post.query_creator_info(access_token="act.x"))

            calls = [call() for _ in range(3 * transport.MOST_CONNECTIONS)]
            await asyncio.sleep(0)
            for waiting in calls[-50:]:
                waiting.cancel()
            done = await asyncio.gather(*calls, return_exceptions=True)
            assert sum(isinstance(found, asyncio.CancelledError) for found in done) == 50
            assert await call()

    asyncio.run(crowd())
    assert plane.most == transport.MOST_CONNECTIONS
    assert len(plane.asked) == 3 * transport.MOST_CONNECTIONS - 50 + 1


def test_no_cookie_is_kept() -> None:
    class Baker(Plane):
        def answer(self, request: httpx.Request, sizes: list[int]) -> httpx.Response:
            assert "cookie" not in request.headers
            answer = super().answer(request, sizes)
            answer.headers["set-cookie"] = "who=somebody; Path=/"
            return answer

    with Client(transport=Baker()) as client:
        for _ in range(2):
            client.post.query_creator_info(access_token="act.x")
        assert not client.http.cookies


# --- objects ------------------------------------------------------------------------------------------


def test_decoding_makes_one_object_per_video() -> None:
    videos = [{"id": str(10**18 + n), "title": f"t{n}", "create_time": 10**9 + n} for n in range(100)]
    page: object = json.loads(json.dumps({"videos": videos, "cursor": 10**12, "has_more": False}))
    decode_video_page(page)
    gc.collect()
    gc.disable()
    try:
        before = sys.getallocatedblocks()
        decoded = decode_video_page(page)
        made = sys.getallocatedblocks() - before
    finally:
        gc.enable()
    assert len(decoded.videos) == 100
    assert made <= 100 + 10


def test_an_address_is_parsed_once_per_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    plane = Plane()
    client = Client(transport=plane)
    client.post.query_creator_info(access_token="act.x")
    parsed: list[object] = []
    start = httpx.URL.__init__

    def counted(self: httpx.URL, url: httpx.URL | str = "", **words: object) -> None:
        if isinstance(url, str):
            parsed.append(url)
        start(self, url, **words)

    monkeypatch.setattr(httpx.URL, "__init__", counted)
    for _ in range(5):
        client.post.query_creator_info(access_token="act.x")
    client.close()
    assert parsed == []


def log_in_and_refresh(mock: MockTikTok) -> None:
    """What the rules do to a world when somebody logs in, refreshes, and asks; and an event."""
    world = mock.world
    world.codes[mock.authorize_code(redirect_uri=REDIRECT)].used = True
    pair = mock.authorize()
    first = world.refresh_tokens[str(pair["refresh_token"])]
    first.replaced = world.now()
    pair = oauth.issue_pair(world, first.grant, first.scopes, first.expires)
    world.counted_calls(str(pair["access_token"]), "creator_info_query").append(world.now())
    webhooks.ping(world, mock.app)


def test_a_mock_that_runs_for_years_holds_what_works_and_the_newest_of_the_rest() -> None:
    mock = MockTikTok()
    for _ in range(10_000):
        log_in_and_refresh(mock)
        mock.clock.advance(6 * 3600)
    world = mock.world
    living = 180 * 4  # refresh tokens of 180 days, four logins a day
    assert len(world.refresh_tokens) <= 2 * (living + KEPT)
    assert len(world.codes) <= 2 * KEPT
    assert len(world.access_tokens) <= 2 * KEPT
    assert len(world.windows) <= 2
    assert len(world.deliveries) <= 2 * COUNT
    assert world.deliveries.dropped == 10_000 - len(world.deliveries)
    assert len(world.grants) == 1
    assert world.next_due() is None
