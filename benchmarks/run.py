"""Run all benchmarks one after the other and print one table: goals, figures, verdicts.

`python -m benchmarks.run [--full] [--only upload,calls] [--details]`
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from collections.abc import Callable

from benchmarks.harness import Measured, Report, machine, show, table

ALL = ("upload", "calls", "decode", "imports", "generator", "mock", "scale")
LONG = (*ALL, "suite")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of the goals, more rounds, the suite")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(LONG)}")
    parser.add_argument("--details", action="store_true", help="every figure, not only those with a goal")
    given = parser.parse_args()
    wanted = given.only.split(",") if given.only else (LONG if given.full else ALL)
    began = time.perf_counter()
    reports: list[Report] = []
    failed: list[str] = []
    for name in wanted:
        print(f"{name} …", end=" ", flush=True, file=sys.stderr)
        started = time.perf_counter()
        try:
            measure: Callable[[bool], Report] = importlib.import_module(f"benchmarks.{name}").measure
            report = measure(given.full)
        except Exception:  # noqa: BLE001 - one that fails must not take the others with it
            traceback.print_exc()
            failed.append(name)
            continue
        report.save(full=given.full)
        reports.append(report)
        print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
        if given.details:
            show(report)
    rows: list[Measured] = []
    for report in reports:
        number = report.title.partition(".")[0]
        rows += [
            Measured(f"{number} {row.what}", row.values, row.unit, row.most, row.least, row.worst)
            for row in report.rows
            if row.met is not None
        ]
    about = machine()
    print(f"\nPython {about['python']}, {about['system']}, {about['cores']} cores; ratios are paired\n")
    print(table(rows, goals_only=True))
    met = sum(row.met is True for row in rows)
    print(f"\n{met} of {len(rows)} goals met, in {time.perf_counter() - began:.0f} s")
    for name in failed:
        print(f"not measured: {name}, see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
