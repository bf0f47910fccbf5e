"""One try at one post: what is sent, what is written down, and what is known of the outcome."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import NoneType
from typing import Any, Final, Union, cast

import attrs

from tiktok_openapi import (
    Answer,
    Call,
    CouldNotAsk,
    Error,
    Impossible,
    PhotoInit,
    PullInit,
    Receipt,
    Sent,
    ServerFault,
    Unreadable,
    UploadInit,
)

from ._aftermath import check_publish_id, mark
from ._flow import Flow, Signal, answer, blocking, notify, now, shielded
from ._session import Session
from .errors import StoreFailed
from .journal import Entry, Journal, Stage, entry_id, written
from .plan import ChunkPlan
from .posts import Post
from .preflight import Preflight, Problem, before_sending, check_mode, check_words, gathered
from .prepare import FILE_KEYS, PHOTO_KEYS, PULL_KEYS, Request, check_shape, prepare
from .results import Submitted
from .source import Source, StreamSource, VideoInput, is_url, open_source
from .upload import OnProgress, UploadCancelled, UploadEnded, UploadFailed, UploadJob, upload, where_tiktok_is

Init = Union[UploadInit, PullInit, PhotoInit]


OnPublishId = Callable[[str], object]
"""Told the publish id before the first byte moves. May be async where the caller is."""


@attrs.frozen(kw_only=True, eq=False)
class Options:
    """How a post is sent; what it is stands in `posts`."""

    access_token: str | None = attrs.field(default=None, repr=False)
    """Use this one, and never refresh it."""
    chunk_size: int | None = None
    """Bytes per chunk, 5 to 64 MiB."""
    key: str | None = None
    """The caller's own name for this post. A second call with it does not post again: it gives the result of
    the first one, or goes on with its upload, in whatever process.
    """
    on_publish_id: OnPublishId | None = None
    """Told the publish id before the first byte moves."""
    on_progress: OnProgress | None = None
    """Told how far the upload is."""
    cancel: Signal | None = None
    """Set it, from any thread, to stop. Before the init, nothing is sent; an upload can be resumed."""
    preflight: Preflight = "strict"
    """What happens when preflight finds problems: nothing is sent (`strict`), they are warned of (`warn`),
    or nobody looks (`off`), and TikTok decides.
    """
    audited: bool | None = None
    """False when the app has not passed TikTok's audit, so that preflight knows its rules."""
    look_at_photos: bool = False
    """Whether preflight fetches the beginning of each photo, to see its format and its size."""


HOW: Final = frozenset(field.name for field in attrs.fields(Options))
"""The words that say how a post is sent."""


def check_how(options: Options) -> None:
    """See that the words which are used after the init can be used.

    Raises:
        Impossible: a callback cannot be called, a signal is none, or a key names nothing.
    """
    given = {"on_publish_id": options.on_publish_id, "on_progress": options.on_progress}
    for field, callback in given.items():
        if callback is not None and not callable(callback):
            raise Impossible(field, f"a value of type {type(callback).__name__}", "must be a function")
    if not isinstance(cast("object", options.cancel), (Signal, NoneType)):
        got = f"a value of type {type(options.cancel).__name__}"
        raise Impossible("cancel", got, "must be a Signal of tiktok_api_client")
    key = cast("object", options.key)
    if key is not None and not (isinstance(key, str) and key):
        limit = "must be a text that is not empty"
        raise Impossible("key", repr(key), limit, "leave it out for a post that has no name")


