"""Flows and their two runners: the same task, waited for and awaited."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import anyio
import httpx
import pytest

from tests.facade.support import FakeClock
from tiktok_api_client._drivers import AsyncRunner, SyncRunner, SystemClock
from tiktok_api_client._flow import (
    Flow,
    Lock,
    Signal,
    Stream,
    Waiter,
    blocking,
    emit,
    holding,
    invoke,
    monotonic,
    notify,
    now,
    perform,
    shielded,
    sleep,
)
from tiktok_openapi import AsyncClient, Client, CouldNotAsk
from tiktok_openapi.operations import oauth


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there", request=request)


class Runners:
    """Runs a flow with both runners and insists that they agree."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sync = SyncRunner(Client(transport=httpx.MockTransport(refuse)), self.clock)
        self.tasks = AsyncRunner(AsyncClient(transport=httpx.MockTransport(refuse)), self.clock)

    def both(self, make: Callable[[], Flow[object]]) -> object:
        first = self.sync.run(make())

        async def go() -> object:
            return await self.tasks.run(make())

        second = asyncio.run(go())
        assert first == second
        return first


@pytest.fixture
def runners() -> Runners:
    return Runners()


def test_effects_give_their_results(runners: Runners) -> None:
    def flow() -> Flow[object]:
        runners.clock.time = 5.0
        first = yield from now()
        slept = yield from sleep(2.5)
        second = yield from monotonic()
        thread = yield from invoke(threading.current_thread)
        number = yield from blocking(int, "41")
        yield from notify(None, "nobody is told")
        return first, slept, second, thread is threading.main_thread(), number

    assert runners.both(flow) == (5.0, False, 7.5, True, 41)


def test_an_effect_that_fails_raises_inside_the_flow(runners: Runners) -> None:
    def flow() -> Flow[object]:
        try:
            yield from perform(oauth.revoke_token(client_key="k", client_secret="s", token="t"))
        except CouldNotAsk as problem:
            return problem.operation
        return None

    assert runners.both(flow) == "revoke_token"


def test_what_a_flow_raises_reaches_its_caller(runners: Runners) -> None:
    def flow() -> Flow[object]:
        yield from sleep(1)
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        runners.both(flow)


def test_a_callback_that_stops_iteration_does_not_end_the_flow_in_silence(runners: Runners) -> None:
    def flow() -> Flow[object]:
        try:
            yield from invoke(lambda: next(iter(())))
        except RuntimeError as problem:
            return str(problem)
        return None

    assert str(runners.sync.run(flow())).endswith("raised StopIteration")
    assert str(asyncio.run(runners.tasks.run(flow()))).endswith("raised StopIteration")


@pytest.mark.anyio
async def test_an_async_callback_is_awaited_by_the_async_runner_only(runners: Runners) -> None:
    async def callback(value: int) -> int:
        await anyio.lowlevel.checkpoint()
        return value + 1

    assert await runners.tasks.run(invoke(callback, 41)) == 42
    with pytest.raises(TypeError, match="AsyncTikTok"):
        runners.sync.run(invoke(callback, 41))


@pytest.mark.anyio
async def test_blocking_work_leaves_the_event_loop(runners: Runners) -> None:
    assert await runners.tasks.run(blocking(threading.current_thread)) is not threading.current_thread()
    assert runners.sync.run(blocking(threading.current_thread)) is threading.current_thread()


def closed_flow(closed: list[str]) -> Flow[None]:
    try:
        yield from sleep(1e9)
    finally:
        closed.append("closed")


def test_an_interrupt_closes_the_flow_and_is_not_offered_to_it() -> None:
    closed: list[str] = []
    clock = FakeClock()

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.while_asleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        SyncRunner(Client(), clock).run(closed_flow(closed))
    assert closed == ["closed"]


@pytest.mark.anyio
async def test_cancelling_a_task_closes_its_flow() -> None:
    closed: list[str] = []
    runner = AsyncRunner(AsyncClient(), SystemClock())
    task = asyncio.create_task(runner.run(closed_flow(closed)))
    await anyio.lowlevel.checkpoint()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == ["closed"]


def counting(closed: list[str]) -> Stream[int]:
    try:
        for number in range(3):
            yield from sleep(1)
            yield from emit(number)
    finally:
        closed.append("closed")


def test_a_stream_gives_its_items_and_closes(runners: Runners) -> None:
    closed: list[str] = []
    assert list(runners.sync.iterate(counting(closed))) == [0, 1, 2]
    started = runners.sync.iterate(counting(closed))
    assert next(started) == 0
    started.close()
    assert closed == ["closed", "closed"]


@pytest.mark.anyio
async def test_an_async_stream_gives_its_items_and_closes(runners: Runners) -> None:
    closed: list[str] = []
    assert [item async for item in runners.tasks.iterate(counting(closed))] == [0, 1, 2]
    started = runners.tasks.iterate(counting(closed))
    assert await anext(started) == 0
    await started.aclose()
    assert closed == ["closed", "closed"]


