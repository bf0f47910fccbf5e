"""Fault plans: what shall go wrong, where, how often, and whether it did.

A plan is a queue per operation. Each request takes the first fault of its operation's queue that fits it; a
fault that
is used up leaves the queue. What never happened is in `unused()`, so that a test cannot pass because its
fault did not.
What each kind of fault does is written in `fault_effects` and `endings`; here is only what can be asked for.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, cast
from urllib.parse import unquote_plus

import attrs

from tiktok_openapi.routes import BY_ID, ROUTES

from .shelf import Log

Stage = Literal["state", "instead", "after", "webhook"]

ANY: Final = "*"
WEBHOOK: Final = "webhook"
HEADER: Final = "x-mock-fault"


class NoSuchFault(ValueError):
    """A fault was asked for that cannot be."""


class UnusedFaults(AssertionError):
    """Planned faults did not happen."""


@attrs.frozen
class Kind:
    """Something that can go wrong."""

    name: str
    text: str
    stage: Stage
    """`state` changes the world before the rules look; `instead` takes the place of the rules unless
    `applied` is set;
    `after` changes an answer that the rules gave; `webhook` meets an event on its way."""
    details: Mapping[str, object] = attrs.field(factory=dict[str, object])
    """What can be set, and its default; None for what is worked out from the request."""
    where: frozenset[str] | None = None
    """The operations at which it does something; None for all of them."""

    def fits(self, operation: str) -> bool:
        """Whether it does something at an operation."""
        return self.where is None or operation in self.where


_UPLOAD: Final = frozenset({"uploadChunk"})
_TOKEN: Final = frozenset({"getToken"})
_WITH_BEARER: Final = frozenset(operation.id for operation in ROUTES if operation.scopes)
_WITH_LIMIT: Final = frozenset(operation.id for operation in ROUTES if operation.rate_limit is not None)
_ABOUT_A_POST: Final = _UPLOAD | {
    "initVideoPost",
    "initInboxVideo",
    "initContent",
    "fetchStatus",
    "cancelPublish",
}
_WITH_STATUS: Final = frozenset({"fetchStatus", "checkQrCode"})

_KINDS: Final = (
    # The answer is lost
    Kind(
        "lost",
        "Done but not told: the rules are applied, and the answer never arrives. `how` is reset, close, "
        "silence or gateway.",
        "after",
        {"how": "reset"},
    ),
    Kind("reset", "The connection is reset (RST) before an answer.", "instead"),
    Kind("close", "The connection is closed without an answer.", "instead"),
    Kind("silence", "No answer comes until the client gives up.", "instead"),
    Kind(
        "refused",
        "The connection is refused. Over a socket the listener is off for `seconds` of real time.",
        "instead",
        {"seconds": 0.5},
    ),
    Kind(
        "name_error",
        "The host's name is not known. In process only: over a socket no such request arrives.",
        "instead",
    ),
    # The answer is not what it should be
    Kind(
        "error",
        "TikTok's error body with a code of the catalogue, or any other.",
        "instead",
        {"code": "internal_error", "message": None, "status": None},
    ),
    Kind(
        "gateway",
        "A page of the gateway in front of TikTok: any status, with HTML or (`body=empty`) nothing.",
        "instead",
        {"status": 502, "body": "html"},
    ),
    Kind(
        "cut",
        "The answer ends after `keep` bytes (half of it), and the connection with it.",
        "after",
        {"keep": None},
    ),
    Kind(
        "malformed",
        "The answer's JSON ends after `keep` bytes (half of it), though its length is right.",
        "after",
        {"keep": None},
    ),
    Kind(
        "latency",
        "The answer comes `seconds` late: on the world's clock, or on the wall's with `real`.",
        "after",
        {"seconds": 30.0, "real": False},
    ),
    Kind(
        "slow_body",
        "The answer's body comes in `pieces`, over `seconds`.",
        "after",
        {"seconds": 30.0, "pieces": 4, "real": False},
    ),
    Kind(
        "new_field",
        "The answer has a field that nobody knows.",
        "after",
        {"name": "brand_new_field", "value": "?"},
    ),
    Kind(
        "new_enum_value",
        "Open enums of the answer have a value that nobody knows.",
        "after",
        {"value": "BRAND_NEW_VALUE"},
    ),
    Kind("number_as_text", "Numbers of the answer are texts.", "after"),
    Kind(
        "new_status",
        "The status is one that nobody knows.",
        "after",
        {"value": "BRAND_NEW_STATUS"},
        where=_WITH_STATUS,
    ),
    # While the body is sent
    Kind(
        "reset_in_body",
        "The connection is reset after `after_bytes` of the request's body.",
        "instead",
        {"after_bytes": 1},
    ),
    Kind(
        "stall",
        "After `after_bytes` of the request's body nothing is read any more.",
        "instead",
        {"after_bytes": 1},
    ),
    Kind(
        "early_answer",
        "An answer with `status` comes before the body was read, and the connection ends.",
        "instead",
        {"status": 413},
    ),
    # Chunks
    Kind("chunk_lost", "The chunk is acknowledged, but not stored.", "after", where=_UPLOAD),
    Kind(
        "chunk_repeated",
        "The chunk is stored, the answer is a 502, and the same chunk is acknowledged once more "
        "when it is sent again.",
        "after",
        where=_UPLOAD,
    ),
    Kind(
        "chunk_forgotten",
        "Everything stored so far is forgotten before the chunk comes.",
        "state",
        where=_UPLOAD,
    ),
    Kind("session_expired", "The upload_url expires before the chunk comes.", "state", where=_UPLOAD),
    # Posts
    Kind("hold", "The post stays as it is, for ever.", "after", where=_ABOUT_A_POST),
    Kind(
        "fails_late",
        "The post fails once it was processed, with any `reason`, known or not.",
        "after",
        {"reason": "internal"},
        where=_ABOUT_A_POST,
    ),
    # Tokens and quotas
    Kind("token_expired", "The access token expires just before the call.", "state", where=_WITH_BEARER),
    Kind("refresh_race", "Somebody else has used the refresh token just before.", "state", where=_TOKEN),
    Kind(
        "scope_withdrawn",
        "The token loses `scope` (or those that the call needs) just before the call.",
        "state",
        {"scope": None},
        where=_WITH_BEARER,
    ),
    Kind(
        "grant_revoked",
        "The user ends the connection just before the call.",
        "state",
        {"reason": 1},
        where=_WITH_BEARER | _TOKEN,
    ),
    Kind("rate_limited", "The window of the rate limit is full.", "state", where=_WITH_LIMIT),
    # Events
    Kind("webhook_duplicate", "The event is delivered `copies` times.", "webhook", {"copies": 2}),
    Kind("webhook_reorder", "The event is delivered after the one that follows it.", "webhook"),
    Kind("webhook_late", "The event is delivered `seconds` late.", "webhook", {"seconds": 3600.0}),
    Kind("webhook_lost", "The event is never delivered.", "webhook"),
    Kind("webhook_bad_signature", "The event's signature is wrong.", "webhook"),
    Kind(
        "webhook_stale",
        "The event is signed with a time `seconds` in the past.",
        "webhook",
        {"seconds": 86400.0},
    ),
    Kind(
        "webhook_unknown_event",
        "An event of a name that nobody knows goes out first.",
        "webhook",
        {"event": "brand.new.event"},
    ),
)

CATALOGUE: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _KINDS}
"""Every kind of fault, by its name."""

LOST_BY: Final = ("reset", "close", "silence", "gateway")
_CAN_BE_APPLIED: Final = ("reset", "close", "silence", "error", "gateway")


@attrs.define(eq=False)
class Fault:
    """One entry of a plan."""

    number: int
    kind: str
    operation: str
    """An operationId, an event's name, `webhook` for every event, or `*` for every operation."""
    times: int = 1
    """How often it happens; 0 for always."""
    after: int = 0
    """How many requests that fit are let through first."""
    applied: bool = False
    """Whether the rules are applied before the answer is replaced."""
    when: dict[str, object] = attrs.field(factory=dict[str, object])
    """What must be in the request for it to fit: fields of body or query, `publish_id`, `chunk`."""
    details: dict[str, object] = attrs.field(factory=dict[str, object])
    optional: bool = False
    """Whether nobody minds when it does not happen."""
    fired: int = 0
    """How often it happened."""
    passed: int = 0
    """How many requests that fit were let through."""

    @property
    def used_up(self) -> bool:
        """Whether it happened as often as it was to."""
        return self.optional or self.fired >= max(self.times, 1)

    @property
    def over(self) -> bool:
        """Whether it will not happen any more."""
        return self.times > 0 and self.fired >= self.times

    def detail(self, name: str) -> object:
        """What was set, or its default."""
        return self.details.get(name, CATALOGUE[self.kind].details.get(name))

    def number_of(self, name: str) -> float:
        """A detail that is a number."""
        return cast("float", self.detail(name))

    def text_of(self, name: str) -> str:
        """A detail that is a text."""
        return str(self.detail(name))

    def __str__(self) -> str:
        more: dict[str, object] = {"applied": True} if self.applied else {}
        if self.when:
            more["when"] = self.when
        if self.after:
            more["after"] = self.after
        words = ", ".join(f"{name}={value}" for name, value in (more | self.details).items())
        wanted = "always" if self.times == 0 else f"{self.times}×"
        return (
            f"{self.kind} at {self.operation}{f' ({words})' if words else ''}: "
            f"wanted {wanted}, happened {self.fired}×"
        )

    def describe(self) -> dict[str, object]:
        """As JSON."""
        return {
            "id": self.number,
            "fault": self.kind,
            "operation": self.operation,
            "times": self.times,
            "after": self.after,
            "applied": self.applied,
            "when": dict(self.when),
            "details": dict(self.details),
            "fired": self.fired,
            "used_up": self.used_up,
        }


