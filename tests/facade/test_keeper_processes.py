"""One refresh among real processes, over real HTTP, with one of them killed at the worst moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.facade.support import CREATOR, tokens
from tests.facade.test_tokens import token
from tiktok_api_client import FileTokenStore

PROCESSES, TASKS = 4, 4

CHILD = """
import asyncio, sys
from tiktok_api_client import AsyncTikTok, FileTokenStore, TikTok
kind, base_url, directory, count = sys.argv[1:]
settings = dict(base_url=base_url, token_store=FileTokenStore(directory))
arguments = ("key", "client-secret-1", "http://127.0.0.1:8765/callback/")
async def tasks():
    async with AsyncTikTok(*arguments, **settings) as tik:
        await asyncio.gather(*(tik.get_creator_info() for _ in range(int(count))))
print("ready", flush=True)
sys.stdin.readline()
if kind == "async":
    asyncio.run(tasks())
else:
    with TikTok(*arguments, **settings) as tik:
        for _ in range(int(count)):
            tik.get_creator_info()
print("done", flush=True)
"""


class Rotating(ThreadingHTTPServer):
    """TikTok's token endpoint with strict rotation, and creator info for the newest access token."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler or Answering)
        self.mutex = threading.Lock()
        self.number = 1
        self.refused = 0
        self.next_is_dead = False
        """The next request for tokens is never acted on: whoever asks is killed meanwhile."""
        self.asked, self.over = threading.Event(), threading.Event()


class Answering(BaseHTTPRequestHandler):
    server: Rotating  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        server = self.server
        if "/oauth/token/" not in self.path:
            answer: object = {"data": CREATOR, "error": {"code": "ok", "message": "", "log_id": "L"}}
        else:
            with server.mutex:
                dead, server.next_is_dead = server.next_is_dead, False
            if dead:
                server.asked.set()
                server.over.wait(30)
                self.close_connection = True
                return
            with server.mutex:
                wanted = f"rft.secret-user-1-{server.number}"
                if parse_qs(body.decode())["refresh_token"] == [wanted]:
                    server.number += 1
                    answer = tokens(server.number)
                else:
                    server.refused += 1
                    answer = {"error": "invalid_grant", "error_description": "", "log_id": "L"}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[Rotating]:
    with Rotating() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def start(kind: str, server: Rotating, directory: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CHILD,
            kind,
            f"http://127.0.0.1:{server.server_port}",
            str(directory),
            str(TASKS),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def go(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def finish(child: subprocess.Popen[str]) -> str:
    output, _ = child.communicate(timeout=60)
    return output


def test_all_processes_share_one_refresh(server: Rotating, tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    store.save(token(1))  # it ended long ago
    children = [start(("sync", "async")[number % 2], server, tmp_path) for number in range(PROCESSES)]
    for child in children:
        go(child)
    assert [finish(child) for child in children] == ["done\n"] * PROCESSES
    assert (server.number, server.refused) == (2, 0)
    kept = store.load("user-1")
    assert kept is not None
    assert kept.refresh_token == "rft.secret-user-1-2"


def test_a_process_that_is_killed_while_it_asks_holds_nobody_up(server: Rotating, tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    store.save(token(1))
    server.next_is_dead = True
    first, second = (start("sync", server, tmp_path) for _ in range(2))
    go(first)
    assert server.asked.wait(30)
    go(second)
    first.kill()
    finish(first)
    assert finish(second) == "done\n"
    server.over.set()
    assert server.refused == 0
    kept = store.load("user-1")
    assert kept is not None
    assert kept.refresh_token == "rft.secret-user-1-2"
