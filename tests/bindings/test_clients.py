"""Clients: what they own, what they share, and what bodies they take."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

import tiktok_openapi as api
from tiktok_openapi._runtime import transport
from tiktok_openapi.operations import upload
from tiktok_openapi.routes import ROUTES

pytestmark = pytest.mark.anyio

ADDRESS = "https://up.test/upload?upload_id=7700000000000000002"


def chunk(content: api.Content) -> api.Call[api.Receipt]:
    return upload.upload_chunk(
        ADDRESS, content, content_type="video/mp4", content_length=6, content_range="bytes 0-5/6"
    )


def swallow(request: httpx.Request) -> httpx.Response:
    assert request.read() == b"abcdef"
    assert request.headers["content-length"] == "6"
    assert "transfer-encoding" not in request.headers
    assert "authorization" not in request.headers
    return httpx.Response(201)


async def swallow_later(request: httpx.Request) -> httpx.Response:
    assert await request.aread() == b"abcdef"
    assert request.headers["content-length"] == "6"
    assert "transfer-encoding" not in request.headers
    return httpx.Response(201)


class Twice:
    """A body that can be iterated again."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"abc"
        yield b"def"


class Later:
    """A body that is awaited."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"abc"
        yield b"def"


@pytest.mark.parametrize("content", [b"abcdef", [b"abc", b"def"], Twice(), iter([b"abcdef"])])
async def test_a_sync_client_takes_bytes_and_iterables(content: api.Content) -> None:
    with api.Client(transport=httpx.MockTransport(swallow)) as client:
        assert client.perform(chunk(content)).status == 201


@pytest.mark.parametrize("content", [b"abcdef", [b"abc", b"def"], Twice(), iter([b"abcdef"]), Later()])
async def test_an_async_client_takes_async_iterables_too(content: api.Content) -> None:
    async with api.AsyncClient(transport=httpx.MockTransport(swallow_later)) as client:
        assert (await client.perform(chunk(content))).status == 201


async def test_a_body_that_can_be_iterated_again_can_be_sent_again() -> None:
    call = chunk(Twice())
    with api.Client(transport=httpx.MockTransport(swallow)) as client:
        assert [client.perform(call).status for _ in range(3)] == [201] * 3


async def test_a_sync_client_refuses_an_async_body_before_sending() -> None:
    with (
        api.Client(transport=httpx.MockTransport(lambda _: pytest.fail("sent"))) as client,
        pytest.raises(TypeError, match="without await"),
    ):
        client.perform(chunk(Later()))


async def test_all_clients_share_one_tls_context_made_at_first_use() -> None:
    transport.shared_ssl_context.cache_clear()
    one, two = api.Client(), api.Client()
    assert transport.shared_ssl_context.cache_info().misses == 0
    assert one.http is one.http
    assert one.http is not two.http
    assert transport.shared_ssl_context.cache_info().misses == 1
    one.close()
    two.close()


async def test_threads_that_ask_at_once_get_one_http_client() -> None:
    client = api.Client()
    barrier = threading.Barrier(8)
    found: list[int] = []

    def touch() -> None:
        barrier.wait()
        found.append(id(client.http))

    threads = [threading.Thread(target=touch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    client.close()


async def test_a_client_closes_what_it_made() -> None:
    with api.Client(transport=httpx.MockTransport(swallow)) as client:
        http = client.http
    assert http.is_closed
    async with api.AsyncClient(transport=httpx.MockTransport(swallow_later)) as waiting:
        asynchronous = waiting.http
    assert asynchronous.is_closed
    api.Client().close()  # closing what was never opened is no error
    await api.AsyncClient().close()


@pytest.mark.parametrize(("timeout", "read"), [(None, 30.0), (5, 5), (0.5, 0.5)])
async def test_the_time_limit_is_that_of_the_client_but_for_uploads(
    timeout: float | None, read: float
) -> None:
    seen: list[dict[str, float | None]] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(201, json={})

    with api.Client(timeout=timeout, transport=httpx.MockTransport(take)) as client:
        client.oauth.revoke_token(client_key="k", client_secret="s", token="t")
        client.perform(chunk(b"abcdef"))
    assert seen[0]["read"] == read
    assert seen[0]["pool"] is None, "waiting for a free connection is no failure"
    assert (seen[1]["write"], seen[1]["read"]) == (60.0, 120.0)


async def test_faces_are_made_once() -> None:
    client = api.Client()
    assert client.post is client.post
    assert client.base_url is None
    assert api.Client("http://127.0.0.1:1/").base_url == "http://127.0.0.1:1"


async def test_every_operation_is_a_method_of_both_faces() -> None:
    for client in (api.Client(), api.AsyncClient()):
        for route in ROUTES:
            face = getattr(client, route.area)
            assert hasattr(face, route.name) != hasattr(face, f"{route.name}_url")


async def test_a_transport_beside_an_httpx_client_would_be_ignored_and_is_refused() -> None:
    answered = httpx.MockTransport(swallow)
    with pytest.raises(TypeError, match="give transport or http, not both"):
        api.Client(http=httpx.Client(), transport=answered)
    with pytest.raises(TypeError, match="give transport or http, not both"):
        api.AsyncClient(http=httpx.AsyncClient(), transport=answered)


def test_what_waits_where_the_client_awaits_is_refused_before_anything_is_sent() -> None:
    sync_client: Any = api.Client
    async_client: Any = api.AsyncClient
    with pytest.raises(TypeError, match=r"transport must have handle_request, as that of an httpx\.Client"):
        sync_client(transport=httpx.AsyncHTTPTransport())
    with pytest.raises(TypeError, match="transport must have handle_async_request"):
        async_client(transport=httpx.HTTPTransport())
    with pytest.raises(TypeError, match=r"http must be an httpx\.Client, not AsyncClient"):
        sync_client(http=httpx.AsyncClient())
    with pytest.raises(TypeError, match=r"http must be an httpx\.AsyncClient, not Client"):
        async_client(http=httpx.Client())


SNIFFIO = """
import asyncio, sys, httpx
from tiktok_openapi import AsyncClient

async def ask() -> None:
    async with AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        await client.oauth.revoke_token(client_key="k", client_secret="s", token="t")

asyncio.run(ask())
import sniffio
print(sniffio.__file__)
"""


@pytest.mark.parametrize("there", [True, False])
def test_sniffio_is_called_absent_only_where_it_is(tmp_path: Path, *, there: bool) -> None:
    if there:
        (tmp_path / "sniffio.py").write_text("def current_async_library():\n    return 'asyncio'\n")
    elif find_spec("sniffio") is not None:
        pytest.skip("sniffio is installed here")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-c", SNIFFIO],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if there:
        assert ran.stdout.strip() == str(tmp_path / "sniffio.py"), ran.stderr
    else:
        assert "ModuleNotFoundError" in ran.stderr, "whoever tries to import it is told as before"
