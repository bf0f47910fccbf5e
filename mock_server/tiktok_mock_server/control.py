"""`/_mock/`: what a test asks of the mock itself, over HTTP: how a call is found, read and answered."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final, cast

from . import control_faults, control_levers, control_worlds, inspector, jsonio, lifecycle, seed, visitors
from .control_call import BadRequest, Body, Call, Failed, Fields, NotFound, Route, Routes
from .exchange import Answerer, Exchange, Step, read_body
from .messages import Inbound, Outbound
from .why import log
from .worlds import NoSuchWorld, Worlds

ROUTES: Final[Routes] = {
    **control_levers.ROUTES,
    **control_faults.ROUTES,
    **control_worlds.ROUTES,
    **inspector.ROUTES,
}

_KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


def _check_fields(pattern: str, fields: Fields, body: Body) -> None:
    """Refuse what a call would not read: a test must not pass because a lever was misspelt."""
    for key, value in body.items():
        kind = fields.get(key)
        if kind is None:
            takes = f"it takes {', '.join(fields)}" if fields else "it takes nothing"
            raise BadRequest(f"{pattern} has no {key!r}; {takes}")
        fits = type(value) in (int, float) if kind is float else type(value) is kind
        if not fits:
            raise BadRequest(f"{key} must be {_KINDS[kind]}, not {value!r}")


def answer(engine: Answerer, worlds: Worlds[Any], inbound: Inbound) -> Exchange:
    """Answer a control call, unless it comes from a page that has no business here."""
    problem = visitors.problem(inbound, engine.doors.origins)
    if problem:
        log.warning("%s", problem)
        return _json(403, {"error": problem})
    greeting = visitors.greeting(inbound, engine.doors.origins)
    if greeting and inbound.method == "OPTIONS":
        return Outbound(200, headers=greeting)
    done = yield from _answered(engine, worlds, inbound)
    done.headers += greeting
    return done


def _answered(engine: Answerer, worlds: Worlds[Any], inbound: Inbound) -> Exchange:
    parts = inbound.path.strip("/").split("/")[1:]
    found = _find(inbound.method, parts)
    if found is None:
        return _json(
            404,
            {
                "error": f"no {inbound.method} {inbound.path}",
                "calls": [" /_mock/".join(key) for key in ROUTES],
            },
        )
    route, pattern, name = found
    raw = yield from read_body()
    try:
        reading = seed.read_object if pattern == "seed" else jsonio.read_object  # a seed may be YAML
        body = reading(raw) if raw else {}
        if raw is None or body is None:
            raise BadRequest("the body must be a JSON object of at most 4 MiB")
        if name is None:
            name = _name_in(parts, body)
        if route.fields is not None:
            _check_fields(pattern, route.fields, body)
        result = route.handler(Call(engine, worlds, inbound, body, name))
        if isinstance(result, Generator):
            result = yield from cast("Generator[Step, object, object]", result)
    except (NotFound, NoSuchWorld) as error:
        return _json(404, {"error": str(error)})
    except Failed as error:
        return _json(409, {"ok": False, "error": str(error)})
    except lifecycle.CannotHappen as error:
        return _json(409, {"error": str(error)})
    except ValueError as error:
        return _json(400, {"error": str(error)})
    log.debug("control: %s %s", inbound.method, inbound.path)
    if isinstance(result, Outbound):
        return result
    return _json(200, result)


_NAMED_BY: Final[Mapping[str, str]] = {
    "posts": "publish_id",
    "worlds": "name",
    "scenarios": "name",
    "accounts": "username",
    "deliveries": "id",
    "qr": "qr",
    "worlds/fork": "source",
    "faults/remove": "id",
}
"""Which field says what a call is about, by the call or by its first word."""


def _name_in(parts: list[str], body: dict[str, object]) -> str:
    """What a call is about, taken out of the body: `posts/finish` is `posts/<publish_id>/finish`.

    The control description has the paths without a name in them: that is what the generator can express.
    """
    key = _NAMED_BY.get("/".join(parts)) or _NAMED_BY[parts[0]]
    value = body.pop(key, "")
    if parts == ["faults", "remove"] and type(value) is int:
        value = str(value)
    if not isinstance(value, str):
        raise BadRequest(f"{key} must be a text")
    return value


def _find(method: str, parts: list[str]) -> tuple[Route, str, str | None] | None:
    """What answers a call, by which path, and what that names; None where the body says it."""
    if method == "HEAD":
        method = "GET"  # without the body, which doors leave out
    spellings: list[tuple[list[str], str | None]] = [(parts, "")]
    if method == "POST" and len(parts) == 2:
        spellings.append(([parts[0], "*", parts[1]], None))
    if len(parts) >= 2:
        spellings.append(([parts[0], "*", *parts[2:]], parts[1]))
    for spelling, name in spellings:
        pattern = "/".join(spelling)
        if (method, pattern) in ROUTES:
            return ROUTES[(method, pattern)], pattern, name
    return None


def _json(status_: int, value: object) -> Outbound:
    # The end of the line is for terminals, where most of these answers are read.
    return Outbound(status_, jsonio.write(value) + b"\n", "application/json")
