"""How an answer that goes wrong reaches a client: as a broken connection over a socket, as the same
exception in process.

An `Ending` says what happens to an answer on its way. The rules and the faults know endings only; this
module makes them
true at each door.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

import attrs

from .messages import Ending, Outbound

if TYPE_CHECKING:
    import httpx
    from starlette.types import Receive, Scope, Send

TRANSPORT: Final = "tiktok_mock_transport"
"""Where the server's connection is found in the state of an ASGI scope."""

LONGEST_SILENCE: Final = 300.0
"""After how many seconds of real time a silent connection is closed, for clients without a timeout."""

LONGEST_STALL: Final = 60.0
"""The same for a connection of which nothing is read any more."""

IN_FLIGHT: Final = 4 * 1024 * 1024
"""How much of a body may have left the client though nobody read it: buffers hold so much on one machine."""


# In process


def in_process(request: httpx.Request, answer: Outbound, ending: Ending) -> httpx.Response:
    """The response of a client in the same process, or the exception that it would have met over a socket."""
    import httpx

    timeouts = request.extensions.get("timeout", {})
    patience: float | None = timeouts.get("read")
    kind = ending.kind
    if kind == "refused":
        raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
    if kind == "name_error":
        raise httpx.ConnectError("[Errno -2] Name or service not known", request=request)
    if kind == "reset":
        if ending.in_body:
            # httpx swallows the failed write, and finds nothing to read.
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            )
        raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    if kind == "close":
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    if kind == "silence":
        if ending.in_body:
            raise httpx.WriteTimeout("The write operation timed out", request=request)
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    pause = ending.seconds / max(ending.pieces, 1)
    late = patience is not None and pause > patience
    if late and not ending.pieces:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    keep = ending.keep if kind == "cut" else len(answer.body)
    error: Exception | None = None
    if kind == "cut":
        error = httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {keep} bytes, expected {len(answer.body)})",
            request=request,
        )
    elif late:
        keep, error = 0, httpx.ReadTimeout("The read operation timed out", request=request)
    if error is None:
        return httpx.Response(
            answer.status, headers=answer.all_headers(), content=answer.body, request=request
        )
    stream = _broken_stream(answer.body[:keep], error)
    return httpx.Response(answer.status, headers=answer.all_headers(), stream=stream, request=request)


def _broken_stream(start: bytes, error: Exception) -> httpx.SyncByteStream | httpx.AsyncByteStream:
    import httpx

    class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            if start:
                yield start
            raise error

        async def __aiter__(self) -> AsyncIterator[bytes]:
            if start:
                yield start
            raise error

    return Broken()


# Over a socket


async def over_socket(answer: Outbound, ending: Ending, scope: Scope, receive: Receive, send: Send) -> None:
    """Let an answer go wrong on a server's connection."""
    transport: asyncio.Transport | None = scope.get("state", {}).get(TRANSPORT)
    if transport is None:
        await _without_connection(answer, ending, send)
        return
    try:
        await _act(answer, ending, transport, receive, send)
    except asyncio.CancelledError:
        transport.abort()  # the server stops


async def _act(
    answer: Outbound, ending: Ending, transport: asyncio.Transport, receive: Receive, send: Send
) -> None:
    if ending.kind in ("reset", "refused", "name_error"):
        reset(transport)
    elif ending.kind == "close":
        transport.close()
    elif ending.kind == "silence":
        await _be_silent(transport, receive, stalled=ending.in_body)
        return
    else:
        await _slowly(answer, ending, send)
        if ending.kind == "cut":
            transport.close()
    if ending.kind != "sent":
        await _gone(receive)


async def _be_silent(transport: asyncio.Transport, receive: Receive, *, stalled: bool) -> None:
    try:
        if stalled:
            # Asking the server whether the client has gone would let it read on.
            await asyncio.sleep(LONGEST_STALL)
            transport.abort()
        else:
            await asyncio.wait_for(_gone(receive), LONGEST_SILENCE)
    except asyncio.TimeoutError:
        transport.abort()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _slowly(answer: Outbound, ending: Ending, send: Send) -> None:
    pieces = max(ending.pieces, 1)
    pause = ending.seconds / pieces if ending.real else 0.0
    body = answer.body[: ending.keep] if ending.kind == "cut" else answer.body
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.all_headers()]
    if not ending.pieces and pause:
        await asyncio.sleep(pause)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    step = max(1, -(-len(body) // pieces))
    for start in range(0, len(body), step):
        if ending.pieces and pause:
            await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": body[start : start + step], "more_body": True})
    if ending.kind != "cut":
        await send({"type": "http.response.body", "body": b""})


def reset(transport: asyncio.Transport) -> None:
    """Close a connection so that the other side gets an RST."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _without_connection(answer: Outbound, ending: Ending, send: Send) -> None:
    """Behind an ASGI server that shows no connection: `httpx.ASGITransport` hands an exception to the client.

    It knows no timeouts, so an answer that is late, or slow, just comes.
    """
    import httpx

    if ending.kind == "sent":
        await _slowly(answer, attrs.evolve(ending, real=False), send)
        return
    if ending.kind == "cut":
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
    in_process(httpx.Request("GET", "http://tiktok.mock"), answer, ending)
