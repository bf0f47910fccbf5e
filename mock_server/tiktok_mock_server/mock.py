"""`MockTikTok`: a TikTok for one test, in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from . import headless, scenarios
from .coverage import Coverage
from .engine import Engine
from .faults import FaultPlan
from .jobs import perform, perform_async
from .journal import Journal
from .switches import Switches
from .transport import AsyncTransport, Transport, perform_due
from .world import Account, App, Delivery, Post, World
from .worlds import Recipe

if TYPE_CHECKING:
    import respx
    from starlette.applications import Starlette
    from typing_extensions import Self


class _Signal(Protocol):
    """What wakes a sleeper."""

    @property
    def is_set(self) -> bool:
        """Whether it has happened."""
        ...


class MockClock:
    """The world's clock, as a test turns it. What was planned happens while it moves.

    It is a clock for this project's client, too (`TikTok(…, clock=mock.clock)`): its time is then the
    world's, and time passes instead of being waited for.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> float:
        """Seconds since 1970."""
        return self._engine.world.now()

    @property
    def frozen(self) -> bool:
        """Whether it stands still until it is moved."""
        return self._engine.world.clock.frozen

    def freeze(self) -> None:
        """Stand still from now on."""
        self._engine.world.clock.freeze()

    def resume(self) -> None:
        """Run on from where it stands."""
        self._engine.world.clock.resume()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError(f"time does not run backwards ({seconds} s); `set` the clock instead")
        self.set(self.now() + seconds)

    def set(self, moment: float) -> None:
        """Let it be `moment`, in seconds since 1970. Going back undoes nothing."""
        engine = self._engine
        if moment < self.now():
            engine.world.clock.move_to(moment)
            return
        flow = engine.passing(moment)
        try:
            job = flow.send(None)
            while True:
                job = flow.send(perform(job))
        except StopIteration:
            return

    async def advance_async(self, seconds: float) -> None:
        """`advance`, where events are delivered to a receiver that runs in the same event loop."""
        if seconds < 0:
            raise ValueError(f"time does not run backwards ({seconds} s); `set` the clock instead")
        engine = self._engine
        flow = engine.passing(self.now() + seconds)
        try:
            job = flow.send(None)
            while True:
                job = flow.send(await perform_async(job))
        except StopIteration:
            return

    # As a client's clock

    def monotonic(self) -> float:
        """The same as `now`, to measure how long something took."""
        return self.now()

    def sleep(self, seconds: float, signal: _Signal | None = None) -> bool:
        """Let time pass instead of waiting; True when the signal is set."""
        if signal is None or not signal.is_set:
            self.advance(max(seconds, 0.0))
        return signal is not None and signal.is_set

    async def sleep_async(self, seconds: float, signal: _Signal | None = None) -> bool:
        """`sleep`, after which other tasks have had their turn."""
        if signal is None or not signal.is_set:
            await self.advance_async(max(seconds, 0.0))
            await asyncio.sleep(0)
        return signal is not None and signal.is_set


