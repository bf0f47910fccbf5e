"""What mutation testing found that no test would notice: words of complaints, and forms that others keep."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tiktok_api_client import (
    ChunkPlan,
    Impossible,
    Refused,
    StateMismatch,
    WebhookRefused,
    event_key,
    verify_webhook,
)
from tiktok_api_client.callback import Callback, State, decode_state, encode_state, new_state, parse_callback
from tiktok_api_client.pkce import check_code_verifier
from tiktok_api_client.ranges import stored_bytes
from tiktok_openapi import webhooks
from tiktok_openapi.limits import MAX_CHUNK_SIZE

MIB = 2**20


@pytest.mark.parametrize(
    ("size", "chunk", "count", "said"),
    [
        (10, 0, 1, "chunk_size: must be at least 1 byte, got 0"),
        (10, 20, 1, "chunk_size: must not exceed the video's 10 bytes, got 20"),
        (
            50_000_123,
            10_000_000,
            6,
            "total_chunk_count: must be 50,000,123 / 10,000,000 rounded down, which is 5, got 6; "
            "the last chunk takes the remainder",
        ),
        (
            80_000_000,
            64_000_000,
            1,
            "chunk_size: must be the whole video (80,000,000 bytes) when there is one chunk, got 64,000,000",
        ),
        (
            100_000_000,
            100_000_000,
            1,
            "chunk_size: must be at most 67,108,864, got 100,000,000; use more than one chunk",
        ),
        (0, 1, 0, "video_size: must be at least 1 byte, got 0; the video is empty"),
        (2**32 + 1, MIB, 1, "video_size: must be at most 4,294,967,296 bytes (4 GiB), got 4,294,967,297"),
        (
            4_000_000,
            2_000_000,
            2,
            "chunk_size: must be 5,242,880 to 67,108,864 bytes (5 to 64 MiB), or the whole video, "
            "got 2,000,000",
        ),
    ],
)
def test_a_plan_says_which_number_is_wrong(size: int, chunk: int, count: int, said: str) -> None:
    with pytest.raises(Impossible) as caught:
        ChunkPlan(size, chunk, count)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("size", "chunk", "said"),
    [
        (10.0, None, "video_size: must be a whole number of bytes, got 10.0"),
        (True, None, "video_size: must be a whole number of bytes, got True"),
        (10, "5MB", "chunk_size: must be a whole number of bytes, got '5MB'"),
    ],
)
def test_a_plan_is_made_of_whole_numbers(size: Any, chunk: Any, said: str) -> None:
    with pytest.raises(Impossible) as caught:
        ChunkPlan.for_size(size, chunk)
    assert str(caught.value) == said


def test_edges_of_plans() -> None:
    exact = ChunkPlan.for_size(2 * MAX_CHUNK_SIZE)
    assert (exact.chunk_size, exact.total_chunk_count) == (MAX_CHUNK_SIZE, 2)
    assert exact.at(exact.video_size) == 2
    assert ChunkPlan.for_size(12 * MIB, 6 * MIB).total_chunk_count == 2
    assert ChunkPlan.for_size(50_000_123, 10_000_000).at(50_000_000) is None


def test_last_chunks_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiktok_api_client.plan.MAX_FINAL_CHUNK_SIZE", 10_000_123)
    assert ChunkPlan(50_000_123, 10_000_000, 5).last_chunk_size == 10_000_123
    monkeypatch.setattr("tiktok_api_client.plan.MAX_FINAL_CHUNK_SIZE", 10_000_122)
    with pytest.raises(Impossible) as caught:
        ChunkPlan(50_000_123, 10_000_000, 5)
    assert str(caught.value) == (
        "chunk_size: must leave a last chunk of at most 10,000,122 bytes, got 10,000,000; "
        "use another chunk size"
    )


NEITHER = "callback: the address has a code or an error, got neither; pass the whole address"


def callback(query: str, expected: State | None = "st") -> Callback:
    return parse_callback(query, expected=expected, secret="s3cret")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=st", NEITHER),
        ("code=&state=st", NEITHER),
        ("code=%ff&state=st", "callback: UTF-8, percent-encoded once, got a query that cannot be decoded"),
        (
            f"code=a&{'x' * 50}=1&{'x' * 50}=2",
            f"callback: one value of each, got two different values of {'x' * 40!r}",
        ),
    ],
)
def test_a_callback_says_what_is_wrong_with_it(query: str, said: str) -> None:
    with pytest.raises(Impossible) as caught:
        callback(query)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("query", "expected", "got"),
    [
        ("code=a", "st", "none"),
        ("code=a&state=other", "st", "another one"),
        ("code=a&state=other", {"a": 1}, "one without a valid check"),
        ("code=a&state=other", None, "one nobody waits for"),
    ],
)
def test_a_wrong_state_says_which_it_is(query: str, expected: State | None, got: str) -> None:
    with pytest.raises(StateMismatch) as caught:
        callback(query, expected)
    assert str(caught.value) == str(StateMismatch(got))
    assert got in str(caught.value)


def test_a_state_of_another_mapping() -> None:
    state = quote(encode_state({"a": 2}, "s3cret"))
    with pytest.raises(StateMismatch) as caught:
        callback(f"code=a&state={state}", {"a": 1})
    assert caught.value.got == "another one"


def test_a_callback_that_is_no_text() -> None:
    address: Any = b"https://app.example.test/cb?code=a&state=st"
    with pytest.raises(Impossible) as caught:
        callback(address)
    assert str(caught.value) == (
        "callback: a text, got a value of type bytes; pass the whole address, str(…)"
    )


def test_the_state_comes_back_as_it_went() -> None:
    assert callback("code=a&state=st").state == "st"
    assert callback("code=a&state=7", "7").state == "7"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"_check": 1}, "state: that key is kept for the check of the state, got '_check'"),
        ({"a": (1,)}, "state: a mapping that JSON gives back as it is, got dict"),
        ({"a": float("nan")}, "state: a mapping that JSON gives back as it is, got dict"),
        ({"a": object()}, "state: a mapping that JSON gives back as it is, got dict"),
    ],
)
def test_a_mapping_that_cannot_travel_says_why(value: dict[str, object], said: str) -> None:
    with pytest.raises(Impossible) as caught:
        encode_state(value, "s3cret")
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("verifier", "said"),
    [
        ("a" * 129, "code_verifier: at most 128 characters, got 129 characters"),
        ("a b" * 20, "code_verifier: only letters, digits and -._~, got another character"),
    ],
)
def test_a_code_verifier_says_what_is_wrong_with_it(verifier: str, said: str) -> None:
    with pytest.raises(Impossible) as caught:
        check_code_verifier(verifier)
    assert str(caught.value) == said


def test_a_query_may_hold_a_question_mark_and_empty_values() -> None:
    found = callback("https://app.example.test/cb?code=a?b&state=st&scopes=")
    assert (found.code, found.scopes) == ("a?b", ())


@pytest.mark.parametrize(
    ("query", "message", "log_id"),
    [
        ("", "", ""),
        ("&error_description=No&log_id=L1", "No", "L1"),
        ("&error_type=scope", "scope", ""),
        ("&error_type=scope&error_description=No", "No (scope)", ""),
    ],
)
def test_an_unknown_refusal_of_a_callback(query: str, message: str, log_id: str) -> None:
    with pytest.raises(Refused) as caught:
        callback(f"error=new_one&state=st{query}")
    refused = caught.value
    assert (refused.message, refused.log_id, refused.advice) == (message, log_id, "Let the user try again.")
    assert (refused.category, refused.retryable) == ("", False)
    assert refused.request == "GET /v2/auth/authorize/"


def test_a_known_refusal_of_a_callback() -> None:
    with pytest.raises(Refused) as caught:
        callback("error=server_error&state=st")
    assert (caught.value.category, caught.value.retryable) == ("server_fault", True)


STATE = '{"b":1,"a":"x","_check":"nonce.EENy2Q3_5nuPFCDHGqDVIviJ"}'


def test_states_of_an_earlier_release_are_understood() -> None:
    """A login may begin before an update and end after it: the check must stay what it is."""
    assert decode_state(STATE, "s3cret") == {"a": "x", "b": 1}
    assert " " not in encode_state({"a": 1, "b": 2}, "s3cret")
    assert len(new_state()) == 32


def test_keys_of_events_stay_the_same() -> None:
    """They are kept in databases: another order of keys, or a newer release, must not change them."""
    body = {"client_key": "k", "event": "brand.new", "create_time": 1, "content": "{}"}
    turned = dict(reversed(body.items()))
    keys = {event_key(webhooks.parse(json.dumps(one))) for one in (body, turned)}
    assert keys == {"0644f3307ac2c63e2fbe63ae32782a53"}


def test_webhooks_say_what_is_wrong() -> None:
    for header, said in (
        ("t=1,s=ab", "the signature does not fit the body: another secret, or a body that was changed"),
        ("s=ab", "the signature header is not of the form t=…,s=…"),
        ("t=1=2,s=ab", "the signature header is not of the form t=…,s=…"),
        ("s=ab,x=1", "the signature header is not of the form t=…,s=…"),
    ):
        with pytest.raises(WebhookRefused) as caught:
            verify_webhook(b"{}", header, "s3cret", now=1)
        assert str(caught.value) == said
    with pytest.raises(ValueError, match=r"^secret must not be empty$"):
        verify_webhook(b"{}", "t=1,s=ab", "", now=1)
    text: Any = "{}"
    with pytest.raises(TypeError, match=r"^the body must be the bytes that were received, not something"):
        verify_webhook(text, "t=1,s=ab", "s3cret", now=1)


def test_a_long_range_is_not_read() -> None:
    plan = ChunkPlan.for_size(10)
    assert stored_bytes("bytes 0-10/10", plan) == 10
