"""After a fork, the child has copies of all locks, and none of the threads that would give them back."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_living: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


def renew_after_fork(holder: T, renew: Callable[[T], None]) -> None:
    """Have `renew(holder)` called in every forked child, before anything else: it makes the holder's locks
    anew, and its connections.
    """
    _living[holder] = renew


def _renew_all() -> None:
    for holder, renew in list(_living.items()):
        renew(holder)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew_all)
