"""A mock TikTok in a process of its own, as a user would start it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    command = [sys.executable, "-m", "tiktok_mock_server", "serve", "--port", "0", "--auto-approve"]
    command += ["--verified-domain", "media.example.test"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["url"]
        server.terminate()


@pytest.fixture(scope="session")
def clip() -> Path:
    return ROOT / "examples" / "media" / "hello.mp4"
