"""Performing what needs the network: events delivered over HTTP, files fetched from this machine.

Only these two ever leave the process, and only to loopback or listed hosts. The core checks that before it
plans a job; for events it is checked once more, since who takes them can change while they wait.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final

from .messages import PERFORMING, Wait
from .why import log
from .world import Attempt, Deliver, Fetch, Fetched, Job

if TYPE_CHECKING:
    import httpx


OWN: Final = "tiktok_mock_job"
"""Marks requests that the mock itself makes, in their extensions."""


@cache
def _client() -> httpx.Client:
    import ssl

    import httpx

    # Receivers and file servers here are local ones with made-up certificates.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    hooks = {"request": [_mark, _stay_here]}
    return httpx.Client(verify=context, follow_redirects=False, trust_env=False, event_hooks=hooks)


def _mark(request: httpx.Request) -> None:
    request.extensions[OWN] = True


def _stay_here(request: httpx.Request) -> None:
    """Names below localhost are this machine by definition; a resolver might be asked elsewhere for them."""
    if request.url.host.endswith(".localhost"):
        request.url = request.url.copy_with(host="localhost")


def perform(job: Job | Wait) -> Attempt | Fetched | None:
    """Do it, and say what came of it. Never raises."""
    if isinstance(job, Wait):
        _wait(job)
        return None
    if isinstance(job.work, Deliver):
        return _deliver(job.work)
    return _fetch(job.work)


async def perform_async(job: Job | Wait) -> Attempt | Fetched | None:
    """Do it beside the event loop, which the receiver may need."""
    if isinstance(job, Wait):
        await _wait_async(job)
        return None
    return await asyncio.to_thread(perform, job)


def _wait(wait: Wait) -> None:
    changed = threading.Condition()

    def wake() -> None:
        with changed:
            changed.notify_all()

    stop = wait.watch(wake)
    try:
        with changed:
            changed.wait_for(wait.until, wait.seconds)
    finally:
        stop()


async def _wait_async(wait: Wait) -> None:
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(changed.set)

    stop = wait.watch(wake)

    async def until() -> None:
        while not wait.until():
            await changed.wait()
            changed.clear()

    try:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(until(), wait.seconds)
    finally:
        stop()


def _deliver(work: Deliver) -> Attempt:
    world, delivery = work.world, work.delivery
    try:
        if world.receiver is not None:
            token = PERFORMING.set(True)
            try:
                status = world.receiver(delivery, dict(work.headers))
            finally:
                PERFORMING.reset(token)
        elif problem := world.call_problem(delivery.url):
            log.info("%s was not sent: %s", delivery.event, problem)
            return Attempt(0.0, None, problem)
        else:
            answer = _client().post(
                delivery.url, content=delivery.body, headers=dict(work.headers), timeout=work.timeout
            )
            status = answer.status_code
    except Exception as error:  # noqa: BLE001 - whatever the receiver does is its answer
        log.info("%s was not delivered: %r", delivery.event, error)
        return Attempt(0.0, None, repr(error))
    log.info("%s was delivered: %s", delivery.event, status)
    return Attempt(0.0, status)


def _fetch(work: Fetch) -> Fetched:
    import httpx

    try:
        with _client().stream("GET", work.url, timeout=10.0) as answer:
            if answer.status_code == 200:
                for piece in answer.iter_bytes(65536):
                    work.spool.write(piece)
                    if work.spool.size >= work.limit:
                        break
            note = f"HTTP {answer.status_code}"
            if answer.is_redirect:
                note += ", a redirect, which TikTok does not follow"
            return Fetched(answer.status_code, note)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Fetched(None, repr(error))
