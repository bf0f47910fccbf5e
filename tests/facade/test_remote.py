"""Streaming from a URL: by ranges, in constant memory, and never into a network that is not to be reached."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import httpx
import pytest

from tests.facade.doors import COLOURS, Door, UploadServer, video
from tests.facade.support import ok
from tiktok_api_client import Impossible, PhotoPost, RemoteFile, SourceFailed, UploadFailed
from tiktok_api_client import remote as remote_module
from tiktok_api_client.media import photo_info
from tiktok_api_client.preflight import Problem
from tiktok_api_client.remote import fetch_head, is_private

CHUNK = 5 * 1024 * 1024
DATA = video(2 * CHUNK + 12_345)


class Origin:
    """A web server with one file, and what a test wants it to do wrong."""

    def __init__(self) -> None:
        self.data = DATA
        self.ranges = True
        self.etag: str | None = '"v1"'
        self.cut_after: list[int] = []
        """Break off after so many bytes, once each."""
        self.redirects = 0
        self.target = "/file"
        self.headers: dict[str, str] = {}
        self.length = True
        self.status: int | None = None
        self.asked: list[str] = []
        self.seen: list[dict[str, str]] = []
        self.paths: list[str] = []

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.seen.append({name.lower(): value for name, value in handler.headers.items()})
        self.paths.append(handler.path)
        asked = handler.headers.get("Range", "")
        self.asked.append(asked)
        if self.redirects:
            self.redirects -= 1
            handler.send_response(302)
            handler.send_header("Location", self.target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        first = int(asked.removeprefix("bytes=").rstrip("-") or 0) if self.ranges else 0
        handler.send_response(self.status or (206 if self.ranges else 200))
        if self.ranges:
            handler.send_header("Content-Range", f"bytes {first}-{len(self.data) - 1}/{len(self.data)}")
        if self.length:
            handler.send_header("Content-Length", str(len(self.data) - first))
        if self.etag is not None:
            handler.send_header("ETag", self.etag)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        body = self.data[first:]
        if self.cut_after:
            body = body[: self.cut_after.pop(0)]
            handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.wfile.write(body)


@pytest.fixture
def origin() -> Iterator[Any]:
    state = Origin()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}/file?signature=very-secret"  # type: ignore[attr-defined]
        yield state
        server.shutdown()
        thread.join()


def mine(origin: Any, **more: Any) -> RemoteFile:
    settings: dict[str, Any] = {"allow_private": True, **more}
    return RemoteFile(origin.url, **settings)


def read_all(remote: RemoteFile) -> bytes:
    source = remote.opened("video")
    try:
        return source.read_whole(0, source.size)
    finally:
        source.close()


def test_a_file_is_read_by_range(origin: Any) -> None:
    assert read_all(mine(origin)) == DATA
    assert origin.asked == ["bytes=0-"]


def test_a_download_that_breaks_goes_on_where_it_broke(origin: Any) -> None:
    origin.cut_after = [1_000_000, 2_000_000, 50]
    assert read_all(mine(origin)) == DATA
    assert len(origin.asked) == 4


def test_a_chunk_is_read_again_from_its_beginning(origin: Any) -> None:
    source = mine(origin).opened("video")
    assert source.read_whole(CHUNK, 1000) == DATA[CHUNK : CHUNK + 1000]
    assert source.read_whole(CHUNK, 2000) == DATA[CHUNK : CHUNK + 2000]
    assert source.read(len(DATA), 10) == b""
    source.close()


def test_a_download_that_never_gets_on_ends(origin: Any) -> None:
    origin.cut_after = [0] * 20
    with pytest.raises(SourceFailed, match="could not be read at byte 0"):
        read_all(mine(origin))


def test_a_file_that_changes_is_noticed(origin: Any) -> None:
    source = mine(origin).opened("video")
    origin.etag = '"v2"'
    with pytest.raises(SourceFailed, match="changed during the upload"):
        source.read(CHUNK, 10)
    source.close()


def test_a_file_that_changes_is_noticed_by_its_date_as_well(origin: Any) -> None:
    origin.etag, origin.headers = None, {"Last-Modified": "Sun, 22 Nov 2026 09:15:30 GMT"}
    source = mine(origin).opened("video")
    origin.headers = {"Last-Modified": "Sun, 22 Nov 2026 09:15:31 GMT"}
    with pytest.raises(SourceFailed, match="changed during the upload"):
        source.read(CHUNK, 10)
    source.close()


def test_a_server_that_forgets_ranges_is_noticed(origin: Any) -> None:
    source = mine(origin).opened("video")
    origin.ranges = False
    with pytest.raises(SourceFailed, match=r"could not be read on from byte .* \(HTTP 200\)"):
        source.read(CHUNK, 10)
    source.close()


def test_a_server_without_ranges_is_read_once(origin: Any) -> None:
    origin.ranges = False
    assert read_all(mine(origin)) == DATA


def test_a_server_without_ranges_that_breaks_off_fails(origin: Any) -> None:
    origin.ranges, origin.cut_after = False, [100_000]
    with pytest.raises(SourceFailed, match="could not be read"):
        read_all(mine(origin))


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"status": 404}, "it got HTTP 404"),
        ({"ranges": False, "length": False, "headers": {"Connection": "close"}}, "comes without a size"),
        ({"headers": {"Content-Encoding": "gzip"}}, "is compressed on the way"),
        ({"redirects": 6}, "redirects too often"),
        ({"redirects": 1, "target": "ftp://127.0.0.1/file"}, "is at ftp://127.0.0.1"),
    ],
)
def test_what_cannot_be_streamed_is_refused(origin: Any, state: dict[str, Any], says: str) -> None:
    for name, value in state.items():
        setattr(origin, name, value)
    with pytest.raises(Impossible, match=says) as refusal:
        read_all(mine(origin))
    assert refusal.value.field == "video"
    assert "very-secret" not in str(refusal.value)


def test_a_file_that_is_too_large_is_refused(origin: Any) -> None:
    with pytest.raises(Impossible, match="must have at most 1,000 bytes"):
        read_all(mine(origin, max_size=1000))


def test_a_file_without_a_name_for_its_version_is_known_by_its_bytes(origin: Any) -> None:
    source = mine(origin).opened("video")
    named = source.fingerprint()
    source.close()
    origin.etag = None
    source = mine(origin).opened("video")
    assert source.fingerprint() not in {"", named}
    assert len(origin.asked) > 2
    source.close()


def test_a_server_that_answers_another_range_is_refused(origin: Any) -> None:
    origin.headers = {"Content-Range": "bytes 7-9/10"}
    with pytest.raises(Impossible, match="must answer range requests"):
        read_all(mine(origin))


def test_a_redirect_to_a_forbidden_place_in_mid_download_fails(origin: Any) -> None:
    source = mine(origin).opened("video")
    origin.redirects, origin.target = 1, "ftp://127.0.0.1/file"
    with pytest.raises(SourceFailed, match=r"must be https or http"):
        source.read(CHUNK, 10)
    source.close()


def test_a_server_that_is_silent_is_not_waited_for_long(origin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise httpcore.ReadTimeout

    monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", silent)
    with pytest.raises(Impossible, match="got no answer in time"):
        read_all(mine(origin))


def test_nobody_there_is_said(origin: Any) -> None:
    with pytest.raises(Impossible, match="must be reachable"):
        read_all(RemoteFile("http://127.0.0.1:9/file", allow_private=True))
    with pytest.raises(Impossible, match="must be reachable"):
        read_all(RemoteFile("https://name.invalid/file"))


def test_as_many_redirects_are_followed_as_are_allowed_and_none_is_shown(origin: Any) -> None:
    for number in (5, 6):
        origin.redirects, origin.target = number, "/file?signature=also-very-secret"
        if number == 5:
            assert read_all(mine(origin)) == DATA
            continue
        with pytest.raises(Impossible, match="must redirect at most 5 times") as refusal:
            read_all(mine(origin))
        assert "very-secret" not in str(refusal.value)


def test_an_address_that_does_not_answer_is_followed_by_the_hosts_next_one(
    origin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.url = origin.url.replace("127.0.0.1", "two.example.test")

    def resolve(host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        found = ("127.0.0.9", "127.0.0.1") if host == "two.example.test" else (host,)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert read_all(mine(origin)) == DATA


def test_redirects_are_followed_and_headers_stay_at_home(origin: Any) -> None:
    port = origin.url.split(":")[2].split("/")[0]
    origin.redirects, origin.target = 1, f"http://localhost:{port}/file"
    assert read_all(mine(origin, headers={"X-Token": "very-secret"})) == DATA
    assert origin.seen[0]["x-token"] == "very-secret"
    assert "x-token" not in origin.seen[1]


def test_an_address_is_taken_as_people_write_it(origin: Any) -> None:
    origin.url = origin.url.replace("/file?", "/Großer Film.mp4?").replace("127.0.0.1", "LOCALHOST")
    origin.redirects, origin.target = 1, "/f\xf6hr film.mp4"
    assert read_all(mine(origin)) == DATA
    assert origin.paths == ["/Gro%C3%9Fer%20Film.mp4?signature=very-secret", "/f%F6hr%20film.mp4"]


def test_a_host_of_any_language_is_asked_for_by_its_ascii_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def look_up(host: object, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(Impossible, match="has no address"):
        read_all(RemoteFile("https://bücher.example.test/film.mp4"))
    assert asked[0] == "xn--bcher-kva.example.test"


@pytest.mark.parametrize(
    "url",
    ["https://[", "https://cdn.example.test:99999/x", "https://cdn.example.test:port/x", "https://.ü/x"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Impossible, match=r"^video: must be https, got .* at an address that cannot be read"):
        read_all(RemoteFile(url))


# Where it never goes


def test_addresses_inside_a_network_are_refused(origin: Any) -> None:
    for url in (
        origin.url,
        "https://localhost/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data",
    ):
        with pytest.raises(Impossible, match=r"must not lead into a network|must be https") as refusal:
            read_all(RemoteFile(url))
        assert refusal.value.advice == "allow_private=True is for servers of your own"
    assert origin.asked == []


def test_a_name_that_leads_inside_is_refused_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Impossible, match=r"it leads to 10\.0\.0\.7"):
        read_all(RemoteFile("https://cdn.example.test/v.mp4"))


def test_a_redirect_inside_is_refused_too(origin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    guard = remote_module.Guard.connect_tcp

    def connect(self: Any, host: str, *args: Any, **named: Any) -> Any:
        asked.append(host)
        self._allow_private = host == "127.0.0.1"  # the first hop stands for a public server
        return guard(self, host, *args, **named)

    monkeypatch.setattr(remote_module.Guard, "connect_tcp", connect)
    origin.redirects, origin.target = 1, "http://localhost:1/admin"
    with pytest.raises(Impossible, match="must not lead into a network"):
        read_all(mine(origin))
    assert asked == ["127.0.0.1", "localhost"]


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("93.184.215.14", False),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", False),
        ("10.1.2.3", True),
        ("127.0.0.1", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:93.184.215.14", False),
        ("64:ff9b::a00:1", True),
        ("2002:a00:1::", True),
    ],
)
def test_private_addresses_are_known(address: str, private: bool) -> None:
    assert is_private(address) is private


def test_a_remote_file_does_not_show_its_signature() -> None:
    remote = RemoteFile("https://user:pass@cdn.example.test/v.mp4?signature=very-secret")
    assert remote.host == "cdn.example.test"
    assert "secret" not in repr(remote)
    assert "pass" not in repr(remote)


# Posting it


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("ranges", [True, False])
def test_a_remote_file_is_posted_through_this_program(colour: str, ranges: bool, origin: Any) -> None:
    origin.ranges = ranges
    server = UploadServer(len(DATA))
    server.script = [lambda _request, _store: httpx.Response(503)]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return server.put(request)
        return ok({"publish_id": "v_pub_file~v2-1.7", "upload_url": server.address})

    door = Door(colour, answer)
    door.do("post_video", mine(origin), privacy_level="SELF_ONLY", chunk_size=CHUNK, preflight="off")
    assert bytes(server.stored) == DATA


@pytest.mark.parametrize("colour", COLOURS)
def test_a_remote_file_that_breaks_is_an_upload_that_can_be_resumed(colour: str, origin: Any) -> None:
    origin.cut_after = [CHUNK + 100, *[0] * 10]
    server = UploadServer(len(DATA))
    status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return server.put(request)
        if request.url.path.endswith("/status/fetch/"):
            return ok(status)
        return ok({"publish_id": "v_pub_file~v2-1.7", "upload_url": server.address})

    door = Door(colour, answer)
    with pytest.raises(UploadFailed, match=r"the file at 127\.0\.0\.1 could not be read") as failure:
        door.do("post_video", mine(origin), privacy_level="SELF_ONLY", chunk_size=CHUNK, preflight="off")
    origin.cut_after = []
    door.do("resume", failure.value.publish_id, mine(origin))
    assert bytes(server.stored) == DATA


# Photos


def test_the_beginning_of_a_photo_is_fetched(origin: Any) -> None:
    head, size = fetch_head(mine(origin), "photo_images[0]", 100)
    assert (head, size) == (DATA[:100], len(DATA))
    assert photo_info(head).kind == ""


def test_photos_are_looked_at_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from tiktok_api_client import preflight as preflight_module

    webp = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (1199).to_bytes(3, "little") + (1599).to_bytes(3, "little")
    wide = webp[:-6] + (1919).to_bytes(3, "little") + (1079).to_bytes(3, "little")
    found: dict[str, Any] = {
        "large.webp": (webp, 30_000_000),
        "picture.jpg": (b"\x89PNG\r\n", 10),
        "gone.jpg": Impossible("photo_images[2]", "the file: it got HTTP 404", "must answer with the file"),
        "broken.jpg": SourceFailed("the file broke off"),
        "wide.webp": (wide, 10),
        "last.jpg": (b"GIF89a", 10),
    }

    def fetch(remote: RemoteFile, field: str) -> tuple[bytes, int]:
        assert remote.max_redirects == 0, "TikTok follows none"
        answer = found[remote.url.rsplit("/", 1)[1]]
        if isinstance(answer, Exception):
            raise answer
        head, size = answer
        return head, size

    monkeypatch.setattr(preflight_module, "fetch_head", fetch)
    photos = [f"https://cdn.example.test/{name}" for name in found]
    post = PhotoPost(photo_images=photos, privacy_level="SELF_ONLY")
    creator = {
        "creator_avatar_url": "",
        "creator_username": "",
        "creator_nickname": "",
        "privacy_level_options": ["SELF_ONLY"],
        "comment_disabled": False,
        "duet_disabled": False,
        "stitch_disabled": False,
        "max_video_post_duration_sec": 600,
    }
    door = Door("sync", lambda _request: ok(creator))
    problems: tuple[Problem, ...] = door.do("check", post, look_at_photos=True)
    assert [str(problem) for problem in problems] == [
        "photo_images[0]: must have at most 20,971,520 bytes, got 30,000,000 bytes",
        "photo_images[0]: must have at most 1080 pixels on its shorter side, got 1200 x 1600 pixels",
        "photo_images[1]: must be JPEG or WebP, got PNG",
        "photo_images[2]: must answer with the file, got the file: it got HTTP 404",
        "photo_images[3]: must be reachable, got the file broke off",
        "photo_images[5]: must be JPEG or WebP, got GIF",
    ]
    assert door.do("check", post) == ()
