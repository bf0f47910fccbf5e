"""Waiting for what becomes of a post, and telling the truth about it.

https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from tiktok_openapi import CouldNotAsk, Error, Refused, ServerFault, TryLater, Unreadable
from tiktok_openapi.operations.post import fetch_status

from ._aftermath import about_post, is_unknown
from ._flow import Flow, Stream, emit, monotonic, sleep
from ._session import Session
from .errors import OverBudget
from .outcome import Failed, Outcome, Processing, Published, Unknown, final_outcome
from .results import Status, with_body
from .schedule import LONGEST_FOR_IDS, TIMEOUT, poll_schedule

GRACE: Final = 60.0
"""Seconds for which TikTok may not know a publish id that it has just given."""


def wait(
    session: Session,
    *,
    publish_id: str,
    timeout: float | None = TIMEOUT,
    access_token: str | None = None,
) -> Flow[Outcome]:
    """Wait until it is decided what becomes of a post, or until the time is over.

    Args:
        timeout: seconds; None waits for ever.

    Raises:
        LoginRequired: the access token is dead and cannot be refreshed. The post goes on without it.
        InputRefused: the post belongs to another user or app.
    """
    waiting = _Wait(session, publish_id, timeout, access_token, poll_schedule(), _any)
    return (yield from about_post(publish_id, waiting.outcome()))


def watch(
    session: Session,
    *,
    publish_id: str,
    timeout: float | None = TIMEOUT,
    access_token: str | None = None,
) -> Stream[Outcome]:
    """The same, with an item for every change on the way; the last item is what `wait` would give."""
    waiting = _Wait(session, publish_id, timeout, access_token, poll_schedule(), _any)
    yield from about_post(publish_id, waiting.changes())


def wait_for_post_ids(
    session: Session,
    *,
    publish_id: str,
    timeout: float | None = TIMEOUT,
    access_token: str | None = None,
) -> Flow[Outcome]:
    """Wait until the public posts' ids are known: `Published`, with all ids that TikTok has by then.

    They come when moderation has ended, usually within a minute, sometimes hours later, and never for posts
    that are not public: then `Published` comes without ids when the time is over.
    """
    schedule = poll_schedule(longest=LONGEST_FOR_IDS)
    waiting = _Wait(session, publish_id, timeout, access_token, schedule, _failed_or_with_ids)
    return (yield from about_post(publish_id, waiting.outcome()))


def _any(_outcome: Outcome) -> bool:
    return True


def _failed_or_with_ids(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) or (isinstance(outcome, Published) and bool(outcome.post_ids))


class _Wait:
    """One wait under way."""

    def __init__(
        self,
        session: Session,
        publish_id: str,
        timeout: float | None,
        access_token: str | None,
        schedule: Iterator[float],
        enough: Callable[[Outcome], bool],
    ) -> None:
        self._session = session
        self._publish_id = publish_id
        self._timeout = float("inf") if timeout is None else timeout
        self._access_token = access_token
        self._schedule = schedule
        self._enough = enough
        self._told = session.deliveries.about(publish_id)
        self._next_event = self._told.signal
        self._began: float | None = None
        self._last: Status | None = None
        self._problem: Error | None = None

    def outcome(self) -> Flow[Outcome]:
        """What became of the post, or what is known when the time is over."""
        while True:
            outcome, decided = yield from self.look()
            if decided or not (yield from self.has_time()):
                return outcome
            yield from self.pause()

    def changes(self) -> Stream[Outcome]:
        """The same, with an item for every change on the way."""
        shown: object = None
        while True:
            outcome, decided = yield from self.look()
            over = decided or not (yield from self.has_time())
            seen = (type(outcome), outcome.status, getattr(outcome, "moved_bytes", None))
            if seen != shown and (over or not isinstance(outcome, Unknown)):  # an answer may yet come
                yield from emit(outcome)
                shown = seen
            if over:
                return
            yield from self.pause()

    def look(self) -> Flow[tuple[Outcome, bool]]:
        """What is known now, and whether that is enough."""
        self._next_event = self._told.signal  # before looking at what it announces
        outcome: Outcome | None = self._told.outcome()
        if outcome is not None and self._enough(outcome):
            return outcome, True
        try:
            yield from self._ask()
        except _NeverHeardOf as unknown:
            waited = yield from self._waited()
            return Unknown(publish_id=self._publish_id, problem=unknown.problem, waited=waited), True
        outcome = self._decided() or outcome
        if outcome is not None:
            return outcome, self._enough(outcome)
        return self._undecided((yield from self._waited())), False

    def has_time(self) -> Flow[bool]:
        """Whether there is time for another question."""
        return self._timeout - (yield from self._waited()) > 0

    def pause(self) -> Flow[None]:
        """Wait for the time of the next question, for an event, or for the end of the time."""
        left = self._timeout - (yield from self._waited())
        yield from sleep(min(next(self._schedule), max(left, 0.0)), self._next_event)

    def _waited(self) -> Flow[float]:
        at = yield from monotonic()
        if self._began is None:
            self._began = at
        return at - self._began

    def _ask(self) -> Flow[None]:
        waited = yield from self._waited()
        try:
            answer = yield from self._session.ask_fully(
                lambda token: fetch_status(access_token=token, publish_id=self._publish_id),
                self._access_token,
            )
        except (CouldNotAsk, ServerFault, Unreadable, OverBudget) as problem:
            self._problem = problem
        except Refused as problem:
            if isinstance(problem, TryLater) and problem.retryable:
                self._problem = problem
            elif not is_unknown(problem):
                raise
            elif self._last is None and waited > GRACE:
                raise _NeverHeardOf(problem) from None
            else:
                self._problem = problem
        else:
            self._last, self._problem = with_body(Status, answer), None

    def _decided(self) -> Outcome | None:
        if self._last is None:
            return None
        outcome = final_outcome(self._publish_id, self._last)
        if isinstance(outcome, Published):
            ids = dict.fromkeys((*outcome.post_ids, *self._told.post_ids))
            return attrs.evolve(outcome, post_ids=tuple(ids))
        return outcome

    def _undecided(self, waited: float) -> Outcome:
        if self._last is None and self._problem is not None:
            return Unknown(publish_id=self._publish_id, problem=self._problem, waited=waited)
        return Processing(publish_id=self._publish_id, last=self._last, waited=waited)


class _NeverHeardOf(Exception):
    """TikTok does not know the post, and it is not just too early."""

    def __init__(self, problem: Refused) -> None:
        super().__init__()
        self.problem = problem
