"""Login by QR code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock.support import Player, refusal
from tiktok_mock_server import Account, App
from tiktok_mock_server.lifecycle import CannotHappen
from tiktok_mock_server.rules import qr


def start(player: Player, **changes: str) -> Any:
    form = {"client_key": "mock_client_key", "scope": "user.info.basic,video.publish", "state": "st-42"}
    return player.call("getQrCode", data=form | changes)


def check(player: Player, token: str, **changes: str) -> Any:
    form = {"client_key": "mock_client_key", "client_secret": "mock_client_secret", "token": token}
    return player.call("checkQrCode", data=form | changes)


def test_from_showing_it_to_the_token(player: Player) -> None:
    shown = start(player).json()
    assert shown.keys() == {"scan_qrcode_url", "token"}
    address = shown["scan_qrcode_url"]
    assert address.startswith(
        "aweme://authorize?authType=100&client_key=mock_client_key&client_ticket=tobefilled"
    )
    token = shown["token"]
    assert check(player, token).json() == {"client_ticket": "tobefilled", "status": "new"}

    world = player.mock.world
    filled = address.replace("tobefilled", "my-ticket-1")
    qr.scan(world, filled)
    assert check(player, token).json() == {"client_ticket": "my-ticket-1", "status": "scanned"}
    qr.confirm(world, filled, player.mock.account)
    confirmed = check(player, token).json()
    assert confirmed["status"] == "confirmed"
    assert confirmed["state"] == "st-42"

    got = player.get_token(confirmed["code"], redirect_uri="")
    assert refusal(got)[1] == "invalid_request", "the form of the description needs a redirect_uri"
    answer = player.get_token(confirmed["code"], redirect_uri="https://any.example.test/").json()
    assert answer["scope"] == "user.info.basic,video.publish"
    assert check(player, token).json()["status"] == "utilised"


def test_a_qr_code_expires_unless_it_was_confirmed(player: Player) -> None:
    world = player.mock.world
    tokens = [start(player).json()["token"] for _ in range(3)]
    qr.scan(world, tokens[1])
    qr.confirm(world, tokens[2], player.mock.account)
    player.mock.clock.advance(180)
    assert [check(player, token).json()["status"] for token in tokens] == ["expired", "expired", "confirmed"]
    with pytest.raises(CannotHappen):
        qr.scan(world, tokens[0])
    with pytest.raises(CannotHappen):
        qr.confirm(world, tokens[0], player.mock.account)
    with pytest.raises(CannotHappen):
        qr.scan(world, "nothing")


def test_the_user_can_leave_scopes_out_and_state_is_optional(player: Player) -> None:
    form = {"client_key": "mock_client_key", "scope": "user.info.basic,video.publish"}
    token = player.call("getQrCode", data=form).json()["token"]
    account = player.mock.world.add_account(Account("second"))
    login = qr.confirm(player.mock.world, token, account, ("user.info.basic",))
    assert player.mock.world.codes[login.code].scopes == ("user.info.basic",)
    assert check(player, token).json().keys() == {"client_ticket", "status", "code"}


def test_who_agrees_to_nothing_on_the_phone_has_declined(player: Player) -> None:
    tokens = [
        player.call("getQrCode", data={"client_key": "mock_client_key", "scope": scope}).json()["token"]
        for scope in ("user.info.basic,video.publish", "video.publish")
    ]
    login = qr.confirm(player.mock.world, tokens[0], player.mock.account, ())
    assert player.mock.world.codes[login.code].scopes == ("user.info.basic",), "which cannot be unticked"
    with pytest.raises(CannotHappen, match=r"none of video\.publish has declined"):
        qr.confirm(player.mock.world, tokens[1], player.mock.account, ())
    assert check(player, tokens[1]).json()["status"] == "new"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_key": "nobody"}, "invalid_client"),
        ({"scope": "video.create"}, "invalid_scope"),
        ({"scope": "user.info.basic video.publish"}, "invalid_scope"),
    ],
)
def test_faults_when_showing_it(player: Player, changes: dict[str, str], code: str) -> None:
    assert refusal(start(player, **changes))[:2] == (200, code)


def test_no_scope_and_no_body(player: Player) -> None:
    assert refusal(player.call("getQrCode", data={"client_key": "mock_client_key"}))[1] == "invalid_request"
    assert refusal(player.call("getQrCode"))[1] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_request"),
        ({"token": "unknown"}, "invalid_request"),
        ({"token": ""}, "invalid_request"),
    ],
)
def test_faults_when_asking(player: Player, changes: dict[str, str], code: str) -> None:
    token = start(player).json()["token"]
    assert refusal(check(player, **({"token": token} | changes)))[:2] == (200, code)


def test_another_apps_token(player: Player) -> None:
    player.mock.world.add_app(App("other", "secret"))
    token = start(player).json()["token"]
    answer = check(player, token, client_key="other", client_secret="secret")
    assert refusal(answer)[1] == "invalid_request"
