"""The words of a post that are keyword arguments: what it says, and how it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Required, TypedDict

    from tiktok_openapi import PrivacyLevel

    from ._flow import Signal
    from .attempt import OnPublishId, Options
    from .preflight import Preflight
    from .upload import OnProgress

    class HowToSend(TypedDict, total=False):
        """How a post is sent; `Options` says what each word means."""

        access_token: str | None
        chunk_size: int | None
        key: str | None
        on_publish_id: OnPublishId | None
        on_progress: OnProgress | None
        cancel: Signal | None
        preflight: Preflight
        audited: bool | None
        look_at_photos: bool

    class DraftVideoWords(HowToSend, total=False):
        """What `draft_video` takes."""

        size: int | None
        content_type: str | None

    class PostVideoWords(DraftVideoWords, total=False):
        """What `post_video` takes."""

        privacy_level: Required[PrivacyLevel | str]
        title: str | None
        disable_comment: bool | None
        disable_duet: bool | None
        disable_stitch: bool | None
        video_cover_timestamp_ms: int | None
        brand_content_toggle: bool | None
        brand_organic_toggle: bool | None
        is_aigc: bool | None

    class DraftPhotosWords(HowToSend, total=False):
        """What `draft_photos` takes."""

        title: str | None
        description: str | None
        photo_cover_index: int
        is_aigc: bool | None

    class PostPhotosWords(DraftPhotosWords, total=False):
        """What `post_photos` takes."""

        privacy_level: Required[PrivacyLevel | str]
        auto_add_music: bool | None
        disable_comment: bool | None
        brand_content_toggle: bool | None
        brand_organic_toggle: bool | None


NOBODYS_CHOICE = ""
"""The privacy level of a caller who names none: preflight refuses it, and says who chooses it."""


def split_words(words: Mapping[str, Any]) -> tuple[dict[str, Any], Options]:
    """What a post says, and how it is sent."""
    from .attempt import HOW, Options

    what = {name: value for name, value in words.items() if name not in HOW}
    return what, Options(**{name: value for name, value in words.items() if name in HOW})
