"""A server's protocol that lets the application reach the connection of a request, to break it on purpose."""

from __future__ import annotations

import asyncio
from typing import Any

from .endings import TRANSPORT


def protocol() -> type[asyncio.Protocol]:
    """uvicorn's own HTTP protocol, with the connection in the state of each scope."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    base: Any = AutoHTTPProtocol

    class Connected(base):  # type: ignore[misc]  # uvicorn decides which class it is
        app_state: dict[str, Any]

        def connection_made(self, transport: asyncio.Transport) -> None:
            base.connection_made(self, transport)
            self.app_state = {**self.app_state, TRANSPORT: transport}

    return Connected
