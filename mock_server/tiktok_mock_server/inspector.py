"""The inspector: one page that shows a world and what happened in it, live by polling or as one file."""

from __future__ import annotations

from . import jsonio, views
from .control_call import Call, Route, Routes
from .messages import Outbound
from .worlds import FIRST, PREFIX

_SHOWN = 500
"""How many requests, posts and events are shown; the newest."""


def _state(call: Call, after: int) -> dict[str, object]:
    world = call.world
    entries = world.journal.entries(after=after)[-_SHOWN:]
    posts = list(world.posts.values())[-_SHOWN:]
    return {
        "world": call.engine.name,
        "worlds": [
            {"name": name, "path": "/" if name == FIRST else f"{PREFIX}{name}/"} for name in list(call.worlds)
        ],
        "clock": views.describe_clock(world),
        "accounts": [views.describe_account(one) for one in list(world.accounts.values())[:_SHOWN]],
        "posts": [views.describe_post(post) for post in posts],
        "deliveries": [views.describe_delivery(one) for one in world.deliveries[-_SHOWN:]],
        "faults": [fault.describe() for fault in world.faults],
        "dropped": world.journal.dropped,
        "requests": [entry.describe() for entry in entries],
        "cursor": world.journal.cursor,
    }


def inspect(call: Call) -> object:
    """Everything the page shows; of the requests, those after a cursor."""
    after = call.inbound.parameter("after")
    return _state(call, int(after) if after.isascii() and after.isdigit() else 0)


def _page(kept: object) -> str:
    from .pages import render

    text = jsonio.write(kept).decode().replace("<", "\\u003c")
    return render("inspector.html", kept=_Verbatim(text), shown=_SHOWN)


class _Verbatim(str):
    """JSON inside a script: a template must not escape it."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def page(call: Call) -> object:
    """The page, live."""
    del call
    return Outbound(200, _page(None).encode(), "text/html; charset=utf-8")


def export(call: Call) -> object:
    """The page with what it shows inside, to be opened without the mock."""
    name = f'attachment; filename="tiktok-mock-{call.engine.name}.html"'
    text = _page(_state(call, 0))
    return Outbound(200, text.encode(), "text/html; charset=utf-8", [("content-disposition", name)])


ROUTES: Routes = {
    ("GET", ""): Route(page),
    ("GET", "inspect"): Route(inspect),
    ("GET", "export"): Route(export),
}
