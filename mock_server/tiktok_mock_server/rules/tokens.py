"""Bearer tokens and scopes."""

from __future__ import annotations

from ..ask import Ask
from ..ids import MARK
from ..rule import rule
from ..why import Refusal, log, masked
from ..world import AccessToken

BEARER = rule(
    "token.bearer",
    "Every call but those of OAuth carries `Authorization: Bearer <access token>`, and the token is alive.",
    "documented",
    "doc:tiktok-api-v2-error-handling",
)
FOREIGN = rule(
    "token.foreign",
    "The mock refuses tokens that it did not issue, and warns when one may be a real one.",
    "recommended",
    "",
)
USER_TOKEN = rule(
    "token.user",
    "Only a user's token opens these endpoints; an app's token does not.",
    "documented",
    "doc:client-access-token-management",
)
SCOPE = rule(
    "token.scope",
    "The user granted one of the scopes that the operation needs.",
    "documented",
    "doc:tiktok-api-scopes",
)


def bearer(ask: Ask) -> AccessToken:
    """The token of a call."""
    header = ask.inbound.headers.get("authorization", "")
    scheme, _, value = header.partition(" ")
    value = value.strip()
    at = "header Authorization"
    if not header:
        raise Refusal(
            BEARER, "access_token_invalid", pointer=at, expected="Bearer <access token>", got="nothing"
        )
    if scheme.lower() != "bearer" or not value:
        raise Refusal(
            BEARER, "access_token_invalid", pointer=at, expected="Bearer <access token>", got=masked(header)
        )
    token = ask.world.access_tokens.get(value)
    if token is None:
        hint = ""
        rule_ = BEARER
        if f".{MARK}." not in value:
            rule_ = FOREIGN
            hint = (
                "this token was not issued by a mock and may be a real one: do not send real tokens to a mock"
            )
            log.warning(
                "a token without the mark of a mock was received (%s): it may be a real one", masked(value)
            )
        raise Refusal(
            rule_,
            "access_token_invalid",
            pointer=at,
            expected="a token issued here",
            got=masked(value),
            hint=hint,
        )
    if token.expires <= ask.now:
        late = f"one that expired {ask.now - token.expires:.0f} s ago"
        raise Refusal(BEARER, "access_token_invalid", pointer=at, expected="a living token", got=late)
    if token.grant is None:
        raise Refusal(
            USER_TOKEN, "access_token_invalid", pointer=at, expected="a user's token", got="an app's token"
        )
    if token.grant.ended is not None:
        got = "one whose connection has ended"
        raise Refusal(BEARER, "access_token_invalid", pointer=at, expected="a living token", got=got)
    return token


def check_scope(token: AccessToken, alternatives: tuple[tuple[str, ...], ...]) -> None:
    """Whether a token may do this."""
    if alternatives and not any(set(needed) <= set(token.scopes) for needed in alternatives):
        raise Refusal(
            SCOPE,
            "scope_not_authorized",
            pointer="header Authorization",
            expected=" or ".join(" and ".join(needed) for needed in alternatives),
            got=",".join(token.scopes) or "no scope",
        )
