"""Preflight: every problem at once, with field, value and limit; nothing is asked that need not be."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facade.doors import COLOURS, Door, video
from tests.facade.support import ok, refused
from tiktok_api_client import (
    Impossible,
    PhotoDraft,
    PhotoPost,
    PreflightWarning,
    Problem,
    TryLater,
    Unpostable,
    VideoDraft,
    VideoPost,
)
from tiktok_api_client import preflight as preflight_module
from tiktok_api_client.media import PhotoInfo, UnreadableMedia, VideoInfo, photo_info, video_info
from tiktok_api_client.preflight import check_words
from tiktok_api_client.source import Source
from tiktok_openapi import PrivacyLevel

HELLO = Path(__file__).resolve().parent.parent.parent / "examples" / "media" / "hello.mp4"
PHOTOS = ["https://media.example.test/1.jpg", "https://media.example.test/2.webp"]
GOOD = VideoInfo(codec="h264", duration=10.0, frame_rate=30.0, width=720, height=1280)


class Scene:
    """A creator, and a count of what is asked."""

    def __init__(self, colour: str = "sync", **creator: Any) -> None:
        self.creator = {
            "creator_avatar_url": "https://p16.example-cdn.test/a.jpeg",
            "creator_username": "mock.creator",
            "creator_nickname": "Mock Creator",
            "privacy_level_options": ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
            "comment_disabled": False,
            "duet_disabled": False,
            "stitch_disabled": False,
            "max_video_post_duration_sec": 600,
            **creator,
        }
        self.door = Door(colour, self.answer)
        self.refusal: httpx.Response | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/creator_info/query/"):
            return self.refusal or ok(self.creator)
        if request.method == "PUT":
            request.read()
            return httpx.Response(201)
        return ok(
            {
                "publish_id": "v_pub_file~v2-1.7",
                "upload_url": "https://open-upload.tiktokapis.com/upload?token=1",
            }
        )

    def check(self, post: Any, **named: Any) -> tuple[Problem, ...]:
        problems: tuple[Problem, ...] = self.door.do("check", post, **named)
        return problems

    def fields(self, post: Any, **named: Any) -> list[str]:
        return [problem.field for problem in self.check(post, **named)]


def a_video(**words: Any) -> VideoPost:
    said: dict[str, Any] = {
        "video": "https://media.example.test/v.mp4",
        "privacy_level": "SELF_ONLY",
        **words,
    }
    return VideoPost(**said)


def some_photos(**words: Any) -> PhotoPost:
    said: dict[str, Any] = {"photo_images": PHOTOS, "privacy_level": "SELF_ONLY", **words}
    return PhotoPost(**said)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What every video looks like inside."""

    def look(info: VideoInfo | Exception | None) -> None:
        def found(_source: Source) -> VideoInfo | None:
            if isinstance(info, Exception):
                raise info
            return info

        monkeypatch.setattr(preflight_module, "video_info", found)

    return look


@pytest.mark.parametrize("colour", COLOURS)
def test_a_good_post_has_no_problems(colour: str) -> None:
    scene = Scene(colour)
    assert scene.check(VideoPost(video=HELLO, privacy_level="SELF_ONLY", title="Hello")) == ()
    assert scene.check(a_video()) == ()
    assert scene.check(some_photos()) == ()
    assert scene.check(VideoPost(video=HELLO, privacy_level=PrivacyLevel.SELF_ONLY)) == ()


@pytest.mark.parametrize("colour", COLOURS)
def test_every_problem_is_told_at_once(colour: str, looks: Any) -> None:
    looks(VideoInfo(codec="mjpeg", duration=700.0, frame_rate=12.0, width=100, height=5000))
    scene = Scene(colour, comment_disabled=True, stitch_disabled=True, max_video_post_duration_sec=300)
    post = VideoPost(
        video=HELLO,
        privacy_level="PUBLIC_TO_EVERYONE",
        title="😀" * 1101,
        disable_comment=False,
        disable_stitch=False,
        disable_duet=False,
        video_cover_timestamp_ms=700_001,
    )
    problems = {problem.field: problem for problem in scene.check(post)}
    said = "\n".join(str(problem) for problem in scene.check(post))
    assert set(problems) == {
        "title",
        "video",
        "video_cover_timestamp_ms",
        "privacy_level",
        "disable_comment",
        "disable_stitch",
    }
    assert problems["title"] == Problem(
        "title", "2202 UTF-16 units", "must have at most 2200 UTF-16 units (most emoji count two)"
    )
    assert "codec mjpeg" in said
    assert "must have 23 to 60 frames per second, got 12 frames per second" in said
    assert "must have 360 to 4096 pixels on each side, got 100 x 5000 pixels" in said
    assert "must last at most 300 s for this creator, got 700.0 s" in said
    assert "one of the creator's options: FOLLOWER_OF_CREATOR, MUTUAL_FOLLOW_FRIENDS, SELF_ONLY" in said
    assert "must lie within the video's 700000 ms" in said


