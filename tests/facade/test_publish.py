"""Published at most once: what is sent, what is written down first, and what every failure says."""

from __future__ import annotations

import asyncio
import io
import json
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.facade.doors import COLOURS, Door, UploadServer, video
from tests.facade.support import FakeClock, body, ok, refused
from tiktok_api_client import (
    Aftermath,
    CouldNotAsk,
    Error,
    FileJournal,
    Impossible,
    LoginRequired,
    MemoryJournal,
    OutcomeUnknown,
    Sent,
    ServerFault,
    Signal,
    StoreFailed,
    Submitted,
    TimedOut,
    TryLater,
    Unreadable,
    UploadCancelled,
    UploadEnded,
    UploadFailed,
    VideoPost,
    aftermath,
)
from tiktok_api_client.journal import Entry, Stage, entry_id

pytestmark = pytest.mark.parametrize("colour", COLOURS)

CHUNK = 5 * 1024 * 1024
DATA = video(2 * CHUNK + 5)


def unavailable(_request: httpx.Request, _store: object) -> httpx.Response:
    return httpx.Response(503)


def over(_request: httpx.Request, _store: object) -> httpx.Response:
    return httpx.Response(403)


INTERNAL = {"error": {"code": "internal_error", "message": "", "log_id": "L"}}
PHOTOS = ["https://media.example.test/1.jpg", "https://media.example.test/2.webp"]
Init = Callable[[httpx.Request], httpx.Response]


class Scene:
    """A TikTok that counts posts, whatever it answers."""

    def __init__(self, colour: str, **settings: Any) -> None:
        self.colour = colour
        self.posts: list[Any] = []
        self.inits: list[Init] = []
        self.upload = UploadServer(len(DATA))
        self.settings: dict[str, Any] = {"journal": MemoryJournal(), **settings}
        self.door = Door(colour, self.answer, **self.settings)
        self.status: dict[str, object] = {"status": "PROCESSING_UPLOAD"}

    def reborn(self) -> None:
        """A new process with the same journal."""
        self.door = Door(self.colour, self.answer, **self.settings)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "PUT":
            return self.upload.put(request)
        if path.endswith("/status/fetch/"):
            return ok(self.status)
        assert path.endswith("/init/")
        return self.inits.pop(0)(request) if self.inits else self.begin(request)

    def begin(self, request: httpx.Request) -> httpx.Response:
        self.posts.append(body(request))
        data: dict[str, object] = {"publish_id": f"v_pub_file~v2-1.{len(self.posts)}"}
        if "video_size" in str(self.posts[-1]):
            data["upload_url"] = self.upload.address
        return ok(data)

    def post(self, source: Any = DATA, **how: Any) -> Any:
        how = {"privacy_level": "SELF_ONLY", "chunk_size": CHUNK, "preflight": "off", **how}
        return self.door.do("post_video", source, **how)

    def paths(self) -> list[str]:
        return [path.rsplit("/publish/", 1)[-1] for path in self.door.fake.paths()]


# What goes out


def test_a_direct_post(colour: str) -> None:
    scene = Scene(colour)
    post = scene.post(title="A test", disable_duet=True, video_cover_timestamp_ms=1000, is_aigc=True)
    assert scene.posts == [
        {
            "post_info": {
                "privacy_level": "SELF_ONLY",
                "title": "A test",
                "disable_duet": True,
                "video_cover_timestamp_ms": 1000,
                "is_aigc": True,
            },
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": len(DATA),
                "chunk_size": CHUNK,
                "total_chunk_count": 2,
            },
        }
    ]
    assert bytes(scene.upload.stored) == DATA
    assert isinstance(post, Submitted)
    assert not post.resumed


def test_a_draft_has_no_caption_and_no_privacy(colour: str) -> None:
    scene = Scene(colour)
    scene.door.do("draft_video", DATA, preflight="off")
    assert list(scene.posts[0]) == ["source_info"]
    assert scene.paths()[0] == "inbox/video/init/"


