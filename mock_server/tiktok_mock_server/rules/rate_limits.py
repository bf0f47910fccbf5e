"""How often a token may ask."""

from __future__ import annotations

from ..ask import Ask
from ..rule import rule
from ..why import Refusal
from ..world import AccessToken

WINDOW = rule(
    "rate.window",
    "Calls are counted in a sliding window per access token and bucket; one too many gives 429 "
    "rate_limit_exceeded.",
    "documented",
    "doc:tiktok-api-v2-rate-limit",
    switch="rate_limits",
)
ONLY_PASSED = rule(
    "rate.counted",
    "Every call with a good token and scope counts, refused ones included, but for those refused by "
    "this rule.",
    "unknown",
    "",
)


def count(ask: Ask, token: AccessToken) -> list[tuple[str, str]]:
    """Count a call. What is left is told in a header of ours, since TikTok has none for it."""
    limit = ask.operation.rate_limit
    if limit is None or not ask.switches.rate_limits:
        return []
    allowed = max(1, int(limit.requests * ask.switches.rate_factor))
    who = token.app.client_key if limit.per == "client_key" else token.value
    calls = ask.world.counted_calls(who, limit.bucket)
    while calls and calls[0] <= ask.now - limit.seconds:
        calls.popleft()
    if len(calls) >= allowed:
        again = calls[0] + limit.seconds - ask.now
        raise Refusal(
            WINDOW,
            "rate_limit_exceeded",
            pointer=f"bucket {limit.bucket}",
            expected=f"at most {allowed} calls in {limit.seconds} s",
            got=f"{len(calls) + 1}",
            hint=f"free again in {again:.1f} s",
            headers=(("x-mock-rate-limit", str(allowed)), ("x-mock-rate-remaining", "0")),
        )
    calls.append(ask.now)
    return [("x-mock-rate-limit", str(allowed)), ("x-mock-rate-remaining", str(allowed - len(calls)))]
