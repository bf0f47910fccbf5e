"""Worlds with a name: how an app's life looks on a particular bad day."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from .world import World


class NoSuchScenario(ValueError):
    """A scenario was asked for that there is not."""


@attrs.frozen
class Scenario:
    """A named world."""

    name: str
    text: str
    """What it is, and what a client should do in it."""
    apply: Callable[[World], None]


def _switch(world: World, **changes: Any) -> None:
    world.switches = attrs.evolve(world.switches, **changes)


def _everybody(world: World, *, private: bool, audited: bool) -> None:
    for account in world.accounts.values():
        account.private = private
    for app in world.apps.values():
        app.audited = audited


def _audited_app(world: World) -> None:
    _everybody(world, private=False, audited=True)


def _unaudited_app(world: World) -> None:
    _everybody(world, private=False, audited=False)


def _private_account(world: World) -> None:
    _everybody(world, private=True, audited=True)


def _expired_token(world: World) -> None:
    world.faults.plan("*", "token_expired", when={"username": world.account.username})


def _rotated_refresh_race(world: World) -> None:
    _expired_token(world)
    world.faults.plan("getToken", "refresh_race", when={"grant_type": "refresh_token"})


def _spam_risk(world: World) -> None:
    _switch(world, daily_posts=0)


def _banned_creator(world: World) -> None:
    for account in world.accounts.values():
        account.banned = True


def _stuck_processing(world: World) -> None:
    _switch(world, progress="by_hand")


def _late_moderation(world: World) -> None:
    _audited_app(world)
    _switch(world, moderation_seconds=6 * 3600.0, progress="time")


def _fails_after_upload(world: World) -> None:
    for operation in ("initVideoPost", "initInboxVideo", "initContent"):
        world.faults.plan(operation, "fails_late", times=0, optional=True, reason="frame_rate_check_failed")


def _flaky_uploads(world: World) -> None:
    world.faults.plan("uploadChunk", "gateway", status=503)
    world.faults.plan("uploadChunk", "reset_in_body", after_bytes=1024)
    world.faults.plan("uploadChunk", "chunk_repeated")


def _lost_answers(world: World) -> None:
    world.faults.plan("initVideoPost", "lost")
    world.faults.plan("uploadChunk", "lost", when={"chunk": "last"})


def _lost_refresh(world: World) -> None:
    world.faults.plan("getToken", "lost", when={"grant_type": "refresh_token"})


def _rate_limited(world: World) -> None:
    _switch(world, rate_factor=0.001)  # less than one of the 600 of the Display API


def _gateway_pages(world: World) -> None:
    _switch(world, html_5xx_every=3)


def _slow_network(world: World) -> None:
    world.faults.plan("*", "latency", times=0, optional=True, seconds=3.0)


def _doubled_webhooks(world: World) -> None:
    world.faults.plan("webhook", "webhook_duplicate", times=0, optional=True)


def _tomorrow(world: World) -> None:
    for operation, fault in (
        ("queryCreatorInfo", "new_enum_value"),
        ("fetchStatus", "new_status"),
        ("*", "new_field"),
    ):
        world.faults.plan(operation, fault, times=0, optional=True)


_ALL: Final = (
    Scenario(
        "audited-app",
        "The app passed TikTok's audit, the account is public: everything that can be allowed is.",
        _audited_app,
    ),
    Scenario(
        "unaudited-app",
        "The app has not passed the audit and the account is public: direct posts are refused with "
        "unaudited_client_can_only_post_to_private_accounts.",
        _unaudited_app,
    ),
    Scenario(
        "private-account",
        "The app passed the audit, the account is private: nobody can post to everyone.",
        _private_account,
    ),
    Scenario(
        "expired-token",
        "The access token is dead at the next call: a client refreshes it and goes on.",
        _expired_token,
    ),
    Scenario(
        "rotated-refresh-race",
        "The access token is dead, and another process has just used the refresh token: a client reads the "
        "store again before it gives up.",
        _rotated_refresh_race,
    ),
    Scenario(
        "lost-refresh",
        "A refresh is done and its answer is lost: the old refresh token is dead, the new one never came.",
        _lost_refresh,
    ),
    Scenario("spam-risk", "The creator has made all the posts of the day.", _spam_risk),
    Scenario("banned-creator", "The creator may not post.", _banned_creator),
    Scenario(
        "stuck-processing",
        "Posts are processed for ever: a client gives up in time and says that it does not know. Levers move "
        "them on.",
        _stuck_processing,
    ),
    Scenario(
        "late-moderation",
        "A public post is published at once, but moderated for six hours: its id comes late.",
        _late_moderation,
    ),
    Scenario(
        "fails-after-upload",
        "Every post is taken, uploaded, and then fails with frame_rate_check_failed.",
        _fails_after_upload,
    ),
    Scenario(
        "flaky-uploads",
        "A chunk meets a 503, the next try a reset in its middle, the next is stored and answered with 502: "
        "a client sends it again each time, and one post comes of it.",
        _flaky_uploads,
    ),
    Scenario(
        "lost-answers",
        "The init is done and its answer lost, and so is the last chunk's: a client does not post twice.",
        _lost_answers,
    ),
    Scenario("rate-limited", "One call of each kind per minute is allowed.", _rate_limited),
    Scenario(
        "gateway-pages", "Every third call is answered by the gateway with 503 and HTML.", _gateway_pages
    ),
    Scenario("slow-network", "Every answer is three seconds late.", _slow_network),
    Scenario("doubled-webhooks", "Every event is delivered twice.", _doubled_webhooks),
    Scenario(
        "tomorrow",
        "TikTok has new fields, a new status and a new privacy level: nothing may break.",
        _tomorrow,
    ),
)

SCENARIOS: Final[Mapping[str, Scenario]] = {scenario.name: scenario for scenario in _ALL}


def apply(world: World, name: str) -> Scenario:
    """Let a world be like this from now on. Raises NoSuchScenario."""
    found = SCENARIOS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, list(SCENARIOS), 1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise NoSuchScenario(f"there is no scenario {name!r}{hint}; there are: {', '.join(SCENARIOS)}")
    found.apply(world)
    return found
