"""Flows: what a task does, step by step, without saying whether it waits or awaits.

A flow is a generator of *effects*. It is written once; `_drivers` runs it for a sync and for an async caller.
An effect that fails raises inside the flow, so flows use ordinary ``try``/``except``::

    def nickname(session: Session) -> Flow[str]:
        creator = yield from session.ask(lambda token: ops.query_creator_info(access_token=token))
        yield from sleep(1.0)
        return creator.creator_nickname

When the caller goes away (`KeyboardInterrupt`, task cancellation, a closed iterator), that is raised inside
the flow as well, which lets it pass: its ``finally`` blocks run, and must not yield.

A *stream* is a flow that also hands items to its caller while it runs (`emit`).
"""

from __future__ import annotations

import inspect
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Generic, Protocol, TypeVar, Union, cast, overload

import attrs

from tiktok_openapi import Answer, Call
from tiktok_openapi._runtime.fork import renew_after_fork

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


Waiter = Callable[[], bool]
"""Somebody who waits for a lock or a signal. Called, from whatever thread, it goes on; False when it is not
there any more.
"""


class Signal:
    """Something that happens once; set and waited for from threads and from tasks of any event loop.

    It may also be set by a signal handler: ``signal.signal(SIGTERM, lambda *_: stop.set())``.
    """

    def __init__(self) -> None:
        self._renew()
        renew_after_fork(self, Signal._renew)
        self._set = False
        self._waiters: list[Waiter] = []

    def _renew(self) -> None:
        self._mutex = threading.RLock()  # a signal handler may come while this thread has it

    @property
    def is_set(self) -> bool:
        """Whether it has happened."""
        return self._set

    def set(self) -> None:
        """Let it happen, and wake everybody who waits for it."""
        with self._mutex:
            self._set = True
            waiters, self._waiters = self._waiters, []
        for wake in waiters:
            wake()

    def enter(self, waiter: Waiter) -> bool:
        """Queue a waiter; True when there is nothing to wait for. For drivers."""
        with self._mutex:
            if not self._set:
                self._waiters.append(waiter)
            return self._set

    def leave(self, waiter: Waiter) -> None:
        """Take a waiter out of the queue again. For drivers."""
        with self._mutex:
            if waiter in self._waiters:
                self._waiters.remove(waiter)


class Lock:
    """First come, first served, for threads and for tasks of any event loop at once. Not reentrant.

    Whoever wants it for a flow writes `holding`.
    """

    def __init__(self) -> None:
        self._renew()
        renew_after_fork(self, Lock._renew)

    def _renew(self) -> None:
        """Let nobody have it, and nobody wait for it."""
        self._mutex = threading.Lock()
        self._holder: Waiter | None = None
        self._waiters: deque[Waiter] = deque()

    @property
    def is_held(self) -> bool:
        """Whether somebody has it at this moment."""
        return self._holder is not None

    def enter(self, waiter: Waiter) -> bool:
        """Take the lock, or queue a waiter and answer False. For drivers."""
        with self._mutex:
            if self._holder is None:
                self._holder = waiter
            else:
                self._waiters.append(waiter)
            return self._holder is waiter

    def leave(self, waiter: Waiter) -> None:
        """Give up waiting, or hand the lock to whoever has waited longest, and is still there. Never waits;
        may be called at any time.
        """
        while True:
            with self._mutex:
                if waiter is not self._holder:
                    if waiter in self._waiters:
                        self._waiters.remove(waiter)
                    return
                self._holder = self._waiters.popleft() if self._waiters else None
                heir = self._holder
            if heir is None or heir():
                return
            waiter = heir


@attrs.frozen(eq=False)
class Perform:
    """Send a call of the bindings; the result is its `Answer`."""

    call: Call[object]


@attrs.frozen(eq=False)
class Sleep:
    """Wait so many seconds, or until the signal is set; the result is whether it was."""

    seconds: float
    signal: Signal | None = None


@attrs.frozen(eq=False)
class Now:
    """The wall clock, in seconds since 1970."""


@attrs.frozen(eq=False)
class Monotonic:
    """A clock for measuring durations, in seconds."""


@attrs.define(eq=False)
class Acquire:
    """Wait for a lock and take it."""

    lock: Lock
    waiter: Waiter | None = None
    """Who has it then, or waits for it; the driver says so, before it does either."""


