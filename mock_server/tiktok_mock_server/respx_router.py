"""The respx door: one route into an engine, for code that makes its own httpx clients."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final
from urllib.parse import urlsplit

import httpx
import respx

from tiktok_openapi.routes import ROUTES

from .description import upload_server
from .engine import Engine
from .jobs import OWN
from .transport import AsyncTransport, Transport

_SERVERS: Final = {upload_server(), *(one.server for one in ROUTES if one.server)}
_DOMAINS: Final = tuple({f".{'.'.join(server.split('.')[-2:])}" for server in _SERVERS})
"""`.tiktok.com` and the like."""
_ASYNC: Final = "tiktok_mock_async"


class _Router(respx.MockRouter):
    """Tells an async client's requests from those of a sync one: respx has read both when it routes them."""

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, _ASYNC: True}
        return await super().async_handler(request)


def router(engine: Engine, url: str) -> respx.MockRouter:
    """A router that lets requests to TikTok's hosts, and to that of `url`, into the engine.

    Use it with `with`, or as a decorator. Requests to other hosts are for routes that are added to it;
    without one respx refuses them. What the mock itself calls (a receiver of events, a file on this machine)
    is called for real.
    """
    sync_door, async_door = Transport(engine), AsyncTransport(engine)
    made = _Router(assert_all_called=False)

    def answer(request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response] | httpx.Request | None:
        if OWN in request.extensions:
            return request
        if not _is_tiktok(request.url.host, url):
            return None
        if _ASYNC in request.extensions:
            return async_door.handle_async_request(request)
        return sync_door.handle_request(request)

    made.route().mock(side_effect=answer)
    return made


def _is_tiktok(host: str, url: str) -> bool:
    return host == urlsplit(url).hostname or f".{host}".endswith(_DOMAINS)
