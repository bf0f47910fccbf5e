"""Our bindings talk to Prism, which serves our bundle and refuses what the bundle does not allow."""

import json
import sys

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.contract.described import bundle, members, operation
from tests.contract.payloads import call, drawn_object
from tiktok_openapi import Client
from tiktok_openapi._runtime.errors import Refused
from tiktok_openapi.routes import BY_ID

URL = sys.argv[1]
ASKED = sorted(name for name, route in BY_ID.items() if route.envelope is not None)
count = {"results": 0, "refusals": 0, "drawn": 0}
client = Client(URL, http=httpx.Client(headers={"Accept": "application/json"}))


def exact_in_javascript(value):
    """Whether every integer is one that Prism, which runs on JavaScript, can hold."""
    if isinstance(value, dict):
        return all(map(exact_in_javascript, value.values()))
    if isinstance(value, list):
        return all(map(exact_in_javascript, value))
    return not isinstance(value, int) or abs(value) < 2**53


def asks(name):
    (content,) = operation(name)["requestBody"]["content"].values()
    # Prism does not know `x-open-enum`: a value that is not in the list is none for it.
    known = Draft202012Validator({**content["schema"], "components": bundle()["components"]}).is_valid
    bodies = st.one_of([drawn_object(schema, False) for schema in members(content["schema"])])
    bodies = bodies.filter(known).filter(exact_in_javascript)

    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies)
    def ask(body):
        client.perform(call(name, body))
        count["drawn"] += 1

    ask()


def refusal(asking, what):
    try:
        asking.perform(what)
    except Refused as refused:
        return refused
    raise AssertionError(f"{what} was not refused")


for name in ASKED:
    client.perform(call(name))
    count["results"] += 1
    if BY_ID[name].request_types == ("application/json",):
        asks(name)
    for status in ("401", "429"):
        if status in operation(name)["responses"]:
            with httpx.Client(headers={"Prefer": f"code={status}"}) as http:
                refused = refusal(Client(URL, http=http), call(name))
                assert (refused.status, bool(refused.code)) == (int(status), True), refused
                count["refusals"] += 1
print(json.dumps(count))
