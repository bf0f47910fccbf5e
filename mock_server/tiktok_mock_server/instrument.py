"""What stands around every exchange: the fault it meets, and its line in the journal."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import attrs

from tiktok_openapi._runtime.call import Operation

from . import faults, jsonio
from .endings import IN_FLIGHT
from .exchange import LARGEST_BODY, Answerer, Exchange, Step
from .fault_effects import AFTER, BEFORE, Meeting, instead, passing
from .faults import CATALOGUE, Fault, NoSuchFault
from .journal import LONGEST_BODY, Record, shown_headers
from .messages import READ, Broken, Ending, Inbound, Outbound
from .rule import rule
from .why import Refusal, log
from .world import Upload

NO_SUCH_FAULT = rule(
    "mock.no-such-fault",
    "A request that asks for a fault that cannot be is refused by the mock itself.",
    "recommended",
    "",
)


@attrs.define(eq=False)
class _Tape:
    """The body of a request as it goes by."""

    kept: bytes = b""
    length: int = 0
    ended: bool = False

    def note(self, piece: bytes) -> None:
        """A piece went by."""
        if not piece:
            self.ended = True
        elif self.length < LONGEST_BODY:
            self.kept += piece[: LONGEST_BODY - self.length]
        self.length += len(piece)


def around(engine: Answerer, inbound: Inbound, operation: Operation | None) -> Exchange:
    """Answer a request; whatever comes of it is noted."""
    tape = _Tape()
    fault: Fault | None = None
    upload = _upload(engine, inbound, operation)
    answer: Outbound | None = None
    pieces: list[bytes] = []
    try:
        if operation is None:
            answer = yield from _taped(engine.answer(inbound), tape, pieces)
        else:
            if upload is None and operation.method == "POST":
                yield from _read_ahead(tape, pieces)
            meeting = Meeting(engine, operation, inbound, b"".join(pieces), upload)
            try:
                asked_for, later = _wishes(meeting)
            except NoSuchFault as error:
                yield from _skip(tape)
                answer = _no_such_fault(error)
                return answer
            again = _again(meeting)
            fault = _fault(meeting, asked_for) if again is None else None
            if again is not None:
                yield from _skip(tape)
                answer = again
            elif fault is None:
                answer = yield from _taped(engine.answer(inbound), tape, pieces)
            else:
                answer = yield from _meet(meeting, fault, tape, pieces)
                answer.headers.append(("x-mock-fault", fault.kind))
            _plan(meeting, later, answer)
        return answer
    finally:
        _note(engine, inbound, operation, upload, tape, fault, answer)


def _read_ahead(tape: _Tape, pieces: list[bytes]) -> Generator[Step, object, None]:
    while tape.length <= LARGEST_BODY:
        piece = cast("bytes", (yield READ))
        tape.note(piece)
        if not piece:
            break
        pieces.append(piece)


def _taped(inner: Exchange, tape: _Tape, pieces: list[bytes], limit: int | None = None) -> Exchange:
    """Run an exchange, on what was read ahead first. With a limit, the body breaks off there."""
    left = iter(pieces)
    value: object = None
    try:
        while True:
            step = inner.send(value)
            if step is READ:
                piece = next(left, None)
                if piece is None:
                    if tape.ended:
                        piece = b""
                    else:
                        piece = cast("bytes", (yield READ))
                        tape.note(piece)
                if limit is not None and (tape.length >= limit or not piece):
                    inner.send(piece[: max(0, len(piece) - (tape.length - limit))] or b"")
                    inner.throw(Broken())
                value = piece
            else:
                value = yield step
    except StopIteration as end:
        answer: Outbound = end.value
        return answer
    except Broken:
        inner.close()
        raise
    finally:
        inner.close()


def _again(meeting: Meeting) -> Outbound | None:
    """The answer to a chunk that may be sent once more."""
    if meeting.upload is None:
        return None
    key = (meeting.upload.id, meeting.inbound.headers.get("content-range", ""))
    kept = meeting.world.faults.repeats.pop(key, None)
    return None if kept is None else Outbound(kept[0], headers=[("content-range", kept[1])])


def _wishes(meeting: Meeting) -> tuple[Fault | None, list[Fault]]:
    """Faults that a request asks for: for itself, and for others to come. Raises NoSuchFault."""
    header = meeting.inbound.headers.get(faults.HEADER)
    asked_for = [] if header is None else [faults.in_header(header)]
    text = meeting.inbound.query if "mock" in meeting.inbound.query else ""
    if b"mock" in meeting.body:
        text += " " + meeting.body.decode("utf-8", "replace")
    if text:
        asked_for += faults.in_text(text)
    now = [_for_itself(meeting, magic) for magic in asked_for if not magic.operation]
    return next(iter(now), None), [magic.fault(magic.operation) for magic in asked_for if magic.operation]


def _for_itself(meeting: Meeting, magic: faults.Magic) -> Fault:
    if magic.kind in CATALOGUE and CATALOGUE[magic.kind].stage == "webhook":
        raise NoSuchFault(f"{magic.kind} meets events; write @webhook behind it")
    return magic.fault(meeting.operation.id)


def _no_such_fault(error: NoSuchFault) -> Outbound:
    """No words of TikTok's: a test that meant to break something must not find it whole."""
    refusal = Refusal(NO_SUCH_FAULT, "", hint=str(error))
    log.warning("%s", refusal.explain())
    return Outbound(
        400, jsonio.write({"error": str(error)}), "application/json", refusal.explaining_headers()
    )


