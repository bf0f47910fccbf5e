"""Running flows: `SyncRunner` waits, `AsyncRunner` awaits (asyncio). They know how to do each effect.

asyncio and anyio are imported when something is first awaited: a sync caller pays for neither.
"""

from __future__ import annotations

import inspect
import signal
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from tiktok_openapi import Answer, Call

from ._flow import (
    Acquire,
    Clock,
    Emit,
    Flow,
    Invoke,
    Monotonic,
    Now,
    Perform,
    Shield,
    Signal,
    Sleep,
    Step,
    Stream,
    Waiter,
)
from ._log import quietly

if TYPE_CHECKING:
    import asyncio

    import anyio

T = TypeVar("T")


class Performs(Protocol):
    """What a sync runner needs of the bindings' client."""

    def answer(self, call: Call[T], /) -> Answer[T]:
        """Send a call."""
        ...


class PerformsAsync(Protocol):
    """What an async runner needs of the bindings' client."""

    async def answer(self, call: Call[T], /) -> Answer[T]:
        """Send a call."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        """Wall clock, seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float, signal: Signal | None) -> bool:
        """Wait; True as soon as the signal is set."""
        if signal is None:
            time.sleep(max(seconds, 0.0))
            return False
        waiter, woken = _thread_waiter()
        if signal.enter(waiter):
            return True
        try:
            woken.acquire(timeout=max(seconds, 0.0))
        finally:
            signal.leave(waiter)
        return signal.is_set

    async def sleep_async(self, seconds: float, signal: Signal | None) -> bool:
        """The same, without blocking the event loop."""
        import anyio

        if signal is None:
            await anyio.sleep(max(seconds, 0.0))
            return False
        woken = anyio.Event()
        waiter = _task_waiter(woken)
        if signal.enter(waiter):
            return True
        try:
            with anyio.move_on_after(max(seconds, 0.0)):
                await woken.wait()
        finally:
            signal.leave(waiter)
        return signal.is_set


def _thread_waiter() -> tuple[Waiter, threading.Lock]:
    """A waiter, and the lock that it opens: unlike an `Event`, a signal handler may open it at any moment."""
    woken = threading.Lock()
    woken.acquire()

    def wake() -> bool:
        woken.release()
        return True

    return wake, woken


def _task_waiter(woken: anyio.Event) -> Waiter:
    import asyncio

    loop = asyncio.get_running_loop()

    def wake() -> bool:
        try:
            loop.call_soon_threadsafe(woken.set)
        except RuntimeError:
            if not loop.is_closed():
                raise
            return False  # with its loop, the task is gone
        return True

    return wake


@contextmanager
def _uninterrupted() -> Generator[None, None, None]:
    """Let Ctrl-C wait for the end of the block; a second one does not wait."""
    default = signal.default_int_handler
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not default
    ):
        yield
        return
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            default(number, frame)
        pressed = True

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, default)
        if pressed:
            raise KeyboardInterrupt  # also where the block failed: nobody asks the flow to go on


def _tell(flow: Generator[object, object, object], reason: BaseException) -> None:
    """Raise in a flow what takes its caller away (Ctrl-C, cancellation), so that it can write on that how far
    it was.
    """
    if not isinstance(reason, Exception):
        flow.throw(reason)


