"""The facade against the mock, in one process: logins, tokens under faults, and every refusal there is."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest

from tests.facade.support import Plain
from tests.facade.test_errors import ASK
from tiktok_api_client import AsyncTikTok, MemoryTokenStore, TikTok, event_key, verify_webhook
from tiktok_api_client.errors import (
    CouldNotAsk,
    Error,
    InputRefused,
    LoginRequired,
    NotLoggedIn,
    Refused,
    TryLater,
    Unreadable,
)
from tiktok_mock_server import lifecycle
from tiktok_mock_server.mock import MockTikTok
from tiktok_mock_server.rules import qr
from tiktok_mock_server.world import Delivery, Video
from tiktok_openapi import CATALOGUE, Operation, PostPublishComplete
from tiktok_openapi.routes import ROUTES

DESKTOP, WEB = "http://127.0.0.1:8765/callback/", "https://app.example/callback/"
PULLED = "https://media.example.test/v.mp4"
SCOPES = ["user.info.basic", "user.info.stats", "video.list", "video.publish", "video.upload"]


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def mock() -> MockTikTok:
    return MockTikTok(auto_approve=True, strict=True, verified_domains=("media.example.test",))


def client(kind: str, mock: MockTikTok, redirect_uri: str = DESKTOP, **options: Any) -> TikTok:
    app = mock.app
    options = {"scopes": SCOPES, "clock": mock.clock, "base_url": mock.url, **options}
    if kind == "sync":
        return TikTok(app.client_key, app.client_secret, redirect_uri, transport=mock.transport(), **options)
    tasks = AsyncTikTok(
        app.client_key, app.client_secret, redirect_uri, transport=mock.async_transport(), **options
    )
    return cast("TikTok", Plain(tasks))


def log_in(tik: TikTok, mock: MockTikTok) -> str:
    """What a browser does; the callback's address."""
    with httpx.Client(transport=mock.transport()) as browser:
        answer = browser.get(tik.get_authorization_url())
    assert answer.status_code == 302, answer.text
    address: str = answer.headers["location"]
    tik.exchange_code_for_token(code=tik.parse_callback(address).code)
    return address


# Logging in


@pytest.mark.parametrize(
    ("redirect_uri", "pkce"), [(DESKTOP, "hex"), (WEB, "hex"), (WEB, "base64url"), (WEB, None)]
)
def test_every_way_to_log_in_that_tiktok_takes(
    kind: str, mock: MockTikTok, redirect_uri: str, pkce: Any
) -> None:
    tik = client(kind, mock, redirect_uri, pkce=pkce, state={"user_id": "user1"})
    address = log_in(tik, mock)
    assert tik.parse_callback(address).state == {"user_id": "user1"}
    assert tik.parse_callback(address).missing_scopes == ()
    assert tik.get_creator_info().creator_username == mock.account.username


def test_rfc_7636s_own_spelling_fails_for_a_desktop_app_as_it_does_at_tiktok(
    kind: str, mock: MockTikTok
) -> None:
    with pytest.raises(InputRefused, match="Code verifier or code challenge is invalid"):
        log_in(client(kind, mock, pkce="base64url"), mock)


def test_a_code_works_once_and_for_minutes(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)
    code = parse_qs(urlsplit(log_in(tik, mock)).query)["code"][0]
    with pytest.raises(LoginRequired, match="Authorization code is expired"):
        tik.exchange_code_for_token(code=code)
    assert tik.get_creator_info()


def test_login_by_qr_code(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)

    def phone(url: str) -> None:
        qr.scan(mock.world, url)
        qr.confirm(mock.world, url, mock.account)

    assert tik.qr_login(phone).open_id == tik.open_id
    assert tik.get_creator_info()


# Tokens


def test_a_refresh_that_ends_the_earlier_access_token_is_noticed_by_who_still_has_it(
    kind: str, mock: MockTikTok
) -> None:
    mock.switches = attrs.evolve(mock.switches, old_access_token="ends")
    store = MemoryTokenStore()
    tik, other = (client(kind, mock, token_store=store) for _ in range(2))
    log_in(tik, mock)
    other.get_creator_info()
    tik.refresh_access_token()
    assert other.get_creator_info()


