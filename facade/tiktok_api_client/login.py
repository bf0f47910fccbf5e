"""Logging a user in: what an app must be, the authorization URL, and the way from a callback to tokens.

TikTok knows two kinds of apps here. *Web*: the redirect URI is an `https` address. *Desktop*: it is a
loopback address with a port, and PKCE is required. Sources: https://developers.tiktok.com/doc/login-kit-web,
https://developers.tiktok.com/doc/login-kit-desktop
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, cast
from urllib.parse import urlsplit

import attrs

from tiktok_openapi import CodeChallengeMethod, Impossible, LoginRequired, Scope, UserToken
from tiktok_openapi.limits import REDIRECT_URI_MAX_LENGTH
from tiktok_openapi.operations import oauth
from tiktok_openapi.routes import ROUTES

from ._flow import Flow, Signal, blocking, invoke, sleep
from .callback import Callback, State, encode_state, new_state, parse_callback
from .errors import LoginTimedOut
from .pkce import ChallengeEncoding, code_challenge, new_code_verifier

if TYPE_CHECKING:
    from ._session import Session

LoginMode = Literal["web", "desktop"]
"""What kind of app logs in: it decides the rules for the redirect URI, and whether PKCE is required."""

SCOPES: Final[list[str]] = sorted({scope for route in ROUTES for group in route.scopes for scope in group})
"""The scopes that this library has a use for."""

DEFAULT_SCOPES: Final = ("user.info.basic", "video.publish", "video.upload")

_FIRST_SEGMENTS: Final = frozenset(route.path.split("/")[1] for route in ROUTES if route.server)

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1"})


@attrs.frozen
class LoginRequest:
    """One login under way. Keep it until the callback comes, which is checked against it."""

    url: str
    """The authorization URL: open it in the user's browser."""
    state: str
    """What TikTok sends back unchanged."""
    code_verifier: str | None = attrs.field(repr=False)
    """What the tokens are fetched with; None without PKCE."""
    redirect_uri: str
    scopes: tuple[str, ...]


def check_text(name: str, value: object) -> str:
    """`value` itself, if it is a text with something in it.

    Raises:
        Impossible: it is empty, or no text.
    """
    advice = "see the app in TikTok's developer portal" if name in ENVIRONMENT else ""
    if not isinstance(value, str):
        raise Impossible(name, type(value).__name__, "a text", advice)
    if not value.strip():
        raise Impossible(name, "an empty text", "a text", advice)
    if value != value.strip():
        raise Impossible(name, "a text with space around it", "the text alone")
    return value


def check_scopes(scopes: Collection[str] | None) -> tuple[str, ...]:
    """The scopes to ask for; a fair set for publishing when none are named.

    Raises:
        Impossible: one is unknown, or there are none.
    """
    if scopes is None:
        return DEFAULT_SCOPES
    if isinstance(scopes, str):
        raise Impossible("scopes", repr(scopes), "a list of scopes", f"write scopes={scopes.split(',')!r}")
    chosen = tuple(dict.fromkeys(str(getattr(scope, "value", scope)) for scope in scopes))
    if not chosen:
        raise Impossible("scopes", "none", "at least one scope", f"known: {', '.join(SCOPES)}")
    known = [scope.value for scope in Scope]
    for scope in chosen:
        if scope not in known:
            from difflib import get_close_matches

            near = get_close_matches(scope, known, 1)
            advice = f"did you mean {near[0]!r}?" if near else ""
            raise Impossible("scopes", repr(scope), f"one of {', '.join(known)}", advice)
    return chosen


