"""The two faces: settings, tokens, and what every call does on its own. Each test runs with both."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.facade.doors import GenerousTikTok
from tests.facade.support import (
    CREATOR,
    KEY,
    REDIRECT,
    SECRET,
    FakeClock,
    FakeTikTok,
    form,
    make_client,
    oauth_refusal,
    ok,
    refused,
    tokens,
)
from tiktok_api_client import (
    SCOPES,
    AsyncTikTok,
    FileTokenStore,
    Impossible,
    MemoryJournal,
    MemoryTokenStore,
    TikTok,
)
from tiktok_api_client.errors import (
    CouldNotAsk,
    InputRefused,
    LoginRequired,
    NotLoggedIn,
    OverBudget,
    Refused,
    Sent,
    ServerFault,
    StoreFailed,
    TryLater,
    Unreadable,
)
from tiktok_api_client.tokens import StoredToken, StoreLock

CREATOR_PATH = "/v2/post/publish/creator_info/query/"
TOKEN_PATH = "/v2/oauth/token/"


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> FakeTikTok:
    return FakeTikTok(lambda _: ok(CREATOR))


def logged_in(kind: str, server: FakeTikTok, clock: FakeClock, **options: Any) -> TikTok:
    tik = make_client(kind, server, clock, **options)
    tik.exchange_code_for_token(code="code-of-user-1")
    server.requests.clear()
    return tik


# Settings


@pytest.mark.parametrize("name", ["client_key", "client_secret", "redirect_uri"])
@pytest.mark.parametrize("value", ["", "  ", None, 41, " padded "])
def test_missing_and_empty_settings_are_refused(name: str, value: object) -> None:
    settings: dict[str, Any] = {
        "client_key": KEY,
        "client_secret": SECRET,
        "redirect_uri": REDIRECT,
        name: value,
    }
    for face in (TikTok, AsyncTikTok):
        with pytest.raises(Impossible) as caught:
            face(**settings)
        assert caught.value.field == name


@pytest.mark.parametrize(
    ("redirect", "mode"), [("https://app.example.test/callback/", "web"), (REDIRECT, "desktop")]
)
def test_the_redirect_uri_says_how_to_log_in(redirect: str, mode: str) -> None:
    assert TikTok(KEY, SECRET, redirect).login_mode == mode


def test_an_unknown_scope_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Impossible, match=r"'video\.create'") as caught:
        TikTok(KEY, SECRET, REDIRECT, scopes=["video.publish", "video.create"])
    assert all(scope in str(caught.value) for scope in SCOPES)
    with pytest.raises(Impossible, match="at least one scope"):
        TikTok(KEY, SECRET, REDIRECT, scopes=[])
    with pytest.raises(Impossible, match=r"a list.*write scopes=\['video.publish', 'video.upload'\]"):
        TikTok(KEY, SECRET, REDIRECT, scopes="video.publish,video.upload")


def test_the_secret_is_not_shown(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock)
    assert SECRET not in repr(tik)
    assert "user-1" in repr(tik)


@pytest.mark.parametrize("budget", ["later", "", None])
def test_an_unknown_budget_is_refused(budget: Any) -> None:
    with pytest.raises(Impossible, match="one of wait, raise, off"):
        TikTok(KEY, SECRET, REDIRECT, budget=budget)


@pytest.mark.parametrize(
    "base_url",
    [
        *(
            "ftp://host",
            "127.0.0.1:80",
            "http://",
            "http://h?x=1",
            "http://h?",
            "http://h/#",
            "http://h:port",
        ),
        *("http://mock..test", "http://.", f"http://{'h' * 64}.test"),
    ],
)
def test_a_bad_base_url_is_refused(base_url: str) -> None:
    with pytest.raises(Impossible, match="base_url"):
        TikTok(KEY, SECRET, REDIRECT, base_url=base_url)


@pytest.mark.parametrize("base_url", ["https://open.tiktokapis.com/v2", "http://127.0.0.1:8642/_world/a/v2/"])
def test_a_base_url_that_would_double_the_beginning_of_every_path_is_refused(base_url: str) -> None:
    with pytest.raises(Impossible, match="base_url: an address without /v2 at its end, got"):
        TikTok(KEY, SECRET, REDIRECT, base_url=base_url)


@pytest.mark.parametrize("base_url", ["http://[::1]:8642", "http://mock.test.", "http://müller.test"])
def test_any_name_or_number_of_a_host_can_be_a_base_url(base_url: str) -> None:
    assert TikTok(KEY, SECRET, REDIRECT, base_url=base_url).base_url == base_url


def test_a_base_url_may_have_a_path(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    server.answer = lambda request: ok(CREATOR) if request.url.path.startswith("/_world/a/v2/") else ok({})
    tik = make_client(kind, server, clock, base_url="http://127.0.0.1:8642/_world/a/")
    assert tik.get_creator_info(access_token="act.1").creator_nickname


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_host_that_knows_no_such_path_is_a_matter_of_the_base_url(
    kind: str, clock: FakeClock, status: int
) -> None:
    elsewhere = FakeTikTok(lambda _: httpx.Response(status, text="<html>nginx</html>"))
    with pytest.raises(Refused, match=f"HTTP {status}: <html>nginx") as caught:
        make_client(kind, elsewhere, clock, base_url="http://h:1/b").get_creator_info(access_token="act.1")
    address = "http://h:1/b/v2/post/publish/creator_info/query/"
    assert caught.value.advice == f"Nothing answers this call at {address}: see whether base_url is right."
    with pytest.raises(Refused) as caught:
        make_client(kind, elsewhere, clock).get_creator_info(access_token="act.1")
    assert "base_url" not in str(caught.value)


def test_a_refusal_in_tiktoks_own_words_is_no_matter_of_the_base_url(kind: str, clock: FakeClock) -> None:
    there = FakeTikTok(lambda _: refused(404, "a_code_from_tomorrow"))
    with pytest.raises(Refused) as caught:
        make_client(kind, there, clock, base_url="http://h:1").get_creator_info(access_token="act.1")
    assert "base_url" not in str(caught.value)


def test_a_base_url_cannot_bring_a_password_in_the_place_of_the_access_token() -> None:
    with pytest.raises(Impossible, match="base_url: an address without user name and password") as refusal:
        TikTok(KEY, SECRET, REDIRECT, base_url="https://user:very-secret@host.test")
    assert "very-secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "wrong", ["http://user:very-secret@host:port", "ftp://user:very-secret@h", "http://a:very-secret@[h"]
)
def test_a_base_url_that_cannot_be_read_shows_no_password_either(wrong: str) -> None:
    with pytest.raises(Impossible, match="base_url") as refusal:
        TikTok(KEY, SECRET, REDIRECT, base_url=wrong)
    assert "very-secret" not in str(refusal.value)


def test_one_base_url_points_everything_elsewhere(
    kind: str, server: FakeTikTok, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = logged_in(kind, server, clock, base_url="http://mock.example:1/")
    monkeypatch.setenv("TIKTOK_BASE_URL", "http://mock.example:1")
    taken = logged_in(kind, server, clock)
    for tik in (given, taken):
        tik.get_creator_info()
        assert tik.get_authorization_url().startswith("http://mock.example:1/v2/")
    assert {request.url.host for request in server.requests} == {"mock.example"}


def test_the_environment_sets_a_client_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET", "TIKTOK_REDIRECT_URI", "TIKTOK_SCOPES"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Impossible, match="no TIKTOK_CLIENT_KEY, TIKTOK_CLIENT_SECRET, TIKTOK_REDIRECT_URI"):
        TikTok.from_env()
    monkeypatch.setenv("TIKTOK_CLIENT_KEY", KEY)
    monkeypatch.setenv("TIKTOK_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("TIKTOK_REDIRECT_URI", REDIRECT)
    monkeypatch.setenv("TIKTOK_SCOPES", "video.list, video.publish")
    tik = TikTok.from_env()
    assert (tik.client_key, tik.redirect_uri) == (KEY, REDIRECT)
    assert tik.scopes == ("video.list", "video.publish")
    assert isinstance(AsyncTikTok.from_env(), AsyncTikTok)
    monkeypatch.setenv("TIKTOK_REDIRECT_URI", "https://127.0.0.1/callback/")
    store, journal = MemoryTokenStore(), MemoryJournal()
    given: Any = TikTok.from_env(
        "st-1", token_store=store, journal=journal, login_mode="web", pkce=None, budget="off"
    )
    assert (given.state, given.login_mode) == ("st-1", "web")
    assert "code_challenge" not in given.get_authorization_url()
    session = given._session
    assert (session.keeper.store, session.journal, session.budget_mode) == (store, journal, "off")


# Login


def test_the_exchange_sends_what_tiktok_documents(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = make_client(kind, server, clock)
    token = tik.exchange_code_for_token(code="AbC*0!6410")
    (request,) = server.requests
    assert form(request) == {
        "client_key": KEY,
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "code": "AbC*0!6410",
        "redirect_uri": REDIRECT,
        "code_verifier": tik.code_verifier,
    }
    assert token["access_token"] == token.access_token == "act.secret-user-1-1"
    assert tik.open_id == "user-1"


def test_a_code_verifier_can_be_kept_and_set(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    first, second = make_client(kind, server, clock), make_client(kind, server, clock)
    assert first.code_verifier != second.code_verifier
    second.code_verifier = first.code_verifier
    second.exchange_code_for_token(code="code-1")
    assert form(server.requests[0])["code_verifier"] == first.code_verifier
    with pytest.raises(Impossible):
        second.code_verifier = "a b"


@pytest.mark.parametrize("code", ["", "  ", "AbC%2A0%216410"])
def test_a_code_that_cannot_work_is_not_sent(
    kind: str, server: FakeTikTok, clock: FakeClock, code: str
) -> None:
    with pytest.raises(Impossible, match="code"):
        make_client(kind, server, clock).exchange_code_for_token(code=code)
    assert server.requests == []


def test_a_login_of_its_own_holds_all_that_its_callback_needs(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = make_client(kind, server, clock)
    begun = tik.begin_login({"user_id": "user1"})
    assert begun.code_verifier != tik.code_verifier
    state = httpx.URL(begun.url).params["state"]
    token = tik.finish_login(begun, f"{REDIRECT}?{httpx.QueryParams(code='code-1', state=state)}")
    assert token.open_id == "user-1"
    assert form(server.requests[0])["code_verifier"] == begun.code_verifier


def test_an_oauth_error_with_http_200_is_an_error(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    server.token_answers = [oauth_refusal("invalid_client")]
    with pytest.raises(InputRefused) as caught:
        make_client(kind, server, clock).exchange_code_for_token(code="code-1")
    assert (caught.value.code, caught.value.status, caught.value.log_id) == ("invalid_client", 200, "L3")


# Tokens


def test_without_a_login_nothing_is_sent(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = make_client(kind, server, clock)
    for ask in (tik.get_creator_info, tik.refresh_access_token, tik.revoke_access_token):
        with pytest.raises(NotLoggedIn, match="log in first"):
            ask()
    assert server.requests == []


def test_an_explicit_access_token_needs_no_login_and_is_never_refreshed(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = make_client(kind, server, clock)
    assert tik.get_creator_info(access_token="act.mine").creator_nickname == "Mock Creator"
    assert server.requests[0].headers["authorization"] == "Bearer act.mine"
    server.answer = lambda _: refused(401, "access_token_invalid")
    with pytest.raises(LoginRequired):
        tik.get_creator_info(access_token="act.mine")
    assert server.refreshes == 0


@pytest.mark.parametrize(("age", "refreshes"), [(0, 0), (6899, 0), (6901, 1), (7201, 1), (1e6, 1)])
def test_a_refresh_comes_ahead_of_the_end(
    kind: str, server: FakeTikTok, clock: FakeClock, age: float, refreshes: int
) -> None:
    tik = logged_in(kind, server, clock)
    clock.time += age
    tik.get_creator_info()
    assert server.refreshes == refreshes
    assert server.requests[-1].headers["authorization"] == f"Bearer act.secret-user-1-{1 + refreshes}"


def test_short_lives_are_taken_from_the_answer_too(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    server.expires_in = 60
    tik = logged_in(kind, server, clock)
    clock.time += 50
    tik.get_creator_info()
    assert server.refreshes == 0
    clock.time += 5
    tik.get_creator_info()
    assert server.refreshes == 1


def test_an_access_token_that_is_refused_is_refreshed_once_and_the_call_goes_on(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = logged_in(kind, server, clock)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"].endswith("-1-1"):
            return refused(401, "access_token_invalid")
        return ok(CREATOR)

    server.answer = answer
    assert tik.get_creator_info().creator_username == "mock.creator"
    assert server.paths() == [CREATOR_PATH, TOKEN_PATH, CREATOR_PATH]
    server.answer = lambda _: refused(401, "access_token_invalid")
    server.requests.clear()
    with pytest.raises(LoginRequired):
        tik.get_creator_info()
    assert server.paths() == [CREATOR_PATH, TOKEN_PATH, CREATOR_PATH]


def test_a_missing_scope_is_no_reason_to_refresh(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock)
    server.answer = lambda _: refused(401, "scope_not_authorized")
    with pytest.raises(LoginRequired, match="scope_not_authorized"):
        tik.get_creator_info()
    assert server.paths() == [CREATOR_PATH]


BAD_ANSWERS: list[Callable[[], httpx.Response | Exception]] = [
    lambda: oauth_refusal("invalid_grant"),
    lambda: httpx.Response(200, content=b""),
    lambda: httpx.Response(200, json={}),
    lambda: httpx.Response(200, json={**tokens(9), "access_token": 41}),
    lambda: httpx.Response(200, json={**tokens(9), "refresh_token": ""}),
    lambda: httpx.Response(200, json={**tokens(9), "open_id": "somebody-else"}),
    lambda: httpx.Response(503, html="<html>Service Unavailable</html>"),
    lambda: httpx.Response(200, html="<html>Welcome</html>"),
    lambda: httpx.ReadTimeout("slow"),
    lambda: httpx.ReadError("reset"),
]


@pytest.mark.parametrize("bad", BAD_ANSWERS, ids=range(len(BAD_ANSWERS)))
def test_no_answer_but_a_complete_one_replaces_a_token(
    kind: str, clock: FakeClock, server: FakeTikTok, bad: Callable[[], httpx.Response | Exception]
) -> None:
    store = MemoryTokenStore()
    tik = logged_in(kind, server, clock, token_store=store)
    before = store.load("user-1")
    server.token_answers = [bad()]
    with pytest.raises((LoginRequired, ServerFault, Unreadable, CouldNotAsk)) as caught:
        tik.refresh_access_token()
    assert "secret" not in str(caught.value)
    assert store.load("user-1") == before
    server.token_answers = []
    assert tik.refresh_access_token().access_token == "act.secret-user-1-2"


def test_a_failed_early_refresh_does_not_stop_a_token_that_still_works(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = logged_in(kind, server, clock)
    clock.time += 7000
    server.token_answers = [httpx.ReadTimeout("slow")]
    for _ in range(3):
        assert tik.get_creator_info().creator_username == "mock.creator"
    assert server.refreshes == 1
    clock.time += 60
    tik.get_creator_info()
    assert server.refreshes == 2


def test_a_refresh_that_never_left_is_sent_again(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock)
    server.token_answers = [httpx.ConnectError("down"), httpx.ConnectError("down")]
    assert tik.refresh_access_token().refresh_token == "rft.secret-user-1-2"
    assert server.refreshes == 3


class Flaky(MemoryTokenStore):
    """A store whose disk is full now and then."""

    failures = 0

    def save(self, token: StoredToken) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreFailed("disk full")
        super().save(token)


def test_tokens_that_could_not_be_stored_are_kept_and_stored_before_they_are_used(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    store = Flaky()
    tik = logged_in(kind, server, clock, token_store=store)
    clock.time += 1e6
    store.failures = 5
    with pytest.raises(StoreFailed):
        tik.get_creator_info()
    assert server.paths() == [TOKEN_PATH]
    tik.get_creator_info()
    assert server.paths() == [TOKEN_PATH, CREATOR_PATH]
    kept = store.load("user-1")
    assert kept is not None
    assert kept.refresh_token == server.alive["user-1"]


class Unlockable(MemoryTokenStore):
    """A store whose lock file cannot be made now and then."""

    failures = 0

    def lock(self, open_id: str) -> StoreLock:
        if self.failures:
            self.failures -= 1
            raise StoreFailed("cannot lock")
        return super().lock(open_id)


@pytest.mark.parametrize(("store", "failures"), [(Flaky, 3), (Unlockable, 1)])
def test_the_tokens_of_a_login_outlive_a_store_that_fails(
    kind: str,
    server: FakeTikTok,
    clock: FakeClock,
    store: type[Flaky | Unlockable],
    failures: int,
) -> None:
    kept = store()
    kept.failures = failures
    tik = make_client(kind, server, clock, token_store=kept)
    with pytest.raises(StoreFailed):
        tik.exchange_code_for_token(code="code-of-user-1")
    assert kept.accounts() == []
    tik.get_creator_info()  # the code is spent, and nobody has to log in again
    assert server.paths() == [TOKEN_PATH, CREATOR_PATH]
    assert kept.accounts() == ["user-1"]


class Compared(str):
    """A token during whose comparison something else happens, as it may with threads."""

    __slots__ = ("meanwhile",)
    meanwhile: Callable[[], object]
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        thread = threading.Thread(target=self.meanwhile)
        thread.start()
        thread.join()
        return str.__eq__(self, other)


def test_whose_token_it_is_can_be_found_while_others_log_in(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = logged_in(kind, server, clock)
    tik.exchange_code_for_token(code="code-of-user-2")
    newcomers = iter(range(3, 9))
    token = Compared(server.alive["user-2"])
    token.meanwhile = lambda: tik.exchange_code_for_token(code=f"code-of-user-{next(newcomers)}")
    assert tik.refresh_access_token(refresh_token=token).open_id == "user-2"


def test_many_accounts_on_one_client(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = make_client(kind, server, clock)
    for name in ("a", "b"):
        tik.exchange_code_for_token(code=f"code-of-{name}")
    assert sorted(tik.accounts()) == ["a", "b"]
    assert tik.open_id == "b"
    server.requests.clear()
    for name in ("a", "b"):
        tik.account(name).get_creator_info()
    tik.get_creator_info()
    bearers = [request.headers["authorization"] for request in server.requests]
    assert bearers == ["Bearer act.secret-a-1", "Bearer act.secret-b-2", "Bearer act.secret-b-2"]
    with pytest.raises(NotLoggedIn):
        tik.account("c").get_creator_info()


def test_a_new_process_finds_its_account_and_asks_when_there_are_several(
    kind: str, server: FakeTikTok, clock: FakeClock, tmp_path: Path
) -> None:
    store = FileTokenStore(tmp_path)
    logged_in(kind, server, clock, token_store=store)
    later = make_client(kind, server, clock, token_store=FileTokenStore(tmp_path))
    assert later.get_creator_info().creator_username == "mock.creator"
    assert later.open_id == "user-1"
    later.exchange_code_for_token(code="code-of-user-2")
    latest = make_client(kind, server, clock, token_store=FileTokenStore(tmp_path))
    with pytest.raises(NotLoggedIn, match=r"2 accounts; choose one with account\(open_id\)"):
        latest.get_creator_info()


def test_a_revoked_account_is_forgotten(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    store = MemoryTokenStore()
    tik = logged_in(kind, server, clock, token_store=store)
    server.answer = lambda _: httpx.Response(200, content=b"")
    clock.time += 1e6
    tik.revoke_access_token()
    assert form(server.requests[-1])["token"] == "act.secret-user-1-2"  # an expired one would be refused
    assert store.accounts() == []
    with pytest.raises(NotLoggedIn):
        tik.get_creator_info()


@pytest.mark.parametrize("hours", [0, 200 * 24])
def test_an_account_whose_user_has_left_already_is_forgotten(
    kind: str, server: FakeTikTok, clock: FakeClock, hours: int
) -> None:
    store = MemoryTokenStore()
    tik = logged_in(kind, server, clock, token_store=store)
    server.alive.clear()
    server.answer = lambda _: oauth_refusal()
    clock.time += hours * 3600
    tik.revoke_access_token()
    assert store.accounts() == []


def test_an_access_token_that_died_before_its_time_is_refreshed_and_then_revoked(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    store = MemoryTokenStore()
    tik = logged_in(kind, server, clock, token_store=store)
    revoked: list[str] = []

    def revoke(request: httpx.Request) -> httpx.Response:
        revoked.append(form(request)["token"])
        return oauth_refusal() if len(revoked) == 1 else httpx.Response(200, content=b"")

    server.answer = revoke
    tik.revoke_access_token()
    assert revoked == ["act.secret-user-1-1", "act.secret-user-1-2"]
    assert store.accounts() == []


def test_a_revoke_that_failed_forgets_nothing(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    store = MemoryTokenStore()
    tik = logged_in(kind, server, clock, token_store=store)
    server.answer = lambda _: oauth_refusal("invalid_client")
    with pytest.raises(InputRefused):
        tik.revoke_access_token()
    assert store.accounts() == ["user-1"]


def test_refreshing_by_a_refresh_token_stores_what_comes(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    server.alive["user-9"] = "rft.from-elsewhere"
    store = MemoryTokenStore()
    tik = make_client(kind, server, clock, token_store=store)
    token = tik.refresh_access_token(refresh_token="rft.from-elsewhere")
    assert token.open_id == "user-9"
    again = tik.refresh_access_token(refresh_token=token.refresh_token)
    assert again["refresh_token"] == server.alive["user-9"]
    assert store.accounts() == ["user-9"]


def test_a_client_token_is_not_stored(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = make_client(kind, server, clock)
    assert tik.get_client_token().access_token == "clt.1"
    assert tik.accounts() == []


class AsyncStore:
    """Somebody's own store, async all the way; it keeps no lock."""

    def __init__(self) -> None:
        self.inner = MemoryTokenStore()
        self.lock = self.inner.lock

    async def load(self, open_id: str) -> StoredToken | None:
        await asyncio.sleep(0)
        return self.inner.load(open_id)

    async def save(self, token: StoredToken) -> None:
        await asyncio.sleep(0)
        self.inner.save(token)

    async def delete(self, open_id: str) -> None:
        self.inner.delete(open_id)

    async def accounts(self) -> list[str]:
        return self.inner.accounts()


