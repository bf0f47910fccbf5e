"""Where bytes wait until they were looked at: hashed as they come, on disk if they must be read again.

Bytes are written into a *draft* and belong to the spool once the draft is kept. Several drafts can be open at
a time, as when a client sends a chunk again before the server noticed that its first connection is dead; the
first one that is kept wins.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

HEAD = 4096
"""How many bytes are always kept in memory: enough to recognise a file by its beginning."""


class Draft:
    """Bytes that may come to belong to a spool."""

    def __init__(self, spool: Spool, file: IO[bytes] | None, side: Path | None) -> None:
        self._spool = spool
        self._file = file
        self._side = side
        self.hash = spool.hash.copy()
        self.start: int = spool.kept
        self.size: int = spool.kept
        self.head: bytes = spool.kept_head

    def write(self, piece: bytes) -> None:
        """Add bytes."""
        self.hash.update(piece)
        if self.size < HEAD:
            self.head = (self.head + piece)[:HEAD]
        self.size += len(piece)
        if self._file is not None:
            self._file.write(piece)

    def keep(self) -> None:
        """Let the bytes belong to the spool, which must be as it was when the draft was begun."""
        if self._spool.kept != self.start:
            raise RuntimeError("another draft was kept since this one was begun")
        if self._file is not None:
            self._file.flush()
        if self._side is not None and self._file is not None:
            self._file.seek(0)
            self._spool.append(self._file, self.start)
        self._spool.take_over(self)
        self.drop()

    def flush(self) -> None:
        """Let others see the bytes on disk."""
        if self._file is not None:
            self._file.flush()

    def drop(self) -> None:
        """Forget what was not kept."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._side is not None:
            with suppress(OSError):
                self._side.unlink()
            self._side = None
        self._spool.close(self)


class Spool:
    """Bytes in order."""

    def __init__(self, *, on_disk: bool) -> None:
        self._on_disk = on_disk
        self._path: Path | None = None
        self._drafts: list[Draft] = []
        self._single: Draft | None = None
        self.hash = sha256()
        self.kept: int = 0
        """How many bytes are in for good."""
        self.kept_head: bytes = b""

    # Drafts

    def draft(self) -> Draft:
        """Begin to add bytes."""
        made = Draft(self, *self._place())
        self._drafts.append(made)
        return made

    def _place(self) -> tuple[IO[bytes] | None, Path | None]:
        """Where a draft is written: into the file itself, or beside it while another draft is."""
        if not self._on_disk:
            return None, None
        if self._drafts:
            side = tempfile.NamedTemporaryFile(prefix="tiktok-mock-", delete=False)  # noqa: SIM115 - the draft closes it
            return side, Path(side.name)
        if self._path is None:
            with tempfile.NamedTemporaryFile(prefix="tiktok-mock-", delete=False) as file:
                self._path = Path(file.name)
        opened = self._path.open("r+b")
        opened.truncate(self.kept)
        opened.seek(self.kept)
        return opened, None

    def append(self, source: IO[bytes], at: int) -> None:
        """Copy bytes behind those that are kept."""
        if self._path is not None:
            with self._path.open("r+b") as file:
                file.seek(at)
                file.truncate()
                shutil.copyfileobj(source, file, 1024 * 1024)

    def take_over(self, draft: Draft) -> None:
        """What a draft holds is in for good."""
        self.hash, self.kept, self.kept_head = draft.hash, draft.size, draft.head

    def close(self, draft: Draft) -> None:
        """A draft is done with."""
        if draft in self._drafts:
            self._drafts.remove(draft)

    # One writer only

    def write(self, piece: bytes) -> None:
        """Add bytes, where nobody else does."""
        if self._single is None:
            self._single = self.draft()
        self._single.write(piece)

    def keep(self) -> None:
        """What was written is in for good."""
        if self._single is not None:
            self._single.keep()
            self._single = None

    # What is in it

    @property
    def size(self) -> int:
        """How many bytes are in."""
        return self.kept if self._single is None else self._single.size

    @property
    def head(self) -> bytes:
        """The first bytes."""
        return self.kept_head if self._single is None else self._single.head

    def digest(self) -> str:
        """SHA-256 of all bytes, in hexadecimal digits."""
        return (self.hash if self._single is None else self._single.hash).hexdigest()

    def path(self) -> Path | None:
        """The file, complete; None where nothing is on disk."""
        if self._single is not None:
            self._single.flush()
        return self._path

    def delete(self) -> None:
        """Forget the bytes; their number and digest stay."""
        if self._single is not None:
            self.keep()
        for draft in list(self._drafts):
            draft.drop()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()
            self._path = None
        self._on_disk = False

    def forget(self) -> None:
        """Forget the first bytes, too: no more will come behind them."""
        self.delete()
        self.kept_head = b""

    def __del__(self) -> None:
        self.delete()
