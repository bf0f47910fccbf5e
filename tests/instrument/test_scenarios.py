"""Each scenario is what its name says, and is reached by argument and control call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tiktok_mock_server import MockTikTok, Switches
from tiktok_mock_server.scenarios import SCENARIOS, NoSuchScenario
from tiktok_mock_server.world import Account, App

from .support import APP, TOKEN, Creator, mp4

PAGE = Path(__file__).parent.parent.parent / "docs" / "mock-scenarios.md"


def told(name: str) -> tuple[MockTikTok, Creator]:
    mock = MockTikTok(scenario=name, switches=Switches(check_media=False))
    client = httpx.Client(transport=mock.transport(), base_url=mock.url, timeout=2.0)
    return mock, Creator(mock, client.request)


def code(answer: Any) -> str:
    error: Any = answer.json()["error"]
    return error if isinstance(error, str) else str(error["code"])


def outcome(call: Any) -> object:
    try:
        return call().status_code
    except httpx.HTTPError as error:
        return type(error)


def publish(mock: MockTikTok, creator: Creator, privacy: str = "SELF_ONLY") -> str:
    body = {
        "post_info": {"privacy_level": privacy, "title": "Hello"},
        "source_info": {"source": "FILE_UPLOAD", "video_size": 24, "chunk_size": 24, "total_chunk_count": 1},
    }
    answer = creator.ask("POST", "/v2/post/publish/video/init/", json=body, headers=creator.headers)
    started = answer.json()["data"]
    assert creator.put(started["upload_url"], mp4()).status_code == 201
    return str(started["publish_id"])


@pytest.mark.parametrize(
    ("name", "privacy", "wanted"),
    [
        ("audited-app", ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"], "ok"),
        (
            "unaudited-app",
            ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
            "unaudited_client_can_only_post_to_private_accounts",
        ),
        ("private-account", ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"], "ok"),
    ],
)
def test_who_may_post(name: str, privacy: list[str], wanted: str) -> None:
    _, creator = told(name)
    assert creator.creator_info().json()["data"]["privacy_level_options"] == privacy
    assert code(creator.init()) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("expired-token", "access_token_invalid"),
        ("rotated-refresh-race", "access_token_invalid"),
        ("spam-risk", "spam_risk_too_many_posts"),
        ("banned-creator", "spam_risk_user_banned_from_posting"),
    ],
)
def test_why_a_post_is_refused(name: str, wanted: str) -> None:
    _, creator = told(name)
    assert code(creator.init()) == wanted


def test_a_refresh_saves_the_expired_but_not_the_raced() -> None:
    for name, wanted in (("expired-token", None), ("rotated-refresh-race", "invalid_grant")):
        mock, creator = told(name)
        creator.init()
        assert creator.refresh().json().get("error") == wanted
        mock.faults.assert_used_up()


def test_only_a_refresh_is_raced_and_only_the_first_creators_token_expires() -> None:
    mock, creator = told("rotated-refresh-race")
    ada = mock.world.add_account(Account("ada"))
    other = {"authorization": f"Bearer {mock.authorize(account=ada)['access_token']}"}
    assert code(creator.creator_info(other)) == "ok"
    uri = "https://app.example/callback/"
    login = {**APP, "grant_type": "authorization_code", "code": mock.authorize_code(redirect_uri=uri)}
    assert "error" not in creator.ask("POST", TOKEN, data={**login, "redirect_uri": uri}).json()
    assert mock.faults.fired() == []
    assert code(creator.creator_info()) == "access_token_invalid"
    assert creator.refresh().json()["error"] == "invalid_grant"


def test_every_creator_is_banned_and_every_account_is_of_the_kind_that_is_asked_for() -> None:
    mock = MockTikTok()
    accounts = mock.world.account, mock.world.add_account(Account("ada"))
    apps = mock.world.app, mock.world.add_app(App("second", "secret"))
    mock.scenario("banned-creator")
    assert all(account.banned for account in accounts)
    for name, private, audited in (
        ("audited-app", False, True),
        ("unaudited-app", False, False),
        ("private-account", True, True),
    ):
        mock.scenario(name)
        assert [account.private for account in accounts] == [private] * 2
        assert [app.audited for app in apps] == [audited] * 2


@pytest.mark.parametrize("name", ["fails-after-upload", "slow-network", "doubled-webhooks", "tomorrow"])
def test_nobody_minds_when_what_always_goes_wrong_is_not_met(name: str) -> None:
    mock, _ = told(name)
    assert len(mock.faults) > 0
    mock.faults.assert_used_up()


def test_a_lost_refresh() -> None:
    mock, creator = told("lost-refresh")
    assert outcome(creator.refresh) is httpx.ReadError
    assert creator.refresh().json()["error"] == "invalid_grant"
    mock.faults.assert_used_up()


def test_stuck_and_late() -> None:
    mock, creator = told("stuck-processing")
    post = publish(mock, creator)
    mock.clock.advance(86400)
    token = Creator(mock, creator.ask)
    assert token.status(post).json()["data"]["status"] == "PROCESSING_UPLOAD"
    mock, creator = told("late-moderation")
    post = publish(mock, creator, "PUBLIC_TO_EVERYONE")
    mock.clock.advance(3600)
    for _ in range(5):  # to ask does not hurry moderation
        data = creator.status(post).json()["data"]
        assert (data["status"], data["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])
    mock.clock.advance(5 * 3600 + 60)
    assert len(Creator(mock, creator.ask).status(post).json()["data"]["publicaly_available_post_id"]) == 1


def test_a_failure_after_the_upload() -> None:
    mock, creator = told("fails-after-upload")
    post = publish(mock, creator)
    mock.clock.advance(60)
    photos = {
        "post_mode": "MEDIA_UPLOAD",
        "media_type": "PHOTO",
        "post_info": {},
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://a.example/1.jpg"],
            "photo_cover_index": 0,
        },
    }
    mock.world.add_property(mock.app, "a.example", verified=True)
    answer = creator.ask("POST", "/v2/post/publish/content/init/", json=photos, headers=creator.headers)
    for failed in (post, creator.draft(), answer.json()["data"]["publish_id"]):
        mock.clock.advance(60)
        assert creator.status(failed).json()["data"]["fail_reason"] == "frame_rate_check_failed"


def test_flaky_uploads_end_well_for_who_tries_again() -> None:
    mock, creator = told("flaky-uploads")
    size = 5000
    started = creator.started(size)
    data = mp4(size)
    outcomes = [outcome(lambda: creator.put(started["upload_url"], data)) for _ in range(4)]
    assert outcomes == [503, httpx.ReadError, 502, 201]
    mock.faults.assert_used_up()
    assert len(mock.world.posts) == 1


def test_lost_answers() -> None:
    mock, creator = told("lost-answers")
    assert outcome(creator.init) is httpx.ReadError
    assert len(mock.world.posts) == 1
    half = 5 * 1024 * 1024
    started = creator.started(2 * half, chunk=half, count=2)
    url = started["upload_url"]
    assert creator.put(url, mp4(half), total=2 * half).status_code == 206
    assert outcome(lambda: creator.put(url, bytes(half), first=half, total=2 * half)) is httpx.ReadError
    assert mock.post(started["publish_id"]).size == 2 * half
    mock.faults.assert_used_up()


def test_limits_pages_and_slowness() -> None:
    _, creator = told("rate-limited")
    assert [creator.creator_info().status_code for _ in range(2)] == [200, 429]
    fields = {"params": {"fields": "open_id"}, "headers": creator.headers}
    assert [creator.ask("GET", "/v2/user/info/", **fields).status_code for _ in range(2)] == [200, 429]
    _, creator = told("gateway-pages")
    assert [creator.creator_info().status_code for _ in range(3)] == [200, 200, 503]
    _, creator = told("slow-network")
    assert outcome(creator.creator_info) is httpx.ReadTimeout


def test_doubled_events() -> None:
    mock, creator = told("doubled-webhooks")
    seen: list[str] = []

    def receive(delivery: Any, headers: dict[str, str]) -> int:
        seen.append(delivery.event)
        return 200

    mock.on_event(receive)
    publish(mock, creator)
    mock.clock.advance(60)
    assert seen == ["post.publish.complete"] * 2


def test_tomorrow() -> None:
    mock, creator = told("tomorrow")
    assert "BRAND_NEW_VALUE" in creator.creator_info().json()["data"]["privacy_level_options"]
    started = creator.init().json()["data"]
    assert started["brand_new_field"] == "?"
    assert creator.status(started["publish_id"]).json()["data"]["status"] == "BRAND_NEW_STATUS"
    mock.faults.assert_used_up()


def test_a_control_call_makes_it_so() -> None:
    mock = MockTikTok()
    client = httpx.Client(transport=mock.transport(), base_url=mock.url)
    listed = [one["name"] for one in client.get("/_mock/scenarios").json()["scenarios"]]
    assert listed == list(SCENARIOS)
    assert client.post("/_mock/scenarios/spam-risk").status_code == 200
    assert code(Creator(mock, client.request).init()) == "spam_risk_too_many_posts"
    wrong = client.post("/_mock/scenarios/spam-rick")
    assert (wrong.status_code, "did you mean 'spam-risk'" in wrong.json()["error"]) == (400, True)
    with pytest.raises(NoSuchScenario):
        mock.scenario("nothing")


def test_every_scenario_is_tried_here_and_stands_on_the_page() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in SCENARIOS if f'"{name}"' not in here] == []
    page = PAGE.read_text(encoding="utf-8")
    assert [one.name for one in SCENARIOS.values() if f"## {one.name}\n\n{one.text}" not in page] == []
