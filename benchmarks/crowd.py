"""Many at once, in this process: posts in flight on one loop, and accounts held by one client. Prints JSON.

Every post has an account of its own, so that no rate limit makes anybody wait.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from pathlib import Path

from benchmarks.harness import resident_mb


class Peak:
    """The most memory seen while a block ran, and the most posts that were in flight."""

    def __init__(self) -> None:
        self.mb = 0.0
        self.in_flight = 0
        self.most = 0

    async def watch(self) -> None:
        """Look a hundred times a second."""
        while True:
            self.mb = max(self.mb, resident_mb())
            self.most = max(self.most, self.in_flight)
            await asyncio.sleep(0.01)


async def posts(url: str, video: Path, count: int, tokens: list[str]) -> dict[str, float]:
    """So many posts at once: what each costs in memory, and what is left afterwards."""
    from tiktok_api_client import AsyncTikTok, MemoryJournal

    journal = MemoryJournal(keep=count)  # full after the first time
    tik = AsyncTikTok("key", "secret", "https://example.com/callback/", base_url=url, journal=journal)
    peak = Peak()

    async def post(number: int) -> None:
        peak.in_flight += 1
        try:
            await tik.post_video(
                video,
                title=f"post {number}",
                privacy_level="SELF_ONLY",
                access_token=tokens[number % len(tokens)],
            )
        finally:
            peak.in_flight -= 1

    async def round_of(count: int) -> float:
        began = time.perf_counter()
        await asyncio.gather(*(post(number) for number in range(count)))
        gc.collect()
        return time.perf_counter() - began

    await round_of(1)
    idle = resident_mb()
    watcher = asyncio.create_task(peak.watch())
    seconds = await round_of(count)
    first_peak, most = peak.mb, peak.most
    left, blocks = resident_mb(), sys.getallocatedblocks()
    for _ in range(2):
        await round_of(count)
    watcher.cancel()
    last, more = resident_mb(), sys.getallocatedblocks() - blocks
    await tik.close()
    return {
        "kb_each": (first_peak - idle) * 1024 / count,
        "in_flight": most,
        "seconds": seconds,
        "grown_mb": last - left,
        "grown_objects": more / (2 * count),
    }


def accounts(count: int) -> dict[str, float]:
    """So many accounts held by one client: memory of each, and what one more lookup costs."""
    from tiktok_api_client import MemoryTokenStore, StoredToken, TikTok

    gc.collect()
    before = resident_mb()
    store = MemoryTokenStore()
    tik = TikTok("key", "secret", "https://example.com/callback/", token_store=store)
    far = time.time() + 86400

    def hold(number: int) -> TikTok:
        name = f"user-{number}-0123456789abcdef"
        store.save(
            StoredToken(
                open_id=name,
                access_token=f"act.{number:060d}",
                refresh_token=f"rft.{number:060d}",
                expires_at=far,
                refresh_expires_at=far,
                received_at=far - 86400,
                scopes=("user.info.basic", "video.publish"),
            )
        )
        return tik.account(name)

    held = [hold(number) for number in range(count)]
    gc.collect()
    grown = resident_mb() - before
    began = time.process_time()
    for number in range(0, count, 10):
        tik.account(f"user-{number}-0123456789abcdef")
    each = (time.process_time() - began) / (count / 10)
    return {"kb_each": grown * 1024 / count, "us_each": each * 1e6, "held": len(held)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["posts", "accounts"])
    parser.add_argument("--url", default="")
    parser.add_argument("--video", type=Path, default=Path())
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--tokens", type=Path, help="a file with an access token per line")
    given = parser.parse_args()
    if given.what == "posts":
        found = asyncio.run(posts(given.url, given.video, given.count, given.tokens.read_text().split()))
    else:
        found = accounts(given.count)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
