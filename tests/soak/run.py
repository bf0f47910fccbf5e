"""`make soak`: many accounts, posts and faults for as long as it is told, against a mock in another process.

Half of the accounts wait, half await. At the end the mock's world is asked what really happened: how often
each post is there, whether every outcome that was reported is true, and whether every account is still logged
in.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.facade.doors import video
from tests.judges.serving import KEY, SECRET, ask, mock
from tiktok_api_client import AsyncTikTok, Error, Failed, Published, Sent, TikTok
from tiktok_api_client._flow import Signal

HERE = "http://127.0.0.1:8765/callback/"
FASTER = 50.0
SIZES = (100, 200_000, 11 * 2**20)
FAULTS: tuple[tuple[str, str, dict[str, object]], ...] = (
    *(
        ("initVideoPost", kind, {})
        for kind in ("lost", "reset", "gateway", "cut", "malformed", "token_expired")
    ),
    ("initVideoPost", "lost", {"how": "gateway"}),
    ("initVideoPost", "error", {"code": "internal_error"}),
    ("initVideoPost", "error", {"code": "rate_limit_exceeded"}),
    *(("uploadChunk", kind, {}) for kind in ("lost", "reset", "gateway", "chunk_lost")),
    *(("fetchStatus", kind, {}) for kind in ("lost", "reset", "gateway", "malformed", "token_expired")),
    *(("queryCreatorInfo", kind, {}) for kind in ("lost", "gateway", "new_field", "new_enum_value")),
    ("getToken", "reset", {}),
    ("getToken", "error", {"code": "server_error"}),
)


class FastClock:
    """Pauses are a fiftieth of what they should be: the mock hurries too, and nobody counts the requests."""

    def __init__(self) -> None:
        self._start = time.time(), time.monotonic()

    def now(self) -> float:
        return self._start[0] + (self.monotonic() - self._start[1])

    def monotonic(self) -> float:
        return self._start[1] + (time.monotonic() - self._start[1]) * FASTER

    def sleep(self, seconds: float, signal: Signal | None) -> bool:
        time.sleep(seconds / FASTER)
        return signal is not None and signal.is_set

    async def sleep_async(self, seconds: float, signal: Signal | None) -> bool:
        await asyncio.sleep(seconds / FASTER)
        return signal is not None and signal.is_set


@dataclass
class Tally:
    """What the clients say happened."""

    reported: dict[str, str] = field(default_factory=dict[str, str])
    """Title of a post → published, failed, maybe, no."""
    errors: Counter[str] = field(default_factory=Counter[str])
    faults: int = 0

    def outcome(self, title: str, outcome: object) -> None:
        """What `wait` said."""
        known = isinstance(outcome, Published), isinstance(outcome, Failed)
        self.reported[title] = {(True, False): "published", (False, True): "failed"}.get(known, "sent")

    def error(self, title: str, problem: Error) -> None:
        """What an exception said."""
        sent = getattr(problem, "sent", Sent.UNKNOWN)
        self.reported[title] = {Sent.NO: "no", Sent.YES: "sent"}.get(sent, "maybe")
        self.errors[type(problem).__name__] += 1


def resources() -> tuple[float, int]:
    """Megabytes in memory, and open files."""
    gc.collect()
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0, 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024, len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def log_in(url: str, username: str, clock: FastClock) -> dict[str, Any]:
    """A new user, and the settings of a client that is to log in as it."""
    ask(f"{url}/_mock/accounts", {"username": username, "private": True})
    code = ask(f"{url}/_mock/authorize", {"username": username, "redirect_uri": HERE})["code"]
    return {"code": code, "settings": {"base_url": url, "clock": clock, "budget": "off"}}


class Soak:
    """One run."""

    def __init__(self, url: str, seconds: float, seed: int) -> None:
        self.url = url
        self.end = time.monotonic() + seconds
        self.tally = Tally()
        self.clock = FastClock()
        self.random = random.Random(seed)
        self.bodies = [video(size) for size in SIZES]

    def fault(self) -> None:
        """Plan something, for whoever comes next."""
        if self.random.random() < 0.5:
            operation, kind, details = self.random.choice(FAULTS)
            ask(f"{self.url}/_mock/faults", {"operation": operation, "fault": kind, **details})
            self.tally.faults += 1

    def waiting(self, number: int) -> TikTok:
        """An account that waits, until the time is over."""
        login = log_in(self.url, f"sync.{number}", self.clock)
        tik = TikTok(KEY, SECRET, HERE, **login["settings"])
        tik.exchange_code_for_token(code=login["code"])
        turn = 0
        while time.monotonic() < self.end:
            title = f"sync {number} {turn}"
            turn += 1
            self.fault()
            try:
                sent = tik.post_video(
                    self.bodies[turn % 3], privacy_level="SELF_ONLY", title=title, preflight="off"
                )
                self.tally.outcome(title, tik.wait(sent.publish_id, timeout=600))
            except Error as problem:
                self.tally.error(title, problem)
        return tik

    async def awaiting(self, number: int) -> AsyncTikTok:
        """An account that awaits, until the time is over."""
        login = await asyncio.to_thread(log_in, self.url, f"async.{number}", self.clock)
        tik = AsyncTikTok(KEY, SECRET, HERE, **login["settings"])
        await tik.exchange_code_for_token(code=login["code"])
        turn = 0
        while time.monotonic() < self.end:
            title = f"async {number} {turn}"
            turn += 1
            await asyncio.to_thread(self.fault)
            try:
                sent = await tik.post_video(
                    self.bodies[turn % 3], privacy_level="SELF_ONLY", title=title, preflight="off"
                )
                self.tally.outcome(title, await tik.wait(sent.publish_id, timeout=600))
            except Error as problem:
                self.tally.error(title, problem)
        return tik

    def lost(self, tik: TikTok) -> int:
        """Whether an account has to log in again."""
        try:
            tik.get_creator_info()
        except Error as problem:
            print(f"  lost: {problem}")
            return 1
        finally:
            tik.close()
        return 0

    async def lost_async(self, tik: AsyncTikTok) -> int:
        """The same, awaited."""
        try:
            await tik.get_creator_info()
        except Error as problem:
            print(f"  lost: {problem}")
            return 1
        finally:
            await tik.close()
        return 0

    def run(self, accounts: int) -> int:
        """All accounts at once; how many have lost their tokens."""
        clients: list[TikTok] = []

        def one(number: int) -> None:
            clients.append(self.waiting(number))

        threads = [threading.Thread(target=one, args=(number,)) for number in range(accounts)]
        for thread in threads:
            thread.start()
        lost = asyncio.run(self._await(accounts))
        for thread in threads:
            thread.join()
        ask_delete(f"{self.url}/_mock/faults")
        return lost + sum(self.lost(tik) for tik in clients) + accounts - len(clients)

    async def _await(self, accounts: int) -> int:
        clients = await asyncio.gather(*(self.awaiting(number) for number in range(accounts)))
        await asyncio.to_thread(ask_delete, f"{self.url}/_mock/faults")
        return sum([await self.lost_async(tik) for tik in clients])


def ask_delete(url: str) -> None:
    """Forget what is there."""
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=10).close()


def wrong(reported: dict[str, str], posts: list[dict[str, Any]]) -> list[str]:
    """Reports that are not what the mock's world says."""
    stages: dict[str, list[str]] = {}
    for post in posts:
        stages.setdefault(post["title"], []).append(post["stage"])
    return [
        f"{title}: said {said}, is {stages.get(title, [])}"
        for title, said in reported.items()
        if not agrees(said, stages.get(title, []))
    ]


