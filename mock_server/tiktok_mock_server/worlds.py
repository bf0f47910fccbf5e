"""Many worlds in one process: each with its own state, clock, seed, faults and journal.

A request says which one it means by the header `X-Mock-World`, by the path prefix `/_world/<name>`, or, for
worlds that
have a client key of their own, by that key and by what was issued for it. Everything else is for the first
world.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar, cast

import attrs

from . import media_urls, scenarios, snapshot
from .clock import Clock
from .exchange import Answerer, Exchange
from .messages import READ, Broken, Inbound, Outbound, form_pairs
from .switches import Switches, chosen
from .world import World, default_world

E = TypeVar("E", bound=Answerer)

HEADER: Final = "x-mock-world"
PREFIX: Final = "/_world/"
FIRST: Final = "default"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}", re.ASCII)
_MANY: Final = 1000
"""From how many posts on a world that is thrown away is cleared elsewhere."""


class NoSuchWorld(LookupError):
    """A request means a world that there is not."""


class Worlds(Generic[E]):
    """The worlds of one process; the first one is always there."""

    def __init__(self, first: E, sibling: Callable[[Callable[[], World]], E]) -> None:
        self.first = first
        self._sibling = sibling
        """Makes an engine for one more world."""
        self._engines: dict[str, E] = {FIRST: first}
        self._by_key: dict[str, E] = {}
        self._numbers = itertools.count(1)
        self._touched: set[E] = {first}

    def __iter__(self) -> Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)

    def __getitem__(self, name: str) -> E:
        found = self._engines.get(name)
        if found is None:
            raise NoSuchWorld(f"there is no world {name!r}; make it with POST /_mock/worlds")
        return found

    # Making and dropping

    def make(
        self,
        name: str = "",
        *,
        recipe: Callable[[], World] | None = None,
        client_key: str = "",
        **settings: Any,
    ) -> E:
        """A new world. Raises ValueError when the name or the client key is taken."""
        name = name or f"w{next(self._numbers)}"
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} cannot be the name of a world: letters, digits and . _ ~ - can")
        if name in self._engines:
            raise ValueError(f"there is a world {name!r} already")
        if client_key and (client_key in self._by_key or client_key in self.first.world.apps):
            raise ValueError(f"another world has the client key {client_key!r}")
        if client_key:
            # What is issued must tell which world it is from, also where two have one seed.
            settings["seed"] = f"{settings.get('seed', name)}/{client_key}"
        made = recipe or Recipe(client_key=client_key, **settings)
        engine = self._sibling(made)
        engine.name = name
        engine.world.coverage = self.first.world.coverage
        engine.world.webhook_hosts = self.first.world.webhook_hosts  # who may be called: for all worlds
        self._engines[name] = engine
        if client_key:
            self._by_key[client_key] = engine
        self.touch(engine)
        return engine

    def fork(self, source: str, name: str = "") -> E:
        """A copy of a world, as it is now."""
        document = snapshot.take(self[source].world)
        return self.make(name, recipe=lambda: snapshot.restore(document))

    def drop(self, name: str) -> None:
        """Forget a world."""
        if name == FIRST:
            raise ValueError("the first world stays; reset it")
        engine = self[name]
        del self._engines[name]
        for key in [key for key, one in self._by_key.items() if one is engine]:
            del self._by_key[key]
        self._touched.discard(engine)
        bury(engine.world)

    def tidy(self) -> None:
        """Take a bit of what was thrown away apart."""
        if _graves:
            dig()

    # What is due

    def touch(self, engine: E) -> None:
        """Something may be due in a world."""
        self._touched.add(engine)

    def take_touched(self) -> set[E]:
        """Worlds in which something may be due since this was asked last."""
        touched, self._touched = self._touched, set()
        return touched

    # Choosing

    def exchange(self, inbound: Inbound) -> Exchange:
        """Answer a request in the world that it means."""
        name = inbound.headers.get(HEADER, "")
        if inbound.path.startswith(PREFIX):
            name, inbound = _without_prefix(inbound)
        if name:
            found = self._engines.get(name)
            return self._unknown(name) if found is None else found.enter(inbound)
        if not self._by_key:
            return self.first.enter(inbound)
        return self._by_what_it_holds(inbound)

    def _unknown(self, name: str) -> Exchange:
        yield from ()
        text = f"there is no world {name!r}; make it with POST /_mock/worlds"
        return Outbound(404, text.encode(), "text/plain; charset=utf-8", [("x-mock-why", text)])

    def _by_what_it_holds(self, inbound: Inbound) -> Exchange:
        engine = self._by_query(inbound) or self._by_token(inbound)
        if engine is not None:
            return (yield from engine.enter(inbound))
        if inbound.method != "POST" or inbound.content_type != "application/x-www-form-urlencoded":
            return (yield from self.first.enter(inbound))
        pieces: list[bytes] = []
        length = 0
        while length <= 65536 and (piece := cast("bytes", (yield READ))):
            pieces.append(piece)
            length += len(piece)
        form = dict(form_pairs(b"".join(pieces).decode("utf-8", "replace")))
        chosen = self._by_key.get(form.get("client_key", ""), self.first)
        return (yield from _replaying(chosen.enter(inbound), pieces, ended=length <= 65536))

    def _by_query(self, inbound: Inbound) -> E | None:
        if "client_key=" in inbound.query or "upload_id=" in inbound.query:
            found = self._by_key.get(inbound.parameter("client_key"))
            if found is not None:
                return found
            upload_id = inbound.parameter("upload_id")
            return next((one for one in self._by_key.values() if upload_id in one.world.uploads), None)
        if inbound.path.startswith(media_urls.PATH):
            return next((one for one in self._by_key.values() if media_urls.issued(one.world, inbound)), None)
        return None

    def _by_token(self, inbound: Inbound) -> E | None:
        token = inbound.headers.get("authorization", "").partition(" ")[2].strip()
        if not token:
            return None
        return next((one for one in self._by_key.values() if token in one.world.access_tokens), None)


def _without_prefix(inbound: Inbound) -> tuple[str, Inbound]:
    name, slash, rest = inbound.path[len(PREFIX) :].partition("/")
    before = inbound.headers.get("x-forwarded-prefix", "").rstrip("/")
    # Addresses that are handed out lead back into the same world.
    headers = {**inbound.headers, "x-forwarded-prefix": f"{before}{PREFIX}{name}"}
    return name, attrs.evolve(inbound, path=slash + rest, headers=headers)


def _replaying(inner: Exchange, pieces: list[bytes], *, ended: bool) -> Exchange:
    """Run an exchange on a body of which some was read already."""
    left = deque(pieces)
    value: object = None
    try:
        while True:
            step = inner.send(value)
            if step is READ and left:
                value = left.popleft()
            elif step is READ and ended:
                value = b""
            else:
                value = yield step
    except StopIteration as end:
        return cast("Outbound", end.value)
    except Broken:
        with suppress(Broken, StopIteration):
            inner.throw(Broken())
        raise
    finally:
        inner.close()


@attrs.frozen
class Recipe:
    """How a world is made, and made anew."""

    seed: str | int = "mock"
    client_key: str = ""
    scenario: str = ""
    switches: Switches = attrs.field(default=None, converter=chosen)
    audited: bool = False
    public: bool = False
    verified_domains: tuple[str, ...] = ()
    webhook_url: str = ""
    frozen: bool = True

    def __call__(self) -> World:
        """A fresh world."""
        world = default_world(
            seed=self.seed,
            clock=Clock(frozen=self.frozen),
            switches=self.switches,
            verified_domains=self.verified_domains,
            webhook_url=self.webhook_url,
            audited=self.audited,
            public=self.public,
        )
        if self.client_key:
            (app,) = world.apps.values()
            world.apps = {self.client_key: attrs.evolve(app, client_key=self.client_key)}
        if self.scenario:
            scenarios.apply(world, self.scenario)
        return world


_graves: Final[deque[Any]] = deque()
"""Tables of worlds that were thrown away, to be taken apart bit by bit."""


def bury(world: World) -> None:
    """Throw a world away. A large one is taken apart bit by bit, by whoever asks next: all at once takes its
    time."""
    if len(world.posts) + len(world.accounts) + len(world.journal) >= _MANY:
        _graves.extend(
            (world.uploads, world.posts, world.accounts, world.access_tokens, world.refresh_tokens)
        )
        _graves.extend((world.grants, world.drafts, world.windows, world.codes))
        return
    for upload in world.uploads.values():
        upload.spool.delete()


def dig(pieces: int = 200) -> None:
    """Take a bit of a world apart that was thrown away."""
    while _graves and pieces:
        table = _graves[0]
        while table and pieces:
            pieces -= 1
            table.popitem()
        if not table:
            _graves.popleft()
