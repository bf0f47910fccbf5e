"""Encoders: what is sent is checked against the description before it is sent, and no secret is shown."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.codegen.inline import Generator, sent


@pytest.mark.parametrize(
    ("schema", "value", "wire"),
    [
        ("{type: string}", "x", "x"),
        ("{type: string, minLength: 2, maxLength: 3}", "abc", "abc"),
        ("{type: string, maxLength: 2, x-max-utf16: 4}", "😀😀", "😀😀"),
        ("{type: string, pattern: '^a+$'}", "aaa", "aaa"),
        ("{type: integer, minimum: 1, maximum: 2}", 2, 2),
        ("{type: number, minimum: 0.5}", 0.5, 0.5),
        ("{type: number}", 3, 3),
        ("{type: boolean}", False, False),
        ("{}", {"a": [1, None]}, {"a": [1, None]}),
        ("{type: array, minItems: 1, maxItems: 2, items: {type: integer}}", (1, 2), [1, 2]),
        ("{type: object, additionalProperties: {type: string}}", {"k": "v"}, {"k": "v"}),
        ("{type: [string, integer]}", 5, 5),
        ("{type: [string, integer]}", "5", "5"),
        ("{type: string, format: date-time}", datetime(2026, 1, 2, tzinfo=timezone.utc), "2026-01-02T00:00:00+00:00"),
        ("{type: string, contentMediaType: application/json, contentSchema: {type: array, items: {type: integer}}}", [1, 2], "[1,2]"),
    ],
)  # fmt: skip
def test_what_fits_goes_on_the_wire(generate: Generator, schema: str, value: object, wire: object) -> None:
    api = generate(sent("Thing", f"Thing: {{type: object, required: [a], properties: {{a: {schema}}}}}"))
    assert api.encode("thing", api.Thing(a=value)) == {"a": wire}


@pytest.mark.parametrize(
    ("schema", "value", "complaint"),
    [
        ("{type: string}", 1, "a: must be a string, got int"),
        ("{type: string}", None, "a: must be a string, got None"),
        ("{type: string}", b"x", "a: must be a string, got bytes"),
        ("{type: string, minLength: 1}", "", "a: must not be empty, got ''"),
        ("{type: string, minLength: 3}", "ab", "a: at least 3 characters, got 2 characters"),
        ("{type: string, maxLength: 3}", "abcd", "a: at most 3 characters, got 4 characters"),
        ("{type: string, maxLength: 4, x-max-utf16: 4}", "😀😀x", "a: at most 4 UTF-16 code units, got 5 UTF-16 code units"),
        ("{type: string, pattern: '^a+$'}", "b", "a: must match ^a+$, got 'b'"),
        ("{type: string, pattern: '^a+$'}", "a\n", "a: must match ^a+$, got 'a\\n'"),
        ("{type: string}", "\ud800", "a: must be text that UTF-8 can hold, got '\\ud800'"),
        ("{type: string, enum: [A, B]}", "C", "a: must be one of A, B, got 'C'"),
        ("{type: integer}", True, "a: must be a whole number, got bool"),
        ("{type: integer}", 1.0, "a: must be a whole number, got float"),
        ("{type: integer, minimum: 1}", 0, "a: at least 1, got 0"),
        ("{type: integer, maximum: 5}", 6, "a: at most 5, got 6"),
        ("{type: number}", float("nan"), "a: must be finite, got nan"),
        ("{type: number}", "1", "a: must be a number, got str"),
        ("{type: boolean}", 1, "a: must be true or false, got int"),
        ("{}", {1, 2}, "a: must be something that JSON can hold, got set"),
        ("{type: array, items: {type: string}}", "abc", "a: must be a list, got str"),
        ("{type: array, items: {type: string}}", {"x"}, "a: must be a list, got set"),
        ("{type: array, minItems: 1, items: {type: string}}", [], "a: at least 1, got 0 items"),
        ("{type: array, maxItems: 1, items: {type: string}}", ["x", "y"], "a: at most 1, got 2 items"),
        ("{type: array, items: {type: string, minLength: 1}}", ["x", ""], "a[1]: must not be empty, got ''"),
        ("{type: object, additionalProperties: {type: integer}}", {"k": "v"}, "a.k: must be a whole number, got str"),
        ("{type: object, additionalProperties: {type: integer}}", [1], "a: must be a mapping, got list"),
        ("{type: object, additionalProperties: {type: integer}}", {1: 1}, "a: must be a mapping with text as keys, got int"),
        ("{type: [string, integer]}", True, "a: must be a string or a whole number, got bool"),
        ("{type: [string, integer], minimum: 3}", 2, "a: at least 3, got 2"),
        ("{type: [string, number]}", True, "a: must be a string or a number, got bool"),
        ("{}", "\ud800", "a: must be something that JSON can hold, got str"),
        ("{type: object, additionalProperties: {type: integer}}", {"\ud800": 1}, "a.\ud800: must be text that UTF-8 can hold, got '\\ud800'"),
        ("{type: string, format: date-time}", "now", "a: must be a datetime, got str"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_impossible_and_says_why(
    generate: Generator, schema: str, value: object, complaint: str
) -> None:
    api = generate(sent("Thing", f"Thing: {{type: object, required: [a], properties: {{a: {schema}}}}}"))
    assert api.impossible("thing", api.Thing(a=value)) == complaint


def test_a_moment_without_a_time_zone_is_impossible(generate: Generator) -> None:
    api = generate(
        sent(
            "Thing",
            "Thing: {type: object, required: [a], properties: {a: {type: string, format: date-time}}}",
        )
    )
    naive = datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=1))).replace(tzinfo=None)
    assert (
        api.impossible("thing", api.Thing(a=naive)) == "a: must have a time zone, got '2026-01-02T00:00:00'"
    )


def test_a_long_value_is_shown_in_part(generate: Generator) -> None:
    api = generate(
        sent("Thing", "Thing: {type: object, required: [a], properties: {a: {type: string, pattern: '^x$'}}}")
    )
    said = api.impossible("thing", api.Thing(a="y" * 500))
    assert said.endswith("yyy…")
    assert len(said) < 120


def test_none_means_not_sent(generate: Generator) -> None:
    api = generate(
        sent("Thing", "Thing: {type: object, properties: {a: {type: string}, b: {type: boolean}}}")
    )
    assert api.encode("thing", api.Thing()) == {}
    assert api.encode("thing", api.Thing(a=None, b=False)) == {"b": False}


def test_a_constant_is_filled_in_and_cannot_be_given(generate: Generator) -> None:
    api = generate(
        sent(
            "Thing",
            "Thing: {type: object, required: [kind], properties: {kind: {type: string, const: fixed}, a: {type: string}}}",
        )
    )
    thing = api.Thing(a="x")
    assert thing.kind == "fixed"
    assert api.encode("thing", thing) == {"kind": "fixed", "a": "x"}
    with pytest.raises(TypeError):
        api.Thing(kind="other")


def test_requests_are_made_with_keywords_and_frozen(generate: Generator) -> None:
    api = generate(sent("Thing", "Thing: {type: object, required: [a], properties: {a: {type: string}}}"))
    with pytest.raises(TypeError):
        api.Thing("x")
    with pytest.raises(TypeError):
        api.Thing()
    with pytest.raises(AttributeError):
        api.Thing(a="x").a = "y"
    assert api.Thing(a="x") == api.Thing(a="x")


@pytest.mark.parametrize("open_", ["", "x-open-enum: true, "])
def test_an_enum_takes_a_member_or_its_text(generate: Generator, open_: str) -> None:
    api = generate(
        sent(
            "Thing",
            f"""
            Thing: {{type: object, required: [l], properties: {{l: {{$ref: "#/components/schemas/Level"}}}}}}
            Level: {{type: string, {open_}enum: [LOW, HIGH]}}
            """,
        )
    )
    for value in (api.Level.LOW, "LOW"):
        assert api.encode("thing", api.Thing(l=value)) == {"l": "LOW"}
        assert type(api.encode("thing", api.Thing(l=value))["l"]) is str
    if open_:
        assert api.encode("thing", api.Thing(l="NEW")) == {"l": "NEW"}
    else:
        assert api.impossible("thing", api.Thing(l="NEW")) == "l: must be one of LOW, HIGH, got 'NEW'"
    assert api.impossible("thing", api.Thing(l=3)) == "l: must be a string, got int"


def test_a_complaint_names_the_way_through_objects_and_lists(generate: Generator) -> None:
    api = generate(
        sent(
            "Outer",
            """
            Outer: {type: object, required: [inner], properties: {inner: {$ref: "#/components/schemas/Inner"}}}
            Inner: {type: object, required: [items], properties: {items: {type: array, items: {$ref: "#/components/schemas/Item"}}}}
            Item: {type: object, required: [n], properties: {n: {type: integer, minimum: 0}}}
            """,
        )
    )
    item = api.Item(n=1)
    good = api.Outer(inner=api.Inner(items=[item]))
    assert api.encode("outer", good) == {"inner": {"items": [{"n": 1}]}}
    bad = api.Outer(inner=api.Inner(items=[item, api.Item(n=-1)]))
    assert api.impossible("outer", bad) == "inner.items[1].n: at least 0, got -1"
    assert api.impossible("outer", api.Outer(inner={"items": []})) == "inner: must be an Inner, got dict"
    assert (
        api.impossible("outer", api.Outer(inner=api.Inner(items=[3])))
        == "inner.items[0]: must be an Item, got int"
    )
    assert api.impossible("outer", "outer") == "body: must be an Outer, got str"


def test_a_union_takes_its_members_only(generate: Generator) -> None:
    api = generate(
        sent(
            "Thing",
            """
            Thing: {type: object, required: [shape], properties: {shape: {oneOf: [{$ref: "#/components/schemas/Circle"}, {$ref: "#/components/schemas/Square"}]}}}
            Circle: {type: object, required: [kind], properties: {kind: {type: string, const: circle}}}
            Square: {type: object, required: [kind, a], properties: {kind: {type: string, const: square}, a: {type: number}}}
            """,
        )
    )
    assert api.encode("thing", api.Thing(shape=api.Square(a=1))) == {"shape": {"kind": "square", "a": 1}}
    assert api.impossible("thing", api.Thing(shape={})) == "shape: must be Circle or Square, got dict"
    assert not hasattr(api.package, "ThingShape")


@pytest.mark.parametrize(
    ("schema", "value", "complaint"),
    [
        ("{type: string, x-secret: true, pattern: '^a$'}", "hunter2", "a: must match ^a$, got ***"),
        ("{type: string, x-secret: true, minLength: 10}", "hunter2", "a: at least 10 characters, got 7 characters"),
        ("{type: string, x-secret: true, maxLength: 3}", "hunter2", "a: at most 3 characters, got 7 characters"),
        ("{type: string, x-secret: true}", "hunter2\udfff", "a: must be text that UTF-8 can hold, got ***"),
        ("{type: string, x-secret: true}", b"hunter2", "a: must be a string, got bytes"),
    ],
)  # fmt: skip
def test_a_secret_is_never_shown(generate: Generator, schema: str, value: object, complaint: str) -> None:
    api = generate(sent("Thing", f"Thing: {{type: object, required: [a], properties: {{a: {schema}}}}}"))
    thing = api.Thing(a=value)
    assert api.impossible("thing", thing) == complaint
    assert "hunter2" not in repr(thing)


def test_a_secret_is_one_wherever_its_schema_is_referred_to(generate: Generator) -> None:
    api = generate(
        sent(
            "Thing",
            """
            Thing: {type: object, required: [key], properties: {key: {$ref: "#/components/schemas/Key"}}}
            Key: {type: string, x-secret: true, description: A key.}
            """,
        )
    )
    thing = api.Thing(key="hunter2")
    assert "hunter2" not in repr(thing)
    assert api.module("operations.things").use_thing(key="hunter2").secrets == ("hunter2",)


def test_what_must_be_there_and_may_be_null_is_not_sent_as_none(generate: Generator) -> None:
    api = generate(
        sent("Thing", "Thing: {type: object, required: [a], properties: {a: {type: [string, 'null']}}}")
    )
    assert api.encode("thing", api.Thing(a=None)) == {}
    assert api.encode("thing", api.Thing(a="x")) == {"a": "x"}


def test_secrets_in_a_body_are_handed_to_the_call(generate: Generator) -> None:
    api = generate(
        sent(
            "Thing",
            """
            Thing: {type: object, properties: {key: {type: string, x-secret: true}, inner: {$ref: "#/components/schemas/Inner"}}}
            Inner: {type: object, required: [pin], properties: {pin: {type: string, x-secret: true}}}
            """,
        )
    )
    call = api.module("operations.things").use_thing(key="k&y", inner=api.Inner(pin="1234"))
    assert set(call.secrets) == {"k&y", "1234"}
    assert "1234" not in repr(call)


def test_what_is_sent_can_also_be_read(generate: Generator) -> None:
    """A mock reads what a client sends, and tests play documented requests back."""
    api = generate(
        sent(
            "Thing",
            "Thing: {type: object, required: [kind, n], properties: {kind: {type: string, const: k}, n: {type: integer}, m: {type: array, items: {type: string}}}}",
        )
    )
    assert api.decode("thing", {"kind": "k", "n": 1, "m": ["x"], "more": 1}) == api.Thing(n=1, m=("x",))
    assert api.complaint("thing", {"kind": "other", "n": 1}) == '$.kind: expected "k", got string'


def test_a_schema_that_is_sent_and_received_keeps_what_was_received(generate: Generator) -> None:
    api = generate(
        """
        paths:
          /thing:
            post:
              operationId: echo
              tags: [things]
              x-envelope: plain
              x-idempotent: true
              x-errors: []
              requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
              responses: {"200": {description: Fine., content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
        components:
          schemas:
            Thing: {type: object, required: [a], properties: {b: {type: integer}, a: {type: string}}}
        """
    )
    thing = api.decode("thing", {"a": "x", "c": 1})
    assert thing["c"] == 1
    assert thing == api.Thing(a="x")
    assert api.encode("thing", thing) == {"a": "x"}
