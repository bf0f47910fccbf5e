"""What an app must be, its authorization URL, and logging in from this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facade.support import KEY, REDIRECT, SECRET, FakeClock, FakeTikTok, form
from tiktok_api_client import (
    SCOPES,
    AsyncTikTok,
    Impossible,
    LoginRequired,
    LoginTimedOut,
    TikTok,
)
from tiktok_api_client._drivers import SystemClock
from tiktok_api_client._flow import Signal
from tiktok_api_client.login import LoginMode, check_redirect_uri
from tiktok_api_client.pkce import code_challenge

WILD = "http://127.0.0.1:*/callback/"


# Redirect URIs


@pytest.mark.parametrize(
    ("uri", "mode"),
    [
        ("https://app.example/callback", "web"),
        ("https://app.example:8443/callback/", "web"),
        ("https://app.example", "web"),
        ("http://localhost:3455/callback/", "desktop"),
        ("http://127.0.0.1:*/callback/", "desktop"),
        ("https://127.0.0.1:3455/callback/", "desktop"),
        ("http://127.0.0.1:1", "desktop"),
        ("https://localhost/callback/", "web"),
        ("https://a.example/" + "p" * 493, "web"),
    ],
)
def test_what_tiktok_registers(uri: str, mode: LoginMode) -> None:
    assert check_redirect_uri(uri, None) == mode
    assert check_redirect_uri(uri, mode) == mode


@pytest.mark.parametrize(
    ("uri", "mode", "words"),
    [
        ("http://app.example/callback", None, "https"),
        ("https://app.example/callback?x=1", None, "no query and no fragment"),
        ("https://app.example/callback?", None, "no query and no fragment"),
        ("https://app.example/callback#x", None, "no query and no fragment"),
        ("https://a.example/" + "p" * 494, None, "512 characters, less than 512|less than 512, got 512"),
        ("http://localhost/callback/", None, "a port"),
        ("https://app.example/callback", "desktop", "localhost or 127.0.0.1"),
        ("https://app.example:*/callback", "web", r"no \* for the port"),
        ("http://127.0.0.1:80/", "web", "https"),
        ("myapp://callback", None, "absolute http or https"),
        ("/callback", None, "absolute"),
        ("https://:80/", None, "absolute"),
        ("http://127.0.0.1:port/", None, "absolute"),
        ("https://app.example/", "mobile", "'web' or 'desktop'"),
    ],
)
def test_what_tiktok_does_not_register(uri: str, mode: Any, words: str) -> None:
    with pytest.raises(Impossible, match=words):
        check_redirect_uri(uri, mode)


@given(st.text(), st.sampled_from(["web", "desktop", None]))
def test_any_redirect_uri_is_of_a_mode_or_impossible(uri: str, mode: LoginMode | None) -> None:
    try:
        found = check_redirect_uri(uri, mode)
    except Impossible:
        return
    assert mode in (None, found)
    assert urlsplit(uri.replace(":*", ":1")).hostname


# The authorization URL


def query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query, strict_parsing=True)


def test_the_authorization_url_is_what_tiktok_documents() -> None:
    tik = TikTok(KEY, SECRET, REDIRECT, "st-41", ["user.info.basic", "video.publish"])
    url = tik.get_authorization_url()
    assert url.startswith("https://www.tiktok.com/v2/auth/authorize/?")
    assert query_of(url) == {
        "client_key": [KEY],
        "scope": ["user.info.basic,video.publish"],
        "redirect_uri": [REDIRECT],
        "state": ["st-41"],
        "response_type": ["code"],
        "code_challenge": [code_challenge(tik.code_verifier)],
        "code_challenge_method": ["S256"],
    }
    assert SECRET not in url
    assert tik.code_verifier not in url
    assert query_of(tik.get_authorization_url(disable_auto_auth=True))["disable_auto_auth"] == ["1"]


def test_the_challenge_can_be_written_otherwise_or_left_out_on_the_web_only() -> None:
    web = "https://app.example/callback/"
    other = TikTok(KEY, SECRET, web, pkce="base64url")
    challenge = query_of(other.get_authorization_url())["code_challenge"]
    assert challenge == [code_challenge(other.code_verifier, "base64url")]
    server = FakeTikTok()
    without = TikTok(KEY, SECRET, web, pkce=None, transport=httpx.MockTransport(server))
    assert not {"code_challenge", "code_challenge_method"} & query_of(without.get_authorization_url()).keys()
    assert without.begin_login().code_verifier is None
    without.exchange_code_for_token(code="code-1")
    assert "code_verifier" not in form(server.requests[0])
    with pytest.raises(Impossible, match="desktop"):
        TikTok(KEY, SECRET, REDIRECT, pkce=None)
    with pytest.raises(Impossible, match="'hex', 'base64url' or None"):
        TikTok(KEY, SECRET, web, pkce="plain")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_the_state_is_random_a_text_or_a_mapping() -> None:
    first, second = (TikTok(KEY, SECRET, REDIRECT) for _ in range(2))
    assert len(first.state) >= 20
    assert first.state != second.state
    assert query_of(first.get_authorization_url())["state"] == [first.state]
    mapped = TikTok(KEY, SECRET, REDIRECT, {"user_id": "user1"})
    url = f"{REDIRECT}?{httpx.QueryParams(code='c', state=mapped.state, scopes='user.info.basic')}"
    found = mapped.parse_callback(url)
    assert found.state == {"user_id": "user1"}
    assert found.missing_scopes == ("video.publish", "video.upload")
    again = TikTok(KEY, SECRET, REDIRECT).parse_callback(url, {"user_id": "user1"})
    assert again.state == {"user_id": "user1"}


def test_every_documented_scope_may_be_asked_for() -> None:
    tik = TikTok(KEY, SECRET, REDIRECT, scopes=SCOPES)
    assert query_of(tik.get_authorization_url())["scope"] == [",".join(SCOPES)]
    assert TikTok(KEY, SECRET, REDIRECT, scopes=["video.list", "video.list"]).scopes == ("video.list",)


def test_a_wild_port_is_for_login_only() -> None:
    with pytest.raises(Impossible, match=r"only login\(\) can choose one"):
        TikTok(KEY, SECRET, WILD).get_authorization_url()


def test_a_login_request_shows_no_secret() -> None:
    begun = TikTok(KEY, SECRET, REDIRECT).begin_login()
    assert begun.code_verifier is not None
    assert begun.code_verifier not in repr(begun)


# Logging in from this machine


class Browser:
    """Goes to the redirect URI of an authorization URL, in a thread, with what TikTok would add."""

    def __init__(self, *answers: dict[str, str] | Callable[[str], str]) -> None:
        self.answers = answers
        self.pool = ThreadPoolExecutor(1)
        self.seen: list[httpx.Response] = []
        self.redirect_uri = ""
        self.working: Future[None] | None = None

    def __call__(self, url: str) -> None:
        query = query_of(url)
        self.redirect_uri = query["redirect_uri"][0]
        self.working = self.pool.submit(self._go, query["state"][0])

    def _go(self, state: str) -> None:
        for answer in self.answers:
            if callable(answer):
                url = answer(self.redirect_uri)
            else:
                url = f"{self.redirect_uri}?{httpx.QueryParams({'state': state, **answer})}"
            self.seen.append(httpx.get(url))

    def finish(self) -> None:
        assert self.working is not None
        self.working.result(30)
        self.pool.shutdown()


@pytest.fixture(params=["sync", "async"])
def log_in(request: pytest.FixtureRequest) -> Callable[..., Any]:
    def sync(server: FakeTikTok, show: Callable[[str], object], clock: Any = None, **options: Any) -> Any:
        tik = TikTok(KEY, SECRET, WILD, transport=httpx.MockTransport(server), clock=clock)
        return tik.login(show=show, **options)

    def tasks(server: FakeTikTok, show: Callable[[str], object], clock: Any = None, **options: Any) -> Any:
        tik = AsyncTikTok(KEY, SECRET, WILD, transport=httpx.MockTransport(server), clock=clock)
        return asyncio.run(tik.login(show=show, **options))

    return sync if request.param == "sync" else tasks


def port_is_free(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) != 0


def test_login_opens_catches_and_closes(log_in: Callable[..., Any]) -> None:
    server, browser = FakeTikTok(), Browser({"code": "AbC*0!6410"})
    token = log_in(server, browser)
    browser.finish()
    assert token.open_id == "user-1"
    (page,) = browser.seen
    assert page.status_code == 200
    assert "You are logged in" in page.text
    assert "AbC" not in page.text
    assert page.headers["cache-control"] == "no-store"
    sent = form(server.requests[0])
    assert sent["code"] == "AbC*0!6410"
    assert sent["redirect_uri"] == browser.redirect_uri
    assert urlsplit(browser.redirect_uri).port
    assert sent["code_verifier"]
    assert port_is_free(browser.redirect_uri)


def test_strangers_do_not_end_the_wait(log_in: Callable[..., Any]) -> None:
    browser = Browser(
        lambda address: f"{address}favicon.ico",
        lambda address: f"{address}?code=evil&state=wrong",
        lambda address: f"{address}?code=evil",
        lambda address: address,
        {"code": "good-code"},
    )
    server = FakeTikTok()
    log_in(server, browser)
    browser.finish()
    assert [page.status_code for page in browser.seen] == [404, 400, 400, 400, 200]
    assert form(server.requests[0])["code"] == "good-code"


def test_a_refusal_is_told_on_the_page_and_to_the_caller(log_in: Callable[..., Any]) -> None:
    browser = Browser({"error": "access_denied", "error_description": "User declined"})
    server = FakeTikTok()
    with pytest.raises(LoginRequired, match="User declined"):
        log_in(server, browser)
    browser.finish()
    assert "TikTok did not let you in" in browser.seen[0].text
    assert server.requests == []
    assert port_is_free(browser.redirect_uri)


def test_nobody_comes(log_in: Callable[..., Any]) -> None:
    shown: list[str] = []
    with pytest.raises(LoginTimedOut, match="within 300 s; an error on TikTok"):
        log_in(FakeTikTok(), shown.append, clock=FakeClock())
    assert port_is_free(query_of(shown[0])["redirect_uri"][0])


def test_a_stuck_visitor_does_not_stop_the_login(log_in: Callable[..., Any]) -> None:
    stuck = socket.socket()

    def get_stuck(address: str) -> str:
        stuck.connect(("127.0.0.1", urlsplit(address).port or 0))
        stuck.send(b"GET /call")
        return f"{address}favicon.ico"

    browser = Browser(get_stuck, {"code": "good-code"})
    try:
        assert log_in(FakeTikTok(), browser).open_id == "user-1"
        browser.finish()
    finally:
        stuck.close()


@pytest.mark.anyio
async def test_a_cancelled_login_leaves_no_port_open() -> None:
    shown: list[str] = []
    waiting = asyncio.Event()

    def show(url: str) -> None:
        shown.append(url)
        waiting.set()

    tik = AsyncTikTok(KEY, SECRET, WILD)
    task = asyncio.create_task(tik.login(show=show))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert port_is_free(query_of(shown[0])["redirect_uri"][0])


def test_a_port_that_is_taken_and_an_address_that_cannot_be_caught_are_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/callback/"
        with pytest.raises(Impossible, match="a free port"):
            TikTok(KEY, SECRET, address).login(show=lambda _: None)
    for address in ("https://app.example/callback/", "https://127.0.0.1:8765/callback/"):
        with pytest.raises(Impossible, match="http on localhost"):
            TikTok(KEY, SECRET, address).login(show=lambda _: None)


def test_without_a_browser_the_address_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def no_browser(url: str) -> bool:
        opened.append(url)
        return False

    monkeypatch.setattr("webbrowser.open", no_browser)
    with pytest.raises(LoginTimedOut):
        TikTok(KEY, SECRET, WILD, clock=FakeClock()).login()
    assert opened[0] in capsys.readouterr().err


def test_signals_set_by_threads_wake_the_login() -> None:
    signal = Signal()
    threading.Timer(0.01, signal.set).start()
    assert SystemClock().sleep(30, signal)
