"""Whether the mock answers as TikTok did, and whether TikTok answered as described.

A golden document is told again to a fresh world, at the times of the recording. What a recording knows and
a mock cannot (who agreed, when a post was processed, what moderation said) is taken from it: users are logged
in without a page, and a post is brought to the recorded status before its status is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, cast

import attrs
import httpx

from tiktok_openapi.routes import BY_ID

from . import headless, jsonio, lifecycle, seed
from .clock import START
from .description import Schemas, allows_status, answer_schemas, fields, items, upload_server
from .mock import MockTikTok
from .recorded_world import (
    Exchange,
    RecordedWorld,
    bearer,
    code_of,
    exchanges,
    from_gateway,
    listed,
    part,
    text,
)
from .recording import UPLOAD
from .redaction import PUBLISH_ID, STAND_IN, allowed_words
from .rules import qr
from .rules.status import WIRE
from .switches import Switches, switch_table, with_texts
from .validate import check_response
from .world import Account, App, Post, Stage, default_world

DEFAULTS: Final = ("progress=by_hand", "check_media=false")
"""Switches of the world that is told: posts move on as recorded, and of files only the length is known."""

_REDIRECT: Final = "https://redacted.example.test/callback/"
_PIECE: Final = bytes(1024 * 1024)
_TOLERANCE: Final = 60
"""How many seconds a remaining lifetime may differ; answers are not dated to the second."""
_LONGEST: Final = 120


@attrs.frozen
class Difference:
    """Where an answer of TikTok's is not as expected."""

    exchange: int
    """Its number, from 1."""
    operation: str
    against: str
    """What it was compared with: `description` or `mock`."""
    at: str
    """A JSON pointer into the body, `status`, `body`, or the name of a header."""
    recorded: str
    expected: str
    hint: str = ""
    """The rule by which the mock refused, and the switch of that rule."""


def compare(golden: Mapping[str, object], switches: Sequence[str] = ()) -> list[Difference]:
    """Every difference between the recorded answers, their description, and the mock's.

    `switches` are texts such as `token_profile=legacy`. Raises ValueError where there is no such switch.
    """
    found: list[Difference] = []
    with MockTikTok(
        default_world(seed="golden", switches=with_texts(Switches(), (*DEFAULTS, *switches)))
    ) as mock:
        telling = _Telling(mock, RecordedWorld(golden))
        for number, exchange in enumerate(exchanges(golden), 1):
            name = text(exchange, "operation")
            found += [
                Difference(number, name, "description", at, _short(recorded), _short(expected))
                for at, recorded, expected in judge(exchange)
            ]
            if name == "authorize" or from_gateway(exchange):
                continue
            answer, hint = telling.tell(exchange)
            found += [
                Difference(number, name, "mock", at, _short(recorded), _short(expected), hint)
                for at, recorded, expected in unlike(exchange, answer)
                if at not in telling.unknown
            ]
    return found


def better_switches(golden: Mapping[str, object], switches: Sequence[str]) -> list[tuple[str, int]]:
    """Settings of one more switch each that leave fewer differences, and how many; the fewest first."""
    most = len(compare(golden, switches))
    found: list[tuple[str, int]] = []
    for name, _, values, *_ in switch_table():
        for value in () if values.startswith("a ") else values.split(", "):
            setting = f"{name}={value}"
            if (left := len(compare(golden, (*switches, setting)))) < most:
                found.append((setting, left))
    return sorted(found, key=lambda one: one[1])


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


# Against the description

_Unlike = Iterator["tuple[str, str, str]"]
"""Where, what was recorded, and what was expected."""


def judge(exchange: Exchange) -> _Unlike:
    """Where a recorded answer is not as described."""
    operation = BY_ID[text(exchange, "operation")]
    answer = part(exchange, "answer")
    status = cast("int", part(answer, "status"))
    if not allows_status(operation.id, status):
        yield "status", str(status), "one that is described"
        return
    if operation.envelope is None:
        return
    kind = _kind_of_body(answer)
    if kind != "JSON":
        if not from_gateway(exchange) and not (operation.may_be_empty and kind == "nothing"):
            yield "body", kind, "JSON"
        return
    body = part(answer, "json")
    problems = check_response(operation.id, status, body)
    for problem in problems:
        yield problem.pointer, problem.got, problem.message
    for pointer, kind in _undescribed("", answer_schemas(operation.id), body):
        yield pointer, f"a field with {kind}", "no such field"
    code, pointer = code_of(exchange), "/" + "/".join(operation.envelope.code)
    if code and code not in operation.errors and all(problem.pointer != pointer for problem in problems):
        yield pointer, code, f"a code of {operation.id}"


