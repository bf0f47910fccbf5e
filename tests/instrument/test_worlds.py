"""Many worlds in one process: chosen, apart, made anew, written down and copied."""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, cast

import httpx
import pytest

from tests.mock.support import WEB_REDIRECT, Player, data
from tiktok_mock_server import MockTikTok, Switches, lifecycle, webhooks
from tiktok_mock_server.running import Running
from tiktok_mock_server.snapshot import CannotRestore, CannotSnapshot
from tiktok_mock_server.world import Account, Delivery, default_world

from .support import APP, CREATOR, INIT, STATUS, TOKEN, Creator, mp4


def client_of(mock: MockTikTok) -> httpx.Client:
    return httpx.Client(transport=mock.transport(), base_url=mock.url)


def made(client: httpx.Client, **settings: Any) -> dict[str, Any]:
    answer = client.post("/_mock/worlds", json=settings)
    assert answer.status_code == 200, answer.text
    world: dict[str, Any] = answer.json()
    return world


def token_in(client: httpx.Client, base: str = "", **headers: str) -> dict[str, str]:
    answer = client.post(f"{base}/_mock/authorize", json={}, headers=headers)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}", **headers}


BODY = {
    "post_info": {"privacy_level": "SELF_ONLY", "title": "Hello"},
    "source_info": {"source": "FILE_UPLOAD", "video_size": 24, "chunk_size": 24, "total_chunk_count": 1},
}


def test_a_world_by_path_prefix_hands_out_addresses_into_itself() -> None:
    mock = MockTikTok()
    client = client_of(mock)
    world = made(client, name="one", scenario="stuck-processing")
    assert world["url"] == "http://tiktok.mock/_world/one"
    headers = token_in(client, world["url"])
    started = client.post(f"{world['url']}{INIT}", json=BODY, headers=headers).json()["data"]
    assert started["upload_url"].startswith("http://tiktok.mock/_world/one/upload?")
    put = client.put(
        started["upload_url"],
        content=mp4(),
        headers={"content-type": "video/mp4", "content-range": "bytes 0-23/24"},
    )
    assert put.status_code == 201
    assert not mock.world.posts
    assert client.post(f"{world['url']}{STATUS}", json=started, headers=headers).status_code == 200


def test_a_world_by_header() -> None:
    mock = MockTikTok()
    client = client_of(mock)
    made(client, name="two")
    headers = token_in(client, **{"x-mock-world": "two"})
    assert client.post(INIT, json=BODY, headers=headers).status_code == 200
    assert client.get("/_mock/posts").json()["posts"] == []
    assert len(client.get("/_mock/posts", headers={"x-mock-world": "two"}).json()["posts"]) == 1
    lost = client.get("/_mock/posts", headers={"x-mock-world": "three"})
    assert (lost.status_code, lost.text) == (
        404,
        "there is no world 'three'; make it with POST /_mock/worlds",
    )


def test_a_world_by_client_key_and_by_what_was_issued_for_it() -> None:
    mock = MockTikTok()
    client = client_of(mock)
    made(client, name="mine", client_key="my_key")
    form = {"client_key": "my_key", "client_secret": "mock_client_secret", "grant_type": "client_credentials"}
    assert client.post("/v2/oauth/token/", data=form).json()["access_token"].startswith("clt.")
    assert client.post("/v2/oauth/token/", data={**form, **APP}).json()["access_token"].startswith("clt.")
    page = client.get("/v2/auth/authorize/", params={"client_key": "my_key"})
    assert "client_key" not in page.headers.get("x-mock-pointer", "")
    token = client.post("/_mock/authorize", json={}, headers={"x-mock-world": "mine"}).json()["access_token"]
    started = client.post(INIT, json=BODY, headers={"authorization": f"Bearer {token}"}).json()["data"]
    put = client.put(
        started["upload_url"],
        content=mp4(),
        headers={"content-type": "video/mp4", "content-range": "bytes 0-23/24"},
    )
    assert put.status_code == 201
    assert not mock.world.posts
    assert client.post("/_mock/worlds", json={"name": "other", "client_key": "my_key"}).status_code == 400


def test_a_world_that_is_dropped_gives_its_name_and_its_client_key_back() -> None:
    client = client_of(MockTikTok())
    made(client, name="mine", client_key="my_key")
    assert client.delete("/_mock/worlds/mine").status_code == 200
    again = made(client, name="mine", client_key="my_key")
    assert (again["client_key"], again["posts"]) == ("my_key", 0)
    assert client.delete("/_mock/worlds/nowhere").status_code == 404


