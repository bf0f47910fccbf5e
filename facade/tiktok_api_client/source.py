"""Where the bytes of a video come from: a path, a file object, bytes, or an iterator of known size.

Whatever it is, an upload cuts `Slice`s from a `Source`: bodies that can be iterated again (a chunk may need
to be sent twice), with ``for`` and with ``async for``, never holding more than one piece in memory.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import os
import stat
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final, Union, cast

import anyio.to_thread

from tiktok_openapi import Error, Impossible
from tiktok_openapi.limits import MAX_VIDEO_SIZE
from tiktok_openapi.routes import BY_ID

from ._flow import Flow, Invoke, blocking

VideoInput = Union[
    str,
    "os.PathLike[str]",
    IO[bytes],
    bytes,
    bytearray,
    memoryview,
    Iterable[bytes],
    AsyncIterable[bytes],
    "Openable",
]
"""What a video can be given as. A `str` that begins with ``https://`` is a URL for TikTok to pull, any other
one a path; a `RemoteFile` is a URL to stream through this program.
"""

SYNC_PIECE: Final = 256 * 1024
ASYNC_PIECE: Final = 1024 * 1024
"""Larger than for sync callers: every piece is a visit to a worker thread."""

_HEAD: Final = 4096
_SAMPLE: Final = 64 * 1024
_POSITIONAL_READS: Final = hasattr(os, "pread")

CONTENT_TYPES: Final = BY_ID["uploadChunk"].request_types
"""The containers that TikTok takes."""
_MP4, _MOV, _WEBM = "video/mp4", "video/quicktime", "video/webm"


class SourceFailed(Error):
    """The source did not give the bytes that it promised; what was being sent was not finished."""


class Source(ABC):
    """Bytes of a known number. `read` gives them by position."""

    size: int
    """In bytes."""
    content_type: str
    """That of its container; set by `open_source`."""

    def __init__(self, name: str) -> None:
        self.name = name
        """What messages call it."""
        self.path: str | None = None
        """Where it can be found again, if it is a file that was given by its path."""

    @abstractmethod
    def read(self, first: int, size: int) -> bytes:
        """1 to `size` bytes from position `first` on; nothing at the end. Safe to call from any thread."""

    async def read_async(self, first: int, size: int) -> bytes:
        """The same, without blocking the event loop."""
        return await anyio.to_thread.run_sync(self.read, first, size)

    def read_whole(self, first: int, size: int) -> bytes:
        """Exactly `size` bytes, or fewer at the end."""
        pieces: list[bytes] = []
        while size and (piece := self.read(first, size)):
            pieces.append(piece)
            first, size = first + len(piece), size - len(piece)
        return b"".join(pieces)

    def fingerprint(self) -> str:
        """Tells whether another source, later, is still the same video: size, beginning and end."""
        digest = hashlib.blake2b(str(self.size).encode(), digest_size=16)
        digest.update(self.read_whole(0, min(_SAMPLE, self.size)))
        if self.size > _SAMPLE:
            first = max(_SAMPLE, self.size - _SAMPLE)
            digest.update(self.read_whole(first, self.size - first))
        return digest.hexdigest()

    def arrived(self, position: int) -> None:  # noqa: B027 - most sources have nothing to do
        """Everything before `position` has arrived at TikTok and will not be asked for again."""

    def close(self) -> None:  # noqa: B027 - the same
        """Give back what `open_source` took. Files that the caller opened stay open."""

    def broken(self, problem: Exception) -> SourceFailed:
        """The complaint that it cannot be read, whatever the user's own iterator or file object raised."""
        return SourceFailed(f"{self.name} could not be read: {type(problem).__name__}: {problem}")

    def short(self, position: int) -> SourceFailed:
        """The complaint that bytes are missing."""
        return SourceFailed(
            f"{self.name} ended after {position:,} bytes, but {self.size:,} were announced; did it change?"
        )


class Openable(ABC):
    """A video that knows by itself how it is read, such as a `RemoteFile`."""

    __slots__ = ()

    @abstractmethod
    def opened(self, field: str) -> Source:
        """Make it readable; `field` is what error messages call it. Blocks."""