def test_a_stream_is_not_run_as_a_flow(runners: Runners) -> None:
    with pytest.raises(TypeError, match="iterate"):
        runners.sync.run(counting([]))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


# Locks


def entering(
    lock: Lock, log: list[str], name: str, then: Callable[[], Awaitable[None] | None] = lambda: None
) -> Flow[None]:
    def inside() -> Flow[None]:
        log.append(f"{name} in")
        yield from invoke(then)
        log.append(f"{name} out")

    return holding(lock, inside())


def somebody() -> bool:
    """Has a lock, and need not be woken."""
    return True


def test_threads_and_tasks_of_two_loops_exclude_each_other() -> None:
    lock, busy, most = Lock(), 0, 0
    mutex = threading.Lock()

    def enter_and_leave() -> None:
        nonlocal busy, most
        with mutex:
            busy += 1
            most = max(most, busy)
        with mutex:
            busy -= 1

    async def in_loop() -> None:
        runner = AsyncRunner(AsyncClient(), SystemClock())

        async def inside() -> None:
            enter_and_leave()
            await asyncio.sleep(0)

        await asyncio.gather(*(runner.run(entering(lock, [], "task", inside)) for _ in range(20)))

    def in_thread() -> None:
        runner = SyncRunner(Client(), SystemClock())
        for _ in range(20):
            runner.run(entering(lock, [], "thread", enter_and_leave))

    threads = [threading.Thread(target=lambda: asyncio.run(in_loop())) for _ in range(2)]
    threads += [threading.Thread(target=in_thread) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert most == 1
    assert not lock.is_held


@pytest.mark.anyio
async def test_a_lock_is_handed_on_when_the_next_in_line_was_cancelled() -> None:
    lock, log = Lock(), list[str]()
    runner = AsyncRunner(AsyncClient(), SystemClock())
    release = anyio.Event()

    async def nothing() -> None:
        await asyncio.sleep(0)

    first = asyncio.create_task(runner.run(entering(lock, log, "first", release.wait)))
    await asyncio.sleep(0)
    second = asyncio.create_task(runner.run(entering(lock, log, "second", nothing)))
    third = asyncio.create_task(runner.run(entering(lock, log, "third", nothing)))
    await asyncio.sleep(0)
    release.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert "first out" in log
    second.cancel()  # it may hold the lock already, without having run
    with pytest.raises(asyncio.CancelledError):
        await second
    await asyncio.wait_for(asyncio.gather(first, third), 10)
    assert log[-2:] == ["third in", "third out"]
    assert not lock.is_held


def test_an_interrupted_thread_leaves_the_queue() -> None:
    lock = Lock()
    runner = SyncRunner(Client(), SystemClock())
    lock.enter(somebody)
    threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        runner.run(entering(lock, [], "late"))
    lock.leave(somebody)
    assert not lock.is_held


class InterruptedLock(Lock):
    """Ctrl-C comes when the lock is taken, and before anybody knows it."""

    def enter(self, waiter: Waiter) -> bool:
        super().enter(waiter)
        raise KeyboardInterrupt


def test_ctrl_c_right_after_a_lock_was_taken_gives_it_back(runners: Runners) -> None:
    lock, log = InterruptedLock(), list[str]()
    with pytest.raises(KeyboardInterrupt):
        runners.sync.run(entering(lock, log, "first"))
    assert not lock.is_held
    assert log == []


def test_a_waiter_whose_loop_is_gone_stops_nobody() -> None:
    lock, signal_, log = Lock(), Signal(), list[str]()

    async def wait_and_leave() -> None:
        runner = AsyncRunner(AsyncClient(), SystemClock())
        for flow in (entering(lock, log, "gone"), sleep(60, signal_)):
            task = asyncio.create_task(runner.run(flow))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

    sync = SyncRunner(Client(), SystemClock())
    lock.enter(somebody)
    asyncio.run(wait_and_leave())
    signal_.set()
    lock.leave(somebody)
    sync.run(entering(lock, log, "next"))
    assert log == ["next in", "next out"]


def test_a_task_that_went_with_its_loop_does_not_keep_the_lock() -> None:
    lock, log = Lock(), list[str]()
    sync = SyncRunner(Client(), SystemClock())
    lock.enter(somebody)
    loop = asyncio.new_event_loop()
    task = loop.create_task(AsyncRunner(AsyncClient(), SystemClock()).run(entering(lock, log, "gone")))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()  # nobody cancelled the task
    lock.leave(somebody)
    assert not lock.is_held
    sync.run(entering(lock, log, "next"))
    assert log == ["next in", "next out"]
    with contextlib.suppress(RuntimeError):
        task.get_coro().close()
    assert not lock.is_held


# Signals


def test_a_signal_ends_a_sleep_early_from_another_thread() -> None:
    signal = Signal()
    runner = SyncRunner(Client(), SystemClock())
    threading.Timer(0.01, signal.set).start()
    assert runner.run(sleep(60, signal)) is True
    assert runner.run(sleep(60, signal)) is True
    assert runner.run(sleep(0.001, Signal())) is False


class Interrupted(list[Waiter]):
    """A queue that an operating system's signal comes into the middle of."""

    def append(self, waiter: Waiter, /) -> None:
        signal.raise_signal(signal.SIGUSR1)
        super().append(waiter)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no such signal here")
def test_a_signal_may_be_set_by_a_signal_handler_that_interrupts_whoever_begins_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop = Signal()
    monkeypatch.setattr(stop, "_waiters", Interrupted())
    ended: list[bool] = []

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGUSR1, end), signal.signal(signal.SIGALRM, give_up)
    signal.alarm(5)  # nobody else could end this wait
    try:
        ended.append(SystemClock().sleep(60.0, stop))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGUSR1, before[0])
        signal.signal(signal.SIGALRM, before[1])
    assert ended == [True]


