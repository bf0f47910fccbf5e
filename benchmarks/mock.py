"""Goal 6: the mock, against a bare Starlette application under uvicorn.

`python -m benchmarks.mock [--full]`
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

import attrs
import httpx

from benchmarks import bare
from benchmarks.harness import (
    Report,
    cpu_of,
    interleaved,
    main,
    python,
    ratios,
    resident_mb,
    server,
)
from tiktok_mock_server import MockTikTok, Switches

SERVE = ["-m", "tiktok_mock_server", "serve", "--port", "0", "--log-level", "error", "--auto-approve"]
BARE = ["-m", "benchmarks.bare"]
STATUS = "/v2/post/publish/status/fetch/"
INIT = "/v2/post/publish/video/init/"
CREATOR = "/v2/post/publish/creator_info/query/"
VIDEOS = "/v2/video/list/?fields=id,title"


class Wire:
    """A connection that stays open, with nothing between us and the socket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """Send a request, wait for its answer."""
        self._socket.sendall(request)
        got = b""
        while True:
            piece = self._socket.recv(65536)
            if not piece:
                raise RuntimeError(f"the server hung up after {got!r}")
            got += piece
            head, found, body = got.partition(b"\r\n\r\n")
            if found:
                size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                while len(body) < size:
                    body += self._socket.recv(65536)
                if not head.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(f"{head!r} {body!r}")
                return body

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def request_of(method: str, path: str, token: str, body: object = None) -> bytes:
    """A request as it goes on the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    head = [f"{method} {path} HTTP/1.1", "Host: mock", f"Authorization: Bearer {token}"]
    if body is not None:
        head.append("Content-Type: application/json; charset=UTF-8")
    head.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*head, "", ""]).encode("ascii") + content


def init_body(number: int) -> dict[str, object]:
    """A post of one chunk."""
    return {
        "post_info": {"title": f"post {number}", "privacy_level": "SELF_ONLY"},
        "source_info": {
            "source": "FILE_UPLOAD",
            "video_size": 1000,
            "chunk_size": 1000,
            "total_chunk_count": 1,
        },
    }


def log_in(url: str) -> str:
    """An access token, over HTTP."""
    from tiktok_api_client import TikTok

    with TikTok("mock_client_key", "mock_client_secret", "http://127.0.0.1:1/callback/", base_url=url) as tik:
        answer = httpx.get(tik.get_authorization_url())
        return tik.exchange_code_for_token(httpx.URL(answer.headers["location"]).params["code"]).access_token


def _started(arguments: list[str]) -> tuple[float, float]:
    """Seconds from the start of a server to its first answer, on the wall's clock and of CPU."""
    began = time.perf_counter()
    with server(*arguments) as (line, process):
        wire = Wire(line["url"])
        wire.ask(request_of("GET", "/_mock/health", "x"))
        spent = time.perf_counter() - began, cpu_of(process.pid)
        wire.close()
    return spent


def _starts(report: Report, rounds: int) -> None:
    contestants = {"mock": partial(_started, SERVE), "bare": partial(_started, BARE)}
    for start in contestants.values():
        start()  # what has changed is compiled now
    found = interleaved(contestants, rounds)
    wall = {who: [spent for spent, _ in starts] for who, starts in found.items()}
    cpu = {who: [spent for _, spent in starts] for who, starts in found.items()}
    report.add("start to first answer", ratios(wall["mock"], wall["bare"]), most=1.5)
    report.add("start to first answer: CPU", ratios(cpu["mock"], cpu["bare"]), most=1.5)
    for who in contestants:
        report.add(f"start to first answer, {who}", [value * 1000 for value in wall[who]], "ms")
        report.add(f"start to first answer: CPU, {who}", [value * 1000 for value in cpu[who]], "ms")