class Slice:
    """`size` bytes of a source from byte `first` on, as a body. Iterating again starts again."""

    def __init__(
        self, source: Source, first: int, size: int, moved: Callable[[int], object] | None = None
    ) -> None:
        self._source = source
        self._first = first
        self._end = first + size
        self._moved = moved

    def __iter__(self) -> Iterator[bytes]:
        source, position, end, moved = self._source, self._first, self._end, self._moved
        while position < end:
            try:
                piece = source.read(position, min(SYNC_PIECE, end - position))
            except SourceFailed:
                raise
            except Exception as problem:
                raise source.broken(problem) from problem
            if not piece:
                raise source.short(position)
            yield piece
            position += len(piece)
            if moved is not None and (result := moved(position)) is not None:
                _refuse_awaitable(result)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        source, position, end, moved = self._source, self._first, self._end, self._moved
        while position < end:
            try:
                piece = await source.read_async(position, min(ASYNC_PIECE, end - position))
            except SourceFailed:
                raise
            except Exception as problem:
                raise source.broken(problem) from problem
            if not piece:
                raise source.short(position)
            yield piece
            position += len(piece)
            if moved is not None and inspect.isawaitable(result := moved(position)):
                await result


def _refuse_awaitable(result: object) -> None:
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise TypeError("an async callback needs AsyncTikTok")


class FileSource(Source):
    """A file on disk, read with positional reads: any number of slices of one file at the same time."""

    def __init__(self, name: str, descriptor: int, size: int) -> None:
        super().__init__(name)
        self.size = size
        self._descriptor = descriptor
        self._open = True
        self._mutex = threading.Lock()

    if _POSITIONAL_READS:

        def read(self, first: int, size: int) -> bytes:
            return os.pread(self._descriptor, size, first)

    else:  # pragma: no cover: Windows

        def read(self, first: int, size: int) -> bytes:
            with self._mutex:
                if not self._open:  # the number may mean another file by now, and its position is its own
                    return b""
                os.lseek(self._descriptor, first, os.SEEK_SET)
                return os.read(self._descriptor, size)

    def close(self) -> None:
        with self._mutex:
            if self._open:
                self._open = False
                os.close(self._descriptor)

    def __del__(self) -> None:
        self.close()  # a caller that was cancelled while it was opened never got it


class SeekableSource(Source):
    """A file object that can seek: an `io.BytesIO`, a zip member, a wrapper. Read from its beginning."""

    def __init__(self, name: str, file: IO[bytes], size: int) -> None:
        super().__init__(name)
        self.size = size
        self._file = file
        self._mutex = threading.Lock()

    def read(self, first: int, size: int) -> bytes:
        with self._mutex:
            self._file.seek(first)
            return self._file.read(size)


class BytesSource(Source):
    """Bytes in memory; pieces are copied out of them one at a time."""

    def __init__(self, name: str, data: bytes | bytearray | memoryview) -> None:
        super().__init__(name)
        self._view = memoryview(data).cast("B")
        self.size = len(self._view)

    def read(self, first: int, size: int) -> bytes:
        return bytes(self._view[first : first + size])

    async def read_async(self, first: int, size: int) -> bytes:
        return self.read(first, size)


class StreamSource(Source):
    """An iterator of known size, read once. What may have to be sent again waits in a temporary file."""

    def __init__(self, name: str, pieces: Iterable[bytes] | AsyncIterable[bytes], size: int) -> None:
        super().__init__(name)
        self.size = size
        # one of them, also where it could be both: each would begin at the first byte
        self._sync = iter(pieces) if isinstance(pieces, Iterable) else None
        self._async = None if isinstance(pieces, Iterable) else aiter(pieces)
        self._mutex = threading.Lock()
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._base = 0  # position of the spool's first byte
        self._pulled = 0  # position behind its last byte
        self._ended = False

    @property
    def is_async(self) -> bool:
        """Whether only an event loop can read it."""
        return self._sync is None

    def read(self, first: int, size: int) -> bytes:
        if self._sync is None:
            raise TypeError("an async iterator needs AsyncTikTok")
        with self._mutex:
            while self._wants(first):
                self._take(next(self._sync, None))
            return self._spooled(first, size)

    async def read_async(self, first: int, size: int) -> bytes:
        if self._async is None:
            return await super().read_async(first, size)
        while self._wants(first):
            piece = await anext(self._async, None)
            await anyio.to_thread.run_sync(self._take, piece)
        return await anyio.to_thread.run_sync(self._spooled, first, size)

    def arrived(self, position: int) -> None:
        with self._mutex:
            left = self._pulled - position
            if left > position - self._base:
                return  # moving the rest down costs more than the room it would free
            for offset in range(0, left, ASYNC_PIECE):
                self._spool.seek(position - self._base + offset)
                piece = self._spool.read(ASYNC_PIECE)
                self._spool.seek(offset)
                self._spool.write(piece)
            self._spool.truncate(left)
            self._base = position

    def close(self) -> None:
        self._spool.close()

    def fingerprint(self) -> str:
        """Nothing can be said about a stream without consuming it."""
        return ""

    def _wants(self, first: int) -> bool:
        """Whether more must be pulled before `first` can be read.

        When all that was announced is there, the end must have been seen too: a source that goes on would be
        published cut short.
        """
        return not self._ended and (self._pulled <= first or self._pulled >= self.size)

    def _take(self, piece: object) -> None:
        if piece is None:
            self._ended = True
            return
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise SourceFailed(f"{self.name} must give bytes, not {type(piece).__name__}")
        data = piece if isinstance(piece, bytes) else bytes(cast("bytearray", piece))
        if self._pulled + len(data) > self.size:
            raise SourceFailed(f"{self.name} gives more than the {self.size:,} bytes that were announced")
        self._spool.seek(self._pulled - self._base)
        self._spool.write(data)
        self._pulled += len(data)

    def _spooled(self, first: int, size: int) -> bytes:
        if first < self._base:
            raise SourceFailed(f"{self.name} can be read only once, and byte {first:,} has passed")
        self._spool.seek(first - self._base)
        return self._spool.read(size)


