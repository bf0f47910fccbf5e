"""Memory of an upload, whatever its size: measured in a process of its own, over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PATHS = os.pathsep.join(str(ROOT / wing) for wing in ("generated", "facade"))
MIB = 1024 * 1024
LIMITS = {"sync": 8 * MIB, "async": 12 * MIB}
"""By how much the process may grow, from the idle client to its peak."""

CLIENT = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from tiktok_api_client import AsyncTikTok, TikTok

    colour, kind, url, path = sys.argv[1:]

    def memory(name):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024

    def source(size):
        if kind == "path":
            return path
        if kind == "file object":
            return open(path, "rb")
        file = open(path, "rb")
        return iter(lambda: file.read(100_000), b"")

    def words(size):
        return {"privacy_level": "SELF_ONLY", "size": size, "preflight": "off", "access_token": "act.1"}

    face = TikTok if colour == "sync" else AsyncTikTok
    tik = face("k", "s", "http://127.0.0.1:8765/callback/", base_url=url)
    size = Path(path).stat().st_size
    small = b"\\0\\0\\0\\x18ftypmp42" + bytes(1000)

    async def main():
        await tik.post_video(small, **words(len(small)))
        idle = memory("VmRSS")
        await tik.post_video(source(size), **words(size))
        return idle

    if colour == "async":
        idle = asyncio.run(main())
    else:
        tik.post_video(small, **words(len(small)))
        idle = memory("VmRSS")
        tik.post_video(source(size), **words(size))
    print(memory("VmHWM") - idle)
    """
)


@pytest.fixture(scope="module")
def sink() -> Iterator[str]:
    """A TikTok that throws bytes away."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            address = f"http://{self.headers['Host']}/upload"
            answer = {
                "data": {"publish_id": "v_pub_file~v2-1.7", "upload_url": address},
                "error": {"code": "ok", "message": "", "log_id": ""},
            }
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            left = int(self.headers["Content-Length"])
            while left:
                left -= len(self.rfile.read1(min(left, MIB)))
            self.send_response(206)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def growth(sink: str, colour: str, kind: str, path: Path) -> int:
    """By how many bytes a process grows that uploads this file."""
    command = [sys.executable, "-c", CLIENT, colour, kind, sink, str(path)]
    environment = {**os.environ, "PYTHONPATH": PATHS}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.write(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
        file.truncate(size)
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", ["path", "iterator"])
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_memory_does_not_grow_with_the_video(sink: str, tmp_path: Path, colour: str, kind: str) -> None:
    assert growth(sink, colour, kind, sparse(tmp_path / "clip.mp4", 256 * MIB)) < LIMITS[colour]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_four_gigabytes_through_a_path(sink: str, tmp_path: Path, colour: str) -> None:
    assert growth(sink, colour, "path", sparse(tmp_path / "clip.mp4", 4096 * MIB)) < LIMITS[colour]
