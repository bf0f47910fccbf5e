"""The Containerfile and the recipes for containers and CI, as far as that goes without running them."""

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
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tiktok_mock_server import cli, commands
from tiktok_mock_server.world import World

pytestmark = pytest.mark.once

tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = "requirements-image.txt"
PAGE = (ROOT / "docs" / "testing-in-containers.md").read_text(encoding="utf-8")


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


# The page


def shown(name: str, language: str) -> str:
    """The block that stands under a file's name, or the only one of its language."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (code,) = [code for code in found if code.splitlines()[0].lstrip("/# ") == name] if name else found
    return code


def makes_a_mock(words: list[str]) -> tuple[Any, World]:
    """The options of a command line that could start: its world is made."""
    options = command(words)
    cli._check(options)  # pyright: ignore[reportPrivateUsage] - as `main` does before it serves
    return options, cli._world(options)  # pyright: ignore[reportPrivateUsage]


def test_the_containers_command_lines_start_a_mock_that_the_published_port_reaches() -> None:
    (console,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    started = [line.partition(" tiktok-mock")[2].split() for line in console.splitlines() if " run " in line]
    assert started[0] == []
    in_code = re.findall(r'DockerContainer\("tiktok-mock"\)\s*\.with_command\((\[.*?\])', PAGE)
    in_code += re.findall(r'GenericContainer\("tiktok-mock"\)\s*\.withCommand\((\[.*?\])', PAGE)
    assert len(in_code) == 2
    for words in [*started[1:], *map(json.loads, in_code)]:
        options, _ = makes_a_mock(["tiktok-mock", *words])
        assert (options.command, options.host, options.port) == ("serve", "0.0.0.0", cli.PORT)
    ports = re.findall(r"-p 127\.0\.0\.1:(\d+):(\d+)|ExposedPorts\((\d+)\)|exposed_ports\((\d+)\)", PAGE)
    assert {port for found in ports for port in found if port} == {last("EXPOSE")}


def test_every_build_argument_that_the_page_names_is_there() -> None:
    known = {text.partition("=")[0] for word, text in instructions() if word == "ARG"}
    assert set(re.findall(r"--build-arg ([A-Z]+)=", PAGE)) == known
    chosen = re.findall(r"EXTRAS=([a-z,]+)", PAGE)
    assert chosen
    assert set(",".join(chosen).split(",")) <= set(PROJECT["project"]["optional-dependencies"])


def test_the_compose_file_waits_for_a_mock_that_may_call_back() -> None:
    services = yaml.safe_load(shown("compose.yaml", "yaml"))["services"]
    mock, app = services["tiktok"], services["app"]
    options, world = makes_a_mock(["tiktok-mock", *mock["command"]])
    assert (options.host, mock["ports"]) == ("0.0.0.0", [f"127.0.0.1:{options.port}:{options.port}"])
    assert world.app.webhook_url == "http://app:8000/webhooks"
    check, *words = mock["healthcheck"]["test"]
    assert (check, command(words).url) == ("CMD", f"http://127.0.0.1:{options.port}")
    assert app["depends_on"] == {"tiktok": {"condition": "service_healthy"}}
    assert set(app["environment"]) == set(commands.ENVIRONMENT)
    assert set(app["environment"].values()) == {f"http://tiktok:{options.port}"}
    assert (ROOT / mock["build"]["dockerfile"]).exists()


def test_the_development_container_is_the_compose_files_app() -> None:
    services = yaml.safe_load(shown("compose.yaml", "yaml"))["services"]
    container = json.loads(shown("", "json"))
    assert container["workspaceFolder"] == services[container["service"]]["working_dir"]
    assert container["forwardPorts"] == [f"tiktok:{cli.PORT}"]


def test_plain_ci_runs_its_tests_beside_a_mock() -> None:
    job = yaml.safe_load(shown(".gitlab-ci.yml", "yaml"))["test"]
    (line,) = [line for line in job["script"] if line.startswith("tiktok-mock")]
    options, _ = makes_a_mock(line.split())
    assert (options.command, options.arguments[0]) == ("exec", "pytest")
    steps = yaml.safe_load(shown(".github/workflows/test.yml", "yaml"))["jobs"]["test"]["steps"]
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = next(step["with"] for step in steps if "tiktok-openapi" in step.get("uses", ""))
    assert set(given) <= set(action["inputs"])
    makes_a_mock(["tiktok-mock", "exec", *given["options"].split(), "--", *given["run"].split()])
