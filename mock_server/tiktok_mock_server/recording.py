"""Recordings of a program that talked to the real TikTok: HAR 1.2, vcrpy cassettes, and golden files.

What is read here is as it was, secrets and all; `redaction` makes of it what may be shown. So no message of
this module holds anything of the file's content, only where in it something is wrong.
"""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlencode, urlsplit

import attrs
from dateutil.parser import isoparse

from tiktok_openapi.routes import BY_ID, ROUTES

from . import jsonio
from .clock import START
from .description import node

LARGEST: Final = 64 * 1024 * 1024
"""Of a file, and of a body once it is unpacked, in bytes."""

_DEEPEST: Final = 100

GOLDEN: Final = "tiktok_mock_golden"
"""The key by which a golden file is known; its value is the version."""
VERSION: Final = 1

UPLOAD: Final = "uploadChunk"

Headers = tuple[tuple[str, str], ...]


class BadRecording(ValueError):
    """A file is no recording, or not one that can be read."""


@attrs.frozen
class Recorded:
    """One request and its answer, as they were."""

    operation: str
    """The operationId; empty where it is none of TikTok's that is described."""
    at: float | None
    """When it began, in seconds since 1970."""
    url: str
    headers: Headers
    """Names in lower case, cookies among them."""
    body: bytes
    """Empty for an upload."""
    size: int
    """Of the body in bytes, be it recorded or not."""
    status: int
    answer_headers: Headers
    answer: bytes


