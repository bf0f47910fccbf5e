"""What a caller's editor infers. mypy and pyright judge this file; running it asks no more than that it
imports.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING

from tiktok_api_client import (
    AsyncTikTok,
    Callback,
    LoginRequest,
    Sent,
    TikTok,
    UnknownEvent,
    aftermath,
    verify_webhook,
)
from tiktok_openapi import ClientToken, User, UserToken, Video, VideoPage

if TYPE_CHECKING:
    from typing_extensions import assert_type

    from tiktok_api_client import PlannedRequest
    from tiktok_api_client.results import Creator, Status, Submitted
    from tiktok_openapi import PrivacyLevel

    def sync(tik: TikTok) -> None:
        assert_type(tik.get_authorization_url(), str)
        assert_type(tik.begin_login({"user_id": "user1"}), LoginRequest)
        assert_type(tik.parse_callback("?code=c&state=s"), Callback)
        assert_type(tik.exchange_code_for_token(code="c"), UserToken)
        assert_type(tik.login(), UserToken)
        assert_type(tik.refresh_access_token(), UserToken)
        assert_type(tik.get_client_token(), ClientToken)
        assert_type(tik.accounts(), list[str])
        assert_type(tik.account("user-1"), TikTok)
        creator = tik.get_creator_info()
        level = creator.privacy_level_options[0]
        assert_type(creator, Creator)
        assert_type(creator.privacy_level_options, tuple[PrivacyLevel | str, ...])
        post = tik.create_video(source="FILE_UPLOAD", upload_type="UPLOAD_VIDEO_FILE", video_path="a.mp4")
        assert_type(post, Submitted)
        assert_type(post.publish_id, str)
        assert_type(tik.post_video("a.mp4", privacy_level=level), Submitted)
        assert_type(tik.post_video("a.mp4", privacy_level=level, dry_run=True), tuple[PlannedRequest, ...])
        either = tik.draft_video("a.mp4", dry_run=post.resumed)
        assert_type(either, Submitted | tuple[PlannedRequest, ...])
        assert_type(tik.check_upload_status(post.publish_id), Status)
        assert_type(tik.get_user_info(["open_id"]), User)
        assert_type(tik.videos(), Generator[Video, None, None])
        assert_type(tik.video_pages(), Generator[VideoPage, None, None])
        assert_type(tik.query_videos(["1"]), list[Video])
        with TikTok.from_env() as other:
            assert_type(other, TikTok)

    async def tasks(tik: AsyncTikTok) -> None:
        assert_type(await tik.exchange_code_for_token(code="c"), UserToken)
        assert_type(tik.account("user-1"), AsyncTikTok)
        assert_type((await tik.get_creator_info()).creator_nickname, str)
        assert_type(tik.videos(), AsyncGenerator[Video, None])
        async with AsyncTikTok.from_env() as other:
            assert_type(other, AsyncTikTok)

    def failure(error: BaseException) -> None:
        assert_type(aftermath(error).sent, Sent)
        assert_type(aftermath(error).publish_id, str | None)

    def webhook(body: bytes, headers: dict[str, str]) -> str:
        event = verify_webhook(body, headers, "secret")
        return event.name if isinstance(event, UnknownEvent) else event.event


def test_the_names_are_there() -> None:
    assert all((AsyncTikTok, TikTok, verify_webhook, UnknownEvent, AsyncGenerator, Generator))
    assert all((aftermath, Sent, Callback, LoginRequest, ClientToken, User, UserToken, Video, VideoPage))
