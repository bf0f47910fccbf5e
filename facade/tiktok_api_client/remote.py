"""A video at a URL, streamed through this program: for URLs on domains that TikTok has not verified.

TikTok pulls only from domains that the app has verified. From any other place the bytes can travel through
this program instead, by range requests and in constant memory. Since the URL may come from anybody, it is
not trusted: redirects are counted, sizes are limited, and addresses inside a network are refused, whatever
name leads there.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin, urlsplit

import attrs

from tiktok_openapi import Impossible
from tiktok_openapi.limits import MAX_VIDEO_SIZE

from .source import SYNC_PIECE, Openable, Source, SourceFailed, StreamSource

if TYPE_CHECKING:
    import httpcore

TRIES: Final = 5
"""How often in a row a broken download is taken up again without a byte of progress."""
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MEANT: Final = "%/:?#[]@!$&'()*+,;=~|^`{}\\"
"""What stays as it is in an address; blanks and what is not ASCII are percent-encoded, as browsers do."""
_ONES_OWN: Final = "allow_private=True is for servers of your own"
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_TIMEOUT: Final = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 10.0}


@attrs.frozen(eq=False)
class RemoteFile(Openable):
    """A video to stream from a URL: ``post_video(RemoteFile("https://…"), …)``.

    The server should answer range requests; then a broken download goes on where it broke. It must say how
    large the file is. Proxies named in the environment are not used.
    """

    url: str = attrs.field(repr=False)
    """`https`. It may be signed: it never shows in a message, apart from its host."""
    max_size: int = MAX_VIDEO_SIZE
    """Bytes at most."""
    max_redirects: int = 5
    allow_private: bool = False
    """Also go to addresses inside this network or this machine, and without TLS. For servers of your own."""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    """To be sent to the host of the URL, and to no other that it may redirect to."""

    @property
    def host(self) -> str:
        """The host it names; empty where that cannot be read."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""

    def opened(self, field: str) -> Source:
        """Ask the server for the file. Blocks.

        Raises:
            Impossible: the URL is not allowed, or there is no file of an allowed size.
        """
        download = _Download(self, field)
        try:
            return download.source()
        except BaseException:
            download.close()
            raise


def is_private(address: str) -> bool:
    """Whether an IP address lies inside a network, or is no ordinary one."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    return not found.is_global or found.is_multicast


class Guard:
    """Makes connections, and looks at the address that is connected to, not at the name."""

    def __init__(self, *, allow_private: bool) -> None:
        import httpcore

        self._backend = httpcore.SyncBackend()
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        import httpcore

        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as problem:
            raise httpcore.ConnectError(f"{host} has no address") from problem
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        refused = [address for address in addresses if is_private(address)]
        if refused and not self._allow_private:
            raise _Private(host, refused[0])
        for number, address in enumerate(addresses, 1):
            with suppress(
                *(httpcore.ConnectError, httpcore.ConnectTimeout) if number < len(addresses) else ()
            ):
                return self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        raise httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise OSError("a remote file is read over TCP only")  # httpcore asks every backend for both

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Private(Exception):
    """A name leads to an address inside a network."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__()
        self.host, self.address = host, address


