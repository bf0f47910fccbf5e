"""What a call that failed has left behind: whether there is a post, and which. Exceptions carry it."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import TypeVar

import attrs

from tiktok_openapi import ErrorCode, Impossible, Refused, Sent

Y = TypeVar("Y")
T = TypeVar("T")


@attrs.frozen
class Aftermath:
    """What a call that failed has left behind."""

    sent: Sent
    """Whether there is a post: `NO`, `YES`, or `UNKNOWN`."""
    publish_id: str | None = None
    """Which post, where that is known."""


def aftermath(error: BaseException) -> Aftermath:
    """What a call that failed has left behind, from its exception, whatever kind it is.

    `KeyboardInterrupt`, a task's `CancelledError`, and the `TimeoutError` that asyncio makes of one tell it,
    too. Of an exception group, ask for each exception in it.
    """
    found: BaseException | None = error
    seen: list[BaseException] = []
    while found is not None and found not in seen:  # `raise error from error` makes a ring
        seen.append(found)
        sent, publish_id = getattr(found, "sent", None), getattr(found, "publish_id", None)
        if isinstance(sent, Sent):
            return Aftermath(sent, publish_id if isinstance(publish_id, str) and publish_id else None)
        found = _cancellation_behind(found)
    return Aftermath(Sent.UNKNOWN)


def _cancellation_behind(error: BaseException) -> BaseException | None:
    """The cancellation that asyncio has made this exception of.

    No other exception is looked behind: what was raised while an earlier failure was handled may be about
    another post.
    """
    behind = error.__cause__ or error.__context__
    if behind is None:
        return None
    from asyncio import CancelledError  # a sync caller pays for asyncio only here

    return behind if isinstance(behind, CancelledError) else None


def mark(error: BaseException, sent: Sent, publish_id: str | None) -> None:
    """Let an exception tell what it left behind."""
    with contextlib.suppress(AttributeError):  # the user's own exception may have no room
        for name, value in (("sent", sent), ("publish_id", publish_id)):
            setattr(error, name, value)


def about_post(publish_id: str, flow: Generator[Y, object, T]) -> Generator[Y, object, T]:
    """Run a flow or stream that asks about a post; its exceptions tell which, and that it is there."""
    try:
        check_publish_id(publish_id)
        return (yield from flow)
    except BaseException as error:
        there = Sent.YES if publish_id else Sent.NO
        mark(error, Sent.UNKNOWN if is_unknown(error) else there, publish_id or None)
        raise


def check_publish_id(publish_id: str) -> None:
    """See that there is one.

    Raises:
        Impossible: it is empty.
    """
    if not publish_id:
        raise Impossible("publish_id", repr(publish_id), "must be the id that a post was given")


def is_unknown(error: BaseException) -> bool:
    """Whether TikTok says that it does not know a publish id.

    It does so in two ways: by the code, or by `invalid_params` with the code as its message.
    """
    return isinstance(error, Refused) and ErrorCode.INVALID_PUBLISH_ID in (error.code, error.message.strip())
