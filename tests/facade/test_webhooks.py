"""Deliveries: the signature first, then the event."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_api_client import UnknownEvent, WebhookRefused, event_key, verify_webhook
from tiktok_api_client.webhooks import sign_webhook
from tiktok_openapi import PostPublishComplete, TiktokPing, Unreadable, description

SECRET = "mock_client_secret_0001"
AT = 1_790_000_005


def examples() -> list[tuple[str, bytes]]:
    """Name and body of every delivery in the description."""
    found: list[tuple[str, bytes]] = []
    bundle: Any = description()
    for name, webhook in bundle["webhooks"].items():
        content = webhook["post"]["requestBody"]["content"]["application/json"]
        values = (
            [content["example"]]
            if "example" in content
            else [e["value"] for e in content["examples"].values()]
        )
        found += [(name, json.dumps(value, separators=(",", ":")).encode()) for value in values]
    return found


BODY = (
    b'{"client_key":"awmock0client0key","event":"post.publish.complete","create_time":1790000000,'
    b'"user_openid":"-000mockOpenId0123456789abcdefghijkl",'
    b'"content":"{\\"publish_id\\":\\"v_pub_file~v2-1.7700000000000000001\\",'
    b'\\"publish_type\\":\\"DIRECT_PUBLISH\\"}"}'
)


def signature(body: bytes, at: int = AT, secret: str = SECRET) -> str:
    """Written apart from the code under test."""
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},s={digest}"


@pytest.mark.parametrize(("name", "body"), examples())
def test_every_event_of_the_description_is_typed(name: str, body: bytes) -> None:
    event = verify_webhook(body, signature(body), SECRET, now=AT)
    assert not isinstance(event, UnknownEvent)
    assert event["event"] == name


def test_the_content_is_read_too() -> None:
    event = verify_webhook(BODY, signature(BODY), SECRET, now=AT)
    assert isinstance(event, PostPublishComplete)
    assert event.content.publish_id == "v_pub_file~v2-1.7700000000000000001"


@pytest.mark.parametrize(
    "headers",
    [
        {"TikTok-Signature": signature(BODY)},
        {"Tiktok-Signature": signature(BODY)},
        {"content-type": "application/json", "tiktok-signature": signature(BODY)},
    ],
)
def test_the_header_in_any_spelling(headers: dict[str, str]) -> None:
    assert verify_webhook(BODY, headers, SECRET, now=AT)["event"] == "post.publish.complete"


@pytest.mark.parametrize("body", [bytearray(BODY), memoryview(BODY), memoryview(bytearray(BODY))])
def test_the_body_as_any_bytes(body: bytearray | memoryview) -> None:
    assert verify_webhook(body, signature(BODY), SECRET, now=AT)


def test_a_body_that_is_no_bytes_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="the bytes that were received"):
        verify_webhook(BODY.decode(), signature(BODY), SECRET, now=AT)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="secret must not be empty"):
        verify_webhook(BODY, signature(BODY), "", now=AT)
    with pytest.raises(ValueError, match="secret must not be empty"):
        verify_webhook(BODY, signature(BODY), [], now=AT)


def test_several_secrets_while_one_replaces_another() -> None:
    assert verify_webhook(BODY, signature(BODY), ["new-secret", SECRET], now=AT)
    with pytest.raises(WebhookRefused, match="does not fit"):
        verify_webhook(BODY, signature(BODY), ["new-secret", "other"], now=AT)


@pytest.mark.parametrize(
    ("off", "passes"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_the_replay_window(off: int, passes: bool) -> None:
    if passes:
        assert verify_webhook(BODY, signature(BODY), SECRET, now=AT + off)
    else:
        with pytest.raises(WebhookRefused, match="off this clock; 300 s are allowed"):
            verify_webhook(BODY, signature(BODY), SECRET, now=AT + off)
    assert verify_webhook(BODY, signature(BODY), SECRET, now=AT + off, tolerance=400)


def test_the_clock_of_the_machine_is_the_default() -> None:
    with pytest.raises(WebhookRefused, match="off this clock"):
        verify_webhook(BODY, signature(BODY, at=1_000_000_000), SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        {},
        {"X-Signature": "t=1,s=ab"},
    ],
)
def test_no_signature(header: str | dict[str, str] | None) -> None:
    with pytest.raises(WebhookRefused, match="no TikTok-Signature header"):
        verify_webhook(BODY, header, SECRET, now=AT)


@pytest.mark.parametrize(
    "header",
    [
        "t=1",
        "s=ab",
        "t=,s=ab",
        "t=1,s=",
        "t=x,s=ab",
        "t=-1,s=ab",
        "t=1,s=é",
        "t=１,s=ab",
        "a",
        "t=1;s=ab",
        "t=1,t=2,s=ab",
        "t=1,s=ab,s=cd",
        "t=1,s=" + "a" * 600,
        "t=" + "1" * 13 + ",s=ab",
    ],
)
def test_a_header_of_another_form(header: str) -> None:
    with pytest.raises(WebhookRefused, match="of the form"):
        verify_webhook(BODY, header, SECRET, now=AT)


def test_a_header_with_space_and_more_parts_passes() -> None:
    at, digest = signature(BODY).split(",")
    assert verify_webhook(BODY, f" {at} , {digest} , v=2", SECRET, now=AT)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_one_changed_byte_is_one_too_many(place: int, change: int) -> None:
    forged = bytearray(BODY)
    forged[place] ^= change
    with pytest.raises(WebhookRefused, match="does not fit"):
        verify_webhook(forged, signature(BODY), SECRET, now=AT)


@given(st.binary(), st.text(), st.text(min_size=1))
def test_whatever_comes_is_refused_by_an_error_of_ours(body: bytes, header: str, secret: str) -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook(body, header, secret, now=AT)


@given(st.binary())
def test_a_signed_body_is_an_event_or_unreadable(body: bytes) -> None:
    with contextlib.suppress(Unreadable):
        verify_webhook(body, signature(body), SECRET, now=AT)


@given(st.binary(), st.text(min_size=1), st.integers(0, 10**11))
def test_signing_for_tests_is_what_tiktok_does(body: bytes, secret: str, at: int) -> None:
    assert sign_webhook(body, secret, at) == signature(body, at, secret)


def test_the_published_vector() -> None:
    assert len(BODY) == 249
    header = "t=1790000005,s=b9132dd726c9e7770d2fb4482f9b9ae2de34c87a5d500c63af63ae6109befdd5"
    assert signature(BODY) == header
    assert isinstance(verify_webhook(BODY, header, SECRET, now=AT), PostPublishComplete)


def test_an_event_that_nobody_knows_is_delivered() -> None:
    body = b'{"client_key":"k","event":"post.publish.celebrated","create_time":1790000000,"content":"{}"}'
    event = verify_webhook(body, signature(body), SECRET, now=AT)
    assert isinstance(event, UnknownEvent)
    assert event.name == "post.publish.celebrated"


def test_both_spellings_of_the_misspelt_event_are_one() -> None:
    wrong = next(body for name, body in examples() if "publicaly" in name)
    right = wrong.replace(b"publicaly", b"publicly")
    events = [verify_webhook(body, signature(body), SECRET, now=AT) for body in (wrong, right)]
    assert type(events[0]) is type(events[1])


def test_the_milliseconds_of_a_ping_are_read_as_such() -> None:
    body = next(body for name, body in examples() if name == "tiktok.ping")
    event = verify_webhook(body, signature(body), SECRET, now=AT)
    assert isinstance(event, TiktokPing)
    assert event.created_at.year == 2026


def test_deliveries_of_one_event_have_one_key_and_others_have_others() -> None:
    keys = set[str]()
    for _, body in examples():
        event = verify_webhook(body, signature(body), SECRET, now=AT)
        again = verify_webhook(body, signature(body, AT + 60), SECRET, now=AT + 60)
        assert event_key(event) == event_key(again)
        turned = json.dumps(dict(reversed(json.loads(body).items()))).encode()
        assert event_key(verify_webhook(turned, signature(turned), SECRET, now=AT)) == event_key(event)
        keys.add(event_key(event))
    assert len(keys) == len(examples())
