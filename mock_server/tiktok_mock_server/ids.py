"""Identifiers that look like TikTok's, the same for the same seed and the same order of requests.

Every identifier is a hash of the seed, its kind and a counter, so two worlds with one seed give the same
bytes, whatever the hash seed of the interpreter, and a world's identifiers can be continued from its counters
alone.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import blake2b
from time import gmtime, strftime

MARK = "mock"
"""In every token and code that the mock issues, and in none that TikTok would issue."""


class Ids:
    """The source of a world's identifiers."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.counters: dict[str, int] = {}

    def _digest(self, kind: str) -> bytes:
        count = self.counters[kind] = self.counters.get(kind, 0) + 1
        return blake2b(f"{self.seed}/{kind}/{count}".encode(), digest_size=32).digest()

    def fixed(self, kind: str, name: str) -> bytes:
        """Bytes that follow from a name alone, such as a user's."""
        return blake2b(f"{self.seed}/{kind}/{name}".encode(), digest_size=32).digest()

    def snowflake(self, kind: str) -> int:
        """A number of 19 digits, as TikTok numbers posts and uploads; greater than 2^53."""
        return 7_000_000_000_000_000_000 + int.from_bytes(self._digest(kind)[:8], "big") % 10**18

    def text(self, kind: str, length: int = 43) -> str:
        """Letters, digits, `-` and `_`, never at either end something that needs thought."""
        text = urlsafe_b64encode(self._digest(kind) + self._digest(kind)).decode()
        return text.replace("-", "A").replace("_", "b")[:length]

    def uuid(self, kind: str) -> str:
        """A random-looking UUID."""
        return as_uuid(self._digest(kind))

    def log_id(self, now: float) -> str:
        """14 digits of time and 20 hexadecimal digits."""
        return strftime("%Y%m%d%H%M%S", gmtime(now)) + self._digest("log")[:10].hex().upper()


def as_uuid(digest: bytes) -> str:
    """A UUID of version 4 made of these bytes."""
    digits = digest[:16].hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