def _requests(report: Report, rounds: int, count: int, rest: int) -> None:
    loose = [*SERVE, "--switch", "rate_limits=false"]
    with server(*loose) as (mock, process), server(*BARE) as (line, other):
        token = log_in(mock["url"])
        wires = {"mock": Wire(mock["url"]), "bare": Wire(line["url"])}
        wires["mock"].ask(request_of("GET", "/_mock/health", "x"))
        idle = resident_mb(process.pid)
        made = json.loads(wires["mock"].ask(request_of("POST", INIT, token, init_body(0))))
        ask = request_of("POST", STATUS, token, {"publish_id": made["data"]["publish_id"]})
        pids = {"mock": process.pid, "bare": other.pid}

        def block(who: str) -> tuple[float, float]:
            wire, cpu, began = wires[who], cpu_of(pids[who]), time.perf_counter()
            for _ in range(count):
                wire.ask(ask)
            return (time.perf_counter() - began) / count, (cpu_of(pids[who]) - cpu) / count

        for who in wires:
            block(who)
        contestants: Mapping[str, Callable[[], tuple[float, float]]] = {
            who: partial(block, who) for who in wires
        }
        found = interleaved(contestants, rounds)
        seconds = {who: [taken for taken, _ in blocks] for who, blocks in found.items()}
        cpu = {who: [spent for _, spent in blocks] for who, blocks in found.items()}
        report.add("one connection: time per request", ratios(seconds["mock"], seconds["bare"]), most=2.0)
        report.add("one connection: CPU of the server per request", ratios(cpu["mock"], cpu["bare"]))
        for who, values in seconds.items():
            report.add(f"one connection, {who}", [value * 1e6 for value in values], "us")
        report.add("memory when idle", [idle], "MB", most=50)
        settle = 12_000  # the journal holds 10,000 exchanges
        for _ in range(settle):
            wires["mock"].ask(ask)
        before = resident_mb(process.pid)
        for _ in range(rest):
            wires["mock"].ask(ask)
        grown = resident_mb(process.pid) - before
        report.add(f"memory grown over {rest:,} requests (after {settle:,})", [grown], "MB", most=2)


def _in_process(report: Report, rounds: int, count: int) -> None:
    mock = MockTikTok(switches=attrs.evolve(Switches(), rate_limits=False))
    token = str(mock.authorize()["access_token"])
    headers = {"Authorization": f"Bearer {token}"}
    sync = httpx.Client(transport=mock.transport(), base_url=mock.url, headers=headers)
    made = sync.post(INIT, json=init_body(0)).json()
    body = {"publish_id": made["data"]["publish_id"]}

    async def race() -> dict[str, list[float]]:
        ours = httpx.AsyncClient(transport=mock.async_transport(), base_url=mock.url, headers=headers)
        theirs = httpx.AsyncClient(
            transport=httpx.ASGITransport(bare.create_app()), base_url=mock.url, headers=headers
        )

        async def async_block(client: httpx.AsyncClient) -> float:
            began = time.process_time()
            for _ in range(count):
                (await client.post(STATUS, json=body)).raise_for_status()
            return (time.process_time() - began) / count

        async def sync_block() -> float:
            began = time.process_time()
            for _ in range(count):
                sync.post(STATUS, json=body).raise_for_status()  # noqa: ASYNC212 - the sync client is what is measured
            return (time.process_time() - began) / count

        contestants: dict[str, Callable[[], Awaitable[float]]] = {
            "async transport": lambda: async_block(ours),
            "transport": sync_block,
            "bare ASGI": lambda: async_block(theirs),
        }
        found: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(rounds + 1):
            names = list(contestants)
            for name in names if number % 2 == 0 else reversed(names):
                spent = await contestants[name]()
                if number:
                    found[name].append(spent)
        return found

    found = asyncio.run(race())
    bare_asgi = found["bare ASGI"]
    report.add("in process, async, over ASGITransport", ratios(found["async transport"], bare_asgi), most=1.5)
    report.add("in process, sync, over ASGITransport", ratios(found["transport"], bare_asgi), most=1.5)
    for name, values in found.items():
        report.add(f"in process: {name}", [value * 1e6 for value in values], "us")


def first_fixture() -> None:
    """Print the milliseconds for the import, the first world, and later ones."""
    began = time.perf_counter()
    from tiktok_mock_server import MockTikTok as Made

    marks = [time.perf_counter() - began]
    for _ in range(11):
        began = time.perf_counter()
        made = Made()
        made.authorize()
        httpx.Client(transport=made.transport())
        marks.append(time.perf_counter() - began)
    print(json.dumps([mark * 1000 for mark in marks]))


