"""Files that a crash leaves as they were or as they were to be: written beside their place, put there whole.

Only their owner can read them. What they hold is one JSON object, with the version of its form.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from pathlib import Path
from typing import Final, cast

from .errors import StoreFailed

_ABANDONED: Final = 3600.0
"""Seconds after which a draft has no writer any more."""


def draft(path: Path, text: str) -> Path:
    """A file beside `path`, on disk, to be put in its place. Makes the directory (0700) if need be."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    write_new(found, text.encode())
    return found


def write_new(path: Path, data: bytes) -> None:
    """Write a file that does not exist, and see that it is on disk.

    Raises:
        FileExistsError: there is one.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def replace(path: Path, text: str) -> None:
    """Write a file, in place of the earlier one. It is durable after `sync_directory`."""
    new = draft(path, text)
    try:
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def sync_directory(directory: Path) -> None:
    """Make what was put in place or removed durable, where the system has a way to say so."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(directory: Path, pattern: str) -> None:
    """Remove the drafts that a crash has left of such files. Others may write now, so not what is young."""
    for new in directory.glob(f"{pattern}.*.new"):
        with contextlib.suppress(OSError):
            if time.time() - new.stat().st_mtime > _ABANDONED:
                new.unlink()


def fields_of(text: str, what: str, version: int) -> dict[str, object]:
    """What a stored form of this version holds; messages call it `what`.

    Raises:
        StoreFailed: it is damaged, or was written by a later version.
    """
    try:
        read: object = json.loads(text)
    except (ValueError, RecursionError):
        raise StoreFailed(f"{what} is not JSON") from None
    if not isinstance(read, dict):
        raise StoreFailed(f"{what} is not a JSON object")
    fields = cast("dict[str, object]", read)
    found = fields.pop("version", None)
    if found != version:
        raise StoreFailed(f"{what} has version {found!r:.20}; this release reads version {version}")
    return fields
