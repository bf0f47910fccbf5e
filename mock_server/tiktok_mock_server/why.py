"""Why a request was refused: for the developer, beside the answer that TikTok would have given.

The body of an answer is TikTok's. What a developer wants to know on top of it (which rule, where in the
request, what was expected, what came, and what that rests on) stands in `X-Mock-*` headers and in the log.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from .rule import Rule

log = logging.getLogger("tiktok_mock")

_LONGEST = 300
_PLAIN = " !\"#$&'()*+,/:;<=>?@[]^`{|}~"


class Refusal(Exception):
    """A rule says no. `code` and `message` are what TikTok says; the rest is for the developer."""

    def __init__(
        self,
        rule: Rule,
        code: str,
        message: str | None = None,
        *,
        pointer: str = "",
        expected: str = "",
        got: str = "",
        hint: str = "",
        status: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(f"{rule.id}: {code}")
        self.rule = rule
        self.code = code
        """TikTok's code; empty on the upload plane, which answers with a status only."""
        self.message = message
        """TikTok's words; None for those of the catalogue."""
        self.pointer = pointer
        """Where in the request, as a JSON pointer, or the name of a header or parameter."""
        self.expected = expected
        self.got = got
        self.hint = hint
        self.status = status
        """The HTTP status, where it is not the one of the description."""
        self.headers = headers

    def explain(self) -> str:
        """One line for the log."""
        parts = [f"{self.rule.id}: {self.rule.text}"]
        if self.pointer:
            parts.append(f"at {self.pointer}")
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.got:
            parts.append(f"got {self.got}")
        if self.hint:
            parts.append(self.hint)
        parts.append(f"[{self.rule.mark}: {self.rule.source}]")
        return "; ".join(parts)

    def explaining_headers(self) -> list[tuple[str, str]]:
        """The `X-Mock-*` headers."""
        named = (
            ("x-mock-rule", self.rule.id),
            ("x-mock-why", self.rule.text),
            ("x-mock-pointer", self.pointer),
            ("x-mock-expected", self.expected),
            ("x-mock-got", self.got),
            ("x-mock-hint", self.hint),
            ("x-mock-evidence", self.rule.mark),
            ("x-mock-source", self.rule.where),
            ("x-mock-switch", self.rule.switch),
        )
        return [(name, header_text(value)) for name, value in named if value]


def header_text(value: str) -> str:
    """`value` as a header can carry it: one line of printable ASCII, shortened, the rest percent-encoded."""
    line = " ".join(value.split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 3] + "..."
    return line if line.isascii() and line.isprintable() else quote(line, safe=_PLAIN, errors="replace")


def shown(value: object) -> str:
    """A value of a request, short enough to be shown."""
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def masked(secret: str) -> str:
    """Enough of a secret to recognise it, and no more."""
    return f"{secret[:8]}*** ({len(secret)} characters)" if len(secret) > 12 else "***"
