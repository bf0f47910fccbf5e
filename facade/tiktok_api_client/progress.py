"""How far an upload is: bytes, rate, and time left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

WINDOW: Final = 10.0
"""The rate is that of so many last seconds."""
INTERVAL: Final = 0.1
"""Seconds between two reports; the end of a chunk is always reported."""


@attrs.frozen
class Progress:
    """One look at an upload."""

    publish_id: str
    sent_bytes: int
    """Bytes that have left this machine. Goes back when a chunk has to be sent again."""
    stored_bytes: int
    """Bytes that TikTok has confirmed: whole chunks."""
    total_bytes: int
    chunk: int
    """Number of the chunk in flight, counted from 1; `chunk_count` at the end."""
    chunk_count: int
    rate: float
    """Bytes per second, over the last ten seconds; 0 when nothing has moved yet."""

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        return self.sent_bytes / self.total_bytes

    @property
    def seconds_left(self) -> float | None:
        """Until the last byte has left, at this rate; None when there is no rate yet."""
        return (self.total_bytes - self.sent_bytes) / self.rate if self.rate > 0 else None

    @property
    def finished(self) -> bool:
        """Whether TikTok has everything."""
        return self.stored_bytes == self.total_bytes


class Meter:
    """Turns positions into `Progress`."""

    def __init__(
        self,
        publish_id: str,
        total_bytes: int,
        chunk_count: int,
        stored_bytes: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publish_id = publish_id
        self._total = total_bytes
        self._count = chunk_count
        self._clock = clock
        self._position = self._stored = stored_bytes
        self._chunk = 1
        self._moved = 0  # bytes in all, those sent a second time included: what the rate is made of
        self._marks = deque([(clock(), 0)])
        self._reported = float("-inf")

    def begin(self, chunk: int, position: int) -> None:
        """A chunk (counted from 1) is about to be sent, from this position on."""
        self._chunk, self._position = chunk, position

    def move(self, position: int) -> Progress | None:
        """Bytes up to `position` have left; something to report now and then."""
        self._moved += position - self._position
        self._position = position
        now = self._clock()
        if now - self._reported < INTERVAL:
            return None
        return self._look(now)

    def store(self, position: int) -> Progress:
        """TikTok has everything up to `position`."""
        self._position = self._stored = position
        return self._look(self._clock())

    def _look(self, now: float) -> Progress:
        self._reported = now
        marks = self._marks
        marks.append((now, self._moved))
        while len(marks) > 2 and marks[1][0] <= now - WINDOW:
            marks.popleft()
        since, moved = marks[0]
        rate = (self._moved - moved) / (now - since) if now > since else 0.0
        return Progress(
            publish_id=self._publish_id,
            sent_bytes=self._position,
            stored_bytes=self._stored,
            total_bytes=self._total,
            chunk=self._chunk,
            chunk_count=self._count,
            rate=rate,
        )
