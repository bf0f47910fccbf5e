"""The documented library's words for posting, and its way to read results."""

from __future__ import annotations

import io
import pickle
from typing import Any

import httpx
import pytest

from tests.facade.doors import COLOURS, Door, UploadServer, video
from tests.facade.support import body, ok
from tiktok_api_client import Creator, Impossible, Sent, Status, UploadEnded, UploadFailed, UploadTimedOut
from tiktok_openapi import CreatorInfo, PublishStatus

pytestmark = pytest.mark.parametrize("colour", COLOURS)

DATA = video(1000)
ADDRESS = "https://media.example.test/v.mp4"
PHOTOS = ["https://media.example.test/1.jpg", "https://media.example.test/2.webp"]
SELF = {"privacy_level": "SELF_ONLY"}
FILE = {"source": "FILE_UPLOAD", "upload_type": "POST_VIDEO_FILE", "video_path": DATA, **SELF}
URL = {"source": "PULL_FROM_URL", "upload_type": "POST_VIDEO_URL", "video_url": ADDRESS, **SELF}
FILE_DRAFT = {**FILE, "upload_type": "UPLOAD_VIDEO_FILE"}
URL_DRAFT = {**URL, "upload_type": "UPLOAD_VIDEO_URL"}


class Scene:
    def __init__(self, colour: str) -> None:
        self.server = UploadServer(len(DATA))
        self.door = Door(colour, self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return self.server.put(request)
        return ok({"publish_id": "v_pub_file~v2-1.7", "upload_url": self.server.address})

    def video(self, **words: Any) -> Any:
        return self.door.do("create_video", **{"preflight": "off", **words})

    def photo(self, **words: Any) -> Any:
        said = {"post_mode": "DIRECT_POST", "photo_images": PHOTOS, "preflight": "off", **SELF}
        return self.door.do("create_photo", **{**said, **words})

    def sent(self) -> Any:
        return body(self.door.fake.requests[0])


def test_a_file_reads_by_key(colour: str) -> None:
    post = Scene(colour).video(**FILE, title="Hello")
    assert post["initial_response"]["data"]["publish_id"] == post.publish_id == "v_pub_file~v2-1.7"
    assert post["final_response"]["status_code"] == 201
    assert set(post) == {"data", "error", "initial_response", "final_response"}
    with pytest.raises(KeyError, match="photo_upload_response"):
        _ = post["photo_upload_response"]


def test_a_url_and_photos_read_by_key(colour: str) -> None:
    post = Scene(colour).video(**URL)
    assert post["data"]["publish_id"] == post.publish_id
    assert "initial_response" not in post
    photos = Scene(colour).photo()
    assert photos["photo_upload_response"]["data"]["publish_id"] == photos.publish_id


def test_empty_texts_are_left_out(colour: str) -> None:
    scene = Scene(colour)
    scene.video(**URL, title="")
    assert scene.sent()["post_info"] == {"privacy_level": "SELF_ONLY"}


@pytest.mark.parametrize("words", [FILE_DRAFT, URL_DRAFT])
def test_drafts_go_to_the_inbox(colour: str, words: dict[str, Any]) -> None:
    scene = Scene(colour)
    scene.video(**words, title="is not sent")
    assert scene.door.fake.paths()[0].endswith("/inbox/video/init/")
    assert list(scene.sent()) == ["source_info"]


def test_a_photo_draft_leaves_out_what_only_a_post_has(colour: str) -> None:
    scene = Scene(colour)
    scene.photo(post_mode="MEDIA_UPLOAD", title="Two", auto_add_music=True, disable_comment=True)
    assert scene.sent()["post_info"] == {"title": "Two"}


def test_file_objects_do_as_well(colour: str) -> None:
    scene = Scene(colour)
    scene.video(**{**FILE, "video_path": io.BytesIO(DATA)})
    assert bytes(scene.server.stored) == DATA


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({**FILE, "source": "FILE"}, "source"),
        ({**FILE, "upload_type": "POST"}, "upload_type"),
        ({**FILE, "upload_type": "POST_VIDEO_URL"}, "upload_type"),
        ({**URL, "upload_type": "POST_VIDEO_FILE"}, "upload_type"),
        ({**FILE, "video_path": None}, "video_path"),
        ({**FILE, "video_path": ""}, "video_path"),
        ({**FILE, "video_path": "missing.mp4"}, "video_path"),
        ({**FILE, "video_path": ADDRESS}, "video_path"),
        ({**FILE, "video_url": ADDRESS}, "video_url"),
        ({**URL, "video_url": None}, "video_url"),
        ({**URL, "video_url": "clip.mp4"}, "video_url"),
        ({**URL, "video_path": DATA}, "video_path"),
        ({**FILE, "privacy_level": None}, "privacy_level"),
        ({**FILE, "privacy_level": "EVERYBODY"}, "privacy_level"),
        ({**FILE, "upload_type": "UPLOAD_VIDEO_FILE", "privacy_level": "EVERYBODY"}, "privacy_level"),
        ({**FILE, "title": "😀" * 1101}, "post_info.title"),
        ({**FILE, "chunk_size": 7}, "chunk_size"),
    ],
)
def test_wrong_words_for_a_video(colour: str, words: dict[str, Any], field: str) -> None:
    scene = Scene(colour)
    with pytest.raises(Impossible) as refusal:
        scene.video(**words)
    assert refusal.value.field == field
    assert refusal.value.limit
    assert refusal.value.sent is Sent.NO  # type: ignore[attr-defined]
    assert scene.door.fake.requests == []


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"post_mode": "DIRECT"}, "post_mode"),
        ({"photo_images": []}, "source_info.photo_images"),
        ({"photo_images": PHOTOS * 18}, "source_info.photo_images"),
        ({"photo_images": "https://media.example.test/1.jpg"}, "photo_images"),
        ({"photo_cover_index": 2}, "photo_cover_index"),
        ({"photo_cover_index": -1}, "photo_cover_index"),
        ({"privacy_level": ""}, "privacy_level"),
        ({"post_mode": "MEDIA_UPLOAD", "privacy_level": "EVERYBODY"}, "privacy_level"),
        ({"title": "x" * 91}, "post_info.title"),
        ({"description": "x" * 4001}, "post_info.description"),
    ],
)
def test_wrong_words_for_photos(colour: str, words: dict[str, Any], field: str) -> None:
    scene = Scene(colour)
    with pytest.raises(Impossible) as refusal:
        scene.photo(**words)
    assert refusal.value.field == field
    assert scene.door.fake.requests == []


