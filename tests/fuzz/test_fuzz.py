"""A little fuzzing in every run; `make fuzz` does much. Inputs that failed once are tried again."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS, Wrong, kept, range_at_client

EXAMPLES = {"generator": 40, "range-at-mock": 60}


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()

    @settings(max_examples=EXAMPLES.get(name, 150), deadline=None)
    @given(st.binary(max_size=200) | st.builds(_changed, st.sampled_from(seeds), st.integers(0, 2**32)))
    def fuzz(data: bytes) -> None:
        target.feed(data)

    def _feed_seeds() -> None:
        for seed in seeds:
            target.feed(seed)

    _feed_seeds()
    fuzz()


def _changed(data: bytes, seed: int) -> bytes:
    return mutated(data, [data], Random(seed))


CASES = [pytest.param(name, path, id=f"{name}-{path.name}") for name in TARGETS for path in kept(name)]


@pytest.mark.skipif(not CASES, reason="no input has made a target fail yet")
@pytest.mark.parametrize(("name", "path"), CASES)
def test_what_failed_once(name: str, path: object) -> None:
    (found,) = [one for one in kept(name) if one == path]
    TARGETS[name].feed(found.read_bytes())


def test_a_wrong_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(header: str, plan: object) -> int:
        return 7

    monkeypatch.setattr("tests.fuzz.targets.stored_bytes", wrong)
    with pytest.raises(Wrong):
        range_at_client(b"bytes 0-7/50000123")