@pytest.mark.anyio
async def test_a_store_may_be_async(server: FakeTikTok, clock: FakeClock) -> None:
    store = AsyncStore()
    tik = AsyncTikTok(
        KEY, SECRET, REDIRECT, token_store=store, transport=httpx.MockTransport(server), clock=clock
    )
    await tik.exchange_code_for_token(code="code-1")
    clock.time += 1e6
    await asyncio.gather(*(tik.get_creator_info() for _ in range(10)))
    assert server.refreshes == 1
    assert await tik.accounts() == ["user-1"]
    sync = TikTok(
        KEY, SECRET, REDIRECT, token_store=store, transport=httpx.MockTransport(server), clock=clock
    )
    with pytest.raises(TypeError, match="AsyncTikTok"):
        sync.exchange_code_for_token(code="code-1")


class Unlocked(MemoryTokenStore):
    """Somebody's own store: cannot be hashed, and others reach it whom its lock does not."""

    __hash__ = None  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]

    def __init__(self) -> None:
        super().__init__()
        self.before_loading: Callable[[], None] | None = None

    def load(self, open_id: str) -> StoredToken | None:
        if self.before_loading is not None:
            self.before_loading()
        return super().load(open_id)


def test_a_refresh_that_somebody_else_was_faster_with_takes_theirs(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    store = Unlocked()
    tik = logged_in(kind, server, clock, token_store=store)
    other = make_client(kind, server, clock, token_store=store)
    clock.time += 1e6
    loads: list[int] = []

    def somebody_else() -> None:
        loads.append(len(loads))
        if len(loads) == 2:  # our stale tokens were read; theirs are stored before our request is answered
            store.before_loading = None
            newer = StoredToken("user-1", "act.theirs", "rft.theirs", clock.time + 7200, 2e9, clock.time, ())
            store.save(newer)

    store.before_loading = somebody_else
    server.alive.clear()
    tik.get_creator_info()
    assert server.requests[-1].headers["authorization"] == "Bearer act.theirs"
    assert other.get_creator_info()


class Lazy(MemoryTokenStore):
    """A store whose methods give awaitables without being ``async def``."""

    def load(self, open_id: str) -> Any:
        found = super().load(open_id)

        async def later() -> StoredToken | None:
            await asyncio.sleep(0)
            return found

        return later()


@pytest.mark.anyio
async def test_a_store_may_give_awaitables_without_saying_so(server: FakeTikTok, clock: FakeClock) -> None:
    transport = httpx.MockTransport(server)
    tik = AsyncTikTok(KEY, SECRET, REDIRECT, token_store=Lazy(), transport=transport, clock=clock)
    await tik.exchange_code_for_token(code="code-1")
    clock.time += 1e6
    assert await tik.get_creator_info()
    assert server.refreshes == 1


def test_scopes_that_were_granted_elsewhere_count(kind: str, clock: FakeClock, tmp_path: Path) -> None:
    server = GenerousTikTok(lambda _: ok({"user": {"follower_count": 41}}))
    server.scope = "user.info.basic"
    website, worker = (
        make_client(kind, server, clock, token_store=FileTokenStore(tmp_path)) for _ in range(2)
    )
    website.exchange_code_for_token(code="code-of-user-1")
    with pytest.raises(Impossible, match=r"missing: user\.info\.stats"):
        worker.get_user_info(["follower_count"])
    server.scope = "user.info.basic,user.info.stats"
    website.exchange_code_for_token(code="code-of-user-1")
    assert worker.get_user_info(["follower_count"]).follower_count == 41


def test_accounts_deleted_elsewhere_are_logged_out(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    store = MemoryTokenStore()
    tik = logged_in(kind, server, clock, token_store=store)
    store.delete("user-1")
    clock.time += 1e6
    with pytest.raises(NotLoggedIn, match="none for this account"):
        tik.get_creator_info()
    assert server.requests == []


# One refresh for all who ask


def test_all_threads_share_one_refresh(server: FakeTikTok, clock: FakeClock, tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    clients = [make_client("sync", server, clock, token_store=store) for _ in range(2)]
    clients[0].exchange_code_for_token(code="code-1")
    clock.time += 1e6
    start = threading.Barrier(16)
    failures: list[Exception] = []

    def ask(tik: TikTok) -> None:
        start.wait()
        try:
            tik.account("user-1").get_creator_info()
        except Exception as problem:  # noqa: BLE001
            failures.append(problem)

    threads = [threading.Thread(target=ask, args=(clients[number % 2],)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert server.refreshes == 1


@pytest.mark.anyio
async def test_all_tasks_share_one_refresh_and_a_cancelled_one_does_not_lose_it(clock: FakeClock) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    server = FakeTikTok(lambda _: ok(CREATOR))

    async def answer(request: httpx.Request) -> httpx.Response:
        response = server(request)
        if b"grant_type=refresh_token" in request.content:
            asked.set()
            await go_on.wait()  # TikTok has replaced the token; its answer is on its way
        return response

    store = MemoryTokenStore()
    transport = httpx.MockTransport(answer)
    tik = AsyncTikTok(KEY, SECRET, REDIRECT, token_store=store, transport=transport, clock=clock)
    await tik.exchange_code_for_token(code="code-1")
    clock.time += 1e6
    calls = [asyncio.create_task(tik.get_creator_info()) for _ in range(10)]
    await asked.wait()
    calls[0].cancel()
    await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["CancelledError"] + ["Creator"] * 9
    assert server.refreshes == 1
    kept = store.load("user-1")
    assert kept is not None
    assert kept.refresh_token == server.alive["user-1"]


@pytest.mark.anyio
async def test_a_login_while_a_refresh_is_under_way_is_the_one_that_stays(clock: FakeClock) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    server = FakeTikTok(lambda _: ok(CREATOR))

    async def answer(request: httpx.Request) -> httpx.Response:
        response = server(request)
        if b"grant_type=refresh_token" in request.content:
            asked.set()
            await go_on.wait()
        return response

    store = MemoryTokenStore()
    transport = httpx.MockTransport(answer)
    tik = AsyncTikTok(KEY, SECRET, REDIRECT, token_store=store, transport=transport, clock=clock)
    await tik.exchange_code_for_token(code="code-1")
    clock.time += 1e6
    call = asyncio.create_task(tik.get_creator_info())
    await asked.wait()
    login = asyncio.create_task(tik.exchange_code_for_token(code="code-2"))
    for _ in range(20):
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(call, login)
    kept = store.load("user-1")
    assert kept is not None
    assert kept.refresh_token == login.result().refresh_token == server.alive["user-1"]


# Retries and budgets


def test_what_does_nothing_twice_is_tried_again(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock)
    answers: list[httpx.Response | Exception] = [
        httpx.ReadTimeout("slow"),
        httpx.Response(503, html="<html>busy</html>"),
        refused(500, "internal_error"),
        ok(CREATOR),
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        planned = answers.pop(0)
        if isinstance(planned, Exception):
            raise planned
        return planned

    server.answer = answer
    assert tik.get_creator_info().creator_username == "mock.creator"
    assert [0.25 <= pause <= 2 for pause in clock.slept] == [True] * 3
    assert clock.slept[0] <= 0.5


def test_the_last_failure_is_the_one_that_is_told(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock)
    server.answer = lambda _: refused(500, "internal_error")
    with pytest.raises(ServerFault):
        tik.get_creator_info()
    assert len(server.requests) == 4


def test_a_refusal_that_will_not_change_is_told_at_once(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = logged_in(kind, server, clock)
    server.answer = lambda _: refused(400, "invalid_params")
    with pytest.raises(InputRefused):
        tik.get_creator_info()
    assert len(server.requests) == 1


def test_a_delay_that_tiktok_asks_for_is_honoured_up_to_a_minute(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = logged_in(kind, server, clock, budget="off")
    limited = refused(429, "rate_limit_exceeded")
    limited.headers["retry-after"] = "41"
    answers = [limited, ok(CREATOR)]
    server.answer = lambda _: answers.pop(0)
    tik.get_creator_info()
    assert clock.slept == [41.0]
    limited.headers["retry-after"] = "4100"
    server.answer = lambda _: limited
    with pytest.raises(TryLater) as caught:
        tik.get_creator_info()
    assert caught.value.retry_after == 4100


def test_calls_are_paced_within_the_rate_limit(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock)
    start = clock.time
    for _ in range(45):
        tik.get_creator_info()
    assert clock.time - start == 120
    assert clock.slept == [60.0, 60.0]


def test_a_spent_budget_can_raise_and_says_when(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock, budget="raise")
    for _ in range(20):
        clock.time += 1
        tik.get_creator_info()
    with pytest.raises(OverBudget, match="20 requests in 60 s") as caught:
        tik.get_creator_info()
    assert caught.value.retry_after == pytest.approx(41)
    assert len(server.requests) == 20
    clock.time += 41
    tik.get_creator_info()


def test_budgets_are_kept_per_account(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = make_client(kind, server, clock, budget="raise")
    for name in ("a", "b"):
        tik.exchange_code_for_token(code=f"code-of-{name}")
        for _ in range(20):
            tik.account(name).get_creator_info()
    for token in ("act.one", "act.two"):  # of accounts that this client does not know
        for _ in range(20):
            tik.get_creator_info(access_token=token)
        with pytest.raises(OverBudget):
            tik.get_creator_info(access_token=token)
    for name in ("a", "b"):
        with pytest.raises(OverBudget):
            tik.account(name).get_creator_info()


def test_no_budget_sends_all_the_same(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock, budget="off")
    for _ in range(50):
        tik.get_creator_info()
    assert clock.slept == []


def test_when_tiktok_says_that_the_limit_is_reached_a_whole_window_passes(
    kind: str, server: FakeTikTok, clock: FakeClock
) -> None:
    tik = logged_in(kind, server, clock)
    answers = [refused(429, "rate_limit_exceeded"), ok(CREATOR)]
    server.answer = lambda _: answers.pop(0)
    start = clock.time
    tik.get_creator_info()
    assert clock.time - start == pytest.approx(60, abs=1)


def test_a_reported_cap_is_remembered_for_a_while(kind: str, server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in(kind, server, clock)
    server.answer = lambda _: refused(200, "spam_risk_too_many_posts")
    for _ in range(3):
        with pytest.raises(TryLater, match="spam_risk_too_many_posts"):
            tik.get_creator_info()
    assert len(server.requests) == 1
    with pytest.raises(TryLater) as caught:
        tik.get_creator_info()
    assert caught.value.retry_after == pytest.approx(3600)
    assert caught.value.docs.endswith("/content-posting-api-reference-query-creator-info")
    clock.time += 3601
    server.answer = lambda _: ok(CREATOR)
    tik.get_creator_info()


@pytest.mark.parametrize(
    ("failure", "sent"),
    [
        (httpx.ConnectError("no"), Sent.NO),
        (httpx.ProxyError("407"), Sent.NO),
        (httpx.ReadError("no"), Sent.UNKNOWN),
    ],
)
def test_a_lost_answer_says_whether_tiktok_can_have_acted(
    kind: str, server: FakeTikTok, clock: FakeClock, failure: Exception, sent: Sent
) -> None:
    tik = logged_in(kind, server, clock)

    def answer(_: httpx.Request) -> httpx.Response:
        raise failure

    server.answer = answer
    with pytest.raises(CouldNotAsk) as caught:
        tik.get_creator_info()
    assert caught.value.sent is sent


# Life and death


def test_an_account_does_not_close_the_connections_it_shares(server: FakeTikTok, clock: FakeClock) -> None:
    tik = logged_in("sync", server, clock)
    tik.account("user-1").close()
    tik.get_creator_info()
    with tik:
        pass
    with pytest.raises(Impossible, match="client: must be open, got a closed one"):
        tik.get_creator_info()


class Talkative(BaseHTTPRequestHandler):
    """Keeps its connections open."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = ok(CREATOR).content
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        pass


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the first loop closed what was open in it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_async_client_goes_on_when_its_event_loop_is_over() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Talkative) as server:
        server.daemon_threads, server.block_on_close = True, False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        tik = AsyncTikTok(KEY, SECRET, REDIRECT, base_url=f"http://127.0.0.1:{server.server_port}")
        try:
            for _ in range(2):
                assert asyncio.run(tik.get_creator_info("act.41")).creator_nickname == "Mock Creator"
        finally:
            server.shutdown()
            thread.join()
            del tik
            gc.collect()  # now, while the warning about the first connection is expected


def test_an_httpx_client_of_ones_own_stays_open(server: FakeTikTok, clock: FakeClock) -> None:
    with httpx.Client(transport=httpx.MockTransport(server)) as http:
        with TikTok(KEY, SECRET, REDIRECT, http=http, clock=clock) as tik:
            tik.exchange_code_for_token(code="code-1")
        assert not http.is_closed


@pytest.mark.anyio
async def test_an_async_httpx_client_of_ones_own_stays_open(server: FakeTikTok, clock: FakeClock) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(server)) as http:
        async with AsyncTikTok(KEY, SECRET, REDIRECT, http=http, clock=clock) as tik:
            await tik.exchange_code_for_token(code="code-1")
            await tik.account("user-1").close()
        assert not http.is_closed
