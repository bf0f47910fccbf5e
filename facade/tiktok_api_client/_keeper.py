"""Handing out access tokens: one refresh per account at a time, durable before it is used, never in place of
a good one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar
from weakref import WeakKeyDictionary

import attrs

from tiktok_openapi import (
    AuthorizationCodeGrant,
    Call,
    ClientCredentialsGrant,
    ClientToken,
    CouldNotAsk,
    LoginRequired,
    RefreshTokenGrant,
    Refused,
    Sent,
    Unreadable,
    UserToken,
)
from tiktok_openapi.models.oauth import decode_user_token
from tiktok_openapi.operations import oauth

from ._flow import Flow, Lock, asked, holding, now, shielded, sleep
from ._log import LOGGER
from ._retry import TRIES, pause
from .errors import NotLoggedIn, unreadable
from .tokens import MaybeAsync, MemoryTokenStore, StoredToken, TokenStore

T = TypeVar("T")

MOST_AHEAD: Final = 300.0
"""Seconds before its end at which an access token is refreshed, unless a tenth of its lifetime is less."""

LOCK_PAUSE: Final = 0.05
"""Seconds between two tries for a lock that another process holds."""

RETRY_PAUSE: Final = 30.0
"""Seconds to leave an access token alone that still works after an early refresh of it has failed."""

_SAVE_PAUSES: Final = (0.1, 0.5)

_locks_of_stores: WeakKeyDictionary[TokenStore, dict[str, Lock]] = WeakKeyDictionary()


class Send(Protocol):
    """How the keeper sends a call that needs no access token: paced, and once."""

    def __call__(self, call: Call[T], /) -> Flow[T]:
        """The result of the call."""
        ...


def _locks(store: TokenStore) -> dict[str, Lock]:
    try:
        return _locks_of_stores.setdefault(store, {})
    except TypeError:  # a store without hash or weak references has its locks to itself
        return {}


class TokenKeeper:
    """The tokens of one app. Shared by all accounts, threads and tasks of a client."""

    def __init__(self, client_key: str, client_secret: str, store: TokenStore) -> None:
        self.store: TokenStore = store
        self.current: str | None = None
        """The account that logged in last in this process, or was found alone in the store."""
        self._client_key = client_key
        self._client_secret = client_secret
        self._seen: dict[str, StoredToken] = {}
        self._unsaved: dict[str, StoredToken] = {}
        self._failed_at: dict[str, float] = {}
        self._locks = _locks(store)

    # What the store is asked

    def _ask_store(self, method: Callable[..., MaybeAsync[T]], *arguments: object) -> Flow[T]:
        return (yield from asked(method, *arguments, in_memory=type(self.store) is MemoryTokenStore))

    def load(self, open_id: str) -> Flow[StoredToken | None]:
        """What the store has of an account."""
        return (yield from self._ask_store(self.store.load, open_id))

    def accounts(self) -> Flow[list[str]]:
        """The open ids of all accounts."""
        return (yield from self._ask_store(self.store.accounts))

    def keep(self, token: StoredToken) -> Flow[None]:
        """Store tokens durably; only then are they handed out."""
        self._unsaved[token.open_id] = token
        for wait in (*_SAVE_PAUSES, None):
            try:
                yield from self._ask_store(self.store.save, token)
                break
            except Exception:
                if wait is None:
                    LOGGER.error(
                        "tokens could not be stored; they are kept in memory and stored with the next use",
                        extra={"open_id": token.open_id},
                    )
                    raise
            yield from sleep(wait)
        if self._unsaved.get(token.open_id) is token:
            del self._unsaved[token.open_id]
        self._seen[token.open_id] = token
        self._failed_at.pop(token.open_id, None)

    def forget(self, open_id: str) -> Flow[None]:
        """Delete an account's tokens, those too that a refresh under way brings."""
        yield from self._alone(open_id, self._forget_alone(open_id))

    def _forget_alone(self, open_id: str) -> Flow[None]:
        yield from self._ask_store(self.store.delete, open_id)
        self._seen.pop(open_id, None)
        self._unsaved.pop(open_id, None)
        if self.current == open_id:
            self.current = None

    def _known(self) -> list[StoredToken]:
        return list(self._seen.values())  # a copy: other threads log in meanwhile

    # Which account, which token

    def account(self, open_id: str | None) -> Flow[str]:
        """The account meant: the one named, the one that logged in last, or the only one in the store."""
        if open_id is not None:
            return open_id
        if self.current is not None:
            return self.current
        known = list({*(yield from self.accounts()), *self._unsaved})
        if len(known) == 1:
            self.current = known[0]  # and stays it, whoever else logs in elsewhere
            return known[0]
        if not known:
            raise NotLoggedIn("none", "log in first (exchange_code_for_token), or pass access_token=")
        raise NotLoggedIn(f"{len(known)} accounts", "choose one with account(open_id)")

    def stored(self, account: str, *, fresh: bool = False) -> Flow[StoredToken]:
        """An account's tokens as this process last saw them, or as the store has them now.

        Raises:
            NotLoggedIn: there are none.
        """
        token = self._unsaved.get(account) or (None if fresh else self._seen.get(account))
        if token is None:
            token = yield from self.load(account)
            if token is None:
                raise NotLoggedIn("none for this account", "let the user log in")
            self._seen[account] = token
        return token

    def token(self, account: str, send: Send, dead: str | None = None) -> Flow[StoredToken]:
        """Tokens that work: refreshed when about to end, or when TikTok refused the access token `dead`."""
        token = yield from self.stored(account)
        if account not in self._unsaved and (yield from _works(token, dead)):
            return token
        asked_at = yield from now()
        usable = token.access_token != dead and token.expires_at > asked_at
        if usable and asked_at - self._failed_at.get(account, float("-inf")) < RETRY_PAUSE:
            return token
        try:
            return (yield from self.refresh(account, send, dead))
        except (CouldNotAsk, Refused, Unreadable) as problem:
            if not usable:
                raise
            self._failed_at[account] = asked_at
            LOGGER.warning(
                "an early refresh failed; the access token still works",
                extra={"open_id": account, "problem": type(problem).__name__},
            )
            return token

    def refresh(
        self, account: str, send: Send, dead: str | None = None, *, forced: bool = False
    ) -> Flow[StoredToken]:
        """Refresh, unless somebody else has done so in the meantime.

        Args:
            account: whose tokens.
            send: how to send a call.
            dead: an access token that is not to be used any more; without it, one that has ended is.
            forced: refresh even if the access token would still do.
        """
        if forced and dead is None:
            dead = (yield from self.stored(account)).access_token
        return (yield from self._alone(account, self._refresh_alone(account, send, dead)))

    def _alone(self, account: str, flow: Flow[T]) -> Flow[T]:
        """Run a flow while nobody else, in any thread, task or process, touches the account's tokens."""
        lock = self._locks.setdefault(account, Lock())
        return (yield from holding(lock, self._alone_in_the_store(account, flow)))

    def _alone_in_the_store(self, account: str, flow: Flow[T]) -> Flow[T]:
        lock = self.store.lock(account)
        try:
            while not (yield from self._ask_store(lock.acquire)):
                yield from sleep(LOCK_PAUSE)
            return (yield from flow)
        finally:
            lock.release()

    def _refresh_alone(self, account: str, send: Send, dead: str | None) -> Flow[StoredToken]:
        unsaved = self._unsaved.get(account)
        if unsaved is not None:
            yield from self.keep(unsaved)
        token = yield from self.load(account)
        if token is None:
            self._seen.pop(account, None)
            raise NotLoggedIn("none for this account", "let the user log in")
        if (yield from _works(token, dead)):
            self._seen[account] = token
            return token
        try:
            fresh, _ = yield from self.trade_refresh_token(token.refresh_token, send, account)
        except LoginRequired:
            # Somebody whom the lock does not reach may have been faster.
            token = yield from self.load(account)
            if token is None or not (yield from _works(token, dead)):
                raise
            fresh = token
        self._seen[account] = fresh
        return fresh

    # What TikTok is asked

    def trade_code(
        self, code: str, redirect_uri: str, code_verifier: str | None, send: Send
    ) -> Flow[tuple[StoredToken, UserToken]]:
        """Trade an authorization code for tokens, and store them."""
        grant = AuthorizationCodeGrant(
            client_key=self._client_key,
            client_secret=self._client_secret,
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )
        stored = yield from self._trade(oauth.get_token(grant), send, None)
        self.current = stored[0].open_id
        return stored

    def trade_refresh_token(
        self, refresh_token: str, send: Send, account: str | None
    ) -> Flow[tuple[StoredToken, UserToken]]:
        """Trade a refresh token for fresh tokens, and store them.

        Whoever names the account holds its lock.
        """
        grant = RefreshTokenGrant(
            client_key=self._client_key, client_secret=self._client_secret, refresh_token=refresh_token
        )
        return (yield from self._trade(oauth.get_token(grant), send, account))

    def _trade(
        self, call: Call[UserToken], send: Send, account: str | None
    ) -> Flow[tuple[StoredToken, UserToken]]:
        """Send, and store. Once the request is out, nothing but the end of the process comes in between."""
        for attempt in range(1, TRIES):
            try:
                return (yield from shielded(self._trade_once(call, send, account)))
            except CouldNotAsk as problem:
                seconds = pause(attempt, problem)
                if problem.sent is not Sent.NO or seconds is None:
                    raise
            yield from sleep(seconds)
        return (yield from shielded(self._trade_once(call, send, account)))

    def _trade_once(
        self, call: Call[UserToken], send: Send, account: str | None
    ) -> Flow[tuple[StoredToken, UserToken]]:
        asked_at = yield from now()
        answer = yield from send(call)
        for name, value in (
            ("open_id", answer.open_id),
            ("access_token", answer.access_token),
            ("refresh_token", answer.refresh_token),
        ):
            if not value:
                raise unreadable(call.operation, f"$.{name}", "a text", "an empty one")
        if account is not None and answer.open_id != account:
            raise unreadable(call.operation, "$.open_id", "the account that was refreshed", "another one")
        stored = StoredToken.from_answer(answer, asked_at)
        if account is None:
            self._unsaved[stored.open_id] = stored  # the code is spent, even where the store cannot be locked
            # A refresh of the same account may be under way: what it brings is older than this.
            yield from self._alone(stored.open_id, self.keep(stored))
        else:
            yield from self.keep(stored)
        LOGGER.info(
            "tokens received",
            extra={
                "operation": call.operation.name,
                "open_id": stored.open_id,
                "expires_in": answer.expires_in,
                "refresh_expires_in": answer.refresh_expires_in,
            },
        )
        return stored, answer

    def renew(self, open_id: str | None, refresh_token: str | None, send: Send) -> Flow[UserToken]:
        """Refresh because the caller says so: the account, or whoever a refresh token belongs to."""
        if refresh_token is None:
            account = yield from self.account(open_id)
            return _as_answer((yield from self.refresh(account, send, forced=True)), (yield from now()))
        owner = next((t.open_id for t in self._known() if t.refresh_token == refresh_token), None)
        if owner is not None:
            return _as_answer((yield from self.refresh(owner, send, forced=True)), (yield from now()))
        stored, answer = yield from self.trade_refresh_token(refresh_token, send, None)
        self.current = stored.open_id if open_id is None else self.current
        return answer

    def revoked(self, access_token: str) -> Flow[None]:
        """Forget whoever an access token belonged to."""
        owner = next((t.open_id for t in self._known() if t.access_token == access_token), None)
        if owner is not None:
            yield from self.forget(owner)

    def client_token(self, send: Send) -> Flow[ClientToken]:
        """A token for the app itself."""
        grant = ClientCredentialsGrant(client_key=self._client_key, client_secret=self._client_secret)
        return (yield from send(oauth.get_token(grant)))


def _works(token: StoredToken, dead: str | None) -> Flow[bool]:
    """Whether an access token can be used: not refused, and not about to end."""
    if token.access_token == dead:
        return False
    ahead = min(MOST_AHEAD, (token.expires_at - token.received_at) / 10)
    return token.expires_at - ahead > (yield from now())


def _as_answer(token: StoredToken, at: float) -> UserToken:
    """Stored tokens in the shape of TikTok's answer: somebody else may have received it."""
    answer = decode_user_token(
        {
            "access_token": token.access_token,
            "expires_in": max(0, int(token.expires_at - at)),
            "open_id": token.open_id,
            "refresh_token": token.refresh_token,
            "refresh_expires_in": max(0, int(token.refresh_expires_at - at)),
            "scope": ",".join(token.scopes),
            "token_type": "Bearer",
        }
    )
    return attrs.evolve(answer, received_at=at)