@pytest.mark.parametrize("colour", COLOURS)
def test_an_address_that_is_none_is_a_problem_like_any_other(colour: str) -> None:
    scene = Scene(colour)
    photos = scene.check(some_photos(photo_images=["https://["]))
    assert [str(problem) for problem in photos] == [
        "photo_images[0]: must be an https address, got 'https://['; on a domain that the app has verified"
    ]
    video = scene.check(VideoDraft(video="https://["))
    assert [problem.field for problem in video] == ["video"]


def test_no_privacy_level_is_ever_chosen() -> None:
    for nothing in ("", None):
        post = a_video(privacy_level=nothing)
        (problem,) = Scene().check(post)
        assert (problem.field, problem.value) == ("privacy_level", "nothing")
        assert "the user chooses it" in problem.advice
    assert Scene().fields(a_video(privacy_level="PUBLIC")) == ["privacy_level"]


def test_an_interaction_that_nobody_asks_for_is_no_problem() -> None:
    scene = Scene(comment_disabled=True, duet_disabled=True, stitch_disabled=True)
    assert scene.fields(a_video()) == []
    assert scene.fields(a_video(disable_comment=True, disable_duet=True, disable_stitch=True)) == []
    asked = a_video(disable_comment=False, disable_duet=False, disable_stitch=False)
    assert scene.fields(asked) == ["disable_comment", "disable_duet", "disable_stitch"]
    assert scene.fields(some_photos(disable_comment=False)) == ["disable_comment"]


def test_branded_content_is_not_private() -> None:
    assert Scene().fields(a_video(brand_content_toggle=True)) == ["privacy_level"]
    shown = a_video(brand_content_toggle=True, privacy_level="FOLLOWER_OF_CREATOR")
    assert Scene().fields(shown) == []
    assert Scene().fields(a_video(brand_organic_toggle=True)) == []
    assert Scene().fields(some_photos(brand_content_toggle=True)) == ["privacy_level"]


def test_an_unaudited_app_posts_privately_to_private_accounts_only() -> None:
    assert Scene().fields(a_video(), audited=False) == []
    assert Scene().fields(a_video(privacy_level="FOLLOWER_OF_CREATOR"), audited=False) == ["privacy_level"]
    public = Scene(privacy_level_options=["PUBLIC_TO_EVERYONE", "SELF_ONLY"])
    (problem,) = public.check(a_video(), audited=False)
    assert (problem.field, problem.value) == ("account", "a public account")
    assert public.fields(a_video(), audited=True) == []
    assert public.fields(VideoDraft(video="https://media.example.test/v.mp4"), audited=False) == []


@pytest.mark.parametrize(
    ("post", "fields"),
    [
        (some_photos(photo_images=[]), ["photo_images"]),
        (some_photos(photo_images=PHOTOS[:1] * 36), ["photo_images"]),
        (some_photos(photo_cover_index=2), ["photo_cover_index"]),
        (some_photos(photo_cover_index=-1), ["photo_cover_index"]),
        (some_photos(title="😀" * 46), ["title"]),
        (some_photos(title="x" * 90, description="😀" * 2000), []),
        (some_photos(description="😀" * 2001), ["description"]),
        (some_photos(photo_images=["https://m.test/1.PNG?x=1.jpg"]), ["photo_images[0]"]),
        (
            some_photos(photo_images=["http://m.test/1.jpg", "ftp://m.test/2.gif"]),
            ["photo_images[0]", *["photo_images[1]"] * 2],
        ),
        (PhotoDraft(photo_images=["here.jpg"]), ["photo_images[0]"]),
        (a_video(video="http://media.example.test/v.mp4"), ["video"]),
        (a_video(video_cover_timestamp_ms=-1), ["video_cover_timestamp_ms"]),
        (VideoDraft(video="missing.mp4"), ["video"]),
        (VideoDraft(video=b"this is a text"), ["video"]),
        (VideoDraft(video=iter([b"x"])), ["size"]),
        (VideoDraft(video=iter([b"x"]), size=5), []),
    ],
)
def test_problems_of_a_post_alone(post: Any, fields: list[str]) -> None:
    assert Scene().fields(post) == fields


