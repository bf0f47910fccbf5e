"""Videos in every form they can be given in, and what is refused before anything is asked."""

from __future__ import annotations

import gc
import gzip
import io
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import IO, TypeVar, cast

import pytest
from typing_extensions import Buffer

from tiktok_api_client._drivers import AsyncRunner, SyncRunner, SystemClock
from tiktok_api_client._flow import Blocking
from tiktok_api_client.remote import RemoteFile
from tiktok_api_client.source import (
    SYNC_PIECE,
    Slice,
    Source,
    SourceFailed,
    StreamSource,
    VideoInput,
    container,
    is_one_way,
    is_url,
    open_source,
)
from tiktok_openapi import Answer, Call, Impossible

T = TypeVar("T")

MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
DATA = MP4 + bytes(range(256)) * 4096  # a little over 1 MiB: several pieces, none of them whole


class Silent:
    """Nothing in here may ask TikTok."""

    def answer(self, call: Call[T], /) -> Answer[T]:
        raise AssertionError(call)


class SilentAsync:
    async def answer(self, call: Call[T], /) -> Answer[T]:
        raise AssertionError(call)


def opened(
    video: VideoInput, *, size: int | None = None, content_type: str | None = None, field: str = "video"
) -> Source:
    flow = open_source(video, field=field, size=size, content_type=content_type)
    OPEN.append(SyncRunner(Silent(), SystemClock()).run(flow))
    return OPEN[-1]


async def opened_async(video: VideoInput, *, size: int | None = None) -> Source:
    OPEN.append(await AsyncRunner(SilentAsync(), SystemClock()).run(open_source(video, size=size)))
    return OPEN[-1]


def close(video: object) -> None:
    if isinstance(video, io.IOBase):
        video.close()


OPEN: list[Source] = []


@pytest.fixture(autouse=True)
def close_sources() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def pieces(data: bytes = DATA, length: int = 100_000) -> Iterator[bytes]:
    for first in range(0, len(data), length):
        yield data[first : first + length]


async def async_pieces(data: bytes = DATA, length: int = 100_000) -> AsyncIterator[bytes]:
    for piece in pieces(data, length):
        yield piece


class OneWay(io.RawIOBase):
    """A pipe: can be read, cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: Buffer, /) -> int:
        return self._file.readinto(buffer)


class Taciturn:
    """As temporary files of Python 3.10 and `mmap` are: no `seekable`, and `seek` gives nothing."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> None:
        self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class ReadWithAwait:
    """As the uploaded files of web frameworks are."""

    async def read(self, size: int = -1) -> bytes:
        raise AssertionError(size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "clip.bin"
    target.write_bytes(DATA)
    return target


def as_gzip(path: Path) -> IO[bytes]:
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(DATA))
    return cast("IO[bytes]", gzip.open(packed))