def test_a_world_is_made_with_switches_flags_and_domains() -> None:
    client = client_of(MockTikTok())
    one = made(
        client,
        audited=True,
        frozen=False,
        verified_domains=["media.example.test"],
        switches={"token_profile": "legacy", "check_media": False, "min_chunk_size": 24},
    )
    assert one["frozen"] is False
    switches = client.get(f"{one['url']}/_mock/switches").json()["switches"]
    names = ("token_profile", "check_media", "min_chunk_size")
    assert [switches[name] for name in names] == ["legacy", False, 24]
    (app,) = client.get(f"{one['url']}/_mock/apps").json()["apps"]
    assert (app["audited"], app["properties"][0]["value"]) == (True, "media.example.test")


def test_a_world_made_from_within_another_stands_beside_it() -> None:
    client = client_of(MockTikTok())
    one = made(client, name="one")
    two = client.post(f"{one['url']}/_mock/worlds", json={"name": "two"}).json()
    assert two["url"] == "http://tiktok.mock/_world/two"
    assert [world["name"] for world in client.get("/_mock/worlds").json()["worlds"]] == [
        "default",
        "one",
        "two",
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"name": "a b"}, "'a b' cannot be the name of a world: letters, digits and . _ ~ - can"),
        ({"name": "default"}, "there is a world 'default' already"),
        ({"audited": 1}, "audited must be true or false"),
        ({"switches": ["token_profile"]}, "switches must be an object"),
        ({"switchs": {}}, "a world has no 'switchs'; it has name, seed"),
    ],
)
def test_a_world_that_cannot_be_made(settings: dict[str, Any], reason: str) -> None:
    client = client_of(MockTikTok())
    answer = client.post("/_mock/worlds", json=settings)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert len(client.get("/_mock/worlds").json()["worlds"]) == 1


def test_switches_are_turned_over_http_and_only_in_one_world() -> None:
    client = client_of(MockTikTok())
    made(client, name="other")
    turned = client.post("/_mock/switches", json={"daily_posts": 0, "as_of": "2026-08-01"}).json()["switches"]
    assert (turned["daily_posts"], turned["as_of"]) == (0, "2026-08-01")
    headers = token_in(client)
    assert client.post(INIT, json=BODY, headers=headers).json()["error"]["code"] == "spam_risk_too_many_posts"
    elsewhere = client.get("/_mock/switches", headers={"x-mock-world": "other"}).json()["switches"]
    assert (elsewhere["daily_posts"], elsewhere["as_of"]) == (15, None)
    assert client.post("/_mock/switches", json={"as_of": None}).json()["switches"]["as_of"] is None


def test_events_of_a_world_go_to_its_own_receiver() -> None:
    first = MockTikTok()
    one, two = first.add_world("one"), first.add_world("two")
    told: list[str] = []

    def receiver(name: str, status: int) -> Callable[[Delivery, dict[str, str]], int]:
        def receive(delivery: Delivery, _headers: dict[str, str]) -> int:
            told.append(f"{name}: {delivery.event}")
            return status

        return receive

    one.on_event(receiver("one", 200))
    two.on_event(receiver("two", 500))
    client = client_of(first)
    for world in (two, one):
        client.post(f"{world.url}/_mock/webhook/ping")
        client.post(f"{world.url}/_mock/clock", json={"advance": 1})
    assert told == ["two: tiktok.ping", "one: tiktok.ping"]
    client.post(f"{two.url}/_mock/clock", json={"advance": 60})
    assert told[2:] == ["two: tiktok.ping"]


def test_a_world_beside_another_is_made_of_all_its_settings_or_not_at_all() -> None:
    first = MockTikTok()
    made = first.add_world("one", client_key="mine", switches={"daily_posts": 3}, strict=True)
    assert (made.app.client_key, made.switches.daily_posts, made.engine.strict) == ("mine", 3, True)
    with pytest.raises(TypeError, match="'world'"):
        first.add_world("two", world=default_world())
    assert list(first.engine.family()) == ["default", "one"]


