"""Every trap that developers reported is covered by a test, or says why our code cannot meet it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.once
ROOT = Path(__file__).parent.parent.parent
INDEX: dict[int, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "index.yaml").read_text("utf-8"))
ROWS = 54


@cache
def functions_of(file: str) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def problems(row: dict[str, Any]) -> list[str]:
    """What is wrong with a row."""
    named: list[str] = row.get("tests", [])
    if not named:
        return [] if row.get("cannot") else ["neither a test nor a reason"]
    found = [f"a reason beside tests: {row['cannot']}"] if "cannot" in row else []
    for name in named:
        file, _, function = name.partition("::")
        if not (ROOT / file).is_file():
            found.append(f"no file {file}")
        elif function not in functions_of(file):
            found.append(f"no {function} in {file}")
    return found


def test_every_row_is_there() -> None:
    assert list(INDEX) == list(range(1, ROWS + 1))


@pytest.mark.parametrize("number", INDEX)
def test_row(number: int) -> None:
    assert not problems(INDEX[number])


def test_no_trap_test_is_left_out() -> None:
    """A test that is named after a row stands in that row."""
    listed = {name for row in INDEX.values() for name in row.get("tests", [])}
    for file in ("tests/mock/test_mock_traps.py", "tests/traps/test_client_traps.py"):
        named = {f"{file}::{name}" for name in functions_of(file) if name.startswith("test_trap_")}
        assert named <= listed


def test_a_hole_in_the_index_is_noticed() -> None:
    assert problems({"trap": "x"}) == ["neither a test nor a reason"]
    assert problems({"tests": ["tests/traps/nothing.py::test_x"]}) == ["no file tests/traps/nothing.py"]
    here = "tests/traps/test_trap_index.py"
    assert problems({"tests": [f"{here}::test_x"]}) == [f"no test_x in {here}"]
    assert problems({"tests": [f"{here}::test_row"], "cannot": "y"}) == ["a reason beside tests: y"]
