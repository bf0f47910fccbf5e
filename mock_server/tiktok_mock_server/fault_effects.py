"""What each kind of fault does to a request, to the world, and to an answer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import cache
from typing import Any, Final, cast

import attrs

from tiktok_openapi._runtime.call import Operation

from . import answers, jsonio, lifecycle
from .description import bundle, fields, items, members
from .exchange import Answerer, Step
from .faults import Fault
from .messages import Ending, Inbound, Outbound, form_pairs
from .rule import rule
from .rules import rate_limits
from .spool import Spool
from .why import Refusal
from .world import AccessToken, Post, Upload, World

ON_PURPOSE: Final = rule(
    "mock.on-purpose",
    "A fault that was planned; this is no rule of TikTok's.",
    "recommended",
    "",
)


@attrs.define(eq=False)
class Meeting:
    """A request and the fault it meets."""

    engine: Answerer
    operation: Operation
    inbound: Inbound
    body: bytes
    """The request's body; empty for an upload."""
    upload: Upload | None
    """The session of an upload."""

    @property
    def world(self) -> World:
        """The engine's."""
        return self.engine.world

    def facts(self) -> Mapping[str, object]:
        """What is in the request."""
        found: dict[str, object] = dict(self.inbound.pairs())
        found |= {name: value for name, value in self.fields().items() if name not in found}
        upload = self.upload
        if upload is not None:
            found["publish_id"] = upload.post.publish_id
            found["chunk"] = upload.chunks
            found["last_chunk"] = upload.chunks == upload.chunk_count - 1
        token = self.token()
        if token is not None and token.grant is not None:
            found.setdefault("username", token.grant.account.username)
            found.setdefault("client_key", token.app.client_key)
        return found

    def fields(self) -> Mapping[str, object]:
        """The body's, be it form or JSON."""
        if not self.body:
            return {}
        if self.inbound.content_type == "application/x-www-form-urlencoded":
            return dict(form_pairs(self.body.decode("utf-8", "replace")))
        try:
            value = jsonio.read(self.body)
        except jsonio.NotJson:
            return {}
        return cast("dict[str, object]", value) if isinstance(value, dict) else {}

    def token(self) -> AccessToken | None:
        """The bearer's."""
        value = self.inbound.headers.get("authorization", "").partition(" ")[2].strip()
        return self.world.access_tokens.get(value)

    def post(self, answer: Outbound | None = None) -> Post | None:
        """The post that is spoken of, in the request or in the answer."""
        if self.upload is not None:
            return self.upload.post
        name = self.fields().get("publish_id")
        if name is None and answer is not None and answer.body.startswith(b"{"):
            name = _part(jsonio.read(answer.body), "data", "publish_id")
        return self.world.posts.get(name) if isinstance(name, str) else None


def _part(value: object, *path: str) -> object:
    for name in path:
        value = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
    return value


# Before the rules


def _token_expired(meeting: Meeting, _: Fault) -> None:
    token = meeting.token()
    if token is not None:
        token.expires = min(token.expires, meeting.world.now())


def _refresh_race(meeting: Meeting, _: Fault) -> None:
    token = meeting.world.refresh_tokens.get(str(meeting.fields().get("refresh_token")))
    if token is not None:
        token.replaced = meeting.world.now() - meeting.world.switches.refresh_grace - 1


def _scope_withdrawn(meeting: Meeting, fault: Fault) -> None:
    token = meeting.token()
    if token is None:
        return
    named = fault.detail("scope")
    gone = {str(named)} if named else {scope for needed in meeting.operation.scopes for scope in needed}
    token.scopes = tuple(scope for scope in token.scopes if scope not in gone)
    if token.grant is not None:
        token.grant.scopes = tuple(scope for scope in token.grant.scopes if scope not in gone)


