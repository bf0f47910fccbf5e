"""Run the suite on every supported Python that this machine has, each in an environment of its own.

`make test-versions` calls it. Tests marked `once` judge the source rather than run it (type checkers, drift):
one Python is enough for them, and `make test` is where they run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.10", "3.11", "3.12", "3.13")


def interpreters() -> dict[str, str]:
    """Version → a Python that really starts: one on the path, else one that pyenv keeps."""
    found: dict[str, str] = {}
    kept = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for version in SUPPORTED:
        on_path = shutil.which(f"python{version}")
        candidates = [on_path] if on_path else []
        candidates += [str(path / "bin" / "python") for path in sorted(kept.glob(f"{version}.*"))]
        for candidate in candidates:
            asked = subprocess.run(
                [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                capture_output=True,
                text=True,
                check=False,
            )
            if asked.returncode == 0 and asked.stdout.strip() == version:
                found[version] = candidate
                break
    return found


def run(version: str, python: str) -> bool:
    """Whether the suite passes on one Python."""
    here = ROOT / f".venv-{version}"
    if not (here / "bin" / "python").exists():
        subprocess.run([python, "-m", "venv", str(here)], check=True)
    own = str(here / "bin" / "python")
    pip = [own, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run(
        [
            *pip,
            "--editable",
            f"{ROOT}[mock,demo,media,tls]",
            "--requirement",
            str(ROOT / "requirements-dev.txt"),
        ],
        check=True,
    )
    tests = [own, "-m", "pytest", "-n", "auto", "-m", "not slow and not once"]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    found = interpreters()
    current = ".".join(map(str, sys.version_info[:2]))
    print(f"here: {', '.join(found)}; missing: {', '.join(v for v in SUPPORTED if v not in found) or 'none'}")
    results: dict[str, bool] = {}
    for version, python in found.items():
        if version == current:
            continue  # `make test` runs the whole suite on this one
        print(f"\n== Python {version}", flush=True)
        results[version] = run(version, python)
    for version, passed in results.items():
        print(f"Python {version}: {'passed' if passed else 'FAILED'}")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
