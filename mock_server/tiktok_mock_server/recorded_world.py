"""Who appears in a recording: the apps, users and videos of a redacted one, as a seed tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast, get_args, get_type_hints
from urllib.parse import urlsplit

import attrs

from tiktok_openapi._runtime.call import Operation
from tiktok_openapi.routes import BY_ID

from .clock import START
from .description import field_scopes, known_scopes
from .engine import needed_scopes
from .headless import DEFAULT_SCOPES
from .switches import Switches
from .world import Video, default_world

Exchange = Mapping[str, object]
"""One of a golden document's."""

_APP: Final = default_world().app
_USER: Final = default_world().account
"""Those that the first app and the first user of a recording take the place of."""

_SCOPE_CODES: Final = frozenset(get_args(get_type_hints(Switches)["missing_field_scope"]))
"""The codes of a call for which a scope is missing."""

_ACCOUNT: Final = {
    "creator_nickname": "nickname",
    "comment_disabled": "comment_disabled",
    "duet_disabled": "duet_disabled",
    "stitch_disabled": "stitch_disabled",
    "max_video_post_duration_sec": "max_video_seconds",
    "display_name": "nickname",
    "bio_description": "bio",
    "is_verified": "is_verified",
    "follower_count": "follower_count",
    "following_count": "following_count",
    "likes_count": "likes_count",
}
"""Fields of the creator info and the profile, and what they are called in a seed."""

_LIKE_VIDEO: Final = Video(0, 0.0)
_VIDEO: Final = {
    "title": "title",
    "video_description": "description",
    "duration": "duration",
    "width": "width",
    "height": "height",
    "like_count": "like_count",
    "comment_count": "comment_count",
    "share_count": "share_count",
    "view_count": "view_count",
    "is_aigc": "is_aigc",
}


def part(value: object, *names: str) -> object:
    """What stands at a place of a JSON value; None where there is nothing."""
    for name in names:
        value = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
    return value


def text(value: object, *names: str) -> str:
    """The text that stands there; empty where there is none."""
    found = part(value, *names)
    return found if isinstance(found, str) else ""


def listed(value: object, *names: str) -> list[object]:
    """The list that stands there; empty where there is none."""
    found = part(value, *names)
    return cast("list[object]", found) if isinstance(found, list) else []


def exchanges(golden: Mapping[str, object]) -> list[Exchange]:
    """Those of a golden document."""
    return cast("list[Exchange]", golden["exchanges"])


def code_of(exchange: Exchange) -> str:
    """TikTok's code of a refusal; empty on success."""
    envelope = BY_ID[text(exchange, "operation")].envelope
    if envelope is None:
        return ""
    code = text(exchange, "answer", "json", *envelope.code)
    return "" if code == envelope.success else code


def from_gateway(exchange: Exchange) -> bool:
    """Whether something in front of TikTok answered, so that nobody knows what TikTok did."""
    return cast("int", part(exchange, "answer", "status")) >= 500


def bearer(exchange: Exchange) -> str:
    """The access token of a call."""
    return text(exchange, "request", "headers", "authorization").partition(" ")[2]


@attrs.define(eq=False)
class User:
    """One who logged in, or whose token was used."""

    names: set[str]
    """Tokens, open ids and usernames by which the user appears."""
    account: dict[str, object] = attrs.field(factory=dict[str, object])
    videos: dict[str, dict[str, object]] = attrs.field(factory=dict[str, "dict[str, object]"])
    """By id, in the order in which they are sown: the oldest first."""


