"""Why a call did not give a result.

::

    Error
    ├── CallFailed           a call gave no result
    │   ├── CouldNotAsk      the network failed; `sent` says whether the service can have acted
    │   │   └── TimedOut
    │   ├── Refused          the service said no: code, message, log id, advice
    │   │   └── one class per error category of the description (see the `errors` module)
    │   └── Unreadable       the answer was not what the description promises; `place` says where
    │       └── UnreadableEvent   the same for a body that was delivered to a webhook
    └── Impossible           asked for something the API cannot do; nothing was sent

Every error can be pickled, and none shows a secret: what a call marks as secret is masked in any text that
comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final
from urllib.parse import quote, quote_plus

import attrs

_SHORTEST: Final = 8
_EXCERPT: Final = 200
_EXAMINED: Final = 65536
_NOT_TEXT: Final = b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"
"""What can stand before the first character of a JSON text, in any encoding."""


class Sent(str, Enum):
    """Whether the service can have acted on a request."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


def mask(text: str, secrets: Iterable[str]) -> str:
    """`text` with every one of `secrets`, plain or as part of an address, replaced by three asterisks.

    A secret of less than eight characters is a placeholder: it is replaced where it is a word of its own, so
    that no other word is broken up.
    """
    spellings = {
        spelling for secret in secrets for spelling in (secret, quote(secret, safe=""), quote_plus(secret))
    }
    # The longest first: a secret can contain another.
    for spelling in sorted(spellings - {""}, key=lambda spelling: (-len(spelling), spelling)):
        if len(spelling) >= _SHORTEST:
            text = text.replace(spelling, "***")
        else:
            text = re.sub(rf"(?<!\w){re.escape(spelling)}(?!\w)", "***", text)
    return text


def kind_of(body: bytes) -> str:
    """What a body is that cannot be read as JSON, in words for a message."""
    begin = body[:_EXAMINED].lstrip(_NOT_TEXT)[:1]
    if not begin:
        return "nothing"
    return "broken JSON" if begin in b'{["' else "something else"


def excerpt(body: bytes, secrets: Iterable[str]) -> str:
    """The beginning of a body, on one line and without secrets, for a message.

    Nothing of a body that was meant to be JSON: it can hold secrets that nobody has asked to mask, such as
    half an answer with a token.
    """
    if kind_of(body) == "broken JSON":
        return ""
    # Cut far behind what is shown, so that no secret is cut in half and so escapes the mask.
    text = " ".join(mask(body[:_EXAMINED].decode("utf-8", "replace"), secrets).split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


class Error(Exception):
    """The root of all errors of these bindings."""

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), dict(self.__dict__), self.args)


def _rebuild(cls: type[Error], state: dict[str, object], args: tuple[object, ...]) -> Error:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


_OUTCOMES: Final = {
    Sent.NO: "; nothing was sent",
    Sent.UNKNOWN: "; whether the service acted on it is unknown",
    Sent.YES: "",  # what was sent before, and is there whatever became of this call
}


class CallFailed(Error):
    """A call gave no result: the service could not be asked, said no, or was not understood."""

    def __init__(self, said: str, *, operation: str, request: str, docs: str) -> None:
        super().__init__(said)
        self.operation: str = operation
        """The operation's name, for example `get_user`."""
        self.request: str = request
        """Method and path; never a query, a header or a body."""
        self.docs: str = docs
        """The page where the operation is documented; empty when the description names none."""


class CouldNotAsk(CallFailed):
    """No answer came back: no connection, a broken one, or a time-out."""

    def __init__(self, reason: str, *, operation: str, request: str, sent: Sent, docs: str = "") -> None:
        super().__init__(reason, operation=operation, request=request, docs=docs)
        self.reason: str = reason
        self.sent: Sent = sent
        """`Sent.NO` when nothing can have happened, `Sent.UNKNOWN` when the service may have acted."""

    def __str__(self) -> str:
        return f"{self.operation} got no answer ({self.request}): {self.reason}{_OUTCOMES[self.sent]}"


class TimedOut(CouldNotAsk):
    """No answer came back in time."""


