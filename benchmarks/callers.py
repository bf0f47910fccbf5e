"""Rounds of small calls by every contestant, in this process: prints one JSON line of CPU seconds per call.

All talk to the same server over connections that stay open. A block is a few hundred calls; contestants
take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

TOKEN = "act.bench0123456789abcdefghijklmnopqrstuvwxyz"
CREATOR = "/v2/post/publish/creator_info/query/"
STATUS = "/v2/post/publish/status/fetch/"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
PUBLISH_ID = "v_pub_file~v2-1.700000000000000001"
BODY = {"publish_id": PUBLISH_ID}


class Hasty:
    """A minute passes at every look at it: rate limits are counted, and never make anybody wait."""

    def __init__(self) -> None:
        self._ticks = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """A minute more at every call."""
        self._ticks += 60.0
        return self._ticks

    def sleep(self, seconds: float, signal: object) -> bool:
        """Nobody should have to."""
        raise AssertionError(f"asked to wait {seconds} s ({signal})")

    async def sleep_async(self, seconds: float, signal: object) -> bool:
        """Nobody should have to."""
        raise AssertionError(f"asked to wait {seconds} s ({signal})")


Calls = dict[str, Callable[[], object]]
AsyncCalls = dict[str, Callable[[], Awaitable[object]]]


def _sync(url: str) -> Calls:
    import httpx
    import requests

    from tiktok_api_client import MemoryTokenStore, TikTok
    from tiktok_openapi import Client

    plain = httpx.Client()
    bindings = Client(url)
    store = MemoryTokenStore()
    tik = TikTok(
        "key", "secret", "https://example.com/callback/", base_url=url, token_store=store, clock=Hasty()
    )
    tik.exchange_code_for_token("code")
    session = requests.Session()
    creator, status = url + CREATOR, url + STATUS
    return {
        "httpx": lambda: plain.post(status, json=BODY, headers=HEADERS).json(),
        "bindings": lambda: bindings.post.fetch_status(access_token=TOKEN, publish_id=PUBLISH_ID),
        "facade": lambda: tik.check_upload_status(PUBLISH_ID),
        "requests": lambda: session.post(status, json=BODY, headers=HEADERS).json(),
        "requests, no session": lambda: requests.post(status, json=BODY, headers=HEADERS, timeout=10).json(),
        "httpx, creator info": lambda: plain.post(creator, json={}, headers=HEADERS).json(),
        "bindings, creator info": lambda: bindings.post.query_creator_info(access_token=TOKEN),
        "facade, creator info": tik.get_creator_info,
    }


async def _async(url: str) -> AsyncCalls:
    import httpx

    from tiktok_api_client import AsyncTikTok, MemoryTokenStore
    from tiktok_openapi import AsyncClient

    plain = httpx.AsyncClient()
    bindings = AsyncClient(url)
    store = MemoryTokenStore()
    tik = AsyncTikTok(
        "key", "secret", "https://example.com/callback/", base_url=url, token_store=store, clock=Hasty()
    )
    await tik.exchange_code_for_token("code")
    status = url + STATUS

    async def bare() -> object:
        return (await plain.post(status, json=BODY, headers=HEADERS)).json()

    return {
        "httpx": bare,
        "bindings": lambda: bindings.post.fetch_status(access_token=TOKEN, publish_id=PUBLISH_ID),
        "facade": lambda: tik.check_upload_status(PUBLISH_ID),
    }


def sync_rounds(url: str, rounds: int, block: int) -> dict[str, list[float]]:
    """CPU seconds per call, of each contestant in each round."""
    calls = _sync(url)
    found: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(20):
            call()
    for number in range(rounds):
        names = list(calls)
        for name in names if number % 2 == 0 else reversed(names):
            call = calls[name]
            began = time.process_time()
            for _ in range(block):
                call()
            found[name].append((time.process_time() - began) / block)
    return found


async def async_rounds(url: str, rounds: int, block: int) -> dict[str, list[float]]:
    """The same, awaited one after the other."""
    calls = await _async(url)
    found: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(20):
            await call()
    for number in range(rounds):
        names = list(calls)
        for name in names if number % 2 == 0 else reversed(names):
            call = calls[name]
            began = time.process_time()
            for _ in range(block):
                await call()
            found[name].append((time.process_time() - began) / block)
    return found


def construction() -> dict[str, list[float]]:
    """Milliseconds for a client that is ready to send: ours, the first and later ones, and httpx's own."""
    import httpx

    from tiktok_api_client import TikTok
    from tiktok_openapi import Client

    def ms(make: Callable[[], object]) -> float:
        began = time.process_time()
        made.append(make())
        return (time.process_time() - began) * 1000

    made: list[object] = []
    facade = lambda: TikTok("key", "secret", "https://example.com/callback/")  # noqa: E731
    first = ms(lambda: Client().http)
    Client().http.close()
    facade()
    return {
        "first": [first],
        "later": [ms(lambda: Client().http) for _ in range(50)],
        "facade": [ms(facade) for _ in range(50)],
        "httpx": [ms(httpx.Client) for _ in range(5)],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["sync", "async", "construction"])
    parser.add_argument("--url", default="")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=int, default=200)
    given = parser.parse_args()
    if given.what == "construction":
        found = construction()
    elif given.what == "sync":
        found = sync_rounds(given.url, given.rounds, given.block)
    else:
        found = asyncio.run(async_rounds(given.url, given.rounds, given.block))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
