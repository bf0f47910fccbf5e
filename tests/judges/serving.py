"""What the judges share: a mock in its own process, calls of its `/_mock/` API, and a table of verdicts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
BUNDLE = ROOT / "generated" / "tiktok_openapi" / "openapi.json"
OUTSIDE = Path(__file__).resolve().parent / "outside"
WORK = ROOT / ".work"
NODE = WORK / "node"
KEY, SECRET = "mock_client_key", "mock_client_secret"


@dataclass
class Verdict:
    """What one judge said."""

    judge: str
    passed: bool
    detail: str
    output: str = ""


def ask(url: str, body: object = None, **headers: str) -> Any:
    """A call without a client: GET without a body, POST with one."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        return json.load(answer)


@contextmanager
def mock(*options: str) -> Generator[str]:
    """`tiktok-mock serve` on a port of its own; its address."""
    command = [
        sys.executable,
        "-m",
        "tiktok_mock_server",
        "serve",
        "--port",
        "0",
        "--log-level",
        "error",
        *options,
    ]
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]


@contextmanager
def running(command: Sequence[str], **options: Any) -> Generator[subprocess.Popen[str]]:
    """A process that ends with the block."""
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[str], seconds: float = 40.0) -> None:
    """Until somebody listens there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port} after {seconds:g} s")


def run(
    command: Sequence[str], seconds: float = 240.0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A command with its output; what it says on stderr comes last."""
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=WORK,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


def report(verdicts: Sequence[Verdict]) -> int:
    """Print the table; 0 when everybody is content."""
    for verdict in verdicts:
        if not verdict.passed and verdict.output:
            print(f"\n--- {verdict.judge}\n{verdict.output[-6000:]}")
    width = max(len(verdict.judge) for verdict in verdicts)
    print()
    for verdict in verdicts:
        print(f"  {'ok  ' if verdict.passed else 'FAIL'}  {verdict.judge:<{width}}  {verdict.detail}")
    return 0 if all(verdict.passed for verdict in verdicts) else 1