@pytest.mark.parametrize("draft", [False, True])
def test_a_url_is_left_to_tiktok(colour: str, draft: bool) -> None:
    scene = Scene(colour)
    address = "https://media.example.test/v.mp4"
    post = scene.door.do("draft_video", address, preflight="off") if draft else scene.post(address)
    assert scene.posts[0]["source_info"] == {"source": "PULL_FROM_URL", "video_url": address}
    assert post["data"]["publish_id"] == post.publish_id
    assert "final_response" not in post
    assert len(scene.paths()) == 1


def test_a_value_is_posted_like_the_call_that_names_its_kind(colour: str) -> None:
    scene = Scene(colour)
    address = "https://media.example.test/v.mp4"
    post = VideoPost(video=address, privacy_level="SELF_ONLY", title="A test")
    assert isinstance(scene.door.do("post", post, preflight="off"), Submitted)
    scene.post(address, title="A test")
    assert scene.posts[0] == scene.posts[1]
    with pytest.raises(TypeError, match="colour"):
        scene.door.do("post", post, colour="red")


def test_photos_say_where_their_label_belongs(colour: str) -> None:
    scene = Scene(colour)
    post = scene.door.do(
        "post_photos",
        PHOTOS,
        privacy_level="SELF_ONLY",
        title="Two",
        description="pictures",
        photo_cover_index=1,
        auto_add_music=True,
        is_aigc=True,
        preflight="off",
    )
    assert scene.posts[0] == {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": "Two",
            "description": "pictures",
            "privacy_level": "SELF_ONLY",
            "auto_add_music": True,
        },
        "source_info": {"source": "PULL_FROM_URL", "photo_images": PHOTOS, "photo_cover_index": 1},
        "is_aigc": True,
    }
    assert post["photo_upload_response"]["data"]["publish_id"] == post.publish_id


def test_a_photo_draft(colour: str) -> None:
    scene = Scene(colour)
    scene.door.do("draft_photos", PHOTOS, title="Two", preflight="off")
    assert scene.posts[0]["post_mode"] == "MEDIA_UPLOAD"
    assert scene.posts[0]["post_info"] == {"title": "Two"}


def test_every_kind_of_source_arrives(colour: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(DATA)

    async def pieces() -> AsyncIterator[bytes]:
        for first in range(0, len(DATA), 100_000):
            yield DATA[first : first + 100_000]

    with path.open("rb") as file:
        sources: list[Any] = [path, str(path), file, io.BytesIO(DATA), bytearray(DATA), memoryview(DATA)]
        sources.append(iter([DATA[:7], DATA[7:]]))
        if colour == "async":
            sources.append(pieces())
        for source in sources:
            scene = Scene(colour)
            scene.post(source, size=len(DATA))
            assert bytes(scene.upload.stored) == DATA


# Before the first byte


def test_the_publish_id_is_known_and_written_down_before_the_first_byte(colour: str) -> None:
    scene = Scene(colour)
    seen: list[tuple[str, int, Stage]] = []

    def note(publish_id: str) -> None:
        entry = scene.settings["journal"].find(publish_id)
        assert entry is not None
        seen.append((publish_id, len(scene.upload.puts), entry.stage))

    scene.post(on_publish_id=note)
    assert seen == [("v_pub_file~v2-1.1", 0, Stage.BEGUN)]
    entry = scene.settings["journal"].find("v_pub_file~v2-1.1")
    assert (entry.stage, entry.upload_url) == (Stage.HANDED_OVER, None)


def test_an_async_callback_is_awaited(colour: str) -> None:
    scene = Scene(colour)
    seen: list[str] = []

    async def note(publish_id: str) -> None:
        await asyncio.sleep(0)
        seen.append(publish_id)

    if colour == "sync":
        with pytest.raises(TypeError, match="AsyncTikTok"):
            scene.post(on_publish_id=note)
    else:
        scene.post(on_publish_id=note)
        assert seen == ["v_pub_file~v2-1.1"]


def test_a_callback_that_fails_leaves_a_post_that_can_be_resumed(colour: str) -> None:
    scene = Scene(colour)

    def note(publish_id: str) -> None:
        raise RuntimeError(publish_id)

    with pytest.raises(RuntimeError) as failure:
        scene.post(on_publish_id=note)
    assert failure.value.sent is Sent.YES  # type: ignore[attr-defined]
    assert scene.door.do("resume", failure.value.publish_id, DATA).resumed  # type: ignore[attr-defined]
    assert bytes(scene.upload.stored) == DATA
    assert len(scene.posts) == 1


# Which inits are repeated, and what failures say


def raising(kind: type[httpx.TransportError]) -> Init:
    def init(_request: httpx.Request) -> httpx.Response:
        raise kind("broken")

    return init


def acting(scene: Scene, answer: httpx.Response | type[httpx.TransportError]) -> Init:
    def init(request: httpx.Request) -> httpx.Response:
        scene.begin(request)
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, content=answer.content)
        raise answer("broken")

    return init


