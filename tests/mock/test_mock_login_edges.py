"""The edges of logging in: ports, where the user is sent, QR codes, and what the log warns of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import httpx
import pytest

from tests.mock.support import (
    DESKTOP_REDIRECT,
    HEX_CHALLENGE,
    VERIFIER,
    WEB_REDIRECT,
    Player,
    query_of,
    set_switches,
)
from tiktok_mock_server import Account, App, MockTikTok
from tiktok_mock_server.lifecycle import CannotHappen
from tiktok_mock_server.rules import qr
from tiktok_mock_server.rules.registration import check_callback_url, check_host, registration_problem
from tiktok_mock_server.world import QrLogin

CREDENTIALS = {"client_key": "mock_client_key", "client_secret": "mock_client_secret"}


# Redirect URIs


@pytest.mark.parametrize(
    ("port", "fits"),
    [("1", True), ("80", True), ("65535", True), ("0", False), ("65536", False), ("8a", False), ("", False)],
)
def test_a_registered_star_stands_for_any_port(player: Player, port: str, fits: bool) -> None:
    player.mock.app.redirect_uris = ("http://127.0.0.1:*/cb/",)
    page = player.authorize(
        redirect_uri=f"http://127.0.0.1:{port}/cb/",
        code_challenge=HEX_CHALLENGE,
        code_challenge_method="S256",
    )
    assert page.status_code == 200
    assert ("Mock app" in page.text) is fits
    assert ("redirect_uri</strong>" not in page.text) is fits


def test_a_star_in_a_path_is_no_port(player: Player) -> None:
    player.mock.app.redirect_uris = ("https://a.test/x:*/cb//",)
    assert "redirect_uri</strong>" in player.authorize(redirect_uri="https://a.test/x:1/cb//").text


def test_without_registered_addresses_a_star_is_none(player: Player) -> None:
    page = player.authorize(
        redirect_uri="http://127.0.0.1:*/cb", code_challenge=HEX_CHALLENGE, code_challenge_method="S256"
    )
    assert "redirect_uri</strong>" in page.text


@pytest.mark.parametrize(
    ("uri", "can"),
    [
        ("https://a.test/" + "x" * 496, True),
        ("https://a.test/" + "x" * 497, False),
        ("http://localhost:*/cb", True),
        ("http://localhost:1/cb", True),
        ("https://localhost:1/cb", True),
        ("https://localhost/cb", True),
        ("http://localhost/cb", False),
        ("ftp://localhost:1/cb", False),
        ("https://a.test/\x7f", False),
        ("https://a.test:port/cb", False),
        ("//a.test/cb", False),
    ],
)
def test_what_the_portal_registers(mock: MockTikTok, uri: str, can: bool) -> None:
    if can:
        assert mock.world.add_app(App("k", "s", redirect_uris=(uri,))).redirect_uris == (uri,)
        return
    with pytest.raises(ValueError, match="cannot be registered: it ") as caught:
        mock.world.add_app(App("k", "s", redirect_uris=(uri,)))
    assert repr(uri) in str(caught.value)
    assert "Desktop: http or https" in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("https://a.test:*/cb", "only the port of localhost or 127.0.0.1 can be *"),
        ("http://*:1/cb", "only the port of localhost or 127.0.0.1 can be *"),
        ("http://127.0.0.1:*:*/cb", "it cannot be read"),
        ("https:///cb", "it is not absolute"),
    ],
)
def test_a_star_that_the_portal_does_not_register(uri: str, why: str) -> None:
    assert registration_problem(uri) == why


@pytest.mark.parametrize(
    ("url", "can"),
    [
        ("", True),
        ("http://127.0.0.1:1/hook", True),
        ("https://receiver.example.test/hook", True),
        ("http://127.0.0.1:0/hook", False),
        ("http://127.0.0.1:port/hook", False),
        ("ftp://127.0.0.1:1/hook", False),
        ("http:///hook", False),
        ("http://127.0.0.1:1/a hook", False),
        ("http://127.0.0.1:1/a\x7fhook", False),
        ("127.0.0.1:1/hook", False),
    ],
)
def test_where_events_can_go(url: str, can: bool) -> None:
    if can:
        check_callback_url(url)
        return
    with pytest.raises(ValueError, match="is no address for events") as caught:
        check_callback_url(url)
    assert str(caught.value) == (
        f"{url!r} is no address for events: write one such as http://127.0.0.1:8000/webhook, "
        "or nothing for no events"
    )


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        (" Receiver.Example.TEST ", "receiver.example.test"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("", None),
        ("receiver.test/hook", None),
        ("me@receiver.test", None),
        ("two hosts", None),
        ("receiver.test:80", None),
    ],
)
def test_which_hosts_may_be_called(host: str, kept: str | None) -> None:
    if kept is not None:
        assert check_host(host) == kept
        return
    with pytest.raises(ValueError, match="is no host") as caught:
        check_host(host)
    assert str(caught.value) == (
        f"{host!r} is no host: write receiver.example.com, without scheme, port and path"
    )


def test_an_unknown_client_key_is_told_those_that_there_are(player: Player) -> None:
    player.mock.world.add_app(App("other", "secret"))
    page = player.authorize(client_key="nobody")
    assert page.headers["x-mock-expected"] == "mock_client_key or other"


# Where the user is sent


def test_declining_says_so(player: Player) -> None:
    back = player.agree(player.authorize(), "deny").headers["location"]
    assert back.partition("?")[0] == WEB_REDIRECT
    assert query_of(back) == {
        "error": "access_denied",
        "error_description": "User declined",
        "state": "st-41",
    }


def test_who_is_no_target_user_is_told_what_the_sandbox_lacks(player: Player) -> None:
    player.mock.app.sandbox = True
    answer = player.agree(player.authorize())
    assert query_of(answer.headers["location"]) == {
        "error": "access_denied",
        "error_description": "The user is not a target user of this sandbox.",
        "error_type": "non_sandbox_target",
        "state": "st-41",
        "log_id": answer.headers["x-tt-logid"],
    }


def test_a_target_user_may_log_in_once_the_delay_is_over(player: Player) -> None:
    player.mock.app.sandbox = True
    set_switches(player.mock, sandbox_target_user_delay=60)
    player.mock.world.add_target_user(player.mock.app, player.mock.account)
    player.mock.clock.advance(59)
    assert "error" in query_of(player.agree(player.authorize()).headers["location"])
    player.mock.clock.advance(1)
    assert "code" in query_of(player.agree(player.authorize()).headers["location"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"scope": "video.create"},
            {
                "error": "invalid_scope",
                "error_description": "The parameter scope is wrong.",
                "error_type": "scope",
                "state": "st-41",
            },
        ),
        (
            {"state": None},
            {
                "error": "invalid_request",
                "error_description": "The parameter state is wrong.",
                "error_type": "state",
            },
        ),
    ],
)
def test_a_faulty_request_can_be_sent_back_with_all_that_is_known(
    player: Player, changes: dict[str, str | None], expected: dict[str, str]
) -> None:
    set_switches(player.mock, authorize_errors="redirect")
    back = player.authorize(**changes)
    assert back.status_code == 302
    assert back.headers["location"].partition("?")[0] == WEB_REDIRECT
    assert query_of(back.headers["location"]) == expected


@pytest.mark.parametrize("changes", [{"client_key": "nobody"}, {"client_key": None}, {"redirect_uri": None}])
def test_a_faulty_request_is_not_sent_to_an_address_that_nobody_can_trust(
    player: Player, changes: dict[str, str | None]
) -> None:
    set_switches(player.mock, authorize_errors="redirect")
    assert player.authorize(**changes).status_code == 200


def test_by_default_a_faulty_request_stays_on_the_page(player: Player) -> None:
    assert player.authorize(scope="video.create").status_code == 200


def test_scopes_come_back_in_the_order_asked_for_and_once(player: Player) -> None:
    back = player.agree(
        player.authorize(scope="video.upload,user.info.basic,video.upload"),
        scope=["user.info.basic", "video.upload"],
    )
    values = query_of(back.headers["location"])
    assert values["scopes"] == "video.upload,user.info.basic"
    assert player.get_token(values["code"]).json()["scope"] == "video.upload,user.info.basic"


@pytest.mark.parametrize(("value", "automatic"), [("0", True), ("", True), ("1", False), ("no", False)])
def test_disable_auto_auth(player: Player, value: str, automatic: bool) -> None:
    player.agree(player.authorize())
    assert (player.authorize(disable_auto_auth=value).status_code == 302) is automatic


def test_who_ended_the_connection_is_asked_again(player: Player) -> None:
    player.agree(player.authorize())
    player.revoke(player.token)
    assert player.authorize().status_code == 200


def test_a_challenge_is_kept_for_the_code(player: Player) -> None:
    changes = {"code_challenge": HEX_CHALLENGE, "code_challenge_method": "S256"}
    code = player.code(redirect_uri=DESKTOP_REDIRECT, **changes)
    assert player.mock.world.codes[code].challenge == HEX_CHALLENGE
    answer = player.get_token(code, redirect_uri=DESKTOP_REDIRECT, code_verifier=VERIFIER)
    assert answer.json()["token_type"] == "Bearer"


# What the log warns of


def test_the_log_warns_of_secrets_in_an_address(player: Player, caplog: pytest.LogCaptureFixture) -> None:
    player.authorize(client_secret="mock_client_secret")
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "authorize.secret-shown: client_secret has no place in the authorization URL: the user's browser and "
        "its history see it."
    ]


FOREIGN: dict[str, Callable[[Player], httpx.Response]] = {
    "a code without the mark of a mock was received: it may be a real one": lambda player: player.get_token(
        "a-real-code"
    ),
    "a refresh token without the mark of a mock was received: it may be a real one": lambda player: (
        player.refresh("rft.a-real-one")
    ),
    "a token without the mark of a mock was received (act.a-re*** (16 characters)): it may be a real one": (
        lambda player: player.call("queryCreatorInfo", token="act.a-real-token")
    ),
}


@pytest.mark.parametrize("said", FOREIGN)
def test_the_log_warns_of_what_may_be_real(
    player: Player, caplog: pytest.LogCaptureFixture, said: str
) -> None:
    FOREIGN[said](player)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [said]


# Tokens


def test_the_scheme_of_a_bearer_token_may_be_written_in_any_case(player: Player) -> None:
    for header in (f"bearer {player.token}", f"BEARER   {player.token} "):
        assert player.call("queryCreatorInfo", headers={"Authorization": header}).status_code == 200


def test_a_token_needs_no_more_than_the_scope_of_the_call(player: Player) -> None:
    assert player.log_in(("video.publish",)).call("queryCreatorInfo").status_code == 200


def test_a_token_ends_at_its_last_second(player: Player) -> None:
    player.mock.clock.advance(7199)
    assert player.call("queryCreatorInfo").status_code == 200
    player.mock.clock.advance(1)
    assert player.call("queryCreatorInfo").status_code == 401


def test_a_code_ends_at_its_last_second(player: Player) -> None:
    codes = [player.code() for _ in range(2)]
    player.mock.clock.advance(player.mock.switches.code_lifetime - 1)
    assert "access_token" in player.get_token(codes[0]).json()
    player.mock.clock.advance(1)
    assert "error" in player.get_token(codes[1]).json()


def test_an_apps_token_has_a_life_of_two_hours_and_no_refresh_token(player: Player) -> None:
    answer = player.get_token(grant_type="client_credentials", redirect_uri=None).json()
    assert answer.keys() == {"access_token", "expires_in", "token_type"}
    assert (answer["expires_in"], answer["token_type"]) == (7200, "Bearer")
    assert answer["access_token"].startswith("clt.mock.")
    token = player.mock.world.access_tokens[answer["access_token"]]
    assert (token.grant, token.scopes, token.app) == (None, (), player.mock.app)
    assert token.expires == player.mock.clock.now() + 7200


@pytest.mark.parametrize(
    ("day", "profile", "lives"),
    [
        (None, "current", (7200, 180 * 86400)),
        (None, "legacy", (86400, 365 * 86400)),
        (date(2026, 11, 1), "current", (86400, 365 * 86400)),
        (date(2026, 11, 2), "current", (7200, 180 * 86400)),
    ],
)
def test_tokens_live_as_long_as_their_day_says(
    player: Player, day: date | None, profile: str, lives: tuple[int, int]
) -> None:
    set_switches(player.mock, as_of=day, token_profile=profile)
    answer = player.get_token(player.code()).json()
    assert (answer["expires_in"], answer["refresh_expires_in"]) == lives


def test_an_access_token_never_outlives_its_refresh_token(player: Player) -> None:
    first = player.get_token(player.code()).json()
    player.mock.clock.advance(first["refresh_expires_in"] - 100)
    answer = player.refresh(first["refresh_token"]).json()
    assert (answer["expires_in"], answer["refresh_expires_in"]) == (100, 100)
    assert player.mock.world.access_tokens[answer["access_token"]].expires == player.mock.clock.now() + 100


def test_a_replaced_refresh_token_works_for_its_grace_and_no_longer(player: Player) -> None:
    set_switches(player.mock, refresh_grace=10)
    old = player.get_token(player.code()).json()["refresh_token"]
    player.refresh(old)
    player.mock.clock.advance(9)
    assert "access_token" in player.refresh(old).json()
    player.mock.clock.advance(1)
    assert "error" in player.refresh(old).json()


def test_a_refresh_token_that_stays_the_same_can_be_renewed(player: Player) -> None:
    set_switches(player.mock, refresh_rotation="same", refresh_lifetime="renew")
    first = player.get_token(player.code()).json()
    player.mock.clock.advance(1000)
    again = player.refresh(first["refresh_token"]).json()
    assert again["refresh_token"] == first["refresh_token"]
    assert again["refresh_expires_in"] == first["refresh_expires_in"]
    player.mock.clock.advance(first["refresh_expires_in"] - 1)
    assert "access_token" in player.refresh(first["refresh_token"]).json()


def test_a_refresh_token_that_stays_the_same_counts_down(player: Player) -> None:
    set_switches(player.mock, refresh_rotation="same")
    first = player.get_token(player.code()).json()
    player.mock.clock.advance(1000)
    again = player.refresh(first["refresh_token"]).json()
    assert again["refresh_token"] == first["refresh_token"]
    assert again["refresh_expires_in"] == first["refresh_expires_in"] - 1000


def test_a_refresh_token_ends_at_its_last_second(player: Player) -> None:
    first = player.get_token(player.code()).json()
    player.mock.clock.advance(first["refresh_expires_in"])
    assert "error" in player.refresh(first["refresh_token"]).json()


def test_revoking_says_who_ended_it(player: Player) -> None:
    player.mock.app.webhook_url = "http://127.0.0.1:1/hook"
    assert player.revoke(player.token).json() == {}
    [delivery] = player.mock.world.deliveries
    assert delivery.event == "authorization.removed"
    assert rb"\"reason\":5" in delivery.body


# QR codes


def start(player: Player, **changes: str) -> dict[str, str]:
    form = {"client_key": "mock_client_key", "scope": "user.info.basic,video.publish"} | changes
    shown: dict[str, str] = player.call("getQrCode", data=form).json()
    return shown


def login_of(player: Player, token: str) -> QrLogin:
    return player.mock.world.qr_logins[token]


def status_of(player: Player, token: str) -> dict[str, str]:
    answer: dict[str, str] = player.call("checkQrCode", data={"token": token, **CREDENTIALS}).json()
    return answer


def test_the_address_of_a_qr_code_holds_what_the_phone_needs(player: Player) -> None:
    player.mock.world.add_app(App("key/&2", "secret"))
    shown = start(player, client_key="key/&2")
    assert shown["scan_qrcode_url"] == (
        "aweme://authorize?authType=100&client_key=key/%262&client_ticket=tobefilled"
        f"&scope=user.info.basic%2Cvideo.publish&token={shown['token']}"
    )
    assert shown["token"].startswith("mockQr")
    assert len(shown["token"]) == 6 + 32


def test_a_qr_code_can_be_scanned_until_its_last_second(player: Player) -> None:
    token = start(player)["token"]
    player.mock.clock.advance(179)
    assert status_of(player, token)["status"] == "new"
    player.mock.clock.advance(1)
    assert status_of(player, token)["status"] == "expired"


def test_a_qr_code_by_its_token_keeps_the_ticket_that_the_client_filled_in(player: Player) -> None:
    shown = start(player)
    assert qr.scan(player.mock.world, shown["token"]).client_ticket == "tobefilled"
    address = shown["scan_qrcode_url"].replace("tobefilled", "mine")
    qr.confirm(player.mock.world, address, player.mock.account)
    assert login_of(player, shown["token"]).client_ticket == "mine"
    without = address.replace("client_ticket=mine&", "")
    assert qr.login_behind(player.mock.world, without).client_ticket == "mine"


@pytest.mark.parametrize("address", ["nobody", "aweme://authorize?authType=100", ""])
def test_there_is_no_such_qr_code(player: Player, address: str) -> None:
    start(player)
    with pytest.raises(CannotHappen) as caught:
        qr.scan(player.mock.world, address)
    assert str(caught.value) == "there is no such QR code"


def test_what_was_done_to_a_qr_code_is_not_done_twice(player: Player) -> None:
    world, token = player.mock.world, start(player)["token"]
    qr.scan(world, token)
    with pytest.raises(CannotHappen) as caught:
        qr.scan(world, token)
    assert str(caught.value) == "this QR code is scanned"
    qr.confirm(world, token, player.mock.account)
    with pytest.raises(CannotHappen) as caught:
        qr.confirm(world, token, player.mock.account)
    assert str(caught.value) == "this QR code is confirmed"


def test_a_login_by_qr_code_grants_what_the_user_agreed_to(player: Player) -> None:
    world = player.mock.world
    other = world.add_account(Account("second.creator"))
    token = start(player)["token"]
    login = qr.confirm(world, token, other, ("video.publish", "video.list"))
    code = world.codes[login.code]
    agreed = ("user.info.basic", "video.publish")  # the first of which cannot be unticked
    assert (code.scopes, code.grant.scopes) == (agreed, agreed)
    assert (code.grant.account, code.grant.app) == (other, player.mock.app)


def test_who_agrees_to_nothing_on_the_phone_has_declined(player: Player) -> None:
    token = start(player, scope="video.publish,video.upload")["token"]
    with pytest.raises(CannotHappen) as caught:
        qr.confirm(player.mock.world, token, player.mock.account, ("video.list",))
    assert str(caught.value) == "who agrees to none of video.publish, video.upload has declined"


# Addresses to download from


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (" Example.COM. ", "example.com"),
        ("X.Example.MX", "x.example.mx"),
        ("https://example.com/", "https://example.com/"),
        ("https://example.com/a/b/", "https://example.com/a/b/"),
        ("https://example.com:8443/a/", "https://example.com:8443/a/"),
    ],
)
def test_what_can_be_verified(player: Player, value: str, kept: str) -> None:
    assert player.mock.world.add_property(player.mock.app, value).value == kept


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (
            "exa mple.com",
            "'exa mple.com' is no domain: write example.com, or https://example.com/media/ for a ",
        ),
        ("", "'' is no domain"),
        ("example.com/media", "'example.com/media' is no domain"),
        (
            "http://example.com/media/",
            "'http://example.com/media/' is no prefix that TikTok verifies: A prefix",
        ),
        (
            "https://example.com/media",
            "'https://example.com/media' is no prefix that TikTok verifies: A prefix",
        ),
        ("https://example.com/?a/", "is no prefix that TikTok verifies: A prefix is https://"),
        ("https://example.com/#a/", "is no prefix that TikTok verifies: A prefix is https://"),
        ("https://example.com/my media/", "is no prefix that TikTok verifies: A prefix is https://"),
        ("https://example.com/media\u200b/", "is no prefix that TikTok verifies: A prefix is https://"),
        ("https://127.0.0.1/media/", "'https://127.0.0.1/media/' names an IP address: A prefix is https://"),
        ("https://127.1/", "names an IP address"),
        ("https://2130706433/", "names an IP address"),
        ("https://[::1]/media/", "names an IP address"),
        ("127.0.0.1", "'127.0.0.1' is no domain"),
        ("https:///media/", "'https:///media/' names no host: A prefix is https://"),
        ("https://", "'https://' names no host"),
        ("https://:443/", "names no host"),
        ("https://*.example.com/", "names no host"),
        ("https://example..com/", "names no host"),
        ("example..com", "is no domain"),
        ("https://user@example.com/media/", "names a user"),
        ("https://user:secret@example.com/media/", "names a user"),
        ("https://example.com:port/", "cannot be read"),
        ("https://example.com:99999/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
    ],
)
def test_what_cannot_be_verified_says_why(player: Player, value: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"is no|names|cannot be read") as caught:
        player.mock.world.add_property(player.mock.app, value)
    assert why in str(caught.value)
