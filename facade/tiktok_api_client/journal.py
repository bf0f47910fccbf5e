"""Posts in flight, written down: what makes `resume` and `key=` survive a crash.

An entry is written before the init is sent, again when TikTok has given the publish id (before the first byte
moves), and again when all bytes are there. So after a crash at any point the journal says which of these
holds:

- no entry, or a dropped one: nothing was sent;
- *beginning*: the init was about to be sent, and its outcome is not known;
- *begun*: there is a post, and its bytes have not all arrived;
- *handed over*: TikTok has all it needs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import attrs

from tiktok_openapi._runtime.fork import renew_after_fork
from tiktok_openapi.limits import UPLOAD_URL_LIFETIME

from ._durable import draft, fields_of, replace, sweep, sync_directory, write_new
from ._flow import Flow, asked
from .errors import StoreFailed
from .tokens import MaybeAsync

T = TypeVar("T")

VERSION: Final = 1
"""The version of the written form."""
_PREFIX: Final = "post-"  # so that tokens may lie in the same directory


class Stage(str, Enum):
    """How far a post has come, as far as this side knows."""

    BEGINNING = "beginning"
    """The init is about to be sent, or was sent without a clear answer."""
    BEGUN = "begun"
    """TikTok has given a publish id and waits for bytes."""
    HANDED_OVER = "handed over"
    """TikTok has all the bytes, or pulls them itself."""


@attrs.frozen(kw_only=True)
class Entry:
    """One post in the journal."""

    id: str
    """Names the entry; made from the key where there is one."""
    stage: Stage
    kind: str = ""
    """What was posted: the name of its class in `posts`."""
    key: str | None = None
    """The caller's own name for the post."""
    digest: str = ""
    """Tells whether a later call with this key means the same post."""
    began_at: float = 0.0
    """Seconds since 1970."""
    publish_id: str | None = None
    upload_url: str | None = attrs.field(default=None, repr=False)
    """Where the bytes go, for one hour. A secret."""
    path: str | None = None
    """The video, where it is a file with a path."""
    fingerprint: str = ""
    """Tells whether a video is still the same one."""
    content_type: str | None = None
    video_size: int | None = None
    chunk_size: int | None = None

    def to_json(self) -> str:
        """The written form. It holds the upload address: keep it where nobody else can read it."""
        return json.dumps({"version": VERSION, **attrs.asdict(self, value_serializer=_plain)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Entry:
        """Back from the written form.

        Raises:
            StoreFailed: it is damaged, or was written by a later version.
        """
        entry = fields_of(text, "a journal entry", VERSION)
        known: dict[str, Any] = {}
        for field in attrs.fields(cls):
            value = entry.get(field.name)
            if not isinstance(value, _TYPES[str(field.type)]) or isinstance(value, bool):
                raise StoreFailed(
                    f"a journal entry is damaged: {field.name} is of type {type(value).__name__}"
                )
            known[field.name] = value
        try:
            known["stage"] = Stage(known["stage"])
        except ValueError:
            raise StoreFailed(f"a journal entry is damaged: stage {known['stage']!r:.40}") from None
        return cls(**known)


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "Stage": (str,),
    "float": (int, float),
    "str | None": (str, type(None)),
    "int | None": (int, type(None)),
}


def _plain(_owner: object, _field: object, value: Any) -> Any:
    return value.value if isinstance(value, Stage) else value


def entry_id(key: str | None) -> str:
    """The name of the entry for a key; a new one where there is no key."""
    return secrets.token_hex(16) if key is None else "k" + hashlib.sha256(key.encode()).hexdigest()[:31]


class Journal(Protocol):
    """Where posts in flight are written down. Methods may be ``async def`` for `AsyncTikTok`."""

    def claim(self, entry: Entry) -> MaybeAsync[Entry | None]:
        """Write a new entry, unless one of this id exists; that one is the result, else None.

        Of several callers, in whatever thread or process, only one may be told None. What was written must be
        durable when this returns.
        """
        ...

    def write(self, entry: Entry) -> MaybeAsync[None]:
        """Replace the entry of this id. It must be durable when this returns."""
        ...

    def drop(self, entry: Entry) -> MaybeAsync[None]:
        """Forget the entry of this id: nothing was sent, or nothing can come of it."""
        ...

    def find(self, publish_id: str) -> MaybeAsync[Entry | None]:
        """The entry of a post; None when there is none."""
        ...

    def look(self, id: str) -> MaybeAsync[Entry | None]:  # noqa: A002 - as `Entry.id`
        """The entry of this id; None when there is none."""
        ...


def written(method: Callable[..., MaybeAsync[T]], *arguments: object) -> Flow[T]:
    """Call a journal's method."""
    in_memory = type(getattr(method, "__self__", None)) is MemoryJournal
    return (yield from asked(method, *arguments, in_memory=in_memory))


class MemoryJournal:
    """A journal for as long as the process lives. Safe to share between threads and tasks.

    Args:
        keep: how many posts are remembered; the oldest one is forgotten first.
    """

    def __init__(self, keep: int = 10_000) -> None:
        self._keep = keep
        self._renew()
        renew_after_fork(self, MemoryJournal._renew)
        self._entries: dict[str, Entry] = {}
        self._ids: dict[str, str] = {}

    def _renew(self) -> None:
        self._mutex = threading.Lock()

    def claim(self, entry: Entry) -> Entry | None:
        """Write a new entry, unless one of this id exists."""
        with self._mutex:
            found = self._entries.get(entry.id)
            if found is None:
                self._put(entry)
            return found

    def write(self, entry: Entry) -> None:
        """Replace the entry of this id."""
        with self._mutex:
            self._put(entry)

    def drop(self, entry: Entry) -> None:
        """Forget the entry of this id."""
        with self._mutex:
            self._forget(entry.id)

    def find(self, publish_id: str) -> Entry | None:
        """The entry of a post."""
        with self._mutex:
            return self._entries.get(self._ids.get(publish_id, ""))

    def look(self, id: str) -> Entry | None:  # noqa: A002 - as `Entry.id`
        """The entry of this id."""
        return self._entries.get(id)

    def _put(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        if entry.publish_id is not None:
            self._ids[entry.publish_id] = entry.id
        while len(self._entries) > self._keep:
            self._forget(next(iter(self._entries)))

    def _forget(self, entry_id: str) -> None:
        gone = self._entries.pop(entry_id, None)
        if gone is not None and gone.publish_id is not None:
            self._ids.pop(gone.publish_id, None)

    def __repr__(self) -> str:
        return f"<MemoryJournal of {len(self._entries)} posts>"


class FileJournal:
    """A journal in a directory, one file per post, for any number of processes of one machine.

    Files can be read by their owner only (0600): until a video has arrived, its file holds the upload
    address. A file is replaced as a whole and is on disk before `claim` and `write` return. Entries stay
    until they are dropped; `prune` removes old ones.

    Args:
        directory: made when it does not exist (0700).
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory: Path = Path(directory).expanduser()

    def claim(self, entry: Entry) -> Entry | None:
        """Write a new entry, unless one of this id exists.

        Raises:
            StoreFailed: the journal cannot be read or written.
        """
        path = self._path(entry.id)
        with _complaining(path):
            new = draft(path, entry.to_json())
            try:
                while not _link(new, path):
                    found = self.look(entry.id)
                    if found is not None:  # else it was dropped in the meantime
                        return found
            finally:
                new.unlink(missing_ok=True)
            sync_directory(self.directory)
        return None

    def write(self, entry: Entry) -> None:
        """Replace the entry of this id.

        Raises:
            StoreFailed: the journal cannot be written.
        """
        path = self._path(entry.id)
        with _complaining(path):
            replace(path, entry.to_json())
            if entry.publish_id is not None:
                pointer = self._pointer(entry.publish_id)
                if not pointer.exists():
                    replace(pointer, entry.id)
            sync_directory(self.directory)

    def drop(self, entry: Entry) -> None:
        """Forget the entry of this id."""
        path = self._path(entry.id)
        with _complaining(path):
            found = self.look(entry.id)
            path.unlink(missing_ok=True)
            for publish_id in {entry.publish_id, found.publish_id if found is not None else None}:
                if publish_id is not None:
                    self._pointer(publish_id).unlink(missing_ok=True)
            if self.directory.exists():
                sync_directory(self.directory)

    def find(self, publish_id: str) -> Entry | None:
        """The entry of a post.

        Raises:
            StoreFailed: it is damaged, or cannot be read.
        """
        pointer = self._pointer(publish_id)
        with _complaining(pointer), contextlib.suppress(FileNotFoundError):
            return self.look(pointer.read_text(encoding="utf-8"))
        return None

    def look(self, id: str) -> Entry | None:  # noqa: A002 - as `Entry.id`
        """The entry of this id.

        Raises:
            StoreFailed: it is damaged, or cannot be read.
        """
        path = self._path(id)
        with _complaining(path), contextlib.suppress(FileNotFoundError):
            try:
                return Entry.from_json(path.read_text(encoding="utf-8"))
            except StoreFailed as problem:
                raise StoreFailed(f"{path}: {problem}") from None
        return None

    def entries(self) -> list[Entry]:
        """All entries, oldest first: what was in flight when a process died."""
        paths = self.directory.glob(f"{_PREFIX}*.json")
        found = [self.look(path.stem.removeprefix(_PREFIX)) for path in paths]
        return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.began_at)

    def prune(self, before: float) -> int:
        """Drop what began before this time (since 1970), and was handed over or can no longer be resumed.

        Their keys can be used again afterwards. Entries whose outcome is unknown stay, and so do uploads of
        the last hour, which can be resumed. What a crash has left half-written is removed, too.
        """
        resumable = time.time() - UPLOAD_URL_LIFETIME
        latest = {Stage.HANDED_OVER: before, Stage.BEGUN: min(before, resumable)}
        old = [entry for entry in self.entries() if entry.began_at < latest.get(entry.stage, 0.0)]
        for entry in old:
            self.drop(entry)
        for name in (f"{_PREFIX}*.json", "*.id"):
            sweep(self.directory, name)
        return len(old)

    def __repr__(self) -> str:
        return f"FileJournal({str(self.directory)!r})"

    def _path(self, entry_id: str) -> Path:
        return self.directory / f"{_PREFIX}{entry_id}.json"

    def _pointer(self, publish_id: str) -> Path:
        return self.directory / f"{hashlib.sha256(publish_id.encode()).hexdigest()[:32]}.id"


@contextlib.contextmanager
def _complaining(path: Path) -> Any:
    try:
        yield
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise StoreFailed(f"cannot use {path}: {reason or type(problem).__name__}") from problem


def _link(new: Path, path: Path) -> bool:
    """Put a file in a place where there is none yet; False where there is one."""
    try:
        os.link(new, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        return _copy(new, path)
    return True


def _copy(new: Path, path: Path) -> bool:
    try:
        write_new(path, new.read_bytes())
    except FileExistsError:
        return False
    return True
