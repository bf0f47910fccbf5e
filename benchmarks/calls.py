"""Goal 2: small calls, sync and async, against plain httpx; and what a client costs to make.

`python -m benchmarks.calls [--full]`
"""

from __future__ import annotations

import json

from benchmarks.harness import Report, main, python, ratios, server


def measure(full: bool) -> Report:
    rounds, block = (41, 300) if full else (15, 200)
    report = Report("calls", f"2. Calls: CPU per call, {rounds} rounds of {block}")
    options = ["--rounds", str(rounds), "--block", str(block)]
    for kind in ("sync", "async"):
        with server("-m", "benchmarks.sink") as (line, _):
            ran = python("-m", "benchmarks.callers", kind, "--url", line["url"], *options)
        found: dict[str, list[float]] = json.loads(ran.output)
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
