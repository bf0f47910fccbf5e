"""Tokens: from a code, from a refresh token, for the app itself; and the end of a connection."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import date
from hmac import compare_digest
from typing import Final
from urllib.parse import unquote

from tiktok_openapi import limits

from .. import lifecycle
from ..addresses import is_loopback_uri
from ..ask import Ask
from ..ids import MARK
from ..rule import Rule, rule
from ..validate import check_request
from ..why import Refusal, log, masked, shown
from ..world import App, Code, Grant, World

CREDENTIALS = rule(
    "oauth.credentials",
    "client_key and client_secret are fields of the form, and belong together.",
    "documented",
    "doc:oauth-error-handling",
)
NO_SECRET = rule(
    "oauth.secret-missing",
    "A form without client_secret is refused as invalid_request.",
    "documented",
    "doc:oauth-error-handling",
)
GRANT_TYPE = rule(
    "oauth.grant-type",
    "grant_type is authorization_code, refresh_token or client_credentials.",
    "documented",
    "doc:oauth-error-handling",
)
FORM = rule(
    "oauth.form",
    "The form has every field that the grant type needs.",
    "documented",
    "doc:oauth-error-handling",
)
CODE = rule(
    "oauth.code",
    "A code works once, for a short time, for the app it was given to, and only whole and decoded "
    "exactly once.",
    "observed",
    "public repositories",
    switch="code_lifetime",
)
REDIRECT = rule(
    "oauth.redirect-uri",
    "redirect_uri is the one of the authorization URL.",
    "documented",
    "doc:oauth-error-handling",
)
QR_REDIRECT = rule(
    "oauth.redirect-uri-of-qr",
    "A code of a login by QR code came back to no redirect URI, so any goes with it.",
    "unknown",
    "doc:login-kit-qr-code-authorization",
)
PKCE = rule(
    "oauth.pkce",
    "code_verifier fits the code challenge: SHA-256 in lower-case hex for loopback redirect URIs; "
    "hex or base64url for "
    "https ones. Without a challenge a verifier is ignored.",
    "conflict",
    "doc:login-kit-desktop; n8n-io/n8n PR 15160; pilcrowonpaper/arctic; gitroomhq/postiz-app",
    switch="pkce_web",
)
REFRESH = rule(
    "oauth.refresh",
    "A refresh token works until it expires, is replaced, or the connection ends.",
    "documented",
    "docs:oauth-refresh-a-user-access-token",
)
ROTATION = rule(
    "oauth.rotation",
    "A refresh replaces the refresh token; the previous one stops working at once.",
    "conflict",
    "docs:oauth-refresh-a-user-access-token; doc:oauth-user-access-token-management",
    since="2026-11-02",
    switch="refresh_rotation",
)
REMAINING = rule(
    "oauth.remaining",
    "expires_in and refresh_expires_in count from now; a refresh does not extend the life of the grant.",
    "observed",
    "docs:oauth-user-access-token-management; public repositories",
    switch="refresh_lifetime",
)
LIFETIMES = rule(
    "oauth.lifetimes",
    "Access tokens live 2 hours and refresh tokens 180 days; before November 2026 24 hours and 365 days.",
    "conflict",
    "docs:oauth-user-access-token-management; doc:oauth-user-access-token-management",
    since="2026-11-02",
    switch="token_profile",
)
OLD_ACCESS_TOKEN = rule(
    "oauth.old-access-token",
    "A refresh does not end the previous access token; it lives until it expires.",
    "unknown",
    "",
    switch="old_access_token",
)
REVOKE = rule(
    "oauth.revoke",
    "Revoke takes a living access token; an expired one is refused as unknown.",
    "observed",
    "bardo",
)
STATUS_200 = rule(
    "oauth.status-200",
    "Errors of OAuth come with HTTP 200.",
    "conflict",
    "bardo; HohnerJulian/ResearchTikPy PR 28",
    switch="oauth_error_status",
)
FOREIGN = rule(
    "oauth.foreign",
    "The mock refuses codes and refresh tokens that it did not issue, and warns when one may be a real one.",
    "recommended",
    "",
)

SHORT_SINCE: Final = date.fromisoformat(LIFETIMES.since)

SECRET_MISSED: Final = "Client secret is missed in request."  # noqa: S105 - words, no secret
MALFORMED: Final = "The request parameters are malformed."
WRONG_REDIRECT: Final = "Redirect_uri is not matched with the uri when requesting code."
WRONG_VERIFIER: Final = "Code verifier or code challenge is invalid."
CODE_EXPIRED: Final = "Authorization code is expired."
REFRESH_EXPIRED: Final = "Refresh token is invalid or expired."


def check_client(ask: Ask, *, needs_secret: bool = True) -> App:
    """Who asks."""
    key, secret = ask.text("client_key"), ask.text("client_secret")
    hint = "the field is client_key, not client_id" if "client_id" in ask.body and not key else ""
    if not hint and ask.inbound.headers.get("authorization", "").lower().startswith("basic "):
        hint = "TikTok reads client_key and client_secret from the form, not from HTTP Basic"
    if needs_secret and key and not secret:
        raise Refusal(
            NO_SECRET,
            "invalid_request",
            SECRET_MISSED,
            pointer="/client_secret",
            expected="the app's secret",
            got="nothing",
            hint=hint,
        )
    app = ask.world.apps.get(key)
    if app is None or (needs_secret and not compare_digest(app.client_secret.encode(), secret.encode())):
        pointer = "/client_key" if app is None else "/client_secret"
        got = shown(key or "nothing") if app is None else "another secret"
        expected = "an app that exists" if app is None else "the app's secret"
        raise Refusal(CREDENTIALS, "invalid_client", pointer=pointer, expected=expected, got=got, hint=hint)
    return app


def check_form(ask: Ask, *, apart_from: str = "") -> None:
    """Refuse a form that is not as described, in whatever field but one."""
    problems = [one for one in check_request(ask.operation.id, ask.body) if one.pointer != apart_from]
    if problems:
        problem = problems[0]
        raise Refusal(
            FORM,
            "invalid_request",
            MALFORMED,
            pointer=problem.pointer,
            expected=problem.message,
            got="something else",
        )


def token(ask: Ask) -> object:
    """Answer getToken."""
    grant_type = ask.text("grant_type")
    app = check_client(ask)
    if grant_type == "authorization_code":
        check_form(ask, apart_from="/code_verifier")  # it may be ignored, whatever it is
        return _from_code(ask, app)
    if grant_type == "refresh_token":
        check_form(ask)
        return _from_refresh_token(ask, app)
    if grant_type == "client_credentials":
        check_form(ask)
        lifetime = float(limits.CLIENT_TOKEN_LIFETIME)
        issued = ask.world.issue_access_token(app, None, (), lifetime)
        return {"access_token": issued.value, "expires_in": int(lifetime), "token_type": "Bearer"}
    code = "unsupported_grant_type" if grant_type else "invalid_request"
    raise Refusal(
        GRANT_TYPE,
        code,
        None if grant_type else MALFORMED,
        pointer="/grant_type",
        expected="authorization_code, refresh_token or client_credentials",
        got=shown(grant_type or "nothing"),
    )


def lifetimes(world: World) -> tuple[float, float]:
    """How long an access token and a refresh token live."""
    as_of = world.switches.as_of
    before = as_of is not None and as_of < SHORT_SINCE
    if before or world.switches.token_profile == "legacy":  # noqa: S105 - a profile, no secret
        return limits.LEGACY_ACCESS_TOKEN_LIFETIME, limits.LEGACY_REFRESH_TOKEN_LIFETIME
    return limits.ACCESS_TOKEN_LIFETIME, limits.REFRESH_TOKEN_LIFETIME


def _from_code(ask: Ask, app: App) -> object:
    code = _find_code(ask, app)
    given = ask.text("redirect_uri")
    if code.redirect_uri and given != code.redirect_uri:
        raise Refusal(
            REDIRECT,
            "invalid_request",
            WRONG_REDIRECT,
            pointer="/redirect_uri",
            expected=shown(code.redirect_uri),
            got=shown(given),
        )
    _check_verifier(ask, code)
    code.used = True
    login = ask.world.confirmed.pop(code.value, None)
    if login is not None:
        login.status = "utilised"
    return issue_pair(ask.world, code.grant, code.scopes)


def _find_code(ask: Ask, app: App) -> Code:
    value = ask.text("code")
    code = ask.world.codes.get(value)
    expected, hint = "a code that was given out, whole and decoded once", ""
    if code is None:
        got = masked(value)
        rule_: Rule = CODE
        if unquote(value) in ask.world.codes:
            hint = "it is still URL-encoded: decode it exactly once before it is put into the form"
        elif len(value) > 8 and any(known.startswith(value) for known in ask.world.codes):
            hint = "its end is missing: what follows * or ! belongs to the code"
        elif not value.startswith(MARK):
            rule_ = FOREIGN
            hint = "this code was not issued by a mock and may be a real one"
            log.warning("a code without the mark of a mock was received: it may be a real one")
        raise Refusal(
            rule_, "invalid_grant", CODE_EXPIRED, pointer="/code", expected=expected, got=got, hint=hint
        )
    if code.grant.app is not app:
        got = "a code of another app"
    elif code.used:
        got = "a code that was used before"
    elif code.expires <= ask.now:
        got = f"a code that expired {ask.now - code.expires:.0f} s ago"
    elif code.grant.ended is not None:
        got = "a code of a connection that has ended"
    else:
        return code
    raise Refusal(CODE, "invalid_grant", CODE_EXPIRED, pointer="/code", expected=expected, got=got)


def challenges(ask: Ask, redirect_uri: str, verifier: str) -> tuple[str, ...]:
    """The challenges that a verifier fits."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    if is_loopback_uri(redirect_uri) or ask.switches.pkce_web == "hex":
        return (digest.hex(),)
    return (digest.hex(), urlsafe_b64encode(digest).decode().rstrip("="))


