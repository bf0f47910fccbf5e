"""Every door into a mock, behind one face: a function that asks and answers or raises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import httpx

from tiktok_mock_server import MockTikTok
from tiktok_mock_server.running import Running

Asking = Callable[..., httpx.Response]

DOORS = ("transport", "async transport", "asgi", "respx", "socket")
LONG = 20.0
"""Long enough for a busy machine."""
SHORT = 1.0
"""Long enough to prepare a test, short enough to be waited for."""


@contextmanager
def door(name: str, mock: MockTikTok, *, patience: float = LONG) -> Generator[Asking]:
    """A way to ask `mock`: `ask(method, path, **what httpx takes)`."""
    if name == "transport":
        with httpx.Client(transport=mock.transport(), base_url=mock.url, timeout=patience) as client:
            yield client.request
    elif name == "respx":
        with mock.respx_router(), httpx.Client(base_url=mock.url, timeout=patience) as client:
            yield client.request
    elif name == "socket":
        with Running(mock.engine) as url, httpx.Client(base_url=url, timeout=patience) as client:
            yield client.request
    else:
        transport: httpx.AsyncBaseTransport = (
            mock.async_transport() if name == "async transport" else httpx.ASGITransport(mock.asgi())
        )

        def ask(method: str, path: str, **more: Any) -> httpx.Response:
            async def run() -> httpx.Response:
                async with httpx.AsyncClient(
                    transport=transport, base_url=mock.url, timeout=patience
                ) as client:
                    return await client.request(method, path, **more)

            return asyncio.run(run())

        yield ask