def answering(answer: httpx.Response) -> Init:
    return lambda _request: httpx.Response(answer.status_code, content=answer.content)


@pytest.mark.parametrize("again", [raising(httpx.ConnectError), raising(httpx.ConnectTimeout)])
def test_an_init_that_did_not_get_through_is_repeated(colour: str, again: Init) -> None:
    scene = Scene(colour)
    scene.inits = [again, again]
    scene.post()
    assert len(scene.posts) == 1


def test_an_init_over_the_rate_limit_is_repeated(colour: str) -> None:
    scene = Scene(colour)
    scene.inits = [answering(refused(429, "rate_limit_exceeded"))]
    scene.post()
    assert len(scene.posts) == 1


def test_a_dead_token_is_refreshed_and_the_init_repeated_once(colour: str) -> None:
    scene = Scene(colour)
    scene.inits = [answering(refused(401, "access_token_invalid"))]
    scene.post()
    assert len(scene.posts) == 1
    assert scene.door.fake.refreshes == 1


UNCLEAR: list[tuple[httpx.Response | type[httpx.TransportError], type[Error]]] = [
    (httpx.ReadTimeout, TimedOut),
    (httpx.ReadError, CouldNotAsk),
    (httpx.WriteError, CouldNotAsk),
    (httpx.RemoteProtocolError, CouldNotAsk),
    (
        httpx.Response(500, json=INTERNAL),
        ServerFault,
    ),
    (
        httpx.Response(200, json=INTERNAL),
        ServerFault,
    ),
    (httpx.Response(504, text="<html>gateway</html>"), ServerFault),
    (httpx.Response(200, text="<html>hello</html>"), Unreadable),
    (httpx.Response(200, text='{"data": {"publish_id": "v_pub'), Unreadable),
    (httpx.Response(200, text=""), Unreadable),
    (httpx.Response(302, text=""), Unreadable),
    (ok({"publish_id": "v_pub_file~v2-1.1"}), Unreadable),
]


@pytest.mark.parametrize(("answer", "kind"), UNCLEAR)
def test_an_init_with_an_unclear_outcome_is_never_repeated(
    colour: str, answer: httpx.Response | type[httpx.TransportError], kind: type[Error]
) -> None:
    scene = Scene(colour)
    scene.inits = [acting(scene, answer)]
    with pytest.raises(kind) as failure:
        scene.post(key="summer")
    assert (failure.value.sent, failure.value.publish_id) == (Sent.UNKNOWN, None)  # type: ignore[attr-defined]
    assert len(scene.posts) == 1
    scene.reborn()
    with pytest.raises(OutcomeUnknown, match="'summer' may have posted") as unknown:
        scene.post(key="summer")
    assert unknown.value.sent is Sent.UNKNOWN
    assert len(scene.posts) == 1
    scene.door.do("forget", "summer")
    scene.post(key="summer")
    assert len(scene.posts) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(400, "invalid_params", "The chunk size is invalid"), Error),
        (refused(403, "spam_risk_too_many_posts"), TryLater),
        (refused(200, "spam_risk_too_many_posts"), TryLater),
        (refused(403, "url_ownership_unverified"), Error),
        (refused(401, "scope_not_authorized"), LoginRequired),
        (refused(403, "a_code_from_tomorrow"), Error),
    ],
)
def test_a_refusal_leaves_nothing_behind(colour: str, answer: httpx.Response, kind: type[Error]) -> None:
    scene = Scene(colour)
    scene.inits = [answering(answer)]
    with pytest.raises(kind) as failure:
        scene.post(key="summer")
    assert (failure.value.sent, failure.value.publish_id) == (Sent.NO, None)  # type: ignore[attr-defined]
    assert scene.settings["journal"].look(entry_id("summer")) is None


