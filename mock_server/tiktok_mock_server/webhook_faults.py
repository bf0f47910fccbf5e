"""What each fault does to an event on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from . import jsonio
from .faults import Fault
from .why import log
from .world import Attempt, Delivery, World

if TYPE_CHECKING:
    Plan = Callable[[World, Delivery, float], None]
    """Plans the first try of a delivery."""

UNKNOWN_CONTENT: Final = '{"hello":"world"}'


def send(world: World, delivery: Delivery, moment: float, plan: Plan) -> None:
    """Plan a delivery, with what shall go wrong about it; what was held back goes out behind it."""
    fault = world.faults.take_event(delivery.event)
    waiting, world.held_back = world.held_back, []
    if fault is None:
        plan(world, delivery, moment)
    else:
        log.info("%s meets a planned fault: %s", delivery.event, fault)
        world.coverage.note_fault(fault.kind)
        _meet(world, delivery, moment, plan, fault)
    for late in waiting:
        plan(world, late, moment)


def _meet(world: World, delivery: Delivery, moment: float, plan: Plan, fault: Fault) -> None:
    kind = fault.kind
    if kind == "webhook_reorder":
        world.held_back.append(delivery)
        return
    if kind == "webhook_lost":
        delivery.state = "dropped"
        delivery.attempts.append(Attempt(moment, None, "lost on purpose"))
        return
    if kind == "webhook_late":
        moment += fault.number_of("seconds")
    elif kind == "webhook_bad_signature":
        delivery.flaw = "signature"
    elif kind == "webhook_stale":
        delivery.signed_ago = fault.number_of("seconds")
    elif kind == "webhook_unknown_event":
        plan(world, _unknown(world, delivery, fault.text_of("event")), moment)
    plan(world, delivery, moment)
    if kind == "webhook_duplicate":
        for _ in range(int(fault.number_of("copies")) - 1):
            plan(world, _copy(world, delivery, delivery.event, delivery.body), moment)


def _copy(world: World, delivery: Delivery, event: str, body: bytes) -> Delivery:
    made = Delivery(world.ids.uuid("delivery"), delivery.app, event, delivery.url, body, delivery.created)
    world.deliveries.add(made)
    return made


def _unknown(world: World, delivery: Delivery, event: str) -> Delivery:
    envelope = cast("dict[str, object]", jsonio.read(delivery.body))
    body = jsonio.write({**envelope, "event": event, "content": UNKNOWN_CONTENT})
    return _copy(world, delivery, event, body)
