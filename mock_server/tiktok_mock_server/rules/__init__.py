"""The rules, one module per area."""

from __future__ import annotations

from importlib import import_module

_AREAS = (
    "authorize",
    "creator_info",
    "display",
    "oauth",
    "publish",
    "pull",
    "qr",
    "rate_limits",
    "registration",
    "routing",
    "status",
    "tokens",
    "upload",
)


def load() -> None:
    """Import every area, so that every rule is declared."""
    for area in _AREAS:
        import_module(f"{__name__}.{area}")
