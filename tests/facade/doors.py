"""One scenario, two colours: a client that waits or awaits, in front of a scripted TikTok or of the mock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

from tests.facade.support import FakeClock, FakeTikTok, Responder, wait_for
from tiktok_api_client import AsyncTikTok, TikTok
from tiktok_api_client._flow import Clock

COLOURS = ("sync", "async")
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"


def video(size: int) -> bytes:
    """So many bytes that look like an MP4 and differ everywhere."""
    return (MP4 + bytes(range(251)) * (size // 251 + 1))[:size]


class GenerousTikTok(FakeTikTok):
    """Grants what publishing needs, or what a test says."""

    scope = "user.info.basic,video.publish,video.upload"

    def _token(self, fields: Mapping[str, str]) -> httpx.Response:
        answer = super()._token(fields)
        granted = answer.json()
        return httpx.Response(200, json={**granted, "scope": self.scope}) if "scope" in granted else answer


class Door:
    """A client of one colour, logged in; `do` calls a method and waits for its result either way."""

    def __init__(
        self, colour: str, handler: Responder | None = None, *, clock: Clock | None = None, **settings: Any
    ) -> None:
        self.colour = colour
        self.fake = GenerousTikTok(handler)
        self.clock = clock or FakeClock()
        app = ("key-1", "secret-1", "http://127.0.0.1:8765/callback/", "st-41")
        make: Any = TikTok if colour == "sync" else AsyncTikTok
        self.tik = make(*app, transport=httpx.MockTransport(self.fake), clock=self.clock, **settings)
        self.do("exchange_code_for_token", code="code-of-user-1")
        self.fake.requests.clear()

    def do(self, method: str, *arguments: Any, **named: Any) -> Any:
        """The result of a method, whichever colour it has."""
        result = getattr(self.tik, method)(*arguments, **named)
        return asyncio.run(wait_for(result)) if asyncio.iscoroutine(result) else result

    def items(self, method: str, *arguments: Any, **named: Any) -> list[Any]:
        """All items of a method that iterates."""
        items = getattr(self.tik, method)(*arguments, **named)
        return list(items) if self.colour == "sync" else asyncio.run(_collect(items))


async def _collect(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


class UploadServer:
    """TikTok's upload plane with one video, and what a test wants it to do wrong.

    `script` holds, per PUT, nothing or a function that answers or raises in TikTok's place. It is given the
    request, and `store`, which stores the chunk as TikTok would and gives the answer to that.
    """

    def __init__(self, size: int, *, counts: bool = True) -> None:
        self.address: str = "https://open-upload.tiktokapis.com/upload?upload_id=7&upload_token=very-secret"
        self.size = size
        self.counts = counts
        self.stored = bytearray()
        self.puts: list[str] = []
        self.script: list[Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response] | None] = []
        self.status: dict[str, object] = {"status": "PROCESSING_UPLOAD"}

    def range(self) -> dict[str, str]:
        last = len(self.stored) if self.counts or not self.stored else len(self.stored) - 1
        return {"Content-Range": f"bytes 0-{last}/{self.size}"}

    def put(self, request: httpx.Request) -> httpx.Response:
        self.puts.append(request.headers["content-range"])
        planned = self.script.pop(0) if self.script else None
        if planned is None:
            return self.store(request)
        return planned(request, lambda: self.store(request))

    def store(self, request: httpx.Request) -> httpx.Response:
        first, last = map(int, request.headers["content-range"].split(" ")[1].split("/")[0].split("-"))
        data = request.read()
        assert len(data) == last - first + 1 == int(request.headers["content-length"])
        assert "authorization" not in request.headers
        if first != len(self.stored):
            return httpx.Response(416, headers=self.range())
        self.stored += data
        return httpx.Response(201 if len(self.stored) == self.size else 206, headers=self.range())
