"""Performing calls over httpx: the only module that imports it. One reading of answers, two drivers."""

from __future__ import annotations

import os
import ssl
import sys
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from http.cookiejar import CookieJar
from threading import Lock
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

import httpx

from . import json_text
from .call import Answer, Call, Receipt
from .errors import (
    Catalogue,
    CouldNotAsk,
    Impossible,
    Refused,
    Sent,
    TimedOut,
    Unreadable,
    excerpt,
    kind_of,
    mask,
)
from .fork import renew_after_fork
from .model import Mismatch, name_of

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from anyio import Event
    from typing_extensions import Self

T = TypeVar("T")

_PER_CALL: Final = {
    *(b"authorization", b"cookie", b"host", b"content-type", b"content-length", b"transfer-encoding"),
}
"""Headers that a client may have as defaults and that are nobody's business but the call's."""

_NOT_SENT: Final = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol),
    httpx.ProxyError,  # the proxy did not make a connection
)

_NOT_HERE: Final = (404, 405, 501)
"""What a server answers to a path or a method that it does not know."""

CALL_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0, pool=None)
"""To wait for a connection of one's own to become free is no failure, however many calls wait."""
UPLOAD_TIMEOUT: Final = httpx.Timeout(connect=10.0, write=60.0, read=120.0, pool=None)
"""A slow uplink keeps one write waiting for long, and drains its send buffer before the answer can start."""
MOST_CONNECTIONS: Final = 100
"""Of one client, as httpx has it."""


_SETTINGS: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What httpx takes from the environment, or its spelling in small letters."""


def _from_environment(make: Callable[[], T]) -> T:
    """What is made with the proxies or the certificates that the environment names.

    Raises:
        Impossible: they cannot be used.
    """
    try:
        return make()
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as problem:
        # what is wrong with an address may be its password
        advice = "a proxy is no address" if isinstance(problem, httpx.InvalidURL) else str(problem)
    named = ", ".join(name for name in _SETTINGS if os.environ.get(name) or os.environ.get(name.lower()))
    limit = "must name proxies and certificates that can be used"
    raise Impossible("environment", named or "those of the system", limit, advice)


@lru_cache(maxsize=1)
def shared_ssl_context() -> ssl.SSLContext:
    """One context for all clients of the process: building one costs more than all else a client does."""
    return _from_environment(httpx.create_ssl_context)


class _NoCookies(CookieJar):
    """Keeps nothing: tokens say who asks, and one client may ask for many. It also spares httpx a search."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Leave them."""


class _Room:
    """Lets so many tasks in at once, first come, first served.

    httpcore has a queue of its own, but looks through all of it whenever a request begins or ends: 500
    uploads at once spent minutes there.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Event] = deque()

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        import anyio  # brings asyncio, which a sync caller does not need

        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._leave()
            else:
                self._waiting.remove(turn)
            raise

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1


def _spare_a_search() -> None:
    """Say that there is no sniffio, if there is none.

    httpcore tries to import it several times in every request, and each time Python searches its whole path:
    a third of what an async call costs. It goes on to asyncio as it would without this. Whoever installs
    sniffio or trio into the running process then starts it anew, or deletes the entry.
    """
    from importlib.util import find_spec

    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        cast("dict[str, ModuleType | None]", sys.modules)["sniffio"] = None


class _Pieces:
    """A body that offers sync iteration only, whatever else its source can do."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._source)


class _AsyncPieces:
    """A body that offers async iteration only, whatever else its source can do."""

    def __init__(self, source: Iterable[bytes] | AsyncIterable[bytes]) -> None:
        self._source = source

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if isinstance(self._source, AsyncIterable):
            async for piece in self._source:
                yield piece
        else:
            for piece in self._source:
                yield piece


