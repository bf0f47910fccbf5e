"""The rules, one module per area."""

from __future__ import annotations

from importlib import import_module

from ..rule import REGISTRY, Rule

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


def all_rules() -> list[Rule]:
    """Every rule, by name."""
    for area in _AREAS:  # so that every rule is declared
        import_module(f"{__name__}.{area}")
    return [REGISTRY[name] for name in sorted(REGISTRY)]
