"""From names of the description to names of Python, and the refusal of two that would be one."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Final

from .imports import RUNTIME, STANDARD
from .ir import Place
from .load import Refusal

# Written in mixed case, though one word.
_ONE_WORD: Final = re.compile(r"OAuth")
_BOUNDARIES: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS: Final = re.compile(r"[^A-Za-z0-9]+")
_PLURAL_ACRONYM: Final = re.compile(r"([A-Z]{2,})s(?=[A-Z]|$)")

# Names that the generated modules use themselves, so that no field, argument or class may take them.
MODEL_MEMBERS: Final = {"raw", "get", "keys", "received_at"}
_IN_CLASSES: Final = {
    *("attrs", "datetime", "property", "object", "str", "int", "float", "bool", "tuple", "list", "dict"),
    *("epoch_seconds", "self"),
}
_LOCALS: Final = {
    *("value", "raw", "get", "type", "len", "isinstance", "at", "secrets", "out", "item", "problem"),
    *("found", "checked", "whole"),
}
CLIENT_MEMBERS: Final = {"perform", "answer", "close", "http", "base_url"}
_ROUTES: Final = {"ROUTES", "BY_ID"}
_FUNCTIONS: Final = {"routes", "checked", "overload"}
_ARGUMENTS: Final = {
    *("self", "routes", "operations", "checked", "encoded", "secrets", "pairs", "lines", "type"),
}
_CLASSES: Final = {*STANDARD, *RUNTIME, "Client", "AsyncClient", "UnknownEvent", "WebhookEvent"}


def words(name: str) -> list[str]:
    """`OAuthErrorCode` → `oauth error code`, `getQRCodes` → `get qr codes`."""
    name = _ONE_WORD.sub(lambda match: match[0].capitalize(), name)
    name = _PLURAL_ACRONYM.sub(lambda match: match[1].capitalize() + "s", name)
    return [
        word.lower() for part in _SEPARATORS.split(name) if part for word in _BOUNDARIES.split(part) if word
    ]


def snake(name: str) -> str:
    """`itemInfo` → `item_info`; a reserved word gets an underscore behind it, never before it.

    attrs takes leading underscores off the arguments of `__init__`, so `2fa` is `n_2fa`.
    """
    text = "_".join(words(name)) or "unnamed"
    if text[0].isdigit():
        text = f"n_{text}"
    return f"{text}_" if keyword.iskeyword(text) else text


def constant(name: str) -> str:
    """`user.info.basic` → `USER_INFO_BASIC`; texts that are upper case already stay as they are."""
    text = _SEPARATORS.sub("_", name).strip("_") if name.upper() == name else "_".join(words(name)).upper()
    if not text or text[0].isdigit():
        text = f"_{text}"
    return f"{text}_" if text == "MRO" else text


def class_name(name: str) -> str:
    """The name as it stands where that is a class name already, else its words joined."""
    if re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        text = name
    else:
        text = "".join(word[0].upper() + word[1:] for part in _SEPARATORS.split(name) if (word := part))
    if not text or text[0].isdigit():
        text = f"_{text}"
    if text in _CLASSES or keyword.iskeyword(text) or hasattr(builtins, text):
        text += "_"
    return text


def field(wire: str) -> str:
    """The name of an attribute."""
    text = snake(wire)
    return f"{text}_" if text in MODEL_MEMBERS or text in _IN_CLASSES else text


def argument(wire: str) -> str:
    """The name of a keyword argument: that of the attribute, unless the function uses it itself."""
    text = field(wire)
    return f"{text}_" if text in _ARGUMENTS else text


def function(wire: str) -> str:
    """The name of a function for an operation: that of its id, unless its module uses the name itself."""
    text = snake(wire)
    return f"{text}_" if text in _FUNCTIONS or text.startswith(("decode_", "encode_")) else text


def route(wire: str) -> str:
    """The name of the constant for an operation in the route table."""
    text = constant(snake(wire))
    return f"{text}_" if text in _ROUTES else text


def local(name: str) -> str:
    """The name of a local variable for an attribute."""
    return f"{name}_" if name in _LOCALS or name.startswith(("decode_", "encode_")) else name


class Scope:
    """Names that must differ from one another."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._taken: dict[str, tuple[str, Place]] = {}

    def take(self, name: str, wire: str, place: Place) -> str:
        """`name`, for `wire`; a refusal if something else has it."""
        if name in self._taken:
            other, where = self._taken[name]
            raise Refusal(
                place,
                f"{wire!r} and {other!r} ({where.file}:{where.line}) would both be {self._what} {name!r}",
            )
        self._taken[name] = (wire, place)
        return name
