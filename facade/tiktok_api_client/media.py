"""Looking into a video, with PyAV (extra `[media]`), and into the beginning of a photo, without anything."""

from __future__ import annotations

import struct
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import attrs

from .source import Source, StreamSource

CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9"})
"""H.264, H.265, VP8, VP9, in FFmpeg's words.

https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
"""


@attrs.frozen
class VideoInfo:
    """What a video is."""

    codec: str
    """In FFmpeg's word: `h264`, `hevc`, `vp8`, `vp9`, …"""
    duration: float
    """Seconds; 0 when the file does not say."""
    frame_rate: float
    """Frames per second, on average; 0 when the file does not say."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""


class UnreadableMedia(Exception):
    """A file that is not what its first bytes promise."""


@cache
def can_look_inside() -> bool:
    """Whether the extra `[media]` is installed."""
    return find_spec("av") is not None


def video_info(source: Source) -> VideoInfo | None:
    """What a video is; None where that cannot be known: without the extra, and for a stream.

    Raises:
        UnreadableMedia: it is no video that anybody can play.
    """
    if isinstance(source, StreamSource) or not can_look_inside():
        return None
    av: Any = import_module("av")
    try:
        with av.open(_Reader(source)) as opened:
            if not opened.streams.video:
                raise UnreadableMedia("there is no video in it")
            stream = opened.streams.video[0]
            seconds = 0.0
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            elif opened.duration is not None:
                seconds = opened.duration / float(av.time_base)
            return VideoInfo(
                codec=str(stream.codec_context.name),
                duration=seconds,
                frame_rate=float(stream.average_rate or stream.guessed_rate or 0),
                width=int(stream.codec_context.width),
                height=int(stream.codec_context.height),
            )
    except (av.FFmpegError, ValueError, ArithmeticError) as problem:
        raise UnreadableMedia(str(problem)) from None


class _Reader:
    """A source as the file object that PyAV wants."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        left = self._source.size - self._position
        data = self._source.read_whole(self._position, left if size < 0 else min(size, left))
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, self._source.size)[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position


@attrs.frozen
class PhotoInfo:
    """What a photo is."""

    kind: str
    """`JPEG`, `WebP`, `PNG`, `GIF`, or nothing when it is none of them."""
    width: int = 0
    """Pixels; 0 when the beginning of the file does not say."""
    height: int = 0


def photo_info(head: bytes) -> PhotoInfo:
    """What a photo is, from its beginning (64 KiB nearly always suffice)."""
    try:
        if head.startswith(b"\xff\xd8\xff"):
            return PhotoInfo("JPEG", *_jpeg_size(head))
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return PhotoInfo("WebP", *_webp_size(head))
    except (struct.error, IndexError):
        return PhotoInfo("JPEG" if head.startswith(b"\xff\xd8") else "WebP")
    for kind, signature in {"PNG": b"\x89PNG", "GIF": b"GIF8"}.items():
        if head.startswith(signature):
            return PhotoInfo(kind)
    return PhotoInfo("")


_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset(range(0xD0, 0xDA)) | {0x01}


def _jpeg_size(head: bytes) -> tuple[int, int]:
    """From the frame header, which stands behind segments of any number and size."""
    position = 2
    while head[position] == 0xFF:
        marker = head[position + 1]
        if marker == 0xFF:
            position += 1  # a fill byte
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", head, position + 5)
            return width, height
        elif marker in _WITHOUT_LENGTH:
            position += 2
        else:
            (length,) = struct.unpack_from(">H", head, position + 2)
            position += 2 + length
    return 0, 0


def _webp_size(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L" and head[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", head, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
