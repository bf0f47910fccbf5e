"""Preflight: everything that would make TikTok refuse a post, all at once, before anything is sent.

Some of it TikTok would only say long after the init has succeeded (a PNG among the photos, a video with 12
frames per second). Nothing is ever chosen for the user: a missing or impossible privacy level is a problem,
never a default.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final, Literal, TypeVar, get_args
from urllib.parse import SplitResult, urlsplit

import attrs

from tiktok_openapi import CreatorInfo, FailReason, Impossible, PrivacyLevel
from tiktok_openapi.limits import (
    PHOTO_DESCRIPTION_MAX_UTF16,
    PHOTO_MAX_COUNT,
    PHOTO_MAX_SHORT_SIDE,
    PHOTO_MAX_SIZE,
    PHOTO_TITLE_MAX_UTF16,
    VIDEO_MAX_FRAME_RATE,
    VIDEO_MAX_SIDE,
    VIDEO_MIN_FRAME_RATE,
    VIDEO_MIN_SIDE,
    VIDEO_TITLE_MAX_UTF16,
)
from tiktok_openapi.routes import BY_ID

from ._flow import Flow, blocking
from ._log import LOGGER
from ._session import Session
from .media import CODECS, UnreadableMedia, VideoInfo, photo_info, video_info
from .plan import ChunkPlan
from .posts import PhotoDraft, PhotoPost, Post, VideoDraft, VideoPost
from .prepare import CHOOSE, LEVELS, Request, check_shape, wrong_choices
from .remote import RemoteFile, fetch_head
from .source import Source, SourceFailed, is_one_way, is_url, open_source
from .status import get_creator_info

T = TypeVar("T")

Preflight = Literal["strict", "warn", "off"]
"""What happens with problems: nothing is sent; they are warned of; nobody looks."""

_TOLERANCE: Final = 1.005
"""By how much a duration or a frame rate may miss its bounds: files round them."""
_PHOTO_KINDS: Final = ("JPEG", "WebP")
_OTHER_PHOTOS: Final = {
    ".png": "PNG",
    ".gif": "GIF",
    ".heic": "HEIC",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}


@attrs.frozen
class Problem:
    """One reason why a post cannot succeed."""

    field: str
    """Which field of the post, for example `title` or `photo_images[2]`."""
    value: str
    """What it is."""
    limit: str
    """What it must be."""
    advice: str = ""
    """What helps."""

    def __str__(self) -> str:
        return f"{self.field}: {self.limit}, got {self.value}" + (f"; {self.advice}" if self.advice else "")


class Unpostable(Impossible):
    """A post that cannot succeed, with all the reasons; nothing was sent."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(first.field, first.value, first.limit, first.advice)
        self.problems: tuple[Problem, ...] = problems
        """Everything that is wrong with it."""

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        listed = "\n".join(f"  - {problem}" for problem in self.problems)
        return f"{len(self.problems)} problems with this post; nothing was sent\n{listed}"


class PreflightWarning(UserWarning):
    """A problem with a post that is sent all the same."""


def check(
    session: Session,
    post: Post,
    *,
    access_token: str | None = None,
    chunk_size: int | None = None,
    audited: bool | None = None,
    look_at_photos: bool = False,
) -> Flow[tuple[Problem, ...]]:
    """Every problem of a post; nothing when it can be sent.

    Asks TikTok for the creator info (not for drafts, which need no such permission), and nothing else. An
    iterator is not read.

    Args:
        access_token: instead of the account's own.
        chunk_size: bytes of each chunk, if it is to be chosen.
        audited: False when the app has not passed TikTok's audit: then only `SELF_ONLY` to private accounts
            works.
        look_at_photos: also fetch the beginning of each photo, to see its format and its size.
    """
    check_shape(post)
    problems = list(check_words(post, audited=audited, look_at_photos=look_at_photos))
    if isinstance(post, (VideoPost, VideoDraft)) and not is_url(post.video):
        if is_one_way(post.video):
            if post.size is None:
                problems.append(Problem("size", "nothing", "must be given in bytes for an iterator"))
        else:
            try:
                source = yield from open_source(post.video, size=post.size, content_type=post.content_type)
            except Impossible as refusal:
                problems.append(_problem(refusal))
            else:
                try:
                    info = yield from look_at_video(source, problems)
                    problems += check_video(post, source, info, chunk_size)
                    problems += yield from check_account(session, post, info, access_token, audited)
                finally:
                    source.close()
                return tuple(problems)
    elif look_at_photos and isinstance(post, (PhotoPost, PhotoDraft)):
        problems += yield from check_photos(post)
    problems += yield from check_account(session, post, None, access_token, audited)
    return tuple(problems)


