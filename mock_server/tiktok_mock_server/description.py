"""What the bundled description says, in the form the mock asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import tiktok_openapi
from tiktok_openapi.routes import BY_ID

Schema = Mapping[str, Any]
Schemas = tuple[Schema, ...]
"""What a value may be: each resolved, and none a union."""


@cache
def bundle() -> Schema:
    """The whole document."""
    return cast("Schema", tiktok_openapi.description())


def node(pointer: str) -> Any:
    """What stands at a JSON pointer."""
    found: Any = bundle()
    for part in pointer.lstrip("#").split("/")[1:]:
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def resolved(schema: Schema) -> Schema:
    """A schema, or what it refers to."""
    while "$ref" in schema:
        schema = node(schema["$ref"])
    return schema


@cache
def known_scopes() -> frozenset[str]:
    """Every scope there is."""
    return frozenset(node("/components/schemas/Scope")["enum"])


@cache
def request_schema(operation_id: str) -> tuple[str, Schema] | None:
    """Media type and schema of an operation's body, if it takes one."""
    operation = node(BY_ID[operation_id].pointer)
    content = resolved(operation.get("requestBody", {})).get("content", {})
    for media_type, described in content.items():
        return media_type, described.get("schema", {})
    return None


@cache
def response_schema(operation_id: str, status: int) -> Schema | None:
    """The schema of an operation's JSON answer with a status; None where the description has none."""
    responses = node(BY_ID[operation_id].pointer)["responses"]
    for key in (str(status), f"{status // 100}XX", "default"):
        if key in responses:
            content = resolved(responses[key]).get("content", {})
            schema: Schema | None = content.get("application/json", {}).get("schema")
            return schema
    return None


@cache
def allows_status(operation_id: str, status: int) -> bool:
    """Whether the description knows this status of an operation."""
    responses = node(BY_ID[operation_id].pointer)["responses"]
    return bool({str(status), f"{status // 100}XX", "default"} & responses.keys())


def members(schema: Schema) -> Schemas:
    """A schema, or all that its unions and compositions consist of."""
    schema = resolved(schema)
    found: list[Schema] = [schema]
    for word in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(word, ()):
            found += members(one)
    return tuple(found)


def fields(schemas: Schemas) -> Mapping[str, Schemas]:
    """The fields that any of these objects has."""
    found: dict[str, Schemas] = {}
    for schema in schemas:
        for name, described in schema.get("properties", {}).items():
            found[name] = (*found.get(name, ()), *members(described))
    return found


def items(schemas: Schemas) -> Schemas:
    """What any of these lists holds."""
    return tuple(one for schema in schemas if "items" in schema for one in members(schema["items"]))


@cache
def body_schemas(operation_id: str) -> Schemas:
    """What an operation's body may be."""
    found = request_schema(operation_id)
    return () if found is None else members(found[1])


@cache
def answer_schemas(operation_id: str) -> Schemas:
    """What an operation's JSON answers may be, whatever their status."""
    found: list[Schema] = []
    for response in node(BY_ID[operation_id].pointer)["responses"].values():
        found += members(resolved(response).get("content", {}).get("application/json", {}).get("schema", {}))
    return tuple(found)


@cache
def query_schemas(operation_id: str) -> Mapping[str, Schemas]:
    """The parameters of an operation's query."""
    parameters = map(resolved, node(BY_ID[operation_id].pointer).get("parameters", ()))
    return {one["name"]: members(one["schema"]) for one in parameters if one["in"] == "query"}


@cache
def upload_server() -> str:
    """A host that takes uploads at TikTok."""
    server: str = node(BY_ID["uploadChunk"].pointer)["servers"][0]["url"]
    return server


@cache
def field_scopes(operation_id: str) -> Mapping[str, str]:
    """The fields that can be asked for with `fields`, and the scope of each (empty where none of its own)."""
    for parameter in node(BY_ID[operation_id].pointer).get("parameters", ()):
        described = resolved(parameter)
        if described["name"] == "fields":
            items = resolved(resolved(described["schema"])["items"])
            values = items.get("x-values", {})
            return {name: values.get(name, {}).get("scope", "") for name in items["enum"]}
    return {}
