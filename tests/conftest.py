"""Settings for the whole suite."""

from __future__ import annotations

import signal
import sys

import pytest
from hypothesis import settings

# A busy machine is no failure: no example has to be quick.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_configure() -> None:
    """Let Ctrl-C arrive: a shell that runs the suite in the background ignores it, and some tests send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish() -> None:
    """Write down what was measured, under `make coverage`: a worker that takes long to end is killed."""
    coverage = sys.modules.get("coverage")
    measuring = None if coverage is None else coverage.Coverage.current()
    if measuring is not None:
        measuring.save()
