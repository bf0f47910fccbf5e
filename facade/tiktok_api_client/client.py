"""`TikTok`: every task is a flow, written once; a face only says that it is to be waited for.

It can be shared between threads. What a flow needs is imported when it is first called.
`client_async` is derived from this module: what waits here is awaited there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING

from tiktok_openapi.limits import VIDEOS_PER_PAGE_MAX

from . import login as _login
from ._budget import BudgetMode
from ._drivers import SyncRunner, SystemClock
from ._face import Face
from ._flow import Clock
from ._publishing import Publishing
from .callback import State
from .journal import Journal
from .login import LoginMode, LoginRequest
from .pkce import ChallengeEncoding
from .tokens import TokenStore

if TYPE_CHECKING:
    import httpx
    from typing_extensions import Self

    from tiktok_openapi import ClientToken, User, UserField, UserToken, Video, VideoField, VideoPage

    from .results import Creator, Status


class TikTok(Publishing, Face):
    """TikTok's Open API, for callers that wait.

    Args:
        client_key: the app's key, from TikTok's developer portal. Sandbox and production have their own.
        client_secret: the app's secret.
        redirect_uri: where TikTok sends users after the login; exactly as registered.
        state: what TikTok sends back unchanged: a text, or a mapping that comes back as a dict. Random if
            empty.
        scopes: what to ask users for; `user.info.basic`, `video.publish` and `video.upload` if not given. See
            `SCOPES`.
        base_url: another host for everything, the authorization URL included, such as a mock's. Taken from
            the environment variable `TIKTOK_BASE_URL` if not given.
        timeout: seconds for each part of a call (connect, write, read); 30, and 10 to connect, if not given.
        transport: the httpx transport to send through; for tests.
        http: the httpx client to send through, which stays open on `close`.
        token_store: where tokens are kept; in memory if not given. `FileTokenStore` keeps them on disk.
        journal: where posts in flight are written down, so that they can be resumed.
        login_mode: `web` or `desktop`; taken from the redirect URI if not given.
        pkce: how the code challenge is written: `hex` as TikTok documents it, `base64url`, or None for none
            (web only).
        budget: when a rate limit of TikTok is used up: `wait` until the call fits, `raise` `OverBudget`, or
            `off`.
        clock: where the time comes from; for tests, such as the `clock` of the mock.

    Raises:
        Impossible: an argument cannot work: a missing key or secret, an unknown scope, a redirect URI that
            TikTok would not have registered.
    """

    def __init__(
        self,
        client_key: str,
        client_secret: str,
        redirect_uri: str,
        state: State = "",
        scopes: Collection[str] | None = None,
        *,
        base_url: str | None = None,
        timeout: float | None = None,
        transport: httpx.BaseTransport | None = None,
        http: httpx.Client | None = None,
        token_store: TokenStore | None = None,
        journal: Journal | None = None,
        login_mode: LoginMode | None = None,
        pkce: ChallengeEncoding | None = "hex",
        budget: BudgetMode = "wait",
        clock: Clock | None = None,
    ) -> None:
        super().__init__(
            client_key,
            client_secret,
            redirect_uri,
            state,
            scopes,
            base_url=base_url,
            token_store=token_store,
            journal=journal,
            login_mode=login_mode,
            pkce=pkce,
            budget=budget,
        )
        from ._connections import Connections

        _login.check_timeout(timeout)
        self._client = Connections(self.base_url, timeout=timeout, transport=transport, http=http)
        self._runner = SyncRunner(self._client, SystemClock() if clock is None else clock)

    def close(self) -> None:
        """Close the connections, unless they belong to somebody else."""
        if self._owns_connections:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Tokens

    def exchange_code_for_token(
        self, code: str, *, code_verifier: str | None = None, redirect_uri: str | None = None
    ) -> UserToken:
        """Trade an authorization code for tokens, and store them. The account becomes this client's.

        Args:
            code: from the callback, decoded exactly once. It works once, and for minutes only.
            code_verifier: that of the login; this client's own if not given.
            redirect_uri: that of the login; this client's own if not given.

        Raises:
            LoginRequired: the code is expired, used, cut, or encoded twice: let the user log in again.
            InputRefused: key, secret, redirect URI or code verifier do not fit.
        """
        verifier = self._verifier(code_verifier)
        return self._runner.run(
            _login.exchange(self._session, code, redirect_uri or self.redirect_uri, verifier)
        )

    def finish_login(self, request: LoginRequest, url: str) -> UserToken:
        """From the callback of a login that `begin_login` began to tokens.

        Args:
            request: what `begin_login` gave.
            url: the whole address to which TikTok sent the user back.

        Raises:
            StateMismatch: the callback belongs to another login.
            Refused: the user or TikTok refused.
        """
        callback = self.parse_callback(url, request.state)
        return self._runner.run(
            _login.exchange(self._session, callback.code, request.redirect_uri, request.code_verifier)
        )

    def login(
        self,
        *,
        state: State = "",
        timeout: float = 300.0,
        show: Callable[[str], object] | None = None,
        disable_auto_auth: bool | None = None,
    ) -> UserToken:
        """Log in from this machine (desktop): open the browser, catch the callback on the loopback address.

        Args:
            state: a text, or a mapping; random if empty.
            timeout: seconds to wait for the user.
            show: what to do with the authorization URL instead of opening the browser.
            disable_auto_auth: True shows the page also to users who have agreed before.

        Raises:
            LoginTimedOut: nobody finished the login in time.
            Refused: the user or TikTok refused.
            Impossible: the redirect URI is no loopback address of this machine, or its port is taken.
        """
        return self._runner.run(
            _login.from_browser(
                self._session,
                self._login,
                state=state,
                timeout=timeout,
                show=show,
                disable_auto_auth=disable_auto_auth,
            )
        )

    def qr_login(
        self,
        show: Callable[[str], object],
        *,
        timeout: float = 300.0,
        poll: float = 2.0,
    ) -> UserToken:
        """Log in by QR code: the user scans it with TikTok's app.

        Args:
            show: is given the text to show as a QR code.
            timeout: seconds to wait for the user.
            poll: seconds between two looks.

        Raises:
            LoginTimedOut: nobody finished the login in time, or the QR code expired.
            StateMismatch: the answer belongs to another login.
        """
        from . import qr

        return self._runner.run(qr.login(self._session, self._login, show, timeout=timeout, poll=poll))

    def refresh_access_token(self, refresh_token: str | None = None) -> UserToken:
        """Get fresh tokens and store them. Rarely needed: every call refreshes what is about to end.

        Args:
            refresh_token: the user's newest refresh token; the account's own if not given.

        Raises:
            LoginRequired: the refresh token is expired, revoked or replaced: let the user log in again.
            NotLoggedIn: there is no account to refresh.
        """
        return self._runner.run(_login.refresh(self._session, refresh_token))

    def revoke_access_token(self, access_token: str | None = None) -> None:
        """End the connection between the app and a user: the tokens die, and the app leaves the user's list.

        Args:
            access_token: that of the user; the account's own if not given, refreshed first where it has
                ended, since TikTok does not take an expired one. An account whose tokens are dead for good
                is forgotten without more ado.
        """
        self._runner.run(_login.revoke(self._session, access_token))

    def get_client_token(self) -> ClientToken:
        """A token for the app itself. Only the Research and Commercial Content APIs take it. It is not
        stored.
        """
        return self._runner.run(self._session.keeper.client_token(self._session.perform))

    def accounts(self) -> list[str]:
        """The open ids of all accounts in the token store."""
        return self._runner.run(self._session.keeper.accounts())

    # Publishing

    def get_creator_info(self, access_token: str | None = None) -> Creator:
        """What the creator may post: privacy levels, interactions, longest video. To be asked before every
        post.

        Scope `video.publish`; 20 requests a minute. ``creator["data"]`` reads the answer as it was received.

        Args:
            access_token: instead of the account's own.

        Raises:
            TryLater: the creator has reached a cap of posts, or may not post.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info
        """
        from . import status

        return self._runner.run(status.get_creator_info(self._session, access_token=access_token))

    def check_upload_status(self, publish_id: str, *, access_token: str | None = None) -> Status:
        """What has become of a post, at this moment. 30 requests a minute; `wait` asks until it is decided.

        Args:
            publish_id: from `create_video`, `create_photo` and their likes.
            access_token: instead of the account's own.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
        """
        from . import status

        return self._runner.run(
            status.check_upload_status(self._session, publish_id=publish_id, access_token=access_token)
        )

    # Reading

    def get_user_info(
        self, fields: Iterable[UserField | str] | None = None, *, access_token: str | None = None
    ) -> User:
        """The user's profile: the fields that are named, and no others.

        Args:
            fields: which fields; all whose scope was granted if not given (of an explicit access token: the
                basic ones).
            access_token: instead of the account's own.

        Raises:
            Impossible: a field is unknown, or its scope was not granted.

        Source: https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info
        """
        from . import display

        return self._runner.run(display.user_info(self._session, fields, access_token))

    def videos(
        self,
        fields: Iterable[VideoField | str] | None = None,
        *,
        page_size: int = VIDEOS_PER_PAGE_MAX,
        before: datetime | int | None = None,
        access_token: str | None = None,
    ) -> Generator[Video, None, None]:
        """The user's public videos, one by one, newest first. Scope `video.list`.

        Args:
            fields: which fields; all if not given.
            page_size: videos per request, 1 to 20.
            before: begin with videos older than this moment (or milliseconds since 1970).
            access_token: instead of the account's own.

        Source: https://developers.tiktok.com/doc/tiktok-api-v2-video-list
        """
        from . import display

        return self._runner.iterate(display.videos(self._session, fields, page_size, before, access_token))

    def video_pages(
        self,
        fields: Iterable[VideoField | str] | None = None,
        *,
        page_size: int = VIDEOS_PER_PAGE_MAX,
        before: datetime | int | None = None,
        access_token: str | None = None,
    ) -> Generator[VideoPage, None, None]:
        """The same, page by page.

        Args:
            fields: which fields; all if not given.
            page_size: videos per request, 1 to 20.
            before: begin with videos older than this moment (or milliseconds since 1970).
            access_token: instead of the account's own.

        Source: https://developers.tiktok.com/doc/tiktok-api-v2-video-list
        """
        from . import display

        return self._runner.iterate(display.pages(self._session, fields, page_size, before, access_token))

    def query_videos(
        self,
        video_ids: Iterable[str],
        fields: Iterable[VideoField | str] | None = None,
        *,
        access_token: str | None = None,
    ) -> list[Video]:
        """Certain videos of the user, asked for in batches of 20. Videos of others are left out by TikTok.

        Args:
            video_ids: any number of ids.
            fields: which fields; all if not given.
            access_token: instead of the account's own.

        Source: https://developers.tiktok.com/doc/tiktok-api-v2-video-query
        """
        from . import display

        return self._runner.run(display.query_videos(self._session, video_ids, fields, access_token))
