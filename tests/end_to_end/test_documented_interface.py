"""The interface that the documented library promises, used as its documentation writes it, over real HTTP."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tiktok_api_client import SCOPES, AsyncTikTok, TikTok

REDIRECT = "http://127.0.0.1:8765/callback/"


@pytest.fixture
def tik(mock_url: str) -> Iterator[TikTok]:
    """A client whose creator has logged in."""
    with TikTok(
        client_key="mock_client_key",
        client_secret="mock_client_secret",
        redirect_uri=REDIRECT,
        state="st-41",
        scopes=["user.info.basic", "video.publish", "video.upload"],
        base_url=mock_url,
    ) as client:
        client.exchange_code_for_token(code=code_for(client))
        yield client


def code_for(tik: TikTok) -> str:
    answer = httpx.get(tik.get_authorization_url())
    assert answer.status_code == 302, answer.text
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["st-41"]
    return query["code"][0]


def test_scopes_are_the_documented_ones() -> None:
    documented = ["user.info.basic", "video.list", "video.upload", "video.publish"]
    assert set(documented) | {"user.info.profile", "user.info.stats"} <= set(SCOPES)


def test_a_code_verifier_kept_elsewhere_finishes_the_login(mock_url: str) -> None:
    first = TikTok("mock_client_key", "mock_client_secret", REDIRECT, "st-41", base_url=mock_url)
    code = code_for(first)
    kept = first.code_verifier
    second = TikTok("mock_client_key", "mock_client_secret", REDIRECT, base_url=mock_url)
    second.code_verifier = kept
    with second:
        token = second.exchange_code_for_token(code=code)
    assert str(token["access_token"]).startswith("act.")
    assert token["refresh_token"] == token.refresh_token


def test_the_base_url_may_come_from_the_environment(mock_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOK_BASE_URL", mock_url)
    tik = TikTok("mock_client_key", "mock_client_secret", REDIRECT, "st-41")
    assert tik.get_authorization_url().startswith(mock_url + "/")
    with tik:
        assert tik.exchange_code_for_token(code=code_for(tik)).open_id


def test_tokens_refresh_and_revoke(tik: TikTok) -> None:
    before = tik.refresh_access_token()
    after = tik.refresh_access_token(refresh_token=before.refresh_token)
    assert after["access_token"] != before["access_token"]
    tik.revoke_access_token(access_token=after.access_token)
    with pytest.raises(Exception, match="access_token_invalid"):
        tik.get_creator_info(access_token=after.access_token)


def test_creator_info_reads_by_attribute_and_by_key(tik: TikTok) -> None:
    creator = tik.get_creator_info()
    assert creator["data"]["privacy_level_options"] == [str(level) for level in creator.privacy_level_options]
    assert "SELF_ONLY" in creator.privacy_level_options


def test_a_video_file_is_posted(tik: TikTok, clip: Path) -> None:
    post = tik.create_video(
        title="A test #mock",
        source="FILE_UPLOAD",
        upload_type="POST_VIDEO_FILE",
        privacy_level="SELF_ONLY",
        video_path=str(clip),
        disable_comment=False,
        disable_duet=True,
        disable_stitch=True,
        video_cover_timestamp_ms=1000,
    )
    assert post["initial_response"]["data"]["publish_id"] == post.publish_id
    assert post["final_response"] is not None
    assert post.publish_id.startswith("v_pub_file~")
    status = tik.check_upload_status(publish_id=post.publish_id)
    assert status["data"]["status"] in {"PROCESSING_UPLOAD", "PUBLISH_COMPLETE"}


def test_a_video_draft_goes_to_the_inbox(tik: TikTok, clip: Path) -> None:
    post = tik.create_video(
        title="",
        source="FILE_UPLOAD",
        upload_type="UPLOAD_VIDEO_FILE",
        privacy_level="SELF_ONLY",
        video_path=str(clip),
    )
    assert post.publish_id.startswith("v_inbox_file~")


@pytest.mark.parametrize(
    ("upload_type", "prefix"), [("POST_VIDEO_URL", "v_pub_url~"), ("UPLOAD_VIDEO_URL", "v_inbox_url~")]
)
def test_a_video_is_pulled_from_a_url(tik: TikTok, upload_type: str, prefix: str) -> None:
    post = tik.create_video(
        title="From a URL",
        source="PULL_FROM_URL",
        upload_type=upload_type,
        privacy_level="SELF_ONLY",
        video_url="https://media.example.test/v.mp4",
    )
    assert post["data"]["publish_id"] == post.publish_id
    assert post.publish_id.startswith(prefix)


@pytest.mark.parametrize("post_mode", ["DIRECT_POST", "MEDIA_UPLOAD"])
def test_photos_are_posted(tik: TikTok, post_mode: str) -> None:
    post = tik.create_photo(
        title="Mock photos",
        post_mode=post_mode,
        privacy_level="SELF_ONLY",
        photo_images=["https://media.example.test/1.jpg", "https://media.example.test/2.webp"],
        description="two pictures #mock",
        photo_cover_index=0,
        auto_add_music=True,
        disable_comment=False,
    )
    assert post["photo_upload_response"]["data"]["publish_id"] == post.publish_id


@pytest.mark.anyio
async def test_the_async_face_does_the_same(mock_url: str, clip: Path) -> None:
    async with AsyncTikTok(
        "mock_client_key", "mock_client_secret", REDIRECT, "st-41", base_url=mock_url
    ) as tik:
        async with httpx.AsyncClient() as browser:
            answer = await browser.get(tik.get_authorization_url())
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        await tik.exchange_code_for_token(code=code)
        post = await tik.create_video(
            title="A test",
            source="FILE_UPLOAD",
            upload_type="POST_VIDEO_FILE",
            privacy_level="SELF_ONLY",
            video_path=str(clip),
        )
        status = await tik.check_upload_status(publish_id=post.publish_id)
        assert status.status in {"PROCESSING_UPLOAD", "PUBLISH_COMPLETE"}


def test_the_constructor_takes_the_documented_arguments_in_their_order() -> None:
    documented = ["client_key", "client_secret", "redirect_uri", "state", "scopes"]
    assert list(inspect.signature(TikTok).parameters)[:5] == documented