@pytest.mark.parametrize("profile", ["current", "legacy"])
def test_days_of_use_need_one_login(kind: str, mock: MockTikTok, profile: Any) -> None:
    mock.switches = attrs.evolve(mock.switches, token_profile=profile)
    tik = client(kind, mock)
    log_in(tik, mock)
    for _ in range(60):
        mock.clock.advance(3000)
        tik.get_creator_info()


def test_a_token_that_dies_before_its_time_is_refreshed_in_the_middle(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)
    log_in(tik, mock)
    mock.faults.plan("queryCreatorInfo", "token_expired")
    assert tik.get_creator_info()
    assert mock.faults.unused() == []


def test_after_the_user_has_left_only_a_login_helps(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)
    log_in(tik, mock)
    mock.faults.plan("queryCreatorInfo", "grant_revoked")
    with pytest.raises(LoginRequired):
        tik.get_creator_info()
    log_in(tik, mock)
    assert tik.get_creator_info()


def test_revoking_works_with_a_token_that_has_ended(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)
    log_in(tik, mock)
    mock.clock.advance(100_000)
    tik.revoke_access_token()
    with pytest.raises(NotLoggedIn):
        tik.get_creator_info()


NOTHING_DONE = ["reset", "close", "gateway", "error", "refused", "name_error", "silence", "reset_in_body"]


@pytest.mark.parametrize("fault", NOTHING_DONE)
def test_a_refresh_that_fails_without_being_done_costs_nothing(
    kind: str, mock: MockTikTok, fault: str
) -> None:
    store = MemoryTokenStore()
    tik = client(kind, mock, token_store=store)
    log_in(tik, mock)
    before = store.load(tik.open_id or "")
    details: dict[str, Any] = {"code": "server_error"} if fault == "error" else {}
    for _ in range(4):
        mock.faults.plan("getToken", fault, **details)
    for _ in range(4):
        with contextlib.suppress(CouldNotAsk, Refused, Unreadable):
            tik.refresh_access_token()  # where nothing was sent, it is tried again at once
            before = store.load(tik.open_id or "")
        assert store.load(tik.open_id or "") == before
    mock.clock.advance(100_000)
    assert tik.get_creator_info()


@pytest.mark.parametrize("fault", ["lost", "cut", "malformed"])
def test_a_refresh_that_was_done_and_not_told_leaves_the_old_tokens_in_place(
    kind: str, mock: MockTikTok, fault: str
) -> None:
    mock.switches = attrs.evolve(mock.switches, refresh_grace=60.0)
    store = MemoryTokenStore()
    tik = client(kind, mock, token_store=store)
    log_in(tik, mock)
    before = store.load(tik.open_id or "")
    mock.faults.plan("getToken", fault)
    with pytest.raises((CouldNotAsk, Unreadable)):
        tik.refresh_access_token()
    assert store.load(tik.open_id or "") == before
    assert tik.get_creator_info()
    tik.refresh_access_token()
    assert store.load(tik.open_id or "") != before


def test_many_tasks_refresh_once(mock: MockTikTok) -> None:
    async def go() -> None:
        app = mock.app
        tik = AsyncTikTok(
            app.client_key,
            app.client_secret,
            DESKTOP,
            scopes=SCOPES,
            base_url=mock.url,
            transport=mock.async_transport(),
            clock=mock.clock,
        )
        code = mock.authorize_code(redirect_uri=DESKTOP)
        await tik.exchange_code_for_token(code=code)
        mock.clock.advance(100_000)
        await asyncio.gather(*(tik.get_creator_info() for _ in range(12)))

    asyncio.run(go())
    refreshes = [token for token in mock.world.access_tokens.values() if token.grant is not None]
    assert len(refreshes) == 2