Facts = Callable[[], Mapping[str, object]]
"""What a request holds; asked for only when a fault wants to know."""


class FaultPlan:
    """The faults of one world."""

    def __init__(self) -> None:
        self._queues: dict[str, list[Fault]] = {}
        self._numbers = itertools.count(1)
        self._all: Log[Fault] = Log(lambda fault: fault.over, lambda _: 0)
        self.repeats: dict[tuple[str, str], tuple[int, str]] = {}
        """Chunks that may be sent once more: upload id and range, to status and range of their answer."""

    def plan(
        self,
        operation: str,
        kind: str,
        *,
        times: int = 1,
        after: int = 0,
        applied: bool = False,
        when: Mapping[str, object] | None = None,
        optional: bool = False,
        **details: object,
    ) -> Fault:
        """Let something go wrong.

        `operation` is an operationId (`initVideoPost`), its Python name, `*`, `webhook`, or the name of an
        event.
        """
        fault = make(operation, kind, times=times, after=after, applied=applied, when=when, details=details)
        fault.optional = optional
        return self.add(fault)

    def add(self, fault: Fault) -> Fault:
        """Put a fault at the end of its queue."""
        fault.number = next(self._numbers)
        self._all.add(fault)
        self._queues.setdefault(fault.operation, []).append(fault)
        return fault

    def note(self, fault: Fault) -> None:
        """A fault that came with a request happened."""
        fault.number = next(self._numbers)
        fault.fired += 1
        self._all.add(fault)

    def take(self, operation: str, facts: Facts) -> Fault | None:
        """The fault that a request meets. It counts as having happened."""
        if not self._queues:
            return None
        for name in (operation, ANY):
            for fault in self._queues.get(name, ()):
                if not CATALOGUE[fault.kind].fits(operation):
                    continue
                if not fault.when or _fits(fault.when, facts()):
                    return self._meet(fault)
        return None

    def take_event(self, event: str) -> Fault | None:
        """The fault that an event meets."""
        if not self._queues:
            return None
        for name in (event, WEBHOOK):
            for fault in self._queues.get(name, ()):
                return self._meet(fault)
        return None

    def _meet(self, fault: Fault) -> Fault | None:
        """It happens, unless it lets this one through."""
        if fault.passed < fault.after:
            fault.passed += 1
            return None
        fault.fired += 1
        if fault.over:
            self._drop(fault)
        return fault

    def _drop(self, fault: Fault) -> None:
        queue = self._queues[fault.operation]
        queue.remove(fault)
        if not queue:
            del self._queues[fault.operation]

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def fired(self) -> list[Fault]:
        """What happened."""
        return [fault for fault in self._all if fault.fired]

    def unused(self) -> list[Fault]:
        """What was planned and did not happen, or not often enough."""
        return [fault for fault in self._all if not fault.used_up]

    def remove(self, number: int) -> Fault:
        """Take a fault out of the plan, as if it had never been in it. Raises LookupError."""
        for fault in self._all:
            if fault.number == number:
                self._all.remove(fault)
                if fault in self._queues.get(fault.operation, ()):
                    self._drop(fault)
                return fault
        raise LookupError(f"there is no fault {number}")

    def spend(self, fault: Fault) -> None:
        """A fault happened that meets no request."""
        fault.fired += 1
        if fault.over:
            self._drop(fault)

    def clear(self) -> None:
        """Forget all of them."""
        self._queues.clear()
        self._all.clear()
        self.repeats.clear()

    def assert_used_up(self) -> None:
        """Raise `UnusedFaults` when a planned fault did not happen."""
        unused = self.unused()
        if unused:
            lines = "".join(f"\n  {fault}" for fault in unused)
            raise UnusedFaults(f"{len(unused)} planned fault(s) did not happen:{lines}")