class OutcomeUnknown(Error):
    """An earlier call with this key sent its init and did not learn the outcome: TikTok may have the post.

    Look into the TikTok app. If the post is not there, `forget(key)` and post again.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key: str = key
        self.sent: Sent = Sent.UNKNOWN
        self.publish_id: str | None = None

    def __str__(self) -> str:
        return (
            f"an earlier call with key {self.key!r} may have posted, or is posting now: nobody knows"
            "\n  what helps: look into the TikTok app; if the post is not there, forget(key) and post again"
        )


class Attempt:
    """One try at one post: what is known of it so far."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session = session
        self._options = options
        self._journal: Journal | None = session.journal
        given: object = options.key
        key = given if isinstance(given, str) else None  # `check_how` refuses what is none
        self._entry = Entry(id=entry_id(key), key=key, stage=Stage.BEGINNING)
        self._claimed = False
        self._sent = Sent.NO

    def publish(self, post: Post, field: str = "video") -> Flow[Submitted]:
        """The whole way, from looking at the post to TikTok having it. Messages call the video `field`."""
        options = self._options
        check_mode(options.preflight)
        check_how(options)
        check_shape(post)
        found = yield from self._earlier(post)
        if found is not None and found.stage is Stage.HANDED_OVER:
            return self._result(resumed=True)
        if found is None:
            self._check_cancelled()
        words: list[Problem] = []
        if options.preflight != "off":
            words += check_words(post, audited=options.audited, look_at_photos=options.look_at_photos)
        request = yield from gathered(words, prepare(post, field=field, chunk_size=options.chunk_size))
        try:
            if found is None:
                if options.preflight != "off":
                    yield from before_sending(
                        self._session,
                        post,
                        request,
                        words,
                        mode=options.preflight,
                        access_token=options.access_token,
                        audited=options.audited,
                        look_at_photos=options.look_at_photos,
                    )
                try:
                    return (yield from self._begin_and_send(post, request))
                except _Taken as taken:  # another caller was quicker
                    self._adopt(taken.entry, post)
            return (yield from self._go_on(request.source))
        finally:
            if request.source is not None:
                request.source.close()

    def resume(self, publish_id: str, video: VideoInput | None, size: int | None) -> Flow[Submitted]:
        """The rest of the way, from the journal."""
        check_publish_id(publish_id)
        self._sent = Sent.YES  # who gives ids is TikTok
        self._entry = attrs.evolve(self._entry, publish_id=publish_id)
        check_how(self._options)
        found = None if self._journal is None else (yield from written(self._journal.find, publish_id))
        if found is None:
            advice = "nobody else knows where its bytes go"
            raise Impossible("publish_id", repr(publish_id), "must be that of a post in the journal", advice)
        self._adopt(found, None)
        if found.stage is Stage.HANDED_OVER:
            return self._result(resumed=True)
        given = found.path if video is None else video
        if given is None:
            raise Impossible("video", "nothing", "must be given again: it was not a path")
        source = yield from open_source(given, size=size, content_type=found.content_type)
        try:
            return (yield from self._go_on(source))
        finally:
            source.close()

    @contextmanager
    def telling(self) -> Generator[None, None, None]:
        """Whatever is raised in this block tells what is known of this post."""
        try:
            yield
        except UploadFailed:
            raise  # tells all of it
        except BaseException as error:
            mark(error, self._sent, self._entry.publish_id)
            raise

    # Beginning

    def _begin_and_send(self, post: Post, request: Request) -> Flow[Submitted]:
        yield from self._describe(post, request)
        begun = yield from self._session.ask_fully(
            request.make, self._options.access_token, sending=lambda call: shielded(self._init(call))
        )
        yield from notify(self._options.on_publish_id, begun.value.publish_id)
        receipt = None
        if request.source is not None:
            receipt = yield from self._upload(request.source, resumed=False)
        return Submitted(begun.value.publish_id, request.keys, cast("dict[str, Any]", begun.body), receipt)

    def _describe(self, post: Post, request: Request) -> Flow[None]:
        """Fill in what the journal is to know."""
        source, plan = request.source, request.plan
        fingerprint = ""
        if source is not None and self._journal is not None:
            fingerprint = yield from blocking(source.fingerprint)
        self._entry = attrs.evolve(
            self._entry,
            kind=type(post).__name__,
            digest=_digest(post),
            began_at=(yield from now()),
            path=None if source is None else source.path,
            fingerprint=fingerprint,
            content_type=None if source is None else source.content_type,
            video_size=None if plan is None else plan.video_size,
            chunk_size=None if plan is None else plan.chunk_size,
        )

    def _init(self, call: Call[Any]) -> Flow[Answer[Any]]:
        """The init itself. Runs to its end even when the caller is cancelled: its answer must not be lost."""
        self._check_cancelled()
        yield from self._claim()
        self._sent = Sent.UNKNOWN
        try:
            begun = yield from answer(call)
        except Error as error:
            self._sent = _sent(error)
            if self._sent is Sent.NO:
                yield from self._drop()
            raise
        init: Init = begun.value
        self._sent = Sent.YES
        self._entry = attrs.evolve(
            self._entry,
            stage=Stage.BEGUN if isinstance(init, UploadInit) else Stage.HANDED_OVER,
            publish_id=init.publish_id,
            upload_url=init.upload_url if isinstance(init, UploadInit) else None,
        )
        yield from self._write()
        return begun

    def _check_cancelled(self) -> None:
        """Before the init: afterwards there is a post, and the upload looks for itself."""
        if self._options.cancel is not None and self._options.cancel.is_set:
            reason = "the post was cancelled before it was begun"
            raise UploadCancelled(reason, publish_id="", stored_bytes=0, total_bytes=0, resumable=False)

    # Sending

    def _go_on(self, source: Source | None) -> Flow[Submitted]:
        """What an earlier call has left to do."""
        entry = self._entry
        if entry.stage is Stage.BEGINNING:
            raise OutcomeUnknown(entry.key or "")
        if entry.stage is Stage.HANDED_OVER or source is None:
            return self._result(resumed=True)
        same = source.size == entry.video_size
        if same and entry.fingerprint and not isinstance(source, StreamSource):
            same = (yield from blocking(source.fingerprint)) == entry.fingerprint
        if not same:
            limit = f"must be the video that {entry.publish_id} was begun with ({entry.video_size:,} bytes)"
            raise Impossible("video", f"{source.name} with {source.size:,} bytes", limit)
        receipt = yield from self._upload(source, resumed=True)
        return attrs.evolve(self._result(resumed=True), receipt=receipt)

    def _upload(self, source: Source, *, resumed: bool) -> Flow[Receipt | None]:
        job = self._job()
        stored: int | None = 0
        try:
            if resumed:
                stored = (yield from where_tiktok_is(self._session, job, self._options.access_token)).position
            receipt = yield from upload(
                self._session,
                job,
                source,
                stored=stored,
                access_token=self._options.access_token,
                on_progress=self._options.on_progress,
                cancel=self._options.cancel,
            )
        except UploadEnded:
            yield from self._drop()  # nothing can come of it, so its key may be used for a new post
            raise
        self._entry = attrs.evolve(self._entry, stage=Stage.HANDED_OVER, upload_url=None)
        yield from self._write()
        return receipt

    def _job(self) -> UploadJob:
        entry = self._entry
        if not (entry.publish_id and entry.upload_url and entry.content_type):
            raise StoreFailed(f"the journal's entry of {entry.publish_id} does not say where its bytes go")
        plan = ChunkPlan.for_size(entry.video_size or 0, entry.chunk_size)
        return UploadJob(entry.publish_id, entry.upload_url, plan, entry.content_type)

    def _result(self, *, resumed: bool) -> Submitted:
        """What an earlier call had as its result."""
        entry = self._entry
        data: dict[str, Any] = {"publish_id": entry.publish_id}
        if entry.upload_url is not None:
            data["upload_url"] = entry.upload_url
        body = {"data": data, "error": {"code": "ok", "message": ""}}
        return Submitted(str(entry.publish_id), _keys(entry), body, resumed=resumed)

    # The journal

    def _earlier(self, post: Post) -> Flow[Entry | None]:
        """The entry of this key, if an earlier call has made one."""
        key = self._options.key
        if key is None:
            return None
        if self._journal is None:
            raise Impossible("key", repr(key), "needs a journal")
        self._sent = Sent.UNKNOWN  # what cannot be read may tell of a post
        found = yield from written(self._journal.look, self._entry.id)
        self._sent = Sent.NO
        if found is not None:
            self._adopt(found, post)
        return found

    def _adopt(self, entry: Entry, post: Post | None) -> None:
        """Go on with the entry of an earlier call."""
        self._entry, self._claimed = entry, True
        self._sent = Sent.UNKNOWN if entry.stage is Stage.BEGINNING else Sent.YES
        if post is not None and entry.digest != _digest(post):
            limit = "must name one post only, and has named another one"
            raise Impossible("key", repr(entry.key), limit, "use a new key for a new post")

    def _claim(self) -> Flow[None]:
        """Write down that the init is about to be sent."""
        if self._journal is None or self._claimed:
            return
        found = yield from written(self._journal.claim, self._entry)
        if found is not None:
            raise _Taken(found)
        self._claimed = True

    def _write(self) -> Flow[None]:
        if self._journal is not None:
            yield from written(self._journal.write, self._entry)

    def _drop(self) -> Flow[None]:
        """Forget: nothing was sent, or nothing can come of it."""
        if self._journal is not None and self._claimed:
            self._claimed = False
            yield from written(self._journal.drop, self._entry)


class _Taken(Exception):
    """The journal has an entry of this key already."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry


def _sent(error: Error) -> Sent:
    """Whether there can be a post, after the init ended in this."""
    if isinstance(error, CouldNotAsk):
        return error.sent
    if isinstance(error, (Unreadable, ServerFault)):
        return Sent.UNKNOWN  # a gateway's 504 says nothing about what happened behind it
    return Sent.NO


def _digest(post: Post) -> str:
    """Tells whether two posts are meant to be the same; of a file only how it is to appear."""
    said = {field.name: getattr(post, field.name) for field in attrs.fields(type(post))}
    if not is_url(said.get("video")):
        for name in ("video", "size", "content_type"):
            said.pop(name, None)
    text = json.dumps([type(post).__name__, said], default=str, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _keys(entry: Entry) -> tuple[str, ...]:
    if entry.kind.startswith("Photo"):
        return PHOTO_KEYS
    return PULL_KEYS if entry.video_size is None else FILE_KEYS