def _undescribed(pointer: str, schemas: Schemas, value: object) -> Iterator[tuple[str, str]]:
    """Fields that the description does not have, and what they hold."""
    if isinstance(value, dict):
        known = fields(schemas)
        for name, one in cast("dict[str, object]", value).items():
            if name in known:
                yield from _undescribed(f"{pointer}/{name}", known[name], one)
            else:
                yield f"{pointer}/{name}", _kind(one)
    elif isinstance(value, list):
        for number, one in enumerate(cast("list[object]", value)):
            yield from _undescribed(f"{pointer}/{number}", items(schemas), one)


# Against the mock


def unlike(exchange: Exchange, told: object) -> _Unlike:
    """Where the mock answers otherwise than TikTok did: status, code, then the shape of the body."""
    operation = BY_ID[text(exchange, "operation")]
    answer = part(exchange, "answer")
    if part(answer, "status") != part(told, "status"):
        yield "status", str(part(answer, "status")), str(part(told, "status"))
    if operation.id == UPLOAD:
        ours, theirs = (text(one, "headers", "content-range") for one in (answer, told))
        if ours != theirs:
            yield "content-range", ours or "none", theirs or "none"
        return
    kinds = _kind_of_body(answer), _kind_of_body(told)
    if kinds[0] != kinds[1]:
        yield "body", *kinds
        return
    code, other = code_of(exchange), code_of({**exchange, "answer": told})
    if code != other:
        envelope = operation.envelope
        pointer = "/" + "/".join(envelope.code) if envelope is not None else "body"
        yield pointer, code or "no error", other or "no error"
        return
    yield from _unlike("", answer_schemas(operation.id), part(answer, "json"), part(told, "json"))


def _unlike(pointer: str, schemas: Schemas, recorded: object, told: object) -> _Unlike:
    if _kind(recorded) != _kind(told):
        yield pointer, _kind(recorded), _kind(told)
    elif isinstance(recorded, dict):
        ours, theirs = cast("dict[str, object]", recorded), cast("dict[str, object]", told)
        known = fields(schemas)
        for name in (one for one in {**ours, **theirs} if one in known):
            at = f"{pointer}/{name}"
            if name not in theirs:
                yield at, _kind(ours[name]), "absent"
            elif name not in ours:
                yield at, "absent", _kind(theirs[name])
            else:
                yield from _unlike(at, known[name], ours[name], theirs[name])
    elif isinstance(recorded, list):
        lists = cast("list[object]", recorded), cast("list[object]", told)
        yield from _unlike_lists(pointer, items(schemas), *lists)
    elif isinstance(recorded, str):
        words = _meaning(schemas, recorded), _meaning(schemas, str(told))
        if words[0] != words[1]:
            yield pointer, *words
    elif any(schema.get("x-time") == "remaining-seconds" for schema in schemas):
        seconds = cast("float", recorded), cast("float", told)
        if abs(seconds[0] - seconds[1]) > _TOLERANCE:
            yield pointer, f"{seconds[0]} s", f"{seconds[1]} s"


def _unlike_lists(pointer: str, schemas: Schemas, recorded: list[object], told: list[object]) -> _Unlike:
    """How many there are does not matter, but whether there are any; words are compared as a set."""
    if allowed_words(schemas):
        words = sorted(map(str, recorded)), sorted(map(str, told))
        if words[0] != words[1]:
            yield pointer, ",".join(words[0]) or "empty", ",".join(words[1]) or "empty"
    elif bool(recorded) != bool(told):
        yield pointer, "not empty" if recorded else "empty", "not empty" if told else "empty"
    elif recorded:
        yield from _unlike(f"{pointer}/0", schemas, recorded[0], told[0])


