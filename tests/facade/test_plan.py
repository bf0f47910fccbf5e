"""Chunk plans against TikTok's rules, which are written here a second time, in another form."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tiktok_api_client import plan as plan_module
from tiktok_api_client.plan import Chunk, ChunkPlan
from tiktok_openapi import Impossible

MIB = 1024 * 1024
FOUR_GB = 4 * 1024 * MIB

sizes = (
    st.integers(1, FOUR_GB)
    | st.integers(1, 200 * MIB)
    | st.integers(-3, 3).flatmap(
        lambda beside: st.sampled_from(
            [
                5_000_000,
                5 * MIB,
                10 * MIB,
                64_000_000,
                64 * MIB,
                128_000_000,
                128 * MIB,
                192 * MIB,
                FOUR_GB - 3,
            ]
        ).map(lambda size: size + beside)
    )
)


def rules_broken(size: int, chunk: int, count: int) -> list[str]:
    """The documented rules and those observed since August 2026, one by one."""
    broken: list[str] = []
    if not 1 <= size <= FOUR_GB:
        broken.append("1 byte to 4 GB")
    if not 1 <= count <= 1000:
        broken.append("1 to 1000 chunks")
    if not count * chunk <= size < (count + 1) * chunk:
        broken.append("the count is the floor")
    if size < 5 * MIB and (count, chunk) != (1, size):
        broken.append("under 5 MB: one chunk, which is the video")
    if size > 64 * MIB and count == 1:
        broken.append("over 64 MB: more than one chunk")
    if count == 1 and chunk != size:
        broken.append("one chunk means chunk_size == video_size")
    lengths = [chunk] * (count - 1) + [size - (count - 1) * chunk] if 1 <= count <= 1000 else []
    if count > 1 and any(not 5 * MIB <= length <= 64 * MIB for length in lengths[:-1]):
        broken.append("5 to 64 MB each")
    if lengths and lengths[-1] > 128 * MIB:
        broken.append("128 MB at the end")
    return broken


@given(sizes)
@example(1)
@example(5_000_000)
@example(64_000_001)
@example(FOUR_GB)
def test_the_own_plan_keeps_every_rule_for_every_size(size: int) -> None:
    plan = ChunkPlan.for_size(size)
    assert rules_broken(plan.video_size, plan.chunk_size, plan.total_chunk_count) == []


@given(sizes)
def test_chunks_cover_the_video_without_gap_or_overlap(size: int) -> None:
    position = 0
    chunks = list(ChunkPlan.for_size(size).chunks())
    for chunk in chunks:
        assert chunk.first == position
        position += chunk.size
    assert position == size
    assert len(chunks) == ChunkPlan.for_size(size).total_chunk_count


@given(sizes, st.integers(-1, 130 * MIB), st.integers(-2, 2) | st.integers(0, 1100))
def test_a_plan_can_be_made_exactly_when_no_rule_is_broken(size: int, chunk: int, beside: int) -> None:
    count = size // chunk + beside if chunk > 0 else beside
    if rules_broken(size, chunk, count):
        with pytest.raises(Impossible):
            ChunkPlan(size, chunk, count)
    else:
        assert ChunkPlan(size, chunk, count).total_chunk_count == count


@given(sizes, st.integers(5 * MIB, 64 * MIB))
def test_a_chosen_chunk_size_is_kept_when_the_video_holds_two(size: int, chunk: int) -> None:
    plan = ChunkPlan.for_size(size, chunk)
    assert rules_broken(size, plan.chunk_size, plan.total_chunk_count) == []
    if size >= 2 * chunk:
        assert plan.chunk_size == chunk
    elif size <= 64 * MIB:
        assert plan.total_chunk_count == 1
    else:
        assert plan.total_chunk_count == 2


@given(sizes, st.integers(-5, 5 * MIB - 1) | st.integers(64 * MIB + 1, FOUR_GB))
def test_a_chosen_chunk_size_out_of_range_is_refused(size: int, chunk: int) -> None:
    assume(not size == chunk < 5 * MIB)
    with pytest.raises(Impossible, match="chunk_size: must be 5,242,880 to 67,108,864 bytes"):
        ChunkPlan.for_size(size, chunk)


def test_the_whole_video_may_be_named_as_chunk_size() -> None:
    assert ChunkPlan.for_size(4_194_304, 4_194_304) == ChunkPlan(4_194_304, 4_194_304, 1)
    with pytest.raises(Impossible, match="chunk_size"):
        ChunkPlan.for_size(100_000_000, 100_000_000)


@given(sizes, st.data())
def test_positions_are_found_again(size: int, data: st.DataObject) -> None:
    plan = ChunkPlan.for_size(size)
    number = data.draw(st.integers(0, plan.total_chunk_count - 1))
    chunk = plan.chunk(number)
    assert plan.at(chunk.first) == number
    assert plan.at(size) == plan.total_chunk_count
    assert next(plan.chunks(chunk.first)) == chunk
    inside = data.draw(st.integers(chunk.first + 1, chunk.first + chunk.size))
    assume(inside != chunk.first + chunk.size)
    assert plan.at(inside) is None


@pytest.mark.parametrize(
    ("size", "wish", "chunk", "count", "last"),
    [
        (1, None, 1, 1, 1),
        (4_194_304, None, 4_194_304, 1, 4_194_304),
        (30_567_100, None, 30_567_100, 1, 30_567_100),
        (50_000_123, 10_000_000, 10_000_000, 5, 10_000_123),
        (67_108_864, None, 67_108_864, 1, 67_108_864),
        (67_108_865, None, 33_554_432, 2, 33_554_433),
        (100_000_000, None, 50_000_000, 2, 50_000_000),
        (134_217_729, None, 67_108_864, 2, 67_108_865),
        (134_217_729, 67_108_864, 67_108_864, 2, 67_108_865),
        (602_285_541, None, 67_108_864, 8, 132_523_493),
        (4_294_967_296, None, 67_108_864, 64, 67_108_864),
    ],
)
def test_the_plans_of_the_reference(size: int, wish: int | None, chunk: int, count: int, last: int) -> None:
    plan = ChunkPlan.for_size(size, wish)
    assert (plan.chunk_size, plan.total_chunk_count, plan.last_chunk_size) == (chunk, count, last)
    assert list(plan.chunks())[-1] == Chunk(size - last, last)


@pytest.mark.parametrize(
    ("size", "chunk", "count", "field"),
    [
        (50_000_123, 10_000_000, 6, "total_chunk_count"),
        (80_000_000, 64_000_000, 1, "chunk_size"),
        (4_000_000, 2_000_000, 2, "chunk_size"),
        (10_000_000, 20_000_000, 1, "chunk_size"),
        (100_000_000, 100_000_000, 1, "chunk_size"),
        (50_000_123, 10_000_000, 0, "total_chunk_count"),
        (4_294_967_296, 4_000_000, 1073, "chunk_size"),
        (0, 0, 0, "video_size"),
        (4_294_967_297, 67_108_864, 64, "video_size"),
    ],
)
def test_what_the_reference_says_must_be_refused(size: int, chunk: int, count: int, field: str) -> None:
    with pytest.raises(Impossible) as refusal:
        ChunkPlan(size, chunk, count)
    assert refusal.value.field == field
    assert refusal.value.limit


def test_a_refusal_says_what_would_be_right() -> None:
    with pytest.raises(Impossible, match=r"50,000,123 / 10,000,000 rounded down, which is 5, got 6"):
        ChunkPlan(50_000_123, 10_000_000, 6)


def test_limits_that_the_present_numbers_cannot_reach_hold_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan_module, "MAX_CHUNK_COUNT", 3)
    with pytest.raises(Impossible, match="total_chunk_count: must be at most 3, got 4; use larger chunks"):
        ChunkPlan.for_size(40 * MIB, 10 * MIB)
    monkeypatch.setattr(plan_module, "MAX_FINAL_CHUNK_SIZE", 12 * MIB)
    with pytest.raises(Impossible, match="must leave a last chunk of at most 12,582,912 bytes"):
        ChunkPlan.for_size(33 * MIB, 10 * MIB)
