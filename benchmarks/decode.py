"""Goal 3: decoding and encoding, against openapi-python-client's generated models, cattrs and msgspec.

`python -m benchmarks.decode [--full]`
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.harness import ROOT, Ran, Report, main, python, ratios, run

BUNDLE = ROOT / "generated" / "tiktok_openapi" / "openapi.json"


def their_bindings(folder: Path) -> Ran:
    """Generate the package `theirs` from our bundle, with openapi-python-client, in `folder`."""
    target = folder / "theirs"
    programs = Path(sys.executable).parent
    command = [str(programs / "openapi-python-client"), "generate", "--path", str(BUNDLE)]
    command += ["--output-path", str(target), "--overwrite", "--meta", "none"]
    return run(command, env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})


def measure(full: bool) -> Report:
    rounds = 41 if full else 15
    report = Report("decode", f"3. Decode and encode: CPU per body, {rounds} rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        their_bindings(folder)
        ran = python("-m", "benchmarks.decoders", "--theirs", str(folder), "--rounds", str(rounds))
    found: dict[str, dict[str, list[float]]] = json.loads(ran.output)
    encode = found.pop("encode")
    for body, times in found.items():
        fast = times["ours, bytes, fast"]
        report.add(
            f"{body}, from bytes: over openapi-python-client", ratios(fast, times["theirs, bytes"]), most=0.5
        )
        report.add(f"{body}, from bytes: over cattrs", ratios(fast, times["cattrs, bytes"]), most=1.0)
        report.add(
            f"{body}, from bytes, without msgspec: over openapi-python-client",
            ratios(times["ours, bytes"], times["theirs, bytes"]),
        )
        report.add(
            f"{body}, from parsed JSON: over openapi-python-client", ratios(times["ours"], times["theirs"])
        )
        report.add(f"{body}, from parsed JSON: over cattrs", ratios(times["ours"], times["cattrs"]), most=1.0)
        report.add(
            f"{body}, from parsed JSON: over cattrs without detailed validation",
            ratios(times["ours"], times["cattrs, hasty"]),
        )
        report.add(f"{body}, from parsed JSON: over msgspec.convert", ratios(times["ours"], times["msgspec"]))
        for who, values in times.items():
            report.add(f"{body}: {who}", [value * 1e6 for value in values], "us")
    report.add("encode: over openapi-python-client", ratios(encode["ours, fast"], encode["theirs"]), most=0.5)
    report.add(
        "encode, without msgspec: over openapi-python-client", ratios(encode["ours"], encode["theirs"])
    )
    report.add("encode: over cattrs", ratios(encode["ours, fast"], encode["cattrs"]))
    for who, values in encode.items():
        report.add(f"encode: {who}", [value * 1e6 for value in values], "us")
    report.notes.append(
        "ours parses and writes with msgspec (the extra `fast`) unless the row says without; the others with "
        "`json`, as they come. Ours checks every value and keeps the mapping; openapi-python-client does "
        "neither; cattrs checks enums and casts scalars"
    )
    report.notes.append(
        "encode: from the typed parts of a video init to the bytes of its body; ours checks every value"
    )
    return report


if __name__ == "__main__":
    main(measure)
