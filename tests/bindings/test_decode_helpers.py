"""How single values are read: what passes, what comes of it, and how the rest is complained of."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from tiktok_openapi._runtime import model
from tiktok_openapi._runtime.model import Mismatch, Model

Decoder = Callable[[object], object]


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

either_two = model.decode_either(model.decode_integer, model.decode_text)
either_four = model.decode_either(
    model.decode_text, model.decode_boolean, model.decode_number, model.decode_nullable(model.decode_text)
)


@pytest.mark.parametrize(
    ("decode", "expected", "passing"),
    [
        (model.decode_text, "string", {"string"}),
        (model.decode_integer, "integer", {"integer"}),
        (model.whole, "integer", set[str]()),
        (model.decode_number, "number", {"integer", "number"}),
        (model.decode_boolean, "boolean", {"boolean"}),
        (model.decode_moment, "date and time", set[str]()),
        (model.decode_list(model.decode_integer), "array", {"array"}),
        (model.decode_map(model.decode_integer), "object", {"object"}),
        (model.decode_nullable(model.decode_text), "string", {"nothing", "string"}),
        (model.decode_list_or_one(model.decode_integer), "integer", {"integer", "array"}),
        (either_two, "integer or string", {"integer", "string"}),
        (
            either_four,
            "string or boolean or number or string",
            {"string", "boolean", "number", "integer", "nothing"},
        ),
        (model.decode_anything, "", set(VALUES)),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(
    decode: Decoder, expected: str, passing: set[str]
) -> None:
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
    ("decode", "value", "result"),
    [
        (model.decode_text, "", ""),
        (model.decode_integer, 2.0, 2),
        (model.decode_integer, -7, -7),
        (model.whole, 3.0, 3),
        (model.decode_number, 2, 2),
        (model.decode_number, 2.5, 2.5),
        (model.decode_boolean, False, False),
        (model.decode_anything, VALUES, VALUES),
        (model.decode_nothing, {"a": 1}, None),
        (model.decode_nullable(model.decode_text), None, None),
        (model.decode_nullable(model.decode_text), "x", "x"),
        (model.decode_list(model.decode_text), ["a", "b"], ("a", "b")),
        (model.decode_list(model.decode_text), [], ()),
        (model.decode_list_or_one(model.decode_text), ["a", "b"], ("a", "b")),
        (model.decode_list_or_one(model.decode_text), "a", ("a",)),
        (model.decode_map(model.decode_integer), {"a": 2.0, "b": 1}, {"a": 2, "b": 1}),
        (model.decode_map(model.decode_integer), {}, {}),
        (either_two, "7", "7"),
        (either_two, 7.0, 7),
        (model.decode_embedded(model.decode_map(model.decode_integer)), '{"a": 1}', {"a": 1}),
    ],
)
def test_a_value_of_the_right_type_is_read(decode: Decoder, value: object, result: object) -> None:
    found = decode(value)
    assert found == result
    assert type(found) is type(result)


COMPLAINTS: list[tuple[Decoder, object, str, str, str]] = [
    (model.decode_list(model.decode_text), ["a", 1, 2], "$[1]", "string", "integer"),
    (model.decode_map(model.decode_text), {"a": "x", "b": None}, "$.b", "string", "nothing"),
    (
        model.decode_map(model.decode_list(model.decode_map(model.decode_text))),
        {"a": [{}, {"b": []}]},
        "$.a[1].b",
        "string",
        "array",
    ),
    (model.decode_list_or_one(model.decode_text), ["a", {}], "$[1]", "string", "object"),
    (model.decode_list_or_one(model.decode_text), 1.5, "$", "string", "number"),
    (model.decode_embedded(model.decode_text), {}, "$", "string", "object"),
    (model.decode_embedded(model.decode_text), "{", "$", "JSON", "string"),
    (model.decode_embedded(model.decode_text), "[" * 100_000, "$", "JSON", "string"),
    (model.decode_embedded(model.decode_text), "5", "$", "string", "integer"),
    (model.decode_moment, "yesterday", "$", "date and time", "string"),
    (model.decode_integer, float("inf"), "$", "integer", "number"),
]


@pytest.mark.parametrize(("decode", "value", "place", "expected", "got"), COMPLAINTS)
def test_a_complaint_has_a_place(decode: Decoder, value: object, place: str, expected: str, got: str) -> None:
    with pytest.raises(Mismatch) as caught:
        decode(value)
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
