"""The way back from the authorization page."""

from __future__ import annotations

import contextlib
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_api_client.callback import CHECK, decode_state, encode_state, new_state, parse_callback
from tiktok_api_client.errors import StateMismatch
from tiktok_openapi import AppNotApproved, Impossible, LoginRequired, Refused

SECRET = "client-secret-1"
URL = "http://127.0.0.1:8765/callback/"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(st.text().filter(lambda key: key != CHECK), json_values, max_size=4)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def callback(**fields: str) -> str:
    return f"{URL}?{urlencode(fields)}"


# State


@given(mappings)
def test_a_mapping_comes_back_as_it_went(value: dict[str, object]) -> None:
    text = encode_state(value, SECRET)
    assert decode_state(text, SECRET) == value
    assert " " not in json.dumps(json.loads(text), separators=(",", ":")) or " " in str(value)


@given(mappings, mappings)
def test_a_check_does_not_fit_another_mapping_or_another_app(
    value: dict[str, object], other: dict[str, object]
) -> None:
    text = encode_state(value, SECRET)
    assert decode_state(text, "another-secret") is None
    forged = json.dumps({**other, CHECK: json.loads(text)[CHECK]})
    assert decode_state(forged, SECRET) == (value if json.loads(json.dumps(other)) == value else None)


@given(st.text() | json_values.map(json.dumps))
def test_whatever_else_comes_is_no_mapping_of_ours(text: str) -> None:
    assert decode_state(text, SECRET) is None


def test_two_logins_with_one_mapping_have_two_states() -> None:
    assert encode_state({"user_id": "user1"}, SECRET) != encode_state({"user_id": "user1"}, SECRET)
    assert len({new_state() for _ in range(100)}) == 100


def test_deep_json_is_no_state_and_no_crash() -> None:
    assert decode_state("[" * 100_000, SECRET) is None


@pytest.mark.parametrize(
    "value", [{1: "a"}, {"a": (1, 2)}, {"a": {1, 2}}, {"a": float("nan")}, {"a": float("inf")}, {CHECK: "x"}]
)
def test_a_mapping_that_json_would_change_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(Impossible) as caught:
        encode_state(value, SECRET)
    assert caught.value.field == "state"


# Callback


@given(texts, texts)
def test_the_code_is_decoded_exactly_once_and_kept_whole(code: str, state: str) -> None:
    once = quote(code, safe="")
    found = parse_callback(f"{URL}?code={once}&state={quote(state, safe='')}", expected=state, secret=SECRET)
    assert found.code == code


@pytest.mark.parametrize("tail", ["*0!6410", "*v!5236.s1"])
def test_the_tail_of_a_code_belongs_to_it(tail: str) -> None:
    for sent in (tail, quote(tail, safe="")):
        found = parse_callback(f"{URL}?code=AbC-12_{sent}&state=s", expected="s", secret=SECRET)
        assert found.code == f"AbC-12_{tail}"


def test_a_code_that_looks_encoded_stays_encoded_once() -> None:
    found = parse_callback(f"{URL}?code=a%252Ab&state=s", expected="s", secret=SECRET)
    assert found.code == "a%2Ab"


@pytest.mark.parametrize(
    "form",
    [
        "http://127.0.0.1:8765/callback/?code=c&state=s",
        "/callback/?code=c&state=s",
        "?code=c&state=s",
        "code=c&state=s",
        " https://app.example/cb?code=c&state=s#_=_ ",
    ],
)
def test_the_whole_address_or_its_query_alone(form: str) -> None:
    assert parse_callback(form, expected="s", secret=SECRET).code == "c"


def test_scopes_that_were_not_granted_are_told() -> None:
    url = callback(code="c", state="s", scopes="user.info.basic,video.upload")
    asked = ("user.info.basic", "video.publish", "video.upload")
    found = parse_callback(url, expected="s", secret=SECRET, asked=asked)
    assert found.scopes == ("user.info.basic", "video.upload")
    assert found.missing_scopes == ("video.publish",)
    silent = parse_callback(callback(code="c", state="s"), expected="s", secret=SECRET, asked=asked)
    assert (silent.scopes, silent.missing_scopes) == (None, ())


