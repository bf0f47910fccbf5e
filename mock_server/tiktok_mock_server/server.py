"""uvicorn, started on a socket of ours and stopped at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """A server that says when it accepts connections and does not wait for anybody when it is to stop."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="on",
                ws="none",
            )
        )
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Stop soon."""
        self.should_exit = True
        self._stopped.set()

    async def run_on(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Serve on a socket that is bound already; `ready` is called once it accepts connections."""
        # uvicorn's own `serve` takes over the signals and raises them once more at the end; a
        # stop that was asked for
        # is no failure here.
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])
        if not self.started:
            return
        ready()
        await self.main_loop()
        await self.shutdown(sockets=[listener])

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
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()
