"""The upload plane: what may be PUT where, and how it is answered."""

from __future__ import annotations

import re
from collections.abc import Generator

from .. import lifecycle
from ..ask import Ask
from ..messages import READ, Outbound, Read
from ..rule import Rule, rule
from ..why import Refusal, header_text, log, masked, shown
from ..world import Post, Upload

UNKNOWN = rule(
    "upload.unknown",
    "An upload_url that nobody issued gives 404; 405 was seen too.",
    "conflict",
    "doc:content-posting-api-media-transfer-guide; bardo",
    switch="unknown_upload_status",
)
EXPIRED = rule(
    "upload.expired",
    "An upload_url works for one hour, in which the whole upload must end; then it gives 403.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
TYPE = rule(
    "upload.content-type",
    "Content-Type is video/mp4, video/quicktime or video/webm.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
RANGE = rule(
    "upload.content-range",
    "Content-Range is bytes <first>-<last>/<video_size>, also for a single chunk.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
LENGTH = rule(
    "upload.content-length",
    "Content-Length, the range and the number of bytes sent are the same.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
ORDER = rule(
    "upload.order",
    "Chunks come strictly in order; a range that does not follow on what is stored gives 416.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
REPEATED = rule(
    "upload.repeated",
    "A chunk that is already stored gives 416, as does anything after the last.",
    "unknown",
    "",
    switch="repeated_chunk",
)
CHUNK = rule(
    "upload.chunk-size",
    "Every chunk but the last has chunk_size bytes; the last takes what remains.",
    "unknown",
    "doc:content-posting-api-media-transfer-guide",
)
ANSWER = rule(
    "upload.progress",
    "206 while chunks are missing, 201 after the last, with Content-Range: bytes 0-<uploaded>/<total>.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
    switch="content_range",
)
TAKE_OVER = rule(
    "upload.one-at-a-time",
    "Of two PUTs of one chunk at a time the one that is complete first counts; the other gives 416.",
    "unknown",
    "",
)
NO_BEARER = rule(
    "upload.no-bearer",
    "The PUT carries no Authorization header; one that does shows the access token to another host.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
GONE = rule(
    "upload.gone",
    "A post that has ended (cancelled, connection ended) takes no more bytes.",
    "unknown",
    "",
)

_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", re.ASCII)


def _refuse(
    status: int,
    rule_: Rule,
    upload: Upload | None,
    ask: Ask,
    *,
    pointer: str = "",
    expected: str = "",
    got: str = "",
) -> Refusal:
    headers = () if upload is None or status != 416 else (("content-range", progress(ask, upload)),)
    return Refusal(rule_, "", pointer=pointer, expected=expected, got=got, status=status, headers=headers)


def progress(ask: Ask, upload: Upload) -> str:
    """How much is stored, as the answers tell it."""
    number = upload.received
    if ask.switches.content_range == "last_index":
        number = max(0, number - 1)
    return f"bytes 0-{number}/{upload.size}"


def put(ask: Ask) -> Generator[Read, bytes, Outbound]:
    """Answer uploadChunk. Refusals come before the body is read, as far as the headers show them."""
    upload, post = _find(ask)
    first, last = _check_headers(ask, upload)
    stored_already = _check_place(ask, upload, first, last)
    if stored_already:
        yield from _skip(last + 1 - first)
        return Outbound(206, headers=[("content-range", progress(ask, upload))])
    turn = upload.turn
    wanted = last + 1 - first
    draft = upload.spool.draft()
    try:
        while piece := (yield READ):
            if draft.size + len(piece) - first > wanted or _overtaken(upload, turn, first) or post.final:
                break
            draft.write(piece)
        _check_end(ask, upload, turn, first, draft.size - first + len(piece), wanted)
        draft.keep()
    finally:
        draft.drop()
    upload.received = last + 1
    upload.chunks += 1
    upload.content_type = ask.inbound.content_type
    answer = [("content-range", progress(ask, upload))]
    if upload.received < upload.size:
        return Outbound(206, headers=answer)
    upload.done = True
    now = ask.world.now()
    lifecycle.uploaded(ask.world, post, now)
    return Outbound(201, headers=[*answer, ("x-mock-sha256", post.digest)])


def _overtaken(upload: Upload, turn: int, first: int) -> bool:
    """Whether another PUT stored this chunk meanwhile, or a fault took away what is before it."""
    return upload.received != first or upload.turn != turn


def _check_end(ask: Ask, upload: Upload, turn: int, first: int, got: int, wanted: int) -> None:
    """Refuse what was sent, now that it was."""
    post = upload.post
    if _overtaken(upload, turn, first):
        raise _refuse(
            416, TAKE_OVER, upload, ask, expected="one PUT at a time", got="two, of which one was first"
        )
    if post.final:
        raise _refuse(403, GONE, None, ask, expected="a post in progress", got=post.fail_reason)
    if upload.expires <= ask.world.now():
        raise _refuse(
            403, EXPIRED, upload, ask, expected="the whole upload within an hour", got="its end after it"
        )
    if got != wanted:
        raise _refuse(400, LENGTH, upload, ask, pointer="body", expected=f"{wanted} bytes", got=f"{got}")


def _skip(length: int) -> Generator[Read, bytes, None]:
    while length > 0 and (piece := (yield READ)):
        length -= len(piece)


def _shown_query(ask: Ask) -> str:
    """The query without its secret, which may stand under another name as well."""
    return shown({name: value if name == "upload_id" else masked(value) for name, value in ask.query.items()})


def _find(ask: Ask) -> tuple[Upload, Post]:
    upload = ask.world.uploads.get(ask.query.get("upload_id", ""))
    if upload is None or upload.token != ask.query.get("upload_token"):
        raise _refuse(
            ask.switches.unknown_upload_status,
            UNKNOWN,
            None,
            ask,
            pointer="query",
            expected="upload_id and upload_token of an init, unchanged",
            got=_shown_query(ask) if upload is None else "an upload_id with another upload_token",
        )
    post = upload.post
    if upload.expires <= ask.now:
        late = f"{ask.now - upload.expires:.0f} s too late"
        raise _refuse(403, EXPIRED, upload, ask, expected="within an hour of the init", got=late)
    if post.final and not upload.done:
        raise _refuse(403, GONE, upload, ask, expected="a post in progress", got=post.fail_reason)
    return upload, post


def _check_headers(ask: Ask, upload: Upload) -> tuple[int, int]:
    headers = ask.inbound.headers
    if "authorization" in headers:
        log.warning("%s: %s (%s)", NO_BEARER.id, NO_BEARER.text, masked(headers["authorization"]))
    types = ask.operation.request_types
    if ask.inbound.content_type not in types:
        got = shown(headers.get("content-type", "nothing"))
        raise _refuse(
            400, TYPE, upload, ask, pointer="header Content-Type", expected=" or ".join(types), got=got
        )
    text = headers.get("content-range", "")
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        got = shown(text or "nothing")
        expected = "bytes <first>-<last>/<total>"
        raise _refuse(400, RANGE, upload, ask, pointer="header Content-Range", expected=expected, got=got)
    first, last, total = map(int, match.groups())
    if total != upload.size or last < first or last >= total:
        expected = f"a range of a video of {upload.size} bytes"
        raise _refuse(
            400, RANGE, upload, ask, pointer="header Content-Range", expected=expected, got=header_text(text)
        )
    length = headers.get("content-length", "")
    if length != str(last + 1 - first):
        expected = f"{last + 1 - first}, as in Content-Range"
        got = shown(length or "nothing")
        raise _refuse(400, LENGTH, upload, ask, pointer="header Content-Length", expected=expected, got=got)
    return first, last


def _check_place(ask: Ask, upload: Upload, first: int, last: int) -> bool:
    """Refuse a range that is not the next one. True when it is stored already and that is all right."""
    pointer = "header Content-Range"
    if last < upload.received and ask.switches.repeated_chunk == "206":
        return True
    if upload.done or last < upload.received:
        got = f"{first}-{last}"
        raise _refuse(
            416, REPEATED, upload, ask, pointer=pointer, expected=f"from {upload.received}", got=got
        )
    if first != upload.received:
        raise _refuse(
            416, ORDER, upload, ask, pointer=pointer, expected=f"from {upload.received}", got=f"from {first}"
        )
    is_last = upload.chunks == upload.chunk_count - 1
    expected = upload.size - first if is_last else upload.chunk_size
    if last + 1 - first != expected:
        what = "the rest of the video" if is_last else "chunk_size"
        got = str(last + 1 - first)
        raise _refuse(
            400, CHUNK, upload, ask, pointer=pointer, expected=f"{expected} bytes ({what})", got=got
        )
    return False
