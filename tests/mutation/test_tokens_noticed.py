"""What mutation testing found that no test would notice about keeping tokens."""

from __future__ import annotations

import httpx
import pytest

from tests.facade.support import FakeClock
from tiktok_api_client import NotLoggedIn, TikTok, Unreadable
from tiktok_mock_server import MockTikTok
from tiktok_mock_server.world import Account

APP = ("mock_client_key", "mock_client_secret", "http://127.0.0.1:8765/callback/")


class Desk:
    """One app on one mock, and its users."""

    def __init__(self) -> None:
        self.mock = MockTikTok(strict=True)
        self.clock = FakeClock(self.mock.clock.now())
        transport = self.mock.transport()
        self.tik = TikTok(*APP, base_url=self.mock.url, transport=transport, clock=self.clock)

    def log_in(self, username: str | None = None) -> str:
        """Log a user in; the open id."""
        account = self.mock.account if username is None else self.mock.world.accounts[username]
        code = self.mock.authorize_code(redirect_uri=APP[2], account=account)
        return self.tik.exchange_code_for_token(code=code).open_id


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_without_a_login_the_error_says_what_to_do(desk: Desk) -> None:
    with pytest.raises(NotLoggedIn) as caught:
        desk.tik.get_creator_info()
    told = str(caught.value)
    assert "none" in told
    assert "log in first (exchange_code_for_token), or pass access_token=" in told


def test_an_account_that_nobody_knows_says_so(desk: Desk) -> None:
    with pytest.raises(NotLoggedIn) as caught:
        desk.tik.account("nobody").get_creator_info()
    told = str(caught.value)
    assert "none for this account" in told
    assert "let the user log in" in told


def test_a_refresh_gives_the_whole_token(desk: Desk) -> None:
    desk.log_in()
    desk.mock.clock.advance(100)
    desk.clock.time += 100
    token = desk.tik.refresh_access_token()
    assert (token.expires_in, token.token_type) == (7200, "Bearer")
    assert token.refresh_expires_in == 15_552_000 - 100
    assert set(token.scope.split(",")) == set(desk.mock.world.grants[(APP[0], token.open_id)].scopes)
    assert token.received_at == desk.clock.time


def test_refreshing_twice_asks_twice(desk: Desk) -> None:
    open_id = desk.log_in()
    first = desk.tik.refresh_access_token()
    second = desk.tik.refresh_access_token()
    assert first.access_token != second.access_token
    third = desk.tik.refresh_access_token(second.refresh_token)
    assert third.refresh_token not in (first.refresh_token, second.refresh_token)
    assert (third.open_id, desk.tik.open_id) == (open_id, open_id)
    assert desk.tik.get_creator_info().creator_username == desk.mock.account.username


def test_revoking_by_access_token_forgets_its_owner_only(desk: Desk) -> None:
    desk.mock.world.add_account(Account("second", private=True))
    one, two = desk.log_in(), desk.log_in("second")
    token = desk.tik.account(one).refresh_access_token()
    assert set(desk.tik.accounts()) == {one, two}
    desk.tik.revoke_access_token(token.access_token)
    assert desk.tik.accounts() == [two]
    assert desk.tik.account(two).get_creator_info().creator_username == "second"
    with pytest.raises(NotLoggedIn):
        desk.tik.account(one).get_creator_info()


def test_a_revoked_account_is_no_longer_the_one_in_use(desk: Desk) -> None:
    desk.log_in()
    desk.tik.revoke_access_token()
    assert desk.tik.open_id is None
    with pytest.raises(NotLoggedIn):
        desk.tik.get_creator_info()


@pytest.mark.parametrize("name", ["open_id", "access_token", "refresh_token"])
def test_an_empty_part_of_a_token_is_named(name: str) -> None:
    answer: dict[str, object] = {
        "access_token": "act.a",
        "refresh_token": "rft.r",
        "open_id": "o",
        "scope": "",
        "token_type": "Bearer",
        "expires_in": 7200,
        "refresh_expires_in": 15_552_000,
        name: "",
    }
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    with TikTok(*APP, transport=transport) as tik, pytest.raises(Unreadable) as caught:
        tik.exchange_code_for_token(code="c*v!1")
    problem = caught.value
    assert (problem.place, problem.expected, problem.got) == (f"$.{name}", "a text", "an empty one")
    assert (problem.status, problem.operation) == (200, "get_token")
    assert problem.request == "POST /v2/oauth/token/"
