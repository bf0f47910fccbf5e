"""Mutation testing with mutmut: `make mutation`, or `python -m tests.mutation.run facade` for one group.

A copy of the tree is mutated, in `.work/mutation`, with the packages side by side as they are installed. Of
each group nine mutants of ten must be killed by the tests named for it. Survivors are printed; those that
were looked at stand in `survivors.yaml` with the reason why they may live.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent.parent
WORK = ROOT / ".work" / "mutation"
LEAST = 0.90
PACKAGES = {
    "tiktok_openapi": ROOT / "generated" / "tiktok_openapi",
    "tiktok_api_client": ROOT / "facade" / "tiktok_api_client",
    "tiktok_mock_server": ROOT / "mock_server" / "tiktok_mock_server",
}


@dataclass(frozen=True)
class Group:
    """What is mutated together, and which tests must notice."""

    mutate: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "facade": Group(
        tuple(
            f"tiktok_api_client/{name}.py"
            for name in ("plan", "pkce", "callback", "schedule", "webhooks", "ranges")
        ),
        (
            *(f"tests/facade/test_{name}.py" for name in ("plan", "pkce", "callback", "schedule")),
            *(f"tests/facade/test_{name}.py" for name in ("webhooks", "ranges", "login")),
            *("tests/traps/test_client_traps.py", "tests/mutation/test_complaints.py"),
        ),
    ),
    "refresh": Group(
        ("tiktok_api_client/_keeper.py",),
        (
            *("tests/facade/test_keeper.py", "tests/facade/test_client.py"),
            "tests/mutation/test_tokens_noticed.py",
        ),
    ),
    "decode": Group(
        ("tiktok_openapi/_runtime/model.py",),
        ("tests/bindings", "tests/contract/test_bindings_contract.py"),
    ),
    "rules": Group(
        ("tiktok_mock_server/rules/*",),
        (
            *(f"tests/mock/test_mock_{name}.py" for name in ("traps", "codes", "oauth", "publish")),
            *(f"tests/mock/test_mock_{name}.py" for name in ("pull", "qr", "status", "upload", "display")),
        ),
    ),
}


def prepare(group: Group) -> None:
    """The copy, and mutmut's settings in it."""
    shutil.rmtree(WORK, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "media")
    for name, source in PACKAGES.items():
        shutil.copytree(source, WORK / name, ignore=ignored)
    for name in ("tests", "codegen", "spec", "docs", "examples"):
        shutil.copytree(ROOT / name, WORK / name, ignore=ignored)
    (WORK / "generated").mkdir()
    (WORK / "generated" / "tiktok_openapi").symlink_to(WORK / "tiktok_openapi")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    settings = {
        "source_paths": list(PACKAGES),
        "only_mutate": list(group.mutate),
        "also_copy": ["tests", "codegen", "spec", "generated", "docs", "examples", "pyproject.toml"],
        "pytest_add_cli_args_test_selection": list(group.tests),
        "pytest_add_cli_args": ["-x", "-W", "default", "-p", "no:randomly"],
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    (WORK / "pyproject.toml").write_text("\n".join([text, "[tool.mutmut]", *lines, ""]), encoding="utf-8")


def results() -> dict[str, str]:
    """Mutant → what became of it."""
    done = mutmut("results", "--all", "true")
    return dict(re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", done.stdout, re.MULTILINE))


def mutmut(*arguments: str, show: bool = False) -> subprocess.CompletedProcess[str]:
    """One command of mutmut, in the copy."""
    command = [str(Path(sys.executable).parent / "mutmut"), *arguments]
    return subprocess.run(command, cwd=WORK, text=True, capture_output=not show, check=False)


def judge(name: str, children: int, *, show: bool) -> bool:
    """Mutate a group; whether enough died."""
    prepare(GROUPS[name])
    done = mutmut("run", "--max-children", str(children), show=show)
    found = results()
    if not found:
        print(f"  {name}: mutmut did not run\n{(done.stdout or '')[-3000:]}{(done.stderr or '')[-3000:]}")
        return False
    accepted: dict[str, str] = yaml.safe_load((Path(__file__).parent / "survivors.yaml").read_text()) or {}
    count = Counter(found.values())
    tried = sum(number for kind, number in count.items() if kind not in ("skipped", "not checked"))
    living = sorted(one for one, kind in found.items() if kind in ("survived", "no tests", "suspicious"))
    killed = tried - len(living)
    print(f"  {name:<8} {tried:>5} mutants, {killed / max(1, tried):.1%} killed ({dict(count)})")
    for mutant in living:
        reason = accepted.get(mutant)
        changed = [line for line in mutmut("show", mutant).stdout.splitlines() if line[:1] in "+-"]
        shown = " | ".join(line for line in changed if not line.startswith(("+++", "---")))
        print(f"    {mutant}: {reason or 'not looked at yet'}\n      {shown[:200]}")
    return killed >= LEAST * tried


def main() -> int:
    """Judge the groups that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], help="which; all when none is named")
    parser.add_argument("--children", type=int, default=2, help="processes at once")
    parser.add_argument("--show", action="store_true", help="let mutmut tell how it goes")
    options = parser.parse_args()
    verdicts = [judge(name, options.children, show=options.show) for name in options.groups or GROUPS]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