def test_status_and_creator_are_the_bindings_types_and_more(colour: str) -> None:
    door = Door(colour, lambda _request: ok({"status": "FAILED", "fail_reason": "internal", "new_field": 7}))
    status = door.do("check_upload_status", "v_pub_file~v2-1.7")
    assert isinstance(status, Status)
    assert isinstance(status, PublishStatus)
    assert status["data"] == {"status": "FAILED", "fail_reason": "internal", "new_field": 7}
    assert status["error"]["code"] == "ok"
    assert (status["status"], status["new_field"], status.fail_reason) == ("FAILED", 7, "internal")
    assert "new_field" in status
    assert "data" in status
    assert status.keys() == ["data", "error"]
    assert status.get("publicaly_available_post_id") is None

    creator = Door(
        colour,
        lambda _request: ok(
            {
                "creator_avatar_url": "https://p16.example-cdn.test/a.jpeg",
                "creator_username": "mock.creator",
                "creator_nickname": "Mock Creator",
                "privacy_level_options": ["SELF_ONLY", "A_NEW_ONE"],
                "comment_disabled": False,
                "duet_disabled": False,
                "stitch_disabled": True,
                "max_video_post_duration_sec": 600,
            }
        ),
    ).do("get_creator_info")
    assert isinstance(creator, Creator)
    assert isinstance(creator, CreatorInfo)
    assert creator["data"]["privacy_level_options"] == ["SELF_ONLY", "A_NEW_ONE"]
    assert creator.privacy_level_options == ("SELF_ONLY", "A_NEW_ONE")


@pytest.mark.parametrize("kind", [UploadFailed, UploadTimedOut, UploadEnded])
def test_upload_errors_can_be_pickled(colour: str, kind: type[UploadFailed]) -> None:
    error = kind("reset", publish_id="v_pub_file~v2-1.7", stored_bytes=5, total_bytes=10)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.publish_id, again.sent) == (
        kind,
        str(error),
        error.publish_id,
        Sent.YES,
    )