def _grant_revoked(meeting: Meeting, fault: Fault) -> None:
    token = meeting.token()
    grant = token.grant if token is not None else None
    if grant is None:
        refresh = meeting.world.refresh_tokens.get(str(meeting.fields().get("refresh_token")))
        grant = refresh.grant if refresh is not None else None
    if grant is not None:
        lifecycle.end_grant(meeting.world, grant, int(fault.number_of("reason")))


def _rate_limited(meeting: Meeting, _: Fault) -> None:
    token, limit = meeting.token(), meeting.operation.rate_limit
    if token is None or limit is None:
        return
    world = meeting.world
    allowed, calls = rate_limits.window(world, meeting.operation, limit, token)[1:]
    calls.extend([world.now()] * max(0, allowed - len(calls)))


def _chunk_forgotten(meeting: Meeting, _: Fault) -> None:
    upload = meeting.upload
    if upload is not None and not upload.done:
        _forget(upload, meeting.world)


def _forget(upload: Upload, world: World) -> None:
    upload.spool.delete()
    upload.spool = Spool(on_disk=world.switches.check_media)
    upload.received = upload.chunks = 0
    upload.turn += 1


def _session_expired(meeting: Meeting, _: Fault) -> None:
    upload = meeting.upload
    if upload is not None:
        upload.expires = min(upload.expires, meeting.world.now())


BEFORE: Final[Mapping[str, Callable[[Meeting, Fault], None]]] = {
    "token_expired": _token_expired,
    "refresh_race": _refresh_race,
    "scope_withdrawn": _scope_withdrawn,
    "grant_revoked": _grant_revoked,
    "rate_limited": _rate_limited,
    "chunk_forgotten": _chunk_forgotten,
    "session_expired": _session_expired,
}


# In place of an answer


def _answer_with(fault: Fault) -> Outbound:
    return Outbound(502, ending=Ending(cast("Any", fault.kind)))


def _error(meeting: Meeting, fault: Fault) -> Outbound:
    world = meeting.world
    status, message = cast("int | None", fault.detail("status")), fault.detail("message")
    refusal = Refusal(
        ON_PURPOSE, fault.text_of("code"), None if message is None else str(message), status=status
    )
    return answers.refused(meeting.operation, refusal, world.ids.log_id(world.now()), world.switches)


def _gateway(meeting: Meeting, fault: Fault) -> Outbound:
    world = meeting.world
    answer = answers.edge_page(int(fault.number_of("status")), world.ids.log_id(world.now()))
    if fault.detail("body") == "empty" or answer.status in (204, 205, 304):
        answer.body, answer.content_type = b"", ""
    return answer


def instead(meeting: Meeting, fault: Fault) -> Outbound:
    """What is answered in place of the rules."""
    if fault.kind == "error":
        return _error(meeting, fault)
    if fault.kind == "gateway":
        return _gateway(meeting, fault)
    if fault.kind == "early_answer":
        return Outbound(int(fault.number_of("status")), close=True)
    return _answer_with(fault)


def lost(meeting: Meeting, fault: Fault) -> Outbound:
    """What arrives of an answer that is lost."""
    how = fault.text_of("how")
    if how == "gateway":
        return answers.edge_page(502, meeting.world.ids.log_id(meeting.world.now()))
    return Outbound(502, ending=Ending(cast("Any", how)))


# After the rules


