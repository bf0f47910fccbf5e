"""Options of `serve` from a TOML file: the same names as on the command line, which still wins."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


class BadConfig(ValueError):
    """The file cannot be read, or says something that there is not."""


def load(path: Path) -> dict[str, object]:
    """The options of a file; those of the table `[tool.tiktok-mock]` where there is one. Raises BadConfig."""
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: {error}") from None
    tools: dict[str, Any] = document.get("tool", {})
    table: dict[str, object] = tools.get("tiktok-mock", document)
    return table


def as_defaults(parser: argparse.ArgumentParser, settings: Mapping[str, object], path: Path) -> None:
    """Let a file's options be the parser's defaults. Raises BadConfig."""
    actions = {
        option[2:]: action
        for action in parser._actions  # noqa: SLF001 - argparse has no public list
        for option in action.option_strings
        if option.startswith("--") and option not in ("--help", "--config")
    }
    for name, value in settings.items():
        key = name.replace("_", "-")
        action = actions.get(key)
        if action is None:
            near = difflib.get_close_matches(key, list(actions), 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(actions))}"
            raise BadConfig(f"{path}: there is no option {name!r}{hint}")
        parser.set_defaults(**{action.dest: _value(action, name, value, path)})


def _value(action: argparse.Action, name: str, value: object, path: Path) -> object:
    if isinstance(action.default, list):
        if isinstance(value, dict):  # [switch] token_profile = "legacy"
            return [f"{key}={_text(one)}" for key, one in cast("dict[str, object]", value).items()]
        return [str(one) for one in cast("list[object]", value)] if isinstance(value, list) else [str(value)]
    if isinstance(action.default, bool):
        if not isinstance(value, bool):
            raise BadConfig(f"{path}: {name} is true or false")
        return value
    if isinstance(action.default, int) and (isinstance(value, bool) or not isinstance(value, int)):
        raise BadConfig(f"{path}: {name} is a number")
    if action.nargs == "?" and isinstance(value, bool):  # an option that needs no value: `freeze = true`
        return action.const if value else action.default
    text = _text(value)
    if action.choices is not None and text not in action.choices:
        raise BadConfig(f"{path}: {name} is one of {', '.join(map(str, action.choices))}")
    return text


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
