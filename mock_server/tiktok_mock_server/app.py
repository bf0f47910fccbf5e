"""The ASGI door: an application around an engine.

It moves bytes between server and engine, delivers events while nobody asks, and nothing else. Our own server
runs the door as it is; Starlette is there for applications that want to mount it, and is imported for them
alone: it would be a fifth of the time that a mock takes to start.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from .endings import over_socket
from .engine import Engine, NotAsDescribed
from .exchange import Exchange
from .jobs import perform_async
from .messages import Inbound, Outbound, Read
from .switches import Switches
from .world import World, default_world

if sys.version_info >= (3, 11):
    from asyncio import timeout
else:

    @asynccontextmanager
    async def timeout(delay: float) -> AsyncGenerator[None]:
        """What Python 3.11 has."""
        import anyio

        with anyio.fail_after(delay):
            yield


if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

log = logging.getLogger("tiktok_mock")

_BODY_TIMEOUT = 60.0
"""For how many seconds of real time a client may keep its body to itself."""


class _Gone(Exception):
    """The client hung up."""


class Door:
    """An ASGI application that lets requests into an engine."""

    def __init__(self, engine: Engine, *, body_timeout: float = _BODY_TIMEOUT) -> None:
        self.engine = engine
        self.body_timeout = body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or be open from a server's start to its end."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await receive()
            async with self.open():
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        # A websocket, for example: there is nothing of the kind here.

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Deliver events while this lasts."""
        doors, pump = self.engine.doors, Pump(self.engine)
        loop = asyncio.get_running_loop()

        def changed() -> None:
            loop.call_soon_threadsafe(pump.wake)

        doors.on_change = changed
        task = asyncio.create_task(pump.run())
        try:
            yield
        finally:
            doors.on_change = None
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
        inbound = Inbound(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            scheme=scope["scheme"],
        )
        exchange = self.engine.exchange(inbound)
        try:
            answer = await self._run(exchange, _Body(receive, self.body_timeout))
        except (_Gone, TimeoutError):
            self.engine.give_up(exchange)
            answer = Outbound(408, close=True)
        except NotAsDescribed as error:
            log.warning("%s", error)
            answer = Outbound(500, str(error).encode(), "text/plain; charset=utf-8")
        finally:
            exchange.close()
        if answer.ending is not None:
            await over_socket(answer, answer.ending, scope, receive, send)
        else:
            await _send(answer, scope["method"], send)

    async def _run(self, exchange: Exchange, body: _Body) -> Outbound:
        engine = self.engine
        value: object = None
        try:
            while True:
                step = engine.step(exchange, value)
                if isinstance(step, Read):
                    value = await body.next()
                else:
                    value = await perform_async(step)
        except StopIteration as end:
            answer: Outbound = end.value
            return answer


class _Body:
    """A request's body, as it comes."""

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive = receive
        self._patience = patience
        self._ended = False

    async def next(self) -> bytes:
        """The next piece; empty at the end. Raises TimeoutError, or _Gone."""
        async with timeout(self._patience):
            while not self._ended:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise _Gone
                self._ended = not message.get("more_body", False)
                piece: bytes = message.get("body", b"")
                if piece:
                    return piece
        return b""


async def _send(answer: Outbound, method: str, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.all_headers()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})


class Pump:
    """Performs jobs as they come due, beside the requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something may be due sooner than was known."""
        self._wake.set()

    async def _perform_due(self, engine: Engine) -> None:
        try:
            while (job := engine.take_job(engine.world.now())) is not None:
                engine.finish_job(job, await perform_async(job))
        except Exception:
            # One world's trouble must not keep the others from their events.
            log.exception("the mock failed between requests")

    async def run(self) -> None:
        """Until cancelled."""
        worlds = self._engine.family()
        waiting: set[Engine] = set()
        while True:
            self._wake.clear()
            waiting |= worlds.take_touched()
            pause: float | None = None
            for engine in list(waiting):
                await self._perform_due(engine)
                due = engine.world.next_due()
                if due is None or engine.world.clock.frozen:
                    waiting.discard(engine)  # a clock that stands still wakes us when it is moved
                    continue
                left = max(0.0, due - engine.world.now())
                pause = left if pause is None else min(pause, left)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)


def create_app(
    world: World | None = None,
    *,
    engine: Engine | None = None,
    switches: Switches | None = None,
    auto_approve: bool = False,
    strict: bool = False,
    body_timeout: float = _BODY_TIMEOUT,
) -> Starlette:
    """A mock TikTok as a Starlette application."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    engine = engine or Engine(
        world or default_world(switches=switches), auto_approve=auto_approve, strict=strict
    )
    door = Door(engine, body_timeout=body_timeout)
    app = Starlette(routes=[Mount("", app=door)], lifespan=lambda _: door.open())
    app.state.engine = engine
    return app
