"""Operations: pure functions that return a `Call`, and the faces that perform it."""

from __future__ import annotations

import inspect
import json
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.codegen.inline import Generator

HEAD = """\
      operationId: useThing
      tags: [things]
      summary: Use it.
      x-envelope: plain
      x-idempotent: true
      x-errors: []
"""
FINE = """\
      responses: {"200": {description: Fine., content: {application/json: {schema: {$ref: "#/components/schemas/Answer"}}}}}
components:
  schemas:
    Answer: {type: object, properties: {n: {type: integer}}}
"""


def one(more: str, *, method: str = "post", head: str = HEAD, fine: str = FINE, schemas: str = "") -> str:
    """A description of one operation."""
    return f"paths:\n  /thing:\n    {method}:\n{head}{more}{fine}{schemas}"


def fields(schema: str, media_type: str = "application/json") -> str:
    """A request body."""
    return f"      requestBody: {{content: {{{media_type}: {{schema: {{$ref: '#/components/schemas/{schema}'}}}}}}}}\n"


def use(api: Any) -> Any:
    return api.module("operations.things").use_thing


def test_an_object_body_becomes_keywords_and_json(generate: Generator) -> None:
    api = generate(
        one(
            fields("Body"),
            schemas="    Body: {type: object, required: [two], properties: {one: {type: string}, two: {type: string}}}\n",
        )
    )
    call = use(api)(two="Größe")
    assert call.body == '{"two":"Größe"}'.encode()
    assert call.headers == (("Content-Type", "application/json; charset=UTF-8"),)
    assert call.operation is api.module("routes").USE_THING
    assert [p.name for p in inspect.signature(use(api)).parameters.values()] == ["two", "one"]
    assert {p.kind for p in inspect.signature(use(api)).parameters.values()} == {
        inspect.Parameter.KEYWORD_ONLY
    }


def test_a_form_is_urlencoded_with_commas_in_lists(generate: Generator) -> None:
    body = fields("Body", "application/x-www-form-urlencoded").replace(
        "'}}", "'}, encoding: {a: {style: form, explode: false}}}"
    )
    api = generate(
        one(
            body,
            schemas="    Body: {type: object, properties: {a: {type: array, items: {type: string}}, b: {type: boolean}, c: {type: string}, d: {type: integer}}}\n",
        )
    )
    call = use(api)(a=["x", "y z"], b=True, c="ä&=+", d=5)
    assert isinstance(call.body, bytes)
    assert parse_qsl(call.body.decode()) == [("a", "x,y z"), ("b", "true"), ("c", "ä&=+"), ("d", "5")]
    assert call.headers == (("Content-Type", "application/x-www-form-urlencoded"),)


def test_numbers_and_dates_in_a_query_are_written_as_text(generate: Generator) -> None:
    parameters = """\
      parameters:
        - {name: n, in: query, required: true, schema: {type: number}}
        - {name: at, in: query, required: true, schema: {type: string, format: date-time}}
"""
    call = use(generate(one(parameters)))(n=1.5, at=datetime(2026, 11, 22, tzinfo=timezone.utc))
    assert call.query == (("n", "1.5"), ("at", "2026-11-22T00:00:00+00:00"))


@pytest.mark.parametrize("name", ["routes", "checked", "overload", "decodeAnswer", "encodeBody", "class"])
def test_an_operation_may_be_called_like_what_its_module_uses(generate: Generator, name: str) -> None:
    schemas = "    Body: {type: object, properties: {a: {type: string}}}\n"
    api = generate(one(fields("Body"), head=HEAD.replace("useThing", name), schemas=schemas))
    (route,) = api.module("routes").ROUTES
    assert route.name.endswith("_")
    with api.client(lambda _: httpx.Response(200, json={"n": 4})) as client:
        assert getattr(client.things, route.name)(a="x") == api.Answer_(n=4)


def test_an_operation_may_be_called_like_a_table_of_the_routes(generate: Generator) -> None:
    routes = generate(one("", head=HEAD.replace("useThing", "byId"))).module("routes")
    assert {"byId": routes.BY_ID_} == routes.BY_ID


def test_a_union_body_is_the_one_positional_argument(generate: Generator) -> None:
    body = (
        "      requestBody: {content: {application/json: {schema: {oneOf: "
        "[{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}}}}\n"
    )
    schemas = """\
    A: {type: object, required: [t, x], properties: {t: {type: string, const: a}, x: {type: integer}}}
    B: {type: object, required: [t], properties: {t: {type: string, const: b}}}
"""
    api = generate(one(body, schemas=schemas))
    assert use(api)(api.A(x=1)).body == b'{"t":"a","x":1}'
    assert use(api)(api.B()).body == b'{"t":"b"}'
    with pytest.raises(api.Impossible, match="body: must be A or B, got dict"):
        use(api)({"t": "a"})
    with pytest.raises(api.Impossible, match=r"^x: must be a whole number"):
        use(api)(api.A(x="1"))


