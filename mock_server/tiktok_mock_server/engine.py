"""One request in, one answer out: routing, decoding, the rules, encoding.

The engine does no I/O. A request is an *exchange*: a generator that asks its door for pieces of the body, or
to perform a job (deliver an event, fetch a file), and returns the answer. Doors (ASGI, httpx transports) only
move bytes.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from typing import Final, cast

from tiktok_openapi._runtime.call import Operation
from tiktok_openapi.routes import BY_ID, ROUTES

from . import answers, control, jsonio, media_urls
from .ask import Ask
from .clock import check_moment
from .consent import answer_authorize
from .description import allows_status
from .exchange import Doors, Exchange, Step, read_body
from .instrument import around
from .messages import PERFORMING, Broken, Inbound, Outbound, Wait, form_pairs
from .rule import Rule
from .rules import creator_info, display, oauth, publish, qr, rate_limits, routing, status, tokens, upload
from .validate import check_response, list_fields
from .why import Refusal, log, shown
from .world import Job, World
from .worlds import Worlds, bury

Rules = Callable[[Ask], object]

CONTROL: Final = "/_mock"

HANDLERS: Final[Mapping[str, Rules]] = {
    "getToken": oauth.token,
    "revokeToken": oauth.revoke,
    "getQrCode": qr.start,
    "checkQrCode": qr.check,
    "queryCreatorInfo": creator_info.query,
    "initVideoPost": publish.init_video,
    "initInboxVideo": publish.init_draft,
    "initContent": publish.init_photos,
    "fetchStatus": status.fetch,
    "cancelPublish": status.cancel,
    "getUserInfo": display.user_info,
    "listVideos": display.list_videos,
    "queryVideos": display.query_videos,
}
"""What answers an operation, but for the authorization page and the upload, which are not JSON."""

AUTHORIZE: Final = BY_ID["authorize"]
UPLOAD: Final = BY_ID["uploadChunk"]

_TABLE: Final[Mapping[tuple[str, str], Operation]] = {
    (operation.method, operation.path): operation for operation in ROUTES
} | {
    # The consent form comes back to where it was shown; and the page works without its last slash.
    ("POST", AUTHORIZE.path): AUTHORIZE,
    ("GET", AUTHORIZE.path.rstrip("/")): AUTHORIZE,
    ("POST", AUTHORIZE.path.rstrip("/")): AUTHORIZE,
}


class NotAsDescribed(AssertionError):
    """An answer of the mock's own is not valid against the description."""


