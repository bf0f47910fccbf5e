"""What TikTok finds in a file once it has it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.mock import media_files
from tests.mock.support import Player, data, mp4, refusal, set_switches
from tiktok_mock_server import MockTikTok, lifecycle, media
from tiktok_mock_server.snapshot import CannotSnapshot
from tiktok_mock_server.spool import Spool
from tiktok_openapi import limits

pytest.importorskip("av")


@pytest.fixture
def looking(player: Player) -> Player:
    """A player whose files are looked into."""
    set_switches(player.mock, check_media=True)
    return player


def outcome(player: Player, body: bytes) -> str:
    """The fail reason a video ends with; empty when it is published."""
    publish_id = player.post_video(body)
    lifecycle.finish(player.mock.world, player.mock.post(publish_id))
    answer = player.status(publish_id)
    assert answer["status"] in ("FAILED", "PUBLISH_COMPLETE")
    return str(answer.get("fail_reason", ""))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (media_files.video, ""),
        (lambda: media_files.video(container="mov"), ""),
        (lambda: media_files.video(container="webm", codec="libvpx-vp9"), ""),
        (lambda: media_files.video(container="webm", codec="libvpx"), ""),
        (lambda: media_files.video(codec="libx265"), ""),
        (lambda: media_files.video(rate=24), ""),
        (lambda: media_files.video(rate=60), ""),
        (lambda: media_files.video(width=360, height=360), ""),
        (lambda: media_files.video(seconds=9.9, rate=24), ""),
        (lambda: b"This is not a video at all." * 10, "file_format_check_failed"),
        (lambda: mp4(5000), "file_format_check_failed"),
        (lambda: media_files.video()[:1500], "file_format_check_failed"),
        (lambda: media_files.video(container="matroska"), "file_format_check_failed"),
        (lambda: media_files.video(container="avi", codec="mpeg4"), "file_format_check_failed"),
        (lambda: media_files.video(codec="mpeg4"), "file_format_check_failed"),
        (media_files.sound, "file_format_check_failed"),
        (lambda: media_files.photo("jpeg", 640, 480), "file_format_check_failed"),
        (lambda: media_files.video(seconds=11, rate=24), "duration_check_failed"),
        (lambda: media_files.video(rate=12), "frame_rate_check_failed"),
        (lambda: media_files.video(rate=90), "frame_rate_check_failed"),
        (lambda: media_files.video(width=320, height=240), "picture_size_check_failed"),
        (lambda: media_files.video(width=640, height=358), "picture_size_check_failed"),
        (lambda: media_files.video(width=4098, height=400, seconds=0.1), "picture_size_check_failed"),
    ],
)
def test_videos(looking: Player, make: Callable[[], bytes], reason: str) -> None:
    looking.mock.account.max_video_seconds = 10
    assert outcome(looking, make()) == reason


def test_a_draft_may_be_longer_than_the_account_posts_since_the_user_can_trim_it(
    looking: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking.mock.account.max_video_seconds = 2
    publish_id = looking.post_video(media_files.video(seconds=4), draft=True)
    looking.mock.clock.advance(60)
    assert looking.status(publish_id)["status"] == "SEND_TO_USER_INBOX"
    monkeypatch.setattr(limits, "VIDEO_MAX_DURATION", 3)
    publish_id = looking.post_video(media_files.video(seconds=4), draft=True)
    looking.mock.clock.advance(60)
    assert looking.status(publish_id)["fail_reason"] == "duration_check_failed"


def test_a_video_that_does_not_say_how_long_it_is_is_not_called_too_long(looking: Player) -> None:
    assert outcome(looking, media_files.video(container="webm", codec="libvpx", live=True)) == ""


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\x00\x00\x00\x18ftypmp42", "mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "quicktime"),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "quicktime"),
        (b"\x00\x01\x00\x00moov\x00\x00\x00\x6cmvhd", "quicktime"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "webm"),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", ""),
        (b"RIFF\x00\x00\x00\x00AVI LIST", ""),
        (b"", ""),
    ],
)
def test_what_a_file_begins_with_says_which_container_it_is(head: bytes, container: str) -> None:
    assert media.container(head) == container


def test_nothing_of_an_upload_is_left_on_disk(
    looking: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    body = media_files.video()
    started = data(looking.init_video(len(body)))
    assert (
        looking.put(
            started["upload_url"],
            body[:100],
            content_range=f"bytes 0-{len(body) - 1}/{len(body)}",
            content_length=str(len(body)),
        ).status_code
        == 400
    )
    assert len(list(tmp_path.iterdir())) == 1
    assert looking.put(started["upload_url"], body).status_code == 201
    assert list(tmp_path.iterdir()) == []
    abandoned = data(looking.init_video(len(body)))
    looking.put(
        abandoned["upload_url"],
        body[:100],
        content_range=f"bytes 0-{len(body) - 1}/{len(body)}",
        content_length=str(len(body)),
    )
    looking.mock.clock.advance(3600)
    assert list(tmp_path.iterdir()) == []


def test_a_published_video_is_listed_with_what_was_found_in_it(star: Player) -> None:
    set_switches(star.mock, check_media=True)
    star.post_video(media_files.video(width=640, height=480, seconds=2), privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(70)
    listed = data(star.call("listVideos", {}, params={"fields": "duration,width,height"}))["videos"]
    assert listed == [{"duration": 2, "width": 640, "height": 480}]


def test_without_the_extra_signatures_are_checked_and_the_log_says_what_was_not(
    looking: Player, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(media, "can_look_inside", lambda: False)
    caplog.set_level("INFO", "tiktok_mock")
    assert outcome(looking, media_files.video(rate=12)) == ""
    assert "tiktok-openapi[media]" in caplog.text
    assert outcome(looking, b"text" * 100) == "file_format_check_failed"


# Photos


def spooled(body: bytes) -> Spool:
    spool = Spool(on_disk=True)
    spool.write(body)
    return spool


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [
        (640, 480, ""),
        (1080, 1920, ""),
        (1920, 1080, ""),
        (1086, 1448, "picture_size_check_failed"),
        (1254, 1254, "picture_size_check_failed"),
    ],
)
def test_photos(kind: str, width: int, height: int, reason: str) -> None:
    report = media.check_photo(spooled(media_files.photo(kind, width, height)))
    assert (report.fail_reason, report.width, report.height) == (reason, width, height)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        # WebP with an alpha channel or animation, and without loss
        (
            b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00\x37\x04\x00\x7f\x07\x00",
            (1080, 1920),
        ),
        (b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f\x7f\xc2\x77\x00", (640, 480)),
        # JPEG: fill bytes before a marker, a segment to step over, and the frame header of a progressive one
        (
            b"\xff\xd8\xff\xff\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08\x01\xe0\x02\x80",
            (640, 480),
        ),
    ],
)
def test_photos_say_their_size_in_other_places_too(body: bytes, size: tuple[int, int]) -> None:
    report = media.check_photo(spooled(body))
    assert (report.fail_reason, report.width, report.height) == ("", *size)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xc0\x00\x11\x08",
        b"\xff\xd8\xff\xe0\x00\x10",
        b"\xff\xd8\xff\xd9",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x00",
        b"GIF89a" + b"\x00" * 50,
        b"text",
    ],
)
def test_photos_that_are_none(body: bytes) -> None:
    assert media.check_photo(spooled(body)).fail_reason == "file_format_check_failed"


def test_a_png_is_no_photo_and_21_mib_are_too_many() -> None:
    assert (
        media.check_photo(spooled(media_files.photo("png", 64, 64))).fail_reason == "file_format_check_failed"
    )
    large = media_files.photo("jpeg", 64, 64) + b"\x00" * (20 * 1024 * 1024)
    assert media.check_photo(spooled(large)).fail_reason == "picture_size_check_failed"


# Downloads from this machine


class Served(dict[str, bytes]):
    """Files by path."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    """Called before a file is sent."""


@pytest.fixture
def files() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A web server on loopback, and what it serves. A path of `moved` answers with a redirect."""
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.meanwhile()
            body = served.get(self.path)
            self.send_response(302 if body == b"moved" else 200 if body is not None else 404)
            if body == b"moved":
                self.send_header("Location", "/there")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", served
        server.shutdown()
        thread.join()


