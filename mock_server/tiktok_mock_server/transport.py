"""The httpx doors: a mock TikTok in the same process, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import cast

import httpx

from .endings import in_process
from .engine import Engine
from .exchange import Exchange
from .jobs import perform, perform_async
from .messages import Inbound, Outbound, Read


def inbound_of(request: httpx.Request) -> Inbound:
    """A request of httpx, as the engine takes it."""
    url = request.url
    return Inbound(
        method=request.method,
        path=url.path,
        query=url.query.decode("ascii", "replace"),
        headers={name.lower(): value for name, value in request.headers.items()},
        scheme=url.scheme,
    )


def _response(request: httpx.Request, answer: Outbound) -> httpx.Response:
    if answer.ending is not None:
        return in_process(request, answer, answer.ending)
    body = b"" if request.method == "HEAD" else answer.body
    return httpx.Response(answer.status, headers=answer.all_headers(), content=body, request=request)


class Transport(httpx.BaseTransport):
    """For `httpx.Client(transport=…)`. Jobs that came due are performed before the answer is handed over."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        exchange = self.engine.exchange(inbound_of(request))
        try:
            answer = self._run(exchange, iter(cast("httpx.SyncByteStream", request.stream)))
        except Exception:
            self.engine.give_up(exchange)
            raise
        perform_due(self.engine)
        return _response(request, answer)

    def _run(self, exchange: Exchange, pieces: Iterator[bytes]) -> Outbound:
        engine = self.engine
        value: object = None
        try:
            while True:
                step = engine.step(exchange, value)
                value = _next(pieces) if isinstance(step, Read) else perform(step)
        except StopIteration as end:
            answer: Outbound = end.value
            return answer


class AsyncTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=…)`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        exchange = self.engine.exchange(inbound_of(request))
        try:
            answer = await self._run(exchange, cast("httpx.AsyncByteStream", request.stream))
        except BaseException:
            self.engine.give_up(exchange)
            raise
        await perform_due_async(self.engine)
        return _response(request, answer)

    async def _run(self, exchange: Exchange, stream: AsyncIterable[bytes]) -> Outbound:
        engine, pieces = self.engine, aiter(stream)
        value: object = None
        try:
            while True:
                step = engine.step(exchange, value)
                if isinstance(step, Read):
                    value = await _next_piece(pieces)
                else:
                    value = await perform_async(step)
        except StopIteration as end:
            answer: Outbound = end.value
            return answer


def _next(pieces: Iterator[bytes]) -> bytes:
    return next((piece for piece in pieces if piece), b"")


async def _next_piece(pieces: AsyncIterator[bytes]) -> bytes:
    async for piece in pieces:
        if piece:
            return piece
    return b""


def perform_due(engine: Engine) -> None:
    """Perform every job that is due, in every world where something may be."""
    for one in _touched(engine):
        while (job := one.take_job(one.world.now())) is not None:
            one.finish_job(job, perform(job))


def _touched(engine: Engine) -> set[Engine]:
    return {engine} if engine.worlds is None else {engine, *engine.worlds.take_touched()}


async def perform_due_async(engine: Engine) -> None:
    """Perform every job that is due, beside the event loop."""
    for one in _touched(engine):
        while (job := one.take_job(one.world.now())) is not None:
            one.finish_job(job, await perform_async(job))
