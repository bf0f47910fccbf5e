"""The way back from the authorization page: state, code, granted scopes.

Nothing here does I/O. Source: https://developers.tiktok.com/doc/login-kit-web
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from typing import Final, Union, cast
from urllib.parse import parse_qsl

import attrs

from tiktok_openapi import Impossible, Refused
from tiktok_openapi.errors import CATALOGUE
from tiktok_openapi.routes import BY_ID

from .errors import StateMismatch

State = Union[str, Mapping[str, object]]
"""What travels to TikTok and back: a text, or a mapping that JSON can hold."""

CHECK: Final = "_check"
"""The key under which a mapping that travels carries its own check."""

_MOST_PARAMETERS: Final = 100


def new_state() -> str:
    """A fresh, unguessable state."""
    return secrets.token_urlsafe(24)


def encode_state(value: Mapping[str, object], secret: str) -> str:
    """A mapping as compact JSON, with a check: a random part, and a signature that only this app can make.

    Args:
        value: what is to come back; everything JSON can hold.
        secret: the client secret, which signs.

    Raises:
        Impossible: JSON would not give the same mapping back, or it uses the key of the check.
    """
    if CHECK in value:
        raise Impossible("state", repr(CHECK), "that key is kept for the check of the state")
    try:
        text = json.dumps(dict(value), separators=(",", ":"), allow_nan=False)
        same = json.loads(text) == value
    except (TypeError, ValueError, RecursionError):
        same = False
    if not same:
        raise Impossible("state", type(value).__name__, "a mapping that JSON gives back as it is")
    nonce = secrets.token_urlsafe(12)
    return _with_check(value, f"{nonce}.{_signature(value, nonce, secret)}")


def decode_state(text: str, secret: str) -> dict[str, object] | None:
    """The mapping that `encode_state` wrote; None when it is something else, or the check is wrong."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, object]", value)
    check = fields.pop(CHECK, None)
    if not isinstance(check, str):
        return None
    nonce, dot, signature = check.partition(".")
    if not dot or not _equal(signature, _signature(fields, nonce, secret)):
        return None
    return fields


def _with_check(value: Mapping[str, object], check: str) -> str:
    return json.dumps({**value, CHECK: check}, separators=(",", ":"))


def _signature(value: Mapping[str, object], nonce: str, secret: str) -> str:
    text = json.dumps([nonce, value], separators=(",", ":"), sort_keys=True)
    digest = hmac.new(secret.encode(), b"state\0" + text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:18]).decode("ascii")


def _equal(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


@attrs.frozen
class Callback:
    """A login that the user agreed to. The code is good once, and for minutes only."""

    code: str = attrs.field(repr=False)
    """The authorization code, decoded exactly once."""
    state: str | dict[str, object]
    """What was sent; a mapping comes back as a dict, without its check."""
    scopes: tuple[str, ...] | None
    """The scopes that were granted; None when TikTok did not say."""
    missing_scopes: tuple[str, ...]
    """Scopes that were asked for and not granted: users can untick them."""


def parse_callback(url: str, *, expected: State | None, secret: str, asked: Collection[str] = ()) -> Callback:
    """Read the address to which TikTok sent the user back.

    Args:
        url: the whole address, or its query alone; still percent-encoded, as the web server received it.
        expected: the state that was sent. With None only a mapping with its check can be taken.
        secret: the client secret, which signed the check.
        asked: the scopes that were asked for.

    Raises:
        StateMismatch: the state is not the expected one.
        Refused: the user or TikTok refused; the class and the advice say what it usually means.
        Impossible: this is no callback of TikTok.
    """
    if not isinstance(cast("object", url), str):
        kind = type(url).__name__
        raise Impossible("callback", f"a value of type {kind}", "a text", "pass the whole address, str(…)")
    fields = _fields(url)
    code, refusal = fields.get("code", ""), fields.get("error", "")
    if not code and not refusal:
        raise Impossible(
            "callback", "neither", "the address has a code or an error", "pass the whole address"
        )
    received = fields.get("state")
    if received is None and refusal:
        raise _refused(fields)  # nothing is taken from it, so nobody can be fooled by it
    state = _checked_state(received, expected, secret)
    if refusal:
        raise _refused(fields)
    if "scopes" not in fields:
        return Callback(code, state, None, ())
    granted = tuple(scope for scope in (part.strip() for part in fields["scopes"].split(",")) if scope)
    return Callback(code, state, granted, tuple(scope for scope in asked if scope not in granted))


def _fields(url: str) -> dict[str, str]:
    address, _, _ = url.strip().partition("#")
    _, mark, query = address.partition("?")
    try:
        pairs = parse_qsl(
            query if mark else address,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        raise Impossible(
            "callback", "a query that cannot be decoded", "UTF-8, percent-encoded once"
        ) from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if fields.setdefault(name, value) != value:
            raise Impossible("callback", f"two different values of {name[:40]!r}", "one value of each")
    return fields


def _checked_state(received: str | None, expected: State | None, secret: str) -> str | dict[str, object]:
    if received is None:
        raise StateMismatch("none")
    decoded = decode_state(received, secret)
    if isinstance(expected, str):
        if not _equal(received, expected):
            raise StateMismatch("another one")
        return received if decoded is None else decoded
    if decoded is None:
        raise StateMismatch("one without a valid check" if expected is not None else "one nobody waits for")
    if expected is not None and decoded != dict(expected):
        raise StateMismatch("another one")
    return decoded


def _refused(fields: Mapping[str, str]) -> Refused:
    operation = BY_ID["authorize"]
    oauth = BY_ID["getToken"].envelope
    code = fields["error"]
    entry = CATALOGUE.find(oauth.name, code) if oauth is not None else None
    message = fields.get("error_description", "")
    if fault := fields.get("error_type"):
        message = f"{message} ({fault})" if message else fault
    category = entry.category if entry is not None else ""
    return CATALOGUE.classes.get(category, Refused)(
        code=code,
        message=message,
        log_id=fields.get("log_id", ""),
        status=302,
        operation=operation.name,
        request=operation.summary,
        category=category,
        retryable=entry.retryable if entry is not None else False,
        advice=entry.advice if entry is not None else "Let the user try again.",
        headers={},
        docs=operation.docs,
    )
