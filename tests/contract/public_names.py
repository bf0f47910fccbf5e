"""The public Python names, as a table that can be compared: what is gone or changed so that callers break.

`python -m tests.contract.public_names` compares with the snapshot, `--write` makes it anew (at a release).
"""

from __future__ import annotations

import enum
import inspect
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from codegen.diff import is_bump, version

HERE = Path(__file__).parent
SNAPSHOT = HERE / "public_names.json"
PACKAGES = ("tiktok_openapi", "tiktok_api_client", "tiktok_mock_server")
Entry = dict[str, Any]


def parameters(function: Any) -> list[str] | None:
    """`name`, `name=` (may be left out), with `*` before those that are given by name; None if unknown."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        return None
    marks: dict[object, str] = {
        inspect.Parameter.KEYWORD_ONLY: "*",
        inspect.Parameter.VAR_POSITIONAL: "*args ",
        inspect.Parameter.VAR_KEYWORD: "**",
    }
    return [
        marks.get(one.kind, "") + one.name + ("" if one.default is inspect.Parameter.empty else "=")
        for one in found
        if one.name not in ("self", "cls")
    ]


def members(cls: type) -> dict[str, Entry]:
    """Public attributes of a class that it or a base of ours defines."""
    found: dict[str, Entry] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.partition(".")[0] not in PACKAGES:
            continue
        for name in (*base.__dict__, *inspect.get_annotations(base)):
            if not name.startswith("_"):
                value: Any = inspect.getattr_static(cls, name, None)
                inner: Any = getattr(value, "__func__", value)  # a classmethod wraps its function
                call = parameters(inner) if inspect.isfunction(inner) else None
                found[name] = {"kind": "attribute"} if call is None else {"kind": "method", "call": call}
    return dict(sorted(found.items()))


def entry(value: Any) -> Entry:
    """One public name."""
    if isinstance(value, enum.EnumMeta):
        return {"kind": "enum", "members": {name: {"kind": "attribute"} for name in value.__members__}}
    if inspect.isclass(value):
        return {"kind": "class", "call": parameters(value), "members": members(value)}
    if inspect.isfunction(value):
        return {"kind": "function", "call": parameters(value)}
    return {"kind": "module" if inspect.ismodule(value) else "value"}


def table() -> Entry:
    """Every public name of every package."""
    found: Entry = {}
    for package in PACKAGES:
        module = import_module(package)
        for name in sorted(module.__all__):
            found[f"{package}.{name}"] = entry(getattr(module, name))
    return found


def breaks(old: Entry, new: Entry) -> list[str]:
    """What callers of the old table cannot do with the new one, in words."""
    problems: list[str] = []
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            problems.append(f"{name}: gone")
        elif before["kind"] != after["kind"]:
            problems.append(f"{name}: was {before['kind']}, is {after['kind']}")
        else:
            problems += [f"{name}: {text}" for text in _call(before.get("call"), after.get("call"))]
            inner = breaks(before.get("members", {}), after.get("members", {}))
            problems += [f"{name}.{text}" for text in inner]
    return problems


def _call(old: list[str] | None, new: list[str] | None) -> list[str]:
    if old is None or new is None:
        return []
    before, after = ({_plain(one): one for one in call} for call in (old, new))
    swallows = any(one.startswith("**") for one in new)
    problems = [f"takes no {name}" for name in before if name not in after and not swallows]
    problems += [
        f"{name} must be given"
        for name, one in after.items()
        if _needed(one) and not (name in before and _needed(before[name]))
    ]
    ordered = [name for name, one in before.items() if not one.startswith("*")]
    placed = [name for name, one in after.items() if not one.startswith("*")]
    if placed[: len(ordered)] != ordered and not problems:
        problems.append(f"takes {', '.join(placed)} by place, took {', '.join(ordered)}")
    return problems


def _plain(parameter: str) -> str:
    return parameter.removeprefix("*args ").lstrip("*").removesuffix("=")


def _needed(parameter: str) -> bool:
    return not parameter.endswith("=") and not parameter.startswith(("**", "*args "))


def current_version() -> tuple[int, ...]:
    """The version in pyproject.toml."""
    return version((HERE.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))


def snapshot() -> Entry:
    """The table as it was written down."""
    found: Entry = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    return found


def main() -> int:
    """Compare with the snapshot, or write it."""
    now = table()
    if sys.argv[1:] == ["--write"]:
        kept = {"version": ".".join(map(str, current_version())), "names": now}
        SNAPSHOT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"{len(now)} names written down")
        return 0
    old = snapshot()
    problems = breaks(old["names"], now)
    new = sorted(now.keys() - old["names"].keys())
    print(f"{len(now)} public names, {len(new)} new, {len(problems)} breaks since {old['version']}")
    print(*(f"  new: {name}" for name in new), *(f"  breaks: {text}" for text in problems), sep="\n")
    bumped = is_bump(version(f'version = "{old["version"]}"'), current_version())
    return 1 if problems and not bumped else 0


if __name__ == "__main__":
    sys.exit(main())
