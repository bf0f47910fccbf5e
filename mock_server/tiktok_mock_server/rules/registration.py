"""What the portal takes down for an app: redirect URIs, and domains or prefixes to download from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from tiktok_openapi import limits

from ..addresses import is_loopback_uri
from ..rule import rule

REGISTRATION = rule(
    "authorize.registration",
    "Web: https, no query, no fragment. Desktop: http or https, localhost or 127.0.0.1, a port or *. "
    "Under 512 characters, "
    "10 at most of each kind.",
    "documented",
    "doc:login-kit-web; doc:login-kit-desktop",
)
PREFIX = rule(
    "pull.prefix",
    "A prefix is https://, a host that is no IP address, a path, and a slash at its end; it is "
    "compared as text.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)


_DOMAIN = re.compile(r"[^\s/:@*?#,.]+(\.[^\s/:@*?#,.]+)*")
_WILDCARD = re.compile(r"^([^/]*//[^/]*):\*(?=/|$)")
"""A redirect URI up to a port that is `*`."""


def registration_problem(uri: str) -> str | None:
    """What keeps a redirect URI from being registered."""
    if len(uri) >= limits.REDIRECT_URI_MAX_LENGTH:
        return f"it has {limits.REDIRECT_URI_MAX_LENGTH} characters or more"
    if "?" in uri or "#" in uri:
        return "it has a query or a fragment"
    if not uri.isprintable() or " " in uri:
        return "it has spaces or control characters"
    with_port = _WILDCARD.sub(r"\1:1", uri, count=1)
    try:
        parts = urlsplit(with_port)
        port = parts.port
    except ValueError:
        return "it cannot be read"
    if "*" in parts.netloc or (with_port != uri and not is_loopback_uri(with_port)):
        return "only the port of localhost or 127.0.0.1 can be *"
    if not parts.hostname:
        return "it is not absolute"
    if parts.scheme == "https":
        return None
    if not is_loopback_uri(with_port):
        return "it is not https"
    if parts.scheme != "http":
        return "it is neither http nor https"
    return None if port is not None else "it has no port"


def check_registrations(uris: Sequence[str]) -> None:
    """Refuse to register redirect URIs that the portal refuses. Raises ValueError."""
    for uri in uris:
        problem = registration_problem(uri)
        if problem is not None:
            raise ValueError(f"{uri!r} cannot be registered: {problem}. {REGISTRATION.text}")
    desktop, most = sum(map(is_loopback_uri, uris)), limits.REDIRECT_URIS_MAX_COUNT
    for kind, count in (("desktop", desktop), ("web", len(uris) - desktop)):
        if count > most:
            raise ValueError(f"at most {most} {kind} redirect URIs can be registered, not {count}")


def check_callback_url(url: str) -> None:
    """Refuse an address that no event can go to; an empty one means that none go out. Raises ValueError."""
    if url and not _can_be_called(url):
        raise ValueError(
            f"{url!r} is no address for events: write one such as http://127.0.0.1:8000/webhook, "
            "or nothing for no events"
        )


def _can_be_called(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isprintable() and " " not in url
    return plain and port != 0 and parts.scheme in ("http", "https") and bool(parts.hostname)


def check_host(host: str) -> str:
    """A host that may be called, in the form it is compared in. Raises ValueError for anything else."""
    found = host.strip().lower()
    if not found or any(sign in found for sign in "/@ ") or (found.count(":") == 1):
        raise ValueError(f"{host!r} is no host: write receiver.example.com, without scheme, port and path")
    return found.strip("[]")


def check_property(value: str) -> str:
    """A domain or prefix in the form it is kept in. Raises ValueError when it cannot be verified."""
    if "://" not in value:
        domain = value.strip().strip(".").lower()
        if not _DOMAIN.fullmatch(domain) or _is_ip(domain):
            raise ValueError(
                f"{value!r} is no domain: write example.com, or https://example.com/media/ for a prefix"
            )
        return domain
    try:
        parts = urlsplit(value)
        _ = parts.port  # one that is none is refused
    except ValueError:
        raise ValueError(f"{value!r} cannot be read: {PREFIX.text}") from None
    plain = value.isprintable() and " " not in value
    if parts.scheme != "https" or not value.endswith("/") or parts.query or parts.fragment or not plain:
        raise ValueError(f"{value!r} is no prefix that TikTok verifies: {PREFIX.text}")
    if "@" in parts.netloc:
        raise ValueError(f"{value!r} names a user: {PREFIX.text}")
    host = parts.hostname or ""
    if _is_ip(host):
        raise ValueError(f"{value!r} names an IP address: {PREFIX.text}")
    if not _DOMAIN.fullmatch(host):
        raise ValueError(f"{value!r} names no host: {PREFIX.text}")
    return value


def _is_ip(host: str) -> bool:
    """Whether a host is an address; what ends in a number is one, 127.1 and 2130706433 too."""
    try:
        ip_address(host)
    except ValueError:
        return host.rpartition(".")[2].isdecimal()
    return True
