"""Every test here runs on a strict mock: an answer that is not as described fails it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mock.support import Player, without_media_checks
from tests.mock.wire import Wire
from tiktok_mock_server import MockTikTok


@pytest.fixture
def mock() -> Iterator[MockTikTok]:
    """The default world, its clock standing still, with one verified domain."""
    with MockTikTok(strict=True, verified_domains=("media.example.test",)) as made:
        without_media_checks(made)
        yield made
        assert made.engine.violations == []


@pytest.fixture(scope="session")
def wire() -> Iterator[Wire]:
    """A real server; `wire.to(mock)` lets a mock answer there."""
    made = Wire()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def player(mock: MockTikTok) -> Player:
    """Somebody who can do everything the default app may do."""
    return Player(mock).log_in()


@pytest.fixture
def public_mock() -> Iterator[MockTikTok]:
    """An audited app and a creator with a public account."""
    with MockTikTok(strict=True, audited=True, public=True, verified_domains=("media.example.test",)) as made:
        without_media_checks(made)
        yield made
        assert made.engine.violations == []


@pytest.fixture
def star(public_mock: MockTikTok) -> Player:
    """Somebody who can post publicly."""
    return Player(public_mock).log_in()
