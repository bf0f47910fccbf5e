"""The ASGI door: a Starlette application around an engine.

It moves bytes between server and engine, delivers events while nobody asks, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from .endings import over_socket
from .engine import Engine, Exchange, NotAsDescribed
from .jobs import perform_async
from .messages import Inbound, Outbound, Read
from .switches import Switches
from .world import World, default_world

log = logging.getLogger("tiktok_mock")

_BODY_TIMEOUT = 60.0
"""For how many seconds of real time a client may keep its body to itself."""


class Door:
    """An ASGI application that lets requests into an engine."""

    def __init__(self, engine: Engine, *, body_timeout: float = _BODY_TIMEOUT) -> None:
        self.engine = engine
        self.body_timeout = body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            # A websocket, for example: there is nothing of the kind here.
            return
        request = Request(scope, receive)
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
            answer = await self._run(exchange, request.stream())
        except (ClientDisconnect, TimeoutError):
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

    async def _run(self, exchange: Exchange, body: AsyncIterator[bytes]) -> Outbound:
        engine = self.engine
        value: object = None
        try:
            while True:
                step = engine.step(exchange, value)
                if isinstance(step, Read):
                    value = await self._next(body)
                else:
                    value = await perform_async(engine.world, step)
        except StopIteration as end:
            answer: Outbound = end.value
            return answer

    async def _next(self, body: AsyncIterator[bytes]) -> bytes:
        with anyio.fail_after(self.body_timeout):
            async for piece in body:
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
                engine.finish_job(job, await perform_async(engine.world, job))
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
    """A mock TikTok as an ASGI application."""
    engine = engine or Engine(
        world or default_world(switches=switches), auto_approve=auto_approve, strict=strict
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        pump = Pump(engine)
        loop = asyncio.get_running_loop()

        def changed() -> None:
            loop.call_soon_threadsafe(pump.wake)

        engine.on_change = changed
        task = asyncio.create_task(pump.run())
        try:
            yield
        finally:
            engine.on_change = None
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    app = Starlette(routes=[Mount("", app=Door(engine, body_timeout=body_timeout))], lifespan=lifespan)
    app.state.engine = engine
    return app
