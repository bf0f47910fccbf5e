"""The ways in: the same answers through each of them, at whatever address the caller uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

import httpx
import pytest
import respx
from respx.models import AllMockedAssertionError

import tiktok_mock_server
from tests.mock.support import Player, data, mp4, without_media_checks
from tests.mock.wire import Wire
from tiktok_mock_server import MockTikTok, create_app
from tiktok_mock_server.world import Delivery
from tiktok_openapi.routes import BY_ID

Story = list[tuple[int, bytes, str]]

INIT = {
    "post_info": {"privacy_level": "SELF_ONLY"},
    "source_info": {"source": "FILE_UPLOAD", "video_size": 20, "chunk_size": 20, "total_chunk_count": 1},
}
UPLOAD = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-19/20"}


def made() -> MockTikTok:
    mock = MockTikTok(strict=True)
    without_media_checks(mock)
    return mock


def told(answer: httpx.Response) -> tuple[int, bytes, str]:
    return answer.status_code, answer.content, answer.headers.get("x-mock-rule", "")


def story(http: httpx.Client, token: str) -> Story:
    """Some calls that work and some that do not."""
    headers = {"Authorization": f"Bearer {token}"}
    answers = [
        http.post(BY_ID["queryCreatorInfo"].path, headers=headers),
        http.post(BY_ID["queryCreatorInfo"].path),
        http.get(BY_ID["getUserInfo"].path, headers=headers, params={"fields": "open_id,username"}),
        http.post(BY_ID["initVideoPost"].path, headers=headers, json=INIT),
    ]
    started = data(answers[-1])
    answers += [
        http.put(
            started["upload_url"], content=mp4(20)[:15], headers=UPLOAD | {"Content-Range": "bytes 5-19/20"}
        ),
        http.put(started["upload_url"], content=mp4(20), headers=UPLOAD),
        http.post(BY_ID["fetchStatus"].path, headers=headers, json={"publish_id": started["publish_id"]}),
        http.post(BY_ID["getToken"].path, data={"client_key": "x"}),
        http.get("/nowhere/"),
    ]
    return [told(answer) for answer in answers]


async def async_story(http: httpx.AsyncClient, token: str) -> Story:
    """The same calls."""
    headers = {"Authorization": f"Bearer {token}"}
    answers = [
        await http.post(BY_ID["queryCreatorInfo"].path, headers=headers),
        await http.post(BY_ID["queryCreatorInfo"].path),
        await http.get(BY_ID["getUserInfo"].path, headers=headers, params={"fields": "open_id,username"}),
        await http.post(BY_ID["initVideoPost"].path, headers=headers, json=INIT),
    ]
    started = data(answers[-1])
    answers += [
        await http.put(
            started["upload_url"], content=mp4(20)[:15], headers=UPLOAD | {"Content-Range": "bytes 5-19/20"}
        ),
        await http.put(started["upload_url"], content=mp4(20), headers=UPLOAD),
        await http.post(
            BY_ID["fetchStatus"].path, headers=headers, json={"publish_id": started["publish_id"]}
        ),
        await http.post(BY_ID["getToken"].path, data={"client_key": "x"}),
        await http.get("/nowhere/"),
    ]
    return [told(answer) for answer in answers]


def in_process(url: str) -> Story:
    with made() as mock, httpx.Client(transport=mock.transport(), base_url=url) as http:
        return story(http, str(mock.authorize()["access_token"]))


def test_over_a_socket_and_in_process_the_answers_are_the_same(wire: Wire) -> None:
    with made() as mock, wire.to(mock) as url, httpx.Client(base_url=url) as http:
        over_socket = story(http, str(mock.authorize()["access_token"]))
    assert over_socket == in_process(url)


def test_respx_lets_other_hosts_alone() -> None:
    with made() as mock, mock.respx_router() as router:
        for host in ("https://api.example.com", "https://nottiktok.com", "http://127.0.0.1:9"):
            with pytest.raises(AllMockedAssertionError, match="not mocked"):
                httpx.get(f"{host}/v2/user/info/")
        assert len(mock.journal) == 0
        router.get("https://api.example.com/me").respond(204)
        assert httpx.get("https://api.example.com/me").status_code == 204
        for host in ("https://www.tiktok.com", "https://open-upload-va.tiktokapis.com", mock.url):
            assert httpx.get(f"{host}/nowhere").headers["x-mock-rule"] == "path.janus"


@pytest.mark.anyio
async def test_respx_lets_other_hosts_of_async_clients_alone() -> None:
    with made() as mock, mock.respx_router() as router:
        router.get("https://api.example.com/me").respond(204)
        async with httpx.AsyncClient() as http:
            assert (await http.get("https://api.example.com/me")).status_code == 204
            with pytest.raises(AllMockedAssertionError, match="not mocked"):
                await http.get("https://api.example.com/you")
    assert len(mock.journal) == 0


def test_respx_catches_everything_of_tiktoks_and_answers_the_same() -> None:
    with made() as mock, mock.respx_router() as router:
        assert isinstance(router, respx.MockRouter)
        with httpx.Client(base_url="https://open.tiktokapis.com") as http:
            caught = story(http, str(mock.authorize()["access_token"]))
    assert caught == in_process("https://open.tiktokapis.com")


@pytest.mark.anyio
@pytest.mark.parametrize("door", ["transport", "asgi", "respx"])
async def test_async_doors_answer_the_same(door: str) -> None:
    url = "http://tiktok.mock"
    with made() as mock:
        token = str(mock.authorize()["access_token"])
        if door == "respx":
            with mock.respx_router():
                async with httpx.AsyncClient(base_url=url) as http:
                    got = await async_story(http, token)
        else:
            transport = mock.async_transport() if door == "transport" else httpx.ASGITransport(mock.asgi())
            async with httpx.AsyncClient(transport=transport, base_url=url) as http:
                got = await async_story(http, token)
    assert got == in_process(url)


@pytest.mark.anyio
async def test_an_async_door_takes_a_body_piece_by_piece_and_notices_when_it_breaks_off() -> None:
    async def pieces(broken: bool) -> AsyncIterator[bytes]:
        yield mp4(20)[:8]
        if broken:
            raise OSError("the disk is gone")
        yield mp4(20)[8:]

    with made() as mock:
        url = data(Player(mock).log_in().init_video(20))["upload_url"]
        headers = UPLOAD | {"Content-Length": "20"}
        async with httpx.AsyncClient(transport=mock.async_transport()) as http:
            with pytest.raises(OSError, match="disk"):
                await http.put(url, content=pieces(broken=True), headers=headers)
            assert mock.journal.last(1)[0].outcome == "gone"
            assert (await http.put(url, content=pieces(broken=False), headers=headers)).status_code == 201


@pytest.mark.anyio
@pytest.mark.parametrize("door", ["transport", "respx", "asgi"])
async def test_events_are_delivered_beside_the_event_loop(door: str) -> None:
    """A receiver that needs the loop gets it, be it that a request or the clock made the event due."""
    loop = asyncio.get_running_loop()

    async def received(name: str) -> str:
        await asyncio.sleep(0)
        return name

    def receive(delivery: Delivery, _headers: dict[str, str]) -> int:
        seen.append(asyncio.run_coroutine_threadsafe(received(delivery.event), loop).result(10))
        return 200

    seen: list[str] = []
    with made() as mock, ExitStack() as stack:
        mock.on_event(receive)
        if door == "respx":
            stack.enter_context(mock.respx_router())
        transport = {"transport": mock.async_transport(), "asgi": httpx.ASGITransport(mock.asgi())}.get(door)
        async with httpx.AsyncClient(transport=transport, base_url=mock.url) as http:
            await http.post("/_mock/webhook/ping")
            await http.post("/_mock/clock", json={"advance": 0})
        assert seen == ["tiktok.ping"]
        Player(mock).log_in().post_video()
        await mock.clock.advance_async(10)
        assert seen == ["tiktok.ping", "post.publish.complete"]
        with pytest.raises(ValueError, match="time does not run backwards"):
            await mock.clock.advance_async(-1)


def test_the_root_lists_what_it_gives_before_any_of_it_is_loaded() -> None:
    assert dir(tiktok_mock_server) == sorted(tiktok_mock_server.__all__)
    for name in dir(tiktok_mock_server):
        assert getattr(tiktok_mock_server, name) is not None


def test_create_app_makes_a_world_of_its_own() -> None:
    first, second = create_app(), create_app()
    assert first.state.engine.world is not second.state.engine.world
    assert first.state.engine.world.app.client_key == "mock_client_key"


# Addresses follow the caller


@pytest.mark.parametrize(
    ("url", "headers", "base"),
    [
        ("http://localhost:8642", {}, "http://localhost:8642"),
        ("http://127.0.0.1:8642", {}, "http://127.0.0.1:8642"),
        ("http://[::1]:8642", {}, "http://[::1]:8642"),
        ("https://tiktok.mock", {}, "https://tiktok.mock"),
        ("http://inside:80", {"X-Forwarded-Proto": "https"}, "https://inside"),
        (
            "http://inside",
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mock.example.test"},
            "https://mock.example.test",
        ),
        (
            "http://inside",
            {"X-Forwarded-Host": "mock.example.test, proxy", "X-Forwarded-Port": "8443"},
            "http://mock.example.test:8443",
        ),
        (
            "http://inside",
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "m.test", "X-Forwarded-Port": "443"},
            "https://m.test",
        ),
        ("http://inside", {"X-Forwarded-Prefix": "/tiktok/"}, "http://inside/tiktok"),
        ("http://inside", {"Host": "outside:99"}, "http://outside:99"),
    ],
)
def test_addresses_are_built_from_the_request(
    mock: MockTikTok, url: str, headers: dict[str, str], base: str
) -> None:
    http = httpx.Client(transport=mock.transport(), base_url=url, headers=headers)
    player = Player(mock, http).log_in()
    assert data(player.init_video())["upload_url"].startswith(f"{base}/upload?")
    assert data(player.call("queryCreatorInfo"))["creator_avatar_url"].startswith(f"{base}/_mock/media/")
    fields = {"fields": "avatar_url,avatar_url_100,avatar_large_url"}
    pictures = data(player.call("getUserInfo", params=fields))["user"].values()
    assert all(picture.startswith(f"{base}/_mock/media/") for picture in pictures)


def test_at_tiktoks_own_address_the_upload_goes_to_tiktoks_upload_host(mock: MockTikTok) -> None:
    http = httpx.Client(transport=mock.transport(), base_url=BY_ID["initVideoPost"].server)
    player = Player(mock, http).log_in()
    url = data(player.init_video())["upload_url"]
    assert httpx.URL(url).host.endswith(".tiktokapis.com")
    assert httpx.URL(url).host != "open.tiktokapis.com"
    assert player.put(url, mp4(20)).status_code == 201


# Headers of every answer


CALLS: dict[str, Callable[[Player], httpx.Response]] = {
    "success": lambda player: player.call("queryCreatorInfo"),
    "refusal": lambda player: player.call("queryCreatorInfo", token="act.mock.x"),
    "OAuth": lambda player: player.get_token("x"),
    "page": lambda player: player.authorize(),
    "unknown path": lambda player: player.http.get("/nowhere"),
}


@pytest.mark.parametrize("kind", CALLS)
def test_answers_carry_the_headers_of_tiktoks_gateway(player: Player, kind: str) -> None:
    answer = CALLS[kind](player)
    assert len(answer.headers["x-tt-logid"]) == 34
    assert answer.headers["x-tt-logid"].startswith("20261122091530")
    assert answer.headers["x-tt-trace-id"]
    assert "no-store" in answer.headers["cache-control"]


def test_log_ids_differ(player: Player) -> None:
    ids = {player.call("queryCreatorInfo").headers["x-tt-logid"] for _ in range(20)}
    assert len(ids) == 20


def test_the_edge_can_answer_with_html(player: Player) -> None:
    from tests.mock.support import set_switches

    set_switches(player.mock, html_5xx_every=3)
    answers = [player.call("queryCreatorInfo") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 503] * 2
    assert answers[2].headers["content-type"] == "text/html"
