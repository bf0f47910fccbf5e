"""Logging in by QR code: the user scans it with TikTok's app, and nothing comes back to a redirect URI.

Source: https://developers.tiktok.com/doc/login-kit-qr-code-authorization
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from tiktok_openapi import Impossible, QrState, QrStatus, UserToken
from tiktok_openapi.operations import oauth
from tiktok_openapi.routes import BY_ID

from ._flow import Flow, invoke, monotonic, sleep
from ._session import Session
from .callback import new_state
from .errors import LoginTimedOut, StateMismatch, unreadable
from .login import Login, exchange

_TICKET = re.compile(r"(?<=[?&]client_ticket=)[^&]*")


def login(
    session: Session, app: Login, show: Callable[[str], object], *, timeout: float, poll: float
) -> Flow[UserToken]:
    """Show a QR code, wait until the user has agreed, and fetch the tokens."""
    if poll <= 0:
        raise Impossible("poll", str(poll), "more than 0 seconds")
    ticket, state = secrets.token_urlsafe(24), new_state()
    begun = yield from session.perform(
        oauth.get_qr_code(client_key=app.client_key, scope=list(app.scopes), state=state)
    )
    yield from invoke(show, _TICKET.sub(ticket, begun.scan_qrcode_url))
    deadline = (yield from monotonic()) + timeout
    while True:
        seen = yield from session.perform(
            oauth.check_qr_code(client_key=app.client_key, client_secret=app.client_secret, token=begun.token)
        )
        if seen.status == QrState.CONFIRMED:
            code, told = _code(seen, ticket, state), (seen.redirect_uri or "").partition("?")[0]
            # Which one goes with such a code is not documented: the one that TikTok names, where it does.
            return (yield from exchange(session, code, told or app.redirect_uri, None))
        if seen.status in (QrState.EXPIRED, QrState.UTILISED):
            raise LoginTimedOut(f"the QR code is {seen.status!s:.20}; show a new one")
        left = deadline - (yield from monotonic())
        if left <= 0:
            raise LoginTimedOut(f"nobody scanned the QR code and agreed within {timeout:g} s")
        yield from sleep(min(poll, left))


def _code(seen: QrStatus, ticket: str, state: str) -> str:
    """The authorization code, out of whichever place it is in."""
    query = parse_qs(urlsplit(seen.redirect_uri or "").query)
    if seen.client_ticket not in (None, ticket):
        raise StateMismatch("the answer to another QR code")
    if (seen.state or query.get("state", [state])[0]) != state:
        raise StateMismatch("another one")
    code = seen.code or query.get("code", [""])[0]
    if not code:
        raise unreadable(BY_ID["checkQrCode"], "$.code", "string", "nothing")
    return code
