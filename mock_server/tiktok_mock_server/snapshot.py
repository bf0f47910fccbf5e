"""A world as a small JSON document, and back: to keep a prepared world, or to make many of one.

The journal, the fault plan and who receives events are not part of it: they belong to a test, not to the
world.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

import attrs

from . import lifecycle, webhooks
from .clock import Clock
from .spool import Spool
from .switches import Switches, changed
from .world import (
    AccessToken,
    Account,
    App,
    Attempt,
    Code,
    Delivery,
    Grant,
    Post,
    QrLogin,
    RefreshToken,
    Stage,
    Upload,
    UrlProperty,
    Video,
    World,
)

VERSION: Final = 1
KEY: Final = "tiktok_mock_snapshot"
LARGEST_UPLOAD: Final = 4 * 1024 * 1024


class CannotRestore(ValueError):
    """A document is no snapshot that this version can read."""


class CannotSnapshot(ValueError):
    """A world cannot be written down now."""


_REFERENCES: Final[Mapping[type, Callable[[Any], object]]] = {
    App: lambda app: app.client_key,
    Account: lambda account: account.username,
    Grant: lambda grant: [
        grant.app.client_key,
        grant.open_id,
        *([] if grant.ended is None else [grant.ended]),
    ],
    Post: lambda post: post.publish_id,
    Upload: lambda upload: upload.id,
}
_PARTS: Final = (UrlProperty, Video, Attempt)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, localns={"Spool": Spool})


# Writing


def take(world: World) -> dict[str, object]:
    """The world, as JSON. Raises CannotSnapshot."""
    for post in world.posts.values():
        if post.fetching:
            raise CannotSnapshot(f"{post.publish_id} is being downloaded for real")
    for upload in world.uploads.values():
        if _unfinished(upload) and (upload.spool.kept > LARGEST_UPLOAD or upload.spool.path() is None):
            raise CannotSnapshot(
                f"the upload of {upload.post.publish_id} is under way, and its {upload.received} bytes are "
                f"{'too many' if upload.spool.path() else 'gone: they are kept with check_media only'}"
            )
    return {
        KEY: VERSION,
        "seed": world.ids.seed,
        "counters": dict(world.ids.counters),
        "now": world.now(),
        "frozen": world.clock.frozen,
        "switches": changed(world.switches),
        "webhook_hosts": list(world.webhook_hosts),
        "calls": world.calls,
        "apps": [_fields(app) for app in world.apps.values()],
        "accounts": [_fields(account) for account in world.accounts.values()],
        "grants": [_fields(grant) for grant in world.grants.values()],
        "codes": [_fields(code) for code in world.codes.values()],
        "access_tokens": [_fields(token) for token in world.access_tokens.values()],
        "refresh_tokens": [_fields(token) for token in world.refresh_tokens.values()],
        "qr_logins": [_fields(login) for login in world.qr_logins.values()],
        "posts": [_fields(post) for post in world.posts.values()],
        "uploads": [_fields(upload) for upload in world.uploads.values()],
        "deliveries": [_fields(delivery) for delivery in world.deliveries],
        "windows": [[list(key), list(times)] for key, times in world.windows.items()],
        "drafts": {name: [post.publish_id for post in posts] for name, posts in world.drafts.items()},
        "dns": world.dns,
        "files": world.files,
        "pull_results": world.pull_results,
    }


def _unfinished(upload: Upload) -> bool:
    return bool(upload.spool.kept) and not upload.done and not upload.post.final


def _fields(thing: attrs.AttrsInstance) -> dict[str, object]:
    return {field.name: _written(getattr(thing, field.name)) for field in attrs.fields(type(thing))}


def _written(value: object) -> object:
    reference = _REFERENCES.get(type(value))
    if reference is not None:
        return reference(value)
    if isinstance(value, Spool):
        return _spool(value)
    if isinstance(value, _PARTS):
        return _fields(cast("attrs.AttrsInstance", value))
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, (frozenset, set)):
        return sorted(cast("set[str]", value))
    if isinstance(value, (list, tuple, deque)):
        return [_written(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        return {str(key): _written(one) for key, one in cast("dict[object, object]", value).items()}
    return value


def _spool(spool: Spool) -> object:
    path = spool.path()
    if path is None or not spool.kept:
        return None
    return b64encode(path.read_bytes()[: spool.kept]).decode()


# Reading


def restore(document: object) -> World:
    """A world as it was. Raises CannotRestore."""
    if not isinstance(document, dict) or KEY not in document:
        raise CannotRestore("this is no snapshot of a mock TikTok")
    if document[KEY] != VERSION:
        raise CannotRestore(
            f"this snapshot has version {document[KEY]!r}; this mock reads version {VERSION}: take it anew"
        )
    try:
        return _restored(cast("dict[str, Any]", document))
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise CannotRestore(f"the snapshot is damaged: {error!r}") from error


def _restored(document: dict[str, Any]) -> World:
    hints = get_type_hints(Switches)
    settings = {name: _read(hints[name], value, None) for name, value in document["switches"].items()}
    clock = Clock(start=_read(float, document["now"], None), frozen=_read(bool, document["frozen"], None))
    world = World(
        seed=_read(str, document["seed"], None),
        clock=clock,
        switches=Switches(**settings),
        webhook_hosts=tuple(document["webhook_hosts"]),
    )
    world.ids.counters = _read(dict[str, int], document["counters"], None)
    world.calls = _read(int, document["calls"], None)
    world.apps = {one["client_key"]: _made(App, one, world) for one in document["apps"]}
    world.accounts = {one["username"]: _made(Account, one, world) for one in document["accounts"]}
    for one in document["grants"]:
        grant = _made(Grant, one, world)
        world.grants[(grant.app.client_key, grant.open_id)] = grant
    world.codes.update({one["value"]: _made(Code, one, world) for one in document["codes"]})
    world.access_tokens.update(
        {one["value"]: _made(AccessToken, one, world) for one in document["access_tokens"]}
    )
    world.refresh_tokens.update(
        {one["value"]: _made(RefreshToken, one, world) for one in document["refresh_tokens"]}
    )
    world.qr_logins = {one["token"]: _made(QrLogin, one, world) for one in document["qr_logins"]}
    for login in world.qr_logins.values():
        if login.status == "confirmed" and login.code in world.codes and world.codes[login.code].used:
            login.status = "utilised"  # an earlier version wrote it down only when somebody asked
        elif login.status == "confirmed":
            world.confirmed[login.code] = login
    for one in document["posts"]:
        post = _made(Post, {**one, "upload": None}, world)
        world.posts[post.publish_id] = post
    for one in document["uploads"]:
        _upload(world, one)
    for one in document["deliveries"]:
        world.deliveries.add(_made(Delivery, one, world))
    for (who, bucket), times in document["windows"]:
        world.windows[(who, bucket)] = _read(deque[float], times, None)
    world.drafts = {name: [world.posts[one] for one in posts] for name, posts in document["drafts"].items()}
    world.dns = _read(dict[str, list[str]], document["dns"], None)
    world.files = _read(dict[str, str], document["files"], None)
    world.pull_results = _read(dict[str, str], document["pull_results"], None)
    for post in world.posts.values():
        lifecycle.plan_again(world, post)
    for delivery in world.deliveries:
        webhooks.plan_again(world, delivery)
    return world


def _upload(world: World, written: dict[str, Any]) -> None:
    kept = written["spool"]
    upload = _made(Upload, {**written, "spool": None}, world)
    upload.spool = Spool(on_disk=world.switches.check_media)
    if kept is not None:
        upload.spool.write(b64decode(kept))
        upload.spool.keep()
    upload.post.upload = upload
    world.uploads[upload.id] = upload


def _made(kind: Any, written: dict[str, Any], world: World) -> Any:
    hints: dict[str, Any] = _hints(kind)
    values = {name: _read(hints[name], value, world) for name, value in written.items()}
    return kind(**values)


def _read(hint: Any, value: Any, world: World | None) -> Any:
    origin = get_origin(hint)
    if hint is Any or hint is object:
        return value
    if origin is Literal:
        if value not in get_args(hint):
            raise TypeError(f"{value!r} is none of {', '.join(map(str, get_args(hint)))}")
        return value
    if origin is Union or origin is UnionType:
        if value is None and type(None) in get_args(hint):
            return None
        return _read(next(one for one in get_args(hint) if one is not type(None)), value, world)
    if hint in _PLAIN:
        kinds = (int, float) if hint is float else (hint,)
        if type(value) not in kinds:
            raise TypeError(f"{value!r} is no {hint.__name__}")
        return value
    if world is not None and hint in _FOUND:
        return _FOUND[hint](world, value)
    if hint in _PARTS:
        return _made(hint, value, cast("World", world))
    if hint is bytes:
        return b64decode(value)
    if hint is date:
        return date.fromisoformat(value)
    if hint is Stage:
        return Stage[value]
    if origin is dict:
        if not isinstance(value, dict):
            raise TypeError(f"{value!r} is no object")
        of = get_args(hint)[1]
        return {key: _read(of, one, world) for key, one in cast("dict[str, Any]", value).items()}
    if origin in (list, deque, tuple, frozenset):
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is no list")
        inner = get_args(hint)[0]
        items: list[Any] = [_read(inner, one, world) for one in cast("Any", value)]
        return items if origin is list else cast("Any", origin)(items)
    return value


def _grant(world: World, client_key: str, open_id: str, ended: float | None = None) -> Grant:
    """A connection. One that has ended may have been followed by another of the same user."""
    newest = world.grants[(client_key, open_id)]
    return newest if ended is None else attrs.evolve(newest, ended=_read(float, ended, None))


_PLAIN: Final = (str, int, float, bool)

_FOUND: Final[Mapping[Any, Callable[[World, Any], object]]] = {
    App: lambda world, key: world.apps[key],
    Account: lambda world, key: world.accounts[key],
    Grant: lambda world, key: _grant(world, *key),
    Post: lambda world, key: world.posts[key],
}
