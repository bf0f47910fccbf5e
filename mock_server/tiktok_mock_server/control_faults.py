"""`/_mock/faults`, `/_mock/journal`, `/_mock/coverage`: breaking it on purpose, and asking what happened."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, cast

import attrs

from tiktok_openapi.routes import BY_ID

from . import jsonio
from .control_call import BadRequest, Call, Failed, NotFound, Route, Routes
from .exchange import Step
from .faults import CATALOGUE, HEADER, from_settings, operation_id
from .journal import Query
from .messages import Outbound, Wait


def catalogue(call: Call) -> object:
    """Every kind of fault there is."""
    del call
    return {
        "faults": [
            {"fault": kind.name, "text": kind.text, "stage": kind.stage, "details": dict(kind.details)}
            for kind in CATALOGUE.values()
        ],
        "operations": sorted(BY_ID),
        "header": HEADER,
        "in_text": "#mock:FAULT(detail=value)@operation",
    }


def plan(call: Call) -> object:
    """`{"operation": …, "fault": …, "times": 1, "after": 0, "applied": false, "when": {…}, …details}`."""
    body = dict(call.body)
    when = body.pop("when", {})
    if not isinstance(when, dict):
        raise BadRequest("when must be an object")
    operation, kind = call.text("operation", "*"), call.text("fault")
    details = body.pop("details", {})
    if not isinstance(details, dict):
        raise BadRequest("details must be an object")
    settings = {name: value for name, value in body.items() if name not in ("operation", "fault")}
    fault = from_settings(
        operation,
        kind,
        {**cast("dict[str, object]", details), **settings},
        cast("dict[str, object]", when),
    )
    call.world.faults.add(fault)
    refuse = call.engine.doors.refuse
    if kind == "refused" and refuse is not None:
        # Nobody can count who was refused: the listener is off for a while, and that is once.
        call.world.faults.spend(fault)
        call.world.coverage.note_fault(kind)
        refuse(fault.number_of("seconds"))
        # The client must not send its next request on this connection.
        return Outbound(200, jsonio.write(fault.describe()) + b"\n", "application/json", close=True)
    return fault.describe()


def report(call: Call) -> object:
    """What was planned, what happened of it, and what did not."""
    faults = call.world.faults
    return {
        "faults": [fault.describe() for fault in faults],
        "unused": [fault.describe() for fault in faults.unused()],
    }


def clear(call: Call) -> object:
    """Forget the plan."""
    call.world.faults.clear()
    return {"faults": [], "unused": []}


def remove(call: Call) -> object:
    """Take one fault out of the plan."""
    try:
        number = int(call.name) if call.name.isascii() and call.name.isdigit() else -1
        return call.world.faults.remove(number).describe()
    except LookupError as error:
        raise NotFound(str(error)) from None


# The journal


def _wanted(values: Mapping[str, object]) -> dict[str, Any]:
    numbers = ("status", "after")
    known = {field.name for field in attrs.fields(Query)}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise BadRequest(f"a request is not searched by {name!r}; by {', '.join(sorted(known))}")
        try:
            found[name] = int(str(value)) if name in numbers else str(value)
        except ValueError:
            raise BadRequest(f"{name} must be a number, not {str(value)!r}") from None
    return found


def _number(values: dict[str, object], name: str, default: int, least: int = 0) -> int:
    text = str(values.pop(name, default))
    if not (text.isascii() and text.isdigit() and len(text) < 19) or int(text) < least:
        raise BadRequest(f"{name} must be a whole number from {least}, not {text!r}")
    return int(text)


def _seconds(values: dict[str, object], name: str) -> float:
    text = str(values.pop(name, 0))
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise BadRequest(f"{name} must be a number of seconds, not {text!r}")
    return min(seconds, 300.0)


def journal(call: Call) -> Generator[Step, object, object]:
    """`?operation=…&publish_id=…&status=…&code=…&after=<cursor>`; with `wait=<seconds>&count=<n>` it waits
    for them."""
    values: dict[str, object] = dict(call.inbound.pairs())
    seconds, count = _seconds(values, "wait"), _number(values, "count", 1)
    limit = _number(values, "limit", 1000, 1)
    as_text = values.pop("as", "json") == "text"
    kept = call.world.journal
    wanted = _wanted(values)
    kept.count(**wanted)  # complains of an operation that is none, before anybody waits
    if seconds > 0:
        yield Wait(kept.watch, lambda: kept.count(**wanted) >= count, seconds)
    if as_text:
        return Outbound(200, f"{kept.report(limit, **wanted)}\n".encode(), "text/plain; charset=utf-8")
    entries = kept.entries(**wanted)
    return {
        "requests": [entry.describe() for entry in entries[-limit:]],
        "count": len(entries),
        "cursor": kept.cursor,
        "dropped": kept.dropped,
    }


def verify(call: Call) -> object:
    """`{"made": {"operation": …, "times": 1}}`, `{"not_made": {…}}`, `{"order": […]}`, `{"faults_used_up":
    true}`."""
    kept = call.world.journal
    if not call.body:
        raise BadRequest("made, not_made, order or faults_used_up is asked for")
    try:
        if "made" in call.body:
            values = dict(_object(call, "made"))
            numbers = {
                name: _number(values, name, 0) for name in ("times", "at_least", "at_most") if name in values
            }
            kept.assert_made(**_wanted(values), **cast("Any", numbers))
        if "not_made" in call.body:
            kept.assert_not_made(**_wanted(_object(call, "not_made")))
        if "order" in call.body:
            order = call.body["order"]
            if not isinstance(order, list):
                raise BadRequest("order must be a list of operations")
            kept.assert_order(*(operation_id(str(one)) for one in cast("list[object]", order)))
        if call.body.get("faults_used_up"):
            call.world.faults.assert_used_up()
    except AssertionError as error:
        raise Failed(str(error)) from None
    return {"ok": True}


def _object(call: Call, name: str) -> Mapping[str, object]:
    value = call.body[name]
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object")
    return cast("dict[str, object]", value)


def forget(call: Call) -> object:
    """Forget what happened; the cursor goes on."""
    call.world.journal.clear()
    return {"cursor": call.world.journal.cursor}


def coverage(call: Call) -> object:
    """What of the API was met since the start, in all worlds."""
    return call.world.coverage.result().describe()


ROUTES: Routes = {
    ("GET", "faults"): Route(report),
    ("POST", "faults"): Route(plan, None),
    ("DELETE", "faults"): Route(clear),
    ("POST", "faults/clear"): Route(clear),
    ("DELETE", "faults/*"): Route(remove),
    ("POST", "faults/*/remove"): Route(remove),
    ("GET", "faults/catalogue"): Route(catalogue),
    ("GET", "journal"): Route(journal),
    ("DELETE", "journal"): Route(forget),
    ("POST", "journal/clear"): Route(forget),
    ("POST", "journal/verify"): Route(
        verify, {"made": dict, "not_made": dict, "order": list, "faults_used_up": bool}
    ),
    ("GET", "coverage"): Route(coverage),
}
