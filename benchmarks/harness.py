"""What all benchmarks share: processes and their cost, interleaved rounds, goals, tables, kept results."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
OURS = [ROOT / "generated", ROOT / "facade", ROOT / "mock_server"]
DOCUMENTED = ROOT / ".venv-bench" / "documented"
"""Where the documented client is installed: its import name is that of our facade."""
sys.path += [str(folder) for folder in OURS if str(folder) not in sys.path]
MIB = 1024 * 1024


@dataclass
class Measured:
    """One quantity, measured once per round."""

    what: str
    values: list[float]
    unit: str = "x"
    """`x` for a ratio, paired within a round."""
    most: float | None = None
    """The goal, where there is one: at most this."""
    least: float | None = None
    """The goal, where there is one: at least this."""
    worst: bool = False
    """Whether the worst round is judged rather than the median."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def judged(self) -> float:
        """The figure that the goal is about."""
        if self.worst:
            return max(self.values) if self.least is None else min(self.values)
        return self.median

    @property
    def goal(self) -> str:
        if self.most is not None:
            return f"<= {self.most:g}"
        return f">= {self.least:g}" if self.least is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.most is not None:
            return self.judged <= self.most
        return self.judged >= self.least if self.least is not None else None


@dataclass
class Report:
    """What one benchmark found."""

    name: str
    title: str
    rows: list[Measured] = field(default_factory=list[Measured])
    notes: list[str] = field(default_factory=list[str])

    def add(
        self,
        what: str,
        values: Sequence[float],
        unit: str = "x",
        *,
        most: float | None = None,
        least: float | None = None,
        worst: bool = False,
    ) -> None:
        """Keep one quantity."""
        self.rows.append(Measured(what, list(values), unit, most, least, worst))

    def save(self, *, full: bool) -> None:
        """Write the results to `benchmarks/results/`."""
        RESULTS.mkdir(exist_ok=True)
        kept = {
            "title": self.title,
            "full": full,
            "date": time.strftime("%Y-%m-%d"),
            "machine": machine(),
            "rows": [
                {
                    "what": row.what,
                    "unit": row.unit,
                    "median": _short(row.median),
                    "min": _short(min(row.values)),
                    "max": _short(max(row.values)),
                    "values": [_short(value) for value in row.values],
                    **({"goal": row.goal, "met": row.met} if row.met is not None else {}),
                }
                for row in self.rows
            ],
            "notes": self.notes,
        }
        text = json.dumps(kept, indent=1, ensure_ascii=False)
        (RESULTS / f"{self.name}.json").write_text(_one_line_lists(text) + "\n", encoding="utf-8")


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _one_line_lists(text: str) -> str:
    """Lists of numbers on one line: a result file stays short enough to read."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        stripped = line.strip()
        if inside:
            lines[-1] += stripped + (" " if stripped.endswith(",") else "")
            inside = not stripped.startswith("]")
        else:
            lines.append(line)
            inside = stripped == '"values": ['
    return "\n".join(lines)


def machine() -> dict[str, object]:
    """The machine and the versions that a result belongs to."""
    packages: dict[str, str] = {}
    for name in (
        "httpx",
        "httpcore",
        "attrs",
        "anyio",
        "starlette",
        "uvicorn",
        "requests",
        "cattrs",
        "msgspec",
    ):
        with suppress(PackageNotFoundError):
            packages[name] = version(name)
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "packages": packages,
    }


def table(rows: Sequence[Measured], *, goals_only: bool = False) -> str:
    """A table of median, minimum, maximum, goal."""
    shown = [row for row in rows if row.met is not None or not goals_only]
    if not shown:
        return ""
    width = max(len(row.what) for row in shown)
    lines = [f"{'':{width}}  {'median':>9} {'min':>9} {'max':>9}  {'unit':6} {'goal':>10}"]
    for row in shown:
        verdict = "" if row.met is None else ("  met" if row.met else "  MISSED")
        if row.worst and row.met is not None:
            verdict += " (worst round)"
        figures = f"{_figure(row.median):>9} {_figure(min(row.values)):>9} {_figure(max(row.values)):>9}"
        lines.append(f"{row.what:{width}}  {figures}  {row.unit:6} {row.goal:>10}{verdict}")
    return "\n".join(lines)


def _figure(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"


def main(measure: Callable[[bool], Report]) -> None:
    """Run one benchmark by itself: `--full` takes longer and means more."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="the sizes of the goals, more rounds")
    full: bool = parser.parse_args().full
    report = measure(full)
    show(report)
    report.save(full=full)


def show(report: Report) -> None:
    """Print everything a benchmark found."""
    print(f"\n{report.title}\n{table(report.rows)}")
    for note in report.notes:
        print(f"  {note}")


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Paired by round."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def interleaved(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Every contestant once per round, the order reversed in every other one."""
    found: dict[str, list[T]] = {name: [] for name in contestants}
    for number in range(rounds):
        names = list(contestants)
        for name in names if number % 2 == 0 else reversed(names):
            found[name].append(contestants[name]())
    return found


@dataclass
class Ran:
    """A process that ended."""

    output: str
    seconds: float
    cpu: float
    """User and system time of the whole process and of the children it waited for."""


def environment(*, ours: bool = True, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a measured process: our folders, or the documented client's, come first."""
    path = [str(folder) for folder in OURS] if ours else [str(DOCUMENTED)]
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TIKTOK_"))
    }
    return {**inherited, "PYTHONPATH": os.pathsep.join([*path, str(ROOT)]), **(extra or {})}


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> Ran:
    """Run a process to its end and say what it cost.

    Raises:
        RuntimeError: it failed; the message is what it wrote.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=env or environment(), cwd=cwd
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read().decode("utf-8", "replace")
        if process.returncode:
            err.seek(0)
            said = err.read().decode("utf-8", "replace")
            raise RuntimeError(f"{' '.join(command[:6])} ended with {process.returncode}:\n{said[-2000:]}")
    return Ran(output, seconds, usage.ru_utime + usage.ru_stime)


def python(*arguments: str) -> Ran:
    """Run a module or script of ours in a fresh interpreter."""
    return run([sys.executable, *arguments])


@contextmanager
def server(*arguments: str) -> Generator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """A server in a process of its own, and the JSON line with which it begins."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd=ROOT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{' '.join(arguments)} did not start")
            yield json.loads(line), process
        finally:
            process.terminate()
            process.wait()


def resident_mb(pid: int | str = "self", what: str = "VmRSS") -> float:
    """Resident memory of a process now, or (`VmHWM`) at its peak. Linux only."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {what} for {pid}")


def forget_peak() -> None:
    """Let the peak of this process begin anew from what it holds now. Linux only."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def cpu_of(pid: int) -> float:
    """CPU seconds that a running process has used. Linux only: the clock of a process, by its number."""
    return time.clock_gettime((~pid << 3) | 2)
