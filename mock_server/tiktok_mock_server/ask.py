"""A request on its way through the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import attrs

from tiktok_openapi._runtime.call import Operation

from .messages import Inbound
from .switches import Switches
from .world import AccessToken, Grant, World


@attrs.define(eq=False)
class Ask:
    """What a rule can look at."""

    world: World
    operation: Operation
    inbound: Inbound
    now: float
    log_id: str
    query: Mapping[str, str]
    """The query; the first value of each name."""
    body: Mapping[str, object] = attrs.field(factory=dict[str, object])
    """The form or JSON object."""
    token: AccessToken | None = None
    """For operations that need one."""

    @property
    def grant(self) -> Grant:
        """Whose call it is. Only operations that need a token may ask."""
        if self.token is None or self.token.grant is None:
            raise LookupError(f"{self.operation.id} needs no token")
        return self.token.grant

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the token allows."""
        return () if self.token is None else self.token.scopes

    @property
    def switches(self) -> Switches:
        """The world's."""
        return self.world.switches

    def text(self, name: str) -> str:
        """A field of the body, if it is text."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def part(self, name: str) -> Mapping[str, object]:
        """An object in the body; empty if there is none."""
        value = self.body.get(name)
        return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
