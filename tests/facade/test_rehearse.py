"""Looking before sending: the exact requests, nothing secret, nothing sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.facade.doors import COLOURS, Door, UploadServer, video
from tests.facade.support import ok
from tiktok_api_client import Impossible, PlannedRequest, Unpostable

pytestmark = pytest.mark.parametrize("colour", COLOURS)

MIB = 1024 * 1024
DATA = video(10 * MIB + 5)
PHOTOS = ["https://media.example.test/1.jpg"]
HELLO = Path(__file__).resolve().parent.parent.parent / "examples" / "media" / "hello.mp4"
CREATOR = {
    "creator_avatar_url": "https://p16.example-cdn.test/a.jpeg",
    "creator_username": "mock.creator",
    "creator_nickname": "Mock Creator",
    "privacy_level_options": ["SELF_ONLY"],
    "comment_disabled": False,
    "duet_disabled": False,
    "stitch_disabled": False,
    "max_video_post_duration_sec": 600,
}


class Scene:
    def __init__(self, colour: str) -> None:
        self.server = UploadServer(0)
        self.door = Door(colour, self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return self.server.put(request)
        if request.url.path.endswith("/creator_info/query/"):
            return ok(CREATOR)
        return ok({"publish_id": "v_pub_file~v2-1.7", "upload_url": self.server.address})


def test_a_file_shows_its_init_and_each_chunk(colour: str) -> None:
    scene = Scene(colour)
    words = {"privacy_level": "SELF_ONLY", "title": "Hi", "chunk_size": 5 * MIB, "preflight": "off"}
    requests = scene.door.do("post_video", DATA, **words, dry_run=True)
    assert [type(request) for request in requests] == [PlannedRequest] * 3
    init, first, second = requests
    assert (init.operation, init.method) == ("init_video_post", "POST")
    assert init.url == "https://open.tiktokapis.com/v2/post/publish/video/init/"
    assert init.headers["Authorization"] == "Bearer ***"
    assert init.body["source_info"]["total_chunk_count"] == 2
    assert first.headers == {
        "Content-Type": "video/mp4",
        "Content-Length": "5242880",
        "Content-Range": "bytes 0-5242879/10485765",
    }
    assert second.size == 5 * MIB + 5
    assert "upload_url" in second.url
    assert "<5,242,885 bytes>" in str(second)
    assert '"title": "Hi"' in str(init)
    assert scene.door.fake.requests == []


def test_strict_preflight_is_a_request_too(colour: str) -> None:
    requests = Scene(colour).door.do("post_photos", PHOTOS, privacy_level="SELF_ONLY", dry_run=True)
    assert [request.operation for request in requests] == ["query_creator_info", "init_content"]
    assert requests[0].body is None
    drafts = Scene(colour).door.do("draft_photos", PHOTOS, dry_run=True)
    assert [request.operation for request in drafts] == ["init_content"]


def test_a_url_is_one_request(colour: str) -> None:
    scene = Scene(colour)
    (request,) = scene.door.do("draft_video", "https://media.example.test/v.mp4", dry_run=True)
    assert request.body == {
        "source_info": {"source": "PULL_FROM_URL", "video_url": "https://media.example.test/v.mp4"}
    }


def test_what_cannot_work_is_said(colour: str) -> None:
    scene = Scene(colour)
    with pytest.raises(Unpostable):
        scene.door.do("post_photos", PHOTOS, privacy_level="SELF_ONLY", title="x" * 91, dry_run=True)
    with pytest.raises(Impossible, match="existing file"):
        scene.door.do("draft_video", "missing.mp4", dry_run=True)


@pytest.mark.parametrize("kind", ["video", "draft", "photos"])
def test_what_is_shown_is_what_is_sent(colour: str, kind: str) -> None:
    scene = Scene(colour)
    calls: dict[str, tuple[str, Any, dict[str, Any]]] = {
        "video": ("post_video", HELLO, {"privacy_level": "SELF_ONLY", "title": "Hello", "is_aigc": True}),
        "draft": ("draft_video", HELLO, {}),
        "photos": ("post_photos", PHOTOS, {"privacy_level": "SELF_ONLY", "description": "pictures"}),
    }
    method, source, words = calls[kind]
    scene.server.size = HELLO.stat().st_size
    planned = scene.door.do(method, source, **words, dry_run=True)
    scene.door.do(method, source, **words)
    sent = scene.door.fake.requests
    assert len(planned) == len(sent)
    for plan, request in zip(planned, sent, strict=True):
        assert plan.method == request.method
        if plan.size is None:
            assert plan.url == str(request.url)
        for name, value in plan.headers.items():
            assert request.headers[name] == value.replace("***", "act.secret-user-1-1")
        if plan.body is not None:
            assert plan.body == json.loads(request.content)
        elif plan.size is not None:
            assert plan.size == int(request.headers["content-length"])
