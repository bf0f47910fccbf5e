"""Description ↔ mock ↔ bindings, in process: drawn requests get described answers, refusals are raised.

`make contract` lets schemathesis do the same over HTTP. The check here is made with another library than the
mock's own `--strict`, and both run.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.described import Json, bundle, follow, is_mapping, members, operation
from tests.contract.payloads import ANYTHING, TEXT, call, drawn_object
from tiktok_mock_server import MockTikTok
from tiktok_mock_server.switches import Switches
from tiktok_openapi import Client
from tiktok_openapi._runtime.errors import Refused
from tiktok_openapi.errors import CATALOGUE
from tiktok_openapi.routes import BY_ID

CALLED = sorted(name for name, route in BY_ID.items() if route.envelope is not None)
VALIDATOR: Any = import_module("jsonschema").Draft202012Validator  # it ships no types
CHOSEN = {"getUserInfo": "open_id,display_name", "listVideos": "id,title", "queryVideos": "id"}


def violations(name: str, response: httpx.Response) -> list[str]:
    """What an answer has that the description does not, or lacks."""
    responses: dict[str, Json] = operation(name)["responses"]
    status = str(response.status_code)
    described = responses.get(status) or responses.get(f"{status[0]}XX")
    if described is None:
        return [f"HTTP {status} is not described"]
    if not response.content:
        return [] if BY_ID[name].may_be_empty else ["empty"]
    kind = response.headers["content-type"].partition(";")[0]
    content = follow(described)["content"]
    if kind not in content:
        return [f"{kind} is not described"]
    schema = {**content[kind]["schema"], "components": bundle()["components"]}
    validator = VALIDATOR(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(response.json())]


def world() -> MockTikTok:
    """A mock that finds its own mistakes and counts no requests."""
    switches = Switches(rate_limits=False)
    domains = ("media.example.test",)
    return MockTikTok(strict=True, audited=True, public=True, verified_domains=domains, switches=switches)


@pytest.fixture(scope="module")
def mock() -> MockTikTok:
    return world()


def bodies(name: str) -> st.SearchStrategy[object]:
    """Bodies that the description allows, and bodies that it does not."""
    (content,) = follow(operation(name)["requestBody"])["content"].values()
    right = st.one_of([drawn_object(schema, True) for schema in members(content["schema"])])

    def spoiled(body: Json, key: str, value: object, lost: int) -> object:
        keys = [*body]
        wrong = {k: v for k, v in body.items() if not keys or k != keys[lost % len(keys)]}
        return {**wrong, key: value}

    keys = st.sampled_from(sorted({key for one in members(content["schema"]) for key in one["properties"]}))
    return right | st.builds(spoiled, right, keys | TEXT, ANYTHING, st.integers(0, 5)) | ANYTHING


@pytest.mark.parametrize("name", CALLED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_answer_is_described(mock: MockTikTok, name: str, data: st.DataObject) -> None:
    route = BY_ID[name]
    headers: dict[str, str] = {}
    logged_in: bool = data.draw(st.booleans() | st.just(True))
    if route.scopes and logged_in:
        headers["Authorization"] = f"Bearer {mock.authorize()['access_token']}"
    options: dict[str, Any] = {}
    if route.request_types:
        body: object = data.draw(bodies(name))
        if route.request_types == ("application/json",):
            headers["Content-Type"] = "application/json"
            options["content"] = json.dumps(body)
        else:
            form: Json = body if is_mapping(body) else {"x": body}
            options["data"] = {key: str(value) for key, value in form.items()}
    if name in CHOSEN:
        options["params"] = {"fields": data.draw(st.just(CHOSEN[name]) | TEXT)}
    with httpx.Client(transport=mock.transport(), base_url=mock.url) as client:
        response = client.request(route.method, route.path, headers=headers, **options)
    assert not violations(name, response)
    assert response.status_code < 500
    assert not mock.engine.violations


REFUSALS = [
    pytest.param(name, code, status, id=f"{name}-{code}")
    for name in CALLED
    for code, status in BY_ID[name].errors.items()
]


@pytest.mark.parametrize(("name", "code", "status"), REFUSALS)
def test_every_documented_refusal_arrives_as_its_class(name: str, code: str, status: int) -> None:
    """Each operation × each code that it lists: refused by the mock, raised by the bindings."""
    mock = world()
    mock.faults.plan(name, "error", code=code)
    with Client(mock.url, transport=mock.transport()) as client, pytest.raises(Refused) as caught:
        client.perform(call(name))
    error = caught.value
    envelope = BY_ID[name].envelope
    assert envelope is not None
    entry = CATALOGUE.find(envelope.name, code)
    assert entry is not None
    assert (error.code, error.status, error.category) == (code, status, entry.category)
    assert type(error) is CATALOGUE.classes[entry.category]
    assert error.advice == entry.advice
    assert error.retryable is entry.retryable
    assert error.log_id
    mock.faults.assert_used_up()


def test_a_wrong_answer_is_noticed() -> None:
    answer = {"data": {"creator_nickname": 7}, "error": {"code": "ok", "message": "", "log_id": ""}}
    assert violations("queryCreatorInfo", httpx.Response(200, json=answer))
    assert violations("queryCreatorInfo", httpx.Response(302, json=answer)) == ["HTTP 302 is not described"]
    assert violations("queryCreatorInfo", httpx.Response(200)) == ["empty"]
