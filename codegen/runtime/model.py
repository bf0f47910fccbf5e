"""What received models share, and how values are read: each is checked, each complaint has a place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final, TypeVar, cast, overload

import attrs

from . import json_text

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

if TYPE_CHECKING:
    JsonObject = dict[str, object]
    JsonArray = list[object]
else:
    # So that `type(value) is JsonObject` costs no call, and type checkers understand it all the same.
    JsonObject, JsonArray = dict, list

NOT_RECEIVED: Final[Mapping[str, object]] = {}
"""`raw` of a model that was made by hand."""


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

    def __str__(self) -> str:
        return f"{self.place}: expected {self.expected}, got {self.got}"


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

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def keys(self) -> list[str]:
        """The names received."""
        return list(self.raw)

    def get(self, key: str, default: object = None) -> object:
        """The received value of `key`, or `default`."""
        return self.raw.get(key, default)


def constructor(cls: type[T]) -> Callable[..., T]:
    """A positional constructor of a frozen attrs class, three times as fast as the class itself.

    attrs fills in a frozen object through `object.__setattr__`, slot by slot. This fills in an object of a
    class with the same slots that is not frozen, by plain assignments, and then makes it an object of `cls`.
    """
    slots = tuple(field.name for field in attrs.fields(cast("type[attrs.AttrsInstance]", cls)))
    lines = [f"def __init__(self, {', '.join(slots)}):", *(f"    self.{slot} = {slot}" for slot in slots)]
    names: dict[str, object] = {"_cls": cls}
    # As attrs makes its own methods.
    exec("\n".join([*lines, "    self.__class__ = _cls"]), names)  # noqa: S102 - it holds fields' names only
    body = {"__slots__": slots, "__init__": names["__init__"]}
    return cast("Callable[..., T]", type(f"Unfrozen{cls.__name__}", cls.__bases__, body))


def decode_text(value: object) -> str:
    """A string."""
    if type(value) is not str:
        raise Mismatch("string", value)
    return value


def decode_integer(value: object) -> int:
    """A whole number; `2.0` is one."""
    return value if type(value) is int else whole(value)


def whole(value: object, *path: str) -> int:
    """What is no `int` as a whole number, as JSON Schema counts: `2.0` is one, `true` is none."""
    if type(value) is float and value.is_integer():
        return int(value)
    raise Mismatch("integer", value, *path)


def decode_number(value: object) -> float:
    """A number; a whole one stays as it is."""
    if type(value) is not float and type(value) is not int:
        raise Mismatch("number", value)
    return value


def decode_boolean(value: object) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise Mismatch("boolean", value)
    return value


def decode_anything(value: object) -> object:
    """Whatever it is."""
    return value


def decode_moment(value: object) -> datetime:
    """A date and time in ISO 8601; without an offset it is read as UTC."""
    from dateutil.parser import isoparse  # costs ten milliseconds, and few need it

    if type(value) is not str:
        raise Mismatch("date and time", value)
    try:
        moment = isoparse(value)
    except (ValueError, OverflowError):
        raise Mismatch("date and time", value) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def decode_nothing(value: object) -> None:
    """The payload of an answer that has none."""


@overload
def decode_either(
    first: Callable[[object], A], second: Callable[[object], B], /
) -> Callable[[object], A | B]: ...
@overload
def decode_either(
    first: Callable[[object], A], second: Callable[[object], B], third: Callable[[object], C], /
) -> Callable[[object], A | B | C]: ...
@overload
def decode_either(
    first: Callable[[object], A],
    second: Callable[[object], B],
    third: Callable[[object], C],
    fourth: Callable[[object], D],
    /,
) -> Callable[[object], A | B | C | D]: ...
def decode_either(*decoders: Callable[[object], object]) -> Callable[[object], object]:
    """A decoder of several scalar types: the first that fits reads the value."""

    def decode(value: object) -> object:
        expected: list[str] = []
        for decoder in decoders:
            try:
                return decoder(value)
            except Mismatch as problem:
                expected.append(problem.expected)
        raise Mismatch(" or ".join(expected), value)

    return decode


def decode_nullable(inner: Callable[[object], T]) -> Callable[[object], T | None]:
    """A decoder that lets null pass."""

    def decode(value: object) -> T | None:
        return None if value is None else inner(value)

    return decode


def decode_list(item: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """A decoder of arrays."""

    def decode(value: object) -> tuple[T, ...]:
        if type(value) is not JsonArray:
            raise Mismatch("array", value)
        try:
            return tuple([item(entry) for entry in value])
        except Mismatch:
            return _complain(value, item)

    return decode


def _complain(values: list[object], item: Callable[[object], T]) -> tuple[T, ...]:
    """Read an array once more to find the member at fault: only a failure pays for counting."""
    found: list[T] = []
    for index, entry in enumerate(values):
        try:
            found.append(item(entry))
        except Mismatch as problem:
            raise problem.under(index) from None
    return tuple(found)


def decode_list_or_one(item: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """A decoder of arrays that reads a lone value as an array of one."""
    many = decode_list(item)

    def decode(value: object) -> tuple[T, ...]:
        return many(value) if type(value) is JsonArray else (item(value),)

    return decode


def decode_map(item: Callable[[object], T]) -> Callable[[object], Mapping[str, T]]:
    """A decoder of objects with any keys."""

    def decode(value: object) -> Mapping[str, T]:
        if type(value) is not JsonObject:
            raise Mismatch("object", value)
        found: dict[str, T] = {}
        for key, entry in value.items():
            try:
                found[key] = item(entry)
            except Mismatch as problem:
                raise problem.under(key) from None
        return found

    return decode


def decode_embedded(inner: Callable[[object], T]) -> Callable[[object], T]:
    """A decoder of JSON inside a string."""

    def decode(value: object) -> T:
        if type(value) is not str:
            raise Mismatch("string", value)
        try:
            content = json_text.read(value)
        except (ValueError, RecursionError):
            raise Mismatch("JSON", value) from None
        return inner(content)

    return decode


epoch_seconds: Final = time.time
"""Now, in seconds since 1970."""


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EARLIEST: Final = datetime.min.replace(tzinfo=timezone.utc)
_LATEST: Final = datetime.max.replace(tzinfo=timezone.utc)


def moment_of(count: int, per_second: int = 1, since: float = 0.0) -> datetime:
    """The moment so many seconds, or parts of one, after `since`; the nearest that a calendar holds."""
    try:
        return _EPOCH + timedelta(seconds=since + count / per_second)
    except (OverflowError, ValueError):
        return _EARLIEST if count < 0 else _LATEST