def test_hosts_that_may_be_called_with_events_may_be_called_from_every_world() -> None:
    first = MockTikTok(default_world(webhook_hosts=("app",)))
    url = made(client_of(first), name="one", webhook_url="http://app:8000/events")["url"]
    one = first.engine.family()["one"]
    for _ in range(2):
        assert webhooks.ping(one.world, next(iter(one.world.apps.values()))).state == "pending"
        assert client_of(first).post(f"{url}/_mock/reset").status_code == 200


@pytest.mark.parametrize("served", [False, True])
def test_a_try_while_time_passes_goes_to_no_receiver_of_another_world(served: bool) -> None:
    mock = MockTikTok()
    told: list[str] = []

    def receive(delivery: Delivery, _headers: dict[str, str]) -> int:
        told.append(delivery.event)
        return 200

    mock.on_event(receive)
    with Running(mock.engine) as url:
        client = httpx.Client(base_url=url) if served else client_of(mock)
        receiver = f"{url}/a-receiver-that-is-none"
        world = made(client, name="other", webhook_url=receiver)["url"]
        client.post(f"{world}/_mock/webhook/ping")
        client.post(f"{world}/_mock/clock", json={"advance": 61})
        (delivery,) = client.get(f"{world}/_mock/deliveries").json()["deliveries"]
        client.close()
    assert [one["status"] for one in delivery["attempts"]] == [404, 404]
    assert told == []


def test_an_event_that_is_refused_for_a_worlds_time_says_so_whatever_time_the_first_world_has() -> None:
    with Running(MockTikTok(frozen=False).engine) as url, httpx.Client() as client:
        for frozen, said in ((True, webhooks.OTHER_TIME), (False, "")):
            settings = {"frozen": frozen, "webhook_url": f"{url}/a-receiver-that-is-none"}
            world = client.post(f"{url}/_mock/worlds", json=settings).json()["url"]
            client.post(f"{world}/_mock/webhook/ping")
            client.post(f"{world}/_mock/clock", json={"advance": 1})
            (delivery,) = client.get(f"{world}/_mock/deliveries").json()["deliveries"]
            assert [(one["status"], one["note"]) for one in delivery["attempts"]] == [(404, said)]


def test_a_client_that_goes_away_leaves_its_world_as_it_was() -> None:
    """By prefix, by header and by what was issued: the chunk counts as never sent, and can be sent again."""
    mock = MockTikTok()
    client = client_of(mock)

    def half() -> Iterator[bytes]:
        yield mp4(12)
        raise OSError("the disk is gone")

    for name, base, key in (("one", "http://tiktok.mock/_world/one", ""), ("two", "", "two_key")):
        made(client, name=name, client_key=key)
        headers = token_in(client, **({} if base else {"x-mock-world": name}))
        if base:
            headers = token_in(client, base)
        started = client.post(f"{base}{INIT}", json=BODY, headers=headers).json()["data"]
        upload = {"content-type": "video/mp4", "content-range": "bytes 0-23/24", "content-length": "24"}
        with pytest.raises(OSError, match="disk"):
            client.put(started["upload_url"], content=half(), headers=upload)
        journal = client.get("/_mock/journal", headers={"x-mock-world": name}).json()["requests"]
        assert (journal[-1]["operation"], journal[-1]["outcome"]) == ("uploadChunk", "gone")
        assert client.put(started["upload_url"], content=mp4(), headers=upload).status_code == 201


