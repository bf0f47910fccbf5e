"""Addresses of pictures that expire, and what is behind them."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from .ask import Ask
from .messages import Inbound, Outbound
from .world import Account, Video, World

PATH = "/_mock/media/"


def _url(ask: Ask, name: str, lifetime: int) -> str:
    """An address that works for `lifetime` seconds, on the host by which the caller reached us."""
    expires = int(ask.now) + lifetime
    signature = ask.world.ids.fixed("picture", f"{name}/{expires}")[:8].hex()
    query = urlencode({"x-expires": expires, "x-signature": signature})
    return f"{ask.inbound.base_url}{PATH}{quote(name)}?{query}"


def avatar_url(ask: Ask, account: Account, lifetime: int, size: str = "") -> str:
    """A user's picture."""
    return _url(ask, f"avatar/{account.username}{size}.svg", lifetime)


def cover_url(ask: Ask, video: Video, lifetime: int) -> str:
    """A video's cover."""
    return _url(ask, f"cover/{video.id}.svg", lifetime)


def issued(world: World, inbound: Inbound) -> bool:
    """Whether an address is one of this world's."""
    name, expires = inbound.path[len(PATH) :], inbound.parameter("x-expires")
    genuine = world.ids.fixed("picture", f"{name}/{expires}")[:8].hex()
    return inbound.path.startswith(PATH) and inbound.parameter("x-signature") == genuine


def serve(world: World, inbound: Inbound) -> Outbound:
    """A picture, while its address works."""
    name = inbound.path[len(PATH) :]
    if not issued(world, inbound) or int(inbound.parameter("x-expires")) <= world.now():
        return Outbound(403, b"", "", [("x-mock-why", "this address was not issued here, or has expired")])
    hue = world.ids.fixed("hue", name)[0]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" fill="hsl({hue},55%,45%)"/>'
        '<circle cx="50" cy="40" r="18" fill="#fff"/>'
        '<path d="M14 96a36 36 0 0 1 72 0z" fill="#fff"/></svg>'
    )
    return Outbound(200, svg.encode(), "image/svg+xml")
