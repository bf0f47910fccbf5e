"""Requests and answers against the schemas of the description, each compiled once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import attrs

from .description import bundle, request_schema, resolved, response_schema
from .why import shown

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, JSONType, KeywordValidator, ValidationError


class _MaxUtf16:
    """The keyword `x-max-utf16`: a greatest length in UTF-16 code units."""

    def __init__(self, parent_schema: dict[str, Any], value: Any, schema_path: list[str | int]) -> None:
        del parent_schema, schema_path
        self.limit = int(value)

    def validate(self, instance: JSONType) -> None:
        if isinstance(instance, str) and utf16_length(instance) > self.limit:
            raise ValueError(f"longer than {self.limit} UTF-16 code units")


_KEYWORDS: Final[dict[str, type[KeywordValidator]]] = {"x-max-utf16": _MaxUtf16}


def utf16_length(text: str) -> int:
    """The length as TikTok counts it: an emoji counts two."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


@attrs.frozen
class Problem:
    """Something that is not as described."""

    pointer: str
    message: str
    got: str


def _compile(schema: Any) -> Draft202012Validator:
    from jsonschema_rs import Draft202012Validator  # 10 ms, which the first body pays rather than the start

    document = {"$ref": "#/schema", "schema": schema, "components": bundle()["components"]}
    return Draft202012Validator(document, keywords=_KEYWORDS)


@cache
def _request_validator(operation_id: str) -> Draft202012Validator | None:
    found = request_schema(operation_id)
    return None if found is None else _compile(found[1])


@cache
def _response_validator(operation_id: str, status: int) -> Draft202012Validator | None:
    schema = response_schema(operation_id, status)
    return None if schema is None else _compile(schema)


@cache
def list_fields(operation_id: str) -> frozenset[str]:
    """Fields of a form that hold several values, separated by commas."""
    found = request_schema(operation_id)
    if found is None:
        return frozenset()
    schema = resolved(found[1])
    branches = [resolved(one) for one in schema.get("oneOf", [schema])]
    return frozenset(
        name
        for branch in branches
        for name, described in branch.get("properties", {}).items()
        if resolved(described).get("type") == "array"
    )


def check_request(operation_id: str, body: object) -> list[Problem]:
    """What is wrong with a body."""
    validator = _request_validator(operation_id)
    if validator is None:
        return []
    try:
        return [] if validator.is_valid(body) else _problems(validator.iter_errors(body))
    except (ValueError, TypeError) as error:
        # Nested too deeply, half a surrogate pair: whatever it is, it is not as described.
        return [Problem("", str(error), "something that cannot be checked")]


def check_response(operation_id: str, status: int, body: object) -> list[Problem]:
    """What is wrong with an answer."""
    validator = _response_validator(operation_id, status)
    if validator is None:
        return [Problem("", f"the description has no JSON answer with status {status}", "one")]
    return [] if validator.is_valid(body) else _problems(validator.iter_errors(body))


def _problems(errors: Iterable[ValidationError]) -> list[Problem]:
    found: list[Problem] = []
    for error in errors:
        branches = getattr(error.kind, "context", None)
        branch = _nearest(branches) if branches else None
        if branch:
            found += _problems(branch)
        else:
            pointer = "".join(f"/{part}" for part in error.instance_path)
            if error.kind.name == "required":
                pointer += f"/{error.kind.as_dict().get('property', '')}".rstrip("/")
            found.append(Problem(pointer, error.message, shown(error.instance)))
    return found


def _nearest(branches: list[list[ValidationError]]) -> list[ValidationError]:
    """The member of a union that was meant: the one whose `const` fits, else the one with fewest problems."""
    fitting = [branch for branch in branches if all(error.kind.name != "const" for error in branch)]
    return min(fitting or branches, key=len)
