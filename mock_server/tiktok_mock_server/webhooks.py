"""Events on their way to an app: built, signed, tried, tried again for 72 hours, and written down."""

from __future__ import annotations

import hashlib
import hmac

from tiktok_openapi import limits

from . import jsonio, webhook_faults
from .rule import rule
from .why import log
from .world import App, Attempt, Deliver, Delivery, Job, World

SIGNED = rule(
    "webhook.signature",
    "TikTok-Signature is t=<seconds>,s=<hex HMAC-SHA256 of '<t>.<raw body>' under the client secret>.",
    "documented",
    "doc:webhooks-verification",
)
SIGNED_ANEW = rule(
    "webhook.signed-anew",
    "Each try of an event is signed with its own time.",
    "unknown",
    "doc:webhooks-verification",
    switch="webhook_signed",
)
RETRIED = rule(
    "webhook.retry",
    "Anything but 200 is tried again with growing pauses for up to 72 hours, then dropped.",
    "documented",
    "doc:webhooks-overview",
)
PAUSES = rule(
    "webhook.pauses",
    "The pauses are one minute, then twice as long each time.",
    "unknown",
    "doc:webhooks-overview",
)
CONTENT = rule(
    "webhook.content",
    "`content` is JSON inside a string.",
    "documented",
    "doc:webhooks-overview",
)
ONLY_NEAR = rule(
    "webhook.hosts",
    "The mock calls this machine and listed hosts only, whatever an app's callback URL is.",
    "recommended",
    "",
)

FIRST_PAUSE = 60.0

TOLERANCE = 300.0
"""Seconds by which most receivers let the time of a signature be off."""

OTHER_TIME = (
    "signed in the world's time, which is not this machine's, so that a receiver that looks at the time "
    "refuses it: give it the world's time, or the world this machine's (frozen=false)"
)


def signature(secret: str, moment: int, body: bytes) -> str:
    """The value of `TikTok-Signature`."""
    digest = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
    return f"t={moment},s={digest}"


def emit(
    world: World,
    app: App,
    event: str,
    content: dict[str, object],
    *,
    open_id: str | None,
    at: float | None = None,
) -> Delivery:
    """Let something be known to an app. It is delivered once a door performs the job."""
    moment = world.now() if at is None else at
    envelope: dict[str, object] = {"client_key": app.client_key, "event": event, "create_time": int(moment)}
    if open_id is not None:
        envelope["user_openid"] = open_id
    envelope["content"] = jsonio.write(content).decode()
    return _enqueue(world, app, event, jsonio.write(envelope), moment)


def ping(world: World, app: App) -> Delivery:
    """What the portal's button for testing the callback URL sends: its time is in milliseconds."""
    moment = world.now()
    envelope = {
        "client_key": app.client_key,
        "event": "tiktok.ping",
        "create_time": int(moment * 1000),
        "user_openid": str(world.ids.snowflake("ping")),
        "content": '{"reason":"testing Webhook"}',
    }
    return _enqueue(world, app, "tiktok.ping", jsonio.write(envelope), moment)


def replay(world: World, delivery: Delivery) -> Delivery:
    """Send the same bytes once more, as a delivery of its own."""
    return _enqueue(world, delivery.app, delivery.event, delivery.body, world.now())


def _enqueue(world: World, app: App, event: str, body: bytes, moment: float) -> Delivery:
    delivery = Delivery(world.ids.uuid("delivery"), app, event, app.webhook_url, body, moment)
    world.deliveries.add(delivery)
    if world.receiver is None:
        if not delivery.url:
            delivery.state = "not sent"
        elif problem := world.call_problem(delivery.url):
            delivery.state = "not sent"
            delivery.attempts.append(Attempt(moment, None, problem))
            log.warning("%s: %s; %s was not sent", ONLY_NEAR.id, problem, event)
    world.coverage.note_event(event)
    if delivery.state == "pending":
        webhook_faults.send(world, delivery, moment, _plan)
    return delivery


def plan_again(world: World, delivery: Delivery) -> None:
    """Plan the next try of a delivery that comes from a snapshot."""
    if delivery.state == "pending":
        _plan(world, delivery, _next_try(delivery))


def _next_try(delivery: Delivery) -> float:
    """When a delivery is tried, or tried again."""
    tries = len(delivery.attempts)
    return delivery.attempts[-1].at + FIRST_PAUSE * 2 ** (tries - 1) if tries else delivery.created


def _signed(world: World, delivery: Delivery, due: float) -> str:
    if world.switches.webhook_signed == "once" and delivery.attempts:
        due = delivery.attempts[0].at
    secret = delivery.app.client_secret if not delivery.flaw else "not the client secret"
    return signature(secret, int(due - delivery.signed_ago), delivery.body)


def _refused_for_its_time(world: World, delivery: Delivery, attempt: Attempt) -> bool:
    """Whether that is likely: nobody but the receiver knows why it refuses."""
    refused = attempt.status is not None and 400 <= attempt.status < 500
    flawed = delivery.flaw or delivery.signed_ago
    return refused and not flawed and world.clock.off_by() > TOLERANCE


def _plan(world: World, delivery: Delivery, due: float) -> None:
    def done(result: object, at: float) -> None:
        attempt = result if isinstance(result, Attempt) else Attempt(at, None, repr(result))
        attempt.at = at
        if _refused_for_its_time(world, delivery, attempt):
            attempt.note = OTHER_TIME
            if not delivery.attempts:  # said once, not at every try
                log.warning("%s was refused: %s; %s", delivery.event, attempt.status, OTHER_TIME)
        delivery.attempts.append(attempt)
        if attempt.status == 200:
            delivery.state = "delivered"
            return
        again = _next_try(delivery)
        if again > delivery.created + limits.WEBHOOK_RETRY_WINDOW:
            delivery.state = "dropped"
        else:
            _plan(world, delivery, again)

    headers = (
        ("content-type", "application/json"),
        ("tiktok-signature", _signed(world, delivery, due)),
    )
    world.add_job(Job(due, Deliver(world, delivery, headers, world.switches.webhook_timeout), done))
