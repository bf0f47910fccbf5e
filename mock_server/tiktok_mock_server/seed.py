"""Apps, accounts, videos and tokens from a document: what a test wants to find when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from . import headless, jsonio
from .rules.registration import check_callback_url, check_property, check_registrations
from .world import Account, App, Video, World


class BadSeed(ValueError):
    """A document makes no sense as a seed."""


_SECTIONS = ("apps", "accounts", "tokens")


def _fields(like: attrs.AttrsInstance, *apart_from: str) -> tuple[str, ...]:
    """Names of the fields of something, but for those that a seed cannot set."""
    return tuple(field.name for field in attrs.fields(type(like)) if field.name not in apart_from)


_LIKE_APP = App("key", "secret")
_APP = (*_fields(_LIKE_APP, "properties", "active"), "verified_domains")
_LIKE_ACCOUNT = Account("name")
_ACCOUNT = _fields(_LIKE_ACCOUNT, "post_times")
_LIKE_VIDEO = Video(0, 0.0)
_VIDEO = ("age", *_fields(_LIKE_VIDEO, "id", "created"))
_TOKEN = ("username", "client_key", "scopes")
_NUMBERS = ("active_user_cap", "age")
_OLDEST = 10**9
"""About 31 years, in seconds."""
_LISTS = ("redirect_uris", "scopes", "target_users", "verified_domains")


def read_object(text: bytes) -> dict[str, object] | None:
    """A JSON or YAML document; None where it is no object. Raises BadSeed."""
    try:
        return jsonio.read_object(text)
    except jsonio.NotJson:
        pass
    import yaml

    try:
        document = yaml.safe_load(text)
    except RecursionError:
        raise BadSeed("neither JSON nor YAML: nested too deeply") from None
    except yaml.MarkedYAMLError as error:  # its own text has many lines
        problem = str(error.problem)  # pyright: ignore[reportUnknownMemberType] - half a type in the stubs
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadSeed(f"neither JSON nor YAML: {where}{problem}") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: bytes that are no text, a date that is none
        raise BadSeed(f"neither JSON nor YAML: {str(error).splitlines()[0]}") from None
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
    if unknown := [name for name in given if name not in _SECTIONS]:
        raise BadSeed(f"a seed has no {unknown[0]!r}; it has {', '.join(_SECTIONS)}")
    apps, accounts, tokens = (_list(given, name) for name in _SECTIONS)
    _check(world, apps, accounts, tokens)
    return {
        "apps": [_app(world, one).client_key for one in apps],
        "accounts": [_account(world, one).username for one in accounts],
        "tokens": [_token(world, one) for one in _with_target_users(world, apps, tokens)],
    }


def _list(given: Mapping[str, object], name: str) -> list[dict[str, Any]]:
    found = given.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in cast("list[object]", found)):
        raise BadSeed(f"{name} is a list of objects")
    return cast("list[dict[str, Any]]", found)


# First everything is looked at, so that a document that makes no sense changes nothing


def _check(
    world: World,
    apps: list[dict[str, Any]],
    accounts: list[dict[str, Any]],
    tokens: list[dict[str, Any]],
) -> None:
    keys = {*world.apps, *(_named(one, "client_key", "apps") for one in apps)}
    names = {*world.accounts, *(_named(one, "username", "accounts") for one in accounts)}
    for one in apps:
        _check_fields(one, _APP, "an app", _LIKE_APP)
        check_registrations(one.get("redirect_uris") or ())
        check_callback_url(one.get("webhook_url", ""))
        for domain in one.get("verified_domains", ()):
            check_property(domain)
        for name in one.get("target_users", ()):
            if name not in names:
                raise BadSeed(f"there is no account {name!r}")
    for one in accounts:
        _check_fields(one, _ACCOUNT, "an account", _LIKE_ACCOUNT)
        _app_version(one.get("app_version"))
        for video in _list(one, "videos"):
            _check_fields(video, _VIDEO, "a video", _LIKE_VIDEO)
    for one in tokens:
        _check_fields(one, _TOKEN, "a token", None)
        for field, known, kind in (("client_key", keys, "app"), ("username", names, "account")):
            if field in one and one[field] not in known:
                raise BadSeed(f"there is no {kind} {one[field]!r}")


def _named(given: Mapping[str, Any], name: str, section: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise BadSeed(f"each of {section} has a {name}")
    return value


def _check_fields(given: Mapping[str, Any], known: tuple[str, ...], kind: str, like: object) -> None:
    for name, value in given.items():
        if name not in known:
            raise BadSeed(f"{kind} has no {name!r}; it has {', '.join(known)}")
        if name in ("videos", "app_version"):
            continue
        if name in _LISTS:
            entries = cast("list[object]", value) if isinstance(value, list) else [value]
            if not isinstance(value, list) or not all(isinstance(entry, str) for entry in entries):
                raise BadSeed(f"{name} of {kind} is a list of texts, not {value!r}")
            if name == "scopes":
                headless.check_scopes(tuple(cast("list[str]", value)))
            continue
        wanted = 5 if name in _NUMBERS else getattr(like, name, "text")
        if type(value) is not type(wanted):
            raise BadSeed(f"{name} of {kind} must be like {wanted!r}, not {value!r}")
        if isinstance(value, int) and value < 0:
            raise BadSeed(f"{name} of {kind} must not be negative, but it is {value}")
        if name == "age" and isinstance(value, int) and value > _OLDEST:
            raise BadSeed(f"age of {kind} is in seconds, at most {_OLDEST}, not {value}")


def _app_version(value: object) -> tuple[int, int] | None:
    """`"31.8"`; None for a phone without TikTok's app. Raises BadSeed."""
    if value is None:
        return None
    major, dot, minor = str(value).partition(".")
    if not isinstance(value, str) or not dot or not (major + minor).isdecimal() or not major or not minor:
        raise BadSeed(f"app_version of an account must be like '31.8', or null, not {value!r}")
    return int(major), int(minor)


# Then it is done


def _app(world: World, given: dict[str, Any]) -> App:
    key = given["client_key"]
    app = world.apps.get(key) or world.add_app(App(key, given.get("client_secret", f"{key}_secret")))
    for name, value in given.items():
        if name == "redirect_uris":
            app.redirect_uris = tuple(value)
        elif name == "scopes":
            app.scopes = frozenset(value)
        elif name == "verified_domains":
            for domain in value:
                world.add_property(app, domain, verified=True)
        elif name != "target_users":
            setattr(app, name, value)
    return app


def _account(world: World, given: dict[str, Any]) -> Account:
    name = given["username"]
    account = world.accounts.get(name) or world.add_account(Account(name))
    for field, value in given.items():
        if field == "app_version":
            account.app_version = _app_version(value)
        elif field != "videos":
            setattr(account, field, value)
    for described in _list(given, "videos"):
        video = Video(world.ids.snowflake("post"), world.now() - described.get("age", 0))
        for field, value in described.items():
            if field != "age":
                setattr(video, field, value)
        account.videos.append(video)
    return account


def _with_target_users(
    world: World, apps: list[dict[str, Any]], tokens: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The tokens; a sandbox gets its target users first, since only now all accounts are there."""
    for one in apps:
        for name in one.get("target_users", ()):
            world.add_target_user(world.apps[one["client_key"]], world.accounts[name])
    return tokens


def _token(world: World, given: dict[str, Any]) -> dict[str, object]:
    app = world.apps[given["client_key"]] if "client_key" in given else world.app
    account = world.accounts[given["username"]] if "username" in given else world.account
    scopes = given.get("scopes")
    return headless.token(world, app, account, None if scopes is None else tuple(scopes))
