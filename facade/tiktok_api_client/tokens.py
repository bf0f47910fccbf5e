"""Keeping tokens: what is stored, where, and how a refresh never costs a good token.

TikTok replaces the refresh token with every refresh, and the old one dies. So only one refresh of an account
may run at a time, among all threads, tasks and processes; the new pair must be on disk before anybody uses
it; and nothing but a complete answer may replace a pair. Source:
https://developers.tiktok.com/doc/oauth-user-access-token-management
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, Union, cast

import attrs

from ._durable import fields_of, replace, sweep, sync_directory
from ._filelock import FileLock
from .errors import StoreFailed

if TYPE_CHECKING:
    from tiktok_openapi import UserToken

T = TypeVar("T")

MaybeAsync = Union[T, Awaitable[T]]
"""A store for `AsyncTikTok` may have ``async def`` methods."""


VERSION: Final = 1
"""The version of the stored form."""


@attrs.frozen
class StoredToken:
    """An account's tokens, as a store keeps them."""

    open_id: str
    """The account: the user's id within this app."""
    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    expires_at: float
    """When the access token ends, in seconds since 1970."""
    refresh_expires_at: float
    """When the refresh token ends, in seconds since 1970."""
    received_at: float
    """When TikTok gave them, in seconds since 1970."""
    scopes: tuple[str, ...] = ()
    """What the user granted."""

    @classmethod
    def from_answer(cls, token: UserToken, received_at: float) -> StoredToken:
        """What there is to keep of TikTok's answer. Lifetimes come from the answer and nowhere else."""
        return cls(
            open_id=token.open_id,
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            expires_at=received_at + token.expires_in,
            refresh_expires_at=received_at + token.refresh_expires_in,
            received_at=received_at,
            scopes=tuple(scope for scope in token.scope.split(",") if scope),
        )

    def to_json(self) -> str:
        """The stored form. It holds the tokens: keep it where nobody else can read it."""
        return json.dumps({"version": VERSION, **attrs.asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> StoredToken:
        """Back from the stored form.

        Raises:
            StoreFailed: it is damaged, or was written by a later version.
        """
        stored = fields_of(text, "a stored token", VERSION)
        scopes = stored.get("scopes")
        if not isinstance(scopes, list):
            raise StoreFailed("a stored token is damaged: scopes is not a list")
        return cls(
            open_id=_text(stored, "open_id"),
            access_token=_text(stored, "access_token"),
            refresh_token=_text(stored, "refresh_token"),
            expires_at=_number(stored, "expires_at"),
            refresh_expires_at=_number(stored, "refresh_expires_at"),
            received_at=_number(stored, "received_at"),
            scopes=tuple(str(scope) for scope in cast("list[object]", scopes)),
        )


def _text(stored: Mapping[str, object], name: str) -> str:
    value = stored.get(name)
    if not isinstance(value, str) or not value:
        raise StoreFailed(f"a stored token is damaged: {name} is no text")
    return value


def _number(stored: Mapping[str, object], name: str) -> float:
    value = stored.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise StoreFailed(f"a stored token is damaged: {name} is no number")
    return float(value)


class StoreLock(Protocol):
    """The right to refresh one account, among all processes that share a store."""

    def acquire(self) -> MaybeAsync[bool]:
        """Try once; whether it is held now. Never waits for another holder."""
        ...

    def release(self) -> None:
        """Give it back, if it is held. Never waits, never fails, may be called at any time."""
        ...


class TokenStore(Protocol):
    """Where tokens are kept. Methods may be ``async def`` for `AsyncTikTok`; others run in a worker thread
    there.
    """

    def load(self, open_id: str) -> MaybeAsync[StoredToken | None]:
        """The account's tokens; None when there are none."""
        ...

    def save(self, token: StoredToken) -> MaybeAsync[None]:
        """Keep tokens, in place of the account's earlier ones. They must be durable when this returns."""
        ...

    def delete(self, open_id: str) -> MaybeAsync[None]:
        """Forget an account; nothing happens when it is not known."""
        ...

    def accounts(self) -> MaybeAsync[list[str]]:
        """The open ids of all accounts."""
        ...

    def lock(self, open_id: str) -> StoreLock:
        """A lock for refreshing this account, not yet held. Locks of one account exclude each other."""
        ...


class _NoLock:
    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


class MemoryTokenStore:
    """Tokens for as long as the process lives. Safe to share between threads and tasks."""

    def __init__(self) -> None:
        self._tokens: dict[str, StoredToken] = {}

    def load(self, open_id: str) -> StoredToken | None:
        """The account's tokens; None when there are none."""
        return self._tokens.get(open_id)

    def save(self, token: StoredToken) -> None:
        """Keep tokens, in place of the account's earlier ones."""
        self._tokens[token.open_id] = token

    def delete(self, open_id: str) -> None:
        """Forget an account."""
        self._tokens.pop(open_id, None)

    def accounts(self) -> list[str]:
        """The open ids of all accounts."""
        return list(self._tokens)

    def lock(self, open_id: str) -> StoreLock:  # noqa: ARG002 - one process needs no more than the facade's own lock
        """Nothing to lock: the facade's own lock serves one process."""
        return _NoLock()

    def __repr__(self) -> str:
        return f"<MemoryTokenStore of {len(self._tokens)} accounts>"


class FileTokenStore:
    """Tokens in a directory, one file per account, for any number of processes of one machine.

    Files can be read by their owner only (0600). A file is replaced as a whole and is on disk before `save`
    returns, so a crash at any point leaves the earlier or the new tokens. Locks are the operating system's:
    they end with the process. The directory must not lie on a network file system that has no locks.

    Args:
        directory: made when it does not exist (0700).
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory: Path = Path(directory).expanduser()

    def load(self, open_id: str) -> StoredToken | None:
        """The account's tokens; None when there are none.

        Raises:
            StoreFailed: the file is damaged, or cannot be read.
        """
        path = self._path(open_id)
        try:
            return self._decode(path, _read(path))
        except FileNotFoundError:
            return None

    def save(self, token: StoredToken) -> None:
        """Keep tokens, in place of the account's earlier ones; they are on disk when this returns.

        Raises:
            StoreFailed: they cannot be written.
        """
        path = self._path(token.open_id)
        try:
            replace(path, token.to_json())
            sync_directory(self.directory)
            sweep(self.directory, path.name)
        except OSError as problem:
            raise StoreFailed(
                f"cannot write {path}: {problem.strerror or type(problem).__name__}"
            ) from problem

    def delete(self, open_id: str) -> None:
        """Forget an account."""
        path = self._path(open_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as problem:
            raise StoreFailed(f"cannot delete {path}: {problem.strerror}") from problem

    def accounts(self) -> list[str]:
        """The open ids of all accounts.

        Raises:
            StoreFailed: a file is damaged, or cannot be read.
        """
        found: list[str] = []
        for path in sorted(self.directory.glob("account-*.json")):
            with contextlib.suppress(FileNotFoundError):
                found.append(self._decode(path, _read(path)).open_id)
        return found

    def lock(self, open_id: str) -> StoreLock:
        """A lock for refreshing this account, among processes."""
        return FileLock(self._path(open_id).with_suffix(".lock"))

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self.directory)!r})"

    def _path(self, open_id: str) -> Path:
        # Open ids differ in case, file names may not; and an open id can hold any character.
        return self.directory / f"account-{hashlib.sha256(open_id.encode()).hexdigest()[:32]}.json"

    @staticmethod
    def _decode(path: Path, text: str) -> StoredToken:
        try:
            return StoredToken.from_json(text)
        except StoreFailed as problem:
            raise StoreFailed(f"{path}: {problem}") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as problem:
        raise StoreFailed(f"cannot read {path}: {type(problem).__name__}") from None
