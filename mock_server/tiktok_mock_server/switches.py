"""What nobody knows for certain, or what differs between apps: one switch each, with the likeliest default.

`Switches()` is TikTok as far as it is known. Everything else is `attrs.evolve(switches, name=value)`, or
`--switch name=value` on the command line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import attrs

from tiktok_openapi import limits


def _switch(default: Any, text: str, mark: str, source: str) -> Any:
    return attrs.field(default=default, metadata={"text": text, "mark": mark, "source": source})


@attrs.frozen
class Switches:
    """How this TikTok behaves where the real one is unsure, changing, or slow."""

    as_of: date | None = _switch(  # noqa: RUF009 - an attrs field is what it gives
        None,
        "Follow the rules that held on this day (2026-08-01: chunk rules before August 2026); empty "
        "for the newest.",
        "recommended",
        "",
    )

    # OAuth
    oauth_error_status: Literal["200", "4xx"] = _switch(
        "200", "HTTP status of OAuth errors.", "conflict", "bardo; HohnerJulian/ResearchTikPy PR 28"
    )
    token_profile: Literal["current", "legacy"] = _switch(
        "current",
        "Lifetimes of tokens: 2 hours and 180 days (pages of November 2026), or 24 hours and 365 "
        "days (before).",
        "conflict",
        "docs:oauth-user-access-token-management",
    )
    refresh_rotation: Literal["strict", "same"] = _switch(
        "strict",
        "Whether a refresh replaces the refresh token.",
        "conflict",
        "docs:oauth-refresh-a-user-access-token",
    )
    refresh_grace: float = _switch(
        0.0, "For how many seconds a replaced refresh token still works.", "unknown", ""
    )
    refresh_lifetime: Literal["count_down", "renew"] = _switch(
        "count_down", "Whether a refresh extends the life of the grant.", "observed", "public repositories"
    )
    old_access_token: Literal["lives", "ends"] = _switch(
        "lives", "Whether earlier access tokens outlive a refresh.", "unknown", ""
    )
    code_lifetime: float = _switch(
        float(limits.AUTHORIZATION_CODE_LIFETIME),
        "For how many seconds an authorization code works.",
        "unknown",
        "secondary sources: minutes",
    )
    pkce_web: Literal["hex_or_base64url", "hex"] = _switch(
        "hex_or_base64url",
        "Which code challenges an https redirect URI may use; a loopback one may only use hex.",
        "conflict",
        "n8n-io/n8n PR 15160; pilcrowonpaper/arctic",
    )
    web_requires_pkce: bool = _switch(
        False,
        "Whether an https redirect URI needs a code challenge.",
        "conflict",
        "better-auth/better-auth issue 3114",
    )
    authorize_errors: Literal["page", "redirect"] = _switch(
        "page",
        "Where a faulty authorization URL ends: on TikTok's page, or back at the redirect URI.",
        "observed",
        "gitroomhq/postiz-docs issue 167",
    )
    revoke_body: Literal["object", "empty"] = _switch(
        "object", "What a successful revoke answers.", "conflict", "docs:oauth-revoke-a-user-access-token"
    )
    qr_lifetime: float = _switch(180.0, "For how many seconds a QR code can be scanned.", "unknown", "")
    sandbox_target_user_delay: float = _switch(
        0.0,
        "After how many seconds a new target user of a sandbox can log in.",
        "documented",
        "doc:add-a-sandbox",
    )

    # Answers
    invalid_parameter_code: Literal["invalid_params", "invalid_param"] = _switch(
        "invalid_params",
        "The inits' code for a wrong body: as on the wire, or as in the pages.",
        "conflict",
        "igabm/n8n-nodes-tiktok issue 32",
    )
    error_data: Literal["observed", "reverse"] = _switch(
        "observed",
        "Whether an error of a post operation lacks `data` and others have `{}`, or the other way round.",
        "observed",
        "igabm/n8n-nodes-tiktok issue 32",
    )
    missing_privacy_level: Literal["invalid_params", "privacy_level_option_mismatch"] = _switch(
        "invalid_params",
        "What a direct post without privacy_level is refused with.",
        "conflict",
        "doc:content-posting-api-reference-direct-post; live messages",
    )
    missing_field_scope: Literal["scope_not_authorized", "scope_permission_missed"] = _switch(
        "scope_not_authorized",
        "The code for a Display field whose scope was not granted.",
        "conflict",
        "doc:tiktok-api-v2-error-handling; public repositories",
    )
    branded_private: Literal["accepted", "refused"] = _switch(
        "accepted",
        "What happens to branded content with SELF_ONLY, which the guidelines forbid.",
        "unknown",
        "doc:content-sharing-guidelines",
    )
    html_5xx_every: int = _switch(
        0,
        "Every n-th call is answered by the edge with HTTP 503 and HTML; 0 for never.",
        "observed",
        "postiz-app PR 1784",
    )

    # Upload
    min_chunk_size: int = _switch(
        limits.MIN_CHUNK_SIZE,
        "Least size of a chunk in bytes; 5000000 if 5 MB is meant literally.",
        "unknown",
        "doc:content-posting-api-media-transfer-guide",
    )
    unknown_upload_status: Literal[404, 405] = _switch(
        404,
        "What an upload_url that nobody issued answers.",
        "conflict",
        "doc:content-posting-api-media-transfer-guide; bardo",
    )
    content_range: Literal["count", "last_index"] = _switch(
        "count",
        "What the Content-Range of an upload answer names: the bytes received, or the last byte's position.",
        "unknown",
        "doc:content-posting-api-media-transfer-guide",
    )
    repeated_chunk: Literal["416", "206"] = _switch(
        "416", "What a chunk that is already stored is answered with.", "unknown", ""
    )
    abandoned_upload: Literal["stays", "failed"] = _switch(
        "stays", "What becomes of a post whose upload_url expired half-way.", "unknown", ""
    )

    # Posts
    progress: Literal["either", "time", "polls", "by_hand"] = _switch(
        "either",
        "What moves a post on: time, being asked for its status, whichever comes first, or nobody but you.",
        "recommended",
        "",
    )
    download_seconds: float = _switch(
        5.0,
        "How long a pulled file takes to download.",
        "recommended",
        "doc:content-posting-api-reference-get-video-status",
    )
    processing_seconds: float = _switch(
        10.0,
        "How long a file is processed.",
        "documented",
        "doc:content-posting-api-reference-get-video-status",
    )
    moderation_seconds: float = _switch(
        60.0,
        "How long a public post is moderated before its id appears.",
        "documented",
        "doc:content-posting-api-reference-get-video-status",
    )
    polls_per_step: int = _switch(
        2, "How often the status must be asked for until a post moves on by polls.", "recommended", ""
    )
    post_ids: Literal["after_moderation", "at_once", "never"] = _switch(
        "after_moderation",
        "When the ids of a public post appear.",
        "observed",
        "gitroomhq/postiz-app issue 1470",
    )
    publish_id_visible: Literal["at_once", "second_poll"] = _switch(
        "at_once",
        "Whether the first status call after an init may not know the publish_id.",
        "observed",
        "public repositories",
    )
    unknown_publish_id: Literal["invalid_publish_id", "invalid_params", "invalid_params_200"] = _switch(
        "invalid_publish_id",
        "The code for an unknown publish_id, and its HTTP status.",
        "conflict",
        "doc:content-posting-api-reference-get-video-status; public repositories",
    )
    failed_body: Literal["minimal", "full"] = _switch(
        "minimal",
        "Whether the status of a failed post holds only status and fail_reason.",
        "conflict",
        "gitroomhq/postiz-app issue 814; doc:content-posting-api-reference-get-video-status",
    )
    photo_draft_prefix: Literal["p_inbox_url", "p_pub_url"] = _switch(
        "p_inbox_url",
        "How the publish_id of a photo draft begins.",
        "conflict",
        "doc:content-posting-api-reference-photo-post",
    )
    expired_draft: Literal["stays", "failed"] = _switch(
        "stays",
        "What becomes of a draft that the user lets lie for 24 hours.",
        "unknown",
        "gitroomhq/postiz-docs PR 231",
    )
    draft_lifetime: float = _switch(
        float(limits.PENDING_DRAFTS_WINDOW),
        "For how many seconds a draft can be posted.",
        "observed",
        "gitroomhq/postiz-docs PR 231",
    )
    deleted_draft_frees_slot: bool = _switch(
        False,
        "Whether a draft the user deleted no longer counts as pending.",
        "conflict",
        "public repositories",
    )
    unaudited_options: Literal["account", "self_only"] = _switch(
        "account",
        "Which privacy levels creator info lists for an unaudited app.",
        "conflict",
        "AceDataCloud/Skills PR 800",
    )

    # Media
    fetch_media: Literal["never", "loopback"] = _switch(
        "never",
        "Whether pulled files are downloaded for real (from this machine only), or simulated.",
        "recommended",
        "",
    )
    check_media: bool = _switch(
        True,
        "Whether uploaded and downloaded files are looked into.",
        "documented",
        "doc:content-posting-api-media-transfer-guide",
    )

    # Limits
    rate_limits: bool = _switch(
        True, "Whether rate limits apply.", "documented", "doc:tiktok-api-v2-rate-limit"
    )
    init_limits: Literal["each", "shared"] = _switch(
        "each",
        "Whether the three inits have a rate limit each, or one for all.",
        "unknown",
        "doc:tiktok-api-v2-rate-limit",
    )
    rate_factor: float = _switch(1.0, "By how much the rate limits are wider.", "recommended", "")
    daily_posts: int = _switch(
        limits.DAILY_POSTS_PER_CREATOR,
        "Posts a creator can make through the API within 24 hours.",
        "documented",
        "doc:content-sharing-guidelines",
    )
    pending_drafts: int = _switch(
        limits.PENDING_DRAFTS,
        "Drafts that can wait within 24 hours.",
        "documented",
        "doc:content-posting-api-reference-upload-video",
    )
    unaudited_active_users: int = _switch(
        limits.UNAUDITED_ACTIVE_USERS,
        "Users that can post through an unaudited app within 24 hours.",
        "documented",
        "doc:content-sharing-guidelines",
    )

    # Webhooks
    webhook_post_id: Literal["string", "number"] = _switch(
        "string", "How a webhook writes a post id.", "observed", "yikart/AiToEarn"
    )
    webhook_signed: Literal["each_try", "once"] = _switch(
        "each_try",
        "Whether an event that is tried again is signed anew, or keeps the signature of its first try.",
        "unknown",
        "doc:webhooks-verification",
    )
    webhook_timeout: float = _switch(5.0, "For how many seconds one delivery may take.", "unknown", "")

    def __attrs_post_init__(self) -> None:
        """Refuse values that there are not."""
        for name, default in _defaults():
            value = getattr(self, name)
            if value is not default and value != default:
                _check(name, value)


_LEAST: Final[Mapping[str, float]] = {"polls_per_step": 1, "min_chunk_size": 1}
"""Least values of numbers; 0 for the others."""
_MOST: Final = 1e9
"""About 31 years in seconds, and 1 GB."""


@cache
def _defaults() -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in attrs.fields(Switches))


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Switches)


def _check(name: str, value: object) -> None:
    """Refuse a value that a switch does not have. Raises ValueError."""
    hint = _hints()[name]
    if get_origin(hint) is Literal:
        fits = any(value == one and type(value) is type(one) for one in get_args(hint))
        wanted = f"one of {_values(hint)}"
    elif hint is bool:
        fits, wanted = isinstance(value, bool), "true or false"
    elif hint in (int, float):
        least = _LEAST.get(name, 0)
        numbers = int if hint is int else (int, float)
        fits = isinstance(value, numbers) and not isinstance(value, bool) and least <= value <= _MOST
        wanted = f"a {'whole ' if hint is int else ''}number from {least} to {_MOST:.0f}"
    else:
        fits, wanted = value is None or isinstance(value, date), _values(hint)
    if not fits:
        raise ValueError(f"{name} must be {wanted}, not {value!r}")


FAST: Final[Mapping[str, Any]] = {
    "download_seconds": 1.0,
    "processing_seconds": 1.0,
    "moderation_seconds": 2.0,
    "progress": "time",
}
"""What `serve` changes: time runs by itself there, and nobody wants to wait."""


def switch_table() -> list[tuple[str, object, str, str, str, str]]:
    """Every switch: name, default, values, text, mark, source."""
    hints = _hints()
    return [
        (
            field.name,
            field.default,
            _values(hints[field.name]),
            field.metadata["text"],
            field.metadata["mark"],
            field.metadata["source"],
        )
        for field in attrs.fields(Switches)
    ]


def _values(hint: object) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(str(value) for value in get_args(hint))
    names: dict[object, str] = {bool: "true, false", int: "a number", float: "a number"}
    return names.get(hint, "a day: YYYY-MM-DD")


def as_json(switches: Switches) -> dict[str, object]:
    """Every switch by name; a day is a text."""
    values = {name: getattr(switches, name) for name, _ in _defaults()}
    return {name: str(value) if isinstance(value, date) else value for name, value in values.items()}


def changed(switches: Switches) -> dict[str, object]:
    """Those that are not as by default, likewise."""
    defaults = dict(_defaults())
    return {name: value for name, value in as_json(switches).items() if value != defaults[name]}


def texts_of(given: Mapping[str, object]) -> tuple[str, ...]:
    """`{"rate_limits": False}` in the form that `with_texts` reads."""
    return tuple(
        f"{name}={str(value).lower() if isinstance(value, bool) else '' if value is None else value}"
        for name, value in given.items()
    )


def chosen(given: Switches | Mapping[str, Any] | None) -> Switches:
    """Switches as they are, or by name, such as `{"rate_limits": False}`. Raises ValueError."""
    return given if isinstance(given, Switches) else with_texts(Switches(), texts_of(given or {}))


def with_texts(switches: Switches, settings: Iterable[str]) -> Switches:
    """`switches` changed by texts such as `token_profile=legacy`. Raises ValueError."""
    hints = _hints()
    changes: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.replace("-", "_")
        if name not in hints:
            near = difflib.get_close_matches(name, list(hints), 1)
            meant = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(hints))}"
            raise ValueError(f"there is no switch {name!r}; {meant}")
        if not equals:
            raise ValueError(f"{setting!r} has no value; write {name}=VALUE: {_values(hints[name])}")
        changes[name] = _read(name, hints[name], text)
    return attrs.evolve(switches, **changes)


def _read(name: str, hint: object, text: str) -> object:
    if get_origin(hint) is Literal:
        for value in get_args(hint):
            if str(value) == text:
                return value
        raise ValueError(f"{name} must be one of {_values(hint)}, not {text!r}")
    try:
        if hint is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                text.lower()
            ]
        if hint is int:
            return int(text)
        if hint is float:
            return float(text)
        return date.fromisoformat(text) if text else None
    except (KeyError, ValueError):
        raise ValueError(f"{name} must be {_values(hint)}, not {text!r}") from None
