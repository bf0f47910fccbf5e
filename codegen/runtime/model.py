"""What all received models share: the mapping they were read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from .errors import Impossible


class Mismatch(Exception):
    """A value of the wrong type; on its way up, each level adds where it was found."""

    def __init__(self, expected: str, got: object, *path: str | int) -> None:
        super().__init__(expected)
        self.expected = expected
        self.got = name_of(got)
        self.path: list[str | int] = list(path)

    def under(self, *path: str | int) -> Mismatch:
        """The same complaint, seen from further out."""
        self.path[:0] = path
        return self

    @property
    def place(self) -> str:
        """`$.data.videos[3].id`."""
        return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)


_NAMES: dict[type[object], str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
}


def name_of(value: object) -> str:
    """JSON's name for the type of a value; the value itself may be a secret and is never shown."""
    return "nothing" if value is None else _NAMES.get(type(value), type(value).__name__)


class Model:
    """A received object. `model["wire_name"]` reads the received mapping, unknown fields included."""

    __slots__ = ()

    raw: Mapping[str, object]

    def __getitem__(self, key: str) -> object:
        return self.raw[key]

    def __contains__(self, key: object) -> bool:
        return key in self.raw

    def keys(self) -> list[str]:
        """The names received."""
        return list(self.raw)

    def get(self, key: str, default: object = None) -> object:
        """The received value of `key`, or `default`."""
        return self.raw.get(key, default)


def impossible(field: str, value: object, limit: str) -> NoReturn:
    """Refuse a value before anything is sent, showing it unless it is long."""
    shown = repr(value)
    raise Impossible(field, shown if len(shown) <= 80 else shown[:77] + "…", limit)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units: characters outside the basic plane count two."""
    return len(text) + sum(character > "\uffff" for character in text)