# Making and checking


def make(
    operation: str,
    kind: str,
    *,
    times: int = 1,
    after: int = 0,
    applied: bool = False,
    when: Mapping[str, object] | None = None,
    details: Mapping[str, object] | None = None,
) -> Fault:
    """A fault, checked. Raises NoSuchFault with what would be possible."""
    details = dict(details or {})
    known = CATALOGUE.get(kind)
    if known is None:
        raise NoSuchFault(
            f"there is no fault {kind!r}{_meant(kind, CATALOGUE)}; there are: {', '.join(CATALOGUE)}"
        )
    if unknown := details.keys() - known.details.keys():
        names = ", ".join(known.details) or "none"
        raise NoSuchFault(f"{kind} has no {min(unknown)!r}; its details: {names}")
    for name, value in details.items():
        _check_detail(kind, name, value, known.details[name])
    if applied and kind not in _CAN_BE_APPLIED and known.stage == "instead":
        raise NoSuchFault(
            f"{kind} cannot come after the rules; `applied` goes with {', '.join(_CAN_BE_APPLIED)}"
        )
    if times < 0 or after < 0:
        raise NoSuchFault("times and after are not negative")
    name = event_name(operation) if known.stage == "webhook" else operation_id(operation)
    if name != ANY and not known.fits(name):
        raise NoSuchFault(f"{kind} does nothing at {name}; it fits {', '.join(sorted(known.where or ()))}")
    return Fault(0, kind, name, times, after, applied, dict(when or {}), details)


