"""The example of a project that is not ours, in an environment with the wheel and nothing of this tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "downstream"


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON", "COV"))
    }
    return subprocess.run(
        command, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True, timeout=600
    )


@pytest.mark.slow
@pytest.mark.registry
def test_its_tests_run_from_the_wheel(tmp_path: Path) -> None:
    built = run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT), cwd=ROOT
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    project = shutil.copytree(EXAMPLE, tmp_path / "clipcaster")
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    done = run(python, "-m", "pip", "install", "-q", "-e", ".", f"{wheel}[mock]", "pytest", cwd=project)
    assert done.returncode == 0, done.stderr
    tests = run(python, "-m", "pytest", "-q", "--tiktok-coverage", "text", cwd=project)
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "6 passed" in tests.stdout
    assert "TikTok API coverage" in tests.stdout


def test_its_tests_run_here() -> None:
    done = run(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=EXAMPLE, PYTHONPATH=str(EXAMPLE)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


def steps_of_the_action() -> list[dict[str, Any]]:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    steps: list[dict[str, Any]] = action["runs"]["steps"]
    return steps


def in_action(tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's script as a runner would."""
    (step,) = steps_of_the_action()
    # Installing is what the wheel's test is about; here the mock is at hand already.
    script = "\n".join(line for line in step["run"].splitlines() if "pip install" not in line)
    for name in ("output", "env"):
        (tmp_path / name).touch()
    return run(
        "bash",
        "-c",
        script,
        cwd=tmp_path,
        RUNNER_TEMP=str(tmp_path),
        GITHUB_OUTPUT=str(tmp_path / "output"),
        GITHUB_ENV=str(tmp_path / "env"),
        **{"MOCK_RUN": "", "MOCK_OPTIONS": "", "MOCK_PYTHON": sys.executable, **inputs},
    )


def test_the_action_runs_a_command(tmp_path: Path) -> None:
    done = in_action(
        tmp_path,
        MOCK_RUN='curl -sf "$TIKTOK_BASE_URL/_mock/ready" && exit 4',
        MOCK_OPTIONS="--scenario spam-risk --auto-approve",
    )
    assert (done.returncode, done.stdout) == (4, '{"ready":true}\n'), done.stderr


def test_the_action_starts_a_mock_for_the_steps_that_follow(tmp_path: Path) -> None:
    import json
    import signal

    import httpx

    done = in_action(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    pid = json.loads((tmp_path / "tiktok-mock.json").read_text())["pid"]
    try:
        url = (tmp_path / "output").read_text().strip().removeprefix("url=")
        assert httpx.get(f"{url}/_mock/ready").json() == {"ready": True}
        assert f"TIKTOK_BASE_URL={url}" in (tmp_path / "env").read_text()
    finally:
        os.kill(pid, signal.SIGTERM)
