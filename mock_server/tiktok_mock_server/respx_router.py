"""The respx door: one catch-all route into an engine, for code that makes its own httpx clients."""

from __future__ import annotations

from collections.abc import Awaitable

import httpx
import respx

from .engine import Engine
from .transport import AsyncTransport, Transport


def router(engine: Engine) -> respx.MockRouter:
    """A router that lets every request into the engine. Use it with `with`, or as a decorator."""
    sync_door, async_door = Transport(engine), AsyncTransport(engine)
    made = respx.mock(assert_all_called=False)

    def answer(request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response]:
        if isinstance(request.stream, httpx.SyncByteStream):
            return sync_door.handle_request(request)
        return async_door.handle_async_request(request)

    made.route().mock(side_effect=answer)
    return made