@pytest.fixture
def fetching(mock: MockTikTok) -> Player:
    """A player whose files on loopback are downloaded for real."""
    set_switches(mock, fetch_media="loopback", check_media=True)
    return Player(mock).log_in()


def pulled(player: Player, *urls: str, photos: bool = True) -> dict[str, object]:
    started = player.init_photos(list(urls)) if photos else player.pull_video(urls[0])
    publish_id = data(started)["publish_id"]
    player.mock.clock.advance(20)
    return player.status(publish_id)


def test_photos_are_fetched_and_looked_into(fetching: Player, files: tuple[str, dict[str, bytes]]) -> None:
    base, served = files
    served["/a.jpg"] = media_files.photo("jpeg", 1080, 1080)
    served["/b.webp"] = media_files.photo("webp", 640, 480)
    answer = pulled(fetching, f"{base}/a.jpg", f"{base}/b.webp")
    assert answer["status"] == "PUBLISH_COMPLETE"
    assert answer["downloaded_bytes"] == len(served["/a.jpg"]) + len(served["/b.webp"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (media_files.photo("png", 64, 64), "file_format_check_failed"),
        (media_files.photo("jpeg", 1254, 1254), "picture_size_check_failed"),
        (b"text", "file_format_check_failed"),
        (
            media_files.photo("jpeg", 64, 64) + bytes(limits.PHOTO_MAX_SIZE + 100_000),
            "picture_size_check_failed",
        ),
        (b"moved", "photo_pull_failed"),
        (None, "photo_pull_failed"),
    ],
)
def test_one_bad_photo_fails_the_whole_set(
    fetching: Player, files: tuple[str, dict[str, bytes]], body: bytes | None, reason: str
) -> None:
    base, served = files
    served["/good.jpg"] = media_files.photo("jpeg", 64, 64)
    if body is not None:
        served["/bad"] = body
    answer = pulled(fetching, f"{base}/good.jpg", f"{base}/bad", f"{base}/good.jpg")
    assert answer == {"status": "FAILED", "fail_reason": reason}


