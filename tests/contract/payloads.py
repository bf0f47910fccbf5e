"""Payloads drawn from the description's schemas, and calls built from its examples."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import tiktok_openapi
from tests.contract.described import Json, follow, is_list, members, operation
from tiktok_openapi import Client
from tiktok_openapi._runtime.call import Call
from tiktok_openapi._runtime.model import Model
from tiktok_openapi.routes import BY_ID

TEXT = st.text(max_size=12)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


def drawn(schema: Json, *, unknown: bool = False) -> SearchStrategy[Any]:
    """Values that a schema allows; with `unknown`, objects also carry keys that it does not know."""
    schema = follow(schema)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        known = st.sampled_from(schema["enum"])
        return known | TEXT if schema.get("x-open-enum") else known
    if "oneOf" in schema or "anyOf" in schema:
        return st.one_of([drawn_object(member, unknown) for member in members(schema)])
    if "contentSchema" in schema:
        return drawn(schema["contentSchema"], unknown=unknown).map(json.dumps)
    kind: object = schema.get("type", "object")
    kinds = kind if is_list(kind) else [kind]
    return st.one_of([_of_type(str(one), schema, unknown) for one in kinds])


def _of_type(kind: str, schema: Json, unknown: bool) -> SearchStrategy[Any]:
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            bits = 31 if schema.get("format") == "int32" else 63
            low = schema.get("minimum", -(2**bits))
            return st.integers(low, schema.get("maximum", 2**bits - 1))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "string":
            if pattern := schema.get("pattern"):
                matching: SearchStrategy[str] = st.from_regex(str(pattern), fullmatch=True)
                return matching.filter(str.isascii)
            if schema.get("format") == "uri":
                return st.from_regex(r"https://media\.example\.test/[a-z0-9]{0,9}", fullmatch=True)
            # 12 characters are at most 24 UTF-16 units, and every limit of the description is above that.
            return st.text(min_size=schema.get("minLength", 0), max_size=12)
        case "array":
            return st.lists(
                drawn(schema["items"], unknown=unknown), min_size=schema.get("minItems", 0), max_size=3
            )
        case "object":
            (one,) = members(schema)
            return drawn_object(one, unknown)
        case _:
            raise AssertionError(kind)


def drawn_object(schema: Json, unknown: bool) -> SearchStrategy[Json]:
    """An object with the properties of a schema, those that are not required sometimes left out."""
    properties: Mapping[str, Json] = schema.get("properties", {})
    required = schema.get("required", [])
    known = st.fixed_dictionaries(
        {name: drawn(properties[name], unknown=unknown) for name in required},
        optional={
            name: drawn(entry, unknown=unknown) for name, entry in properties.items() if name not in required
        },
    )
    if not unknown:
        return known
    extra = st.dictionaries(TEXT.filter(lambda key: key not in properties), ANYTHING, max_size=2)
    return st.tuples(extra, known).map(_both)


def _both(pair: tuple[Json, Json]) -> Json:
    return {**pair[0], **pair[1]}


def call(name: str, body: Json | None = None) -> Call[Any]:
    """A call of an operation, from the body that is to go over the wire (or the documented example)."""
    described = operation(name)
    route = BY_ID[name]
    arguments: Json = {"access_token": "act.contract"} if route.scopes else {}
    for parameter in map(follow, described.get("parameters", [])):
        arguments[parameter["name"].lower().replace("-", "_")] = parameter["example"]
    module = import_module(f"tiktok_openapi.operations.{route.area}")
    function: Callable[..., Call[Any]] = getattr(module, route.name)
    if route.binary:
        arguments["content_type"] = route.request_types[0]
        content = b"0" * arguments["content_length"]
        return function("https://upload.example.test/u?token=t", content, **arguments)
    if "requestBody" not in described:
        return function(**arguments)
    (content,) = follow(described["requestBody"])["content"].values()
    wire: Json = example_of(content) if body is None else body
    schema = follow(content["schema"])
    if "oneOf" in schema or "anyOf" in schema:
        return function(made(schema, wire), **arguments)
    return function(**{**arguments, **fields(schema, wire)})


def fields(schema: Json, wire: Json) -> Json:
    """Keyword arguments for the properties of an object; constants fill themselves in."""
    properties: Mapping[str, Json] = schema["properties"]
    return {
        name: made(properties[name], value)
        for name, value in wire.items()
        if "const" not in follow(properties[name])
    }


def made(schema: Json, wire: Any) -> Any:
    """What a caller passes for a value that is to go over the wire."""
    reference = schema.get("$ref", "")
    schema = follow(schema)
    if "oneOf" in schema or "anyOf" in schema:
        word = "oneOf" if "oneOf" in schema else "anyOf"
        return next(made(member, wire) for member in schema[word] if _tagged(member, wire))
    if "properties" in schema:
        model = getattr(tiktok_openapi, reference.rpartition("/")[2])
        return model(**fields(schema, wire))
    if schema.get("type") == "array":
        return [made(schema["items"], entry) for entry in wire]
    return wire


def _tagged(member: Json, wire: Json) -> bool:
    """Whether the constants of a union's member are those of a value."""
    properties = {name: follow(entry) for name, entry in follow(member)["properties"].items()}
    return all(wire.get(name) == entry["const"] for name, entry in properties.items() if "const" in entry)


def example_of(content: Json) -> Any:
    """The first example of a body."""
    if "example" in content:
        return content["example"]
    return next(iter(content["examples"].values()))["value"]


def examples_of(content: Json) -> dict[str, Any]:
    """Every example of a body, by name."""
    found = {name: entry["value"] for name, entry in content.get("examples", {}).items()}
    return found or ({"example": content["example"]} if "example" in content else {})


def answered(the_call: Call[Any], status: int, body: object) -> Any:
    """The result of a call that gets this answer."""
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers=headers))
    with Client(transport=transport) as client:
        return client.perform(the_call)


def misread(schema: Json, wire: Any, value: Any, path: str = "$") -> list[str]:
    """Where a result does not say what came over the wire."""
    schema = follow(schema)
    if "contentSchema" in schema:
        return misread(schema["contentSchema"], json.loads(wire), value, path)
    if schema.get("type") == "array":
        sent = wire if is_list(wire) else [wire]
        if len(sent) != len(value):
            return [f"{path}: {len(value)} of {len(sent)}"]
        pairs = enumerate(zip(sent, value, strict=True))
        return [found for i, (a, b) in pairs for found in misread(schema["items"], a, b, f"{path}[{i}]")]
    if isinstance(value, Model):
        (one,) = members(schema)
        problems = [] if value.raw == wire else [f"{path}: raw"]
        for name, entry in one.get("properties", {}).items():
            if name in wire:
                problems += misread(entry, wire[name], getattr(value, name), f"{path}.{name}")
            elif getattr(value, name) is not None:
                problems.append(f"{path}.{name}: {getattr(value, name)!r} out of nothing")
        return problems
    return [] if wire == value and isinstance(value, type(wire)) else [f"{path}: {value!r} for {wire!r}"]


def error_schema(envelope: str) -> Json:
    """The refusal of an envelope."""
    name = {"data": "ErrorResponse", "oauth": "OAuthError"}[envelope]
    return follow({"$ref": f"#/components/schemas/{name}"})