class SyncRunner:
    """Carries out the effects of flows on the calling thread. Safe to share between threads."""

    def __init__(self, client: Performs, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def run(self, flow: Flow[T]) -> T:
        """The result of a flow, or what it raised."""
        items: Generator[object, None, object] = self._steps(flow)
        try:
            next(items)
        except StopIteration as done:
            return cast("T", done.value)
        raise TypeError("a flow that emits items is run with `iterate`")

    def iterate(self, stream: Stream[T]) -> Generator[T, None, None]:
        """The items of a stream; closing the iterator closes the stream."""
        yield from self._steps(stream)

    def _steps(self, flow: Generator[Step | Emit[T], object, object]) -> Generator[T, None, object]:
        reply: object = None
        problem: Exception | None = None
        try:
            while True:
                try:
                    step = flow.send(reply) if problem is None else flow.throw(problem)
                except StopIteration as done:
                    return cast("object", done.value)
                reply = problem = None
                if isinstance(step, Emit):
                    yield step.item
                    continue
                try:
                    reply = self._carry_out(step)
                except Exception as error:  # noqa: BLE001 - whatever it is, the flow decides
                    problem = error
        except BaseException as error:
            _tell(flow, error)
            raise
        finally:
            problem = None  # its traceback holds this frame
            flow.close()

    def _carry_out(self, step: Step) -> object:
        if isinstance(step, Perform):
            with quietly():
                return self._client.answer(step.call)
        if isinstance(step, Sleep):
            return self._clock.sleep(step.seconds, step.signal)
        if isinstance(step, Now):
            return self._clock.now()
        if isinstance(step, Monotonic):
            return self._clock.monotonic()
        if isinstance(step, Acquire):
            step.waiter, woken = _thread_waiter()
            if not step.lock.enter(step.waiter):
                woken.acquire()
            return None
        if isinstance(step, Invoke):
            result = step.function()
            if inspect.isawaitable(result):
                if inspect.iscoroutine(result):
                    result.close()
                raise TypeError("an async callback or store needs AsyncTikTok")
            return result
        if isinstance(step, Shield):
            with _uninterrupted():
                return self.run(step.flow)
        return step.function()


class AsyncRunner:
    """Carries out the effects of flows on the running event loop. Safe to share between its tasks."""

    def __init__(self, client: PerformsAsync, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def run(self, flow: Flow[T]) -> T:
        """The result of a flow, or what it raised."""
        reply: object = None
        problem: Exception | None = None
        try:
            while True:
                try:
                    step = flow.send(reply) if problem is None else flow.throw(problem)
                except StopIteration as done:
                    return cast("T", done.value)
                reply = problem = None
                try:
                    reply = await self._carry_out(step)
                except Exception as error:  # noqa: BLE001 - whatever it is, the flow decides
                    problem = error
        except BaseException as error:
            _tell(flow, error)
            raise
        finally:
            problem = None  # its traceback holds this frame
            flow.close()

    async def iterate(self, stream: Stream[T]) -> AsyncGenerator[T, None]:
        """The items of a stream; closing the iterator closes the stream."""
        reply: object = None
        problem: Exception | None = None
        try:
            while True:
                try:
                    step = stream.send(reply) if problem is None else stream.throw(problem)
                except StopIteration:
                    return
                reply = problem = None
                if isinstance(step, Emit):
                    yield step.item
                    continue
                try:
                    reply = await self._carry_out(step)
                except Exception as error:  # noqa: BLE001 - whatever it is, the stream decides
                    problem = error
        except BaseException as error:
            _tell(stream, error)
            raise
        finally:
            problem = None
            stream.close()

    async def _carry_out(self, step: Step) -> object:
        if isinstance(step, Perform):
            with quietly():
                return await self._client.answer(step.call)
        if isinstance(step, Sleep):
            return await self._clock.sleep_async(step.seconds, step.signal)
        if isinstance(step, Now):
            return self._clock.now()
        if isinstance(step, Monotonic):
            return self._clock.monotonic()
        if isinstance(step, Acquire):
            import anyio

            woken = anyio.Event()
            step.waiter = _task_waiter(woken)
            if not step.lock.enter(step.waiter):
                await woken.wait()
            return None
        if isinstance(step, Invoke):
            result = step.function()
            return await cast("Awaitable[object]", result) if inspect.isawaitable(result) else result
        if isinstance(step, Shield):
            return await self._shielded(step.flow)
        import anyio.to_thread

        return await anyio.to_thread.run_sync(step.function)

    async def _shielded(self, flow: Generator[Step, object, object]) -> object:
        import asyncio

        import anyio

        # asyncio's own cancellation knows no scopes: the flow runs in a task that nobody else cancels.
        task = asyncio.create_task(self.run(flow))
        cancelled: asyncio.CancelledError | None = None
        with anyio.CancelScope(shield=True):
            while not task.done():
                try:
                    await asyncio.wait([task])
                except asyncio.CancelledError as error:  # noqa: PERF203 - the wait goes on
                    cancelled = error
        if cancelled is not None:
            if not task.cancelled():
                task.exception()  # the caller is gone; nobody else will look at it
            raise cancelled
        return task.result()