MAKERS: dict[str, Callable[[Path], VideoInput]] = {
    "path": lambda path: path,
    "path as text": str,
    "file object": lambda path: path.open("rb"),
    "unbuffered file object": lambda path: path.open("rb", buffering=0),
    "BytesIO": lambda _path: io.BytesIO(DATA),
    "gzip": as_gzip,
    "bytes": lambda _path: DATA,
    "bytearray": lambda _path: bytearray(DATA),
    "memoryview": lambda _path: memoryview(DATA),
    "taciturn file object": lambda _path: cast("IO[bytes]", Taciturn(DATA)),
    "one-way file object": lambda _path: io.BufferedReader(OneWay(DATA)),
    "generator": lambda _path: pieces(),
    "list": lambda _path: list(pieces()),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_every_kind_gives_its_bytes_and_gives_them_again(kind: str, path: Path) -> None:
    video = MAKERS[kind](path)
    source = opened(video, size=len(DATA))
    assert (source.size, source.content_type) == (len(DATA), "video/mp4")
    body = Slice(source, 0, 700_000)
    assert b"".join(body) == DATA[:700_000]
    assert b"".join(body) == DATA[:700_000]
    source.arrived(700_000)
    assert b"".join(Slice(source, 700_000, len(DATA) - 700_000)) == DATA[700_000:]
    assert max(len(piece) for piece in Slice(source, 700_000, len(DATA) - 700_000)) <= SYNC_PIECE
    close(video)


@pytest.mark.parametrize("kind", [*MAKERS, "async generator"])
@pytest.mark.anyio
async def test_every_kind_gives_the_same_to_async_for(kind: str, path: Path) -> None:
    video = async_pieces() if kind == "async generator" else MAKERS[kind](path)
    source = await opened_async(video, size=len(DATA))
    assert source.content_type == "video/mp4"
    for first, size in ((0, 500_000), (0, 500_000), (500_000, len(DATA) - 500_000)):
        source.arrived(first)
        assert b"".join([piece async for piece in Slice(source, first, size)]) == DATA[first : first + size]
    close(video)


def test_a_slice_tells_how_far_it_is_when_the_piece_has_gone() -> None:
    moved: list[int] = []
    source = opened(DATA)
    body = iter(Slice(source, 100, SYNC_PIECE + 50, moved.append))
    next(body)
    assert moved == []
    next(body)
    assert moved == [100 + SYNC_PIECE]
    assert next(body, None) is None
    assert moved == [100 + SYNC_PIECE, 150 + SYNC_PIECE]


def test_a_file_object_may_be_closed_by_its_owner_and_stays_open_otherwise(path: Path) -> None:
    with path.open("rb") as file:
        source = opened(file)
    assert source.read(0, 4) == DATA[:4]
    with path.open("rb") as file:
        file.read(10)
        opened(file).close()
        assert file.read(2) == DATA[10:12]


def test_a_file_being_written_is_flushed_first(tmp_path: Path) -> None:
    with (tmp_path / "out.mp4").open("w+b") as file:
        file.write(DATA)
        assert opened(file).size == len(DATA)


def test_a_closed_source_may_be_closed_again(path: Path) -> None:
    source = opened(path)
    source.close()
    source.close()


def test_a_file_is_closed_though_whoever_had_it_opened_was_cancelled_meanwhile(path: Path) -> None:
    flow = open_source(path)
    step = next(flow)
    assert isinstance(step, Blocking)
    lowest = os.dup(0)  # what the next file will have
    os.close(lowest)
    descriptor, source = lowest, step.function()  # a worker thread opens it
    flow.close()  # and nobody comes for the result
    assert os.fstat(descriptor).st_size == len(DATA)
    del source
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_file_that_shrinks_is_an_error_and_no_short_body(path: Path) -> None:
    source = opened(path)
    os.truncate(path, 300_000)
    with pytest.raises(SourceFailed, match=r"ended after 300,000 bytes, but 1,048,600 were announced"):
        b"".join(Slice(source, 0, len(DATA)))


@pytest.mark.anyio
async def test_a_file_that_shrinks_is_an_error_for_async_callers_too(path: Path) -> None:
    source = await opened_async(path)
    os.truncate(path, 300_000)
    with pytest.raises(SourceFailed, match="300,000"):
        [piece async for piece in Slice(source, 0, len(DATA))]


def test_an_iterator_that_ends_early_is_an_error() -> None:
    source = opened(pieces(), size=len(DATA) + 1)
    with pytest.raises(SourceFailed, match="ended after"):
        b"".join(Slice(source, 0, source.size))


@pytest.mark.parametrize("extra", [b"x", b"x" * 200_000])
def test_an_iterator_that_goes_on_is_an_error_before_its_last_byte_leaves(extra: bytes) -> None:
    source = opened(pieces(DATA + extra), size=len(DATA))
    moved: list[int] = []
    with pytest.raises(SourceFailed, match="more than the 1,048,600 bytes"):
        list(Slice(source, 0, source.size, moved.append))
    assert max(moved) < source.size


@pytest.mark.anyio
async def test_an_async_iterator_that_goes_on_is_an_error_before_its_last_byte_leaves() -> None:
    source = await opened_async(async_pieces(DATA + b"x"), size=len(DATA))
    with pytest.raises(SourceFailed, match="more than"):
        [piece async for piece in Slice(source, 0, source.size)]


def test_an_iterator_must_give_bytes() -> None:
    with pytest.raises(SourceFailed, match="must give bytes, not str"):
        opened(["text"], size=4)  # type: ignore[list-item]


class Both:
    """Pieces for whoever waits and for whoever awaits, each time from the first one on."""

    def __iter__(self) -> Iterator[bytes]:
        return pieces()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return async_pieces()


@pytest.mark.anyio
async def test_what_can_be_iterated_in_both_ways_is_read_once() -> None:
    source = await opened_async(Both(), size=len(DATA))
    assert b"".join([piece async for piece in Slice(source, 0, len(DATA))]) == DATA


def test_what_has_arrived_is_forgotten_and_not_before() -> None:
    source = opened(pieces(), size=len(DATA))
    assert isinstance(source, StreamSource)
    b"".join(Slice(source, 0, 500_000))
    source.arrived(500_000)
    assert source.read(500_000, 5) == DATA[500_000:500_005]
    with pytest.raises(SourceFailed, match="can be read only once, and byte 0 has passed"):
        source.read(0, 1)


def test_one_large_piece_is_not_copied_about() -> None:
    source = opened(iter([DATA]), size=len(DATA))
    source.read(0, 1)
    source.arrived(10)
    assert source.read(0, 5) == DATA[:5]  # still there: moving a megabyte to free ten bytes would not pay


def test_fingerprints_tell_videos_apart() -> None:
    middle = bytearray(DATA)
    middle[len(DATA) - 1] ^= 1
    assert opened(DATA).fingerprint() == opened(bytearray(DATA)).fingerprint()
    assert opened(DATA).fingerprint() != opened(middle).fingerprint()
    assert opened(DATA).fingerprint() != opened(DATA[:-1]).fingerprint()
    assert opened(MP4).fingerprint()
    assert opened(pieces(), size=len(DATA)).fingerprint() == ""


HEADS = {
    MP4: "video/mp4",
    b"\x00\x00\x00\x14ftypqt  \x20\x05\x03\x00qt  ": "video/quicktime",
    b"\x00\x00\x00\x08wide\x00\x00\x12\x34mdat": "video/quicktime",
    b"\x1aE\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04": "video/webm",
    b"\x1aE\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska\x42\x87\x81\x04": None,
    b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00": None,
    b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00": None,
    b"RIFF\x00\x00\x00\x00AVI LIST": None,
    b"GIF89a\x01\x00\x01\x00": None,
    b"\xff\xd8\xff\xe0\x00\x10JFIF": None,
    b"this is a text": None,
    b"": None,
}


@pytest.mark.parametrize("head", HEADS)
def test_the_content_decides_about_the_content_type(head: bytes) -> None:
    assert container(head) == HEADS[head]


def test_a_text_that_is_called_mp4_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("this is a text, whatever it is called")
    with pytest.raises(
        Impossible, match=r"video_path: must be an MP4, QuickTime \(MOV\) or WebM video, got"
    ) as no:
        opened(path, field="video_path")
    assert "notes.mp4" in no.value.got
    assert opened(path, content_type="video/webm").content_type == "video/webm"


def test_a_content_type_must_be_one_that_tiktok_takes() -> None:
    with pytest.raises(Impossible, match="content_type: must be one of video/mp4, "):
        opened(DATA, content_type="video/x-msvideo")


def refusal(video: object, **more: int) -> str:
    with pytest.raises(Impossible) as no:
        opened(video, **more)  # type: ignore[arg-type]
    return str(no.value)


def test_refused_before_anything_is_asked(tmp_path: Path, path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    closed = path.open("rb")
    closed.close()
    assert refusal(tmp_path / "none.mp4").startswith("video: must be an existing file, got '")
    assert refusal(path / "below").startswith("video: must be an existing file")
    assert "video: must be a file, not a directory" in refusal(tmp_path)
    assert "video: must not be empty" in refusal(tmp_path / "empty.mp4")
    assert "video: must not be empty" in refusal(b"")
    assert "video: must be open, got a closed file" in refusal(closed)
    assert 'must be opened in binary mode ("rb"), got a file opened as text' in refusal(io.StringIO("text"))
    assert "got a value of type int" in refusal(7)
    with (tmp_path / "new.mp4").open("wb") as new:
        assert 'must be opened for reading ("rb"), got' in refusal(new)
    assert "must be one that is not, got a file that is read with await" in refusal(ReadWithAwait())
    assert "size: must be given in bytes" in refusal(pieces())
    assert "size: must be that of video: 1,048,600 bytes, got 7" in refusal(DATA, size=7)
    assert "at most 4,294,967,296 bytes (4 GiB)" in refusal(pieces(), size=4_294_967_297)
    assert "or use AsyncTikTok" in refusal(async_pieces(), size=len(DATA))
    assert "must be a readable file (" in refusal("a\0b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "must be a regular file" in refusal(tmp_path / "pipe")


def test_what_can_be_read_only_once_is_known(path: Path) -> None:
    once = [pieces(), async_pieces(), io.BufferedReader(OneWay(DATA)), [b"x"]]
    remote = RemoteFile("https://cdn.example.test/v.mp4")
    again: list[object] = [path, str(path), DATA, io.BytesIO(DATA), Taciturn(DATA), remote, 7]
    assert [is_one_way(video) for video in once] == [True] * 4
    assert [is_one_way(video) for video in again] == [False] * 7


def test_an_async_iterator_cannot_be_read_by_waiting() -> None:
    OPEN.append(StreamSource("video", async_pieces(), len(DATA)))
    with pytest.raises(TypeError, match="AsyncTikTok"):
        OPEN[0].read(0, 1)


def test_urls_are_told_from_paths() -> None:
    assert is_url("https://media.example.test/v.mp4")
    assert is_url("HTTP://media.example.test/v.mp4")
    assert not is_url("https.mp4")
    assert not is_url(Path("https://x"))
