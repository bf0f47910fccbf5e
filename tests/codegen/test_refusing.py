"""What the generator cannot express is refused, with file, line and JSON pointer."""

from __future__ import annotations

import pytest

from codegen.__main__ import render
from codegen.load import Refusal
from tests.codegen.inline import BASE, Generator

# Each description stands alone in `things.yaml`; the second text is the refusal to the letter.
SCHEMAS = [
    (
        """\
components:
  schemas:
    Thing: {type: object, properties: {a: {type: string, maxLenght: 3}}}
""",
        "spec/things.yaml:3 /components/schemas/Thing/properties/a/maxLenght 'maxLenght' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: object, x-colour: red}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-colour 'x-colour' is not understood here",
    ),
    (
        "components:\n  schemas:\n    Thing:\n      type: object\n      properties:\n        a:\n          type: object\n          properties: {}\n",
        "spec/things.yaml:6 /components/schemas/Thing/properties/a an object with properties is named in "
        "components/schemas, never inline",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {$ref: '#/components/schemas/Nowhere'}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/$ref nothing stands at #/components/schemas/Nowhere",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {$ref: 'other.yaml#/A'}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/$ref a schema is referred to as "
        "'#/components/schemas/Name'",
    ),
    (
        "components: {schemas: {Thing: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}",
        "spec/things.yaml:1 /components/schemas/Thing Thing refers to itself",
    ),
    (
        "components: {schemas: {Thing: {allOf: [{$ref: '#/components/schemas/Thing'}]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/allOf/0 Thing contains itself",
    ),
    (
        "components: {schemas: {Thing: {type: object, required: [b], properties: {a: {type: string}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/required/0 'b' is required and not described",
    ),
    (
        "components: {schemas: {Thing: {type: integer, multipleOf: 2}}}",
        "spec/things.yaml:1 /components/schemas/Thing/multipleOf 'multipleOf' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: 'null'}}}",
        "spec/things.yaml:1 /components/schemas/Thing/type null alone cannot be expressed",
    ),
    (
        "components: {schemas: {Thing: {type: text}}}",
        "spec/things.yaml:1 /components/schemas/Thing/type 'text' is not a type",
    ),
    (
        "components: {schemas: {Thing: {type: [string, array]}}}",
        "spec/things.yaml:1 /components/schemas/Thing a union of types holds scalars only, not 'array'",
    ),
    (
        "components: {schemas: {Thing: {type: string, format: email}}}",
        "spec/things.yaml:1 /components/schemas/Thing/format the format 'email' is not understood",
    ),
    (
        "components: {schemas: {Thing: {type: string, pattern: '('}}}",
        "spec/things.yaml:1 /components/schemas/Thing/pattern is not a pattern that Python reads: missing ), "
        "unterminated subpattern at position 0",
    ),
    (
        "components: {schemas: {Thing: {type: string, enum: [a, a]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/enum/1 'a' is listed twice",
    ),
    (
        "components: {schemas: {Thing: {type: string, enum: []}}}",
        "spec/things.yaml:1 /components/schemas/Thing an enum needs values",
    ),
    (
        "components: {schemas: {Thing: {type: integer, enum: [1]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/type an enum has texts only",
    ),
    (
        "components: {schemas: {Thing: {type: string, enum: [a], x-values: {b: {description: B}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-values/b 'b' is not in the enum",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {type: boolean, x-secret: true}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/x-secret only a text can be secret",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {type: integer, x-time: epoch-seconds}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a 'x-time' and 'x-at' come together",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {type: integer, x-time: hours, x-at: b}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/x-time must be one of epoch-seconds, "
        "epoch-milliseconds, remaining-seconds",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {type: string, x-time: epoch-seconds, x-at: b}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/x-time only an integer can be a time",
    ),
    (
        "components: {schemas: {Thing: {oneOf: [{type: string}, {type: integer}]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/oneOf/0 a union holds references to objects",
    ),
    (
        "components: {schemas: {Thing: {type: string, contentMediaType: text/xml, contentSchema: {}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/contentMediaType only application/json can stand inside a string",
    ),
    (
        "components: {schemas: {Thing: {type: string, x-evidence: {mark: rumour}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-evidence needs a mark: documented, observed, conflict, unknown, "
        "recommended",
    ),
    (
        "components: {schemas: {Thing: {type: string, x-evidence: [{mark: unknown, by: me}]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-evidence/0/by 'by' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: string, minLength: many}}}",
        "spec/things.yaml:1 /components/schemas/Thing/minLength must be a whole number, is 'many'",
    ),
    (
        "components: {schemas: {Thing: {type: string, x-open-enum: yes, enum: [a]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-open-enum must be true or false, is 'yes'",
    ),
    (
        "components: {schemas: {Thing: {type: string, description: [a]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/description must be text, is a list",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: [a]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties must be a mapping",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {type: array, items: {type: string, x-secret: true}}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/items/x-secret 'x-secret' belongs to a property or a parameter, not inside one",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {type: object, additionalProperties: {type: string, x-secret: true}}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/additionalProperties/x-secret 'x-secret' belongs to a property or a parameter, not inside one",
    ),
    (
        "components: {schemas: {Thing: {type: object, x-secret: true}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-secret 'x-secret' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: string, x-open-enum: true}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-open-enum 'x-open-enum' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: string, x-values: {a: {description: A}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/x-values 'x-values' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: string, contentSchema: {type: integer}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/contentSchema 'contentSchema' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {const: a, enum: [b]}}}",
        "spec/things.yaml:1 /components/schemas/Thing/const 'const' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {const: a, minLength: 3}}}",
        "spec/things.yaml:1 /components/schemas/Thing/minLength 'minLength' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: string, format: date-time, pattern: x}}}",
        "spec/things.yaml:1 /components/schemas/Thing/pattern 'pattern' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {}, additionalProperties: {type: integer}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/additionalProperties a type for further properties beside named ones cannot be expressed; say true",
    ),
    (
        "components: {schemas: {Thing: {type: object, properties: {a: {type: object, additionalProperties: false}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/properties/a/additionalProperties an object without any property is named in components/schemas",
    ),
    (
        "components: {schemas: {Thing: {oneOf: [], discriminator: {propertyName: a}}}}",
        "spec/things.yaml:1 /components/schemas/Thing/discriminator 'discriminator' is not understood here",
    ),
    (
        "components: {callbacks: {}}",
        "spec/things.yaml:1 /components/callbacks 'callbacks' is not understood here",
    ),
    (
        "components: {schemas: {Thing: {type: string, enum: [a], x-values: {a: {category: worng_input}}}}}",
        "spec/things.yaml:1 /components/schemas/Thing 'worng_input', said of 'a', is not an error category",
    ),
    ("x-colours: {}", "spec/things.yaml:1 /x-colours 'x-colours' is not understood here"),
    (
        "x-error-codes: {nowhere: {}}",
        "spec/things.yaml:1 /x-error-codes/nowhere 'nowhere' is not an envelope",
    ),
    (
        "x-error-codes: {plain: {c: {status: 400, category: none, retryable: false}}}",
        "spec/things.yaml:1 /x-error-codes/plain/c/category 'none' is not an error category",
    ),
    (
        "x-error-codes: {plain: {c: {status: 400, category: broken}}}",
        "spec/things.yaml:1 /x-error-codes/plain/c lacks 'retryable'",
    ),
    (
        "x-error-categories: {odd: {class: Odd, statuses: [teapot]}}",
        "spec/things.yaml:1 /x-error-categories/odd/statuses/0 'teapot' is not a status such as 404 or 5xx",
    ),
    (
        "x-error-categories: {odd: {class: Odd, statuses: [400]}}",
        "spec/things.yaml:1 /x-error-categories/odd the status 400 belongs to 'wrong_input' already",
    ),
    (
        "x-limits: {most: {value: 1e999}}",
        "spec/things.yaml:1 /x-limits/most/value must be a number, is inf",
    ),
    (
        "x-limits: {most: {value: many}}",
        "spec/things.yaml:1 /x-limits/most/value must be a number, is 'many'",
    ),
    (
        "x-envelopes: {odd: {payload: data, code: /c, message: /m, log-id: []}}",
        "spec/things.yaml:1 /x-envelopes/odd/payload must be a JSON pointer: empty or '/…'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("things", "refusal"), SCHEMAS, ids=[str(n) for n in range(len(SCHEMAS))])
def test_schemas_and_tables_are_refused_with_their_place(
    generate: Generator, things: str, refusal: str
) -> None:
    with pytest.raises(Refusal) as caught:
        generate.files(things)
    assert str(caught.value) == refusal


GOOD = {
    "operationId": "operationId: useThing",
    "tags": "tags: [things]",
    "envelope": "x-envelope: plain",
    "idempotent": "x-idempotent: true",
    "errors": "x-errors: []",
    "more": "deprecated: false",
    "responses": 'responses: {"200": {description: Fine., content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}',
}
AT = "spec/things.yaml:{line} /paths/~1a/post"
OPERATIONS = [
    ({"idempotent": "summary: No."}, "3", " lacks 'x-idempotent'"),
    ({"envelope": "x-envelope: odd"}, "6", "/x-envelope 'odd' is not an envelope"),
    ({"errors": "x-errors: [unheard_of]"}, "8", "/x-errors/0 the code 'unheard_of' is not in the catalogue"),
    ({"errors": "x-errors: [bad_box]"}, "8", "/x-errors/0 the code 'bad_box' is not in the catalogue"),
    ({"errors": "x-errors: [bad_thing, bad_thing]"}, "8", "/x-errors/1 the code 'bad_thing' is listed twice"),
    ({"tags": "tags: []"}, "3", " needs a tag"),
    ({"more": "security: [{nothing: []}]"}, "9", "/security/0/nothing 'nothing' is not a security scheme"),
    ({"more": "callbacks: {}"}, "9", "/callbacks 'callbacks' is not understood here"),
    ({"more": "parameters: [{name: a, in: cookie, schema: {type: string}}]"}, "9", "/parameters/0/in a parameter in 'cookie' cannot be expressed"),
    ({"more": "parameters: [{name: a, in: query, schema: {type: array, items: {type: string}}}]"}, "9", "/parameters/0 a list needs 'style: form' and 'explode: false'"),
    ({"more": "parameters: [{name: a, in: query, schema: {type: object}}]"}, "9", "/parameters/0 a parameter is text, a number, a boolean, a date, an enum, or a list of one of them"),
    ({"more": "requestBody: {content: {application/json: {schema: {type: array, items: {type: string}}}}}"}, "9", "/requestBody/content/application~1json/schema a body is an object or a union of objects told apart by a constant"),
    ({"more": "requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}, text/plain: {}}}"}, "9", "/requestBody one media type for a body of fields"),
    ({"more": "requestBody: {content: {video/mp4: {schema: {type: integer}}}}"}, "9", "/requestBody/content/video~1mp4/schema a binary body has no schema but {}"),
    ({"more": "requestBody: {content: {}}"}, "9", "/requestBody needs a media type"),
    ({"more": "x-browser: true\n      security: [{token: []}]"}, "3", " what a browser opens has no body, no access token and no headers"),
    ({"more": "x-result-by-request: {at: '', cases: {}}"}, "9", "/x-result-by-request/at must point to a union in the request: the body or one property"),
    ({"more": "x-rate-limit: {requests: 6}"}, "9", "/x-rate-limit lacks 'seconds'"),
    ({"responses": "responses: {'200': {description: Fine.}}"}, "10", "/responses/200 an answer with an envelope has a JSON schema"),
    ({"responses": "responses: {'200': {description: Fine., content: {application/json: {schema: {type: string}}}}}"}, "10", "/responses/200/content/application~1json/schema an answer with an envelope is a reference to an object"),
    ({"responses": "responses: {'200': {description: Fine., content: {application/json: {schema: {oneOf: [{$ref: '#/components/schemas/Thing'}, {$ref: '#/components/schemas/Other'}]}}}}}"}, "10", "/responses its result is one of Thing, Other; 'x-result-by-request' must say which"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "line", "refusal"), OPERATIONS, ids=[str(n) for n in range(len(OPERATIONS))]
)
def test_operations_are_refused_with_their_place(
    generate: Generator, changed: dict[str, str], line: str, refusal: str
) -> None:
    lines = "\n".join(f"      {line}" for line in {**GOOD, **changed}.values())
    schemas = "components:\n  schemas:\n    Thing: {type: object}\n    Other: {type: object}\n"
    generate.files(
        f"paths:\n  /a:\n    post:\n{''.join(f'      {v}' + chr(10) for v in GOOD.values())}{schemas}"
    )
    with pytest.raises(Refusal) as caught:
        generate.files(f"paths:\n  /a:\n    post:\n{lines}\n{schemas}")
    assert str(caught.value) == AT.format(line=line) + refusal


KINDS = """\
components:
  schemas:
    Thing: {type: object}
    Mode: {type: string, enum: [a, b]}
    Moded: {type: object, properties: {mode: {$ref: '#/components/schemas/Mode'}, n: {type: integer}}}
    Boxed: {type: object, properties: {box: {$ref: '#/components/schemas/Thing'}}}
    Listed: {type: object, properties: {list: {type: array, items: {type: string}}}}
"""
FORM = (
    "requestBody: {content: {application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/%s'}}}}"
)
BODY = "requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/%s'}%s}}}"
QUERY = "parameters: [{name: q, in: query, style: form, explode: false, schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}}]"
BY_SCOPE = BODY % ("Moded", "") + "\n      security: [{token: [s]}]\n      x-scope-by-request: "
WITHOUT_EFFECT = [
    (FORM % "Boxed", "spec/things.yaml:16 /components/schemas/Boxed/properties/box 'box' cannot stand in a form, only in JSON"),
    (FORM % "Listed", "spec/things.yaml:9 /paths/~1a/post/requestBody/content/application~1x-www-form-urlencoded the list 'list' needs an 'encoding': 'style: form', 'explode: false'"),
    (BODY % ("Listed", ", encoding: {list: {style: form, explode: false}}"), "spec/things.yaml:9 /paths/~1a/post/requestBody/content/application~1json/encoding/list 'list' is not a list in a form, so nothing follows from this"),
    (QUERY, "spec/things.yaml:9 /paths/~1a/post/parameters/0 a parameter is text, a number, a boolean, a date, an enum, or a list of one of them"),
    ("parameters: [{name: h, in: header, schema: {type: array, items: {type: string}}}]", "spec/things.yaml:9 /paths/~1a/post/parameters/0 a list cannot be a header; describe the header as text"),
    ("parameters: [{name: q, in: query, schema: {type: integer, x-time: epoch-seconds, x-at: b}}]", "spec/things.yaml:9 /paths/~1a/post/parameters/0/schema/x-time 'x-time' belongs to a property; it says nothing of a parameter"),
    ("x-address: {name: url}\n      parameters: [{name: q, in: query, schema: {type: string}}]", "spec/things.yaml:9 /paths/~1a/post/x-address an address that is given whole takes no query parameters"),
    ("x-browser: true\n      parameters: [{name: h, in: header, schema: {type: string}}]", "spec/things.yaml:3 /paths/~1a/post what a browser opens has no body, no access token and no headers"),
    ("x-scope-by-request: {at: /mode, cases: {a: s}}", "spec/things.yaml:9 /paths/~1a/post/x-scope-by-request/at must point to an enum in the request"),
    (BY_SCOPE + "{at: /n, cases: {a: s}}", "spec/things.yaml:11 /paths/~1a/post/x-scope-by-request/at must point to an enum in the request"),
    (BY_SCOPE + "{at: /mode, cases: {c: s}}", "spec/things.yaml:11 /paths/~1a/post/x-scope-by-request/cases/c 'c' is not in the enum Mode"),
    (BY_SCOPE + "{at: /mode, cases: {a: t}}", "spec/things.yaml:11 /paths/~1a/post/x-scope-by-request/cases/a 't' is not among the scopes in 'security'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "refusal"), WITHOUT_EFFECT, ids=[str(n) for n in range(len(WITHOUT_EFFECT))]
)
def test_what_would_have_no_effect_or_a_wrong_one_is_refused(
    generate: Generator, more: str, refusal: str
) -> None:
    lines = "\n".join(f"      {line}" for line in {**GOOD, "more": more}.values())
    with pytest.raises(Refusal) as caught:
        generate.files(f"paths:\n  /a:\n    post:\n{lines}\n{KINDS}")
    assert str(caught.value) == refusal


@pytest.mark.parametrize(
    ("responses", "refusal"),
    [
        ("{'': {description: Empty.}}", "/ '' is not a status such as 404 or 5XX"),
        ("{'20': {description: Cut.}}", "/20 '20' is not a status such as 404 or 5XX"),
        (
            "{'400': {description: No., x-advice: Wait.}}",
            "/400/x-advice says nothing without an 'x-category'",
        ),
    ],
)
def test_responses_are_refused_with_their_place(generate: Generator, responses: str, refusal: str) -> None:
    lines = "\n".join(f"      {line}" for line in {**GOOD, "responses": f"responses: {responses}"}.values())
    with pytest.raises(Refusal) as caught:
        generate.files(f"paths:\n  /a:\n    post:\n{lines}\n{KINDS}")
    assert str(caught.value) == f"spec/things.yaml:10 /paths/~1a/post/responses{refusal}"


def test_a_fragment_with_another_ending_is_refused(generate: Generator) -> None:
    spec = generate.write()
    (spec / "more.yml").write_text("paths: {}\n")
    with pytest.raises(Refusal, match=r"^spec/more.yml:1 / is not read: a fragment ends in .yaml$"):
        render(spec, style=False)


def test_an_operation_id_is_used_once(generate: Generator) -> None:
    lines = "".join(f"      {line}\n" for line in GOOD.values())
    schemas = "components: {schemas: {Thing: {type: object}}}\n"
    with pytest.raises(Refusal, match=r"operationId 'useThing' is taken by spec/things\.yaml:3"):
        generate.files(f"paths:\n  /a:\n    post:\n{lines}  /b:\n    post:\n{lines}{schemas}")


def test_a_scope_that_the_security_scheme_does_not_list_is_refused(generate: Generator) -> None:
    lines = "".join(f"      {line}\n" for line in {**GOOD, "more": "security: [{token: [raed]}]"}.values())
    scheme = (
        "{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://api.test/', scopes: {read: Read.}}}}"
    )
    base = BASE.replace("{type: http, scheme: bearer}", scheme)
    with pytest.raises(Refusal) as caught:
        generate.files(
            f"paths:\n  /a:\n    post:\n{lines}components: {{schemas: {{Thing: {{}}}}}}\n", openapi=base
        )
    assert str(caught.value) == (
        "spec/things.yaml:9 /paths/~1a/post/security/0/token/0 'raed' is not among the scopes of token"
    )


@pytest.mark.parametrize("tag", ["close", "http", "perform", "answer", "baseUrl"])
def test_a_tag_that_would_hide_a_member_of_the_client_is_refused(generate: Generator, tag: str) -> None:
    lines = "".join(f"      {line}\n" for line in {**GOOD, "tags": f"tags: [{tag}]"}.values())
    with pytest.raises(Refusal, match=f"'{tag}' is what every client has already; choose another tag"):
        generate.files(
            f"paths:\n  /a:\n    post:\n{lines}components: {{schemas: {{Thing: {{type: object}}}}}}\n"
        )


def test_a_path_with_parameters_is_refused(generate: Generator) -> None:
    lines = "".join(f"      {line}\n" for line in GOOD.values())
    with pytest.raises(Refusal, match=r"/paths/~1a~1\{id\}/post a path with parameters cannot be expressed"):
        generate.files(f"paths:\n  /a/{{id}}:\n    post:\n{lines}")


def test_a_union_that_nothing_tells_apart_is_refused_where_it_is_used(generate: Generator) -> None:
    lines = "".join(f"      {line}\n" for line in GOOD.values())
    schemas = """\
components:
  schemas:
    Thing: {type: object, properties: {what: {oneOf: [{$ref: "#/components/schemas/A"}, {$ref: "#/components/schemas/B"}]}}}
    A: {type: object}
    B: {type: object}
"""
    with pytest.raises(
        Refusal, match="Thing/properties/what nothing tells A, B apart: give each a required constant"
    ):
        generate.files(f"paths:\n  /a:\n    post:\n{lines}{schemas}")


def test_fragments_that_need_each_other_are_refused(generate: Generator) -> None:
    lines = "".join(f"      {line}\n" for line in GOOD.values())
    things = f"paths:\n  /a:\n    post:\n{lines}components: {{schemas: {{Thing: {{type: object, properties: {{b: {{$ref: '#/components/schemas/Other'}}}}}}}}}}\n"
    other = "components: {schemas: {Other: {type: object, properties: {a: {$ref: '#/components/schemas/Thing'}}}}}"
    refusal = r"other.yaml and things.yaml need each other|things.yaml and other.yaml need each other"
    with pytest.raises(Refusal, match=refusal):
        generate.files(things, other=other)
    of_a_kind = "{type: object, required: [kind], properties: {kind: {type: string, const: KIND}MORE}}"
    thing = of_a_kind.replace("KIND", "a").replace("MORE", ", next: {$ref: '#/components/schemas/Other'}")
    either = "{oneOf: [{$ref: '#/components/schemas/Thing'}, {$ref: '#/components/schemas/Else'}]}"
    things = f"paths:\n  /a:\n    post:\n{lines}components: {{schemas: {{Thing: {thing}}}}}\n"
    another = of_a_kind.replace("KIND", "b").replace("MORE", "")
    with pytest.raises(Refusal, match=refusal):
        generate.files(things, other=f"components: {{schemas: {{Other: {either}, Else: {another}}}}}")


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("openapi: 3.1.0", "openapi: 3.0.3", "spec/openapi.yaml:1 /openapi must be 3.1.x"),
        ("x-package: PACKAGE", "x-package: 1-x", "spec/openapi.yaml:5 /x-package must be the name of a package"),
        ("x-package: PACKAGE", "tags: []", "spec/openapi.yaml:5 /tags is written twice"),
        ("scheme: bearer", "scheme: basic", "spec/openapi.yaml:19 /components/securitySchemes/token only oauth2 and http bearer can be expressed"),
        ("servers: [", "x-package: y\nx-old: [", "spec/openapi.yaml:6 /x-package is written twice"),
    ],
)  # fmt: skip
def test_the_root_is_refused_with_its_place(generate: Generator, old: str, new: str, refusal: str) -> None:
    assert old in BASE
    lines = "".join(f"      {line}\n" for line in GOOD.values())
    things = f"paths:\n  /a:\n    post:\n{lines}      security: [{{token: []}}]\ncomponents: {{schemas: {{Thing: {{type: object}}}}}}\n"
    with pytest.raises(Refusal) as caught:
        generate.files(things, openapi=BASE.replace(old, new))
    assert str(caught.value) == refusal