def test_a_login_that_is_gone_means_nothing_was_sent(colour: str) -> None:
    scene = Scene(colour)
    scene.door.fake.alive.clear()
    scene.inits = [answering(refused(401, "access_token_invalid"))]
    with pytest.raises(Error) as failure:
        scene.post(key="summer")
    assert failure.value.sent is Sent.NO  # type: ignore[attr-defined]
    assert scene.posts == []
    assert scene.settings["journal"].look(entry_id("summer")) is None


def test_a_refresh_whose_answer_is_lost_is_no_unclear_post(colour: str) -> None:
    scene = Scene(colour)
    scene.inits = [answering(refused(401, "access_token_invalid"))]
    scene.door.fake.token_answers = [httpx.ReadTimeout("late")] * 5
    with pytest.raises(Error) as failure:
        scene.post()
    assert failure.value.sent is Sent.NO  # type: ignore[attr-defined]


def test_a_closed_client_has_sent_nothing_and_leaves_the_key_free(colour: str) -> None:
    scene = Scene(colour)
    scene.door.do("close")
    with pytest.raises(Impossible, match="client: must be open, got a closed one") as refusal:
        scene.post(key="summer")
    assert aftermath(refusal.value) == Aftermath(Sent.NO)
    scene.reborn()
    assert scene.post(key="summer").publish_id == "v_pub_file~v2-1.1"


def test_aftermath_tells_what_any_failure_left_behind(colour: str) -> None:
    scene = Scene(colour)
    scene.inits = [acting(scene, httpx.ReadTimeout)]
    with pytest.raises(TimedOut) as unknown:
        scene.post()
    assert aftermath(unknown.value) == Aftermath(Sent.UNKNOWN)
    scene.upload.script = [over]
    with pytest.raises(UploadEnded) as ended:
        scene.post()
    assert aftermath(ended.value) == Aftermath(Sent.YES, "v_pub_file~v2-1.2")
    assert aftermath(KeyError()) == Aftermath(Sent.UNKNOWN)


# Whoever is interrupted knows, too


def gone(colour: str) -> BaseException:
    """What takes the caller of this colour away."""
    return KeyboardInterrupt() if colour == "sync" else asyncio.CancelledError()


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


def interrupt(colour: str) -> None:
    """What a user does: Ctrl-C, or `cancel` of the task that posts."""
    if colour == "sync":
        signal.raise_signal(signal.SIGINT)
    else:
        (poster,) = (task for task in asyncio.all_tasks() if "wait_for" in repr(task.get_coro()))
        poster.cancel()


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("claim", Aftermath(Sent.NO)),
        ("init", Aftermath(Sent.UNKNOWN)),
        ("upload", Aftermath(Sent.YES, "v_pub_file~v2-1.1")),
    ],
)
def test_an_interrupted_call_tells_what_it_left_behind(colour: str, step: str, left: Aftermath) -> None:
    scene, error = Scene(colour), gone(colour)
    if step == "claim":
        scene.settings["journal"].claim = failing(error)
    elif step == "init":
        scene.inits = [failing(error)]
    else:
        scene.upload.script = [None, failing(error)]
    with pytest.raises(type(error)) as caught:
        scene.post()
    assert aftermath(caught.value) == left
    assert colour == "async" or caught.value is error  # asyncio raises one of its own


