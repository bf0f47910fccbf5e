"""Operations whose parts do not fit each other, or refer to what is not there, are refused with their place."""

from __future__ import annotations

import pytest

from codegen.load import Refusal
from tests.codegen.inline import BASE, Generator
from tests.codegen.test_operations import one, use

BY_REQUEST = """\
      x-result-by-request: {at: /how, cases: {A: First, B: Second}}
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Body"}}}}
"""
TWO_RESULTS = """\
      responses: {"200": {description: Fine., content: {application/json: {schema: {anyOf: [{$ref: "#/components/schemas/First"}, {$ref: "#/components/schemas/Second"}]}}}}}
components:
  schemas:
    Body: {type: object, required: [how], properties: {how: {oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]}}}
    A: {type: object, required: [t], properties: {t: {type: string, const: a}}}
    B: {type: object, required: [t], properties: {t: {type: string, const: b}}}
    First: {type: object, required: [n], properties: {n: {type: integer}}}
    Second: {type: object, properties: {n: {type: integer}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("B: Second", "B: First", "/x-result-by-request must have exactly these results: First, Second"),
        ("B: Second", "B: Third", "/x-result-by-request/cases/B 'Third' is not an object of the description"),
        (", B: Second", "", "/x-result-by-request/cases must have exactly these cases: A, B"),
        ('{$ref: "#/components/schemas/First"}, ', "", "/x-result-by-request there is only one result"),
    ],
)
def test_requests_and_results_that_do_not_match_are_refused(
    generate: Generator, old: str, new: str, refusal: str
) -> None:
    things = one(BY_REQUEST, fine=TWO_RESULTS)
    assert old in things
    with pytest.raises(Refusal) as caught:
        generate.files(things.replace(old, new))
    assert str(caught.value).endswith(f"/paths/~1thing/post{refusal}")


def test_an_operation_needs_a_server_and_each_way_to_be_allowed_names_one_scheme(generate: Generator) -> None:
    with pytest.raises(Refusal, match=r"/paths/~1thing/post has no server, and the root has none"):
        generate.files(one(""), openapi=BASE.replace('servers: [{url: "https://api.test"}]\n', ""))
    schemes = "    token: {type: http, scheme: bearer}\n"
    with pytest.raises(Refusal, match=r"/security/0 each alternative names one security scheme"):
        generate.files(
            one("      security: [{token: [], other: []}]\n"),
            openapi=BASE.replace(schemes, schemes + schemes.replace("token", "other")),
        )


def test_a_parameter_that_stands_elsewhere_is_found_or_refused(generate: Generator) -> None:
    more = "      parameters: [{$ref: '#/components/parameters/Size'}]\n"
    shared = "  parameters: {Size: {name: size, in: query, schema: {type: integer, maximum: 7}}}\n"
    api = generate(one(more, schemas=shared))
    assert use(api)(size=7).url().endswith("?size=7")
    with pytest.raises(api.Impossible, match="size: at most 7, got 8"):
        use(api)(size=8)
    with pytest.raises(Refusal, match=r"/parameters/0/\$ref nothing stands at #/components/parameters/Size"):
        generate.files(one(more))
    with pytest.raises(Refusal, match=r"/parameters/0/\$ref references are local"):
        generate.files(one(more.replace("#/", "other.yaml#/")))
