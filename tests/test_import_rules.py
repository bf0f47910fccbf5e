"""Who may import whom. The picture is in docs/architecture.md; this holds the code to it."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping
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


# --- circles ------------------------------------------------------------------------------------------

LAYERED = ("codegen", "tiktok_api_client", "tiktok_mock_server")


def modules(root: Path, name: str) -> dict[str, Path]:
    """Every module of a package, by its full name."""
    found: dict[str, Path] = {}
    for path in sorted(root.rglob("*.py")):
        parts = (name, *path.relative_to(root).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def arrows(module: str, path: Path, known: Container[str]) -> set[str]:
    """The modules among `known` that a module imports: at its top, inside functions, and for types alone.

    What is imported by a name made at run time is not seen: the lazy roots and `rules` load what is below
    them that way.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            inner = {f"{base}.{alias.name}" for alias in node.names}
            found |= {name if name in known else base for name in inner}
    return {name for name in found if name in known} - {module}


def circles(graph: Mapping[str, set[str]]) -> list[str]:
    """Modules that import themselves through others, and those between two such."""
    left = dict(graph)
    # Whoever imports nobody is in no circle, and then whoever imports only those; likewise from above.
    while free := {module for module, imports in left.items() if not imports & left.keys()}:
        left = {module: imports for module, imports in left.items() if module not in free}
    while free := left.keys() - set[str]().union(*left.values()):
        left = {module: imports for module, imports in left.items() if module not in free}
    return [f"{module} -> {', '.join(sorted(imports & left.keys()))}" for module, imports in left.items()]


@pytest.mark.parametrize("wing", LAYERED)
def test_no_module_imports_itself_through_others(wing: str) -> None:
    known = modules(ROOT / WINGS[wing], wing)
    assert circles({module: arrows(module, path, known) for module, path in known.items()}) == []


def test_circles_are_seen_at_the_top_inside_functions_and_for_types(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name, text in {
        "__init__": "",
        "top": "from . import late",
        "late": "def later():\n    from .inner.types import T",
        "inner/__init__": "",
        "inner/types": "if TYPE_CHECKING:\n    import sample.top",
        "above": "from .top import x\nfrom . import below",
        "below": "import json",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    known = modules(tmp_path, "sample")
    assert circles({module: arrows(module, path, known) for module, path in known.items()}) == [
        "sample.inner.types -> sample.top",
        "sample.late -> sample.inner.types",
        "sample.top -> sample.late",
    ]


# --- httpx --------------------------------------------------------------------------------------------


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