def test_an_iterator_is_not_read() -> None:
    pieces = iter([b"x", b"y"])
    Scene().check(VideoDraft(video=pieces, size=2))
    assert next(pieces) == b"x"


@pytest.mark.parametrize(("width", "height"), [(359, 640), (640, 359), (4097, 640), (640, 4097)])
def test_each_side_of_a_video_has_its_limits(looks: Any, width: int, height: int) -> None:
    looks(VideoInfo(codec="h264", duration=5.0, frame_rate=30.0, width=width, height=height))
    (problem,) = Scene().check(VideoDraft(video=HELLO))
    assert problem.value == f"{width} x {height} pixels"


def test_a_chunk_size_out_of_range_is_a_problem(looks: Any) -> None:
    looks(GOOD)
    assert Scene().fields(VideoDraft(video=HELLO), chunk_size=1000) == ["chunk_size"]


def test_a_file_that_cannot_be_read_is_a_problem(looks: Any) -> None:
    looks(UnreadableMedia("moov atom not found"))
    (problem,) = Scene().check(VideoDraft(video=HELLO))
    assert (problem.field, problem.limit) == ("video", "must be a readable video")
    assert "moov atom not found" in problem.value


def test_numbers_that_files_round_are_no_problem(looks: Any) -> None:
    looks(VideoInfo(codec="h264", duration=600.4, frame_rate=60.05, width=360, height=4096))
    assert Scene().fields(VideoPost(video=HELLO, privacy_level="SELF_ONLY")) == []
    looks(VideoInfo(codec="hevc", duration=0.0, frame_rate=0.0, width=360, height=4096))
    assert Scene().fields(VideoPost(video=HELLO, privacy_level="SELF_ONLY")) == []


# What is asked


def test_a_draft_asks_for_nothing() -> None:
    scene = Scene()
    scene.check(VideoDraft(video=HELLO))
    scene.check(PhotoDraft(photo_images=PHOTOS))
    assert scene.door.fake.requests == []


def test_a_missing_scope_is_a_problem_and_saves_the_question() -> None:
    scene = Scene()
    scene.door.fake.scope = "user.info.basic"
    scene.door.do("exchange_code_for_token", code="code-of-user-1")
    scene.door.fake.requests.clear()
    for post, scope in ((a_video(), "video.publish"), (VideoDraft(video=HELLO), "video.upload")):
        (problem,) = scene.check(post)
        assert (problem.field, problem.value) == ("scopes", "user.info.basic")
        assert problem.limit == f"must hold {scope}"
    assert scene.door.fake.requests == []


def test_the_scopes_of_a_token_that_was_handed_in_are_not_known() -> None:
    scene = Scene()
    scene.door.fake.scope = "user.info.basic"
    scene.door.do("exchange_code_for_token", code="code-of-user-1")
    assert scene.check(a_video(), access_token="act.mine") == ()


@pytest.mark.parametrize("colour", COLOURS)
def test_a_creator_who_may_not_post_now_is_a_refusal(colour: str) -> None:
    scene = Scene(colour)
    scene.refusal = refused(200, "spam_risk_too_many_posts")
    with pytest.raises(TryLater):
        scene.check(a_video())


# Before each post


@pytest.mark.parametrize("colour", COLOURS)
def test_strict_sends_nothing(colour: str) -> None:
    scene = Scene(colour)
    with pytest.raises(Unpostable) as refusal:
        scene.door.do("post_video", HELLO, privacy_level="PUBLIC_TO_EVERYONE")
    assert [problem.field for problem in refusal.value.problems] == ["privacy_level"]
    assert [path for path in scene.door.fake.paths() if "init" in path] == []


@pytest.mark.parametrize("colour", COLOURS)
def test_what_can_be_seen_from_here_is_told_before_anything_is_asked(colour: str) -> None:
    scene = Scene(colour)
    with pytest.raises(Unpostable, match="3 problems with this post; nothing was sent") as refusal:
        scene.door.do(
            "post_photos",
            PHOTOS,
            privacy_level="EVERYONE",
            photo_cover_index=7,
            title="x" * 91,
            description="y",
        )
    assert [problem.field for problem in refusal.value.problems] == [
        "privacy_level",
        "photo_cover_index",
        "title",
    ]
    assert isinstance(refusal.value, Impossible)
    assert scene.door.fake.requests == []