def test_a_form_too_long_to_be_looked_through_is_read_to_its_end_all_the_same() -> None:
    """Which world a form means is looked for in its first 64 KiB; whose it is after that, it is whole."""
    mock = MockTikTok()
    client = client_of(mock)
    made(client, name="mine", client_key="my_key")
    secret = {"client_secret": APP["client_secret"], "grant_type": "client_credentials"}
    for key, count in (("mock_client_key", 1), ("my_key", 1)):
        form = {"client_key": key, "note": "x" * 200_000, **secret}
        assert client.post("/v2/oauth/token/", data=form).json()["access_token"].startswith("clt.")
        assert mock.journal.count(operation="getToken") == count

    def broken() -> Iterator[bytes]:
        yield b"client_key=my_key&grant_type=client_credentials&note=" + b"x" * 70_000
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        client.post(
            "/v2/oauth/token/",
            content=broken(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
    journal = client.get("/_mock/journal", headers={"x-mock-world": "mine"}).json()["requests"]
    assert journal[-1]["outcome"] == "gone"


def test_a_world_that_is_made_anew_or_restored_keeps_its_receiver_and_what_it_met() -> None:
    mock = MockTikTok()
    told: list[str] = []

    def receive(delivery: Delivery, _headers: dict[str, str]) -> int:
        told.append(delivery.event)
        return 200

    mock.on_event(receive)
    client = client_of(mock)
    client.get("/v2/user/info/")
    document = client.get("/_mock/snapshot").json()
    for path, body in (("reset", None), ("snapshot", document)):
        assert client.post(f"/_mock/{path}", json=body).status_code == 200
        client.post("/_mock/webhook/ping")
        client.post("/_mock/clock", json={"advance": 1})
    assert told == ["tiktok.ping"] * 2
    assert client.get("/_mock/coverage").json()["operations"]["met"] == ["getUserInfo"]


def test_a_copy_is_made_anew_as_it_was_copied_whatever_became_of_the_original() -> None:
    client = client_of(MockTikTok())
    client.post("/_mock/accounts", json={"username": "ada"})
    url = client.post("/_mock/worlds/default/fork", json={"name": "copy"}).json()["url"]
    for base, name in (("", "grace"), (url, "joan")):
        client.post(f"{base}/_mock/accounts", json={"username": name})
    client.post(f"{url}/_mock/reset")
    accounts = client.get(f"{url}/_mock/accounts").json()["accounts"]
    assert [account["username"] for account in accounts] == ["mock.creator", "ada"]


def test_a_world_made_by_hand_cannot_be_made_anew() -> None:
    client = client_of(MockTikTok(default_world()))
    answer = client.post("/_mock/reset")
    assert answer.status_code == 400
    assert "nobody knows how to make it anew" in answer.json()["error"]


def test_worlds_have_their_own_clock_faults_journal_and_seed() -> None:
    mock = MockTikTok()
    client = client_of(mock)
    one, two = made(client, name="one", seed="s"), made(client, name="two", seed="s")
    client.post(f"{one['url']}/_mock/clock", json={"advance": 3600})
    client.post(f"{one['url']}/_mock/faults", json={"fault": "reset"})
    assert token_in(client, one["url"]) == token_in(client, two["url"])
    assert client.post(f"{two['url']}{CREATOR}", headers=token_in(client, two["url"])).status_code == 200
    assert client.get(f"{one['url']}/_mock/journal").json()["count"] == 0
    assert client.get(f"{two['url']}/_mock/clock").json()["now"] == one["now"]
    assert client.delete("/_mock/worlds/one").status_code == 200
    assert client.get(f"{one['url']}/_mock/clock").status_code == 404
    assert client.delete("/_mock/worlds/default").status_code == 400


def test_making_and_resetting_take_less_than_a_millisecond_whatever_the_history() -> None:
    mock = MockTikTok()
    family = mock.engine.family()
    making: list[float] = []
    for _ in range(200):
        began = time.perf_counter()
        family.make()
        making.append(time.perf_counter() - began)
    assert statistics.median(making) < 0.001
    resetting: list[float] = []
    for _ in range(5):
        for number in range(20_000):
            mock.world.add_account(Account(f"user{number}"))
        began = time.perf_counter()
        mock.reset()
        resetting.append(time.perf_counter() - began)
        assert len(mock.world.accounts) == 1
    assert min(resetting) < 0.001  # taking 20,000 accounts apart at once costs ten times as much


def test_a_thousand_tests_on_eight_workers_against_one_server_do_not_leak() -> None:
    """In random order, each in a world of its own, over HTTP."""
    mock = MockTikTok()
    problems: list[str] = []
    numbers = list(range(1000))
    random.Random(4).shuffle(numbers)
    shares = [numbers[start::8] for start in range(8)]

    def work(url: str, share: list[int]) -> None:
        with httpx.Client(base_url=url) as client:
            for number in share:
                world = made(client, name=f"t{number}", seed="same")
                headers = token_in(client, world["url"])
                if number % 3 == 0:
                    client.post(f"{world['url']}/_mock/clock", json={"advance": number})
                if number % 2 == 0:
                    client.post(
                        f"{world['url']}/_mock/faults",
                        json={"operation": "initVideoPost", "fault": "gateway"},
                    )
                first = client.post(f"{world['url']}{INIT}", json=BODY, headers=headers)
                posts = client.get(f"{world['url']}/_mock/posts").json()["posts"]
                journal = client.get(f"{world['url']}/_mock/journal").json()
                wanted = (502, 0) if number % 2 == 0 else (200, 1)
                now = world["now"] + (number if number % 3 == 0 else 0)
                seen = (first.status_code, len(posts))
                if seen != wanted or journal["count"] != 1 or journal["requests"][0]["at"] != now:
                    problems.append(f"{number}: {seen} instead of {wanted}")
                client.delete(f"/_mock/worlds/t{number}")

    with Running(mock.engine) as url:
        threads = [threading.Thread(target=work, args=(url, share)) for share in shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []
    assert list(mock.engine.family()) == ["default"]


# Snapshots


def busy(mock: MockTikTok) -> Creator:
    """A world in which something of everything is under way."""
    creator = Creator(mock, client_of(mock).request)
    half = creator.started(48, chunk=24, count=2)
    creator.put(half["upload_url"], mp4(), total=48)
    whole = creator.started()
    creator.put(whole["upload_url"], mp4())
    creator.refresh()
    return creator


def rest(mock: MockTikTok, creator: Creator) -> list[Any]:
    """What a client sees from then on."""
    creator = Creator(mock, client_of(mock).request)
    seen: list[Any] = [creator.creator_info().json()]
    seen += [creator.status(post).json() for post in list(mock.world.posts)]
    mock.clock.advance(30)
    seen += [creator.status(post).json() for post in list(mock.world.posts)]
    seen.append(creator.init().json())
    mock.clock.advance(86400 * 4)
    seen += [[one.state, len(one.attempts)] for one in mock.world.deliveries]
    return seen


def test_tokens_and_codes_of_a_connection_that_ended_do_not_live_again_in_a_restored_world() -> None:
    mock = MockTikTok()
    creator = Creator(mock, client_of(mock).request)
    code = mock.authorize_code(redirect_uri=WEB_REDIRECT)
    lifecycle.end_grant(mock.world, next(iter(mock.world.grants.values())), 1)
    again = Creator(mock, client_of(mock).request)
    mock.restore(json.loads(json.dumps(mock.snapshot())))
    assert creator.creator_info().json()["error"]["code"] == "access_token_invalid"
    assert creator.refresh().json()["error"] == "invalid_grant"
    fields = {**APP, "grant_type": "authorization_code", "code": code, "redirect_uri": WEB_REDIRECT}
    assert creator.ask("POST", TOKEN, data=fields).json()["error"] == "invalid_grant"
    assert again.creator_info().status_code == 200


def test_a_restored_world_goes_on_like_the_original() -> None:
    settings: dict[str, Any] = {"public": True, "audited": True, "webhook_url": "http://127.0.0.1:9/hook"}
    switches = Switches(min_chunk_size=24, publish_id_visible="second_poll")
    mock = MockTikTok(switches=switches, **settings)
    creator = busy(mock)
    document = json.loads(json.dumps(mock.snapshot()))
    other = MockTikTok()
    other.restore(document)
    assert other.snapshot() == document
    assert rest(other, creator) == rest(mock, creator)


def test_a_restored_world_calls_the_hosts_that_its_mock_was_told_of_and_no_others() -> None:
    mock = MockTikTok(default_world(webhook_hosts=("app",)))
    document = MockTikTok(default_world(webhook_hosts=("elsewhere.example",))).snapshot()
    mock.restore(document)
    assert mock.world.webhook_hosts == ("app",)
    assert client_of(mock).post("/_mock/snapshot", json=document).status_code == 200
    assert mock.world.webhook_hosts == ("app",)


def test_nothing_of_a_prepared_world_is_left_out_of_its_snapshot() -> None:
    world = default_world(webhook_hosts=("receiver.test",))
    world.dns["example.com"] = ["proof"]
    world.files["https://example.com/proof.txt"] = "proof"
    world.pull_results["https://example.com/v.mp4"] = "video_pull_failed"
    mock = MockTikTok(world)
    document = json.loads(json.dumps(mock.snapshot()))
    assert mock.fork().snapshot() == document
    other = MockTikTok()
    other.restore(document)
    # Who may be called is the process's to say, not the document's.
    assert other.snapshot() == {**document, "webhook_hosts": []}
    mock.clock.resume()
    other.restore(mock.snapshot())
    assert not other.clock.frozen
    assert other.clock.now() == pytest.approx(mock.clock.now(), abs=5)


def under_way(mock: MockTikTok) -> list[str]:
    """A post that is being downloaded, a draft in an inbox, one that is moderated, events to send again."""
    player = Player(mock).log_in()
    moderated = player.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    draft = player.post_video(draft=True)
    mock.clock.advance(12)
    mock.deliver()
    pulled = data(player.pull_video())["publish_id"]
    stages = [mock.post(one).stage.name for one in (moderated, draft, pulled)]
    assert stages == ["PUBLISHED", "IN_INBOX", "DOWNLOADING"]
    assert mock.post(moderated).awaiting_moderation
    return [moderated, draft, pulled]


def later(mock: MockTikTok, posts: list[str]) -> list[Any]:
    """What becomes of them: after a download, after moderation, after a day."""
    seen: list[Any] = []
    for seconds in (5, 10, 60, 86400):
        mock.clock.advance(seconds)
        player = Player(mock).log_in()
        seen += [player.status(one) for one in posts]
        seen.append(
            [(one.event, one.state, [try_.at for try_ in one.attempts]) for one in mock.world.deliveries]
        )
    return seen


def test_what_is_under_way_in_a_world_goes_on_where_it_is_restored() -> None:
    mock = MockTikTok(
        public=True,
        audited=True,
        verified_domains=("media.example.test",),
        webhook_url="http://127.0.0.1:9/hook",
        switches=Switches(check_media=False, progress="time", expired_draft="failed", as_of=date(2026, 8, 1)),
    )
    posts = under_way(mock)
    assert [one.state for one in mock.world.deliveries] == ["pending", "pending"]
    document = json.loads(json.dumps(mock.snapshot()))
    other = MockTikTok()
    other.restore(document)
    assert other.snapshot() == document
    original = later(mock, posts)
    assert later(other, posts) == original
    assert [one["status"] for one in original[-4:-1]] == ["PUBLISH_COMPLETE", "FAILED", "PUBLISH_COMPLETE"]


def test_accounts_with_videos_and_apps_with_domains_are_restored_whole() -> None:
    mock = MockTikTok(public=True, audited=True, verified_domains=("media.example.test",))
    seed = {
        "apps": [{"client_key": "my_key", "scopes": ["video.list", "user.info.basic"]}],
        "accounts": [{"username": "ada", "videos": [{"title": "First", "view_count": 7}]}],
    }
    client = client_of(mock)
    assert client.post("/_mock/seed", json=seed).status_code == 200
    other = MockTikTok()
    document = json.loads(json.dumps(mock.snapshot()))
    other.restore(document)
    assert other.snapshot() == document
    assert other.world.apps["my_key"].scopes == frozenset({"video.list", "user.info.basic"})
    assert [(one.title, one.view_count) for one in other.world.accounts["ada"].videos] == [("First", 7)]
    assert [(one.value, one.verified) for one in other.world.app.properties] == [("media.example.test", True)]


def test_a_fork_goes_its_own_way() -> None:
    mock = MockTikTok(switches=Switches(min_chunk_size=24))
    busy(mock)
    fork = mock.fork()
    fork.clock.advance(86400)
    assert mock.clock.now() == fork.clock.now() - 86400
    assert {post.publish_id for post in mock.world.posts.values()} == set(fork.world.posts)
    fork.reset()
    assert fork.clock.now() == mock.clock.now()


def test_over_http_a_world_is_forked_snapshot_and_reset() -> None:
    mock = MockTikTok()
    client = client_of(mock)
    client.post("/_mock/seed", json={"accounts": [{"username": "ada"}]})
    copy = client.post("/_mock/worlds/default/fork", json={"name": "copy"}).json()
    assert len(client.get(f"{copy['url']}/_mock/accounts").json()["accounts"]) == 2
    document = client.get("/_mock/snapshot").json()
    assert client.post("/_mock/reset").json()["name"] == "default"
    assert len(client.get("/_mock/accounts").json()["accounts"]) == 1
    assert client.post("/_mock/snapshot", json=document).status_code == 200
    assert len(client.get("/_mock/accounts").json()["accounts"]) == 2


def test_a_world_with_bytes_that_cannot_be_kept_is_not_written_down() -> None:
    mock = MockTikTok(switches=Switches(min_chunk_size=24, check_media=False))
    busy(mock)
    with pytest.raises(CannotSnapshot, match="under way"):
        mock.snapshot()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "no snapshot"),
        ([], "no snapshot"),
        ({"tiktok_mock_snapshot": 99}, "has version 99; this mock reads version 1"),
        ({"tiktok_mock_snapshot": 1}, "damaged"),
    ],
)
def test_a_foreign_snapshot_is_refused_with_the_reason(document: object, reason: str) -> None:
    with pytest.raises(CannotRestore, match=reason):
        MockTikTok().restore(document)


