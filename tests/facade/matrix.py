"""The fault matrix: each step of each way to post × each fault × sync and async × kind of source.

Every cell posts once with a key, against the mock, meets one fault at one step, and then does what a
sensible caller does: nothing when it worked, the same call again when nothing was sent, or when there is a
post to go on with, and nothing when the outcome is unknown. What the client said is compared with what is in
the mock's world.

`python -m tests.facade.matrix` runs all of it and prints size and result.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx

from tests.facade.support import wait_for
from tiktok_api_client import (
    AsyncTikTok,
    Error,
    MemoryJournal,
    MemoryTokenStore,
    OutcomeUnknown,
    Published,
    Sent,
    TikTok,
    UploadEnded,
)
from tiktok_mock_server import MockTikTok
from tiktok_mock_server.world import Stage

HELLO: Final = Path(__file__).resolve().parent.parent.parent / "examples" / "media" / "hello.mp4"
CHUNK: Final = 5 * 1024 * 1024
REDIRECT: Final = "http://127.0.0.1:8765/callback/"
ADDRESS: Final = "https://media.example.test/v.mp4"
PHOTOS: Final = ["https://media.example.test/1.jpg", "https://media.example.test/2.webp"]
COLOURS: Final = ("sync", "async")


def playable(size: int) -> bytes:
    """The clip, followed by an MP4 box that players skip."""
    clip = HELLO.read_bytes()
    return clip + (size - len(clip)).to_bytes(4, "big") + b"free" + bytes(size - len(clip) - 8)


VIDEO: Final = playable(2 * CHUNK + 1000)


class Crash(BaseException):
    """The client's process dies here."""


# Faults: what happens to one request, given a way to let it through


@attrs.frozen
class Fault:
    """Something that goes wrong with one request."""

    name: str
    acts: bool = False
    """Whether TikTok has done what it was asked all the same."""
    kind: str = "transport"
    answer: httpx.Response | None = None
    error: type[httpx.TransportError] | None = None
    times: int = 1


HTML: Final = "<html><body>Bad Gateway</body></html>"
INTERNAL: Final = {"error": {"code": "internal_error", "message": "oops", "log_id": "L"}}
LIMITED: Final = {"error": {"code": "rate_limit_exceeded", "message": "slow down", "log_id": "L"}}

FAULTS: Final = (
    Fault("refused", error=httpx.ConnectError),
    Fault("refused for a while (restart of the server)", error=httpx.ConnectError, times=3),
    Fault("reset before acting", error=httpx.ReadError),
    Fault("reset while acting", kind="partial", error=httpx.WriteError),
    Fault("reset after acting", acts=True, error=httpx.ReadError),
    Fault("time-out before acting", error=httpx.ReadTimeout),
    Fault("time-out after acting", acts=True, error=httpx.ReadTimeout),
    Fault("500 as JSON before acting", answer=httpx.Response(500, json=INTERNAL)),
    Fault("500 as JSON after acting", acts=True, answer=httpx.Response(500, json=INTERNAL)),
    Fault("502 as HTML before acting", answer=httpx.Response(502, text=HTML)),
    Fault("504 as HTML after acting", acts=True, answer=httpx.Response(504, text=HTML)),
    Fault("429", answer=httpx.Response(429, json=LIMITED)),
    Fault("truncated body", acts=True, kind="truncated"),
    Fault("empty body", acts=True, kind="empty"),
    Fault("expired access token", kind="expired token"),
    Fault("refresh token rotated by another process", kind="rotated token"),
    Fault("expired upload session", kind="expired session"),
    Fault("crash before the request", kind="crash"),
    Fault("crash after the request", acts=True, kind="crash"),
)

STEPS: Final = {
    "path": ("creator info", "init", "chunk 1", "chunk 2", "status"),
    "file object": ("creator info", "init", "chunk 1", "chunk 2", "status"),
    "bytes": ("creator info", "init", "chunk 1", "chunk 2", "status"),
    "iterator": ("creator info", "init", "chunk 1", "chunk 2", "status"),
    "draft": ("init", "chunk 1", "chunk 2", "status"),
    "url": ("creator info", "init", "status"),
    "photos": ("creator info", "init", "status"),
    "photo draft": ("init", "status"),
}


