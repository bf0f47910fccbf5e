"""How often a token may ask."""

from __future__ import annotations

from collections import deque

from tiktok_openapi._runtime.call import Operation, RateLimit

from ..ask import Ask
from ..rule import rule
from ..why import Refusal
from ..world import AccessToken, World

WINDOW = rule(
    "rate.window",
    "Calls are counted in a sliding window per access token and bucket; one too many gives 429 "
    "rate_limit_exceeded.",
    "documented",
    "doc:tiktok-api-v2-rate-limit",
    switch="rate_limits",
)
INITS = rule(
    "rate.inits",
    "Each of the three inits has a rate limit of its own.",
    "unknown",
    "doc:tiktok-api-v2-rate-limit",
    switch="init_limits",
)
ONLY_PASSED = rule(
    "rate.counted",
    "Every call with a good token and scope counts, refused ones included, but for those refused by "
    "this rule.",
    "unknown",
    "",
)

_INITS = frozenset({"initVideoPost", "initInboxVideo", "initContent"})


def window(
    world: World, operation: Operation, limit: RateLimit, token: AccessToken
) -> tuple[str, int, deque[float]]:
    """The bucket that a call is counted in, how many calls it holds, and when those that count were made."""
    shared = world.switches.init_limits == "shared" and operation.id in _INITS
    bucket = "inits" if shared else limit.bucket
    allowed = max(1, int(limit.requests * world.switches.rate_factor))
    who = token.app.client_key if limit.per == "client_key" else token.value
    calls = world.counted_calls(who, bucket)
    while calls and calls[0] <= world.now() - limit.seconds:
        calls.popleft()
    return bucket, allowed, calls


def count(ask: Ask, token: AccessToken) -> list[tuple[str, str]]:
    """Count a call. What is left is told in a header of ours, since TikTok has none for it."""
    limit = ask.operation.rate_limit
    if limit is None or not ask.switches.rate_limits:
        return []
    bucket, allowed, calls = window(ask.world, ask.operation, limit, token)
    if len(calls) >= allowed:
        again = calls[0] + limit.seconds - ask.now
        raise Refusal(
            WINDOW,
            "rate_limit_exceeded",
            pointer=f"bucket {bucket}",
            expected=f"at most {allowed} calls in {limit.seconds} s",
            got=f"{len(calls) + 1}",
            hint=f"free again in {again:.1f} s",
            headers=(("x-mock-rate-limit", str(allowed)), ("x-mock-rate-remaining", "0")),
        )
    calls.append(ask.now)
    return [("x-mock-rate-limit", str(allowed)), ("x-mock-rate-remaining", str(allowed - len(calls)))]
