"""Import blocks that follow from what a module uses, so that none is missing and none is left over."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

_BUILTINS: Final = frozenset(dir(builtins))

STANDARD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("AsyncIterable", "Callable", "Iterable", "Mapping", "Sequence"), "collections.abc"),
    **dict.fromkeys(
        ("ClassVar", "Final", "Literal", "TYPE_CHECKING", "TypeAlias", "Union", "overload"), "typing"
    ),
    "Enum": "enum",
    "cached_property": "functools",
    "datetime": "datetime",
    "json": "",
    "attrs": "",
}
_RUNTIME: Final = {
    "call": (
        *("Answer", "Call", "Content", "Envelope", "Operation", "RateLimit", "Receipt", "ScopeByRequest"),
    ),
    "errors": (
        *("CallFailed", "Catalogue", "CodeInfo", "CouldNotAsk", "Error", "Impossible", "Refused", "Sent"),
        *("StatusMeaning", "TimedOut", "Unreadable", "UnreadableEvent", "excerpt", "kind_of"),
    ),
    "model": (
        *(
            "JsonObject",
            "Mismatch",
            "Model",
            "NOT_RECEIVED",
            "decode_anything",
            "decode_boolean",
            "decode_either",
        ),
        *("decode_embedded", "decode_integer", "decode_list", "decode_list_or_one", "decode_map"),
        *("decode_moment", "decode_nothing", "decode_nullable", "decode_number", "decode_text"),
        *("epoch_seconds", "constructor", "moment_of", "whole"),
    ),
    "transport": ("AsyncDriver", "SyncDriver"),
}
RUNTIME: Final[Mapping[str, str]] = {
    name: f"_runtime.{module}" for module, found in _RUNTIME.items() for name in found
}
_THIRD_PARTY: Final = {"attrs"}


def import_block(body: str, package_names: Mapping[str, str], module: str) -> str:
    """The imports that the module's text needs.

    `package_names` says in which module of the package a name lives (`_runtime.request:` means that module
    itself); `module` is the dotted name of the module being written, inside the package.
    """
    used, defined = _names(ast.parse(body))
    plain: dict[bool, list[str]] = {False: [], True: []}
    standard: dict[str, list[str]] = defaultdict(list)
    local: dict[str, list[str]] = defaultdict(list)
    for name in sorted(used - defined):
        if home := package_names.get(name, RUNTIME.get(name)):
            local[home].append(name)
        elif STANDARD.get(name):
            standard[STANDARD[name]].append(name)
        elif name in STANDARD:
            plain[name in _THIRD_PARTY].append(name)
        elif name not in _BUILTINS:
            raise AssertionError(f"{module}: nobody knows {name!r}")
    groups = [
        "\n".join(
            [f"import {name}" for name in plain[False]]
            + [f"from {place} import {', '.join(standard[place])}" for place in sorted(standard)]
        ),
        "\n".join(f"import {name}" for name in plain[True]),
        "\n".join(
            _local(place, local[place], module)
            for place in sorted(local, key=lambda p: (_dots(p, module), p))
        ),
    ]
    return "\n\n".join(["from __future__ import annotations", *(group for group in groups if group)])


def _names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names that a module reads, and those that it defines anywhere."""
    used: set[str] = set()
    defined: set[str] = set()
    # What a class body assigns is an attribute, not a name that functions see.
    attributes: set[ast.AST] = set()
    for node in ast.walk(tree):  # outer nodes come before inner ones
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                used.add(node.id)
            elif node not in attributes:
                defined.add(node.id)
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            defined.add(node.name)
        elif isinstance(node, ast.ClassDef):
            defined.add(node.name)
            attributes |= {line.target for line in node.body if isinstance(line, ast.AnnAssign)}
            attributes |= {t for line in node.body if isinstance(line, ast.Assign) for t in line.targets}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            defined.add(node.name)
    return used, defined


def _dots(place: str, module: str) -> int:
    relative = _relative(place, module)
    return len(relative.lstrip(".")) - len(relative)


def _relative(place: str, module: str) -> str:
    """`_runtime.model` seen from `models.publish` is `.._runtime.model`."""
    here, there = module.split(".")[:-1], place.removesuffix(":").split(".")
    while here and there and len(there) > 1 and here[0] == there[0]:
        here, there = here[1:], there[1:]
    return "." * (len(here) + 1) + ".".join(there)


def _local(place: str, found: list[str], module: str) -> str:
    target = _relative(place, module)
    if not place.endswith(":"):
        return f"from {target} import {', '.join(sorted(found, key=_order))}"
    parent, _, last = target.rpartition(".")
    parent = f"{parent}." if not parent or set(parent) == {"."} else parent
    return f"from {parent} import {last}" + (f" as {found[0]}" if found[0] != last else "")


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions: the order that ruff's isort writes."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name
