"""The generated tables: errors, limits, webhooks, and the lazy root."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from codegen.load import Refusal
from tests.codegen.inline import Generator, received


def test_each_category_is_a_class_below_refused_and_the_catalogue_knows_each_code(
    generate: Generator,
) -> None:
    api = generate()
    errors = api.module("errors")
    assert issubclass(errors.WrongInput, errors.Refused)
    assert issubclass(errors.Broken, errors.Error)
    entry = errors.CATALOGUE.find("plain", "bad_thing")
    assert (entry.status, entry.category, entry.retryable, entry.advice) == (
        400,
        "wrong_input",
        False,
        "Do better.",
    )
    assert errors.CATALOGUE.find("plain", "bad_box") is None
    assert errors.CATALOGUE.find("nowhere", "bad_thing") is None
    assert errors.CATALOGUE.category_of(400) == "wrong_input"
    assert errors.CATALOGUE.category_of(503) == "broken"
    assert errors.CATALOGUE.category_of(302) is None
    assert errors.CATALOGUE.classes == {"wrong_input": errors.WrongInput, "broken": errors.Broken}
    assert errors.__all__ == sorted(errors.__all__)
    assert all(hasattr(errors, name) for name in errors.__all__)


def test_limits_are_constants(generate: Generator) -> None:
    api = generate("x-limits: {max_size: {value: 5, unit: bytes, description: Most.}, ratio: {value: 0.5}}")
    limits = api.module("limits")
    assert (limits.MAX_SIZE, limits.RATIO) == (5, 0.5)


WEBHOOKS = """\
webhooks:
  thing.made:
    post:
      x-aliases: [thing.maid]
      parameters: [{name: X-Signature, in: header, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/ThingMade"}}}}
      responses: {"200": {description: Received.}}
  thing.gone:
    post:
      parameters: [{name: X-Signature, in: header, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/ThingGone"}}}}
      responses: {"200": {description: Received.}}
components:
  schemas:
    Envelope: {type: object, required: [event], properties: {event: {type: string}, content: {type: string}}}
    ThingMade:
      allOf:
        - {$ref: "#/components/schemas/Envelope"}
        - type: object
          required: [content]
          properties:
            event: {type: string, const: thing.made}
            content: {type: string, contentMediaType: application/json, contentSchema: {$ref: "#/components/schemas/Made"}}
    ThingGone:
      allOf:
        - {$ref: "#/components/schemas/Envelope"}
        - {type: object, properties: {event: {type: string, const: thing.gone}}}
    Made: {type: object, required: [id], properties: {id: {type: [integer, string]}}}
"""


def test_a_known_event_is_read_into_its_class(generate: Generator) -> None:
    api = generate(WEBHOOKS)
    webhooks = api.module("webhooks")
    event = webhooks.parse(b'{"event": "thing.made", "content": "{\\"id\\": 5, \\"more\\": 1}", "new": true}')
    assert isinstance(event, api.ThingMade)
    assert event.content.id == 5
    assert event.content["more"] == 1
    assert event["new"] is True
    assert isinstance(webhooks.parse('{"event": "thing.gone"}'), api.ThingGone)
    assert webhooks.SIGNATURE_HEADER == "X-Signature"


def test_another_spelling_of_an_event_is_read_as_the_same(generate: Generator) -> None:
    api = generate(WEBHOOKS)
    event = api.module("webhooks").parse('{"event": "thing.maid", "content": "{\\"id\\": \\"x\\"}"}')
    assert isinstance(event, api.ThingMade)
    assert event.event == "thing.maid"


def test_an_unknown_event_is_delivered_with_all_it_brought(generate: Generator) -> None:
    api = generate(WEBHOOKS)
    body = {"event": "thing.new", "content": "not even JSON", "x": [1]}
    event = api.module("webhooks").parse(json.dumps(body))
    assert isinstance(event, api.UnknownEvent)
    assert event.name == "thing.new"
    assert event["x"] == [1]
    assert event.raw == body


@pytest.mark.parametrize(
    ("body", "place", "event"),
    [
        (b"", "$: expected JSON, got nothing", ""),
        (b"<html>", "$: expected JSON, got something else", ""),
        (b"\xff\xfe", "$: expected JSON, got nothing", ""),
        (b"[" * 200_000, "$: expected JSON, got broken JSON", ""),
        (b"9" * 5000, "$: expected JSON, got something else", ""),
        (b"[]", "$: expected object, got array", ""),
        (b"{}", "$.event: expected string, got nothing", ""),
        (b'{"event": 5}', "$.event: expected string, got integer", ""),
        (b'{"event": "thing.made"}', "$.content: expected string, got nothing", "thing.made"),
        (b'{"event": "thing.made", "content": {}}', "$.content: expected string, got object", "thing.made"),
        (b'{"event": "thing.made", "content": "{"}', "$.content: expected JSON, got string", "thing.made"),
        (b'{"event": "thing.made", "content": "[]"}', "$.content: expected object, got array", "thing.made"),
        (b'{"event": "thing.made", "content": "{}"}', "$.content.id: expected integer or string, got nothing", "thing.made"),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_body_that_is_no_event_is_a_typed_error_with_its_place(
    generate: Generator, body: bytes, place: str, event: str
) -> None:
    api = generate(WEBHOOKS)
    with pytest.raises(api.UnreadableEvent) as caught:
        api.module("webhooks").parse(body)
    assert caught.value.args[0] == place
    assert caught.value.event == event
    assert isinstance(caught.value, api.Unreadable)
    assert place in str(caught.value)


def test_webhooks_without_a_constant_that_names_them_are_refused(generate: Generator) -> None:
    with pytest.raises(Refusal, match=r"no property holds the event's name as a constant in all events"):
        generate.files(WEBHOOKS.replace("const: thing.gone", "const: other"))
    with pytest.raises(Refusal, match=r"the event 'thing.gone' is already there"):
        generate.files(WEBHOOKS.replace("thing.maid", "thing.gone"))


def test_a_webhook_that_is_no_json_object_or_is_signed_in_another_header_is_refused(
    generate: Generator,
) -> None:
    with pytest.raises(Refusal, match=r"thing.gone/post a webhook has a JSON body that is a reference"):
        generate.files(
            WEBHOOKS.replace(
                'application/json: {schema: {$ref: "#/components/schemas/ThingGone"}}',
                "video/mp4: {schema: {}}",
            )
        )
    first, gone = WEBHOOKS.split("  thing.gone:")
    with pytest.raises(Refusal, match=r"webhooks share one header, not X-Other, X-Signature"):
        generate.files(f"{first}  thing.gone:{gone.replace('X-Signature', 'X-Other')}")


def test_an_enum_of_all_names_tells_events_apart_as_well(generate: Generator) -> None:
    names = "event: {type: string, enum: [thing.made, thing.maid, thing.gone]}"
    texts = WEBHOOKS.replace("{event: {type: string}, content", f"{{{names}, content")
    for constant in ("event: {type: string, const: thing.made}", "event: {type: string, const: thing.gone}"):
        texts = texts.replace(constant, "new: {type: boolean}")
    webhooks = generate(texts).module("webhooks")
    assert webhooks.parse('{"event": "thing.gone"}').event == "thing.gone"
    assert type(webhooks.parse('{"event": "thing.lost"}')).__name__ == "UnknownEvent"


def test_the_root_imports_nothing_until_a_name_is_touched(generate: Generator) -> None:
    api = generate(received("Thing", "Thing: {type: object}") + "x-limits: {max_size: {value: 5}}\n")
    name = api.package.__name__
    program = f"""
import sys
before = set(sys.modules)
import {name} as api
assert not [m for m in set(sys.modules) - before if m.split(".")[0] in ("httpx", "attr", "attrs", "json")], "root"
assert "Thing" in dir(api) and "Client" in dir(api)
assert api.limits.MAX_SIZE == 5
assert "attr" not in sys.modules
api.Thing
assert "attr" in sys.modules and "httpx" not in sys.modules
api.Client
assert "httpx" in sys.modules
try:
    api.nothing
except AttributeError as problem:
    assert str(problem) == "module '{name}' has no attribute 'nothing'"
else:
    raise SystemExit("an unknown name was found")
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=api.folder.parent)


def test_every_name_in_all_exists_and_all_is_sorted(generate: Generator) -> None:
    api = generate(WEBHOOKS + "x-limits: {max_size: {value: 5}}\n")
    for module in (api.package, api.module("models"), api.module("operations"), api.module("faces")):
        assert module.__all__ == sorted(module.__all__)
        for name in module.__all__:
            assert getattr(module, name) is not None


def test_the_bundle_is_the_merged_description(generate: Generator) -> None:
    api = generate(received("Thing", "Thing: {type: object, description: Ünique.}"))
    found: Any = api.description()
    assert found["components"]["schemas"]["Thing"] == {"type": "object", "description": "Ünique."}
    assert found["components"]["securitySchemes"]
    assert next(iter(found)) == "openapi"


def test_the_version_is_that_of_the_distribution_or_zero(generate: Generator) -> None:
    assert generate().__version__ == "0"
