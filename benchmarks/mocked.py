"""A mock TikTok with many accounts that have logged in; prints one JSON line with its address.

The access tokens are written to a file, one per line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
from pathlib import Path

import attrs

from tiktok_mock_server import Account, MockTikTok, Switches
from tiktok_mock_server.server import Server


async def _serve(mock: MockTikTok) -> None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    listener.setblocking(False)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    await Server(mock.asgi()).run_on(listener, lambda: print(json.dumps({"url": url}), flush=True))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--tokens", type=Path, required=True)
    given = parser.parse_args()
    switches = attrs.evolve(Switches(), rate_limits=False)
    mock = MockTikTok(frozen=False, switches=switches, audited=True)
    accounts = [mock.world.add_account(Account(f"user{n}", private=True)) for n in range(given.accounts)]
    given.tokens.write_text("\n".join(str(mock.authorize(account=a)["access_token"]) for a in accounts))
    asyncio.run(_serve(mock))


if __name__ == "__main__":
    main()
