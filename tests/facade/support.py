"""A clock that nobody waits for, and a TikTok that answers what a test says."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs

import httpx

from tiktok_api_client import AsyncTikTok, TikTok
from tiktok_api_client._flow import Signal

T = TypeVar("T")


class FakeClock:
    """Time that passes only when somebody sleeps or a test says so."""

    def __init__(self, time: float = 1_790_000_000.0) -> None:
        self.time = time
        self.slept: list[float] = []
        self.while_asleep: Callable[[], object] | None = None

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float, signal: Signal | None) -> bool:
        if signal is not None and signal.is_set:
            return True
        self.slept.append(seconds)
        self.time += seconds
        if self.while_asleep is not None:
            self.while_asleep()
        return signal is not None and signal.is_set

    async def sleep_async(self, seconds: float, signal: Signal | None) -> bool:
        return self.sleep(seconds, signal)


Responder = Callable[[httpx.Request], httpx.Response]


def form(request: httpx.Request) -> dict[str, str]:
    """The form that a request carries."""
    return {
        name: values[0] for name, values in parse_qs(request.content.decode(), keep_blank_values=True).items()
    }


def ok(data: Mapping[str, object]) -> httpx.Response:
    """An answer of the data endpoints."""
    return httpx.Response(200, json={"data": data, "error": {"code": "ok", "message": "", "log_id": "L1"}})


def refused(status: int, code: str, message: str = "") -> httpx.Response:
    """A refusal of the data endpoints."""
    body = {"data": {}, "error": {"code": code, "message": message, "log_id": "L2"}}
    return httpx.Response(status, json=body)


def tokens(
    number: int,
    open_id: str = "user-1",
    *,
    expires_in: int = 7200,
    scope: str = "user.info.basic,video.publish",
) -> dict[str, object]:
    """TikTok's answer with the tokens of that number."""
    return {
        "access_token": f"act.secret-{open_id}-{number}",
        "expires_in": expires_in,
        "open_id": open_id,
        "refresh_token": f"rft.secret-{open_id}-{number}",
        "refresh_expires_in": 15_552_000,
        "scope": scope,
        "token_type": "Bearer",
    }


def oauth_refusal(code: str = "invalid_grant", status: int = 200) -> httpx.Response:
    """A refusal of the OAuth endpoints, with HTTP 200 as TikTok sends it."""
    return httpx.Response(status, json={"error": code, "error_description": "No.", "log_id": "L3"})


class FakeTikTok:
    """Answers token calls with strict rotation, and everything else with what a test says."""

    def __init__(self, answer: Responder | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.number = 0
        self.expires_in = 7200
        self.alive: dict[str, str] = {}
        self.answer: Responder | None = answer
        self.token_answers: list[httpx.Response | Exception] = []
        """Given instead of tokens, first one first; the refresh token stays alive."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/v2/oauth/token/":
            return self._token(form(request))
        if self.answer is None:
            return ok({})
        return self.answer(request)

    def _token(self, fields: Mapping[str, str]) -> httpx.Response:
        if self.token_answers:
            planned = self.token_answers.pop(0)
            if isinstance(planned, Exception):
                raise planned
            return planned
        if fields["grant_type"] == "client_credentials":
            return httpx.Response(
                200, json={"access_token": "clt.1", "expires_in": 7200, "token_type": "Bearer"}
            )
        open_id = "user-1"
        if fields["grant_type"] == "refresh_token":
            owner = next((who for who, token in self.alive.items() if token == fields["refresh_token"]), None)
            if owner is None:
                return oauth_refusal()
            open_id = owner
        elif fields["code"].startswith("code-of-"):
            open_id = fields["code"].removeprefix("code-of-")
        self.number += 1
        answer = tokens(self.number, open_id, expires_in=self.expires_in)
        self.alive[open_id] = str(answer["refresh_token"])
        return httpx.Response(200, json=answer)

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [request.url.path for request in self.requests]

    @property
    def refreshes(self) -> int:
        """How many refreshes were asked for."""
        return sum(b"grant_type=refresh_token" in request.content for request in self.requests)


def body(request: httpx.Request) -> Any:
    """The JSON that a request carries."""
    return json.loads(request.content)


class Plain:
    """`AsyncTikTok` with the manners of `TikTok`, so that one test tries both."""

    def __init__(self, client: AsyncTikTok) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        if not callable(member):
            return member

        def call(*arguments: Any, **options: Any) -> Any:
            result = member(*arguments, **options)
            if inspect.isasyncgen(result):
                return iterate(cast("AsyncGenerator[Any, None]", result))
            if isinstance(result, AsyncTikTok):
                return Plain(result)
            return asyncio.run(wait_for(result)) if inspect.isawaitable(result) else result

        return call

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_client":
            object.__setattr__(self, name, value)
        else:
            setattr(self._client, name, value)

    def __repr__(self) -> str:
        return repr(self._client)


async def wait_for(awaitable: Awaitable[T]) -> T:
    return await awaitable


def iterate(items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """The items of an async iterator, for a caller that waits."""
    loop = asyncio.new_event_loop()
    try:
        while True:
            try:
                item = loop.run_until_complete(wait_for(anext(items)))
            except StopAsyncIteration:
                return
            yield item
    finally:
        loop.run_until_complete(items.aclose())
        loop.close()


CLIP = Path(__file__).resolve().parent.parent.parent / "examples" / "media" / "hello.mp4"
"""A video that TikTok would take."""

KEY, SECRET, REDIRECT = "key-1", "client-secret-1", "http://127.0.0.1:8765/callback/"


def make_client(kind: str, server: Responder, clock: FakeClock, **options: Any) -> TikTok:
    """A client of either kind; the async one is wrapped in `Plain`."""
    for name, value in (("client_key", KEY), ("client_secret", SECRET), ("redirect_uri", REDIRECT)):
        options.setdefault(name, value)
    if kind == "sync":
        return TikTok(transport=httpx.MockTransport(server), clock=clock, **options)
    return cast("TikTok", Plain(AsyncTikTok(transport=httpx.MockTransport(server), clock=clock, **options)))


CREATOR = {
    "creator_avatar_url": "https://p16.example-cdn.test/a.jpeg",
    "creator_username": "mock.creator",
    "creator_nickname": "Mock Creator",
    "privacy_level_options": ["FOLLOWER_OF_CREATOR", "SELF_ONLY"],
    "comment_disabled": False,
    "duet_disabled": True,
    "stitch_disabled": True,
    "max_video_post_duration_sec": 300,
}
