"""Settings for the whole suite."""

from __future__ import annotations

import signal

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
