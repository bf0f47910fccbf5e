"""A running mock calls nobody but this machine and the hosts that it was told of."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.mock.story import tell_over_http
from tests.mock.support import Player, mp4
from tests.mock.test_mock_serve import PATIENCE, serving
from tiktok_mock_server import MockTikTok

QUICK = ("--switch", "check_media=false", "--switch", "processing_seconds=0.01")


class Receiver(ThreadingHTTPServer):
    """Takes events and gives files away, and remembers by which names it was asked."""

    def __init__(self) -> None:
        self.asked = asked = queue.Queue[str]()

        class Noting(_Answer):
            noted = asked

        super().__init__(("127.0.0.1", 0), Noting)


class _Answer(BaseHTTPRequestHandler):
    noted: queue.Queue[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(mp4(1000))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.noted.put(f"{self.command} {self.headers['Host'].partition(':')[0]}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        del format, args


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with Receiver() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@contextmanager
def watched(log: Path, *options: str) -> Generator[httpx.Client]:
    """A mock whose every look-up and connection is in `log`."""
    with (
        serving(*QUICK, *options, command=[sys.executable, "-m", "tests.mock.watched", str(log)]) as (
            _,
            line,
        ),
        httpx.Client(base_url=line["url"], timeout=PATIENCE) as http,
    ):
        yield http


def hosts(log: Path) -> set[str]:
    return {line.split(" ", 1)[1] for line in log.read_text(encoding="utf-8").splitlines()}


def test_nothing_that_a_client_does_leads_elsewhere(tmp_path: Path, receiver: Receiver) -> None:
    log, port = tmp_path / "log", receiver.server_port
    options = ("--webhook-url", f"http://hooks.localhost:{port}/", "--verified-domain", "media.example.test")
    with watched(log, *options, "--verified-domain", "files.localhost") as http, MockTikTok() as here:
        tell_over_http(str(http.base_url).rstrip("/"))
        assert receiver.asked.get(timeout=PATIENCE) == "POST hooks.localhost"
        player = Player(here, http)
        player.token = http.post("/_mock/authorize", json={}).json()["access_token"]
        assert player.pull_video().status_code == 200
        assert player.init_photos().status_code == 200
        for path in ("/_mock/", "/_mock/journal?as=text", "/v2/nothing", "/_mock/nothing"):
            http.get(path)
        http.post("/_mock/switches", json={"fetch_media": "loopback"})
        player.pull_video(f"http://files.localhost:{port}/v.mp4")
        http.post("/_mock/clock", json={"advance": 73 * 3600})
        asked: set[str] = set()
        while "GET files.localhost" not in asked:
            asked.add(receiver.asked.get(timeout=PATIENCE))
    assert hosts(log) - {"::1"} == {"localhost", "127.0.0.1"}


def test_a_listed_host_is_called_and_that_is_noticed(tmp_path: Path) -> None:
    log, hook = tmp_path / "log", "http://listed.example.test/hook"
    with watched(log, "--freeze", "--webhook-url", hook, "--webhook-host", "listed.example.test") as http:
        http.post("/_mock/webhook/ping")
        http.post("/_mock/clock", json={"advance": 1})
        (delivery,) = http.get("/_mock/deliveries").json()["deliveries"]
        assert "listed.example.test is not this machine" in str(delivery)
    assert hosts(log) == {"listed.example.test"}
