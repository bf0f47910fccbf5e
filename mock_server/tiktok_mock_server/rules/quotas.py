"""How many posts, drafts and users are too many."""

from __future__ import annotations

from typing import Final

from tiktok_openapi import limits

from ..ask import Ask
from ..rule import rule
from ..world import Account, App, Post

DAY: Final = 86400.0
AVATAR_LIFETIME: Final = limits.CREATOR_AVATAR_URL_LIFETIME

BANNED = rule(
    "quota.banned",
    "A banned creator cannot post.",
    "documented",
    "doc:content-posting-api-reference-direct-post",
)
DAILY = rule(
    "quota.daily-posts",
    "A creator can make about 15 posts in 24 hours through all API clients together.",
    "documented",
    "doc:content-sharing-guidelines",
    switch="daily_posts",
)
PENDING = rule(
    "quota.pending-drafts",
    "At most 5 drafts of the last 24 hours can wait to be posted.",
    "documented",
    "doc:content-posting-api-reference-upload-video",
    switch="pending_drafts",
)
USERS = rule(
    "quota.active-users",
    "At most 5 users in 24 hours can post through an unaudited app; an audited one has a cap of its own.",
    "documented",
    "doc:content-sharing-guidelines",
    switch="unaudited_active_users",
)

Reason = tuple[str, str, str]
"""Code, what was expected, what was found."""


def post_refusal(ask: Ask, app: App, account: Account) -> Reason | None:
    """Why a creator cannot post directly now."""
    return banned(account) or too_many_users(ask, app, account) or too_many_posts(ask, account)


def banned(account: Account) -> Reason | None:
    """Whether a creator is banned."""
    if account.banned:
        return "spam_risk_user_banned_from_posting", "a creator who may post", "a banned one"
    return None


def too_many_posts(ask: Ask, account: Account) -> Reason | None:
    """Whether the daily number is reached."""
    times = account.post_times
    while times and times[0] <= ask.now - DAY:
        times.popleft()
    if len(times) >= ask.switches.daily_posts:
        again = f"; one more is possible in {times[0] + DAY - ask.now:.0f} s" if times else ""
        expected = f"fewer than {ask.switches.daily_posts} posts in 24 hours"
        return "spam_risk_too_many_posts", expected, f"{len(times)}{again}"
    return None


def too_many_users(ask: Ask, app: App, account: Account) -> Reason | None:
    """Whether so many users posted through the app that this one cannot."""
    cap = app.active_user_cap if app.audited else ask.switches.unaudited_active_users
    if cap is None:
        return None
    since = ask.now - limits.UNAUDITED_ACTIVE_USERS_WINDOW
    for username in [name for name, last in app.active.items() if last <= since]:
        del app.active[username]
    if account.username not in app.active and len(app.active) >= cap:
        return "reached_active_user_cap", f"at most {cap} users in 24 hours", f"user {len(app.active) + 1}"
    return None


def too_many_drafts(ask: Ask, account: Account) -> Reason | None:
    """Whether too many drafts wait."""
    drafts = ask.world.drafts.setdefault(account.username, [])
    drafts[:] = [post for post in drafts if _pending(ask, post)]
    if len(drafts) >= ask.switches.pending_drafts:
        free = f"; the oldest stops counting in {_counts_until(drafts[0]) - ask.now:.0f} s" if drafts else ""
        expected = f"fewer than {ask.switches.pending_drafts} drafts of the last 24 hours"
        return "spam_risk_too_many_pending_share", expected, f"{len(drafts)}{free}"
    return None


def _pending(ask: Ask, post: Post) -> bool:
    if _counts_until(post) <= ask.now or post.final:
        return False
    return not (post.deleted and ask.switches.deleted_draft_frees_slot)


def _counts_until(draft: Post) -> float:
    return draft.created + limits.PENDING_DRAFTS_WINDOW


def count_post(ask: Ask, app: App, post: Post) -> None:
    """Count an accepted init."""
    if post.draft:
        ask.world.drafts.setdefault(post.account.username, []).append(post)
    else:
        post.account.post_times.append(ask.now)
        app.active[post.account.username] = ask.now