def is_url(video: object) -> bool:
    """Whether a video is given as a URL, for TikTok to pull."""
    return isinstance(video, str) and video.lower().startswith(("https://", "http://"))


def is_one_way(video: object) -> bool:
    """Whether a video can be read only once, so that looking at it would use it up."""
    if isinstance(video, (str, bytes, bytearray, memoryview, os.PathLike, Openable)):
        return False
    if hasattr(video, "read"):
        return not _can_seek(video)
    return isinstance(video, (Iterable, AsyncIterable))


def open_source(
    video: VideoInput, *, field: str = "video", size: int | None = None, content_type: str | None = None
) -> Flow[Source]:
    """Look at a video and make it readable; close the result when done.

    Args:
        video: a path, a binary file object (read from its beginning), bytes, or an iterator of bytes.
        field: what error messages call it.
        size: bytes in all; required for an iterator and for a file object that cannot seek.
        content_type: trust this instead of looking at the first bytes: one of `CONTENT_TYPES`.

    Raises:
        Impossible: there is no such file, it is empty, too large, a directory, or no video that TikTok takes.
    """
    if content_type is not None and content_type not in CONTENT_TYPES:
        raise Impossible("content_type", repr(content_type), f"must be one of {', '.join(CONTENT_TYPES)}")
    source = yield from blocking(_open, video, field, size)
    try:
        _check_size(source, field, size)
        source.content_type = content_type or _recognise((yield from _head(source, field)), source, field)
    except BaseException:
        source.close()
        raise
    return source


def container(head: bytes) -> str | None:
    """The content type of a video that begins with `head` (4 KiB suffice); None if TikTok takes no such."""
    box, brand = head[4:8], head[8:12]
    if box == b"ftyp":
        if brand == b"qt  ":
            return _MOV
        return None if brand in _NOT_VIDEO else _MP4
    if box in _BARE_QUICKTIME:
        return _MOV
    if head.startswith(b"\x1aE\xdf\xa3") and b"\x42\x82" in head and b"webm" in head[:_HEAD]:
        return _WEBM
    return None


_NOT_VIDEO: Final = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis", b"M4A ", b"M4B "}
)
"""Brands of pictures and of sound that live in the same container."""
_BARE_QUICKTIME: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
"""With what QuickTime files from before 2001 begin."""


def _head(source: Source, field: str) -> Flow[bytes]:
    if isinstance(source, StreamSource) and source.is_async:
        try:
            return cast("bytes", (yield Invoke(lambda: source.read_async(0, _HEAD))))
        except TypeError:
            raise Impossible(
                field, "an async iterator", "must be a plain iterator here", "or use AsyncTikTok"
            ) from None
    return (yield from blocking(source.read_whole, 0, min(_HEAD, source.size)))


