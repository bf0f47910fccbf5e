"""Pages in a browser and the control API: who may call it, by which name, and who is not asked."""

from __future__ import annotations

import httpx
import pytest

from tiktok_mock_server import MockTikTok
from tiktok_mock_server.visitors import Origin, check_origin

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0 Safari/537.36"
HERE = "http://127.0.0.1:8642"
Headers = dict[str, str]


@pytest.fixture
def mock() -> MockTikTok:
    return MockTikTok()


def ask(
    mock: MockTikTok, method: str = "POST", url: str = f"{HERE}/_mock/reset", **headers: str
) -> httpx.Response:
    """A call with these headers and no others of a browser."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.Client(transport=mock.transport()) as client:
        return client.request(method, url, headers={"user-agent": CHROME, **sent})


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "https://127.0.0.1:8642"},
        {"origin": "http://localhost:8642"},
        {"origin": "null"},
        {"origin": HERE, "sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
    ],
    ids=str,
)
def test_a_page_of_another_origin_changes_nothing_and_is_told_the_way_out(
    mock: MockTikTok, headers: Headers
) -> None:
    mock.clock.advance(5)
    moved = mock.clock.now()
    answer = ask(mock, **headers)
    assert answer.status_code == 403
    assert "--allow-origin" in answer.json()["error"]
    assert "access-control-allow-origin" not in answer.headers
    assert mock.clock.now() == moved


def test_nor_does_it_in_a_world_beside_the_first(mock: MockTikTok) -> None:
    world = mock.add_world("aside")
    for url, headers in (
        (f"{HERE}/_world/aside/_mock/reset", {}),
        (f"{HERE}/_mock/reset", {"x_mock_world": "aside"}),
    ):
        world.clock.advance(5)
        moved = world.clock.now()
        assert ask(mock, "POST", url, origin="https://evil.example", **headers).status_code == 403
        assert world.clock.now() == moved


@pytest.mark.parametrize("call", ["", "inspect", "export", "journal", "snapshot", "apps"])
def test_a_page_that_points_its_own_name_here_reads_nothing(mock: MockTikTok, call: str) -> None:
    name = "http://rebound.evil.example:8642"
    for headers in ({}, {"sec_fetch_site": "same-origin"}, {"x_forwarded_host": "127.0.0.1:8642"}):
        answer = ask(mock, "GET", f"{name}/_mock/{call}", **headers)
        assert answer.status_code == 403
        assert "rebound.evil.example" in answer.json()["error"]
    assert ask(mock, "POST", f"{name}/_mock/reset", origin=name).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        HERE,
        "http://[::1]:8642",
        "http://192.168.1.20:49153",
        "http://localhost:8642",
        "http://app.localhost:8642",
        "http://tiktok:8642",
        "http://host.docker.internal:8642",
        "https://laptop.local",
        MockTikTok.url,
    ],
)
def test_the_inspector_works_by_every_name_that_nobody_can_register(mock: MockTikTok, url: str) -> None:
    assert ask(mock, "GET", f"{url}/_mock/", sec_fetch_site="none").status_code == 200
    assert ask(mock, "GET", f"{url}/_mock/inspect").status_code == 200
    assert ask(mock, "POST", f"{url}/_mock/reset", origin=url).status_code == 200
    assert (
        ask(mock, "POST", f"{url}/_mock/reset", origin=url, sec_fetch_site="same-origin").status_code == 200
    )


def test_a_proxy_that_tells_how_it_was_called_is_believed(mock: MockTikTok) -> None:
    outside = {"x_forwarded_proto": "https", "x_forwarded_host": "name-8642.app.example.dev"}
    own, other = "https://name-8642.app.example.dev", "https://other-8642.app.example.dev"
    assert ask(mock, origin=own, **outside).status_code == 200
    assert ask(mock, origin=other, **outside).status_code == 403


def test_a_link_leads_to_the_inspector_but_no_frame_does(mock: MockTikTok) -> None:
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert ask(mock, "GET", f"{HERE}/_mock/", sec_fetch_dest="document", **link).status_code == 200
    assert ask(mock, "GET", f"{HERE}/_mock/", sec_fetch_dest="iframe", **link).status_code == 403


@pytest.mark.parametrize("url", ["https://mock.company.example", "http://tiktok.ci.svc:8642", MockTikTok.url])
def test_programs_are_not_asked_whatever_the_name(mock: MockTikTok, url: str) -> None:
    """Node's fetch names a mode, as a browser does."""
    for agent in ("node", "python-httpx/0.28", ""):
        answer = ask(mock, "POST", f"{url}/_mock/reset", user_agent=agent, sec_fetch_mode="cors")
        assert answer.status_code == 200


def test_pictures_and_the_api_are_for_every_page(mock: MockTikTok) -> None:
    page = {"origin": "https://app.example", "sec_fetch_site": "cross-site"}
    body = {"authorization": f"Bearer {mock.authorize()['access_token']}", **page}
    creator = ask(mock, "POST", f"{HERE}/v2/post/publish/creator_info/query/", **body)
    assert creator.status_code == 200
    picture = ask(mock, "GET", creator.json()["data"]["creator_avatar_url"], **page)
    assert picture.status_code == 200


# Listed origins


@pytest.fixture
def listed(mock: MockTikTok) -> MockTikTok:
    mock.engine.doors.origins = frozenset(
        {check_origin("http://localhost:5173"), check_origin("https://Mock.Company.example/")}
    )
    return mock


def test_a_listed_page_calls_levers_and_sees_the_answers(listed: MockTikTok) -> None:
    page = {"origin": "http://localhost:5173", "sec_fetch_site": "same-site"}
    asked = ask(listed, "OPTIONS", access_control_request_method="DELETE", **page)
    assert asked.status_code == 200
    assert "DELETE" in asked.headers["access-control-allow-methods"]
    assert asked.headers["access-control-allow-headers"] == "*"
    for url in (f"{HERE}/_mock/reset", f"{HERE}/_mock/nothing"):
        answer = ask(listed, "POST", url, **page)
        assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
        assert answer.headers["vary"] == "origin"  # or a cache would hand it to another page
    assert ask(listed, origin="http://localhost:5174").status_code == 403


def test_the_name_of_a_listed_origin_may_be_the_mocks_own(listed: MockTikTok) -> None:
    url = "http://mock.company.example"
    assert ask(listed, "GET", f"{url}/_mock/").status_code == 200
    assert ask(listed, "POST", f"{url}/_mock/reset", origin="https://mock.company.example").status_code == 200


def test_no_other_name_is_believed_because_some_origins_are_listed(listed: MockTikTok) -> None:
    name = "http://rebound.evil.example:8642"
    assert ask(listed, "GET", f"{name}/_mock/snapshot", sec_fetch_site="same-origin").status_code == 403
    assert ask(listed, "POST", f"{name}/_mock/reset", origin="http://localhost:5173").status_code == 403


def test_worlds_made_later_know_the_listed_origins(listed: MockTikTok) -> None:
    listed.add_world("later")
    answer = ask(listed, "POST", f"{HERE}/_world/later/_mock/reset", origin="http://localhost:5173")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://localhost:5173", ("http", "localhost", 5173)),
        ("https://Mock.Example/", ("https", "mock.example", 443)),
        ("http://[::1]", ("http", "::1", 80)),
    ],
)
def test_an_origin_is_a_scheme_a_host_and_a_port(text: str, origin: Origin) -> None:
    assert check_origin(text) == origin


@pytest.mark.parametrize(
    "text", ["localhost:5173", "*", "null", "", "http://", "ftp://a:1", "http://a/b", "http://a:x"]
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        check_origin(text)
