"""The respx door: one catch-all route into an engine, for code that makes its own httpx clients."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

import httpx
import respx

from .engine import Engine
from .transport import AsyncTransport, Transport

_ASYNC: Final = "tiktok_mock_async"


class _Router(respx.MockRouter):
    """Tells an async client's requests from those of a sync one: respx has read both when it routes them."""

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, _ASYNC: True}
        return await super().async_handler(request)


def router(engine: Engine) -> respx.MockRouter:
    """A router that lets every request into the engine. Use it with `with`, or as a decorator."""
    sync_door, async_door = Transport(engine), AsyncTransport(engine)
    made = _Router(assert_all_called=False)

    def answer(request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response]:
        if _ASYNC in request.extensions:
            return async_door.handle_async_request(request)
        return sync_door.handle_request(request)

    made.route().mock(side_effect=answer)
    return made
