"""Publishing, on both faces: `TikTok` and `AsyncTikTok` inherit it. Each method runs one flow."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import TYPE_CHECKING

from . import publish, wait
from ._drivers import AsyncRunner, SyncRunner
from ._flow import Signal
from ._session import Session
from .attempt import OnPublishId, Options
from .outcome import Outcome
from .posts import PhotoDraft, PhotoPost, Post, VideoDraft, VideoPost
from .results import Submitted
from .source import VideoInput
from .status import cancel
from .upload import OnProgress
from .wait import TIMEOUT

if TYPE_CHECKING:
    from typing_extensions import TypedDict, Unpack

    from tiktok_openapi import PrivacyLevel

    class HowToSend(TypedDict, total=False):
        """How a post is sent; the words are those of `Options`."""

        access_token: str | None
        chunk_size: int | None
        key: str | None
        on_publish_id: OnPublishId | None
        on_progress: OnProgress | None
        cancel: Signal | None


class Publishing:
    """The publishing methods, for callers that wait."""

    _runner: SyncRunner
    _session: Session

    def post_video(
        self,
        video: VideoInput,
        *,
        privacy_level: PrivacyLevel | str,
        title: str | None = None,
        disable_comment: bool | None = None,
        disable_duet: bool | None = None,
        disable_stitch: bool | None = None,
        video_cover_timestamp_ms: int | None = None,
        brand_content_toggle: bool | None = None,
        brand_organic_toggle: bool | None = None,
        is_aigc: bool | None = None,
        size: int | None = None,
        content_type: str | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Post a video. It is published when `wait` says so, not before.

        Args:
            video: a path, a binary file object, bytes, an iterator of bytes (with `size`), or a URL for
                TikTok to pull.
            size: bytes of the video; needed for an iterator and for a file object that cannot seek.
            content_type: instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`.
            privacy_level: one of the creator's `privacy_level_options`, chosen by the user.
            title: the caption, at most 2200 UTF-16 code units.
            disable_comment: no comments.
            disable_duet: no duets.
            disable_stitch: no stitches.
            video_cover_timestamp_ms: which frame is the cover, in milliseconds.
            brand_content_toggle: a paid partnership with a third party; cannot be private.
            brand_organic_toggle: promotes the creator's own business.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
        """
        post = VideoPost(
            video=video,
            privacy_level=privacy_level,
            title=title,
            disable_comment=disable_comment,
            disable_duet=disable_duet,
            disable_stitch=disable_stitch,
            video_cover_timestamp_ms=video_cover_timestamp_ms,
            brand_content_toggle=brand_content_toggle,
            brand_organic_toggle=brand_organic_toggle,
            is_aigc=is_aigc,
            size=size,
            content_type=content_type,
        )
        return self._runner.run(publish.publish(self._session, post, Options(**how)))

    def draft_video(
        self,
        video: VideoInput,
        *,
        size: int | None = None,
        content_type: str | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Send a video to the inbox of the creator's TikTok app, where the creator captions and posts it.

        Args:
            video: a path, a binary file object, bytes, an iterator of bytes (with `size`), or a URL for
                TikTok to pull.
            size: bytes of the video; needed for an iterator and for a file object that cannot seek.
            content_type: instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-upload-video
        """
        post = VideoDraft(
            video=video,
            size=size,
            content_type=content_type,
        )
        return self._runner.run(publish.publish(self._session, post, Options(**how)))

    def post_photos(
        self,
        photo_images: Sequence[str],
        *,
        privacy_level: PrivacyLevel | str,
        title: str | None = None,
        description: str | None = None,
        photo_cover_index: int = 0,
        auto_add_music: bool | None = None,
        disable_comment: bool | None = None,
        brand_content_toggle: bool | None = None,
        brand_organic_toggle: bool | None = None,
        is_aigc: bool | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Post photos. They are published when `wait` says so, not before.

        Args:
            photo_images: 1 to 35 addresses to pull from, on a domain that the app has verified; JPEG or WebP.
            privacy_level: one of the creator's `privacy_level_options`, chosen by the user.
            title: at most 90 UTF-16 code units; the caption belongs in `description`.
            description: the caption, at most 4000 UTF-16 code units.
            photo_cover_index: which photo is the cover; 0 is the first.
            auto_add_music: let TikTok add music.
            disable_comment: no comments.
            brand_content_toggle: a paid partnership with a third party; cannot be private.
            brand_organic_toggle: promotes the creator's own business.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
        """
        post = PhotoPost(
            photo_images=photo_images,
            privacy_level=privacy_level,
            title=title,
            description=description,
            photo_cover_index=photo_cover_index,
            auto_add_music=auto_add_music,
            disable_comment=disable_comment,
            brand_content_toggle=brand_content_toggle,
            brand_organic_toggle=brand_organic_toggle,
            is_aigc=is_aigc,
        )
        return self._runner.run(publish.publish(self._session, post, Options(**how)))

    def draft_photos(
        self,
        photo_images: Sequence[str],
        *,
        title: str | None = None,
        description: str | None = None,
        photo_cover_index: int = 0,
        is_aigc: bool | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Send photos to the inbox of the creator's TikTok app (31.8 or later), where the creator posts them.

        Args:
            photo_images: 1 to 35 addresses to pull from, on a domain that the app has verified; JPEG or WebP.
            title: at most 90 UTF-16 code units; the caption belongs in `description`.
            description: the caption, at most 4000 UTF-16 code units.
            photo_cover_index: which photo is the cover; 0 is the first.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
        """
        post = PhotoDraft(
            photo_images=photo_images,
            title=title,
            description=description,
            photo_cover_index=photo_cover_index,
            is_aigc=is_aigc,
        )
        return self._runner.run(publish.publish(self._session, post, Options(**how)))

    def post(self, post: Post, **how: Unpack[HowToSend]) -> Submitted:
        """Post what a value of `posts` says: what the four methods above do.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.
        """
        return self._runner.run(publish.publish(self._session, post, Options(**how)))

    def resume(
        self,
        publish_id: str,
        video: VideoInput | None = None,
        *,
        size: int | None = None,
        access_token: str | None = None,
        on_progress: OnProgress | None = None,
        cancel: Signal | None = None,
    ) -> Submitted:
        """Go on with an upload where TikTok is, in this process or another one, from the journal.

        Args:
            publish_id: which post.
            video: the same video again; may be left out when it was given as a path.
            size: bytes of the video, where it is an iterator.
            access_token: instead of the account's own.
            on_progress: told how far the upload is.
            cancel: set it, from any thread, to stop again.

        Raises:
            Impossible: the journal does not know this post, or this is another video.
            UploadEnded: TikTok takes no more bytes; only a new post can help.
            UploadFailed: the rest did not arrive either.
        """
        return self._runner.run(
            publish.resume(
                self._session,
                publish_id=publish_id,
                video=video,
                size=size,
                access_token=access_token,
                on_progress=on_progress,
                cancel=cancel,
            )
        )

    def forget(self, key: str) -> None:
        """Drop the journal's entry of a key, so that a post with this key can be made again.

        Look into the TikTok app first: there may be a post already.
        """
        self._runner.run(publish.forget(self._session, key=key))

    def wait(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> Outcome:
        """Wait until it is decided what becomes of a post: published, in the inbox, or failed.

        When the time is over first, the answer is `Processing`, or `Unknown` when TikTok gave no usable
        answer.

        Args:
            publish_id: which post.
            timeout: seconds; None waits for ever.
            access_token: instead of the account's own.

        Raises:
            LoginRequired: the access token is dead and cannot be refreshed. The post goes on without it.
            InputRefused: the post belongs to another user or app.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
        """
        return self._runner.run(
            wait.wait(self._session, publish_id=publish_id, timeout=timeout, access_token=access_token)
        )

    def watch(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> Generator[Outcome, None, None]:
        """The same, with an item for every change on the way; the last item is what `wait` would give."""
        return self._runner.iterate(
            wait.watch(self._session, publish_id=publish_id, timeout=timeout, access_token=access_token)
        )

    def wait_for_post_ids(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> Outcome:
        """Wait until the ids of the public posts are known: `Published`, with all that TikTok has by then.

        They come when moderation has ended, usually within a minute, sometimes hours later, and never for
        posts that are not public: then `Published` comes without ids when the time is over.
        """
        return self._runner.run(
            wait.wait_for_post_ids(
                self._session, publish_id=publish_id, timeout=timeout, access_token=access_token
            )
        )

    def cancel(self, publish_id: str, *, access_token: str | None = None) -> None:
        """Ask TikTok to stop a post that it still downloads; `wait` tells whether it did.

        Raises:
            InputRefused: the post is too far, or is an upload.

        Source: https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
        """
        self._runner.run(cancel(self._session, publish_id=publish_id, access_token=access_token))

    def deliver(self, event: object) -> bool:
        """Hand in a verified webhook event: whoever waits for the post it is about goes on at once.

        Safe to call from any thread.

        Returns:
            Whether the event is about the outcome of a post.
        """
        return self._session.deliveries.deliver(event)


class AsyncPublishing:
    """The publishing methods, for callers that await."""

    _runner: AsyncRunner
    _session: Session

    async def post_video(
        self,
        video: VideoInput,
        *,
        privacy_level: PrivacyLevel | str,
        title: str | None = None,
        disable_comment: bool | None = None,
        disable_duet: bool | None = None,
        disable_stitch: bool | None = None,
        video_cover_timestamp_ms: int | None = None,
        brand_content_toggle: bool | None = None,
        brand_organic_toggle: bool | None = None,
        is_aigc: bool | None = None,
        size: int | None = None,
        content_type: str | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Post a video. It is published when `wait` says so, not before.

        Args:
            video: a path, a binary file object, bytes, an iterator of bytes (with `size`), or a URL for
                TikTok to pull.
            size: bytes of the video; needed for an iterator and for a file object that cannot seek.
            content_type: instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`.
            privacy_level: one of the creator's `privacy_level_options`, chosen by the user.
            title: the caption, at most 2200 UTF-16 code units.
            disable_comment: no comments.
            disable_duet: no duets.
            disable_stitch: no stitches.
            video_cover_timestamp_ms: which frame is the cover, in milliseconds.
            brand_content_toggle: a paid partnership with a third party; cannot be private.
            brand_organic_toggle: promotes the creator's own business.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
        """
        post = VideoPost(
            video=video,
            privacy_level=privacy_level,
            title=title,
            disable_comment=disable_comment,
            disable_duet=disable_duet,
            disable_stitch=disable_stitch,
            video_cover_timestamp_ms=video_cover_timestamp_ms,
            brand_content_toggle=brand_content_toggle,
            brand_organic_toggle=brand_organic_toggle,
            is_aigc=is_aigc,
            size=size,
            content_type=content_type,
        )
        return await self._runner.run(publish.publish(self._session, post, Options(**how)))

    async def draft_video(
        self,
        video: VideoInput,
        *,
        size: int | None = None,
        content_type: str | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Send a video to the inbox of the creator's TikTok app, where the creator captions and posts it.

        Args:
            video: a path, a binary file object, bytes, an iterator of bytes (with `size`), or a URL for
                TikTok to pull.
            size: bytes of the video; needed for an iterator and for a file object that cannot seek.
            content_type: instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-upload-video
        """
        post = VideoDraft(
            video=video,
            size=size,
            content_type=content_type,
        )
        return await self._runner.run(publish.publish(self._session, post, Options(**how)))

    async def post_photos(
        self,
        photo_images: Sequence[str],
        *,
        privacy_level: PrivacyLevel | str,
        title: str | None = None,
        description: str | None = None,
        photo_cover_index: int = 0,
        auto_add_music: bool | None = None,
        disable_comment: bool | None = None,
        brand_content_toggle: bool | None = None,
        brand_organic_toggle: bool | None = None,
        is_aigc: bool | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Post photos. They are published when `wait` says so, not before.

        Args:
            photo_images: 1 to 35 addresses to pull from, on a domain that the app has verified; JPEG or WebP.
            privacy_level: one of the creator's `privacy_level_options`, chosen by the user.
            title: at most 90 UTF-16 code units; the caption belongs in `description`.
            description: the caption, at most 4000 UTF-16 code units.
            photo_cover_index: which photo is the cover; 0 is the first.
            auto_add_music: let TikTok add music.
            disable_comment: no comments.
            brand_content_toggle: a paid partnership with a third party; cannot be private.
            brand_organic_toggle: promotes the creator's own business.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
        """
        post = PhotoPost(
            photo_images=photo_images,
            privacy_level=privacy_level,
            title=title,
            description=description,
            photo_cover_index=photo_cover_index,
            auto_add_music=auto_add_music,
            disable_comment=disable_comment,
            brand_content_toggle=brand_content_toggle,
            brand_organic_toggle=brand_organic_toggle,
            is_aigc=is_aigc,
        )
        return await self._runner.run(publish.publish(self._session, post, Options(**how)))

    async def draft_photos(
        self,
        photo_images: Sequence[str],
        *,
        title: str | None = None,
        description: str | None = None,
        photo_cover_index: int = 0,
        is_aigc: bool | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Send photos to the inbox of the creator's TikTok app (31.8 or later), where the creator posts them.

        Args:
            photo_images: 1 to 35 addresses to pull from, on a domain that the app has verified; JPEG or WebP.
            title: at most 90 UTF-16 code units; the caption belongs in `description`.
            description: the caption, at most 4000 UTF-16 code units.
            photo_cover_index: which photo is the cover; 0 is the first.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`,
                `access_token`; see `Options`.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
        """
        post = PhotoDraft(
            photo_images=photo_images,
            title=title,
            description=description,
            photo_cover_index=photo_cover_index,
            is_aigc=is_aigc,
        )
        return await self._runner.run(publish.publish(self._session, post, Options(**how)))

    async def post(self, post: Post, **how: Unpack[HowToSend]) -> Submitted:
        """Post what a value of `posts` says: what the four methods above do.

        Raises:
            Impossible: something in it cannot work; nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.
        """
        return await self._runner.run(publish.publish(self._session, post, Options(**how)))

    async def resume(
        self,
        publish_id: str,
        video: VideoInput | None = None,
        *,
        size: int | None = None,
        access_token: str | None = None,
        on_progress: OnProgress | None = None,
        cancel: Signal | None = None,
    ) -> Submitted:
        """Go on with an upload where TikTok is, in this process or another one, from the journal.

        Args:
            publish_id: which post.
            video: the same video again; may be left out when it was given as a path.
            size: bytes of the video, where it is an iterator.
            access_token: instead of the account's own.
            on_progress: told how far the upload is.
            cancel: set it, from any thread, to stop again.

        Raises:
            Impossible: the journal does not know this post, or this is another video.
            UploadEnded: TikTok takes no more bytes; only a new post can help.
            UploadFailed: the rest did not arrive either.
        """
        return await self._runner.run(
            publish.resume(
                self._session,
                publish_id=publish_id,
                video=video,
                size=size,
                access_token=access_token,
                on_progress=on_progress,
                cancel=cancel,
            )
        )

    async def forget(self, key: str) -> None:
        """Drop the journal's entry of a key, so that a post with this key can be made again.

        Look into the TikTok app first: there may be a post already.
        """
        await self._runner.run(publish.forget(self._session, key=key))

    async def wait(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> Outcome:
        """Wait until it is decided what becomes of a post: published, in the inbox, or failed.

        When the time is over first, the answer is `Processing`, or `Unknown` when TikTok gave no usable
        answer.

        Args:
            publish_id: which post.
            timeout: seconds; None waits for ever.
            access_token: instead of the account's own.

        Raises:
            LoginRequired: the access token is dead and cannot be refreshed. The post goes on without it.
            InputRefused: the post belongs to another user or app.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
        """
        return await self._runner.run(
            wait.wait(self._session, publish_id=publish_id, timeout=timeout, access_token=access_token)
        )

    def watch(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> AsyncGenerator[Outcome, None]:
        """The same, with an item for every change on the way; the last item is what `wait` would give."""
        return self._runner.iterate(
            wait.watch(self._session, publish_id=publish_id, timeout=timeout, access_token=access_token)
        )

    async def wait_for_post_ids(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> Outcome:
        """Wait until the ids of the public posts are known: `Published`, with all that TikTok has by then.

        They come when moderation has ended, usually within a minute, sometimes hours later, and never for
        posts that are not public: then `Published` comes without ids when the time is over.
        """
        return await self._runner.run(
            wait.wait_for_post_ids(
                self._session, publish_id=publish_id, timeout=timeout, access_token=access_token
            )
        )

    async def cancel(self, publish_id: str, *, access_token: str | None = None) -> None:
        """Ask TikTok to stop a post that it still downloads; `wait` tells whether it did.

        Raises:
            InputRefused: the post is too far, or is an upload.

        Source: https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
        """
        await self._runner.run(cancel(self._session, publish_id=publish_id, access_token=access_token))

    def deliver(self, event: object) -> bool:
        """Hand in a verified webhook event: whoever waits for the post it is about goes on at once.

        Safe to call from any thread.

        Returns:
            Whether the event is about the outcome of a post.
        """
        return self._session.deliveries.deliver(event)
