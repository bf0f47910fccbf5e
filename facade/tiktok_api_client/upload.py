"""Sending a video's bytes: in order, each chunk until TikTok has it, with one piece in memory at a time.

TikTok stores whole chunks, in order, for one hour after the init. What an answer means:

- 201, 206: stored; on with the next chunk.
- 416: TikTok has another number of bytes than we thought (an answer got lost); go on where *it* is.
- 5xx, no answer, 429: the same chunk again, after a pause. When answers get lost repeatedly, the status says
  whether TikTok has it.
- 403, 404, 405 and other refusals: the upload is over. Since a finished one is forgotten too, the status is
  asked; only what is surely incomplete is called dead, and may be posted anew.

https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import attrs

from tiktok_openapi import (
    Call,
    CallFailed,
    CouldNotAsk,
    PublishState,
    Receipt,
    Refused,
    Sent,
    TimedOut,
    Unreadable,
)
from tiktok_openapi.operations.post import fetch_status
from tiktok_openapi.operations.upload import upload_chunk
from tiktok_openapi.routes import BY_ID

from ._flow import Flow, Signal, blocking, notify, perform, sleep
from ._log import LOGGER
from ._session import Session
from .errors import OverBudget
from .plan import Chunk, ChunkPlan
from .progress import Meter, Progress
from .ranges import content_range, stored_bytes
from .source import Slice, Source, SourceFailed

ATTEMPTS: Final = 8
"""How often one chunk is sent before the upload is given up (it can be resumed then)."""
LONGEST_PAUSE: Final = 30.0
"""Seconds."""
_RESYNCS: Final = 20  # how often in one upload TikTok may be somewhere else than we thought
_LONGEST_RETRY_AFTER: Final = 120.0
_LOST_ANSWERS: Final = 2  # after so many failures in a row, TikTok is asked where it is
_NOT_HERE: Final = 416
_FAULT: Final = 500
_UPLOAD: Final = BY_ID["uploadChunk"]
_HOME: Final = ".".join((urlsplit(BY_ID["fetchStatus"].server).hostname or "").split(".")[-2:])
"""The domain that TikTok's API and its upload hosts share."""


class UploadFailed(CallFailed):
    """A post was begun, and its bytes did not all arrive: it is not published. `publish_id` names it."""

    def __init__(
        self, reason: str, *, publish_id: str, stored_bytes: int, total_bytes: int, resumable: bool = True
    ) -> None:
        Exception.__init__(self, reason)  # `TimedOut`, where it comes next, takes other arguments
        self.reason: str = reason
        self.publish_id: str = publish_id
        """Which post; empty where there is none, because it was cancelled before it was begun."""
        self.sent: Sent = Sent.YES if publish_id else Sent.NO
        """`Sent.YES`: the post exists, and beginning it again can make a second one."""
        self.stored_bytes: int = stored_bytes
        """Bytes that TikTok has confirmed."""
        self.total_bytes: int = total_bytes
        self.resumable: bool = resumable
        """Whether `resume(publish_id)` can go on."""
        self.operation: str = _UPLOAD.name
        self.request: str = _UPLOAD.summary
        self.docs: str = _UPLOAD.docs

    def __str__(self) -> str:
        if not self.publish_id:
            return f"{self.reason}; nothing was sent"
        done = f"{self.stored_bytes:,} of {self.total_bytes:,} bytes are stored"
        hint = f"resume({self.publish_id!r}) goes on" if self.resumable else "only a new post can help"
        return f"the upload of {self.publish_id} stopped, {done}: {self.reason}\n  what helps: {hint}"


class UploadTimedOut(UploadFailed, TimedOut):
    """An upload that stopped because no answer came in time."""


class UploadEnded(UploadFailed):
    """TikTok takes no more bytes for this post: its hour is over, or nothing is known of its upload."""


class UploadCancelled(UploadFailed):
    """The caller cancelled the upload; it can be resumed. Cancelled before the init, there is no post."""


@attrs.frozen(eq=False)
class UploadJob:
    """All that is needed to send the bytes of a post, or the rest of them."""

    publish_id: str
    upload_url: str = attrs.field(repr=False)
    plan: ChunkPlan
    content_type: str


OnProgress = Callable[[Progress], object]
"""Called about ten times a second, and whenever TikTok has a chunk. May be async where the caller is."""