def test_an_init_that_is_interrupted_ends_first_and_its_post_is_named(colour: str) -> None:
    scene = Scene(colour)

    def init(request: httpx.Request) -> httpx.Response:
        interrupt(colour)
        return scene.begin(request)

    scene.inits = [init]
    with pytest.raises(type(gone(colour))) as caught:
        scene.post()
    assert aftermath(caught.value) == Aftermath(Sent.YES, "v_pub_file~v2-1.1")
    assert scene.upload.puts == []
    scene.door.do("resume", "v_pub_file~v2-1.1", DATA)
    assert (len(scene.posts), bytes(scene.upload.stored)) == (1, DATA)


# Cancelled before there is a post


def test_a_post_that_is_cancelled_beforehand_is_not_begun_and_leaves_its_key_free(colour: str) -> None:
    scene, stop = Scene(colour), Signal()
    stop.set()
    with pytest.raises(UploadCancelled, match="before it was begun; nothing was sent") as cancelled:
        scene.post(key="summer", cancel=stop, preflight="strict")
    assert aftermath(cancelled.value) == Aftermath(Sent.NO)
    assert (cancelled.value.publish_id, cancelled.value.resumable) == ("", False)
    assert scene.paths() == []
    assert not scene.post(key="summer").resumed


def test_a_post_that_is_cancelled_while_it_waits_for_its_turn_is_not_begun(colour: str) -> None:
    clock, stop = FakeClock(), Signal()
    clock.while_asleep = stop.set
    scene = Scene(colour, clock=clock)
    scene.inits = [answering(refused(429, "rate_limit_exceeded"))]
    with pytest.raises(UploadCancelled) as cancelled:
        scene.post(key="summer", cancel=stop)
    assert aftermath(cancelled.value) == Aftermath(Sent.NO)
    assert scene.posts == []
    assert scene.settings["journal"].look(entry_id("summer")) is None


def test_a_cancelled_call_still_tells_of_the_post_that_an_earlier_one_with_its_key_began(colour: str) -> None:
    scene, stop = Scene(colour), Signal()
    scene.upload.script = [None, *([unavailable] * 8)]
    with pytest.raises(UploadFailed):
        scene.post(key="summer")
    stop.set()
    with pytest.raises(UploadCancelled) as cancelled:
        scene.post(key="summer", cancel=stop)
    assert aftermath(cancelled.value) == Aftermath(Sent.YES, "v_pub_file~v2-1.1")
    assert scene.post(key="summer").resumed
    assert scene.post(key="summer", cancel=stop).resumed  # there is nothing left to cancel


# Keys


def test_a_key_posts_once(colour: str) -> None:
    scene = Scene(colour)
    first = scene.post(key="summer")
    again = scene.post(key="summer")
    assert (again.publish_id, again.resumed) == (first.publish_id, True)
    assert again["initial_response"]["data"]["publish_id"] == first.publish_id
    assert again["final_response"] == {}
    assert len(scene.posts) == 1


@pytest.mark.parametrize("kind", ["photos", "url"])
def test_a_key_posts_once_whatever_is_posted(colour: str, kind: str) -> None:
    scene = Scene(colour)

    def post() -> Any:
        if kind == "url":
            return scene.post("https://media.example.test/v.mp4", key="summer")
        how = {"privacy_level": "SELF_ONLY", "key": "summer", "preflight": "off"}
        return scene.door.do("post_photos", PHOTOS, **how)

    first, again = post(), post()
    assert (first.publish_id, first.keys()) == (again.publish_id, again.keys())
    assert len(scene.posts) == 1


def test_a_key_goes_on_with_an_upload_that_stopped(colour: str, tmp_path: Path) -> None:
    scene = Scene(colour, journal=FileJournal(tmp_path))
    scene.upload.script = [None, *([unavailable] * 8)]
    with pytest.raises(UploadFailed):
        scene.post(key="summer")
    scene.reborn()
    post = scene.post(key="summer")
    assert post.resumed
    assert bytes(scene.upload.stored) == DATA
    assert len(scene.posts) == 1


def test_a_key_may_be_used_again_when_its_upload_can_never_end(colour: str) -> None:
    scene = Scene(colour)
    scene.upload.script = [over]
    with pytest.raises(UploadEnded):
        scene.post(key="summer")
    assert scene.post(key="summer").publish_id == "v_pub_file~v2-1.2"