def from_settings(
    operation: str,
    kind: str,
    settings: Mapping[str, object],
    when: Mapping[str, object] | None = None,
) -> Fault:
    """A fault as it is asked for in a request: `times`, `after`, `applied` and its details in one.

    Raises NoSuchFault.
    """
    common: dict[str, Any] = {}
    for name, wanted, words in (
        ("times", int, "a whole number"),
        ("after", int, "a whole number"),
        ("applied", bool, "true or false"),
    ):
        value = settings.get(name)
        if value is not None and type(value) is not wanted:
            raise NoSuchFault(f"{name} must be {words}, not {value!r}")
        if value is not None:
            common[name] = value
    details = {name: value for name, value in settings.items() if name not in ("times", "after", "applied")}
    return make(operation, kind, when=when, details=details, **common)


_WHOLE: Final[Mapping[str, tuple[int, int]]] = {
    "status": (200, 599),
    "keep": (0, 2**31),
    "pieces": (1, 1000),
    "copies": (1, 1000),
    "after_bytes": (0, 2**40),
}
"""Details that are whole numbers, with their least and greatest."""
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"how": LOST_BY, "body": ("html", "empty")}
_LONGEST: Final = 1e9
"""For how many seconds something can be late: about 31 years."""


def _check_detail(kind: str, name: str, value: object, default: object) -> None:
    problem = _detail_problem(name, value, default)
    if problem:
        raise NoSuchFault(f"{name} of {kind} is {problem}, not {value!r}")


