"""The upload plane: what may be sent where, and how it is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mock.support import MP4_START, Player, data, mp4, set_switches, without_media_checks
from tiktok_mock_server import MockTikTok
from tiktok_mock_server.messages import READ
from tiktok_mock_server.transport import inbound_of

MIB = 1024 * 1024
CHUNK = 5 * MIB


def three_chunks(player: Player, tail: int = 7) -> tuple[str, str, bytes]:
    """A video of two full chunks and a last one that is larger."""
    size = 3 * CHUNK + tail
    started = data(player.init_video(size, CHUNK, 3))
    return started["publish_id"], started["upload_url"], mp4(size)


def test_chunks_in_order(player: Player) -> None:
    publish_id, url, body = three_chunks(player)
    total = len(body)
    first = player.put(url, body[:CHUNK], total=total)
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-{CHUNK}/{total}")
    assert player.status(publish_id) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}
    second = player.put(url, body[CHUNK : 2 * CHUNK], first=CHUNK, total=total)
    assert (second.status_code, second.headers["content-range"]) == (206, f"bytes 0-{2 * CHUNK}/{total}")
    last = player.put(url, body[2 * CHUNK :], first=2 * CHUNK, total=total)
    assert (last.status_code, last.headers["content-range"]) == (201, f"bytes 0-{total}/{total}")
    assert last.content == b""
    assert last.headers["x-mock-sha256"] == hashlib.sha256(body).hexdigest()
    assert player.mock.post(publish_id).digest == hashlib.sha256(body).hexdigest()


def test_content_range_can_name_the_last_position(player: Player) -> None:
    set_switches(player.mock, content_range="last_index")
    _, url, body = three_chunks(player)
    answer = player.put(url, body[:CHUNK], total=len(body))
    assert answer.headers["content-range"] == f"bytes 0-{CHUNK - 1}/{len(body)}"


@pytest.mark.parametrize("kind", ["video/mp4", "video/quicktime", "video/webm"])
def test_the_three_types(player: Player, kind: str) -> None:
    url = data(player.init_video(20))["upload_url"]
    assert player.put(url, mp4(20), content_type=kind).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": None},
        {"content_type": "application/octet-stream"},
        {"content_type": "image/jpeg"},
        {"content_range": None},
        {"content_range": "0-19/20"},
        {"content_range": "bytes=0-19/20"},
        {"content_range": "bytes 0-19/*"},
        {"content_range": "bytes 0-19/21"},
        {"content_range": "bytes 0-20/20"},
        {"content_range": "bytes 19-0/20"},
        {"content_range": "bytes 0-18/20"},
        {"content_range": "bytes -1-19/20"},
        {"content_range": "bytes 0-19/20" + "0" * 5000},
        {"content_length": "19"},
        {"content_length": "many"},
    ],
)
def test_wrong_headers_give_400(player: Player, headers: dict[str, Any]) -> None:
    url = data(player.init_video(20))["upload_url"]
    answer = player.put(url, mp4(20), **headers)
    assert answer.status_code == 400
    assert answer.content == b""
    assert answer.headers["x-mock-rule"].startswith("upload.")
    assert player.put(url, mp4(20)).status_code == 201, "nothing was stored by it"


@pytest.mark.parametrize("sent", [b"", mp4(19), mp4(21)])
def test_a_wrong_number_of_bytes_gives_400(player: Player, sent: bytes) -> None:
    url = data(player.init_video(20))["upload_url"]
    answer = player.put(url, sent, content_range="bytes 0-19/20", content_length="20")
    assert answer.status_code == 400
    assert answer.headers["x-mock-got"] == str(len(sent))
    assert player.put(url, mp4(20)).status_code == 201


def test_gaps_overlaps_and_repetitions_give_416_with_the_progress(player: Player) -> None:
    _, url, body = three_chunks(player)
    total = len(body)
    gap = player.put(url, body[CHUNK : 2 * CHUNK], first=CHUNK, total=total)
    assert (gap.status_code, gap.headers["content-range"]) == (416, f"bytes 0-0/{total}")
    player.put(url, body[:CHUNK], total=total)
    for first in (0, 1, CHUNK - 1, CHUNK + 1):
        answer = player.put(url, body[first : first + CHUNK], first=first, total=total)
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes 0-{CHUNK}/{total}")
    assert player.put(url, body[CHUNK : 2 * CHUNK], first=CHUNK, total=total).status_code == 206


def test_a_repeated_chunk_can_be_all_right(player: Player) -> None:
    set_switches(player.mock, repeated_chunk="206")
    publish_id, url, body = three_chunks(player)
    for _ in range(2):
        answer = player.put(url, body[:CHUNK], total=len(body))
        assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes 0-{CHUNK}/{len(body)}")
    player.put(url, body[CHUNK : 2 * CHUNK], first=CHUNK, total=len(body))
    player.put(url, body[2 * CHUNK :], first=2 * CHUNK, total=len(body))
    assert player.mock.post(publish_id).digest == hashlib.sha256(body).hexdigest()


def test_anything_after_the_last_chunk_gives_416(player: Player) -> None:
    url = data(player.init_video(20))["upload_url"]
    assert player.put(url, mp4(20)).status_code == 201
    assert player.put(url, mp4(20)).status_code == 416


@pytest.mark.parametrize(("at", "length"), [(0, CHUNK - 1), (0, CHUNK + 1), (0, 2 * CHUNK), (2, CHUNK)])
def test_a_chunk_of_another_size_gives_400(player: Player, at: int, length: int) -> None:
    _, url, body = three_chunks(player)
    for number in range(at):
        first = number * CHUNK
        assert player.put(url, body[first : first + CHUNK], first=first, total=len(body)).status_code == 206
    first = at * CHUNK
    answer = player.put(url, body[first : first + length], first=first, total=len(body))
    assert answer.status_code == 400
    assert answer.headers["x-mock-rule"] == "upload.chunk-size"


def test_an_upload_url_works_for_one_hour(player: Player) -> None:
    publish_id, url, body = three_chunks(player)
    player.mock.clock.advance(3599)
    assert player.put(url, body[:CHUNK], total=len(body)).status_code == 206
    player.mock.clock.advance(1)
    answer = player.put(url, body[CHUNK : 2 * CHUNK], first=CHUNK, total=len(body))
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (403, "upload.expired")
    assert player.status(publish_id)["status"] == "PROCESSING_UPLOAD"


def test_an_upload_that_ends_after_the_hour_does_not_count(player: Player) -> None:
    url = data(player.init_video(20))["upload_url"]

    def slowly() -> Iterator[bytes]:
        yield mp4(20)[:10]
        player.mock.clock.advance(3600)
        yield mp4(20)[10:]

    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-19/20", "Content-Length": "20"}
    answer = player.http.put(url, content=slowly(), headers=headers)
    assert answer.status_code == 403


def test_an_abandoned_upload_may_fail_the_post(player: Player) -> None:
    set_switches(player.mock, abandoned_upload="failed")
    publish_id = data(player.init_video())["publish_id"]
    player.mock.clock.advance(3600)
    assert player.status(publish_id, token=player.log_in().token)["status"] == "FAILED"


@pytest.mark.parametrize("change", ["upload_id", "upload_token", "everything"])
def test_an_unknown_upload_gives_404_or_405(player: Player, change: str) -> None:
    url = httpx.URL(data(player.init_video())["upload_url"])
    if change == "everything":
        url = url.copy_with(query=None)
    else:
        url = url.copy_set_param(change, "7000000000000000000")
    assert player.put(str(url), mp4(20)).status_code == 404
    set_switches(player.mock, unknown_upload_status=405)
    assert player.put(str(url), mp4(20)).status_code == 405


def test_an_unknown_upload_does_not_show_its_token(player: Player, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tiktok_mock")
    url = httpx.URL(data(player.init_video())["upload_url"])
    token = url.params["upload_token"]
    answer = player.put(str(url.copy_set_param("upload_id", "7000000000000000000")), mp4(20))
    assert "'upload_id': '7000000000000000000'" in answer.headers["x-mock-got"]
    shown = answer.headers["x-mock-got"] + caplog.text + player.mock.journal.report()
    assert token not in shown


def test_the_access_token_may_die_during_the_upload(player: Player) -> None:
    url = data(player.init_video(20, token=player.token))["upload_url"]
    player.mock.world.access_tokens.clear()
    assert player.put(url, mp4(20)).status_code == 201


def test_an_authorization_header_does_no_harm_but_is_warned_of(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    url = data(player.init_video(20))["upload_url"]
    assert player.put(url, mp4(20), authorization=f"Bearer {player.token}").status_code == 201
    assert "upload.no-bearer" in caplog.text
    assert player.token not in caplog.text


def test_a_post_that_has_ended_takes_no_more_bytes(player: Player) -> None:
    _, url, body = three_chunks(player)
    player.put(url, body[:CHUNK], total=len(body))
    player.revoke(player.token)
    assert player.put(url, body[CHUNK : 2 * CHUNK], first=CHUNK, total=len(body)).status_code == 403


def test_refusals_that_headers_show_come_before_the_body(player: Player) -> None:
    """A client that writes first and reads later must still get the answer; here its body is never read."""
    url = data(player.init_video(20))["upload_url"]
    pieces_read: list[int] = []

    def never() -> Iterator[bytes]:
        pieces_read.append(1)
        yield b"x" * 15

    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 5-19/20", "Content-Length": "15"}
    answer = player.http.put(url, content=never(), headers=headers)
    assert (answer.status_code, pieces_read) == (416, [])


@pytest.mark.parametrize("on_disk", [False, True])
def test_of_two_puts_at_once_the_first_that_is_complete_counts(
    player: Player, monkeypatch: pytest.MonkeyPatch, on_disk: bool
) -> None:
    """One has sent half of its chunk when another begins, and ends."""

    def needs_file(*, check: bool) -> bool:
        del check
        return on_disk

    monkeypatch.setattr("tiktok_mock_server.media.needs_file", needs_file)
    publish_id, url, body = three_chunks(player)
    headers = {
        "Content-Type": "video/mp4",
        "Content-Range": f"bytes 0-{CHUNK - 1}/{len(body)}",
        "Content-Length": str(CHUNK),
    }

    def with_an_overtaker() -> Iterator[bytes]:
        yield b"\xee" * (CHUNK // 2)
        assert player.put(url, body[:CHUNK], total=len(body)).status_code == 206
        yield b"\xee" * (CHUNK - CHUNK // 2)

    answer = player.http.put(url, content=with_an_overtaker(), headers=headers)
    assert (answer.status_code, answer.headers["x-mock-rule"]) == (416, "upload.one-at-a-time")
    upload = player.mock.post(publish_id).upload
    assert upload is not None
    path = upload.spool.path()
    assert path is None or path.read_bytes() == body[:CHUNK]
    player.put(url, body[CHUNK : 2 * CHUNK], first=CHUNK, total=len(body))
    player.put(url, body[2 * CHUNK :], first=2 * CHUNK, total=len(body))
    assert player.mock.post(publish_id).digest == hashlib.sha256(body).hexdigest()


def test_a_stuck_put_does_not_stand_in_the_way_of_another(player: Player) -> None:
    """It began last, and is never heard of again."""
    url = data(player.init_video(20))["upload_url"]
    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-19/20", "Content-Length": "20"}
    request = httpx.Request("PUT", url, headers=headers)
    stuck = player.mock.engine.exchange(inbound_of(request))
    assert player.mock.engine.step(stuck) is READ
    assert player.mock.engine.step(stuck, mp4(10)) is READ
    assert player.put(url, mp4(20)).status_code == 201
    player.mock.engine.give_up(stuck)


def test_a_client_that_goes_away_leaves_nothing(player: Player) -> None:
    url = data(player.init_video(20))["upload_url"]

    def dies() -> Iterator[bytes]:
        yield mp4(20)[:10]
        raise ConnectionResetError

    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-19/20", "Content-Length": "20"}
    with pytest.raises(ConnectionResetError):
        player.http.put(url, content=dies(), headers=headers)
    assert player.put(url, mp4(20)).status_code == 201
    assert (
        next(iter(player.mock.world.uploads.values())).spool.digest() == hashlib.sha256(mp4(20)).hexdigest()
    )


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_plan_inside_the_rules_uploads_and_keeps_its_digest(draws: st.DataObject) -> None:
    """Chunks are small here: the least chunk is a switch, and no rule looks at it but its own."""
    least = 8
    size = draws.draw(st.integers(1, 200))
    chunk = size if size < least else draws.draw(st.integers(least, size))
    count = size // chunk
    if count == 1:
        chunk = size
    body = (MP4_START + bytes(draws.draw(st.binary(min_size=size, max_size=size))))[:size]
    with MockTikTok(strict=True) as mock:
        without_media_checks(mock)
        set_switches(mock, min_chunk_size=least)
        player = Player(mock).log_in()
        started = data(player.init_video(size, chunk, count))
        first = 0
        for number in range(count):
            last = size if number == count - 1 else first + chunk
            answer = player.put(started["upload_url"], body[first:last], first=first, total=size)
            assert answer.status_code == (201 if number == count - 1 else 206)
            first = last
        assert mock.post(started["publish_id"]).digest == hashlib.sha256(body).hexdigest()