def test_the_result_follows_from_the_request(generate: Generator) -> None:
    more = """\
      x-result-by-request: {at: /how, cases: {A: First, B: Second}}
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Body"}}}}
"""
    fine = """\
      responses: {"200": {description: Fine., content: {application/json: {schema: {anyOf: [{$ref: "#/components/schemas/First"}, {$ref: "#/components/schemas/Second"}]}}}}}
components:
  schemas:
    Body: {type: object, required: [how], properties: {how: {oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]}}}
    A: {type: object, required: [t], properties: {t: {type: string, const: a}}}
    B: {type: object, required: [t], properties: {t: {type: string, const: b}}}
    First: {type: object, required: [n], properties: {n: {type: integer}}}
    Second: {type: object, properties: {n: {type: integer}}}
"""
    api = generate(one(more, fine=fine))
    with api.client(lambda _: httpx.Response(200, json={"n": 1})) as client:
        assert client.things.use_thing(how=api.A()) == api.First(n=1)
        assert client.things.use_thing(how=api.B()) == api.Second(n=1)
        special = type("Special", (api.B,), {})
        assert client.things.use_thing(how=special()) == api.Second(n=1)
    with pytest.raises(api.Impossible, match="how: must be A or B"):
        use(api)(how=None)


SAID = """\
paths:
  /thing:
    post:
      operationId: useThing
      tags: [things]
      summary: Use it.
      x-envelope: boxed
      x-idempotent: true
      x-errors: [bad_box]
      x-rate-limit: {requests: 6, seconds: 60, per: access_token, bucket: b}
      security: [{token: [a]}, {token: [b, c]}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Body"}}}}
      responses: {"200": {description: "The thing, or an error.", content: {application/json: {schema: {$ref: "#/components/schemas/Boxed"}}}}}
components:
  schemas:
    Body:
      type: object
      properties:
        name: {type: string, description: Its name., maxLength: 2200, x-max-utf16: 2200}
        sizes: {type: array, minItems: 1, maxItems: 35, items: {type: integer}}
        count: {type: integer, minimum: 0, description: How many.}
    Boxed:
      type: object
      required: [data, error]
      properties: {data: {$ref: "#/components/schemas/Thing"}, error: {$ref: "#/components/schemas/Fine"}}
    Fine: {type: object, required: [code], properties: {code: {const: ok}}}
    Thing: {type: object, description: What was used., properties: {n: {type: integer}}}
"""


def test_a_docstring_says_what_is_needed_taken_returned_and_raised(generate: Generator) -> None:
    api = generate(SAID)
    face = inspect.getdoc(api.module("faces.things").ThingsFace.use_thing)
    assert (
        face
        == """\
Use it.

Needs the scope `a` or `b` and `c`. At most 6 requests in 60 seconds for each `access_token`.

Args:
    access_token: The user's access token, for this call only.
    name: Its name. At most 2,200 UTF-16 code units.
    sizes: 1 to 35 of them.
    count: How many.

Returns:
    Thing: What was used.

Raises:
    Impossible: an argument cannot be sent as it is.
    CouldNotAsk: no answer came back.
    WrongInput: the service said `bad_box`.
    Refused: it said no in another way; the base of the classes above.
    Unreadable: the answer is not what the description promises."""
    )
    assert "What was used" not in str(use(api).__doc__), "a pure function returns a call"


def test_a_docstring_of_an_upload_tells_its_statuses_apart(generate: Generator) -> None:
    two = UPLOAD.replace(
        '{"200": {description: Fine.}', '{"201": {description: Done.}, "206": {description: More.}'
    )
    api = generate(one(two, method="put", head=UPLOAD_HEAD, fine=""))
    face = str(inspect.getdoc(api.module("faces.things").ThingsFace.use_thing))
    assert "    Receipt: Status and headers of the answer. 201: Done. 206: More.\n" in face
    assert "    WrongInput: the service said HTTP 416.\n    Broken: the service said HTTP 5xx.\n" in face


