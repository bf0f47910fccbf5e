"""A user's profile and videos."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from tests.facade.support import FakeClock, FakeTikTok, body, make_client, ok, refused, tokens
from tiktok_api_client import AsyncTikTok, Impossible, LoginRequired, TikTok, Unreadable
from tiktok_openapi import UserField, VideoField

NEWEST = 1_790_000_000_000


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Library:
    """A user with some videos, one per second, newest first."""

    def __init__(self, count: int) -> None:
        self.created = [NEWEST - 1000 * number for number in range(count)]
        self.requests: list[httpx.Request] = []
        self.stuck = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/v2/user/info/":
            fields = request.url.params["fields"].split(",")
            return ok({"user": {name: f"the {name}" for name in fields if "count" not in name}})
        asked: Any = body(request)
        if request.url.path == "/v2/video/query/":
            ids = asked["filters"]["video_ids"]
            return ok({"videos": [{"id": each} for each in ids if not each.startswith("other")]})
        left = [at for at in self.created if at < asked.get("cursor", NEWEST + 1)]
        page = left[: asked.get("max_count", 10)]
        cursor = asked.get("cursor", NEWEST) if self.stuck or not page else page[-1]
        videos = [{"id": str(at), "create_time": at // 1000} for at in page]
        return ok({"videos": videos, "cursor": cursor, "has_more": self.stuck or len(left) > len(page)})


def client(
    kind: str, library: Library, *, scope: str = "user.info.basic,user.info.stats,video.list"
) -> TikTok:
    server = FakeTikTok(library)
    server.token_answers = [httpx.Response(200, json=tokens(1, scope=scope))]
    tik = make_client(kind, server, FakeClock())
    tik.exchange_code_for_token(code="code-1")
    return tik


# Profile


def test_chosen_fields_are_asked_for_in_the_query(kind: str) -> None:
    library = Library(0)
    user = client(kind, library).get_user_info([UserField.OPEN_ID, "display_name", "open_id"])
    assert (user.open_id, user.display_name, user.username) == ("the open_id", "the display_name", None)
    (request,) = library.requests
    assert request.url.query == b"fields=open_id%2Cdisplay_name"
    assert request.content == b""


def test_without_a_choice_all_fields_whose_scope_is_granted(kind: str) -> None:
    library = Library(0)
    client(kind, library).get_user_info()
    asked = set(library.requests[0].url.params["fields"].split(","))
    assert {"open_id", "avatar_url", "follower_count", "video_count"} <= asked
    assert not {"username", "bio_description"} & asked
    client(kind, library).get_user_info(access_token="act.mine")
    assert "follower_count" not in library.requests[1].url.params["fields"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (["username"], r"missing: user\.info\.profile"),
        (["open_id", "phone"], "'phone'"),
        ([], "at least one field"),
        ("open_id,username", r"write fields=\['open_id', 'username'\]"),
    ],
)
def test_fields_that_cannot_be_had_are_not_asked_for(kind: str, fields: Any, words: str) -> None:
    library = Library(0)
    with pytest.raises(Impossible, match=words):
        client(kind, library).get_user_info(fields)
    assert library.requests == []


def test_a_token_without_any_profile_scope_says_so(kind: str) -> None:
    with pytest.raises(Impossible, match=r"one of the scopes user\.info\.basic"):
        client(kind, Library(0), scope="video.publish").get_user_info()


# Videos


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 45])
def test_every_video_comes_once_newest_first(kind: str, count: int) -> None:
    library = Library(count)
    found = list(client(kind, library).videos())
    assert [int(video.id or "") for video in found] == library.created
    assert len(library.requests) == max(1, -(-count // 20))
    assert body(library.requests[0]) == {"max_count": 20}


def test_pages_come_as_they_are(kind: str) -> None:
    sizes = [len(page.videos) for page in client(kind, Library(7)).video_pages(["id"], page_size=3)]
    assert sizes == [3, 3, 1]


def test_nothing_is_asked_before_the_first_item_and_no_more_than_needed(kind: str) -> None:
    library = Library(45)
    videos = client(kind, library).videos()
    assert library.requests == []
    next(videos)
    videos.close()
    assert len(library.requests) == 1


def test_a_moment_to_begin_before(kind: str) -> None:
    moment = datetime.fromtimestamp(NEWEST / 1000, timezone(timedelta(hours=5)))
    for before in (moment, NEWEST):
        library = Library(3)
        assert len(list(client(kind, library).videos(before=before))) == 2
        assert body(library.requests[0]) == {"max_count": 20, "cursor": NEWEST}
    with pytest.raises(Impossible, match="aware"):
        list(client(kind, Library(3)).videos(before=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_stuck_cursor_ends_with_an_error(kind: str) -> None:
    library = Library(45)
    library.stuck = True
    found: list[str | None] = []
    with pytest.raises(Unreadable, match="an earlier moment") as error:
        found.extend(video.id for video in client(kind, library).videos())
    assert error.value.docs == "https://developers.tiktok.com/doc/tiktok-api-v2-video-list"
    assert len(library.requests) == 2


@pytest.mark.parametrize("page_size", [0, 21, -1])
def test_the_size_of_a_page_has_limits(kind: str, page_size: int) -> None:
    with pytest.raises(Impossible, match="1 to 20"):
        list(client(kind, Library(1)).videos(page_size=page_size))


def test_an_unknown_video_field_is_refused_with_the_known_ones(kind: str) -> None:
    with pytest.raises(Impossible, match="view_count"):
        list(client(kind, Library(1)).videos(["id", "views"]))


def test_a_query_goes_in_batches_of_twenty(kind: str) -> None:
    library = Library(0)
    ids = [str(number) for number in range(45)]
    found = client(kind, library).query_videos([*ids, "3", "other-1"], [VideoField.ID])
    assert [video.id for video in found] == ids
    sizes = [len(body(request)["filters"]["video_ids"]) for request in library.requests]
    assert sizes == [20, 20, 6]
    assert library.requests[0].url.query == b"fields=id"
    with pytest.raises(Impossible, match="a list of ids"):
        client(kind, library).query_videos("7700000000000000007")
    assert client(kind, library).query_videos([]) == []


def test_a_refusal_in_the_middle_of_an_iteration_is_told(kind: str) -> None:
    library = Library(45)

    def answer(request: httpx.Request) -> httpx.Response:
        return library(request) if not library.requests else refused(401, "scope_not_authorized")

    server = FakeTikTok(answer)
    tik = make_client(kind, server, FakeClock())
    tik.exchange_code_for_token(code="code-1")
    found: list[str | None] = []
    with pytest.raises(LoginRequired):
        found.extend(video.id for video in tik.videos())


@pytest.mark.anyio
async def test_an_async_iteration_is_one() -> None:
    library = Library(25)
    server = FakeTikTok(library)
    async with AsyncTikTok(
        "k", "client-secret-1", "http://127.0.0.1:1/", transport=httpx.MockTransport(server)
    ) as tik:
        await tik.exchange_code_for_token(code="code-1")
        assert len([video async for video in tik.videos()]) == 25
