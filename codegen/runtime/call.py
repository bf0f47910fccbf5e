"""What an operation is, and what one call of it is: descriptions only, nothing here does I/O."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import Generic, TypeVar, Union
from urllib.parse import urlencode

import attrs

from .errors import StatusMeaning

T_co = TypeVar("T_co", covariant=True)

Content = Union[bytes, Iterable[bytes], AsyncIterable[bytes]]
"""A binary body. An iterable is sent piece by piece; one that can be iterated again can be sent again."""


@attrs.frozen(eq=False)
class Envelope:
    """Where an answer keeps what. A path is a tuple of keys from the root of the answer."""

    name: str
    payload: tuple[str, ...]
    code: tuple[str, ...]
    message: tuple[str, ...]
    log_id: tuple[tuple[str, ...], ...]
    success: str | None
    """The code that means success; None where success means that there is no code."""


@attrs.frozen(eq=False)
class RateLimit:
    """At most `requests` in any `seconds`, counted per `per`, shared by all operations of one `bucket`."""

    requests: int
    seconds: int
    per: str
    bucket: str


@attrs.frozen(eq=False)
class ScopeByRequest:
    """Which scope a request needs, where a value in its body decides."""

    at: tuple[str, ...]
    """Where that value stands in the body."""
    scopes: Mapping[str, str]
    """Value → scope."""


@attrs.frozen(eq=False)
class Operation:
    """One operation of the description: a row of the route table."""

    id: str
    """The description's `operationId`, for example `getUser`."""
    name: str
    """Its name in Python, for example `get_user`."""
    area: str
    """The face of the client it belongs to."""
    method: str
    server: str
    """Scheme and host; empty when the address is given at run time."""
    path: str
    envelope: Envelope | None
    idempotent: bool
    scopes: tuple[tuple[str, ...], ...]
    """Alternatives, each a set of scopes; empty when no token is needed."""
    scope_by_request: ScopeByRequest | None
    """Which of the scopes a request needs, where its body decides."""
    errors: Mapping[str, int]
    """The codes it refuses with, and the HTTP status each comes with."""
    statuses: Mapping[str, StatusMeaning]
    """What a status (`"404"`, `"5xx"`) means where the answer carries no code."""
    rate_limit: RateLimit | None
    may_be_empty: bool
    request_types: tuple[str, ...]
    """Media types of the body it takes; empty when it takes none."""
    binary: bool
    """Whether its body is bytes rather than fields."""
    pointer: str
    """Where it stands in the bundled description (a JSON pointer)."""
    docs: str
    """The page where it is documented; empty when the description names none."""

    @property
    def summary(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


@attrs.frozen(eq=False)
class Receipt:
    """The answer of an operation that has no JSON to read."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""


@attrs.frozen(eq=False)
class Call(Generic[T_co]):
    """One call of an operation, ready to be performed and not yet sent.

    Its `repr()` shows the operation only: query, headers and body can hold secrets.
    """

    operation: Operation
    decode: Callable[[object], T_co] | None = attrs.field(repr=False)
    """From the payload to the result; None for an operation that answers with a `Receipt`."""
    query: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    body: Content | None = attrs.field(default=None, repr=False)
    address: str | None = attrs.field(default=None, repr=False)
    """The whole address, for an operation whose address is given at run time."""
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)
    """What must be masked in any text that comes back."""

    @property
    def summary(self) -> str:
        """Method and path, without anything secret."""
        return self.operation.summary

    def url(self, base_url: str | None = None) -> str:
        """The full address, on `base_url` instead of the documented host when one is given."""
        if self.address is not None:
            return self.address
        address = (base_url.rstrip("/") if base_url else self.operation.server) + self.operation.path
        return f"{address}?{urlencode(self.query)}" if self.query else address


@attrs.frozen(eq=False)
class Answer(Generic[T_co]):
    """A result together with what came with it."""

    value: T_co
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    log_id: str
    """Empty when the answer had none."""
    body: object = attrs.field(repr=False)
    """The whole answer as it was received; None when it was empty or not JSON."""
