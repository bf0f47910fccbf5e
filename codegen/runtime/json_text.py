"""JSON as text. Where msgspec is installed (the extra `fast`), it reads and writes the same, faster."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, Union, cast

Read = Callable[[Union[bytes, str]], object]
Write = Callable[[object], bytes]

_python: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def write_text(value: object) -> str:
    """A value as JSON. Raises TypeError, ValueError or RecursionError if JSON cannot hold it."""
    return _python(value)


def _slow_write(value: object) -> bytes:
    return _python(value).encode()


def _slow_read(content: bytes | str) -> object:
    return cast("object", json.loads(content))


def _fast() -> tuple[Read, Write] | None:
    """Reader and writer of msgspec; what they refuse, Python's own are asked, which have the last word."""
    try:
        from msgspec import MsgspecError
        from msgspec.json import Decoder, Encoder
    except ImportError:
        return None
    decode, encode = Decoder[object]().decode, Encoder().encode

    def read(content: bytes | str) -> object:
        try:
            return decode(content)
        except (MsgspecError, ValueError, RecursionError):
            return _slow_read(content)

    def write(value: object) -> bytes:
        try:
            return encode(value)
        except (MsgspecError, TypeError, ValueError, RecursionError):
            return _slow_write(value)

    return read, write


read, write = _fast() or (_slow_read, _slow_write)
"""`read` raises ValueError or RecursionError for what is no JSON. `write` is for values that were checked."""
