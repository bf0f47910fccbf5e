"""A natural caller is clean under both strict type checkers, and its types are the ones expected."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Checker = Callable[[Path, str], tuple[int, str]]

CALLER = '''\
"""Log in, read creator info, start, upload a chunk, read the status."""

from datetime import datetime
from typing_extensions import assert_type

from tiktok_openapi import (
    AsyncClient, AuthorizationCodeGrant, Call, CATALOGUE, Client, ClientCredentialsGrant, ClientToken, CreatorInfo,
    FailReason, FileUploadSource, PhotoInit, PhotoPostInfo, PhotoSource, PrivacyLevel, PublishState, PublishStatus,
    PullFromUrlSource, PullInit, Receipt, Refused, Scope, TryLater, UploadInit, UserField, UserToken, VideoPostInfo,
    Video, description, limits, operations, routes, webhooks,
)


def sync(client: Client) -> None:
    grant = AuthorizationCodeGrant(
        client_key="k", client_secret="s", code="c", redirect_uri="http://127.0.0.1:1/", code_verifier="v"
    )
    token = client.oauth.get_token(grant)
    assert_type(token, UserToken)
    assert_type(token.expires_at, datetime)
    assert_type(client.oauth.get_token(ClientCredentialsGrant(client_key="k", client_secret="s")), ClientToken)
    assert_type(client.oauth.authorize_url(
        client_key="k", scope=[Scope.VIDEO_PUBLISH, "video.upload"], redirect_uri="r", state="s"
    ), str)
    creator = client.post.query_creator_info(access_token=token.access_token)
    assert_type(creator, CreatorInfo)
    assert_type(creator.privacy_level_options, tuple[PrivacyLevel | str, ...])
    info = VideoPostInfo(privacy_level=PrivacyLevel.SELF_ONLY, title="Hello")
    started = client.post.init_video_post(
        access_token=token.access_token,
        post_info=info,
        source_info=FileUploadSource(video_size=10, chunk_size=10, total_chunk_count=1),
    )
    assert_type(started, UploadInit)
    pulled = client.post.init_video_post(
        access_token=token.access_token, post_info=info, source_info=PullFromUrlSource(video_url="https://x")
    )
    assert_type(pulled, PullInit)
    photos = client.post.init_content(
        access_token=token.access_token, post_mode="DIRECT_POST", post_info=PhotoPostInfo(),
        source_info=PhotoSource(photo_images=["https://x"], photo_cover_index=0),
    )
    assert_type(photos, PhotoInit)
    receipt = client.upload.upload_chunk(
        started.upload_url, b"0123456789", content_type="video/mp4", content_length=10, content_range="bytes 0-9/10"
    )
    assert_type(receipt, Receipt)
    status = client.post.fetch_status(access_token=token.access_token, publish_id=started.publish_id)
    assert_type(status, PublishStatus)
    assert_type(status.status, PublishState | str)
    assert_type(status.fail_reason, FailReason | str | None)
    assert_type(status["status"], object)
    if isinstance(status.fail_reason, FailReason):
        assert_type(status.fail_reason.advice, str)
    assert_type(client.post.cancel_publish(access_token="t", publish_id="p"), None)
    assert_type(client.display.get_user_info(access_token="t", fields=[UserField.OPEN_ID]).user.open_id, str | None)


def either(client: Client, source: FileUploadSource | PullFromUrlSource) -> str:
    started = client.post.init_inbox_video(access_token="t", source_info=source)
    return started.publish_id


async def asynchronous(client: AsyncClient, videos: list[Video]) -> None:
    async with client:
        page = await client.display.list_videos(access_token="t", fields=["id"])
        assert_type(page.videos, tuple[Video, ...])
        for video in page.videos:
            assert_type(video.created_at, datetime | None)
        try:
            await client.post.fetch_status(access_token="t", publish_id="p")
        except TryLater as error:
            assert_type(error.retry_after, float | None)
        except Refused as error:
            assert_type(error.code, str)


def delivered(body: bytes) -> str:
    match webhooks.parse(body):
        case webhooks.UnknownEvent(name=name):
            assert_type(name, str)
            return name
        case event:
            assert_type(event, webhooks.WebhookEvent)
            return event.event


call = operations.post.fetch_status(access_token="t", publish_id="p")
assert_type(call, Call[PublishStatus])
size: int = limits.MAX_CHUNK_SIZE
assert_type(description(), dict[str, object])
print(routes.BY_ID["fetchStatus"].rate_limit, CATALOGUE.find("data", "internal_error"))
'''

# Each line is wrong; a type checker must say so, or the types are looser than they look.
WRONG = """\
from tiktok_openapi import Client, FileUploadSource, VideoPostInfo

client = Client()
client.post.fetch_status(publish_id="p")
client.post.fetch_status("t", publish_id="p")
client.post.fetch_status(access_token=5, publish_id="p")
client.post.fetch_status(access_token="t", publish_id=None)
VideoPostInfo(title="no privacy level")
VideoPostInfo(privacy_level="SELF_ONLY", titel="misspelt")
FileUploadSource(source="FILE_UPLOAD", video_size=1, chunk_size=1, total_chunk_count=1)
FileUploadSource(video_size=1.5, chunk_size=1, total_chunk_count=1)
client.post.init_video_post(access_token="t", post_info=VideoPostInfo(privacy_level="x"), source_info={"source": "x"})
client.post.query_creator_info(access_token="t").nickname
client.oauth.get_token("code")
from tiktok_openapi import Tiktok
"""


def mypy(folder: Path, name: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir",
         str(ROOT / ".mypy_cache"), str(folder / name)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.returncode, run.stdout + run.stderr


def pyright(folder: Path, name: str) -> tuple[int, str]:
    settings = {
        "typeCheckingMode": "strict", "pythonVersion": "3.10", "include": [name], "extraPaths": [str(ROOT / "generated")]
    }  # fmt: skip
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    run = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--project", str(folder)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.returncode, run.stdout + run.stderr


@pytest.mark.once
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_natural_caller_has_no_findings_and_the_expected_types(checker: Checker, tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER)
    code, said = checker(tmp_path, "caller.py")
    assert code == 0, said


@pytest.mark.once
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_every_wrong_line_is_found(checker: Checker, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    code, said = checker(tmp_path, "wrong.py")
    assert code == 1, said
    found = {int(line) for line in re.findall(r"wrong\.py:([0-9]+)[^\n]*error", said)}
    assert found == set(range(4, 16)), said
