"""A user's profile and public videos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from tiktok_openapi import limits

from ..ask import Ask
from ..description import field_scopes, node
from ..media_urls import avatar_url, cover_url
from ..rule import rule
from ..validate import check_request
from ..why import Refusal, shown
from ..world import Account, App, Grant, Video

FIELDS = rule(
    "display.fields",
    "fields stands in the query, separated by commas, and names known fields only.",
    "documented",
    "doc:tiktok-api-v2-get-user-info",
)
FIELD_SCOPE = rule(
    "display.field-scope",
    "One field without its scope fails the whole call.",
    "observed",
    "public repositories",
    switch="missing_field_scope",
)
BODY = rule("display.body", "The body is as described.", "documented", "doc:tiktok-api-v2-video-list")
PUBLIC = rule(
    "display.public", "Public videos only, newest first.", "documented", "doc:tiktok-api-v2-video-list"
)
CURSOR = rule(
    "display.cursor",
    "cursor is in milliseconds, and only older videos come back; 0 is the year 1970 and gives none.",
    "observed",
    "AceDataCloud/Skills PR 793; a C# Display client",
)
MAX_COUNT = rule(
    "display.max-count",
    "max_count is at most 20; less than 1 is refused as well.",
    "unknown",
    "doc:tiktok-api-v2-video-list",
)
YOURS = rule(
    "display.yours", "Ids of others and unknown ids are left out.", "unknown", "doc:tiktok-api-v2-video-query"
)
PICTURES = rule(
    "display.pictures",
    "A cover's address works for six hours.",
    "documented",
    "doc:tiktok-api-v2-video-object",
)
SHARE_URL = rule(
    "display.share-url",
    "share_url carries utm_campaign=tt4d_open_api and utm_source=<client_key>.",
    "observed",
    "public repositories",
)

NO_FIELDS: Final = "Fields is required, please provide fields in the request"


def _fields(ask: Ask) -> list[str]:
    """The fields that were asked for, each known and allowed."""
    text = ask.query.get("fields", "")
    known = field_scopes(ask.operation.id)
    if not text:
        hint = "fields belongs in the query, not in the body" if "fields" in ask.body else ""
        raise Refusal(
            FIELDS,
            "invalid_params",
            NO_FIELDS,
            pointer="parameter fields",
            expected=",".join(known),
            got="nothing",
            hint=hint,
        )
    asked = list(dict.fromkeys(text.split(",")))
    wrong = [name for name in asked if name not in known]
    if wrong:
        message = f"Invalid field(s): {', '.join(wrong)}"
        raise Refusal(
            FIELDS,
            "invalid_params",
            message,
            pointer="parameter fields",
            expected=",".join(known),
            got=shown(",".join(wrong)),
        )
    for name in asked:
        if known[name] and known[name] not in ask.scopes:
            raise Refusal(
                FIELD_SCOPE,
                ask.switches.missing_field_scope,
                pointer=f"parameter fields, {name}",
                expected=known[name],
                got=",".join(ask.scopes),
            )
    return asked


_User = Callable[[Ask, Grant], object]

_USER: Final[Mapping[str, _User]] = {
    "open_id": lambda _, grant: grant.open_id,
    "union_id": lambda ask, grant: ask.world.union_id(grant.account),
    "avatar_url": lambda ask, grant: _avatar(ask, grant.account),
    "avatar_url_100": lambda ask, grant: _avatar(ask, grant.account, "-100"),
    "avatar_large_url": lambda ask, grant: _avatar(ask, grant.account, "-large"),
    "display_name": lambda _, grant: grant.account.nickname,
    "bio_description": lambda _, grant: grant.account.bio,
    "profile_deep_link": lambda _, grant: f"https://www.tiktok.com/@{grant.account.username}",
    "is_verified": lambda _, grant: grant.account.is_verified,
    "username": lambda _, grant: grant.account.username,
    "follower_count": lambda _, grant: grant.account.follower_count,
    "following_count": lambda _, grant: grant.account.following_count,
    "likes_count": lambda _, grant: grant.account.likes_count,
    "video_count": lambda _, grant: len(grant.account.videos),
}


def _avatar(ask: Ask, account: Account, size: str = "") -> str:
    return avatar_url(ask, account, limits.CREATOR_AVATAR_URL_LIFETIME, size)


def user_info(ask: Ask) -> object:
    """Answer getUserInfo."""
    asked = _fields(ask)
    return {"user": {name: _USER[name](ask, ask.grant) for name in asked}}


def _shortened(field: str, text: str) -> str:
    """As much of a text as a video shows of it."""
    longest: int = node("/components/schemas/Video/properties")[field]["maxLength"]
    return text[:longest]


_Of = Callable[[Ask, App, Account, Video], object]

_VIDEO: Final[Mapping[str, _Of]] = {
    "id": lambda _ask, _app, _who, video: str(video.id),
    "create_time": lambda _ask, _app, _who, video: int(video.created),
    "cover_image_url": lambda ask, _app, _who, video: cover_url(ask, video, limits.COVER_IMAGE_URL_LIFETIME),
    "share_url": lambda _ask, app, who, video: (
        f"https://www.tiktok.com/@{who.username}/video/{video.id}"
        f"?utm_campaign=tt4d_open_api&utm_source={app.client_key}"
    ),
    "video_description": lambda _ask, _app, _who, video: _shortened("video_description", video.description),
    "duration": lambda _ask, _app, _who, video: video.duration,
    "height": lambda _ask, _app, _who, video: video.height,
    "width": lambda _ask, _app, _who, video: video.width,
    "title": lambda _ask, _app, _who, video: _shortened("title", video.title),
    "embed_html": lambda _ask, _app, who, video: (
        f'<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@{who.username}/video/{video.id}"'
        f' data-video-id="{video.id}"><section></section></blockquote>'
    ),
    "embed_link": lambda _ask, _app, _who, video: f"https://www.tiktok.com/player/v1/{video.id}",
    "like_count": lambda _ask, _app, _who, video: video.like_count,
    "comment_count": lambda _ask, _app, _who, video: video.comment_count,
    "share_count": lambda _ask, _app, _who, video: video.share_count,
    "view_count": lambda _ask, _app, _who, video: video.view_count,
    "is_aigc": lambda _ask, _app, _who, video: video.is_aigc,
}


def _check_body(ask: Ask) -> None:
    problems = check_request(ask.operation.id, ask.body)
    if problems:
        problem = problems[0]
        message = f"Invalid parameter: {problem.pointer.lstrip('/')}"
        raise Refusal(
            BODY,
            "invalid_params",
            message,
            pointer=problem.pointer,
            expected=problem.message,
            got=problem.got,
        )


def _described(ask: Ask, videos: list[Video], asked: list[str]) -> list[dict[str, object]]:
    app, account = ask.grant.app, ask.grant.account
    return [{name: _VIDEO[name](ask, app, account, video) for name in asked} for video in videos]


def _milliseconds(video: Video) -> int:
    return int(video.created * 1000)


def list_videos(ask: Ask) -> object:
    """Answer listVideos."""
    asked = _fields(ask)
    _check_body(ask)
    account = ask.grant.account
    count = cast("int", ask.body.get("max_count", limits.VIDEOS_PER_PAGE_DEFAULT))
    if count < 1:
        message = "Invalid parameter: max_count"
        raise Refusal(
            MAX_COUNT, "invalid_params", message, pointer="/max_count", expected="1 to 20", got=str(count)
        )
    cursor = cast("int | None", ask.body.get("cursor"))
    if cursor is not None and abs(cursor) >= 2**63:
        raise Refusal(
            CURSOR,
            "invalid_params",
            "Invalid parameter: cursor",
            pointer="/cursor",
            expected="milliseconds that fit into 64 bits",
            got=shown(cursor),
        )
    newest_first = sorted(account.videos, key=lambda video: (-video.created, -video.id))
    older = [video for video in newest_first if cursor is None or _milliseconds(video) < cursor]
    page, rest = older[: int(count)], older[int(count) :]
    following = _milliseconds(page[-1]) if page else int(cursor if cursor is not None else ask.now * 1000)
    return {"videos": _described(ask, page, asked), "cursor": following, "has_more": bool(rest)}


def query_videos(ask: Ask) -> object:
    """Answer queryVideos."""
    asked = _fields(ask)
    _check_body(ask)
    by_id = {str(video.id): video for video in ask.grant.account.videos}
    wanted = dict.fromkeys(cast("list[str]", ask.part("filters").get("video_ids", [])))
    return {"videos": _described(ask, [by_id[one] for one in wanted if one in by_id], asked)}