def test_a_snapshot_waits_for_the_requests_that_are_being_answered() -> None:
    mock = MockTikTok()
    taken: list[dict[str, object]] = []
    with mock.engine.alone():
        other = threading.Thread(target=lambda: taken.append(mock.snapshot()))
        other.start()
        other.join(0.05)
        assert taken == [], "somebody else is in the world"
    other.join(10)
    assert len(taken) == 1


_MAY_BE_NOTHING = frozenset(
    {
        "redirect_uris",
        "scopes",
        "active_user_cap",
        "app_version",
        "ended",
        "grant",
        "replaced",
        "upload",
        "spool",
    }
)


@pytest.mark.parametrize("damage", [None, "x", [], {"a": 1}])
def test_a_damaged_snapshot_is_refused_wherever_it_is_damaged(damage: object) -> None:
    mock = MockTikTok(switches=Switches(check_media=False))
    creator = Creator(mock, client_of(mock).request)
    creator.put(creator.started()["upload_url"], mp4())
    mock.clock.advance(120)
    whole = mock.snapshot()
    for section in ("apps", "accounts", "grants", "access_tokens", "refresh_tokens", "posts", "uploads"):
        (thing, *_) = cast("list[dict[str, object]]", whole[section])
        for field, value in thing.items():
            fits = type(value) is type(damage) or (field in _MAY_BE_NOTHING and damage in (None, [], "x"))
            if fits or field == "upload":  # which says the same once more
                continue
            document = json.loads(json.dumps(whole))
            document[section][0][field] = damage
            with pytest.raises(CannotRestore, match="damaged"):
                MockTikTok().restore(document)


