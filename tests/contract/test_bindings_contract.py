"""Description ↔ bindings: examples and drawn payloads go through the generated code and lose nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.described import (
    Json,
    answer_members,
    at,
    bundle,
    follow,
    is_list,
    is_mapping,
    is_refusal,
    members,
    operation,
)
from tests.contract.payloads import (
    answered,
    call,
    drawn_object,
    error_schema,
    examples_of,
    misread,
)
from tiktok_openapi import webhooks
from tiktok_openapi._runtime.errors import Refused
from tiktok_openapi.routes import BY_ID

OPERATIONS = sorted(BY_ID)
CALLED = [name for name in OPERATIONS if BY_ID[name].envelope is not None]


def request_examples() -> Iterator[Any]:
    for name in OPERATIONS:
        for content in follow(operation(name).get("requestBody", {})).get("content", {}).values():
            for title, body in examples_of(content).items():
                if is_mapping(body):
                    yield pytest.param(name, body, id=f"{name}-{title}")


def answer_examples() -> Iterator[Any]:
    for name in CALLED:
        for status, response in operation(name)["responses"].items():
            for kind, content in follow(response).get("content", {}).items():
                for title, body in examples_of(content).items():
                    if kind == "application/json":
                        number = int(status.replace("XX", "00"))
                        yield pytest.param(name, number, body, id=f"{name}-{status}-{title}")


def written(name: str, body: Json) -> Json:
    """What the bindings put on the wire for a body, as JSON again."""
    sent = call(name, body).body
    assert isinstance(sent, bytes)
    if BY_ID[name].request_types == ("application/x-www-form-urlencoded",):
        return dict(parse_qsl(sent.decode(), keep_blank_values=True, strict_parsing=True))
    found: Json = json.loads(sent)
    return found


def on_the_wire(name: str, body: Json) -> Json:
    """A body as it must look on the wire: a form writes a list with commas."""
    if BY_ID[name].request_types == ("application/x-www-form-urlencoded",):
        return {key: ",".join(value) if is_list(value) else value for key, value in body.items()}
    return body


def schema_of(name: str, wire: Json) -> Json:
    """The member of an operation's answer that a payload belongs to: the one that needs the most of it."""
    payload = "/data" if BY_ID[name].envelope is not None and "data" in wire else ""
    inner = wire["data"] if is_mapping(wire.get("data")) else wire
    found = [one for one in at(answer_members(name), payload) if set(one.get("required", [])) <= set(inner)]
    return max(found, key=lambda schema: len(schema.get("required", [])))


@pytest.mark.parametrize(("name", "body"), [*request_examples()])
def test_request_example_is_encoded_as_documented(name: str, body: Json) -> None:
    assert written(name, body) == on_the_wire(name, body)


@pytest.mark.parametrize(("name", "status", "body"), [*answer_examples()])
def test_answer_example_is_read(name: str, status: int, body: Json) -> None:
    refusal = next(schema for schema in _all_members(name) if is_refusal(schema))
    code = body["error"]["code"] if isinstance(body.get("error"), dict) else body.get("error")
    if code not in (None, "ok"):
        with pytest.raises(Refused) as caught:
            answered(call(name), status, body)
        assert (caught.value.code, caught.value.status) == (code, status)
        assert refusal
        return
    result = answered(_call_for(name, body), status, body)
    if result is None:
        assert "data" not in body
        return
    payload = body.get("data", body)
    assert not misread(schema_of(name, body), payload, result)


def _all_members(name: str) -> list[Json]:
    return members(follow(operation(name)["responses"]["200"])["content"]["application/json"]["schema"])


def _call_for(name: str, body: Json) -> Any:
    """The request that this answer belongs to, where the request decides what the answer is."""
    for request in request_examples():
        wanted, wire = request.values
        if wanted == name and _answers(wire, body):
            return call(name, wire)
    return call(name)


def _answers(wire: Any, body: Json) -> bool:
    if wire.get("grant_type") == "client_credentials":
        return "refresh_token" not in body
    if "grant_type" in wire:
        return "refresh_token" in body
    source = wire.get("source_info", {}).get("source")
    return source is None or (source == "FILE_UPLOAD") == ("upload_url" in body.get("data", {}))