class MockTikTok:
    """One world and the doors into it.

    ::

        mock = MockTikTok()
        client = httpx.Client(transport=mock.transport(), base_url=mock.url)
        token = mock.authorize()["access_token"]
        mock.clock.advance(60)

    The clock stands still unless `frozen=False`, and the same seed and requests give the same bytes.
    """

    url = "http://tiktok.mock"
    """An address for clients that need one; any other does as well."""

    def __init__(
        self,
        world: World | None = None,
        *,
        seed: str | int = "mock",
        frozen: bool = True,
        switches: Switches | Mapping[str, Any] | None = None,
        auto_approve: bool = False,
        strict: bool = False,
        verified_domains: tuple[str, ...] = (),
        webhook_url: str = "",
        audited: bool = False,
        public: bool = False,
        scenario: str = "",
    ) -> None:
        recipe = Recipe(
            seed=seed,
            scenario=scenario,
            switches=switches,
            audited=audited,
            public=public,
            verified_domains=verified_domains,
            webhook_url=webhook_url,
            frozen=frozen,
        )
        self.engine = Engine(
            world or recipe(),
            auto_approve=auto_approve,
            strict=strict,
            recipe=recipe if world is None else None,
        )
        self.clock = MockClock(self.engine)

    # Worlds

    @property
    def world(self) -> World:
        """Everything that this TikTok knows."""
        return self.engine.world

    def add_world(self, name: str = "", **settings: Any) -> MockTikTok:
        """One more TikTok behind the same doors, under an address of its own: see its `url`."""
        made = MockTikTok.__new__(MockTikTok)
        auto_approve = settings.pop("auto_approve", self.engine.auto_approve)
        strict = settings.pop("strict", self.engine.strict)
        made.engine = self.engine.family().make(name, **settings)
        made.engine.auto_approve, made.engine.strict = auto_approve, strict
        made.clock = MockClock(made.engine)
        made.url = f"{self.url}/_world/{made.engine.name}"
        made.engine.world.coverage = Coverage()
        return made

    def reset(self) -> None:
        """Begin anew: state, clock, faults and journal are as at the start."""
        self.engine.reset()

    def scenario(self, name: str) -> None:
        """Let it be a particular bad day from now on, such as `flaky-uploads`."""
        scenarios.apply(self.world, name)

    def snapshot(self) -> dict[str, object]:
        """Everything but journal and faults, as a small JSON document."""
        from . import snapshot

        with self.engine.alone():
            return snapshot.take(self.world)

    def restore(self, document: object) -> None:
        """Be as when the snapshot was taken."""
        from . import snapshot

        self.engine.replace(snapshot.restore(document))

    def fork(self) -> MockTikTok:
        """One more TikTok, which is now as this one is."""
        from . import snapshot

        document = self.snapshot()
        made = MockTikTok(
            snapshot.restore(document), auto_approve=self.engine.auto_approve, strict=self.engine.strict
        )
        made.engine.recipe = lambda: snapshot.restore(document)
        made.world.coverage = self.world.coverage
        return made

    # Doors

    def transport(self) -> Transport:
        """For `httpx.Client(transport=…)`."""
        return Transport(self.engine)

    def async_transport(self) -> AsyncTransport:
        """For `httpx.AsyncClient(transport=…)`."""
        return AsyncTransport(self.engine)

    def asgi(self) -> Starlette:
        """For an ASGI server, or `httpx.ASGITransport`."""
        from .app import create_app

        return create_app(engine=self.engine)

    def respx_router(self) -> respx.MockRouter:
        """For code that makes its own httpx clients: requests to TikTok's hosts, and to `url`, come here.

        Routes for other hosts can be added; without one, respx raises `AllMockedAssertionError`.
        """
        from .respx_router import router

        return router(self.engine, self.url)

    def __enter__(self) -> Self:
        """Nothing needs to be started; `with` is for symmetry."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget what was uploaded."""
        self.close()

    def close(self) -> None:
        """Forget what was uploaded."""
        with self.engine.alone():
            for upload in self.world.uploads.values():
                upload.spool.delete()

    # Who there is

    @property
    def switches(self) -> Switches:
        """The world's switches; replace them to change how it behaves."""
        return self.world.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self.world.switches = switches

    @property
    def faults(self) -> FaultPlan:
        """What shall go wrong: `mock.faults.plan("initVideoPost", "lost")`."""
        return self.world.faults

    @property
    def journal(self) -> Journal:
        """What was asked and answered."""
        return self.world.journal

    @property
    def coverage(self) -> Coverage:
        """What of the API was met."""
        return self.world.coverage

    @property
    def app(self) -> App:
        """The first app."""
        return self.world.app

    @property
    def account(self) -> Account:
        """The first account."""
        return self.world.account

    def post(self, publish_id: str) -> Post:
        """A post, by its publish_id."""
        found = self.world.posts.get(publish_id)
        if found is None:
            raise KeyError(f"there is no post {publish_id!r} among the {len(self.world.posts)} of this world")
        return found

    # Logging in without a page

    def authorize(
        self, *, scopes: tuple[str, ...] | None = None, account: Account | None = None, app: App | None = None
    ) -> dict[str, object]:
        """A user's tokens, as the token endpoint would answer."""
        with self.engine.alone():
            return headless.token(self.world, app or self.app, account or self.account, scopes)

    def authorize_code(
        self,
        *,
        redirect_uri: str,
        code_challenge: str = "",
        scopes: tuple[str, ...] | None = None,
        account: Account | None = None,
        app: App | None = None,
    ) -> str:
        """An authorization code, decoded, as the callback would bring it."""
        with self.engine.alone():
            return headless.code(
                self.world,
                app or self.app,
                account or self.account,
                scopes,
                redirect_uri=redirect_uri,
                challenge=code_challenge,
            )

    # Events

    def on_event(self, receiver: Callable[[Delivery, dict[str, str]], int] | None) -> None:
        """Let events go to a function: it gets the delivery and its headers and returns a status."""
        self.world.receiver = receiver

    def deliver(self) -> None:
        """Perform what is due now, such as deliveries of events that a lever caused."""
        perform_due(self.engine)
