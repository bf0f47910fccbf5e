"""The three inits: a video, a video draft, photos."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, cast

from tiktok_openapi import limits
from tiktok_openapi.routes import BY_ID

from .. import lifecycle, media
from ..ask import Ask
from ..description import upload_server
from ..rule import Rule, rule
from ..spool import Spool
from ..validate import Problem, check_request
from ..why import Refusal, shown
from ..world import Account, App, Post, Stage, Upload
from . import pull, quotas
from .creator_info import options

ORDER = rule(
    "init.order",
    "Path, token, scope, rate, body, ban, privacy option, audit, caps, ownership: the first that "
    "says no answers.",
    "unknown",
    "only known: an unknown privacy level is refused before one that is no option",
)
POST_INFO = rule(
    "init.post-info",
    "post_info has a known privacy_level, values of the right type, and texts within their UTF-16 lengths.",
    "observed",
    "igabm/n8n-nodes-tiktok issue 32; postiz-app issues",
)
SOURCE_INFO = rule(
    "init.source-info",
    "source_info has a known source and all that belongs to it.",
    "observed",
    "postiz-app issues",
)
MEDIA_TYPE = rule(
    "init.media-type",
    "media_type is PHOTO and post_mode is DIRECT_POST or MEDIA_UPLOAD, both at the top of the body.",
    "observed",
    "live probes of August and September 2026; postiz-app",
)
PARAMETER_CODE = rule(
    "init.parameter-code",
    "A wrong body gives invalid_params, though the pages say invalid_param.",
    "conflict",
    "igabm/n8n-nodes-tiktok issue 32",
    switch="invalid_parameter_code",
)
NO_PRIVACY = rule(
    "init.privacy-missing",
    "A direct post without privacy_level is refused as a wrong body; the pages say "
    "privacy_level_option_mismatch.",
    "conflict",
    "doc:content-posting-api-reference-direct-post; live messages",
    switch="missing_privacy_level",
)
PRIVACY_OPTION = rule(
    "init.privacy-option",
    "privacy_level is one of the creator's current options.",
    "documented",
    "doc:content-posting-api-reference-direct-post",
)
UNAUDITED = rule(
    "init.unaudited",
    "An unaudited app posts SELF_ONLY to private accounts and nothing else.",
    "documented",
    "doc:content-sharing-guidelines",
)
BRANDED = rule(
    "init.branded-private",
    "Branded content cannot be private, say the guidelines; whether the API refuses it is not known.",
    "unknown",
    "doc:content-sharing-guidelines",
    switch="branded_private",
)
APP_VERSION = rule(
    "init.app-version",
    "A photo draft needs TikTok's app in version 31.8 or later on the user's phone.",
    "documented",
    "doc:content-posting-api-reference-photo-post",
)
COVER = rule(
    "init.cover-index",
    "photo_cover_index names one of the photos.",
    "documented",
    "doc:content-posting-api-reference-photo-post",
)
COUNT = rule(
    "chunks.count",
    "total_chunk_count is video_size / chunk_size rounded down, from 1 to 1000.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
ONE_CHUNK = rule(
    "chunks.one",
    "One chunk means chunk_size = video_size, and a video over 64 MB needs more than one.",
    "observed",
    "DayMoonDevelopment/post-for-me issue 327 and PRs 302, 329",
    since="2026-08-09",
    switch="as_of",
)
CHUNK_SIZE = rule(
    "chunks.size",
    "Chunks have 5 to 64 MB; only a video that is smaller has a smaller one.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
    switch="min_chunk_size",
)
VIDEO_SIZE = rule(
    "chunks.video-size",
    "A video has at most 4 GB.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
PREFIXES = rule(
    "init.publish-id",
    "A publish_id begins with v_pub_file, v_pub_url, v_inbox_file, v_inbox_url or p_pub_url; a photo "
    "draft was seen with "
    "p_inbox_url.",
    "conflict",
    "doc:content-posting-api-reference-photo-post; public repositories",
    switch="photo_draft_prefix",
)

STRICT_SINCE: Final = date.fromisoformat(ONE_CHUNK.since)

BAD_POST_INFO: Final = "The request post info is empty or incorrect"
BAD_SOURCE_INFO: Final = "The request source info is empty or incorrect"
BAD_MEDIA_TYPE: Final = "Invalid media_type or post_mode"
BAD_COUNT: Final = "The total chunk count is invalid"
BAD_CHUNK_SIZE: Final = "The chunk size is invalid"

UNREADABLE: Final[Mapping[str, str]] = {
    "initVideoPost": BAD_POST_INFO,
    "initInboxVideo": BAD_SOURCE_INFO,
    "initContent": BAD_POST_INFO,
}
"""What an init says to a body that cannot be read."""


def _wrong(
    ask: Ask, rule_: Rule, message: str, pointer: str, expected: str, got: str, hint: str = ""
) -> Refusal:
    code = ask.switches.invalid_parameter_code
    return Refusal(rule_, code, message, pointer=pointer, expected=expected, got=got, hint=hint)


def _check_body(ask: Ask) -> None:
    """Refuse a body that is not as described, in TikTok's order: top level, post_info, source_info."""
    problems = check_request(ask.operation.id, ask.body)
    if problems:
        raise _as_refusal(ask, min(problems, key=lambda problem: _AREA.get(_area(problem), 3)))


