"""`/_mock/`: what a test in any language asks of the mock itself."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.mock.support import DESKTOP_REDIRECT, HEX_CHALLENGE, VERIFIER, Player, data, refusal


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
