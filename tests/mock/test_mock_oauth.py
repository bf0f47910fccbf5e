"""Logging in: the page, the code, the tokens, and their end."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from tests.mock.support import (
    ALL_SCOPES,
    BASE64URL_CHALLENGE,
    DESKTOP_REDIRECT,
    HEX_CHALLENGE,
    VERIFIER,
    WEB_REDIRECT,
    Player,
    query_of,
    refusal,
    set_switches,
    sha256_hex,
)
from tiktok_mock_server import Account, App, MockTikTok

S256 = {"code_challenge_method": "S256"}


# The page


def test_the_consent_page_shows_app_user_and_scopes_and_needs_no_script(player: Player) -> None:
    page = player.authorize()
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for text in ("Mock app", "@mock.creator", "video.publish", "Switch account", "Cancel", "Continue"):
        assert text in page.text
    assert "<script" not in page.text


def test_the_callback_carries_code_scopes_and_state(player: Player) -> None:
    back = player.agree(player.authorize(state="a b&c=é/+"))
    assert back.status_code == 302
    location: str = back.headers["location"]
    assert location.startswith(WEB_REDIRECT + "?")
    assert "%2A" in location
    assert "%21" in location
    values = query_of(location)
    assert values.keys() == {"code", "scopes", "state"}
    assert values["state"] == "a b&c=é/+"
    assert values["scopes"] == ALL_SCOPES


def test_unticked_scopes_are_not_granted_but_the_basic_one_stays(player: Player) -> None:
    back = player.agree(player.authorize(), scope=["video.upload"])
    values = query_of(back.headers["location"])
    assert values["scopes"] == "user.info.basic,video.upload"
    token = player.get_token(values["code"]).json()
    assert token["scope"] == "user.info.basic,video.upload"


def test_who_unticks_everything_has_declined(player: Player) -> None:
    back = player.agree(player.authorize(scope="video.upload"), scope=[])
    assert query_of(back.headers["location"])["error"] == "access_denied"


def test_declining_sends_back_an_error_and_the_state(player: Player) -> None:
    values = query_of(player.agree(player.authorize(), "deny").headers["location"])
    assert values["error"] == "access_denied"
    assert values["error_description"]
    assert values["state"] == "st-41"
    assert "code" not in values


def test_switching_the_account_shows_a_choice_and_the_other_user_can_agree(player: Player) -> None:
    world = player.mock.world
    world.add_account(Account("second.creator", "Second"))
    picker = player.agree(player.authorize(), "switch")
    assert 'type="radio"' in picker.text
    assert re.findall(r'value="([\w.]+)" checked', picker.text) == [world.account.username]
    consent = player.agree(picker, "pick", account="second.creator")
    assert "@second.creator" in consent.text
    code = query_of(player.agree(consent, account="second.creator").headers["location"])["code"]
    token = player.get_token(code).json()
    assert token["open_id"] == world.open_id(world.app, world.accounts["second.creator"])


def test_with_several_users_and_no_session_the_choice_comes_first(player: Player) -> None:
    player.mock.world.add_account(Account("second.creator"))
    assert 'type="radio"' in player.authorize().text


def test_who_agreed_before_is_sent_straight_back_unless_told_otherwise(player: Player) -> None:
    player.agree(player.authorize())
    assert player.authorize().status_code == 302
    assert player.authorize(disable_auto_auth="0").status_code == 302
    assert player.authorize(disable_auto_auth="1").status_code == 200
    player.http.cookies.clear()
    assert player.authorize().status_code == 200


@pytest.mark.parametrize("auto_approve", [False, True])
def test_who_agreed_last_is_remembered_whatever_the_name(player: Player, auto_approve: bool) -> None:
    world, name = player.mock.world, "zoë; o'neil"
    world.add_account(Account(name))
    player.agree(player.authorize(), account=name)
    player.mock.engine.auto_approve = auto_approve
    code = query_of(player.authorize().headers["location"])["code"]
    assert world.codes[code].grant.account.username == name


def test_a_wider_wish_is_asked_again(player: Player) -> None:
    player.mock.world.grants.clear()
    player.agree(player.authorize(scope="video.upload"))
    assert player.authorize(scope="video.upload").status_code == 302
    assert player.authorize(scope="video.upload,video.publish").status_code == 200


def test_auto_approve_skips_the_page() -> None:
    with MockTikTok(auto_approve=True, strict=True) as mock:
        player = Player(mock)
        code = query_of(player.authorize().headers["location"])["code"]
        assert player.get_token(code).json()["scope"] == ALL_SCOPES


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"client_key": None, "client_id": "mock_client_key"}, "client_key", "param_error"),
        ({"client_key": "nobody"}, "client_key", "unauthorized_client"),
        ({"redirect_uri": None}, "redirect_uri", "invalid_request"),
        ({"redirect_uri": "http://app.example.test/cb"}, "redirect_uri", "invalid_request"),
        ({"redirect_uri": "https://app.example.test/cb?x=1"}, "redirect_uri", "invalid_request"),
        ({"redirect_uri": "https://app.example.test/cb#f"}, "redirect_uri", "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1/callback/"}, "redirect_uri", "invalid_request"),
        ({"redirect_uri": "https://a.test/" + "x" * 500}, "redirect_uri", "invalid_request"),
        ({"redirect_uri": "https://a.test/\r\nx"}, "redirect_uri", "invalid_request"),
        ({"response_type": "token"}, "response_type", "unsupported_response_type"),
        ({"response_type": None}, "response_type", "unsupported_response_type"),
        ({"scope": None}, "scope", "invalid_scope"),
        ({"scope": "video.create"}, "scope", "invalid_scope"),
        ({"scope": "user.info.basic video.upload"}, "scope", "invalid_scope"),
        ({"state": None}, "state", "invalid_request"),
        ({"redirect_uri": DESKTOP_REDIRECT}, "code_challenge", "invalid_request"),
        (
            {"redirect_uri": DESKTOP_REDIRECT, "code_challenge": "x", "code_challenge_method": "plain"},
            "code_challenge_method",
            "invalid_request",
        ),
    ],
)
def test_a_faulty_address_ends_on_a_page_that_names_the_field(
    player: Player, changes: dict[str, str | None], field: str, code: str
) -> None:
    page = player.authorize(**changes)
    assert page.status_code == 200
    assert f"<strong>{field}</strong>" in page.text
    assert f"error={code}" in page.text
    assert page.headers["x-mock-rule"].startswith("authorize.")
    assert page.headers["x-mock-pointer"] == f"parameter {field}"


def test_client_id_gives_error_code_10003(player: Player) -> None:
    page = player.authorize(client_key=None, client_id="mock_client_key")
    assert "errCode=10003" in page.text
    assert "not client_id" in page.headers["x-mock-hint"]


def test_faulty_addresses_can_be_sent_back_instead(player: Player) -> None:
    set_switches(player.mock, authorize_errors="redirect")
    back = player.authorize(scope="video.create")
    values = query_of(back.headers["location"])
    assert (back.status_code, values["error"], values["error_type"]) == (302, "invalid_scope", "scope")
    assert player.authorize(redirect_uri="http://evil.example.test/").status_code == 200


def test_a_draft_app_and_one_without_the_scope_end_on_the_page(player: Player) -> None:
    player.mock.app.reviewed = False
    assert "error=unauthorized_client" in player.authorize().text
    player.mock.app.reviewed = True
    player.mock.app.scopes = frozenset({"user.info.basic"})
    page = player.authorize(scope="user.info.basic,video.list")
    assert "error_type=scope" in page.text
    assert page.headers["x-mock-hint"] == "the app was not approved for it"


def test_the_page_works_without_its_last_slash(player: Player) -> None:
    answer = player.http.get("/v2/auth/authorize", params=dict(player.authorize().url.params))
    assert "Mock app" in answer.text


# Redirect URIs


@pytest.mark.parametrize(
    ("registered", "used", "fits"),
    [
        ("https://a.test/cb/", "https://a.test/cb/", True),
        ("https://a.test/cb/", "https://a.test/cb", False),
        ("https://a.test/cb/", "https://a.test/CB/", False),
        ("http://localhost:3455/callback/", "http://localhost:3455/callback/", True),
        ("http://localhost:3455/callback/", "http://localhost:3456/callback/", False),
        ("http://127.0.0.1:*/callback/", "http://127.0.0.1:49152/callback/", True),
        ("http://127.0.0.1:*/callback/", "http://127.0.0.1:49152/other/", False),
        ("http://127.0.0.1:*/callback/", "http://localhost:49152/callback/", False),
        ("http://127.0.0.1:*/callback/", "http://127.0.0.1:/callback/", False),
        ("http://127.0.0.1:*/callback/", "http://127.0.0.1:1@evil.test:2/callback/", False),
        ("https://127.0.0.1:3455/callback/", "https://127.0.0.1:3455/callback/", True),
        ("http://127.0.0.1:8/a:*", "http://127.0.0.1:8/a:9", False),
    ],
)
def test_a_redirect_uri_must_be_registered(player: Player, registered: str, used: str, fits: bool) -> None:
    player.mock.app.redirect_uris = (registered,)
    page = player.authorize(redirect_uri=used, code_challenge=HEX_CHALLENGE, **S256)
    assert ("redirect_uri</strong>" not in page.text) is fits


@pytest.mark.parametrize(
    "uri",
    [
        "http://a.test/cb",
        "https://a.test/cb?x=1",
        "https://a.test/cb#x",
        "https://a.test/" + "x" * 512,
        "http://localhost/cb",
        "ftp://localhost:1/cb",
        "/cb",
        "https://[::1",
        "https://a.test/with space",
        "https://a.test:*/cb",
        "https://*.a.test/cb",
        "https://localhost:*:80/cb",
    ],
)
def test_what_the_portal_does_not_register(mock: MockTikTok, uri: str) -> None:
    with pytest.raises(ValueError, match="cannot be registered"):
        mock.world.add_app(App("k", "s", redirect_uris=(uri,)))


def test_ten_redirect_uris_of_each_kind_and_ten_target_users_are_the_most(mock: MockTikTok) -> None:
    web = tuple(f"https://a.test/{number}" for number in range(11))
    desktop = tuple(f"http://127.0.0.1:*/{number}" for number in range(11))
    mock.world.add_app(App("ten of each", "s", redirect_uris=web[:10] + desktop[:10]))
    for kind, eleven in (("web", web), ("desktop", desktop)):
        with pytest.raises(ValueError, match=f"^at most 10 {kind} redirect URIs can be registered, not 11$"):
            mock.world.add_app(App(kind, "s", redirect_uris=eleven))
    sandbox = mock.world.add_app(App("sbapp", "s", sandbox=True))
    for number in range(10):
        mock.world.add_target_user(sandbox, Account(f"user{number}"))
    with pytest.raises(ValueError, match="at most 10"):
        mock.world.add_target_user(sandbox, Account("one.more"))


def test_a_sandbox_knows_its_target_users_only(player: Player) -> None:
    mock = player.mock
    mock.app.sandbox = True
    values = query_of(player.agree(player.authorize()).headers["location"])
    assert (values["error"], values["error_type"]) == ("access_denied", "non_sandbox_target")
    assert values["state"] == "st-41"
    set_switches(mock, sandbox_target_user_delay=3600)
    mock.world.add_target_user(mock.app, mock.account)
    assert "error" in query_of(player.agree(player.authorize()).headers["location"])
    mock.clock.advance(3600)
    assert "code" in query_of(player.agree(player.authorize()).headers["location"])


# The code


def test_a_code_works_once(player: Player) -> None:
    code = player.code()
    assert player.get_token(code).json()["token_type"] == "Bearer"
    assert refusal(player.get_token(code)) == (200, "invalid_grant", "Authorization code is expired.")


def test_a_code_expires(player: Player) -> None:
    code = player.code()
    player.mock.clock.advance(300)
    assert refusal(player.get_token(code))[1] == "invalid_grant"
    code = player.code()
    player.mock.clock.advance(299)
    assert "access_token" in player.get_token(code).json()


def test_a_code_belongs_to_its_app(player: Player) -> None:
    player.mock.world.add_app(App("other", "secret"))
    answer = player.get_token(player.code(), client_key="other", client_secret="secret")
    assert refusal(answer)[1] == "invalid_grant"


def test_the_redirect_uri_must_be_the_same(player: Player) -> None:
    answer = player.get_token(player.code(), redirect_uri=WEB_REDIRECT.rstrip("/"))
    message = "Redirect_uri is not matched with the uri when requesting code."
    assert refusal(answer) == (200, "invalid_request", message)


def test_a_refused_exchange_does_not_use_up_the_code(player: Player) -> None:
    code = player.code()
    player.get_token(code, redirect_uri="https://else.test/")
    assert "access_token" in player.get_token(code).json()


@pytest.mark.parametrize(
    ("redirect", "challenge", "verifier", "switches", "works"),
    [
        (DESKTOP_REDIRECT, HEX_CHALLENGE, VERIFIER, {}, True),
        (DESKTOP_REDIRECT, BASE64URL_CHALLENGE, VERIFIER, {}, False),
        (DESKTOP_REDIRECT, HEX_CHALLENGE.upper(), VERIFIER, {}, False),
        (DESKTOP_REDIRECT, HEX_CHALLENGE, VERIFIER + "x", {}, False),
        (DESKTOP_REDIRECT, HEX_CHALLENGE, None, {}, False),
        (WEB_REDIRECT, HEX_CHALLENGE, VERIFIER, {}, True),
        (WEB_REDIRECT, BASE64URL_CHALLENGE, VERIFIER, {}, True),
        (WEB_REDIRECT, BASE64URL_CHALLENGE, VERIFIER, {"pkce_web": "hex"}, False),
        (WEB_REDIRECT, HEX_CHALLENGE, "wrong", {}, False),
        (WEB_REDIRECT, None, None, {}, True),
        (WEB_REDIRECT, None, "st-41", {}, True),
    ],
)
def test_pkce_by_kind_of_redirect(
    player: Player,
    redirect: str,
    challenge: str | None,
    verifier: str | None,
    switches: dict[str, Any],
    works: bool,
) -> None:
    set_switches(player.mock, **switches)
    extra = {} if challenge is None else {"code_challenge": challenge, **S256}
    code = player.code(redirect_uri=redirect, **extra)
    answer = player.get_token(code, redirect_uri=redirect, code_verifier=verifier)
    if works:
        assert answer.json()["access_token"].startswith("act.")
    else:
        assert refusal(answer) == (200, "invalid_request", "Code verifier or code challenge is invalid.")


@pytest.mark.parametrize("verifier", ["st 41+/=", "v" * 129])
def test_a_verifier_is_looked_at_only_where_there_was_a_challenge(player: Player, verifier: str) -> None:
    assert "access_token" in player.get_token(player.code(), code_verifier=verifier).json()
    code = player.code(code_challenge=sha256_hex(verifier), **S256)
    assert refusal(player.get_token(code, code_verifier=verifier))[1] == "invalid_request"


def test_a_verifier_of_32_characters_will_do(player: Player) -> None:
    verifier = "a" * 32
    code = player.code(redirect_uri=DESKTOP_REDIRECT, code_challenge=sha256_hex(verifier), **S256)
    answer = player.get_token(code, redirect_uri=DESKTOP_REDIRECT, code_verifier=verifier)
    assert "access_token" in answer.json()


def test_web_apps_can_be_made_to_need_pkce(player: Player) -> None:
    set_switches(player.mock, web_requires_pkce=True)
    assert "code_challenge</strong>" in player.authorize().text
    assert "Continue" in player.authorize(code_challenge=HEX_CHALLENGE, **S256).text


# The token endpoint


def test_the_answer_holds_what_is_documented_and_nothing_else(player: Player) -> None:
    token = player.get_token(player.code()).json()
    assert token.keys() == {
        "access_token",
        "expires_in",
        "open_id",
        "refresh_expires_in",
        "refresh_token",
        "scope",
        "token_type",
    }
    assert token["access_token"].startswith("act.mock.")
    assert token["refresh_token"].startswith("rft.mock.")
    assert token["open_id"].startswith("-000")
    assert len(token["open_id"]) == 36
    assert (token["expires_in"], token["refresh_expires_in"]) == (7200, 15552000)


def test_the_legacy_profile_lives_longer(player: Player) -> None:
    set_switches(player.mock, token_profile="legacy")
    token = player.get_token(player.code()).json()
    assert (token["expires_in"], token["refresh_expires_in"]) == (86400, 31536000)


@pytest.mark.parametrize(("day", "seconds"), [("2026-11-01", 86400), ("2026-11-02", 7200)])
def test_lifetimes_follow_the_day(player: Player, day: str, seconds: int) -> None:
    set_switches(player.mock, as_of=date.fromisoformat(day))
    assert player.get_token(player.code()).json()["expires_in"] == seconds


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"client_secret": "wrong"}, "invalid_client", "Client key or secret is incorrect."),
        ({"client_key": "nobody"}, "invalid_client", "Client key or secret is incorrect."),
        (
            {"client_key": None, "client_id": "mock_client_key"},
            "invalid_client",
            "Client key or secret is incorrect.",
        ),
        ({"client_secret": None}, "invalid_request", "Client secret is missed in request."),
        ({"grant_type": "password"}, "unsupported_grant_type", ""),
        ({"grant_type": None}, "invalid_request", "The request parameters are malformed."),
        ({"code": None}, "invalid_request", "The request parameters are malformed."),
        ({"code": ""}, "invalid_request", "The request parameters are malformed."),
        ({"redirect_uri": None}, "invalid_request", "The request parameters are malformed."),
        ({"code": "unknown"}, "invalid_grant", "Authorization code is expired."),
    ],
)
def test_faults_at_the_token_endpoint(
    player: Player, changes: dict[str, str | None], code: str, message: str
) -> None:
    answer = player.get_token(**({"code": player.code()} | changes))
    assert refusal(answer) == (200, code, message)
    assert answer.json().keys() == {"error", "error_description", "log_id"}
    assert answer.headers["x-mock-rule"].startswith("oauth.")


def test_errors_can_come_with_their_own_status(player: Player) -> None:
    set_switches(player.mock, oauth_error_status="4xx")
    assert player.get_token("x", client_secret="wrong").status_code == 401
    assert player.get_token("x").status_code == 400


def test_client_credentials_give_an_app_token_that_opens_nothing_here(player: Player) -> None:
    token = player.get_token(grant_type="client_credentials", code=None, redirect_uri=None).json()
    assert token.keys() == {"access_token", "expires_in", "token_type"}
    assert token["access_token"].startswith("clt.mock.")
    assert token["expires_in"] == 7200
    answer = player.call("queryCreatorInfo", token=token["access_token"])
    assert refusal(answer)[:2] == (401, "access_token_invalid")
    assert answer.headers["x-mock-rule"] == "token.user"


# Refreshing


def test_refreshing_rotates_and_counts_down(player: Player) -> None:
    first = player.get_token(player.code()).json()
    player.mock.clock.advance(3600)
    second = player.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert (second["expires_in"], second["refresh_expires_in"]) == (7200, 15552000 - 3600)
    assert second["open_id"] == first["open_id"]
    answer = player.refresh(first["refresh_token"])
    assert refusal(answer) == (200, "invalid_grant", "Refresh token is invalid or expired.")
    assert answer.headers["x-mock-rule"] == "oauth.rotation"


def test_the_previous_access_token_lives_until_it_expires(player: Player) -> None:
    first = player.get_token(player.code()).json()
    player.refresh(first["refresh_token"])
    assert player.call("queryCreatorInfo", token=first["access_token"]).status_code == 200
    player.mock.clock.advance(7200)
    answer = player.call("queryCreatorInfo", token=first["access_token"])
    assert refusal(answer)[:2] == (401, "access_token_invalid")
    assert "expired" in answer.headers["x-mock-got"]


def test_a_refresh_can_end_the_previous_access_token(player: Player) -> None:
    set_switches(player.mock, old_access_token="ends")
    first = player.get_token(player.code()).json()
    second = player.refresh(first["refresh_token"]).json()
    answer = player.call("queryCreatorInfo", token=first["access_token"])
    assert refusal(answer)[:2] == (401, "access_token_invalid")
    assert player.call("queryCreatorInfo", token=second["access_token"]).status_code == 200


def test_a_grace_period_lets_a_race_end_well(player: Player) -> None:
    set_switches(player.mock, refresh_grace=30)
    first = player.get_token(player.code()).json()
    assert "access_token" in player.refresh(first["refresh_token"]).json()
    player.mock.clock.advance(29)
    assert "access_token" in player.refresh(first["refresh_token"]).json()
    player.mock.clock.advance(1)
    assert refusal(player.refresh(first["refresh_token"]))[1] == "invalid_grant"


def test_the_refresh_token_can_stay_the_same(player: Player) -> None:
    set_switches(player.mock, refresh_rotation="same")
    first = player.get_token(player.code()).json()
    assert player.refresh(first["refresh_token"]).json()["refresh_token"] == first["refresh_token"]


def test_a_refresh_can_renew_the_grant(player: Player) -> None:
    set_switches(player.mock, refresh_lifetime="renew")
    first = player.get_token(player.code()).json()
    player.mock.clock.advance(86400)
    assert player.refresh(first["refresh_token"]).json()["refresh_expires_in"] == 15552000


def test_the_grant_ends_with_its_refresh_token(player: Player) -> None:
    first = player.get_token(player.code()).json()
    player.mock.clock.advance(15552000 - 1800)
    last = player.refresh(first["refresh_token"]).json()
    assert (last["expires_in"], last["refresh_expires_in"]) == (1800, 1800)
    player.mock.clock.advance(1800)
    assert refusal(player.refresh(last["refresh_token"]))[1] == "invalid_grant"


def test_a_refresh_token_of_another_app_is_refused(player: Player) -> None:
    player.mock.world.add_app(App("other", "secret"))
    first = player.get_token(player.code()).json()
    answer = player.refresh(first["refresh_token"], client_key="other", client_secret="secret")
    assert refusal(answer)[1] == "invalid_grant"


# Revoking


def test_revoking_ends_every_token_and_tells_the_app(player: Player) -> None:
    token = player.get_token(player.code()).json()
    answer = player.revoke(token["access_token"])
    assert (answer.status_code, answer.json()) == (200, {})
    assert refusal(player.call("queryCreatorInfo", token=token["access_token"]))[0] == 401
    assert refusal(player.refresh(token["refresh_token"]))[1] == "invalid_grant"
    assert player.events() == ["authorization.removed"]
    assert b'"content":"{\\"reason\\":5}"' in player.mock.world.deliveries[0].body


def test_revoking_twice_does_no_more_than_once(player: Player) -> None:
    player.revoke(player.token)
    assert player.revoke(player.token).json() == {}
    assert len(player.events()) == 1


def test_revoking_may_answer_with_an_empty_body(player: Player) -> None:
    set_switches(player.mock, revoke_body="empty")
    answer = player.revoke(player.token)
    assert (answer.status_code, answer.content) == (200, b"")


def test_an_expired_token_cannot_be_revoked(player: Player) -> None:
    player.mock.clock.advance(7200)
    answer = player.revoke(player.token)
    assert refusal(answer)[1] == "invalid_grant"
    assert "refresh it first" in answer.headers["x-mock-hint"]


def test_logging_in_again_after_the_end_gives_the_same_open_id(player: Player) -> None:
    first = player.get_token(player.code()).json()
    player.revoke(first["access_token"])
    player.http.cookies.clear()
    second = player.get_token(player.code()).json()
    assert second["open_id"] == first["open_id"]
    assert player.call("queryCreatorInfo", token=second["access_token"]).status_code == 200


# Foreign tokens


def test_a_token_without_the_mark_is_refused_with_a_warning(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    real = "act.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"
    answer = player.call("queryCreatorInfo", token=real)
    assert refusal(answer)[:2] == (401, "access_token_invalid")
    assert answer.headers["x-mock-rule"] == "token.foreign"
    assert "real" in answer.headers["x-mock-hint"]
    assert "may be a real one" in caplog.text
    assert real not in caplog.text
    assert real not in str(answer.headers)


def test_a_foreign_refresh_token_and_a_foreign_code_too(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    assert player.refresh("rft.aBcDeFgHiJkLmNoPqRsTuVwXyZ").headers["x-mock-rule"] == "oauth.foreign"
    assert player.get_token("aBcDeFgHiJkLmNoPqRsTuVwXyZ*0!6410").headers["x-mock-rule"] == "oauth.foreign"
    assert caplog.text.count("may be a real one") == 2


@pytest.mark.parametrize(("users", "button"), [(1, "allow"), (2, "pick")])
def test_the_enter_key_goes_on(player: Player, users: int, button: str) -> None:
    """A browser's Enter presses the first button of the form that the focused field is in."""
    if users == 2:
        player.mock.world.add_account(Account("second.creator"))
    form = player.authorize().text.rpartition("<form")[2]
    assert re.findall(r'<button[^>]* value="([a-z]+)"', form) == [button, "deny"]