def agrees(said: str, found: list[str]) -> bool:
    """Whether a report fits the stages of the posts with its title."""
    if said == "maybe":
        return len(found) <= 1
    if said == "no":
        return not found
    return len(found) == 1 and (said == "sent" or found[0] == said.upper())


def main() -> int:
    """Run, ask the mock, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--accounts", type=int, default=4, help="of each kind, waiting and awaiting")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    wide = ("rate_limits=false", "daily_posts=1000000", "unaudited_active_users=1000000")
    switches = (*wide, "check_media=false")
    with mock("--strict", *(part for text in switches for part in ("--switch", text))) as url:
        soak = Soak(url, options.seconds, options.seed)
        soak.bodies = [video(size) for size in SIZES]
        before = resources()
        lost = soak.run(options.accounts)
        after = resources()
        posts: list[dict[str, Any]] = ask(f"{url}/_mock/posts")["posts"]
        requests = ask(f"{url}/_mock/journal")["count"]
        unused = len(ask(f"{url}/_mock/faults")["unused"])
    tally = soak.tally
    double = sum(number - 1 for number in Counter(post["title"] for post in posts).values())
    lies = wrong(tally.reported, posts)
    rows: list[tuple[str, object]] = [
        ("requests", requests),
        ("posts asked for", len(tally.reported)),
        ("outcomes", dict(Counter(tally.reported.values()))),
        ("errors raised", dict(tally.errors)),
        ("faults injected", tally.faults - unused),
        ("double posts", double),
        ("lost tokens", lost),
        ("wrong outcomes", len(lies)),
        ("memory, MB", f"{before[0]:.0f} at the start, {after[0]:.0f} at the end"),
        ("open files", f"{before[1]} at the start, {after[1]} at the end"),
    ]
    for name, value in rows:
        print(f"  {name:<16} {value}")
    for lie in lies[:20]:
        print(f"  wrong: {lie}")
    # A run in which nothing was published has shown nothing.
    return 0 if not (double or lost or lies) and "published" in tally.reported.values() else 1


if __name__ == "__main__":
    sys.exit(main())
