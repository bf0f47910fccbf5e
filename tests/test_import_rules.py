"""Who may import whom. The picture is in docs/architecture.md; this holds the code to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

WINGS = {
    "codegen": "codegen",
    "tiktok_openapi": "generated/tiktok_openapi",
    "tiktok_api_client": "facade/tiktok_api_client",
    "tiktok_mock_server": "mock_server/tiktok_mock_server",
    "tiktok_mock_control": "generated/tiktok_mock_control",
}

ALLOWED: dict[str, set[str]] = {
    "codegen": set(),
    "tiktok_openapi": set(),
    "tiktok_api_client": {"tiktok_openapi"},
    "tiktok_mock_server": {"tiktok_openapi"},
    "tiktok_mock_control": set(),
}

HTTPX_IN_BINDINGS = ROOT / "generated" / "tiktok_openapi" / "_runtime"


def sources(wing: str) -> list[Path]:
    return sorted((ROOT / WINGS[wing]).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every absolute import, however deep it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, (ast.Name, ast.Attribute))
            and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr)
            in {"import_module", "__import__"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield node.lineno, node.args[0].value.partition(".")[0]


def forbidden(wing: str, path: Path) -> list[str]:
    others = WINGS.keys() - ALLOWED[wing] - {wing}
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}" for line, name in imported(path) if name in others
    ]


@pytest.mark.parametrize("wing", sorted(WINGS))
def test_a_wing_imports_only_what_the_picture_allows(wing: str) -> None:
    files = sources(wing)
    assert files, f"no sources found for {wing}: has its folder moved?"
    assert [arrow for path in files for arrow in forbidden(wing, path)] == []


def test_only_the_runtime_of_the_bindings_imports_httpx() -> None:
    outside = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources("tiktok_openapi")
        if HTTPX_IN_BINDINGS not in path.parents
        for line, name in imported(path)
        if name in {"httpx", "httpcore"}
    ]
    assert outside == []


def test_the_walk_sees_plain_nested_and_dynamic_imports(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(
        "import tiktok_mock_server.cli\n"
        "def late():\n"
        "    from codegen import ir\n"
        "    import importlib\n"
        "    importlib.import_module('tiktok_mock_server.app')\n"
        "from . import tiktok_api_client\n"
    )
    assert [name for _, name in imported(path)].count("tiktok_mock_server") == 2
    assert "codegen" in [name for _, name in imported(path)]
    assert "tiktok_api_client" not in [name for _, name in imported(path)]
