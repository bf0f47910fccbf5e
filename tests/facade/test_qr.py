"""Logging in by QR code."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.facade.support import FakeClock, FakeTikTok, form, make_client, oauth_refusal
from tiktok_api_client import Impossible, InputRefused, LoginTimedOut, StateMismatch, Unreadable

URL = "aweme://authorize?authType=100&client_key=key-1&client_ticket=tobefilled&scope=user.info.basic"


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Screen(FakeTikTok):
    """TikTok's QR endpoints: one status after the other; the last one stays."""

    def __init__(self, *statuses: dict[str, Any]) -> None:
        super().__init__(self.look)
        self.statuses = list(statuses)
        self.state = ""
        self.shown: list[str] = []

    def show(self, url: str) -> None:
        self.shown.append(url)

    def look(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/get_qrcode/"):
            self.state = form(request)["state"]
            return httpx.Response(200, json={"scan_qrcode_url": URL, "token": "secret-qr-token"})
        assert form(request)["token"] == "secret-qr-token"
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        ticket = httpx.URL(self.shown[0].replace("aweme:", "https:")).params["client_ticket"]
        filled = {
            name: value.replace("TICKET", ticket).replace("STATE", self.state)
            for name, value in status.items()
        }
        return httpx.Response(200, json=filled)


CONFIRMED = {"status": "confirmed", "client_ticket": "TICKET", "code": "mockCode_Qr1", "state": "STATE"}


def test_the_user_scans_agrees_and_is_logged_in(kind: str) -> None:
    screen, clock = Screen({"status": "new"}, {"status": "scanned"}, CONFIRMED), FakeClock()
    token = make_client(kind, screen, clock).qr_login(screen.show)
    assert token.open_id == "user-1"
    assert clock.slept == [2.0, 2.0]
    (url,) = screen.shown
    assert "tobefilled" not in url
    assert url.startswith("aweme://authorize?authType=100&client_key=key-1&client_ticket=")
    sent = form(screen.requests[-1])
    assert sent["code"] == "mockCode_Qr1"
    assert sent["redirect_uri"] == "http://127.0.0.1:8765/callback/"
    assert "code_verifier" not in sent


def test_the_code_may_come_inside_an_address_which_goes_with_it(kind: str) -> None:
    address = "https://app.example/by-qr/?code=mockCode_Qr2%2A0&state=STATE"
    screen = Screen({"status": "confirmed", "client_ticket": "TICKET", "redirect_uri": address})
    make_client(kind, screen, FakeClock()).qr_login(screen.show)
    sent = form(screen.requests[-1])
    assert sent["code"] == "mockCode_Qr2*0"
    assert sent["redirect_uri"] == "https://app.example/by-qr/"


@pytest.mark.parametrize(
    "other",
    [
        {"client_ticket": "somebody-else"},
        {"state": "other"},
        {"state": "", "redirect_uri": "https://a.example/?code=x&state=other"},
    ],
)
def test_an_answer_to_another_login_is_refused(kind: str, other: dict[str, str]) -> None:
    screen = Screen({**CONFIRMED, **other})
    with pytest.raises(StateMismatch):
        make_client(kind, screen, FakeClock()).qr_login(screen.show)
    assert "/v2/oauth/token/" not in screen.paths()


def test_a_confirmation_without_a_code_cannot_be_read(kind: str) -> None:
    screen = Screen({"status": "confirmed", "client_ticket": "TICKET"})
    with pytest.raises(Unreadable, match=r"\$\.code"):
        make_client(kind, screen, FakeClock()).qr_login(screen.show)


@pytest.mark.parametrize("status", ["expired", "utilised"])
def test_a_code_that_is_over_is_said_to_be(kind: str, status: str) -> None:
    screen = Screen({"status": status})
    with pytest.raises(LoginTimedOut, match=status):
        make_client(kind, screen, FakeClock()).qr_login(screen.show)


def test_nobody_scans(kind: str) -> None:
    screen, clock = Screen({"status": "a-status-of-tomorrow"}), FakeClock()
    with pytest.raises(LoginTimedOut, match="within 10 s"):
        make_client(kind, screen, clock).qr_login(screen.show, timeout=10, poll=3)
    assert clock.slept == [3, 3, 3, 1]


def test_a_refusal_is_told(kind: str) -> None:
    server = FakeTikTok(lambda _: oauth_refusal("invalid_client"))
    with pytest.raises(InputRefused):
        make_client(kind, server, FakeClock()).qr_login(lambda _: None)
    with pytest.raises(Impossible, match="poll"):
        make_client(kind, server, FakeClock()).qr_login(lambda _: None, poll=0)
