"""`make offline` takes the network away, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.offline import way_out_of_the_network

ROOT = Path(__file__).resolve().parent.parent

INSIDE = """
import errno, socket, pytest

def test_nobody_else_can_be_reached():
    with pytest.raises(OSError) as failed:
        socket.create_connection(("192.0.2.1", 443), timeout=5)
    assert failed.value.errno == errno.ENETUNREACH

def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()

@pytest.mark.registry
def test_what_asks_a_registry():
    raise AssertionError("this needs the network")
"""


@pytest.mark.once
@pytest.mark.skipif(way_out_of_the_network() is None, reason="needs root or user namespaces")
def test_without_a_network_loopback_is_left_and_what_asks_a_registry_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    registry\n", encoding="utf-8")
    (tmp_path / "test_inside.py").write_text(INSIDE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.offline", "-n", "0", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the network is gone" in done.stdout
    assert "2 passed, 1 deselected" in done.stdout