def _cut(_: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    keep = fault.detail("keep")
    answer.ending = Ending("cut", keep=_kept(answer, keep))
    if not answer.body:
        answer.ending = Ending("close")
    return answer


def _kept(answer: Outbound, keep: object) -> int:
    half = len(answer.body) // 2
    return half if not isinstance(keep, int) else min(keep, max(len(answer.body) - 1, 0))


def _malformed(_: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    answer.body = answer.body[: _kept(answer, fault.detail("keep"))] if answer.body else b'{"data":'
    answer.content_type = answer.content_type or answers.JSON
    return answer


def _latency(_: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    answer.ending = Ending(seconds=fault.number_of("seconds"), real=fault.detail("real") is True)
    return answer


def _slow_body(_: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    answer.ending = Ending(
        seconds=fault.number_of("seconds"),
        pieces=max(1, int(fault.number_of("pieces"))),
        real=fault.detail("real") is True,
    )
    return answer


def _changed(answer: Outbound, change: Callable[[dict[str, object]], None]) -> Outbound:
    if answer.body.startswith(b"{"):
        value = cast("dict[str, object]", jsonio.read(answer.body))
        change(value)
        answer.body = jsonio.write(value)
    return answer


def _payload(meeting: Meeting, value: dict[str, object]) -> dict[str, object]:
    envelope = meeting.operation.envelope
    inner = _part(value, *(envelope.payload if envelope is not None else ()))
    return cast("dict[str, object]", inner) if isinstance(inner, dict) else value


def _new_field(meeting: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    def change(value: dict[str, object]) -> None:
        _payload(meeting, value)[fault.text_of("name")] = fault.detail("value")

    return _changed(answer, change)


@cache
def open_enums() -> frozenset[str]:
    """Names of properties whose value, or whose items, are an open enum."""
    return frozenset(
        name
        for schema in bundle()["components"]["schemas"].values()
        for name, described in fields(members(schema)).items()
        if name != "code" and any(one.get("x-open-enum") for one in (*described, *items(described)))
    )


def _new_enum_value(meeting: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    def change(value: dict[str, object]) -> None:
        payload = _payload(meeting, value)
        for name in open_enums() & payload.keys():
            old = payload[name]
            payload[name] = [*old, fault.detail("value")] if isinstance(old, list) else fault.detail("value")

    return _changed(answer, change)


def _as_text(value: object) -> object:
    if isinstance(value, dict):
        return {name: _as_text(one) for name, one in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_as_text(one) for one in cast("list[object]", value)]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _number_as_text(meeting: Meeting, _: Fault, answer: Outbound) -> Outbound:
    def change(value: dict[str, object]) -> None:
        payload = _payload(meeting, value)
        payload.update(cast("dict[str, object]", _as_text(dict(payload))))

    return _changed(answer, change)


def _new_status(meeting: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    def change(value: dict[str, object]) -> None:
        payload = _payload(meeting, value)
        if "status" in payload:
            payload["status"] = fault.detail("value")

    return _changed(answer, change)


def _chunk_repeated(meeting: Meeting, _: Fault, answer: Outbound) -> Outbound:
    upload = meeting.upload
    if upload is None or answer.status not in (201, 206):
        return answer
    key = (upload.id, meeting.inbound.headers.get("content-range", ""))
    meeting.world.faults.repeats[key] = (answer.status, dict(answer.headers)["content-range"])
    return answers.edge_page(502, meeting.world.ids.log_id(meeting.world.now()))


def _hold(meeting: Meeting, _: Fault, answer: Outbound) -> Outbound:
    post = meeting.post(answer)
    if post is not None:
        lifecycle.hold(post)
    return answer


def _fails_late(meeting: Meeting, fault: Fault, answer: Outbound) -> Outbound:
    post = meeting.post(answer)
    if post is not None:
        post.verdict = fault.text_of("reason")
    return answer


AFTER: Final[Mapping[str, Callable[[Meeting, Fault, Outbound], Outbound]]] = {
    "lost": lambda meeting, fault, _: lost(meeting, fault),
    "cut": _cut,
    "malformed": _malformed,
    "latency": _latency,
    "slow_body": _slow_body,
    "new_field": _new_field,
    "new_enum_value": _new_enum_value,
    "number_as_text": _number_as_text,
    "new_status": _new_status,
    "chunk_repeated": _chunk_repeated,
    "hold": _hold,
    "fails_late": _fails_late,
}


def passing(meeting: Meeting, answer: Outbound) -> Generator[Step, object, None]:
    """Let the time pass that an answer takes."""
    ending = answer.ending
    if ending is not None and ending.seconds and not ending.real:
        world = meeting.world
        yield from meeting.engine.passing(world.now() + ending.seconds)
