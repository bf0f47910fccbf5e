"""What a mock forgets that runs for weeks: nothing that TikTok's part of an answer would tell."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

import httpx
import pytest

from tests.mock.support import WEB_REDIRECT, Player, query_of, set_switches
from tiktok_mock_server import MockTikTok, shelf
from tiktok_mock_server.faults import FaultPlan
from tiktok_mock_server.shelf import Log, Shelf
from tiktok_mock_server.world import World, aged

APP = {"client_key": "mock_client_key", "client_secret": "mock_client_secret"}
MEANT_FOR_DEVELOPERS = {
    f"x-mock-{name}" for name in ("rule", "why", "expected", "got", "hint", "evidence", "source", "switch")
}


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """TikTok's part of an answer."""
    headers = {name: text for name, text in answer.headers.items() if name not in MEANT_FOR_DEVELOPERS}
    return answer.status_code, answer.content, headers


KEPT = (0, 10**9)
"""What the two of a pair remember that is over."""


class Pair:
    """A mock that forgets as much as it can and one that forgets nothing, asked the same."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.players: list[Player] = []
        for kept in KEPT:
            monkeypatch.setattr(shelf, "KEPT", kept)
            mock = MockTikTok(seed="twins", auto_approve=True)
            set_switches(mock, check_media=False, rate_factor=0.1)
            self._keep_windows(mock, kept)
            self.players.append(Player(mock))

    def ask(self, question: Callable[[Player], httpx.Response]) -> Any:
        """The answer of both, which is the same."""
        one, other = (question(player) for player in self.players)
        assert told(one) == told(other)
        return one

    def advance(self, seconds: float) -> None:
        for player in self.players:
            player.mock.clock.advance(seconds)

    def restored(self) -> None:
        """Let both go on from a snapshot."""
        for kept, player in zip(KEPT, self.players, strict=True):
            self.monkeypatch.setattr(shelf, "KEPT", kept)
            player.mock.restore(json.loads(json.dumps(player.mock.snapshot())))
            self._keep_windows(player.mock, kept)

    def _keep_windows(self, mock: MockTikTok, kept: int) -> None:
        """Windows that are over are otherwise never remembered."""
        windows: Shelf[tuple[str, str], deque[float], World] = Shelf(aged, kept=kept)
        windows.update(mock.world.windows)
        mock.world.windows = windows

    def sizes(self) -> list[tuple[int, ...]]:
        worlds = [player.mock.world for player in self.players]
        return [
            tuple(len(table) for table in (one.codes, one.access_tokens, one.refresh_tokens, one.windows))
            for one in worlds
        ]


class Walk:
    """Somebody who logs in, refreshes, asks and comes back with what is long over."""

    def __init__(self, pair: Pair, random: Random) -> None:
        self.pair, self.random = pair, random
        self.codes: list[str] = []
        self.access: list[str] = []
        self.refresh: list[str] = []
        self.qr: list[str] = []

    def any_of(self, known: list[str]) -> str:
        """The newest, or any."""
        return self.random.choice(known[-1:] if self.random.random() < 0.6 else known) if known else "nothing"

    def keep(self, answer: httpx.Response) -> None:
        found = answer.json()
        if "access_token" in found:
            self.access.append(found["access_token"])
            self.refresh.append(found["refresh_token"])

    def agree(self) -> None:
        answer = self.pair.ask(lambda player: player.authorize())
        self.codes.append(query_of(answer.headers["location"])["code"])

    def trade(self) -> None:
        code = self.any_of(self.codes)
        self.keep(self.pair.ask(lambda player: player.get_token(code, redirect_uri=WEB_REDIRECT)))

    def refreshed(self) -> None:
        token = self.any_of(self.refresh)
        self.keep(self.pair.ask(lambda player: player.refresh(token)))

    def call(self) -> None:
        token = self.any_of(self.access)
        for _ in range(3):
            self.pair.ask(lambda player: player.call("queryCreatorInfo", token=token))

    def revoke(self) -> None:
        token = self.any_of(self.access)
        self.pair.ask(lambda player: player.revoke(token))

    def show_qr(self) -> None:
        form = {**APP, "scope": "user.info.basic"}
        self.qr.append(self.pair.ask(lambda player: player.call("getQrCode", data=form)).json()["token"])

    def agree_on_phone(self) -> None:
        token = self.any_of(self.qr)
        answer = self.pair.ask(lambda player: player.http.post(f"/_mock/qr/{token}/confirm", json={}))
        if answer.status_code == 200:
            self.codes.append(answer.json()["code"])

    def look_at_qr(self) -> None:
        form = {**APP, "token": self.any_of(self.qr)}
        self.pair.ask(lambda player: player.call("checkQrCode", data=form))

    def wait(self) -> None:
        self.pair.advance(self.random.choice([1, 30, 61, 400, 7300, 86_400, 200 * 86_400]))

    def step(self) -> None:
        often = [self.agree, self.trade, self.refreshed, self.call, self.show_qr]
        seldom = [self.agree_on_phone, self.look_at_qr, self.look_at_qr, self.revoke, self.wait]
        self.random.choice([*often, *often, *seldom])()


@pytest.mark.parametrize("seed", range(8))
def test_a_mock_that_forgets_answers_as_one_that_does_not(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(monkeypatch)
    walk = Walk(pair, Random(seed))
    for number in range(250):
        walk.step()
        if number == 150:
            pair.restored()
    small, large = pair.sizes()
    assert all(one <= other for one, other in zip(small, large, strict=True)), (small, large)
    assert 2 * sum(small) < sum(large), (small, large)


def test_refusals_say_the_same_in_full_of_what_was_over_not_long_ago() -> None:
    player = Player(MockTikTok()).log_in()
    player.mock.clock.advance(7300)
    for _ in range(shelf.KEPT - 1):
        player.mock.authorize()
    assert player.call("queryCreatorInfo").headers["x-mock-got"] == "one that expired 100 s ago"


def test_a_window_counts_to_its_end_whoever_else_asks_meanwhile() -> None:
    player = Player(MockTikTok()).log_in()
    set_switches(player.mock, rate_factor=0.1)

    def asked() -> int:
        for _ in range(20):
            player.call("queryCreatorInfo", token=str(player.mock.authorize()["access_token"]))
        return player.call("queryCreatorInfo").status_code

    assert [asked() for _ in range(3)] == [200, 200, 429]
    player.mock.clock.advance(59.5)
    assert asked() == 429
    player.mock.clock.advance(0.5)
    assert asked() == 200


# Logins by QR code, which stay


def qr_login(player: Player) -> tuple[str, str]:
    """A confirmed one: its token and its code."""
    form = {**APP, "scope": "user.info.basic"}
    token = player.call("getQrCode", data=form).json()["token"]
    return token, player.http.post(f"/_mock/qr/{token}/confirm", json={}).json()["code"]


def qr_status(player: Player, token: str) -> dict[str, Any]:
    found: dict[str, Any] = player.call("checkQrCode", data={**APP, "token": token}).json()
    return found


def forget_codes(world: World) -> None:
    """Let so many codes come and go that all before them are forgotten."""
    grant = next(iter(world.grants.values()))
    for _ in range(4 * shelf.KEPT):
        world.issue_code(grant, ("user.info.basic",)).used = True


def test_a_qr_code_whose_code_was_traded_in_and_forgotten_stays_utilised(player: Player) -> None:
    token, code = qr_login(player)
    assert "access_token" in player.get_token(code, redirect_uri=WEB_REDIRECT).json()
    forget_codes(player.mock.world)
    assert code not in player.mock.world.codes
    assert qr_status(player, token)["status"] == "utilised"


def test_a_qr_code_whose_code_expired_and_was_forgotten_stays_confirmed(player: Player) -> None:
    token, code = qr_login(player)
    player.mock.clock.advance(301)
    forget_codes(player.mock.world)
    assert code not in player.mock.world.codes
    assert (qr_status(player, token)["status"], qr_status(player, token)["code"]) == ("confirmed", code)


def test_a_snapshot_of_a_confirmed_login_knows_its_code_once_it_is_traded_in(player: Player) -> None:
    token, code = qr_login(player)
    player.mock.restore(json.loads(json.dumps(player.mock.snapshot())))
    assert "access_token" in player.get_token(code, redirect_uri=WEB_REDIRECT).json()
    assert qr_status(player, token)["status"] == "utilised"


def test_a_snapshot_of_an_earlier_version_may_hold_a_confirmed_login_with_a_used_code(player: Player) -> None:
    token, code = qr_login(player)
    player.mock.world.codes[code].used = True
    document = json.loads(json.dumps(player.mock.snapshot()))
    assert [login["status"] for login in document["qr_logins"]] == ["confirmed"]
    player.mock.restore(document)
    assert qr_status(player, token)["status"] == "utilised"


# Tables


class Thing:
    """Something that ends when it is told to."""

    looked = 0

    def __init__(self) -> None:
        self.ended = False

    def over(self, _: World) -> bool:
        Thing.looked += 1
        return self.ended


def test_a_table_is_looked_through_so_seldom_that_each_thing_costs_the_same() -> None:
    for living in (0, 10, 5000):
        world, table = World(), Shelf[int, Thing, World](Thing.over, kept=100)
        Thing.looked = 0
        for number in range(20_000):
            table.put(number, Thing(), world).ended = number >= living
        assert living + 100 <= len(table) <= 2 * (living + 101)
        assert list(table)[:living] == list(range(living)), "nothing that lives is forgotten"
        assert list(table)[-100:] == list(range(19_900, 20_000)), "the newest are remembered"
        assert Thing.looked <= 4 * 20_000


def bodies(log: Log[tuple[bool, bytes]]) -> list[bytes]:
    return [body for _, body in log]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log[tuple[bool, bytes]]:
    """Of few entries: whether each is settled, and its body."""
    monkeypatch.setattr(shelf, "COUNT", 10)
    monkeypatch.setattr(shelf, "SIZE", 1000)
    return Log(lambda one: one[0], lambda one: len(one[1]))


def test_a_log_forgets_the_oldest_that_are_settled_and_counts_them(log: Log[tuple[bool, bytes]]) -> None:
    waiting = [b"waits %d" % number for number in range(3)]
    for body in waiting:
        log.add((False, body))
    for number in range(100):
        log.add((True, b"%d" % number))
    assert bodies(log)[:3] == waiting
    assert bodies(log)[-10:] == [b"%d" % number for number in range(90, 100)]
    assert len(log) <= 3 + 2 * 10
    assert log.dropped == 103 - len(log)


def test_a_log_of_large_entries_is_bounded_by_their_size(log: Log[tuple[bool, bytes]]) -> None:
    for number in range(9):
        log.add((True, b"%d" % number * 600))
    assert sum(map(len, bodies(log))) <= 2000 + 600
    assert bodies(log)[-1] == b"8" * 600
    log.add((True, b"x" * 5000))
    assert bodies(log) == [b"x" * 5000], "the newest is kept, however large"


def test_the_log_of_events_forgets_and_says_how_many(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "COUNT", 10)
    player.mock.restore(player.mock.snapshot())
    for _ in range(50):
        player.http.post("/_mock/webhook/ping")
    told_ = player.http.get("/_mock/deliveries").json()
    assert 10 <= len(told_["deliveries"]) <= 20
    assert len(told_["deliveries"]) + told_["dropped"] == 50


def test_faults_that_came_with_requests_are_forgotten_and_planned_ones_wait(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "COUNT", 10)
    player.mock.world.faults = FaultPlan()
    waiting = player.mock.faults.plan("fetchStatus", "gateway")
    for _ in range(50):
        player.call("queryCreatorInfo", headers={"x-mock-fault": "gateway"})
    assert 10 <= len(player.mock.faults.fired()) <= 20
    assert player.mock.faults.unused() == [waiting]
