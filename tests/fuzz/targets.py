"""What is fuzzed: each target takes any bytes, and may raise nothing but the errors that it documents.

`test_fuzz.py` feeds them in every run of the suite, `run.py` for as long as it is told to. An input that
made a target fail is kept in `crashes/<target>/` and tried in every run from then on.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from codegen.emit import emit
from codegen.load import Refusal, load
from codegen.lower import lower
from tests.contract.described import bundle, follow, operation
from tests.contract.payloads import call, examples_of
from tiktok_api_client import ChunkPlan, Error, WebhookRefused, verify_webhook
from tiktok_api_client.callback import decode_state, encode_state, parse_callback
from tiktok_api_client.ranges import content_range, stored_bytes
from tiktok_api_client.webhooks import sign_webhook
from tiktok_mock_server import MockTikTok
from tiktok_openapi import Client, webhooks
from tiktok_openapi._runtime.errors import Refused, Unreadable, UnreadableEvent
from tiktok_openapi.routes import BY_ID

ROOT = Path(__file__).parent.parent.parent
SECRET = "mock_client_secret_0001"
PLAN = ChunkPlan.for_size(50_000_123, 10_000_000)


class Wrong(AssertionError):
    """A target gave an answer that cannot be right."""


def callback(data: bytes) -> None:
    """Callback parser: a code, or an error of ours; whatever else the address holds."""
    text = data.decode("utf-8", "surrogateescape")
    for expected in ("st-41", None, {"a": 1}):
        try:
            found = parse_callback(text, expected=expected, secret=SECRET, asked=("video.publish",))
        except Error:
            continue
        if not found.code:
            raise Wrong("a callback without a code")
    if (decoded := decode_state(text, SECRET)) is not None:
        decode_state(encode_state(decoded, SECRET), SECRET)


def webhook(data: bytes) -> None:
    """Webhook parser: header and body from outside, then a body that is signed."""
    head, _, body = data.partition(b"\n")
    try:
        verify_webhook(body, head.decode("latin-1"), SECRET, now=1790000005)
        raise Wrong("a signature was forged")
    except (WebhookRefused, Unreadable):
        pass
    signed = sign_webhook(body, SECRET, 1790000005)
    with suppress(Unreadable):
        verify_webhook(body, signed, SECRET, now=1790000005)
    with suppress(UnreadableEvent):
        webhooks.parse(body)


def range_at_client(data: bytes) -> None:
    """`Content-Range` of an answer: a place between two chunks, or nothing."""
    stored = stored_bytes(data.decode("latin-1"), PLAN)
    if stored is not None and PLAN.at(stored) is None:
        raise Wrong(f"{stored} is inside a chunk")


_MOCK = MockTikTok(strict=True)
_INIT = {
    "post_info": {"privacy_level": "SELF_ONLY"},
    "source_info": {
        "source": "FILE_UPLOAD",
        "video_size": PLAN.video_size,
        "chunk_size": PLAN.chunk_size,
        "total_chunk_count": PLAN.total_chunk_count,
    },
}
_ADDRESS: list[str] = []


def range_at_mock(data: bytes) -> None:
    """`Content-Range` of a PUT, at the mock: a described refusal, since no body ever fits."""
    with httpx.Client(transport=_MOCK.transport(), base_url=_MOCK.url) as http:
        if not _ADDRESS:
            token = {"Authorization": f"Bearer {_MOCK.authorize()['access_token']}"}
            answer = http.post(BY_ID["initVideoPost"].path, json=_INIT, headers=token)
            _ADDRESS.append(answer.json()["data"]["upload_url"])
        headers = [(b"Content-Type", b"video/mp4"), (b"Content-Range", data[:300].replace(b"\n", b" "))]
        answer = http.put(_ADDRESS[0], content=b"x", headers=headers)
    if answer.status_code not in (400, 416):
        raise Wrong(f"HTTP {answer.status_code}")
    if _MOCK.engine.violations:
        raise Wrong(_MOCK.engine.violations[0])


_CALLS = {name: call(name) for name, route in BY_ID.items() if route.envelope is not None}


def decoder(data: bytes) -> None:
    """Every decoder: the first byte chooses operation and status, the rest is the body."""
    name = sorted(_CALLS)[(data[0] if data else 0) % len(_CALLS)]
    status = (200, 200, 200, 400, 401, 503)[(data[1] if len(data) > 1 else 0) % 6]
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=data[2:]))
    with Client(transport=transport) as client:
        try:
            client.perform(_CALLS[name])
        except (Refused, Unreadable) as problem:
            str(problem)


def generator(data: bytes) -> None:
    """Input of the generator: a fragment is generated from, or refused with file and line."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "openapi.yaml").write_bytes(data)
        try:
            document = load(Path(folder))
            emit(lower(document), document)
        except Refusal as refusal:
            if not refusal.message or not refusal.place.file:
                raise Wrong("a refusal without words or place") from refusal


def bodies() -> list[bytes]:
    """Every documented answer, for every operation."""
    found: list[bytes] = []
    for index, name in enumerate(sorted(_CALLS)):
        for response in operation(name)["responses"].values():
            content = follow(response).get("content", {}).get("application/json", {})
            found += [bytes([index, 0]) + json.dumps(one).encode() for one in examples_of(content).values()]
    return found


def events() -> list[bytes]:
    """Every documented event, with a header in front."""
    head = b"t=1790000005,s=" + b"a" * 64 + b"\n"
    found: list[bytes] = []
    for item in bundle()["webhooks"].values():
        (content,) = item["post"]["requestBody"]["content"].values()
        found += [head + json.dumps(one).encode() for one in examples_of(content).values()]
    return found


FRAGMENT = b"""\
openapi: 3.1.0
info: {title: T, version: "1"}
x-package: p
x-envelopes: {e: {payload: /data, code: /error/code, message: /error/message, log-id: [/id], success: ok}}
x-error-categories: {c: {class: C, description: d, advice: a, statuses: [400, 5xx]}}
servers: [{url: "https://a.test"}]
paths: {}
components: {schemas: {A: {type: object, properties: {b: {type: string}}}}}
"""


@dataclass(frozen=True)
class Target:
    """Something to feed, and what to begin with."""

    feed: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


TARGETS: dict[str, Target] = {
    "callback": Target(
        callback,
        lambda: [
            b"http://127.0.0.1:8765/callback/?code=a%2Av%216001.s1&scopes=video.publish&state=st-41",
            b"?error=access_denied&error_description=User+declined&state=st-41&error_type=client_key",
            b"code=x&state=" + encode_state({"a": 1}, SECRET).encode(),
            b'{"a":1,"~":"x.y"}',
        ],
    ),
    "webhook": Target(webhook, events),
    "range-at-client": Target(
        range_at_client,
        lambda: [b"bytes 0-9999999/50000123", b"bytes 0-10000000/50000123", b"bytes */1", b"0-10000000"],
    ),
    "range-at-mock": Target(
        range_at_mock, lambda: [content_range(0, 10_000_000, 50_000_123).encode(), b"bytes 0-0/1", b"*/*"]
    ),
    "decoder": Target(decoder, bodies),
    "generator": Target(
        generator,
        lambda: [FRAGMENT, *(path.read_bytes() for path in sorted((ROOT / "spec").glob("*.yaml")))],
    ),
}
CRASHES = Path(__file__).parent / "crashes"


def kept(name: str) -> list[Path]:
    """Inputs that once made a target fail."""
    return sorted((CRASHES / name).glob("*"))