@pytest.mark.parametrize("colour", COLOURS)
def test_a_missing_file_joins_the_other_problems(colour: str) -> None:
    scene = Scene(colour)
    with pytest.raises(Unpostable) as refusal:
        scene.door.do("post_video", "missing.mp4", privacy_level="SELF_ONLY", title="x" * 2201)
    assert [problem.field for problem in refusal.value.problems] == ["title", "video"]


@pytest.mark.parametrize("colour", COLOURS)
def test_a_warning_names_the_line_that_posts(colour: str) -> None:
    tik = Scene(colour).door.tik
    how = {"privacy_level": "PUBLIC_TO_EVERYONE", "preflight": "warn"}

    def post() -> None:
        tik.post_video(HELLO, **how)

    async def post_soon() -> None:
        await tik.post_video(HELLO, **how)

    with pytest.warns(PreflightWarning) as warned:
        post() if colour == "sync" else asyncio.run(post_soon())
    called = post.__code__ if colour == "sync" else post_soon.__code__
    assert [(one.filename, one.lineno) for one in warned] == [(__file__, called.co_firstlineno + 1)]


@pytest.mark.parametrize("colour", COLOURS)
def test_warn_warns_and_sends(colour: str) -> None:
    scene = Scene(colour)
    with pytest.warns(PreflightWarning, match="privacy_level: must be one of the creator's options"):
        post = scene.door.do("post_video", HELLO, privacy_level="PUBLIC_TO_EVERYONE", preflight="warn")
    assert post.publish_id


def test_warn_warns_of_every_problem(looks: Any) -> None:
    looks(VideoInfo(codec="mjpeg", duration=5.0, frame_rate=12.0, width=640, height=640))
    with pytest.warns(PreflightWarning) as warned:
        Scene().door.do("post_video", HELLO, privacy_level="SELF_ONLY", preflight="warn")
    assert [str(one.message).partition(":")[0] for one in warned] == ["video", "video"]


@pytest.mark.parametrize("colour", COLOURS)
def test_off_does_not_look(colour: str) -> None:
    scene = Scene(colour)
    scene.door.do("post_video", video(100), privacy_level="PUBLIC_TO_EVERYONE", preflight="off")
    assert not any("creator_info" in path for path in scene.door.fake.paths())


@pytest.mark.parametrize("colour", COLOURS)
def test_off_still_sends_nothing_that_the_api_cannot_take(colour: str) -> None:
    scene = Scene(colour)
    with pytest.raises(Impossible, match="privacy_level: must be one of"):
        scene.door.do("post_video", HELLO, privacy_level="EVERYONE", preflight="off")
    with pytest.raises(Impossible, match="title"):
        scene.door.do("post_video", HELLO, privacy_level="SELF_ONLY", title="x" * 2201, preflight="off")
    assert scene.door.fake.requests == []


@pytest.mark.parametrize("colour", COLOURS)
def test_a_mode_that_does_not_exist_is_refused(colour: str) -> None:
    with pytest.raises(Impossible, match="preflight: must be one of strict, warn, off"):
        Scene(colour).door.do("post_video", HELLO, privacy_level="SELF_ONLY", preflight="lax")
    assert get_args(preflight_module.Preflight) == ("strict", "warn", "off")


def test_a_single_problem_reads_like_any_other_refusal() -> None:
    error = Unpostable((Problem("title", "2202 UTF-16 units", "must have at most 2200", "shorten it"),))
    assert str(error) == "title: must have at most 2200, got 2202 UTF-16 units; shorten it"
    assert (error.field, error.got, error.limit) == ("title", "2202 UTF-16 units", "must have at most 2200")


@given(st.text(max_size=200))
def test_lengths_are_counted_as_the_bindings_count_them(text: str) -> None:
    from tiktok_openapi import PhotoPostInfo, PhotoSource
    from tiktok_openapi.operations.post import init_content

    problem = [found for found in check_words(some_photos(title=text)) if found.field == "title"]
    source = PhotoSource(photo_images=PHOTOS, photo_cover_index=0)
    try:
        init_content(
            access_token="act.1",
            post_mode="DIRECT_POST",
            post_info=PhotoPostInfo(title=text),
            source_info=source,
        )
    except Impossible:
        assert problem
    else:
        assert not problem


