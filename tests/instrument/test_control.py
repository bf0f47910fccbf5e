"""The control API: described like TikTok's own, with a client by the same generator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from openapi_spec_validator import validate

from tiktok_mock_control import Client, SeedAccount, SeedApp, SeedToken, SeedVideo, Wanted
from tiktok_mock_control.errors import ControlRefused
from tiktok_mock_control.routes import ROUTES
from tiktok_mock_server import MockTikTok, Switches, control
from tiktok_mock_server.running import Running

from .support import Creator, mp4

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def mock() -> Iterator[MockTikTok]:
    made = MockTikTok(switches=Switches(check_media=False))
    with Running(made.engine) as url:
        made.url = url
        yield made


def test_the_description_is_valid_and_has_every_call_that_is_answered_and_no_other() -> None:
    document = yaml.safe_load((ROOT / "mock_server" / "control" / "control.yaml").read_text(encoding="utf-8"))
    validate(document)
    calls = {
        (method.upper(), path.removeprefix("/_mock/"))
        for path, item in document["paths"].items()
        for method in item
    }
    assert len(calls) == len(ROUTES)
    # One thing can have two spellings, `DELETE worlds/<name>` and `POST worlds/drop`; the generator knows the
    # one without a name in its path.
    answered = {call: route.handler for call, route in control.ROUTES.items()}
    spelt = {
        **{(method, path.replace("*/", "")): does for (method, path), does in answered.items()},
        **answered,
    }
    assert calls - spelt.keys() == set()
    described = {spelt[call] for call in calls}
    assert {call for call, does in answered.items() if does not in described} == set()


def test_every_control_call_that_a_hint_or_a_page_names_exists() -> None:
    named = re.compile(r"(GET|POST|DELETE) (?:\$\w+)?/_mock/([a-z_/<>{}a-z-]*[a-z_>}])")
    pages = [*(ROOT / "mock_server").rglob("*.py"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    found = {call for page in pages for call in named.findall(page.read_text(encoding="utf-8"))}
    assert len(found) > 12
    for method, path in found - {("POST", "posts/<publish_id>/<lever>")}:
        first, *rest = path.split("/")
        named_in_body, named_in_path = ("/".join([first, "*", *more]) for more in (rest, rest[1:]))
        called = {(method, one) for one in (path, named_in_body, named_in_path)}
        assert called & control.ROUTES.keys(), f"{method} /_mock/{path}"


def test_a_story_told_with_the_client(mock: MockTikTok) -> None:
    with Client(mock.url) as client:
        assert client.worlds.is_ready().ready
        client.accounts.add_account(username="ada", private=True)
        assert client.accounts.change_account(username="ada", banned=True).banned
        login = client.accounts.log_in(username="mock.creator")
        assert login.access_token not in repr(login)
        client.faults.plan_fault(fault="gateway", operation="fetchStatus", details={"status": 503})
        with httpx.Client(base_url=mock.url) as http:
            creator = Creator(mock, http.request)
            del creator.headers["host"]
            started = creator.started()
            creator.put(started["upload_url"], mp4())
            assert creator.status(started["publish_id"]).status_code == 503
        assert client.faults.get_faults().unused == ()
        client.posts.hold_post(publish_id=started["publish_id"])
        before = client.clock.get_clock().now
        assert client.clock.move_clock(advance=3600).now == before + 3600
        assert client.posts.release_post(publish_id=started["publish_id"]).held is False
        assert client.posts.finish_post(publish_id=started["publish_id"]).status == "PUBLISH_COMPLETE"
        page = client.journal.read_journal(operation="uploadChunk", wait=5, count=1)
        assert [one.status for one in page.requests] == [201]
        assert client.journal.verify_journal(order=["initVideoPost", "uploadChunk"], faults_used_up=True).ok
        assert client.journal.get_coverage().percent > 0
        fork = client.worlds.fork_world(source="default", name="copy")
        assert fork.posts == 1
        assert client.worlds.reset_world().posts == 0
        assert client.worlds.drop_world(name="copy").dropped == "copy"
        assert [one.name for one in client.worlds.list_worlds().worlds] == ["default"]


def test_the_rest_of_the_calls(mock: MockTikTok) -> None:
    with Client(mock.url) as client:
        world = client.worlds.make_world(name="one", scenario="spam-risk", verified_domains=["a.example"])
        assert world.url == f"{mock.url}/_world/one"
        assert client.scenarios.apply_scenario(name="late-moderation").name == "late-moderation"
        assert len(client.scenarios.list_scenarios().scenarios) > 10
        with httpx.Client(base_url=mock.url) as http:
            creator = Creator(mock, http.request)
            del creator.headers["host"]
            one, two = creator.started(), creator.started()
        assert (
            client.posts.fail_post(publish_id=one["publish_id"], reason="internal").fail_reason == "internal"
        )
        assert [post.publish_id for post in client.posts.list_posts().posts] == [
            one["publish_id"],
            two["publish_id"],
        ]
        assert client.posts.approve_post(publish_id=two["publish_id"]).post_ids == ()
        assert client.accounts.disconnect_account().reason == 1
        assert [one.username for one in client.accounts.list_accounts().accounts] == ["mock.creator"]
        client.faults.plan_fault(fault="latency", seconds=0.5)
        assert client.faults.clear_faults().faults == ()
        assert client.journal.clear_journal().cursor == 2


def test_a_world_is_prepared_with_the_client_alone(mock: MockTikTok) -> None:
    with Client(mock.url) as client:
        sown = client.worlds.sow(
            apps=[SeedApp(client_key="my_key", audited=True, verified_domains=["media.example"])],
            accounts=[SeedAccount(username="ada", private=False, videos=[SeedVideo(title="First")])],
            tokens=[SeedToken(username="ada", client_key="my_key")],
        )
        assert (sown.apps, sown.accounts, sown.tokens[0].scope[:16]) == (
            ("my_key",),
            ("ada",),
            "user.info.basic,",
        )
        assert [app.client_key for app in client.worlds.list_apps().apps] == ["mock_client_key", "my_key"]
        assert client.worlds.set_switches(switches={"daily_posts": 3}).switches["daily_posts"] == 3
        assert client.worlds.get_switches().switches["token_profile"] == "current"
        made = client.worlds.make_world(switches={"token_profile": "legacy", "check_media": False})
        assert mock.engine.family()[made.name].world.switches.token_profile == "legacy"
        proof = client.accounts.add_property(value="example.com")
        verdict = client.accounts.verify_property(
            value="example.com", records={"example.com": [proof.record]}
        )
        assert verdict.verified
        code = client.accounts.give_code(redirect_uri="https://app.example/callback/").code
        assert code in mock.world.codes


def test_a_world_is_written_down_and_restored_with_the_client_alone(mock: MockTikTok) -> None:
    with Client(mock.url) as client:
        client.accounts.add_account(username="ada")
        taken = client.worlds.take_snapshot()
        client.worlds.reset_world()
        assert len(client.accounts.list_accounts().accounts) == 1
        client.worlds.restore_snapshot(snapshot=taken.raw)
        assert [one.username for one in client.accounts.list_accounts().accounts] == ["mock.creator", "ada"]
        with pytest.raises(ControlRefused, match="this is no snapshot"):
            client.worlds.restore_snapshot(snapshot={})
        httpx.post(f"{mock.url}/_mock/snapshot", json=taken.raw).raise_for_status()


def test_what_there_is_and_what_can_be_is_read_with_the_client_alone(mock: MockTikTok) -> None:
    creator = Creator(mock, lambda *what, **more: httpx.request(what[0], mock.url + what[1], **more))
    del creator.headers["host"]
    with Client(mock.url) as client:
        assert client.worlds.get_health().status == "ok"
        assert {one.id for one in client.scenarios.list_rules().rules} >= {"chunks.count", "oauth.code"}
        kinds = {one.fault: one for one in client.faults.list_fault_kinds().faults}
        assert kinds["gateway"].details == {"status": 502, "body": "html"}
        planned = client.faults.plan_fault(fault="reset", operation="fetchStatus")
        kept = client.faults.plan_fault(fault="close", operation="fetchStatus")
        assert client.faults.remove_fault(id=planned.id).fault == "reset"
        with pytest.raises(ControlRefused, match=f"there is no fault {planned.id}"):
            client.faults.remove_fault(id=planned.id)
        publish_id = creator.started()["publish_id"]
        assert client.posts.read_post(publish_id=publish_id).stage == "UPLOADING"
        shown = client.journal.inspect(after=0)
        assert [one.id for one in shown.faults] == [kept.id]
        assert [one.publish_id for one in shown.posts] == [publish_id]
        assert [one.operation for one in shown.requests] == ["initVideoPost"]
        for page in (client.journal.open_inspector_url(), client.journal.export_inspector_url()):
            assert "<title>Inspector" in httpx.get(page).text


def test_levers_and_events_with_the_client_alone(mock: MockTikTok) -> None:
    creator = Creator(mock, lambda *what, **more: httpx.request(what[0], mock.url + what[1], **more))
    with Client(mock.url) as client:
        client.webhooks.set_webhook_url(url="https://receiver.example/hook")
        publish_id = creator.draft()
        assert client.posts.user_posts_draft(publish_id=publish_id, privacy_level="SELF_ONLY").status == (
            "PUBLISH_COMPLETE"
        )
        assert client.posts.user_deletes_draft(publish_id=creator.draft()).status == "SEND_TO_USER_INBOX"
        url = "https://media.example/v.mp4"
        assert client.posts.fail_pull(url=url, reason="video_pull_failed").pulls[0].url == url
        assert client.posts.list_failing_pulls().pulls[0].reason == "video_pull_failed"
        assert client.posts.clear_failing_pulls().pulls == ()
        assert client.posts.reject_post(publish_id=publish_id).post_ids == ()
        with pytest.raises(ControlRefused, match="has no such public post"):
            client.posts.take_down_post(publish_id=publish_id)
        client.webhooks.ping_webhook()
        client.webhooks.send_event(event="portability.download.ready", content={"request_id": 7})
        (*_, ping, ready) = client.webhooks.list_deliveries().deliveries
        assert (ping.event, ready.event, ready.state) == (
            "tiktok.ping",
            "portability.download.ready",
            "not sent",
        )
        assert client.webhooks.replay_delivery(id=ready.id).body == ready.body
        shown = creator.ask(
            "POST",
            "/v2/oauth/get_qrcode/",
            data={"client_key": "mock_client_key", "scope": "user.info.basic"},
        )
        assert client.accounts.scan_qr_code(qr=shown.json()["token"]).status == "scanned"
        assert client.accounts.confirm_qr_code(qr=shown.json()["token"]).code in mock.world.codes


def test_what_makes_no_sense_is_refused_in_words(mock: MockTikTok) -> None:
    with Client(mock.url) as client:
        with pytest.raises(ControlRefused, match="did you mean 'reset'"):
            client.faults.plan_fault(fault="rest")
        with pytest.raises(ControlRefused, match="there is no post 'x'"):
            client.posts.finish_post(publish_id="x")
        with pytest.raises(ControlRefused, match="wanted 1 to any number, made 0"):
            client.journal.verify_journal(made=Wanted(operation="fetchStatus"))
