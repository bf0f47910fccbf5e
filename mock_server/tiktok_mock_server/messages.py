"""A request and an answer, free of any particular server or client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from enum import Enum
from typing import Final, Literal, final
from urllib.parse import parse_qsl

import attrs


@final
class Read(Enum):
    """What an exchange asks of its door: the next piece of the body; empty bytes at its end."""

    READ = "read"


READ: Final = Read.READ


class Broken(Exception):
    """The client went away, or stopped sending, in the middle of its body."""


@attrs.frozen(eq=False)
class Wait:
    """What an exchange asks of its door: to wait until something is the case, but not for ever."""

    watch: Callable[[Callable[[], None]], Callable[[], None]]
    """Calls back whenever it may have become the case, until what it returns is called."""
    until: Callable[[], bool]
    seconds: float
    """For how long, on the wall's clock."""


PERFORMING: Final = ContextVar("PERFORMING", default=False)
"""Whether a receiver of events is being called here, so that it does not wait for its own end."""


@attrs.frozen(eq=False)
class Inbound:
    """A request without its body, which comes piece by piece."""

    method: str
    path: str
    """Decoded."""
    query: str
    """As it came."""
    headers: Mapping[str, str]
    """Names in lower case."""
    scheme: str = "http"

    @property
    def base_url(self) -> str:
        """Scheme and host by which the client reached us, seen through proxies."""
        headers = self.headers
        scheme = _first(headers.get("x-forwarded-proto", "")) or self.scheme
        host = _first(headers.get("x-forwarded-host", "")) or headers.get("host", "") or "localhost"
        port = _first(headers.get("x-forwarded-port", ""))
        if port and ":" not in host and port != {"http": "80", "https": "443"}.get(scheme):
            host = f"{host}:{port}"
        return f"{scheme}://{host}" + _first(headers.get("x-forwarded-prefix", "")).rstrip("/")

    def pairs(self) -> list[tuple[str, str]]:
        """The query, decoded."""
        return form_pairs(self.query)

    def parameter(self, name: str) -> str:
        """The first value of a parameter of the query; empty where there is none."""
        return next((value for known, value in self.pairs() if known == name), "")

    @property
    def content_type(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def form_pairs(text: str) -> list[tuple[str, str]]:
    """A query or form, decoded; what cannot be read is left out."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=1000)
    except ValueError:
        return []


def _first(value: str) -> str:
    return value.partition(",")[0].strip()


@attrs.frozen
class Ending:
    """What happens to an answer on its way."""

    kind: Literal["sent", "reset", "close", "silence", "cut", "refused", "name_error"] = "sent"
    seconds: float = 0.0
    """How long it takes."""
    pieces: int = 0
    """In how many pieces the body comes; 0 when it does not come slowly."""
    real: bool = False
    """Whether it takes this long on the wall's clock, too."""
    keep: int = 0
    """How much of the body still arrives, when it is cut."""
    in_body: bool = False
    """Whether the client was still sending."""

    @property
    def outcome(self) -> str:
        """The journal's word for it."""
        return "answered" if self.kind == "sent" else self.kind


@attrs.define(eq=False)
class Outbound:
    """An answer."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]])
    """Names in lower case."""
    close: bool = False
    """Whether the connection ends with it, because the body was not read to its end."""
    ending: Ending | None = None
    """How it goes wrong on its way, if it shall."""

    def all_headers(self) -> list[tuple[str, str]]:
        """With the length and type."""
        start = [("content-type", self.content_type)] if self.content_type else []
        start.append(("content-length", str(len(self.body))))
        if self.close:
            start.append(("connection", "close"))
        return start + self.headers