def gathered(problems: list[Problem], flow: Flow[T]) -> Flow[T]:
    """Run a flow whose refusal joins the problems that are known already."""
    try:
        return (yield from flow)
    except Impossible as refusal:
        if not problems:
            raise
        if refusal.field.rpartition(".")[2] not in {problem.field for problem in problems}:
            problems.append(_problem(refusal))
        raise Unpostable(tuple(problems)) from None


def before_sending(
    session: Session,
    post: Post,
    request: Request,
    problems: list[Problem],
    *,
    mode: Preflight,
    access_token: str | None = None,
    audited: bool | None = None,
    look_at_photos: bool = False,
) -> Flow[None]:
    """Preflight of a post that is about to be sent: what can be seen from here, then what TikTok tells.

    Raises:
        Unpostable: there are problems, and they are not to be ignored.
    """
    info: VideoInfo | None = None
    if request.source is not None and isinstance(post, (VideoPost, VideoDraft)):
        info = yield from look_at_video(request.source, problems)
        problems += check_video(post, request.source, info, None)
    elif look_at_photos and isinstance(post, (PhotoPost, PhotoDraft)):
        problems += yield from check_photos(post)
    enforce(tuple(problems), mode)
    enforce(tuple((yield from check_account(session, post, info, access_token, audited))), mode)


def enforce(problems: tuple[Problem, ...], mode: Preflight) -> None:
    """Do with problems what `mode` says.

    Raises:
        Unpostable: there are some, and they are not to be ignored.
    """
    if problems and mode == "strict":
        raise Unpostable(problems)
    for problem in problems:
        LOGGER.warning("preflight: %s", problem)
        warnings.warn(str(problem), PreflightWarning, stacklevel=_callers_level())