@pytest.mark.parametrize("name", [name for name in CALLED if BY_ID[name].request_types])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_drawn_request_is_encoded(name: str, data: st.DataObject) -> None:
    (content,) = follow(operation(name)["requestBody"])["content"].values()
    body = data.draw(st.one_of([drawn_object(schema, False) for schema in members(content["schema"])]))
    if BY_ID[name].request_types == ("application/x-www-form-urlencoded",):
        # A list of texts with commas in them cannot be told apart on the wire, nor an empty one from none.
        body = {k: [one.replace(",", "") or "x" for one in v] if is_list(v) else v for k, v in body.items()}
    assert written(name, body) == on_the_wire(name, body)


@pytest.mark.parametrize("name", CALLED)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_drawn_answer_with_unknown_keys_survives(name: str, data: st.DataObject) -> None:
    schema = data.draw(st.sampled_from(answer_members(name)))
    body = data.draw(drawn_object(schema, True))
    if not isinstance(body.get("error", ""), dict):
        body.pop("error", None)  # an unknown key called `error` makes it a refusal
    result = answered(_call_for(name, body), 200, body)
    if result is None:
        return
    payload = body["data"] if BY_ID[name].envelope is not None and "data" in body else body
    if name in ("initVideoPost", "initInboxVideo", "getToken"):
        assert result.raw == payload
    else:
        assert not misread(schema_of(name, body), payload, result)


@pytest.mark.parametrize("name", CALLED)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), status=st.sampled_from([200, 400, 401, 403, 418, 429, 500, 503]))
def test_drawn_refusal_is_raised_whatever_the_status(name: str, status: int, data: st.DataObject) -> None:
    envelope = BY_ID[name].envelope
    assert envelope is not None
    body = data.draw(drawn_object(error_schema(envelope.name), True))
    error = body["error"] if envelope.name == "data" else body
    code = body["error"]["code"] if envelope.name == "data" else body["error"]
    if code in ("", "ok"):
        return
    with pytest.raises(Refused) as caught:
        answered(call(name), status, body)
    assert (caught.value.code, caught.value.status) == (code, status)
    words = error.get("message" if envelope.name == "data" else "error_description", "")
    assert caught.value.message == words
    assert caught.value.log_id == error.get("log_id", "")
    categories = bundle()["x-error-categories"]
    by_status = {found for entry in categories.values() for found in entry["statuses"]}
    told = {status, f"{status // 100}xx"} & by_status or code in bundle()["x-error-codes"][envelope.name]
    assert caught.value.category in (categories if told else [""])


@pytest.mark.parametrize("event", sorted(bundle()["webhooks"]))
def test_webhook_example_is_read(event: str) -> None:
    (content,) = bundle()["webhooks"][event]["post"]["requestBody"]["content"].values()
    for body in examples_of(content).values():
        found = webhooks.parse(json.dumps(body))
        assert type(found).__name__ == content["schema"]["$ref"].rpartition("/")[2]
        assert not misread(content["schema"], body, found)


@pytest.mark.parametrize("event", sorted(bundle()["webhooks"]))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_drawn_webhook_with_unknown_keys_survives(event: str, data: st.DataObject) -> None:
    (content,) = bundle()["webhooks"][event]["post"]["requestBody"]["content"].values()
    (schema,) = members(content["schema"])
    body = data.draw(drawn_object(schema, True))
    assert not misread(content["schema"], body, webhooks.parse(json.dumps(body)))


def test_every_json_answer_and_every_request_has_an_example() -> None:
    asked = {param.values[0] for param in request_examples()}
    told = {param.values[0] for param in answer_examples() if param.values[1] == 200}
    assert {name for name in CALLED if BY_ID[name].request_types} == asked
    assert set(CALLED) == told


def test_a_misreading_is_noticed() -> None:
    payload = {"status": "FAILED", "uploaded_bytes": 3}
    body = {"data": payload, "error": {"code": "ok"}}
    (schema,) = at(answer_members("fetchStatus"), "/data")
    result = answered(call("fetchStatus"), 200, body)
    assert misread(schema, {**payload, "uploaded_bytes": 4}, result) == [
        "$: raw",
        "$.uploaded_bytes: 3 for 4",
    ]
    assert misread(schema, {"status": "FAILED"}, result) == ["$: raw", "$.uploaded_bytes: 3 out of nothing"]