@attrs.frozen(eq=False)
class Invoke:
    """Call the user's function on the caller's thread or loop; await what it returns if that is awaitable."""

    function: Callable[[], object]


@attrs.frozen(eq=False)
class Blocking:
    """Call a function that may block: at once for a sync caller, in a worker thread for an async one."""

    function: Callable[[], object]


@attrs.frozen(eq=False)
class Shield:
    """Run a flow to its end, whatever happens to the caller: cancellation waits until it is done."""

    flow: Generator[Step, object, object]


@attrs.frozen(eq=False)
class Emit(Generic[T_co]):
    """Hand an item to the caller of a stream, and go on when the caller asks for the next."""

    item: T_co


Step = Union[Perform, Sleep, Now, Monotonic, Acquire, Invoke, Blocking, Shield]
"""What a flow may yield."""

Flow = Generator[Step, object, T]
"""A task that gives `T`."""

Stream = Generator[Union[Step, Emit[T]], object, None]
"""A task that gives any number of `T`, one after the other."""


class Clock(Protocol):
    """Where a client takes its time from; replaced in tests, so that nothing sleeps."""

    def now(self) -> float:
        """Wall clock, seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def sleep(self, seconds: float, signal: Signal | None) -> bool:
        """Wait; True as soon as the signal is set."""
        ...

    async def sleep_async(self, seconds: float, signal: Signal | None) -> bool:
        """The same, without blocking the event loop."""
        ...


def answer(call: Call[T]) -> Flow[Answer[T]]:
    """Send a call: its result with status, headers and the whole body. Neither paced nor retried."""
    return cast("Answer[T]", (yield Perform(call)))


def perform(call: Call[T]) -> Flow[T]:
    """Send a call: its result. Neither paced nor retried; see `Session.ask` for that."""
    return (yield from answer(call)).value


def sleep(seconds: float, signal: Signal | None = None) -> Flow[bool]:
    """Wait so many seconds; True as soon as `signal` is set, False when the time is over."""
    return cast("bool", (yield Sleep(seconds, signal)))


def now() -> Flow[float]:
    """The wall clock, in seconds since 1970."""
    return cast("float", (yield Now()))


def monotonic() -> Flow[float]:
    """A clock for measuring durations, in seconds."""
    return cast("float", (yield Monotonic()))


def holding(lock: Lock, flow: Flow[T]) -> Flow[T]:
    """Wait for a lock, and run a flow while nobody else has it."""
    step = Acquire(lock)
    try:
        yield step
        return (yield from flow)
    finally:  # Ctrl-C can come when the lock is taken, and nobody knows it yet
        if step.waiter is not None:
            lock.leave(step.waiter)


@overload
def invoke(function: Callable[..., Awaitable[T]], *arguments: object) -> Flow[T]: ...
@overload
def invoke(function: Callable[..., T], *arguments: object) -> Flow[T]: ...
def invoke(function: Callable[..., object], *arguments: object) -> Flow[object]:
    """Call the user's function here and await what it returns if that is awaitable."""
    return (yield Invoke(lambda: function(*arguments)))


def notify(callback: Callable[..., object] | None, *arguments: object) -> Flow[None]:
    """Tell the user's callback something, if there is one; what it returns is of no interest."""
    if callback is not None:
        yield Invoke(lambda: callback(*arguments))


def blocking(function: Callable[..., T], *arguments: object) -> Flow[T]:
    """Call a function that may block (files); in a worker thread when the caller is async."""
    return cast("T", (yield Blocking(lambda: function(*arguments))))


def asked(method: Callable[..., T | Awaitable[T]], *arguments: object, in_memory: bool = False) -> Flow[T]:
    """Call a method of a store, which may block or be async; at once where it is `in_memory`, and neither."""
    if in_memory:
        return cast("T", method(*arguments))
    if inspect.iscoroutinefunction(method):
        return cast("T", (yield from invoke(method, *arguments)))
    result = yield from blocking(method, *arguments)
    if inspect.isawaitable(result):  # a method that is async without saying so
        awaited: T = yield from invoke(lambda: result)
        return awaited
    return result


def shielded(flow: Flow[T]) -> Flow[T]:
    """Run a flow to its end even if the caller is cancelled meanwhile; keep it short."""
    return cast("T", (yield Shield(flow)))


def emit(item: T) -> Stream[T]:
    """Hand an item to the caller of the stream: ``yield from emit(item)``."""
    yield Emit(item)