class RecordedWorld:
    """Everybody in a golden document, and what is known of them."""

    def __init__(self, golden: Mapping[str, object]) -> None:
        self.users: list[User] = []
        self.apps: dict[str, dict[str, object]] = {}
        self.scopes: dict[str, tuple[str, ...]] = {}
        """Of an access token."""
        self.secrets: dict[str, str] = {}
        """Client secrets that worked, and the keys that they belong to."""
        self.made: list[tuple[str, User, str]] = []
        """Direct posts that were accepted: app, user, privacy level."""
        self._issued: dict[str, str] = {}
        self._used: dict[str, set[str]] = {}
        self._refused: dict[str, set[str]] = {}
        """Scopes of the calls of a token that were answered, and of those that lacked one."""
        for exchange in exchanges(golden):
            if not from_gateway(exchange):
                self._look_at(exchange)
        unknown = self.apps.pop("", {})
        self._first = next(iter(self.apps), _APP.client_key)
        _widen(self.apps.setdefault(self._first, {}), "verified_domains", _texts(unknown, "verified_domains"))
        self.keys = {
            known: _APP.client_key if number == 0 else known for number, known in enumerate(self.apps)
        }
        """What a client key is called in the seed; the first app is the mock's own."""
        for number, user in enumerate(self.users):
            name = _USER.username if number == 0 else f"{_USER.username}_{number + 1}"
            user.account = {"username": name, **user.account}
            user.videos = dict(
                sorted(user.videos.items(), key=lambda one: -cast("int", one[1].get("age", 0)))
            )

    def user(self, *names: str) -> User:
        """The user who has one of these names; from now on with all of them."""
        wanted = {name for name in names if name}
        known = [user for user in self.users if user.names & wanted]
        found = known[0] if known else User(set())
        for other in known[1:]:  # it turns out that they are one
            found.names |= other.names
            found.account |= other.account
            found.videos |= other.videos
            self.users.remove(other)
        if not known:
            self.users.append(found)
        found.names |= wanted
        return found

    def scopes_of(self, token: str) -> tuple[str, ...]:
        """What a token may do: as it was issued with, or as far as its calls show."""
        refused = self._refused.get(token, set()) - self._used.get(token, set())
        return self.scopes.get(token) or tuple(scope for scope in DEFAULT_SCOPES if scope not in refused)

    def app_of(self, token: str) -> str:
        """The client key that a token was issued to; that of the first app where this is not known."""
        return self._issued.get(token) or self._first

    def seed(self) -> dict[str, object]:
        """The document that `--seed-file` reads."""
        apps = [
            {
                "client_key": key,
                "client_secret": _APP.client_secret if key == _APP.client_key else f"{key}_secret",
                **self.apps[known],
                "audited": any(
                    (app or self._first) == known and _needs_audit(level, user)
                    for app, user, level in self.made
                ),
            }
            for known, key in self.keys.items()
        ]
        accounts = [
            {**user.account, **({"videos": list(user.videos.values())} if user.videos else {})}
            for user in self.users
        ]
        return {"apps": apps, **({"accounts": accounts} if accounts else {})}

    # Looking

    def _look_at(self, exchange: Exchange) -> None:
        operation = BY_ID[text(exchange, "operation")]
        code = code_of(exchange)
        form = part(exchange, "request", "form")
        if operation.envelope is not None and operation.envelope.name == "oauth":
            if not code and text(form, "client_key"):
                self._login(form, part(exchange, "answer", "json"))
            return
        token = bearer(exchange)
        if not token or code == "access_token_invalid":
            return
        user = self.user(token)
        noted = self._refused if code in _SCOPE_CODES else self._used
        noted.setdefault(token, set()).update(_scopes(operation, exchange))
        if code == "spam_risk_user_banned_from_posting":
            user.account["banned"] = True
        if not code:
            self._answered(operation.id, user, exchange, part(exchange, "answer", "json", "data"))

    def _login(self, form: object, answer: object) -> None:
        key = text(form, "client_key")
        app = self.apps.setdefault(key, {})
        scopes = text(answer, "scope") or text(form, "scope")
        if secret := text(form, "client_secret"):
            self.secrets[secret] = key
        granted = tuple(scope for scope in scopes.split(",") if scope in known_scopes())
        _widen(app, "scopes", granted)
        if token := text(answer, "access_token") or text(form, "token"):
            self._issued[token] = key
        if text(answer, "open_id"):
            self.user(
                token, text(answer, "refresh_token"), text(form, "refresh_token"), text(answer, "open_id")
            )
            self.scopes[token] = granted

    def _answered(self, operation: str, user: User, exchange: Exchange, data: object) -> None:
        if operation == "queryCreatorInfo":
            user = self.user(*user.names, text(data, "creator_username"))
            _note(user.account, _USER, _ACCOUNT, data)
            levels = listed(data, "privacy_level_options")
            if len(levels) > 1:
                user.account["private"] = "PUBLIC_TO_EVERYONE" not in levels
        elif operation == "getUserInfo":
            profile = part(data, "user")
            user = self.user(*user.names, text(profile, "open_id"), text(profile, "username"))
            _note(user.account, _USER, _ACCOUNT, profile)
        elif operation in ("listVideos", "queryVideos"):
            for video in listed(data, "videos"):
                self._video(user, video)
        elif operation in ("initVideoPost", "initInboxVideo", "initContent"):
            self._post(user, exchange)

    def _video(self, user: User, video: object) -> None:
        known = user.videos.setdefault(text(video, "id"), {})
        _note(known, _LIKE_VIDEO, _VIDEO, video)
        created = part(video, "create_time")
        if isinstance(created, int):
            known["age"] = max(0, int(START) - created)

    def _post(self, user: User, exchange: Exchange) -> None:
        body = part(exchange, "request", "json")
        key = self._issued.get(bearer(exchange), "")
        level = text(body, "post_info", "privacy_level")
        if level and text(body, "post_mode") != "MEDIA_UPLOAD":
            self.made.append((key, user, level))
            if level == "PUBLIC_TO_EVERYONE":
                user.account["private"] = False
        app = self.apps.setdefault(key, {})
        hosts = {urlsplit(url).hostname or "" for url in _pulled(part(body, "source_info"))}
        _widen(app, "verified_domains", hosts)


def _texts(holder: Mapping[str, object], name: str) -> list[str]:
    return cast("list[str]", holder.get(name, []))


def _widen(app: dict[str, object], name: str, more: Iterable[str]) -> None:
    """Add to a list of an app's."""
    found = sorted({*_texts(app, name), *more})
    if found:
        app[name] = found


def _scopes(operation: Operation, exchange: Exchange) -> Iterator[str]:
    """Those that a call needs, as far as there is no choice between some."""
    body = part(exchange, "request", "json")
    alternatives = needed_scopes(operation, cast("dict[str, object]", body) if isinstance(body, dict) else {})
    if len(alternatives) == 1:
        yield from alternatives[0]
    scopes = field_scopes(operation.id)
    for name in text(exchange, "request", "query", "fields").split(","):
        yield scopes.get(name, "")


def _needs_audit(level: str, user: User) -> bool:
    return level != "SELF_ONLY" or user.account.get("private") is False


def _pulled(source: object) -> Iterator[str]:
    for url in (part(source, "video_url"), *listed(source, "photo_images")):
        if isinstance(url, str):
            yield url


def _note(into: dict[str, object], like: object, names: Mapping[str, str], data: object) -> None:
    """Take over what has the type that a seed wants."""
    for wire, name in names.items():
        value = part(data, wire)
        if type(value) is type(getattr(like, name)) and not (isinstance(value, int) and value < 0):
            into[name] = value
