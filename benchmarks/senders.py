"""One upload by one contestant, in this process: prints what it cost as one JSON line.

Imports, construction of the client and, for ours, a first small post (which imports what posting needs) are
outside the timed part; `idle_mb` is taken after them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.harness import MIB, ROOT, forget_peak, resident_mb

Body = Callable[[], None]

CLIP = ROOT / "examples" / "media" / "hello.mp4"
POST: dict[str, Any] = {
    "title": "bench",
    "source": "FILE_UPLOAD",
    "upload_type": "POST_VIDEO_FILE",
    "privacy_level": "SELF_ONLY",
}


def chunks_of(size: int, chunk: int) -> list[tuple[int, int]]:
    """First byte and size of every chunk; the last one takes the remainder, as TikTok wants it."""
    count = max(1, size // chunk)
    return [(n * chunk, chunk if n < count - 1 else size - n * chunk) for n in range(count)]


def headers_of(first: int, size: int, total: int) -> dict[str, str]:
    """What goes with a chunk."""
    return {
        "Content-Type": "video/mp4",
        "Content-Length": str(size),
        "Content-Range": f"bytes {first}-{first + size - 1}/{total}",
    }


class Given(argparse.Namespace):
    """What the sender was asked to do."""

    sender: str
    url: str
    file: Path
    chunk: int
    source: str
    beat: bool


def ours_sync(given: Given) -> Body:
    """`TikTok.create_video`, from init to the last byte."""
    from tiktok_api_client import TikTok

    tik = TikTok("key", "secret", "https://example.com/callback", base_url=given.url)
    tik.create_video(**POST, video_path=CLIP, access_token="act.x")

    def send() -> None:
        with _Opened(given) as video:
            tik.create_video(**POST, video_path=video, chunk_size=given.chunk, access_token="act.x")

    return send


async def ours_async(given: Given) -> Callable[[], Awaitable[None]]:
    """`AsyncTikTok.create_video`, from init to the last byte."""
    from tiktok_api_client import AsyncTikTok

    tik = AsyncTikTok("key", "secret", "https://example.com/callback", base_url=given.url)
    await tik.create_video(**POST, video_path=CLIP, access_token="act.x")

    async def send() -> None:
        with _Opened(given) as video:
            await tik.create_video(**POST, video_path=video, chunk_size=given.chunk, access_token="act.x")

    return send


class _Opened:
    """The video in the form that was asked for."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._file: Any = None

    def __enter__(self) -> Any:
        path, source = self._given.file, self._given.source
        if source == "path":
            return path
        if source == "bytes":
            return path.read_bytes()
        self._file = path.open("rb")
        return self._file

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def raw(given: Given) -> Body:
    """A socket, plain or TLS: read 1 MiB, `sendall`, again."""
    parts = urlsplit(given.url)

    def send() -> None:
        total = given.file.stat().st_size
        connection = socket.create_connection((parts.hostname, parts.port or 80))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "https":
            connection = ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
        view = memoryview(bytearray(MIB))
        with connection, given.file.open("rb", buffering=0) as file:
            for first, size in chunks_of(total, given.chunk):
                head = "".join(f"{k}: {v}\r\n" for k, v in headers_of(first, size, total).items())
                connection.sendall(f"PUT /video/ HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode("ascii"))
                left = size
                while left:
                    count = file.readinto(view[: min(MIB, left)])
                    connection.sendall(view[:count])
                    left -= count
                if not connection.recv(65536).startswith(b"HTTP/1.1 20"):
                    raise RuntimeError("the sink said no")

    return send


def documented(given: Given) -> Body:
    """The documented client: the whole file as a list of chunks, a new connection for each."""
    from tiktok_api_client import TikTok

    tik: Any = TikTok("key", "secret", "https://example.com/callback")
    tik.VIDEO_POST_URL = given.url + "/v2/post/publish/video/init/"
    tik.get_creator_info = _nothing  # its address cannot be changed, and leads out of the machine

    def send() -> None:
        tik.create_video(**POST, video_path=str(given.file), access_token="act.x")

    return send


def httpx_bytes(given: Given) -> Body:
    """What one writes first: a client, and each chunk read into `bytes`."""
    import httpx

    client = httpx.Client()

    def send() -> None:
        total = given.file.stat().st_size
        with given.file.open("rb") as file:
            for first, size in chunks_of(total, given.chunk):
                answer = client.put(
                    given.url + "/video/", content=file.read(size), headers=headers_of(first, size, total)
                )
                answer.raise_for_status()

    return send


def httpx_pieces(given: Given) -> Body:
    """httpx with a generator of 256 KiB pieces: the best that plain httpx does."""
    import httpx

    client = httpx.Client(timeout=120)

    def pieces(file: Any, size: int) -> Iterator[bytes]:
        while size:
            piece = file.read(min(256 * 1024, size))
            size -= len(piece)
            yield piece

    def send() -> None:
        total = given.file.stat().st_size
        with given.file.open("rb", buffering=0) as file:
            for first, size in chunks_of(total, given.chunk):
                answer = client.put(
                    given.url + "/video/", content=pieces(file, size), headers=headers_of(first, size, total)
                )
                answer.raise_for_status()

    return send


def requests_bytes(given: Given) -> Body:
    """A requests session, and each chunk read into `bytes`."""
    import requests

    session = requests.Session()

    def send() -> None:
        total = given.file.stat().st_size
        with given.file.open("rb") as file:
            for first, size in chunks_of(total, given.chunk):
                answer = session.put(
                    given.url + "/video/", data=file.read(size), headers=headers_of(first, size, total)
                )
                answer.raise_for_status()

    return send


SENDERS: dict[str, Callable[[Given], Body]] = {
    "ours": ours_sync,
    "raw": raw,
    "documented": documented,
    "httpx bytes": httpx_bytes,
    "httpx pieces": httpx_pieces,
    "requests bytes": requests_bytes,
}


def _cost(began: tuple[float, float], idle: float) -> dict[str, float]:
    return {
        "seconds": time.perf_counter() - began[0],
        "cpu": time.process_time() - began[1],
        "idle_mb": idle,
        "above_mb": resident_mb(what="VmHWM") - idle,
    }


def _begin() -> tuple[tuple[float, float], float]:
    forget_peak()
    idle = resident_mb()
    return (time.perf_counter(), time.process_time()), idle


class Beat:
    """How long the loop was kept by any one of its callbacks.

    `held` leaves out the time for which its thread was ready to run and others had the core; `wall` does not.
    """

    def __init__(self) -> None:
        self.wall = 0.0
        self.held = 0.0
        self._schedule = -1

    def _waited(self) -> float:
        """Seconds that this thread has waited for a core. Linux only."""
        return int(os.pread(self._schedule, 100, 0).split()[1]) / 1e9

    def watch(self) -> None:
        """Time every callback of every loop from now on."""
        self._schedule = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        run = asyncio.events.Handle._run  # noqa: SLF001 - every callback of the loop goes through it
        perf, waited = time.perf_counter, self._waited

        def timed(handle: asyncio.events.Handle) -> None:
            began, before = perf(), waited()
            run(handle)
            took = perf() - began
            self.wall = max(self.wall, took)
            self.held = max(self.held, took - (waited() - before))

        # asyncio has no hook around its callbacks.
        asyncio.events.Handle._run = timed  # type: ignore[method-assign, assignment]  # noqa: SLF001


def _nothing(*_: object) -> None:
    """What the documented client is told of the creator."""


async def _ours_async(given: Given) -> dict[str, float]:
    beat = Beat()
    send = await ours_async(given)
    if given.beat:
        beat.watch()
    began, idle = _begin()
    await send()
    cost = _cost(began, idle)
    return {**cost, "held_ms": beat.held * 1000, "wall_ms": beat.wall * 1000}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sender")
    parser.add_argument("--url", required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--chunk", type=int, default=64 * MIB)
    parser.add_argument("--source", default="path", choices=["path", "bytes", "file"])
    parser.add_argument("--beat", action="store_true", help="time the callbacks of the event loop")
    given = parser.parse_args(namespace=Given())
    if given.sender == "ours async":
        cost = asyncio.run(_ours_async(given))
    else:
        send = SENDERS[given.sender](given)
        began, idle = _begin()
        send()
        cost = _cost(began, idle)
    sys.stdout.write(json.dumps(cost) + "\n")
    sys.stdout.flush()
    os._exit(0)  # what it takes to wind down is nobody's cost


if __name__ == "__main__":
    main()
