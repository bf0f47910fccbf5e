"""Where bytes wait until they were looked at: hashed as they come, on disk if they must be read again."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

HEAD = 4096
"""How many bytes are always kept: enough to recognise a file by its beginning."""


class Spool:
    """Bytes in order. What was written since the last `keep` can be taken back."""

    def __init__(self, *, on_disk: bool) -> None:
        self._on_disk = on_disk
        self._path: Path | None = None
        self._file: IO[bytes] | None = None
        self._hash = sha256()
        self._kept_hash = self._hash.copy()
        self.kept: int = 0
        """How many bytes are in for good."""
        self.size: int = 0
        """How many bytes are in."""
        self.head = b""

    def write(self, piece: bytes) -> None:
        """Add bytes."""
        self._hash.update(piece)
        if self.size < HEAD:
            self.head = (self.head + piece)[:HEAD]
        self.size += len(piece)
        if self._on_disk:
            if self._file is None:
                self._file = tempfile.NamedTemporaryFile(prefix="tiktok-mock-", delete=False)  # noqa: SIM115
                self._path = Path(self._file.name)
            self._file.write(piece)

    def keep(self) -> None:
        """What is in, is in for good."""
        self._kept_hash = self._hash.copy()
        self.kept = self.size

    def take_back(self) -> None:
        """Forget what was written since the last `keep`."""
        if self.size == self.kept:
            return
        self._hash = self._kept_hash.copy()
        self.size = self.kept
        self.head = self.head[: self.kept]
        if self._file is not None:
            self._file.seek(self.kept)
            self._file.truncate()

    def digest(self) -> str:
        """SHA-256 of all bytes, in hexadecimal digits."""
        return self._hash.hexdigest()

    def path(self) -> Path | None:
        """The file, complete; None where nothing is on disk."""
        if self._file is not None:
            self._file.flush()
        return self._path

    def delete(self) -> None:
        """Forget the bytes; their number and digest stay."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()
            self._path = None

    def __del__(self) -> None:
        self.delete()