def _check_verifier(ask: Ask, code: Code) -> None:
    if not code.challenge:
        return
    check_form(ask)
    verifier = ask.text("code_verifier")
    accepted = challenges(ask, code.redirect_uri, verifier)
    if verifier and code.challenge in accepted:
        return
    hint = ""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    if verifier and code.challenge.rstrip("=") == urlsafe_b64encode(digest).decode().rstrip("="):
        hint = "the challenge was written as base64url; TikTok wants lower-case hex"
    raise Refusal(
        PKCE,
        "invalid_request",
        WRONG_VERIFIER,
        pointer="/code_verifier",
        expected="the verifier of the challenge, whose SHA-256 is written in lower-case hex",
        got="another one" if verifier else "nothing",
        hint=hint,
    )


def _from_refresh_token(ask: Ask, app: App) -> object:
    value = ask.text("refresh_token")
    found = ask.world.refresh_tokens.get(value)
    rule_, hint = REFRESH, ""
    if found is None:
        got = masked(value)
        if f".{MARK}." not in value:
            rule_ = FOREIGN
            hint = (
                "this token was not issued by a mock and may be a real one: do not send real tokens to a mock"
            )
            log.warning("a refresh token without the mark of a mock was received: it may be a real one")
    elif found.grant.app is not app:
        got = "a token of another app"
    elif found.grant.ended is not None:
        got = "a token of a connection that has ended"
    elif found.expires <= ask.now:
        got = f"a token that expired {ask.now - found.expires:.0f} s ago"
    elif found.replaced is not None and found.replaced + ask.switches.refresh_grace <= ask.now:
        rule_ = ROTATION
        got = f"a token that was replaced {ask.now - found.replaced:.0f} s ago"
        hint = "store the new refresh token of every answer, and never refresh one user twice at a time"
    else:
        if ask.switches.old_access_token == "ends":  # noqa: S105 - a switch, no secret
            _end_access_tokens(ask, found.grant)
        renew = ask.switches.refresh_lifetime == "renew"
        expires = ask.now + lifetimes(ask.world)[1] if renew else found.expires
        if ask.switches.refresh_rotation == "same":
            found.expires = expires
            return issue_pair(ask.world, found.grant, found.scopes, expires, refresh_token=found.value)
        if found.replaced is None:
            found.replaced = ask.now
        return issue_pair(ask.world, found.grant, found.scopes, expires)
    raise Refusal(
        rule_,
        "invalid_grant",
        REFRESH_EXPIRED,
        pointer="/refresh_token",
        expected="the user's newest refresh token",
        got=got,
        hint=hint,
    )