def check_upload_url(job: UploadJob, base_url: str | None) -> None:
    """See that the bytes go to TikTok, over TLS, or to the host of `base_url`.

    Raises:
        UploadEnded: they would go elsewhere. The address itself is a secret and is not shown.
    """
    parts = urlsplit(job.upload_url)
    host = (parts.hostname or "").lower()
    if base_url is not None:
        allowed = urlsplit(base_url)
        if (parts.scheme, host) == (allowed.scheme, (allowed.hostname or "").lower()):
            return
    if parts.scheme == "https" and (host == _HOME or host.endswith(f".{_HOME}")):
        return
    raise UploadEnded(
        f"its address begins with {parts.scheme}://{host}, which is not https on {_HOME} or below it",
        publish_id=job.publish_id,
        stored_bytes=0,
        total_bytes=job.plan.video_size,
        resumable=False,
    )


def upload(
    session: Session,
    job: UploadJob,
    source: Source,
    *,
    stored: int | None = 0,
    access_token: str | None = None,
    on_progress: OnProgress | None = None,
    cancel: Signal | None = None,
) -> Flow[Receipt | None]:
    """Send the bytes of a post, and give TikTok's last answer.

    Args:
        stored: where to begin; None when an earlier upload got nobody knows how far.

    Raises:
        UploadFailed: not all of them arrived.
        UploadEnded: not all of them arrived, and they never will.
    """
    return (yield from _Upload(session, job, source, stored, access_token, on_progress, cancel).run())


@attrs.frozen
class Standing:
    """How far TikTok says that an upload is; None is what it does not say."""

    position: int | None = None
    """Where to go on, in bytes."""
    complete: bool | None = None
    """Whether it has everything."""


def where_tiktok_is(
    session: Session, job: UploadJob, access_token: str | None = None, *, repeat: bool = True
) -> Flow[Standing]:
    """How far an upload is, from the status of the post.

    Args:
        repeat: whether to ask again where no answer comes.

    Raises:
        UploadEnded: TikTok has given the post up.
    """
    try:
        status = yield from session.ask(
            lambda token: fetch_status(access_token=token, publish_id=job.publish_id),
            access_token,
            repeat=repeat,
        )
    except (CouldNotAsk, Refused, Unreadable, OverBudget):
        return Standing()
    if status.status in {PublishState.PUBLISH_COMPLETE, PublishState.SEND_TO_USER_INBOX}:
        return Standing(job.plan.video_size, complete=True)
    if status.status == PublishState.FAILED:
        raise UploadEnded(
            f"TikTok gave the post up: {status.fail_reason or 'without a reason'}",
            publish_id=job.publish_id,
            stored_bytes=status.uploaded_bytes or 0,
            total_bytes=job.plan.video_size,
            resumable=False,
        )
    stored = status.uploaded_bytes
    if stored is None:
        return Standing()
    return Standing(
        stored if job.plan.at(stored) is not None else None, complete=stored >= job.plan.video_size
    )


