"""Values of a wrong type are refused by name before anything is sent, not somewhere inside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.facade.matrix import HELLO
from tiktok_api_client import (
    ChunkPlan,
    FileTokenStore,
    Impossible,
    Sent,
    TikTok,
    VideoDraft,
    aftermath,
)
from tiktok_mock_server import MockTikTok

PHOTO = "https://media.example.test/1.jpg"


def client(mock: MockTikTok, **settings: Any) -> TikTok:
    return TikTok(
        "mock_client_key",
        "mock_client_secret",
        "https://app.example/callback/",
        base_url=mock.url,
        transport=mock.transport(),
        **settings,
    )


@pytest.fixture
def tik() -> Iterator[Any]:
    """A client without types, as callers without a type checker have it."""
    with MockTikTok() as mock, client(mock) as tik:
        tik.exchange_code_for_token(mock.authorize_code(redirect_uri=tik.redirect_uri))
        before = len(mock.journal.entries())
        yield tik
        assert len(mock.journal.entries()) == before


VIDEOS: list[tuple[dict[str, Any], str]] = [
    ({"title": 5}, "title: must be a text, got a value of type int"),
    ({"title": 5, "dry_run": True}, "title: must be a text, got a value of type int"),
    ({"key": 5}, "key: must be a text that is not empty, got 5"),
    ({"key": ""}, "key: must be a text that is not empty, got ''; leave it out"),
    ({"on_publish_id": "x"}, "on_publish_id: must be a function, got a value of type str"),
    ({"on_progress": True}, "on_progress: must be a function, got a value of type bool"),
    (
        {"cancel": threading.Event()},
        "cancel: must be a Signal of tiktok_api_client, got a value of type Event",
    ),
    ({"chunk_size": "5MB"}, "chunk_size: must be a whole number of bytes, got '5MB'"),
    ({"video_cover_timestamp_ms": "1"}, "video_cover_timestamp_ms: must be a whole number"),
    ({"video": "ftp://h/a.mp4"}, "video: must be a path, or an https address that TikTok can pull from, got"),
    ({"video": "file:///a.mp4"}, "got an address that begins with file://"),
    ({"video": "s3://bucket/a.mp4"}, "got an address that begins with s3://; RemoteFile"),
]
PHOTOS: list[tuple[dict[str, Any], str]] = [
    ({"photo_images": PHOTO}, f"photo_images: must be a list of addresses, got '{PHOTO}'; write ['{PHOTO}']"),
    ({"photo_images": {PHOTO}}, "photo_images: must be a list of addresses, got a value of type set"),
    ({"photo_images": [b"x"]}, "photo_images[0]: must be an https address, got a value of type bytes"),
    ({"photo_images": [PHOTO, Path("a.jpg")]}, "photo_images[1]: must be an https address, got a value of"),
    ({"description": 5}, "description: must be a text, got a value of type int"),
    ({"photo_cover_index": "0"}, "photo_cover_index: must be a whole number, got a value of type str"),
]


@pytest.mark.parametrize(("wrong", "text"), VIDEOS)
def test_a_video_with_wrong_values_is_refused_before_anything_is_sent(
    tik: Any, wrong: dict[str, Any], text: str
) -> None:
    with pytest.raises(Impossible) as caught:
        tik.post_video(**{"video": HELLO, "privacy_level": "SELF_ONLY", **wrong})
    assert text in str(caught.value)


@pytest.mark.parametrize(("wrong", "text"), PHOTOS)
def test_photos_with_wrong_values_are_refused_before_anything_is_sent(
    tik: Any, wrong: dict[str, Any], text: str
) -> None:
    with pytest.raises(Impossible) as caught:
        tik.post_photos(**{"photo_images": [PHOTO], "privacy_level": "SELF_ONLY", **wrong})
    assert text in str(caught.value)


def test_a_privacy_level_that_nobody_chose_is_a_problem_like_others(tik: Any) -> None:
    for mode in ("strict", "off"):
        for call, what in ((tik.post_video, HELLO), (tik.post_photos, [PHOTO])):
            with pytest.raises(Impossible) as caught:
                call(what, preflight=mode)
            assert (caught.value.field, caught.value.got) == ("privacy_level", "nothing")
            assert "the user chooses it" in caught.value.advice


@pytest.mark.parametrize("post", [{"video": "a.mp4"}, "a.mp4", None])
def test_only_a_post_can_be_posted_or_checked(tik: Any, post: object) -> None:
    for call in (tik.post, tik.check):
        with pytest.raises(
            Impossible, match="post: must be a VideoPost, VideoDraft, PhotoPost or PhotoDraft"
        ):
            call(post)


def test_a_refusal_says_that_nothing_was_sent(tik: Any) -> None:
    for words in ({"key": 5}, {"on_progress": True}, {"title": 5}):
        with pytest.raises(Impossible) as caught:
            tik.post_video(HELLO, privacy_level="SELF_ONLY", **words)
        assert aftermath(caught.value).sent is Sent.NO


def test_a_video_that_is_not_there_names_the_folder_that_was_looked_in(
    tik: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (problem,) = tik.check(VideoDraft(video="a.mp4"))
    assert (problem.value, problem.advice) == ("'a.mp4'", f"looked for in {Path.cwd()}")
    (problem,) = tik.check(VideoDraft(video=tmp_path))
    assert (problem.value, problem.limit) == (repr(str(tmp_path)), "must be a file, not a directory")


@pytest.mark.parametrize("callback", [None, httpx.URL("https://app.example/callback/?code=a&state=b")])
def test_a_callback_is_a_text(tik: Any, callback: object) -> None:
    with pytest.raises(
        Impossible, match=r"callback: a text, got a value of type \w+; pass the whole address"
    ):
        tik.parse_callback(callback)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"state": 5}, "state: a text or a mapping, got a value of type int"),
        ({"timeout": "30"}, "timeout: seconds, more than 0, got '30'"),
        ({"timeout": 0}, "timeout: seconds, more than 0, got 0"),
        ({"timeout": float("nan")}, "timeout: seconds, more than 0, got nan"),
        ({"token_store": "tokens"}, "token_store: an object with load, save, delete, accounts, lock, got"),
        (
            {"token_store": FileTokenStore},
            "token_store: an object with load, save, delete, accounts, lock, got",
        ),
        (
            {"journal": "posts"},
            "journal: an object with claim, write, drop, find, look, got a value of type str",
        ),
        ({"scopes": ["video.pubish"]}, "did you mean 'video.publish'?"),
        ({"scopes": ["nothing like it"]}, "got 'nothing like it'"),
    ],
)
def test_a_client_of_wrong_values_is_not_made(settings: dict[str, object], text: str) -> None:
    with pytest.raises(Impossible) as caught:
        client(MockTikTok(), **settings)
    assert text in str(caught.value)


def test_only_what_the_portal_gives_is_looked_up_there() -> None:
    wrong: Any = None
    with pytest.raises(Impossible, match="developer portal"):
        TikTok(wrong, "secret", "https://app.example/callback/")
    with MockTikTok() as mock, client(mock) as tik, pytest.raises(Impossible) as caught:
        tik.exchange_code_for_token(wrong)
    assert str(caught.value) == "code: a text, got NoneType"


def test_sizes_of_a_plan_are_whole_numbers() -> None:
    wrong: Any = "5"
    for sizes in ((wrong, None), (50_000_000, wrong), (True, None)):
        with pytest.raises(Impossible, match="must be a whole number of bytes"):
            ChunkPlan.for_size(*sizes)
