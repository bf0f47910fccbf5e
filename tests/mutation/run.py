"""Mutation testing with mutmut: `make mutation`, or `python -m tests.mutation.run facade` for one group.

For each group a copy of the tree is mutated, in `.work/mutation`, with the packages side by side as they are
installed. Nine mutants of ten must be killed by the tests named for the group, whatever the reason of the
others. Survivors that were looked at stand in `survivors.yaml`, with the reason why they may live; the rest
is printed, with what each changes.

`--again` goes on from the last run: functions that changed since, and survivors, are tried with the tests as
they are now. It is how to write tests for them.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import filecmp
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

ROOT = Path(__file__).parent.parent.parent
WORK = ROOT / ".work" / "mutation"
SURVIVORS = Path(__file__).parent / "survivors.yaml"
LEAST = 0.90
MINUTES = 60
"""After so many a group is given up: it hangs."""

KILLED = ("killed", "timeout", "segfault")
LIVING = ("survived", "no tests", "suspicious")

QUICKLY = (
    "-x",
    "-W",
    "default",
    "-p",
    "no:randomly",
    "-p",
    "no:unraisableexception",
    "-p",
    "no:threadexception",
)
"""Without the two plugins that collect garbage ten times at the end: a third of what a mutant costs."""

PACKAGES = {
    "tiktok_openapi": ROOT / "generated" / "tiktok_openapi",
    "tiktok_api_client": ROOT / "facade" / "tiktok_api_client",
    "tiktok_mock_server": ROOT / "mock_server" / "tiktok_mock_server",
}


@dataclass(frozen=True)
class Group:
    """What is mutated together, and the tests that must notice; quick ones, since each mutant meets many."""

    mutate: tuple[str, ...]
    tests: tuple[str, ...]
    slow: tuple[str, ...] = ()
    """Tests that take seconds, left out: a mutant that only they would notice lives."""


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def _paths(pattern: str, *names: str) -> tuple[str, ...]:
    return tuple(pattern.format(name) for name in names)


GROUPS = {
    "facade": Group(
        _paths("tiktok_api_client/{}.py", "plan", "pkce", "callback", "schedule", "webhooks", "ranges"),
        (
            *_paths("tests/facade/test_{}.py", "plan", "pkce", "callback", "schedule", "webhooks", "ranges"),
            *("tests/facade/test_login.py", "tests/traps/test_client_traps.py"),
            "tests/mutation/test_complaints.py",
        ),
    ),
    "refresh": Group(
        ("tiktok_api_client/_keeper.py",),
        (
            *_paths("tests/facade/test_{}.py", "keeping_tokens", "keeper", "client"),
            "tests/mutation/test_tokens_noticed.py",
        ),
        ("tests/facade/test_keeper.py::test_one_refresh_per_rotation_and_no_good_token_lost",),
    ),
    "decode": Group(
        _paths("tiktok_openapi/_runtime/{}.py", "model", "json_text"),
        (*_paths("tests/bindings/test_{}.py", "decode_helpers", "json_text", "reading_answers"),),
    ),
    "login": Group(
        _paths("tiktok_mock_server/rules/{}.py", "authorize", "oauth", "qr", "registration", "tokens"),
        (
            *_paths(
                "tests/mock/test_mock_{}.py", "explanations", "login_edges", "oauth", "qr", "pull", "traps"
            ),
        ),
    ),
    "posting": Group(
        _paths(
            "tiktok_mock_server/rules/{}.py",
            *("creator_info", "display", "publish", "pull", "quotas", "rate_limits", "status", "upload"),
        ),
        (
            *_paths("tests/mock/test_mock_{}.py", "explanations", "posting_edges", "publish", "pull"),
            *_paths("tests/mock/test_mock_{}.py", "status", "upload", "display", "traps"),
            "tests/mock/test_mock_doors.py::"
            "test_at_tiktoks_own_address_the_upload_goes_to_tiktoks_upload_host",
        ),
    ),
}


class DidNotRun(Exception):
    """There is nothing to judge by."""


class Copy:
    """The tree that a group is tried in."""

    def __init__(self, name: str) -> None:
        self.group = GROUPS[name]
        self.place = WORK / name

    def prepare(self) -> None:
        """A fresh copy, and mutmut's settings in it."""
        shutil.rmtree(self.place, ignore_errors=True)
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "media")
        for name, source in PACKAGES.items():
            shutil.copytree(source, self.place / name, ignore=ignored)
        self.renew_tests()
        for name in ("codegen", "spec", "docs", "examples"):
            shutil.copytree(ROOT / name, self.place / name, ignore=ignored)
        (self.place / "generated").mkdir()
        (self.place / "generated" / "tiktok_openapi").symlink_to(self.place / "tiktok_openapi")
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        slow = [f"--deselect={test}" for test in self.group.slow]
        settings = {
            "source_paths": list(PACKAGES),
            "only_mutate": list(self.group.mutate),
            "also_copy": ["tests", "codegen", "spec", "generated", "docs", "examples", "pyproject.toml"],
            "pytest_add_cli_args_test_selection": list(self.group.tests),
            "pytest_add_cli_args": [*QUICKLY, *slow],
            "use_git_change_detection": False,
            "timeout_multiplier": 8.0,
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        (self.place / "pyproject.toml").write_text(
            "\n".join([text, "[tool.mutmut]", *lines, ""]), encoding="utf-8"
        )

    def renew(self) -> None:
        """Code and tests as they are now. mutmut keeps what it knows of functions that did not change."""
        if not (self.place / "mutants").is_dir():
            raise DidNotRun("there is no run to go on from")
        for name, source in PACKAGES.items():
            for path in source.rglob("*"):
                inside = Path(name) / path.relative_to(source)
                if path.is_dir() or "__pycache__" in path.parts:
                    continue
                if not (self.place / inside).exists() or not filecmp.cmp(path, self.place / inside, False):
                    targets = (inside,) if path.suffix == ".py" else (inside, "mutants" / inside)
                    for target in targets:
                        (self.place / target).parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(path, self.place / target)
        self.renew_tests()

    def renew_tests(self) -> None:
        """The tests as they are now."""
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "media")
        shutil.rmtree(self.place / "tests", ignore_errors=True)
        shutil.copytree(ROOT / "tests", self.place / "tests", ignore=ignored)

    def mutmut(self, *arguments: str, show: bool = False) -> str:
        """What one command of mutmut prints."""
        running = subprocess.Popen(
            [str(Path(sys.executable).parent / "mutmut"), *arguments],
            cwd=self.place,
            text=True,
            stdout=None if show else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            printed, _ = running.communicate(timeout=MINUTES * 60)
        except BaseException as problem:
            os.killpg(running.pid, signal.SIGKILL)
            if isinstance(problem, subprocess.TimeoutExpired):
                raise DidNotRun(f"it was not over after {MINUTES} minutes") from None
            raise
        if running.returncode:
            raise DidNotRun(f"mutmut said:\n{(printed or '')[-3000:]}")
        return printed or ""

    def results(self) -> dict[str, str]:
        """Mutant → what became of it."""
        told = self.mutmut("results", "--all", "true")
        return dict(re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", told, re.MULTILINE))

    def changes(self) -> dict[str, str]:
        """Mutant → the lines that it changes. mutmut can tell too, in seconds for each."""
        found: dict[str, str] = {}
        for path in self.group.mutate:
            text = (self.place / "mutants" / path).read_text(encoding="utf-8")
            lines = text.splitlines()
            bodies = {
                node.name: [
                    line.strip().replace(node.name, "") for line in lines[node.lineno - 1 : node.end_lineno]
                ]
                for node in ast.walk(ast.parse(text))
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "__mutmut_" in node.name
            }
            for name, body in bodies.items():
                original = bodies[re.sub(r"\d+$", "orig", name)] if not name.endswith("orig") else body
                changed = difflib.ndiff(original, body)
                found[f"{_module(path)}.{name}"] = " | ".join(
                    line for line in changed if line[:2] in ("- ", "+ ")
                )
        return found


def in_words(mutant: str, change: str) -> str:
    """A mutant by what it changes where. mutmut's numbers move when the function changes."""
    function = mutant.rpartition("__mutmut_")[0]
    return f"{function.replace('.xǁ', '.').replace('.x_', '.').replace('ǁ', '.')}: {change}"


def looked_at() -> frozenset[str]:
    """The mutants that may live."""
    listed = cast("list[dict[str, object]]", yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")))
    return frozenset(
        f"{function}: {change}"
        for entry in listed
        for function, changes in cast("dict[str, list[str]]", entry["mutants"]).items()
        for change in changes
    )


def verdict(name: str, children: int, *, show: bool, again: bool) -> str:
    """Whether enough of a group died, in words."""
    try:
        enough = judge(name, children, show=show, again=again)
    except DidNotRun as problem:
        print(f"  {name}: did not run: {problem}", flush=True)
        return "did not run"
    return "enough" if enough else f"less than {LEAST:.0%}"


def judge(name: str, children: int, *, show: bool, again: bool) -> bool:
    """Mutate a group; whether enough died."""
    copy, began = Copy(name), (time.monotonic(), _processor())
    if again:
        copy.renew()
    else:
        copy.prepare()
    copy.mutmut("run", "--max-children", str(children), show=show)
    if again and (only := sorted(one for one, kind in copy.results().items() if kind not in KILLED)):
        copy.mutmut("run", "--max-children", str(children), *only, show=show)
    found = copy.results()
    missing = sorted(one for one, kind in found.items() if kind not in KILLED + LIVING)
    if not found or missing:
        raise DidNotRun(f"{len(found)} mutants, of which {len(missing)} were not tried: {missing[:3]}")
    report(name, found, copy.changes(), (time.monotonic() - began[0], _processor() - began[1]))
    return sum(kind in KILLED for kind in found.values()) >= LEAST * len(found)


def _processor() -> float:
    """Seconds that processes started here have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(
    name: str, found: Mapping[str, str], changes: Mapping[str, str], seconds: tuple[float, float]
) -> None:
    """One line of the table, and the survivors that nobody has looked at."""
    known = looked_at()
    living = {
        one: in_words(one, changes.get(one, "")) for one, kind in sorted(found.items()) if kind not in KILLED
    }
    listed = [one for one, what in living.items() if what in known]
    killed = len(found) - len(living)
    share, among_others = killed / len(found), killed / max(1, len(found) - len(listed))
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(found.values()).items()))
    print(
        f"  {name:<8} {len(found):>5} mutants  {share:>6.1%} killed  ({among_others:.1%} without the "
        f"{len(listed)} listed)  {seconds[0] / 60:>4.1f} min, {seconds[1] / 60:.1f} of a core  {kinds}",
        flush=True,
    )
    for mutant, what in living.items():
        if what not in known:
            print(f"    not looked at: {mutant}\n      {what[:300]}")
    modules = tuple(f"{_module(path)}." for path in GROUPS[name].mutate)
    for what in sorted(one for one in known.difference(living.values()) if one.startswith(modules)):
        print(f"    listed, but survives no more: {what[:300]}")


def main() -> int:
    """Judge the groups that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], help="which; all when none is named")
    parser.add_argument("--children", type=int, default=2, help="processes at once")
    parser.add_argument("--show", action="store_true", help="let mutmut tell how it goes")
    parser.add_argument(
        "--again", action="store_true", help="only what changed since the last run, or survived it"
    )
    options = parser.parse_args()
    verdicts = {
        name: verdict(name, options.children, show=options.show, again=options.again)
        for name in options.groups or GROUPS
    }
    wrong = {name: said for name, said in verdicts.items() if said != "enough"}
    print("; ".join(f"{name}: {said}" for name, said in wrong.items()) or "every group: enough are killed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
