"""What can have become of a post: five different answers, and none of them is a guess."""

from __future__ import annotations

from typing import Union

import attrs

from tiktok_openapi import Error, FailReason, PublishState

from .results import Status


@attrs.frozen(kw_only=True, eq=False)
class _Outcome:
    publish_id: str
    last: Status | None = None
    """TikTok's last answer; None when there was none, or a webhook told."""


@attrs.frozen(kw_only=True, eq=False)
class Published(_Outcome):
    """The post is out. For a draft: the creator has posted it."""

    post_ids: tuple[str, ...] = ()
    """The ids of the public posts, exact, all that are known. Empty until moderation has ended, and for posts
    that are not public: see `wait_for_post_ids`.
    """

    @property
    def status(self) -> PublishState:
        """`PUBLISH_COMPLETE`."""
        return PublishState.PUBLISH_COMPLETE


@attrs.frozen(kw_only=True, eq=False)
class InInbox(_Outcome):
    """The draft is in the inbox of the creator's TikTok app. What happens next is up to the creator."""

    @property
    def status(self) -> PublishState:
        """`SEND_TO_USER_INBOX`."""
        return PublishState.SEND_TO_USER_INBOX


@attrs.frozen(kw_only=True, eq=False)
class Failed(_Outcome):
    """The post will not be published."""

    fail_reason: FailReason | str | None = None
    """Why, in TikTok's word; None when it gave none."""

    @property
    def status(self) -> PublishState:
        """`FAILED`."""
        return PublishState.FAILED

    @property
    def retryable(self) -> bool:
        """Whether the same post, begun anew later, can succeed."""
        return isinstance(self.fail_reason, FailReason) and self.fail_reason.retryable

    @property
    def advice(self) -> str:
        """What helps; empty when nothing is known."""
        return self.fail_reason.advice if isinstance(self.fail_reason, FailReason) else ""


@attrs.frozen(kw_only=True, eq=False)
class Processing(_Outcome):
    """TikTok is still at it. The post may yet be published, so it must not be made again: wait once more."""

    waited: float = 0.0
    """Seconds waited so far."""

    @property
    def status(self) -> PublishState | str:
        """`PROCESSING_UPLOAD`, `PROCESSING_DOWNLOAD`, or a state that is newer than this program."""
        return self.last.status if self.last is not None else PublishState.PROCESSING_UPLOAD

    @property
    def moved_bytes(self) -> int | None:
        """Bytes that TikTok has received or downloaded; None when it does not say."""
        if self.last is None:
            return None
        return (
            self.last.uploaded_bytes if self.last.uploaded_bytes is not None else self.last.downloaded_bytes
        )


@attrs.frozen(kw_only=True, eq=False)
class Unknown(_Outcome):
    """TikTok gave no usable answer about this post: it may be published or not."""

    problem: Error
    """Why there was no answer, the last time it was asked for."""
    waited: float = 0.0
    """Seconds waited so far."""

    @property
    def status(self) -> None:
        """Nothing is known."""
        return None


Outcome = Union[Published, InInbox, Failed, Processing, Unknown]
"""Made for ``match``: every value is one of the five."""


def post_ids(status: Status) -> tuple[str, ...]:
    """The ids of the public posts; as text, since other languages round numbers of this length."""
    return tuple(str(number) for number in status.publicaly_available_post_id or ())


def final_outcome(publish_id: str, status: Status) -> Published | InInbox | Failed | None:
    """What a status means; None while it is not decided. For a draft, the inbox is the end of our part."""
    if status.status == PublishState.PUBLISH_COMPLETE:
        return Published(publish_id=publish_id, last=status, post_ids=post_ids(status))
    if status.status == PublishState.SEND_TO_USER_INBOX:
        return InInbox(publish_id=publish_id, last=status)
    if status.status == PublishState.FAILED:
        return Failed(publish_id=publish_id, last=status, fail_reason=status.fail_reason or None)
    return None