class _Driver:
    """What performing a call has in common, whether it waits or awaits."""

    _catalogue: ClassVar[Catalogue]
    """What the codes of the service mean; each API sets its own."""

    def __init__(
        self, base_url: str | None, timeout: float | None, transport: object | None, http: object | None
    ) -> None:
        if transport is not None and http is not None:
            raise TypeError("an httpx client has its transport already: give transport or http, not both")
        self.base_url: str | None = base_url.rstrip("/") if base_url else None
        """Where every call goes instead of the documented hosts; None for the documented hosts."""
        self._timeout: dict[str, float | None] = (
            CALL_TIMEOUT if timeout is None else httpx.Timeout(timeout, pool=None)
        ).as_dict()
        self._urls: dict[str, httpx.URL] = {}
        self._owned = http is None
        self._made_here = transport is None and http is None
        """Whether the connections are made here, and not by somebody else's transport."""

    def _url(self, call: Call[T]) -> httpx.URL:
        if call.address is not None or call.query:
            return httpx.URL(call.url(self.base_url))
        url = self._urls.get(call.operation.id)
        if url is None:
            url = self._urls[call.operation.id] = httpx.URL(call.url(self.base_url))
        return url

    def _request(
        self,
        call: Call[T],
        body: bytes | Iterable[bytes] | AsyncIterable[bytes] | None,
        defaults: httpx.Headers,
    ) -> httpx.Request:
        timeout = UPLOAD_TIMEOUT.as_dict() if call.operation.binary else self._timeout
        try:
            return httpx.Request(
                call.operation.method,
                self._url(call),
                headers=[*_kept(defaults), *_encoded(call.headers)],
                content=body,
                extensions={"timeout": timeout},
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as problem:
            reason = mask(str(problem), call.secrets)
        operation = call.operation
        raise CouldNotAsk(
            reason, operation=operation.name, request=call.summary, sent=Sent.NO, docs=operation.docs
        )

    def _lost(self, call: Call[T], problem: httpx.RequestError) -> CouldNotAsk:
        kind = TimedOut if isinstance(problem, httpx.TimeoutException) else CouldNotAsk
        sent = Sent.NO if isinstance(problem, _NOT_SENT) else Sent.UNKNOWN
        words = mask(str(problem), call.secrets)
        reason = f"{type(problem).__name__}: {words}" if words else type(problem).__name__
        reason += f" (at {self._place_of(call)})"
        operation = call.operation
        return kind(reason, operation=operation.name, request=call.summary, sent=sent, docs=operation.docs)

    def _place_of(self, call: Call[T]) -> str:
        """The host that a call goes to and what leads there, for a message: no path, query or password."""
        url = self._url(call)
        place = _origin(url)
        if self.base_url is not None and call.address is None:
            place += ", the base_url"
        proxy = _proxy_for(url) if self._made_here else None
        if proxy is not None:
            place += f", by the proxy {_origin(proxy)} that the environment names; NO_PROXY excepts hosts"
        return place

    def _read(self, call: Call[T], response: httpx.Response) -> Answer[T]:
        """The result, or the error that the answer is."""
        operation, status = call.operation, response.status_code
        envelope, decode = operation.envelope, call.decode
        fine = 200 <= status < 300
        if envelope is None or decode is None:
            if not fine:
                raise self._refused(call, response, "", "", "")
            return Answer(cast("T", Receipt(status, response.headers)), status, response.headers, "", None)
        body = _json(response.content, may_be_empty=fine and operation.may_be_empty)
        if body is _NOT_JSON:
            raise self._not_json(call, response)
        log_id = next((text for path in envelope.log_id if type(text := _look(body, path)) is str), "")
        code = _look(body, envelope.code)
        if type(code) is not str:
            if code is not None and fine:
                raise self._unreadable(call, response, _place(envelope.code), "string", name_of(code), log_id)
            code = None
        if not fine or not (code == envelope.success if envelope.success is not None else not code):
            if fine and not code:
                raise self._unreadable(call, response, _place(envelope.code), "string", name_of(code), log_id)
            message = _look(body, envelope.message)
            raise self._refused(
                call,
                response,
                code if code and code != envelope.success else "",
                message if type(message) is str else "",
                log_id,
            )
        try:
            value = decode(_look(body, envelope.payload))
        except Mismatch as mismatch:
            problem = mismatch.under(*envelope.payload)
        else:
            return Answer(value, status, response.headers, log_id, body)
        raise self._unreadable(call, response, problem.place, problem.expected, problem.got, log_id)

    def _not_json(self, call: Call[T], response: httpx.Response) -> Refused | Unreadable:
        content = response.content
        if response.status_code >= 400:
            return self._refused(call, response, "", excerpt(content, call.secrets), "")
        return self._unreadable(call, response, "$", "JSON", kind_of(content), body=content)

    def _unreadable(
        self,
        call: Call[T],
        response: httpx.Response,
        place: str,
        expected: str,
        got: str,
        log_id: str = "",
        *,
        body: bytes = b"",
    ) -> Unreadable:
        return Unreadable(
            place=place,
            expected=expected,
            got=got,
            status=response.status_code,
            operation=call.operation.name,
            request=call.summary,
            log_id=log_id,
            excerpt=excerpt(body, call.secrets),
            docs=call.operation.docs,
        )

    def _refused(
        self, call: Call[T], response: httpx.Response, code: str, message: str, log_id: str
    ) -> Refused | Unreadable:
        operation, status, catalogue = call.operation, response.status_code, self._catalogue
        entry = catalogue.find(operation.envelope.name, code) if operation.envelope and code else None
        meaning = (
            operation.statuses.get(str(status)) or operation.statuses.get(f"{status // 100}xx")
            if not code
            else None
        )
        message = mask(message, call.secrets)
        if entry is not None:
            category, retryable, advice = entry.category, entry.retryable, entry.advice
        elif meaning is not None:
            category, retryable, advice = meaning.category, meaning.retryable, meaning.advice
            message = message or meaning.description
        else:
            known = catalogue.category_of(status)
            if known is None and not code:
                return self._unreadable(call, response, "$", "an answer", f"HTTP {status}")
            category = known or ""
            retryable = status >= 500 or status == 429
            advice = catalogue.advice.get(category, "")
            if not code and status in _NOT_HERE and self.base_url is not None and call.address is None:
                address = self._url(call).copy_with(userinfo=b"", query=None)
                advice = f"Nothing answers this call at {address}: see whether base_url is right."
        return catalogue.classes.get(category, Refused)(
            code=code if entry is not None else mask(code, call.secrets),
            message=message,
            log_id=log_id,
            status=status,
            operation=operation.name,
            request=call.summary,
            category=category,
            retryable=retryable,
            advice=advice,
            headers={name: mask(value, call.secrets) for name, value in response.headers.items()},
            retry_after=_seconds(response.headers.get("retry-after")),
            docs=operation.docs,
        )


def _closed() -> Impossible:
    return Impossible("client", "a closed one", "must be open", "make a new one, or call before it is closed")


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"


def _proxy_for(url: httpx.URL) -> httpx.URL | None:
    """The proxy that the environment names for an address, as httpx takes it."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(url.host) or proxy_bypass(url.netloc.decode()):
        return None
    try:
        return httpx.URL(proxy if "://" in proxy else f"http://{proxy}")
    except httpx.InvalidURL:  # it has changed since the client was made
        return None


def _kept(defaults: httpx.Headers) -> list[tuple[bytes, bytes]]:
    """What a client sends with every request: what it accepts and who it is, but no token."""
    return [(name, value) for name, value in defaults.raw if name.lower() not in _PER_CALL]


def _encoded(headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]


_NOT_JSON: Final = object()


def _json(content: bytes, *, may_be_empty: bool) -> object:
    """What a body holds, or `_NOT_JSON`."""
    if may_be_empty and not content.strip():
        return {}
    try:
        return json_text.read(content)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _look(body: object, path: tuple[str, ...]) -> object:
    for key in path:
        if not isinstance(body, Mapping):
            return None
        body = cast("Mapping[str, object]", body).get(key)
    return body


def _place(path: tuple[str, ...]) -> str:
    return "$" + "".join(f".{key}" for key in path)


def _seconds(header: str | None) -> float | None:
    if header is None or not header.strip().isdecimal():
        return None
    return float(header)


def _check_colour(
    transport: object | None, method: str, http: object | None, kind: type[httpx.Client | httpx.AsyncClient]
) -> None:
    """See that what is handed in waits where the client waits: a call would fail, and perhaps be done."""
    if transport is not None and not hasattr(transport, method):
        raise TypeError(f"transport must have {method}, as that of an httpx.{kind.__name__}: {transport!r}")
    if http is not None and not isinstance(http, kind):
        raise TypeError(f"http must be an httpx.{kind.__name__}, not {type(http).__name__}")


class SyncDriver(_Driver):
    """Performs calls and waits for them. Safe to share between threads."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        timeout: float | None = None,
        transport: httpx.BaseTransport | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        _check_colour(transport, "handle_request", http, httpx.Client)
        super().__init__(base_url, timeout, transport, http)
        self._http = http
        self._transport = transport
        self._making = Lock()
        renew_after_fork(self, SyncDriver._leave_to_parent)

    @property
    def http(self) -> httpx.Client:
        """The httpx client underneath, made at first use."""
        if self._http is None:
            with self._making:
                if self._http is None:
                    self._http = (
                        httpx.Client(transport=self._transport, cookies=_NoCookies())
                        if self._transport is not None
                        else _from_environment(
                            partial(httpx.Client, verify=shared_ssl_context(), cookies=_NoCookies())
                        )
                    )
        return self._http

    def perform(self, call: Call[T]) -> T:
        """The result of a call.

        Raises:
            CouldNotAsk: no answer came back.
            Refused: the service said no.
            Unreadable: the answer is not what the description promises.
        """
        return self.answer(call).value

    def answer(self, call: Call[T]) -> Answer[T]:
        """Like `perform`, with status, headers, log id and the whole answer."""
        body = call.body
        if body is not None and not isinstance(body, bytes):
            if not isinstance(body, Iterable):
                raise TypeError("a sync client needs a body that can be iterated without await")
            body = _Pieces(body)
        http = self.http
        if http.is_closed:
            raise _closed()
        request = self._request(call, body, http.headers)
        try:
            response = http.send(request)
        except httpx.RequestError as problem:
            lost = self._lost(call, problem)
        else:
            return self._read(call, response)
        raise lost  # out of the handler: httpx's exception carries the request, headers and all

    def _leave_to_parent(self) -> None:
        """Begin anew in a forked child: two processes on one socket read each other's answers."""
        self._making = Lock()  # a thread that has stayed in the parent may have it
        if self._made_here and not (self._http is not None and self._http.is_closed):
            self._http = None
        self._owned = self._made_here

    def close(self) -> None:
        """Close the connections of this process, unless the httpx client was handed in."""
        if self._owned and self._http is not None:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncDriver(_Driver):
    """Performs calls and awaits them. Safe to share between tasks of one event loop; when that is over, also
    in another one.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        timeout: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        _check_colour(transport, "handle_async_request", http, httpx.AsyncClient)
        super().__init__(base_url, timeout, transport, http)
        self._http = http
        self._transport = transport
        self._room = _Room(MOST_CONNECTIONS)
        self._loop: AbstractEventLoop | None = None
        renew_after_fork(self, AsyncDriver._leave_to_parent)

    @property
    def http(self) -> httpx.AsyncClient:
        """The httpx client underneath, made at first use."""
        if self._http is None:
            _spare_a_search()
            self._http = (
                httpx.AsyncClient(transport=self._transport, cookies=_NoCookies())
                if self._transport is not None
                else _from_environment(
                    partial(httpx.AsyncClient, verify=shared_ssl_context(), cookies=_NoCookies())
                )
            )
        return self._http

    async def perform(self, call: Call[T]) -> T:
        """The result of a call.

        Raises:
            CouldNotAsk: no answer came back.
            Refused: the service said no.
            Unreadable: the answer is not what the description promises.
        """
        return (await self.answer(call)).value

    async def answer(self, call: Call[T]) -> Answer[T]:
        """Like `perform`, with status, headers, log id and the whole answer."""
        body = call.body
        if body is not None and not isinstance(body, bytes):
            body = _AsyncPieces(body)
        if self._http is None and self._transport is None and not shared_ssl_context.cache_info().currsize:
            from anyio import to_thread

            await to_thread.run_sync(shared_ssl_context)  # tens of milliseconds: not on the event loop
        if self._owned:
            self._follow_loop()
        http = self.http
        if http.is_closed:
            raise _closed()
        request = self._request(call, body, http.headers)
        try:
            if self._owned:
                async with self._room:
                    response = await http.send(request)
            else:  # how many connections it has is its owner's business
                response = await http.send(request)
        except httpx.RequestError as problem:
            lost = self._lost(call, problem)
        else:
            return self._read(call, response)
        raise lost  # out of the handler: httpx's exception carries the request, headers and all

    def _follow_loop(self) -> None:
        """Leave connections behind that went with their event loop: whoever calls `asyncio.run` again has
        another one.
        """
        from asyncio import get_running_loop

        try:
            loop = get_running_loop()
        except RuntimeError:  # not asyncio
            return
        if loop is self._loop:
            return
        if self._loop is not None and self._loop.is_closed():
            self._begin_anew()
        self._loop = loop

    def _begin_anew(self) -> None:
        self._room = _Room(MOST_CONNECTIONS)
        self._loop = None
        if self._made_here and not (self._http is not None and self._http.is_closed):
            self._http = None

    def _leave_to_parent(self) -> None:
        """Begin anew in a forked child: two processes on one socket read each other's answers."""
        self._begin_anew()
        self._owned = self._made_here

    async def close(self) -> None:
        """Close the connections of this process, unless the httpx client was handed in."""
        if self._owned and self._http is not None:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
