"""JSON read and written by msgspec is what Python's own module makes of it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiktok_openapi._runtime import json_text

pytest.importorskip("msgspec", reason="the extra `fast` is not installed here")

VALUES = st.recursive(
    # What no number is in JSON (NaN and the infinities) is refused before it is written.
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def outcome(read: Callable[[bytes], object], content: bytes) -> str:
    """What a reader makes of bytes; `repr` tells 1 from 1.0 and True, and one NaN is like another."""
    try:
        return repr(read(content))
    except (ValueError, RecursionError):
        return "refused"


def python_reads(content: bytes) -> object:
    found: object = json.loads(content)
    return found


@given(VALUES.map(lambda value: json.dumps(value).encode()) | st.binary())
@example(b"18446744073709551616")
@example(b"-9223372036854775809")
@example(b"9007199254740993.0")
@example(b"-0")
@example(b"1E400")
@example(b"NaN")
@example(b"-Infinity")
@example(rb'"\ud800"')
@example(b'"\xed\xa0\x80"')
@example(b"\xef\xbb\xbf{}")
@example('{"a": 1}'.encode("utf-16"))
@example(b'{"a": 1, "a": 2}')
@example(b'{"a": 1} x')
@example(b"01")
@example(b"")
@example(b"[" * 100_000)
def test_both_readers_make_the_same_of_any_bytes(content: bytes) -> None:
    assert outcome(json_text.read, content) == outcome(python_reads, content)


@given(VALUES)
def test_what_was_written_reads_as_it_was(value: object) -> None:
    written = json_text.write(value)

    assert json.loads(written) == value
    assert json.loads(json_text.write_text(value)) == value


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans(), max_size=5))
def test_a_body_without_fractions_has_the_same_bytes_from_both_writers(fields: dict[str, object]) -> None:
    assert json_text.write(fields) == json_text.write_text(fields).encode()


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {"a": {1, 2}}, b"bytes"])
def test_what_json_cannot_hold_is_refused_before_it_is_written(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        json_text.write_text(value)


WITHOUT = """
import sys
sys.modules["msgspec"] = None
from tiktok_openapi.models.status import decode_publish_status
from tiktok_openapi._runtime import json_text
read = json_text.read(b'{"status": "FAILED", "fail_reason": "internal", "id": 18446744073709551616}')
print(decode_publish_status(read).status, read["id"], json_text.write({"a": "\\u00e9"}))
"""


def test_without_msgspec_pythons_own_module_reads_and_writes() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)

    assert ran.stdout == 'FAILED 18446744073709551616 b\'{"a":"\\xc3\\xa9"}\'\n', ran.stderr