def test_a_bearer_operation_takes_an_access_token_and_hides_it(generate: Generator) -> None:
    api = generate(one("      security: [{token: [a.read]}, {token: [b.read, c.read]}]\n"))
    call = use(api)(access_token="t0ken")
    assert call.headers == (("Authorization", "Bearer t0ken"),)
    assert call.secrets == ("t0ken",)
    assert "t0ken" not in repr(call)
    assert api.module("routes").USE_THING.scopes == (("a.read",), ("b.read", "c.read"))
    with pytest.raises(TypeError):
        use(api)("t0ken")


@pytest.mark.parametrize("token", ["", " ", "a b", "a\r\nX: y", "tök", "a\x00", "\t", "a\x7f"])
def test_a_token_that_no_header_holds_is_impossible_and_not_shown(generate: Generator, token: str) -> None:
    api = generate(one("      security: [{token: []}]\n"))
    with pytest.raises(api.Impossible) as caught:
        use(api)(access_token=token)
    assert caught.value.field == "access_token"
    if token.strip():
        assert repr(token)[1:-1] not in str(caught.value)
        assert caught.value.got == "***"


@pytest.mark.parametrize("token", [None, 5, b"abc"])
def test_a_token_that_is_no_text_is_impossible(generate: Generator, token: object) -> None:
    api = generate(one("      security: [{token: []}]\n"))
    with pytest.raises(api.Impossible, match="access_token: must be a string"):
        use(api)(access_token=token)


QUERY = """\
      parameters:
        - {name: fields, in: query, required: true, style: form, explode: false, schema: {type: array, minItems: 1, items: {type: string}}}
        - {name: response_type, in: query, required: true, schema: {type: string, const: code}}
        - {name: maxCount, in: query, schema: {type: integer, maximum: 20}}
        - {name: deep, in: query, schema: {type: boolean}}
"""


def test_query_parameters_are_checked_and_written_with_commas(generate: Generator) -> None:
    api = generate(one(QUERY, method="get"))
    call = use(api)(fields=["a", "b c"], max_count=3, deep=False)
    assert call.query == (
        ("fields", "a,b c"),
        ("response_type", "code"),
        ("maxCount", "3"),
        ("deep", "false"),
    )
    assert call.url("http://localhost:1/") == (
        "http://localhost:1/thing?fields=a%2Cb+c&response_type=code&maxCount=3&deep=false"
    )
    assert call.url() == "https://api.test/thing?fields=a%2Cb+c&response_type=code&maxCount=3&deep=false"
    assert use(api)(fields=["a"]).query == (("fields", "a"), ("response_type", "code"))
    with pytest.raises(api.Impossible, match="max_count: at most 20, got 21"):
        use(api)(fields=["a"], max_count=21)
    with pytest.raises(api.Impossible, match="fields: at least 1, got 0 items"):
        use(api)(fields=[])


def test_what_a_browser_opens_is_an_address_and_nothing_else(generate: Generator) -> None:
    head = HEAD.replace("plain", "none") + "      x-browser: true\n"
    api = generate(one(QUERY, method="get", head=head))
    client = api.client(lambda _: pytest.fail("nothing is sent"))
    assert client.things.use_thing_url(fields=["a"]) == "https://api.test/thing?fields=a&response_type=code"
    assert not hasattr(client.things, "use_thing")
    local = api.Client("http://127.0.0.1:9/")
    assert local.things.use_thing_url(fields=["a"]).startswith("http://127.0.0.1:9/thing?")


HEADERS = """\
      parameters:
        - {name: X-Range, in: header, required: true, schema: {type: string}}
        - {name: X-Size, in: header, schema: {type: integer}}
"""


def test_header_parameters_are_arguments_and_optional_ones_can_be_left_out(generate: Generator) -> None:
    api = generate(one(HEADERS))
    assert use(api)(x_range="0-1").headers == (("X-Range", "0-1"),)
    assert use(api)(x_range="0-1", x_size=3).headers == (("X-Range", "0-1"), ("X-Size", "3"))
    for bad in ("a\r\nb", "ä", "a\x00"):
        with pytest.raises(api.Impossible, match="x_range: must be printable ASCII"):
            use(api)(x_range=bad)


UPLOAD_HEAD = HEAD.replace("plain", "none")
UPLOAD = """\
      x-address: {name: upload_url, description: Where to., x-secret: true}
      requestBody: {content: {video/mp4: {}, video/webm: {}}}
      responses: {"200": {description: Fine.}, "416": {description: Out of order., x-category: wrong_input, x-retryable: false, x-advice: Look.}, "5XX": {description: Down., x-category: broken, x-retryable: true}}
"""
ADDRESS = "https://up.test/put?id=12345678&key=abcdefghij"


def upload(api: Any, **changed: object) -> Any:
    arguments: dict[str, Any] = {
        "upload_url": ADDRESS,
        "content": b"abc",
        "content_type": "video/mp4",
        **changed,
    }
    return use(api)(arguments.pop("upload_url"), arguments.pop("content"), **arguments)


