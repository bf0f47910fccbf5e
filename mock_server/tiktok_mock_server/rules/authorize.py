"""The authorization page: which addresses lead to it, and where it leads."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import attrs

from ..addresses import is_loopback_uri
from ..ask import Ask
from ..description import known_scopes
from ..rule import Rule, rule
from ..why import Refusal, log, shown
from ..world import Account, App
from .registration import registration_problem

CLIENT_KEY = rule(
    "authorize.client-key",
    "client_key names an app that is reviewed; client_id is not read (param_error, errCode 10003).",
    "observed",
    "mystery-man/passport-tiktok issue 9; gitroomhq/postiz-docs issue 167",
)
RESPONSE_TYPE = rule("authorize.response-type", "response_type is code.", "documented", "doc:login-kit-web")
SCOPE = rule(
    "authorize.scope",
    "scope is a list separated by commas, each one known and approved for the app.",
    "documented",
    "doc:login-kit-web",
)
REDIRECT = rule(
    "authorize.redirect-uri",
    "redirect_uri equals a registered one, the slash at its end included; a registered port * fits any port.",
    "documented",
    "doc:login-kit-web; doc:login-kit-desktop",
)
STATE = rule("authorize.state", "state is there; it comes back unchanged.", "documented", "doc:login-kit-web")
CHALLENGE = rule(
    "authorize.challenge",
    "A loopback redirect URI needs a code challenge; for an https one it is a switch.",
    "documented",
    "doc:login-kit-desktop",
    switch="web_requires_pkce",
)
METHOD = rule(
    "authorize.challenge-method", "code_challenge_method is S256.", "documented", "doc:login-kit-desktop"
)
ERROR_PAGE = rule(
    "authorize.error-page",
    "A faulty address ends on TikTok's page, which names the faulty field, not at the redirect URI.",
    "observed",
    "gitroomhq/postiz-docs issue 167; better-auth/better-auth issue 3114",
    switch="authorize_errors",
)
TARGET_USER = rule(
    "authorize.target-user",
    "In a sandbox only target users can log in; others come back with error_type=non_sandbox_target.",
    "observed",
    "ComposioHQ/composio PR 3980",
    switch="sandbox_target_user_delay",
)
AUTO = rule(
    "authorize.auto",
    "A user who is logged in and has agreed to all of it before is sent straight back, unless "
    "disable_auto_auth is 1.",
    "documented",
    "doc:login-kit-web",
)
UNTICKED = rule("authorize.unticked", "The user can untick scopes.", "documented", "doc:login-kit-web")
ALWAYS_TICKED = rule(
    "authorize.always-ticked",
    "user.info.basic, which every app has, cannot be unticked; who leaves no scope has declined.",
    "unknown",
    "doc:tiktok-api-scopes",
)
SECRET_SHOWN = rule(
    "authorize.secret-shown",
    "client_secret has no place in the authorization URL: the user's browser and its history see it.",
    "observed",
    "better-auth/better-auth issue 4509; mystery-man/passport-tiktok PR 2",
)

PARAM_ERROR: Final = "10003"
ALWAYS_INCLUDED: Final = "user.info.basic"
"""The scope that a user cannot untick."""


@attrs.frozen
class Wish:
    """What a client asks the user for."""

    app: App
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str
    challenge: str
    may_be_automatic: bool


class Faulty(Refusal):
    """An authorization URL that TikTok refuses."""

    def __init__(
        self,
        rule_: Rule,
        code: str,
        field: str,
        *,
        expected: str,
        got: str,
        err_code: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(rule_, code, pointer=f"parameter {field}", expected=expected, got=got, hint=hint)
        self.field = field
        self.err_code = err_code


def registered(app: App, uri: str) -> bool:
    """Whether an app may use a redirect URI."""
    if app.redirect_uris is None:
        return registration_problem(uri) is None and ":*" not in uri
    return any(uri == known or _fits_any_port(known, uri) for known in app.redirect_uris)


def _fits_any_port(known: str, uri: str) -> bool:
    start, wildcard, end = known.partition(":*")
    if not wildcard or "/" in start.partition("//")[2]:  # what stands in a path is no port
        return False
    if not uri.startswith(start + ":") or not uri.endswith(end):
        return False
    port = uri[len(start) + 1 : len(uri) - len(end)]
    return port.isascii() and port.isdigit() and 0 < int(port) < 65536


def read(ask: Ask) -> Wish:
    """What an authorization URL asks for. Raises Faulty."""
    query = ask.query
    if "client_secret" in query:
        log.warning("%s: %s", SECRET_SHOWN.id, SECRET_SHOWN.text)
    app = _app(ask)
    redirect_uri = query.get("redirect_uri", "")
    if not registered(app, redirect_uri):
        known = "an https or loopback one" if app.redirect_uris is None else " or ".join(app.redirect_uris)
        problem = registration_problem(redirect_uri) or ""
        raise Faulty(
            REDIRECT, "invalid_request", "redirect_uri", expected=known, got=shown(redirect_uri), hint=problem
        )
    if query.get("response_type") != "code":
        got = shown(query.get("response_type", "nothing"))
        raise Faulty(RESPONSE_TYPE, "unsupported_response_type", "response_type", expected="code", got=got)
    scopes = _scopes(ask, app)
    _check_challenge(ask, redirect_uri)
    if not query.get("state"):
        raise Faulty(STATE, "invalid_request", "state", expected="a text of your own", got="nothing")
    return Wish(
        app=app,
        scopes=scopes,
        redirect_uri=redirect_uri,
        state=query["state"],
        challenge=query.get("code_challenge", ""),
        may_be_automatic=query.get("disable_auto_auth", "0") in ("0", ""),
    )


def _app(ask: Ask) -> App:
    key = ask.query.get("client_key", "")
    if not key:
        hint = "the parameter is client_key, not client_id" if "client_id" in ask.query else ""
        raise Faulty(
            CLIENT_KEY,
            "param_error",
            "client_key",
            expected="the app's key",
            got="nothing",
            err_code=PARAM_ERROR,
            hint=hint,
        )
    app = ask.world.apps.get(key)
    if app is None:
        raise Faulty(
            CLIENT_KEY,
            "unauthorized_client",
            "client_key",
            expected=" or ".join(ask.world.apps),
            got=shown(key),
        )
    if not app.reviewed:
        raise Faulty(
            CLIENT_KEY,
            "unauthorized_client",
            "client_key",
            expected="a reviewed app",
            got="one in draft state",
        )
    return app


def _scopes(ask: Ask, app: App) -> tuple[str, ...]:
    text = ask.query.get("scope", "")
    asked = tuple(dict.fromkeys(text.split(","))) if text else ()
    allowed = known_scopes() if app.scopes is None else app.scopes
    wrong = [scope for scope in asked if scope not in allowed]
    if wrong or not asked:
        hint = ""
        if any(" " in scope for scope in wrong):
            hint = "scopes are separated by commas, not by spaces"
        elif any(scope in known_scopes() for scope in wrong):
            hint = "the app was not approved for it"
        raise Faulty(
            SCOPE,
            "invalid_scope",
            "scope",
            expected="known, approved scopes, separated by commas",
            got=shown(",".join(wrong) or "nothing"),
            hint=hint,
        )
    return asked


def _check_challenge(ask: Ask, redirect_uri: str) -> None:
    challenge, method = ask.query.get("code_challenge", ""), ask.query.get("code_challenge_method", "")
    needed = is_loopback_uri(redirect_uri) or ask.switches.web_requires_pkce
    if needed and not challenge:
        raise Faulty(
            CHALLENGE,
            "invalid_request",
            "code_challenge",
            expected="SHA-256 of the code verifier in lower-case hex",
            got="nothing",
        )
    if (challenge or method) and method != "S256":
        # Without a challenge the method alone means nothing, but a wrong one is a wrong parameter.
        if not challenge and not method:
            return
        raise Faulty(
            METHOD,
            "invalid_request",
            "code_challenge_method",
            expected="S256",
            got=shown(method or "nothing"),
        )


# What the user decides


def granted(ask: Ask, wish: Wish, account: Account, scopes: tuple[str, ...]) -> str:
    """The address the user is sent back to after agreeing."""
    refused = target_user_problem(ask, wish, account)
    if refused is not None:
        return refused
    grant = ask.world.grant(wish.app, account, scopes)
    code = ask.world.issue_code(grant, scopes, redirect_uri=wish.redirect_uri, challenge=wish.challenge)
    return _back(wish, {"code": code.value, "scopes": ",".join(scopes), "state": wish.state})


def target_user_problem(ask: Ask, wish: Wish, account: Account) -> str | None:
    """Where a user is sent whom a sandbox does not know."""
    app = wish.app
    if not app.sandbox:
        return None
    added = app.target_users.get(account.username)
    if added is not None and added + ask.switches.sandbox_target_user_delay <= ask.now:
        return None
    return _back(
        wish,
        {
            "error": "access_denied",
            "error_description": "The user is not a target user of this sandbox.",
            "error_type": "non_sandbox_target",
            "state": wish.state,
            "log_id": ask.log_id,
        },
    )


def denied(wish: Wish) -> str:
    """The address the user is sent back to after declining."""
    return _back(wish, {"error": "access_denied", "error_description": "User declined", "state": wish.state})


def faulty_back(ask: Ask, faulty: Faulty) -> str | None:
    """The address a faulty request goes back to, where the switch says so and one can be trusted."""
    uri = ask.query.get("redirect_uri", "")
    app = ask.world.apps.get(ask.query.get("client_key", ""))
    if ask.switches.authorize_errors != "redirect" or app is None or not registered(app, uri):
        return None
    values = {
        "error": faulty.code,
        "error_description": f"The parameter {faulty.field} is wrong.",
        "error_type": faulty.field,
    }
    if ask.query.get("state"):
        values["state"] = ask.query["state"]
    return f"{uri}?{urlencode(values)}"


def _back(wish: Wish, values: dict[str, str]) -> str:
    return f"{wish.redirect_uri}?{urlencode(values)}"


def automatic(ask: Ask, wish: Wish, username: str) -> Account | None:
    """The user who need not be asked, if there is one."""
    account = ask.world.accounts.get(username)
    if account is None or not wish.may_be_automatic:
        return None
    grant = ask.world.grants.get((wish.app.client_key, ask.world.open_id(wish.app, account)))
    if grant is None or grant.ended is not None or not set(wish.scopes) <= set(grant.scopes):
        return None
    return account
