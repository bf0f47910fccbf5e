"""`/_mock/`: what a test in any language asks of the mock itself."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.mock.support import DESKTOP_REDIRECT, HEX_CHALLENGE, PULLED, VERIFIER, Player, data, refusal
from tiktok_mock_server import Account


def control(player: Player, path: str, body: object = None) -> Any:
    """A control call that works."""
    answer = ask(player, path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(player: Player, path: str, body: object = None) -> httpx.Response:
    """A control call; with a body it is a POST."""
    if body is None:
        return player.http.get(f"/_mock/{path}")
    return player.http.post(f"/_mock/{path}", json=body)


def test_health_ready_and_rules(player: Player) -> None:
    assert control(player, "health")["status"] == "ok"
    assert control(player, "ready") == {"ready": True}
    assert len(control(player, "rules")["rules"]) > 80


def test_the_clock(player: Player) -> None:
    start = control(player, "clock")
    assert start["frozen"] is True
    assert control(player, "clock", {"advance": 60})["now"] == start["now"] + 60
    assert control(player, "clock", {"set": start["now"]})["now"] == start["now"]
    assert control(player, "clock", {"resume": True})["frozen"] is False
    assert control(player, "clock", {"freeze": True})["frozen"] is True


@pytest.mark.parametrize(
    "body", [{"advance": -1}, {"advance": "soon"}, {"set": -5}, {"set": 1e300}, {"advance": True}]
)
def test_times_that_cannot_be(player: Player, body: object) -> None:
    assert ask(player, "clock", body).status_code == 400


def test_levers_of_a_post(star: Player) -> None:
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    lever = f"posts/{publish_id}"
    assert control(star, f"{lever}/hold", {})["held"] is True
    assert control(star, f"{lever}/release", {})["held"] is False
    assert control(star, f"{lever}/finish", {})["status"] == "PUBLISH_COMPLETE"
    [post_id] = control(star, lever)["post_ids"]
    assert post_id > 2**53
    assert control(star, f"{lever}/take_down", {})["post_ids"] == []
    assert ask(star, f"{lever}/fail", {}).status_code == 409
    assert ask(star, "posts/unknown/finish", {}).status_code == 404
    assert [post["publish_id"] for post in control(star, "posts")["posts"]] == [publish_id]


def test_a_post_that_fails_and_one_that_moderation_looks_at(star: Player) -> None:
    failed = star.post_video()
    told = control(star, f"posts/{failed}/fail", {"reason": "spam_risk"})
    assert (told["status"], told["fail_reason"]) == ("FAILED", "spam_risk")
    for lever, ids in (("approve", 1), ("reject", 0)):
        publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
        star.mock.clock.advance(10)
        assert len(control(star, f"posts/{publish_id}/{lever}", {})["post_ids"]) == ids
        star.mock.clock.advance(600)
        assert len(control(star, f"posts/{publish_id}")["post_ids"]) == ids


def test_what_the_user_does_with_a_draft(player: Player) -> None:
    first, second = player.post_video(draft=True), player.post_video(draft=True)
    assert ask(player, f"posts/{first}/user_posts", {}).status_code == 409, "it is not there yet"
    player.mock.clock.advance(10)
    told = control(player, f"posts/{first}/user_posts", {"privacy_level": "SELF_ONLY", "title": "Mine"})
    assert (told["status"], told["title"]) == ("PUBLISH_COMPLETE", "Mine")
    control(player, f"posts/{second}/user_deletes", {})
    assert ask(player, f"posts/{second}/user_posts", {}).status_code == 409


def test_accounts(player: Player) -> None:
    control(player, "accounts", {"username": "second", "private": False, "nickname": "Second"})
    assert [one["username"] for one in control(player, "accounts")["accounts"]] == ["mock.creator", "second"]
    control(player, "accounts/mock.creator", {"banned": True})
    assert refusal(player.init_video())[1] == "spam_risk_user_banned_from_posting"
    assert ask(player, "accounts/mock.creator", {"colour": "red"}).status_code == 400
    assert ask(player, "accounts/mock.creator", {"banned": "yes"}).status_code == 400
    assert ask(player, "accounts/nobody", {"banned": True}).status_code == 404
    assert ask(player, "accounts", {"username": 5}).status_code == 400


def test_an_account_is_added_once_and_changed_whole_or_not_at_all(player: Player) -> None:
    again = ask(player, "accounts", {"username": "mock.creator"})
    assert (again.status_code, "change it with POST" in again.json()["error"]) == (409, True)
    assert ask(player, "accounts", {"username": ""}).status_code == 400
    assert ask(player, "accounts", {"username": "third", "colour": "red"}).status_code == 400
    assert ask(player, "accounts/mock.creator", {"banned": True, "colour": "red"}).status_code == 400
    assert ask(player, "accounts/mock.creator", {"max_video_seconds": -1}).status_code == 400
    (left,) = control(player, "accounts")["accounts"]
    assert (left["username"], left["banned"]) == ("mock.creator", False)
    assert player.init_video().status_code == 200, "the grant is still one of the account that is listed"
    control(player, "accounts/mock.creator", {"banned": True})
    assert refusal(player.init_video())[1] == "spam_risk_user_banned_from_posting"


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("clock", {"advanse": 60}, "clock has no 'advanse'; it takes freeze, set, advance, resume"),
        ("clock", {"freeze": "false"}, "freeze must be true or false, not 'false'"),
        ("reset", {"world": "mine"}, "it takes nothing"),
        ("authorize", {"scope": "video.list"}, "authorize has no 'scope'"),
        ("authorize", {"scopes": ["video.create"]}, "there is no scope 'video.create'"),
        ("authorize", {"scopes": [5]}, "scopes must be a list of texts"),
        ("authorize", {"redirect_uri": "http://app.example/cb"}, "it is not https"),
        ("properties", {"value": "a.example", "verified": "true"}, "verified must be true or false"),
        (
            "properties/verify",
            {"value": "x", "records": {"x": "text"}},
            "records of x must be a list of texts",
        ),
        ("properties/verify", {"value": "x", "records": {"x": None}}, "records of x must be a list of texts"),
        ("properties/verify", {"value": "x", "files": {"x": 5}}, "files must be texts by URL"),
        ("webhook/send", {"event": "x", "anonymous": "yes"}, "anonymous must be true or false"),
        ("accounts/mock.creator/disconnect", {"reason": 42}, "a whole number from 0 to 5, not 42"),
        ("posts/fail", {"publish_id": "x", "why": "internal"}, "posts/*/fail has no 'why'; it takes reason"),
        ("journal/verify", {"faults_used_up": "no"}, "faults_used_up must be true or false"),
    ],
)
def test_what_a_call_would_not_read_is_refused(player: Player, path: str, body: object, reason: str) -> None:
    answer = ask(player, path, body)
    assert (answer.status_code, reason in answer.json()["error"]) == (400, True), answer.text
    assert control(player, "clock")["now"] == player.mock.clock.now()


def test_a_user_posts_a_draft_as_widely_as_the_account_allows(player: Player) -> None:
    draft = player.post_video(draft=True)
    player.mock.clock.advance(15)
    wide = ask(player, f"posts/{draft}/user_posts", {"privacy_level": "PUBLIC_TO_EVERYONE"})
    assert (wide.status_code, "a private account and can choose" in wide.json()["error"]) == (409, True)
    control(player, f"posts/{draft}/user_posts", {})
    player.mock.clock.advance(60)
    assert player.events() == ["post.publish.inbox_delivered", "post.publish.complete"]
    assert ask(player, f"posts/{draft}/fail", {"reason": ""}).status_code == 400


def test_a_head_request_is_a_get_without_a_body(player: Player) -> None:
    answer = player.http.head("/_mock/ready")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_user_ends_the_connection(player: Player) -> None:
    assert control(player, "accounts/mock.creator/disconnect", {})["reason"] == 1
    assert player.call("queryCreatorInfo").status_code == 401
    assert ask(player, "accounts/mock.creator/disconnect", {}).status_code == 409


def test_logging_in_without_a_page(player: Player) -> None:
    token = control(player, "authorize", {"scopes": ["video.upload"]})
    assert token["scope"] == "video.upload"
    assert player.init_video(draft=True, token=token["access_token"]).status_code == 200
    wish = {"redirect_uri": DESKTOP_REDIRECT, "code_challenge": HEX_CHALLENGE}
    code = control(player, "authorize", wish)["code"]
    answer = player.get_token(code, redirect_uri=DESKTOP_REDIRECT, code_verifier=VERIFIER)
    assert "access_token" in answer.json()
    assert ask(player, "authorize", {"username": "nobody"}).status_code == 404
    assert ask(player, "authorize", {"scopes": "video.upload"}).status_code == 400


def test_a_qr_code_by_its_address_and_by_its_token(player: Player) -> None:
    form = {"client_key": "mock_client_key", "scope": "user.info.basic"}
    shown = player.call("getQrCode", data=form).json()
    address = shown["scan_qrcode_url"].replace("tobefilled", "ticket-7")
    assert control(player, "qr/scan", {"qr": address}) == {"status": "scanned"}
    told = control(player, f"qr/{shown['token']}/confirm", {})
    assert told["status"] == "confirmed"
    asked = form | {"client_secret": "mock_client_secret", "token": shown["token"]}
    assert player.call("checkQrCode", data=asked).json()["client_ticket"] == "ticket-7"
    assert ask(player, "qr/confirm", {"qr": address}).status_code == 409


def test_whoever_is_named_confirms_a_qr_code(player: Player) -> None:
    ada = player.mock.world.add_account(Account("ada"))
    shown = player.call("getQrCode", data={"client_key": "mock_client_key", "scope": "user.info.basic"})
    token = shown.json()["token"]
    control(player, "qr/scan", {"qr": token})
    code = control(player, "qr/confirm", {"qr": token, "username": "ada"})["code"]
    assert player.mock.world.codes[code].grant.account is ada


def test_proving_a_domain_and_a_prefix(player: Player) -> None:
    domain = control(player, "properties", {"value": "example.com"})
    assert domain["file"] is None
    assert control(player, "properties/verify", {"value": "example.com"})["verified"] is False
    proof = {"value": "example.com", "records": {"example.com": [domain["record"]]}}
    assert control(player, "properties/verify", proof)["verified"] is True
    assert player.pull_video("https://cdn.example.com/v.mp4").status_code == 200
    prefix = control(player, "properties", {"value": "https://example.org/media/"})
    proof = {"value": "https://example.org/media/", "files": {prefix["file"]: prefix["record"]}}
    assert control(player, "properties/verify", proof)["verified"] is True
    assert ask(player, "properties/verify", {"value": "nothing"}).status_code == 404
    assert ask(player, "properties/verify", {"value": "example.com", "records": []}).status_code == 400
    assert ask(player, "properties", {"value": "http://a.test/"}).status_code == 400
    for value, verified, status in (("no.example", False, 403), ("yes.example", True, 200)):
        control(player, "properties", {"value": value, "verified": verified})
        assert player.pull_video(f"https://{value}/v.mp4").status_code == status


def test_events_and_their_log(player: Player) -> None:
    control(player, "webhook", {"url": "https://receiver.example.test/"})
    player.post_video()
    player.mock.clock.advance(10)
    control(player, "webhook/ping", {})
    ready = {"event": "portability.download.ready", "content": {"request_id": 7}, "anonymous": True}
    sent = control(player, "webhook/send", ready)
    assert "user_openid" not in json.loads(sent["body"])
    log = control(player, "deliveries")["deliveries"]
    assert [one["event"] for one in log] == [
        "post.publish.complete",
        "tiktok.ping",
        "portability.download.ready",
    ]
    assert {one["state"] for one in log} == {"not sent"}
    again = control(player, f"deliveries/{log[0]['id']}/replay", {})
    assert (again["body"], again["id"] != log[0]["id"]) == (log[0]["body"], True)
    assert ask(player, "deliveries/unknown/replay", {}).status_code == 404
    assert ask(player, "webhook/send", {"event": "x", "content": []}).status_code == 400


def test_a_pull_fails_with_the_reason_that_was_set_for_its_address(player: Player) -> None:
    bad = {"url": PULLED, "reason": "video_pull_failed"}
    assert control(player, "pulls", bad) == control(player, "pulls") == {"pulls": [bad]}
    publish_id = data(player.pull_video(PULLED))["publish_id"]
    assert control(player, f"posts/{publish_id}/finish", {})["fail_reason"] == "video_pull_failed"
    assert control(player, "pulls", {**bad, "reason": "duration_check_failed"})["pulls"][0]["reason"] == (
        "duration_check_failed"
    )
    assert player.http.delete("/_mock/pulls").json() == {"pulls": []}
    publish_id = data(player.pull_video(PULLED))["publish_id"]
    assert control(player, f"posts/{publish_id}/finish", {})["status"] == "PUBLISH_COMPLETE"


@pytest.mark.parametrize(
    "body", [{}, {"url": PULLED}, {"url": PULLED, "reason": ""}, {"url": PULLED, "raeson": "x"}]
)
def test_a_pull_that_fails_has_an_address_and_a_reason(player: Player, body: object) -> None:
    assert ask(player, "pulls", body).status_code == 400
    assert control(player, "pulls") == {"pulls": []}


@pytest.mark.parametrize("body", [b"\xff", b"[]", b"{", b'{"advance":' + b"[" * 50_000])
def test_bodies_that_are_none(player: Player, body: bytes) -> None:
    answer = player.http.post("/_mock/clock", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_what_there_is_not(player: Player) -> None:
    answer = ask(player, "nowhere")
    assert answer.status_code == 404
    assert "GET /_mock/health" in answer.json()["calls"]
    assert player.http.delete("/_mock/clock").status_code == 404


def test_a_lever_shows_at_once(player: Player) -> None:
    publish_id = data(player.pull_video())["publish_id"]
    control(player, f"posts/{publish_id}/finish", {})
    assert player.status(publish_id)["status"] == "PUBLISH_COMPLETE"