# Seeds


def test_a_seed_in_yaml() -> None:
    client = client_of(MockTikTok())
    text = """
    apps:
      - {client_key: my_key, client_secret: my_secret, verified_domains: [a.example], scopes: [video.list]}
    accounts:
      - username: ada
        private: true
        videos: [{title: First, view_count: 7, age: 60}, {title: Second}]
    tokens:
      - {username: ada, client_key: my_key, scopes: [user.info.basic, video.list]}
    """
    answer = client.post("/_mock/seed", content=text)
    assert answer.status_code == 200, answer.text
    (token,) = answer.json()["tokens"]
    videos = client.post(
        "/v2/video/list/",
        params={"fields": "id,title,create_time"},
        json={},
        headers={"authorization": f"Bearer {token['access_token']}"},
    ).json()["data"]["videos"]
    second, first = videos
    assert (second["title"], first["title"]) == ("Second", "First")
    assert second["create_time"] - first["create_time"] == 60


def test_a_seed_changes_an_app_that_is_there_already() -> None:
    mock = MockTikTok()
    seed = {"apps": [{**APP, "redirect_uris": ["https://app.example.test/cb/"], "audited": True}]}
    assert client_of(mock).post("/_mock/seed", json=seed).status_code == 200
    assert list(mock.world.apps) == [APP["client_key"]]
    assert (mock.app.redirect_uris, mock.app.audited) == (("https://app.example.test/cb/",), True)


