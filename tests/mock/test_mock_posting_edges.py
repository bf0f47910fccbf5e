"""The edges of posting: what an init writes down, what a status says when, and numbers at their limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.mock.support import PHOTOS, PULLED, Player, data, mp4, refusal, set_switches
from tiktok_mock_server import Account, App
from tiktok_mock_server.lifecycle import SIMULATED_SIZE, finish
from tiktok_mock_server.messages import READ
from tiktok_mock_server.rules import pull
from tiktok_mock_server.transport import inbound_of
from tiktok_mock_server.world import Stage, Video

MIB = 2**20
DAY = 86400


# What an init writes down


def test_a_video_by_upload_is_written_down(player: Player) -> None:
    mock = player.mock
    started = data(
        player.init_video(12 * MIB, 6 * MIB, 2, title="Hello", privacy_level="SELF_ONLY", is_aigc=True)
    )
    post = mock.post(started["publish_id"])
    assert (post.app, post.account, post.grant.account) == (mock.app, mock.account, mock.account)
    assert (post.kind, post.draft, post.created, post.stage) == (
        "video",
        False,
        mock.clock.now(),
        Stage.UPLOADING,
    )
    assert (post.privacy, post.title, post.description, post.is_aigc) == ("SELF_ONLY", "Hello", "", True)
    assert post.info == {"privacy_level": "SELF_ONLY", "title": "Hello", "is_aigc": True}
    assert (post.urls, post.hidden_polls) == ((), 0)
    upload = post.upload
    assert upload is not None
    assert (upload.size, upload.chunk_size, upload.chunk_count) == (12 * MIB, 6 * MIB, 2)
    assert (upload.post, upload.expires) == (post, mock.clock.now() + 3600)
    assert mock.world.uploads == {upload.id: upload}
    address = urlsplit(str(started["upload_url"]))
    assert parse_qs(address.query) == {"upload_id": [upload.id], "upload_token": [upload.token]}
    assert started["publish_id"].startswith("v_pub_file~v2-1.")


def test_a_video_by_address_is_written_down(player: Player) -> None:
    started = data(player.pull_video(title="Hello"))
    assert started.keys() == {"publish_id"}
    post = player.mock.post(started["publish_id"])
    assert (post.kind, post.draft, post.stage, post.upload) == ("video", False, Stage.DOWNLOADING, None)
    assert (post.urls, post.title, post.is_aigc) == ((PULLED,), "Hello", False)
    assert started["publish_id"].startswith("v_pub_url~v2.")


def test_a_draft_of_a_video_is_written_down(player: Player) -> None:
    post = player.mock.post(data(player.init_video(draft=True))["publish_id"])
    assert (post.draft, post.privacy, post.title, post.info, post.is_aigc) == (True, "", "", {}, False)
    assert post.publish_id.startswith("v_inbox_file~v2.")


@pytest.mark.parametrize("draft", [False, True])
def test_photos_are_written_down(player: Player, draft: bool) -> None:
    post = player.mock.post(data(player.init_photos(draft=draft, cover=1))["publish_id"])
    assert (post.kind, post.draft, post.urls) == ("photo", draft, tuple(PHOTOS))
    assert (post.title, post.description) == ("Mock photos", "two pictures")
    assert post.privacy == ("" if draft else "SELF_ONLY")
    assert post.publish_id.startswith("p_inbox_url~v2." if draft else "p_pub_url~v2.")
    assert post.is_aigc is False


def test_every_post_and_upload_has_an_id_of_its_own(player: Player) -> None:
    first, second = (data(player.init_video()) for _ in range(2))
    assert first["publish_id"] != second["publish_id"]
    assert len(player.mock.world.uploads) == 2
    assert len({upload.token for upload in player.mock.world.uploads.values()}) == 2
    assert all(len(name) == 19 for name in player.mock.world.uploads)


def test_where_publish_ids_are_late_the_first_poll_does_not_know_them(player: Player) -> None:
    set_switches(player.mock, publish_id_visible="second_poll")
    publish_id = data(player.init_video())["publish_id"]
    assert refusal(player.call("fetchStatus", {"publish_id": publish_id}))[1] == "invalid_publish_id"
    assert player.status(publish_id)["status"] == "PROCESSING_UPLOAD"
    assert player.status(publish_id)["status"] == "PROCESSING_UPLOAD"


def test_a_post_can_stay_unknown_for_several_polls(player: Player) -> None:
    publish_id = data(player.init_video())["publish_id"]
    player.mock.post(publish_id).hidden_polls = 3
    answers = [player.call("fetchStatus", {"publish_id": publish_id}).status_code for _ in range(4)]
    assert answers == [400, 400, 400, 200]


def test_an_init_counts_for_its_creator_and_its_app(player: Player) -> None:
    now = player.mock.clock.now()
    player.init_video()
    assert list(player.mock.account.post_times) == [now]
    assert player.mock.app.active == {"mock.creator": now}
    assert player.mock.world.drafts == {}
    draft = player.mock.post(data(player.init_video(draft=True))["publish_id"])
    assert player.mock.world.drafts == {"mock.creator": [draft]}
    assert list(player.mock.account.post_times) == [now]


# Chunk plans at their limits


@pytest.mark.parametrize(
    ("size", "chunk", "count", "passes"),
    [
        (4 * 2**30, 64 * MIB, 64, True),
        (4 * 2**30 + 1, 64 * MIB, 64, False),
        (64 * MIB, 64 * MIB, 1, True),
        (5 * MIB - 1, 5 * MIB - 1, 1, True),
        (10 * MIB, 5 * MIB, 2, True),
        (10 * MIB, 5 * MIB - 1, 2, False),
        (128 * MIB, 64 * MIB, 2, True),
        (10 * MIB - 1, 5 * MIB, 1, False),
        (1, 1, 1, True),
    ],
)
def test_chunk_plans_at_their_limits(player: Player, size: int, chunk: int, count: int, passes: bool) -> None:
    assert (player.init_video(size, chunk, count).status_code == 200) is passes


def test_with_a_thousand_chunks_a_plan_passes(player: Player) -> None:
    set_switches(player.mock, min_chunk_size=1)
    assert player.init_video(2000, 2, 1000).status_code == 200
    assert player.init_video(2002, 2, 1001).status_code == 400


def test_a_count_that_is_rounded_up_is_explained_only_when_it_is(player: Player) -> None:
    assert "x-mock-hint" in player.init_video(50_000_123, 10_000_000, 6).headers
    assert "x-mock-hint" not in player.init_video(50_000_000, 10_000_000, 6).headers
    assert "x-mock-hint" not in player.init_video(50_000_123, 10_000_000, 4).headers


# Quotas


def test_a_post_stops_counting_after_a_day_to_the_second(player: Player) -> None:
    set_switches(player.mock, daily_posts=1)
    player.init_video()
    player.mock.clock.advance(DAY - 1)
    refused = player.log_in().init_video()
    assert refused.headers["x-mock-got"] == "1; one more is possible in 1 s"
    player.mock.clock.advance(1)
    assert player.init_video().status_code == 200
    assert len(player.mock.account.post_times) == 1


def test_a_user_stops_counting_after_a_day_to_the_second(player: Player) -> None:
    set_switches(player.mock, unaudited_active_users=1)
    player.mock.world.add_account(Account("second.creator", private=True))
    player.init_video()
    player.mock.clock.advance(DAY - 1)
    player.log_in(username="second.creator")
    assert refusal(player.init_video())[1] == "reached_active_user_cap"
    player.mock.clock.advance(1)
    assert player.init_video().status_code == 200
    assert player.mock.app.active.keys() == {"second.creator"}


def test_a_draft_stops_counting_after_a_day_to_the_second(player: Player) -> None:
    set_switches(player.mock, pending_drafts=1)
    player.init_video(draft=True)
    player.mock.clock.advance(DAY - 1)
    refused = player.log_in().init_video(draft=True)
    assert refused.headers["x-mock-got"] == "1; the oldest stops counting in 1 s"
    player.mock.clock.advance(1)
    assert player.init_video(draft=True).status_code == 200


def test_drafts_count_for_their_own_creator(player: Player) -> None:
    set_switches(player.mock, pending_drafts=1)
    player.mock.world.add_account(Account("second.creator", private=True))
    player.init_video(draft=True)
    assert player.log_in(username="second.creator").init_video(draft=True).status_code == 200


def test_an_audited_app_without_a_cap_has_none(player: Player) -> None:
    set_switches(player.mock, unaudited_active_users=0)
    assert refusal(player.init_video())[1] == "reached_active_user_cap"
    player.mock.app.audited = True
    assert player.init_video().status_code == 200


# Rate limits


def test_what_is_left_of_a_rate_limit_is_told(player: Player) -> None:
    first = player.init_video()
    assert first.headers["x-mock-rate-limit"] == "6"
    assert first.headers["x-mock-rate-remaining"] == "5"
    for _ in range(5):
        player.init_video()
    refused = player.init_video()
    assert refused.headers["x-mock-rate-limit"] == "6"
    assert refused.headers["x-mock-rate-remaining"] == "0"


def test_the_three_inits_can_have_one_rate_limit_together(player: Player) -> None:
    set_switches(player.mock, init_limits="shared")
    inits: list[Callable[[], httpx.Response]]
    inits = [player.init_video, lambda: player.init_video(draft=True), player.init_photos] * 2
    assert [init().headers["x-mock-rate-remaining"] for init in inits] == list("543210")
    assert player.init_video().status_code == player.init_photos(draft=True).status_code == 429
    assert player.call("queryCreatorInfo").status_code == 200
    player.mock.clock.advance(60)
    player.mock.faults.plan("initVideoPost", "rate_limited")
    assert player.init_video().status_code == player.init_photos().status_code == 429


def test_a_rate_limit_is_one_call_at_least(player: Player) -> None:
    set_switches(player.mock, rate_factor=0.01)
    assert player.init_video().status_code == 200
    assert player.init_video().status_code == 429


def test_without_rate_limits_nothing_is_told_of_them(player: Player) -> None:
    set_switches(player.mock, rate_limits=False)
    assert "x-mock-rate-limit" not in player.init_video().headers


# Creator info


def test_the_whole_of_creator_info(player: Player) -> None:
    info = data(player.call("queryCreatorInfo"))
    avatar = info.pop("creator_avatar_url")
    assert info == {
        "creator_username": "mock.creator",
        "creator_nickname": "Mock Creator",
        "privacy_level_options": ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
        "comment_disabled": False,
        "duet_disabled": True,
        "stitch_disabled": True,
        "max_video_post_duration_sec": 600,
    }
    assert avatar.startswith("http://tiktok.mock/_mock/media/avatar/mock.creator.svg?x-expires=")
    assert player.http.get(avatar).status_code == 200
    player.mock.clock.advance(7200)
    assert player.http.get(avatar).status_code == 403


def test_an_audited_app_is_shown_every_option(player: Player) -> None:
    set_switches(player.mock, unaudited_options="self_only")
    player.mock.app.audited = True
    assert len(data(player.call("queryCreatorInfo"))["privacy_level_options"]) == 3


# What a status says


def test_a_download_grows_steadily_and_is_never_whole_before_its_end(player: Player) -> None:
    set_switches(player.mock, download_seconds=100, progress="time")
    publish_id = data(player.pull_video())["publish_id"]
    for seconds, share in ((0, 0), (25, 0.25), (25, 0.5), (49.5, 0.99)):
        player.mock.clock.advance(seconds)
        assert player.status(publish_id) == {
            "status": "PROCESSING_DOWNLOAD",
            "downloaded_bytes": int(SIMULATED_SIZE * share),
        }
    player.mock.clock.advance(0.5)
    assert player.status(publish_id) == {
        "status": "PROCESSING_DOWNLOAD",
        "downloaded_bytes": SIMULATED_SIZE,
    }


def test_the_bytes_of_a_download_that_has_no_length(player: Player) -> None:
    set_switches(player.mock, download_seconds=0, progress="by_hand")
    publish_id = data(player.pull_video())["publish_id"]
    assert player.status(publish_id)["downloaded_bytes"] == 0
    player.mock.clock.advance(0.25)
    assert player.status(publish_id)["downloaded_bytes"] == int(SIMULATED_SIZE * 0.99)


def test_the_bytes_of_a_download_that_runs_are_counted(player: Player) -> None:
    publish_id = data(player.pull_video())["publish_id"]
    post = player.mock.post(publish_id)
    post.held = post.fetching = True
    post.downloaded = 123
    player.mock.clock.advance(1)
    assert player.status(publish_id)["downloaded_bytes"] == 123
    post.downloaded = 0
    assert player.status(publish_id)["downloaded_bytes"] == 0


def test_what_a_failed_post_is_told_of(player: Player) -> None:
    publish_id = data(player.init_video(20))["publish_id"]
    post = player.mock.post(publish_id)
    player.revoke(player.token)
    player.log_in()
    assert player.status(publish_id) == {"status": "FAILED", "fail_reason": "auth_removed"}
    set_switches(player.mock, failed_body="full")
    assert player.status(publish_id) == {
        "status": "FAILED",
        "fail_reason": "auth_removed",
        "publicaly_available_post_id": [],
        "uploaded_bytes": 0,
    }
    assert post.stage is Stage.FAILED


def test_what_a_published_post_is_told_of(player: Player) -> None:
    set_switches(player.mock, polls_per_step=1)
    publish_id = player.post_video(mp4(64))
    assert player.mock.post(publish_id).stage is Stage.PROCESSING
    assert player.status(publish_id) == {
        "status": "PUBLISH_COMPLETE",
        "publicaly_available_post_id": [],
        "uploaded_bytes": 64,
    }


def test_a_cancelled_download_fails_for_that_reason_and_now(player: Player) -> None:
    publish_id = data(player.pull_video())["publish_id"]
    player.mock.clock.advance(1)
    answer = player.call("cancelPublish", {"publish_id": publish_id})
    assert answer.status_code == 200
    post = player.mock.post(publish_id)
    assert (post.stage, post.fail_reason, post.entered) == (
        Stage.FAILED,
        "publish_cancelled",
        player.mock.clock.now(),
    )


# Whose addresses


def test_a_property_that_is_not_verified_covers_nothing(player: Player) -> None:
    player.mock.world.add_property(player.mock.app, "unproved.example.test")
    refused = player.pull_video("https://unproved.example.test/v.mp4")
    assert refusal(refused)[1] == "url_ownership_unverified"


def test_this_machine_may_be_downloaded_from_when_that_is_allowed(player: Player) -> None:
    for url in ("http://127.0.0.1:9/v.mp4", "https://localhost:9/v.mp4"):
        assert player.pull_video(url).status_code in (400, 403)
    set_switches(player.mock, fetch_media="loopback")
    for url in ("http://127.0.0.1:9/v.mp4", "https://localhost:9/v.mp4"):
        assert player.pull_video(url).status_code == 200
    assert refusal(player.pull_video("ftp://127.0.0.1:9/v.mp4"))[0] == 400
    assert refusal(player.pull_video("http://media.example.test/v.mp4"))[0] == 400


def test_a_photo_of_this_machine_does_not_excuse_the_next(player: Player) -> None:
    set_switches(player.mock, fetch_media="loopback")
    urls = ["http://127.0.0.1:9/1.jpg", "https://elsewhere.test/2.jpg"]
    assert refusal(player.init_photos(urls))[1] == "url_ownership_unverified"
    urls = [PHOTOS[0], "https://elsewhere.test/2.jpg"]
    assert refusal(player.init_photos(urls))[1] == "url_ownership_unverified"


def test_a_domain_is_not_proved_by_a_file_nor_by_another_domains_record(player: Player) -> None:
    world = player.mock.world
    owned = world.add_property(player.mock.app, "example.com")
    world.files[owned.file_url] = owned.record
    world.dns["www.example.com"] = [owned.record]
    assert pull.verify(world, owned) is False
    world.dns["example.com"] = [owned.record]
    assert pull.verify(world, owned) is True
    world.dns.clear()
    assert pull.verify(world, owned) is True, "what was verified stays so"


def test_a_prefix_is_proved_by_the_record_of_its_host_too(player: Player) -> None:
    world = player.mock.world
    owned = world.add_property(player.mock.app, "https://example.com/media/")
    assert pull.verify(world, owned) is False
    world.dns["example.com"] = [owned.record]
    assert pull.verify(world, owned) is True


# Uploads


def chunked(player: Player) -> str:
    """The address for 16 MiB in three chunks."""
    return str(data(player.init_video(16 * MIB, 5 * MIB, 3))["upload_url"])


def send(player: Player, url: str, first: int, length: int, **headers: Any) -> Any:
    return player.put(url, b"\x00" * length, first=first, total=16 * MIB, **headers)


def test_the_bytes_of_an_upload_are_counted_as_they_come(player: Player) -> None:
    url = chunked(player)
    [upload] = player.mock.world.uploads.values()
    for first, length, chunks in ((0, 5, 1), (5, 5, 2)):
        answer = send(player, url, first * MIB, length * MIB)
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes 0-{(first + length) * MIB}/{16 * MIB}"
        assert (upload.received, upload.chunks, upload.done) == ((first + length) * MIB, chunks, False)
    answer = send(player, url, 10 * MIB, 6 * MIB)
    assert (answer.status_code, answer.headers["content-range"]) == (201, f"bytes 0-{16 * MIB}/{16 * MIB}")
    assert (upload.received, upload.chunks, upload.done) == (16 * MIB, 3, True)
    assert upload.content_type == "video/mp4"
    assert answer.headers["x-mock-sha256"] == upload.post.digest
    assert (upload.post.stage, upload.post.entered) == (Stage.PROCESSING, player.mock.clock.now())


def test_the_last_index_can_be_told_instead_of_the_count(player: Player) -> None:
    set_switches(player.mock, content_range="last_index")
    url = chunked(player)
    refused = send(player, url, 5 * MIB, 5 * MIB)
    assert (refused.status_code, refused.headers["content-range"]) == (416, f"bytes 0-0/{16 * MIB}")
    answer = send(player, url, 0, 5 * MIB)
    assert answer.headers["content-range"] == f"bytes 0-{5 * MIB - 1}/{16 * MIB}"


def test_a_repeated_chunk_that_is_all_right_tells_the_progress_and_changes_nothing(player: Player) -> None:
    set_switches(player.mock, repeated_chunk="206")
    url = chunked(player)
    [upload] = player.mock.world.uploads.values()
    send(player, url, 0, 5 * MIB)
    send(player, url, 5 * MIB, 5 * MIB)
    again = send(player, url, 0, 5 * MIB)
    assert (again.status_code, again.headers["content-range"]) == (206, f"bytes 0-{10 * MIB}/{16 * MIB}")
    assert (upload.received, upload.chunks) == (10 * MIB, 2)
    assert send(player, url, 5 * MIB, 5 * MIB + 1).status_code == 416
    assert send(player, url, 10 * MIB, 6 * MIB).status_code == 201


def test_of_a_repeated_chunk_no_more_is_read_than_was_announced(player: Player) -> None:
    set_switches(player.mock, repeated_chunk="206")
    url, engine = chunked(player), player.mock.engine
    send(player, url, 0, 5 * MIB)
    send(player, url, 5 * MIB, 5 * MIB)
    headers = {
        "Content-Type": "video/mp4",
        "Content-Range": f"bytes {5 * MIB}-{10 * MIB - 1}/{16 * MIB}",
        "Content-Length": str(5 * MIB),
    }
    exchange = engine.exchange(inbound_of(httpx.Request("PUT", url, headers=headers)))
    assert engine.step(exchange) is READ
    assert engine.step(exchange, b"x" * 4 * MIB) is READ
    assert engine.step(exchange, b"x" * (MIB - 1)) is READ
    with pytest.raises(StopIteration) as caught:
        engine.step(exchange, b"x")
    assert caught.value.value.status == 206


@pytest.mark.parametrize("kind", ["video/mp4", "video/quicktime", "video/webm"])
def test_the_type_of_an_upload_is_kept(player: Player, kind: str) -> None:
    url = data(player.init_video(20))["upload_url"]
    assert player.put(url, mp4(20), content_type=kind).status_code == 201
    [upload] = player.mock.world.uploads.values()
    assert upload.content_type == kind


def test_an_upload_that_is_late_is_refused_from_its_last_second_on(player: Player) -> None:
    url = data(player.init_video(20))["upload_url"]
    player.mock.clock.advance(3600)
    late = player.put(url, mp4(20))
    assert (late.status_code, late.headers["x-mock-got"]) == (403, "0 s too late")
    url = data(player.log_in().init_video(20))["upload_url"]
    player.mock.clock.advance(3599)
    assert player.put(url, mp4(20)).status_code == 201


def test_a_video_that_is_published_is_not_uploaded_again(player: Player) -> None:
    url = data(player.init_video(20))["upload_url"]
    player.put(url, mp4(20))
    [upload] = player.mock.world.uploads.values()
    finish(player.mock.world, upload.post)
    assert upload.post.stage is Stage.PUBLISHED
    again = player.put(url, mp4(20))
    assert (again.status_code, again.headers["content-range"]) == (416, "bytes 0-20/20")


def test_a_range_may_have_spaces_around_it(player: Player) -> None:
    url = data(player.init_video(20))["upload_url"]
    assert player.put(url, mp4(20), content_range="  bytes 0-19/20 ").status_code == 201


def test_the_log_warns_of_an_access_token_that_another_host_sees(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    url = data(player.init_video(20))["upload_url"]
    player.put(url, mp4(20), authorization="Bearer act.mock.abcdef")
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "upload.no-bearer: The PUT carries no Authorization header; one that does shows the access token to "
        "another host. (Bearer a*** (22 characters))"
    ]


def test_an_unknown_upload_can_be_refused_with_405(player: Player) -> None:
    set_switches(player.mock, unknown_upload_status=405)
    assert player.call("uploadChunk", content=b"x").status_code == 405


# Profiles and videos


def test_every_field_of_a_user(player: Player) -> None:
    account = player.mock.account
    account.bio, account.is_verified = "About me", True
    account.follower_count, account.following_count, account.likes_count = 1, 2, 3
    account.videos = [Video(7_000_000_000_000_000_001, player.mock.clock.now())]
    plain = "open_id,union_id,display_name,bio_description,profile_deep_link,is_verified,username"
    counts = "follower_count,following_count,likes_count,video_count"
    user = data(player.call("getUserInfo", params={"fields": f"{plain},{counts}"}))["user"]
    assert user == {
        "open_id": player.mock.world.open_id(player.mock.app, account),
        "union_id": player.mock.world.union_id(account),
        "display_name": "Mock Creator",
        "bio_description": "About me",
        "profile_deep_link": "https://www.tiktok.com/@mock.creator",
        "is_verified": True,
        "username": "mock.creator",
        "follower_count": 1,
        "following_count": 2,
        "likes_count": 3,
        "video_count": 1,
    }


def test_the_three_avatars_of_a_user(player: Player) -> None:
    fields = "avatar_url,avatar_url_100,avatar_large_url"
    user = data(player.call("getUserInfo", params={"fields": fields}))["user"]
    base = "http://tiktok.mock/_mock/media/avatar/mock.creator"
    for name, size in (("avatar_url", ""), ("avatar_url_100", "-100"), ("avatar_large_url", "-large")):
        assert user[name].startswith(f"{base}{size}.svg?")
        assert player.http.get(user[name]).status_code == 200


def listed(player: Player, **body: object) -> dict[str, Any]:
    return data(player.call("listVideos", body, params={"fields": "id"}))


def ids(page: dict[str, Any]) -> list[int]:
    return [int(video["id"]) - 7_000_000_000_000_000_000 for video in page["videos"]]


def test_videos_of_one_moment_come_by_their_ids(player: Player) -> None:
    now = player.mock.clock.now()
    player.mock.account.videos = [
        Video(7_000_000_000_000_000_000 + number, now - (60 if number == 2 else 30)) for number in range(4)
    ]
    assert ids(listed(player)) == [3, 1, 0, 2]


def test_an_empty_page_keeps_its_cursor(player: Player) -> None:
    now = player.mock.clock.now()
    assert listed(player) == {"videos": [], "cursor": int(now * 1000), "has_more": False}
    assert listed(player, cursor=5) == {"videos": [], "cursor": 5, "has_more": False}


def test_a_cursor_leaves_out_what_is_not_older(player: Player) -> None:
    now = int(player.mock.clock.now())
    player.mock.account.videos = [
        Video(7_000_000_000_000_000_000 + number, now + number) for number in range(3)
    ]
    page = listed(player, max_count=1)
    assert (ids(page), page["cursor"], page["has_more"]) == ([2], (now + 2) * 1000, True)
    page = listed(player, cursor=page["cursor"], max_count=2)
    assert (ids(page), page["cursor"], page["has_more"]) == ([1, 0], now * 1000, False)


def test_one_field_asked_for_twice_comes_once(player: Player) -> None:
    answer = player.call("getUserInfo", params={"fields": "username,open_id,username"})
    assert list(data(answer)["user"]) == ["username", "open_id"]


def test_videos_that_are_asked_for_twice_come_once_and_unknown_ones_not_at_all(player: Player) -> None:
    player.mock.account.videos = [
        Video(7_000_000_000_000_000_000 + number, player.mock.clock.now()) for number in range(3)
    ]
    wanted = [str(7_000_000_000_000_000_000 + number) for number in (2, 0, 2, 9)]
    page = data(player.call("queryVideos", {"filters": {"video_ids": wanted}}, params={"fields": "id,title"}))
    assert ids(page) == [2, 0]
    assert [video["title"] for video in page["videos"]] == ["", ""]


def test_a_video_of_another_account_is_left_out(player: Player) -> None:
    other = player.mock.world.add_account(Account("second.creator"))
    other.videos = [Video(7_000_000_000_000_000_005, player.mock.clock.now())]
    page = data(
        player.call(
            "queryVideos",
            {"filters": {"video_ids": ["7000000000000000005"]}},
            params={"fields": "id"},
        )
    )
    assert page["videos"] == []


def test_the_share_address_names_user_video_and_app(player: Player) -> None:
    player.mock.account.videos = [Video(7_000_000_000_000_000_005, player.mock.clock.now(), title="x" * 151)]
    [video] = cast(
        "list[dict[str, Any]]",
        data(player.call("listVideos", {}, params={"fields": "share_url,title,embed_link"}))["videos"],
    )
    assert video == {
        "share_url": "https://www.tiktok.com/@mock.creator/video/7000000000000000005"
        "?utm_campaign=tt4d_open_api&utm_source=mock_client_key",
        "title": "x" * 150,
        "embed_link": "https://www.tiktok.com/player/v1/7000000000000000005",
    }


def test_each_app_counts_its_own_users(player: Player) -> None:
    set_switches(player.mock, unaudited_active_users=1)
    player.init_video()
    other = player.mock.world.add_app(App("other", "secret"))
    player.token = str(player.mock.authorize(app=other)["access_token"])
    assert player.init_video().status_code == 200
    assert other.active.keys() == player.mock.app.active.keys()