def _detail_problem(name: str, value: object, default: object) -> str:
    """What a detail should be, if it is not."""
    if name in _CHOICES:
        return "" if value in _CHOICES[name] else f"one of {', '.join(_CHOICES[name])}"
    if value is None and default is None:
        return ""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    least, most = (0, 5) if isinstance(default, int) else (0, _LONGEST)  # the reasons that a connection ends
    least, most = _WHOLE.get(name, (least, most))
    if isinstance(default, int) or name in _WHOLE:
        whole = type(value) is int and least <= value <= most
        return "" if whole else f"a number from {least} to {most}"
    if isinstance(default, float):
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most
        return "" if fits else f"a number from 0 to {most:.0f}"
    return "" if name == "value" or isinstance(value, str) else "a text"


def operation_id(name: str) -> str:
    """An operation by its id or its name in Python."""
    if name == ANY or name in BY_ID:
        return name
    for operation in ROUTES:
        if operation.name == name:
            return operation.id
    raise NoSuchFault(
        f"there is no operation {name!r}{_meant(name, BY_ID)}; there are: {', '.join(sorted(BY_ID))}"
    )


def event_name(name: str) -> str:
    """An event by its name; `*` and `webhook` mean all of them."""
    if name in (ANY, WEBHOOK):
        return WEBHOOK
    if "." not in name:
        raise NoSuchFault(
            f"{name!r} is no event; write `webhook` for all, or one such as post.publish.complete"
        )
    return name


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _fits(when: Mapping[str, object], facts: Mapping[str, object]) -> bool:
    for name, wanted in when.items():
        found = facts.get(name)
        if name == "chunk" and wanted == "last":
            if facts.get("last_chunk") is not True:
                return False
        elif found is None or str(found) != str(wanted):
            return False
    return True


# Magic values

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_MAGIC: Final = re.compile(r"#mock:([A-Za-z0-9_-]*)(\([^)]*\)?)?(?:@([A-Za-z_.*]+))?")


@attrs.frozen
class Magic:
    """A fault that was asked for in a request."""

    kind: str
    settings: Mapping[str, object]
    operation: str = ""
    """Where it shall happen; empty for the request it came with."""

    def fault(self, operation: str) -> Fault:
        """The fault. Raises NoSuchFault."""
        return from_settings(operation, self.kind, self.settings)


def in_header(value: str) -> Magic:
    """`X-Mock-Fault: lost; how=close`."""
    kind, *settings = (part.strip() for part in value.split(";"))
    return Magic(kind, _settings(settings))


def in_text(text: str) -> list[Magic]:
    """`#mock:lost(how=close)` and `#mock:reset@uploadChunk`, anywhere in a text. Raises NoSuchFault."""
    if "%" in text:
        text = unquote_plus(text)
    return [
        Magic(kind, _settings(_inside(kind, details).split(",")), where)
        for kind, details, where in _MAGIC.findall(text)
    ]


def _inside(kind: str, details: str) -> str:
    if details and not details.endswith(")"):
        raise NoSuchFault(f"the details of {kind} end with a bracket: #mock:{kind}(…)")
    return details[1:-1]


def _settings(parts: Iterable[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if name.strip():
            found[name.strip()] = _value(value.strip()) if equals else True
    return found


def _value(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return float(text) if number[1] else int(text)