@pytest.mark.parametrize(
    ("sent", "received"),
    [("s", "S"), ("s", ""), ("s", None), ("s", "s2"), ({"a": 1}, '{"a":1}'), (None, "s")],
)
def test_another_state_is_refused(sent: object, received: str | None) -> None:
    url = callback(code="c", **({} if received is None else {"state": received}))
    with pytest.raises(StateMismatch) as caught:
        parse_callback(url, expected=sent, secret=SECRET)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert caught.value.field == "state"


@given(texts, texts)
def test_only_the_same_state_passes(sent: str, received: str) -> None:
    url = callback(code="c", state=received)
    if sent == received:
        assert parse_callback(url, expected=sent, secret=SECRET).code == "c"
    else:
        with pytest.raises(StateMismatch):
            parse_callback(url, expected=sent, secret=SECRET)


@given(mappings)
def test_a_mapping_travels_there_and_back(value: dict[str, object]) -> None:
    state = encode_state(value, SECRET)
    for expected in (state, value, None):
        found = parse_callback(callback(code="c", state=state), expected=expected, secret=SECRET)
        assert found.state == value


def test_the_mapping_of_another_login_is_refused() -> None:
    state = encode_state({"user_id": "user1"}, SECRET)
    again = encode_state({"user_id": "user1"}, SECRET)
    for expected in (again, {"user_id": "user2"}):
        with pytest.raises(StateMismatch):
            parse_callback(callback(code="c", state=state), expected=expected, secret=SECRET)


def test_a_refusal_says_what_it_usually_means() -> None:
    url = callback(error="access_denied", error_description="User declined", state="s", log_id="L9")
    with pytest.raises(LoginRequired) as caught:
        parse_callback(url, expected="s", secret=SECRET)
    problem = caught.value
    assert (problem.code, problem.message, problem.log_id) == ("access_denied", "User declined", "L9")
    assert "try again and agree" in problem.advice
    assert (problem.status, problem.retryable, problem.operation) == (302, False, "authorize")
    assert "authorize was refused: access_denied" in str(problem)
    assert problem.docs.startswith("https://developers.tiktok.com/doc/login-kit")


def test_a_refusal_names_the_field_that_tiktok_objects_to() -> None:
    url = callback(error="unauthorized_client", error_type="client_key", state="s")
    with pytest.raises(AppNotApproved, match=r"client_key(.|\n)*Login Kit"):
        parse_callback(url, expected="s", secret=SECRET)


def test_an_unknown_refusal_is_a_refusal() -> None:
    with pytest.raises(Refused, match="brand_new_reason") as caught:
        parse_callback(callback(error="brand_new_reason"), expected="s", secret=SECRET)
    assert caught.value.advice


def test_a_refusal_with_another_state_is_not_believed() -> None:
    with pytest.raises(StateMismatch):
        parse_callback(callback(error="access_denied", state="x"), expected="s", secret=SECRET)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (URL, "a code or an error"),
        ("", "a code or an error"),
        (f"{URL}?code=&state=s", "a code or an error"),
        (f"{URL}?code=a&code=b&state=s", "two different values"),
        (f"{URL}?code=%ff&state=s", "cannot be decoded"),
        (f"{URL}?{'&'.join(f'a{n}=1' for n in range(200))}", "cannot be decoded"),
    ],
)
def test_what_is_no_callback(url: str, words: str) -> None:
    with pytest.raises(Impossible, match=words):
        parse_callback(url, expected="s", secret=SECRET)


@given(st.text(), st.none() | st.text(min_size=1))
def test_any_text_gives_a_callback_or_an_error_of_ours(text: str, expected: str | None) -> None:
    for url in (text, f"{URL}?{text}", f"{URL}?code={text}&state={text}"):
        with contextlib.suppress(Impossible, Refused):
            parse_callback(url, expected=expected, secret=SECRET)


def test_half_a_character_in_a_state_is_no_crash() -> None:
    for sent, received in (("\ud800", "s"), ("s", "\ud800")):
        with pytest.raises(StateMismatch):
            parse_callback(f"?code=c&state={received}", expected=sent, secret=SECRET)


def test_the_code_is_not_shown() -> None:
    assert "c0de" not in repr(parse_callback(callback(code="c0de", state="s"), expected="s", secret=SECRET))