class Engine:
    """A world that answers requests."""

    def __init__(
        self,
        world: World,
        *,
        auto_approve: bool = False,
        strict: bool = False,
        recipe: Callable[[], World] | None = None,
        doors: Doors | None = None,
    ) -> None:
        self.world = world
        self.name = "default"
        self.recipe = recipe
        """How the world is made anew."""
        self.doors = doors or Doors()
        self.worlds: Worlds[Engine] | None = None
        """The worlds beside this one, if there are some."""
        self.auto_approve = auto_approve
        """Whether the consent page is skipped and the first user agrees to everything."""
        self.strict = strict
        """Whether every answer is checked against the description."""
        self.violations: list[str] = []
        """Answers that were not valid against the description (with `strict`)."""
        self._lock = self.doors.lock
        self._jobs_under_way = 0
        """Jobs that a door is performing beside the requests."""
        self._watchers: list[Callable[[], None]] = []

    # Worlds beside this one

    def family(self) -> Worlds[Engine]:
        """All worlds of this process that answer at the same doors."""
        if self.worlds is None:
            self.worlds = Worlds(self, self.sibling)
        return self.worlds

    def sibling(self, recipe: Callable[[], World]) -> Engine:
        """An engine for one more world, behind the same doors."""
        made = Engine(
            recipe(), auto_approve=self.auto_approve, strict=self.strict, recipe=recipe, doors=self.doors
        )
        made.worlds = self.family()
        return made

    def changed(self) -> None:
        """Something may be due."""
        if self.worlds is not None:
            self.worlds.touch(self)
        if self.doors.on_change is not None:
            self.doors.on_change()

    def reset(self) -> None:
        """Begin anew. Raises ValueError without a recipe."""
        if self.recipe is None:
            raise ValueError("this world was made by hand, so nobody knows how to make it anew")
        self.replace(self.recipe())

    def replace(self, world: World) -> None:
        """Go on in another world. What was met of the API stays met, and events go where they may go now."""
        with self._lock:
            old, self.world = self.world, world
            world.coverage, world.receiver = old.coverage, old.receiver
            world.webhook_hosts = old.webhook_hosts
        bury(old)

    def alone(self) -> AbstractContextManager[object]:
        """For who looks at the world, or changes it, while requests may come: they wait as long."""
        return self._lock

    # What doors call

    def step(self, exchange: Exchange, value: object = None) -> Step:
        """Go on with an exchange. Raises StopIteration with the answer at its end."""
        with self._lock:
            return exchange.send(value)

    def give_up(self, exchange: Exchange) -> None:
        """The client went away."""
        with self._lock:
            try:
                exchange.throw(Broken())
            except (Broken, StopIteration):
                pass
            finally:
                exchange.close()

    def take_job(self, until: float) -> Job | None:
        """The next job that is due. Whoever takes it must report what came of it."""
        with self._lock:
            self.world.settle()
            job = self.world.take_job(until)
            self._jobs_under_way += job is not None
            return job

    def finish_job(self, job: Job, result: object) -> None:
        """Report what came of a job."""
        try:
            with self._lock:
                job.done(result, job.due)
        finally:
            with self._lock:
                self._jobs_under_way -= 1
                watchers = list(self._watchers)
            for wake in watchers:
                wake()

    def _watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        self._watchers.append(wake)
        return lambda: self._watchers.remove(wake)

    def passing(self, until: float) -> Generator[Job | Wait, object, None]:
        """Let time pass: everything planned happens in its order, with the clock at its time."""
        check_moment(until)
        while True:
            if self._jobs_under_way and not PERFORMING.get():
                # What comes of them may plan something that belongs before `until`.
                yield Wait(self._watch, lambda: not self._jobs_under_way, self.world.switches.webhook_timeout)
            with self._lock:
                due = self.world.next_due()
                if due is None or due > until:
                    break
                if due > self.world.now():
                    self.world.clock.move_to(due)
                self.world.clock.settle(due)
                job = self.world.take_job(due)
            if job is not None:
                result = yield job
                with self._lock:
                    job.done(result, job.due)
        with self._lock:
            if until > self.world.now():
                self.world.clock.move_to(until)

    # The exchange

    def exchange(self, inbound: Inbound) -> Exchange:
        """Answer a request, in the world that it means."""
        return self.enter(inbound) if self.worlds is None else self.worlds.exchange(inbound)

    def enter(self, inbound: Inbound) -> Exchange:
        """Answer a request in this world. Nothing that comes in makes this raise."""
        try:
            answer = yield from self._answer(inbound)
        except Broken:
            raise
        except NotAsDescribed:
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong in the mock, the client gets an answer
            log.error("the mock failed at %s %s\n%s", inbound.method, inbound.path, traceback.format_exc())
            answer = self._own_fault(inbound)
        if self.world.next_due() is not None:
            self.changed()
        if self.worlds is not None:
            self.worlds.tidy()
        return answer

    def _own_fault(self, inbound: Inbound) -> Outbound:
        if inbound.path.startswith(f"{CONTROL}/"):
            error = {"error": "this is a bug in the mock; see its log, and please report it"}
            return Outbound(500, jsonio.write(error), "application/json")
        operation = _TABLE.get((inbound.method, inbound.path))
        log_id = self.world.ids.log_id(self.world.now())
        envelope = operation.envelope if operation is not None else None
        code = "server_error" if envelope is not None and envelope.name == "oauth" else "internal_error"
        refusal = Refusal(routing.FAULT, code, "", hint="this is a bug in the mock; see its log")
        if operation is None or envelope is None:
            return Outbound(500, b"", "", refusal.explaining_headers())
        return answers.refused(operation, refusal, log_id, self.world.switches)

    def _answer(self, inbound: Inbound) -> Exchange:
        world = self.world
        world.settle()
        path = inbound.path
        if path == CONTROL or path.startswith(f"{CONTROL}/"):
            if path.startswith(media_urls.PATH):
                return media_urls.serve(world, inbound)
            return (yield from control.answer(self, self.family(), inbound))
        if path in ("", "/") and inbound.method == "GET" and "text/html" in inbound.headers.get("accept", ""):
            # Somebody opened the address that the mock printed.
            return Outbound(302, headers=[("location", f"{inbound.base_url}{CONTROL}/")])
        return (yield from around(self, inbound, find(inbound)))

    def answer(self, inbound: Inbound) -> Exchange:
        """What the rules say to a request, with nothing planned to go wrong."""
        world = self.world
        now = world.now()
        log_id = world.ids.log_id(now)
        world.calls += 1
        every = world.switches.html_5xx_every
        if every and world.calls % every == 0:
            return answers.edge_page(503, log_id)
        operation = find(inbound)
        if operation is None:
            return self._unsupported(inbound, log_id)
        query: dict[str, str] = {}
        for name, value in inbound.pairs():
            query.setdefault(name, value)
        ask = Ask(world, operation, inbound, now, log_id, query)
        if operation is UPLOAD:
            return (yield from self._upload(ask))
        body = yield from read_body()
        if operation is AUTHORIZE:
            return answer_authorize(ask, body or b"", auto_approve=self.auto_approve)
        answer = self._call(ask, body)
        if self.strict:
            self._check(ask, answer)
        return answer

    def _call(self, ask: Ask, body: bytes | None) -> Outbound:
        operation = ask.operation
        extra: list[tuple[str, str]] = []
        try:
            if operation.scopes:
                ask.token = tokens.bearer(ask)
                decoded, problem = _decode(operation, ask.inbound, body)
                if problem is None:
                    ask.body = decoded
                tokens.check_scope(ask.token, needed_scopes(operation, ask.body))
                extra = rate_limits.count(ask, ask.token)
            else:
                decoded, problem = _decode(operation, ask.inbound, body)
                ask.body = decoded
            if problem is not None:
                raise problem
            payload = HANDLERS[operation.id](ask)
        except Refusal as refusal:
            log.info("%s refused: %s", operation.id, refusal.explain())
            answer = answers.refused(operation, refusal, ask.log_id, ask.switches)
        else:
            answer = answers.succeeded(operation, payload, ask.log_id)
        answer.headers += extra
        return answer

    def _upload(self, ask: Ask) -> Exchange:
        try:
            answer = yield from cast("Exchange", upload.put(ask))
        except Refusal as refusal:
            log.info("%s refused: %s", ask.operation.id, refusal.explain())
            answer = answers.refused(ask.operation, refusal, ask.log_id, ask.switches)
            answer.close = True
        if self.strict and not allows_status(ask.operation.id, answer.status):
            self._violated(ask, f"status {answer.status} is not described")
        return answer

    def _unsupported(self, inbound: Inbound, log_id: str) -> Outbound:
        near = nearest(inbound.method, inbound.path)
        refusal = Refusal(routing.JANUS, "", got=f"{inbound.method} {shown(inbound.path)}", hint=near)
        log.info("no operation: %s", refusal.explain())
        return answers.unsupported_path(log_id, refusal.explaining_headers())

    def _check(self, ask: Ask, answer: Outbound) -> None:
        if not answer.body:
            if not ask.operation.may_be_empty:
                self._violated(ask, "an empty body is not described")
            return
        problems = check_response(ask.operation.id, answer.status, jsonio.read(answer.body))
        if problems:
            self._violated(ask, f"{problems[0].pointer}: {problems[0].message}")

    def _violated(self, ask: Ask, what: str) -> None:
        text = f"the answer to {ask.operation.id} is not as described: {what}"
        self.violations.append(text)
        raise NotAsDescribed(text)


