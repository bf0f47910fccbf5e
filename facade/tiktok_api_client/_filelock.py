"""A lock among processes: the operating system's own, which ends with the process that holds it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path

from tiktok_openapi._runtime.fork import renew_after_fork

from .errors import StoreFailed

if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _give_back(handle: int) -> None:
        os.close(handle)
else:
    import fcntl

    def _try(handle: int) -> bool:
        # flock, not lockf: a POSIX record lock would not exclude others of this process.
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _give_back(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)  # a forked child may hold the same handle open
        os.close(handle)


class FileLock:
    """Taken by one at a time, among all processes of the machine. The file stays: removing it would race."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._handle: int | None = None
        self._given_up = False
        renew_after_fork(self, FileLock._renew)

    def _renew(self) -> None:
        """Leave the lock to the parent, and do not keep it from others when that has died."""
        self._mutex = threading.Lock()
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def acquire(self) -> bool:
        """Try once; whether it is held now.

        Raises:
            StoreFailed: the lock file cannot be made, or its file system knows no locks.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise self._failed(problem) from problem
        with self._mutex:
            try:
                # A cancelled caller may have left a worker thread behind that comes here late.
                if not self._given_up and self._handle is None and _try(handle):
                    self._handle = handle
                    return True
            except OSError as problem:
                raise self._failed(problem) from problem
            finally:
                if self._handle != handle:
                    os.close(handle)
        return False

    def _failed(self, problem: OSError) -> StoreFailed:
        return StoreFailed(f"cannot lock {self._path}: {problem.strerror}")

    def release(self) -> None:
        """Give the lock back, if it is held; this object takes it no more."""
        with self._mutex:
            self._given_up = True
            handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(OSError):
                _give_back(handle)
