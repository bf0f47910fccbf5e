"""Traps of section 14 of the reference, as our own client meets them: one test per row, named after it.

What the mock answers to clients that fall into a trap is in tests/mock/test_mock_traps.py; `index.yaml` says
which test covers which row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import attrs
import httpx
import pytest

from tests.facade.support import FakeClock
from tiktok_api_client import (
    ChunkPlan,
    Impossible,
    InputRefused,
    LoginRequired,
    Refused,
    TikTok,
    TryLater,
    UnknownEvent,
    WebhookRefused,
    verify_webhook,
)
from tiktok_api_client.ranges import content_range
from tiktok_api_client.webhooks import sign_webhook
from tiktok_mock_server import MockTikTok
from tiktok_openapi import (
    ContentInitRequest,
    PhotoPostInfo,
    PhotoSource,
    PostPublishComplete,
    PublishState,
    PublishStatus,
    PullFromUrlSource,
    TiktokPing,
    VideoPostInfo,
    limits,
    webhooks,
)
from tiktok_openapi.operations import display, oauth, post, upload
from tiktok_openapi.routes import BY_ID

KEY, SECRET, HERE = "mock_client_key", "mock_client_secret", "http://127.0.0.1:8765/callback/"


class Recorder(httpx.BaseTransport):
    """A mock TikTok that keeps what a client sent."""

    def __init__(self) -> None:
        self.mock = MockTikTok(auto_approve=True, strict=True)
        self.sent: list[httpx.Request] = []
        self.clock = FakeClock(self.mock.clock.now())
        self._inner = self.mock.transport()

    def advance(self, seconds: float) -> None:
        """Let time pass on both sides."""
        self.mock.clock.advance(seconds)
        self.clock.time += seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self._inner.handle_request(request)


@pytest.fixture
def wire() -> Recorder:
    return Recorder()


@pytest.fixture
def tik(wire: Recorder) -> Iterator[TikTok]:
    """Logged in through the address that the client itself built."""
    with TikTok(
        KEY, SECRET, HERE, "st-41", base_url=wire.mock.url, transport=wire, clock=wire.clock
    ) as client:
        browser = httpx.Client(transport=wire.mock.transport())
        back = browser.get(client.get_authorization_url())
        found = client.parse_callback(back.headers["location"])
        client.exchange_code_for_token(code=found.code)
        yield client


def asked(tik: TikTok) -> dict[str, str]:
    """The query of the authorization address."""
    return dict(parse_qsl(urlsplit(tik.get_authorization_url()).query, keep_blank_values=True))


def login_form(wire: Recorder) -> httpx.Request:
    return next(request for request in wire.sent if request.url.path == BY_ID["getToken"].path)


def test_trap_1_the_field_is_called_client_key(tik: TikTok, wire: Recorder) -> None:
    assert asked(tik)["client_key"] == KEY
    sent = parse_qs(login_form(wire).content.decode())
    assert sent["client_key"] == [KEY]
    assert "client_id" not in {**asked(tik), **sent}


def test_trap_2_scopes_are_separated_by_commas(tik: TikTok) -> None:
    scope = asked(tik)["scope"]
    assert " " not in scope
    assert set(scope.split(",")) == set(tik.scopes)


def test_trap_3_and_4_the_token_call_is_a_form_without_basic_auth(tik: TikTok, wire: Recorder) -> None:
    request = login_form(wire)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    assert tik.open_id


def test_trap_5_the_challenge_is_hexadecimal(tik: TikTok, wire: Recorder) -> None:
    challenge = asked(tik)["code_challenge"]
    assert len(challenge) == limits.CODE_CHALLENGE_LENGTH
    assert set(challenge) <= set("0123456789abcdef")
    assert "code_verifier" in parse_qs(login_form(wire).content.decode())


@pytest.mark.parametrize("code", ["mockCode_AbC-123*v!6001.s1", "x%2Ay*0!6410", "a+b c*v!1"])
def test_trap_6_a_code_is_decoded_once_and_sent_whole(code: str) -> None:
    callback = str(httpx.URL(HERE, params={"code": code, "state": "st-41"}))
    with TikTok(KEY, SECRET, HERE, "st-41") as tik:
        found = tik.parse_callback(callback)
    assert found.code == code


def test_trap_7_an_oauth_error_with_http_200_is_no_token(tik: TikTok) -> None:
    with pytest.raises(LoginRequired) as caught:
        tik.refresh_access_token("rft.mock.unknown")
    assert (caught.value.status, caught.value.code) == (200, "invalid_grant")
    assert tik.get_creator_info()["data"], "the good token is still there"


def test_trap_8_and_9_paths_end_in_a_slash_and_lists_are_posted() -> None:
    for name, route in BY_ID.items():
        assert route.path.endswith("/") or name == "uploadChunk"
    assert BY_ID["listVideos"].method == "POST"


def test_trap_10_and_52_scopes_of_the_callback_and_scope_of_the_token(wire: Recorder) -> None:
    login = TikTok(KEY, SECRET, HERE, "st-41", base_url=wire.mock.url, transport=wire)
    browser = httpx.Client(transport=wire.mock.transport())
    with login as tik:
        found = tik.parse_callback(browser.get(tik.get_authorization_url()).headers["location"])
        token = tik.exchange_code_for_token(code=found.code)
    assert set(found.scopes or ()) == set(token.scope.split(",")) == set(tik.scopes)
    assert not found.missing_scopes


def test_trap_11_an_unticked_scope_is_told_at_the_callback(wire: Recorder) -> None:
    with TikTok(KEY, SECRET, HERE, "st-41", base_url=wire.mock.url, transport=wire) as tik:
        found = tik.parse_callback(f"{HERE}?code=c*v!1&scopes=user.info.basic&state=st-41")
    assert set(found.missing_scopes) == set(tik.scopes) - {"user.info.basic"}


def test_trap_12_the_rotated_refresh_token_is_used_next(tik: TikTok) -> None:
    first = tik.refresh_access_token()
    second = tik.refresh_access_token()
    assert first.refresh_token != second.refresh_token


def test_trap_13_lifetimes_are_those_of_the_answer(tik: TikTok) -> None:
    token = tik.refresh_access_token()
    assert (token.expires_at - token.refresh_expires_at).total_seconds() == (
        token.expires_in - token.refresh_expires_in
    )
    assert token.expires_in <= limits.ACCESS_TOKEN_LIFETIME


def test_trap_14_revoking_refreshes_an_expired_token_first(tik: TikTok, wire: Recorder) -> None:
    wire.advance(limits.ACCESS_TOKEN_LIFETIME + 1)
    tik.revoke_access_token()
    assert all(grant.ended for grant in wire.mock.world.grants.values())


def test_trap_16_a_refusal_within_http_200_is_raised(tik: TikTok, wire: Recorder) -> None:
    wire.mock.account.banned = True
    with pytest.raises(TryLater) as caught:
        tik.get_creator_info()
    assert (caught.value.status, caught.value.code) == (200, "spam_risk_user_banned_from_posting")


@pytest.mark.parametrize("code", ["invalid_param", "invalid_params"])
def test_trap_17_both_names_of_the_code_are_one_class(tik: TikTok, wire: Recorder, code: str) -> None:
    wire.mock.faults.plan("fetchStatus", "error", code=code, status=400)
    with pytest.raises(InputRefused):
        tik.check_upload_status("v_pub_file~v2-1.7700000000000000001")


def test_trap_18_refusals_with_one_message_differ_by_code_and_advice(tik: TikTok, wire: Recorder) -> None:
    told: set[str] = set()
    for code in ("spam_risk_user_banned_from_posting", "reached_active_user_cap"):
        wire.mock.faults.plan("queryCreatorInfo", "error", code=code, status=200)
        with pytest.raises(Refused) as caught:
            tik.get_creator_info()
        told.add(f"{caught.value.code}: {caught.value.advice}")
    assert len(told) == 2


@pytest.mark.parametrize("size", [66_000_000, 80_000_000, 94_000_000, 50_000_123])
def test_trap_20_counts_are_floored_and_no_single_chunk_is_oversized(size: int) -> None:
    plan = ChunkPlan.for_size(size)
    assert plan.total_chunk_count == plan.video_size // plan.chunk_size
    assert plan.total_chunk_count > 1 or plan.chunk_size == size


def test_trap_22_and_24_a_chunk_carries_its_range_and_length_and_no_token() -> None:
    call = upload.upload_chunk(
        "https://upload.example.test/u?upload_token=t",
        b"0123456789",
        content_type="video/mp4",
        content_length=10,
        content_range=content_range(0, 10, 10),
    )
    headers = {name.lower(): value for name, value in call.headers}
    assert headers["content-range"] == "bytes 0-9/10"
    assert headers["content-length"] == "10"
    assert "authorization" not in headers


def test_trap_27_and_28_and_29_ids_are_whole_numbers_under_their_misspelt_name() -> None:
    answer = {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [7700000000000000007]}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"data": answer, "error": {"code": "ok"}})
    )
    with TikTok(KEY, SECRET, HERE, transport=transport) as tik:
        status = tik.check_upload_status("p", access_token="act.t")
        assert status["data"] == answer
        answer["publicaly_available_post_id"] = []
        empty = tik.check_upload_status("p", access_token="act.t")
    assert list(status.publicaly_available_post_id or ()) == [7700000000000000007]
    assert empty.publicaly_available_post_id is not None
    assert not empty.publicaly_available_post_id
    assert str(empty.status) == "PUBLISH_COMPLETE"
    assert "publicly_available_post_id" not in fields_of(PublishStatus)


@pytest.mark.parametrize(("length", "limit"), [(1101, 2200), (46, 90)])
def test_trap_35_lengths_count_utf16_units(length: int, limit: int) -> None:
    emoji = "😀" * length
    assert limit in (limits.VIDEO_TITLE_MAX_UTF16, limits.PHOTO_TITLE_MAX_UTF16)
    with pytest.raises(Impossible, match=f"at most {limit} UTF-16"):
        titled(emoji, video=limit == limits.VIDEO_TITLE_MAX_UTF16)


def titled(title: str, *, video: bool) -> object:
    if not video:
        return photos(PhotoPostInfo(privacy_level="SELF_ONLY", title=title))
    info = VideoPostInfo(privacy_level="SELF_ONLY", title=title)
    return post.init_video_post(access_token="act.t", post_info=info, source_info=pulled())


def fields_of(model: type[attrs.AttrsInstance]) -> set[str]:
    return {field.name for field in attrs.fields(model)}


def pulled() -> PullFromUrlSource:
    return PullFromUrlSource(video_url="https://media.example.test/v.mp4")


def photos(info: PhotoPostInfo, *, is_aigc: bool | None = None) -> dict[str, Any]:
    source = PhotoSource(photo_images=["https://media.example.test/1.jpg"], photo_cover_index=0)
    call = post.init_content(
        access_token="act.t", post_mode="DIRECT_POST", post_info=info, source_info=source, is_aigc=is_aigc
    )
    assert isinstance(call.body, bytes)
    found: dict[str, Any] = json.loads(call.body)
    return found


def test_trap_36_the_caption_of_photos_has_its_own_field() -> None:
    body = photos(PhotoPostInfo(privacy_level="SELF_ONLY", title="short", description="the whole caption"))
    assert body["post_info"]["description"] == "the whole caption"


def test_trap_37_is_aigc_stands_at_the_top_for_photos_and_in_post_info_for_videos() -> None:
    body = photos(PhotoPostInfo(privacy_level="SELF_ONLY"), is_aigc=True)
    assert body["is_aigc"] is True
    assert "is_aigc" not in body["post_info"]
    assert "is_aigc" in fields_of(VideoPostInfo)
    assert "is_aigc" not in fields_of(PhotoPostInfo)
    assert "is_aigc" in fields_of(ContentInitRequest)


def test_trap_38_the_cover_timestamp_goes_into_post_info() -> None:
    info = VideoPostInfo(privacy_level="SELF_ONLY", video_cover_timestamp_ms=1000)
    call = post.init_video_post(access_token="act.t", post_info=info, source_info=pulled())
    assert isinstance(call.body, bytes)
    body = json.loads(call.body)
    assert body["post_info"]["video_cover_timestamp_ms"] == 1000
    assert "video_cover_timestamp_ms" not in body["source_info"]


def event(name: str, content: dict[str, object], create_time: int = 1790000000) -> bytes:
    body = {"client_key": KEY, "event": name, "create_time": create_time, "content": json.dumps(content)}
    return json.dumps({**body, "user_openid": "-000x"}).encode()


POST = {"publish_id": "v_pub_file~v2-1.7700000000000000001", "publish_type": "DIRECT_PUBLISH"}


def test_trap_39_the_content_of_an_event_is_decoded_too() -> None:
    found = webhooks.parse(event("post.publish.complete", dict(POST)))
    assert isinstance(found, PostPublishComplete)
    assert found.content.publish_id == POST["publish_id"]


def test_trap_40_the_signature_is_over_the_bytes_that_came() -> None:
    body = event("post.publish.complete", dict(POST))
    header = sign_webhook(body, SECRET, 1790000005)
    assert verify_webhook(body, header, SECRET, now=1790000006)
    written_anew = json.dumps(json.loads(body), separators=(",", ":")).encode()
    with pytest.raises(WebhookRefused):
        verify_webhook(written_anew, header, SECRET, now=1790000006)


def test_trap_41_a_ping_counts_milliseconds() -> None:
    found = webhooks.parse(event("tiktok.ping", {"reason": "testing Webhook"}, 1790000000123))
    assert isinstance(found, TiktokPing)
    assert found.created_at.year == 2026


@pytest.mark.parametrize(
    "name",
    [
        "post.publish.failed",
        "post.publish.complete",
        "post.publish.inbox_delivered",
        "post.publish.publicly_available",
        "post.publish.no_longer_publicaly_available",
        "post.publish.no_longer_publicly_available",
    ],
)
def test_trap_42_post_events_are_known(name: str) -> None:
    content: dict[str, object] = {**POST, "reason": "internal", "post_id": "7700000000000000007"}
    assert not isinstance(webhooks.parse(event(name, content)), UnknownEvent)


@pytest.mark.parametrize("name", ["post.publish.success", "post.publish.completed"])
def test_trap_43_guessed_events_are_delivered_as_unknown(name: str) -> None:
    found = webhooks.parse(event(name, dict(POST)))
    assert isinstance(found, UnknownEvent)
    assert found.name == name


def test_trap_44_the_first_page_has_no_cursor() -> None:
    call = display.list_videos(access_token="act.t", fields=["id"])
    assert b"cursor" not in (call.body if isinstance(call.body, bytes) else b"")


def test_trap_45_fields_go_into_the_query() -> None:
    call = display.list_videos(access_token="act.t", fields=["id", "title"], max_count=5)
    assert call.query == (("fields", "id,title"),)
    assert call.body == b'{"max_count":5}'


def test_trap_46_the_account_is_asked_for_with_its_id(tik: TikTok, wire: Recorder) -> None:
    user = tik.get_user_info()
    assert user.open_id
    assert "open_id" in str(wire.sent[-1].url)


def test_trap_49_states_that_others_made_up_are_not_ours() -> None:
    described = {state.value for state in PublishState}
    assert not described & {"SENDING_TO_USER_INBOX", "DOWNLOAD_COMPLETE", "PUBLISHED"}


def test_trap_51_the_secret_is_not_in_the_authorization_url(tik: TikTok) -> None:
    assert SECRET not in tik.get_authorization_url()
    address = oauth.authorize(client_key=KEY, scope=["video.publish"], redirect_uri=HERE, state="s").url()
    assert "secret" not in address
