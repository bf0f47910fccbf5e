"""Progress: rate over a window, time left, and not too many reports."""

from __future__ import annotations

import pytest

from tiktok_api_client.progress import Meter


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_bytes_rate_and_time_left() -> None:
    clock = Clock()
    meter = Meter("v_pub_file~v2-1.1", 1000, 2, clock=clock)
    meter.begin(1, 0)
    clock.time += 1
    seen = meter.move(100)
    assert seen is not None
    assert (seen.sent_bytes, seen.stored_bytes, seen.total_bytes) == (100, 0, 1000)
    assert (seen.rate, seen.seconds_left, seen.fraction) == (100.0, 9.0, 0.1)
    assert (seen.chunk, seen.chunk_count, seen.finished) == (1, 2, False)


def test_reports_are_rare_but_the_end_of_a_chunk_is_one() -> None:
    clock = Clock()
    meter = Meter("id", 1000, 2, clock=clock)
    meter.begin(1, 0)
    assert meter.move(1) is not None
    assert meter.move(2) is None
    clock.time += 0.05
    assert meter.move(3) is None
    clock.time += 0.06
    assert meter.move(4) is not None
    assert meter.store(500).stored_bytes == 500
    assert meter.store(1000).finished


def test_the_rate_is_that_of_the_last_seconds() -> None:
    clock = Clock()
    meter = Meter("id", 10_000, 1, clock=clock)
    meter.begin(1, 0)
    position, seen = 0, None
    for step in (100, 10):
        for _ in range(20):
            clock.time += 1
            position += step
            seen = meter.move(position)
    assert seen is not None
    assert seen.rate == pytest.approx(10.0)


def test_bytes_sent_again_count_for_the_rate_and_not_for_the_position() -> None:
    clock = Clock()
    meter = Meter("id", 1000, 1, clock=clock)
    meter.begin(1, 0)
    clock.time += 1
    meter.move(400)
    meter.begin(1, 0)
    clock.time += 1
    seen = meter.move(400)
    assert seen is not None
    assert (seen.sent_bytes, seen.rate) == (400, 400.0)


def test_no_rate_without_time() -> None:
    meter = Meter("id", 1000, 1, stored_bytes=500, clock=Clock())
    seen = meter.store(500)
    assert (seen.rate, seen.seconds_left, seen.fraction) == (0.0, None, 0.5)
