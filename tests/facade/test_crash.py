"""SIGKILL in the middle of an upload, then `resume` in a new process: for real, over HTTP."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.facade.matrix import playable
from tiktok_api_client import FileJournal
from tiktok_api_client.journal import Stage

ROOT = Path(__file__).resolve().parent.parent.parent
PATHS = os.pathsep.join(str(ROOT / wing) for wing in ("generated", "facade", "mock_server", "."))
CHUNK = 5 * 1024 * 1024

CLIENT = textwrap.dedent(
    """
    import asyncio, os, signal, sys
    import httpx
    from tiktok_api_client import AsyncTikTok, FileJournal, FileTokenStore, TikTok

    colour, action, url, folder = sys.argv[1:5]
    face = TikTok if colour == "sync" else AsyncTikTok
    tik = face(
        "mock_client_key", "mock_client_secret", "http://127.0.0.1:8765/callback/", "st-41",
        ["user.info.basic", "video.publish"], base_url=url,
        journal=FileJournal(folder + "/journal"), token_store=FileTokenStore(folder + "/tokens"),
    )

    def die(progress):
        if progress.stored_bytes:
            os.kill(os.getpid(), signal.SIGKILL)

    async def do(method, *arguments, **named):
        result = getattr(tik, method)(*arguments, **named)
        return await result if asyncio.iscoroutine(result) else result

    async def main():
        if action == "post":
            callback = httpx.get(tik.get_authorization_url()).headers["location"]
            await do("exchange_code_for_token", code=httpx.URL(callback).params["code"])
            await do(
                "post_video", folder + "/clip.mp4", privacy_level="SELF_ONLY", chunk_size=5 * 1024 * 1024,
                key="the-post", on_progress=die, on_publish_id=lambda name: print(name, flush=True),
            )
        elif action == "resume":
            print((await do("resume", sys.argv[5])).publish_id)
        else:
            post = await do("post_video", folder + "/clip.mp4", privacy_level="SELF_ONLY", key="the-post")
            print(post.publish_id)

    asyncio.run(main())
    """
)


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    command = [sys.executable, "-m", "tiktok_mock_server", "serve", "--port", "0", "--auto-approve"]
    environment = {**os.environ, "PYTHONPATH": PATHS}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["url"]
        server.terminate()


def client(colour: str, action: str, url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CLIENT, colour, action, url, str(folder), *more]
    environment = {**os.environ, "PYTHONPATH": PATHS}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize("action", ["resume", "same call again"])
def test_a_killed_upload_is_resumed_by_another_process(
    mock_url: str, tmp_path: Path, colour: str, action: str
) -> None:
    video = playable(3 * CHUNK + 17)
    (tmp_path / "clip.mp4").write_bytes(video)
    killed = client(colour, "post", mock_url, tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    publish_id = killed.stdout.strip()
    entry = FileJournal(tmp_path / "journal").find(publish_id)
    assert entry is not None
    assert entry.stage is Stage.BEGUN

    resumed = client(colour, action, mock_url, tmp_path, publish_id)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.strip() == publish_id
    state = httpx.get(f"{mock_url}/_mock/posts").json()
    (post,) = [post for post in state["posts"] if post["publish_id"] == publish_id]
    assert post["sha256"] == hashlib.sha256(video).hexdigest()
    entry = FileJournal(tmp_path / "journal").find(publish_id)
    assert entry is not None
    assert (entry.stage, entry.upload_url) == (Stage.HANDED_OVER, None)