def _fault(meeting: Meeting, asked_for: Fault | None) -> Fault | None:
    """What a request meets: what it asks for itself, or else what was planned."""
    if asked_for is None:
        return meeting.world.faults.take(meeting.operation.id, meeting.facts)
    meeting.world.faults.note(asked_for)
    return asked_for


def _plan(meeting: Meeting, later: list[Fault], answer: Outbound) -> None:
    """Let what a request asked for wait for others, which are about the same post where there is one."""
    for fault in later:
        post = meeting.post(answer)
        if post is not None and CATALOGUE[fault.kind].stage != "webhook":
            fault.when = {"publish_id": post.publish_id}
        meeting.world.faults.add(fault)


def _meet(meeting: Meeting, fault: Fault, tape: _Tape, pieces: list[bytes]) -> Exchange:
    engine, inbound, kind = meeting.engine, meeting.inbound, fault.kind
    log.info("%s meets a planned fault: %s", meeting.operation.id, fault)
    if kind in BEFORE:
        BEFORE[kind](meeting, fault)
        return (yield from _taped(engine.answer(inbound), tape, pieces))
    if kind in ("reset_in_body", "stall"):
        return (yield from _break_in_body(meeting, fault, tape, pieces))
    if kind == "chunk_lost":
        return (yield from _lose_chunk(meeting, tape, pieces))
    if kind in AFTER:
        answer = yield from _taped(engine.answer(inbound), tape, pieces)
        answer = AFTER[kind](meeting, fault, answer)
        yield from passing(meeting, answer)
        return answer
    if fault.applied:
        yield from _taped(engine.answer(inbound), tape, pieces)
    elif kind not in ("early_answer", "refused", "name_error"):
        yield from _skip(tape)
    return instead(meeting, fault)


def _skip(tape: _Tape) -> Generator[Step, object, None]:
    """Let the client send what it has to send."""
    while not tape.ended:
        tape.note(cast("bytes", (yield READ)))


def _break_in_body(meeting: Meeting, fault: Fault, tape: _Tape, pieces: list[bytes]) -> Exchange:
    limit = int(fault.number_of("after_bytes"))
    inner = meeting.engine.answer(meeting.inbound)
    try:
        answer = yield from _taped(inner, tape, pieces, limit)
        if answer.status not in (201, 206):
            return answer  # refused before so much was read
    except Broken:
        pass
    length = meeting.inbound.headers.get("content-length", "")
    sending = length.isdigit() and int(length) - limit > IN_FLIGHT
    kind = "reset" if fault.kind == "reset_in_body" else "silence"
    return Outbound(502, ending=Ending(cast("Any", kind), in_body=sending))


def _lose_chunk(meeting: Meeting, tape: _Tape, pieces: list[bytes]) -> Exchange:
    """Answer as if the chunk were stored. It is read, and thrown away at its end."""
    upload = meeting.upload
    if upload is None:
        return (yield from _taped(meeting.engine.answer(meeting.inbound), tape, pieces))
    yield from _skip(tape)
    told = min(upload.received + tape.length, upload.size)
    status = 201 if told == upload.size else 206
    return Outbound(status, headers=[("content-range", f"bytes 0-{told}/{upload.size}")])


def _upload(engine: Answerer, inbound: Inbound, operation: Operation | None) -> Upload | None:
    if operation is None or operation.id != "uploadChunk":
        return None
    return engine.world.uploads.get(inbound.parameter("upload_id"))


def _note(
    engine: Answerer,
    inbound: Inbound,
    operation: Operation | None,
    upload: Upload | None,
    tape: _Tape,
    fault: Fault | None,
    answer: Outbound | None,
) -> None:
    world = engine.world
    ending = answer.ending if answer is not None else None
    outcome = "gone" if answer is None else "answered" if ending is None else ending.outcome
    told = answer is not None and outcome in ("answered", "cut")
    body = answer.body if answer is not None and told else b""
    name = operation.id if operation is not None else ""
    record = Record(
        number=0,
        at=world.now(),
        method=inbound.method,
        path=inbound.path,
        query=inbound.query,
        operation=name,
        headers=shown_headers(inbound.headers),
        body=tape.kept if upload is None else b"",
        length=tape.length,
        status=answer.status if answer is not None and told else 0,
        answer_headers=answer.all_headers() if answer is not None else [],
        answer=body[:LONGEST_BODY],
        answer_length=len(body),
        publish_id=_publish_id(upload, tape, body),
        fault=fault.kind if fault is not None else "",
        outcome=outcome,
    )
    world.journal.add(record)
    world.coverage.note(record)


def _publish_id(upload: Upload | None, tape: _Tape, answer: bytes) -> str:
    """The post an exchange is about. Found by eye: the bytes are not worth decoding for it."""
    if upload is not None:
        return upload.post.publish_id
    for text in (tape.kept, answer):
        at = text.find(b'"publish_id"')
        if at >= 0:
            start = text.find(b'"', text.find(b":", at)) + 1
            end = text.find(b'"', start)
            if 0 < start < end and end - start <= 128:
                return text[start:end].decode("utf-8", "replace")
    return ""