def find(inbound: Inbound) -> Operation | None:
    """The operation that a request calls."""
    operation = _TABLE.get((inbound.method, inbound.path))
    if operation is None and inbound.path.rstrip("/") == UPLOAD.path and inbound.method == UPLOAD.method:
        return UPLOAD
    return operation


def _decode(
    operation: Operation, inbound: Inbound, body: bytes | None
) -> tuple[dict[str, object], Refusal | None]:
    """The fields of a body, or why there are none."""
    if not operation.request_types:
        return {}, None
    form = operation.envelope is not None and operation.envelope.name == "oauth"
    if body is None:
        return {}, _undecodable(operation, routing.BODY_SIZE, "at most 4 MiB", "more")
    if form:
        return _decode_form(operation, inbound, body)
    if not body.strip():
        return {}, None
    try:
        value = jsonio.read_object(body)
    except jsonio.NotJson as error:
        return {}, _undecodable(operation, routing.JSON_BODY, "JSON", str(error))
    if value is None:
        return {}, _undecodable(operation, routing.JSON_BODY, "a JSON object", shown(body[:100]))
    return value, None


def _decode_form(
    operation: Operation, inbound: Inbound, body: bytes
) -> tuple[dict[str, object], Refusal | None]:
    if inbound.content_type != "application/x-www-form-urlencoded":
        got = shown(inbound.headers.get("content-type", "nothing"))
        return {}, _undecodable(operation, routing.FORM_ONLY, "application/x-www-form-urlencoded", got)
    lists = list_fields(operation.id)
    fields: dict[str, object] = {}
    for name, value in form_pairs(body.decode("utf-8", "replace")):
        if name not in fields:
            fields[name] = value.split(",") if name in lists else value
    return fields, None


def _undecodable(operation: Operation, rule: Rule, expected: str, got: str) -> Refusal | None:
    if "invalid_params" not in operation.errors and "invalid_request" not in operation.errors:
        return None  # the operation's own rules refuse an empty body with a code of theirs
    if operation.envelope is not None and operation.envelope.name == "oauth":
        return Refusal(rule, "invalid_request", oauth.MALFORMED, pointer="body", expected=expected, got=got)
    message = publish.UNREADABLE.get(operation.id, "")
    return Refusal(rule, "invalid_params", message, pointer="body", expected=expected, got=got)


def needed_scopes(operation: Operation, body: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    """The scopes a call needs; for some operations its body decides."""
    by_request = operation.scope_by_request
    if by_request is None:
        return operation.scopes
    value: object = body
    for part in by_request.at:
        value = cast("Mapping[str, object]", value).get(part) if isinstance(value, dict) else None
    scope = by_request.scopes.get(value) if isinstance(value, str) else None
    return operation.scopes if scope is None else ((scope,),)


def nearest(method: str, path: str) -> str:
    """What the client probably meant."""
    slashed = path.rstrip("/") + "/"
    for operation in ROUTES:
        if operation.path == slashed:
            if operation.method == method:
                return f"the path ends in a slash: {operation.path}"
            return f"the method is {operation.method}"
    tail = path.rstrip("/").rpartition("/")[2]
    for operation in ROUTES:
        if tail and operation.path.rstrip("/").rpartition("/")[2] == tail:
            return f"did you mean {operation.method} {operation.path}?"
    return ""
