"""`/_mock/worlds`, `reset`, `snapshot`, `scenarios`, `seed`, `switches`: making worlds and making them
different."""

from __future__ import annotations

from typing import Any, cast

import attrs

from . import scenarios, seed, snapshot
from .control_call import BadRequest, Call, Route, Routes, texts
from .exchange import Answerer
from .switches import as_json, texts_of, with_texts
from .worlds import PREFIX

_TEXTS = ("seed", "client_key", "scenario", "webhook_url")
_FLAGS = ("audited", "public", "frozen")


def describe(call: Call, engine: Answerer) -> dict[str, object]:
    """A world, and how to reach it."""
    world = engine.world
    base = call.inbound.base_url
    if PREFIX in base:
        base = base[: base.index(PREFIX)]
    first = engine is call.worlds.first
    return {
        "name": engine.name,
        "url": base if first else f"{base}{PREFIX}{engine.name}",
        "client_key": world.app.client_key if world.apps else None,
        "client_secret": world.app.client_secret if world.apps else None,
        "username": world.account.username if world.accounts else None,
        "now": world.now(),
        "frozen": world.clock.frozen,
        "posts": len(world.posts),
        "requests": world.journal.cursor,
    }


def worlds(call: Call) -> object:
    """Every world."""
    family = call.worlds
    return {"worlds": [describe(call, family[name]) for name in list(family)]}


def make(call: Call) -> object:
    """A new world: `{"name", "seed", "scenario", "switches": {}, "client_key", "audited", "public",
    "frozen", …}`."""
    body = dict(call.body)
    settings: dict[str, Any] = {}
    name = call.text("name", "")
    body.pop("name", None)
    for key in _TEXTS:
        if key in body:
            settings[key] = call.text(key)
            del body[key]
    for key in _FLAGS:
        value = body.pop(key, None)
        if value is not None:
            if not isinstance(value, bool):
                raise BadRequest(f"{key} must be true or false")
            settings[key] = value
    if "switches" in body:
        settings["switches"] = _by_name(body.pop("switches"))
    if "verified_domains" in body:
        settings["verified_domains"] = tuple(texts(body.pop("verified_domains"), "verified_domains"))
    if body:
        known = ("name", *_TEXTS, *_FLAGS, "switches", "verified_domains")
        raise BadRequest(f"a world has no {min(body)!r}; it has {', '.join(known)}")
    return describe(call, call.worlds.make(name, **settings))


def _by_name(given: object) -> dict[str, object]:
    if not isinstance(given, dict):
        raise BadRequest("switches must be an object")
    return cast("dict[str, object]", given)


def fork(call: Call) -> object:
    """A copy of a world as it is now: `{"name": …}`."""
    family = call.worlds
    return describe(call, family.fork(call.name, call.text("name", "")))


def drop(call: Call) -> object:
    """Forget a world."""
    call.worlds.drop(call.name)
    return {"dropped": call.name}


def reset(call: Call) -> object:
    """Begin anew."""
    call.engine.reset()
    return describe(call, call.engine)


def take_snapshot(call: Call) -> object:
    """The world as a document."""
    return snapshot.take(call.world)


def restore(call: Call) -> object:
    """Be as when a snapshot was taken: the document, or the same under `snapshot`, as the client sends it."""
    document = call.body["snapshot"] if set(call.body) == {"snapshot"} else dict(call.body)
    call.engine.replace(snapshot.restore(document))
    return describe(call, call.engine)


def list_scenarios(call: Call) -> object:
    """Every scenario."""
    del call
    return {"scenarios": [{"name": one.name, "text": one.text} for one in scenarios.SCENARIOS.values()]}


def set_scenario(call: Call) -> object:
    """Let it be like this from now on."""
    found = scenarios.apply(call.world, call.name)
    return {"name": found.name, "text": found.text}


def sow(call: Call) -> object:
    """Put apps, accounts, videos and tokens into the world."""
    return seed.sow(call.world, call.body)


def switches(call: Call) -> object:
    """Every switch with its value."""
    return {"switches": as_json(call.world.switches)}


def set_switches(call: Call) -> object:
    """Change some: `{"token_profile": "legacy"}`, or the same under `switches`, as the client sends it."""
    given = call.body["switches"] if set(call.body) == {"switches"} else dict(call.body)
    call.world.switches = with_texts(call.world.switches, texts_of(_by_name(given)))
    return switches(call)


def apps(call: Call) -> object:
    """Every app, without its secret."""
    return {
        "apps": [
            {
                "client_key": app.client_key,
                "name": app.name,
                "audited": app.audited,
                "sandbox": app.sandbox,
                "webhook_url": app.webhook_url,
                "properties": [attrs.asdict(one) for one in app.properties],
            }
            for app in call.world.apps.values()
        ]
    }


ROUTES: Routes = {
    ("GET", "worlds"): Route(worlds),
    ("POST", "worlds"): Route(make, None),
    ("DELETE", "worlds/*"): Route(drop),
    ("POST", "worlds/*/drop"): Route(drop),
    ("POST", "worlds/*/fork"): Route(fork, {"name": str}),
    ("POST", "reset"): Route(reset),
    ("GET", "snapshot"): Route(take_snapshot),
    ("POST", "snapshot"): Route(restore, None),
    ("GET", "scenarios"): Route(list_scenarios),
    ("POST", "scenarios/*"): Route(set_scenario),
    ("POST", "scenarios/*/apply"): Route(set_scenario),
    ("POST", "seed"): Route(sow, None),
    ("GET", "switches"): Route(switches),
    ("POST", "switches"): Route(set_switches, None),
    ("GET", "apps"): Route(apps),
}