def test_an_address_given_at_run_time_is_used_as_it_is_and_is_a_secret(generate: Generator) -> None:
    api = generate(one(UPLOAD, method="put", head=UPLOAD_HEAD, fine=""))
    call = upload(api)
    assert call.url("http://mock.test") == ADDRESS
    assert call.body == b"abc"
    assert call.headers == (("Content-Type", "video/mp4"),)
    assert {ADDRESS, "id=12345678&key=abcdefghij", "abcdefghij"} <= set(call.secrets)
    assert "abcdefghij" not in repr(call)
    assert call.summary == "PUT /thing"
    assert api.module("routes").USE_THING.server == ""
    assert api.module("routes").USE_THING.binary


@pytest.mark.parametrize(
    "address",
    ["", "up.test/put", "ftp://up.test/", "https://", "https://up.test/a b", "https://[", "https://ü.test/"],
)
def test_an_address_that_is_none_is_impossible_and_not_shown(generate: Generator, address: str) -> None:
    api = generate(one(UPLOAD, method="put", head=UPLOAD_HEAD, fine=""))
    with pytest.raises(api.Impossible) as caught:
        upload(api, upload_url=address)
    assert caught.value.field == "upload_url"
    assert not address or address not in str(caught.value)


def test_a_binary_body_is_bytes_or_yields_them(generate: Generator) -> None:
    api = generate(one(UPLOAD, method="put", head=UPLOAD_HEAD, fine=""))
    assert list(upload(api, content=iter([b"a", b"b"])).body) == [b"a", b"b"]
    for wrong in ("text", 5, None, bytearray(b"x")):
        with pytest.raises(api.Impossible, match="content: must be bytes, or an iterable of bytes"):
            upload(api, content=wrong)
    with pytest.raises(
        api.Impossible, match="content_type: must be one of video/mp4, video/webm, got 'image/png'"
    ):
        upload(api, content_type="image/png")


def test_an_answer_without_json_is_a_receipt_or_what_its_status_means(generate: Generator) -> None:
    api = generate(one(UPLOAD, method="put", head=UPLOAD_HEAD, fine=""))
    statuses = iter([201, 416, 503, 404])
    client = api.client(
        lambda _: httpx.Response(next(statuses), headers={"Content-Range": "bytes 0-1/3"}, text="<html>")
    )
    put = client.things.use_thing
    receipt = put(ADDRESS, b"abc", content_type="video/mp4")
    assert (receipt.status, receipt.headers["content-range"]) == (201, "bytes 0-1/3")
    with pytest.raises(api.WrongInput) as out_of_order:
        put(ADDRESS, b"abc", content_type="video/mp4")
    assert out_of_order.value.advice == "Look."
    assert out_of_order.value.headers["content-range"] == "bytes 0-1/3"
    with pytest.raises(api.Broken) as down:
        put(ADDRESS, b"abc", content_type="video/mp4")
    assert down.value.retryable
    with pytest.raises(api.Unreadable):
        put(ADDRESS, b"abc", content_type="video/mp4")


def test_the_payload_is_where_the_envelope_says(generate: Generator) -> None:
    head = HEAD.replace("plain", "boxed").replace("x-errors: []", "x-errors: [{code: bad_box, status: 200}]")
    fine = """\
      responses: {"200": {description: Fine., content: {application/json: {schema: {oneOf: [{$ref: "#/components/schemas/Good"}, {$ref: "#/components/schemas/Bad"}]}}}}}
components:
  schemas:
    Good: {type: object, required: [data, error], properties: {data: {type: array, items: {$ref: "#/components/schemas/Item"}}, error: {$ref: "#/components/schemas/NoError"}}}
    Bad: {type: object, properties: {error: {type: object}}}
    NoError: {type: object, properties: {code: {type: string, const: ok}}}
    Item: {type: object, required: [id], properties: {id: {type: string}}}
"""
    api = generate(one("", head=head, fine=fine))
    answers: list[dict[str, object]] = [
        {"data": [{"id": "a"}], "error": {"code": "ok", "log_id": "L1"}},
        {"data": [{"id": "a"}, {"id": 2}], "error": {"code": "ok", "log_id": "L2"}},
        {"error": {"code": "bad_box", "message": "no", "log_id": "L3"}},
        {"data": [{"id": "a"}]},
    ]
    client = api.client(lambda _: httpx.Response(200, json=answers.pop(0)))
    answer = client.answer(use(api)())
    assert answer.value == (api.Item(id="a"),)
    assert (answer.status, answer.log_id) == (200, "L1")
    assert answer.body["data"] == [{"id": "a"}]
    with pytest.raises(api.Unreadable) as unreadable:
        client.things.use_thing()
    assert (unreadable.value.place, unreadable.value.log_id) == ("$.data[1].id", "L2")
    with pytest.raises(api.WrongInput) as refused:
        client.things.use_thing()
    assert (refused.value.code, refused.value.log_id, refused.value.advice) == ("bad_box", "L3", "Other box.")
    with pytest.raises(api.Unreadable) as silent:
        client.things.use_thing()
    assert silent.value.place == "$.error.code"
    assert not hasattr(api.package, "Good")