@pytest.mark.parametrize(
    ("seed", "reason"),
    [
        ("[]", "must be a JSON object"),
        ("{people: []}", "a seed has no 'people'"),
        ("{accounts: [{nickname: x}]}", "each of accounts has a username"),
        ("{accounts: [{username: x, privat: true}]}", "an account has no 'privat'"),
        ("{accounts: [{username: x, private: 'yes'}]}", "private of an account must be like False"),
        ("{accounts: {username: x}}", "accounts is a list of objects"),
        ("{tokens: [{username: nobody}]}", "there is no account 'nobody'"),
        ("{tokens: [{user: mock.creator}]}", "a token has no 'user'"),
        ("{a: b: c}", "neither JSON nor YAML"),
        ("[" * 2000 + "]" * 1999 + ":", "nested too deeply"),
        ("2026-13-45: x", "neither JSON nor YAML"),
        ("{apps: [{client_key: k, redirect_uris: 'https://a.example/'}]}", "is a list of texts"),
        ("{apps: [{client_key: k, redirect_uris: [nonsense]}]}", "cannot be registered"),
        ("{apps: [{client_key: k, scopes: video.list}]}", "is a list of texts"),
        ("{apps: [{client_key: k, scopes: [video.lst]}]}", "did you mean 'video.list'"),
        ("{apps: [{client_key: k, client_secret: 5}]}", "must be like 'secret', not 5"),
        ("{apps: [{client_key: k, target_users: [nobody]}]}", "there is no account 'nobody'"),
        ("{apps: [{client_key: k, webhook_url: nonsense}]}", "is no address for events"),
        ("{apps: [{client_key: k, active_user_cap: -1}]}", "must not be negative"),
        ("{accounts: [{username: x, app_version: 31.8}]}", "must be like '31.8', or null"),
        ("{accounts: [{username: x, videos: [{title: 5}]}]}", "title of a video must be like ''"),
        ("{accounts: [{username: x, videos: [{age: -1}]}]}", "must not be negative"),
        ("{accounts: [{username: x, videos: [{age: 1000000001}]}]}", "in seconds, at most 1000000000"),
        ("{tokens: [{scopes: video.list}]}", "is a list of texts"),
        ("{tokens: [{username: []}]}", "must be like 'text'"),
    ],
)
def test_a_seed_that_makes_no_sense_changes_nothing(seed: str, reason: str) -> None:
    mock = MockTikTok()
    answer = client_of(mock).post("/_mock/seed", content=seed)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert (list(mock.world.apps), list(mock.world.accounts)) == (["mock_client_key"], ["mock.creator"])


