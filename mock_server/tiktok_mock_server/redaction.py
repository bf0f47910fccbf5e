"""What of a recording may be shown: what is public anyway, what the description allows, and stand-ins.

Nothing can be excepted from it. A value stays only where the description has its field and the value is a
truth value, a number, or a text that stands in the description itself (a member of an enum, a code, TikTok's
words). Of everything else kind and rough length stay. A recording is gone through twice: the first time to
learn what is secret and which ids there are, the second time to write.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import unescape
from typing import Final, cast
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from tiktok_openapi.routes import BY_ID

from . import jsonio
from .clock import START
from .description import Schemas, answer_schemas, body_schemas, bundle, fields, items, query_schemas
from .journal import secret_names
from .recording import GOLDEN, UPLOAD, VERSION, Headers, Recorded
from .validate import utf16_length


class Leak(Exception):
    """Something secret would have been written. This is a bug; its text holds nothing of the secret."""


PUBLISH_ID: Final = re.compile(r"([vp]_(?:pub|inbox)_(?:file|url)~v\d{1,3}(?:-\d{1,3})?\.)\d+")
"""What a publish_id begins with tells of what kind the post is."""

_REDACTED: Final = "redacted"
STAND_IN: Final = re.compile(r"redacted[_-][a-z0-9_-]{1,40}[_-]\d{1,6}|7000000000000\d{6}")
_FILLER: Final = "a text of about this length that takes the place of another one "
_WORDS: Final = (
    f"{_REDACTED} {GOLDEN} {_FILLER * 66} exchanges operation request answer headers query form json bytes "
    "status content-type content-range authorization bearer basic https://.example.test/ text/html text/plain"
)
"""What the mock itself writes."""

_ID: Final = re.compile(r"(?:.*_)?(?:id|ids|openid|key|username)")
"""Names of fields that hold ids."""
_NAME: Final = re.compile(r"[A-Za-z]{1,20}(?:[_.](?:[A-Za-z]{1,20}|\d{1,4})){0,7}")
"""What names of fields and members of enums look like."""
_RANGE: Final = re.compile(r"bytes \d{1,15}-\d{1,15}/(?:\d{1,15}|\*)")
_EXTENSION: Final = re.compile(r"\.(?:[a-z]{3,4}|mp4)$")

_FORM: Final = "x-www-form-urlencoded"

_LEAST: Final = 8
"""Shorter texts are not searched for elsewhere: they would be found by chance."""
_LEAST_SECRET: Final = 4
_LEAST_DIGITS: Final = 12
_MOST: Final = 4096
_MOST_OF_OTHERS: Final = 16 * 1024
"""How much of a body that did not go to TikTok is searched for secrets."""
_DEEPEST: Final = 50
_MILLISECONDS: Final = range(10**12, 10**13)
_LARGEST_NUMBER: Final = 10**15


# What is public


@cache
def _public_text() -> str:
    return (json.dumps(bundle(), ensure_ascii=False) + _WORDS).casefold()


@cache
def _public_starts() -> frozenset[str]:
    """What a part of the public text can begin with: to look there takes a thousandth of the time."""
    text = _public_text()
    return frozenset(text[place : place + _LEAST] for place in range(len(text)))


def _is_public(text: str) -> bool:
    return (len(text) < _LEAST or text[:_LEAST] in _public_starts()) and text in _public_text()


@cache
def _public_values() -> frozenset[str]:
    """Every text that stands in the description by itself: enums, codes, TikTok's words, examples."""
    return frozenset(_texts(bundle()))


@cache
def _limits() -> tuple[int, ...]:
    """Greatest lengths of texts, which a stand-in must be on the same side of."""
    return tuple(
        sorted({int(text) for text in re.findall(r'"max(?:Length|-utf16)": (\d+)', json.dumps(bundle()))})
    )


