"""The suite where there is no network but loopback: `make offline`.

`python -m tests.offline [pytest's arguments]` makes a network namespace (Linux; root, or user namespaces),
sees that nobody else can be reached from it, and runs pytest there, but for tests that ask a registry.
"""

from __future__ import annotations

import errno
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence

SHOW_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1
"""Calls of Linux on a network interface: SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP."""
OUTSIDE = ("192.0.2.1", 443)
"""Nobody's address (RFC 5737): silent where there is a network, out of reach at once without one."""


def way_out_of_the_network() -> list[str] | None:
    """The command that runs another without a network; None where that is not allowed."""
    for options in (["--net"], ["--map-root-user", "--net"]):
        command = ["unshare", *options]
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except OSError:
            return None
    return None


def bring_loopback_up() -> None:
    """A new namespace has it, but down."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack("16xH14x", fcntl.ioctl(any_socket, SHOW_FLAGS, name))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", b"lo", flags | UP))


def network_is_gone() -> bool:
    """Whether nobody else can be reached."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(OUTSIDE) == errno.ENETUNREACH


def main(arguments: Sequence[str]) -> int:
    """Run pytest without a network."""
    if arguments[:1] != ["--inside"]:
        unshare = way_out_of_the_network()
        if unshare is None:
            print(
                "make offline: it takes Linux, and root or user namespaces (unshare --net)", file=sys.stderr
            )
            return 1
        return subprocess.run(
            [*unshare, sys.executable, "-m", "tests.offline", "--inside", *arguments]
        ).returncode
    bring_loopback_up()
    if not network_is_gone():
        print("make offline: there is still a network", file=sys.stderr)
        return 1
    print("the network is gone, but for loopback", flush=True)
    pytest = [sys.executable, "-m", "pytest", "-n", "auto", "-m", "not registry"]
    return subprocess.run([*pytest, *arguments[1:]]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