def test_a_seed_prepares_every_refusal_that_belongs_to_an_app_or_a_user() -> None:
    mock = MockTikTok()
    client = client_of(mock)
    text = """
    accounts: [{username: old, app_version: "31.7"}, {username: known, app_version: null}]
    apps:
      - {client_key: sb, sandbox: true, target_users: [known]}
      - {client_key: draft, reviewed: false}
      - {client_key: capped, audited: true, active_user_cap: 0}
    tokens: [{username: old}, {username: known, client_key: capped}]
    """
    answer = client.post("/_mock/seed", content=text)
    assert answer.status_code == 200, answer.text
    old, capped = (token["access_token"] for token in answer.json()["tokens"])
    assert (mock.world.apps["draft"].reviewed, list(mock.world.apps["sb"].target_users)) == (False, ["known"])
    photos = {
        "media_type": "PHOTO",
        "post_mode": "MEDIA_UPLOAD",
        "post_info": {},
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://a.example/1.jpg"],
            "photo_cover_index": 0,
        },
    }
    refused = client.post(
        "/v2/post/publish/content/init/", json=photos, headers={"authorization": f"Bearer {old}"}
    )
    assert refused.json()["error"]["code"] == "app_version_check_failed"
    asked = client.post("/v2/post/publish/creator_info/query/", headers={"authorization": f"Bearer {capped}"})
    assert asked.json()["error"]["code"] == "reached_active_user_cap"


def test_pictures_of_a_world_that_is_found_by_its_key_are_served() -> None:
    mock = MockTikTok()
    client = client_of(mock)
    client.post("/_mock/worlds", json={"client_key": "ka", "name": "a"})
    token = client.post("/_world/a/_mock/authorize", json={}).json()["access_token"]
    info = client.post(CREATOR, headers={"authorization": f"Bearer {token}"}).json()["data"]
    assert client.get(info["creator_avatar_url"]).status_code == 200
    assert client.get(info["creator_avatar_url"] + "0").status_code == 403


def test_worlds_that_are_found_by_their_key_issue_different_tokens_though_they_have_one_seed() -> None:
    client = client_of(MockTikTok())
    for key in ("ka", "kb"):
        client.post("/_mock/worlds", json={"client_key": key, "seed": "same"})
    form = {"client_secret": "mock_client_secret", "grant_type": "client_credentials"}
    one, two = (
        client.post("/v2/oauth/token/", data={**form, "client_key": key}).json()["access_token"]
        for key in ("ka", "kb")
    )
    assert one != two
