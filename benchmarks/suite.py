"""Goal 8: how long `make test` takes, and where the time goes.

`python -m benchmarks.suite`
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.harness import ROOT, Report, main

PYTHON = ROOT / ".venv" / "bin" / "python"


def measure(full: bool) -> Report:  # noqa: ARG001 - one suite, however full the run
    report = Report("suite", "8. The test suite")
    if not PYTHON.exists():
        report.notes.append("not measured: `make test` has not made its environment yet")
        return report
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.xml"
        command = [str(PYTHON), "-m", "pytest", "-n", "auto", f"--junitxml={log}"]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        began = time.perf_counter()
        run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        spent = time.perf_counter() - began
        root = ElementTree.parse(log).getroot()
    report.add("make test", [spent / 60], "min", most=5)
    cases = list(root.iter("testcase"))
    files: dict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for case in cases:
        name = ".".join((case.get("classname") or "").split(".")[:3])
        files[name] += float(case.get("time") or 0)
        counts[name] += 1
    report.add("tests", [len(cases)], "")
    for name, seconds in sorted(files.items(), key=lambda item: -item[1])[:12]:
        report.add(f"{name} ({counts[name]} tests)", [seconds], "s")
    if run.returncode:
        report.notes.append(f"pytest ended with {run.returncode}: {run.stdout.strip().splitlines()[-1]}")
    report.notes.append("seconds of the files are summed over the processes that ran them")
    return report


if __name__ == "__main__":
    main(measure)
