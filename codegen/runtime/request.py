"""What is sent: every value is checked before anything leaves, then written down. No I/O in here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final, NoReturn, TypeVar, Union, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from . import json_text
from .errors import Impossible

T = TypeVar("T")

JSON_TYPE: Final = ("Content-Type", "application/json; charset=UTF-8")
FORM_TYPE: Final = ("Content-Type", "application/x-www-form-urlencoded")

_HIDDEN: Final = "***"
_WITHOUT_BLANKS: Final = re.compile("[!-~]*").fullmatch
_PRINTABLE: Final = re.compile("[ -~]*").fullmatch
_SHORTEST_MASKED_PART: Final = 8


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of JSON Schema, where `$` does not let a line break pass as Python's does."""
    ends = pattern.endswith("$") and not pattern.endswith("\\$")
    return re.compile(f"{pattern[:-1]}\\Z" if ends else pattern)


def impossible(field: str, value: object, limit: str) -> NoReturn:
    """Refuse a value before anything is sent, showing it unless it is long."""
    shown = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else repr(value)
    raise Impossible(field, shown if len(shown) <= 80 else shown[:77] + "…", limit)


def wrong_type(field: str, value: object, expected: str) -> NoReturn:
    """Refuse a value of the wrong type. It is not shown, its type is: nobody knows what it is."""
    kind = "None" if value is None else type(value).__name__
    raise Impossible(field or "body", kind, f"must be {expected}")


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units: characters outside the basic plane count two."""
    return len(text) + sum(character > "\uffff" for character in text)


# --- values: `at` is where the object stands ("" or "info."), `name` the field -------------------


def text(
    value: object,
    at: str,
    name: str,
    *,
    min_length: int = 0,
    max_length: int | None = None,
    max_utf16: int | None = None,
    pattern: str | None = None,
    one_of: Sequence[str] | None = None,
    secrets: list[str] | None = None,
) -> str:
    """A string within its limits. Given `secrets`, it is one: never shown, and added to them."""
    if type(value) is not str:
        if not isinstance(value, str):
            wrong_type(at + name, value, "a string")
        value = str.__str__(value)  # the text of a member of an enum, whatever its class prints
    shown = value if secrets is None else _HIDDEN
    if len(value) < min_length:
        if not value:
            impossible(at + name, value, "must not be empty")
        raise Impossible(at + name, _measured(len(value), "characters"), f"at least {min_length} characters")
    if max_utf16 is not None and len(value) * 2 > max_utf16 and (length := utf16_length(value)) > max_utf16:
        raise Impossible(
            at + name, _measured(length, "UTF-16 code units"), f"at most {max_utf16} UTF-16 code units"
        )
    if max_utf16 is None and max_length is not None and len(value) > max_length:
        raise Impossible(at + name, _measured(len(value), "characters"), f"at most {max_length} characters")
    if pattern is not None and not _compiled(pattern).search(value):
        _unfit(at + name, shown, f"must match {pattern}")
    if one_of is not None and value not in one_of:
        _unfit(at + name, shown, f"must be one of {', '.join(one_of)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            _unfit(at + name, shown, "must be text that UTF-8 can hold")
    if secrets is not None:
        secrets.append(value)
    return value


def _measured(length: int, unit: str) -> str:
    return f"{length} {unit}"


def _unfit(field: str, shown: str, limit: str) -> NoReturn:
    if shown == _HIDDEN:
        raise Impossible(field, _HIDDEN, limit)
    impossible(field, shown, limit)


def integer(
    value: object, at: str, name: str, *, minimum: int | None = None, maximum: int | None = None
) -> int:
    """A whole number within its limits; true and false are none."""
    if not isinstance(value, int) or isinstance(value, bool):
        wrong_type(at + name, value, "a whole number")
    _within(value, at + name, minimum, maximum)
    return value


def number(
    value: object, at: str, name: str, *, minimum: float | None = None, maximum: float | None = None
) -> float:
    """A finite number within its limits."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        wrong_type(at + name, value, "a number")
    if isinstance(value, float) and not math.isfinite(value):
        impossible(at + name, value, "must be finite")
    _within(value, at + name, minimum, maximum)
    return value