def _area(problem: Problem) -> str:
    """The part of the body a problem lies in."""
    return problem.pointer.lstrip("/").partition("/")[0]


_AREA: Final = {"media_type": 0, "post_mode": 0, "is_aigc": 1, "post_info": 1, "source_info": 2}


def _as_refusal(ask: Ask, problem: Problem) -> Refusal:
    area = _area(problem)
    if area in ("media_type", "post_mode"):
        return _wrong(ask, MEDIA_TYPE, BAD_MEDIA_TYPE, problem.pointer, problem.message, problem.got)
    if area in ("post_info", "is_aigc"):
        if problem.pointer == "/post_info/privacy_level" and "privacy_level" not in ask.part("post_info"):
            return _no_privacy(ask)
        return _wrong(ask, POST_INFO, BAD_POST_INFO, problem.pointer, problem.message, problem.got)
    if problem.pointer == "/source_info/total_chunk_count" and _is_number(ask, "total_chunk_count"):
        return _wrong(ask, COUNT, BAD_COUNT, problem.pointer, problem.message, problem.got)
    if problem.pointer == "/source_info/chunk_size" and _is_number(ask, "chunk_size"):
        return _wrong(ask, CHUNK_SIZE, BAD_CHUNK_SIZE, problem.pointer, problem.message, problem.got)
    hint = ""
    if ask.operation.id == "initContent" and ask.part("source_info").get("source") == "FILE_UPLOAD":
        hint = "photos cannot be uploaded; TikTok downloads them"
    return _wrong(ask, SOURCE_INFO, BAD_SOURCE_INFO, problem.pointer, problem.message, problem.got, hint)


def _is_number(ask: Ask, name: str) -> bool:
    return type(ask.part("source_info").get(name)) is int


def _no_privacy(ask: Ask) -> Refusal:
    pointer, expected = "/post_info/privacy_level", "one of the creator's privacy_level_options"
    if ask.switches.missing_privacy_level == "privacy_level_option_mismatch":
        return Refusal(
            NO_PRIVACY, "privacy_level_option_mismatch", pointer=pointer, expected=expected, got="nothing"
        )
    return _wrong(ask, NO_PRIVACY, BAD_POST_INFO, pointer, expected, "nothing")


# Chunks