def test_a_key_may_be_used_again_when_tiktok_gave_its_post_up_meanwhile(colour: str) -> None:
    scene = Scene(colour)
    scene.upload.script = [unavailable] * 8
    with pytest.raises(UploadFailed):
        scene.post(key="summer")
    scene.status = {"status": "FAILED", "fail_reason": "auth_removed"}
    with pytest.raises(UploadEnded, match="TikTok gave the post up: auth_removed"):
        scene.post(key="summer")
    assert scene.post(key="summer").publish_id == "v_pub_file~v2-1.2"


def test_a_key_whose_entry_cannot_be_read_may_have_posted(colour: str, tmp_path: Path) -> None:
    scene = Scene(colour, journal=FileJournal(tmp_path))
    scene.post(key="summer")
    for file in tmp_path.glob("*.json"):
        file.write_text("{")
    with pytest.raises(StoreFailed) as failure:
        scene.post(key="summer")
    assert aftermath(failure.value) == Aftermath(Sent.UNKNOWN)
    assert len(scene.posts) == 1


def test_a_key_names_one_post_only(colour: str) -> None:
    scene = Scene(colour)
    scene.post(key="summer", title="Summer")
    with pytest.raises(Impossible, match="must name one post only") as refusal:
        scene.post(key="summer", title="Winter")
    assert refusal.value.field == "key"
    assert len(scene.posts) == 1


def test_a_key_needs_a_journal(colour: str) -> None:
    scene = Scene(colour)
    object.__setattr__(scene.door.tik._session, "journal", None)
    scene.post()
    with pytest.raises(Impossible, match="needs a journal"):
        scene.post(key="summer")


def test_another_caller_who_was_quicker_is_not_overtaken(colour: str) -> None:
    class Race(MemoryJournal):
        def claim(self, entry: Entry) -> Entry | None:
            found = super().claim(entry)
            return found if found is not None else super().claim(entry)

    scene = Scene(colour, journal=Race())
    with pytest.raises(OutcomeUnknown):
        scene.post(key="summer")
    assert scene.posts == []


def test_another_caller_who_was_quicker_with_another_post_has_the_key(colour: str) -> None:
    class Race(MemoryJournal):
        def claim(self, entry: Entry) -> Entry | None:
            return Entry(id=entry.id, stage=Stage.HANDED_OVER, key=entry.key, publish_id="v_pub_file~v2-1.9")

    scene = Scene(colour, journal=Race())
    with pytest.raises(Impossible, match="must name one post only"):
        scene.post(key="summer")
    assert scene.posts == []


# Journals that fail


class Broken(MemoryJournal):
    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    def claim(self, entry: Entry) -> Entry | None:
        if self.method == "claim":
            raise StoreFailed("disk full")
        return super().claim(entry)

    def write(self, entry: Entry) -> None:
        if self.method == "write":
            raise StoreFailed("disk full")
        super().write(entry)


def test_nothing_is_sent_that_cannot_be_written_down(colour: str) -> None:
    scene = Scene(colour, journal=Broken("claim"))
    with pytest.raises(StoreFailed, match="disk full") as failure:
        scene.post()
    assert failure.value.sent is Sent.NO  # type: ignore[attr-defined]
    assert scene.posts == []


def test_an_id_that_cannot_be_written_down_is_told_by_the_error(colour: str) -> None:
    scene = Scene(colour, journal=Broken("write"))
    with pytest.raises(StoreFailed) as failure:
        scene.post()
    assert failure.value.sent is Sent.YES  # type: ignore[attr-defined]
    assert failure.value.publish_id == "v_pub_file~v2-1.1"  # type: ignore[attr-defined]
    assert scene.upload.puts == []


