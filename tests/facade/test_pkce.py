"""Code verifiers and challenges."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_api_client.pkce import ALPHABET, check_code_verifier, code_challenge, new_code_verifier
from tiktok_openapi import Impossible

VECTORS = [
    (
        "Zq3-mock_verifier.0123456789~abcdefghijKLMNOPQR",
        "901b779e05a98302988b5590a25a3c4793f630590501a7d8fedc8b1aaf60f491",
        "kBt3ngWpgwKYi1WQolo8R5P2MFkFAafY_tyLGq9g9JE",
    ),
    (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    ),
]

verifiers = st.text(alphabet=sorted(ALPHABET), min_size=1, max_size=128)


@pytest.mark.parametrize(("verifier", "hexadecimal", "base64url"), VECTORS)
def test_the_published_vectors(verifier: str, hexadecimal: str, base64url: str) -> None:
    assert code_challenge(verifier) == hexadecimal
    assert code_challenge(verifier, "hex") == hexadecimal
    assert code_challenge(verifier, "base64url") == base64url


@given(verifiers)
def test_both_spellings_say_the_same(verifier: str) -> None:
    plain = bytes.fromhex(code_challenge(verifier))
    assert plain == hashlib.sha256(verifier.encode()).digest()
    assert base64.urlsafe_b64decode(code_challenge(verifier, "base64url") + "=") == plain


def test_fresh_verifiers_differ_and_are_what_tiktok_documents() -> None:
    fresh = {new_code_verifier() for _ in range(100)}
    assert len(fresh) == 100
    assert all(43 <= len(verifier) <= 128 and ALPHABET.issuperset(verifier) for verifier in fresh)


@given(st.text())
def test_a_verifier_is_taken_exactly_when_tiktok_can_take_it(text: str) -> None:
    fits = 1 <= len(text) <= 128 and set(text) <= ALPHABET
    if fits:
        assert check_code_verifier(text) == text
    else:
        with pytest.raises(Impossible) as caught:
            check_code_verifier(text)
        assert caught.value.field == "code_verifier"
        assert len(text) < 20 or text not in str(caught.value)


def test_the_limit_is_named() -> None:
    assert check_code_verifier("a" * 128)
    with pytest.raises(Impossible, match="at most 128 characters, got 129 characters"):
        check_code_verifier("a" * 129)
    with pytest.raises(Impossible, match="43 to 128 characters, got an empty text"):
        check_code_verifier("")
