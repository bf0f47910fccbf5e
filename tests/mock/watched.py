"""`tiktok-mock` under watch: every host that it wants is written down, and refused unless it is this machine.

Run as `python -m tests.mock.watched FILE serve --port 0`."""

from __future__ import annotations

import os
import sys
from typing import cast

from tiktok_mock_server.__main__ import main
from tiktok_mock_server.addresses import is_loopback

ADDRESS_IS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}
"""Events of the interpreter that lead outward, and where in each the address is."""


def watch(file: int) -> None:
    """Write down whom this process asks for, from now on, and let it have only this machine."""

    def hook(event: str, details: tuple[object, ...]) -> None:
        if event not in ADDRESS_IS:
            return
        address = details[ADDRESS_IS[event]]
        host = str(cast("tuple[object, ...]", address)[0] if isinstance(address, tuple) else address)
        os.write(file, f"{event} {host}\n".encode())
        if not is_loopback(host) or host.endswith(".localhost"):  # a resolver may look for those elsewhere
            raise PermissionError(f"{event}: {host} is not this machine")

    sys.addaudithook(hook)


if __name__ == "__main__":
    watch(os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    raise SystemExit(main())
