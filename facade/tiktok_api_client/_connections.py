"""The sync client of the bindings, as `TikTok` holds it. Apart, because it brings httpx along."""

from __future__ import annotations

import contextlib

from tiktok_openapi import Client


class Connections(Client):
    """A client that closes itself when nobody holds it any more: older code never closes one."""

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be going down
            self.close()
