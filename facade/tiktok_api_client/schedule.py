"""When to ask for a status again: soon at first, then less and less often, within TikTok's rate limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiktok_openapi.routes import BY_ID

_LIMIT: Final = BY_ID["fetchStatus"].rate_limit
SHORTEST: Final = _LIMIT.seconds / _LIMIT.requests if _LIMIT is not None else 1.0
"""Seconds between two questions at least: what the rate limit allows for ever."""
LONGEST: Final = 20.0
"""Seconds between two questions at most, while a post is processed."""
LONGEST_FOR_IDS: Final = 60.0
"""Seconds between two questions at most, while a post is moderated."""
GROWTH: Final = 1.3
TIMEOUT: Final = 600.0
"""Seconds that `wait` waits unless told otherwise. Processing can take half an hour and more."""


def poll_schedule(
    shortest: float = SHORTEST, longest: float = LONGEST, growth: float = GROWTH
) -> Iterator[float]:
    """Seconds before each further question; the first question comes at once."""
    seconds = shortest
    while True:
        yield seconds
        seconds = min(max(seconds * growth, shortest), longest)
