"""Reads the bundle the way an outsider does: without our generator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard, cast

import yaml

Json = dict[str, Any]
HERE = Path(__file__).parent
ROOT = HERE.parent.parent
METHODS = ("get", "put", "post", "delete", "patch")


@cache
def bundle() -> Json:
    """The description as it ships."""
    text = (ROOT / "generated" / "tiktok_openapi" / "openapi.json").read_text(encoding="utf-8")
    return cast("Json", json.loads(text))


@cache
def facts() -> Json:
    """The checked-in facts."""
    return cast("Json", yaml.safe_load((HERE / "facts.yaml").read_text(encoding="utf-8")))


def follow(node: Json) -> Json:
    """What a reference leads to; what stands beside the reference is added to it."""
    while "$ref" in node:
        found: Any = bundle()
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = {**found, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def operations() -> Iterator[tuple[str, str, Json, Json]]:
    """Path, method, operation, path item; each operation once."""
    for path, item in bundle()["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method], item


def operation(name: str) -> Json:
    """One operation by its id."""
    return next(found for _, _, found, _ in operations() if found["operationId"] == name)


def members(schema: Json) -> list[Json]:
    """The object schemas that a schema can be: itself, or every member of a union; `allOf` is merged."""
    schema = follow(schema)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return [found for member in schema[word] for found in members(member)]
    if "allOf" in schema:
        merged: Json = {**schema, "properties": {}, "required": []}
        for part in schema["allOf"]:
            (one,) = members(part)
            merged["properties"] |= one.get("properties", {})
            merged["required"] = [*merged["required"], *one.get("required", [])]
        return [merged]
    return [schema]


def at(schemas: list[Json], pointer: str) -> list[Json]:
    """The schemas below a pointer; a digit steps into a list."""
    for step in pointer.split("/")[1:]:
        found: list[Json] = []
        for schema in schemas:
            if step.isdigit():
                found += members(schema["items"]) if "items" in schema else []
            elif step in schema.get("properties", {}):
                found += members(schema["properties"][step])
        schemas = found
    return schemas


def request_members(name: str) -> list[Json]:
    """The schemas of an operation's request body."""
    contents = follow(operation(name)["requestBody"])["content"].values()
    return [schema for content in contents for schema in members(content["schema"])]


def answer_members(name: str) -> list[Json]:
    """The schemas of an operation's answer with HTTP 200, refusals left out."""
    content = follow(operation(name)["responses"]["200"])["content"]["application/json"]
    return [schema for schema in members(content["schema"]) if not is_refusal(schema)]


def is_refusal(schema: Json) -> bool:
    """Whether an answer is a refusal: `error` is required, and `ok` is not what it says."""
    if "error" not in schema.get("required", []):
        return False
    error = follow(schema["properties"]["error"])
    return "const" not in follow(error.get("properties", {}).get("code", {}))


def type_of(schema: Json) -> str:
    """The type in the words of the facts file."""
    schema = follow(schema)
    kind = schema.get("type")
    if kind == "array":
        return f"list of {type_of(schema['items'])}"
    if kind == "integer":
        return str(schema.get("format", "integer"))
    if isinstance(kind, list):
        return " or ".join(cast("list[str]", kind))
    if kind is None and any(word in schema for word in ("oneOf", "anyOf", "allOf")):
        return "object"
    return str(kind)


def is_mapping(node: object) -> TypeGuard[Json]:
    """Whether a node is a mapping."""
    return isinstance(node, dict)


def is_list(node: object) -> TypeGuard[list[Any]]:
    """Whether a node is a list."""
    return isinstance(node, list)


def evidence(node: Json) -> list[Json]:
    """The evidence statements that stand on a mapping."""
    found: object = node.get("x-evidence", [])
    return found if is_list(found) else [found] if is_mapping(found) else []


def marks(node: Json) -> list[str]:
    """The evidence marks that stand on a mapping."""
    return [statement["mark"] for statement in evidence(node)]