def _filler(text: str) -> str:
    """A text about as long: the next power of two, or the next limit of the description if that is less."""
    length = utf16_length(text)
    if not length:
        return ""
    wanted = min([1 << (length - 1).bit_length(), *(limit for limit in _limits() if limit >= length)])
    return (_FILLER * (wanted // len(_FILLER) + 1))[:wanted]


# What is secret


def _readings(text: str, depth: int = 2) -> Iterator[str]:
    """A text, and what it says once it is decoded in the usual ways."""
    yield text
    if not depth:
        return
    decoded: set[str] = set()
    if "%" in text or "+" in text:
        decoded.add(unquote_plus(text, errors="replace"))
    if "\\" in text:
        decoded.add(re.sub(r"\\u([0-9a-fA-F]{4})|\\(.)", _unescaped, text))
    if "&" in text:
        decoded.add(unescape(text))
    runs = [run for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", text) if not STAND_IN.fullmatch(run)]
    for one in decoded - {text}:
        yield from _readings(one, depth - 1)
    for start in range(4):
        yield "\n".join(_unbase64(run[start:]) for run in runs)


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else {"n": "\n", "r": "\r", "t": "\t"}.get(found[2], found[2])


def _unbase64(run: str) -> str:
    run = run[:-1] if len(run) % 4 == 1 else run
    try:
        data = b64decode(run + "=" * (-len(run) % 4), altchars=b"-_" if "-" in run or "_" in run else None)
    except (NoBase64, ValueError):
        return ""
    return data.decode("utf-8", "replace")


_CUTS: Final = (re.compile(r"\s+"), re.compile(r"[\s;,&\"'<>]+"), re.compile(r"[\s\"'<>;,:&?=/\\{}()\[\]|]+"))


def _pieces(text: str) -> Iterator[str]:
    """Parts of a text that may be secrets."""
    for reading in _readings(text):
        yield reading
        for cut in _CUTS:
            for piece in cut.split(reading):
                yield piece
                yield piece.partition("=")[2]


class Secrets:
    """What must not be seen again."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._seen: set[str] = set()
        self._by_start: dict[str, tuple[str, ...]] = {}
        self._indexed = 0

    def learn(self, text: str, least: int = _LEAST) -> None:
        """Keep a text, and the parts it consists of, from being shown anywhere."""
        if len(text) < least or text in self._seen:
            return
        self._seen.add(text)
        self._add(text, least)
        for piece in set(_pieces(text)):
            self._add(piece, _LEAST)

    def _add(self, text: str, least: int) -> None:
        text = text[:_MOST].strip().casefold()
        if len(text) < (_LEAST_DIGITS if text.isdecimal() else least) or text in self._known:
            return
        if "\ufffd" in text or not text.isprintable():
            return  # it was no base64, or it has several lines, each of which is learned
        if not STAND_IN.search(text) and not all(map(_is_public, text.split(","))):
            self._known.add(text)

    def occur_in(self, text: str) -> bool:
        """Whether any of them stands in a text, as it is or encoded."""
        if self._indexed != len(self._known):
            by_start: dict[str, list[str]] = {}
            for one in self._known:
                by_start.setdefault(one[:_LEAST_SECRET], []).append(one)
            self._by_start = {start: tuple(found) for start, found in by_start.items()}
            self._indexed = len(self._known)
        return any(self._found(reading.casefold()) for reading in _readings(text))

    def _found(self, text: str) -> bool:
        return any(
            text.startswith(self._by_start[start], place)
            for place in range(len(text) - _LEAST_SECRET + 1)
            if (start := text[place : place + _LEAST_SECRET]) in self._by_start
        )


# Redacting


def redact(recorded: Iterable[Recorded]) -> tuple[dict[str, object], Secrets]:
    """A golden document of what was said to TikTok, and what it must not hold. Raises Leak."""
    recorded = list(recorded)
    redactor = _Redactor()
    redactor.golden(recorded)
    redactor.learned()
    golden = redactor.golden(recorded)
    check(golden, redactor.secrets)
    return golden, redactor.secrets


def check(document: object, secrets: Secrets) -> None:
    """Look once more whether anything secret is in what is about to be written. Raises Leak."""
    if secrets.occur_in("\n".join(_texts(document))):
        raise Leak("something secret would have been written, so nothing was; please report this")


def _texts(value: object) -> Iterator[str]:
    """Every name and every value of a document."""
    if isinstance(value, dict):
        for name, one in cast("dict[str, object]", value).items():
            yield name
            yield from _texts(one)
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _texts(one)
    else:
        yield str(value)


class _Redactor:
    def __init__(self) -> None:
        self.secrets = Secrets()
        self._stand_ins: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._learning = True
        self._ids: re.Pattern[str] | None = None
        self._latest = 0.0
        self._shift = 0

    def learned(self) -> None:
        """End the first pass."""
        self._learning = False
        long = sorted((one for one in self._stand_ins if len(one) >= 6), key=len, reverse=True)
        self._ids = re.compile("|".join(map(re.escape, long))) if long else None

    # Exchanges

    def golden(self, recorded: list[Recorded]) -> dict[str, object]:
        exchanges: list[dict[str, object]] = []
        dated = [one.at for one in recorded if one.operation and one.at is not None]
        first = min(dated, default=self._latest or START)
        self._shift = round(START - first)
        before = 0.0
        for one in recorded:
            if not one.operation:
                if self._learning:
                    self._learn_all(one)
                continue
            at = before + 1 if one.at is None else max(before, round(one.at - first, 3))
            if one.at is None and not exchanges:
                at = 0.0
            exchanges.append(self._exchange(one, at))
            before = at
        return {GOLDEN: VERSION, "exchanges": exchanges}

    def _learn_all(self, one: Recorded) -> None:
        """Nothing is written of an exchange with somebody else, but what is in it may come again."""
        self._learn_url(one.url)
        for headers, body in ((one.headers, one.body), (one.answer_headers, one.answer)):
            self._headers(headers, ())
            kind = dict(headers).get("content-type", "")
            if "json" in kind or "form" in kind or body[:1] in (b"{", b"["):
                self.secrets.learn(body[:_MOST_OF_OTHERS].decode("utf-8", "replace"))

    def _learn_url(self, url: str) -> None:
        self.secrets.learn(url)
        for _, value in _pairs(url.partition("?")[2].partition("#")[0]):
            self.secrets.learn(value, _LEAST_SECRET)

    def _exchange(self, one: Recorded, at: float) -> dict[str, object]:
        operation = BY_ID[one.operation]
        request: dict[str, object] = {}
        answer: dict[str, object] = {"status": one.status}
        if one.operation == UPLOAD:
            request["upload_url"] = self._secret("upload_url", one.url)
            self._learn_url(one.url)
        else:
            described = query_schemas(one.operation)
            query = self._form(described, urlsplit(one.url).query)
            if query:
                request["query"] = query
        if headers := self._headers(one.headers, ("authorization", "content-type", "content-range")):
            request["headers"] = headers
        if one.operation == UPLOAD:
            request["bytes"] = one.size
        else:
            kind = dict(one.headers).get("content-type") or "".join(operation.request_types)
            self._body(request, body_schemas(one.operation), one.body, form=_FORM in kind)
        if headers := self._headers(one.answer_headers, ("content-type", "content-range")):
            answer["headers"] = headers
        schemas = answer_schemas(one.operation) if operation.envelope is not None else ()
        self._body(answer, schemas, one.answer, form=False)
        return {"at": at, "operation": one.operation, "request": request, "answer": answer}

    def _body(self, into: dict[str, object], schemas: Schemas, body: bytes, *, form: bool) -> None:
        if not body:
            return
        text = body.decode("utf-8", "replace")
        if form:
            into["form"] = self._form(fields(schemas), text)
            return
        try:
            value = jsonio.read(body)
        except jsonio.NotJson:
            self.secrets.learn(text)
            into["bytes"] = len(body)
            return
        into["json"] = self._value("", schemas, value)

    def _headers(self, headers: Headers, allowed: tuple[str, ...]) -> dict[str, str]:
        """Those that are allowed; all others are only learned from."""
        found: dict[str, str] = {}
        for name, value in headers:
            if name in ("authorization", "cookie", "set-cookie"):
                self._learn_credentials(value)
            if name not in allowed:
                self.secrets.learn(value)
            elif name == "authorization":
                scheme, _, token = value.strip().partition(" ")
                scheme = scheme if scheme.lower() in ("bearer", "basic") else _REDACTED
                found[name] = f"{scheme} {self._secret('access_token', token.strip())}".strip()
            elif name == "content-type":
                media_type = value.partition(";")[0].strip().lower()
                found[name] = media_type if media_type in (_public_values() | {"text/plain"}) else _REDACTED
                self.secrets.learn(value)
            else:
                found[name] = value if _RANGE.fullmatch(value) else self._text(value)
        return found

    def _learn_credentials(self, value: str) -> None:
        for one in re.split(r"[;\s]+", value):
            self.secrets.learn(one.partition("=")[2] or one, _LEAST_SECRET)

    def _form(self, described: Mapping[str, Schemas], text: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in _pairs(text):
            schemas = described.get(name, ())
            inner = items(schemas)
            if inner:
                parts = [self._leaf(name, inner, part) for part in value.split(",")]
                given = ",".join(map(str, parts))
            elif value.isdecimal() and len(value) < 10 and _types(schemas) & {"integer"}:
                given = value
            else:
                given = str(self._value(name, schemas, value))
            found.setdefault(self._name(name, described), given)
        return found

    # Values

    def _value(self, name: str, schemas: Schemas, value: object, depth: int = 0) -> object:
        if depth > _DEEPEST and isinstance(value, (dict, list)):
            return type(cast("object", value))()
        if isinstance(value, dict):
            known = fields(schemas)
            return {
                self._name(key, known): self._value(key, known.get(key, ()), one, depth + 1)
                for key, one in cast("dict[str, object]", value).items()
            }
        if isinstance(value, list):
            inner = items(schemas)
            found = [self._value(name, inner, one, depth + 1) for one in cast("list[object]", value)]
            return found if inner else found[:1]
        return self._leaf(name, (*schemas, *items(schemas)), value)

    def _leaf(self, name: str, schemas: Schemas, value: object) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return self._number(name, schemas, value)
        text = str(value)
        if not text:
            return ""
        words = allowed_words(schemas)
        if "string" not in _types(schemas):
            self.secrets.learn(text)
            return _REDACTED
        if _is_secret(name, schemas) and not words:
            return self._secret(name, text)
        if words:
            return text if text in words or self._is_name(text) else self._text(text)
        if _ID.fullmatch(name):
            return self._stand_in(name, text)
        parts = text.split(",")
        if len(parts) > 1 and all(map(_NAME.fullmatch, parts)):  # a list of scopes
            self.secrets.learn(text)
            return ",".join(part for part in parts if part in _public_values()) or _REDACTED
        if "://" in text and " " not in text.strip():
            return self._url(text)
        return self._text(text)

    def _number(self, name: str, schemas: Schemas, value: float) -> float:
        zero = type(value)(0)
        if not _types(schemas) & {"integer", "number"} or not math.isfinite(value):
            self.secrets.learn(str(value))
            return zero
        if isinstance(value, int) and (_ID.fullmatch(name) or abs(value) >= _LARGEST_NUMBER):
            digits = self._stand_in(name, str(value))
            return int(digits) if digits.isdecimal() else zero
        if any(schema.get("x-time") == "epoch-seconds" for schema in schemas):
            self._latest = max(self._latest, value)
            return value + self._shift
        if isinstance(value, int) and value in _MILLISECONDS:
            self._latest = max(self._latest, value / 1000)
            return value + self._shift * 1000
        return zero if not self._learning and self.secrets.occur_in(str(value)) else value

    def _name(self, name: str, known: Mapping[str, Schemas]) -> str:
        return name if name in known or self._is_name(name) else self._stand_in("name", name)

    def _is_name(self, text: str) -> bool:
        """Whether a text is a word that a description could have, and none that is secret elsewhere."""
        if not _NAME.fullmatch(text) or STAND_IN.fullmatch(text):
            return False
        return self._learning or not self.secrets.occur_in(text)

    def _secret(self, name: str, value: str) -> str:
        self.secrets.learn(value, _LEAST_SECRET)
        return self._stand_in(name, value) if value else ""

    def _stand_in(self, kind: str, value: str) -> str:
        """What takes the place of an id or a secret, the same one wherever it comes."""
        found = self._stand_ins.get(value)
        if found is None:
            self.secrets.learn(value)
            post = PUBLISH_ID.fullmatch(value)
            if post:
                found = post[1] + self._number_stand_in()
            elif value.isascii() and value.isdecimal():
                found = self._number_stand_in()
            else:
                self._counts[kind] += 1
                found = f"{_REDACTED}_{kind.lower()}_{self._counts[kind]}"
            self._stand_ins[value] = found
        return found

    def _number_stand_in(self) -> str:
        self._counts["0"] += 1
        return str(7 * 10**18 + self._counts["0"])

    def _text(self, text: str) -> str:
        """A text of the same class of length, with the stand-ins of the ids that stand in it."""
        if text in _public_values():
            return text
        self.secrets.learn(text)
        if self._ids is None:
            return _filler(text)
        found, end = "", 0
        for one in self._ids.finditer(text):
            found += _filler(text[end : one.start()]) + self._stand_ins[one[0]]
            end = one.end()
        return found + _filler(text[end:])

    def _url(self, text: str) -> str:
        """An address without its query, with a host and a path that tell nothing."""
        if self._learning:
            self._learn_url(text)
            return text
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            return self._text(text)
        scheme = parts.scheme if parts.scheme in ("http", "https") else _REDACTED
        ours = host in _hosts()
        if not ours:
            host = self._stand_in("host", f"//{host}").replace("_", "-") + ".example.test"
        return f"{scheme}://{host}" + "/".join(self._segment(one, ours) for one in parts.path.split("/"))

    def _segment(self, text: str, ours: bool) -> str:
        """A part of a path; words in addresses of TikTok's stay."""
        mark = "@" if text.startswith("@") else ""
        text = unquote_plus(text.removeprefix("@"))
        if not text or (ours and text.isalpha() and text.islower() and self._is_name(text)):
            return mark + text
        extension = _EXTENSION.search(text)
        end = extension[0] if extension else ""
        return mark + self._stand_in("username" if mark else "path", text.removesuffix(end)) + end


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=1000)
    except ValueError:
        return []


def _types(schemas: Schemas) -> set[str]:
    """The JSON types that a value may have."""
    found: set[str] = set()
    for schema in schemas:
        kind = schema.get("type", "string" if "const" in schema or "enum" in schema else ())
        found |= {kind} if isinstance(kind, str) else set(cast("Iterable[str]", kind))
    return found


def allowed_words(schemas: Schemas) -> frozenset[str]:
    """The values that a text may have; empty where it may have any."""
    return frozenset(
        word
        for schema in schemas
        for word in (*schema.get("enum", ()), *((schema["const"],) if "const" in schema else ()))
        if isinstance(word, str)
    )


def _is_secret(name: str, schemas: Schemas) -> bool:
    return name in secret_names() or any(schema.get("x-secret") for schema in schemas)


@cache
def _hosts() -> frozenset[str]:
    """Hosts of TikTok that the description names."""
    return frozenset(re.findall(r"https://([a-z0-9.-]*\.tiktok(?:apis)?\.com)", _public_text()))