def _within(value: float, field: str, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and value < minimum:
        impossible(field, value, f"at least {minimum}")
    if maximum is not None and value > maximum:
        impossible(field, value, f"at most {maximum}")


def boolean(value: object, at: str, name: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        wrong_type(at + name, value, "true or false")
    return value


def anything(value: object, at: str, name: str) -> object:
    """Whatever JSON can hold."""
    try:
        json_text.write_text(value).encode()
    except (TypeError, ValueError, RecursionError):
        wrong_type(at + name, value, "something that JSON can hold")
    return value


def moment(value: object, at: str, name: str) -> str:
    """A date and time, in ISO 8601."""
    if not isinstance(value, datetime):
        wrong_type(at + name, value, "a datetime")
    if value.tzinfo is None:
        impossible(at + name, value.isoformat(), "must have a time zone")
    return value.isoformat()


Check = Callable[[object, str, str], object]
Kind = Union[type[object], tuple[type[object], ...]]

_KINDS: Final[Mapping[Kind, str]] = {
    str: "a string",
    int: "a whole number",
    (int, float): "a number",
    bool: "true or false",
}


def either(value: object, at: str, name: str, *checks: tuple[Kind, Check]) -> object:
    """A value of one of several scalar types."""
    for kind, check in checks:
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return check(value, at, name)
    wrong_type(at + name, value, " or ".join(_KINDS[kind] for kind, _ in checks))


def listed(
    value: object,
    at: str,
    name: str,
    check: Check,
    *,
    min_items: int = 0,
    max_items: int | None = None,
) -> list[object]:
    """A list whose members pass a check."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        wrong_type(at + name, value, "a list")
    members = cast("Sequence[object]", value)
    if len(members) < min_items:
        raise Impossible(at + name, _measured(len(members), "items"), f"at least {min_items}")
    if max_items is not None and len(members) > max_items:
        raise Impossible(at + name, _measured(len(members), "items"), f"at most {max_items}")
    return [check(member, at, f"{name}[{index}]") for index, member in enumerate(members)]


def mapped(value: object, at: str, name: str, check: Check) -> dict[str, object]:
    """A mapping from text whose values pass a check."""
    if not isinstance(value, Mapping):
        wrong_type(at + name, value, "a mapping")
    entries = cast("Mapping[object, object]", value)
    found: dict[str, object] = {}
    for key, entry in entries.items():
        if not isinstance(key, str):
            wrong_type(at + name, key, "a mapping with text as keys")
        found[text(key, at, f"{name}.{key}")] = check(entry, at, f"{name}.{key}")
    return found


def token(value: object, secrets: list[str], name: str = "access_token") -> str:
    """A token that fits into a header."""
    found = text(value, "", name, min_length=1, secrets=secrets)
    if not _WITHOUT_BLANKS(found):
        raise Impossible(name, _HIDDEN, "must be printable ASCII without blanks")
    return found


def bearer(access_token: object, secrets: list[str]) -> tuple[str, str]:
    """The header that carries an access token."""
    return "Authorization", f"Bearer {token(access_token, secrets)}"


def address(value: object, name: str, secrets: list[str] | None) -> str:
    """A whole address that was given at run time; with `secrets`, it and the values in its query are some."""
    found = text(value, "", name, min_length=1, secrets=secrets)
    shown = found if secrets is None else _HIDDEN
    if not _WITHOUT_BLANKS(found):
        _unfit(name, shown, "must be printable ASCII without blanks")
    try:
        parts = urlsplit(found)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits:
        _unfit(name, shown, "must be a whole http or https address")
    if secrets is not None:
        query = urlsplit(found).query
        pairs = parse_qsl(query)
        secrets += [
            part for part in (query, *(pair[1] for pair in pairs)) if len(part) >= _SHORTEST_MASKED_PART
        ]
    return found


def header(name: str, value: object, field: str) -> tuple[str, str]:
    """A header, if its value can be one."""
    found = plain(value)
    if not _PRINTABLE(found):
        impossible(field, found, "must be printable ASCII")
    return name, found


def content(value: object, field: str) -> None:
    """A binary body: bytes, or something that yields them."""
    iterable = hasattr(value, "__iter__") or hasattr(value, "__aiter__")
    if type(value) in {str, bytearray, memoryview} or not iterable:
        wrong_type(field, value, "bytes, or an iterable of bytes")


def matching(value: object, cases: Mapping[type[object], T]) -> T:
    """What belongs to the class of a value that was checked to be of one of these classes."""
    return next(found for kind, found in cases.items() if isinstance(value, kind))


def embedded(value: object) -> str:
    """A checked value as JSON inside a string."""
    return json_text.write_text(value)


# --- writing down -------------------------------------------------------------------------------------


def json_body(fields: dict[str, object]) -> bytes:
    """The fields as JSON."""
    return json_text.write(fields)


def form_body(fields: dict[str, object]) -> bytes:
    """The fields as a form; a list is written with commas."""
    return urlencode([(name, plain(value)) for name, value in fields.items()]).encode()


def plain(value: object) -> str:
    """A value as a query, a form or a header holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(plain(item) for item in cast("list[object]", value))
    return str(value)
