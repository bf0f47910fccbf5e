"""Names: how the description's become Python's, and that two never become one."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen import names
from codegen.load import Refusal
from tests.codegen.inline import Generator, received, sent


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("OAuthErrorCode", "oauth_error_code"),
        ("getOAuth", "get_oauth"),
        ("getQrCode", "get_qr_code"),
        ("getQRCodes", "get_qr_codes"),
        ("userIDs", "user_ids"),
        ("HTTPServer", "http_server"),
        ("parseHTML2Text", "parse_html2_text"),
        ("Content-Range", "content_range"),
        ("post.publish.failed", "post_publish_failed"),
        ("already_snake", "already_snake"),
        ("avatar_url_100", "avatar_url_100"),
        ("__private", "private"),
        ("class", "class_"),
        ("None", "none"),
        ("2fa", "n_2fa"),
        ("***", "unnamed"),
        ("naïve", "na_ve"),
    ],
)
def test_names_of_functions_and_fields(name: str, snake: str) -> None:
    assert names.snake(name) == snake


@pytest.mark.parametrize(
    ("name", "constant"),
    [
        ("PUBLIC_TO_EVERYONE", "PUBLIC_TO_EVERYONE"),
        ("user.info.basic", "USER_INFO_BASIC"),
        ("S256", "S256"),
        ("videoInit", "VIDEO_INIT"),
        ("1st", "_1ST"),
        ("mro", "MRO_"),
        ("", "_"),
    ],
)
def test_names_of_constants_and_members(name: str, constant: str) -> None:
    assert names.constant(name) == constant


@pytest.mark.parametrize(
    ("name", "class_name"),
    [
        ("OAuthError", "OAuthError"),
        ("thing", "Thing"),
        ("small thing", "SmallThing"),
        ("Call", "Call_"),
        ("Impossible", "Impossible_"),
        ("Exception", "Exception_"),
        ("3D", "_3D"),
    ],
)
def test_names_of_classes(name: str, class_name: str) -> None:
    assert names.class_name(name) == class_name


@given(st.text(max_size=20))
def test_every_text_gives_names_that_python_takes(text: str) -> None:
    for found in (names.snake(text), names.constant(text), names.field(text), names.argument(text)):
        assert found.isidentifier()
        assert not keyword.iskeyword(found)
    assert names.class_name(text).isidentifier()
    assert not names.field(text).startswith("_")


@pytest.mark.parametrize(
    ("description", "refusal"),
    [
        (
            received("Thing", "Thing: {type: object, properties: {userId: {type: string}, user_id: {type: string}}}"),
            "'user_id' and 'userId' (spec/things.yaml:13) would both be the attribute of Thing 'user_id'",
        ),
        (
            received("Thing", "Thing: {type: object, properties: {at: {type: string}, t: {type: integer, x-time: epoch-seconds, x-at: at}}}"),
            "'at' and 'at' (spec/things.yaml:13) would both be the attribute of Thing 'at'",
        ),
        (
            received("Thing", "Thing: {type: object, properties: {l: {$ref: '#/components/schemas/L'}}}\nL: {type: string, enum: [a.b, a_b]}"),
            "'a_b' and 'a.b' (spec/things.yaml:14) would both be the member of L 'A_B'",
        ),
        (
            received("Thing", "Thing: {type: object, properties: {a: {$ref: '#/components/schemas/thing'}}}\nthing: {type: object}"),
            "'Thing' and 'thing' (spec/things.yaml:14) would both be the class 'Thing'",
        ),
        (
            received("Thing", "Thing: {type: object, properties: {a: {$ref: '#/components/schemas/OAuth'}}}\nOAuth: {type: object, properties: {a: {$ref: '#/components/schemas/Oauth'}}}\nOauth: {type: object}"),
            "'OAuth' and 'Oauth' (spec/things.yaml:15) would both be the function 'oauth'",
        ),
        (
            received("Broken", "Broken: {type: object}"),
            "'broken' and 'Broken' (spec/things.yaml:13) would both be the class 'Broken'",
        ),
        (
            sent("Thing", "Thing: {type: object, properties: {access_token: {type: string}}}").replace(
                "x-envelope: plain", "x-envelope: plain\n      security: [{token: []}]"
            ),
            "would both be the argument of useThing 'access_token'",
        ),
        (
            received("Thing", "Thing: {type: object}").replace("useThing", "use_thing")
            + received("Thing", "Thing: {type: object}").split("components:")[0].replace("paths:\n", "").replace("/thing", "/other"),
            None,
        ),
        ("x-limits: {maxSize: {value: 1}, max_size: {value: 2}}", "would both be the constant 'MAX_SIZE'"),
    ],
)  # fmt: skip
def test_two_names_that_would_be_one_are_refused(
    generate: Generator, description: str, refusal: str | None
) -> None:
    if refusal is None:
        head, _, rest = received("Thing", "Thing: {type: object}").partition("components:")
        second = head.removeprefix("paths:\n").replace("/thing", "/other").replace("useThing", "use_thing")
        description, refusal = (
            f"{head}{second}components:{rest}",
            "would both be the function of things 'use_thing'",
        )
    with pytest.raises(Refusal) as caught:
        generate.files(description)
    assert refusal in str(caught.value)
    assert "spec/" in str(caught.value)


@pytest.mark.parametrize("name", ["CallFailed", "AsyncDriver", "Mapping", "WebhookEvent"])
def test_no_class_has_the_name_of_one_that_the_modules_use(name: str) -> None:
    assert names.class_name(name) == f"{name}_"


def test_a_category_cannot_take_the_name_of_a_runtime_class(generate: Generator) -> None:
    with pytest.raises(Refusal, match="'Refused' cannot be the name of a class"):
        generate.files("x-error-categories: {odd: {class: Refused}}")


def test_a_field_may_have_the_name_of_anything_the_modules_use(generate: Generator) -> None:
    """Imports follow from the names a module uses, so a field must not hide one of them."""
    taken = "attrs, datetime, Mapping, raw, get, keys, value, time, checked, out, secrets, encoded, pairs, routes, self, at"
    properties = ", ".join(f"{name}: {{type: string}}" for name in taken.split(", "))
    times = "then: {type: integer, x-time: remaining-seconds, x-at: then_at}"
    thing = f"Thing: {{type: object, properties: {{{properties}, {times}}}}}"
    wire = {name: name for name in taken.split(", ")}
    answered = generate(received("Thing", thing))
    assert answered.decode("thing", wire).raw == wire
    asked = generate(sent("Thing", thing))
    call = asked.module("operations.things").use_thing(**{names.argument(name): name for name in wire})
    assert asked.encode("thing", asked.decode("thing", wire)) == wire
    assert call.body is not None
