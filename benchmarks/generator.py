"""Goal 5: the generator, as a whole process, against openapi-python-client on the same bundle.

`python -m benchmarks.generator [--full]`
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.decode import their_bindings
from benchmarks.harness import Ran, Report, interleaved, main, ratios, run


def measure(full: bool) -> Report:
    rounds = 15 if full else 5
    report = Report("generator", f"5. Generator: CPU of whole processes, {rounds} rounds")
    ours = [sys.executable, "-m", "codegen", "--spec", "spec"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contestants: dict[str, Callable[[], Ran]] = {
            "generate": lambda: run([*ours, "generate", "--out", str(folder / "ours")]),
            "--check": lambda: run([*ours, "--check", "--out", str(folder / "ours")]),
            "openapi-python-client": lambda: their_bindings(folder),
        }
        for call in contestants.values():
            call()
        found = interleaved(contestants, rounds)
        sizes = {
            name: sum(path.read_bytes().count(b"\n") for path in (folder / name).rglob("*.py"))
            for name in ("ours", "theirs")
        }
    theirs = found["openapi-python-client"]
    for command in ("generate", "--check"):
        spent = [ran.cpu for ran in found[command]]
        beside = [ran.cpu for ran in theirs]
        report.add(f"{command}, over openapi-python-client", ratios(spent, beside), most=0.4)
        taken = ratios([ran.seconds for ran in found[command]], [ran.seconds for ran in theirs])
        report.add(f"{command}, the same in wall time", taken)
    for command, runs in found.items():
        report.add(command, [ran.cpu for ran in runs], "s")
        report.add(f"{command}, wall", [ran.seconds for ran in runs], "s")
    report.notes.append(
        f"ours writes {sizes['ours']:,} lines from the fragments, theirs "
        f"{sizes['theirs']:,} from the bundle; "
        "both format with ruff"
    )
    return report


if __name__ == "__main__":
    main(measure)
