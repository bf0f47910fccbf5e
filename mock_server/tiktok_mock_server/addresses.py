"""Which addresses are this machine's, and how clients reach them."""

from __future__ import annotations

from collections.abc import Mapping
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


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that keep clients from asking a proxy, which cannot reach it, for this machine."""
    changed: dict[str, str] = {}
    for name in ("NO_PROXY", "no_proxy"):
        listed = environment.get(name) or environment.get(name.swapcase(), "")
        changed[name] = ",".join(filter(None, [listed, "127.0.0.1", "localhost"]))
    return changed
