"""Keeping an account's tokens: when they are refreshed, stored, given out, and forgotten."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import pytest

from tests.facade.support import FakeClock, tokens
from tiktok_api_client import MemoryTokenStore, NotLoggedIn, StoreFailed
from tiktok_api_client._drivers import SyncRunner
from tiktok_api_client._flow import Acquire, Lock, perform
from tiktok_api_client._keeper import TokenKeeper
from tiktok_api_client.tokens import StoredToken
from tiktok_openapi import Answer, Call, CouldNotAsk, LoginRequired, Sent, Unreadable, UserToken
from tiktok_openapi.models.oauth import decode_user_token

T = TypeVar("T")
START = 1_790_000_000.0
ABOUT: Mapping[str, Any] = {"operation": "get_token", "request": "POST /v2/oauth/token/"}


def user_token(number: int, open_id: str = "user-1", **changes: Any) -> UserToken:
    """TikTok's answer with the tokens of that number."""
    return decode_user_token(tokens(number, open_id) | changes)


def stored(number: int, open_id: str = "user-1", *, at: float = START, **changes: Any) -> StoredToken:
    """The tokens of that number, as they are kept."""
    return StoredToken.from_answer(user_token(number, open_id, **changes), at)


def lost(sent: Sent = Sent.UNKNOWN) -> CouldNotAsk:
    """No answer came."""
    return CouldNotAsk("ReadError", sent=sent, **ABOUT)


def login_required() -> LoginRequired:
    """The refresh token is dead."""
    return LoginRequired(
        code="invalid_grant",
        message="",
        log_id="",
        status=200,
        category="log_in_again",
        retryable=False,
        advice="",
        headers={},
        **ABOUT,
    )


class SystemLock:
    """Held by another process for the first so many tries."""

    def __init__(self, busy: int) -> None:
        self.busy = busy
        self.log: list[str] = []

    def acquire(self) -> bool:
        self.busy -= 1
        self.log.append("busy" if self.busy >= 0 else "acquired")
        return self.busy < 0

    def release(self) -> None:
        self.log.append("released")


