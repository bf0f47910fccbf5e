"""Decoders: each type of the description, read from JSON, with a place in every complaint."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timedelta, timezone

import pytest

from tests.codegen.inline import Generator, received


def test_a_model_has_its_fields_by_attribute_and_by_wire_name(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            "Thing: {type: object, required: [displayName], properties: {displayName: {type: string}, size: {type: integer}}}",
        )
    )
    thing = api.decode("thing", {"displayName": "a", "extra": [1]})
    assert thing.display_name == "a"
    assert thing.size is None
    assert thing["displayName"] == "a"
    assert thing["extra"] == [1]
    assert "size" not in thing
    assert thing.get("size", 7) == 7
    assert thing.keys() == ["displayName", "extra"]


def test_models_are_frozen_slotted_and_equal_by_value_whatever_else_was_received(generate: Generator) -> None:
    api = generate(received("Thing", "Thing: {type: object, properties: {a: {type: integer}}}"))
    one, two = api.decode("thing", {"a": 1}), api.decode("thing", {"a": 1, "more": 2})
    assert one == two
    assert hash(one) == hash(two)
    assert one != api.decode("thing", {"a": 2})
    assert not hasattr(one, "__dict__")
    with pytest.raises(AttributeError):
        one.a = 2
    assert repr(one) == "Thing(a=1)"
    assert type(one) is api.Thing
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)).raw == {"a": 1}


@pytest.mark.parametrize(
    ("schema", "value", "complaint"),
    [
        ("{type: string}", 1, "$.a: expected string, got integer"),
        ("{type: string}", ["x"], "$.a: expected string, got array"),
        ("{type: integer}", True, "$.a: expected integer, got boolean"),
        ("{type: integer}", "1", "$.a: expected integer, got string"),
        ("{type: integer}", 1.5, "$.a: expected integer, got number"),
        ("{type: number}", True, "$.a: expected number, got boolean"),
        ("{type: boolean}", 1, "$.a: expected boolean, got integer"),
        ("{type: boolean}", "true", "$.a: expected boolean, got string"),
        ("{type: array, items: {type: string}}", "x", "$.a: expected array, got string"),
        ("{type: array, items: {type: string}}", ["x", "y", 3], "$.a[2]: expected string, got integer"),
        ("{type: array, items: {type: array, items: {type: integer}}}", [[1], [2, None]], "$.a[1][1]: expected integer, got nothing"),
        ("{type: object, additionalProperties: {type: integer}}", {"k": "v"}, "$.a.k: expected integer, got string"),
        ("{type: object, additionalProperties: {type: integer}}", [], "$.a: expected object, got array"),
        ("{type: [string, integer]}", None, "$.a: expected string or integer, got nothing"),
        ("{type: [string, integer]}", True, "$.a: expected string or integer, got boolean"),
        ("{type: string, format: date-time}", "tomorrow", "$.a: expected date and time, got string"),
        ("{type: string, format: date-time}", 5, "$.a: expected date and time, got integer"),
        ("{type: string, contentMediaType: application/json, contentSchema: {type: integer}}", "{", "$.a: expected JSON, got string"),
        ("{type: string, contentMediaType: application/json, contentSchema: {type: integer}}", '"1"', "$.a: expected integer, got string"),
        ("{type: string, contentMediaType: application/json, contentSchema: {type: integer}}", 1, "$.a: expected string, got integer"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_named_with_its_place(
    generate: Generator, schema: str, value: object, complaint: str
) -> None:
    api = generate(received("Thing", f"Thing: {{type: object, required: [a], properties: {{a: {schema}}}}}"))
    assert api.complaint("thing", {"a": value}) == complaint


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ("{type: integer}", 2**70, 2**70),
        ("{type: integer}", -0, 0),
        ("{type: integer}", 3.0, 3),
        ("{type: number}", 3, 3),
        ("{type: number}", 2.5, 2.5),
        ("{type: string}", "", ""),
        ("{}", {"any": ["thing"]}, {"any": ["thing"]}),
        ("{type: object}", {"any": 1}, {"any": 1}),
        ("{type: array, items: {type: integer}}", [], ()),
        ("{type: array, items: {type: integer}}", [1, 2], (1, 2)),
        ("{type: array, x-accept-scalar: true, items: {type: integer}}", 7, (7,)),
        ("{type: array, x-accept-scalar: true, items: {type: integer}}", [7, 8], (7, 8)),
        ("{type: array, items: {type: [string, 'null']}}", ["a", None], ("a", None)),
        ("{type: [integer, string]}", "9", "9"),
        ("{type: [integer, string]}", 9, 9),
        ("{type: [string, integer, number, boolean]}", False, False),
        ("{type: object, additionalProperties: {type: integer}}", {"a": 1}, {"a": 1}),
        ("{type: string, contentMediaType: application/json, contentSchema: {type: integer}}", " 12", 12),
        ("{type: string, const: fixed}", "other", "other"),
    ],
)  # fmt: skip
def test_a_value_of_the_right_type_is_read(
    generate: Generator, schema: str, value: object, expected: object
) -> None:
    api = generate(received("Thing", f"Thing: {{type: object, required: [a], properties: {{a: {schema}}}}}"))
    found = api.decode("thing", {"a": value}).a
    assert found == expected
    assert type(found) is type(expected)


def test_an_absent_or_null_optional_field_is_none(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """
            Thing:
              type: object
              properties:
                text: {type: string}
                many: {type: array, items: {type: string}}
                inner: {$ref: "#/components/schemas/Inner"}
                level: {$ref: "#/components/schemas/Level"}
            Inner: {type: object, properties: {x: {type: integer}}}
            Level: {type: string, enum: [A]}
            """,
        )
    )
    assert api.decode("thing", {}) == api.Thing()
    assert api.decode("thing", {"text": None, "many": None, "inner": None, "level": None}) == api.Thing()


def test_null_for_a_required_field_is_refused_unless_the_description_allows_it(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            "Thing: {type: object, required: [a, b], properties: {a: {type: string}, b: {type: [string, 'null']}}}",
        )
    )
    assert api.decode("thing", {"a": "x", "b": None}).b is None
    assert api.complaint("thing", {"a": None, "b": None}) == "$.a: expected string, got nothing"
    assert api.complaint("thing", {"b": "y"}) == "$.a: expected string, got nothing"


def test_a_complaint_names_the_whole_way_down(generate: Generator) -> None:
    api = generate(
        received(
            "Page",
            """
            Page: {type: object, required: [items], properties: {items: {type: array, items: {$ref: "#/components/schemas/Item"}}}}
            Item: {type: object, required: [owner], properties: {owner: {$ref: "#/components/schemas/Owner"}}}
            Owner: {type: object, required: [name], properties: {name: {type: string}}}
            """,
        )
    )
    good = {"owner": {"name": "x"}}
    page = api.decode("page", {"items": [good, good]})
    assert page.items[1].owner.name == "x"
    assert (
        api.complaint("page", {"items": [good, {"owner": {"name": 4}}]})
        == "$.items[1].owner.name: expected string, got integer"
    )
    assert (
        api.complaint("page", {"items": [good, {"owner": []}]})
        == "$.items[1].owner: expected object, got array"
    )
    assert api.complaint("page", []) == "$: expected object, got array"


def test_a_known_text_of_an_open_enum_becomes_a_member_and_an_unknown_one_stays_text(
    generate: Generator,
) -> None:
    api = generate(
        received(
            "Thing",
            """
            Thing: {type: object, required: [level], properties: {level: {$ref: "#/components/schemas/Level"}}}
            Level: {type: string, x-open-enum: true, enum: [LOW, HIGH]}
            """,
        )
    )
    assert api.decode("thing", {"level": "HIGH"}).level is api.Level.HIGH
    unknown = api.decode("thing", {"level": "NEXT_YEAR"}).level
    assert type(unknown) is str
    assert unknown == "NEXT_YEAR"
    assert api.complaint("thing", {"level": 1}) == "$.level: expected string, got integer"


def test_an_unknown_text_of_a_closed_enum_is_refused(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """
            Thing: {type: object, required: [level], properties: {level: {$ref: "#/components/schemas/Level"}}}
            Level: {type: string, enum: [LOW, HIGH]}
            """,
        )
    )
    assert api.decode("thing", {"level": "LOW"}).level is api.Level.LOW
    assert api.complaint("thing", {"level": "MIDDLE"}) == '$.level: expected "LOW" or "HIGH", got string'


def test_a_member_reads_as_its_text(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            'Thing: {type: object, properties: {l: {$ref: "#/components/schemas/L"}}}\nL: {type: string, enum: [a.b, "1st", class]}',
        )
    )
    assert [member.name for member in api.L] == ["A_B", "_1ST", "CLASS"]
    assert str(api.L.A_B) == f"{api.L.A_B}" == "a.b"
    assert api.L.A_B == "a.b"


def test_facts_about_enum_values_are_properties_of_the_members(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """
            Thing: {type: object, properties: {reason: {$ref: "#/components/schemas/Reason"}}}
            Reason:
              type: string
              x-open-enum: true
              enum: [too_big, busy, other]
              x-values:
                too_big: {description: Too big., category: wrong_input, retryable: false, advice: Cut it.}
                busy: {description: Busy., retryable: true, scope: things.read}
            """,
        )
    )
    big, busy, other = api.Reason.TOO_BIG, api.Reason.BUSY, api.Reason.OTHER
    assert (big.category, big.retryable, big.advice, big.scope) == ("wrong_input", False, "Cut it.", "")
    assert (busy.category, busy.retryable, busy.advice, busy.scope) == ("", True, "", "things.read")
    assert (other.category, other.retryable, other.advice, other.scope) == ("", False, "", "")


def test_a_union_is_read_by_its_constant(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """
            Thing: {type: object, required: [shape], properties: {shape: {$ref: "#/components/schemas/Shape"}}}
            Shape: {oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}]}
            Circle: {type: object, required: [kind, r], properties: {kind: {type: string, const: circle}, r: {type: number}}}
            Square: {type: object, required: [kind, a], properties: {kind: {type: string, const: square}, a: {type: number}}}
            """,
        )
    )
    circle = api.decode("thing", {"shape": {"kind": "circle", "r": 2}}).shape
    assert isinstance(circle, api.Circle)
    assert circle.r == 2
    assert isinstance(api.decode("thing", {"shape": {"kind": "square", "a": 1}}).shape, api.Square)
    expected = 'expected "circle" or "square"'
    assert api.complaint("thing", {"shape": {"kind": "disc"}}) == f"$.shape.kind: {expected}, got string"
    assert api.complaint("thing", {"shape": {}}) == f"$.shape.kind: {expected}, got nothing"
    assert api.complaint("thing", {"shape": {"kind": ["circle"]}}) == f"$.shape.kind: {expected}, got array"
    assert api.complaint("thing", {"shape": {"kind": "circle"}}) == "$.shape.r: expected number, got nothing"


def test_all_parts_of_an_allof_are_one_object_and_the_later_one_narrows(generate: Generator) -> None:
    api = generate(
        received(
            "Event",
            """
            Base: {type: object, required: [name], properties: {name: {type: string, description: Who.}, content: {type: string}}}
            Event:
              allOf:
                - {$ref: "#/components/schemas/Base"}
                - type: object
                  required: [content]
                  properties:
                    content: {contentMediaType: application/json, contentSchema: {$ref: "#/components/schemas/Inner"}}
            Inner: {type: object, required: [id], properties: {id: {type: integer}}}
            """,
        )
    )
    event = api.decode("event", {"name": "n", "content": '{"id": 3}'})
    assert event.content.id == 3
    assert event["content"] == '{"id": 3}'
    assert (
        api.complaint("event", {"name": "n", "content": '{"id": ""}'})
        == "$.content.id: expected integer, got string"
    )
    assert api.complaint("event", {"name": "n"}) == "$.content: expected string, got nothing"


def test_a_schema_may_refer_to_itself(generate: Generator) -> None:
    api = generate(
        received(
            "Tree",
            'Tree: {type: object, properties: {leaves: {type: array, items: {$ref: "#/components/schemas/Tree"}}}}',
        )
    )
    tree = api.decode("tree", {"leaves": [{"leaves": [{}]}]})
    assert tree.leaves[0].leaves[0] == api.Tree()
    assert (
        api.complaint("tree", {"leaves": [{"leaves": [1]}]})
        == "$.leaves[0].leaves[0]: expected object, got integer"
    )


def test_times_stay_numbers_with_an_aware_datetime_beside_them(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """
            Thing:
              type: object
              required: [made, expires_in]
              properties:
                made: {type: integer, x-time: epoch-seconds, x-at: made_at}
                seen: {type: integer, x-time: epoch-milliseconds, x-at: seen_at}
                expires_in: {type: integer, x-time: remaining-seconds, x-at: expires_at}
            """,
        )
    )
    before = datetime.now(timezone.utc)
    thing = api.decode("thing", {"made": 1790000000, "seen": 1790000000123, "expires_in": 60})
    after = datetime.now(timezone.utc)
    assert thing.made == 1790000000
    assert thing.made_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=timezone.utc)
    assert thing.seen_at == thing.made_at + timedelta(milliseconds=123)
    assert before + timedelta(seconds=60) <= thing.expires_at <= after + timedelta(seconds=60)
    assert thing.expires_at.tzinfo is timezone.utc
    assert api.Thing(made=0, expires_in=10, received_at=5.0).expires_at == datetime(
        1970, 1, 1, 0, 0, 15, tzinfo=timezone.utc
    )
    assert api.decode("thing", {"made": 0, "expires_in": 1}).seen_at is None


@pytest.mark.parametrize("count", [10**12, 10**400])
def test_a_time_that_no_calendar_holds_is_the_nearest_one_it_holds(generate: Generator, count: int) -> None:
    api = generate(
        received(
            "Thing",
            "Thing: {type: object, required: [t], properties: {t: {type: integer, x-time: epoch-seconds, x-at: t_at}}}",
        )
    )
    assert api.decode("thing", {"t": count}).t_at.year == 9999
    assert api.decode("thing", {"t": -count}).t_at.year == 1


def test_a_date_and_time_is_aware_even_when_the_wire_has_no_offset(generate: Generator) -> None:
    api = generate(
        received("Thing", "Thing: {type: object, properties: {t: {type: string, format: date-time}}}")
    )
    assert api.decode("thing", {"t": "2026-11-22T10:00:00Z"}).t == datetime(
        2026, 11, 22, 10, tzinfo=timezone.utc
    )
    assert api.decode("thing", {"t": "2026-11-22T10:00:00"}).t == datetime(
        2026, 11, 22, 10, tzinfo=timezone.utc
    )
    assert api.decode("thing", {"t": "2026-11-22T10:00:00+02:00"}).t.utcoffset() == timedelta(hours=2)


def test_secrets_are_left_out_of_the_repr(generate: Generator) -> None:
    api = generate(
        received(
            "Token",
            "Token: {type: object, required: [token], properties: {token: {type: string, x-secret: true}, spare: {type: string, x-secret: true}, n: {type: integer}}}",
        )
    )
    token = api.decode("token", {"token": "s3cr3t", "spare": "s3cr3t", "n": 1})
    assert token.token == token.spare == "s3cr3t"
    assert "s3cr3t" not in repr(token)
    assert repr(token) == "Token(n=1)"


def test_names_that_python_reserves_get_an_underscore_and_keep_their_wire_name(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """
            Thing:
              type: object
              properties: {class: {type: string}, raw: {type: string}, get: {type: string}, value: {type: string},
                type: {type: string}, datetime: {type: integer}, 2fa: {type: boolean}, is_object: {type: integer},
                decode_text: {type: array, items: {type: string}}, time: {type: integer, x-time: remaining-seconds, x-at: then}}
            """,
        )
    )
    wire = {"class": "c", "raw": "r", "get": "g", "value": "v", "type": "t", "datetime": 1, "2fa": True, "is_object": 2,
            "decode_text": ["d"], "time": 9}  # fmt: skip
    thing = api.decode("thing", wire)
    assert (thing.class_, thing.raw_, thing.get_, thing.value, thing.type) == ("c", "r", "g", "v", "t")
    assert (thing.datetime_, thing.n_2fa, thing.is_object, thing.decode_text, thing.time) == (
        1,
        True,
        2,
        ("d",),
        9,
    )
    assert thing.raw == wire


def test_a_union_that_may_be_null_is_told_apart_by_the_constant_that_differs(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """\
            Thing:
              type: object
              required: [what, size]
              properties:
                what: {oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}, {type: "null"}]}
                size: {oneOf: [{$ref: "#/components/schemas/Size"}, {type: "null"}]}
            A: {type: object, required: [v, t], properties: {v: {type: string, const: "1"}, t: {type: string, const: a}}}
            B: {type: object, required: [v, t], properties: {v: {type: string, const: "1"}, t: {type: string, const: b}}}
            Size: {type: object, required: [n], properties: {n: {type: integer}}}
            """,
        )
    )
    thing = api.decode("thing", {"what": {"v": "1", "t": "b"}, "size": {"n": 7}})
    assert (type(thing.what), thing.size.n) == (api.B, 7)
    thing = api.decode("thing", {"what": None, "size": None})
    assert (thing.what, thing.size) == (None, None)
    assert api.complaint("thing", {"what": {"v": "1", "t": "c"}, "size": None}).startswith("$.what")


def test_the_later_part_of_an_object_says_what_a_property_refers_to(generate: Generator) -> None:
    api = generate(
        received(
            "Thing",
            """\
            Thing:
              allOf:
                - {type: object, required: [a], properties: {a: {type: object}}}
                - {type: object, properties: {a: {$ref: "#/components/schemas/Inner"}}}
            Inner: {type: object, required: [n], properties: {n: {type: integer}}}
            """,
        )
    )
    assert api.decode("thing", {"a": {"n": 1}}).a == api.Inner(n=1)
    assert api.complaint("thing", {"a": {"n": "1"}}) == "$.a.n: expected integer, got string"
