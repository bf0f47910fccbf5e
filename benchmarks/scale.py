"""Goal 7: 500 posts at once in one async process against the mock, 10,000 accounts held by one client.

`python -m benchmarks.scale [--full]`
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.harness import MIB, Report, main, python, server
from benchmarks.upload import video

COUNT = 500


def measure(full: bool) -> Report:
    rounds = 5 if full else 1
    report = Report("scale", f"7. Scale: {COUNT} posts at once, 10,000 accounts, {rounds} rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens = folder / "tokens"
        small = video(folder / "small.mp4", 64 * 1024)
        large = video(folder / "large.mp4", 4 * MIB)
        for path, words, buffer in ((small, "64 KiB", 64), (large, "4 MiB", 1024)):
            runs: list[dict[str, float]] = []
            for _ in range(rounds):
                with server("-m", "benchmarks.mocked", "--accounts", str(COUNT), "--tokens", str(tokens)) as (
                    line,
                    _,
                ):
                    options = ["--url", line["url"], "--video", str(path), "--tokens", str(tokens)]
                    ran = python("-m", "benchmarks.crowd", "posts", "--count", str(COUNT), *options)
                    runs.append(json.loads(ran.output))
            what = f"{COUNT} posts of {words} at once"
            most = 100 + buffer
            report.add(
                f"{what}: memory of each", [run["kb_each"] for run in runs], "KB", most=most, worst=True
            )
            grown = [run["grown_mb"] for run in runs]
            left = [run["grown_objects"] for run in runs]
            report.add(f"{what}: objects that each leaves behind", left, "", most=3)
            report.add(f"{what}: memory from the first to the third time", grown, "MB")
            report.add(f"{what}: most in flight", [run["in_flight"] for run in runs], "")
            report.add(f"{what}: time", [run["seconds"] for run in runs], "s")
    held = [
        json.loads(python("-m", "benchmarks.crowd", "accounts", "--count", "10000").output) for _ in range(3)
    ]
    report.add("10,000 accounts: memory of each", [run["kb_each"] for run in held], "KB")
    report.add("10,000 accounts: to get one", [run["us_each"] for run in held], "us")
    report.notes.append("what a post leaves behind are the times that rate limits remember for a minute")
    report.notes.append("the memory goal is 100 KB and one read buffer of at most 1 MiB for each post")
    return report


if __name__ == "__main__":
    main(measure)
