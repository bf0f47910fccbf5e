"""From a post to its init: everything that can be looked at, and refused, before TikTok is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

import attrs

from tiktok_openapi import (
    Call,
    FileUploadSource,
    Impossible,
    PhotoPostInfo,
    PhotoSource,
    PostMode,
    PrivacyLevel,
    PullFromUrlSource,
    VideoPostInfo,
)
from tiktok_openapi.operations.post import init_content, init_inbox_video, init_video_post

from ._flow import Flow
from .plan import ChunkPlan
from .posts import PhotoDraft, PhotoPost, Post, VideoDraft, VideoPost
from .source import Source, is_url, open_source

FILE_KEYS: Final = ("data", "error", "initial_response", "final_response")
"""How the result of an upload is read by key."""
PULL_KEYS: Final = ("data", "error")
PHOTO_KEYS: Final = ("data", "error", "photo_upload_response")

LEVELS: Final = tuple(level.value for level in PrivacyLevel)
CHOOSE: Final = "the user chooses it, among the privacy_level_options of the creator info"

NO_TOKEN: Final = "none"  # noqa: S105 - no secret
"""Stands in for an access token where an init is looked at and not sent."""


@attrs.frozen(eq=False)
class Request:
    """A post, ready to be begun."""

    make: Callable[[str], Call[Any]]
    """Its init, given the access token."""
    keys: tuple[str, ...]
    source: Source | None = None
    plan: ChunkPlan | None = None


def prepare(post: Post, *, field: str = "video", chunk_size: int | None = None) -> Flow[Request]:
    """Everything of a post that can be looked at before TikTok is asked. Close its source when done.

    Raises:
        Impossible: it cannot work.
    """
    check(post)
    if isinstance(post, (PhotoPost, PhotoDraft)):
        request = _photos(post)
    elif is_url(post.video):
        pulled = PullFromUrlSource(video_url=str(post.video))
        request = Request(_video(post, pulled), PULL_KEYS)
    else:
        source = yield from open_source(
            post.video, field=field, size=post.size, content_type=post.content_type
        )
        try:
            plan = ChunkPlan.for_size(source.size, chunk_size)
            sent = FileUploadSource(
                video_size=plan.video_size,
                chunk_size=plan.chunk_size,
                total_chunk_count=plan.total_chunk_count,
            )
            request = Request(_video(post, sent), FILE_KEYS, source, plan)
            request.make(NO_TOKEN)
        except BaseException:
            source.close()
            raise
        return request
    request.make(NO_TOKEN)  # the bindings' own checks, before anything is sent
    return request


def _video(
    post: VideoPost | VideoDraft, source: FileUploadSource | PullFromUrlSource
) -> Callable[[str], Call[Any]]:
    if isinstance(post, VideoDraft):
        return lambda token: init_inbox_video(access_token=token, source_info=source)
    info = VideoPostInfo(
        privacy_level=post.privacy_level,
        title=post.title,
        disable_duet=post.disable_duet,
        disable_stitch=post.disable_stitch,
        disable_comment=post.disable_comment,
        video_cover_timestamp_ms=post.video_cover_timestamp_ms,
        brand_content_toggle=post.brand_content_toggle,
        brand_organic_toggle=post.brand_organic_toggle,
        is_aigc=post.is_aigc,
    )
    return lambda token: init_video_post(access_token=token, post_info=info, source_info=source)


def _photos(post: PhotoPost | PhotoDraft) -> Request:
    direct = isinstance(post, PhotoPost)
    info = (
        PhotoPostInfo(
            title=post.title,
            description=post.description,
            privacy_level=post.privacy_level,
            disable_comment=post.disable_comment,
            auto_add_music=post.auto_add_music,
            brand_content_toggle=post.brand_content_toggle,
            brand_organic_toggle=post.brand_organic_toggle,
        )
        if isinstance(post, PhotoPost)
        else PhotoPostInfo(title=post.title, description=post.description)
    )
    source = PhotoSource(photo_images=list(post.photo_images), photo_cover_index=post.photo_cover_index)
    return Request(
        lambda token: init_content(
            access_token=token,
            post_mode=PostMode.DIRECT_POST if direct else PostMode.MEDIA_UPLOAD,
            post_info=info,
            source_info=source,
            is_aigc=post.is_aigc,
        ),
        PHOTO_KEYS,
    )


def check_shape(post: object) -> None:
    """See that a post is one, and that its fields can be looked at, before anybody does.

    Raises:
        Impossible: a value is of another type than its field.
    """
    if not isinstance(post, (VideoPost, VideoDraft, PhotoPost, PhotoDraft)):
        raise _wrong("post", post, "must be a VideoPost, VideoDraft, PhotoPost or PhotoDraft")
    for field in ("title", "description"):
        text: object = getattr(post, field, None)
        if text is not None and not isinstance(text, str):
            raise _wrong(field, text, "must be a text")
    for field in ("video_cover_timestamp_ms", "photo_cover_index", "size"):
        number: object = getattr(post, field, None)
        if number is not None and type(number) is not int:
            raise _wrong(field, number, "must be a whole number")
    if isinstance(post, (PhotoPost, PhotoDraft)):
        _check_photos(post.photo_images)


def _check_photos(photos: object) -> None:
    if isinstance(photos, str):
        raise Impossible("photo_images", repr(photos), "must be a list of addresses", f"write [{photos!r}]")
    if not isinstance(photos, Sequence):
        raise _wrong("photo_images", photos, "must be a list of addresses")
    for number, address in enumerate(cast("Sequence[object]", photos)):
        if not isinstance(address, str):
            advice = "TikTok pulls photos from an address; it takes no files"
            raise _wrong(f"photo_images[{number}]", address, "must be an https address", advice)


def _wrong(field: str, value: object, limit: str, advice: str = "") -> Impossible:
    return Impossible(field, f"a value of type {type(value).__name__}", limit, advice)


def check(post: Post) -> None:
    """See that a post says what the description cannot say that it must.

    Raises:
        Impossible: a choice in it is none.
    """
    for refusal in wrong_choices(post):
        raise refusal


def wrong_choices(post: Post) -> Iterator[Impossible]:
    """Why a post cannot work, as far as the description cannot say it."""
    if isinstance(post, (VideoPost, PhotoPost)):
        yield from _wrong_level(post.privacy_level)
    if isinstance(post, (PhotoPost, PhotoDraft)):
        count, index = len(post.photo_images), post.photo_cover_index
        if count and not 0 <= index < count:
            limit = f"must be 0 to {count - 1}, counted from 0, for {count} photos"
            yield Impossible("photo_cover_index", str(index), limit)


def check_privacy_level(privacy_level: PrivacyLevel | str) -> None:
    """See that a privacy level is one that TikTok has.

    Raises:
        Impossible: it is not. None is ever chosen for anybody.
    """
    for refusal in _wrong_level(privacy_level):
        raise refusal


def _wrong_level(privacy_level: PrivacyLevel | str) -> Iterator[Impossible]:
    if privacy_level not in LEVELS:
        got = repr(str(privacy_level)) if privacy_level else "nothing"
        yield Impossible("privacy_level", got, f"must be one of {', '.join(LEVELS)}", CHOOSE)