def _callers_level() -> int:
    """At which level of the stack, for `warn`, somebody else's code is: drivers and flows lie between."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith(f"{__package__}."):
        level, frame = level + 1, frame.f_back
    return level


def check_mode(mode: str) -> None:
    """See that a mode is one of the three."""
    modes = get_args(Preflight)
    if mode not in modes:
        raise Impossible("preflight", repr(mode), f"must be one of {', '.join(modes)}")


def check_words(
    post: Post, *, audited: bool | None = None, look_at_photos: bool = False
) -> Iterator[Problem]:
    """What can be seen in a post alone."""
    yield from map(_problem, wrong_choices(post))
    if isinstance(post, (VideoPost, PhotoPost)):
        level = str(post.privacy_level or "")
        if post.brand_content_toggle and level == PrivacyLevel.SELF_ONLY:
            advice = "show branded content to others, or switch the toggle off"
            yield Problem("privacy_level", level, "must not be private for branded content", advice)
        if audited is False and level and level != PrivacyLevel.SELF_ONLY:
            advice = "until the app has passed TikTok's audit; drafts work for every account"
            yield Problem(
                "privacy_level", level, f"must be {PrivacyLevel.SELF_ONLY} for an unaudited app", advice
            )
    if isinstance(post, VideoPost):
        yield from _text("title", post.title, VIDEO_TITLE_MAX_UTF16)
        if post.video_cover_timestamp_ms is not None and post.video_cover_timestamp_ms < 0:
            yield Problem("video_cover_timestamp_ms", str(post.video_cover_timestamp_ms), "must be 0 or more")
    if isinstance(post, (VideoPost, VideoDraft)):
        if is_url(post.video):
            yield from _address("video", str(post.video))
        return
    yield from _text("title", post.title, PHOTO_TITLE_MAX_UTF16, "put the caption into description")
    yield from _text("description", post.description, PHOTO_DESCRIPTION_MAX_UTF16)
    count = len(post.photo_images)
    if not 1 <= count <= PHOTO_MAX_COUNT:
        yield Problem("photo_images", f"{count} photos", f"must be 1 to {PHOTO_MAX_COUNT}")
    for number, address in enumerate(post.photo_images):
        field = f"photo_images[{number}]"
        yield from _address(field, address)
        kind = _OTHER_PHOTOS.get(PurePosixPath(_parts(address).path).suffix.lower())
        if kind is not None and not look_at_photos:  # an image server can give a JPEG under any name
            yield Problem(field, kind, _PHOTO_FORMAT, "one bad photo fails the whole post")


def look_at_video(source: Source, problems: list[Problem]) -> Flow[VideoInfo | None]:
    """What a video is, where that can be known."""
    try:
        return (yield from blocking(video_info, source))
    except (UnreadableMedia, SourceFailed) as problem:
        reason = FailReason.FILE_FORMAT_CHECK_FAILED
        problems.append(
            Problem("video", f"{source.name} ({problem})", "must be a readable video", reason.advice)
        )
        return None


def check_video(
    post: VideoPost | VideoDraft, source: Source, info: VideoInfo | None, chunk_size: int | None
) -> Iterator[Problem]:
    """What can be seen in the bytes of a video."""
    try:
        ChunkPlan.for_size(source.size, chunk_size)
    except Impossible as refusal:
        yield _problem(refusal)
    if info is None:
        return
    if info.codec not in CODECS:
        advice = FailReason.FILE_FORMAT_CHECK_FAILED.advice
        yield Problem("video", f"codec {info.codec}", "must be H.264, H.265, VP8 or VP9", advice)
    low, high = VIDEO_MIN_FRAME_RATE / _TOLERANCE, VIDEO_MAX_FRAME_RATE * _TOLERANCE
    if info.frame_rate and not low <= info.frame_rate <= high:
        limit = f"must have {VIDEO_MIN_FRAME_RATE} to {VIDEO_MAX_FRAME_RATE} frames per second"
        yield Problem("video", f"{info.frame_rate:.4g} frames per second", limit)
    if not all(VIDEO_MIN_SIDE <= side <= VIDEO_MAX_SIDE for side in (info.width, info.height)):
        limit = f"must have {VIDEO_MIN_SIDE} to {VIDEO_MAX_SIDE} pixels on each side"
        yield Problem("video", f"{info.width} x {info.height} pixels", limit)
    cover = post.video_cover_timestamp_ms if isinstance(post, VideoPost) else None
    if cover is not None and info.duration and cover > info.duration * 1000:
        limit = f"must lie within the video's {info.duration * 1000:.0f} ms"
        yield Problem("video_cover_timestamp_ms", str(cover), limit, "TikTok would take the first frame")


def check_photos(post: PhotoPost | PhotoDraft) -> Flow[list[Problem]]:
    """What can be seen in the photos themselves; fetches the beginning of each."""
    problems: list[Problem] = []
    for number, address in enumerate(post.photo_images):
        field = f"photo_images[{number}]"
        remote = RemoteFile(address, max_redirects=0)
        try:
            head, size = yield from blocking(fetch_head, remote, field)
        except Impossible as refusal:
            problems.append(Problem(field, refusal.got, refusal.limit))  # its advice is for a `RemoteFile`
            continue
        except SourceFailed as failure:
            problems.append(Problem(field, str(failure), "must be reachable"))
            continue
        info = photo_info(head)
        short = min(info.width, info.height)
        if info.kind not in _PHOTO_KINDS:
            problems.append(Problem(field, info.kind or "something else", _PHOTO_FORMAT))
        if size > PHOTO_MAX_SIZE:
            problems.append(Problem(field, f"{size:,} bytes", f"must have at most {PHOTO_MAX_SIZE:,} bytes"))
        if short > PHOTO_MAX_SHORT_SIDE:
            limit = f"must have at most {PHOTO_MAX_SHORT_SIDE} pixels on its shorter side"
            problems.append(Problem(field, f"{info.width} x {info.height} pixels", limit))
    return problems


def check_account(
    session: Session, post: Post, info: VideoInfo | None, access_token: str | None, audited: bool | None
) -> Flow[list[Problem]]:
    """What depends on the account: scopes, and for a direct post the creator info."""
    direct = isinstance(post, (VideoPost, PhotoPost))
    problems: list[Problem] = []
    held = None if access_token is not None else (yield from session.scopes())
    needed = BY_ID["initVideoPost" if direct else "initInboxVideo"].scopes[0]
    missing = [] if held is None else [scope for scope in needed if scope not in held]
    if missing:
        advice = "let the user log in again and grant it"
        problems.append(
            Problem("scopes", ", ".join(held or ()) or "none", f"must hold {', '.join(missing)}", advice)
        )
        return problems
    if isinstance(post, (VideoPost, PhotoPost)):
        creator = yield from get_creator_info(session, access_token=access_token)
        problems += check_creator(post, creator, info, audited=audited)
    return problems


def check_creator(
    post: VideoPost | PhotoPost, creator: CreatorInfo, info: VideoInfo | None, *, audited: bool | None = None
) -> Iterator[Problem]:
    """A direct post against what the creator may do."""
    level = str(post.privacy_level or "")
    options = [str(option) for option in creator.privacy_level_options]
    if level in LEVELS and level not in options:
        limit = f"must be one of the creator's options: {', '.join(options)}"
        yield Problem("privacy_level", level, limit, CHOOSE)
    if audited is False and PrivacyLevel.PUBLIC_TO_EVERYONE in options:
        advice = "the creator sets the account to private in the TikTok app"
        yield Problem("account", "a public account", "must be private for an unaudited app", advice)
    asked = [("disable_comment", post.disable_comment, creator.comment_disabled)]
    if isinstance(post, VideoPost):
        asked += [
            ("disable_duet", post.disable_duet, creator.duet_disabled),
            ("disable_stitch", post.disable_stitch, creator.stitch_disabled),
        ]
    for field, wish, disabled in asked:
        if wish is False and disabled:
            yield Problem(field, "False", "must be True or left out", "the creator's settings disable it")
    longest = creator.max_video_post_duration_sec
    if info is not None and info.duration > longest * _TOLERANCE:
        yield Problem("video", f"{info.duration:.1f} s", f"must last at most {longest} s for this creator")


_PHOTO_FORMAT: Final = "must be JPEG or WebP"


def _text(field: str, text: str | None, most: int, advice: str = "") -> Iterator[Problem]:
    if text is None:
        return
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if length > most:
        limit = f"must have at most {most} UTF-16 units (most emoji count two)"
        yield Problem(field, f"{length} UTF-16 units", limit, advice)


def _address(field: str, address: str) -> Iterator[Problem]:
    parts = _parts(address)
    if parts.scheme != "https" or not parts.hostname:
        shown = f"{parts.scheme}://{parts.hostname}" if parts.hostname else repr(address[:80])
        yield Problem(field, shown, "must be an https address", "on a domain that the app has verified")


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # a bracket that is not closed
        return urlsplit("")


def _problem(refusal: Impossible) -> Problem:
    return Problem(refusal.field, refusal.got, refusal.limit, refusal.advice)
