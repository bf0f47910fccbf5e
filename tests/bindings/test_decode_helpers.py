"""How single values are read: what passes, what comes of it, and how the rest is complained of."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from tiktok_openapi._runtime import json_text, model
from tiktok_openapi._runtime.model import Mismatch, Model

Decoder = Callable[[object], object]
Make = Callable[[], Decoder]
"""Decoders are made within a test: what makes them is under test too."""


class Other:
    """Something that JSON has no name for."""


VALUES: dict[str, object] = {
    "nothing": None,
    "string": "x",
    "integer": 7,
    "number": 1.5,
    "boolean": True,
    "object": {"a": 1},
    "array": [1],
    "Other": Other(),
}


def either_two() -> Decoder:
    return model.decode_either(model.decode_integer, model.decode_text)


def either_four() -> Decoder:
    return model.decode_either(
        model.decode_text, model.decode_boolean, model.decode_number, model.decode_nullable(model.decode_text)
    )


@pytest.mark.parametrize(
    ("make", "expected", "passing"),
    [
        (lambda: model.decode_text, "string", {"string"}),
        (lambda: model.decode_integer, "integer", {"integer"}),
        (lambda: model.whole, "integer", set[str]()),
        (lambda: model.decode_number, "number", {"integer", "number"}),
        (lambda: model.decode_boolean, "boolean", {"boolean"}),
        (lambda: model.decode_moment, "date and time", set[str]()),
        (lambda: model.decode_list(model.decode_integer), "array", {"array"}),
        (lambda: model.decode_map(model.decode_integer), "object", {"object"}),
        (lambda: model.decode_nullable(model.decode_text), "string", {"nothing", "string"}),
        (lambda: model.decode_list_or_one(model.decode_integer), "integer", {"integer", "array"}),
        (either_two, "integer or string", {"integer", "string"}),
        (
            either_four,
            "string or boolean or number or string",
            {"string", "boolean", "number", "integer", "nothing"},
        ),
        (lambda: model.decode_anything, "", set(VALUES)),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(make: Make, expected: str, passing: set[str]) -> None:
    decode = make()
    for name, value in VALUES.items():
        if name in passing:
            decode(value)
            continue
        with pytest.raises(Mismatch) as caught:
            decode(value)
        problem = caught.value
        assert problem.place == "$"
        assert problem.expected == expected
        assert problem.got == name
        assert str(problem) == f"$: expected {problem.expected}, got {name}"
        assert problem.args == (problem.expected,)


@pytest.mark.parametrize(
    ("make", "value", "result"),
    [
        (lambda: model.decode_text, "", ""),
        (lambda: model.decode_integer, 2.0, 2),
        (lambda: model.decode_integer, -7, -7),
        (lambda: model.whole, 3.0, 3),
        (lambda: model.decode_number, 2, 2),
        (lambda: model.decode_number, 2.5, 2.5),
        (lambda: model.decode_boolean, False, False),
        (lambda: model.decode_anything, VALUES, VALUES),
        (lambda: model.decode_nothing, {"a": 1}, None),
        (lambda: model.decode_nullable(model.decode_text), None, None),
        (lambda: model.decode_nullable(model.decode_text), "x", "x"),
        (lambda: model.decode_list(model.decode_text), ["a", "b"], ("a", "b")),
        (lambda: model.decode_list(model.decode_text), [], ()),
        (lambda: model.decode_list(model.decode_nullable(model.decode_text)), ["a", None], ("a", None)),
        (lambda: model.decode_list_or_one(model.decode_text), ["a", "b"], ("a", "b")),
        (lambda: model.decode_list_or_one(model.decode_text), "a", ("a",)),
        (lambda: model.decode_map(model.decode_integer), {"a": 2.0, "b": 1}, {"a": 2, "b": 1}),
        (lambda: model.decode_map(model.decode_integer), {}, {}),
        (either_two, "7", "7"),
        (either_two, 7.0, 7),
        (lambda: model.decode_embedded(model.decode_map(model.decode_integer)), '{"a": 1}', {"a": 1}),
    ],
)
def test_a_value_of_the_right_type_is_read(make: Make, value: object, result: object) -> None:
    found = make()(value)
    assert found == result
    assert type(found) is type(result)


COMPLAINTS: list[tuple[Make, object, str, str, str]] = [
    (lambda: model.decode_list(model.decode_text), ["a", 1, 2], "$[1]", "string", "integer"),
    (lambda: model.decode_map(model.decode_text), {"a": "x", "b": None}, "$.b", "string", "nothing"),
    (
        lambda: model.decode_map(model.decode_list(model.decode_map(model.decode_text))),
        {"a": [{}, {"b": []}]},
        "$.a[1].b",
        "string",
        "array",
    ),
    (lambda: model.decode_list_or_one(model.decode_text), ["a", {}], "$[1]", "string", "object"),
    (lambda: model.decode_list_or_one(model.decode_text), 1.5, "$", "string", "number"),
    (lambda: model.decode_embedded(model.decode_text), {}, "$", "string", "object"),
    (lambda: model.decode_embedded(model.decode_text), "{", "$", "JSON", "string"),
    (lambda: model.decode_embedded(model.decode_text), "[" * 100_000, "$", "JSON", "string"),
    (lambda: model.decode_embedded(model.decode_text), "5", "$", "string", "integer"),
    (lambda: model.decode_moment, "yesterday", "$", "date and time", "string"),
    (lambda: model.decode_integer, float("inf"), "$", "integer", "number"),
]


@pytest.mark.parametrize(("make", "value", "place", "expected", "got"), COMPLAINTS)
def test_a_complaint_has_a_place(make: Make, value: object, place: str, expected: str, got: str) -> None:
    with pytest.raises(Mismatch) as caught:
        make()(value)
    assert (caught.value.place, caught.value.expected, caught.value.got) == (place, expected, got)


def test_a_place_grows_from_the_inside() -> None:
    problem = Mismatch("string", 5, "id").under("videos", 3).under("data")
    assert problem.place == "$.data.videos[3].id"
    assert str(problem) == "$.data.videos[3].id: expected string, got integer"
    with pytest.raises(Mismatch) as caught:
        model.whole(None, "a", "b")
    assert caught.value.place == "$.a.b"


def test_a_secret_is_never_part_of_a_complaint() -> None:
    with pytest.raises(Mismatch) as caught:
        model.decode_integer("act.secret")
    assert "secret" not in repr(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T10:11:12Z", datetime(2026, 11, 22, 10, 11, 12, tzinfo=timezone.utc)),
        ("2026-11-22T10:11:12", datetime(2026, 11, 22, 10, 11, 12, tzinfo=timezone.utc)),
        (
            "2026-11-22T10:11:12+02:00",
            datetime(2026, 11, 22, 10, 11, 12, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_a_moment_has_an_offset(text: str, moment: datetime) -> None:
    found = model.decode_moment(text)
    assert found == moment
    assert found.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    ("count", "per_second", "since", "text"),
    [
        (0, 1, 0.0, "1970-01-01T00:00:00+00:00"),
        (1_790_000_000, 1, 0.0, "2026-09-21T14:13:20+00:00"),
        (1_790_000_000_500, 1000, 0.0, "2026-09-21T14:13:20.500000+00:00"),
        (7200, 1, 1_790_000_000.0, "2026-09-21T16:13:20+00:00"),
        (-1, 1, 0.0, "1969-12-31T23:59:59+00:00"),
        (10**18, 1, 0.0, "9999-12-31T23:59:59.999999+00:00"),
        (-(10**18), 1, 0.0, "0001-01-01T00:00:00+00:00"),
        (10**400, 1, 0.0, "9999-12-31T23:59:59.999999+00:00"),
        (0, 1, 1e300, "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_a_number_is_the_nearest_moment_of_the_calendar(
    count: int, per_second: int, since: float, text: str
) -> None:
    assert model.moment_of(count, per_second, since).isoformat() == text
    if (per_second, since) == (1, 0.0):
        assert model.moment_of(count).isoformat() == text


def test_now_is_told_in_seconds() -> None:
    assert abs(model.epoch_seconds() - time.time()) < 60


@attrs.frozen(weakref_slot=False)
class Point(Model):
    """A model as the generator writes them."""

    x: int
    y: int = 5
    raw: Any = attrs.field(default=model.NOT_RECEIVED, repr=False, eq=False)


def test_a_quick_constructor_makes_the_same_object() -> None:
    make = model.constructor(Point)
    made = make(1, 2, {"x": 1})
    assert made == Point(1, 2)
    assert (type(made), repr(made), hash(made)) == (Point, "Point(x=1, y=2)", hash(Point(1, 2)))
    assert made.raw == {"x": 1}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        # Frozen for type checkers, too.
        made.x = 3  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
    assert getattr(make, "__name__", "") == "UnfrozenPoint"
    with pytest.raises(TypeError):
        make(1)


def test_a_model_shows_what_was_received() -> None:
    made = Point(1, 2, raw={"x": 1, "new": None})
    assert (made["x"], made["new"], "new" in made, "y" in made) == (1, None, True, False)
    assert made.keys() == ["x", "new"]
    assert (made.get("x"), made.get("y"), made.get("y", 7), made.get("new", 7)) == (1, None, 7, None)
    assert dict(made) == {"x": 1, "new": None}
    with pytest.raises(KeyError):
        made["y"]
    assert Point(1).keys() == []


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, 2.5, null, true], "b": "\xc3\xa9"}', {"a": [1, 2.5, None, True], "b": "é"}),
        ('{"a": 1}', {"a": 1}),
        (b"1180591620717411303424", 2**70),
        (b"Infinity", float("inf")),
    ],
)
def test_json_is_read_as_python_reads_it(content: bytes | str, value: object) -> None:
    assert importlib.reload(json_text).read(content) == value


@pytest.mark.parametrize("content", [b"{", b"", b"[" * 100_000, '{"a": 1} x'])
def test_what_is_no_json_is_refused(content: bytes | str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        importlib.reload(json_text).read(content)


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ({"a": [1, None, True], "b": "é"}, b'{"a":[1,null,true],"b":"\xc3\xa9"}'),
        (2**70, b"1180591620717411303424"),
        ({None: 1}, b'{"null":1}'),
    ],
)
def test_json_is_written_as_python_writes_it(value: object, content: bytes) -> None:
    fresh = importlib.reload(json_text)
    assert fresh.write(value) == content
    assert fresh.write_text(value) == content.decode()


@pytest.mark.parametrize("value", [{1, 2}, object(), float("nan")])
def test_what_json_cannot_hold_is_not_written(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        importlib.reload(json_text).write_text(value)


def test_without_msgspec_python_reads_and_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "msgspec", None)
        plain = importlib.reload(json_text)
        assert plain.read(b'{"a": 1}') == {"a": 1}
        assert plain.write({"a": "é"}) == b'{"a":"\xc3\xa9"}'
    importlib.reload(json_text)
