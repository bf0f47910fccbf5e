"""Looking into files, as TikTok does after it has them.

Signatures and pictures are read here. What is inside a video (codec, duration, frame rate, picture size) is
read with PyAV, which the extra `[media]` brings; without it the log says what was not checked.
"""

from __future__ import annotations

import struct
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

import attrs

from tiktok_openapi import limits

from .rule import Rule, rule
from .spool import Spool
from .why import log

CONTAINER = rule(
    "media.container",
    "A video is MP4, MOV or WebM; anything else ends with file_format_check_failed.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
    switch="check_media",
)
CODEC = rule(
    "media.codec",
    "A video is H.264, H.265, VP8 or VP9; anything else ends with file_format_check_failed.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
    switch="check_media",
)
DURATION = rule(
    "media.duration",
    "A video is no longer than max_video_post_duration_sec, a draft, which the user can trim, no longer than "
    "10 minutes; else it ends with duration_check_failed.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
    switch="check_media",
)
FRAME_RATE = rule(
    "media.frame-rate",
    "A video has 23 to 60 frames per second; else it ends with frame_rate_check_failed.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
    switch="check_media",
)
PICTURE_SIZE = rule(
    "media.picture-size",
    "Each side of a video has 360 to 4096 pixels; else it ends with picture_size_check_failed.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
    switch="check_media",
)
PHOTO_FORMAT = rule(
    "media.photo-format",
    "A photo is JPEG or WebP; anything else ends with file_format_check_failed, PNG included.",
    "documented",
    "doc:content-posting-api-media-transfer-guide; gitroomhq/postiz-app issue 814",
    switch="check_media",
)
PHOTO_PIXELS = rule(
    "media.photo-pixels",
    "The shorter side of a photo has at most 1080 pixels; one photo over it fails the whole set.",
    "observed",
    "gitroomhq/postiz-app issue 814",
    switch="check_media",
)
PHOTO_BYTES = rule(
    "media.photo-bytes",
    "A photo has at most 20 MB; what a larger one ends with is not known, the mock takes "
    "picture_size_check_failed.",
    "unknown",
    "doc:content-posting-api-media-transfer-guide",
    switch="check_media",
)

_CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9"})
_TOLERANCE: Final = 0.005
"""By how much a frame rate may miss its bounds: files round it."""


@attrs.frozen
class Report:
    """What was found in a file."""

    fail_reason: str = ""
    """What the post ends with; empty when nothing is wrong."""
    duration: float = 0.0
    width: int = 0
    height: int = 0


@cache
def can_look_inside() -> bool:
    """Whether the extra `[media]` is installed."""
    return find_spec("av") is not None


def needs_file(*, check: bool) -> bool:
    """Whether uploaded bytes must be kept until they are complete."""
    return check and can_look_inside()


def _wrong(rule_: Rule, reason: str, found: str, report: Report | None = None) -> Report:
    log.info("%s: %s; found %s", rule_.id, rule_.text, found)
    return attrs.evolve(report or Report(), fail_reason=reason)


# Videos


def longest_draft(account_seconds: int) -> int:
    """How many seconds a draft may have: the user can trim what is too long for the account."""
    return max(account_seconds, limits.VIDEO_MAX_DURATION)


def container(head: bytes) -> str:
    """The container whose signature a file begins with: mp4, quicktime, webm, or nothing."""
    if head[4:8] == b"ftyp":
        return "quicktime" if head[8:12] == b"qt  " else "mp4"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "quicktime"
    if head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head[:64]:
        return "webm"
    return ""


def check_video(spool: Spool, max_seconds: int) -> Report:
    """Look into a video."""
    if not container(spool.head):
        return _wrong(CONTAINER, "file_format_check_failed", f"a file that begins with {spool.head[:12]!r}")
    path = spool.path()
    if path is None or not can_look_inside():
        log.info(
            "codec, duration, frame rate and picture size were not checked; "
            'pip install "tiktok-openapi[media]" for that'
        )
        return Report()
    return _look_inside(path, max_seconds)


