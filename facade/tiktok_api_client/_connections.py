"""The clients of the bindings, as the faces hold them. Apart, because they bring httpx along."""

from __future__ import annotations

import contextlib

from tiktok_openapi import AsyncClient, Client

AsyncConnections = AsyncClient  # it cannot close itself: that has to be awaited


class Connections(Client):
    """A client that closes itself when nobody holds it any more: older code never closes one."""

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be going down
            self.close()
