"""Waiting: five different answers, paced, patient with what passes, ended early by events."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from typing import Any

import httpx
import pytest

from tests.facade.doors import COLOURS, Door
from tests.facade.support import FakeClock, Responder, ok, refused
from tiktok_api_client import (
    Aftermath,
    CouldNotAsk,
    Failed,
    Impossible,
    InInbox,
    InputRefused,
    LoginRequired,
    Processing,
    Published,
    Sent,
    ServerFault,
    Unknown,
    UnknownEvent,
    WebhookEvent,
    aftermath,
)
from tiktok_api_client.deliveries import Deliveries
from tiktok_api_client.wait import GRACE
from tiktok_openapi import FailReason, PublishState, webhooks

pytestmark = pytest.mark.parametrize("colour", COLOURS)

ID = "v_pub_file~v2-1.7"
Answer = httpx.Response | Exception
Event = WebhookEvent | UnknownEvent


def status(state: str, **more: object) -> httpx.Response:
    return ok({"status": state, **more})


class Scene:
    """A TikTok that gives these statuses, and the last one for ever."""

    def __init__(self, colour: str, *answers: Answer, **settings: Any) -> None:
        self.answers = list(answers)
        self.asked: list[float] = []
        self.door = Door(colour, self.answer, **settings)

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/status/fetch/")
        self.asked.append(self.clock.time)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    @property
    def clock(self) -> FakeClock:
        assert isinstance(self.door.clock, FakeClock)
        return self.door.clock

    def wait(self, **named: Any) -> Any:
        return self.door.do("wait", ID, **named)


def event(name: str, **content: object) -> WebhookEvent | UnknownEvent:
    body = {
        "client_key": "key-1",
        "event": name,
        "create_time": 1_790_000_000,
        "user_openid": "user-1",
        "content": json.dumps({"publish_id": ID, "publish_type": "DIRECT_PUBLISH", **content}),
    }
    return webhooks.parse(json.dumps(body).encode())


# The five answers


def test_published(colour: str) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD"), status("PUBLISH_COMPLETE"))
    outcome = scene.wait()
    assert isinstance(outcome, Published)
    assert (outcome.publish_id, outcome.post_ids, outcome.status) == (ID, (), PublishState.PUBLISH_COMPLETE)
    assert scene.clock.slept == [2.0]


def test_published_with_ids_that_are_exact(colour: str) -> None:
    ids = [7700000000000000007, 9007199254740993]
    outcome = Scene(colour, status("PUBLISH_COMPLETE", publicaly_available_post_id=ids)).wait()
    assert outcome.post_ids == ("7700000000000000007", "9007199254740993")


def test_a_draft_in_the_inbox_is_not_waited_for_any_longer(colour: str) -> None:
    scene = Scene(colour, status("SEND_TO_USER_INBOX"))
    outcome = scene.wait()
    assert isinstance(outcome, InInbox)
    assert outcome.status == "SEND_TO_USER_INBOX"
    assert len(scene.asked) == 1


def test_failed_with_reason_and_advice(colour: str) -> None:
    outcome = Scene(colour, status("FAILED", fail_reason="frame_rate_check_failed")).wait()
    assert isinstance(outcome, Failed)
    assert outcome.fail_reason is FailReason.FRAME_RATE_CHECK_FAILED
    assert (outcome.retryable, outcome.advice) == (False, "Use 23 to 60 frames per second.")
    assert outcome.status is PublishState.FAILED


def test_failed_for_a_reason_that_is_new_or_missing(colour: str) -> None:
    new = Scene(colour, status("FAILED", fail_reason="solar_flare")).wait()
    assert (new.fail_reason, new.retryable, new.advice) == ("solar_flare", False, "")
    assert Scene(colour, status("FAILED", fail_reason="")).wait().fail_reason is None


def test_still_processing_at_the_deadline_is_no_failure(colour: str) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD", uploaded_bytes=30_000_000))
    outcome = scene.wait(timeout=45)
    assert isinstance(outcome, Processing)
    assert (outcome.waited, outcome.moved_bytes, outcome.status) == (45.0, 30_000_000, "PROCESSING_UPLOAD")
    assert sum(scene.clock.slept) == pytest.approx(45.0)


def test_a_download_reports_its_bytes_and_a_new_state_is_still_processing(colour: str) -> None:
    pulled = Scene(colour, status("PROCESSING_DOWNLOAD", downloaded_bytes=5)).wait(timeout=0)
    assert pulled.moved_bytes == 5
    new = Scene(colour, status("MODERATING")).wait(timeout=0)
    assert isinstance(new, Processing)
    assert (new.status, new.moved_bytes) == ("MODERATING", None)


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError("no"), httpx.ReadTimeout("late"), httpx.Response(503)]
)
def test_nothing_known_at_the_deadline_is_unknown(colour: str, trouble: Answer) -> None:
    outcome = Scene(colour, trouble).wait(timeout=30)
    assert isinstance(outcome, Unknown)
    assert outcome.status is None
    assert outcome.waited >= 30


def test_trouble_after_an_answer_is_still_processing(colour: str) -> None:
    outcome = Scene(colour, status("PROCESSING_UPLOAD"), httpx.Response(503)).wait(timeout=30)
    assert isinstance(outcome, Processing)
    assert outcome.last is not None


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        httpx.Response(503, text="<html>"),
        httpx.Response(200, text="<html>"),
        refused(429, "rate_limit_exceeded"),
        refused(500, "internal_error"),
    ],
)
def test_what_passes_is_waited_out(colour: str, trouble: Answer) -> None:
    outcome = Scene(colour, trouble, trouble, trouble, trouble, trouble, status("PUBLISH_COMPLETE")).wait()
    assert isinstance(outcome, Published)


def test_processing_without_any_answer_says_no_bytes(colour: str) -> None:
    outcome = Processing(publish_id=ID)
    assert (outcome.status, outcome.moved_bytes, outcome.last) == ("PROCESSING_UPLOAD", None, None)


def scripted(answer: Answer) -> Responder:
    """Always the same answer."""

    def respond(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return respond


# An id that TikTok does not know yet

UNKNOWN = (
    refused(400, "invalid_publish_id"),
    refused(400, "invalid_params", "invalid_publish_id"),
    refused(200, "invalid_params", "invalid_publish_id"),
)


@pytest.mark.parametrize("answer", UNKNOWN)
def test_an_id_that_is_not_known_yet_is_given_time(colour: str, answer: httpx.Response) -> None:
    assert isinstance(Scene(colour, answer, answer, status("PUBLISH_COMPLETE")).wait(), Published)


@pytest.mark.parametrize("answer", UNKNOWN)
def test_an_id_that_stays_unknown_is_said_to_be(colour: str, answer: httpx.Response) -> None:
    scene = Scene(colour, answer)
    outcome = scene.wait(timeout=None)
    assert isinstance(outcome, Unknown)
    assert isinstance(outcome.problem, InputRefused)
    assert GRACE < outcome.waited < 2 * GRACE


# What waiting cannot help


def test_a_post_that_was_known_is_not_unknown_because_tiktok_says_so_later(colour: str) -> None:
    gone = refused(400, "invalid_publish_id")
    outcome = Scene(colour, status("PROCESSING_UPLOAD"), gone).wait(timeout=3 * GRACE)
    assert type(outcome) is Processing
    assert outcome.waited >= 3 * GRACE


def test_the_post_of_somebody_else_is_an_error_that_names_it(colour: str) -> None:
    with pytest.raises(InputRefused, match="token_not_authorized_for_specified_publish_id") as error:
        Scene(colour, refused(400, "token_not_authorized_for_specified_publish_id")).wait()
    assert error.value.publish_id == ID  # type: ignore[attr-defined]
    assert error.value.sent is Sent.YES  # type: ignore[attr-defined]


def test_a_dead_token_is_refreshed_in_mid_wait_without_posting_again(colour: str) -> None:
    dead = refused(401, "access_token_invalid")
    scene = Scene(colour, status("PROCESSING_UPLOAD"), dead, status("PUBLISH_COMPLETE"))
    assert isinstance(scene.wait(), Published)
    assert scene.door.fake.refreshes == 1
    assert not any("init" in path for path in scene.door.fake.paths())


def test_a_login_that_is_gone_is_an_error_that_names_the_post(colour: str) -> None:
    scene = Scene(colour, refused(401, "scope_not_authorized"))
    with pytest.raises(LoginRequired) as error:
        scene.wait()
    assert error.value.publish_id == ID  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["check_upload_status", "cancel"])
def test_a_question_that_does_not_get_through_leaves_the_post_where_it_is(colour: str, method: str) -> None:
    door = Door(colour, scripted(httpx.ConnectError("refused")))
    with pytest.raises(CouldNotAsk) as error:
        door.do(method, ID)
    assert aftermath(error.value) == Aftermath(Sent.YES, ID)
    assert "nothing was sent" not in str(error.value)
    assert "unknown" not in str(error.value)


@pytest.mark.parametrize(
    "method", ["check_upload_status", "cancel", "wait", "wait_for_post_ids", "watch", "resume"]
)
def test_there_is_no_post_without_an_id(colour: str, method: str) -> None:
    door = Door(colour, scripted(httpx.ConnectError("nobody is asked")))
    with pytest.raises(Impossible, match="publish_id: must be the id that a post was given") as error:
        (door.items if method == "watch" else door.do)(method, "")
    assert aftermath(error.value) == Aftermath(Sent.NO)


@pytest.mark.parametrize("method", ["wait", "wait_for_post_ids", "watch"])
def test_whoever_is_interrupted_while_waiting_is_told_that_there_is_a_post(colour: str, method: str) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD"))
    error = KeyboardInterrupt() if colour == "sync" else asyncio.CancelledError()

    def leave() -> None:
        raise error

    scene.clock.while_asleep = leave
    with pytest.raises(type(error)) as caught:
        (scene.door.items if method == "watch" else scene.door.do)(method, ID)
    assert aftermath(caught.value) == Aftermath(Sent.YES, ID)


@pytest.mark.parametrize("method", ["check_upload_status", "cancel"])
def test_of_an_id_that_tiktok_does_not_know_nobody_says_that_there_is_a_post(
    colour: str, method: str
) -> None:
    door = Door(colour, scripted(refused(400, "invalid_publish_id")))
    with pytest.raises(InputRefused) as error:
        door.do(method, ID)
    assert aftermath(error.value) == Aftermath(Sent.UNKNOWN, ID)


def test_an_empty_id_is_refused_before_anything_is_asked(colour: str) -> None:
    scene = Scene(colour, status("PUBLISH_COMPLETE"))
    with pytest.raises(ValueError, match="publish_id"):
        scene.door.do("wait", "")
    assert scene.asked == []


# Pace


def test_the_pace_stays_within_the_rate_limit(colour: str) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD"))
    scene.wait(timeout=3600)
    for begin in scene.asked:
        assert sum(begin <= at < begin + 60 for at in scene.asked) <= 30
    assert len(scene.asked) < 200


# Watching


def test_watch_gives_each_change_once_and_ends_with_the_outcome(colour: str) -> None:
    answers = [
        status("PROCESSING_UPLOAD", uploaded_bytes=1),
        status("PROCESSING_UPLOAD", uploaded_bytes=1),
        httpx.Response(503),
        status("PROCESSING_UPLOAD", uploaded_bytes=2),
        status("PUBLISH_COMPLETE", publicaly_available_post_id=[7]),
    ]
    seen = Scene(colour, *answers).door.items("watch", ID)
    assert [type(item) for item in seen] == [Processing, Processing, Published]
    assert [item.moved_bytes for item in seen[:2]] == [1, 2]


def test_watch_does_not_sleep_on_its_news(colour: str) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD"))
    if colour == "sync":
        watching = scene.door.tik.watch(ID)
        assert isinstance(next(watching), Processing)
        watching.close()
    else:

        async def first() -> None:
            watching = scene.door.tik.watch(ID)
            assert isinstance(await anext(watching), Processing)
            await watching.aclose()

        asyncio.run(first())
    assert scene.clock.slept == []


def test_watch_does_not_alarm_before_its_time_is_over(colour: str) -> None:
    seen = Scene(colour, httpx.Response(503)).door.items("watch", ID, timeout=20)
    assert [type(item) for item in seen] == [Unknown]
    assert isinstance(seen[0].problem, ServerFault)
    answered = Scene(colour, *[httpx.Response(503)] * 5, status("PUBLISH_COMPLETE"))
    assert [type(item) for item in answered.door.items("watch", ID)] == [Published]


# Events


def deliver_while_asleep(scene: Scene, *events: WebhookEvent | UnknownEvent) -> None:
    def deliver() -> None:
        thread = threading.Thread(target=lambda: [scene.door.tik.deliver(each) for each in events])
        thread.start()
        thread.join()

    scene.clock.while_asleep = deliver


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([event("post.publish.complete")], Published),
        ([event("post.publish.inbox_delivered")], InInbox),
        ([event("post.publish.failed", reason="picture_size_check_failed")], Failed),
        ([event("post.publish.publicly_available", post_id="77")], Published),
        ([event("post.publish.complete"), event("post.publish.inbox_delivered")], Published),
        ([event("post.publish.failed", reason="internal"), event("post.publish.complete")], Published),
        ([event("post.publish.publicly_available", post_id="77")] * 2, Published),
    ],
)
def test_an_event_ends_the_wait_early(colour: str, events: list[Event], kind: type) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD"))
    deliver_while_asleep(scene, *events)
    outcome = scene.wait()
    assert type(outcome) is kind
    assert len(scene.asked) == 1
    if isinstance(outcome, Published):
        assert len(set(outcome.post_ids)) == len(outcome.post_ids), "an event can come twice"
    if isinstance(outcome, Failed):
        assert outcome.fail_reason is FailReason.PICTURE_SIZE_CHECK_FAILED


def test_an_event_may_come_before_the_wait(colour: str) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD"))
    assert scene.door.tik.deliver(event("post.publish.complete"))
    assert isinstance(scene.wait(), Published)
    assert scene.asked == []


def test_an_event_about_something_else_changes_nothing(colour: str) -> None:
    scene = Scene(colour, status("PROCESSING_UPLOAD"), status("PUBLISH_COMPLETE"))
    other = event("post.publish.failed", reason="internal", publish_id="another")
    gone = event("post.publish.no_longer_publicaly_available", post_id="77")
    assert scene.door.tik.deliver(other)
    assert not scene.door.tik.deliver(gone)
    assert not scene.door.tik.deliver("no event")
    assert isinstance(scene.wait(), Published)


def test_a_wait_leaves_nothing_behind(colour: str) -> None:
    scene = Scene(colour, status("PUBLISH_COMPLETE"))
    scene.wait()
    gc.collect()
    assert len(scene.door.tik._session.deliveries._all) == 0


def test_deliveries_are_remembered_up_to_a_number(colour: str) -> None:
    deliveries = Deliveries(keep=2)
    for number in range(3):
        deliveries.deliver(event("post.publish.complete", publish_id=f"post-{number}"))
    assert deliveries.about("post-0").outcome() is None
    assert isinstance(deliveries.about("post-2").outcome(), Published)


# Public ids


def test_public_ids_are_waited_for_separately(colour: str) -> None:
    complete = status("PUBLISH_COMPLETE")
    scene = Scene(colour, *[complete] * 10, status("PUBLISH_COMPLETE", publicaly_available_post_id=[7, 8]))
    outcome = scene.door.do("wait_for_post_ids", ID, timeout=3600)
    assert outcome.post_ids == ("7", "8")
    assert max(scene.clock.slept) > 20


def test_ids_from_an_event_and_from_the_status_are_all_kept(colour: str) -> None:
    scene = Scene(
        colour, status("PUBLISH_COMPLETE"), status("PUBLISH_COMPLETE", publicaly_available_post_id=[8])
    )
    deliver_while_asleep(scene, event("post.publish.publicly_available", post_id=7700000000000000007))
    outcome = scene.door.do("wait_for_post_ids", ID)
    assert outcome.post_ids == ("7700000000000000007",)
    assert scene.door.do("wait", ID).post_ids == ("7700000000000000007",)


def test_a_post_that_is_never_public_is_published_without_ids(colour: str) -> None:
    outcome = Scene(colour, status("PUBLISH_COMPLETE")).door.do("wait_for_post_ids", ID, timeout=100)
    assert isinstance(outcome, Published)
    assert outcome.post_ids == ()


def test_an_event_that_is_not_enough_does_not_make_the_wait_ask_without_a_pause(colour: str) -> None:
    complete = status("PUBLISH_COMPLETE")
    scene = Scene(colour, *[complete] * 5, status("PUBLISH_COMPLETE", publicaly_available_post_id=[9]))
    deliver_while_asleep(scene, event("post.publish.complete"))
    assert scene.door.do("wait_for_post_ids", ID).post_ids == ("9",)
    assert len(set(scene.asked)) == 6, "no two questions at one time"


def test_an_id_that_an_event_brings_while_the_status_is_asked_for_is_kept(colour: str) -> None:
    scene = Scene(colour, status("PUBLISH_COMPLETE", publicaly_available_post_id=[8]))
    answer = scene.answer

    def answered(request: httpx.Request) -> httpx.Response:
        scene.door.tik.deliver(event("post.publish.publicly_available", post_id="77"))
        return answer(request)

    scene.door.fake.answer = answered
    assert scene.wait().post_ids == ("8", "77")


def test_a_complete_event_is_not_enough_for_ids(colour: str) -> None:
    scene = Scene(
        colour, status("PROCESSING_UPLOAD"), status("PUBLISH_COMPLETE", publicaly_available_post_id=[9])
    )
    scene.door.tik.deliver(event("post.publish.complete"))
    assert scene.door.do("wait_for_post_ids", ID).post_ids == ("9",)


def test_a_failed_post_has_no_ids_to_wait_for(colour: str) -> None:
    scene = Scene(colour, status("FAILED", fail_reason="spam_risk"))
    assert isinstance(scene.door.do("wait_for_post_ids", ID), Failed)
    assert len(scene.asked) == 1


def test_cancel_asks_tiktok(colour: str) -> None:
    door = Door(
        colour,
        lambda _request: httpx.Response(200, json={"error": {"code": "ok", "message": "", "log_id": ""}}),
    )
    assert door.do("cancel", ID) is None
    assert door.fake.paths() == ["/v2/post/publish/cancel/"]