def test_posts_of_every_kind_wait_for_a_rate_limit_that_they_share(kind: str, mock: MockTikTok) -> None:
    mock.switches = attrs.evolve(mock.switches, init_limits="shared")
    tik = client(kind, mock)
    log_in(tik, mock)
    began = mock.clock.now()
    for _ in range(4):
        tik.post_video(PULLED, privacy_level="SELF_ONLY")
        tik.draft_video(PULLED)
    assert len(mock.world.posts) == 8
    assert mock.clock.now() - began == pytest.approx(60, abs=5)


# Refusals


CODES = [(route, code) for route in ROUTES if route.id in ASK for code in sorted(route.errors)]
EXPLICIT = "act.mine-0001"


@pytest.mark.parametrize(("operation", "code"), CODES, ids=lambda value: getattr(value, "id", value))
def test_every_refusal_of_the_catalogue_arrives_as_its_class_with_advice(
    kind: str, mock: MockTikTok, operation: Operation, code: str
) -> None:
    assert operation.envelope is not None
    tik = client(kind, mock, budget="off")
    for _ in range(6):
        mock.faults.plan(operation.id, "error", code=code)
    token = str(mock.authorize()["access_token"])
    with pytest.raises(Error) as caught:
        ASK[operation.id](cast("TikTok", _WithToken(tik, token)))
    problem = caught.value
    entry = CATALOGUE.find(operation.envelope.name, code)
    assert entry is not None
    assert isinstance(problem, Refused)
    assert type(problem) is CATALOGUE.classes[entry.category]
    assert problem.code == code
    assert problem.advice == entry.advice
    assert problem.log_id
    assert token not in str(problem)


class _WithToken:
    """Calls a client with a token the mock has issued, whatever token is written down."""

    def __init__(self, tik: TikTok, token: str) -> None:
        self._tik, self._token = tik, token

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._tik, name)

        def call(*arguments: Any, **options: Any) -> Any:
            if options.get("access_token") == EXPLICIT:
                options["access_token"] = self._token
            return member(*arguments, **options)

        return call


def test_a_place_that_the_creator_frees_among_the_drafts_is_used_at_once(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)
    log_in(tik, mock)
    first, *_ = [tik.draft_video(PULLED).publish_id for _ in range(5)]
    with pytest.raises(TryLater, match="spam_risk_too_many_pending_share"):
        tik.draft_video(PULLED)
    lifecycle.finish(mock.world, mock.post(first))
    lifecycle.user_posts_draft(mock.world, mock.post(first))
    assert tik.draft_video(PULLED).publish_id


# Reading and being told


def test_videos_are_iterated_and_queried(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)
    log_in(tik, mock)
    start = mock.clock.now()
    mock.account.videos += [
        Video(7_000_000_000_000_000_000 + n, start - 100 + n, f"video {n}") for n in range(45)
    ]
    ids = [video.id or "" for video in tik.videos(["id", "title"])]
    assert len(ids) == len(set(ids)) == 45
    assert ids[0] == "7000000000000000044"
    assert len(tik.query_videos(ids, ["id"])) == 45
    assert tik.get_user_info().video_count is not None


def test_what_the_mock_delivers_is_verified_and_typed(kind: str, mock: MockTikTok) -> None:
    tik = client(kind, mock)
    mock.app.webhook_url = "https://app.example/tiktok"
    received: list[Any] = []

    def receive(delivery: Delivery, headers: dict[str, str]) -> int:
        body = cast("Any", delivery).body
        received.append(verify_webhook(body, headers, mock.app.client_secret, now=mock.clock.now()))
        return 200

    mock.on_event(receive)
    log_in(tik, mock)
    post = tik.create_video(
        source="PULL_FROM_URL",
        upload_type="POST_VIDEO_URL",
        privacy_level="SELF_ONLY",
        video_url="https://media.example.test/v.mp4",
    )
    mock.clock.advance(3600)
    complete = [event for event in received if isinstance(event, PostPublishComplete)]
    assert [event.content.publish_id for event in complete] == [post.publish_id]
    assert len({event_key(event) for event in received}) == len(received)