def test_a_journal_of_the_users_own_may_be_async(colour: str) -> None:
    class Database:
        def __init__(self) -> None:
            self.inner = MemoryJournal()

        async def claim(self, entry: Entry) -> Entry | None:
            await asyncio.sleep(0)
            return self.inner.claim(entry)

        async def write(self, entry: Entry) -> None:
            self.inner.write(entry)

        async def drop(self, entry: Entry) -> None:
            self.inner.drop(entry)

        async def find(self, publish_id: str) -> Entry | None:
            return self.inner.find(publish_id)

        async def look(self, id: str) -> Entry | None:  # noqa: A002
            return self.inner.look(id)

    scene = Scene(colour, journal=Database())
    if colour == "sync":
        with pytest.raises(TypeError, match="AsyncTikTok"):
            scene.post()
    else:
        scene.post(key="summer")
        assert scene.post(key="summer").resumed


def test_a_journal_in_memory_may_be_made_async_in_part(colour: str) -> None:
    class Watched(MemoryJournal):
        async def look(self, id: str) -> Entry | None:  # type: ignore[override]  # noqa: A002 - only async callers have it
            return super().look(id)

    scene = Scene(colour, journal=Watched())
    if colour == "sync":
        with pytest.raises(TypeError, match="AsyncTikTok"):
            scene.post(key="summer")
    else:
        scene.post(key="summer")
        assert scene.post(key="summer").resumed


# Resuming


def test_resume_needs_the_journal(colour: str) -> None:
    with pytest.raises(Impossible, match="must be that of a post in the journal") as refusal:
        Scene(colour).door.do("resume", "v_pub_file~v2-1.7")
    assert aftermath(refusal.value) == Aftermath(Sent.YES, "v_pub_file~v2-1.7")  # who gives ids is TikTok


def test_a_resume_that_cannot_be_tried_names_the_post(colour: str) -> None:
    with pytest.raises(Impossible, match="cancel") as refusal:
        Scene(colour).door.do("resume", "v_pub_file~v2-1.7", cancel=True)
    assert aftermath(refusal.value) == Aftermath(Sent.YES, "v_pub_file~v2-1.7")


def test_a_spent_budget_for_questions_does_not_hide_that_an_upload_is_over(colour: str) -> None:
    scene = Scene(colour, budget="raise")
    for _ in range(30):
        scene.door.do("check_upload_status", "v_pub_file~v2-1.7")
    scene.upload.script = [over]
    with pytest.raises(UploadEnded, match="HTTP 403"):
        scene.post()


def test_resume_of_what_is_done_asks_nothing(colour: str) -> None:
    scene = Scene(colour)
    post = scene.post()
    scene.door.fake.requests.clear()
    assert scene.door.do("resume", post.publish_id).publish_id == post.publish_id
    assert scene.door.fake.requests == []


def stopped(scene: Scene, source: Any = DATA) -> str:
    """A post whose upload stopped after the first chunk."""
    scene.upload.script = [None, *([unavailable] * 8)]
    with pytest.raises(UploadFailed) as failure:
        scene.post(source)
    scene.reborn()
    return failure.value.publish_id


def test_resume_finds_a_path_again(colour: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(DATA)
    scene = Scene(colour, journal=FileJournal(tmp_path / "journal"))
    publish_id = stopped(scene, path)
    puts = len(scene.upload.puts)
    scene.status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}
    post = scene.door.do("resume", publish_id)
    assert (post.publish_id, post.resumed, post["final_response"]) == (publish_id, True, {"status_code": 201})
    assert scene.upload.puts[puts:] == [f"bytes {CHUNK}-{len(DATA) - 1}/{len(DATA)}"]
    assert bytes(scene.upload.stored) == DATA


def test_resume_without_help_from_the_status_follows_the_416(colour: str) -> None:
    scene = Scene(colour)
    publish_id = stopped(scene)
    scene.status = {"status": "PROCESSING_UPLOAD"}
    scene.door.do("resume", publish_id, DATA)
    assert bytes(scene.upload.stored) == DATA


def test_resume_of_a_stream_skips_what_has_arrived(colour: str) -> None:
    scene = Scene(colour)
    publish_id = stopped(scene)
    scene.status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}
    scene.door.do("resume", publish_id, iter([DATA[:1000], DATA[1000:]]), size=len(DATA))
    assert bytes(scene.upload.stored) == DATA