def test_photos_are_looked_at_before_sending_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(_remote: object, _field: str) -> tuple[bytes, int]:
        return b"\x89PNG", 10

    monkeypatch.setattr(preflight_module, "fetch_head", fetch)
    with pytest.raises(Unpostable, match="must be JPEG or WebP, got PNG"):
        Scene().door.do("draft_photos", PHOTOS, look_at_photos=True)


def test_a_photo_that_was_looked_at_is_what_it_is_whatever_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jpeg = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10"

    def looked_at(_remote: object, _field: str) -> tuple[bytes, int]:
        return jpeg, 10

    monkeypatch.setattr(preflight_module, "fetch_head", looked_at)
    draft = PhotoDraft(photo_images=["https://media.example.test/1.png"])
    door = Scene().door
    assert [problem.value for problem in door.do("check", draft)] == ["PNG"]
    assert door.do("check", draft, look_at_photos=True) == ()
    assert door.do("draft_photos", draft.photo_images, look_at_photos=True, dry_run=True)
    assert door.do("draft_photos", draft.photo_images, look_at_photos=True).publish_id


def test_a_photo_inside_a_network_is_a_problem_that_no_switch_helps() -> None:
    problems = Scene().door.do(
        "check", PhotoDraft(photo_images=["https://127.0.0.1/1.jpg"]), look_at_photos=True
    )
    assert [problem.limit for problem in problems] == ["must not lead into a network"]
    assert "allow_private" not in str(problems)


# Media


def test_a_real_video_is_looked_into() -> None:
    pytest.importorskip("av")
    import os

    from tiktok_api_client.source import BytesSource, FileSource

    descriptor = os.open(HELLO, os.O_RDONLY)
    source = FileSource("hello", descriptor, HELLO.stat().st_size)
    info = video_info(source)
    source.close()
    assert info is not None
    assert info.codec in {"h264", "hevc", "vp8", "vp9"}
    assert info.duration > 0
    assert info.frame_rate > 0
    assert min(info.width, info.height) > 0
    assert video_info(BytesSource("hello", HELLO.read_bytes())) == info
    with pytest.raises(UnreadableMedia):
        video_info(BytesSource("junk", video(10_000)))


def test_a_video_may_say_its_length_for_the_whole_file_and_sound_alone_is_none() -> None:
    pytest.importorskip("av")
    from tests.mock import media_files
    from tiktok_api_client.source import BytesSource

    webm = media_files.video(container="webm", codec="libvpx", rate=25, seconds=2.0)
    info = video_info(BytesSource("webm", webm))
    assert info is not None
    assert (info.codec, round(info.duration), info.width, info.height) == ("vp8", 2, 640, 480)
    with pytest.raises(UnreadableMedia, match="there is no video in it"):
        video_info(BytesSource("sound", media_files.sound()))


def jpeg(width: int, height: int) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 1002) + bytes(1000)
    frame = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width)
    return b"\xff\xd8" + exif + b"\xff" + frame + b"\x03" + bytes(9)


@given(st.integers(1, 16383), st.integers(1, 16383))
def test_the_size_of_photos_is_read_from_their_beginning(width: int, height: int) -> None:
    lossy = b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", width, height)
    lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    extended = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8)
    extended += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    assert photo_info(jpeg(width, height)) == PhotoInfo("JPEG", width, height)
    for webp in (lossy, lossless, extended):
        assert photo_info(webp) == PhotoInfo("WebP", width, height)


@given(st.binary(max_size=100) | st.binary(max_size=60).map(lambda tail: b"\xff\xd8\xff" + tail))
def test_no_photo_breaks_it(head: bytes) -> None:
    assert photo_info(head).kind in {"JPEG", "WebP", "PNG", "GIF", ""}


@pytest.mark.parametrize("kind", [b"VP8L\0\0\0\0\0", b"VP8?", b"ALPH"])
def test_a_webp_of_no_known_kind_has_no_size(kind: bytes) -> None:
    assert photo_info(b"RIFF\0\0\0\0WEBP" + kind + bytes(40)) == PhotoInfo("WebP")


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF89a", "GIF"), (b"\xff\xd8\xff", "JPEG"), (b"text", "")],
)
def test_kinds_of_photos(head: bytes, kind: str) -> None:
    assert photo_info(head) == PhotoInfo(kind)
