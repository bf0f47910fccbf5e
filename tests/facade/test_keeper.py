"""Handing out access tokens, in every order in which threads, tasks and processes can come.

The flows of several processes run here step by step: hypothesis chooses who goes on, when an answer is lost,
and which process dies when. TikTok replaces the refresh token with every refresh, and refuses the old one.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.facade.support import tokens
from tiktok_api_client._flow import (
    Acquire,
    Blocking,
    Flow,
    Invoke,
    Monotonic,
    Now,
    Perform,
    Shield,
    Sleep,
    Step,
    perform,
)
from tiktok_api_client._keeper import TokenKeeper
from tiktok_api_client.errors import NotLoggedIn
from tiktok_api_client.tokens import StoredToken
from tiktok_openapi import Answer, Call, CouldNotAsk, LoginRequired, Sent, UserToken
from tiktok_openapi.models.oauth import decode_user_token

if TYPE_CHECKING:
    from tiktok_api_client.tokens import StoreLock

START = 1_790_000_000.0


class Service:
    """TikTok, as far as refreshing goes."""

    def __init__(self) -> None:
        self.number = 1
        self.refresh_token = "rft.secret-user-1-1"
        self.issued = {"act.secret-user-1-1"}
        self.refused = 0

    def refresh(self, refresh_token: str) -> UserToken | None:
        if refresh_token != self.refresh_token:
            self.refused += 1
            return None
        self.number += 1
        answer = tokens(self.number)
        self.refresh_token = str(answer["refresh_token"])
        self.issued.add(str(answer["access_token"]))
        return decode_user_token(answer)


class Disk:
    """What all processes share."""

    def __init__(self) -> None:
        self.tokens: dict[str, StoredToken] = {}
        self.locked: dict[str, int] = {}


class Store:
    """The store as one process sees it."""

    def __init__(self, disk: Disk, process: int) -> None:
        self.disk, self.process = disk, process

    def load(self, open_id: str) -> StoredToken | None:
        return self.disk.tokens.get(open_id)

    def save(self, token: StoredToken) -> None:
        self.disk.tokens[token.open_id] = token

    def delete(self, open_id: str) -> None:
        self.disk.tokens.pop(open_id, None)

    def accounts(self) -> list[str]:
        return list(self.disk.tokens)

    def lock(self, open_id: str) -> StoreLock:
        disk, process = self.disk, self.process

        class SystemLock:
            held = False

            def acquire(self) -> bool:
                self.held = disk.locked.setdefault(open_id, process) == process
                return self.held

            def release(self) -> None:
                if self.held and disk.locked.get(open_id) == process:  # the dead hold nothing
                    del disk.locked[open_id]
                self.held = False

        return SystemLock()


@attrs.define(eq=False)
class Worker:
    """A thread or task: the flow it is in, and what it waits for."""

    process: int
    flow: Generator[Step, object, object]
    reply: object = None
    problem: Exception | None = None
    waits: bool = False
    stack: list[Generator[Step, object, object]] = attrs.field(factory=list[Generator[Step, object, object]])
    answer: tuple[Call[object], UserToken | None] | None = None
    result: object = None
    error: Exception | None = None
    done: bool = False

    def wake(self) -> bool:
        self.waits = False
        return True


class World:
    """Runs workers one step at a time."""

    def __init__(self, processes: int, workers: int) -> None:
        self.time = START
        self.service, self.disk = Service(), Disk()
        first = StoredToken.from_answer(decode_user_token(tokens(1)), START - 7200)
        self.disk.tokens["user-1"] = first
        self.keepers = [TokenKeeper("key", "secret", Store(self.disk, number)) for number in range(processes)]
        self.workers = [
            Worker(number % processes, self.keepers[number % processes].token("user-1", perform))
            for number in range(workers)
        ]
        self.dead: set[int] = set()
        self.lost = False
        self.durable_when_returned: list[bool] = []
        """Of those that give tokens."""

    def ready(self) -> list[Worker]:
        return [
            worker
            for worker in self.workers
            if not worker.done and not worker.waits and worker.process not in self.dead
        ]

    def step(self, worker: Worker, lose: bool) -> None:
        if worker.answer is not None:
            self._deliver(worker, lose)
        reply, problem = worker.reply, worker.problem
        worker.reply = worker.problem = None
        try:
            effect = worker.flow.send(reply) if problem is None else worker.flow.throw(problem)
        except StopIteration as done:
            if worker.stack:
                worker.flow, worker.reply = worker.stack.pop(), done.value
                return
            worker.done, worker.result = True, done.value
            if done.value is not None:
                self.durable_when_returned.append(self.disk.tokens.get("user-1") == done.value)
            return
        except Exception as error:  # noqa: BLE001
            if worker.stack:
                worker.flow, worker.problem = worker.stack.pop(), error
                return
            worker.done, worker.error = True, error
            return
        self._begin(worker, effect)

    def _begin(self, worker: Worker, effect: Step) -> None:
        if isinstance(effect, Perform):
            body = effect.call.body
            assert isinstance(body, bytes)
            refresh_token = body.decode().rpartition("refresh_token=")[2].partition("&")[0]
            worker.answer = (effect.call, self.service.refresh(refresh_token))
        elif isinstance(effect, Acquire):
            effect.waiter = worker.wake
            worker.waits = not effect.lock.enter(effect.waiter)
        elif isinstance(effect, Shield):
            worker.stack.append(worker.flow)
            worker.flow = effect.flow
        elif isinstance(effect, Sleep):
            self.time += effect.seconds / 1000
        elif isinstance(effect, (Now, Monotonic)):
            worker.reply = self.time
        else:
            assert isinstance(effect, (Blocking, Invoke))
            worker.reply = effect.function()

    def _deliver(self, worker: Worker, lose: bool) -> None:
        assert worker.answer is not None
        call, token = worker.answer
        worker.answer = None
        about: dict[str, Any] = {"operation": call.operation.name, "request": call.summary}
        if lose:
            self.lost = self.lost or token is not None
            worker.problem = CouldNotAsk("ReadError", sent=Sent.UNKNOWN, **about)
        elif token is None:
            worker.problem = LoginRequired(
                code="invalid_grant",
                message="",
                log_id="",
                status=200,
                category="log_in_again",
                retryable=False,
                advice="",
                headers={},
                **about,
            )
        else:
            worker.reply = Answer(token, 200, {}, "", {})

    def kill(self, process: int) -> None:
        """The process ends, at whatever point its workers are; only the system's locks are given back."""
        self.dead.add(process)
        for worker in self.workers:
            if worker.process == process and worker.answer is not None and worker.answer[1] is not None:
                self.lost = True  # TikTok has acted, and nobody is left to hear it
        for name, owner in list(self.disk.locked.items()):
            if owner == process:
                del self.disk.locked[name]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.integers(1, 3), st.integers(1, 6), st.booleans(), st.booleans())
