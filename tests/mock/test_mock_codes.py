"""Every error code of the description, provoked over a real socket. The table below has to name them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.mock.support import Player, data, query_of, refusal, set_switches, without_media_checks
from tests.mock.wire import Wire
from tiktok_mock_server import Account, App, MockTikTok
from tiktok_mock_server.rules import display, oauth, publish
from tiktok_openapi.errors import CATALOGUE
from tiktok_openapi.routes import ROUTES

Provoke = Callable[[Player], httpx.Response]


def _too_many_posts(player: Player) -> httpx.Response:
    set_switches(player.mock, daily_posts=1)
    data(player.init_video())
    return player.init_video()


def _too_many_drafts(player: Player) -> httpx.Response:
    set_switches(player.mock, pending_drafts=1)
    data(player.init_video(draft=True))
    return player.init_photos(draft=True)


def _banned(player: Player) -> httpx.Response:
    player.mock.account.banned = True
    return player.init_photos()


def _user_cap(player: Player) -> httpx.Response:
    set_switches(player.mock, unaudited_active_users=1)
    player.mock.world.add_account(Account("second", private=True))
    data(player.init_video())
    return player.log_in(username="second").init_video()


def _public_account(player: Player) -> httpx.Response:
    player.mock.account.private = False
    return player.init_video()


def _old_app(player: Player) -> httpx.Response:
    player.mock.account.app_version = (31, 7)
    return player.init_photos(draft=True)


def _foreign_post(player: Player) -> httpx.Response:
    player.mock.world.add_account(Account("second", private=True))
    publish_id = data(player.pull_video())["publish_id"]
    return player.log_in(username="second").call("fetchStatus", {"publish_id": publish_id})


def _cancel_upload(player: Player) -> httpx.Response:
    return player.call("cancelPublish", {"publish_id": data(player.init_video())["publish_id"]})


def _too_often(player: Player) -> httpx.Response:
    for _ in range(6):
        player.init_video()
    return player.init_video()


def _without_scope(player: Player) -> httpx.Response:
    return player.log_in(("user.info.basic",)).call("queryCreatorInfo")


def _field_without_scope(player: Player) -> httpx.Response:
    set_switches(player.mock, missing_field_scope="scope_permission_missed")
    return player.log_in(("user.info.basic",)).call("getUserInfo", params={"fields": "username"})


def _documented_name(player: Player) -> httpx.Response:
    set_switches(player.mock, invalid_parameter_code="invalid_param")
    return player.init_video(title="x" * 2201)


def _planned(operation: str, code: str, call: Provoke) -> Provoke:
    """A code that TikTok gives for reasons of its own: ordered as a fault."""

    def provoke(player: Player) -> httpx.Response:
        player.mock.faults.plan(operation, "error", code=code)
        return call(player)

    return provoke


def _status(player: Player) -> httpx.Response:
    return player.call("fetchStatus", {"publish_id": "x"})


def _token(player: Player) -> httpx.Response:
    return player.get_token(player.code())


CODES: dict[tuple[str, str], tuple[Provoke, int, str]] = {
    ("data", "invalid_params"): (
        lambda player: player.init_video(50_000_123, 10_000_000, 6),
        400,
        "The total chunk count is invalid",
    ),
    ("data", "invalid_param"): (_documented_name, 400, "The request post info is empty or incorrect"),
    ("data", "invalid_file_upload"): (_planned("fetchStatus", "invalid_file_upload", _status), 400, ""),
    ("data", "scope_permission_missed"): (_field_without_scope, 400, ""),
    ("data", "invalid_publish_id"): (_status, 400, "The publish_id does not exist"),
    ("data", "token_not_authorized_for_specified_publish_id"): (_foreign_post, 400, ""),
    ("data", "publish_not_cancellable"): (_cancel_upload, 400, ""),
    ("data", "app_version_check_failed"): (_old_app, 400, ""),
    ("data", "access_token_invalid"): (
        lambda player: player.call("queryCreatorInfo", token="act.mock.nobody"),
        401,
        "The access token is invalid or not found in the request.",
    ),
    ("data", "scope_not_authorized"): (
        _without_scope,
        401,
        "The user did not authorize the scope required for completing this request.",
    ),
    ("data", "spam_risk_too_many_posts"): (_too_many_posts, 403, "guidelines"),
    ("data", "spam_risk_user_banned_from_posting"): (_banned, 403, "guidelines"),
    ("data", "spam_risk_too_many_pending_share"): (_too_many_drafts, 403, "guidelines"),
    ("data", "reached_active_user_cap"): (_user_cap, 403, "guidelines"),
    ("data", "unaudited_client_can_only_post_to_private_accounts"): (_public_account, 403, "guidelines"),
    ("data", "url_ownership_unverified"): (
        lambda player: player.pull_video("https://unverified.example.test/v.mp4"),
        403,
        "URL ownership verification rules",
    ),
    ("data", "privacy_level_option_mismatch"): (
        lambda player: player.init_video(privacy_level="PUBLIC_TO_EVERYONE"),
        403,
        "guidelines",
    ),
    ("data", "rate_limit_exceeded"): (_too_often, 429, "rate limit"),
    ("data", "internal_error"): (_planned("fetchStatus", "internal_error", _status), 500, ""),
    ("oauth", "access_denied"): (_planned("getToken", "access_denied", _token), 200, ""),
    ("oauth", "invalid_client"): (
        lambda player: player.get_token("x", client_secret="wrong"),
        200,
        "Client key or secret is incorrect.",
    ),
    ("oauth", "invalid_grant"): (
        lambda player: player.get_token("mockCode_unknown"),
        200,
        "Authorization code is expired.",
    ),
    ("oauth", "invalid_request"): (
        lambda player: player.get_token("x", client_secret=None),
        200,
        "Client secret is missed in request.",
    ),
    ("oauth", "invalid_scope"): (
        lambda player: player.call(
            "getQrCode", data={"client_key": "mock_client_key", "scope": "video.create"}
        ),
        200,
        "",
    ),
    ("oauth", "unauthorized_client"): (_planned("getToken", "unauthorized_client", _token), 200, ""),
    ("oauth", "unsupported_grant_type"): (
        lambda player: player.get_token("x", grant_type="password"),
        200,
        "",
    ),
    ("oauth", "unsupported_response_type"): (
        _planned("getToken", "unsupported_response_type", _token),
        200,
        "",
    ),
    ("oauth", "server_error"): (_planned("getToken", "server_error", _token), 200, ""),
    ("oauth", "temporarily_unavailable"): (_planned("getToken", "temporarily_unavailable", _token), 200, ""),
}


@pytest.fixture
def remote(wire: Wire) -> Iterator[Player]:
    """A player whose requests travel over a socket."""
    with MockTikTok(strict=True, verified_domains=("media.example.test",)) as mock, wire.to(mock) as url:
        without_media_checks(mock)
        with httpx.Client(base_url=url) as http:
            yield Player(mock, http).log_in()
        assert mock.engine.violations == []


def test_the_table_names_every_code_of_the_description() -> None:
    known = {(envelope, code) for envelope, codes in CATALOGUE.codes.items() for code in codes}
    assert known == CODES.keys()
    listed = {(one.envelope.name, code) for one in ROUTES if one.envelope is not None for code in one.errors}
    assert listed <= CODES.keys()


@pytest.mark.parametrize(("envelope", "code"), sorted(CODES), ids=str)
def test_a_code_and_how_it_comes(remote: Player, envelope: str, code: str) -> None:
    provoke, status, message = CODES[(envelope, code)]
    answer = provoke(remote)
    got_status, got_code, got_message = refusal(answer)
    assert (got_status, got_code) == (status, code)
    assert message in got_message if message else got_message == ""
    log_id = answer.json()["error"]["log_id"] if envelope == "data" else answer.json()["log_id"]
    assert answer.headers["x-tt-logid"] == log_id
    assert len(log_id) == 34
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-mock-rule"]


@pytest.mark.parametrize(
    "code", ["spam_risk_too_many_posts", "spam_risk_user_banned_from_posting", "reached_active_user_cap"]
)
def test_creator_info_refuses_with_http_200(remote: Player, code: str) -> None:
    CODES[("data", code)][0](remote)
    assert refusal(remote.call("queryCreatorInfo"))[:2] == (200, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_key": "nobody"}, "unauthorized_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "video.create"}, "invalid_scope"),
        ({"state": None}, "invalid_request"),
    ],
)
def test_codes_of_the_authorization_page(remote: Player, changes: dict[str, Any], code: str) -> None:
    assert f"error={code}" in remote.authorize(**changes).text


def test_access_denied_comes_to_the_redirect_uri(remote: Player) -> None:
    back = remote.agree(remote.authorize(), "deny")
    assert query_of(back.headers["location"])["error"] == "access_denied"


@pytest.mark.parametrize(
    ("status", "changes"),
    [(400, {"content_type": "text/plain"}), (416, {"content_range": "bytes 20-39/40"}), (201, {})],
)
def test_the_upload_plane_over_a_socket(remote: Player, status: int, changes: dict[str, Any]) -> None:
    url = data(remote.init_video(40 if status == 416 else 20))["upload_url"]
    assert url.startswith(str(remote.http.base_url).rstrip("/"))
    assert remote.put(url.replace("upload_token=", "upload_token=0"), b"x" * 20).status_code == 404
    assert remote.put(url, b"x" * 20, **changes).status_code == status


def test_an_unreviewed_app_and_a_second_app(remote: Player) -> None:
    remote.mock.world.add_app(App("draft", "secret", reviewed=False))
    assert "error=unauthorized_client" in remote.authorize(client_key="draft").text


@pytest.mark.parametrize("rules", [display, oauth, publish])
def test_the_words_of_refusals_are_those_of_the_description(rules: ModuleType) -> None:
    known = {
        words for codes in CATALOGUE.codes.values() for info in codes.values() for words in info.messages
    }
    constants = {name: value for name, value in vars(rules).items() if name.isupper()}
    spelled = {value for value in constants.values() if isinstance(value, str) and " " in value}
    assert spelled
    assert spelled <= known
