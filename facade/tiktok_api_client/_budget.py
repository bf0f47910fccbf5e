"""TikTok's rate limits, kept from this side: sliding windows per token and bucket, and caps that TikTok
reported.

The numbers come from the description. Nothing here waits: `Budget.reserve` says for how long to.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final, Literal

import attrs

from tiktok_openapi import Impossible, Operation, Refused, TryLater
from tiktok_openapi._runtime.fork import renew_after_fork

BudgetMode = Literal["wait", "raise", "off"]
"""What to do when a rate limit is used up: wait until the call fits, raise `OverBudget`, or send it all the
same.
"""

MODES: Final = ("wait", "raise", "off")

REMEMBERED: Final = 3600.0
"""Seconds for which a reported cap is believed. The windows slide (24 hours), so it may open again at any
time.
"""

_FEW_WINDOWS: Final = 1024
"""So many are kept without looking whether they are still in use."""


def check_mode(mode: BudgetMode) -> BudgetMode:
    """`mode` itself, if it is one."""
    if mode not in MODES:
        raise Impossible("budget", repr(mode), f"one of {', '.join(MODES)}")
    return mode


@attrs.define(eq=False)
class _Window:
    seconds: int
    times: deque[float] = attrs.field(factory=deque[float])


class Budget:
    """What has been used of each rate limit. Safe to share between threads and tasks."""

    def __init__(self) -> None:
        self._renew()
        renew_after_fork(self, Budget._renew)
        self._windows: dict[tuple[str, str], _Window] = {}
        self._sweep_at = _FEW_WINDOWS
        self._caps: dict[tuple[str, str], tuple[float, Refused]] = {}

    def _renew(self) -> None:
        self._mutex = threading.Lock()

    def reserve(self, operation: Operation, who: str, now: float, *, wait: bool) -> float:
        """Take a place for one call.

        Args:
            operation: what is to be called.
            who: on whose account the limit is counted.
            now: a monotonic clock, in seconds.
            wait: whether to take the next place that comes free when there is none.

        Returns:
            Seconds until the place: 0 for now. Without `wait`, no place is taken unless it is 0.
        """
        limit = operation.rate_limit
        if limit is None:
            return 0.0
        with self._mutex:
            window = self._windows.get((limit.bucket, who))
            if window is None:
                if len(self._windows) >= self._sweep_at:
                    self._drop_idle(now)
                window = self._windows[limit.bucket, who] = _Window(limit.seconds)
            times = window.times
            while times and times[0] <= now - limit.seconds:
                times.popleft()
            if len(times) < limit.requests:
                times.append(max(now, times[-1]) if times else now)
                return max(0.0, times[-1] - now)
            free_at = times[-limit.requests] + limit.seconds
            if wait:
                times.append(free_at)
            return free_at - now

    def full(self, operation: Operation, who: str, now: float) -> None:
        """TikTok says that the limit is used up (others may use it too): no call fits before a whole window
        is over.
        """
        limit = operation.rate_limit
        if limit is not None:
            with self._mutex:
                window = self._windows.setdefault((limit.bucket, who), _Window(limit.seconds))
                window.times.extend([now] * limit.requests)

    def remember(self, problem: TryLater, operation: Operation, who: str, now: float) -> None:
        """Keep a cap that TikTok reported, so that it need not be asked again at once."""
        with self._mutex:
            self._caps[operation.id, who] = (now + REMEMBERED, problem)

    def cap(self, operation: Operation, who: str, now: float) -> Refused | None:
        """What TikTok said to this operation, if that is not long ago."""
        with self._mutex:
            known = self._caps.get((operation.id, who))
            if known is None:
                return None
            until, problem = known
            if until <= now:
                del self._caps[operation.id, who]
                return None
        return type(problem)(
            code=problem.code,
            message=problem.message,
            log_id=problem.log_id,
            status=problem.status,
            operation=problem.operation,
            request=problem.request,
            category=problem.category,
            retryable=problem.retryable,
            advice=problem.advice,
            headers=problem.headers,
            retry_after=until - now,
            docs=problem.docs,
        )

    def _drop_idle(self, now: float) -> None:
        for key, window in list(self._windows.items()):
            if not window.times or window.times[-1] <= now - window.seconds:
                del self._windows[key]
        for place, (until, _) in list(self._caps.items()):
            if until <= now:
                del self._caps[place]
        self._sweep_at = max(_FEW_WINDOWS, 2 * len(self._windows))