def test_one_refresh_per_rotation_and_no_good_token_lost(
    data: st.DataObject, processes: int, workers: int, crashes: bool, losses: bool
) -> None:
    world = World(processes, workers)
    choose = data.draw(st.randoms(use_true_random=False), label="order")
    for _ in range(3000):
        ready = world.ready()
        if not ready:
            break
        if crashes and len(world.dead) < processes - 1 and choose.random() < 0.02:
            world.kill(choose.choice([p for p in range(processes) if p not in world.dead]))
            continue
        world.step(choose.choice(ready), losses and choose.random() < 0.1)
    alive = [worker for worker in world.workers if worker.process not in world.dead]
    assert all(worker.done for worker in alive)

    kept = world.disk.tokens["user-1"]
    assert kept.access_token in world.service.issued
    assert all(world.durable_when_returned)
    if not world.lost:
        assert kept.refresh_token == world.service.refresh_token
        assert world.service.number <= 2
        assert world.service.refused == 0
        for worker in alive:
            assert worker.error is None or isinstance(worker.error, CouldNotAsk)
    if not world.lost and not losses and alive:
        assert world.service.number == 2


def test_a_token_that_still_works_is_used_without_asking_anybody() -> None:
    world = World(1, 1)
    fresh = StoredToken.from_answer(decode_user_token(tokens(1)), START)
    world.disk.tokens["user-1"] = fresh
    while world.ready():
        world.step(world.workers[0], lose=False)
    assert world.workers[0].result == fresh
    assert world.service.number == 1


@pytest.mark.parametrize("pause", range(12))
def test_a_dead_holder_of_the_lock_does_not_stop_the_others(pause: int) -> None:
    world = World(2, 2)
    first, second = world.workers
    for _ in range(pause):
        if not first.done:
            world.step(first, lose=False)
    world.kill(0)
    for _ in range(200):
        if not second.done:
            world.step(second, lose=False)
    assert second.done
    if not world.lost:
        assert second.error is None


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("pause", range(12))
def test_an_account_that_is_forgotten_during_a_refresh_stays_forgotten(pause: int, processes: int) -> None:
    world = World(processes, 1)
    (refreshing,) = world.workers
    forgetting = Worker(processes - 1, world.keepers[-1].forget("user-1"))
    world.workers.append(forgetting)
    for _ in range(pause):
        if not refreshing.done:
            world.step(refreshing, lose=False)
    for _ in range(20):
        if forgetting in world.ready():
            world.step(forgetting, lose=False)
    while ready := world.ready():
        world.step(ready[0], lose=False)
    assert (refreshing.done, forgetting.done, forgetting.error) == (True, True, None)
    assert world.disk.tokens == {}
    again = run(world.keepers[-1].token("user-1", perform), world)
    assert isinstance(again.error, NotLoggedIn)


def run(flow: Flow[StoredToken], world: World) -> Worker:
    worker = Worker(0, flow)
    world.workers = [worker]
    for _ in range(500):
        if worker.done:
            break
        world.step(worker, lose=False)
    return worker


def test_an_access_token_that_tiktok_refused_is_replaced_once() -> None:
    world = World(1, 0)
    fresh = StoredToken.from_answer(decode_user_token(tokens(1)), START)
    world.disk.tokens["user-1"] = fresh
    keeper = world.keepers[0]
    first = run(keeper.token("user-1", perform, dead=fresh.access_token), world).result
    again = run(keeper.token("user-1", perform, dead=fresh.access_token), world).result
    assert first == again
    assert world.service.number == 2
