"""Reading `Content-Range` leniently, and never wrongly."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tiktok_api_client.plan import ChunkPlan
from tiktok_api_client.ranges import content_range, stored_bytes

MIB = 1024 * 1024
THREE = ChunkPlan.for_size(30_000_000, 10_000_000)

plans = st.integers(1, 4096 * MIB).map(ChunkPlan.for_size) | st.tuples(
    st.integers(10 * MIB, 4096 * MIB), st.integers(5 * MIB, 10 * MIB)
).map(lambda sizes: ChunkPlan.for_size(*sizes))


def test_a_chunk_says_what_it_is() -> None:
    assert content_range(0, 10_000_000, 30_000_000) == "bytes 0-9999999/30000000"
    assert content_range(20_000_000, 10_000_000, 30_000_000) == "bytes 20000000-29999999/30000000"
    assert content_range(0, 1, 1) == "bytes 0-0/1"


@given(plans, st.data(), st.booleans(), st.sampled_from(["bytes {}-{}/{}", "BYTES={} - {} / {}", "{}-{}/{}"]))
def test_count_and_last_index_are_both_understood(
    plan: ChunkPlan, data: st.DataObject, counts: bool, shape: str
) -> None:
    stored = plan.chunk(data.draw(st.integers(0, plan.total_chunk_count - 1)))
    position = stored.first + stored.size
    assume(plan.video_size > 1)
    header = shape.format(0, position if counts else position - 1, plan.video_size)
    assert stored_bytes(header, plan) == position


@given(plans, st.integers(0, 4096 * MIB))
def test_what_is_read_is_always_a_place_between_chunks(plan: ChunkPlan, number: int) -> None:
    read = stored_bytes(f"bytes 0-{number}/{plan.video_size}", plan)
    assert read is None or (plan.at(read) is not None and read - number in {0, 1})


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert stored_bytes(text, THREE) in {None, 0, 10_000_000, 20_000_000, 30_000_000}


@pytest.mark.parametrize(
    ("header", "stored"),
    [
        ("bytes 0-0/30000000", 0),
        ("bytes 0-10000000/30000000", 10_000_000),
        ("bytes 0-9999999/30000000", 10_000_000),
        ("bytes 0-9999999/*", 10_000_000),
        ("0-9999999", 10_000_000),
        ("bytes 10000000-19999999/30000000", 20_000_000),
        ("bytes 0-30000000/30000000", 30_000_000),
        ("bytes 0-12345678/30000000", None),
        ("bytes 0-10000000/40000000", None),
        ("bytes */30000000", None),
        ("bytes 0-" + "9" * 200, None),
        ("", None),
        (None, None),
        ("bytes -", None),
    ],
)
def test_headers(header: str | None, stored: int | None) -> None:
    assert stored_bytes(header, THREE) == stored


def test_one_byte_cannot_be_told_from_none() -> None:
    assert stored_bytes("bytes 0-0/1", ChunkPlan.for_size(1)) is None
