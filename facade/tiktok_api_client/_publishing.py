"""Publishing, as a part of `TikTok`. Each method runs one flow.

What a flow needs is imported when it is first called: a program that only logs in pays for none of it.
`_publishing_async` is derived from this module.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Literal, overload

from ._drivers import SyncRunner
from ._session import Session
from ._words import NOBODYS_CHOICE, split_words
from .schedule import TIMEOUT

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from tiktok_openapi import PrivacyLevel

    from ._flow import Signal
    from ._words import DraftPhotosWords, DraftVideoWords, HowToSend, PostPhotosWords, PostVideoWords
    from .handle import Upload
    from .outcome import Outcome
    from .posts import Post
    from .preflight import Problem
    from .rehearse import PlannedRequest
    from .results import Submitted
    from .source import VideoInput
    from .upload import OnProgress


class Publishing:
    """The publishing methods, for callers that wait."""

    _runner: SyncRunner
    _session: Session

    @overload
    def post_video(
        self, video: VideoInput, *, dry_run: Literal[True], **words: Unpack[PostVideoWords]
    ) -> tuple[PlannedRequest, ...]: ...
    @overload
    def post_video(
        self, video: VideoInput, *, dry_run: Literal[False] = False, **words: Unpack[PostVideoWords]
    ) -> Submitted: ...
    @overload
    def post_video(
        self, video: VideoInput, *, dry_run: bool, **words: Unpack[PostVideoWords]
    ) -> Submitted | tuple[PlannedRequest, ...]: ...
    def post_video(
        self, video: VideoInput, *, dry_run: bool = False, **words: Unpack[PostVideoWords]
    ) -> Submitted | tuple[PlannedRequest, ...]:
        """Post a video. It is published when `wait` says so, not before.

        Args:
            video: a path, a binary file object (read from its beginning), bytes, an iterator of bytes (with
                `size`), a URL for TikTok to pull, or a `RemoteFile` to stream.
            privacy_level: one of the creator's `privacy_level_options`, chosen by the user.
            title: the caption, at most 2200 UTF-16 code units.
            disable_comment: no comments.
            disable_duet: no duets.
            disable_stitch: no stitches.
            video_cover_timestamp_ms: which frame is the cover, in milliseconds.
            brand_content_toggle: a paid partnership with a third party; cannot be private.
            brand_organic_toggle: promotes the creator's own business.
            is_aigc: adds the label for AI-generated content.
            size: bytes of the video; needed for an iterator and for a file object that cannot seek.
            content_type: instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`.
            dry_run: send nothing, and give the exact requests instead, with secrets masked.
            words: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`, `preflight`,
                `audited`, `look_at_photos`, `access_token`. `Options` says what each of them means.

        Raises:
            Unpostable: it cannot succeed; `problems` says why. Nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
        """
        from . import publish
        from .posts import VideoPost
        from .rehearse import rehearse

        what, options = split_words(words)
        what.setdefault("privacy_level", NOBODYS_CHOICE)
        post = VideoPost(video=video, **what)
        if dry_run:
            return self._runner.run(rehearse(self._session, post, options))
        return self._runner.run(publish.publish(self._session, post, options))

    @overload
    def draft_video(
        self, video: VideoInput, *, dry_run: Literal[True], **words: Unpack[DraftVideoWords]
    ) -> tuple[PlannedRequest, ...]: ...
    @overload
    def draft_video(
        self, video: VideoInput, *, dry_run: Literal[False] = False, **words: Unpack[DraftVideoWords]
    ) -> Submitted: ...
    @overload
    def draft_video(
        self, video: VideoInput, *, dry_run: bool, **words: Unpack[DraftVideoWords]
    ) -> Submitted | tuple[PlannedRequest, ...]: ...
    def draft_video(
        self, video: VideoInput, *, dry_run: bool = False, **words: Unpack[DraftVideoWords]
    ) -> Submitted | tuple[PlannedRequest, ...]:
        """Send a video to the inbox of the creator's TikTok app, where the creator captions and posts it.

        Args:
            video: a path, a binary file object (read from its beginning), bytes, an iterator of bytes (with
                `size`), a URL for TikTok to pull, or a `RemoteFile` to stream.
            size: bytes of the video; needed for an iterator and for a file object that cannot seek.
            content_type: instead of what the first bytes say: `video/mp4`, `video/quicktime` or `video/webm`.
            dry_run: send nothing, and give the exact requests instead, with secrets masked.
            words: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`, `preflight`,
                `audited`, `look_at_photos`, `access_token`. `Options` says what each of them means.

        Raises:
            Unpostable: it cannot succeed; `problems` says why. Nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-upload-video
        """
        from . import publish
        from .posts import VideoDraft
        from .rehearse import rehearse

        what, options = split_words(words)
        post = VideoDraft(video=video, **what)
        if dry_run:
            return self._runner.run(rehearse(self._session, post, options))
        return self._runner.run(publish.publish(self._session, post, options))

    @overload
    def post_photos(
        self, photo_images: Sequence[str], *, dry_run: Literal[True], **words: Unpack[PostPhotosWords]
    ) -> tuple[PlannedRequest, ...]: ...
    @overload
    def post_photos(
        self,
        photo_images: Sequence[str],
        *,
        dry_run: Literal[False] = False,
        **words: Unpack[PostPhotosWords],
    ) -> Submitted: ...
    @overload
    def post_photos(
        self,
        photo_images: Sequence[str],
        *,
        dry_run: bool,
        **words: Unpack[PostPhotosWords],
    ) -> Submitted | tuple[PlannedRequest, ...]: ...
    def post_photos(
        self, photo_images: Sequence[str], *, dry_run: bool = False, **words: Unpack[PostPhotosWords]
    ) -> Submitted | tuple[PlannedRequest, ...]:
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
            dry_run: send nothing, and give the exact requests instead, with secrets masked.
            words: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`, `preflight`,
                `audited`, `look_at_photos`, `access_token`. `Options` says what each of them means.

        Raises:
            Unpostable: it cannot succeed; `problems` says why. Nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
        """
        from . import publish
        from .posts import PhotoPost
        from .rehearse import rehearse

        what, options = split_words(words)
        what.setdefault("privacy_level", NOBODYS_CHOICE)
        post = PhotoPost(photo_images=photo_images, **what)
        if dry_run:
            return self._runner.run(rehearse(self._session, post, options))
        return self._runner.run(publish.publish(self._session, post, options))

    @overload
    def draft_photos(
        self, photo_images: Sequence[str], *, dry_run: Literal[True], **words: Unpack[DraftPhotosWords]
    ) -> tuple[PlannedRequest, ...]: ...
    @overload
    def draft_photos(
        self,
        photo_images: Sequence[str],
        *,
        dry_run: Literal[False] = False,
        **words: Unpack[DraftPhotosWords],
    ) -> Submitted: ...
    @overload
    def draft_photos(
        self,
        photo_images: Sequence[str],
        *,
        dry_run: bool,
        **words: Unpack[DraftPhotosWords],
    ) -> Submitted | tuple[PlannedRequest, ...]: ...
    def draft_photos(
        self, photo_images: Sequence[str], *, dry_run: bool = False, **words: Unpack[DraftPhotosWords]
    ) -> Submitted | tuple[PlannedRequest, ...]:
        """Send photos to the inbox of the creator's TikTok app (31.8 or later), where the creator posts them.

        Args:
            photo_images: 1 to 35 addresses to pull from, on a domain that the app has verified; JPEG or WebP.
            title: at most 90 UTF-16 code units; the caption belongs in `description`.
            description: the caption, at most 4000 UTF-16 code units.
            photo_cover_index: which photo is the cover; 0 is the first.
            is_aigc: adds the label for AI-generated content.
            dry_run: send nothing, and give the exact requests instead, with secrets masked.
            words: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`, `preflight`,
                `audited`, `look_at_photos`, `access_token`. `Options` says what each of them means.

        Raises:
            Unpostable: it cannot succeed; `problems` says why. Nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
        """
        from . import publish
        from .posts import PhotoDraft
        from .rehearse import rehearse

        what, options = split_words(words)
        post = PhotoDraft(photo_images=photo_images, **what)
        if dry_run:
            return self._runner.run(rehearse(self._session, post, options))
        return self._runner.run(publish.publish(self._session, post, options))

    def create_video(
        self,
        *,
        source: str,
        upload_type: str,
        title: str = "",
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
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Post a video, or send it as a draft, in the words of the documented library.

        `post_video` and `draft_video` say the same with fewer words.

        Args:
            source: `FILE_UPLOAD` or `PULL_FROM_URL`.
            upload_type: `POST_VIDEO_FILE` or `POST_VIDEO_URL`; for a draft `UPLOAD_VIDEO_FILE` or
                `UPLOAD_VIDEO_URL`.
            title: the caption, at most 2200 UTF-16 code units. A draft has none.
            privacy_level: one of the creator's `privacy_level_options`, chosen by the user. A draft has none.
            video_path: the file to upload.
            video_url: the address to pull from, on a domain that the app has verified.
            disable_comment: no comments.
            disable_duet: no duets.
            disable_stitch: no stitches.
            video_cover_timestamp_ms: which frame is the cover, in milliseconds.
            brand_content_toggle: a paid partnership with a third party; cannot be private.
            brand_organic_toggle: promotes the creator's own business.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`, `preflight`,
                `audited`, `look_at_photos`, `access_token`. `Options` says what each of them means.

        Raises:
            Unpostable: it cannot succeed; `problems` says why. Nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post
        """
        from . import publish
        from .attempt import Options

        return self._runner.run(
            publish.create_video(
                self._session,
                Options(**how),
                source=source,
                upload_type=upload_type,
                title=title,
                privacy_level=privacy_level,
                video_path=video_path,
                video_url=video_url,
                disable_comment=disable_comment,
                disable_duet=disable_duet,
                disable_stitch=disable_stitch,
                video_cover_timestamp_ms=video_cover_timestamp_ms,
                brand_content_toggle=brand_content_toggle,
                brand_organic_toggle=brand_organic_toggle,
                is_aigc=is_aigc,
            )
        )

    def create_photo(
        self,
        *,
        post_mode: str,
        photo_images: Sequence[str],
        title: str = "",
        privacy_level: PrivacyLevel | str | None = None,
        description: str = "",
        photo_cover_index: int = 0,
        auto_add_music: bool | None = None,
        disable_comment: bool | None = None,
        brand_content_toggle: bool | None = None,
        brand_organic_toggle: bool | None = None,
        is_aigc: bool | None = None,
        **how: Unpack[HowToSend],
    ) -> Submitted:
        """Post photos, or send them as a draft, in the words of the documented library.

        Args:
            post_mode: `DIRECT_POST`, or `MEDIA_UPLOAD` for a draft.
            photo_images: 1 to 35 addresses to pull from, on a domain that the app has verified; JPEG or WebP.
            title: at most 90 UTF-16 code units; the caption belongs in `description`.
            privacy_level: one of the creator's `privacy_level_options`, chosen by the user. A draft has none.
            description: the caption, at most 4000 UTF-16 code units.
            photo_cover_index: which photo is the cover; 0 is the first.
            auto_add_music: let TikTok add music.
            disable_comment: no comments.
            brand_content_toggle: a paid partnership with a third party; cannot be private.
            brand_organic_toggle: promotes the creator's own business.
            is_aigc: adds the label for AI-generated content.
            how: how it is sent: `key`, `on_publish_id`, `preflight`, `audited`, `look_at_photos`,
                `access_token`. `Options` says what each of them means.

        Raises:
            Unpostable: it cannot succeed; `problems` says why. Nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-photo-post
        """
        from . import publish
        from .attempt import Options

        return self._runner.run(
            publish.create_photo(
                self._session,
                Options(**how),
                post_mode=post_mode,
                photo_images=photo_images,
                title=title,
                privacy_level=privacy_level,
                description=description,
                photo_cover_index=photo_cover_index,
                auto_add_music=auto_add_music,
                disable_comment=disable_comment,
                brand_content_toggle=brand_content_toggle,
                brand_organic_toggle=brand_organic_toggle,
                is_aigc=is_aigc,
            )
        )

    def post(self, post: Post, **how: Unpack[HowToSend]) -> Submitted:
        """Post what a value says.

        Args:
            post: a `VideoPost`, `VideoDraft`, `PhotoPost` or `PhotoDraft`.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`, `preflight`,
                `audited`, `look_at_photos`, `access_token`. `Options` says what each of them means.

        Raises:
            Unpostable: it cannot succeed; `problems` says why. Nothing was sent.
            Refused: TikTok said no.
            UploadFailed: there is a post, and its bytes did not all arrive; `resume` goes on.
            OutcomeUnknown: an earlier call with this key may have posted.
        """
        from . import publish
        from .attempt import Options

        return self._runner.run(publish.publish(self._session, post, Options(**how)))

    def start(self, post: Post, **how: Unpack[HowToSend]) -> Upload:
        """Post what a value says, in the background: iterate for progress, ask for the result, cancel.

        What `post` would raise, the result raises.

        Args:
            post: a `VideoPost`, `VideoDraft`, `PhotoPost` or `PhotoDraft`.
            how: how it is sent: `key`, `on_publish_id`, `on_progress`, `chunk_size`, `cancel`, `preflight`,
                `audited`, `look_at_photos`, `access_token`. `Options` says what each of them means.
        """
        from .attempt import Options
        from .handle import Upload

        return Upload(self._runner, self._session, post, Options(**how))

    def check(
        self,
        post: Post,
        *,
        access_token: str | None = None,
        chunk_size: int | None = None,
        audited: bool | None = None,
        look_at_photos: bool = False,
    ) -> tuple[Problem, ...]:
        """Every problem of a post, each with field, value, limit and advice; nothing when it can be sent.

        Asks TikTok for the creator info (not for drafts), and nothing else. An iterator is not read.

        Args:
            post: a `VideoPost`, `VideoDraft`, `PhotoPost` or `PhotoDraft`.
            access_token: instead of the account's own.
            chunk_size: bytes of each chunk, if it is to be chosen.
            audited: False when the app has not passed TikTok's audit.
            look_at_photos: also fetch the beginning of each photo, to see its format and its size.

        Source: https://developers.tiktok.com/doc/content-sharing-guidelines
        """
        from . import preflight

        return self._runner.run(
            preflight.check(
                self._session,
                post,
                access_token=access_token,
                chunk_size=chunk_size,
                audited=audited,
                look_at_photos=look_at_photos,
            )
        )

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
        from . import publish

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
        from . import publish

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
        from . import wait

        return self._runner.run(
            wait.wait(self._session, publish_id=publish_id, timeout=timeout, access_token=access_token)
        )

    def watch(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> Generator[Outcome, None, None]:
        """The same, with an item for every change on the way; the last item is what `wait` would give.

        Args:
            publish_id: which post.
            timeout: seconds; None goes on for ever.
            access_token: instead of the account's own.

        Raises:
            LoginRequired: the access token is dead and cannot be refreshed. The post goes on without it.
            InputRefused: the post belongs to another user or app.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
        """
        from . import wait

        return self._runner.iterate(
            wait.watch(self._session, publish_id=publish_id, timeout=timeout, access_token=access_token)
        )

    def wait_for_post_ids(
        self, publish_id: str, *, timeout: float | None = TIMEOUT, access_token: str | None = None
    ) -> Outcome:
        """Wait until the ids of the public posts are known: `Published`, with all that TikTok has by then.

        They come when moderation has ended, usually within a minute, sometimes hours later, and never for
        posts that are not public: then `Published` comes without ids, and only when the time is over. For
        those, ask `wait`.

        Args:
            publish_id: which post.
            timeout: seconds; None waits for ever.
            access_token: instead of the account's own.

        Raises:
            LoginRequired: the access token is dead and cannot be refreshed. The post goes on without it.
            InputRefused: the post belongs to another user or app.

        Source: https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
        """
        from . import wait

        return self._runner.run(
            wait.wait_for_post_ids(
                self._session, publish_id=publish_id, timeout=timeout, access_token=access_token
            )
        )

    def cancel(self, publish_id: str, *, access_token: str | None = None) -> None:
        """Ask TikTok to stop a post that it still downloads; `wait` tells whether it did.

        Args:
            publish_id: which post.
            access_token: instead of the account's own.

        Raises:
            InputRefused: the post is too far, or is an upload.

        Source: https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
        """
        from .status import cancel

        self._runner.run(cancel(self._session, publish_id=publish_id, access_token=access_token))

    def deliver(self, event: object) -> bool:
        """Hand in a verified webhook event: whoever waits for the post it is about goes on at once.

        Safe to call from any thread.

        Returns:
            Whether the event is about the outcome of a post.
        """
        return self._session.deliveries.deliver(event)
