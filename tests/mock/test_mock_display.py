"""The Display API: fields and scopes, pages and their traps, pictures that expire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock.support import Player, data, refusal, set_switches
from tiktok_mock_server import Account, MockTikTok
from tiktok_mock_server.world import Video
from tiktok_openapi.routes import BY_ID

BASIC = "open_id,union_id,avatar_url,avatar_url_100,avatar_large_url,display_name"
PROFILE = "bio_description,profile_deep_link,is_verified,username"
STATS = "follower_count,following_count,likes_count,video_count"
EVERY_VIDEO_FIELD = (
    "id,create_time,cover_image_url,share_url,video_description,duration,height,width,title,embed_html,"
    "embed_link,like_count,comment_count,share_count,view_count,is_aigc"
)


def user(player: Player, fields: str | None, **options: Any) -> Any:
    params = {} if fields is None else {"fields": fields}
    return player.call("getUserInfo", params=params, **options)


def videos(player: Player, body: object, fields: str = "id,create_time") -> dict[str, Any]:
    return data(player.call("listVideos", body, params={"fields": fields}))


@pytest.fixture
def collector(player: Player) -> Player:
    """A player with 25 public videos, one a minute, the newest a minute old."""
    now = player.mock.clock.now()
    player.mock.account.videos = [
        Video(7_000_000_000_000_000_000 + number, now - 60 * (25 - number), title=f"Video {number}")
        for number in range(25)
    ]
    return player


# Users


def test_only_the_named_fields_come_back(player: Player) -> None:
    assert data(user(player, "display_name"))["user"] == {"display_name": "Mock Creator"}
    everything = data(user(player, f"{BASIC},{PROFILE},{STATS}"))["user"]
    assert list(everything) == f"{BASIC},{PROFILE},{STATS}".split(",")
    assert everything["open_id"].startswith("-000")
    assert everything["video_count"] == 0


def test_the_union_id_is_the_same_for_every_app_of_a_developer(player: Player) -> None:
    from tiktok_mock_server import App

    other = player.mock.world.add_app(App("other", "secret"))
    mine = data(user(player, "open_id,union_id"))["user"]
    theirs = data(
        user(player, "open_id,union_id", token=str(player.mock.authorize(app=other)["access_token"]))
    )["user"]
    assert mine["union_id"] == theirs["union_id"]
    assert mine["open_id"] != theirs["open_id"]


@pytest.mark.parametrize(
    ("scopes", "fields", "works"),
    [
        (("user.info.basic",), BASIC, True),
        (("user.info.basic",), "open_id,username", False),
        (("user.info.profile",), PROFILE, True),
        (("user.info.profile",), "open_id", False),
        (("user.info.stats",), STATS, True),
        (("user.info.basic", "user.info.stats"), f"{BASIC},{STATS}", True),
        (("video.list",), "open_id", False),
    ],
)
def test_each_field_has_its_scope(
    mock: MockTikTok, scopes: tuple[str, ...], fields: str, works: bool
) -> None:
    answer = user(Player(mock).log_in(scopes), fields)
    if works:
        assert answer.status_code == 200
    else:
        assert refusal(answer)[:2] == (401, "scope_not_authorized")
        assert answer.json()["data"] == {}


def test_the_other_code_for_a_field_without_its_scope(mock: MockTikTok) -> None:
    set_switches(mock, missing_field_scope="scope_permission_missed")
    answer = user(Player(mock).log_in(("user.info.basic",)), "username")
    assert refusal(answer)[:2] == (400, "scope_permission_missed")


@pytest.mark.parametrize("operation", ["getUserInfo", "listVideos", "queryVideos"])
def test_missing_and_unknown_fields(player: Player, operation: str) -> None:
    body: object = None if operation == "getUserInfo" else {}
    missing = player.call(operation, body)
    message = "Fields is required, please provide fields in the request"
    assert refusal(missing) == (400, "invalid_params", message)
    assert missing.json()["data"] == {}
    unknown = player.call(operation, body, params={"fields": "x,y"})
    assert refusal(unknown) == (400, "invalid_params", "Invalid field(s): x, y")
    assert player.call(operation, body, params={"fields": "open_id, username"}).status_code == 400


# Videos


def test_every_field_of_a_video(collector: Player) -> None:
    [video] = videos(collector, {"max_count": 1}, EVERY_VIDEO_FIELD)["videos"]
    assert list(video) == EVERY_VIDEO_FIELD.split(",")
    assert video["id"] == "7000000000000000024"
    assert "utm_campaign=tt4d_open_api&utm_source=mock_client_key" in video["share_url"]
    assert video["create_time"] == int(collector.mock.clock.now()) - 60


def test_pages_newest_first(collector: Player) -> None:
    first = videos(collector, {})
    assert len(first["videos"]) == 10
    assert first["has_more"] is True
    assert first["cursor"] == first["videos"][-1]["create_time"] * 1000
    seen = list(first["videos"])
    page = first
    while page["has_more"]:
        page = videos(collector, {"cursor": page["cursor"], "max_count": 20})
        seen += page["videos"]
    ids = [int(video["id"]) for video in seen]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 25


def test_any_time_can_be_a_cursor(collector: Player) -> None:
    middle = int(collector.mock.clock.now() * 1000) - 60_000 * 10 - 1
    page = videos(collector, {"cursor": middle})
    assert all(video["create_time"] * 1000 < middle for video in page["videos"])
    assert len(page["videos"]) == 10


@pytest.mark.parametrize("cursor", [0, 1, 1_795_338])
def test_cursors_in_seconds_or_zero_find_nothing(collector: Player, cursor: int) -> None:
    page = videos(collector, {"cursor": cursor})
    assert page == {"videos": [], "cursor": cursor, "has_more": False}


@pytest.mark.parametrize(
    "body",
    [
        {"max_count": 21},
        {"max_count": 0},
        {"max_count": "5"},
        {"cursor": "now"},
        {"cursor": 1.5},
        {"cursor": 2**63},
    ],
)
def test_wrong_bodies(collector: Player, body: dict[str, object]) -> None:
    answer = collector.call("listVideos", body, params={"fields": "id"})
    assert refusal(answer)[:2] == (400, "invalid_params")


def test_no_body_is_the_first_page(collector: Player) -> None:
    assert len(data(collector.call("listVideos", params={"fields": "id"}))["videos"]) == 10


def test_queries_give_the_users_own_videos_in_the_order_asked_for(collector: Player) -> None:
    other = collector.mock.world.add_account(Account("other"))
    other.videos.append(Video(42, collector.mock.clock.now()))
    wanted = ["7000000000000000003", "42", "unknown", "7000000000000000001", "7000000000000000003"]
    answer = collector.call("queryVideos", {"filters": {"video_ids": wanted}}, params={"fields": "id,title"})
    assert data(answer) == {
        "videos": [
            {"id": "7000000000000000003", "title": "Video 3"},
            {"id": "7000000000000000001", "title": "Video 1"},
        ]
    }


@pytest.mark.parametrize(
    "body",
    [{}, {"filters": {}}, {"filters": {"video_ids": [5]}}, {"filters": {"video_ids": ["1"] * 21}}],
)
def test_wrong_queries(collector: Player, body: dict[str, object]) -> None:
    answer = collector.call("queryVideos", body, params={"fields": "id"})
    assert refusal(answer)[:2] == (400, "invalid_params")


def test_videos_need_their_scope(mock: MockTikTok) -> None:
    player = Player(mock).log_in(("user.info.basic",))
    for operation in ("listVideos", "queryVideos"):
        answer = player.call(operation, {}, params={"fields": "id"})
        assert refusal(answer)[:2] == (401, "scope_not_authorized")


def test_a_public_post_appears_in_the_list_and_a_private_one_does_not(star: Player) -> None:
    star.post_video(privacy_level="SELF_ONLY")
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE", title="Look", is_aigc=True)
    star.mock.clock.advance(70)
    [post_id] = star.status(publish_id)["publicaly_available_post_id"]
    [listed] = videos(star, {}, "id,title,is_aigc")["videos"]
    assert listed == {"id": str(post_id), "title": "Look", "is_aigc": True}


# Pictures


def test_pictures_expire(collector: Player) -> None:
    avatar = data(user(collector, "avatar_url"))["user"]["avatar_url"]
    creator = data(collector.call("queryCreatorInfo"))["creator_avatar_url"]
    cover = videos(collector, {}, "cover_image_url")["videos"][0]["cover_image_url"]
    for seconds, alive in [(0, 3), (7199, 3), (1, 1), (14399, 1), (1, 0)]:
        collector.mock.clock.advance(seconds)
        answers = [collector.http.get(url).status_code for url in (avatar, creator, cover)]
        assert answers.count(200) == alive
        assert set(answers) <= {200, 403}


def test_pictures_of_a_user_with_an_odd_name_are_served(player: Player) -> None:
    account = player.mock.world.add_account(Account("a b?ü/x%"))
    player.log_in(username=account.username)
    address = player.call("getUserInfo", params={"fields": "avatar_url"}).json()["data"]["user"]["avatar_url"]
    assert address.isascii()
    assert player.http.get(address).status_code == 200


def test_pictures_that_nobody_issued(player: Player) -> None:
    url: str = data(user(player, "avatar_url"))["user"]["avatar_url"]
    for wrong in (
        url.replace("x-expires=", "x-expires=9"),
        url.split("?", 1)[0],
        url.replace("avatar/", "cover/"),
    ):
        assert player.http.get(wrong).status_code == 403


# Rate limits


def limited_calls(player: Player, operation: str) -> Any:
    fields = {"getUserInfo": "open_id", "listVideos": "id", "queryVideos": "id"}.get(operation)
    options: dict[str, Any] = {"params": {"fields": fields}} if fields else {}
    return player.call(operation, None if BY_ID[operation].method == "GET" else {}, **options)


@pytest.mark.parametrize("operation", [one.id for one in BY_ID.values() if one.rate_limit is not None])
def test_the_documented_number_of_calls_and_one_more(player: Player, operation: str) -> None:
    limit = BY_ID[operation].rate_limit
    assert limit is not None
    for left in range(limit.requests - 1, -1, -1):
        answer = limited_calls(player, operation)
        assert answer.status_code != 429
        assert answer.headers["x-mock-rate-remaining"] == str(left)
    player.mock.clock.advance(limit.seconds - 1)
    refused = limited_calls(player, operation)
    assert refusal(refused)[:2] == (429, "rate_limit_exceeded")
    assert "retry-after" not in refused.headers
    assert refused.headers["x-mock-hint"] == "free again in 1.0 s"
    player.mock.clock.advance(1)
    assert limited_calls(player, operation).status_code != 429


def test_the_window_slides_and_buckets_and_tokens_are_apart(player: Player) -> None:
    for _ in range(3):
        player.init_video()
    player.mock.clock.advance(30)
    for _ in range(3):
        player.init_video()
    assert player.init_video().status_code == 429
    assert player.init_photos().status_code == 200, "another bucket"
    token = player.token
    assert player.log_in().init_video().status_code == 200, "another token"
    player.mock.clock.advance(30)
    answers = [player.init_video(token=token).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]


def test_refusals_by_other_rules_count_and_refusals_by_this_one_do_not(player: Player) -> None:
    for _ in range(6):
        assert player.init_video(title="x" * 3000).status_code == 400
    for _ in range(20):
        assert player.init_video().status_code == 429
    player.mock.clock.advance(60)
    assert player.init_video().status_code == 200


def test_limits_can_be_widened_or_switched_off(player: Player) -> None:
    set_switches(player.mock, rate_factor=2.0)
    answers = [player.init_photos().status_code for _ in range(13)]
    assert answers == [200] * 12 + [429]
    set_switches(player.mock, rate_limits=False, daily_posts=100)
    assert {player.init_photos().status_code for _ in range(30)} == {200}