class Store(MemoryTokenStore):
    """A store whose disk is full now and then, and whose lock others hold now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.loads = self.saves = 0
        self.busy = 0
        self.locks: list[SystemLock] = []
        self.locked: list[str] = []

    def load(self, open_id: str) -> StoredToken | None:
        self.loads += 1
        return super().load(open_id)

    def save(self, token: StoredToken) -> None:
        self.saves += 1
        if self.failures:
            self.failures -= 1
            raise StoreFailed("disk full")
        super().save(token)

    def lock(self, open_id: str) -> SystemLock:
        self.locked.append(open_id)
        self.locks.append(SystemLock(self.busy))
        return self.locks[-1]


class Desk:
    """One keeper, and a TikTok that answers what a test says."""

    def __init__(self) -> None:
        self.store = Store()
        self.clock = FakeClock(START)
        self.planned: list[UserToken | Exception] = []
        self.asked: list[Call[Any]] = []
        self.runner = SyncRunner(self, self.clock)
        self.keeper = TokenKeeper("key", "secret", self.store)

    def answer(self, call: Call[T]) -> Answer[T]:
        """Send a call."""
        self.asked.append(call)
        planned = self.planned.pop(0)
        if isinstance(planned, Exception):
            raise planned
        return Answer(cast("T", planned), 200, {}, "", {})

    def token(self, account: str = "user-1", dead: str | None = None) -> StoredToken:
        return self.runner.run(self.keeper.token(account, perform, dead))

    def refresh(self, account: str = "user-1", **how: Any) -> StoredToken:
        return self.runner.run(self.keeper.refresh(account, perform, **how))

    def keep(self, token: StoredToken) -> None:
        self.runner.run(self.keeper.keep(token))

    def account(self, open_id: str | None = None) -> str:
        return self.runner.run(self.keeper.account(open_id))

    def renew(self, open_id: str | None = None, refresh_token: str | None = None) -> UserToken:
        return self.runner.run(self.keeper.renew(open_id, refresh_token, perform))

    def forget(self, open_id: str) -> None:
        self.runner.run(self.keeper.forget(open_id))

    def forms(self) -> list[str]:
        """The forms that were sent."""
        return [cast("bytes", call.body).decode() for call in self.asked]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def extras(record: logging.LogRecord, *names: str) -> dict[str, object]:
    return {name: getattr(record, name) for name in names}


# When a token is refreshed


@pytest.mark.parametrize(
    ("lifetime", "ahead"), [(7200, 300), (86_400, 300), (3000, 300), (1000, 100), (60, 6), (3100, 300)]
)
def test_a_token_is_refreshed_five_minutes_or_a_tenth_of_its_life_before_its_end(
    desk: Desk, lifetime: int, ahead: int
) -> None:
    desk.store.save(stored(1, expires_in=lifetime))
    desk.planned = [user_token(2)]
    desk.clock.time = START + lifetime - ahead - 0.5
    assert desk.token() == stored(1, expires_in=lifetime)
    desk.clock.time = START + lifetime - ahead
    assert desk.token().access_token == "act.secret-user-1-2"


def test_an_access_token_that_was_refused_is_not_given_out_again(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.planned = [user_token(2)]
    assert desk.token(dead="act.secret-user-1-1").access_token == "act.secret-user-1-2"
    assert desk.token(dead="act.secret-user-1-1").access_token == "act.secret-user-1-2"
    assert len(desk.asked) == 1


@pytest.mark.parametrize("problem", [lost(), login_required()], ids=["no answer", "refused"])
def test_a_token_that_does_not_work_is_not_given_out_when_the_refresh_fails(
    desk: Desk, problem: Exception
) -> None:
    desk.store.save(stored(1))
    desk.planned = [problem, problem]
    with pytest.raises(type(problem)):
        desk.token(dead="act.secret-user-1-1")
    desk.clock.time = START + 7200  # at its last second it has ended
    with pytest.raises(type(problem)):
        desk.token()
    assert len(desk.asked) == 2


def test_after_a_failed_early_refresh_the_token_is_left_alone_for_half_a_minute(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tiktok_api_client")
    desk.store.save(stored(1))
    desk.clock.time = START + 7000
    desk.planned = [lost(), lost(), user_token(2)]
    assert desk.token() == stored(1)
    [record] = caplog.records
    assert record.message == "an early refresh failed; the access token still works"
    assert extras(record, "open_id", "problem") == {"open_id": "user-1", "problem": "CouldNotAsk"}
    desk.clock.time += 29.5
    assert desk.token() == stored(1)
    assert len(desk.asked) == 1
    desk.clock.time += 0.5
    assert desk.token() == stored(1)
    assert len(desk.asked) == 2
    desk.clock.time += 30
    assert desk.token().access_token == "act.secret-user-1-2"


def test_a_refused_token_does_not_wait_until_an_early_refresh_is_tried_again(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.clock.time = START + 7000
    desk.planned = [lost(), user_token(2)]
    assert desk.token() == stored(1)
    assert desk.token(dead="act.secret-user-1-1").access_token == "act.secret-user-1-2"


def test_new_tokens_end_the_wait_after_a_failed_refresh(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.clock.time = START + 7000
    desk.planned = [lost(), user_token(3)]
    desk.token()
    desk.keep(stored(2, at=desk.clock.time, expires_in=10))
    desk.clock.time += 9.5
    assert desk.token().access_token == "act.secret-user-1-3"


def test_an_answer_that_cannot_be_read_is_a_failed_refresh_too(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.clock.time = START + 7000
    desk.planned = [user_token(2, open_id="somebody-else")]
    assert desk.token() == stored(1)
    assert desk.store.load("user-1") == stored(1)
    assert desk.store.load("somebody-else") is None


# One refresh at a time


def test_a_lock_of_another_process_is_waited_for_and_given_back(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.store.busy = 3
    desk.planned = [user_token(2), lost()]
    assert desk.refresh(forced=True).access_token == "act.secret-user-1-2"
    assert desk.clock.slept == [0.05] * 3
    desk.store.busy = 0
    with pytest.raises(CouldNotAsk):
        desk.refresh(forced=True)
    assert [lock.log for lock in desk.store.locks] == [
        ["busy", "busy", "busy", "acquired", "released"],
        ["acquired", "released"],
    ]
    assert desk.store.locked == ["user-1", "user-1"]
    desk.planned = [user_token(3)]
    assert desk.refresh(forced=True).access_token == "act.secret-user-1-3"


def test_two_clients_of_one_store_refresh_one_after_the_other(desk: Desk) -> None:
    desk.store.save(stored(1))
    other = TokenKeeper("key", "secret", desk.store)
    lock_of: list[Lock] = []
    for keeper, account in ((desk.keeper, "user-1"), (other, "user-1"), (other, "user-2")):
        step = next(keeper.refresh(account, perform))
        assert isinstance(step, Acquire)
        lock_of.append(step.lock)
    assert lock_of[0] is lock_of[1]
    assert lock_of[1] is not lock_of[2]


def test_what_another_process_has_refreshed_is_taken(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.token()
    desk.store.save(stored(2, at=START + 7000))
    desk.clock.time = START + 7000
    assert desk.token() == stored(2, at=START + 7000)
    loads = desk.store.loads
    assert desk.token() == stored(2, at=START + 7000)
    assert (desk.store.loads, desk.asked) == (loads, [])
    assert len(desk.store.locks) == 1


def test_an_account_that_was_deleted_elsewhere_is_gone_here(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.token()
    desk.store.delete("user-1")
    desk.clock.time = START + 7000
    for _ in range(2):
        with pytest.raises(NotLoggedIn) as caught:
            desk.token()
        assert (caught.value.got, caught.value.advice) == ("none for this account", "let the user log in")
    assert len(desk.store.locks) == 1
    assert desk.asked == []


class Faster(Store):
    """Somebody whom the lock does not reach refreshes while we do."""

    theirs: StoredToken | None = None

    def load(self, open_id: str) -> StoredToken | None:
        found = super().load(open_id)
        if self.theirs is not None and self.locks:
            self._tokens[open_id] = self.theirs
        return found


def test_a_refresh_token_that_somebody_else_has_used_gives_theirs(desk: Desk) -> None:
    store = Faster()
    store.save(stored(1))
    store.theirs = stored(2, at=START + 7000)
    desk.clock.time = START + 7000
    desk.keeper = TokenKeeper("key", "secret", store)
    desk.planned = [login_required()]
    assert desk.token() == store.theirs
    assert desk.token() == store.theirs
    assert len(desk.asked) == 1


def test_a_refresh_token_that_is_dead_and_nobody_has_replaced_needs_a_login(desk: Desk) -> None:
    store = Faster()
    store.save(stored(1))
    store.theirs = stored(2, at=START - 7000)
    desk.clock.time = START + 7200
    desk.keeper = TokenKeeper("key", "secret", store)
    desk.planned = [login_required()]
    with pytest.raises(LoginRequired):
        desk.token()


# What is sent, and how often


def test_a_request_that_never_left_is_sent_four_times_at_most(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.planned = [lost(Sent.NO) for _ in range(4)]
    with pytest.raises(CouldNotAsk):
        desk.refresh(forced=True)
    assert len(desk.asked) == 4
    for seconds, longest in zip(desk.clock.slept, (0.5, 1.0, 2.0), strict=True):
        assert longest / 2 <= seconds <= longest


def test_the_fourth_try_may_be_the_one(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.planned = [*(lost(Sent.NO) for _ in range(3)), user_token(2)]
    assert desk.refresh(forced=True).access_token == "act.secret-user-1-2"
    assert desk.store.load("user-1") == stored(2, at=desk.clock.time)


def test_a_request_that_may_have_arrived_is_not_sent_again(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.planned = [lost(Sent.UNKNOWN)]
    with pytest.raises(CouldNotAsk):
        desk.refresh(forced=True)
    assert (len(desk.asked), desk.clock.slept) == (1, [])


def test_a_code_is_traded_with_all_that_belongs_to_it(desk: Desk) -> None:
    desk.planned = [user_token(1)]
    pair = desk.runner.run(desk.keeper.trade_code("c*v!1", "https://a.test/cb", "verifier", perform))
    assert pair == (stored(1), user_token(1))
    assert desk.keeper.current == "user-1"
    assert desk.store.load("user-1") == stored(1)
    [form] = desk.forms()
    assert set(form.split("&")) == {
        "client_key=key",
        "client_secret=secret",
        "code=c%2Av%211",
        "code_verifier=verifier",
        "grant_type=authorization_code",
        "redirect_uri=https%3A%2F%2Fa.test%2Fcb",
    }


def test_a_login_waits_for_a_refresh_that_is_under_way_and_a_refresh_holds_its_lock_already(
    desk: Desk,
) -> None:
    desk.planned = [user_token(1), user_token(2)]
    desk.runner.run(desk.keeper.trade_code("c", "https://a.test/cb", None, perform))
    assert [lock.log for lock in desk.store.locks] == [["acquired", "released"]]
    assert desk.store.locked == ["user-1"]
    desk.refresh(forced=True)
    assert len(desk.store.locks) == 2


def test_an_answer_for_another_account_is_refused(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.planned = [user_token(2, open_id="somebody-else")]
    with pytest.raises(Unreadable) as caught:
        desk.refresh(forced=True)
    problem = caught.value
    assert (problem.place, problem.expected) == ("$.open_id", "the account that was refreshed")
    assert problem.got == "another one"
    assert problem.operation == "get_token"


def test_tokens_that_came_are_logged_without_them(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tiktok_api_client")
    desk.store.save(stored(1))
    desk.planned = [user_token(2)]
    desk.refresh(forced=True)
    [record] = caplog.records
    assert (record.levelname, record.message) == ("INFO", "tokens received")
    assert extras(record, "operation", "open_id", "expires_in", "refresh_expires_in") == {
        "operation": "get_token",
        "open_id": "user-1",
        "expires_in": 7200,
        "refresh_expires_in": 15_552_000,
    }


# Storing


@pytest.mark.parametrize(("failures", "slept"), [(0, []), (1, [0.1]), (2, [0.1, 0.5])])
def test_a_store_that_fails_is_tried_three_times(desk: Desk, failures: int, slept: list[float]) -> None:
    desk.store.failures = failures
    desk.keep(stored(1))
    assert desk.clock.slept == slept
    assert desk.store.load("user-1") == stored(1)


def test_tokens_that_cannot_be_stored_are_stored_with_the_next_use(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.store.save(stored(1))
    desk.store.failures = 3
    desk.planned = [user_token(2)]
    with pytest.raises(StoreFailed):
        desk.refresh(forced=True)
    assert desk.clock.slept == [0.1, 0.5]
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert (
        record.message == "tokens could not be stored; they are kept in memory and stored with the next use"
    )
    assert extras(record, "open_id") == {"open_id": "user-1"}
    assert desk.store.load("user-1") == stored(1)

    fresh = stored(2)
    assert desk.token() == fresh
    assert desk.store.load("user-1") == fresh
    saves = desk.store.saves
    assert desk.token() == fresh
    assert (desk.store.saves, len(desk.asked)) == (saves, 1)


def test_an_account_that_was_forgotten_is_not_stored_after_all(desk: Desk) -> None:
    desk.store.failures = 3
    with pytest.raises(StoreFailed):
        desk.keep(stored(1))
    desk.forget("user-1")
    with pytest.raises(NotLoggedIn):
        desk.refresh()
    assert desk.store.accounts() == []


# Which account


def test_the_account_that_was_named_is_meant(desk: Desk) -> None:
    desk.keeper.current = "user-1"
    assert desk.account("user-2") == "user-2"
    assert desk.account() == "user-1"


def test_the_only_account_of_a_store_is_meant_and_stays_it(desk: Desk) -> None:
    desk.store.save(stored(1))
    assert desk.account() == "user-1"
    desk.store.save(stored(1, "user-2"))
    assert desk.account() == "user-1"


def test_without_an_account_somebody_has_to_log_in(desk: Desk) -> None:
    with pytest.raises(NotLoggedIn) as caught:
        desk.account()
    assert (caught.value.got, caught.value.advice) == (
        "none",
        "log in first (exchange_code_for_token), or pass access_token=",
    )


def test_of_several_accounts_none_is_meant(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.store.save(stored(1, "user-2"))
    with pytest.raises(NotLoggedIn) as caught:
        desk.account()
    assert (caught.value.got, caught.value.advice) == ("2 accounts", "choose one with account(open_id)")


def test_only_who_is_in_use_is_no_longer_in_use_when_forgotten(desk: Desk) -> None:
    for name in ("user-1", "user-2"):
        desk.keep(stored(1, name))
    desk.keeper.current = "user-1"
    desk.forget("user-2")
    assert desk.keeper.current == "user-1"
    desk.forget("user-1")
    with pytest.raises(NotLoggedIn):
        desk.account()
    with pytest.raises(NotLoggedIn):
        desk.token()
    desk.forget("user-1")  # nothing happens


# Renewing and revoking by hand


def test_renewing_an_account_gives_its_tokens_as_tiktok_would(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.planned = [user_token(2)]
    desk.clock.time += 50
    given = desk.renew("user-1")
    assert given == user_token(2)
    assert (given.received_at, given.token_type) == (START + 50, "Bearer")
    assert desk.keeper.current is None


def test_renewing_an_account_that_somebody_else_has_just_renewed_gives_what_is_left(desk: Desk) -> None:
    desk.keep(stored(1))
    desk.store.save(stored(2))
    desk.clock.time += 50
    given = desk.renew("user-1")
    assert given.access_token == stored(2).access_token
    assert (given.expires_in, given.refresh_expires_in) == (
        user_token(2).expires_in - 50,
        user_token(2).refresh_expires_in - 50,
    )
    assert desk.forms() == []


def test_tokens_that_have_ended_have_nothing_left(desk: Desk) -> None:
    desk.store.save(stored(1))
    desk.planned = [user_token(2, expires_in=-5, refresh_expires_in=-1)]
    given = desk.renew("user-1")
    assert (given.expires_in, given.refresh_expires_in) == (0, 0)


def test_renewing_by_a_refresh_token_that_is_known_is_a_refresh_of_its_account(desk: Desk) -> None:
    for name in ("user-1", "user-2"):
        desk.keep(stored(1, name))
    desk.keeper.current = "user-1"
    desk.planned = [user_token(2, "user-2")]
    given = desk.renew(refresh_token="rft.secret-user-2-1")
    assert given.access_token == "act.secret-user-2-2"
    assert desk.keeper.current == "user-1"
    assert desk.store.locked == ["user-2"]
    assert desk.store.load("user-1") == stored(1)


@pytest.mark.parametrize(("named", "current"), [(None, "user-9"), ("user-1", "user-1")])
def test_renewing_by_an_unknown_refresh_token_brings_its_account(
    desk: Desk, named: str | None, current: str
) -> None:
    desk.keep(stored(1))
    desk.keeper.current = "user-1"
    desk.planned = [user_token(5, "user-9")]
    assert desk.renew(named, "rft.from-elsewhere") == user_token(5, "user-9")
    assert "refresh_token=rft.from-elsewhere" in desk.forms()[0]
    assert desk.store.load("user-9") == stored(5, "user-9")
    assert desk.keeper.current == current


@pytest.mark.parametrize(
    ("access_token", "left"),
    [("act.secret-user-2-1", ["user-1"]), ("act.nobody", ["user-1", "user-2"])],
)
def test_whoever_a_revoked_token_belonged_to_is_forgotten(
    desk: Desk, access_token: str, left: list[str]
) -> None:
    for name in ("user-1", "user-2"):
        desk.keep(stored(1, name))
    desk.runner.run(desk.keeper.revoked(access_token))
    assert desk.store.accounts() == left
