"""The poll schedule: within the description's rate limit, whatever happens, and gentler as time goes on."""

from __future__ import annotations

from itertools import accumulate, islice

from hypothesis import given
from hypothesis import strategies as st

from tiktok_api_client.schedule import LONGEST, LONGEST_FOR_IDS, SHORTEST, poll_schedule
from tiktok_openapi.routes import BY_ID


def test_the_shortest_pause_comes_from_the_description() -> None:
    limit = BY_ID["fetchStatus"].rate_limit
    assert limit is not None
    assert SHORTEST * limit.requests >= limit.seconds
    assert (SHORTEST, LONGEST, LONGEST_FOR_IDS) == (2.0, 20.0, 60.0)


@given(st.integers(1, 500), st.floats(0, 2000), st.sampled_from([LONGEST, LONGEST_FOR_IDS]))
def test_no_minute_has_more_questions_than_allowed(count: int, begin: float, longest: float) -> None:
    asked = [0.0, *accumulate(islice(poll_schedule(longest=longest), count))]
    assert sum(begin <= at < begin + 60 for at in asked) <= 30


@given(st.floats(0.1, 10), st.floats(10, 100), st.floats(1.0, 3.0), st.integers(2, 60))
def test_pauses_grow_to_the_longest_and_stay_there(
    shortest: float, longest: float, growth: float, count: int
) -> None:
    pauses = list(islice(poll_schedule(shortest, longest, growth), count))
    assert pauses == sorted(pauses)
    assert pauses[0] == shortest
    assert max(pauses) <= longest


def test_a_minute_brings_about_a_dozen_questions_and_an_hour_less_than_two_hundred() -> None:
    asked = list(accumulate(islice(poll_schedule(), 400)))
    assert 5 <= sum(at <= 60 for at in asked) <= 15
    assert sum(at <= 3600 for at in asked) < 200
