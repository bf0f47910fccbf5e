"""Which failures are worth another try, and after how long.

Repeating is safe where the description says that sending twice does no more than sending once, or where
nothing can have happened: no connection was made, or TikTok answered that it will not do it now.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from tiktok_openapi import CouldNotAsk, Error, Operation, Refused, Sent, TryLater, Unreadable

TRIES: Final = 4
"""How often a call is made at most, the first time included."""

FIRST_PAUSE: Final = 0.5
"""Seconds before the second try, at most; each further pause is up to twice as long."""

LONGEST_PAUSE: Final = 8.0
"""Seconds between two tries, at most, where TikTok does not say how long to wait."""

LONGEST_WAIT: Final = 60.0
"""A delay that TikTok asks for is honoured up to so many seconds; a longer one is the caller's to plan."""


def may_repeat(operation: Operation, problem: Error) -> bool:
    """Whether the same call can be made again without doing anything twice, and may then succeed."""
    if isinstance(problem, CouldNotAsk):
        return operation.idempotent or problem.sent is Sent.NO
    if isinstance(problem, TryLater):
        return problem.retryable and problem.status == 429
    if isinstance(problem, Refused):
        return operation.idempotent and problem.retryable
    if isinstance(problem, Unreadable):
        return operation.idempotent and problem.status >= 500
    return False


def pause(attempt: int, problem: Error, chance: Callable[[], float] = random.random) -> float | None:
    """Seconds to wait before try number `attempt + 1`; None when the wait is too long to be done here."""
    asked = problem.retry_after if isinstance(problem, Refused) else None
    if asked is not None:
        return asked if asked <= LONGEST_WAIT else None
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 1))
    return longest * (0.5 + 0.5 * chance())