class _Download:
    """Connections to one file's server, and the response that is being read."""

    def __init__(self, remote: RemoteFile, field: str) -> None:
        import httpcore

        from tiktok_openapi._runtime.transport import shared_ssl_context

        self._remote, self._field = remote, field
        self._pool = httpcore.ConnectionPool(
            ssl_context=shared_ssl_context(),
            # No subclass, which would import httpcore for everybody.
            network_backend=Guard(allow_private=remote.allow_private),  # type: ignore[arg-type]
            retries=1,
        )
        self._url = remote.url
        self.name = f"the file at {remote.host}"
        self._response = ExitStack()
        self._pieces: Iterator[bytes] = iter(())
        self.validator = ""

    def close(self) -> None:
        """Close the connections."""
        self._response.close()
        self._pool.close()

    def source(self) -> Source:
        """The file, once its server has said how large it is."""
        import httpcore

        try:
            response = self._get(0)
        except httpcore.TimeoutException:
            raise self._impossible("got no answer in time", "must answer") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as problem:
            raise self._impossible(f"failed ({problem})", "must be reachable") from None
        headers = _headers(response)
        size = self._size(response.status, headers)
        if size > self._remote.max_size:
            limit = f"must have at most {self._remote.max_size:,} bytes"
            raise self._impossible(f"has {size:,} bytes", limit)
        self.validator = headers.get("etag") or headers.get("last-modified") or ""
        self._pieces = _iterate(response)
        if response.status == 206:
            return RemoteSource(self, size)
        return _WholeSource(self, self._pieces, size)

    def _size(self, status: int, headers: Mapping[str, str]) -> int:
        if headers.get("content-encoding", "identity") != "identity":
            raise self._impossible("is compressed on the way", "must come as it is")
        if status == 206:
            match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
            if match is None or match[1] != "0":
                raise self._impossible("comes with an odd Content-Range", "must answer range requests")
            return int(match[3])
        if status != 200:
            raise self._impossible(f"got HTTP {status}", "must answer with the file")
        length = headers.get("content-length", "")
        if not length.isdecimal():
            raise self._impossible("comes without a size", "must say its Content-Length")
        return int(length)

    def go_to(self, first: int) -> None:
        """Read on from another byte.

        Raises:
            SourceFailed: the server does not go there, or has another file by now.
        """
        response = self._get(first)
        headers = _headers(response)
        match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        if response.status != 206 or match is None or int(match[1]) != first:
            problem = f"could not be read on from byte {first:,} (HTTP {response.status})"
            raise SourceFailed(f"{self.name} {problem}")
        if self.validator != (headers.get("etag") or headers.get("last-modified") or ""):
            raise SourceFailed(f"{self.name} changed during the upload")
        self._pieces = _iterate(response)

    def next_piece(self) -> bytes:
        """The next bytes; nothing at the end."""
        return next(self._pieces, b"")

    def _get(self, first: int) -> httpcore.Response:
        """Follow redirects to the file, and open it."""
        self._response.close()
        self._response = ExitStack()
        url, home = self._url, ""
        for _ in range(self._remote.max_redirects + 1):
            url = self._check(url)
            home = home or urlsplit(url).netloc
            headers: dict[bytes | str, bytes | str] = {
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "Range": f"bytes={first}-",
            }
            if urlsplit(url).netloc == home:
                headers.update(self._remote.headers)
            try:
                response = self._response.enter_context(
                    self._pool.stream("GET", url, headers=headers, extensions={"timeout": _TIMEOUT})
                )
            except _Private as refused:
                limit = "must not lead into a network"
                raise self._impossible(f"leads to {refused.address}", limit, _ONES_OWN) from None
            target = _headers(response).get("location")
            if response.status not in _REDIRECTS or target is None:
                return response
            self._response.close()
            url = urljoin(url, quote(target.encode("latin-1"), safe=_MEANT))
        limit = f"must redirect at most {self._remote.max_redirects} times"
        raise self._impossible("redirects too often", limit)

    def _check(self, url: str) -> str:
        """The address as it travels, if it may be gone to."""
        schemes = ("https", "http") if self._remote.allow_private else ("https",)
        limit = f"must be {' or '.join(schemes)}"
        try:
            parts = urlsplit(url)
            place = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
            fits = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            raise self._impossible("is at an address that cannot be read", limit) from None
        if not fits:
            advice = _ONES_OWN if parts.scheme == "http" and "http" not in schemes else ""
            raise self._impossible(f"is at {parts.scheme}://{parts.hostname}", limit, advice)
        return quote(parts._replace(netloc=place).geturl(), safe=_MEANT)

    def _impossible(self, got: str, limit: str, advice: str = "") -> Impossible:
        return Impossible(self._field, f"{self.name}: it {got}", limit, advice)


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _iterate(response: httpcore.Response) -> Iterator[bytes]:
    yield from response.iter_stream()


class RemoteSource(Source):
    """A file behind range requests, read mostly forwards. A broken download is taken up again."""

    def __init__(self, download: _Download, size: int) -> None:
        super().__init__(download.name)
        self.size = size
        self._download = download
        self._mutex = threading.Lock()
        self._position = 0
        self._rest = memoryview(b"")

    def read(self, first: int, size: int) -> bytes:
        import httpcore

        with self._mutex:
            failures = 0
            while first < self.size:
                try:
                    if first != self._position:
                        self._rest = memoryview(b"")
                        self._download.go_to(first)
                        self._position = first
                    piece = self._gather(min(size, self.size - first))
                except Impossible as problem:  # a redirect to somewhere else than at first
                    raise SourceFailed(f"{self.name} could not be read: {problem}") from None
                except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as problem:
                    reason = f"{type(problem).__name__}: {problem}"
                else:
                    if piece:
                        self._position += len(piece)
                        return piece
                    reason = "it ended early"
                failures += 1
                if failures == TRIES:
                    raise SourceFailed(f"{self.name} could not be read at byte {first:,}: {reason}")
                self._position = -1  # take it up again
            return b""

    def _gather(self, size: int) -> bytes:
        """Up to `size` bytes; small pieces would cost an async caller a thread each."""
        pieces: list[memoryview] = []
        while size:
            if not self._rest:
                self._rest = memoryview(self._download.next_piece())
                if not self._rest:
                    break
            pieces.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(pieces[-1])
        return b"".join(pieces)

    def fingerprint(self) -> str:
        """By what its server calls this version of the file, where it calls it something."""
        if not self._download.validator:
            return super().fingerprint()
        said = f"{self.size} {self._download.validator}"
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()

    def close(self) -> None:
        self._download.close()


class _WholeSource(StreamSource):
    """A file whose server takes no range requests: read once, from its beginning to its end."""

    def __init__(self, download: _Download, pieces: Iterator[bytes], size: int) -> None:
        super().__init__(download.name, _translated(pieces, download.name), size)
        self._download = download

    def close(self) -> None:
        super().close()
        self._download.close()


def _translated(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    import httpcore

    try:
        yield from pieces
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as problem:
        raise SourceFailed(f"{name} could not be read: {type(problem).__name__}: {problem}") from None


def fetch_head(remote: RemoteFile, field: str, size: int = SYNC_PIECE) -> tuple[bytes, int]:
    """The first bytes of a file and its size. Blocks.

    Raises:
        Impossible: the URL is not allowed, or there is no file of an allowed size.
        SourceFailed: it could not be read.
    """
    source = remote.opened(field)
    try:
        return source.read_whole(0, min(size, source.size)), source.size
    finally:
        source.close()
