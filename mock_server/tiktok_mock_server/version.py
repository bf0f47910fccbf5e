"""Which version this is, as in `pyproject.toml`; a test compares the two.

Asking `importlib.metadata` would be a tenth of the mock's start.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