def _look_inside(path: Path, max_seconds: int) -> Report:
    import av
    from av.error import FFmpegError

    open_any: Any = av.open  # its type names the mode, and knows nothing of what it returns without one
    try:
        with open_any(str(path)) as opened:
            if not opened.streams.video:
                return _wrong(CODEC, "file_format_check_failed", "no video in it")
            stream = opened.streams.video[0]
            context = stream.codec_context
            codec: str = context.codec.canonical_name  # whichever decoder it was read with
            rate = float(stream.average_rate or stream.guessed_rate or 0)
            seconds = 0.0
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            elif opened.duration is not None:
                seconds = opened.duration / av.time_base
            width, height = int(context.width), int(context.height)
    except (FFmpegError, OSError, ValueError, ArithmeticError) as error:
        return _wrong(CONTAINER, "file_format_check_failed", f"a file that cannot be read ({error})")
    report = Report(duration=seconds, width=width, height=height)
    if codec not in _CODECS:
        return _wrong(CODEC, "file_format_check_failed", codec, report)
    if seconds > max_seconds * (1 + _TOLERANCE):  # a stream, such as a browser records, does not say: 0
        return _wrong(DURATION, "duration_check_failed", f"{seconds:.2f} s of at most {max_seconds}", report)
    low, high = limits.VIDEO_MIN_FRAME_RATE, limits.VIDEO_MAX_FRAME_RATE
    if rate and not low * (1 - _TOLERANCE) <= rate <= high * (1 + _TOLERANCE):
        return _wrong(FRAME_RATE, "frame_rate_check_failed", f"{rate:.2f} frames per second", report)
    if not all(limits.VIDEO_MIN_SIDE <= side <= limits.VIDEO_MAX_SIDE for side in (width, height)):
        return _wrong(PICTURE_SIZE, "picture_size_check_failed", f"{width}x{height}", report)
    return report


# Photos


def check_photo(spool: Spool) -> Report:
    """Look into a photo."""
    if spool.size > limits.PHOTO_MAX_SIZE:
        return _wrong(PHOTO_BYTES, "picture_size_check_failed", f"more than {limits.PHOTO_MAX_SIZE} bytes")
    size = photo_size(spool)
    if size is None:
        return _wrong(PHOTO_FORMAT, "file_format_check_failed", f"it begins with {spool.head[:12]!r}")
    width, height = size
    report = Report(width=width, height=height)
    if min(width, height) > limits.PHOTO_MAX_SHORT_SIDE:
        return _wrong(PHOTO_PIXELS, "picture_size_check_failed", f"{width}x{height}", report)
    return report


def photo_size(spool: Spool) -> tuple[int, int] | None:
    """Width and height of a JPEG or WebP; None for anything else."""
    path = spool.path()
    try:
        if spool.head[:3] == b"\xff\xd8\xff" and path is not None:
            with path.open("rb") as file:
                return _jpeg_size(file)
        if spool.head[:4] == b"RIFF" and spool.head[8:12] == b"WEBP":
            return _webp_size(spool.head)
    except (struct.error, OSError):
        return None
    return None


_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset(range(0xD0, 0xDA)) | {0x01, 0xFF}
"""Markers that no length follows."""


def _jpeg_size(file: IO[bytes]) -> tuple[int, int] | None:
    """From the frame header, which stands behind segments of any number and size."""
    file.seek(2)
    while (start := file.read(2)) and len(start) == 2 and start[0] == 0xFF:
        marker = start[1]
        if marker == 0xFF:
            file.seek(-1, 1)  # a fill byte
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", file.read(7)[3:])
            return width, height
        elif marker not in _ALONE:
            (length,) = struct.unpack(">H", file.read(2))
            file.seek(length - 2, 1)
    return None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L" and head[20] == 0x2F:
        (bits,) = struct.unpack("<I", head[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
