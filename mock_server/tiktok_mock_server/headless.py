"""Logging in without a page, for tests that are about something else."""

from __future__ import annotations

import difflib

from .description import known_scopes
from .rules.authorize import registered
from .rules.oauth import issue_pair
from .rules.registration import registration_problem
from .world import Account, App, World

DEFAULT_SCOPES = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
    "video.publish",
    "video.upload",
)


def check_scopes(scopes: tuple[str, ...]) -> None:
    """Refuse scopes that TikTok does not have. Raises ValueError."""
    for scope in scopes:
        if scope not in known_scopes():
            near = difflib.get_close_matches(scope, sorted(known_scopes()), 1)
            raise ValueError(
                f"there is no scope {scope!r}{f' (did you mean {near[0]!r}?)' if near else ''}; "
                f"there are: {', '.join(sorted(known_scopes()))}"
            )


def _wanted(scopes: tuple[str, ...] | None) -> tuple[str, ...]:
    if scopes is None:
        return DEFAULT_SCOPES
    check_scopes(scopes)
    return scopes


def code(
    world: World,
    app: App,
    account: Account,
    scopes: tuple[str, ...] | None = None,
    *,
    redirect_uri: str,
    challenge: str = "",
) -> str:
    """An authorization code, as the callback would bring it (decoded)."""
    if not registered(app, redirect_uri):
        reason = registration_problem(redirect_uri) or f"{app.client_key} has not registered it"
        raise ValueError(f"no code goes to {redirect_uri!r}: {reason}")
    wanted = _wanted(scopes)
    grant = world.grant(app, account, wanted)
    return world.issue_code(grant, wanted, redirect_uri=redirect_uri, challenge=challenge).value


def token(
    world: World, app: App, account: Account, scopes: tuple[str, ...] | None = None
) -> dict[str, object]:
    """A pair of tokens, as the token endpoint would answer it."""
    wanted = _wanted(scopes)
    return issue_pair(world, world.grant(app, account, wanted), wanted)
