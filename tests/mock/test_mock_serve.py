"""The command in a process of its own: start, address, signals, and the same bytes for the same seed."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.mock.story import tell
from tests.mock.support import Player, data, mp4, query_of
from tiktok_mock_server import MockTikTok, cli, webhooks
from tiktok_mock_server.cli import main
from tiktok_mock_server.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0


def environment(**changes: str) -> dict[str, str]:
    paths = [str(ROOT / part) for part in ("generated", "facade", "mock_server", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **changes}


MOCK = (sys.executable, "-m", "tiktok_mock_server")


@contextmanager
def serving(
    *options: str, command: Sequence[str] = MOCK, **env: str
) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A mock in a process of its own, and the line that it printed."""
    process = subprocess.Popen(
        [*command, "serve", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**env),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield process, json.loads(line)
    finally:
        process.terminate()  # as a user would; a killed one cannot say which of its code ran
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextmanager
def remote_player(*options: str, **env: str) -> Generator[tuple[Player, subprocess.Popen[str]]]:
    """A player whose mock runs in a process of its own."""
    with ExitStack() as stack:
        process, line = stack.enter_context(serving(*options, **env))
        http = stack.enter_context(httpx.Client(base_url=line["url"], timeout=PATIENCE))
        player = Player(stack.enter_context(MockTikTok()), http)
        player.token = http.post("/_mock/authorize", json={}).json()["access_token"]
        yield player, process


def written_version() -> str:
    """The project's, as it is released."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'(?m)^version = "(.+)"$', text)
    assert found is not None
    return found[1]


def test_one_line_says_where_and_then_it_answers() -> None:
    with serving() as (process, line):
        assert line["url"].startswith("http://127.0.0.1:")
        assert line["pid"] == process.pid
        assert (line["client_key"], line["client_secret"]) == ("mock_client_key", "mock_client_secret")
        health = httpx.get(f"{line['url']}/_mock/health")
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        assert health.json()["version"] == written_version()
        assert httpx.get(f"{line['url']}/_mock/ready").json() == {"ready": True}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_success_and_without_noise(number: signal.Signals) -> None:
    with serving() as (process, line):
        with socket.create_connection(("127.0.0.1", int(line["url"].rpartition(":")[2]))) as stuck:
            stuck.sendall(b"POST /v2/oauth/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
            httpx.get(f"{line['url']}/_mock/health")
            process.send_signal(number)
            output, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, output) == (0, "")
        assert "Traceback" not in errors


def test_a_busy_port_fails_at_once_with_a_hint() -> None:
    with serving() as (_, line):
        port = line["url"].rpartition(":")[2]
        command = [sys.executable, "-m", "tiktok_mock_server", "serve", "--port", port]
        second = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=PATIENCE)
        assert second.returncode == 1
        assert f"127.0.0.1:{port}" in second.stderr
        assert "--port 0" in second.stderr
        assert "Traceback" not in second.stderr


def test_after_a_kill_the_port_is_free_again() -> None:
    with serving() as (process, line):
        httpx.get(f"{line['url']}/_mock/health")
        process.kill()
        process.wait(PATIENCE)
        port = line["url"].rpartition(":")[2]
        with serving("--port", port) as (_, again):
            assert again["url"] == line["url"]


def test_it_says_when_others_can_reach_it() -> None:
    with serving("--host", "0.0.0.0") as (process, line):
        assert line["url"].startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
        assert "everyone who reaches this machine" in errors


def test_a_whole_post_with_the_options_of_the_demo() -> None:
    options = ("--auto-approve", "--verified-domain", "media.example.test", "--freeze", "--strict",
               "--switch", "check_media=false", "--account", "second:public", "--seed", "7")  # fmt: skip
    with serving(*options) as (_, line), httpx.Client(base_url=line["url"]) as http, MockTikTok() as here:
        player = Player(here, http)
        code = query_of(player.authorize().headers["location"])["code"]
        player.token = player.get_token(code).json()["access_token"]
        publish_id = player.post_video(mp4(100))
        assert player.status(publish_id)["status"] == "PROCESSING_UPLOAD"
        moved = http.post("/_mock/clock", json={"advance": 5}).json()
        assert moved["frozen"] is True
        assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"
        assert data(player.pull_video())["publish_id"].startswith("v_pub_url~v2.")
        usernames = [one["username"] for one in http.get("/_mock/accounts").json()["accounts"]]
        assert usernames == ["mock.creator", "second"]


def test_time_runs_by_itself_unless_it_is_frozen() -> None:
    options = ("--switch", "check_media=false", "--switch", "processing_seconds=0.01")
    with remote_player(*options) as (player, _):
        publish_id = player.post_video()
        seen = {player.status(publish_id)["status"] for _ in range(20)}
        assert "PUBLISH_COMPLETE" in seen
        assert player.http.get("/_mock/clock").json()["frozen"] is False


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [("2026-11-22T09:15:30", 1795338930), ("2026-11-22T10:15:30+01:00", 1795338930)],
)
def test_a_frozen_clock_stands_where_it_was_told_to(moment: str, seconds: int) -> None:
    with serving("--freeze", moment) as (_, line):
        clock = httpx.get(f"{line['url']}/_mock/clock").json()
    assert (clock["now"], clock["frozen"]) == (seconds, True)


def test_control_calls_come_from_pages_of_its_own_or_listed_origins() -> None:
    with remote_player("--allow-origin", "http://localhost:5173") as (player, _):
        for origin, status in (("http://localhost:5173", 200), ("http://localhost:5174", 403)):
            answer = player.http.post("/_mock/reset", headers={"origin": origin})
            assert answer.status_code == status


def test_a_mock_that_listens_by_a_name_is_called_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Engine] = []

    def engine(*arguments: Any, **options: Any) -> Engine:
        made.append(Engine(*arguments, **options))
        return made[-1]

    def refused(host: str, port: int) -> socket.socket:
        raise OSError(f"{host}:{port} is not here")

    monkeypatch.setattr(cli, "Engine", engine)
    monkeypatch.setattr(cli, "listen", refused)
    assert main(["serve", "--host", "Mock.lab.example"]) == 1
    assert [host for _, host, _ in made[0].doors.origins] == ["mock.lab.example"]


def test_the_chunk_rules_of_another_day() -> None:
    with remote_player("--as-of", "2026-08-01") as (player, _):
        assert player.init_video(80_000_000, 64_000_000, 1).status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        ["serve", "--switch", "nothing=1"],
        ["serve", "--as-of", "yesterday"],
        ["serve", "--freeze", "noon"],
        ["serve", "--account", ":public"],
        ["serve", "--account", "x:secret"],
        ["serve", "--verified-domain", "http://a.test/"],
        ["serve", "--allow-origin", "localhost:5173"],
        ["serve", "--port", "many"],
        ["nothing"],
        [],
    ],
)
def test_options_that_cannot_be(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert "tiktok-mock" in capsys.readouterr().err


# Determinism


def run_story(*arguments: str, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.mock.story", *arguments],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=120,
        env=environment(PYTHONHASHSEED=hash_seed),
    )  # fmt: skip
    return done.stdout.strip()


def test_the_same_seed_and_requests_give_the_same_bytes_under_any_hash_seed() -> None:
    digests = {run_story(hash_seed=seed) for seed in ("1", "4294967295")}
    assert digests == {tell("story")}
    assert tell("another seed") not in digests


def test_so_they_do_over_http() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    digests: set[str] = set()
    for seed in ("1", "4294967295"):
        # The same port, since addresses in answers follow the caller.
        with serving("--port", port, "--freeze", "--switch", "check_media=false", PYTHONHASHSEED=seed) as (
            _,
            line,
        ):
            digests.add(run_story(line["url"], hash_seed=seed))
    assert len(digests) == 1


def test_events_arrive_while_nobody_asks() -> None:
    arrived: queue.Queue[tuple[str, bytes]] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put((self.headers["TikTok-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        hook = f"http://127.0.0.1:{receiver.server_port}/hook"
        options = (
            "--webhook-url",
            hook,
            "--switch",
            "check_media=false",
            "--switch",
            "processing_seconds=0.05",
        )
        with remote_player(*options) as (player, _):
            publish_id = player.post_video()
            signature, body = arrived.get(timeout=PATIENCE)
            moment = int(signature.partition(",")[0].removeprefix("t="))
            assert signature == webhooks.signature("mock_client_secret", moment, body)
            assert json.loads(body)["event"] == "post.publish.complete"
            assert publish_id in json.loads(body)["content"]
        receiver.shutdown()
        thread.join()


def test_72_hours_of_retries_through_the_control_api() -> None:
    """The receiver is not there; the clock is moved over HTTP, and every attempt is made on the way."""
    options = ("--freeze", "--webhook-url", "http://127.0.0.1:9/hook", "--switch", "check_media=false")
    with serving(*options) as (_, line), httpx.Client(base_url=line["url"], timeout=PATIENCE) as http:
        ping = http.post("/_mock/webhook/ping").json()
        assert ping["event"] == "tiktok.ping"
        http.post("/_mock/clock", json={"advance": 73 * 3600})
        [delivery] = http.get("/_mock/deliveries").json()["deliveries"]
        assert (delivery["state"], len(delivery["attempts"])) == ("dropped", 13)
