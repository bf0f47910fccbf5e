"""What both faces share: settings, and everything that does no I/O."""

from __future__ import annotations

import copy
import os
from collections.abc import Collection
from typing import TYPE_CHECKING

import attrs

from . import login as _login
from ._budget import Budget, BudgetMode, check_mode
from ._keeper import TokenKeeper
from ._session import App, Session
from .callback import Callback, State
from .journal import Journal, MemoryJournal
from .login import LoginMode, LoginRequest
from .pkce import ChallengeEncoding, check_code_verifier, new_code_verifier
from .tokens import MemoryTokenStore, TokenStore

if TYPE_CHECKING:
    from typing_extensions import Self


class Face:
    """What `TikTok` and `AsyncTikTok` share."""

    def __init__(
        self,
        client_key: str,
        client_secret: str,
        redirect_uri: str,
        state: State = "",
        scopes: Collection[str] | None = None,
        *,
        base_url: str | None = None,
        token_store: TokenStore | None = None,
        journal: Journal | None = None,
        login_mode: LoginMode | None = None,
        pkce: ChallengeEncoding | None = "hex",
        budget: BudgetMode = "wait",
    ) -> None:
        key = _login.check_text("client_key", client_key)
        secret = _login.check_text("client_secret", client_secret)
        mode = _login.check_redirect_uri(redirect_uri, login_mode)
        address = _login.check_base_url(base_url or os.environ.get(_login.BASE_URL_VARIABLE) or None)
        self._login = _login.Login(
            client_key=key,
            client_secret=secret,
            redirect_uri=redirect_uri,
            scopes=_login.check_scopes(scopes),
            mode=mode,
            pkce=_login.check_pkce(pkce, mode),
            base_url=address,
        )
        self._state = self._login.state(state)
        if token_store is not None:
            _login.check_methods("token_store", token_store, TokenStore, "such as FileTokenStore(directory)")
        if journal is not None:
            _login.check_methods("journal", journal, Journal, "such as FileJournal(directory)")
        self._code_verifier = new_code_verifier()
        self._session = Session(
            app=App(key, secret),
            keeper=TokenKeeper(key, secret, MemoryTokenStore() if token_store is None else token_store),
            budget=Budget(),
            budget_mode=check_mode(budget),
            base_url=address,
            journal=MemoryJournal() if journal is None else journal,
        )
        self._owns_connections = True

    @classmethod
    def from_env(
        cls,
        state: State = "",
        *,
        token_store: TokenStore | None = None,
        journal: Journal | None = None,
        login_mode: LoginMode | None = None,
        pkce: ChallengeEncoding | None = "hex",
        budget: BudgetMode = "wait",
    ) -> Self:
        """A client set up by environment variables.

        `TIKTOK_CLIENT_KEY`, `TIKTOK_CLIENT_SECRET` and `TIKTOK_REDIRECT_URI` must be set; `TIKTOK_SCOPES`
        (separated by commas) and `TIKTOK_BASE_URL` may be.

        Args:
            state: what TikTok sends back unchanged: a text, or a mapping that comes back as a dict. Random if
                empty.
            token_store: where tokens are kept; in memory if not given. `FileTokenStore` keeps them on disk.
            journal: where posts in flight are written down, so that they can be resumed.
            login_mode: `web` or `desktop`; taken from the redirect URI if not given.
            pkce: how the code challenge is written: `hex` as TikTok documents it, `base64url`, or None for
                none (web only).
            budget: when a rate limit of TikTok is used up: `wait` until the call fits, `raise` `OverBudget`,
                or `off`.

        Raises:
            Impossible: some are missing; the message names all of them.
        """
        key, secret, redirect_uri, scopes = _login.settings_from(os.environ)
        return cls(
            key,
            secret,
            redirect_uri,
            state,
            scopes,
            token_store=token_store,
            journal=journal,
            login_mode=login_mode,
            pkce=pkce,
            budget=budget,
        )

    def __repr__(self) -> str:
        account = f" for {self.open_id}" if self.open_id else ""
        return f"<{type(self).__name__} {self.client_key}{account}>"

    # What it was made with

    @property
    def client_key(self) -> str:
        """The app's key."""
        return self._login.client_key

    @property
    def redirect_uri(self) -> str:
        """Where TikTok sends users after the login."""
        return self._login.redirect_uri

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that a login asks for."""
        return self._login.scopes

    @property
    def login_mode(self) -> LoginMode:
        """`web` or `desktop`."""
        return self._login.mode

    @property
    def base_url(self) -> str | None:
        """Where everything goes instead of TikTok's hosts; None for TikTok itself."""
        return self._login.base_url

    @property
    def open_id(self) -> str | None:
        """The account meant: the one chosen with `account`, else the one that logged in last here."""
        return self._session.open_id or self._session.keeper.current

    @property
    def state(self) -> str:
        """What TikTok sends back unchanged: as given; random if nothing was, JSON if a mapping was."""
        return self._state

    @property
    def code_verifier(self) -> str:
        """The secret of this client's login. Keep it with the user until the callback comes; set it there."""
        return self._code_verifier

    @code_verifier.setter
    def code_verifier(self, value: str) -> None:
        self._code_verifier = check_code_verifier(value)

    # Logging in

    def get_authorization_url(self, *, disable_auto_auth: bool | None = None) -> str:
        """The address at which the user logs in and agrees: open it in their browser.

        It carries this client's `state` and the code challenge of its `code_verifier`. A server that logs
        several users in takes `begin_login` instead.

        Args:
            disable_auto_auth: True shows the page also to users who have agreed before (web only).
        """
        return self._login.request(
            state=self._state, code_verifier=self._code_verifier, disable_auto_auth=disable_auto_auth
        ).url

    def begin_login(self, state: State = "", *, disable_auto_auth: bool | None = None) -> LoginRequest:
        """A login of its own: authorization URL, state and code verifier, to be kept until its callback
        comes.

        Args:
            state: a text, or a mapping that comes back as a dict; random if empty.
            disable_auto_auth: True shows the page also to users who have agreed before (web only).
        """
        return self._login.request(state=self._login.state(state), disable_auto_auth=disable_auto_auth)

    def parse_callback(self, url: str, state: State | None = None) -> Callback:
        """Read the address to which TikTok sent the user back.

        Args:
            url: the whole address, as the web server received it, still percent-encoded.
            state: the state that was sent; this client's own if not given.

        Raises:
            StateMismatch: the callback belongs to another login.
            Refused: the user or TikTok refused; `advice` says what it usually means.
            Impossible: this is no callback.
        """
        return self._login.read(url, self._state if state is None else state)

    def _session_of(self, open_id: str) -> Session:
        return attrs.evolve(self._session, open_id=_login.check_text("open_id", open_id))

    def account(self, open_id: str) -> Self:
        """This client, speaking for one account. Connections, tokens and budgets are shared."""
        other = copy.copy(self)
        other._session = self._session_of(open_id)  # noqa: SLF001 - a copy of oneself
        other._owns_connections = False  # noqa: SLF001 - the same
        return other

    def _verifier(self, given: str | None) -> str | None:
        if given is not None:
            return check_code_verifier(given)
        return None if self._login.pkce is None else self._code_verifier
