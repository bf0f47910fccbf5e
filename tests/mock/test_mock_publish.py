"""The three inits: what they take, what they refuse, and in which order."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from tests.mock.support import PULLED, Player, data, refusal, set_switches
from tiktok_mock_server import Account, MockTikTok

MIB = 1024 * 1024
PUBLISH_ID = re.compile(r"[vp]_(pub|inbox)_(file|url)~v[0-9]+(-[0-9]+)?\.[0-9]{19}")

POST_INFO = "The request post info is empty or incorrect"
SOURCE_INFO = "The request source info is empty or incorrect"
COUNT = "The total chunk count is invalid"
SIZE = "The chunk size is invalid"
GUIDELINES = "Please review our integration guidelines at https://developers.tiktok.com/doc/content-sharing-guidelines/"


# What comes back


def test_publish_ids_begin_as_at_tiktok(player: Player) -> None:
    started = [
        player.init_video(),
        player.pull_video(),
        player.init_video(draft=True),
        player.pull_video(draft=True),
        player.init_photos(),
        player.init_photos(draft=True),
    ]
    ids = [data(answer)["publish_id"] for answer in started]
    assert all(PUBLISH_ID.fullmatch(one) and len(one) <= 64 for one in ids)
    assert [one.partition("~")[0] for one in ids] == [
        "v_pub_file",
        "v_pub_url",
        "v_inbox_file",
        "v_inbox_url",
        "p_pub_url",
        "p_inbox_url",
    ]
    assert "upload_url" in data(started[0])
    assert all("upload_url" not in data(answer) for answer in (started[1], started[4]))
    set_switches(player.mock, photo_draft_prefix="p_pub_url")
    assert data(player.init_photos(draft=True))["publish_id"].startswith("p_pub_url~v2.")


def test_the_upload_url_is_short_and_where_the_caller_is(player: Player) -> None:
    url = data(player.init_video())["upload_url"]
    assert re.fullmatch(
        r"http://tiktok\.mock/upload\?upload_id=[0-9]{19}&upload_token=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        url,
    )
    assert len(url) <= 256


# Bodies


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({"privacy_level": "PUBLIC"}, POST_INFO),
        ({"privacy_level": ""}, POST_INFO),
        ({"privacy_level": 1}, POST_INFO),
        ({"title": 5}, POST_INFO),
        ({"title": "x" * 2201}, POST_INFO),
        ({"title": "😀" * 1101}, POST_INFO),
        ({"disable_comment": "true"}, POST_INFO),
        ({"disable_duet": 1}, POST_INFO),
        ({"disable_stitch": None}, POST_INFO),
        ({"video_cover_timestamp_ms": "1000"}, POST_INFO),
        ({"brand_content_toggle": "yes"}, POST_INFO),
        ({"is_aigc": "no"}, POST_INFO),
    ],
)
def test_wrong_post_info(player: Player, info: dict[str, Any], message: str) -> None:
    answer = player.init_video(**info)
    assert refusal(answer) == (400, "invalid_params", message)
    assert answer.headers["x-mock-pointer"] == f"/post_info/{next(iter(info))}"
    assert "data" not in answer.json()


@pytest.mark.parametrize("title", ["", "x" * 2200, "😀" * 1100, "línea\n#tag @name"])
def test_titles_up_to_2200_utf16_units(player: Player, title: str) -> None:
    publish_id = data(player.init_video(title=title))["publish_id"]
    assert player.mock.post(publish_id).title == title


@pytest.mark.parametrize(
    ("info", "accepted"),
    [
        ({"title": "x" * 90}, True),
        ({"title": "😀" * 45}, True),
        ({"title": "x" * 91}, False),
        ({"title": "😀" * 46}, False),
        ({"description": "x" * 4000}, True),
        ({"description": "😀" * 2001}, False),
    ],
)
def test_texts_of_photos(player: Player, info: dict[str, Any], accepted: bool) -> None:
    answer = player.init_photos(**info)
    assert (answer.status_code == 200) is accepted
    if not accepted:
        assert refusal(answer) == (400, "invalid_params", POST_INFO)


@pytest.mark.parametrize(
    "source",
    [
        None,
        {},
        [],
        {"source": "FILE"},
        {"source": "PULL_FROM_URL"},
        {"source": "PULL_FROM_URL", "video_url": ""},
        {"source": "PULL_FROM_URL", "video_url": 5},
        {"source": "PULL_FROM_URL", "video_url": "http://media.example.test/v.mp4"},
        {"source": "PULL_FROM_URL", "video_url": "media.example.test/v.mp4"},
        {"source": "PULL_FROM_URL", "video_url": "https://[::1"},
        {"source": "FILE_UPLOAD"},
        {"source": "FILE_UPLOAD", "video_size": 20, "chunk_size": 20},
        {"source": "FILE_UPLOAD", "video_size": "20", "chunk_size": 20, "total_chunk_count": 1},
        {"source": "FILE_UPLOAD", "video_size": 20.5, "chunk_size": 20, "total_chunk_count": 1},
        {"source": "FILE_UPLOAD", "video_size": 20.0, "chunk_size": 20, "total_chunk_count": 1},
        {"source": "FILE_UPLOAD", "video_size": True, "chunk_size": 20, "total_chunk_count": 1},
        {"source": "FILE_UPLOAD", "video_size": 0, "chunk_size": 0, "total_chunk_count": 1},
        {"source": "FILE_UPLOAD", "video_size": -1, "chunk_size": 20, "total_chunk_count": 1},
        {
            "source": "FILE_UPLOAD",
            "video_size": 4 * 1024 * MIB + 1,
            "chunk_size": 64 * MIB,
            "total_chunk_count": 64,
        },
    ],
)
def test_wrong_source_info(player: Player, source: object) -> None:
    for operation in ("initVideoPost", "initInboxVideo"):
        body = {"post_info": {"privacy_level": "SELF_ONLY"}, "source_info": source}
        if source is None:
            del body["source_info"]
        answer = player.call(operation, body)
        status, code, _ = refusal(answer)
        assert (status, code) == (400, "invalid_params")
        assert answer.headers["x-mock-pointer"].startswith("/source_info")


def test_post_info_is_looked_at_before_source_info(player: Player) -> None:
    assert refusal(player.call("initVideoPost", {}))[2] == POST_INFO
    assert refusal(player.call("initInboxVideo", {}))[2] == SOURCE_INFO
    wrong = {"post_info": {"privacy_level": "NOBODY"}, "source_info": {"source": "FILE"}}
    assert refusal(player.call("initVideoPost", wrong))[2] == POST_INFO


def test_a_missing_privacy_level(player: Player) -> None:
    source = {"source": "PULL_FROM_URL", "video_url": PULLED}
    body = {"post_info": {"title": "x"}, "source_info": source}
    assert refusal(player.call("initVideoPost", body)) == (400, "invalid_params", POST_INFO)
    set_switches(player.mock, missing_privacy_level="privacy_level_option_mismatch")
    assert refusal(player.call("initVideoPost", body))[:2] == (403, "privacy_level_option_mismatch")


def test_the_documented_name_of_the_code_is_a_switch(player: Player) -> None:
    set_switches(player.mock, invalid_parameter_code="invalid_param")
    assert refusal(player.init_video(title="x" * 2201)) == (400, "invalid_param", POST_INFO)


def test_errors_can_carry_empty_data_and_others_none(player: Player) -> None:
    set_switches(player.mock, error_data="reverse")
    assert player.init_video(title=5).json()["data"] == {}
    assert "data" not in player.call("queryCreatorInfo", token="act.mock.x").json()


def test_unknown_keys_are_ignored(player: Player) -> None:
    source = {"source": "PULL_FROM_URL", "video_url": PULLED, "video_cover_timestamp_ms": "late"}
    draft = {"source_info": source, "post_info": {"privacy_level": "NONSENSE"}, "x": 1}
    assert player.call("initInboxVideo", draft).status_code == 200


# Chunks


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (1, 1, 1),
        (4_194_304, 4_194_304, 1),
        (5 * MIB, 5 * MIB, 1),
        (30_567_100, 30_567_100, 1),
        (50_000_123, 10_000_000, 5),
        (67_108_864, 67_108_864, 1),
        (67_108_865, 33_554_432, 2),
        (100_000_000, 50_000_000, 2),
        (134_217_729, 67_108_864, 2),
        (602_285_541, 67_108_864, 8),
        (4_294_967_296, 67_108_864, 64),
        (4096 * MIB, 5 * MIB, 819),
        (5 * MIB + 5 * MIB - 1 + 5 * MIB, 5 * MIB, 2),
    ],
)
def test_chunk_plans_that_pass(player: Player, size: int, chunk: int, count: int) -> None:
    assert player.init_video(size, chunk, count).status_code == 200


@pytest.mark.parametrize(
    ("size", "chunk", "count", "message"),
    [
        (50_000_123, 10_000_000, 6, COUNT),
        (80_000_000, 64_000_000, 1, SIZE),
        (4_000_000, 2_000_000, 2, SIZE),
        (10_000_000, 20_000_000, 1, COUNT),
        (100_000_000, 100_000_000, 1, SIZE),
        (10_000_000, 10_000_000, 0, COUNT),
        (10_000_000, 10_000_000, -1, COUNT),
        (5 * MIB * 1001, 5 * MIB, 1001, COUNT),
        (30_000_000, 10_000_000, 2, COUNT),
        (30_000_000, 4_000_000, 7, SIZE),
        (15_000_000, 5_000_000, 3, SIZE),
        (200_000_000, 67_108_865, 2, SIZE),
        (9_000_000, 6_000_000, 1, SIZE),
        (20, 0, 1, SIZE),
    ],
)
def test_chunk_plans_that_do_not(player: Player, size: int, chunk: int, count: int, message: str) -> None:
    answer = player.init_video(size, chunk, count)
    assert refusal(answer) == (400, "invalid_params", message)
    assert answer.headers["x-mock-rule"].startswith("chunks.")


def test_five_million_bytes_are_a_switch(player: Player) -> None:
    set_switches(player.mock, min_chunk_size=5_000_000)
    assert player.init_video(15_000_000, 5_000_000, 3).status_code == 200


def test_one_oversized_chunk_passed_before_august_2026(player: Player) -> None:
    """The file of post-for-me: 80 MB in chunks of 64,000,000, so one chunk that takes it all."""
    refused = player.init_video(80_000_000, 64_000_000, 1)
    assert refused.headers["x-mock-rule"] == "chunks.one"
    set_switches(player.mock, as_of=date(2026, 8, 8))
    assert player.init_video(80_000_000, 64_000_000, 1).status_code == 200
    assert refusal(player.init_video(80_000_000, 64_000_000, 2))[2] == COUNT
    set_switches(player.mock, as_of=date(2026, 8, 9))
    assert refusal(player.init_video(80_000_000, 64_000_000, 1))[2] == SIZE


# Who may post what


def test_privacy_must_be_an_option_of_the_creator(player: Player) -> None:
    answer = player.init_video(privacy_level="PUBLIC_TO_EVERYONE")
    assert refusal(answer) == (403, "privacy_level_option_mismatch", GUIDELINES)
    assert "FOLLOWER_OF_CREATOR" in answer.headers["x-mock-expected"]


def test_the_unknown_level_is_refused_before_the_one_that_is_no_option(player: Player) -> None:
    assert refusal(player.init_video(privacy_level="EVERYBODY"))[0] == 400
    assert refusal(player.init_video(privacy_level="PUBLIC_TO_EVERYONE"))[0] == 403


@pytest.mark.parametrize(
    ("audited", "public", "privacy", "code"),
    [
        (False, False, "SELF_ONLY", None),
        (False, False, "FOLLOWER_OF_CREATOR", "unaudited_client_can_only_post_to_private_accounts"),
        (False, True, "SELF_ONLY", "unaudited_client_can_only_post_to_private_accounts"),
        (False, True, "PUBLIC_TO_EVERYONE", "unaudited_client_can_only_post_to_private_accounts"),
        (True, True, "PUBLIC_TO_EVERYONE", None),
        (True, False, "FOLLOWER_OF_CREATOR", None),
        (True, False, "PUBLIC_TO_EVERYONE", "privacy_level_option_mismatch"),
        (True, True, "FOLLOWER_OF_CREATOR", "privacy_level_option_mismatch"),
    ],
)
def test_audited_or_not_public_or_not(audited: bool, public: bool, privacy: str, code: str | None) -> None:
    with MockTikTok(strict=True, audited=audited, public=public) as mock:
        answer = Player(mock).log_in().init_video(privacy_level=privacy)
        if code is None:
            assert answer.status_code == 200
        else:
            assert refusal(answer) == (403, code, GUIDELINES)


def test_a_sandbox_posts_as_an_unaudited_app(star: Player) -> None:
    star.mock.app.sandbox = True
    answer = star.init_video(privacy_level="PUBLIC_TO_EVERYONE")
    assert refusal(answer)[1] == "unaudited_client_can_only_post_to_private_accounts"


def test_drafts_of_an_unaudited_app_go_to_public_accounts(mock: MockTikTok) -> None:
    mock.account.private = False
    player = Player(mock).log_in()
    assert player.init_video(draft=True).status_code == 200
    assert player.init_photos(draft=True).status_code == 200


def test_branded_content_that_is_private(player: Player) -> None:
    assert player.init_video(brand_content_toggle=True).status_code == 200
    set_switches(player.mock, branded_private="refused")
    assert refusal(player.init_video(brand_content_toggle=True))[:2] == (400, "invalid_params")
    assert player.init_video(brand_organic_toggle=True).status_code == 200


# Quotas


def test_the_sixteenth_post_of_a_day(player: Player) -> None:
    set_switches(player.mock, rate_limits=False)
    for _ in range(15):
        assert player.init_video().status_code == 200
        player.mock.clock.advance(60)
    answer = player.init_video()
    assert refusal(answer) == (403, "spam_risk_too_many_posts", GUIDELINES)
    assert refusal(player.init_photos())[1] == "spam_risk_too_many_posts"
    player.log_in()
    info = player.call("queryCreatorInfo")
    assert refusal(info) == (200, "spam_risk_too_many_posts", GUIDELINES)
    assert info.json()["data"] == {}
    assert player.init_video(draft=True).status_code == 200
    player.mock.clock.advance(86400 - 15 * 60)
    player.log_in()
    assert player.init_video().status_code == 200
    assert player.init_video().status_code == 403


def test_a_refused_init_does_not_count(player: Player) -> None:
    set_switches(player.mock, rate_limits=False, daily_posts=1)
    assert player.init_video(privacy_level="PUBLIC_TO_EVERYONE").status_code == 403
    assert player.init_video().status_code == 200
    assert player.init_video().status_code == 403


def test_the_sixth_pending_draft(player: Player) -> None:
    for number in range(5):
        answer = player.init_photos(draft=True) if number % 2 else player.init_video(draft=True)
        assert answer.status_code == 200
        player.mock.clock.advance(60)
    answer = player.init_video(draft=True)
    assert refusal(answer) == (403, "spam_risk_too_many_pending_share", GUIDELINES)
    assert refusal(player.init_photos(draft=True))[1] == "spam_risk_too_many_pending_share"
    assert player.init_video().status_code == 200
    player.mock.clock.advance(86400)
    player.log_in()
    assert player.init_video(draft=True).status_code == 200


def test_a_sixth_user_of_an_unaudited_app(mock: MockTikTok) -> None:
    for number in range(6):
        mock.world.add_account(Account(f"creator{number}", private=True))
    players = [Player(mock).log_in(username=f"creator{number}") for number in range(6)]
    for player in players[:5]:
        assert player.init_video().status_code == 200
        mock.clock.advance(60)
    assert refusal(players[5].init_video()) == (403, "reached_active_user_cap", GUIDELINES)
    assert refusal(players[5].call("queryCreatorInfo")) == (200, "reached_active_user_cap", GUIDELINES)
    assert players[0].init_video().status_code == 200, "who posted already may go on"
    assert players[5].init_video(draft=True).status_code == 200, "drafts have no such cap"
    mock.clock.advance(86400 - 300)
    assert refusal(players[5].log_in(username="creator5").init_video())[1] == "reached_active_user_cap"
    mock.clock.advance(60)  # the second one, since the first has posted again
    assert players[5].init_video().status_code == 200


def test_an_audited_app_has_a_cap_of_its_own(public_mock: MockTikTok) -> None:
    public_mock.app.active_user_cap = 1
    public_mock.world.add_account(Account("second"))
    first, second = Player(public_mock).log_in(), Player(public_mock).log_in(username="second")
    assert first.init_video().status_code == 200
    assert refusal(second.init_video())[1] == "reached_active_user_cap"


def test_a_banned_creator(player: Player) -> None:
    player.mock.account.banned = True
    for answer in (player.init_video(), player.init_video(draft=True), player.init_photos()):
        assert refusal(answer) == (403, "spam_risk_user_banned_from_posting", GUIDELINES)
    assert refusal(player.call("queryCreatorInfo"))[:2] == (200, "spam_risk_user_banned_from_posting")


# Photos


@pytest.mark.parametrize(
    ("top", "info"),
    [
        ({"media_type": "VIDEO"}, {}),
        ({"media_type": "photo"}, {}),
        ({"post_mode": "DIRECT POST"}, {}),
        ({"post_mode": None}, {}),
        ({"media_type": "VIDEO", "source_info": {"source": "FILE_UPLOAD"}}, {"privacy_level": "NONSENSE"}),
    ],
)
def test_media_type_and_post_mode_come_first(
    player: Player, top: dict[str, object], info: dict[str, Any]
) -> None:
    answer = player.init_photos(top=top, **info)
    assert refusal(answer) == (400, "invalid_params", "Invalid media_type or post_mode")


def test_media_type_inside_source_info(player: Player) -> None:
    body = {
        "post_info": {"privacy_level": "SELF_ONLY"},
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://media.example.test/1.jpg"],
            "photo_cover_index": 0,
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST",
        },
    }
    assert refusal(player.call("initContent", body))[2] == "Invalid media_type or post_mode"


@pytest.mark.parametrize(
    ("urls", "cover", "accepted"),
    [
        (["https://media.example.test/1.jpg"] * 35, 34, True),
        (["https://media.example.test/1.jpg"] * 36, 0, False),
        ([], 0, False),
        (["https://media.example.test/1.jpg"], 1, False),
        (["https://media.example.test/1.jpg"], -1, False),
        (["https://media.example.test/1.jpg", ""], 0, False),
    ],
)
def test_counts_of_photos(player: Player, urls: list[str], cover: int, accepted: bool) -> None:
    answer = player.init_photos(urls, cover=cover)
    assert (answer.status_code == 200) is accepted
    if not accepted:
        assert refusal(answer) == (400, "invalid_params", SOURCE_INFO)


def test_photos_without_a_privacy_level(player: Player) -> None:
    body = {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {},
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://media.example.test/1.jpg"],
            "photo_cover_index": 0,
        },
    }
    assert refusal(player.call("initContent", body))[:2] == (400, "invalid_params")
    assert player.call("initContent", body | {"post_mode": "MEDIA_UPLOAD"}).status_code == 200


@pytest.mark.parametrize(
    ("version", "accepted"), [((31, 8), True), ((31, 7), False), (None, False), ((40, 0), True)]
)
def test_a_photo_draft_needs_a_new_app(
    player: Player, version: tuple[int, int] | None, accepted: bool
) -> None:
    player.mock.account.app_version = version
    answer = player.init_photos(draft=True)
    if accepted:
        assert answer.status_code == 200
    else:
        assert refusal(answer)[:2] == (400, "app_version_check_failed")
    assert player.init_photos().status_code == 200


def test_is_aigc_has_two_places(player: Player) -> None:
    video = data(player.init_video(is_aigc=True))["publish_id"]
    photos = data(player.init_photos(top={"is_aigc": True}))["publish_id"]
    misplaced = data(player.init_photos(is_aigc=True))["publish_id"]
    assert [player.mock.post(one).is_aigc for one in (video, photos, misplaced)] == [True, True, False]


# Scopes


@pytest.mark.parametrize(
    ("scopes", "works"),
    [
        (("video.publish",), {"video", "photos", "creator"}),
        (("video.upload",), {"draft", "photo draft"}),
        (("user.info.basic",), set[str]()),
        (("video.publish", "video.upload"), {"video", "draft", "photos", "photo draft", "creator"}),
    ],
)
def test_each_init_has_its_scope(mock: MockTikTok, scopes: tuple[str, ...], works: set[str]) -> None:
    player = Player(mock).log_in(scopes)
    answers = {
        "video": player.init_video(),
        "draft": player.init_video(draft=True),
        "photos": player.init_photos(),
        "photo draft": player.init_photos(draft=True),
        "creator": player.call("queryCreatorInfo"),
    }
    for name, answer in answers.items():
        if name in works:
            assert answer.status_code == 200, name
        else:
            message = "The user did not authorize the scope required for completing this request."
            assert refusal(answer) == (401, "scope_not_authorized", message), name


# The order of the checks


def test_the_checks_come_in_their_order(mock: MockTikTok) -> None:
    """Everything is wrong at first; each repair uncovers the next refusal."""
    set_switches(mock, daily_posts=0)
    player = Player(mock)
    mock.account.private = False
    mock.account.banned = True

    def code(**changes: Any) -> str:
        options: dict[str, Any] = {"url": "https://unverified.example.test/v.mp4"} | changes
        return refusal(player.pull_video(**options))[1]

    assert code() == "access_token_invalid"
    player.log_in(("user.info.basic",))
    assert code(privacy_level="NONSENSE") == "scope_not_authorized"
    player.log_in()
    for _ in range(6):
        assert code(privacy_level="NONSENSE") == "invalid_params"
    assert code(privacy_level="NONSENSE") == "rate_limit_exceeded"
    set_switches(mock, rate_limits=False)
    assert code(privacy_level="FOLLOWER_OF_CREATOR") == "spam_risk_user_banned_from_posting"
    mock.account.banned = False
    assert code(privacy_level="FOLLOWER_OF_CREATOR") == "privacy_level_option_mismatch"
    assert code() == "unaudited_client_can_only_post_to_private_accounts"
    mock.account.private = True
    mock.app.active = {f"user{number}": mock.clock.now() for number in range(5)}
    assert code() == "reached_active_user_cap"
    mock.app.active.clear()
    assert code() == "spam_risk_too_many_posts"
    set_switches(mock, daily_posts=15)
    assert code() == "url_ownership_unverified"
    assert player.pull_video().status_code == 200


# Creator info


@pytest.mark.parametrize(("private", "first"), [(True, "FOLLOWER_OF_CREATOR"), (False, "PUBLIC_TO_EVERYONE")])
def test_creator_info_of_both_kinds_of_account(player: Player, private: bool, first: str) -> None:
    player.mock.account.private = private
    info = data(player.call("queryCreatorInfo"))
    assert info["privacy_level_options"] == [first, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert (info["duet_disabled"], info["stitch_disabled"]) == (private, private)
    assert (info["creator_username"], info["creator_nickname"]) == ("mock.creator", "Mock Creator")
    assert info["comment_disabled"] is False
    assert info["max_video_post_duration_sec"] == 600


def test_creator_info_takes_no_body_an_empty_one_or_nonsense(player: Player) -> None:
    assert player.call("queryCreatorInfo").status_code == 200
    assert player.call("queryCreatorInfo", {}).status_code == 200
    assert player.call("queryCreatorInfo", content=b"\xff").status_code == 200


def test_creator_settings_show(player: Player) -> None:
    account = player.mock.account
    account.private = False
    account.comment_disabled = account.duet_disabled = account.stitch_disabled = True
    account.max_video_seconds = 3600
    info = data(player.call("queryCreatorInfo"))
    assert [info[f"{name}_disabled"] for name in ("comment", "duet", "stitch")] == [True, True, True]
    assert info["max_video_post_duration_sec"] == 3600


def test_an_unaudited_app_may_be_shown_one_option(player: Player) -> None:
    set_switches(player.mock, unaudited_options="self_only")
    assert data(player.call("queryCreatorInfo"))["privacy_level_options"] == ["SELF_ONLY"]
    assert (
        refusal(player.init_video(privacy_level="FOLLOWER_OF_CREATOR"))[1] == "privacy_level_option_mismatch"
    )