def _meaning(schemas: Schemas, value: str) -> str:
    """What of a text is compared: a word of the description's, and what a publish_id begins with."""
    if allowed_words(schemas):
        return value
    found = PUBLISH_ID.fullmatch(value)
    return found[1] if found else ""


def _kind(value: object) -> str:
    """The type of a JSON value."""
    if value is None:
        return "null"
    kinds = ((bool, "true or false"), (str, "text"), (dict, "an object"), (list, "a list"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "a number")


def _kind_of_body(answer: object) -> str:
    holder = cast("dict[str, object]", answer)
    if "json" in holder:
        return "JSON"
    return text(answer, "headers", "content-type") or "no type" if "bytes" in holder else "nothing"


# Telling


class _Telling:
    """A recording, told to a mock. What the mock issues takes the place of what TikTok issued."""

    def __init__(self, mock: MockTikTok, recorded: RecordedWorld) -> None:
        self._mock = mock
        self._recorded = recorded
        self._http = httpx.Client(transport=mock.transport())
        self.unknown: frozenset[str] = frozenset()
        """What cannot be compared in this answer."""
        self._from_before: set[str] = set()
        """Refresh tokens of logins from before the recording, which nobody knows the age of."""
        seed.sow(mock.world, recorded.seed())
        self._known = dict(recorded.keys)
        """From what stands in the recording to what the mock knows it as."""
        for secret, key in recorded.secrets.items():
            self._known[secret] = self._app(key).client_secret
        for user in recorded.users:
            account = mock.world.accounts[text(user.account, "username")]
            ids = (str(video.id) for video in account.videos)
            self._known |= dict(zip(user.videos, ids, strict=True))

    def tell(self, exchange: Exchange) -> tuple[dict[str, object], str]:
        """The mock's answer, in the form of a recorded one, and by which rule it refused."""
        self._mock.clock.set(START + cast("float", part(exchange, "at")))
        self.unknown = frozenset()
        self._prepare(exchange)
        response = self._http.send(self._request(exchange))
        headers = {
            name: response.headers[name].partition(";")[0]
            for name in ("content-type", "content-range")
            if name in response.headers
        }
        answer: dict[str, object] = {"status": response.status_code, "headers": headers}
        try:
            answer["json"] = jsonio.read(response.content)
        except jsonio.NotJson:
            if response.content:
                answer["bytes"] = len(response.content)
        self._learn(part(exchange, "answer", "json"), answer.get("json"))
        told = (response.headers.get(f"x-mock-{name}", "") for name in ("rule", "switch"))
        return answer, ", switch ".join(filter(None, told))

    def _request(self, exchange: Exchange) -> httpx.Request:
        operation = BY_ID[text(exchange, "operation")]
        request = cast("dict[str, object]", part(exchange, "request"))
        headers = dict(cast("dict[str, str]", request.get("headers", {})))
        token = bearer(exchange)
        if token:
            headers["authorization"] = headers["authorization"].replace(token, self._known.get(token, token))
        make = self._http.build_request
        if operation.id == UPLOAD:
            nowhere = f"{upload_server()}{operation.path}?upload_id=0&upload_token=0"
            address = self._known.get(text(request, "upload_url"), nowhere)
            size = cast("int", request["bytes"])
            headers["content-length"] = str(size)
            return make(operation.method, address, headers=headers, content=_zeros(size))
        address = operation.server + operation.path
        params = cast("dict[str, str] | None", self._told(request.get("query")))
        if "form" in request:
            form = cast("dict[str, str]", self._told(request["form"]))
            if "redirect_uri" in form:
                form["redirect_uri"] = _REDIRECT
            return make(operation.method, address, headers=headers, params=params, data=form)
        content = jsonio.write(self._told(request["json"])) if "json" in request else None
        return make(operation.method, address, headers=headers, params=params, content=content)

    def _told(self, value: object) -> object:
        """A part of a request, with what the mock issued in place of what TikTok did."""
        if isinstance(value, dict):
            return {name: self._told(one) for name, one in cast("dict[str, object]", value).items()}
        if isinstance(value, list):
            return [self._told(one) for one in cast("list[object]", value)]
        return self._known.get(value, value) if isinstance(value, str) else value

    def _learn(self, recorded: object, told: object) -> None:
        """Note what the mock issued where TikTok issued something."""
        if isinstance(recorded, dict) and isinstance(told, dict):
            theirs = cast("dict[str, object]", told)
            for name, one in cast("dict[str, object]", recorded).items():
                self._learn(one, theirs.get(name))
        elif isinstance(recorded, list) and isinstance(told, list):
            for one, other in zip(cast("list[object]", recorded), cast("list[object]", told), strict=False):
                self._learn(one, other)
        elif isinstance(recorded, (str, int)) and type(recorded) is type(told):
            name = str(recorded)
            if name not in self._known and (STAND_IN.fullmatch(name) or PUBLISH_ID.fullmatch(name)):
                self._known[name] = str(told)

    # What a mock cannot know

    def _prepare(self, exchange: Exchange) -> None:
        name = text(exchange, "operation")
        token = bearer(exchange)
        if token and token not in self._known and code_of(exchange) != "access_token_invalid":
            self._known[token] = self._log_in(token, self._recorded.scopes_of(token))["access_token"]
        if name == "getToken" and not code_of(exchange):
            self._prepare_login(part(exchange, "request", "form"), part(exchange, "answer", "json"))
        elif name == "checkQrCode":
            self._scan(part(exchange, "request", "form"), part(exchange, "answer", "json"))
        elif name == "fetchStatus":
            post = self._mock.world.posts.get(
                self._known.get(text(exchange, "request", "json", "publish_id"), "")
            )
            if post is not None:
                with suppress(lifecycle.CannotHappen):
                    self._bring(post, part(exchange, "answer", "json", "data"))

    def _prepare_login(self, form: object, answer: object) -> None:
        """Let a code or a refresh token exist that TikTok gave out before, or elsewhere."""
        refresh, code, open_id = text(form, "refresh_token"), text(form, "code"), text(answer, "open_id")
        scopes = self._recorded.scopes_of(text(answer, "access_token"))
        if refresh and refresh not in self._known:
            self._known[refresh] = self._log_in(open_id, scopes)["refresh_token"]
            self._from_before.add(refresh)
        if refresh in self._from_before:
            self._from_before.add(text(answer, "refresh_token"))
            self.unknown = frozenset({"/refresh_expires_in"})
        if code and code not in self._known:
            app = self._app(text(form, "client_key"))
            account = self._account(open_id)
            self._known[code] = headless.code(self._mock.world, app, account, scopes, redirect_uri=_REDIRECT)

    def _log_in(self, name: str, scopes: tuple[str, ...]) -> dict[str, str]:
        app = self._app(self._recorded.app_of(name))
        issued = headless.token(self._mock.world, app, self._account(name), scopes)
        return {field: str(value) for field, value in issued.items()}

    def _account(self, name: str) -> Account:
        user = self._recorded.user(name)
        return self._mock.world.accounts.get(text(user.account, "username")) or self._mock.account

    def _app(self, key: str) -> App:
        return self._mock.world.apps.get(self._known.get(key, key)) or self._mock.app

    def _scan(self, form: object, answer: object) -> None:
        """Let the phone do what it did."""
        world, token, state = (
            self._mock.world,
            self._known.get(text(form, "token"), ""),
            text(answer, "status"),
        )
        with suppress(lifecycle.CannotHappen):
            if state == "scanned":
                qr.scan(world, token)
            elif state == "confirmed":
                qr.confirm(world, token, self._mock.account)

    def _bring(self, post: Post, data: object) -> None:
        """Let a post be where it was when its status was asked for."""
        world, state = self._mock.world, text(data, "status")
        if state == WIRE[Stage.FAILED]:
            lifecycle.fail_by_hand(world, post, text(data, "fail_reason") or "internal")
        elif state in (WIRE[Stage.IN_INBOX], WIRE[Stage.PUBLISHED]):
            while post.stage in (Stage.DOWNLOADING, Stage.PROCESSING):
                lifecycle.step(world, post, world.now())
            if post.stage is Stage.IN_INBOX and state == WIRE[Stage.PUBLISHED]:
                lifecycle.user_posts_draft(world, post)
            if listed(data, "publicaly_available_post_id"):
                lifecycle.moderated(world, post, world.now())


def _zeros(size: int) -> Iterator[bytes]:
    for start in range(0, size, len(_PIECE)):
        yield _PIECE[: size - start]