@pytest.mark.anyio
async def test_a_signal_ends_an_async_sleep_early_from_another_thread() -> None:
    signal = Signal()
    runner = AsyncRunner(AsyncClient(), SystemClock())
    threading.Timer(0.01, signal.set).start()
    assert await runner.run(sleep(60, signal)) is True
    assert await runner.run(sleep(0.001, Signal())) is False
    assert await runner.run(sleep(0)) is False


# Shields


def two_steps(entered: anyio.Event, go_on: anyio.Event, log: list[str]) -> Flow[str]:
    yield from invoke(entered.set)
    yield from invoke(go_on.wait)
    log.append("done")
    return "result"


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["task", "scope"])
async def test_a_shielded_flow_runs_to_its_end_though_the_caller_is_cancelled(how: str) -> None:
    runner = AsyncRunner(AsyncClient(), SystemClock())
    entered, go_on, log = anyio.Event(), anyio.Event(), list[str]()
    scope = anyio.CancelScope()

    async def caller() -> None:
        with scope:
            await runner.run(shielded(two_steps(entered, go_on, log)))
            await anyio.lowlevel.checkpoint()
            log.append("the caller went on")

    task = asyncio.create_task(caller())
    await entered.wait()
    for _ in range(3):
        if how == "task":
            task.cancel()
        else:
            scope.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    if how == "task":
        with pytest.raises(asyncio.CancelledError):
            await task
    else:
        await task
    assert log == ["done"]


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)  # the handler runs between two steps of the interpreter


def interrupted(presses: int, log: list[str]) -> Flow[None]:
    for _ in range(presses):
        yield from invoke(press_ctrl_c)
    log.append("done")


def test_ctrl_c_waits_for_the_end_of_a_shielded_flow_and_a_second_one_does_not(runners: Runners) -> None:
    log: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        runners.sync.run(shielded(interrupted(1, log)))
    assert log == ["done"]
    with pytest.raises(KeyboardInterrupt):
        runners.sync.run(shielded(interrupted(2, log)))
    assert log == ["done"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with ThreadPoolExecutor(1) as pool:
        pool.submit(runners.sync.run, shielded(interrupted(0, log))).result()
    assert log == ["done", "done"]


def test_ctrl_c_is_not_lost_in_a_shielded_flow_that_fails(runners: Runners) -> None:
    log: list[str] = []

    def failing() -> Flow[None]:
        yield from invoke(press_ctrl_c)
        raise LookupError

    def stubborn() -> Flow[None]:
        with contextlib.suppress(LookupError):
            yield from shielded(failing())
        log.append("went on")

    with pytest.raises(KeyboardInterrupt):
        runners.sync.run(stubborn())
    assert log == []


def test_a_handler_of_ones_own_is_left_alone(runners: Runners) -> None:
    log: list[str] = []

    def mine(number: int, frame: object) -> None:
        log.append("mine")

    before = signal.signal(signal.SIGINT, mine)
    try:
        runners.sync.run(shielded(interrupted(1, log)))
    finally:
        signal.signal(signal.SIGINT, before)
    assert log == ["mine", "done"]


def test_a_shielded_flow_gives_its_result_and_its_error(runners: Runners) -> None:
    def inner() -> Flow[int]:
        yield from sleep(1)
        return 41

    def failing() -> Flow[int]:
        yield from sleep(1)
        raise LookupError

    def flow() -> Flow[object]:
        try:
            yield from shielded(failing())
        except LookupError:
            return (yield from shielded(inner()))
        return None

    assert runners.both(flow) == 41


def test_nothing_is_left_in_cycles(runners: Runners) -> None:
    class Big:
        pass

    def flow(big: Big) -> Generator[object, object, None]:
        with contextlib.suppress(ZeroDivisionError):
            yield from invoke(lambda: 1 // 0)
        assert big

    big = Big()
    gone = weakref.ref(big)
    gc.disable()
    try:
        runners.sync.run(flow(big))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        del big
        assert gone() is None
    finally:
        gc.enable()
