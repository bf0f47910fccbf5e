"""Goal 2: small calls, sync and async, against plain httpx; and what a client costs to make.

`python -m benchmarks.calls [--full]`
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks.harness import Report, interleaved, main, python, ratios, server


def _race(kind: str, url: str, rounds: int, block: int) -> dict[str, list[float]]:
    """CPU seconds per call of every contestant in every round; ours in one process, the others in another."""
    with ExitStack() as stack:
        asked: dict[str, Callable[[], float]] = {}
        for who in ("ours", "others"):
            arguments = ["-m", "benchmarks.callers", kind, who, "--url", url, "--block", str(block)]
            names, process = stack.enter_context(server(*arguments))
            for name in names:
                asked[name] = partial(_ask, process, name)
        for ask in asked.values():
            ask()
        return interleaved(asked, rounds)


def _ask(process: subprocess.Popen[str], name: str) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(name + "\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def measure(full: bool) -> Report:
    rounds, block = (41, 300) if full else (15, 200)
    report = Report("calls", f"2. Calls: CPU per call, {rounds} rounds of {block}")
    for kind in ("sync", "async"):
        with server("-m", "benchmarks.sink") as (line, _):
            found = _race(kind, line["url"], rounds, block)
        bare = found["httpx"]
        report.add(
            f"{kind}: facade (typed, checked, paced) over httpx .post().json()",
            ratios(found["facade"], bare),
            most=1.0,
        )
        report.add(f"{kind}: bindings alone, over the same", ratios(found["bindings"], bare))
        if kind == "sync":
            for name in ("requests", "requests, no session"):
                report.add(f"{kind}: {name}, over the same", ratios(found[name], bare))
            bare_creator = found["httpx, creator info"]
            for name in ("facade", "bindings"):
                values = ratios(found[f"{name}, creator info"], bare_creator)
                report.add(f"{kind}: {name}, creator info, over the same", values)
        for name, values in found.items():
            report.add(f"{kind}: {name}", [value * 1e6 for value in values], "us")
    makes = [json.loads(python("-m", "benchmarks.callers", "construction").output) for _ in range(5)]
    report.add("second and later clients", [ms for make in makes for ms in make["later"]], "ms", most=0.1)
    report.add("a facade, not yet used", [ms for make in makes for ms in make["facade"]], "ms")
    report.add("first client of a process", [ms for make in makes for ms in make["first"]], "ms")
    report.add("httpx.Client()", [ms for make in makes for ms in make["httpx"]], "ms")
    report.notes.append(
        "the facade takes its token from the store, counts the rate limit and may retry; "
        "the documented client calls as `requests, no session` does"
    )
    return report


if __name__ == "__main__":
    main(measure)
