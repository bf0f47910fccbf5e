"""Apps, accounts, videos and tokens from a document: what a test wants to find when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from . import headless, jsonio
from .world import Account, App, Video, World


class BadSeed(ValueError):
    """A document makes no sense as a seed."""


_SECTIONS = ("apps", "accounts", "tokens")
_APP = ("client_key", "client_secret", "name", "redirect_uris", "scopes", "audited", "webhook_url")
_ACCOUNT = (
    "username",
    "nickname",
    "private",
    "comment_disabled",
    "duet_disabled",
    "stitch_disabled",
    "max_video_seconds",
    "banned",
    "bio",
    "is_verified",
    "follower_count",
    "following_count",
    "likes_count",
)
_VIDEO = tuple(field.name for field in attrs.fields(Video) if field.name not in ("id", "created"))


def read_object(text: bytes) -> dict[str, object] | None:
    """A JSON or YAML document; None where it is no object. Raises BadSeed."""
    try:
        return jsonio.read_object(text)
    except jsonio.NotJson:
        pass
    import yaml

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadSeed(f"neither JSON nor YAML: {error}") from None
    return cast("dict[str, object]", document) if isinstance(document, dict) else None


def sow(world: World, given: Mapping[str, object]) -> dict[str, object]:
    """Put everything of a document into a world; what is there already is changed. Says what came of it.

    ::

        apps:
          - {client_key: my_key, client_secret: my_secret, verified_domains: [media.example.com]}
        accounts:
          - {username: ada, private: false, videos: [{title: First}, {title: Second}]}
        tokens:
          - {username: ada, client_key: my_key, scopes: [user.info.basic]}
    """
    if unknown := given.keys() - set(_SECTIONS):
        raise BadSeed(f"a seed has no {min(unknown)!r}; it has {', '.join(_SECTIONS)}")
    apps = [_app(world, one) for one in _list(given, "apps")]
    accounts = [_account(world, one) for one in _list(given, "accounts")]
    tokens = [_token(world, one) for one in _list(given, "tokens")]
    return {
        "apps": [app.client_key for app in apps],
        "accounts": [account.username for account in accounts],
        "tokens": tokens,
    }


def _list(given: Mapping[str, object], name: str) -> list[dict[str, Any]]:
    found = given.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in cast("list[object]", found)):
        raise BadSeed(f"{name} is a list of objects")
    return cast("list[dict[str, Any]]", found)


def _app(world: World, given: dict[str, Any]) -> App:
    key = _text(given, "client_key", "apps")
    app = world.apps.get(key)
    if app is None:
        app = world.add_app(App(key, str(given.get("client_secret", f"{key}_secret"))))
    domains = given.get("verified_domains", [])
    _set(app, given, _APP, "app", skip=("verified_domains",))
    # Documents know lists only.
    if app.redirect_uris is not None:
        app.redirect_uris = tuple(app.redirect_uris)
    if app.scopes is not None:
        app.scopes = frozenset(app.scopes)
    for domain in domains:
        world.add_property(app, str(domain), verified=True)
    return app


def _account(world: World, given: dict[str, Any]) -> Account:
    name = _text(given, "username", "accounts")
    account = world.accounts.get(name) or world.add_account(Account(name))
    _set(account, given, _ACCOUNT, "account", skip=("videos",))
    for described in _list(given, "videos"):
        video = Video(world.ids.snowflake("post"), world.now())
        _set(video, described, _VIDEO, "video")
        account.videos.append(video)
    return account


def _token(world: World, given: dict[str, Any]) -> dict[str, object]:
    if unknown := given.keys() - {"username", "client_key", "scopes"}:
        raise BadSeed(f"a token has no {min(unknown)!r}")
    try:
        app = world.apps[given.get("client_key", world.app.client_key)]
        account = world.accounts[given.get("username", world.account.username)]
    except KeyError as error:
        raise BadSeed(f"there is no {error}") from None
    scopes = given.get("scopes")
    return headless.token(world, app, account, None if scopes is None else tuple(map(str, scopes)))


def _text(given: Mapping[str, Any], name: str, section: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise BadSeed(f"each of {section} has a {name}")
    return value


def _set(
    thing: object, given: Mapping[str, Any], known: tuple[str, ...], kind: str, *, skip: tuple[str, ...] = ()
) -> None:
    for name, value in given.items():
        if name in skip:
            continue
        if name not in known:
            raise BadSeed(f"an {kind} has no {name!r}; it has {', '.join((*known, *skip))}")
        old = getattr(thing, name)
        if isinstance(old, (bool, int, str)) and type(value) is not type(old):
            raise BadSeed(f"{name} of an {kind} must be like {old!r}")
        setattr(thing, name, value)