def check_redirect_uri(uri: str, mode: LoginMode | None) -> LoginMode:
    """The kind of app that a redirect URI is for.

    Raises:
        Impossible: TikTok would not have registered it. It must be absolute, without query and fragment, and
            shorter than 512 characters; web: `https`; desktop: `localhost` or `127.0.0.1`, with a port.
    """
    check_text("redirect_uri", uri)
    if mode not in ("web", "desktop", None):
        raise Impossible("login_mode", repr(mode), "'web' or 'desktop'")
    if len(uri) >= REDIRECT_URI_MAX_LENGTH:
        raise Impossible("redirect_uri", f"{len(uri)} characters", f"less than {REDIRECT_URI_MAX_LENGTH}")
    bad = f"{uri!r:.80}"
    # `*` stands for any port, which urlsplit does not know
    wild = ":*" in uri.partition("//")[2].partition("/")[0]
    try:
        parts = urlsplit(uri.replace(":*", ":0", 1) if wild else uri)
        port = parts.port
    except ValueError:
        raise Impossible("redirect_uri", bad, "an absolute address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Impossible("redirect_uri", bad, "an absolute http or https address")
    if "?" in uri or "#" in uri:
        raise Impossible(
            "redirect_uri", bad, "no query and no fragment", "what varies belongs into the state"
        )
    if mode is None:
        loopback = parts.hostname in _LOOPBACK and (port is not None or parts.scheme == "http")
        mode = "desktop" if loopback else "web"
    if mode == "desktop":
        if parts.hostname not in _LOOPBACK:
            raise Impossible("redirect_uri", bad, "host localhost or 127.0.0.1 in desktop mode")
        if port is None:
            raise Impossible(
                "redirect_uri", bad, "a port in desktop mode", "such as http://127.0.0.1:8765/callback/"
            )
    elif parts.scheme != "https" or wild:
        raise Impossible("redirect_uri", bad, "https, and no * for the port, in web mode")
    return mode


def check_timeout(timeout: object) -> None:
    """See that there can be so many seconds for each part of a call.

    Raises:
        Impossible: it is no number above 0.
    """
    if timeout is None or (type(timeout) in (int, float) and cast("float", timeout) > 0):
        return
    raise Impossible("timeout", repr(timeout), "seconds, more than 0", "leave it out for the usual ones")


def check_methods(name: str, value: object, protocol: type, advice: str) -> None:
    """See that an object of the caller's has the methods of a protocol.

    Raises:
        Impossible: it lacks some.
    """
    wanted = [method for method in vars(protocol) if not method.startswith("_")]
    missing = [method for method in wanted if not callable(getattr(value, method, None))]
    if missing or isinstance(value, type):
        kind = "a class" if isinstance(value, type) else f"a value of type {type(value).__name__}"
        raise Impossible(name, kind, f"an object with {', '.join(wanted)}", advice)


def check_base_url(url: str | None) -> str | None:
    """The address of another host, without a slash at its end. It may have a path, in front of TikTok's.

    Raises:
        Impossible: it is no absolute http or https address, has a query, a fragment, or a user name, or ends
            with what TikTok's paths begin with.
    """
    if url is None:
        return None
    check_text("base_url", url)
    bad = "one with @ in it" if "@" in url else f"{url!r:.80}"  # before it, a password can stand
    limit = "an absolute http or https address"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Impossible("base_url", bad, limit) from None
    if "@" in parts.netloc:  # httpx would send it in the place of the access token
        raise Impossible(
            "base_url", "one with a user name in it", "an address without user name and password"
        )
    labels = (parts.hostname or "").removesuffix(".").split(".")  # others Python cannot look up
    if parts.scheme not in {"http", "https"} or not all(0 < len(label) < 64 for label in labels):
        raise Impossible("base_url", bad, limit)
    if "?" in url or "#" in url:
        raise Impossible("base_url", bad, "no query and no fragment")
    last = parts.path.rstrip("/").rpartition("/")[2]
    if last in _FIRST_SEGMENTS:
        advice = "every call brings its whole path along"
        raise Impossible("base_url", bad, f"an address without /{last} at its end", advice)
    return url.rstrip("/")


def check_pkce(encoding: ChallengeEncoding | None, mode: LoginMode) -> ChallengeEncoding | None:
    """How the code challenge is written; None for no PKCE, which only a web app may do without.

    Raises:
        Impossible: it is unknown, or a desktop app would go without.
    """
    if encoding not in ("hex", "base64url", None):
        raise Impossible("pkce", repr(encoding), "'hex', 'base64url' or None")
    if encoding is None and mode == "desktop":
        raise Impossible(
            "pkce", "None", "a code challenge in desktop mode", "TikTok requires it of desktop apps"
        )
    return encoding


@attrs.frozen(eq=False)
class Login:
    """How an app logs users in: all that does not change from one login to the next."""

    client_key: str
    client_secret: str = attrs.field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]
    mode: LoginMode
    pkce: ChallengeEncoding | None
    base_url: str | None

    def state(self, value: State) -> str:
        """A state as it travels: a random one for an empty text, compact JSON with a check for a mapping."""
        if isinstance(value, str):
            return value or new_state()
        if not isinstance(cast("object", value), Mapping):
            raise Impossible("state", f"a value of type {type(value).__name__}", "a text or a mapping")
        return encode_state(value, self.client_secret)

    def request(
        self,
        *,
        state: str,
        code_verifier: str | None = None,
        redirect_uri: str | None = None,
        disable_auto_auth: bool | None = None,
    ) -> LoginRequest:
        """An authorization URL, and what its callback will be checked against."""
        address = redirect_uri or self.redirect_uri
        if ":*" in address.partition("//")[2]:
            raise Impossible(
                "redirect_uri",
                address,
                "a port of its own",
                "only login() can choose one; write a number instead of *",
            )
        verifier = None if self.pkce is None else code_verifier or new_code_verifier()
        call = oauth.authorize(
            client_key=self.client_key,
            scope=list(self.scopes),
            redirect_uri=address,
            state=state,
            code_challenge=None
            if verifier is None or self.pkce is None
            else code_challenge(verifier, self.pkce),
            code_challenge_method=None if verifier is None else CodeChallengeMethod.S256,
            disable_auto_auth=None if disable_auto_auth is None else int(disable_auto_auth),
        )
        return LoginRequest(call.url(self.base_url), state, verifier, address, self.scopes)

    def read(self, url: str, expected: State | None) -> Callback:
        """Read a callback; see `parse_callback`."""
        return parse_callback(url, expected=expected, secret=self.client_secret, asked=self.scopes)


