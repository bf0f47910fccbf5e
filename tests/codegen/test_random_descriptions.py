"""Any description inside the dialect: it generates, compiles, generates the same again, and reads its own payloads."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen import names
from codegen.__main__ import render, write
from tests.codegen.inline import BASE

Schema = dict[str, Any]


class Quoting(yaml.SafeDumper):
    """Writes every text in quotes: what YAML 1.1 writes without, such as 0E0, is a number in YAML 1.2."""


def _quoted(_: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style='"')


Quoting.add_representer(str, _quoted)

_NUMBERS = itertools.count()
_PROPERTY_NAMES = st.one_of(
    st.sampled_from(
        ["id", "class", "type", "value", "raw", "get", "userId", "X-Y", "1st", "time", "attrs", "datetime", "checked",
         "secrets", "at", "self", "out", "encoded", "routes", "str", "decode_text", "Mapping", "körper", "a.b", "None"]
    ),
    st.text(alphabet="abcXYZ_-. 9", min_size=1, max_size=8),
)  # fmt: skip
_PROSE = st.one_of(st.just(""), st.text(alphabet="ab \"\\\n'*-{}%#", max_size=60))

_SCALARS: list[tuple[Schema, st.SearchStrategy[Any]]] = [
    ({"type": "string"}, st.text()),
    ({"type": "string", "minLength": 1, "maxLength": 9}, st.text(min_size=1, max_size=9)),
    ({"type": "integer"}, st.integers()),
    ({"type": "integer", "format": "int64", "minimum": 0}, st.integers(min_value=0)),
    ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
    ({"type": "boolean"}, st.booleans()),
    ({"type": ["string", "integer"]}, st.text() | st.integers()),
    ({"type": ["string", "null"]}, st.text() | st.none()),
    ({}, st.none() | st.booleans() | st.lists(st.integers(), max_size=2)),
]  # fmt: skip


_FLAT = ["string", "integer", "number", "boolean", ["string", "integer"]]


@dataclass(frozen=True)
class Typed:
    """A schema, and payloads that fit it."""

    schema: Schema
    payloads: st.SearchStrategy[Any]


@st.composite
def types(draw: st.DrawFn, known: list[tuple[str, st.SearchStrategy[Any]]], depth: int = 2) -> Typed:
    """A type that may refer to the schemas made so far."""
    choices: list[Callable[[], Typed]] = [lambda: Typed(*draw(st.sampled_from(_SCALARS)))]
    if known:

        def referred() -> Typed:
            name, payloads = draw(st.sampled_from(known))
            return Typed({"$ref": f"#/components/schemas/{name}"}, payloads)

        choices.append(referred)
    if depth:

        def listed() -> Typed:
            item = draw(types(known, depth - 1))
            return Typed({"type": "array", "items": item.schema}, st.lists(item.payloads, max_size=2))

        def mapped() -> Typed:
            item = draw(types(known, depth - 1))
            schema = {"type": "object", "additionalProperties": item.schema}
            return Typed(schema, st.dictionaries(st.text(max_size=3), item.payloads, max_size=2))

        choices += [listed, mapped]
    return draw(st.sampled_from(choices))()


@st.composite
def objects(draw: st.DrawFn, known: list[tuple[str, st.SearchStrategy[Any]]]) -> Typed:
    """An object with named properties."""
    wires = draw(st.lists(_PROPERTY_NAMES, max_size=5, unique_by=names.field))
    properties: Schema = {}
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for wire in wires:
        found = draw(types(known))
        schema = dict(found.schema)
        if prose := draw(_PROSE):
            schema["description"] = prose
        if schema.get("type") == "string" and draw(st.booleans()):
            schema["x-secret"] = True
        properties[wire] = schema
        if draw(st.booleans()):
            required[wire] = found.payloads
        else:
            optional[wire] = st.none() | found.payloads
    schema = {
        "type": "object",
        "description": draw(_PROSE),
        "required": list(required),
        "properties": properties,
    }
    extra: st.SearchStrategy[Schema] = st.dictionaries(st.just("unknown key"), st.integers(), max_size=1)
    fixed: st.SearchStrategy[Schema] = st.fixed_dictionaries(required, optional=optional)
    return Typed(schema, st.tuples(extra, fixed).map(_joined))


def _fits_form(schema: Schema) -> bool:
    """Whether a property can stand in a form: something flat, or a list of that."""
    if schema.get("type") == "array":
        return schema["items"].get("type") in _FLAT
    return schema.get("type") in [*_FLAT, ["string", "null"]]


def _joined(parts: tuple[Schema, Schema]) -> Schema:
    return {**parts[0], **parts[1]}


@st.composite
def descriptions(draw: st.DrawFn) -> tuple[Schema, list[tuple[str, st.SearchStrategy[Any]]]]:
    """A description, and payloads for each of its objects that are received."""
    schemas: Schema = {}
    known: list[tuple[str, st.SearchStrategy[Any]]] = []
    received: list[tuple[str, st.SearchStrategy[Any]]] = []
    paths: Schema = {}
    for number in range(draw(st.integers(min_value=1, max_value=4))):
        name = f"T{number}"
        if draw(st.integers(min_value=0, max_value=3)) == 0:
            values = draw(st.lists(st.text(max_size=6), min_size=1, max_size=4, unique_by=names.constant))
            open_ = draw(st.booleans())
            schemas[name] = {"type": "string", "enum": values, "x-open-enum": open_}
            known.append((name, st.sampled_from(values) | st.text() if open_ else st.sampled_from(values)))
            continue
        found = draw(objects(known))
        schemas[name] = found.schema
        known.append((name, found.payloads))
        received.append((name, found.payloads))
        reference = {"$ref": f"#/components/schemas/{name}"}
        operation: Schema = {
            "operationId": f"use{name}",
            "tags": [draw(st.sampled_from(["things", "otherThings"]))],
            "description": draw(_PROSE),
            "x-envelope": "plain",
            "x-idempotent": draw(st.booleans()),
            "x-errors": draw(st.sampled_from([[], ["bad_thing"]])),
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": reference}}}},
        }
        if draw(st.booleans()):
            body: Schema = {"application/json": {"schema": reference}}
            if all(_fits_form(schema) for schema in found.schema["properties"].values()) and draw(
                st.booleans()
            ):
                lists = [w for w, s in found.schema["properties"].items() if s.get("type") == "array"]
                encoding = {wire: {"style": "form", "explode": False} for wire in lists}
                body = {"application/x-www-form-urlencoded": {"schema": reference, "encoding": encoding}}
            operation["requestBody"] = {"content": body}
        if draw(st.booleans()):
            operation["security"] = [{"token": ["a"]}]
            wires = {names.argument(wire) for wire in found.schema["properties"]}
            if "access_token" in wires:
                del operation["security"]
        paths[f"/{name}"] = {"post": operation}
    return {"paths": paths, "components": {"schemas": schemas}}, received


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(descriptions(), st.data())
def test_a_random_description_compiles_repeats_and_reads_its_payloads(
    drawn: tuple[Schema, list[tuple[str, st.SearchStrategy[Any]]]], data: st.DataObject
) -> None:
    description, received = drawn
    package = f"random_{next(_NUMBERS)}"
    with tempfile.TemporaryDirectory() as folder:
        spec, out = Path(folder, "spec"), Path(folder, "out")
        spec.mkdir()
        (spec / "openapi.yaml").write_text(BASE.replace("PACKAGE", package), encoding="utf-8")
        (spec / "things.yaml").write_text(
            yaml.dump(description, Dumper=Quoting, allow_unicode=True), encoding="utf-8"
        )
        files = render(spec, style=False)
        for path, text in files.items():
            if path.endswith(".py"):
                compile(text, path, "exec")
        assert render(spec, style=False) == files
        write(files, out)
        sys.path.insert(0, str(out))
        try:
            importlib.invalidate_caches()
            client = importlib.import_module(f"{package}.client").Client("http://localhost:1")
            for area in _areas(description):
                assert getattr(client, area) is not None
            models = importlib.import_module(f"{package}.models.things") if received else None
            for name, payloads in received:
                # Through JSON and back, as a payload comes over the wire.
                payload = json.loads(json.dumps(data.draw(payloads)))
                model = getattr(models, f"decode_{names.snake(name)}")(payload)
                assert model.raw is payload
        finally:
            sys.path.remove(str(out))
            for name in [name for name in sys.modules if name.split(".")[0] == package]:
                del sys.modules[name]


def _areas(description: Schema) -> list[str]:
    return [names.snake(item["post"]["tags"][0]) for item in description["paths"].values()]