def _open(video: VideoInput, field: str, size: int | None) -> Source:
    if isinstance(video, Openable):
        return video.opened(field)
    if isinstance(video, (bytes, bytearray, memoryview)):
        source: Source = BytesSource(field, cast("bytes", video))
    elif isinstance(video, (str, os.PathLike)):
        if isinstance(video, str) and "://" in video and (scheme := video.partition("://")[0]).isalnum():
            limit = "must be a path, or an https address that TikTok can pull from"
            advice = (
                "RemoteFile(address) streams from any https address, such as one that a storage has signed"
            )
            raise Impossible(field, f"an address that begins with {scheme}://", limit, advice)
        source = _open_path(Path(video), field)
    elif isinstance(video, io.TextIOBase):
        raise Impossible(field, "a file opened as text", 'must be opened in binary mode ("rb")')
    elif hasattr(video, "read") and not isinstance(video, AsyncIterable):
        source = _open_file(cast("IO[bytes]", video), field, size)
    elif isinstance(cast("object", video), (Iterable, AsyncIterable)):
        source = StreamSource(field, video, _announced(field, size))
    else:
        raise Impossible(
            field,
            f"a value of type {type(video).__name__}",
            "must be a path, a file object, bytes or an iterator of them",
        )
    return source


def _check_size(source: Source, field: str, announced: int | None) -> None:
    if announced is not None and source.size != announced:
        raise Impossible("size", f"{announced:,}", f"must be that of {source.name}: {source.size:,} bytes")
    if source.size < 1:
        raise Impossible(field, f"{source.name} with 0 bytes", "must not be empty")
    if source.size > MAX_VIDEO_SIZE:
        limit = f"must be at most {MAX_VIDEO_SIZE:,} bytes (4 GiB)"
        raise Impossible(field, f"{source.name} with {source.size:,} bytes", limit)


def _recognise(head: bytes, source: Source, field: str) -> str:
    found = container(head)
    if found is None:
        raise Impossible(
            field,
            f"{source.name}, which begins with {head[:12]!r}",
            "must be an MP4, QuickTime (MOV) or WebM video",
            "its content decides, whatever its name says",
        )
    return found


def _open_path(path: Path, field: str) -> FileSource:
    name = repr(str(path))
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        mode = path.stat().st_mode  # before opening: opening a named pipe would wait for its writer
        descriptor = os.open(path, flags) if stat.S_ISREG(mode) else None
    except (FileNotFoundError, NotADirectoryError):
        where = "" if path.is_absolute() else f"looked for in {Path.cwd()}"
        raise Impossible(field, name, "must be an existing file", where) from None
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise Impossible(field, name, f"must be a readable file ({reason})") from None
    if descriptor is None:
        if stat.S_ISDIR(mode):
            raise Impossible(field, name, "must be a file, not a directory")
        raise Impossible(field, name, "must be a regular file", "open it yourself and say size=")
    source = FileSource(name, descriptor, os.fstat(descriptor).st_size)
    source.path = str(path.absolute())
    return source


def _open_file(file: IO[bytes], field: str, size: int | None) -> Source:
    if getattr(file, "closed", False):
        raise Impossible(field, "a closed file", "must be open")
    if inspect.iscoroutinefunction(file.read):
        advice = "give the plain file that it wraps, such as upload.file"
        raise Impossible(field, "a file that is read with await", "must be one that is not", advice)
    name = getattr(file, "name", None)
    name = repr(name) if isinstance(name, str) else field
    buffered = isinstance(cast("object", file), (io.BufferedReader, io.BufferedWriter, io.BufferedRandom))
    raw: object = getattr(file, "raw", file) if buffered else file
    if isinstance(raw, io.FileIO) and stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
        if not raw.readable():
            raise Impossible(field, f"{name}, opened for writing", 'must be opened for reading ("rb")')
        if file.writable():
            file.flush()
        # a descriptor of our own: the caller may close the file, and its number may come to mean another file
        descriptor = os.dup(raw.fileno())
        return FileSource(name, descriptor, os.fstat(descriptor).st_size)
    if _can_seek(file):
        position = file.tell()
        file.seek(0, os.SEEK_END)
        end = file.tell()  # older ones do not give it as the result of `seek`
        file.seek(position)
        return SeekableSource(name, file, end)
    return StreamSource(name, iter(lambda: file.read(SYNC_PIECE), b""), _announced(field, size))


def _can_seek(file: object) -> bool:
    """Whether a file object can seek; some that can (`mmap`, temporary files of Python 3.10) do not say."""
    seekable = getattr(file, "seekable", None)
    return bool(seekable()) if seekable is not None else hasattr(file, "seek") and hasattr(file, "tell")


def _announced(field: str, size: int | None) -> int:
    if size is None:
        raise Impossible(
            "size", "nothing", f"must be given in bytes when {field} is an iterator or cannot seek"
        )
    return size