def _fixture(report: Report) -> None:
    code = "from benchmarks.mock import first_fixture; first_fixture()"
    runs: list[list[float]] = [json.loads(python("-c", code).output) for _ in range(5)]
    report.add("fixture: a world, a login, a client", [ms for run in runs for ms in run[2:]], "ms", most=10)
    report.add("fixture: the first of a process", [run[1] for run in runs], "ms")


def _world(accounts: int, posts: int) -> tuple[MockTikTok, str, str]:
    """A world with so many accounts and posts: an access token and a publish id out of its middle."""
    switches = attrs.evolve(Switches(), rate_limits=False, daily_posts=1_000_000)
    mock = MockTikTok(switches=switches, audited=True)
    from tiktok_mock_server import Account

    client = httpx.Client(transport=mock.transport(), base_url=mock.url)
    chosen, publish_id = ("", ""), ""
    each = max(1, posts // accounts)
    for number in range(accounts):
        account = mock.world.add_account(Account(f"user{number}", private=True))
        token = str(mock.authorize(account=account)["access_token"])
        for post in range(each):
            answer = client.post(INIT, json=init_body(post), headers={"Authorization": f"Bearer {token}"})
            publish_id = str(answer.raise_for_status().json()["data"]["publish_id"])
        if number == accounts // 2:
            chosen = token, publish_id
    return mock, *chosen


def _refreshing(mock: MockTikTok) -> Callable[[], object]:
    """A call that trades the refresh token of one account, each time the one that came last."""
    client = httpx.Client(transport=mock.transport(), base_url=mock.url)
    app = mock.world.app
    form = {"client_key": app.client_key, "client_secret": app.client_secret, "grant_type": "refresh_token"}
    held = [str(mock.authorize()["refresh_token"])]

    def refresh() -> None:
        answer = client.post("/v2/oauth/token/", data={**form, "refresh_token": held[0]}).json()
        held[0] = answer["refresh_token"]

    return refresh


def _scale(report: Report, rounds: int, count: int, accounts: int, posts: int) -> None:
    before = resident_mb()
    worlds = {"small": _world(1, 1), "large": _world(accounts, posts)}
    grown = resident_mb() - before
    calls: dict[str, dict[str, Callable[[], object]]] = {}
    for size, (mock, token, publish_id) in worlds.items():
        client = httpx.Client(
            transport=mock.transport(), base_url=mock.url, headers={"Authorization": f"Bearer {token}"}
        )

        def ask(
            path: str, body: object, client: httpx.Client = client, method: str = "POST"
        ) -> Callable[[], object]:
            return lambda: client.request(method, path, json=body).raise_for_status()

        calls[size] = {
            "status": ask(STATUS, {"publish_id": publish_id}),
            "creator info": ask(CREATOR, {}),
            "video list": ask(VIDEOS, {}),
            "user info": ask("/v2/user/info/?fields=open_id", None, method="GET"),
            "video init": ask(INIT, init_body(0)),
            "refresh": _refreshing(mock),
        }

    def block(call: Callable[[], object]) -> float:
        began = time.process_time()
        for _ in range(count):
            call()
        return time.process_time() - began

    for name in calls["small"]:
        found = interleaved(
            {size: partial(block, calls[size][name]) for size in calls},
            rounds,
        )
        report.add(
            f"{accounts:,} accounts, {posts:,} posts: {name}, over a world of one",
            ratios(found["large"], found["small"]),
            most=1.1,
        )
    report.add(f"{accounts:,} accounts, {posts:,} posts: memory of each post", [grown * 1024 / posts], "KB")


def measure(full: bool) -> Report:
    rounds, count = (15, 1000) if full else (9, 300)
    report = Report("mock", f"6. Mock, {rounds} rounds")
    _starts(report, rounds)
    _requests(report, rounds, count, 1_000_000 if full else 20_000)
    _in_process(report, rounds, count)
    _fixture(report)
    accounts, posts = (10_000, 100_000) if full else (500, 5_000)
    _scale(report, rounds, count, accounts, posts)
    report.notes.append(
        "validation and journal are on; the bare route parses its body and answers the same JSON"
    )
    return report


if __name__ == "__main__":
    main(measure)