class _Upload:
    """One upload under way: where it is, and what has gone wrong so far."""

    def __init__(
        self,
        session: Session,
        job: UploadJob,
        source: Source,
        stored: int | None,
        access_token: str | None,
        on_progress: OnProgress | None,
        cancel: Signal | None,
    ) -> None:
        self._session, self._job, self._source = session, job, source
        self._plan = job.plan
        self._stored = stored or 0
        self._may_be_complete = stored is None
        """Whether TikTok can have every byte without our knowing: then nobody may call the post dead."""
        self._access_token = access_token
        self._on_progress, self._cancel = on_progress, cancel
        self._meter = Meter(job.publish_id, job.plan.video_size, job.plan.total_chunk_count, self._stored)
        self._failures = 0
        self._resyncs = 0

    def run(self) -> Flow[Receipt | None]:
        check_upload_url(self._job, self._session.base_url)
        receipt: Receipt | None = None
        while self._stored < self._plan.video_size:
            self._check_cancelled()
            number = self._plan.at(self._stored)
            if number is None:  # a place between chunks is all that `stored_bytes` and `Standing` give
                raise self._failed(f"an upload cannot begin at byte {self._stored:,}")
            last = number == self._plan.total_chunk_count - 1
            self._meter.begin(number + 1, self._stored)
            try:
                receipt = yield from perform(self._call(self._plan.chunk(number)))
            except Refused as error:
                self._may_be_complete |= last and error.status >= _FAULT
                yield from self._refused(error)
            except (CouldNotAsk, Unreadable) as error:
                self._may_be_complete |= last and getattr(error, "sent", None) is not Sent.NO
                yield from self._pause(error)
                yield from self._follow()
            except (SourceFailed, OSError) as error:
                raise self._failed(str(error)) from error
            else:
                expected = self._stored + self._plan.chunk(number).size
                yield from self._go_on(
                    stored_bytes(receipt.headers.get("content-range"), self._plan), expected
                )
        return receipt

    def _call(self, chunk: Chunk) -> Call[Receipt]:
        watched = self._on_progress is not None or self._cancel is not None
        return upload_chunk(
            self._job.upload_url,
            Slice(self._source, chunk.first, chunk.size, self._moved if watched else None),
            content_type=self._job.content_type,
            content_length=chunk.size,
            content_range=content_range(chunk.first, chunk.size, self._plan.video_size),
        )

    def _moved(self, position: int) -> object:
        self._check_cancelled()
        seen = self._meter.move(position)
        return self._on_progress(seen) if seen is not None and self._on_progress is not None else None

    def _go_on(self, told: int | None, expected: int) -> Flow[None]:
        """TikTok has taken a chunk; where it says it is has the last word."""
        position = expected if told is None else told
        if position == expected:
            yield from self._arrived(position)
        else:
            yield from self._resync(position)

    def _refused(self, error: Refused) -> Flow[None]:
        if error.status == _NOT_HERE:
            position = stored_bytes(error.headers.get("content-range"), self._plan)
            if position is None:
                standing = yield from where_tiktok_is(self._session, self._job, self._access_token)
                position = standing.position
            if position is None:
                raise self._failed("TikTok is at another byte and does not say which") from error
            if position != self._stored:
                yield from self._resync(position)
                return
        elif not error.retryable:
            yield from self._over(error)
            return
        yield from self._pause(error)

    def _over(self, error: Refused) -> Flow[None]:
        """TikTok takes no more bytes. A finished upload is forgotten too, so see whether it was that."""
        standing = yield from where_tiktok_is(self._session, self._job, self._access_token)
        if standing.complete:
            yield from self._arrived(self._plan.video_size)
            return
        reason = f"TikTok takes no more bytes ({_words(error)})"
        if self._may_be_complete and standing.complete is None:
            raise self._failed(f"{reason}, and does not say whether it has them all") from error
        raise self._failed(reason, UploadEnded, resumable=False) from error

    def _arrived(self, position: int) -> Flow[None]:
        self._stored, self._failures = position, 0
        yield from blocking(self._source.arrived, position)
        yield from notify(self._on_progress, self._meter.store(position))

    def _resync(self, position: int) -> Flow[None]:
        """Go on where TikTok is, which is not where it was thought to be."""
        self._resyncs += 1
        if self._resyncs > _RESYNCS:
            raise self._failed("TikTok and this program do not agree where the upload is")
        yield from self._arrived(position)

    def _follow(self) -> Flow[None]:
        """Ask where TikTok is once answers get lost again and again: a server that has the chunk refuses it
        before it has read it, and its 416 goes down with the connection.
        """
        if self._failures < _LOST_ANSWERS:
            return
        standing = yield from where_tiktok_is(self._session, self._job, self._access_token, repeat=False)
        if standing.position is not None and standing.position > self._stored:
            yield from self._resync(standing.position)

    def _pause(self, error: CouldNotAsk | Refused | Unreadable) -> Flow[None]:
        """Wait before the same chunk is sent again; or give up."""
        self._failures += 1
        reason = _words(error)
        if self._failures >= ATTEMPTS:
            kind = UploadTimedOut if isinstance(error, TimedOut) else UploadFailed
            raise self._failed(f"{reason} ({ATTEMPTS} times)", kind) from error
        longest = min(LONGEST_PAUSE, 2.0 ** (self._failures - 2))
        seconds = longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, hides nothing
        if isinstance(error, Refused) and error.retry_after is not None:
            seconds = max(seconds, min(error.retry_after, _LONGEST_RETRY_AFTER))
        LOGGER.info("%s: %s; the same chunk again in %.1f s", self._job.publish_id, reason, seconds)
        yield from sleep(seconds, self._cancel)

    def _check_cancelled(self) -> None:
        if self._cancel is not None and self._cancel.is_set:
            raise self._failed("it was cancelled", UploadCancelled)

    def _failed(
        self, reason: str, kind: type[UploadFailed] = UploadFailed, *, resumable: bool = True
    ) -> UploadFailed:
        return kind(
            reason,
            publish_id=self._job.publish_id,
            stored_bytes=self._stored,
            total_bytes=self._plan.video_size,
            resumable=resumable,
        )


def _words(error: CouldNotAsk | Refused | Unreadable) -> str:
    if isinstance(error, CouldNotAsk):
        return error.reason
    return f"HTTP {error.status}: {error.message}" if isinstance(error, Refused) else f"HTTP {error.status}"
