"""What happened: every request and its answer, bounded, searchable, with its secrets masked.

A record keeps what came and went as bytes; it is read, masked and explained only when somebody looks.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode

import attrs

from . import jsonio
from .description import bundle
from .faults import operation_id
from .why import masked

COUNT: Final = 10_000
SIZE: Final = 8 * 1024 * 1024
LONGEST_BODY: Final = 16 * 1024
"""How much of one body is kept."""
_OVERHEAD: Final = 700
"""What a record costs besides its bodies, roughly."""

_SHOWN_HEADERS: Final = ("content-type", "content-length", "content-range", "authorization")


@cache
def secret_names() -> frozenset[str]:
    """Names of fields that the description calls secret, and of what makes an upload_url secret."""
    found = {"upload_token"}

    def walk(node: object) -> None:
        if isinstance(node, dict):
            mapping = cast("dict[str, object]", node)
            properties = mapping.get("properties")
            if isinstance(properties, dict):
                for name, described in cast("dict[str, object]", properties).items():
                    if isinstance(described, dict) and cast("dict[str, object]", described).get("x-secret"):
                        found.add(name)
            for value in mapping.values():
                walk(value)
        elif isinstance(node, list):
            for value in cast("list[object]", node):
                walk(value)

    walk(bundle())
    return frozenset(found)


@attrs.define(eq=False)
class Record:
    """One exchange, as it was."""

    number: int
    at: float
    """The world's time when it was answered."""
    method: str
    path: str
    query: str
    operation: str
    """Its operationId; empty for a path that is none."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    length: int
    """How long the body was; more than is kept, if it was long."""
    status: int
    """0 when there was no answer."""
    answer_headers: list[tuple[str, str]]
    answer: bytes
    answer_length: int
    publish_id: str
    fault: str
    """The fault it met, if any."""
    outcome: str
    """What became of the answer: `answered`, `reset`, `close`, …, or `gone` when the client went away."""

    @property
    def size(self) -> int:
        """What it costs."""
        return _OVERHEAD + len(self.body) + len(self.answer)


@attrs.frozen
class Entry:
    """One exchange, as it may be shown."""

    number: int
    at: float
    method: str
    path: str
    query: str
    operation: str
    publish_id: str
    headers: dict[str, str]
    request: object
    """The body: fields, text, or how long it was."""
    status: int
    code: str
    """TikTok's code; empty on success and where there is none."""
    answer: object
    answer_headers: dict[str, str]
    log_id: str
    rule: str
    """The rule that refused it."""
    why: dict[str, str]
    """Rule, pointer, expected, got … as in the `X-Mock-*` headers."""
    fault: str
    outcome: str

    def describe(self) -> dict[str, object]:
        """As JSON."""
        return attrs.asdict(self, recurse=False)

    def __str__(self) -> str:
        name = self.operation or f"{self.method} {self.path}"
        words = [f"#{self.number} {name}"]
        if self.publish_id:
            words.append(self.publish_id)
        words.append(f"-> {self.status or 'no answer'}")
        if self.code:
            words.append(self.code)
        if self.outcome != "answered":
            words.append(f"({self.outcome})")
        if self.fault:
            words.append(f"[fault: {self.fault}]")
        line = " ".join(words)
        if self.rule:
            reason = self.why.get("why", "")
            parts = [
                f"{name} {self.why[name]}"
                for name in ("pointer", "expected", "got", "hint")
                if self.why.get(name)
            ]
            line += f"\n     {self.rule}: {reason}" + (f"\n     {'; '.join(parts)}" if parts else "")
        return line


@attrs.frozen
class Query:
    """Which records are meant; what is None does not matter."""

    operation: str | None = None
    publish_id: str | None = None
    status: int | None = None
    code: str | None = None
    path: str | None = None
    fault: str | None = None
    after: int = 0
    """Only records after this number: a cursor."""

    def fits(self, record: Record) -> bool:
        """Whether a record is meant."""
        return (
            record.number > self.after
            and (self.operation is None or record.operation == self.operation)
            and (self.publish_id is None or record.publish_id == self.publish_id)
            and (self.status is None or record.status == self.status)
            and (self.path is None or record.path == self.path)
            and (self.fault is None or record.fault == self.fault)
            and (self.code is None or code_of(record) == self.code)
        )

    def __str__(self) -> str:
        words = [f"{name}={value}" for name, value in attrs.asdict(self).items() if value not in (None, 0)]
        return " ".join(words) or "anything"


