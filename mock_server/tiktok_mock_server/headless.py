"""Logging in without a page, for tests that are about something else."""

from __future__ import annotations

from .rules.oauth import issue_pair
from .world import Account, App, World

DEFAULT_SCOPES = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
    "video.publish",
    "video.upload",
)


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
    wanted = DEFAULT_SCOPES if scopes is None else scopes
    grant = world.grant(app, account, wanted)
    return world.issue_code(grant, wanted, redirect_uri=redirect_uri, challenge=challenge).value


def token(
    world: World, app: App, account: Account, scopes: tuple[str, ...] | None = None
) -> dict[str, object]:
    """A pair of tokens, as the token endpoint would answer it."""
    wanted = DEFAULT_SCOPES if scopes is None else scopes
    return issue_pair(world, world.grant(app, account, wanted), wanted)