def _end_access_tokens(ask: Ask, grant: Grant) -> None:
    for token_ in ask.world.access_tokens.values():
        if token_.grant is grant:
            token_.expires = min(token_.expires, ask.now)


def issue_pair(
    world: World,
    grant: Grant,
    scopes: tuple[str, ...],
    refresh_expires: float | None = None,
    *,
    refresh_token: str = "",
) -> dict[str, object]:
    """A pair of tokens, as the token endpoint answers it. The refresh token may have been there before."""
    now = world.now()
    access_lifetime, refresh_lifetime = lifetimes(world)
    if refresh_expires is None:
        refresh_expires = now + refresh_lifetime
    lifetime = min(access_lifetime, refresh_expires - now)
    access = world.issue_access_token(grant.app, grant, scopes, lifetime)
    refresh = refresh_token or world.issue_refresh_token(grant, scopes, refresh_expires).value
    return {
        "access_token": access.value,
        "expires_in": int(lifetime),
        "open_id": grant.open_id,
        "refresh_expires_in": int(refresh_expires - now),
        "refresh_token": refresh,
        "scope": ",".join(scopes),
        "token_type": "Bearer",
    }


def revoke(ask: Ask) -> object:
    """Answer revokeToken."""
    app = check_client(ask)
    check_form(ask)
    value = ask.text("token")
    found = ask.world.access_tokens.get(value)
    hint = ""
    if found is None:
        got = masked(value)
        if value in ask.world.refresh_tokens:
            hint = "this is a refresh token; revoke takes the access token"
    elif found.app is not app:
        got = "a token of another app"
    elif found.grant is None:
        got = "an app's token"
    elif found.expires <= ask.now:
        got = f"a token that expired {ask.now - found.expires:.0f} s ago"
        hint = "refresh it first, then revoke the new one"
    else:
        if found.grant.ended is None:
            lifecycle.end_grant(ask.world, found.grant, 5)
        return {} if ask.switches.revoke_body == "object" else None
    raise Refusal(
        REVOKE, "invalid_grant", "", pointer="/token", expected="a living access token", got=got, hint=hint
    )
