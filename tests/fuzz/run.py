"""`make fuzz`: every target for as long as it is told, with changed seeds.

Each target runs in a process of its own. An input that makes it fail is kept in `crashes/<target>/`, where
the suite finds it.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import CRASHES, ROOT, TARGETS


def keep(name: str, data: bytes) -> Path:
    """Write down an input that failed."""
    path = CRASHES / name / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def fuzz(name: str, seconds: float) -> int:
    """Feed one target for so long."""
    target, random = TARGETS[name], Random(name)
    seeds = target.seeds()
    end, runs = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = mutated(random.choice(seeds), seeds, random)
        try:
            target.feed(data)
        except Exception:
            print(f"kept as {keep(name, data)}", flush=True)
            raise
        runs += 1
    print(f"inputs: {runs}")
    return 0


def main() -> int:
    """Run the targets, one after the other, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long, for each target")
    parser.add_argument("--only", choices=TARGETS, help="one target, in this process")
    options = parser.parse_args()
    if options.only:
        return fuzz(options.only, options.seconds)
    failed = False
    print(f"  {'target':<16} {'inputs':>9}")
    for name in TARGETS:
        command = [sys.executable, "-m", "tests.fuzz.run", "--only", name]
        command += ["--seconds", str(options.seconds)]
        limit = options.seconds + 60
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=limit)
        said = done.stdout + done.stderr
        runs = re.search(r"inputs: (\d+)", said)
        crashed = done.returncode != 0
        failed |= crashed
        print(
            f"  {name:<16} {runs.group(1) if runs else '?':>9}  {'FAILED' if crashed else 'ok'}", flush=True
        )
        if crashed:
            print(said[-3000:])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
