"""A TikTok that runs on your machine: `tiktok-mock serve`, or in process with `MockTikTok`.

Names are imported when they are touched, so that `import tiktok_mock_server` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .app import create_app
    from .mock import MockTikTok
    from .switches import Switches
    from .world import Account, App, World

__all__ = ["Account", "App", "MockTikTok", "Switches", "World", "create_app"]

_HOMES = {
    "Account": ".world",
    "App": ".world",
    "MockTikTok": ".mock",
    "Switches": ".switches",
    "World": ".world",
    "create_app": ".app",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
