"""Publishing, at most once: init, then the bytes.

An init that may have worked is never sent again. What TikTok answers to it (the publish id) is in the journal
before the first byte moves, so whatever happens later, `resume` can go on, in this process or in another one.

Every exception that leaves here, Ctrl-C and cancellation included, carries `sent` and `publish_id`:

- `sent` is `Sent.NO`: there is no post, and there will be none; it is safe to try again.
- `Sent.UNKNOWN`: TikTok may have a post. Trying again can make a second one.
- `Sent.YES`: there is a post, `publish_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from tiktok_openapi import FileUploadSource, Impossible, PostMode, PrivacyLevel, PullFromUrlSource

from ._flow import Flow, Signal
from ._session import Session
from .attempt import Attempt, Options
from .journal import Entry, Stage, entry_id, written
from .posts import PhotoDraft, PhotoPost, Post, VideoDraft, VideoPost
from .prepare import check_privacy_level
from .results import Submitted
from .source import VideoInput, is_url
from .upload import OnProgress

_UPLOAD_TYPES: Final = {
    FileUploadSource.source: ("POST_VIDEO_FILE", "UPLOAD_VIDEO_FILE"),
    PullFromUrlSource.source: ("POST_VIDEO_URL", "UPLOAD_VIDEO_URL"),
}
_DRAFTS: Final = frozenset({"UPLOAD_VIDEO_FILE", "UPLOAD_VIDEO_URL"})


def publish(session: Session, post: Post, options: Options) -> Flow[Submitted]:
    """Begin a post and hand over its bytes.

    Raises:
        Impossible: nothing was sent, because it cannot work.
        UploadFailed: there is a post, and its bytes did not all arrive.
        OutcomeUnknown: an earlier call with this key may have posted.
    """
    attempt = Attempt(session, options)
    with attempt.telling():
        return (yield from attempt.publish(post))


def resume(
    session: Session,
    *,
    publish_id: str,
    video: VideoInput | None = None,
    size: int | None = None,
    access_token: str | None = None,
    on_progress: OnProgress | None = None,
    cancel: Signal | None = None,
) -> Flow[Submitted]:
    """Go on with an upload where TikTok is, in this process or another one, from the journal.

    Args:
        video: the same video again; may be left out when it was given as a path.
        size: bytes of the video, where it is an iterator.

    Raises:
        Impossible: the journal does not know this post, or this is another video.
        UploadEnded: TikTok takes no more bytes; only a new post can help.
        UploadFailed: the rest did not arrive either.
    """
    attempt = Attempt(session, Options(access_token=access_token, on_progress=on_progress, cancel=cancel))
    with attempt.telling():
        return (yield from attempt.resume(publish_id, video, size))


def forget(session: Session, *, key: str) -> Flow[None]:
    """Drop the journal's entry of a key, so that a post with this key can be made again.

    Look into the TikTok app first: there may be a post already.
    """
    if session.journal is not None:
        yield from written(session.journal.drop, Entry(id=entry_id(key), key=key, stage=Stage.BEGINNING))


def create_video(
    session: Session,
    options: Options,
    *,
    source: str,
    upload_type: str,
    title: str | None = None,
    privacy_level: PrivacyLevel | str | None = None,
    video_path: VideoInput | None = None,
    video_url: str | None = None,
    disable_comment: bool | None = None,
    disable_duet: bool | None = None,
    disable_stitch: bool | None = None,
    video_cover_timestamp_ms: int | None = None,
    brand_content_toggle: bool | None = None,
    brand_organic_toggle: bool | None = None,
    is_aigc: bool | None = None,
) -> Flow[Submitted]:
    """A video, in the words of the documented library.

    Raises:
        Impossible: `source`, `upload_type` and the video do not go together, or one of them cannot work.
    """
    attempt = Attempt(session, options)
    with attempt.telling():
        _check_words(source, upload_type, video_path, video_url, privacy_level)
        pulled = source == PullFromUrlSource.source
        field, video = ("video_url", video_url) if pulled else ("video_path", video_path)
        post: Post
        if upload_type in _DRAFTS:
            post = VideoDraft(video=cast("VideoInput", video))
        else:
            post = VideoPost(
                video=cast("VideoInput", video),
                privacy_level=privacy_level or "",
                title=title or None,
                disable_comment=disable_comment,
                disable_duet=disable_duet,
                disable_stitch=disable_stitch,
                video_cover_timestamp_ms=video_cover_timestamp_ms,
                brand_content_toggle=brand_content_toggle,
                brand_organic_toggle=brand_organic_toggle,
                is_aigc=is_aigc,
            )
        return (yield from attempt.publish(post, field))


def _check_words(
    source: str,
    upload_type: str,
    video_path: VideoInput | None,
    video_url: str | None,
    privacy_level: PrivacyLevel | str | None,
) -> None:
    """See that the documented library's words go together."""
    if source not in _UPLOAD_TYPES:
        raise Impossible("source", repr(source), f"must be one of {', '.join(_UPLOAD_TYPES)}")
    kinds = _UPLOAD_TYPES[source]
    if upload_type not in kinds:
        limit = f"must be {' or '.join(kinds)} for {source}"
        raise Impossible("upload_type", repr(upload_type), limit)
    pulled = source == PullFromUrlSource.source
    given = {"video_path": video_path, "video_url": video_url}
    field, other = ("video_url", "video_path") if pulled else ("video_path", "video_url")
    if given[field] is None or given[field] == "":
        raise Impossible(field, "nothing", f"must be given for {source}")
    if given[other] is not None:
        raise Impossible(other, "a value", f"must not be given for {source}")
    if is_url(given[field]) != pulled:
        limit = "must be an address (https://…)" if pulled else "must be no address"
        raise Impossible(field, repr(given[field]), limit)
    if privacy_level and upload_type in _DRAFTS:  # a draft has none; a wrong one is a mistake all the same
        check_privacy_level(privacy_level)


def create_photo(
    session: Session,
    options: Options,
    *,
    post_mode: str,
    photo_images: Sequence[str],
    title: str | None = None,
    description: str | None = None,
    privacy_level: PrivacyLevel | str | None = None,
    photo_cover_index: int = 0,
    auto_add_music: bool | None = None,
    disable_comment: bool | None = None,
    brand_content_toggle: bool | None = None,
    brand_organic_toggle: bool | None = None,
    is_aigc: bool | None = None,
) -> Flow[Submitted]:
    """Photos, in the words of the documented library. The cover is counted from 0, as in the API.

    Raises:
        Impossible: something in it cannot work.
    """
    attempt = Attempt(session, options)
    with attempt.telling():
        modes = [mode.value for mode in PostMode]
        if post_mode not in modes:
            raise Impossible("post_mode", repr(post_mode), f"must be one of {', '.join(modes)}")
        post: Post
        if post_mode == PostMode.MEDIA_UPLOAD:
            if privacy_level:  # as for videos
                check_privacy_level(privacy_level)
            post = PhotoDraft(
                photo_images=photo_images,
                title=title or None,
                description=description or None,
                photo_cover_index=photo_cover_index,
                is_aigc=is_aigc,
            )
        else:
            post = PhotoPost(
                photo_images=photo_images,
                privacy_level=privacy_level or "",
                title=title or None,
                description=description or None,
                photo_cover_index=photo_cover_index,
                auto_add_music=auto_add_music,
                disable_comment=disable_comment,
                brand_content_toggle=brand_content_toggle,
                brand_organic_toggle=brand_organic_toggle,
                is_aigc=is_aigc,
            )
        return (yield from attempt.publish(post))
