"""Whose addresses TikTok downloads from."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..addresses import is_loopback
from ..ask import Ask
from ..rule import Rule, rule
from ..why import Refusal, shown
from ..world import App, UrlProperty, World

HTTPS = rule(
    "pull.https",
    "TikTok downloads over https only; from this machine, when that is allowed, http will do.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
OWNED = rule(
    "pull.ownership",
    "The address lies on a verified domain or below it, or begins with a verified prefix.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
SAMPLE = rule(
    "pull.sample-video",
    "TikTok's public sample video needs no verification.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
REDIRECTS = rule(
    "pull.redirects",
    "A redirect counts as a failed download.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
PROOF = rule(
    "pull.proof",
    "A domain is verified by a DNS TXT record, a prefix also by a file tiktok<token>.txt under it.",
    "observed",
    "team-mirai-volunteer/action-board PRs 2235, 2236; Freespirits/social-auto-engine PRs 19, 21",
)

_SAMPLE_HOST = "sf16-va.tiktokcdn.com"


def check_urls(
    ask: Ask, app: App, urls: tuple[str, ...], pointers: tuple[str, ...], rule_: Rule = OWNED
) -> None:
    """Whether an app may have these downloaded."""
    for url, pointer in zip(urls, pointers, strict=True):
        host = _host(url)
        if _local(ask, host):
            continue
        if host == _SAMPLE_HOST or any(covers(one, url, host) for one in app.properties if one.verified):
            continue
        raise Refusal(
            rule_,
            "url_ownership_unverified",
            pointer=pointer,
            expected=", ".join(one.value for one in app.properties if one.verified)
            or "a verified domain; there is none",
            got=shown(url),
            hint="verify it with --verified-domain, world.add_property, or POST /_mock/properties",
        )


def scheme_problem(ask: Ask, url: str) -> str | None:
    """What is wrong with the form of an address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "an address that cannot be read"
    if not host:
        return "an address without a host"
    if parts.scheme == "https" or (parts.scheme == "http" and _local(ask, host)):
        return None
    return f"scheme {parts.scheme!r}"


def _local(ask: Ask, host: str) -> bool:
    return ask.switches.fetch_media == "loopback" and is_loopback(host)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def covers(owned: UrlProperty, url: str, host: str) -> bool:
    """Whether a domain or prefix covers an address."""
    if owned.is_prefix:
        return url.startswith(owned.value)
    return host == owned.value or host.endswith(f".{owned.value}")


def verify(world: World, owned: UrlProperty) -> bool:
    """Look for the proof, in the world's DNS and on its web."""
    host = _host(owned.value) if owned.is_prefix else owned.value
    records = world.dns.get(host, [])
    file = world.files.get(owned.file_url, "") if owned.is_prefix else ""
    if owned.record in records or file.strip() == owned.record:
        owned.verified = True
    return owned.verified
