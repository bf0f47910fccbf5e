"""What other exceptions tell that a failed call was made into: time-outs, Ctrl-C under asyncio, groups."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from tests.facade.doors import Door
from tests.facade.support import ok
from tiktok_api_client import Aftermath, Error, Sent, TimedOut, aftermath

ID = "v_pub_url~v2-1.7"


def begin(_request: httpx.Request) -> httpx.Response:
    return ok({"publish_id": ID})


def lose(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late")


def posting(door: Door, **how: Any) -> Any:
    """An async post that TikTok pulls."""
    address = "https://media.example.test/v.mp4"
    return door.tik.post_video(address, privacy_level="SELF_ONLY", preflight="off", **how)


async def never(_publish_id: str) -> None:
    await asyncio.Event().wait()


def test_a_time_out_of_asyncio_tells_what_was_begun() -> None:
    door = Door("async", begin)

    async def too_slow() -> None:
        await asyncio.wait_for(posting(door, on_publish_id=never), 0.05)

    with pytest.raises(asyncio.TimeoutError) as caught:
        asyncio.run(too_slow())
    assert aftermath(caught.value) == Aftermath(Sent.YES, ID)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio tells the task nothing before all is over")
def test_ctrl_c_under_asyncio_tells_what_was_begun() -> None:
    door = Door("async", begin)

    async def press(publish_id: str) -> None:
        signal.raise_signal(signal.SIGINT)
        await never(publish_id)

    async def run() -> None:
        await posting(door, on_publish_id=press)

    with pytest.raises(KeyboardInterrupt) as caught:
        asyncio.run(run())
    assert aftermath(caught.value) == Aftermath(Sent.YES, ID)


def test_each_exception_of_a_group_tells_what_its_call_left_behind() -> None:
    door = Door("async", lose)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(posting, door))

    with pytest.raises(Exception, match="TaskGroup") as caught:
        asyncio.run(run())
    group: Any = caught.value
    assert [(type(one), aftermath(one)) for one in group.exceptions] == [(TimedOut, Aftermath(Sent.UNKNOWN))]


def test_what_is_raised_while_an_earlier_failure_is_handled_is_not_taken_for_it() -> None:
    earlier, later = Error(), LookupError()
    vars(earlier).update(sent=Sent.NO, publish_id=None)
    later.__context__ = earlier
    assert aftermath(earlier) == Aftermath(Sent.NO)
    assert aftermath(later) == Aftermath(Sent.UNKNOWN)


def test_a_cancellation_that_is_its_own_cause_tells_nothing() -> None:
    cancelled = asyncio.CancelledError()
    cancelled.__cause__ = cancelled
    assert aftermath(cancelled) == Aftermath(Sent.UNKNOWN)
