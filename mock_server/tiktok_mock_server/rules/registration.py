"""What the portal takes down for an app: redirect URIs, and domains or prefixes to download from."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from ..addresses import is_loopback_uri
from ..rule import rule

REGISTRATION = rule(
    "authorize.registration",
    "Web: https, no query, no fragment. Desktop: http or https, localhost or 127.0.0.1, a port or *. "
    "Under 512 characters, "
    "10 at most.",
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


def registration_problem(uri: str) -> str | None:
    """What keeps a redirect URI from being registered."""
    if len(uri) >= 512:
        return "it has 512 characters or more"
    if "?" in uri or "#" in uri:
        return "it has a query or a fragment"
    if not uri.isprintable() or " " in uri:
        return "it has spaces or control characters"
    with_port = uri.replace(":*", ":1", 1)
    try:
        parts = urlsplit(with_port)
        port = parts.port
    except ValueError:
        return "it cannot be read"
    if not parts.hostname:
        return "it is not absolute"
    if is_loopback_uri(with_port):
        if parts.scheme not in ("http", "https"):
            return "it is neither http nor https"
        return None if port is not None else "it has no port"
    return None if parts.scheme == "https" else "it is not https"


def check_registration(uri: str) -> None:
    """Refuse to register a redirect URI that the portal refuses. Raises ValueError."""
    problem = registration_problem(uri)
    if problem is not None:
        raise ValueError(f"{uri!r} cannot be registered: {problem}. {REGISTRATION.text}")


def check_property(value: str) -> str:
    """A domain or prefix in the form it is kept in. Raises ValueError when it cannot be verified."""
    if "://" not in value:
        domain = value.strip().strip(".").lower()
        if not domain or "/" in domain or " " in domain:
            raise ValueError(
                f"{value!r} is no domain: write example.com, or https://example.com/media/ for a prefix"
            )
        return domain
    parts = urlsplit(value)
    if parts.scheme != "https" or not value.endswith("/") or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is no prefix that TikTok verifies: {PREFIX.text}")
    if _is_ip(parts.hostname or ""):
        raise ValueError(f"{value!r} names an IP address: {PREFIX.text}")
    return value


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
