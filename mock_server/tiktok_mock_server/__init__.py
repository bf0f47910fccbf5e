"""A TikTok that runs on your machine: `tiktok-mock serve`, or in process with `MockTikTok`.

Names are imported when they are touched, so that `import tiktok_mock_server` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
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


_EXTRA = ("jsonschema_rs", "starlette", "uvicorn", "jinja2")
"""What `tiktok-openapi[mock]` brings, and the mock imports when it first needs it."""


def check_extra() -> None:
    """See that the extra is installed, before a request is half-way. Raises ModuleNotFoundError."""
    for name in _EXTRA:
        if find_spec(name) is None:
            raise ModuleNotFoundError(
                f'{name} is not installed; pip install "tiktok-openapi[mock]"', name=name
            )


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    check_extra()
    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
