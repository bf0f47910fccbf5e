"""Time in a world."""

from __future__ import annotations

import asyncio

import pytest

from tests.mock.support import Player
from tiktok_api_client import AsyncTikTok, Published, Signal, TikTok
from tiktok_api_client import Clock as ClientClock
from tiktok_mock_server import MockTikTok
from tiktok_mock_server.clock import START, Clock


def test_it_stands_still_until_it_is_moved(mock: MockTikTok) -> None:
    assert mock.clock.now() == mock.clock.now() == START
    mock.clock.advance(1.5)
    assert mock.clock.now() == START + 1.5
    assert mock.clock.frozen


def test_it_can_run_freeze_and_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = [1000.0]
    monkeypatch.setattr("time.time", lambda: wall[0])
    clock = Clock(frozen=False)
    assert clock.now() == 1000
    clock.freeze()
    wall[0] += 50
    assert clock.now() == 1000
    clock.resume()
    wall[0] += 5
    assert clock.now() == 1005
    clock.move_to(5000)
    wall[0] += 1
    assert (clock.now(), clock.frozen) == (5001, False)
    clock.resume()
    assert clock.now() == 5001


def test_a_start_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 77.0)
    assert Clock(start=500.0).now() == 500
    assert Clock(start=500.0, frozen=False).now() == 500


def test_what_is_planned_happens_in_its_order_and_at_its_time() -> None:
    clock = Clock()
    seen: list[tuple[str, float]] = []
    clock.plan(START + 2, lambda at: seen.append(("second", at)))
    clock.plan(START + 1, lambda at: seen.append(("first", at)))
    clock.plan(START + 2, lambda at: seen.append(("third", at)))
    clock.plan(START + 1, lambda at: clock.plan(at + 0.5, lambda later: seen.append(("planned", later))))
    clock.plan(START + 9, lambda at: seen.append(("never", at)))
    assert clock.next_due() == START + 1
    clock.settle()
    assert seen == []
    clock.move_to(START + 5)
    clock.settle()
    assert seen == [
        ("first", START + 1),
        ("planned", START + 1.5),
        ("second", START + 2),
        ("third", START + 2),
    ]


def test_time_does_not_run_backwards_but_can_be_set(mock: MockTikTok) -> None:
    with pytest.raises(ValueError, match="backwards"):
        mock.clock.advance(-1)
    mock.clock.set(START - 100)
    assert mock.clock.now() == START - 100
    for nonsense in (-1.0, float("inf"), float("nan"), 1e300):
        with pytest.raises(ValueError, match="is no time"):
            mock.clock.set(nonsense)


def test_moving_on_finishes_what_was_due(player: Player) -> None:
    publish_id = player.post_video()
    player.mock.clock.set(START + 10)
    assert player.mock.post(publish_id).entered == START + 10
    assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"


@pytest.mark.anyio
async def test_moving_on_beside_an_event_loop(player: Player) -> None:
    publish_id = player.post_video()
    await player.mock.clock.advance_async(10)
    assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"
    with pytest.raises(ValueError, match="backwards"):
        await player.mock.clock.advance_async(-1)


def test_a_running_clock_moves_posts_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = [START]
    monkeypatch.setattr("time.time", lambda: wall[0])
    with MockTikTok(strict=True, frozen=False) as mock:
        from tests.mock.support import without_media_checks

        without_media_checks(mock)
        player = Player(mock).log_in()
        publish_id = player.post_video()
        wall[0] += 10
        assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"
        mock.clock.freeze()
        wall[0] += 100
        assert mock.clock.now() == START + 10
        mock.clock.resume()
        wall[0] += 1
        assert mock.clock.now() == START + 11


APP = ("mock_client_key", "mock_client_secret", "https://app.example/callback/")
CLIP = "https://media.example.test/clip.mp4"


def test_a_client_that_follows_it_waits_for_nothing() -> None:
    mock = MockTikTok(verified_domains=("media.example.test",), switches={"progress": "time"})
    with TikTok(*APP, transport=mock.transport(), clock=mock.clock) as tik:
        tik.exchange_code_for_token(mock.authorize_code(redirect_uri=APP[2]))
        post = tik.post_video(CLIP, privacy_level="SELF_ONLY")
        assert isinstance(tik.wait(post.publish_id), Published)
        assert START + 15 <= mock.clock.now() < START + 60
        mock.clock.advance(24 * 3600)
        tik.get_creator_info()
    mock.journal.assert_made("getToken", times=2)


def test_a_client_with_many_tasks_follows_it_too() -> None:
    mock = MockTikTok(verified_domains=("media.example.test",), switches={"progress": "time"})

    async def go() -> list[object]:
        async with AsyncTikTok(*APP, transport=mock.async_transport(), clock=mock.clock) as tik:
            await tik.exchange_code_for_token(mock.authorize_code(redirect_uri=APP[2]))
            posts = [await tik.post_video(CLIP, privacy_level="SELF_ONLY", title=str(i)) for i in range(3)]
            return list(await asyncio.gather(*(tik.wait(post.publish_id) for post in posts)))

    assert [type(outcome) for outcome in asyncio.run(go())] == [Published] * 3


def test_whoever_was_woken_does_not_let_time_pass(mock: MockTikTok) -> None:
    clock: ClientClock = mock.clock
    signal = Signal()
    assert not clock.sleep(5, signal)
    assert not clock.sleep(-1, None)
    assert clock.now() == clock.monotonic() == START + 5
    signal.set()
    assert clock.sleep(100, signal)
    assert asyncio.run(clock.sleep_async(100, signal))
    assert clock.now() == START + 5


def test_a_task_that_sleeps_lets_others_have_their_turn(mock: MockTikTok) -> None:
    async def go() -> bool:
        signal = Signal()
        asyncio.get_running_loop().call_soon(signal.set)
        return await mock.clock.sleep_async(1, signal)

    assert asyncio.run(go())
