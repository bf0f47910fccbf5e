"""Goal 4: what an import costs, in fresh interpreters of an environment with our dependencies only.

`python -m benchmarks.imports [--full]`
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.harness import ROOT, Ran, Report, environment, interleaved, main, ratios, run

CLEAN = ROOT / ".venv-bench" / "clean"
"""An environment with attrs, httpx and python-dateutil only: other packages change what httpx imports."""

BARE, PARTS = "pass", "import attrs, httpx"
STATEMENTS = {
    "bare interpreter": BARE,
    "import attrs, httpx": PARTS,
    "import tiktok_openapi": "import tiktok_openapi",
    "from tiktok_openapi import Client": "from tiktok_openapi import Client",
    "import tiktok_api_client": "import tiktok_api_client",
    "from tiktok_api_client import TikTok": "from tiktok_api_client import TikTok",
    "from tiktok_api_client import AsyncTikTok": "from tiktok_api_client import AsyncTikTok",
}


def _interpreter() -> str:
    beside = CLEAN / "bin" / "python"
    return str(beside) if beside.exists() else sys.executable


def _fresh(statement: str, *, ours: bool = True, program: str) -> Ran:
    env = environment(ours=ours)
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return run([program, "-c", statement], env=env, cwd=Path(os.sep))


def modules(statement: str) -> set[str]:
    """What is in `sys.modules` after a statement, and was not before."""
    count = f"import sys; before = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - before))"
    return set(_fresh(count, program=_interpreter()).output.split())


def measure(full: bool) -> Report:
    rounds = 41 if full else 15
    report = Report("imports", f"4. Import: CPU of fresh processes, {rounds} rounds")
    program = _interpreter()
    contestants: dict[str, Callable[[], Ran]] = {
        name: partial(_fresh, statement, program=program) for name, statement in STATEMENTS.items()
    }
    contestants["documented client"] = lambda: _fresh(
        "from tiktok_api_client import TikTok", ours=False, program=sys.executable
    )
    for call in contestants.values():
        call()  # writes the byte-code
    found = interleaved(contestants, rounds)
    times = {name: [ran.cpu for ran in runs] for name, runs in found.items()}
    bare, parts = times["bare interpreter"], times[PARTS]
    report.add(
        "import tiktok_openapi, over a bare start", ratios(times["import tiktok_openapi"], bare), most=1.3
    )
    report.add("import tiktok_api_client, over a bare start", ratios(times["import tiktok_api_client"], bare))
    report.add(
        "from tiktok_api_client import TikTok, over import attrs, httpx",
        ratios(times["from tiktok_api_client import TikTok"], parts),
        most=1.1,
    )
    report.add(
        "from tiktok_api_client import AsyncTikTok, over the same",
        ratios(times["from tiktok_api_client import AsyncTikTok"], parts),
    )
    report.add(
        "from tiktok_openapi import Client, over the same",
        ratios(times["from tiktok_openapi import Client"], parts),
    )
    report.add("documented client, over the same", ratios(times["documented client"], parts))
    for name, values in times.items():
        report.add(name, [value * 1000 for value in values], "ms")
        report.add(f"{name}, wall", [ran.seconds * 1000 for ran in found[name]], "ms")
    for statement in ("import tiktok_openapi", "from tiktok_api_client import TikTok"):
        loaded = modules(statement)
        heavy = sorted(loaded & {"httpx", "attrs", "attr", "anyio", "dateutil", "ssl", "asyncio"})
        report.notes.append(
            f"{statement}: {len(loaded)} modules, among them {', '.join(heavy) or 'no third party'}"
        )
    if program == sys.executable:
        report.notes.append(
            "the clean environment is missing (`make bench` makes it): other packages weigh in"
        )
    return report


if __name__ == "__main__":
    main(measure)
