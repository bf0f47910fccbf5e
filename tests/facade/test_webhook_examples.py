"""The receivers under examples/webhooks/ run, and take what TikTok sends and nothing else."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tiktok_api_client.webhooks import sign_webhook

SECRET = "client-secret-1"
BODY = (
    b'{"client_key":"awmock0client0key","event":"post.publish.complete","create_time":1790000000,'
    b'"user_openid":"-000mock","content":"{\\"publish_id\\":\\"v_pub_file~v2-1.1\\",'
    b'\\"publish_type\\":\\"DIRECT_PUBLISH\\"}"}'
)

Post = Callable[[bytes, dict[str, str]], int]
"""Delivers a body with headers, and tells the status."""


def poster(name: str, application: Any) -> Post:
    def wsgi(body: bytes, headers: dict[str, str]) -> int:
        with httpx.Client(
            transport=httpx.WSGITransport(application), base_url="http://app.example"
        ) as client:
            return client.post("/tiktok", content=body, headers=headers).status_code

    def asgi(body: bytes, headers: dict[str, str]) -> int:
        async def post() -> int:
            transport = httpx.ASGITransport(application)
            async with httpx.AsyncClient(transport=transport, base_url="http://app.example") as client:
                return (await client.post("/tiktok", content=body, headers=headers)).status_code

        return asyncio.run(post())

    return asgi if name == "starlette" else wsgi


@pytest.fixture(params=["starlette", "flask", "django"])
def receiver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], Post]:
    name = str(request.param)
    pytest.importorskip(name)
    monkeypatch.setenv("TIKTOK_CLIENT_SECRET", SECRET)
    module: Any = importlib.import_module(f"examples.webhooks.{name}_receiver")
    module.seen.clear()
    return module.seen, poster(name, module.application if name == "django" else module.app)


def test_a_genuine_delivery_is_answered_and_handled_once(receiver: tuple[set[str], Post]) -> None:
    seen, post = receiver
    now = int(time.time())
    assert post(BODY, {"TikTok-Signature": sign_webhook(BODY, SECRET, now)}) == 200
    assert post(BODY, {"Tiktok-Signature": sign_webhook(BODY, SECRET, now + 1)}) == 200
    assert len(seen) == 1


def test_a_forged_stale_or_unsigned_delivery_is_not(receiver: tuple[set[str], Post]) -> None:
    seen, post = receiver
    now = int(time.time())
    assert post(BODY, {"TikTok-Signature": sign_webhook(BODY, "another-secret", now)}) == 401
    assert post(BODY + b" ", {"TikTok-Signature": sign_webhook(BODY, SECRET, now)}) == 401
    assert post(BODY, {"TikTok-Signature": sign_webhook(BODY, SECRET, now - 3600)}) == 401
    assert post(BODY, {}) == 401
    assert seen == set()


@pytest.mark.parametrize(
    "body", [b"[]", b'{"event":"post.publish.complete"}', b'{"event":"brand.new.event"}']
)
def test_a_signed_delivery_of_another_shape_is_not_asked_for_again(
    receiver: tuple[set[str], Post], body: bytes
) -> None:
    _, post = receiver
    assert post(body, {"TikTok-Signature": sign_webhook(body, SECRET, int(time.time()))}) == 200
