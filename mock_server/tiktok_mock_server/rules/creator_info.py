"""What a creator may do."""

from __future__ import annotations

from ..ask import Ask
from ..media_urls import avatar_url
from ..rule import rule
from ..why import Refusal
from ..world import Account, App
from . import quotas

OK_REFUSALS = rule(
    "creator-info.refusals",
    "Too many posts, a ban and the user cap are refused with HTTP 200 here, on purpose.",
    "documented",
    "doc:content-posting-api-reference-query-creator-info",
)
OPTIONS = rule(
    "creator-info.options",
    "A public account may choose everyone, friends or itself; a private one followers, friends or itself.",
    "documented",
    "doc:content-posting-api-reference-query-creator-info",
)
UNAUDITED = rule(
    "creator-info.unaudited",
    "An unaudited app is shown every option of the account; it is refused at the init.",
    "conflict",
    "AceDataCloud/Skills PR 800",
    switch="unaudited_options",
)
PRIVATE = rule(
    "creator-info.private",
    "Nobody can duet or stitch the videos of a private account.",
    "documented",
    "doc:content-posting-api-reference-query-creator-info",
)


def options(ask: Ask, app: App, account: Account) -> tuple[str, ...]:
    """The privacy levels an account is offered."""
    if ask.switches.unaudited_options == "self_only" and not app.audited:
        return ("SELF_ONLY",)
    return account.privacy_levels


def query(ask: Ask) -> object:
    """Answer queryCreatorInfo."""
    app, account = ask.grant.app, ask.grant.account
    reason = quotas.post_refusal(ask, app, account)
    if reason is not None:
        code, expected, got = reason
        raise Refusal(OK_REFUSALS, code, expected=expected, got=got)
    return {
        "creator_avatar_url": avatar_url(ask, account, quotas.AVATAR_LIFETIME),
        "creator_username": account.username,
        "creator_nickname": account.nickname,
        "privacy_level_options": list(options(ask, app, account)),
        "comment_disabled": account.comment_disabled,
        "duet_disabled": account.duet_disabled or account.private,
        "stitch_disabled": account.stitch_disabled or account.private,
        "max_video_post_duration_sec": account.max_video_seconds,
    }
