"""What TikTok tells your server: check the signature, then read the event.

`verify_webhook` takes the body as bytes, exactly as it was received: one that was decoded and encoded again
has another signature. TikTok delivers at least once, in any order, for up to 72 hours: answer 200 at once,
and use `event_key` to do everything once. Source: https://developers.tiktok.com/doc/webhooks-verification
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable
from typing import Final, Protocol

from tiktok_openapi.limits import WEBHOOK_REPLAY_WINDOW
from tiktok_openapi.webhooks import SIGNATURE_HEADER, UnknownEvent, WebhookEvent, parse

from .errors import Error

__all__ = ["UnknownEvent", "WebhookEvent", "WebhookRefused", "event_key", "sign_webhook", "verify_webhook"]

_LONGEST_TIME: Final = 12
_LONGEST_HEADER: Final = 512


class Headers(Protocol):
    """All headers of a request, as the web frameworks have them."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Names and values."""
        ...


class WebhookRefused(Error):
    """A delivery that is not TikTok's, or not of now. Answer 401 or 403, and do nothing else."""


def verify_webhook(
    body: bytes | bytearray | memoryview,
    header: str | Headers | None,
    secret: str | Iterable[str],
    *,
    now: float | None = None,
    tolerance: float = WEBHOOK_REPLAY_WINDOW,
) -> WebhookEvent | UnknownEvent:
    """Check a delivery, and read its event.

    Args:
        body: the body, exactly as it was received.
        header: the value of the signature header, or all headers; their names may be in any case.
        secret: the client secret of the app, or several while one replaces another. A sandbox has its own.
        now: seconds since 1970; the machine's clock if not given.
        tolerance: seconds by which the time of the signature may be off, either way. Whether TikTok signs an
            event that it tries again anew is not known.

    Returns:
        The event; one that this release does not know is an `UnknownEvent`.

    Raises:
        WebhookRefused: no signature, a wrong one, or one that is too old.
        Unreadable: the signature is right and the body is not what the description promises.
    """
    raw = _received(body)
    signed_at, signature = _read_header(_find(header))
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets or not all(secrets):
        raise ValueError("secret must not be empty")
    # No early exit: how long it takes says nothing about which secret fits.
    genuine = [hmac.compare_digest(_signature(raw, signed_at, one), signature) for one in secrets]
    if not any(genuine):
        raise WebhookRefused(
            "the signature does not fit the body: another secret, or a body that was changed"
        )
    off = (time.time() if now is None else now) - int(signed_at)
    if abs(off) > tolerance:
        raise WebhookRefused(f"the signature is {off:+.0f} s off this clock; {tolerance:g} s are allowed")
    return parse(raw)


def sign_webhook(body: bytes, secret: str, signed_at: int) -> str:
    """The signature header that TikTok would send with a body; for tests of a receiver."""
    return f"t={signed_at},s={_signature(body, str(signed_at), secret)}"


def event_key(event: WebhookEvent | UnknownEvent) -> str:
    """The same for every delivery of one event, and different for any other: to do everything once."""
    text = json.dumps(dict(event.raw), sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _received(body: object) -> bytes:
    if isinstance(body, memoryview):
        return body.tobytes()
    if not isinstance(body, (bytes, bytearray)):
        raise TypeError("the body must be the bytes that were received, not something made of them")
    return bytes(body)


def _find(header: str | Headers | None) -> str:
    if header is not None and not isinstance(header, str):
        wanted = SIGNATURE_HEADER.lower()
        header = next((value for name, value in header.items() if name.lower() == wanted), None)
    if not header:
        raise WebhookRefused(f"there is no {SIGNATURE_HEADER} header")
    return header


def _read_header(header: str) -> tuple[str, str]:
    """Time and signature, as they are written."""
    parts: dict[str, str] = {}
    if len(header) <= _LONGEST_HEADER:
        for part in header.split(","):
            name, _, value = part.strip().partition("=")
            if parts.setdefault(name, value) != value:
                break
        else:
            signed_at, signature = parts.get("t", ""), parts.get("s", "")
            if (
                signed_at.isascii()
                and signed_at.isdigit()
                and len(signed_at) <= _LONGEST_TIME
                and signature.isascii()
                and signature
            ):
                return signed_at, signature
    raise WebhookRefused("the signature header is not of the form t=…,s=…")


def _signature(body: bytes, signed_at: str, secret: str) -> str:
    return hmac.new(secret.encode(), signed_at.encode("ascii") + b"." + body, hashlib.sha256).hexdigest()