@attrs.frozen
class Cell:
    """One cell of the matrix."""

    kind: str
    step: str
    fault: Fault
    colour: str

    def __str__(self) -> str:
        return f"{self.kind} · {self.step} · {self.fault.name} · {self.colour}"


def cells() -> Iterator[Cell]:
    """Every cell that can exist: a session expires during an upload only, a chunk carries no token."""
    for kind, steps in STEPS.items():
        for step in steps:
            for fault in FAULTS:
                chunk = step.startswith("chunk")
                if fault.kind == "expired session" and not chunk:
                    continue
                if fault.kind in {"expired token", "rotated token", "truncated"} and chunk:
                    continue
                for colour in COLOURS:
                    yield Cell(kind, step, fault, colour)


# The wire


class Faults:
    """Counts the steps that go by, and decides what happens to each request."""

    def __init__(self, mock: MockTikTok, cell: Cell) -> None:
        self.mock = mock
        self.step = cell.step
        self.fault = cell.fault
        self.left = cell.fault.times
        self.secrets: set[str] = set()

    def at(self, request: httpx.Request) -> Fault | None:
        """The fault that meets this request."""
        for value in (
            request.headers.get("authorization", ""),
            str(request.url.params.get("upload_token", "")),
        ):
            if value:
                self.secrets.add(value.removeprefix("Bearer "))
        if self.left and self._name(request) == self.step:
            self.left -= 1
            return self.fault
        return None

    def _name(self, request: httpx.Request) -> str:
        path = request.url.path
        if request.method == "PUT":
            return "chunk 1" if request.headers["content-range"].startswith("bytes 0-") else "chunk 2"
        if "/creator_info/" in path:
            return "creator info"
        if path.endswith("/init/"):
            return "init"
        return "status" if "/status/" in path else "login"

    def prepare(self, fault: Fault, request: httpx.Request) -> None:
        """What happens before the request gets through."""
        if fault.kind == "expired session":
            self.mock.clock.advance(3700)
        if fault.kind in {"expired token", "rotated token"}:
            request.headers["authorization"] = "Bearer act.mock.dead"
        if fault.kind == "rotated token":
            self.mock.world.access_tokens.clear()
            self.mock.world.refresh_tokens.clear()

    def finish(self, fault: Fault, answer: httpx.Response) -> httpx.Response:
        """What happens to the answer."""
        if fault.kind == "crash":
            raise Crash
        if fault.error is not None:
            raise fault.error("injected")
        if fault.answer is not None:
            planned = fault.answer
            return httpx.Response(planned.status_code, headers=planned.headers, content=planned.content)
        if fault.kind in {"truncated", "empty"}:
            content = answer.content[: len(answer.content) // 2] if fault.kind == "truncated" else b""
            return httpx.Response(answer.status_code, content=content)
        return answer


class FaultyTransport(httpx.BaseTransport):
    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._inner = faults.mock.transport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._faults.at(request)
        if fault is None:
            return self._inner.handle_request(request)
        if fault.kind == "partial":
            next(iter(cast("httpx.SyncByteStream", request.stream)), None)
        self._faults.prepare(fault, request)
        answer = httpx.Response(200)
        if fault.acts or fault.kind in {"expired token", "rotated token", "expired session"}:
            answer = self._inner.handle_request(request)
            answer.read()
        return self._faults.finish(fault, answer)


class AsyncFaultyTransport(httpx.AsyncBaseTransport):
    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._inner = faults.mock.async_transport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._faults.at(request)
        if fault is None:
            return await self._inner.handle_async_request(request)
        if fault.kind == "partial":
            await anext(aiter(cast("httpx.AsyncByteStream", request.stream)), None)
        self._faults.prepare(fault, request)
        answer = httpx.Response(200)
        if fault.acts or fault.kind in {"expired token", "rotated token", "expired session"}:
            answer = await self._inner.handle_async_request(request)
            await answer.aread()
        return self._faults.finish(fault, answer)


# One cell


class Wrong(AssertionError):
    """The client said something that the world does not confirm."""


class Run:
    """One cell being run."""

    def __init__(self, cell: Cell, folder: Path) -> None:
        self.cell = cell
        self.mock = MockTikTok(verified_domains=("media.example.test",))
        self.faults = self.make_faults()
        self.said: list[str] = []
        self.stores: dict[str, Any] = {"journal": MemoryJournal(), "token_store": MemoryTokenStore()}
        self.path = folder / "clip.mp4"
        if cell.kind == "path":
            self.path.write_bytes(VIDEO)
        self.tik = self.client()
        self.log_in()

    def make_faults(self) -> Faults:
        """What goes wrong."""
        return Faults(self.mock, self.cell)

    def client(self) -> Any:
        """A client in a new process, as far as it can tell: it knows what is in journal and token store."""
        settings: dict[str, Any] = {"clock": self.mock.clock, **self.stores}
        app = ("mock_client_key", "mock_client_secret", REDIRECT, "st-41")
        scopes = ["user.info.basic", "video.publish", "video.upload"]
        if self.cell.colour == "sync":
            return TikTok(*app, scopes, transport=FaultyTransport(self.faults), **settings)
        return AsyncTikTok(*app, scopes, transport=AsyncFaultyTransport(self.faults), **settings)

    def do(self, method: str, *arguments: Any, **named: Any) -> Any:
        """Call a method of the client, whichever colour it has."""
        result = getattr(self.tik, method)(*arguments, **named)
        return asyncio.run(wait_for(result)) if asyncio.iscoroutine(result) else result

    def log_in(self) -> None:
        address: str = self.tik.get_authorization_url()
        query = parse_qs(urlsplit(address).query)
        code = self.mock.authorize_code(
            redirect_uri=REDIRECT,
            code_challenge=query["code_challenge"][0],
            scopes=("user.info.basic", "video.publish", "video.upload"),
        )
        token = self.do("exchange_code_for_token", code=code)
        self.faults.secrets |= {token.access_token, token.refresh_token, "mock_client_secret"}

    def source(self) -> Any:
        """What is posted, anew for each call: an iterator can be used once."""
        kind = self.cell.kind
        if kind == "path":
            return self.path
        if kind == "file object":
            return io.BytesIO(VIDEO)
        if kind == "iterator":
            return iter([VIDEO[:1000], VIDEO[1000:CHUNK], VIDEO[CHUNK:]])
        return VIDEO

    def post(self) -> Any:
        """The call that a user makes."""
        kind, words = self.cell.kind, {"key": "the-post"}
        if kind == "photo draft":
            return self.do("draft_photos", PHOTOS, **words)
        if kind == "photos":
            return self.do("post_photos", PHOTOS, privacy_level="SELF_ONLY", **words)
        if kind == "url":
            return self.do("post_video", ADDRESS, privacy_level="SELF_ONLY", **words)
        file = {"size": len(VIDEO), "chunk_size": CHUNK, **words}
        if kind == "draft":
            return self.do("draft_video", VIDEO, **file)
        return self.do("post_video", self.source(), privacy_level="SELF_ONLY", title="A post", **file)

    def try_(self, call: Callable[[], Any]) -> Any:
        """The result, or the error, which is kept to be searched; a crash is followed by a new process."""
        try:
            return call()
        except Error as error:
            shown = "".join(traceback.format_exception(error))
            self.said += [str(error), repr(error), shown]
            return error
        except Crash:
            self.tik = self.client()
            return None

    def run(self) -> str:
        """Go through the cell; what became of it.

        Raises:
            Wrong: the client's words and the world differ, there are two posts, or a secret was shown.
        """
        result = self.try_(self.post)
        outcome = "posted"
        if isinstance(result, Error):
            outcome = self.after_error(result)
        elif result is None:
            outcome = self.after_crash()
        else:
            self.expect(result.publish_id in self.mock.world.posts, "a result names a post that exists")
        if outcome.startswith(("posted", "resumed")):
            self.check_end()
        self.expect(len(self.mock.world.posts) <= 1, "at most one post")
        for secret in self.faults.secrets - {"act.mock.dead"}:
            for text in self.said:
                self.expect(secret not in text, "no secret in any message or log")
        return outcome

    def after_error(self, error: Any) -> str:
        """What a sensible caller does, and whether what it was told is true."""
        posts = self.mock.world.posts
        if error.sent is Sent.NO:
            self.expect(not posts, "`sent` is no, so there is no post")
            return self.again("refused, then posted")
        if error.sent is Sent.UNKNOWN:
            again = self.try_(self.post)
            self.expect(isinstance(again, OutcomeUnknown), "an unknown outcome is not posted again")
            return "unknown, and there is a post" if posts else "unknown, and there is none"
        self.expect(list(posts) == [error.publish_id], "`sent` is yes, so there is the post that is named")
        if isinstance(error, UploadEnded):
            self.expect(
                next(iter(posts.values())).stage is not Stage.PUBLISHED,
                "an upload that ended is not published",
            )
            return "ended, and said so"
        return self.again("resumed")

    def after_crash(self) -> str:
        """A new process makes the same call."""
        result = self.try_(self.post)
        if isinstance(result, OutcomeUnknown):
            return "crashed in mid-init: unknown" + (", and there is a post" if self.mock.world.posts else "")
        if isinstance(result, Error):
            return self.after_error(result)
        return "posted after a crash"

    def again(self, outcome: str) -> str:
        result = self.try_(self.post)
        if isinstance(result, Error):
            gone = self.cell.fault.kind == "rotated token"
            self.expect(gone, f"the same call works when the fault is over, got {result!r}")
            return "must log in again"
        return outcome if outcome.startswith("resumed") else f"posted ({outcome})"

    def check_end(self) -> None:
        """All bytes arrived, and waiting says what the world says."""
        (post,) = self.mock.world.posts.values()
        outcome = self.try_(lambda: self.do("wait", post.publish_id))
        if outcome is None:  # crashed while waiting
            outcome = self.try_(lambda: self.do("wait", post.publish_id))
        if isinstance(outcome, Error):
            self.expect(self.cell.fault.kind == "rotated token", f"waiting ends well, got {outcome!r}")
            return
        expected = {Stage.PUBLISHED: "PUBLISH_COMPLETE", Stage.IN_INBOX: "SEND_TO_USER_INBOX"}
        self.expect(outcome.status == expected.get(post.stage), f"{outcome} is {post.stage}")
        self.expect(post.stage is not Stage.FAILED, f"nothing is wrong with the post: {post.fail_reason}")
        self.expect(isinstance(outcome, Published) != post.draft, "a draft goes to the inbox")

    def expect(self, truth: bool, what: str) -> None:
        if not truth:
            raise Wrong(f"{self.cell}: not true: {what}")


class _Everything(logging.Formatter):
    """A log line with all that a record carries."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.getMessage()} {record.__dict__}"


def run(cell: Cell) -> str:
    """Run one cell; what became of it."""
    logs = io.StringIO()
    handler = logging.StreamHandler(logs)
    handler.setFormatter(_Everything())
    logger = logging.getLogger("tiktok_api_client")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        with tempfile.TemporaryDirectory() as folder:
            running = Run(cell, Path(folder))
            try:
                outcome = running.run()
                for secret in running.faults.secrets - {"act.mock.dead"}:
                    running.expect(secret not in logs.getvalue(), "no secret in any log")
                return outcome
            finally:
                running.mock.close()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def main() -> int:
    """Run the whole matrix, and print its size and result."""
    began, outcomes, wrong = time.perf_counter(), Counter[str](), list[str]()
    for cell in cells():
        outcomes[_outcome(cell, wrong)] += 1
    total = sum(outcomes.values())
    outcomes.pop("wrong", None)
    print(f"fault matrix: {total} cells in {time.perf_counter() - began:.0f} s")
    for outcome, count in outcomes.most_common():
        print(f"  {count:5}  {outcome}")
    print(f"  {len(wrong):5}  wrong")
    for line in wrong:
        print(f"         {line}")
    return 1 if wrong else 0


def _outcome(cell: Cell, wrong: list[str]) -> str:
    try:
        return run(cell)
    except Wrong as problem:
        wrong.append(str(problem))
        return "wrong"


if __name__ == "__main__":
    sys.exit(main())
