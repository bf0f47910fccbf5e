"""Time in a world: it runs, stands still, or jumps, and what was planned happens in its order.

This is the only module that reads the wall clock.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Final

Action = Callable[[float], None]
"""What happens at a time; it is told the time it was planned for."""

START: Final = 1795338930.0
"""Where a clock that stands still begins: 22 November 2026, 09:15:30 UTC."""


LATEST: Final = 253402300800.0
"""The year 10000, beyond which no date can be written."""


def check_moment(moment: float) -> None:
    """Refuse a time that is no time. Raises ValueError."""
    if not 0 <= moment < LATEST:
        raise ValueError(f"{moment!r} is no time in seconds since 1970")


class Clock:
    """A clock and its plan.

    Nothing runs by itself: whoever owns the clock calls `settle`, and everything due by then happens.
    """

    def __init__(self, *, start: float | None = None, frozen: bool = True) -> None:
        self._frozen: float | None = None
        self._offset = 0.0
        self._plan: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        if frozen:
            self._frozen = START if start is None else start
        elif start is not None:
            self._offset = start - time.time()

    @property
    def frozen(self) -> bool:
        """Whether it stands still until it is moved."""
        return self._frozen is not None

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._offset if self._frozen is None else self._frozen

    def off_by(self) -> float:
        """Seconds between this clock and the machine's, whichever is ahead."""
        return abs(self.now() - time.time())

    def freeze(self) -> None:
        """Stand still from now on."""
        self._frozen = self.now()

    def resume(self) -> None:
        """Run on from where it stands."""
        if self._frozen is not None:
            self._offset = self._frozen - time.time()
            self._frozen = None

    def move_to(self, moment: float) -> None:
        """Jump. What is due by then happens only when somebody settles."""
        check_moment(moment)
        if self._frozen is None:
            self._offset = moment - time.time()
        else:
            self._frozen = moment

    def plan(self, due: float, action: Action) -> None:
        """Let `action` happen at `due`; actions of one moment happen in the order they were planned in."""
        heapq.heappush(self._plan, (due, next(self._numbers), action))

    def next_due(self) -> float | None:
        """When the next action is due."""
        return self._plan[0][0] if self._plan else None

    def settle(self, until: float | None = None) -> None:
        """Let everything happen that is due by `until` (by now, unless told otherwise)."""
        if not self._plan:
            return
        limit = self.now() if until is None else until
        while self._plan and self._plan[0][0] <= limit:
            due, _, action = heapq.heappop(self._plan)
            action(due)
