"""A control call: what its handler is given, and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import attrs

from .exchange import Answerer
from .messages import Inbound
from .world import Account, App, Delivery, Post, World
from .worlds import Worlds

T = TypeVar("T")

Body = Mapping[str, object]


class BadRequest(ValueError):
    """The control call makes no sense."""


class Failed(Exception):
    """Something was to be checked, and is not so."""


class NotFound(LookupError):
    """There is no such thing."""


@attrs.frozen
class Call:
    """A control call."""

    engine: Answerer
    worlds: Worlds[Any]
    """All that answer at the same doors."""
    inbound: Inbound
    body: Body
    name: str
    """What the path names, for calls on one thing."""

    @property
    def world(self) -> World:
        """The engine's."""
        return self.engine.world

    def text(self, key: str, default: str | None = None) -> str:
        """A text in the body."""
        value = self.body.get(key, default)
        if not isinstance(value, str):
            raise BadRequest(f"{key} must be a text")
        return value

    def number(self, key: str) -> float:
        """A number in the body."""
        value = self.body.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadRequest(f"{key} must be a number")
        return float(value)

    def whole(self, key: str, least: int, most: int, default: int) -> int:
        """A whole number in the body."""
        value = self.body.get(key, default)
        if type(value) is not int or not least <= value <= most:
            raise BadRequest(f"{key} must be a whole number from {least} to {most}, not {value!r}")
        return value

    def scopes(self) -> tuple[str, ...] | None:
        """The scopes in the body, if it names some."""
        value = self.body.get("scopes")
        if value is None:
            return None
        return tuple(texts(value, "scopes"))

    def post(self) -> Post:
        """The post that the path names."""
        return pick(self.world.posts, self.name, "post")

    def account(self) -> Account:
        """The account that path or body names; the first one if neither does."""
        name = self.name or self.text("username", self.world.account.username)
        return pick(self.world.accounts, name, "account")

    def app(self) -> App:
        """The app that the body names; the first one if it does not."""
        return pick(self.world.apps, self.text("client_key", self.world.app.client_key), "app")

    def delivery(self) -> Delivery:
        """The delivery that the path names."""
        return pick({one.id: one for one in self.world.deliveries}, self.name, "delivery")


def texts(value: object, name: str) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in cast("list[object]", value)):
        raise BadRequest(f"{name} must be a list of texts")
    return cast("list[str]", value)


def pick(table: Mapping[str, T], name: str, kind: str) -> T:
    """What has this name. Raises NotFound."""
    if name not in table:
        raise NotFound(f"there is no {kind} {name!r}")
    return table[name]


Handler = Callable[[Call], object]
Fields = Mapping[str, type]


@attrs.frozen
class Route:
    """What answers a call, and what the body of the call may hold."""

    handler: Handler
    fields: Fields | None = attrs.field(factory=dict[str, type])
    """None where the handler sees to it itself."""


Routes = Mapping[tuple[str, str], Route]
"""By method and path below `/_mock/`; a `*` in it is the name of what the call is about."""