class Refused(CallFailed):
    """The service answered, and the answer is no."""

    def __init__(
        self,
        *,
        code: str,
        message: str,
        log_id: str,
        status: int,
        operation: str,
        request: str,
        category: str,
        retryable: bool,
        advice: str,
        headers: Mapping[str, str],
        retry_after: float | None = None,
        docs: str = "",
    ) -> None:
        super().__init__(code or f"HTTP {status}", operation=operation, request=request, docs=docs)
        self.code: str = code
        """The service's error code; empty when it sent none (a gateway's page, an upload)."""
        self.message: str = message
        """The service's own words, or the beginning of a body that is not JSON."""
        self.log_id: str = log_id
        """Name it to the service's support; empty when there was none."""
        self.status: int = status
        self.category: str = category
        self.retryable: bool = retryable
        """Whether the same request, sent again later, can succeed."""
        self.advice: str = advice
        """What helps, in plain words."""
        self.headers: dict[str, str] = dict(headers)
        """Headers of the answer, names in lower case."""
        self.retry_after: float | None = retry_after
        """Seconds to wait before asking again, when they are known."""

    def __str__(self) -> str:
        said = f"{self.code} (HTTP {self.status})" if self.code else f"HTTP {self.status}"
        parts = [f"{self.operation} was refused: {said}"]
        if self.message:
            parts.append(f": {self.message}")
        if self.advice:
            parts.append(f"\n  what helps: {self.advice}")
        if self.retry_after is not None:
            parts.append(f"\n  try again in {self.retry_after:g} s")
        if self.docs:
            parts.append(f"\n  see: {self.docs}")
        if self.log_id:
            parts.append(f"\n  log_id: {self.log_id}")
        return "".join(parts)


class Unreadable(CallFailed):
    """The service answered, and the answer is not what the description promises."""

    def __init__(
        self,
        *,
        place: str,
        expected: str,
        got: str,
        status: int,
        operation: str,
        request: str,
        log_id: str = "",
        excerpt: str = "",
        docs: str = "",
    ) -> None:
        said = f"{place}: expected {expected}, got {got}"
        super().__init__(said, operation=operation, request=request, docs=docs)
        self.place: str = place
        """Where in the answer, for example `$.data.user.name`."""
        self.expected: str = expected
        self.got: str = got
        self.status: int = status
        self.log_id: str = log_id
        self.excerpt: str = excerpt
        """The beginning of a body that is not JSON at all; empty otherwise."""

    def __str__(self) -> str:
        text = f"{self.operation} got an answer it cannot read (HTTP {self.status}): {self.args[0]}"
        if self.excerpt:
            text += f"\n  the answer begins: {self.excerpt}"
        if self.log_id:
            text += f"\n  log_id: {self.log_id}"
        return text


class UnreadableEvent(Unreadable):
    """A body that was delivered to a webhook is not what the description promises."""

    def __init__(self, *, place: str, expected: str, got: str, event: str = "", excerpt: str = "") -> None:
        super().__init__(
            place=place,
            expected=expected,
            got=got,
            status=0,
            operation="webhook",
            request="",
            excerpt=excerpt,
        )
        self.event: str = event
        """The event's name, when it could be read."""

    def __str__(self) -> str:
        text = f"event {self.event} cannot be read" if self.event else "webhook body cannot be read"
        text += f": {self.args[0]}"
        return f"{text}\n  the body begins: {self.excerpt}" if self.excerpt else text


class Impossible(Error, ValueError):
    """What was asked for cannot be done; nothing was sent."""

    def __init__(self, field: str, got: str, limit: str, advice: str = "") -> None:
        super().__init__(f"{field}: {limit}, got {got}" + (f"; {advice}" if advice else ""))
        self.field: str = field
        """The field at fault, for example `info.title`."""
        self.got: str = got
        self.limit: str = limit
        self.advice: str = advice


for _error in (Error, CallFailed, CouldNotAsk, TimedOut, Refused, Unreadable, UnreadableEvent, Impossible):
    # Tracebacks name the public module, from which all of them are imported.
    _error.__module__ = __name__.replace("._runtime", "")


@attrs.frozen(eq=False)
class CodeInfo:
    """One entry of the error catalogue."""

    code: str
    status: int
    """The HTTP status it comes with, unless an operation says otherwise."""
    category: str
    retryable: bool
    description: str
    advice: str
    messages: tuple[str, ...] = ()
    """What the service has been seen to say with it."""


@attrs.frozen(eq=False)
class StatusMeaning:
    """What an HTTP status means where the answer carries no code."""

    category: str
    retryable: bool
    description: str
    advice: str


@attrs.frozen(eq=False)
class Catalogue:
    """Every known code, and the class and advice for those that are not known."""

    codes: Mapping[str, Mapping[str, CodeInfo]]
    """Envelope name → code → entry."""
    classes: Mapping[str, type[Refused]]
    """Category → exception class."""
    advice: Mapping[str, str]
    """Category → what helps in general."""
    statuses: Mapping[str, str]
    """`"401"` or `"5xx"` → category."""

    def category_of(self, status: int) -> str | None:
        """The category that a status alone stands for."""
        return self.statuses.get(str(status)) or self.statuses.get(f"{status // 100}xx")

    def find(self, envelope: str, code: str) -> CodeInfo | None:
        """The entry for a code, if the description has it."""
        return self.codes.get(envelope, {}).get(code)