def check_code(code: str) -> str:
    """An authorization code that was decoded.

    Raises:
        Impossible: it is empty, or still percent-encoded: TikTok would call it expired.
    """
    check_text("code", code)
    if "%" in code:
        raise Impossible(
            "code",
            "a percent-encoded text",
            "the code decoded once",
            "pass the whole address to parse_callback",
        )
    return code


def exchange(session: Session, code: str, redirect_uri: str, code_verifier: str | None) -> Flow[UserToken]:
    """Trade an authorization code for tokens."""
    _, token = yield from session.keeper.trade_code(
        check_code(code), redirect_uri, code_verifier, session.send
    )
    return token


def refresh(session: Session, refresh_token: str | None) -> Flow[UserToken]:
    """Get fresh tokens: the account's, or those that belong to a refresh token."""
    return (yield from session.keeper.renew(session.open_id, refresh_token, session.send))


def revoke(session: Session, access_token: str | None) -> Flow[None]:
    """End the connection with a user."""
    if access_token is not None:
        yield from _revoke(session, access_token)
        yield from session.keeper.revoked(access_token)
        return
    keeper = session.keeper
    account = yield from keeper.account(session.open_id)
    try:
        token = yield from keeper.token(account, session.send)
        try:
            yield from _revoke(session, token.access_token)
        except LoginRequired:  # it died before its time
            token = yield from keeper.token(account, session.send, token.access_token)
            yield from _revoke(session, token.access_token)
    except LoginRequired:
        pass  # neither token works any more: the user, or TikTok, has ended the connection already
    yield from keeper.forget(account)


def _revoke(session: Session, access_token: str) -> Flow[None]:
    app = session.app
    yield from session.perform(
        oauth.revoke_token(client_key=app.client_key, client_secret=app.client_secret, token=access_token)
    )


def from_browser(
    session: Session,
    login: Login,
    *,
    state: State,
    timeout: float,
    show: Callable[[str], object] | None,
    disable_auto_auth: bool | None,
) -> Flow[UserToken]:
    """Log in from this machine: open the browser, and catch the callback on the loopback address."""
    from ._loopback import Catcher, open_browser

    expected = login.state(state)
    done = Signal()
    catcher = Catcher(login.redirect_uri, lambda url: login.read(url, expected), done)
    try:
        catcher.start()
        request = login.request(
            state=expected, redirect_uri=catcher.redirect_uri, disable_auto_auth=disable_auto_auth
        )
        if show is None:
            yield from blocking(open_browser, request.url)
        else:
            yield from invoke(show, request.url)
        if not (yield from sleep(timeout, done)):
            advice = "an error on TikTok's page names what to compare with the developer portal"
            raise LoginTimedOut(f"nobody finished the login within {timeout:g} s; {advice}")
        callback = catcher.result()
    finally:
        catcher.close()
    return (yield from exchange(session, callback.code, request.redirect_uri, request.code_verifier))


ENVIRONMENT: Final[Mapping[str, str]] = {
    "client_key": "TIKTOK_CLIENT_KEY",
    "client_secret": "TIKTOK_CLIENT_SECRET",
    "redirect_uri": "TIKTOK_REDIRECT_URI",
}
"""Argument → environment variable that `from_env` reads."""

SCOPES_VARIABLE: Final = "TIKTOK_SCOPES"
BASE_URL_VARIABLE: Final = "TIKTOK_BASE_URL"


def settings_from(environment: Mapping[str, str]) -> tuple[str, str, str, Sequence[str] | None]:
    """Client key, client secret, redirect URI and scopes from environment variables.

    Raises:
        Impossible: some are missing; all of them are named.
    """
    missing = [name for name in ENVIRONMENT.values() if not environment.get(name, "").strip()]
    if missing:
        raise Impossible("environment", f"no {', '.join(missing)}", f"{', '.join(ENVIRONMENT.values())} set")
    key, secret, redirect = (environment[name].strip() for name in ENVIRONMENT.values())
    scopes = [scope.strip() for scope in environment.get(SCOPES_VARIABLE, "").split(",") if scope.strip()]
    return key, secret, redirect, scopes or None