class Journal:
    """The last exchanges of one world."""

    def __init__(self, *, count: int = COUNT, size: int = SIZE) -> None:
        self.limit_count = count
        self.limit_size = size
        self.dropped = 0
        """How many records were forgotten to stay within the limits."""
        self.cursor = 0
        """The number of the newest record."""
        self.size = 0
        self._records: deque[Record] = deque()
        self._changed = threading.Condition()
        self._watchers: list[Callable[[], None]] = []

    def add(self, record: Record) -> None:
        """Note an exchange; the journal gives it its number."""
        with self._changed:
            self.cursor += 1
            record.number = self.cursor
            self._records.append(record)
            self.size += record.size
            while self._records and (len(self._records) > self.limit_count or self.size > self.limit_size):
                self.size -= self._records.popleft().size
                self.dropped += 1
            if self._watchers:
                for watcher in list(self._watchers):
                    watcher()
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        with self._changed:
            self._records.clear()
            self.size = 0
            self.dropped = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def records(self, query: Query | None = None) -> list[Record]:
        """What is meant, oldest first."""
        with self._changed:
            return [record for record in self._records if query is None or query.fits(record)]

    def entries(self, query: Query | None = None, **wanted: Any) -> list[Entry]:
        """What is meant, oldest first, fit to be shown: `entries(operation="fetchStatus", status=200)`."""
        return [shown_record(record) for record in self.records(_query(query, wanted))]

    def last(self, number: int = 10) -> list[Entry]:
        """The newest."""
        with self._changed:
            records = list(self._records)[-number:]
        return [shown_record(record) for record in records]

    def count(self, query: Query | None = None, **wanted: Any) -> int:
        """How many are meant."""
        return len(self.records(_query(query, wanted)))

    # Waiting

    def wait_for(
        self, query: Query | None = None, *, count: int = 1, timeout: float = 5.0, **wanted: Any
    ) -> list[Entry]:
        """Wait, on the wall's clock, for `count` of them; after `timeout` the answer is what there is."""
        query = _query(query, wanted)
        with self._changed:
            self._changed.wait_for(lambda: len(self.records(query)) >= count, timeout)
        return self.entries(query)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` after every exchange, until what this returns is called."""
        with self._changed:
            self._watchers.append(watcher)

        def stop() -> None:
            with self._changed:
                self._watchers.remove(watcher)

        return stop

    # Asserting

    def assert_made(
        self,
        operation: str | None = None,
        *,
        times: int | None = None,
        at_least: int = 1,
        at_most: int | None = None,
        **wanted: Any,
    ) -> list[Entry]:
        """Raise AssertionError unless such requests were made, so many times."""
        query = _query(None, {**wanted, "operation": operation})
        found = self.entries(query)
        if times is not None:
            at_least = at_most = times
        if len(found) < at_least or (at_most is not None and len(found) > at_most):
            need = (
                f"{at_least}"
                if at_most == at_least
                else f"{at_least} to {at_most if at_most is not None else 'any number'}"
            )
            raise AssertionError(f"{query}: wanted {need}, made {len(found)}{self._recent()}")
        return found

    def assert_not_made(self, operation: str | None = None, **wanted: Any) -> None:
        """Raise AssertionError when such a request was made; without arguments, when any was."""
        self.assert_made(operation, times=0, **wanted)

    def assert_order(self, *operations: str) -> None:
        """Raise AssertionError unless these operations were made in this order (others may come between)."""
        made = [record.operation for record in self.records()]
        at = 0
        for wanted in map(operation_id, operations):
            if wanted in made[at:]:
                at = made.index(wanted, at) + 1
            else:
                raise AssertionError(
                    f"wanted {' then '.join(operations)}; there is no {wanted} "
                    f"{'after what comes before it' if wanted in made else 'at all'}{self._recent()}"
                )

    def _recent(self) -> str:
        lines = "".join(f"\n  {entry}" for entry in self.last())
        return f"; the last requests were:{lines}" if lines else "; no request was made at all"

    def report(self, number: int = 10, **wanted: Any) -> str:
        """The newest exchanges, of those that are meant, and why any was refused, for a person."""
        query = _query(None, wanted)
        found = self.records(query)
        lines = [str(shown_record(record)) for record in found[-number:]]
        earlier = len(found) - len(lines) + (self.dropped if query == Query() else 0)
        if earlier > 0:
            lines.insert(0, f"({earlier} earlier)")
        return "\n".join(lines)


def _query(query: Query | None, wanted: Mapping[str, Any]) -> Query:
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if "operation" in wanted:
        wanted["operation"] = operation_id(wanted["operation"])
    return Query(**wanted) if query is None else attrs.evolve(query, **wanted)


# Showing


def code_of(record: Record) -> str:
    """TikTok's code of a refusal."""
    if not record.answer.startswith(b"{"):
        return ""
    try:
        value = jsonio.read(record.answer)
    except jsonio.NotJson:
        return ""
    error = cast("dict[str, object]", value).get("error")
    if isinstance(error, str):
        return "" if " " in error else error  # the mock's own words are no code
    code = cast("dict[str, object]", error).get("code") if isinstance(error, dict) else ""
    return code if isinstance(code, str) and code != "ok" else ""


def mask_value(value: object, name: str = "") -> object:
    """A value without what is secret in it."""
    if isinstance(value, dict):
        return {key: mask_value(one, key) for key, one in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [mask_value(one, name) for one in cast("list[object]", value)]
    if isinstance(value, str):
        if (
            name == "code"
            and not value.startswith(("mock", "act", "rft"))
            and len(value) < 60
            and "*" not in value
        ):
            return value  # an error's code, not an authorization code
        return _mask_named(name, value)
    return value


def _mask_named(name: str, value: str) -> str:
    if name not in secret_names() or not value:
        return mask_text(value)
    address, mark, query = value.partition("?")
    if "://" in address and "@" not in address:
        return f"{address}{mark}{mask_query(query)}"  # where it leads is worth seeing, and no secret
    return masked(value)


_TOKENS: Final = re.compile(r"\b((?:act|rft|clt)\.[A-Za-z0-9._~!*-]{4})[A-Za-z0-9._~!*-]+")
_PARAMETERS: Final = re.compile(
    r"\b(upload_token|client_secret|access_token|refresh_token|code_verifier|code)=([^&\s\"']+)"
)


_FIELDS: Final = re.compile(r'"([A-Za-z_]{1,40})"(\s*:\s*)"((?:[^"\\]|\\.)*)')
"""Fields of JSON that cannot be read as a whole."""


def _mask_field(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    return f'"{name}"{between}"{mask_value(value, name)}' if name in secret_names() else found[0]


def mask_text(text: str) -> str:
    """A text without tokens and secret parameters."""
    if ":" in text:
        text = _FIELDS.sub(_mask_field, text)
    if "." in text:
        text = _TOKENS.sub(r"\1***", text)
    if "=" in text:
        text = _PARAMETERS.sub(lambda found: f"{found[1]}={masked(found[2])}", text)
    return text


def mask_query(query: str) -> str:
    """A query or form without its secrets."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    return urlencode([(name, _mask_named(name, value)) for name, value in pairs], safe="*() ")


def _body(data: bytes, length: int, content_type: str) -> object:
    if not data:
        return f"{length} bytes" if length else None
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(mask_query(data.decode("utf-8", "replace")), keep_blank_values=True))
    if data[:1] in b"{[" and length <= LONGEST_BODY:
        try:
            return mask_value(jsonio.read(data))
        except jsonio.NotJson:
            pass
    if not data.isascii():
        return f"{length} bytes"
    text = mask_text(data.decode("utf-8", "replace"))
    return text if len(data) == length else f"{text}… ({length} bytes)"


def shown_record(record: Record) -> Entry:
    """A record, fit to be shown."""
    headers = dict(record.headers)
    if "authorization" in headers:
        scheme, _, token = headers["authorization"].partition(" ")
        headers["authorization"] = f"{scheme} {masked(token)}" if token else masked(scheme)
    answer_headers = {name: mask_text(value) for name, value in record.answer_headers}
    why = {name[7:]: value for name, value in answer_headers.items() if name.startswith("x-mock-")}
    return Entry(
        number=record.number,
        at=record.at,
        method=record.method,
        path=record.path,
        query=mask_query(record.query),
        operation=record.operation,
        publish_id=record.publish_id,
        headers=headers,
        request=_body(record.body, record.length, headers.get("content-type", "")),
        status=record.status,
        code=code_of(record),
        answer=_body(record.answer, record.answer_length, answer_headers.get("content-type", "")),
        answer_headers=answer_headers,
        log_id=answer_headers.get("x-tt-logid", ""),
        rule=why.get("rule", ""),
        why=why,
        fault=record.fault,
        outcome=record.outcome,
    )


def shown_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What is kept of a request's headers."""
    return tuple((name, headers[name]) for name in _SHOWN_HEADERS if name in headers)