def read(path: Path) -> list[Recorded]:
    """The exchanges of a file, in order. Raises BadRecording and OSError."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadRecording(f"more than {LARGEST // 1024**2} MiB")
    document = _Place(_document(data), "")
    if document.has("log"):
        found = _har(document)
    elif document.has("interactions"):
        found = _cassette(document)
    elif document.has(GOLDEN):
        found = _golden(document)
    else:
        raise BadRecording("neither a HAR (`log`), a cassette (`interactions`) nor a golden file")
    recorded = list(found)
    if not any(one.operation for one in recorded):
        raise BadRecording(f"none of its {len(recorded)} exchanges is with TikTok's API")
    return recorded


def _document(data: bytes) -> object:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            return jsonio.read(data.removeprefix(b"\xef\xbb\xbf"))
        except jsonio.NotJson as error:
            raise BadRecording(f"no JSON: {error}") from None
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        deep = _deepest(yaml.parse(data, loader)) > _DEEPEST  # `load` would recurse, even out of the process
        document: object = None if deep else yaml.load(data, loader)  # noqa: S506 - either is a safe one
    except yaml.MarkedYAMLError as error:  # its own text quotes the file
        mark = error.problem_mark
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadRecording(f"no YAML: something is wrong{where}") from None
    except (yaml.YAMLError, ValueError):
        raise BadRecording("neither JSON nor YAML") from None
    if deep:
        raise BadRecording("no YAML: nested too deeply")
    return document


def _deepest(events: Iterable[object]) -> int:
    """How deeply collections are nested, up to a little more than is allowed."""
    from yaml import CollectionEndEvent, CollectionStartEvent

    depth = most = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        most = max(most, depth)
        if most > _DEEPEST:
            break
    return most


@attrs.frozen
class _Place:
    """A value of a file, and where it stands."""

    value: object
    name: str

    def wrong(self, what: str) -> BadRecording:
        return BadRecording(f"{self.name or 'the whole'} {what}")

    def has(self, name: str) -> bool:
        return name in self and self[name].value is not None

    def __contains__(self, name: str) -> bool:
        value = self.value
        return isinstance(value, dict) and name in cast("dict[object, object]", value)

    def __getitem__(self, name: str) -> _Place:
        place = f"{self.name}.{name}".lstrip(".")
        return _Place(self.mapping().get(name), place)

    def __iter__(self) -> Iterator[_Place]:
        value = self.value
        if not isinstance(value, list):
            raise self.wrong("is no list")
        for number, one in enumerate(cast("list[object]", value)):
            yield _Place(one, f"{self.name}[{number}]")

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("is no text")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self.wrong("is no number")
        if not abs(self.value) < 1e15:
            raise self.wrong("is too large a number")
        return self.value

    def mapping(self) -> dict[object, object]:
        value = self.value
        if not isinstance(value, dict):
            raise self.wrong("is no object")
        return cast("dict[object, object]", value)

    def texts(self) -> dict[str, str]:
        return {str(name): str(one) for name, one in self.mapping().items()}


# HAR


def _har(document: _Place) -> Iterator[Recorded]:
    for entry in document["log"]["entries"]:
        request, response = entry["request"], entry["response"]
        if response["status"].value in (0, -1):
            continue  # there was no answer
        headers = (*_pairs(request, "headers"), *(("cookie", text) for _, text in _pairs(request, "cookies")))
        size = request["bodySize"].number() if request.has("bodySize") else 0
        yield _exchange(
            request,
            "url",
            moment=_iso(entry["startedDateTime"]),
            headers=headers,
            body=_post_data(request),
            size=int(size),
            status=_status(response["status"]),
            answer_headers=_pairs(response, "headers"),
            answer=_content(response),
        )


def _pairs(holder: _Place, name: str) -> Headers:
    if not holder.has(name):
        return ()
    return tuple((one["name"].text().lower(), one["value"].text()) for one in holder[name])


def _post_data(request: _Place) -> _Place:
    data = request["postData"]
    if data.value is None:
        return data
    if data.has("text"):
        return _decoded(data)
    if data.has("params"):
        pairs = [(one["name"].text(), one["value"].text()) for one in data["params"] if one.has("value")]
        return _Place(urlencode(pairs), data["params"].name)
    return _Place(None, data.name)


def _content(response: _Place) -> _Place:
    content = response["content"]
    return _decoded(content) if content.value is not None else content


def _decoded(holder: _Place) -> _Place:
    text = holder["text"]
    return _unbase64(text) if holder["encoding"].value == "base64" and text.value is not None else text


def _unbase64(text: _Place) -> _Place:
    try:
        return _Place(b64decode(text.text()), text.name)
    except (binascii.Error, ValueError):
        raise text.wrong("is no base64") from None


def _iso(place: _Place) -> float | None:
    if place.value is None:
        return None
    try:
        return _seconds(isoparse(place.text()))
    except ValueError:
        raise place.wrong("is no time such as 2026-11-22T09:15:30.000Z") from None


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


# Cassettes


def _cassette(document: _Place) -> Iterator[Recorded]:
    for entry in document["interactions"]:
        request, response = entry["request"], entry["response"]
        answer_headers = _header_lists(response)
        yield _exchange(
            request,
            "uri",
            moment=_date(answer_headers),
            headers=_header_lists(request),
            body=_body(request),
            size=0,
            status=_status(
                response["status_code"] if response.has("status_code") else response["status"]["code"]
            ),
            answer_headers=answer_headers,
            answer=_body(response),
        )


def _status(place: _Place) -> int:
    status = place.number()
    if not 100 <= status <= 599:
        raise place.wrong("is no HTTP status")
    return int(status)


def _header_lists(holder: _Place) -> Headers:
    if not holder.has("headers"):
        return ()
    return tuple(
        (str(name).lower(), one.decode("latin-1") if isinstance(one, bytes) else str(one))
        for name, given in holder["headers"].mapping().items()
        for one in (cast("list[object]", given) if isinstance(given, list) else [given])
    )


def _body(holder: _Place) -> _Place:
    body = holder["body"]
    if isinstance(body.value, dict):
        return _unbase64(body["base64_string"]) if body.has("base64_string") else body["string"]
    return body if body.value is not None else holder["content"]


def _date(headers: Headers) -> float | None:
    """When an answer says that it was written."""
    try:
        return _seconds(parsedate_to_datetime(dict(headers)["date"]))
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None


# Golden files


def _golden(document: _Place) -> Iterator[Recorded]:
    if document[GOLDEN].value != VERSION:
        raise BadRecording(f"a golden file of another version than {VERSION}: import the recording anew")
    for entry in document["exchanges"]:
        request, answer = entry["request"], entry["answer"]
        name = entry["operation"].text()
        if name not in BY_ID:
            raise entry["operation"].wrong("is no operation of the description")
        operation = BY_ID[name]
        query = request["query"].texts() if request.has("query") else {}
        address = request["upload_url"].text() if name == UPLOAD else operation.server + operation.path
        if request.has("form"):
            body = urlencode(request["form"].texts()).encode()
        else:
            body = jsonio.write(request["json"].value) if "json" in request else b""
        yield Recorded(
            operation=name,
            at=START + entry["at"].number(),
            url=f"{address}?{urlencode(query)}" if query else address,
            headers=_header_lists(request),
            body=body,
            size=int(request["bytes"].number()) if request.has("bytes") else len(body),
            status=_status(answer["status"]),
            answer_headers=_header_lists(answer),
            answer=_golden_answer(answer),
        )


def _golden_answer(answer: _Place) -> bytes:
    if "json" in answer:
        return jsonio.write(answer["json"].value)
    return b" " * min(int(answer["bytes"].number()), LARGEST) if answer.has("bytes") else b""


# What all have in common


def _exchange(
    request: _Place,
    address: str,
    *,
    moment: float | None,
    headers: Headers,
    body: _Place,
    size: int,
    status: int,
    answer_headers: Headers,
    answer: _Place,
) -> Recorded:
    url = request[address].text()
    operation = operation_of(request["method"].text().upper(), url)
    sent = _bytes(body)
    if operation == UPLOAD:
        length = dict(headers).get("content-length", "")
        size = len(sent) or max(size, 0) or (int(length) if length.isdecimal() and len(length) < 16 else 0)
        sent = b""
    answered = _bytes(answer)
    if operation and BY_ID[operation].envelope is not None:
        for place, data in ((body, sent), (answer, answered)):
            _check_text(place, data)
    return Recorded(
        operation, moment, url, headers, sent, size or len(sent), status, answer_headers, answered
    )


def _bytes(place: _Place) -> bytes:
    """A body, unpacked."""
    value = place.value
    if value is None:
        return b""
    data = value if isinstance(value, bytes) else place.text().encode("utf-8", "replace")
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(data, LARGEST)
        except zlib.error:
            raise place.wrong("is no gzip, though it begins like it") from None
        if unpacker.unconsumed_tail:
            raise place.wrong(f"has more than {LARGEST // 1024**2} MiB when it is unpacked")
    return data


def _check_text(place: _Place, data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        raise place.wrong("is neither text nor gzip; let the recorder unpack it") from None


def operation_of(method: str, url: str) -> str:
    """The operationId of a request to TikTok; empty for any other."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if method == BY_ID[UPLOAD].method and host.endswith(_upload_domains()):
        return UPLOAD
    return _routes().get((method, host, parts.path), "")


@cache
def _routes() -> Mapping[tuple[str, str, str], str]:
    return {
        (one.method, urlsplit(one.server).hostname or "", one.path): one.id
        for one in ROUTES
        if one.id != UPLOAD
    }


@cache
def _upload_domains() -> tuple[str, ...]:
    """What the names of upload hosts end in: they differ by region."""
    servers = cast("list[dict[str, str]]", node(BY_ID[UPLOAD].pointer)["servers"])
    hosts = (urlsplit(one["url"]).hostname or "" for one in servers)
    return tuple(sorted({"." + ".".join(host.split(".")[-2:]) for host in hosts}))
