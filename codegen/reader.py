"""Checked reading of nodes: the right kind of value, and no key that nobody understands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from .ir import Place
from .load import Node, Refusal

MARKS: Final = ("documented", "observed", "conflict", "unknown", "recommended")

# These say something to readers and may stand on any mapping.
REMARKS: Final = frozenset({"x-evidence", "x-source"})


def mapping(node: Node) -> dict[str, Node]:
    """The entries of a mapping."""
    if not isinstance(node.value, dict):
        raise Refusal(node.place, "must be a mapping")
    return node.value


def items(node: Node) -> list[Node]:
    """The members of a list."""
    if not isinstance(node.value, list):
        raise Refusal(node.place, "must be a list")
    return node.value


def text(node: Node) -> str:
    """A string."""
    if not isinstance(node.value, str):
        raise Refusal(node.place, f"must be text, is {_kind(node)}")
    return node.value


def flag(node: Node) -> bool:
    """True or false."""
    if not isinstance(node.value, bool):
        raise Refusal(node.place, f"must be true or false, is {_kind(node)}")
    return node.value


def integer(node: Node) -> int:
    """A whole number."""
    if not isinstance(node.value, int) or isinstance(node.value, bool):
        raise Refusal(node.place, f"must be a whole number, is {_kind(node)}")
    return node.value


def number(node: Node) -> int | float:
    """A number."""
    if (
        not isinstance(node.value, (int, float))
        or isinstance(node.value, bool)
        or abs(node.value) == math.inf
    ):
        raise Refusal(node.place, f"must be a number, is {_kind(node)}")
    return node.value


def texts(node: Node) -> tuple[str, ...]:
    """A list of strings."""
    return tuple(text(item) for item in items(node))


def _kind(node: Node) -> str:
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "a list"
    return repr(node.value)


class Entries:
    """A mapping of which every key must be known."""

    def __init__(self, node: Node, known: frozenset[str]) -> None:
        self.node = node
        self._entries = mapping(node)
        for key, entry in self._entries.items():
            if key not in known and key not in REMARKS:
                raise Refusal(entry.place, f"{key!r} is not understood here")
        _check_remarks(self._entries)

    @property
    def place(self) -> Place:
        """Where the mapping stands."""
        return self.node.place

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[tuple[str, Node]]:
        return iter(self._entries.items())

    def get(self, key: str) -> Node | None:
        """The entry, if there is one."""
        return self._entries.get(key)

    def need(self, key: str) -> Node:
        """The entry; a refusal if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            raise Refusal(self.place, f"lacks {key!r}")
        return entry

    def text(self, key: str, default: str = "") -> str:
        """A string, or `default`."""
        entry = self._entries.get(key)
        return default if entry is None else text(entry)

    def doc(self) -> str:
        """The description, and whether it is about something deprecated."""
        told = self.text("description").strip()
        return f"{told} Deprecated.".strip() if self.flag("deprecated") else told

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        entry = self._entries.get(key)
        return entry is not None and flag(entry)

    def integer(self, key: str) -> int | None:
        """A whole number, if there is one."""
        entry = self._entries.get(key)
        return None if entry is None else integer(entry)

    def number(self, key: str) -> int | float | None:
        """A number, if there is one."""
        entry = self._entries.get(key)
        return None if entry is None else number(entry)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty when absent."""
        entry = self._entries.get(key)
        return () if entry is None else texts(entry)


def _check_remarks(entries: dict[str, Node]) -> None:
    if (evidence := entries.get("x-evidence")) is not None:
        for remark in evidence.value if isinstance(evidence.value, list) else [evidence]:
            known = mapping(remark)
            for key, value in known.items():
                if key not in {"mark", "source", "note"}:
                    raise Refusal(value.place, f"{key!r} is not understood here")
                text(value)
            mark = known.get("mark")
            if mark is None or mark.value not in MARKS:
                raise Refusal(remark.place, f"needs a mark: {', '.join(MARKS)}")
    if (source := entries.get("x-source")) is not None:
        texts(source)
    for key in ("description", "summary"):
        if (prose := entries.get(key)) is not None:
            text(prose)