def test_videos_are_fetched_too(fetching: Player, files: tuple[str, dict[str, bytes]]) -> None:
    base, served = files
    served["/v.mp4"] = media_files.video()
    served["/slow.mp4"] = media_files.video(rate=12)
    served["/moved.mp4"] = b"moved"
    assert pulled(fetching, f"{base}/v.mp4", photos=False)["status"] == "PUBLISH_COMPLETE"
    assert pulled(fetching, f"{base}/slow.mp4", photos=False)["fail_reason"] == "frame_rate_check_failed"
    assert pulled(fetching, f"{base}/moved.mp4", photos=False)["fail_reason"] == "video_pull_failed"
    assert pulled(fetching, "http://127.0.0.1:9/v.mp4", photos=False)["fail_reason"] == "video_pull_failed"


def test_a_download_that_is_cancelled_while_it_runs_changes_nothing_more(
    fetching: Player, files: tuple[str, dict[str, bytes]]
) -> None:
    base, served = files
    said: list[object] = []

    def cancel() -> None:
        (publish_id,) = fetching.mock.world.posts
        with pytest.raises(CannotSnapshot, match="is being downloaded for real"):
            fetching.mock.snapshot()
        said.append(fetching.call("cancelPublish", {"publish_id": publish_id}).status_code)

    assert isinstance(served, Served)
    served["/v.mp4"] = media_files.video()
    served.meanwhile = cancel
    assert pulled(fetching, f"{base}/v.mp4", photos=False) == {
        "status": "FAILED",
        "fail_reason": "publish_cancelled",
    }
    assert said == [200]


def test_nothing_is_fetched_from_elsewhere_nor_without_leave(
    fetching: Player, files: tuple[str, dict[str, bytes]]
) -> None:
    base, _ = files
    assert pulled(fetching, "https://media.example.test/a.jpg")["status"] == "PUBLISH_COMPLETE", "simulated"
    set_switches(fetching.mock, fetch_media="never")
    assert refusal(fetching.init_photos([f"{base}/a.jpg"]))[:2] == (400, "invalid_params")
