"""Every example of the description is played: answers are read, requests are read and written again."""

from __future__ import annotations

import importlib
import json
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from openapi_spec_validator import validate

from tests.bindings.support import BUNDLE, Colour, always, answer, examples, operations, resolve
from tiktok_openapi import Call, Refused, webhooks
from tiktok_openapi._runtime.model import decode_nothing
from tiktok_openapi.routes import BY_ID, ROUTES

pytestmark = pytest.mark.anyio

OPERATIONS = dict(operations())


def answers() -> list[Any]:
    """Every documented JSON answer."""
    found: list[Any] = []
    for id_, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            media = resolve(response).get("content", {}).get("application/json")
            for name, example in examples(media) if media else ():
                found.append(pytest.param(id_, status, example, id=f"{id_}-{status}-{name}"))
    return found


def requests() -> list[Any]:
    """Every documented request that has fields."""
    found: list[Any] = []
    for id_, operation in OPERATIONS.items():
        for media_type, media in resolve(operation.get("requestBody", {})).get("content", {}).items():
            for name, example in examples(media):
                found.append(pytest.param(id_, media_type, media["schema"], example, id=f"{id_}-{name}"))
    return found


def decoders(id_: str) -> list[Any]:
    """The decoders an operation has for its results."""
    operation = BY_ID[id_]
    module = importlib.import_module(f"tiktok_openapi.operations.{operation.area}")
    table = getattr(module, f"_{operation.name.upper()}_RESULTS", None)
    if table is not None:
        return list(dict.fromkeys(table.values()))
    by_request = OPERATIONS[id_].get("x-result-by-request")
    assert by_request is None, "an operation with several results has a table"
    face = getattr(module, operation.name)
    result = face.__annotations__["return"].removeprefix("Call[").removesuffix("]")
    if result == "None":
        return [decode_nothing]
    return [getattr(module, f"decode_{_snake(result)}")]


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize(("id_", "status", "body"), answers())
async def test_a_documented_answer_is_a_result_or_a_known_refusal(
    colour: Colour, id_: str, status: str, body: dict[str, Any]
) -> None:
    operation = BY_ID[id_]
    assert operation.envelope is not None
    code = _at(body, operation.envelope.code)
    number = int(status.replace("XX", "00"))
    played: list[Any] = []
    for decode in decoders(id_):
        call = Call(operation=operation, decode=decode)
        handler = always(httpx.Response(number, json=body))
        if code == operation.envelope.success:
            try:
                found = await answer(colour, handler, call)
            except Exception as problem:  # noqa: BLE001 (one of several results fits)
                played.append(problem)
                continue
            assert found.body == body
            if found.value is not None:
                assert found.value.raw is _at(found.body, operation.envelope.payload)
            return
        with pytest.raises(Refused) as caught:
            await answer(colour, handler, call)
        assert caught.value.code == code
        assert caught.value.advice
        assert caught.value.category
        assert type(caught.value) is not Refused
        assert caught.value.log_id
        return
    pytest.fail(f"no result of {id_} fits: {played}")


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step)
    return value


@pytest.mark.parametrize(("id_", "media_type", "schema", "example"), requests())
async def test_a_documented_request_is_read_and_written_again(
    id_: str, media_type: str, schema: dict[str, Any], example: dict[str, Any]
) -> None:
    module = importlib.import_module(f"tiktok_openapi.operations.{BY_ID[id_].area}")
    names = [member["$ref"].rpartition("/")[2] for member in schema.get("oneOf", [schema])]
    written: list[dict[str, Any]] = []
    failed: list[Exception] = []
    for name in names:
        home = importlib.import_module(getattr(importlib.import_module("tiktok_openapi"), name).__module__)
        try:
            request = getattr(home, f"decode_{_snake(name)}")(example)
        except Exception as problem:  # noqa: BLE001 (one member of a union fits)
            failed.append(problem)
            continue
        fields = getattr(home, f"encode_{_snake(name)}")(request, "", [])
        assert fields == example
        body = module.checked.form_body(fields) if "form" in media_type else module.checked.json_body(fields)
        if "form" in media_type:
            flat = {
                key: value if isinstance(value, str) else ",".join(value) for key, value in example.items()
            }
            assert dict(parse_qsl(body.decode(), strict_parsing=True)) == flat
        else:
            assert json.loads(body) == example
        written.append(fields)
    assert len(written) == 1, failed


def events() -> list[Any]:
    """Every documented delivery."""
    found: list[Any] = []
    for name, item in BUNDLE["webhooks"].items():
        media = item["post"]["requestBody"]["content"]["application/json"]
        for case, example in examples(media):
            found.append(pytest.param(name, example, id=f"{name}-{case}"))
    return found


@pytest.mark.parametrize(("name", "example"), events())
async def test_a_documented_event_is_read_with_its_content(name: str, example: dict[str, Any]) -> None:
    event = webhooks.parse(json.dumps(example))
    assert not isinstance(event, webhooks.UnknownEvent)
    assert event.event in {name, *BUNDLE["webhooks"][name]["post"].get("x-aliases", [])}
    assert event.raw == example
    assert dict(event.content.raw) == json.loads(example["content"])


async def test_every_event_has_an_example() -> None:
    assert set(BUNDLE["webhooks"]) == {parameter.values[0] for parameter in events()}


async def test_the_bundle_is_valid_openapi() -> None:
    validate(BUNDLE)


async def test_the_route_table_has_every_operation_once() -> None:
    assert [route.id for route in ROUTES] == list(OPERATIONS)
    assert set(BY_ID) == set(OPERATIONS)
