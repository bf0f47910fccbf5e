"""The rules the mock follows, each with what it rests on.

A rule is declared beside the code that applies it, and named when that code refuses something. `tiktok-mock
rules` prints them all.
"""

from __future__ import annotations

from typing import Literal

import attrs

Mark = Literal["documented", "observed", "conflict", "unknown", "recommended"]


@attrs.frozen
class Rule:
    """Something TikTok does, as far as anybody knows."""

    id: str
    text: str
    mark: Mark
    source: str
    """The page, issue or note it comes from."""
    since: str = ""
    """The day from which it holds; empty when it always has, as far as is known."""
    switch: str = ""
    """The switch that changes it, if there is one."""

    @property
    def where(self) -> str:
        """`source`, with TikTok's pages as addresses that can be opened."""
        pages = self.source.replace("docs:", "https://developers.tiktok.com/docs/en/")
        return pages.replace("doc:", "https://developers.tiktok.com/doc/")


REGISTRY: dict[str, Rule] = {}


def rule(name: str, text: str, mark: Mark, source: str, *, since: str = "", switch: str = "") -> Rule:
    """Declare a rule; its name is its `id`."""
    if name in REGISTRY:
        raise ValueError(f"two rules are called {name!r}")
    made = REGISTRY[name] = Rule(name, text, mark, source, since, switch)
    return made
