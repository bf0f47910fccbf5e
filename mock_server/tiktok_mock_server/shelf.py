"""Tables that forget what is over, so that a mock can run for weeks.

What is over can only be refused, in the same words whether it is remembered or not; of each kind the newest
are remembered all the same, for what a refusal tells the developer. Nobody looks for it by the clock: a table
is looked through when it has doubled, so that each thing put into it costs the same, whatever came before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")
W = TypeVar("W")

KEPT: Final = 1000
"""How many of a kind are remembered that are over."""
COUNT: Final = 5000
"""How many entries of a log are kept that are settled; twice as many until it is looked through."""
SIZE: Final = 4 * 1024 * 1024
"""How many bytes they have together; likewise."""


class Shelf(dict[K, T], Generic[K, T, W]):
    """Things by name, oldest first, and what tells in their world whether one is over."""

    def __init__(self, over: Callable[[T, W], bool], *, kept: int | None = None) -> None:
        super().__init__()
        self._over = over
        self._kept = KEPT if kept is None else kept
        self._full = 2 * self._kept

    def put(self, name: K, one: T, world: W) -> T:
        """Add something; it is not forgotten before something else is added."""
        if len(self) >= self._full:
            self._tidy(world)
        self[name] = one
        return one

    def _tidy(self, world: W) -> None:
        over = [name for name, one in self.items() if self._over(one, world)]
        for name in over[: max(0, len(over) - self._kept)]:
            del self[name]
        self._full = 2 * max(len(self), self._kept)


class Log(list[T]):
    """Things that happened, oldest first."""

    def __init__(self, settled: Callable[[T], bool], size: Callable[[T], int]) -> None:
        super().__init__()
        self.dropped = 0
        """How many were forgotten."""
        self._settled = settled
        self._size_of = size
        self._size = 0
        self._full, self._full_size = 2 * COUNT, 2 * SIZE

    def add(self, one: T) -> None:
        """Note something. What is not settled is never forgotten."""
        self.append(one)
        self._size += self._size_of(one)
        if len(self) > self._full or self._size > self._full_size:
            self._tidy()

    def _tidy(self) -> None:
        kept: list[T] = []
        count = size = self._size = 0
        for one in reversed(self):
            length = self._size_of(one)
            if self._settled(one):
                count, size = count + 1, size + length
                if kept and (count > COUNT or size > SIZE):
                    self.dropped += 1
                    continue
            self._size += length
            kept.append(one)
        self[:] = reversed(kept)
        self._full, self._full_size = len(self) + COUNT, self._size + SIZE
