"""The Containerfile, as far as it can be judged where nothing builds containers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tiktok_mock_server import cli

pytestmark = pytest.mark.once

tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = "requirements-image.txt"


def lines(name: str) -> list[str]:
    """A file's lines without comments and empty ones."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def instructions() -> list[tuple[str, str]]:
    """What the Containerfile does: `[("FROM", "…"), …]`, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines("Containerfile")))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines()]


def last(name: str) -> str:
    """What an instruction of the final stage says."""
    return next(text for word, text in reversed(instructions()) if word == name)


def command(words: list[str]) -> Any:
    """The options that a command line inside the container means. Ends the test if it means nothing."""
    assert words[0] in PROJECT["project"]["scripts"]
    # The parser alone, since `main` would run what it is given.
    return cli._parser().parse_args(words[1:])  # pyright: ignore[reportPrivateUsage]


def test_it_serves_where_it_is_published_and_where_its_health_is_asked() -> None:
    served = command([*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))])
    assert (served.command, served.host, str(served.port)) == ("serve", "0.0.0.0", last("EXPOSE"))
    options, _, asked = last("HEALTHCHECK").partition(" CMD ")
    health = command(json.loads(asked))
    assert (health.command, health.url) == ("health", f"http://127.0.0.1:{last('EXPOSE')}")
    (timeout,) = re.findall(r"--timeout=(\d+)s", options)
    assert int(timeout) > 2, "the command itself waits for two seconds"


def test_it_runs_as_a_number_that_is_not_root() -> None:
    assert all(int(number) > 0 for number in last("USER").split(":"))


def test_both_stages_stand_on_the_one_python_that_can_be_named() -> None:
    assert [text.split(" ")[0] for word, text in instructions() if word == "FROM"] == ["$BASE", "$BASE"]
    (base,) = (text for _, text in instructions() if text.startswith("BASE="))
    assert re.fullmatch(r"BASE=docker\.io/library/python:3\.\d+-slim", base)


def test_what_is_copied_is_what_the_wheel_is_made_of_and_no_more() -> None:
    assert [text for word, text in instructions() if word == "COPY"] == [". /src"]
    everything, *allowed = [line for line in lines(".dockerignore") if line != "**/__pycache__"]
    assert everything == "*"
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    project = PROJECT["project"]
    needed = {"pyproject.toml", project["readme"], *project["license-files"], PINS}
    assert {line.removeprefix("!") for line in allowed} == needed | {
        name.partition("/")[0] for name in packages
    }
    assert all((ROOT / line.removeprefix("!")).exists() for line in allowed)
    assert any(f"--constraint /src/{PINS} " in text for word, text in instructions() if word == "RUN")


def wanted(extras: frozenset[str]) -> Iterator[Requirement]:
    """What this project asks for, and all that comes with it, on the image's Python."""
    python = re.findall(r"python:(3\.\d+)", "\n".join(lines("Containerfile")))[0]
    left, seen = [("tiktok-openapi", extras)], set[tuple[str, frozenset[str]]]()
    while left:
        name, chosen = left.pop()
        if (name, chosen) in seen:
            continue
        seen.add((name, chosen))
        for text in requires(name) or ():
            asked = Requirement(text)
            here = [{"python_version": python, "extra": extra} for extra in ("", *chosen)]
            if asked.marker is None or any(asked.marker.evaluate(each) for each in here):
                yield asked
                left.append((asked.name, frozenset(asked.extras)))


def test_everything_in_the_image_is_pinned_to_a_version_that_is_allowed() -> None:
    pins = {canonicalize_name(name): at for name, at in (line.split("==") for line in lines(PINS))}
    extras = frozenset(PROJECT["project"]["optional-dependencies"]) - {"demo"}
    asked = list(wanted(extras))
    assert {canonicalize_name(each.name) for each in asked} == set(pins), "pins too many, or too few"
    for each in asked:
        assert each.specifier.contains(pins[canonicalize_name(each.name)]), each
