"""A real server on a real socket, in a thread: one for the whole suite, whatever mock stands behind it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from tiktok_mock_server import MockTikTok
from tiktok_mock_server.server import Server


class Switchboard:
    """Sends every request to the mock whose turn it is."""

    def __init__(self) -> None:
        self.current: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                kind: str = message["type"].removeprefix("lifespan.")
                await send({"type": f"lifespan.{kind}.complete"})
                if kind == "shutdown":
                    return
        assert self.current is not None
        await self.current(scope, receive, send)


class Wire:
    """The server and its address."""

    def __init__(self) -> None:
        self.board = Switchboard()
        # asyncio switches Nagle's algorithm off only where it sees that the protocol is TCP.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._server = Server(self.board)
            await self._server.run_on(self._listener, self._ready.set)

        asyncio.run(main())

    def start(self) -> None:
        """Accept connections."""
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        """And no longer."""
        assert self._loop is not None
        assert self._server is not None
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(10)

    @contextmanager
    def to(self, mock: MockTikTok, **options: Any) -> Generator[str]:
        """Let a mock answer for a while; gives the address."""
        from tiktok_mock_server.app import create_app

        self.board.current = create_app(engine=mock.engine, **options)
        yield self.url
        self.board.current = None
