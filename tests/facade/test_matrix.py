"""The fault matrix: every fifth cell; all of them with `-m slow`, or `python -m tests.facade.matrix`."""

from __future__ import annotations

import pytest

from tests.facade import matrix
from tests.facade.matrix import COLOURS, FAULTS, STEPS, Cell, cells, run

SAMPLE = 5
ALL = list(cells())


def ids(cell: Cell) -> str:
    return str(cell)


@pytest.mark.parametrize("cell", ALL[::SAMPLE], ids=ids)
def test_at_most_one_post_and_the_truth_about_it(cell: Cell) -> None:
    run(cell)


@pytest.mark.slow
@pytest.mark.parametrize("cell", [cell for number, cell in enumerate(ALL) if number % SAMPLE], ids=ids)
def test_the_other_cells(cell: Cell) -> None:
    run(cell)


def test_the_sample_has_every_fault_step_kind_and_colour() -> None:
    sample = ALL[::SAMPLE]
    assert {cell.fault.name for cell in sample} == {fault.name for fault in FAULTS}
    assert {cell.kind for cell in sample} == set(STEPS)
    assert {(cell.kind, cell.step) for cell in sample} == {
        (kind, step) for kind in STEPS for step in STEPS[kind]
    }
    assert {cell.colour for cell in sample} == set(COLOURS)
    assert len(ALL) > 1000


def test_the_command_prints_size_and_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = iter(["posted", "posted", ""])

    def run_one(cell: Cell) -> str:
        outcome = next(told)
        if not outcome:
            raise matrix.Wrong(f"{cell}: not true: at most one post")
        return outcome

    monkeypatch.setattr(matrix, "cells", lambda: iter(ALL[:3]))
    monkeypatch.setattr(matrix, "run", run_one)
    assert matrix.main() == 1
    out = capsys.readouterr().out
    assert "fault matrix: 3 cells" in out
    assert "2  posted" in out
    assert "1  wrong" in out
