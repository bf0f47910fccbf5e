"""What a description says, checked and flattened: frozen data, without a word of Python or YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, a line (from 1), and a JSON pointer into the merged document."""

    file: str
    line: int
    pointer: str


# --- types --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A string, and the constraints a request must keep."""

    min_length: int | None = None
    max_length: int | None = None
    max_utf16: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, and the constraints a request must keep."""

    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number with or without a fraction."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Anything:
    """A value the description says nothing about."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An ISO 8601 date and time."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A string that is always the same."""

    value: str


@dataclass(frozen=True, slots=True)
class OneText:
    """One of a few strings that have no name of their own."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScalarUnion:
    """One of several scalar types."""

    members: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array."""

    item: Type
    min_items: int | None = None
    max_items: int | None = None
    accept_scalar: bool = False
    """Whether a lone value is read as a list of one."""


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys, whose values are of one type."""

    value: Type


@dataclass(frozen=True, slots=True)
class Nullable:
    """A type, or null."""

    inner: Type


@dataclass(frozen=True, slots=True)
class Embedded:
    """A string that holds JSON."""

    inner: Type


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object of the description, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class EnumRef:
    """An enum of the description, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class UnionRef:
    """A union of objects of the description, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several objects that nothing in them tells apart; the request must."""

    objects: tuple[str, ...]


Scalar = Union[Text, Integer, Number, Boolean]
Type = Union[
    Text,
    Integer,
    Number,
    Boolean,
    Anything,
    Moment,
    Constant,
    OneText,
    ScalarUnion,
    ListOf,
    MapOf,
    Nullable,
    Embedded,
    ObjectRef,
    EnumRef,
    UnionRef,
    OneOf,
]


# --- schemas ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Time:
    """An integer that is a time, and the name of the moment beside it."""

    kind: str
    """`epoch-seconds`, `epoch-milliseconds` or `remaining-seconds`."""
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object."""

    wire: str
    type: Type
    required: bool
    doc: str
    place: Place
    secret: bool = False
    scope: str | None = None
    time: Time | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """An object with named properties."""

    name: str
    fragment: str
    doc: str
    sources: tuple[str, ...]
    fields: tuple[Field, ...]
    place: Place
    sent: bool = False
    """Whether it is (part of) a request."""
    received: bool = False
    """Whether it is (part of) an answer or an event."""


@dataclass(frozen=True, slots=True)
class Value:
    """One known value of an enum."""

    text: str
    doc: str
    facts: tuple[tuple[str, str | bool], ...] = ()
    """What else is known of it: `category`, `retryable`, `advice`, `scope`."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A set of known texts; an open one can have others."""

    name: str
    fragment: str
    doc: str
    sources: tuple[str, ...]
    values: tuple[Value, ...]
    open: bool
    place: Place


@dataclass(frozen=True, slots=True)
class TaggedUnion:
    """One of several objects, told apart by a property that is constant in each."""

    name: str
    fragment: str
    doc: str
    tag: str
    cases: tuple[tuple[str, str], ...]
    """Value of the tag → name of the object."""
    inline: bool
    """Whether it is written where it is used, and so has no name of its own for callers."""
    place: Place


Schema = Union[Object, Enumeration, TaggedUnion]


# --- operations ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query or header parameter."""

    wire: str
    where: str
    """`query` or `header`."""
    type: Type
    required: bool
    doc: str
    place: Place
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """The argument that gives the whole address at run time."""

    name: str
    doc: str
    secret: bool
    place: Place


@dataclass(frozen=True, slots=True)
class FieldsBody:
    """A body whose properties become arguments."""

    media_type: str
    object: str


@dataclass(frozen=True, slots=True)
class UnionBody:
    """A body that is one of several objects."""

    media_type: str
    objects: tuple[str, ...]
    union: str | None
    """Name of the union in the description; None when it is written at the operation."""


@dataclass(frozen=True, slots=True)
class BinaryBody:
    """A body of bytes."""

    media_types: tuple[str, ...]


Body = Union[FieldsBody, UnionBody, BinaryBody, None]


@dataclass(frozen=True, slots=True)
class ResultByRequest:
    """Which result follows from which request."""

    argument: str | None
    """The property of the body that decides; None for the body itself."""
    cases: tuple[tuple[str, str], ...]
    """Name of the request object → name of the result object."""


@dataclass(frozen=True, slots=True)
class ScopeByRequest:
    """Which scope a request needs, where its body decides."""

    at: tuple[str, ...]
    cases: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many requests in so many seconds."""

    requests: int
    seconds: int
    per: str
    bucket: str


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What a status means where no code says so."""

    status: str
    """`404` or `5xx`."""
    category: str
    retryable: bool
    doc: str
    advice: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation."""

    id: str
    tag: str
    fragment: str
    method: str
    path: str
    server: str
    summary: str
    doc: str
    sources: tuple[str, ...]
    envelope: str | None
    idempotent: bool
    browser: bool
    may_be_empty: bool
    bearer: bool
    scopes: tuple[tuple[str, ...], ...]
    errors: tuple[tuple[str, int], ...]
    statuses: tuple[StatusMeaning, ...]
    rate_limit: RateLimit | None
    address: Address | None
    parameters: tuple[Parameter, ...]
    body: Body
    result: Type | None
    """None where the answer has no payload to read."""
    successes: tuple[tuple[str, str], ...]
    """Status → what an answer with it means."""
    by_request: ResultByRequest | None
    scope_by_request: ScopeByRequest | None
    place: Place


# --- the whole ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where an answer keeps what; paths are keys from the root of the answer."""

    name: str
    payload: tuple[str, ...]
    code: tuple[str, ...]
    message: tuple[str, ...]
    log_id: tuple[tuple[str, ...], ...]
    success: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Category:
    """What a caller can do about a refusal."""

    name: str
    class_name: str
    doc: str
    advice: str
    statuses: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of the error catalogue."""

    envelope: str
    code: str
    status: int
    category: str
    retryable: bool
    doc: str
    advice: str
    messages: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that no schema keyword can hold."""

    name: str
    value: int | float
    unit: str
    doc: str
    place: Place


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook event."""

    name: str
    aliases: tuple[str, ...]
    object: str
    doc: str
    place: Place


@dataclass(frozen=True, slots=True)
class Webhooks:
    """All events, and how they are told apart."""

    tag: str
    """The property that names the event."""
    header: str | None
    """The header parameter that all events have, if there is one."""
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """A group of operations: a face of the client."""

    name: str
    doc: str
    place: Place


@dataclass(frozen=True, slots=True)
class Api:
    """Everything the description says."""

    package: str
    distribution: str
    """What the package is installed as, whose version is the package's too."""
    title: str
    version: str
    doc: str
    pages: tuple[tuple[str, str], ...]
    """How a source begins → how the address of its page begins."""
    tags: tuple[Tag, ...]
    envelopes: tuple[Envelope, ...]
    categories: tuple[Category, ...]
    codes: tuple[Code, ...]
    limits: tuple[Limit, ...]
    objects: tuple[Object, ...]
    enums: tuple[Enumeration, ...]
    unions: tuple[TaggedUnion, ...]
    operations: tuple[Operation, ...]
    webhooks: Webhooks | None
    place: Place = field(default=Place("", 0, ""))

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """Everything that has a name in `components/schemas`, and what had to be given one."""
        return (*self.objects, *self.enums, *self.unions)

    def object(self, name: str) -> Object:
        """The object of this name."""
        return next(item for item in self.objects if item.name == name)
