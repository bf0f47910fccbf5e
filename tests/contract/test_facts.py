"""Description ↔ reference: every fact of `facts.yaml` is in the bundle, and the bundle says nothing else."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

from tests.contract.described import (
    Json,
    answer_members,
    at,
    bundle,
    facts,
    follow,
    is_refusal,
    marks,
    members,
    operation,
    operations,
    request_members,
    type_of,
)

pytestmark = pytest.mark.once
FACTS = facts()
OPERATIONS: dict[str, Json] = FACTS["operations"]


def differences(field: str, wanted: Json, schema: Json, required: bool) -> list[str]:
    """What a field of the description does not share with the facts."""
    schema = follow(schema)
    inner = follow(schema["items"]) if schema.get("type") == "array" else schema
    found: Json = {
        "type": type_of(schema),
        "required": required,
        "const": schema.get("const"),
        "max_length": schema.get("maxLength"),
        "max_utf16": schema.get("x-max-utf16"),
        "maximum": schema.get("maximum"),
        "minimum": schema.get("minimum"),
        "min_items": schema.get("minItems"),
        "max_items": schema.get("maxItems"),
        "enum": None if inner.get("x-open-enum") else inner.get("enum"),
        "open_enum": inner.get("enum") if inner.get("x-open-enum") else None,
        "secret": schema.get("x-secret"),
        "time": schema.get("x-time"),
        "scope": schema.get("x-scope"),
    }
    problems = [
        f"{field}: {key} is {found[key]!r}, the reference has {value!r}"
        for key, value in wanted.items()
        if key in found and _order(found[key]) != _order(value)
    ]
    # A limit that the reference lacks would refuse what TikTok takes. A least of 1 only says "not empty",
    # and `maxLength` stands beside every length in UTF-16 units.
    told = {*wanted, *(["max_length"] if "max_utf16" in wanted else [])}
    invented = [
        *(key for key in ("const", "max_length", "maximum", "max_items", "enum") if found[key] is not None),
        *(key for key in ("minimum", "min_items") if (found[key] or 0) > 1),
    ]
    problems += [f"{field}: {key} {found[key]!r} is invented" for key in invented if key not in told]
    if "mark" in wanted and wanted["mark"] not in marks(schema):
        problems.append(f"{field}: carries no evidence mark {wanted['mark']!r}")
    if "pattern" in wanted and _class(schema.get("pattern", "")) != _class(f"[{wanted['pattern']}]"):
        problems.append(
            f"{field}: pattern {schema.get('pattern')!r} allows others than {wanted['pattern']!r}"
        )
    return problems


def _order(value: Any) -> Any:
    return sorted(cast("list[str]", value)) if isinstance(value, list) else value


def _class(pattern: str) -> set[str]:
    """The characters that the one character class of a pattern holds."""
    found = re.search(r"\[[^]]+\]", pattern)
    return {chr(code) for code in range(256) if found and re.fullmatch(found.group(), chr(code))}


def compare(wanted: dict[str, Json], schema: Json) -> list[str]:
    """What an object of the description does not share with the facts, both ways."""
    properties: dict[str, Json] = schema.get("properties", {})
    missing = [f"{name}: is not described" for name in wanted.keys() - properties.keys()]
    extra = [f"{name}: is not in the reference" for name in properties.keys() - wanted.keys()]
    shared = [name for name in wanted if name in properties]
    needed = schema.get("required", [])
    return [
        *sorted(missing + extra),
        *(
            problem
            for name in shared
            for problem in differences(name, wanted[name], properties[name], name in needed)
        ),
    ]


def object_id(fact: Json) -> str:
    told = fact.get("with") or fact.get("of") or ("without " + fact["without"] if "without" in fact else "")
    return f"{fact['section']}-{fact['operation']}{fact.get('at', '')}-{told}".rstrip("-")


def the_one(fact: Json, candidates: list[Json]) -> Json:
    """The member of a union that a fact speaks of."""

    def fits(schema: Json) -> bool:
        properties = schema.get("properties", {})
        told: dict[str, str] = fact.get("with", {})
        return (
            all(follow(properties.get(key, {})).get("const") == value for key, value in told.items())
            and ("of" not in fact or fact["of"] in properties)
            and ("without" not in fact or fact["without"] not in properties)
        )

    found = [schema for schema in candidates if fits(schema)]
    assert len(found) == 1, f"{len(found)} members of {fact['operation']} fit {object_id(fact)}"
    return found[0]


def test_every_operation_is_described_and_no_other() -> None:
    assert {found["operationId"] for _, _, found, _ in operations()} == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name: str) -> None:
    wanted = OPERATIONS[name]
    path, method, found, item = next(entry for entry in operations() if entry[2]["operationId"] == name)
    assert method.upper() == wanted["method"]
    scopes = {scope for entry in found.get("security", []) for names in entry.values() for scope in names}
    assert scopes == set(wanted["scopes"])
    if wanted["path"] is None:
        assert found["x-address"]["x-secret"] is True
        return
    assert path == wanted["path"]
    servers = found.get("servers") or item.get("servers") or bundle()["servers"]
    assert [server["url"] for server in servers] == [f"https://{wanted['host']}"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_media_types_of_the_request(name: str) -> None:
    content = follow(operation(name).get("requestBody", {})).get("content", {})
    assert sorted(content) == sorted(FACTS["media_types"].get(name, []))


@pytest.mark.parametrize("name", FACTS["envelopes"])
def test_envelope(name: str) -> None:
    wanted = FACTS["envelopes"][name]
    found = bundle()["x-envelopes"][name]
    assert (found["payload"], found["code"], found["message"], found["log-id"], found.get("success")) == (
        wanted["payload"],
        wanted["code"],
        wanted["message"],
        wanted["log_id"],
        wanted["success"],
    )
    users = {entry["operationId"] for _, _, entry, _ in operations() if entry["x-envelope"] == name}
    assert users == set(wanted["operations"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_rate_limit(name: str) -> None:
    found = operation(name).get("x-rate-limit")
    if (wanted := FACTS["rate_limits"].get(name)) is None:
        assert found is None, "the reference knows no limit"
        return
    assert found is not None
    assert (found["requests"], found["seconds"]) == (wanted, 60)


@pytest.mark.parametrize("name", OPERATIONS)
def test_parameters(name: str) -> None:
    wanted: dict[str, Json] = FACTS["parameters"].get(name, {})
    found = {entry["name"]: entry for entry in map(follow, operation(name).get("parameters", []))}
    assert found.keys() == wanted.keys()
    problems: list[str] = []
    for key, parameter in found.items():
        assert parameter["in"] == wanted[key]["in"]
        problems += differences(key, wanted[key], parameter["schema"], parameter["required"])
        if "separator" in wanted[key]:
            assert (parameter["style"], parameter["explode"]) == ("form", False)
    assert not problems


@pytest.mark.parametrize("fact", FACTS["requests"], ids=object_id)
def test_request(fact: Json) -> None:
    candidates = at(request_members(fact["operation"]), fact.get("at", ""))
    assert not compare(fact["fields"], the_one(fact, candidates))


@pytest.mark.parametrize("fact", FACTS["answers"], ids=object_id)
def test_answer(fact: Json) -> None:
    candidates = at(answer_members(fact["operation"]), fact.get("at", ""))
    assert not compare(fact["fields"], the_one(fact, candidates))


@pytest.mark.parametrize("name", FACTS["fields_parameters"])
def test_values_of_fields_are_the_fields_of_the_object(name: str) -> None:
    (parameter,) = map(follow, operation(name)["parameters"])
    (chosen_from,) = at(answer_members(name), FACTS["fields_parameters"][name])
    assert set(follow(parameter["schema"]["items"])["enum"]) == set(chosen_from["properties"])


def test_every_fact_about_an_object_is_looked_at() -> None:
    """Each request body and each answer of the description has its entry among the facts."""
    asked = {fact["operation"] for fact in FACTS["requests"]}
    told = {fact["operation"] for fact in FACTS["answers"]}
    for _, _, found, _ in operations():
        name = found["operationId"]
        if "requestBody" in found and name != "uploadChunk":
            assert name in asked
        if "application/json" in follow(found["responses"].get("200", {})).get("content", {}):
            assert name in told


def test_upload_statuses() -> None:
    wanted = FACTS["upload_statuses"]
    responses = operation("uploadChunk")["responses"]
    assert sorted(responses) == sorted(wanted["success"] + wanted["failure"])
    for status in wanted["content_range_on"]:
        assert "Content-Range" in follow(responses[status])["headers"]


def test_catalogue_of_codes() -> None:
    catalogue = bundle()["x-error-codes"]
    assert {code: entry["status"] for code, entry in catalogue["data"].items()} == FACTS["codes"]
    assert {code: entry["status"] for code, entry in catalogue["oauth"].items()} == dict.fromkeys(
        FACTS["oauth_codes"], 200
    )
    assert set(follow({"$ref": "#/components/schemas/ErrorCode"})["enum"]) == set(FACTS["codes"])
    assert set(follow({"$ref": "#/components/schemas/OAuthErrorCode"})["enum"]) == set(FACTS["oauth_codes"])


def refusals(name: str) -> set[str]:
    """`code` or `code/status` of every refusal that an operation lists."""
    entries: list[str | Json] = operation(name)["x-errors"]
    return {entry if isinstance(entry, str) else f"{entry['code']}/{entry['status']}" for entry in entries}


@pytest.mark.parametrize("name", FACTS["codes_by_operation"])
def test_codes_of_operation(name: str) -> None:
    assert refusals(name) == set(FACTS["codes_by_operation"][name])


def test_every_code_belongs_to_an_operation_or_says_why_not() -> None:
    data = {code for name in FACTS["envelopes"]["data"]["operations"] for code in refusals(name)}
    oauth = {code for name in FACTS["envelopes"]["oauth"]["operations"] for code in refusals(name)}
    named = {entry.partition("/")[0] for entry in data}
    assert set(FACTS["codes"]) - named == set(FACTS["codes_without_an_operation"])
    assert oauth <= set(FACTS["oauth_codes"])
    assert refusals("getToken") == set(FACTS["oauth_codes"])


@pytest.mark.parametrize(("envelope", "table"), [("data", "messages"), ("oauth", "oauth_messages")])
def test_messages_on_the_wire(envelope: str, table: str) -> None:
    catalogue: dict[str, Json] = bundle()["x-error-codes"][envelope]
    for code, texts in FACTS[table].items():
        assert {entry["text"] for entry in catalogue[code]["messages"]} == set(texts), code
    for code in catalogue.keys() - FACTS[table].keys():
        for message in catalogue[code]["messages"]:
            invented = {"recommended", "unknown"}
            assert invented & set(marks(message)), f"{code}: {message['text']!r} is not in the reference"


def test_fail_reasons_that_can_be_tried_again() -> None:
    values: dict[str, Json] = follow({"$ref": "#/components/schemas/FailReason"})["x-values"]
    assert {value for value, entry in values.items() if entry["retryable"]} == set(
        FACTS["fail_reasons_to_retry"]
    )


def test_scopes() -> None:
    assert set(follow({"$ref": "#/components/schemas/Scope"})["enum"]) == set(FACTS["scopes"])
    flow = bundle()["components"]["securitySchemes"]["userToken"]["flows"]["authorizationCode"]
    used = {scope for wanted in OPERATIONS.values() for scope in wanted["scopes"]}
    assert set(flow["scopes"]) == used


def test_limits() -> None:
    found = {name: entry["value"] for name, entry in bundle()["x-limits"].items()}
    assert found == {name: entry["value"] for name, entry in FACTS["limits"].items()}


def event_schema(event: str) -> Json:
    content = bundle()["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]
    (schema,) = members(content["schema"])
    return schema


def test_every_event_is_described_and_no_other() -> None:
    assert set(bundle()["webhooks"]) == set(FACTS["events"])
    aliases = {name: item["x-aliases"] for name, item in bundle()["webhooks"].items() if "x-aliases" in item}
    assert aliases == FACTS["event_aliases"]


@pytest.mark.parametrize("event", FACTS["events"])
def test_event(event: str) -> None:
    schema = event_schema(event)
    assert {key: type_of(entry) for key, entry in schema["properties"].items()} == FACTS["webhook_envelope"]
    assert follow(schema["properties"]["event"])["const"] == event
    text = follow(schema["properties"]["content"])
    assert text["contentMediaType"] == "application/json"
    (content,) = members(text["contentSchema"])
    assert {key: type_of(entry) for key, entry in content["properties"].items()} == FACTS["events"][event]
    if "publish_type" in content["properties"]:
        assert follow(content["properties"]["publish_type"])["enum"] == FACTS["publish_types"]


def test_reasons_of_removal_are_told() -> None:
    (content,) = members(
        follow(event_schema("authorization.removed")["properties"]["content"])["contentSchema"]
    )
    told = [int(number) for number in re.findall(r"\b\d\b", content["properties"]["reason"]["description"])]
    assert told == FACTS["removal_reasons"]


def test_signature() -> None:
    header = follow({"$ref": "#/components/parameters/TikTokSignature"})
    assert (header["name"], header["schema"]["pattern"]) == (
        FACTS["signature"]["header"],
        FACTS["signature"]["pattern"],
    )
    for item in bundle()["webhooks"].values():
        assert follow(item["post"]["parameters"][0])["name"] == header["name"]


def test_every_refusal_is_seen_as_one() -> None:
    """The reading on which `answer_members` stands: one refusal beside the results."""
    for _, _, found, _ in operations():
        content = follow(found["responses"].get("200", {})).get("content", {}).get("application/json")
        if content is not None:
            assert [is_refusal(schema) for schema in members(content["schema"])].count(True) == 1


def test_a_wrong_fact_is_noticed() -> None:
    """The comparison can fail: each kind of difference, planted."""
    fact = next(entry for entry in FACTS["requests"] if entry.get("at") == "/post_info")
    schema = the_one(fact, at(request_members("initVideoPost"), "/post_info"))
    for change in (
        {"title": {"type": "string", "required": False, "max_utf16": 2199}},
        {"title": {"type": "string", "required": True, "max_utf16": 2200}},
        {"is_aigc": {"type": "string", "required": False}},
        {"invented": {"type": "string"}},
        {"privacy_level": {"type": "string", "required": True, "open_enum": ["SELF_ONLY"]}},
        {"is_aigc": {"type": "boolean", "required": False, "mark": "conflict"}},
    ):
        assert len(compare({**fact["fields"], **change}, schema)) == 1
    assert compare({k: v for k, v in fact["fields"].items() if k != "is_aigc"}, schema) == [
        "is_aigc: is not in the reference"
    ]
    assert not compare(fact["fields"], schema)
