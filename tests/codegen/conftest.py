"""The fixture that generates bindings for descriptions written inline."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen.inline import Generator


@pytest.fixture
def generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator:
    """Generate bindings for a description."""

    def prepend(path: str) -> None:
        # pytest gives its parameter no type.
        monkeypatch.syspath_prepend(path)  # pyright: ignore[reportUnknownMemberType]

    return Generator(tmp_path, prepend)
