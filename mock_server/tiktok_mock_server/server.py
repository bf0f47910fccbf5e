"""uvicorn, started on a socket of ours and stopped at once."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import uvicorn

from .connection import protocol
from .exchange import Doors
from .listening import listen

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """A server that says when it accepts connections and does not wait for anybody when it is to stop."""

    def __init__(
        self, app: ASGIApp, *, doors: Doors | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="on",
                ws="none",
                http=protocol(),
            )
        )
        self._doors = doors or Doors()
        self._tls = tls
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Stop soon."""
        self.should_exit = True
        self._stopped.set()

    async def run_on(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Serve on a socket that is bound already; `ready` is called once it accepts connections."""
        # uvicorn's own `serve` takes over the signals and raises them once more at the end; a stop that was
        # asked for is no failure here.
        self.config.load()
        self.config.ssl = self._tls
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])
        if not self.started:
            return
        self._address: tuple[str, int] = listener.getsockname()[:2]
        self._loop = asyncio.get_running_loop()
        self._doors.refuse = self.refuse
        try:
            ready()
            await self.main_loop()
        finally:
            self._doors.refuse = None
        await self.shutdown(sockets=[listener])

    def refuse(self, seconds: float) -> None:
        """Accept no connection for a while; may be called from any thread."""
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._refuse(seconds)))
        try:
            in_loop = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            in_loop = False
        if in_loop:
            self._go_dark()

    def _go_dark(self) -> None:
        for server in self.servers:
            server.close()
        self.servers.clear()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def _refuse(self, seconds: float) -> None:
        self._go_dark()
        await asyncio.sleep(seconds)
        if self.should_exit:
            return
        config = self.config
        kind = cast("Callable[..., asyncio.Protocol]", config.http_protocol_class)

        def accept() -> asyncio.Protocol:
            return kind(config=config, server_state=self.server_state, app_state=self.lifespan.state)

        self.servers.append(
            await self._loop.create_server(
                accept, sock=listen(*self._address), ssl=config.ssl, backlog=config.backlog
            )
        )

    async def main_loop(self) -> None:
        """Until `stop`; uvicorn would look for it ten times a second."""
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864000
            try:
                await asyncio.wait_for(self._stopped.wait(), 0.1)
            except asyncio.TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give running answers a moment, then close what is open."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        connections = self.server_state.connections
        for connection in list(connections):
            connection.shutdown()
        for _ in range(5):
            if not connections:
                break
            await asyncio.sleep(0.02)
        for connection in list(connections):
            connection.transport.abort()
        await asyncio.sleep(0.005)  # requests notice that their client is gone, and end
        await self._cancel_the_rest()
        await self.lifespan.shutdown()

    async def _cancel_the_rest(self) -> None:
        tasks = list(self.server_state.tasks)
        if not tasks:
            return
        errors = logging.getLogger("uvicorn.error")
        before, errors.disabled = errors.disabled, True  # what is cancelled now is no error
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.05)
        errors.disabled = before
