"""Looking into files: signatures always, everything else with the extra `[media]`."""

from __future__ import annotations

from .spool import Spool


def check_video(spool: Spool, max_seconds: int) -> str:
    """The fail reason a video ends with; empty when nothing is wrong with it."""
    return "" if container(spool.head) else "file_format_check_failed"


def check_photo(spool: Spool) -> str:
    """The fail reason a photo ends with; empty when nothing is wrong with it."""
    return ""


def container(head: bytes) -> str:
    """The container whose signature a file begins with: mp4, quicktime, webm, or nothing."""
    if head[4:8] == b"ftyp":
        return "quicktime" if head[8:12] == b"qt  " else "mp4"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "quicktime"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm"
    return ""
