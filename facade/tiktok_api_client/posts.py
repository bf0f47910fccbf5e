"""What can be posted, as values: made once, checked, shown, and sent.

A post says what is to appear, in the API's own words; how it is sent (chunks, progress, journal) is not its
business. `None` leaves a field out, and TikTok's default applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

import attrs

from tiktok_openapi import PrivacyLevel

from .source import VideoInput


@attrs.frozen(kw_only=True, eq=False)
class VideoPost:
    """A video to post directly. https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"""

    video: VideoInput = attrs.field(repr=False)
    privacy_level: PrivacyLevel | str
    """Who can see it: one of the creator's `privacy_level_options`, chosen by the user."""
    title: str | None = None
    """The caption: at most 2200 UTF-16 code units."""
    disable_comment: bool | None = None
    disable_duet: bool | None = None
    disable_stitch: bool | None = None
    video_cover_timestamp_ms: int | None = None
    """Which frame is the cover, in milliseconds."""
    brand_content_toggle: bool | None = None
    """A paid partnership with a third party; cannot be private."""
    brand_organic_toggle: bool | None = None
    """Promotes the creator's own business."""
    is_aigc: bool | None = None
    """Adds the label for AI-generated content."""
    size: int | None = None
    """Bytes of the video; required for an iterator and for a file object that cannot seek."""
    content_type: str | None = None
    """Instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`."""


@attrs.frozen(kw_only=True, eq=False)
class VideoDraft:
    """A video for the inbox of the creator's TikTok app, where caption and privacy are chosen.

    https://developers.tiktok.com/doc/content-posting-api-reference-upload-video
    """

    video: VideoInput = attrs.field(repr=False)
    size: int | None = None
    """Bytes of the video; required for an iterator and for a file object that cannot seek."""
    content_type: str | None = None
    """Instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`."""


@attrs.frozen(kw_only=True, eq=False)
class PhotoPost:
    """Photos to post directly. https://developers.tiktok.com/doc/content-posting-api-reference-photo-post"""

    photo_images: Sequence[str]
    """1 to 35 addresses that TikTok pulls: `https`, on a verified domain; JPEG or WebP, up to 20 MB each."""
    privacy_level: PrivacyLevel | str
    """Who can see them: one of the creator's `privacy_level_options`, chosen by the user."""
    title: str | None = None
    """At most 90 UTF-16 code units; the caption belongs in `description`."""
    description: str | None = None
    """The caption: at most 4000 UTF-16 code units."""
    photo_cover_index: int = 0
    """Which photo is the cover; 0 is the first."""
    auto_add_music: bool | None = None
    disable_comment: bool | None = None
    brand_content_toggle: bool | None = None
    """A paid partnership with a third party; cannot be private."""
    brand_organic_toggle: bool | None = None
    """Promotes the creator's own business."""
    is_aigc: bool | None = None
    """Adds the label for AI-generated content."""


@attrs.frozen(kw_only=True, eq=False)
class PhotoDraft:
    """Photos for the inbox of the creator's TikTok app (31.8 or later), where privacy is chosen.

    https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
    """

    photo_images: Sequence[str]
    """1 to 35 addresses that TikTok pulls: `https`, on a verified domain; JPEG or WebP, up to 20 MB each."""
    title: str | None = None
    """At most 90 UTF-16 code units; the caption belongs in `description`."""
    description: str | None = None
    """The caption: at most 4000 UTF-16 code units."""
    photo_cover_index: int = 0
    """Which photo is the cover; 0 is the first."""
    is_aigc: bool | None = None
    """Adds the label for AI-generated content."""


Post = Union[VideoPost, VideoDraft, PhotoPost, PhotoDraft]
"""Anything that can be posted."""
