"""Which addresses are this machine's."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_uri(uri: str) -> bool:
    """Whether a redirect URI is a desktop app's."""
    try:
        return urlsplit(uri).hostname in ("localhost", "127.0.0.1")
    except ValueError:
        return False