def test_resume_wants_the_bytes_of_what_was_no_file(colour: str) -> None:
    scene = Scene(colour)
    publish_id = stopped(scene)
    with pytest.raises(Impossible, match="must be given again: it was not a path"):
        scene.door.do("resume", publish_id)


@pytest.mark.parametrize("other", [DATA[:-1], DATA[:-1] + b"!"])
def test_resume_takes_no_other_video(colour: str, other: bytes) -> None:
    scene = Scene(colour)
    publish_id = stopped(scene)
    with pytest.raises(Impossible, match=r"must be the video that .* was begun with") as refusal:
        scene.door.do("resume", publish_id, other)
    assert refusal.value.sent is Sent.YES  # type: ignore[attr-defined]
    assert refusal.value.publish_id == publish_id  # type: ignore[attr-defined]


def test_resume_says_when_the_hour_is_over(colour: str) -> None:
    scene = Scene(colour)
    publish_id = stopped(scene)
    scene.upload.script = [over, over]
    with pytest.raises(UploadFailed, match="does not say whether it has them all"):
        scene.door.do("resume", publish_id, DATA)
    scene.status = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": CHUNK}
    with pytest.raises(UploadEnded, match="only a new post can help"):
        scene.door.do("resume", publish_id, DATA)


def test_resume_of_a_post_that_tiktok_has_finished(colour: str) -> None:
    scene = Scene(colour)
    publish_id = stopped(scene)
    scene.status = {"status": "PUBLISH_COMPLETE"}
    scene.upload.script = []
    puts = len(scene.upload.puts)
    assert scene.door.do("resume", publish_id, DATA).resumed
    assert len(scene.upload.puts) == puts


# Secrets


def test_nothing_secret_in_results_or_journals_shown(colour: str) -> None:
    scene = Scene(colour)
    post = scene.post(key="summer")
    assert post["initial_response"]["data"]["upload_url"] == scene.upload.address
    assert "very-secret" not in repr(post)
    entry = scene.settings["journal"].look(entry_id("summer"))
    assert "very-secret" not in repr(entry)
    assert json.loads(entry.to_json())["upload_url"] is None


# Cancelling the task


def test_a_cancelled_task_leaves_a_post_that_can_be_resumed(colour: str) -> None:
    if colour == "sync":
        pytest.skip("tasks are async")
    scene = Scene(colour)

    async def run() -> None:
        task = asyncio.get_running_loop().create_task(
            scene.door.tik.post_video(
                DATA, privacy_level="SELF_ONLY", chunk_size=CHUNK, preflight="off", on_progress=stop
            )
        )
        tasks.append(task)
        with pytest.raises(asyncio.CancelledError):
            await task

    tasks: list[asyncio.Task[Any]] = []

    async def stop(progress: object) -> None:
        tasks[0].cancel()
        await asyncio.sleep(0)

    asyncio.run(run())
    assert bytes(scene.upload.stored) != DATA
    scene.door.do("resume", "v_pub_file~v2-1.1", DATA)
    assert bytes(scene.upload.stored) == DATA
    assert len(scene.posts) == 1


def test_a_task_cancelled_during_the_init_still_writes_its_answer_down(colour: str) -> None:
    if colour == "sync":
        pytest.skip("tasks are async")
    scene = Scene(colour)
    tasks: list[asyncio.Task[Any]] = []

    def cancel_meanwhile(request: httpx.Request) -> httpx.Response:
        tasks[0].cancel()
        return scene.begin(request)

    scene.inits = [cancel_meanwhile]

    async def run() -> None:
        tasks.append(
            asyncio.get_running_loop().create_task(
                scene.door.tik.post_video(DATA, privacy_level="SELF_ONLY", preflight="off", key="summer")
            )
        )
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]

    asyncio.run(run())
    entry = scene.settings["journal"].look(entry_id("summer"))
    assert (entry.stage, entry.publish_id) == (Stage.BEGUN, "v_pub_file~v2-1.1")
    assert scene.post(key="summer", chunk_size=None).resumed
    assert bytes(scene.upload.stored) == DATA
