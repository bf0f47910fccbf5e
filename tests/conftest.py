"""Settings for the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A busy machine is no failure: no example has to be quick.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