def test_an_answer_without_payload_gives_none(generate: Generator) -> None:
    head = HEAD.replace("plain", "boxed")
    fine = """\
      responses: {"200": {description: Fine., content: {application/json: {schema: {$ref: "#/components/schemas/Done"}}}}}
components:
  schemas:
    Done: {type: object, properties: {error: {type: object}}}
"""
    api = generate(one("", head=head, fine=fine))
    client = api.client(lambda _: httpx.Response(200, json={"error": {"code": "ok"}}))
    assert client.things.use_thing() is None


@pytest.mark.parametrize("body", [b"", b" \n", b"{}"])
def test_an_empty_body_is_a_success_only_where_the_description_says_so(
    generate: Generator, body: bytes
) -> None:
    lenient = generate(one("      x-may-be-empty: true\n"))
    assert lenient.client(lambda _: httpx.Response(200, content=body)).things.use_thing() == lenient.Answer_()
    strict = generate(one(""))
    call = strict.client(lambda _: httpx.Response(200, content=body)).things.use_thing
    if body == b"{}":
        assert call() == strict.Answer_()
    else:
        with pytest.raises(strict.Unreadable, match="expected JSON, got nothing"):
            call()


def test_both_faces_have_the_same_methods_and_arguments(generate: Generator) -> None:
    api = generate(one(QUERY + "      security: [{token: []}]\n"))
    faces = api.module("faces.things")
    sync, asynchronous = faces.ThingsFace.use_thing, faces.AsyncThingsFace.use_thing
    assert inspect.signature(sync) == inspect.signature(asynchronous)
    assert inspect.iscoroutinefunction(asynchronous)
    assert not inspect.iscoroutinefunction(sync)
    assert sync.__doc__ == asynchronous.__doc__
    assert "Use it." in sync.__doc__


@pytest.mark.anyio
async def test_an_async_client_awaits_the_same_call(generate: Generator) -> None:
    api = generate(one(""))
    async with api.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json={"n": 4}))
    ) as client:
        assert await client.things.use_thing() == api.Answer_(n=4)


def test_the_route_table_says_what_the_description_says(generate: Generator) -> None:
    more = """\
      x-rate-limit: {requests: 6, seconds: 60, per: access_token, bucket: b}
      x-scope-by-request: {at: /mode, cases: {FAST: things.fast}}
      security: [{token: [things.write]}, {token: [things.fast]}]
"""
    schemas = """\
    Mode: {type: string, enum: [FAST, SLOW]}
    Body: {type: object, properties: {mode: {$ref: '#/components/schemas/Mode'}}}
"""
    head = HEAD.replace("x-errors: []", "x-errors: [{code: bad_thing, status: 418}]").replace("true", "false")
    api = generate(one(fields("Body") + more, head=head, schemas=schemas))
    routes = api.module("routes")
    (route,) = routes.ROUTES
    assert {"useThing": route} == routes.BY_ID
    assert (route.id, route.name, route.area, route.method) == ("useThing", "use_thing", "things", "POST")
    assert (route.server, route.path, route.idempotent) == ("https://api.test", "/thing", False)
    assert route.errors == {"bad_thing": 418}
    assert (route.rate_limit.requests, route.rate_limit.seconds, route.rate_limit.bucket) == (6, 60, "b")
    assert (route.scope_by_request.at, route.scope_by_request.scopes) == (("mode",), {"FAST": "things.fast"})
    assert route.envelope.code == ("error",)
    found: Any = json.loads((api.folder / "openapi.json").read_text())
    for step in route.pointer.split("/")[1:]:
        found = found[step.replace("~1", "/").replace("~0", "~")]
    assert found["operationId"] == "useThing"


def test_the_servers_of_an_operation_win_over_those_of_the_root(generate: Generator) -> None:
    api = generate(one("      servers: [{url: 'https://other.test/'}]\n"))
    assert use(api)().url() == "https://other.test/thing"
