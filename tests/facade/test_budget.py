"""TikTok's rate limits, kept from this side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_api_client._budget import REMEMBERED, Budget
from tiktok_api_client._retry import FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WAIT, may_repeat, pause
from tiktok_openapi import CouldNotAsk, Impossible, Refused, Sent, ServerFault, TryLater, Unreadable
from tiktok_openapi.routes import BY_ID

INIT, STATUS, TOKEN = BY_ID["initVideoPost"], BY_ID["fetchStatus"], BY_ID["getToken"]
assert INIT.rate_limit is not None
REQUESTS, SECONDS = INIT.rate_limit.requests, INIT.rate_limit.seconds

gaps = st.lists(st.sampled_from([0.0, 0.1, 1.0, 5.0, 9.9, 10.0, 59.0, 60.0, 61.0]), max_size=60)


@given(gaps)
def test_no_window_holds_more_than_tiktok_allows_and_nobody_waits_in_vain(pauses: list[float]) -> None:
    budget, now, sent = Budget(), 1000.0, list[float]()
    for gap in pauses:
        now += gap
        at = now + budget.reserve(INIT, "user-1", now, wait=True)
        if at > now and len(sent) >= REQUESTS:
            assert at - SECONDS == pytest.approx(sent[-REQUESTS])
        sent.append(at)
    for first in sent:
        # 0.000001 s of slack: sums of floats
        assert sum(first <= at < first + SECONDS - 1e-6 for at in sent) <= REQUESTS


@given(gaps)
def test_who_does_not_wait_takes_no_place(pauses: list[float]) -> None:
    budget, now, sent = Budget(), 1000.0, list[float]()
    for gap in pauses:
        now += gap
        seconds = budget.reserve(INIT, "user-1", now, wait=False)
        recent = [at for at in sent if at > now - SECONDS]
        assert (seconds == 0) == (len(recent) < REQUESTS)
        if seconds == 0:
            sent.append(now)
        else:
            assert now + seconds == pytest.approx(recent[0] + SECONDS)


def test_accounts_and_buckets_are_apart_and_some_operations_have_no_limit() -> None:
    budget = Budget()
    for _ in range(REQUESTS):
        assert budget.reserve(INIT, "user-1", 0.0, wait=False) == 0
    assert budget.reserve(INIT, "user-1", 0.0, wait=False) > 0
    assert budget.reserve(INIT, "user-2", 0.0, wait=False) == 0
    assert budget.reserve(STATUS, "user-1", 0.0, wait=False) == 0
    for _ in range(1000):
        assert budget.reserve(TOKEN, "user-1", 0.0, wait=False) == 0
    budget.full(TOKEN, "user-1", 0.0)
    assert budget.reserve(TOKEN, "user-1", 0.0, wait=False) == 0


def test_ten_thousand_accounts_leave_nothing_behind() -> None:
    budget = Budget()
    for number in range(10_000):
        budget.reserve(INIT, f"user-{number}", number / 10, wait=True)
        budget.remember(refusal(), INIT, f"user-{number}", number / 10)
    budget.reserve(INIT, "last", 1e9, wait=True)
    held = vars(budget)
    assert len(held["_windows"]) < 5000
    assert budget.cap(INIT, "user-0", 1e9) is None


def test_who_is_still_counted_is_not_forgotten_when_the_idle_are() -> None:
    budget = Budget()
    for number in range(REQUESTS):
        assert budget.reserve(INIT, "user-1", SECONDS * number / REQUESTS, wait=False) == 0
    for number in range(3000):
        budget.reserve(INIT, f"other-{number}", SECONDS, wait=False)
    assert budget.reserve(INIT, "user-1", SECONDS, wait=False) == 0, "the first one is over"
    assert budget.reserve(INIT, "user-1", SECONDS, wait=False) > 0, "the others are not"


def refusal(retry_after: float | None = None, *, status: int = 403, retryable: bool = True) -> TryLater:
    return TryLater(
        code="spam_risk_too_many_posts",
        message="m",
        log_id="L",
        status=status,
        operation="init_video_post",
        request="POST /",
        category="wait",
        retryable=retryable,
        advice="a",
        headers={},
        retry_after=retry_after,
    )


def test_a_reported_cap_is_told_again_with_the_time_that_is_left() -> None:
    budget = Budget()
    budget.remember(refusal(), INIT, "user-1", 100.0)
    told = budget.cap(INIT, "user-1", 160.0)
    assert isinstance(told, TryLater)
    assert told.retry_after == REMEMBERED - 60
    assert (told.code, told.log_id, told.advice) == ("spam_risk_too_many_posts", "L", "a")
    assert budget.cap(STATUS, "user-1", 160.0) is None
    assert budget.cap(INIT, "user-2", 160.0) is None
    assert budget.cap(INIT, "user-1", 100.0 + REMEMBERED) is None


# Retries


def lost(sent: Sent) -> CouldNotAsk:
    return CouldNotAsk("x", operation="o", request="r", sent=sent)


def fault(*, retryable: bool = True) -> ServerFault:
    return ServerFault(
        code="internal_error",
        message="",
        log_id="",
        status=500,
        operation="o",
        request="r",
        category="server_fault",
        retryable=retryable,
        advice="",
        headers={},
    )


def unreadable(status: int) -> Unreadable:
    return Unreadable(place="$", expected="JSON", got="nothing", status=status, operation="o", request="r")


@pytest.mark.parametrize(
    ("problem", "init", "status"),
    [
        (lost(Sent.NO), True, True),
        (lost(Sent.UNKNOWN), False, True),
        (fault(), False, True),
        (fault(retryable=False), False, False),
        (refusal(status=429), True, True),
        (refusal(status=429, retryable=False), False, False),
        (refusal(), False, False),
        (unreadable(200), False, False),
        (unreadable(500), False, True),
        (unreadable(502), False, True),
        (Impossible("title", "x", "y"), False, False),
    ],
)
def test_an_init_is_repeated_only_where_nothing_can_have_happened(
    problem: Refused, init: bool, status: bool
) -> None:
    assert may_repeat(INIT, problem) is init
    assert may_repeat(STATUS, problem) is status


@given(st.integers(1, 60), st.floats(0, 1))
def test_pauses_grow_are_capped_and_differ(attempt: int, chance: float) -> None:
    seconds = pause(attempt, fault(), lambda: chance)
    assert seconds is not None
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 1))
    assert longest / 2 <= seconds <= longest


@given(st.floats(0, 1e6))
def test_a_delay_that_tiktok_asks_for_is_kept_to_the_second_or_left_to_the_caller(delay: float) -> None:
    assert pause(1, refusal(delay)) == (delay if delay <= LONGEST_WAIT else None)
