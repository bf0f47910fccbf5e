"""Blocks of small calls, ours or those of others, each in a process of their own that obeys its input.

All talk to the same server over connections that stay open. A block is a few hundred calls; the parent lets
the contestants take turns. The first line of the output names them.
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


def _sync_ours(url: str) -> Calls:
    from tiktok_api_client import MemoryTokenStore, TikTok
    from tiktok_openapi import Client

    bindings = Client(url)
    store = MemoryTokenStore()
    tik = TikTok(
        "key", "secret", "https://example.com/callback/", base_url=url, token_store=store, clock=Hasty()
    )
    tik.exchange_code_for_token("code")
    return {
        "bindings": lambda: bindings.post.fetch_status(access_token=TOKEN, publish_id=PUBLISH_ID),
        "facade": lambda: tik.check_upload_status(PUBLISH_ID),
        "bindings, creator info": lambda: bindings.post.query_creator_info(access_token=TOKEN),
        "facade, creator info": tik.get_creator_info,
    }


def _sync_others(url: str) -> Calls:
    import httpx
    import requests

    plain = httpx.Client()
    session = requests.Session()
    creator, status = url + CREATOR, url + STATUS
    return {
        "httpx": lambda: plain.post(status, json=BODY, headers=HEADERS).json(),
        "requests": lambda: session.post(status, json=BODY, headers=HEADERS).json(),
        "requests, no session": lambda: requests.post(status, json=BODY, headers=HEADERS, timeout=10).json(),
        "httpx, creator info": lambda: plain.post(creator, json={}, headers=HEADERS).json(),
    }


async def _async_ours(url: str) -> AsyncCalls:
    from tiktok_api_client import AsyncTikTok, MemoryTokenStore
    from tiktok_openapi import AsyncClient

    bindings = AsyncClient(url)
    store = MemoryTokenStore()
    tik = AsyncTikTok(
        "key", "secret", "https://example.com/callback/", base_url=url, token_store=store, clock=Hasty()
    )
    await tik.exchange_code_for_token("code")
    return {
        "bindings": lambda: bindings.post.fetch_status(access_token=TOKEN, publish_id=PUBLISH_ID),
        "facade": lambda: tik.check_upload_status(PUBLISH_ID),
    }


async def _async_others(url: str) -> AsyncCalls:
    import httpx

    plain = httpx.AsyncClient()
    status = url + STATUS

    async def bare() -> object:
        return (await plain.post(status, json=BODY, headers=HEADERS)).json()

    return {"httpx": bare}


def _tell(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def serve_sync(calls: Calls, block: int) -> None:
    """For each contestant named on a line of the input: CPU seconds per call of one block."""
    _tell(list(calls))
    for line in sys.stdin:
        call = calls[line.strip()]
        began = time.process_time()
        for _ in range(block):
            call()
        _tell((time.process_time() - began) / block)


async def serve_async(make: Callable[[str], Awaitable[AsyncCalls]], url: str, block: int) -> None:
    """The same, awaited one after the other."""
    calls = await make(url)
    _tell(list(calls))
    for line in sys.stdin:
        call = calls[line.strip()]
        began = time.process_time()
        for _ in range(block):
            await call()
        _tell((time.process_time() - began) / block)


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

    def facade() -> TikTok:
        return TikTok("key", "secret", "https://example.com/callback/")

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
    parser.add_argument("who", nargs="?", choices=["ours", "others"])
    parser.add_argument("--url", default="")
    parser.add_argument("--block", type=int, default=200)
    given = parser.parse_args()
    ours = given.who == "ours"
    if given.what == "construction":
        _tell(construction())
    elif given.what == "sync":
        serve_sync((_sync_ours if ours else _sync_others)(given.url), given.block)
    else:
        asyncio.run(serve_async(_async_ours if ours else _async_others, given.url, given.block))


if __name__ == "__main__":
    main()
