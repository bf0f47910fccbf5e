"""Most of `/_mock/`: the clock, and what users, TikTok's moderators and the portal would do."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final, cast

import attrs

from . import headless, lifecycle, views, webhooks
from .control_call import BadRequest, Call, Fields, NotFound, Route, Routes, pick, texts
from .exchange import Step
from .rules import all_rules, pull, qr
from .version import VERSION
from .world import Account, Post


def _health(call: Call) -> object:
    return {"status": "ok", "version": VERSION, "now": call.world.now()}


def _ready(call: Call) -> object:
    return {"ready": bool(call.world.apps and call.world.accounts)}


def _clock(call: Call) -> object:
    return views.describe_clock(call.world)


def _move_clock(call: Call) -> Generator[Step, object, object]:
    """`{"freeze": true}`, `{"resume": true}`, `{"advance": seconds}`, `{"set": seconds since 1970}`."""
    clock = call.world.clock
    if call.body.get("freeze"):
        clock.freeze()
    if "set" in call.body:
        yield from _until(call, call.number("set"))
    if "advance" in call.body:
        seconds = call.number("advance")
        if seconds < 0:
            raise BadRequest("time does not run backwards; set the clock instead")
        yield from _until(call, clock.now() + seconds)
    if call.body.get("resume"):
        clock.resume()
    return views.describe_clock(call.world)


def _until(call: Call, moment: float) -> Generator[Step, object, None]:
    if moment < call.world.now():
        call.world.clock.move_to(moment)
        return
    yield from call.engine.passing(moment)


def _posts(call: Call) -> object:
    return {"posts": [views.describe_post(post) for post in call.world.posts.values()]}


def _post(call: Call) -> object:
    return views.describe_post(call.post())


def _lever(pull_it: Callable[[Call, Post], None], fields: Fields | None = None) -> Route:
    """A call that does something to a post."""

    def act(call: Call) -> object:
        post = call.post()
        pull_it(call, post)
        return views.describe_post(post)

    return Route(act, fields or {})


def _accounts(call: Call) -> object:
    return {"accounts": [views.describe_account(account) for account in call.world.accounts.values()]}


def _add_account(call: Call) -> object:
    name = call.text("username")
    if not name:
        raise BadRequest("username must not be empty")
    if name in call.world.accounts:
        raise lifecycle.CannotHappen(
            f"there is an account {name!r} already; change it with POST /_mock/accounts/{name}"
        )
    account = Account(name)
    described = _changed(call, account)  # refuses what there is not before anybody knows the account
    call.world.add_account(account)
    return {**described, "nickname": account.nickname}


def _change_account(call: Call) -> object:
    return _changed(call, call.account())


def _changed(call: Call, account: Account) -> dict[str, object]:
    """Change all that the body names, or nothing."""
    known = views.describe_account(account)
    changes = {key: value for key, value in call.body.items() if key != "username"}
    for key, value in changes.items():
        if key not in known:
            raise BadRequest(f"an account has no {key!r}; it has {', '.join(known)}")
        if type(value) is not type(known[key]):
            raise BadRequest(f"{key} must be like {known[key]!r}, not {value!r}")
        if isinstance(value, int) and value < 0:
            raise BadRequest(f"{key} must not be negative, but it is {value}")
    for key, value in changes.items():
        setattr(account, key, value)
    return views.describe_account(account)


def _disconnect(call: Call) -> object:
    """Let a user end the connection with an app: `{"reason": 1}`."""
    app, account = call.app(), call.account()
    reason = call.whole("reason", 0, 5, 1)
    grant = call.world.grants.get((app.client_key, call.world.open_id(app, account)))
    if grant is None or grant.ended is not None:
        raise lifecycle.CannotHappen(f"{account.username} and {app.client_key} are not connected")
    lifecycle.end_grant(call.world, grant, reason)
    return {"open_id": grant.open_id, "reason": reason}


def _authorize(call: Call) -> object:
    """The headless shortcut: `{"redirect_uri": …}` gives a code, without it a full token."""
    if "redirect_uri" in call.body:
        return _give_code(call)
    return headless.token(call.world, call.app(), call.account(), call.scopes())


def _give_code(call: Call) -> object:
    """`{"redirect_uri": …}` gives a code."""
    challenge, uri = call.text("code_challenge", ""), call.text("redirect_uri")
    app, account = call.app(), call.account()
    return {
        "code": headless.code(call.world, app, account, call.scopes(), redirect_uri=uri, challenge=challenge)
    }


def _scan(call: Call) -> object:
    return {"status": qr.scan(call.world, call.name).status}


def _confirm(call: Call) -> object:
    account = pick(call.world.accounts, call.text("username", call.world.account.username), "account")
    login = qr.confirm(call.world, call.name, account, call.scopes())
    return {"status": login.status, "code": login.code}


def _add_property(call: Call) -> object:
    """Note a domain or prefix: `{"value": "example.com", "verified": true}`."""
    made = call.world.add_property(call.app(), call.text("value"), verified=call.body.get("verified") is True)
    return {"value": made.value, "record": made.record, "file": made.file_url if made.is_prefix else None}


def _verify_property(call: Call) -> object:
    """Look for the proof, after `records` (TXT by domain) and `files` (texts by URL) were published."""
    world = call.world
    records, files = call.body.get("records", {}), call.body.get("files", {})
    if not isinstance(records, dict) or not isinstance(files, dict):
        raise BadRequest("records and files must be objects")
    published = {
        domain: texts(given, f"records of {domain}")
        for domain, given in cast("dict[str, object]", records).items()
    }
    if not all(isinstance(text, str) for text in cast("dict[str, object]", files).values()):
        raise BadRequest("files must be texts by URL")
    for domain, found in published.items():
        world.dns.setdefault(domain, []).extend(found)
    world.files.update(cast("dict[str, str]", files))
    value = call.text("value")
    owned = next((one for one in call.app().properties if one.value == value), None)
    if owned is None:
        raise NotFound(f"there is no property {value!r}")
    return {"value": owned.value, "verified": pull.verify(world, owned)}


def _deliveries(call: Call) -> object:
    log_ = call.world.deliveries
    return {"deliveries": [views.describe_delivery(one) for one in log_], "dropped": log_.dropped}


def _replay(call: Call) -> object:
    return views.describe_delivery(webhooks.replay(call.world, call.delivery()))


def _ping(call: Call) -> object:
    return views.describe_delivery(webhooks.ping(call.world, call.app()))


def _webhook_url(call: Call) -> object:
    app = call.app()
    app.webhook_url = call.text("url")
    return {"client_key": app.client_key, "url": app.webhook_url}


def _send_event(call: Call) -> object:
    """Send any event: `{"event": "portability.download.ready", "content": {"request_id": 1}}`."""
    content = call.body.get("content", {})
    if not isinstance(content, dict):
        raise BadRequest("content must be an object")
    app, account = call.app(), call.account()
    sent = webhooks.emit(
        call.world,
        app,
        call.text("event"),
        cast("dict[str, object]", content),
        open_id=None if call.body.get("anonymous") is True else call.world.open_id(app, account),
    )
    return views.describe_delivery(sent)


def _rules(call: Call) -> object:
    del call
    return {"rules": [attrs.asdict(one) for one in all_rules()]}


def _fail(call: Call, post: Post) -> None:
    reason = call.text("reason", "internal")
    if not reason:
        raise BadRequest("reason must not be empty; leave it out for internal")
    lifecycle.fail_by_hand(call.world, post, reason)


def _pulls(call: Call) -> object:
    results = call.world.pull_results
    return {"pulls": [{"url": url, "reason": reason} for url, reason in results.items()]}


def _fail_pull(call: Call) -> object:
    """Let what is pulled from an address fail: `{"url": …, "reason": "video_pull_failed"}`."""
    url, reason = call.text("url"), call.text("reason")
    if not url or not reason:
        raise BadRequest("neither url nor reason may be empty")
    call.world.pull_results[url] = reason
    return _pulls(call)


def _clear_pulls(call: Call) -> object:
    call.world.pull_results.clear()
    return _pulls(call)


def _user_posts(call: Call, post: Post) -> None:
    lifecycle.user_posts_draft(call.world, post, call.text("privacy_level", ""), call.text("title", ""))


_LOGIN: Final[Fields] = {"username": str, "client_key": str, "scopes": list}
_CODE: Final[Fields] = {**_LOGIN, "redirect_uri": str, "code_challenge": str}

ROUTES: Final[Routes] = {
    ("GET", "health"): Route(_health),
    ("GET", "ready"): Route(_ready),
    ("GET", "rules"): Route(_rules),
    ("GET", "clock"): Route(_clock),
    ("POST", "clock"): Route(_move_clock, {"freeze": bool, "set": float, "advance": float, "resume": bool}),
    ("GET", "posts"): Route(_posts),
    ("GET", "posts/*"): Route(_post),
    ("POST", "posts/*/read"): Route(_post),
    ("POST", "posts/*/finish"): _lever(lambda call, post: lifecycle.finish(call.world, post)),
    ("POST", "posts/*/fail"): _lever(_fail, {"reason": str}),
    ("POST", "posts/*/hold"): _lever(lambda _, post: lifecycle.hold(post)),
    ("POST", "posts/*/release"): _lever(lambda call, post: lifecycle.release(call.world, post)),
    ("POST", "posts/*/approve"): _lever(
        lambda call, post: lifecycle.moderated(call.world, post, call.world.now())
    ),
    ("POST", "posts/*/reject"): _lever(lambda _, post: lifecycle.reject(post)),
    ("POST", "posts/*/take_down"): _lever(lambda call, post: lifecycle.take_down(call.world, post)),
    ("POST", "posts/*/user_posts"): _lever(_user_posts, {"privacy_level": str, "title": str}),
    ("POST", "posts/*/user_deletes"): _lever(lambda _, post: lifecycle.user_deletes_draft(post)),
    ("GET", "accounts"): Route(_accounts),
    ("POST", "accounts"): Route(_add_account, None),
    ("POST", "accounts/*"): Route(_change_account, None),
    ("POST", "accounts/*/change"): Route(_change_account, None),
    ("POST", "accounts/*/disconnect"): Route(_disconnect, {"client_key": str, "reason": int}),
    ("POST", "authorize"): Route(_authorize, _CODE),
    ("POST", "authorize/code"): Route(_give_code, _CODE),
    ("POST", "qr/*/scan"): Route(_scan),
    ("POST", "qr/*/confirm"): Route(_confirm, {"username": str, "scopes": list}),
    ("POST", "properties"): Route(_add_property, {"value": str, "verified": bool, "client_key": str}),
    ("POST", "properties/verify"): Route(
        _verify_property, {"value": str, "records": dict, "files": dict, "client_key": str}
    ),
    ("GET", "pulls"): Route(_pulls),
    ("POST", "pulls"): Route(_fail_pull, {"url": str, "reason": str}),
    ("DELETE", "pulls"): Route(_clear_pulls),
    ("POST", "pulls/clear"): Route(_clear_pulls),
    ("GET", "deliveries"): Route(_deliveries),
    ("POST", "deliveries/*/replay"): Route(_replay),
    ("POST", "webhook"): Route(_webhook_url, {"url": str, "client_key": str}),
    ("POST", "webhook/ping"): Route(_ping, {"client_key": str}),
    ("POST", "webhook/send"): Route(
        _send_event,
        {"event": str, "content": dict, "anonymous": bool, "client_key": str, "username": str},
    ),
}
