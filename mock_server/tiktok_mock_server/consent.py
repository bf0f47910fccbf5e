"""The pages of the login: consent, choice of account, error."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import attrs

from . import answers
from .ask import Ask
from .description import node
from .messages import Outbound, form_pairs
from .pages import render
from .rules import authorize
from .rules.authorize import ALWAYS_INCLUDED, Faulty, Wish
from .why import log
from .world import SESSION_COOKIE, Account


@attrs.frozen
class ScopeLine:
    """A line of the consent page."""

    name: str
    text: str
    fixed: bool


def answer_authorize(ask: Ask, body: bytes, *, auto_approve: bool) -> Outbound:
    """Show the page, or send the user back."""
    try:
        wish = authorize.read(ask)
    except Faulty as faulty:
        return _faulty(ask, faulty)
    if ask.inbound.method == "POST":
        return _decided(ask, wish, form_pairs(body.decode("utf-8", "replace")))
    user = _session_user(ask)
    if auto_approve and ask.world.accounts:
        account = ask.world.accounts.get(user) or ask.world.account
        return _granted(ask, wish, account, wish.scopes)
    known = authorize.automatic(ask, wish, user)
    if known is not None:
        return _granted(ask, wish, known, wish.scopes)
    account_ = ask.world.accounts.get(user)
    if account_ is None and len(ask.world.accounts) == 1:
        account_ = ask.world.account
    return _consent(ask, wish, account_) if account_ is not None else _picker(ask, wish, "")


def _decided(ask: Ask, wish: Wish, form: list[tuple[str, str]]) -> Outbound:
    values = dict(form)
    action = values.get("action", "")
    account = ask.world.accounts.get(values.get("account", ""))
    if action == "deny":
        return answers.redirect(authorize.denied(wish), ask.log_id)
    if account is None or action == "switch":
        return _picker(ask, wish, account.username if account is not None else "")
    if action == "pick":
        return _consent(ask, wish, account)
    if action == "allow":
        ticked = {value for name, value in form if name == "scope"} | {ALWAYS_INCLUDED}
        left = tuple(scope for scope in wish.scopes if scope in ticked)
        if not left:
            return answers.redirect(authorize.denied(wish), ask.log_id)
        return _granted(ask, wish, account, left)
    return _consent(ask, wish, account)


def _granted(ask: Ask, wish: Wish, account: Account, scopes: tuple[str, ...]) -> Outbound:
    cookie = f"{SESSION_COOKIE}={quote(account.username)}; Path=/; HttpOnly; SameSite=Lax"
    return answers.redirect(
        authorize.granted(ask, wish, account, scopes), ask.log_id, [("set-cookie", cookie)]
    )


def _session_user(ask: Ask) -> str:
    match = re.search(rf"(?:^|;\s*){SESSION_COOKIE}=([^;]*)", ask.inbound.headers.get("cookie", ""))
    return unquote(match[1]) if match else ""


def _consent(ask: Ask, wish: Wish, account: Account) -> Outbound:
    texts = node("/components/schemas/Scope")["x-values"]
    lines = [ScopeLine(name, texts[name]["description"], name == ALWAYS_INCLUDED) for name in wish.scopes]
    html = render("consent.html", app=wish.app, account=account, scopes=lines, redirect_uri=wish.redirect_uri)
    return answers.page(200, html, ask.log_id)


def _picker(ask: Ask, wish: Wish, chosen: str) -> Outbound:
    accounts = list(ask.world.accounts.values())
    return answers.page(
        200, render("picker.html", app=wish.app, accounts=accounts, chosen=chosen), ask.log_id
    )


def _faulty(ask: Ask, faulty: Faulty) -> Outbound:
    log.info("authorize refused: %s", faulty.explain())
    back = authorize.faulty_back(ask, faulty)
    if back is not None:
        return answers.redirect(back, ask.log_id, faulty.explaining_headers())
    html = render(
        "error.html",
        field=faulty.field,
        code=faulty.code,
        err_code=faulty.err_code,
        log_id=ask.log_id,
        why=faulty,
    )
    return answers.page(200, html, ask.log_id, faulty.explaining_headers())
