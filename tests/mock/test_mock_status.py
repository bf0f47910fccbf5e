"""What becomes of a post: every path of its life, and stopping one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.mock.support import PULLED, Player, data, mp4, refusal, set_switches
from tiktok_mock_server import Account, App, MockTikTok, lifecycle
from tiktok_mock_server.lifecycle import CannotHappen
from tiktok_mock_server.world import Post

MIB = 1024 * 1024


def by_time_only(player: Player) -> None:
    """Let nothing move on by being asked."""
    set_switches(player.mock, progress="time")


def statuses(player: Player, publish_id: str, *seconds: float) -> list[str]:
    """The status now, and after each of the pauses."""
    seen = [player.status(publish_id)["status"]]
    for pause in seconds:
        player.mock.clock.advance(pause)
        seen.append(player.status(publish_id)["status"])
    return seen


# Paths


def test_a_direct_upload(player: Player) -> None:
    by_time_only(player)
    started = data(player.init_video(20))
    publish_id = started["publish_id"]
    assert statuses(player, publish_id, 300) == ["PROCESSING_UPLOAD"] * 2
    player.put(started["upload_url"], mp4(20))
    assert statuses(player, publish_id, 9.9, 0.1) == ["PROCESSING_UPLOAD"] * 2 + ["PUBLISH_COMPLETE"]
    assert player.status(publish_id) == {
        "status": "PUBLISH_COMPLETE",
        "publicaly_available_post_id": [],
        "uploaded_bytes": 20,
    }


@pytest.mark.parametrize("start", [Player.pull_video, Player.init_photos])
def test_a_direct_pull(player: Player, start: Callable[[Player], httpx.Response]) -> None:
    by_time_only(player)
    publish_id = data(start(player))["publish_id"]
    first = player.status(publish_id)
    assert first == {"status": "PROCESSING_DOWNLOAD", "downloaded_bytes": 0}
    player.mock.clock.advance(2.5)
    half = player.status(publish_id)["downloaded_bytes"]
    assert half == 4 * MIB
    player.mock.clock.advance(2.5)
    whole = player.status(publish_id)
    assert whole == {"status": "PROCESSING_DOWNLOAD", "downloaded_bytes": 8 * MIB}
    player.mock.clock.advance(10)
    assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"


@pytest.mark.parametrize("pulled", [False, True])
def test_a_draft_ends_in_the_inbox_until_the_user_posts_it(player: Player, pulled: bool) -> None:
    publish_id = (
        data(player.pull_video(draft=True))["publish_id"] if pulled else player.post_video(draft=True)
    )
    player.mock.clock.advance(15)
    post = player.mock.post(publish_id)
    assert statuses(player, publish_id, 3600) == ["SEND_TO_USER_INBOX"] * 2
    lifecycle.user_posts_draft(player.mock.world, post, "SELF_ONLY")
    player.mock.clock.advance(60)
    assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"
    assert player.status(publish_id)["publicaly_available_post_id"] == []


def test_a_draft_can_become_several_public_posts(star: Player) -> None:
    publish_id = star.post_video(draft=True)
    star.mock.clock.advance(15)
    post = star.mock.post(publish_id)
    for _ in range(3):
        lifecycle.user_posts_draft(star.mock.world, post)
        star.mock.clock.advance(60)
    ids = star.status(publish_id)["publicaly_available_post_id"]
    assert len(set(ids)) == 3
    assert all(type(one) is int and one > 2**53 and len(str(one)) == 19 for one in ids)
    assert star.events() == [
        "post.publish.inbox_delivered",
        *["post.publish.complete", "post.publish.publicly_available"] * 3,
    ]


def test_a_draft_that_nobody_posts(player: Player) -> None:
    publish_id = player.post_video(draft=True)
    player.mock.clock.advance(86400)
    player.log_in()
    assert player.status(publish_id)["status"] == "SEND_TO_USER_INBOX"
    with pytest.raises(CannotHappen):
        lifecycle.user_posts_draft(player.mock.world, player.mock.post(publish_id))


def test_a_draft_that_nobody_posts_may_fail(player: Player) -> None:
    set_switches(player.mock, expired_draft="failed")
    publish_id = player.post_video(draft=True)
    player.mock.clock.advance(86400)
    assert player.log_in().status(publish_id)["status"] == "FAILED"


@pytest.mark.parametrize("frees", [False, True])
def test_a_deleted_draft_and_its_place(player: Player, frees: bool) -> None:
    set_switches(player.mock, deleted_draft_frees_slot=frees, pending_drafts=1)
    publish_id = player.post_video(draft=True)
    player.mock.clock.advance(15)
    lifecycle.user_deletes_draft(player.mock.post(publish_id))
    assert (player.init_video(draft=True).status_code == 200) is frees


def test_a_deleted_draft_neither_fails_nor_is_there_when_its_day_is_over(player: Player) -> None:
    set_switches(player.mock, expired_draft="failed")
    publish_id = player.post_video(draft=True)
    player.mock.clock.advance(15)
    lifecycle.user_deletes_draft(player.mock.post(publish_id))
    player.mock.clock.advance(86400)
    assert player.log_in().status(publish_id)["status"] == "SEND_TO_USER_INBOX"
    assert player.events() == ["post.publish.inbox_delivered"]


def test_posting_a_draft_frees_its_place(player: Player) -> None:
    set_switches(player.mock, pending_drafts=1)
    publish_id = player.post_video(draft=True)
    player.mock.clock.advance(15)
    assert refusal(player.init_video(draft=True))[1] == "spam_risk_too_many_pending_share"
    lifecycle.user_posts_draft(player.mock.world, player.mock.post(publish_id))
    assert player.init_video(draft=True).status_code == 200


# Ids of public posts


def test_the_id_of_a_public_post_comes_after_moderation(star: Player) -> None:
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    set_switches(star.mock, progress="time")
    star.mock.clock.advance(10)
    assert star.status(publish_id)["publicaly_available_post_id"] == []
    star.mock.clock.advance(59)
    assert star.status(publish_id)["publicaly_available_post_id"] == []
    star.mock.clock.advance(1)
    [post_id] = star.status(publish_id)["publicaly_available_post_id"]
    assert post_id > 2**53


@pytest.mark.parametrize(("mode", "count"), [("at_once", 1), ("never", 0)])
def test_ids_at_once_or_never(star: Player, mode: str, count: int) -> None:
    set_switches(star.mock, post_ids=mode)
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(10)
    assert len(star.status(publish_id)["publicaly_available_post_id"]) == count
    star.mock.clock.advance(86400)
    star.log_in()
    assert len(star.status(publish_id)["publicaly_available_post_id"]) == count


def test_photos_become_public_and_are_no_videos(star: Player) -> None:
    publish_id = data(star.init_photos(privacy_level="PUBLIC_TO_EVERYONE"))["publish_id"]
    star.mock.clock.advance(80)
    assert len(star.status(publish_id)["publicaly_available_post_id"]) == 1
    assert star.events() == ["post.publish.complete", "post.publish.publicly_available"]
    assert data(star.call("listVideos", {}, params={"fields": "id"}))["videos"] == []


def test_moderation_that_finds_something(star: Player) -> None:
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(10)
    lifecycle.reject(star.mock.post(publish_id))
    star.mock.clock.advance(3600)
    answer = star.status(publish_id)
    assert (answer["status"], answer["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])


def test_a_post_that_is_taken_down(star: Player) -> None:
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(70)
    lifecycle.take_down(star.mock.world, star.mock.post(publish_id))
    assert star.status(publish_id)["publicaly_available_post_id"] == []
    assert star.events()[-1] == "post.publish.no_longer_publicaly_available"
    with pytest.raises(CannotHappen):
        lifecycle.take_down(star.mock.world, star.mock.post(publish_id))


# What moves a post


def test_polls_alone_move_it(player: Player) -> None:
    set_switches(player.mock, progress="polls")
    publish_id = data(player.pull_video())["publish_id"]
    player.mock.clock.advance(1800)
    seen = [player.status(publish_id)["status"] for _ in range(4)]
    assert seen == ["PROCESSING_DOWNLOAD"] * 3 + ["PUBLISH_COMPLETE"]


def test_polls_bring_the_id_of_a_public_post_too(star: Player) -> None:
    set_switches(star.mock, progress="polls", polls_per_step=1)
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    seen = [star.status(publish_id) for _ in range(2)]
    assert [one["status"] for one in seen] == ["PUBLISH_COMPLETE"] * 2
    assert [len(one["publicaly_available_post_id"]) for one in seen] == [0, 1]


def test_the_first_poll_can_be_final(player: Player) -> None:
    set_switches(player.mock, progress="polls", polls_per_step=1)
    publish_id = player.post_video()
    assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"


def test_by_hand_nothing_moves_but_what_you_move(star: Player) -> None:
    set_switches(star.mock, progress="by_hand")
    publish_id = data(star.pull_video(privacy_level="PUBLIC_TO_EVERYONE"))["publish_id"]
    star.mock.clock.advance(1800)
    assert star.status(publish_id)["status"] == "PROCESSING_DOWNLOAD"
    lifecycle.finish(star.mock.world, star.mock.post(publish_id))
    assert star.status(publish_id)["status"] == "PUBLISH_COMPLETE"
    assert len(star.status(publish_id)["publicaly_available_post_id"]) == 1


def test_a_post_that_is_stuck_for_half_an_hour_and_more(player: Player) -> None:
    publish_id = player.post_video()
    post = player.mock.post(publish_id)
    lifecycle.hold(post)
    assert statuses(player, publish_id, *[600] * 5) == ["PROCESSING_UPLOAD"] * 6
    lifecycle.release(player.mock.world, post)
    assert statuses(player, publish_id, 10) == ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE"]


def test_a_held_download_and_a_held_moderation_go_on_from_their_release(star: Player) -> None:
    by_time_only(star)
    pulled = data(star.pull_video(privacy_level="PUBLIC_TO_EVERYONE"))["publish_id"]
    post = star.mock.post(pulled)
    lifecycle.hold(post)
    star.mock.clock.advance(600)
    lifecycle.release(star.mock.world, post)
    assert statuses(star, pulled, 5, 10) == ["PROCESSING_DOWNLOAD"] * 2 + ["PUBLISH_COMPLETE"]
    lifecycle.hold(post)
    star.mock.clock.advance(600)
    assert post.post_ids == []
    lifecycle.release(star.mock.world, post)
    star.mock.clock.advance(59)
    assert post.post_ids == []
    star.mock.clock.advance(1)
    assert len(post.post_ids) == 1


@pytest.mark.parametrize(
    "reason", ["internal", "spam_risk_text", "spam_risk", "spam_risk_too_many_posts", "video_pull_failed"]
)
def test_a_post_that_is_made_to_fail(player: Player, reason: str) -> None:
    publish_id = player.post_video()
    lifecycle.fail_by_hand(player.mock.world, player.mock.post(publish_id), reason)
    assert player.status(publish_id) == {"fail_reason": reason, "status": "FAILED"}
    with pytest.raises(CannotHappen):
        lifecycle.fail_by_hand(player.mock.world, player.mock.post(publish_id), reason)


def test_the_whole_body_of_a_failed_post(player: Player) -> None:
    set_switches(player.mock, failed_body="full")
    publish_id = player.post_video()
    lifecycle.fail_by_hand(player.mock.world, player.mock.post(publish_id), "internal")
    assert player.status(publish_id) == {
        "status": "FAILED",
        "fail_reason": "internal",
        "publicaly_available_post_id": [],
        "uploaded_bytes": 64,
    }


def test_levers_that_cannot_be_pulled(player: Player) -> None:
    waiting = player.mock.post(data(player.init_video())["publish_id"])
    with pytest.raises(CannotHappen, match="waits for its bytes"):
        lifecycle.finish(player.mock.world, waiting)
    with pytest.raises(CannotHappen):
        lifecycle.user_deletes_draft(waiting)


# Which post


def test_an_unknown_publish_id(player: Player) -> None:
    answer = player.call("fetchStatus", {"publish_id": "v_pub_file~v2-1.7000000000000000000"})
    assert refusal(answer) == (400, "invalid_publish_id", "The publish_id does not exist")


@pytest.mark.parametrize(
    "body", [{}, {"publish_id": ""}, {"publish_id": 5}, {"publish_id": None}, {"id": "x"}]
)
def test_a_body_without_a_publish_id(player: Player, body: dict[str, object]) -> None:
    for operation in ("fetchStatus", "cancelPublish"):
        assert refusal(player.call(operation, body))[:2] == (400, "invalid_publish_id")


@pytest.mark.parametrize(("switch", "status"), [("invalid_params", 400), ("invalid_params_200", 200)])
def test_the_other_spelling_of_an_unknown_publish_id(player: Player, switch: str, status: int) -> None:
    set_switches(player.mock, unknown_publish_id=switch)
    answer = player.call("fetchStatus", {"publish_id": "x"})
    assert refusal(answer) == (status, "invalid_params", "invalid_publish_id")


def test_a_publish_id_that_is_not_visible_at_first(player: Player) -> None:
    set_switches(player.mock, publish_id_visible="second_poll")
    publish_id = data(player.init_video())["publish_id"]
    answer = player.call("fetchStatus", {"publish_id": publish_id})
    assert refusal(answer)[1] == "invalid_publish_id"
    assert player.status(publish_id)["status"] == "PROCESSING_UPLOAD"


def test_posts_of_other_users_and_other_apps(mock: MockTikTok) -> None:
    mock.world.add_account(Account("other", private=True))
    other_app = mock.world.add_app(App("other", "secret"))
    mine = Player(mock).log_in()
    publish_id = data(mine.pull_video())["publish_id"]
    strangers = [
        Player(mock).log_in(username="other").token,
        str(mock.authorize(app=other_app)["access_token"]),
    ]
    for token in strangers:
        for operation in ("fetchStatus", "cancelPublish"):
            answer = mine.call(operation, {"publish_id": publish_id}, token=token)
            assert refusal(answer)[:2] == (400, "token_not_authorized_for_specified_publish_id")
    assert mine.log_in().status(publish_id)["status"] == "PROCESSING_DOWNLOAD", (
        "a fresh token of the same user"
    )


@pytest.mark.parametrize("scopes", [("video.upload",), ("video.publish",)])
def test_either_scope_reads_the_status(mock: MockTikTok, scopes: tuple[str, ...]) -> None:
    publish_id = data(Player(mock).log_in().pull_video())["publish_id"]
    assert Player(mock).log_in(scopes).status(publish_id)
    answer = Player(mock).log_in(("user.info.basic",)).call("fetchStatus", {"publish_id": publish_id})
    assert refusal(answer)[:2] == (401, "scope_not_authorized")


# Cancelling


@pytest.mark.parametrize("draft", [False, True])
def test_cancelling_a_running_download(player: Player, draft: bool) -> None:
    publish_id = data(player.pull_video(draft=draft))["publish_id"]
    answer = player.call("cancelPublish", {"publish_id": publish_id})
    assert answer.status_code == 200
    assert answer.json().keys() == {"error"}
    assert player.status(publish_id) == {"fail_reason": "publish_cancelled", "status": "FAILED"}
    assert player.events() == ["post.publish.failed"]
    assert b"publish_cancelled" in player.mock.world.deliveries[0].body


def test_what_cannot_be_cancelled(player: Player) -> None:
    upload = data(player.init_video())["publish_id"]
    processed = data(player.pull_video())["publish_id"]
    player.mock.clock.advance(5)
    final = data(player.pull_video())["publish_id"]
    lifecycle.finish(player.mock.world, player.mock.post(final))
    cancelled = data(player.pull_video())["publish_id"]
    player.call("cancelPublish", {"publish_id": cancelled})
    for publish_id in (upload, processed, final, cancelled):
        answer = player.call("cancelPublish", {"publish_id": publish_id})
        assert refusal(answer) == (400, "publish_not_cancellable", "")


def test_cancelling_what_nobody_knows_and_what_lost_its_domain(player: Player) -> None:
    assert refusal(player.call("cancelPublish", {"publish_id": "x"}))[:2] == (400, "invalid_publish_id")
    publish_id = data(player.pull_video())["publish_id"]
    player.mock.app.properties.clear()
    answer = player.call("cancelPublish", {"publish_id": publish_id})
    assert refusal(answer)[:2] == (403, "url_ownership_unverified")


# The end of the connection


@pytest.mark.parametrize("kind", ["upload", "processing", "pull"])
def test_posts_in_progress_fail_when_the_app_is_removed(player: Player, kind: str) -> None:
    if kind == "upload":
        publish_id = data(player.init_video())["publish_id"]
    elif kind == "processing":
        publish_id = player.post_video()
    else:
        publish_id = data(player.pull_video())["publish_id"]
    player.revoke(player.token)
    player.log_in()
    assert player.status(publish_id) == {"fail_reason": "auth_removed", "status": "FAILED"}
    assert player.events() == ["post.publish.failed", "authorization.removed"]


def test_a_connection_ends_once(player: Player) -> None:
    grant = player.mock.world.access_tokens[player.token].grant
    assert grant is not None
    for reason in (1, 5):
        lifecycle.end_grant(player.mock.world, grant, reason)
        player.mock.clock.advance(1)
    (removed,) = player.mock.world.deliveries
    assert b'"reason\\":1' in removed.body
    assert grant.ended == player.mock.clock.now() - 2


def test_a_published_post_stays_when_the_app_is_removed(player: Player) -> None:
    publish_id = player.post_video()
    player.mock.clock.advance(10)
    player.revoke(player.token)
    assert player.log_in().status(publish_id)["status"] == "PUBLISH_COMPLETE"


# Pulls that fail


def test_a_download_that_takes_more_than_an_hour(player: Player) -> None:
    set_switches(player.mock, download_seconds=4000, progress="time")
    video = data(player.pull_video())["publish_id"]
    photos = data(player.init_photos())["publish_id"]
    player.mock.clock.advance(3599)
    assert player.status(video)["status"] == "PROCESSING_DOWNLOAD"
    player.mock.clock.advance(1)
    assert player.status(video)["fail_reason"] == "video_pull_failed"
    assert player.status(photos)["fail_reason"] == "photo_pull_failed"


def test_an_hour_ends_a_download_that_only_levers_move(player: Player) -> None:
    set_switches(player.mock, progress="by_hand")
    video = data(player.pull_video())["publish_id"]
    player.mock.clock.advance(3600)
    assert player.status(video)["fail_reason"] == "video_pull_failed"


def test_a_post_that_fails_in_mid_upload_keeps_no_bytes(player: Player) -> None:
    set_switches(player.mock, check_media=True)
    chunk = player.mock.world.switches.min_chunk_size
    started = data(player.init_video(2 * chunk, chunk, 2))
    assert player.put(started["upload_url"], mp4(chunk), total=2 * chunk).status_code == 206
    post = player.mock.post(started["publish_id"])
    assert post.upload is not None
    file = post.upload.spool.path()
    assert file is not None
    assert file.stat().st_size == chunk
    lifecycle.fail_by_hand(player.mock.world, post, "internal")
    assert not file.exists()


def test_a_draft_that_failed_is_nobodys_to_post(player: Player) -> None:
    delivered = player.post_video(draft=True)
    player.mock.clock.advance(60)
    started = data(player.init_video(20, draft=True))
    assert player.put(started["upload_url"], mp4(20)).status_code == 201
    for publish_id in (delivered, started["publish_id"]):
        post = player.mock.post(publish_id)
        lifecycle.fail_by_hand(player.mock.world, post, "internal")
        with pytest.raises(lifecycle.CannotHappen, match="no draft that can be posted"):
            lifecycle.user_posts_draft(player.mock.world, post)


def test_a_simulated_download_can_be_told_to_fail(player: Player) -> None:
    player.mock.world.pull_results[PULLED] = "video_pull_failed"
    publish_id = data(player.pull_video())["publish_id"]
    player.mock.clock.advance(5)
    assert player.status(publish_id)["fail_reason"] == "video_pull_failed"
    player.mock.world.pull_results[PULLED] = "duration_check_failed"
    publish_id = data(player.pull_video())["publish_id"]
    player.mock.clock.advance(5)
    assert player.status(publish_id)["status"] == "PROCESSING_DOWNLOAD"
    player.mock.clock.advance(10)
    assert player.status(publish_id)["fail_reason"] == "duration_check_failed"


class NotLookedThrough(dict[str, Post]):
    """Posts of which there are too many to look at each."""

    def values(self) -> Any:
        raise AssertionError("somebody looks at every post")


@pytest.mark.parametrize("restored", [False, True])
def test_ending_a_connection_looks_at_posts_under_way_only(player: Player, restored: bool) -> None:
    done, uploading = player.post_video(), data(player.init_video(20))["publish_id"]
    player.mock.clock.advance(60)
    processing = player.post_video()
    if restored:
        player.mock.restore(player.mock.snapshot())
    world = player.mock.world
    world.posts = NotLookedThrough(world.posts)
    assert player.revoke(player.token).json() == {}
    stages = [world.posts[one].stage.name for one in (done, uploading, processing)]
    assert stages == ["PUBLISHED", "FAILED", "FAILED"]
    assert {world.posts[one].fail_reason for one in (uploading, processing)} == {"auth_removed"}
