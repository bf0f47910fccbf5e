"""A request on its way to an answer: what it asks of its door, and what answers it.

An *exchange* is a generator. It yields steps (a piece of the body is wanted, a job is to be done, something
is to be waited for), is sent what came of each, and returns the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Final, Protocol, Union, cast

import attrs

from .messages import READ, Inbound, Outbound, Read, Wait
from .visitors import Origin
from .world import Job, World

Step = Union[Read, Job, Wait]
Exchange = Generator[Step, object, Outbound]

LARGEST_BODY: Final = 4 * 1024 * 1024
"""How many bytes of a form or JSON are read."""


@attrs.define(eq=False)
class Doors:
    """What all worlds behind the same doors have in common."""

    origins: frozenset[Origin] = frozenset()
    """Whose pages may make control calls, besides the mock's own."""
    on_change: Callable[[], None] | None = None
    """Called after an exchange that may have planned something, while somebody waits for that."""
    refuse: Callable[[float], None] | None = None
    """Takes the server's listener off the network for some seconds, while there is one."""
    lock: threading.RLock = attrs.field(factory=threading.RLock)
    """Held by whoever looks at a world or changes it."""


class Answerer(Protocol):
    """An engine, as those see it whom it calls: what stands around an exchange, worlds, and the control API.

    They are below the engine and know nothing of it but this.
    """

    world: World
    name: str
    doors: Doors

    def answer(self, inbound: Inbound) -> Exchange:
        """What the rules say to a request, with nothing planned to go wrong."""
        ...

    def enter(self, inbound: Inbound) -> Exchange:
        """Answer a request in this world."""
        ...

    def passing(self, until: float) -> Generator[Job | Wait, object, None]:
        """Let time pass."""
        ...

    def reset(self) -> None:
        """Begin anew."""
        ...

    def replace(self, world: World) -> None:
        """Go on in another world."""
        ...


def read_body() -> Generator[Step, object, bytes | None]:
    """The whole body; None when it is too long to be read."""
    pieces: list[bytes] = []
    length = 0
    while piece := cast("bytes", (yield READ)):
        length += len(piece)
        if length > LARGEST_BODY:
            return None
        pieces.append(piece)
    return b"".join(pieces)
