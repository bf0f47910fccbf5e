"""Known wrong clients: each trap of the reference that a server can show, and how TikTok answers it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.mock.support import (
    BASE64URL_CHALLENGE,
    DESKTOP_REDIRECT,
    HEX_CHALLENGE,
    PULLED,
    VERIFIER,
    WEB_REDIRECT,
    Player,
    data,
    mp4,
    query_of,
    refusal,
    set_switches,
)
from tiktok_mock_server import lifecycle
from tiktok_openapi.routes import BY_ID

S256 = {"code_challenge_method": "S256"}
EXPIRED = (200, "invalid_grant", "Authorization code is expired.")


def test_trap_1_client_id_instead_of_client_key(player: Player) -> None:
    assert "errCode=10003" in player.authorize(client_key=None, client_id="mock_client_key").text
    answer = player.get_token(player.code(), client_key=None, client_id="mock_client_key")
    assert refusal(answer)[1] == "invalid_client"
    assert answer.headers["x-mock-hint"] == "the field is client_key, not client_id"


def test_trap_2_scopes_separated_by_spaces(player: Player) -> None:
    page = player.authorize(scope="user.info.basic video.publish")
    assert "error_type=scope" in page.text
    assert page.headers["x-mock-hint"] == "scopes are separated by commas, not by spaces"


def test_trap_3_json_at_the_token_endpoint(player: Player) -> None:
    form = {
        "client_key": "mock_client_key",
        "client_secret": "mock_client_secret",
        "grant_type": "authorization_code",
        "code": player.code(),
        "redirect_uri": WEB_REDIRECT,
    }
    answer = player.call("getToken", form)
    assert refusal(answer) == (200, "invalid_request", "The request parameters are malformed.")
    assert answer.headers["x-mock-rule"] == "oauth.form-only"


def test_trap_4_credentials_in_http_basic(player: Player) -> None:
    form = {"grant_type": "authorization_code", "code": player.code(), "redirect_uri": WEB_REDIRECT}
    answer = player.call("getToken", data=form, auth=("mock_client_key", "mock_client_secret"))
    assert refusal(answer)[1] == "invalid_client"
    assert "HTTP Basic" in answer.headers["x-mock-hint"]


def test_trap_5_a_base64url_challenge_on_desktop(player: Player) -> None:
    code = player.code(redirect_uri=DESKTOP_REDIRECT, code_challenge=BASE64URL_CHALLENGE, **S256)
    answer = player.get_token(code, redirect_uri=DESKTOP_REDIRECT, code_verifier=VERIFIER)
    assert refusal(answer) == (200, "invalid_request", "Code verifier or code challenge is invalid.")
    assert "base64url" in answer.headers["x-mock-hint"]


def test_trap_6_a_code_encoded_twice(player: Player) -> None:
    answer = player.get_token(quote(player.code(), safe=""))
    assert refusal(answer) == EXPIRED
    assert "decode it exactly once" in answer.headers["x-mock-hint"]


@pytest.mark.parametrize("mark", ["*", "!"])
def test_trap_6_a_code_cut_at_its_end(player: Player, mark: str) -> None:
    answer = player.get_token(player.code().partition(mark)[0])
    assert refusal(answer) == EXPIRED
    assert "its end is missing" in answer.headers["x-mock-hint"]


def test_trap_7_oauth_errors_come_with_http_200(player: Player) -> None:
    answer = player.refresh("rft.mock.unknown")
    assert answer.status_code == 200
    assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    "operation", [one for one in BY_ID if one not in ("authorize", "uploadChunk")], ids=str
)
def test_trap_8_a_missing_slash(player: Player, operation: str) -> None:
    described = BY_ID[operation]
    answer = player.http.request(described.method, described.path.rstrip("/"))
    assert (answer.status_code, answer.text) == (404, "Unsupported path(Janus)")
    assert answer.headers["x-mock-hint"] == f"the path ends in a slash: {described.path}"


@pytest.mark.parametrize("operation", [one for one in BY_ID if BY_ID[one].method == "POST"], ids=str)
def test_trap_9_the_wrong_method(player: Player, operation: str) -> None:
    answer = player.http.get(BY_ID[operation].path, headers={"Authorization": f"Bearer {player.token}"})
    assert (answer.status_code, answer.text) == (404, "Unsupported path(Janus)")
    assert answer.headers["x-mock-hint"] == "the method is POST"


def test_trap_10_scopes_in_the_callback_and_scope_in_the_token(player: Player) -> None:
    back = query_of(player.agree(player.authorize()).headers["location"])
    assert "scopes" in back
    assert "scope" not in back
    token = player.get_token(back["code"]).json()
    assert "scope" in token
    assert "scopes" not in token


def test_trap_11_an_unticked_scope_shows_much_later(player: Player) -> None:
    back = player.agree(player.authorize(), scope=["user.info.basic", "video.upload"])
    token = player.get_token(query_of(back.headers["location"])["code"]).json()["access_token"]
    assert player.init_video(draft=True, token=token).status_code == 200
    assert refusal(player.init_video(token=token))[:2] == (401, "scope_not_authorized")


def test_trap_12_two_workers_refresh_at_once(player: Player) -> None:
    refresh_token = player.get_token(player.code()).json()["refresh_token"]
    assert "access_token" in player.refresh(refresh_token).json()
    assert refusal(player.refresh(refresh_token))[1] == "invalid_grant"


def test_trap_13_a_hard_coded_lifetime_of_24_hours(player: Player) -> None:
    token = player.get_token(player.code()).json()
    player.mock.clock.advance(23 * 3600)
    assert player.call("queryCreatorInfo", token=token["access_token"]).status_code == 401


def test_trap_14_revoking_with_an_expired_token(player: Player) -> None:
    player.mock.clock.advance(7200)
    assert refusal(player.revoke(player.token))[1] == "invalid_grant"


def test_trap_15_the_redirect_list_of_another_app_and_who_is_no_target_user(player: Player) -> None:
    app = player.mock.app
    app.redirect_uris = ("https://sandbox.example.test/callback/",)
    assert "error_type=redirect_uri" in player.authorize().text
    app.sandbox = True
    page = player.authorize(redirect_uri="https://sandbox.example.test/callback/")
    assert query_of(player.agree(page).headers["location"])["error_type"] == "non_sandbox_target"


def test_trap_16_creator_info_refuses_with_http_200(player: Player) -> None:
    player.mock.account.banned = True
    assert refusal(player.call("queryCreatorInfo"))[:2] == (200, "spam_risk_user_banned_from_posting")


def test_trap_17_the_wire_says_invalid_params(player: Player) -> None:
    assert refusal(player.init_video(title="x" * 2201))[1] == "invalid_params"


def test_trap_18_one_message_for_many_refusals(player: Player) -> None:
    messages = {refusal(player.init_video(privacy_level="PUBLIC_TO_EVERYONE"))[2]}
    messages.add(refusal(player.init_video(privacy_level="FOLLOWER_OF_CREATOR"))[2])
    player.mock.account.banned = True
    messages.add(refusal(player.init_video())[2])
    assert len(messages) == 1


def test_trap_19_self_only_to_a_public_account(player: Player) -> None:
    player.mock.account.private = False
    code = refusal(player.init_video(privacy_level="SELF_ONLY"))[1]
    assert code == "unaudited_client_can_only_post_to_private_accounts"


@pytest.mark.parametrize(
    ("size", "chunk", "count", "message"),
    [
        (50_000_123, 10_000_000, 6, "The total chunk count is invalid"),
        (80_000_000, 64_000_000, 1, "The chunk size is invalid"),
        (80_000_000, 64_000_000, 2, "The total chunk count is invalid"),
    ],
)
def test_trap_20_ceil_counts_and_one_oversized_chunk(
    player: Player, size: int, chunk: int, count: int, message: str
) -> None:
    assert refusal(player.init_video(size, chunk, count))[2] == message


def test_trap_21_the_upload_host_is_whatever_it_is(player: Player) -> None:
    there = player.http.post(
        "https://some.proxy.example.test:8443" + BY_ID["initVideoPost"].path,
        json={
            "post_info": {"privacy_level": "SELF_ONLY"},
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": 20,
                "chunk_size": 20,
                "total_chunk_count": 1,
            },
        },
        headers={"Authorization": f"Bearer {player.token}"},
    )
    assert data(there)["upload_url"].startswith("https://some.proxy.example.test:8443/upload?")


def test_trap_22_authorization_on_the_put_and_no_content_range(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    url = data(player.init_video(20))["upload_url"]
    assert player.put(url, mp4(20), content_range=None).status_code == 400
    player.put(url, mp4(20), authorization=f"Bearer {player.token}")
    assert "upload.no-bearer" in caplog.text


def test_trap_23_a_sender_that_strips_newlines(player: Player) -> None:
    body = mp4(10) + b"\n" * 10
    url = data(player.init_video(20))["upload_url"]
    stripped = body.replace(b"\n", b"")
    assert player.put(url, stripped, content_range="bytes 0-19/20").status_code == 400


def test_trap_24_a_wrong_byte_count(player: Player) -> None:
    url = data(player.init_video(20))["upload_url"]
    answer = player.put(url, mp4(18), content_range="bytes 0-19/20", content_length="20")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.test/v.mp4",
        "https://example.test/v.mp4",
        "https://media.example.test.evil.test/v.mp4",
        "https://evilmedia.example.test/v.mp4",
        "https://media.example.test@evil.test/v.mp4",
    ],
)
def test_trap_25_an_unverified_domain(player: Player, url: str) -> None:
    assert refusal(player.pull_video(url))[:2] == (403, "url_ownership_unverified")


def test_trap_26_png_photos_fail_after_success_at_init(player: Player) -> None:
    urls = ["https://media.example.test/1.jpg", "https://media.example.test/2.PNG"]
    publish_id = data(player.init_photos(urls))["publish_id"]
    player.mock.clock.advance(20)
    assert player.status(publish_id) == {"fail_reason": "file_format_check_failed", "status": "FAILED"}
    fine = data(player.init_photos(["https://media.example.test/1.jpg?from=a.png"]))["publish_id"]
    player.mock.clock.advance(20)
    assert player.status(fine)["status"] == "PUBLISH_COMPLETE"


def test_trap_27_ids_of_19_digits_as_numbers(star: Player) -> None:
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(70)
    answer = star.call("fetchStatus", {"publish_id": publish_id})
    [post_id] = answer.json()["data"]["publicaly_available_post_id"]
    assert f"[{post_id}]" in answer.text
    assert int(float(post_id)) != post_id, "it does not survive double precision"


def test_trap_28_the_key_is_misspelt_and_a_list(star: Player) -> None:
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(70)
    status = star.status(publish_id)
    assert isinstance(status["publicaly_available_post_id"], list)
    assert "publicly_available_post_id" not in status


def test_trap_29_an_empty_list_is_no_failure(player: Player) -> None:
    publish_id = player.post_video()
    player.mock.clock.advance(10)
    status = player.status(publish_id)
    assert (status["status"], status["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])


def test_trap_30_a_status_asked_for_at_once(player: Player) -> None:
    set_switches(player.mock, publish_id_visible="second_poll", unknown_publish_id="invalid_params_200")
    publish_id = data(player.init_video())["publish_id"]
    first = player.call("fetchStatus", {"publish_id": publish_id})
    assert refusal(first) == (200, "invalid_params", "invalid_publish_id")
    assert player.status(publish_id)["status"] == "PROCESSING_UPLOAD"


def test_trap_31_more_than_half_an_hour(player: Player) -> None:
    publish_id = player.post_video()
    lifecycle.hold(player.mock.post(publish_id))
    player.mock.clock.advance(45 * 60)
    assert player.status(publish_id)["status"] == "PROCESSING_UPLOAD"


def test_trap_32_the_inbox_is_where_a_draft_stays(player: Player) -> None:
    publish_id = player.post_video(draft=True)
    player.mock.clock.advance(3600)
    assert player.status(publish_id)["status"] == "SEND_TO_USER_INBOX"


def test_trap_33_drafts_need_the_app_and_a_free_place(player: Player) -> None:
    player.mock.account.app_version = None
    assert refusal(player.init_photos(draft=True))[1] == "app_version_check_failed"
    for _ in range(5):
        data(player.init_video(draft=True))
    assert refusal(player.init_video(draft=True))[1] in (
        "spam_risk_too_many_pending_share",
        "rate_limit_exceeded",
    )


def test_trap_34_a_video_draft_has_no_caption(player: Player) -> None:
    body = {
        "post_info": {"title": "lost", "privacy_level": "SELF_ONLY"},
        "source_info": {"source": "PULL_FROM_URL", "video_url": PULLED},
    }
    publish_id = data(player.call("initInboxVideo", body))["publish_id"]
    assert player.mock.post(publish_id).title == ""


def test_trap_35_lengths_are_counted_in_utf16_units(player: Player) -> None:
    assert refusal(player.init_photos(title="😀" * 46))[0] == 400
    assert player.init_photos(title="é" * 90).status_code == 200


def test_trap_37_is_aigc_in_the_wrong_place_is_lost(player: Player) -> None:
    lost = data(player.init_photos(is_aigc=True))["publish_id"]
    assert player.mock.post(lost).is_aigc is False


def test_trap_38_the_cover_timestamp_in_source_info_is_ignored(player: Player) -> None:
    body = {
        "post_info": {"privacy_level": "SELF_ONLY"},
        "source_info": {"source": "PULL_FROM_URL", "video_url": PULLED, "video_cover_timestamp_ms": 1000},
    }
    publish_id = data(player.call("initVideoPost", body))["publish_id"]
    assert "video_cover_timestamp_ms" not in player.mock.post(publish_id).info


def test_trap_39_content_is_json_in_a_string(player: Player) -> None:
    player.post_video()
    player.mock.clock.advance(10)
    event: dict[str, Any] = json.loads(player.mock.world.deliveries[0].body)
    assert isinstance(event["content"], str)
    assert json.loads(event["content"])["publish_type"] == "DIRECT_PUBLISH"


@pytest.mark.parametrize("cursor", [0, 1_795_338_930])
def test_trap_44_cursors_that_find_nothing(star: Player, cursor: int) -> None:
    star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(70)
    page = data(star.call("listVideos", {"cursor": cursor}, params={"fields": "id"}))
    assert page["videos"] == []


def test_trap_45_fields_in_the_body(player: Player) -> None:
    answer = player.call("listVideos", {"fields": ["id"]})
    assert refusal(answer)[:2] == (400, "invalid_params")
    assert answer.headers["x-mock-hint"] == "fields belongs in the query, not in the body"


def test_trap_46_open_id_has_to_be_named(player: Player) -> None:
    user = data(player.call("getUserInfo", params={"fields": "display_name"}))["user"]
    assert "open_id" not in user


def test_trap_47_pictures_are_not_for_ever(player: Player) -> None:
    url = data(player.call("queryCreatorInfo"))["creator_avatar_url"]
    assert player.http.get(url).status_code == 200
    player.mock.clock.advance(7200)
    assert player.http.get(url).status_code == 403


def test_trap_48_scopes_that_new_apps_are_not_offered(player: Player) -> None:
    player.mock.app.scopes = frozenset({"user.info.basic", "video.publish", "video.upload"})
    assert "error_type=scope" in player.authorize(scope="user.info.basic,user.info.profile").text


def test_trap_50_an_init_sent_twice_posts_twice(player: Player) -> None:
    first, second = data(player.init_video())["publish_id"], data(player.init_video())["publish_id"]
    assert first != second
    assert len(player.mock.world.posts) == 2


def test_trap_51_the_secret_in_the_authorization_url(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    player.authorize(client_secret="mock_client_secret")
    assert "authorize.secret-shown" in caplog.text


def test_trap_53_one_draft_and_several_posts(star: Player) -> None:
    publish_id = star.post_video(draft=True)
    star.mock.clock.advance(10)
    for _ in range(2):
        lifecycle.user_posts_draft(star.mock.world, star.mock.post(publish_id))
    star.mock.clock.advance(60)
    assert len(star.status(publish_id)["publicaly_available_post_id"]) == 2


def test_trap_54_complete_is_not_yet_public(star: Player) -> None:
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(10)
    assert star.events() == ["post.publish.complete"]
    assert star.status(publish_id)["publicaly_available_post_id"] == []


def test_hexadecimal_challenges_are_safe_everywhere(player: Player) -> None:
    for redirect in (WEB_REDIRECT, DESKTOP_REDIRECT):
        code = player.code(redirect_uri=redirect, code_challenge=HEX_CHALLENGE, disable_auto_auth="1", **S256)
        answer = player.get_token(code, redirect_uri=redirect, code_verifier=VERIFIER)
        assert "access_token" in answer.json()
