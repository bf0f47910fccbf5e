"""What callers of release 0.1 write. It is not run: both type checkers must stay silent about it, release
after release, until a new version says that callers break. A release adds a file and leaves this one.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import httpx

from tiktok_api_client import (
    AsyncTikTok,
    FileTokenStore,
    Impossible,
    LoginRequired,
    Refused,
    TikTok,
    TryLater,
    UnknownEvent,
    verify_webhook,
)
from tiktok_mock_server import MockTikTok
from tiktok_openapi import (
    AuthorizationCodeGrant,
    Client,
    FileUploadSource,
    PostPublishFailed,
    PrivacyLevel,
    VideoPostInfo,
    limits,
    webhooks,
)


def log_in(tik: TikTok, back: str) -> str:
    callback = tik.parse_callback(back)
    token = tik.exchange_code_for_token(code=callback.code)
    ends: datetime = token.expires_at
    return f"{token.open_id} until {ends:%H:%M}, {token['scope']}"


def post(path: Path) -> str:
    store = FileTokenStore(Path("tokens"))
    with TikTok("key", "secret", "https://app.example.test/callback/", token_store=store) as tik:
        creator = tik.get_creator_info()
        levels = creator["data"]["privacy_level_options"]
        try:
            sent = tik.post_video(path, privacy_level=PrivacyLevel.SELF_ONLY, title=f"one of {len(levels)}")
            outcome = tik.wait(sent.publish_id)
        except TryLater as later:
            return f"again in {later.retry_after or 60} s"
        except LoginRequired:
            return tik.get_authorization_url()
        except Impossible as impossible:
            return f"{impossible.field}: {impossible.limit}"
        except Refused as refused:
            return f"{refused.code}: {refused.advice} ({refused.log_id})"
        return f"{sent.publish_id}: {outcome}"


def post_as_documented(tik: TikTok) -> str:
    sent = tik.create_video(
        title="Hello",
        source="FILE_UPLOAD",
        upload_type="POST_VIDEO_FILE",
        privacy_level="SELF_ONLY",
        video_path="video.mp4",
        disable_comment=True,
    )
    status = tik.check_upload_status(publish_id=sent.publish_id)
    return str(status["data"]["status"])


async def post_many(paths: list[Path]) -> list[str]:
    async with AsyncTikTok("key", "secret", "https://app.example.test/callback/") as tik:
        return [(await tik.draft_video(path)).publish_id for path in paths]


def with_bindings(code: str) -> str:
    with Client("http://127.0.0.1:8642") as client:
        token = client.oauth.get_token(
            AuthorizationCodeGrant(
                client_key="key",
                client_secret="secret",
                code=code,
                redirect_uri="https://app.example.test/callback/",
            )
        )
        size = limits.MIN_CHUNK_SIZE
        started = client.post.init_video_post(
            access_token=token.access_token,
            post_info=VideoPostInfo(privacy_level="SELF_ONLY"),
            source_info=FileUploadSource(video_size=size, chunk_size=size, total_chunk_count=1),
        )
        status = client.post.fetch_status(access_token=token.access_token, publish_id=started.publish_id)
        return status.fail_reason or started.upload_url


def receive(body: bytes, header: str) -> str:
    event = verify_webhook(body, header, "secret")
    if isinstance(event, PostPublishFailed):
        return str(event.content.reason)
    if isinstance(event, UnknownEvent):
        return event.name
    parsed = webhooks.parse(body)
    return type(parsed).__name__


def in_a_test() -> int:
    with MockTikTok(audited=True) as mock:
        mock.faults.plan("initVideoPost", "lost")
        http = httpx.Client(transport=mock.transport(), base_url=mock.url)
        mock.clock.advance(60)
        return http.get("/v2/user/info/").status_code
