"""`Content-Range`, both ways: what a chunk says it is, and what TikTok says it has."""

from __future__ import annotations

import re
from typing import Final

from .plan import ChunkPlan

_RANGE: Final = re.compile(r"\s*(?:bytes\s*[ =:]\s*)?(\d+)\s*-\s*(\d+)\s*(?:/\s*(\d+|\*)\s*)?", re.IGNORECASE)
_DIGITS: Final = 20


def content_range(first: int, size: int, total: int) -> str:
    """`bytes 0-9/10` is ten bytes: both ends are included."""
    return f"bytes {first}-{first + size - 1}/{total}"


def stored_bytes(header: str | None, plan: ChunkPlan) -> int | None:
    """How many bytes TikTok has, from the `Content-Range` of an answer; None where that does not say.

    The header reads ``bytes 0-<n>/<total>``. Whether n counts the bytes or is the last one's index is
    unknown, so both are tried: only whole chunks are ever stored, and the two readings are one byte apart.
    """
    if header is None or len(header) > 4 * _DIGITS:
        return None
    match = _RANGE.fullmatch(header)
    if match is None:
        return None
    n, total = int(match[2]), match[3]
    if total not in (None, "*") and int(total) != plan.video_size:
        return None
    readings = [stored for stored in (n, n + 1) if plan.at(stored) is not None]
    return readings[0] if len(readings) == 1 else None
