"""Proof Key for Code Exchange (RFC 7636) as TikTok does it: the challenge is written in hexadecimal digits.

RFC 7636 writes the SHA-256 of the code verifier as base64url; TikTok documents, and its own SDKs write,
lower-case hexadecimal digits. A base64url challenge passes the authorization page and fails later, at the
token.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
from typing import Final, Literal

from tiktok_openapi import Impossible
from tiktok_openapi.limits import CODE_VERIFIER_MAX_LENGTH, CODE_VERIFIER_MIN_LENGTH

ChallengeEncoding = Literal["hex", "base64url"]
"""How a code challenge is written. TikTok documents `hex`."""

ALPHABET: Final = frozenset(string.ascii_letters + string.digits + "-._~")
"""The characters of a code verifier."""

_ENTROPY: Final = 48


def new_code_verifier() -> str:
    """A fresh, unguessable code verifier of 64 characters."""
    return secrets.token_urlsafe(_ENTROPY)


def check_code_verifier(verifier: str) -> str:
    """`verifier` itself, if TikTok can take it.

    Raises:
        Impossible: it is empty, too long, or has a character other than letters, digits and ``-._~``. Less
            than the documented 43 characters pass: TikTok's own Android SDK makes 32.
    """
    if not verifier:
        raise Impossible(
            "code_verifier",
            "an empty text",
            f"{CODE_VERIFIER_MIN_LENGTH} to {CODE_VERIFIER_MAX_LENGTH} characters",
        )
    if len(verifier) > CODE_VERIFIER_MAX_LENGTH:
        raise Impossible(
            "code_verifier", f"{len(verifier)} characters", f"at most {CODE_VERIFIER_MAX_LENGTH} characters"
        )
    if not ALPHABET.issuperset(verifier):
        raise Impossible("code_verifier", "another character", "only letters, digits and -._~")
    return verifier


def code_challenge(verifier: str, encoding: ChallengeEncoding = "hex") -> str:
    """The challenge that belongs to a code verifier: its SHA-256, in 64 lower-case hexadecimal digits.

    Args:
        verifier: the code verifier.
        encoding: `base64url` for RFC 7636's own spelling, which some web apps are reported to use.
    """
    digest = hashlib.sha256(check_code_verifier(verifier).encode("ascii"))
    if encoding == "hex":
        return digest.hexdigest()
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode("ascii")
