"""JSON in and out, as TikTok writes it."""

from __future__ import annotations

import json
from typing import cast

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class NotJson(ValueError):
    """Bytes that are no JSON."""


def read(data: bytes) -> object:
    """The value that `data` spells. Raises NotJson, whatever is wrong with it."""
    try:
        value: object = json.loads(data)
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ValueError as error:
        raise NotJson(str(error)) from None
    return value


def read_object(data: bytes) -> dict[str, object] | None:
    """The JSON object that `data` spells; None for a value of another kind. Raises NotJson."""
    value = read(data)
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def write(value: object) -> bytes:
    """Compact JSON."""
    return _encode(value).encode("utf-8", "replace")
