"""One run of one pinned formatter over everything that was generated."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

_PINS: Final = Path(__file__).parent.parent / "requirements-dev.txt"


class WrongFormatter(Exception):
    """The formatter is missing or is not the pinned one."""


def pinned() -> str:
    """The version of ruff that requirements-dev.txt names."""
    found = re.search(r"^ruff==(\S+)", _PINS.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise WrongFormatter(f"{_PINS.name} pins no ruff")
    return found[1]


def _ruff() -> str:
    """The ruff beside this interpreter, checked against the pin."""
    wanted = pinned()
    beside = Path(sysconfig.get_path("scripts")) / ("ruff.exe" if sys.platform == "win32" else "ruff")
    program = str(beside) if beside.exists() else "ruff"
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        said = "none"
    version = said.strip().removeprefix("ruff ").split(" ")[0]
    if version != wanted:
        raise WrongFormatter(
            f"ruff {wanted} is needed to format the bindings, found {version}; "
            f"run `pip install ruff=={wanted}` or `pip install -r {_PINS.name}`"
        )
    return program


def formatted(files: dict[str, str]) -> dict[str, str]:
    """The same files, Python ones formatted."""
    program = _ruff()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        python = {path: text for path, text in files.items() if path.endswith(".py")}
        for path, text in python.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        run = subprocess.run(
            [
                program,
                "format",
                "--isolated",
                "--no-cache",
                "--line-length",
                "110",
                "--target-version",
                "py310",
                ".",
            ],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise AssertionError(f"the generated text is not Python:\n{run.stderr}")
        return {
            path: (root / path).read_text(encoding="utf-8") if path in python else text
            for path, text in files.items()
        }
