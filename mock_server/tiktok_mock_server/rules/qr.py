"""Login by QR code."""

from __future__ import annotations

from typing import cast
from urllib.parse import parse_qs, quote, urlsplit

from ..ask import Ask
from ..description import known_scopes
from ..lifecycle import CannotHappen
from ..rule import rule
from ..validate import check_request
from ..why import Refusal, shown
from ..world import Account, QrLogin, World
from .authorize import ALWAYS_INCLUDED
from .oauth import MALFORMED, check_client, check_form

START = rule(
    "qr.start",
    "get_qrcode needs client_key and scope; the client writes its own ticket over `tobefilled` in "
    "scan_qrcode_url.",
    "documented",
    "doc:login-kit-qr-code-authorization",
)
STATUS = rule(
    "qr.status",
    "new, scanned, confirmed (with code and state), then utilised once the code was traded in; or expired.",
    "documented",
    "doc:login-kit-qr-code-authorization",
)
LIFETIME = rule(
    "qr.lifetime", "A QR code can be scanned for three minutes.", "unknown", "", switch="qr_lifetime"
)
TOKEN = rule(
    "qr.token",
    "token is one that get_qrcode gave this app.",
    "documented",
    "doc:login-kit-qr-code-authorization",
)
SCOPES = rule(
    "qr.scope", "Scopes are known and approved for the app.", "documented", "doc:oauth-error-handling"
)


def start(ask: Ask) -> object:
    """Answer getQrCode."""
    app = check_client(ask, needs_secret=False)
    scopes = tuple(cast("list[str]", ask.body.get("scope", [])))
    allowed = known_scopes() if app.scopes is None else app.scopes
    wrong = [scope for scope in scopes if scope not in allowed]
    if wrong:
        got = shown(",".join(wrong))
        raise Refusal(SCOPES, "invalid_scope", pointer="/scope", expected="known, approved scopes", got=got)
    check_form(ask)
    world = ask.world
    login = QrLogin(
        token=f"mockQr{world.ids.text('qr', 32)}",
        app=app,
        scopes=scopes,
        state=ask.text("state") or None,
        expires=ask.now + ask.switches.qr_lifetime,
    )
    world.qr_logins[login.token] = login
    address = (
        f"aweme://authorize?authType=100&client_key={quote(app.client_key)}&client_ticket=tobefilled"
        f"&scope={quote(','.join(scopes))}&token={login.token}"
    )
    return {"scan_qrcode_url": address, "token": login.token}


def check(ask: Ask) -> object:
    """Answer checkQrCode."""
    app = check_client(ask)
    problems = check_request(ask.operation.id, ask.body)
    if problems:
        raise Refusal(
            TOKEN, "invalid_request", MALFORMED, pointer=problems[0].pointer, expected=problems[0].message
        )
    login = ask.world.qr_logins.get(ask.text("token"))
    if login is None or login.app is not app:
        got = "a token of another app" if login is not None else shown(ask.text("token"))
        raise Refusal(
            TOKEN, "invalid_request", MALFORMED, pointer="/token", expected="a token of get_qrcode", got=got
        )
    _age(ask.world, login)
    answer: dict[str, object] = {"client_ticket": login.client_ticket, "status": login.status}
    if login.status == "confirmed":
        answer["code"] = login.code
        if login.state is not None:
            answer["state"] = login.state
    return answer


def _age(world: World, login: QrLogin) -> None:
    if login.status in ("new", "scanned") and login.expires <= world.now():
        login.status = "expired"


# What the user does with the phone


def login_behind(world: World, address_or_token: str) -> QrLogin:
    """The login behind a QR code: its address, with the client's own ticket filled in, or its token."""
    token, ticket = address_or_token, ""
    if "://" in address_or_token:
        values = parse_qs(urlsplit(address_or_token).query)
        token = values.get("token", [""])[0]
        ticket = values.get("client_ticket", [""])[0]
    login = world.qr_logins.get(token)
    if login is None:
        raise CannotHappen("there is no such QR code")
    _age(world, login)
    if ticket:
        login.client_ticket = ticket
    return login


def scan(world: World, address_or_token: str) -> QrLogin:
    """Let a phone scan it."""
    login = login_behind(world, address_or_token)
    if login.status != "new":
        raise CannotHappen(f"this QR code is {login.status}")
    login.status = "scanned"
    return login


def confirm(
    world: World, address_or_token: str, account: Account, scopes: tuple[str, ...] | None = None
) -> QrLogin:
    """Let the user agree on the phone."""
    login = login_behind(world, address_or_token)
    if login.status not in ("new", "scanned"):
        raise CannotHappen(f"this QR code is {login.status}")
    ticked = login.scopes if scopes is None else {*scopes, ALWAYS_INCLUDED}
    agreed = tuple(scope for scope in login.scopes if scope in ticked)
    if not agreed:
        raise CannotHappen(f"who agrees to none of {', '.join(login.scopes)} has declined")
    login.code = world.issue_code(world.grant(login.app, account, agreed), agreed).value
    login.status = "confirmed"
    world.confirmed[login.code] = login
    return login