def check_chunks(ask: Ask, size: int, chunk: int, count: int) -> None:
    """Refuse a chunk plan that TikTok refuses; its numbers are within the bounds of the description."""
    at = "/source_info/"
    if size > limits.MAX_VIDEO_SIZE:
        raise _wrong(
            ask, VIDEO_SIZE, BAD_SOURCE_INFO, at + "video_size", f"at most {limits.MAX_VIDEO_SIZE}", str(size)
        )
    floor = size // chunk
    if count != floor:
        hint = (
            "the count is rounded down, not up: the last chunk takes the remainder"
            if count == -(-size // chunk)
            else ""
        )
        expected = f"{floor} ({size} / {chunk}, rounded down; 1 to {limits.MAX_CHUNK_COUNT})"
        raise _wrong(ask, COUNT, BAD_COUNT, at + "total_chunk_count", expected, str(count), hint)
    if chunk == size:
        return
    least, most = ask.switches.min_chunk_size, limits.MAX_CHUNK_SIZE
    if chunk < least:
        raise _wrong(
            ask, CHUNK_SIZE, BAD_CHUNK_SIZE, at + "chunk_size", f"{least} to {most}, or {size}", str(chunk)
        )
    if count == 1 and _strict_about_one_chunk(ask):
        expected = (
            f"{size}, since there is one chunk" if size <= most else "a size that gives more than one chunk"
        )
        raise _wrong(ask, ONE_CHUNK, BAD_CHUNK_SIZE, at + "chunk_size", expected, str(chunk))


def _strict_about_one_chunk(ask: Ask) -> bool:
    as_of = ask.switches.as_of
    return as_of is None or as_of >= STRICT_SINCE


# What creator and app may do


def _check_direct(ask: Ask, app: App, account: Account, privacy: str) -> None:
    _refuse(quotas.BANNED, quotas.banned(account))
    offered = options(ask, app, account)
    if privacy not in offered:
        raise Refusal(
            PRIVACY_OPTION,
            "privacy_level_option_mismatch",
            pointer="/post_info/privacy_level",
            expected=" or ".join(offered),
            got=privacy,
        )
    branded = ask.part("post_info").get("brand_content_toggle") is True
    if branded and privacy == "SELF_ONLY" and ask.switches.branded_private == "refused":
        raise _wrong(
            ask,
            BRANDED,
            BAD_POST_INFO,
            "/post_info/brand_content_toggle",
            "a post that others can see",
            privacy,
        )
    if (app.sandbox or not app.audited) and (not account.private or privacy != "SELF_ONLY"):
        raise Refusal(
            UNAUDITED,
            "unaudited_client_can_only_post_to_private_accounts",
            pointer="/post_info/privacy_level",
            expected="SELF_ONLY and a private account",
            got=f"{privacy} and a {'private' if account.private else 'public'} account",
        )
    _refuse(quotas.USERS, quotas.too_many_users(ask, app, account))
    _refuse(quotas.DAILY, quotas.too_many_posts(ask, account))


def _check_draft(ask: Ask, account: Account) -> None:
    _refuse(quotas.BANNED, quotas.banned(account))
    _refuse(quotas.PENDING, quotas.too_many_drafts(ask, account))


def _refuse(rule_: Rule, reason: quotas.Reason | None) -> None:
    if reason is not None:
        raise Refusal(rule_, reason[0], expected=reason[1], got=reason[2])


# The operations


def init_video(ask: Ask) -> object:
    """Answer initVideoPost."""
    return _video(ask, draft=False)


def init_draft(ask: Ask) -> object:
    """Answer initInboxVideo."""
    return _video(ask, draft=True)


def _video(ask: Ask, *, draft: bool) -> object:
    _check_body(ask)
    app, account = ask.grant.app, ask.grant.account
    source = ask.part("source_info")
    pulled = source["source"] == "PULL_FROM_URL"
    url = cast("str", source["video_url"]) if pulled else ""
    if pulled:
        _check_form(ask, (url,), ("/source_info/video_url",))
    else:
        numbers = [source[name] for name in ("video_size", "chunk_size", "total_chunk_count")]
        if not all(type(number) is int for number in numbers):
            # JSON Schema takes 10.0 for an integer; TikTok's reader does not.
            raise _wrong(ask, SOURCE_INFO, BAD_SOURCE_INFO, "/source_info", "whole numbers", shown(numbers))
        check_chunks(ask, *cast("list[int]", numbers))
    info = {} if draft else dict(ask.part("post_info"))
    privacy = "" if draft else cast("str", info["privacy_level"])
    if draft:
        _check_draft(ask, account)
    else:
        _check_direct(ask, app, account, privacy)
    if pulled:
        pull.check_urls(ask, app, (url,), ("/source_info/video_url",))
    kind = f"v_{'inbox' if draft else 'pub'}_{'url' if pulled else 'file'}"
    version = "v2-1" if kind == "v_pub_file" else "v2"
    post = _new_post(ask, f"{kind}~{version}", "video", draft=draft, info=info, urls=(url,) if pulled else ())
    post.is_aigc = info.get("is_aigc") is True
    if not pulled:
        post.upload = _new_upload(ask, post, source)
        post.stage = Stage.UPLOADING
    lifecycle.start(ask.world, post)
    quotas.count_post(ask, app, post)
    answer: dict[str, object] = {"publish_id": post.publish_id}
    if post.upload is not None:
        answer["upload_url"] = upload_url(ask, post.upload)
    return answer


def init_photos(ask: Ask) -> object:
    """Answer initContent."""
    _check_body(ask)
    app, account = ask.grant.app, ask.grant.account
    draft = ask.body["post_mode"] == "MEDIA_UPLOAD"
    info, source = dict(ask.part("post_info")), ask.part("source_info")
    urls = tuple(cast("list[str]", source["photo_images"]))
    if not draft and "privacy_level" not in info:
        raise _no_privacy(ask)
    pointers = tuple(f"/source_info/photo_images/{index}" for index in range(len(urls)))
    cover = source["photo_cover_index"]
    if type(cover) is not int or cover >= len(urls):
        raise _wrong(
            ask,
            COVER,
            BAD_SOURCE_INFO,
            "/source_info/photo_cover_index",
            f"0 to {len(urls) - 1}",
            shown(cover),
        )
    _check_form(ask, urls, pointers)
    if draft:
        _check_app_version(account)
        _check_draft(ask, account)
    else:
        _check_direct(ask, app, account, cast("str", info["privacy_level"]))
    pull.check_urls(ask, app, urls, pointers)
    prefix = ask.switches.photo_draft_prefix if draft else "p_pub_url"
    post = _new_post(ask, f"{prefix}~v2", "photo", draft=draft, info=info, urls=urls)
    post.is_aigc = ask.body.get("is_aigc") is True
    lifecycle.start(ask.world, post)
    quotas.count_post(ask, app, post)
    return {"publish_id": post.publish_id}


def _check_app_version(account: Account) -> None:
    if account.app_version is None or account.app_version < (31, 8):
        got = "none" if account.app_version is None else ".".join(map(str, account.app_version))
        raise Refusal(
            APP_VERSION, "app_version_check_failed", expected="TikTok's app, 31.8 or later", got=got
        )


def _check_form(ask: Ask, urls: tuple[str, ...], pointers: tuple[str, ...]) -> None:
    for url, pointer in zip(urls, pointers, strict=True):
        problem = pull.scheme_problem(ask, url)
        if problem is not None:
            raise _wrong(
                ask, pull.HTTPS, BAD_SOURCE_INFO, pointer, "an https address", f"{problem} in {shown(url)}"
            )


def _new_post(
    ask: Ask,
    prefix: str,
    kind: Literal["video", "photo"],
    *,
    draft: bool,
    info: Mapping[str, object],
    urls: tuple[str, ...],
) -> Post:
    world = ask.world
    return Post(
        publish_id=f"{prefix}.{world.ids.snowflake('publish')}",
        app=ask.grant.app,
        account=ask.grant.account,
        grant=ask.grant,
        kind=kind,
        draft=draft,
        created=ask.now,
        stage=Stage.DOWNLOADING,
        privacy=_text(info, "privacy_level"),
        title=_text(info, "title"),
        description=_text(info, "description"),
        urls=urls,
        info=dict(info),
        hidden_polls=1 if ask.switches.publish_id_visible == "second_poll" else 0,
    )


def _text(info: Mapping[str, object], name: str) -> str:
    value = info.get(name)
    return value if isinstance(value, str) else ""


def _new_upload(ask: Ask, post: Post, source: Mapping[str, object]) -> Upload:
    world = ask.world
    upload = Upload(
        id=str(world.ids.snowflake("upload")),
        token=world.ids.uuid("upload-token"),
        expires=ask.now + limits.UPLOAD_URL_LIFETIME,
        size=cast("int", source["video_size"]),
        chunk_size=cast("int", source["chunk_size"]),
        chunk_count=cast("int", source["total_chunk_count"]),
        spool=Spool(on_disk=media.needs_file(check=ask.switches.check_media)),
        post=post,
    )
    world.uploads[upload.id] = upload
    return upload


def upload_url(ask: Ask, upload: Upload) -> str:
    """Where the bytes go: TikTok's upload host beside its own host, else where the caller reached us."""
    base = ask.inbound.base_url
    if base == ask.operation.server:
        base = upload_server()
    return f"{base}{BY_ID['uploadChunk'].path}?upload_id={upload.id}&upload_token={upload.token}"
