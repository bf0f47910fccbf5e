"""The upload engine against an upload plane that loses answers, fails, lags, and ends."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.facade.doors import COLOURS, Door, UploadServer, video
from tests.facade.support import FakeClock, ok, refused
from tiktok_api_client import (
    ChunkPlan,
    Progress,
    Sent,
    Signal,
    TimedOut,
    UploadCancelled,
    UploadEnded,
    UploadFailed,
    UploadTimedOut,
)
from tiktok_api_client.source import BytesSource
from tiktok_api_client.upload import ATTEMPTS, UploadJob, check_upload_url, upload

pytestmark = pytest.mark.parametrize("colour", COLOURS)

MIB = 1024 * 1024
CHUNK = 5 * MIB
DATA = video(3 * CHUNK + 17)
Store = Callable[[], httpx.Response]
Script = list[Callable[[httpx.Request, Store], httpx.Response] | None]


class Scene:
    """One video on its way to one upload plane."""

    def __init__(self, colour: str, *, counts: bool = True, data: bytes = DATA) -> None:
        self.data = data
        self.server = UploadServer(len(data), counts=counts)
        self.door = Door(colour, self.answer)
        self.asked = 0
        self.inits = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return self.server.put(request)
        if request.url.path.endswith("/status/fetch/"):
            self.asked += 1
            return ok(self.server.status)
        self.inits += 1
        return ok({"publish_id": "v_pub_file~v2-1.7", "upload_url": self.server.address})

    def post(self, source: Any = None, **how: Any) -> Any:
        how = {"privacy_level": "SELF_ONLY", "chunk_size": CHUNK, "preflight": "off", **how}
        return self.door.do("post_video", self.data if source is None else source, **how)

    def arrived(self) -> bool:
        return bytes(self.server.stored) == self.data

    @property
    def slept(self) -> list[float]:
        assert isinstance(self.door.clock, FakeClock)
        return self.door.clock.slept


def status(code: int, **headers: str) -> Callable[[httpx.Request, Store], httpx.Response]:
    return lambda _request, _store: httpx.Response(code, headers=headers)


def lost_answer(_request: httpx.Request, store: Store) -> httpx.Response:
    store()
    raise httpx.ReadTimeout("no answer")


def reset_before(request: httpx.Request, _store: Store) -> httpx.Response:
    raise httpx.ReadError("connection reset", request=request)


def refused_connection(request: httpx.Request, _store: Store) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


@pytest.mark.parametrize("counts", [True, False])
def test_all_bytes_arrive_in_order(colour: str, counts: bool) -> None:
    scene = Scene(colour, counts=counts)
    post = scene.post()
    assert scene.arrived()
    assert scene.server.puts == [
        "bytes 0-5242879/15728657",
        "bytes 5242880-10485759/15728657",
        "bytes 10485760-15728656/15728657",
    ]
    assert post["final_response"] == {"status_code": 201}
    assert scene.slept == []


@pytest.mark.parametrize(
    "fault", [status(500), status(502), status(504), status(429), reset_before, refused_connection]
)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_same_chunk_is_sent_again_after_a_failure(colour: str, fault: Any, at: int) -> None:
    scene = Scene(colour)
    before: Script = [None] * at
    scene.server.script = [*before, fault, fault]
    scene.post()
    assert scene.arrived()
    assert scene.server.puts.count(scene.server.puts[at]) == 3
    assert len(scene.slept) == 2


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_lost_answer_is_followed_to_where_tiktok_is(colour: str, counts: bool, at: int) -> None:
    scene = Scene(colour, counts=counts)
    before: Script = [None] * at
    scene.server.script = [*before, lost_answer]
    scene.post()
    assert scene.arrived()
    assert len(scene.server.puts) == 4


def test_when_answers_are_lost_again_and_again_the_status_says_where_tiktok_is(colour: str) -> None:
    scene = Scene(colour)
    scene.server.script = [lost_answer, lost_answer]  # the second one would be a 416
    scene.server.status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}
    scene.post()
    assert scene.arrived()
    assert scene.server.puts.count("bytes 0-5242879/15728657") == 2
    assert scene.asked == 1


@pytest.mark.parametrize("header", [{}, {"Content-Range": "bytes */15728657"}, {"Content-Range": "nonsense"}])
def test_a_416_that_says_nothing_is_answered_by_the_status(colour: str, header: dict[str, str]) -> None:
    scene = Scene(colour)

    def silent(_request: httpx.Request, store: Store) -> httpx.Response:
        return httpx.Response(store().status_code, headers=header)

    scene.server.script = [lost_answer, silent]
    scene.server.status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}
    scene.post()
    assert scene.arrived()
    assert scene.asked == 1


def test_a_416_that_nobody_can_read_stops_the_upload(colour: str) -> None:
    scene = Scene(colour)
    scene.server.script = [status(416)]
    scene.server.status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 12345}
    with pytest.raises(UploadFailed, match="is at another byte and does not say which") as failure:
        scene.post()
    assert failure.value.resumable


def test_a_206_may_say_that_tiktok_is_elsewhere(colour: str) -> None:
    scene = Scene(colour)

    def forgetful(request: httpx.Request, store: Store) -> httpx.Response:
        store()
        del scene.server.stored[CHUNK:]
        return httpx.Response(206, headers=scene.server.range())

    scene.server.script = [None, forgetful]
    scene.post()
    assert scene.arrived()
    assert scene.server.puts.count("bytes 5242880-10485759/15728657") == 2


def test_two_sides_that_never_agree_do_not_go_on_for_ever(colour: str) -> None:
    scene = Scene(colour)

    def back(_request: httpx.Request, _store: Store) -> httpx.Response:
        return httpx.Response(206, headers={"Content-Range": "bytes 0-0/15728657"})

    scene.server.script = [None, *([back, None] * 30)]
    scene.server.store = lambda request: httpx.Response(206)  # type: ignore[method-assign]
    with pytest.raises(UploadFailed, match="do not agree where the upload is"):
        scene.post()


@pytest.mark.parametrize("code", [403, 404, 405])
def test_an_upload_that_is_over_ends_with_a_clear_error(colour: str, code: int) -> None:
    scene = Scene(colour)
    scene.server.script = [None, status(code)]
    with pytest.raises(UploadEnded, match="only a new post can help") as ended:
        scene.post()
    assert (ended.value.stored_bytes, ended.value.total_bytes) == (CHUNK, len(DATA))
    assert (ended.value.sent, ended.value.publish_id) == (Sent.YES, "v_pub_file~v2-1.7")
    assert not ended.value.resumable
    assert len(scene.server.puts) == 2


@pytest.mark.parametrize("state", ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"])
def test_a_finished_upload_that_is_forgotten_is_not_taken_for_a_failure(colour: str, state: str) -> None:
    scene = Scene(colour)
    scene.server.script = [None, None, lost_answer, status(404)]
    scene.server.status = {"status": state, "uploaded_bytes": len(DATA)}
    assert scene.post().publish_id == "v_pub_file~v2-1.7"
    assert scene.arrived()


@pytest.mark.parametrize("code", [400, 403, 404, 405])
@pytest.mark.parametrize("known", [{}, {"status": "PROCESSING_UPLOAD"}])
def test_what_may_be_complete_is_never_called_dead(colour: str, code: int, known: dict[str, object]) -> None:
    scene = Scene(colour)
    scene.server.script = [None, None, lost_answer, status(code)]
    scene.server.status = known or {"status": 7}  # no usable answer
    with pytest.raises(UploadFailed, match="does not say whether it has them all") as failure:
        scene.post(key="summer")
    assert failure.value.resumable
    assert not isinstance(failure.value, UploadEnded)
    scene.server.script = [status(code)]
    with pytest.raises(UploadFailed) as again:
        scene.post(key="summer")  # does not post a second time
    assert again.value.resumable
    scene.server.status = {"status": "PUBLISH_COMPLETE"}
    assert scene.post(key="summer").resumed
    assert scene.inits == 1


@pytest.mark.parametrize("code", [400, 403, 404, 405])
def test_what_is_surely_incomplete_may_be_posted_anew(colour: str, code: int) -> None:
    scene = Scene(colour)
    scene.server.script = [None, None, reset_before, status(code)]
    scene.server.status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 2 * CHUNK}
    with pytest.raises(UploadEnded):
        scene.post(key="summer")


@pytest.mark.parametrize("code", [302, 418])
def test_an_answer_that_nobody_expects_is_tried_again(colour: str, code: int) -> None:
    scene = Scene(colour)
    scene.server.script = [status(code)]
    scene.post()
    assert scene.arrived()
    scene = Scene(colour)
    scene.server.script.extend([status(code)] * ATTEMPTS)
    with pytest.raises(UploadFailed, match=f"HTTP {code}"):
        scene.post()


def test_a_post_that_tiktok_gave_up_says_why(colour: str) -> None:
    scene = Scene(colour)
    scene.server.script = [None, status(404)]
    scene.server.status = {"status": "FAILED", "fail_reason": "auth_removed"}
    with pytest.raises(UploadEnded, match="TikTok gave the post up: auth_removed"):
        scene.post()


def test_a_refused_chunk_is_not_repeated(colour: str) -> None:
    scene = Scene(colour)
    scene.server.script = [status(400)]
    with pytest.raises(UploadEnded, match=r"takes no more bytes \(HTTP 400: "):
        scene.post()
    assert len(scene.server.puts) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(status(503), UploadFailed), (reset_before, UploadFailed), (lost_answer, UploadTimedOut)],
)
def test_after_many_failures_it_stops_and_can_be_resumed(
    colour: str, fault: Any, kind: type[UploadFailed]
) -> None:
    scene = Scene(colour)

    def dead(request: httpx.Request, _store: Store) -> httpx.Response:
        answer: httpx.Response = fault(request, lambda: None)
        return answer

    scene.server.script = [None, *([dead] * ATTEMPTS)]
    with pytest.raises(UploadFailed) as failure:
        scene.post()
    assert type(failure.value) is kind
    assert isinstance(failure.value, TimedOut) == (kind is UploadTimedOut)
    assert failure.value.resumable
    assert failure.value.stored_bytes == CHUNK
    assert "resume('v_pub_file~v2-1.7') goes on" in str(failure.value)
    assert len(scene.slept) == ATTEMPTS - 1
    assert scene.slept == sorted(scene.slept) or max(scene.slept) <= 30
    post = scene.door.do("resume", failure.value.publish_id, DATA)
    assert post.resumed
    assert scene.arrived()


def test_a_delay_that_tiktok_asks_for_is_kept(colour: str) -> None:
    scene = Scene(colour)
    scene.server.script = [status(503, **{"Retry-After": "45"})]
    scene.post()
    assert scene.slept == [45.0]


def test_progress_ends_with_everything_and_shows_what_is_stored(colour: str) -> None:
    seen: list[Progress] = []
    scene = Scene(colour)
    scene.post(on_progress=seen.append)
    assert [look.stored_bytes for look in seen if look.sent_bytes == look.stored_bytes][-1] == len(DATA)
    assert seen[-1].finished
    assert seen[-1].fraction == 1.0
    assert {look.chunk_count for look in seen} == {3}


def test_progress_may_be_async_for_async_callers_only(colour: str) -> None:
    seen: list[int] = []

    async def show(progress: Progress) -> None:
        seen.append(progress.sent_bytes)

    scene = Scene(colour)
    if colour == "async":
        scene.post(on_progress=show)
        assert seen[-1] == len(DATA)
    else:
        with pytest.raises(TypeError, match="AsyncTikTok"):
            scene.post(on_progress=show)


def test_a_source_that_breaks_is_not_taken_for_a_connection_that_breaks(colour: str) -> None:
    def download() -> Iterator[bytes]:
        yield DATA[: CHUNK + 1]
        raise httpx.ReadError("the other server is gone")

    scene = Scene(colour)
    with pytest.raises(
        UploadFailed, match="could not be read: ReadError: the other server is gone"
    ) as failure:
        scene.post(download(), size=len(DATA))
    assert failure.value.stored_bytes == CHUNK


def test_a_file_object_that_is_closed_meanwhile_stops_the_upload(colour: str) -> None:
    file = io.BytesIO(DATA)

    def lose(_: Progress) -> None:
        file.close()

    with pytest.raises(UploadFailed, match="could not be read: ValueError: I/O operation on closed file"):
        Scene(colour).post(file, on_progress=lose)


def test_a_callback_that_fails_stops_the_upload_and_the_error_knows_the_post(colour: str) -> None:
    class Enough(Exception):
        pass

    def show(progress: Progress) -> None:
        if progress.stored_bytes:
            raise Enough

    scene = Scene(colour)
    with pytest.raises(Enough) as failure:
        scene.post(on_progress=show)
    assert failure.value.publish_id == "v_pub_file~v2-1.7"  # type: ignore[attr-defined]
    assert failure.value.sent is Sent.YES  # type: ignore[attr-defined]
    scene.door.do("resume", "v_pub_file~v2-1.7", DATA)
    assert scene.arrived()


def test_cancel_from_another_thread_leaves_something_to_resume(colour: str) -> None:
    scene = Scene(colour)
    stop = Signal()

    def cancel_during(_request: httpx.Request, store: Store) -> httpx.Response:
        thread = threading.Thread(target=stop.set)
        thread.start()
        thread.join()
        return store()

    scene.server.script = [cancel_during]
    with pytest.raises(UploadCancelled, match="it was cancelled") as cancelled:
        scene.post(cancel=stop)
    assert cancelled.value.stored_bytes == CHUNK
    assert scene.door.do("resume", cancelled.value.publish_id, DATA).resumed
    assert scene.arrived()


def test_cancel_ends_a_pause_at_once(colour: str) -> None:
    scene = Scene(colour)
    stop = Signal()
    assert isinstance(scene.door.clock, FakeClock)
    scene.door.clock.while_asleep = stop.set
    scene.server.script.extend([status(503)] * 5)
    with pytest.raises(UploadCancelled):
        scene.post(cancel=stop)
    assert len(scene.slept) == 1


def test_a_source_that_fails_in_the_middle_is_an_upload_that_stopped(colour: str) -> None:
    scene = Scene(colour)

    def short() -> Any:
        yield DATA[: CHUNK + 100]

    with pytest.raises(
        UploadFailed, match="ended after 5,242,980 bytes, but 15,728,657 were announced"
    ) as failure:
        scene.door.do(
            "post_video",
            short(),
            size=len(DATA),
            privacy_level="SELF_ONLY",
            chunk_size=CHUNK,
            preflight="off",
        )
    assert failure.value.stored_bytes == CHUNK


def test_a_stream_is_sent_again_from_its_spool(colour: str) -> None:
    scene = Scene(colour)
    scene.server.script = [None, status(503), reset_before]
    pieces = (DATA[first : first + 77_777] for first in range(0, len(DATA), 77_777))
    scene.door.do(
        "post_video", pieces, size=len(DATA), privacy_level="SELF_ONLY", chunk_size=CHUNK, preflight="off"
    )
    assert scene.arrived()


def test_the_upload_address_never_shows(colour: str) -> None:
    scene = Scene(colour)
    scene.server.script = [status(403)]
    with pytest.raises(UploadEnded) as ended:
        scene.post()
    assert (
        "very-secret" not in f"{ended.value!s} {ended.value!r} {ended.value.__cause__!s} {ended.value.args}"
    )


@pytest.mark.parametrize(
    ("address", "base_url", "fine"),
    [
        ("https://open-upload.tiktokapis.com/upload?a=1", None, True),
        ("https://upload.us.tiktokapis.com/video/?a=1", None, True),
        ("https://tiktokapis.com/x", None, True),
        ("https://UPLOAD.TIKTOKAPIS.COM/x", None, True),
        ("http://open-upload.tiktokapis.com/upload", None, False),
        ("https://eviltiktokapis.com/upload", None, False),
        ("https://tiktokapis.com.evil.test/upload", None, False),
        ("https://open-upload.tiktokapis.com@evil.test/upload", None, False),
        ("http://127.0.0.1:8642/upload", None, False),
        ("http://127.0.0.1:8642/upload", "http://127.0.0.1:8642", True),
        ("http://127.0.0.1:9999/upload", "http://127.0.0.1:8642/", True),
        ("https://open-upload.tiktokapis.com/upload", "http://127.0.0.1:8642", True),
        ("http://192.0.2.1/upload", "http://127.0.0.1:8642", False),
        ("", None, False),
    ],
)
def test_bytes_go_to_tiktok_or_to_the_host_of_base_url(
    colour: str, address: str, base_url: str | None, fine: bool
) -> None:
    job = UploadJob("v_pub_file~v2-1.7", address, ChunkPlan.for_size(10), "video/mp4")
    if fine:
        check_upload_url(job, base_url)
    else:
        with pytest.raises(UploadEnded):
            check_upload_url(job, base_url)


def test_an_upload_begins_between_chunks_only(colour: str) -> None:
    scene = Scene(colour)
    job = UploadJob(
        "v_pub_file~v2-1.7", scene.server.address, ChunkPlan.for_size(len(DATA), CHUNK), "video/mp4"
    )
    tik = scene.door.tik
    flow = upload(tik._session, job, BytesSource("video", DATA), stored=17)
    with pytest.raises(UploadFailed, match="cannot begin at byte 17"):
        next(flow)


def test_no_byte_goes_to_a_foreign_host(colour: str) -> None:
    scene = Scene(colour)
    scene.server.address = "https://tiktokapis.com.evil.test/upload?upload_token=very-secret"
    with pytest.raises(UploadEnded, match=r"begins with https://tiktokapis.com.evil.test, which") as ended:
        scene.post()
    assert scene.server.puts == []
    assert "very-secret" not in str(ended.value)


def test_the_status_may_be_out_of_reach(colour: str) -> None:
    scene = Scene(colour)
    answer = scene.answer

    def grumpy(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/status/fetch/"):
            return refused(400, "invalid_publish_id")
        return answer(request)

    scene.door.fake.answer = grumpy
    scene.server.script = [None, status(404)]
    with pytest.raises(UploadEnded, match="HTTP 404"):
        scene.post()
