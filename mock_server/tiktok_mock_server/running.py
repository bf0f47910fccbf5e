"""The mock over HTTP, in a thread of this process."""

from __future__ import annotations

import asyncio
import ssl
import threading
from types import TracebackType

from .engine import Engine
from .listening import listen, url_of


class Running:
    """A server that runs while the block does: `with Running(engine) as url`."""

    def __init__(
        self, engine: Engine, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.engine = engine
        self._tls = tls
        self._listener = listen(host, port)
        self.url = url_of(self._listener, tls=tls is not None)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tiktok-mock", daemon=True)

    def start(self) -> str:
        """Serve from now on; the result is where."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the mock did not start within 10 seconds")
        return self.url

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(10)

    def _run(self) -> None:
        from .app import Door
        from .server import Server

        self._server = Server(Door(self.engine), doors=self.engine.doors, tls=self._tls)

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.run_on(self._listener, self._ready.set)

        asyncio.run(serve())

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
