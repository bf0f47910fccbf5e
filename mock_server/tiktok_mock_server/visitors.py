"""Which pages of a browser may call `/_mock/`: the mock's own, and those of listed origins.

Programs are not asked: whoever runs one on this machine can do worse. A page of any site that is open in the
developer's browser is another matter. It reaches this machine directly, or by a name of its own that it lets
point here.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from .messages import Inbound
from .why import shown

_PRIVATE: Final = ("localhost", "local", "internal", "test", "mock")
"""Ends of names that nobody can register."""
_PORTS: Final = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host and port."""


def origin_of(url: str) -> Origin | None:
    """The origin of an address; None where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if not parts.hostname or port is None else (parts.scheme, parts.hostname, port)


def check_origin(text: str) -> Origin:
    """An origin that may be listed. Raises ValueError."""
    found = origin_of(text)
    parts = None if found is None else urlsplit(text)
    if found is None or parts is None or parts.scheme not in _PORTS or parts.path.strip("/") or parts.query:
        raise ValueError(f"{text!r} is no origin: write one such as http://localhost:5173, without a path")
    return found


def problem(inbound: Inbound, listed: frozenset[Origin]) -> str:
    """Why a page may not make this call; empty where it may, and for programs."""
    headers = inbound.headers
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "")
    if not origin and not site and not headers.get("user-agent", "").startswith("Mozilla/"):
        return ""
    # A name is believed only as it came: a page that points its own name here can write X-Forwarded-Host.
    name = (origin_of(f"http://{headers.get('host', '')}") or ("", "", 0))[1]
    if not _cannot_be_registered(name) and all(name != host for _, host, _ in listed):
        return (
            f"a browser called the mock's control API by the name {shown(name)}; {_way_out('http://' + name)}"
        )
    page = origin_of(origin)
    if page in listed or _own(inbound, page, origin, site) or _is_link(inbound):
        return ""
    who = f"a page of {shown(origin)}" if origin else "a page of another origin"
    return f"{who} called the mock's control API; {_way_out(origin or 'ORIGIN')}"


def _way_out(origin: str) -> str:
    return f"only its own pages may, and those of origins it was told of: --allow-origin {origin}"


def _cannot_be_registered(name: str) -> bool:
    """Whether a host is an address, this machine, or a name without dots, such as a container's."""
    if "." not in name or name.rpartition(".")[2] in _PRIVATE:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _own(inbound: Inbound, page: Origin | None, origin: str, site: str) -> bool:
    """Whether the page is one of ours. Newer browsers say so themselves, and no page can say it for them."""
    if site:
        return site in ("same-origin", "none")
    return not origin or (page is not None and page == origin_of(inbound.base_url))


def _is_link(inbound: Inbound) -> bool:
    """Whether somebody follows a link: the page it is on sees nothing of what comes."""
    headers = inbound.headers
    to_a_tab = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return to_a_tab and inbound.method in ("GET", "HEAD")


# What a browser wants to hear before it lets a listed page see an answer


def greeting(inbound: Inbound, listed: frozenset[Origin]) -> list[tuple[str, str]]:
    """Headers for a page of a listed origin."""
    origin = inbound.headers.get("origin", "")
    if not origin or origin_of(origin) not in listed:
        return []
    return [
        ("access-control-allow-origin", origin),
        ("access-control-allow-methods", "GET, POST, DELETE"),
        ("access-control-allow-headers", "*"),
        ("vary", "origin"),
    ]
