"""Events: what they say, how they are signed, and how they reach a receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from tests.mock.support import Player, data, mp4, set_switches
from tiktok_mock_server import Account, MockTikTok, World, lifecycle, webhooks
from tiktok_mock_server.addresses import is_loopback
from tiktok_mock_server.world import Delivery
from tiktok_openapi import webhooks as bindings


class Inbox:
    """A receiver in the same process; it answers what it is told to."""

    def __init__(self, mock: MockTikTok, *statuses: int) -> None:
        self.mock = mock
        self.statuses = list(statuses)
        self.times: list[float] = []
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        mock.on_event(self)

    def __call__(self, delivery: Delivery, headers: dict[str, str]) -> int:
        self.times.append(self.mock.clock.now())
        self.bodies.append(delivery.body)
        self.signatures.append(headers["tiktok-signature"])
        return self.statuses.pop(0) if self.statuses else 200

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def named(self) -> list[str]:
        return [event["event"] for event in self.events()]


def content(event: dict[str, Any]) -> Any:
    return json.loads(event["content"])


# What they say


def test_a_public_post_and_its_end(star: Player) -> None:
    inbox = Inbox(star.mock)
    publish_id = star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(70)
    listed = {"fields": "id"}
    assert len(data(star.call("listVideos", {}, params=listed))["videos"]) == 1
    lifecycle.take_down(star.mock.world, star.mock.post(publish_id))
    assert data(star.call("listVideos", {}, params=listed))["videos"] == []
    star.mock.deliver()
    assert inbox.named() == [
        "post.publish.complete",
        "post.publish.publicly_available",
        "post.publish.no_longer_publicaly_available",
    ]
    complete, available, gone = inbox.events()
    assert list(complete) == ["client_key", "event", "create_time", "user_openid", "content"]
    assert content(complete) == {"publish_id": publish_id, "publish_type": "DIRECT_PUBLISH"}
    post_id = content(available)["post_id"]
    assert isinstance(post_id, str)
    assert content(gone)["post_id"] == post_id
    assert available["create_time"] == complete["create_time"] + 60
    assert complete["user_openid"].startswith("-000")


def test_a_post_that_is_not_public_fires_one_event(player: Player) -> None:
    inbox = Inbox(player.mock)
    player.post_video()
    player.mock.clock.advance(86400)
    assert inbox.named() == ["post.publish.complete"]


def test_a_draft(star: Player) -> None:
    inbox = Inbox(star.mock)
    publish_id = star.post_video(draft=True)
    star.mock.clock.advance(10)
    assert content(inbox.events()[0]) == {"publish_id": publish_id, "publish_type": "INBOX_SHARE"}
    lifecycle.user_posts_draft(star.mock.world, star.mock.post(publish_id))
    star.mock.clock.advance(60)
    assert inbox.named() == [
        "post.publish.inbox_delivered",
        "post.publish.complete",
        "post.publish.publicly_available",
    ]


def test_a_failure_calls_its_reason_reason(player: Player) -> None:
    inbox = Inbox(player.mock)
    publish_id = player.post_video()
    lifecycle.fail_by_hand(player.mock.world, player.mock.post(publish_id), "spam_risk_text")
    player.mock.deliver()
    assert content(inbox.events()[0]) == {
        "publish_id": publish_id,
        "reason": "spam_risk_text",
        "publish_type": "DIRECT_PUBLISH",
    }


def test_a_post_id_can_be_a_number(star: Player) -> None:
    set_switches(star.mock, webhook_post_id="number")
    inbox = Inbox(star.mock)
    star.post_video(privacy_level="PUBLIC_TO_EVERYONE")
    star.mock.clock.advance(70)
    assert type(content(inbox.events()[1])["post_id"]) is int


@pytest.mark.parametrize("reason", range(6))
def test_why_a_connection_ended(player: Player, reason: int) -> None:
    inbox = Inbox(player.mock)
    grant = player.mock.world.access_tokens[player.token].grant
    assert grant is not None
    lifecycle.end_grant(player.mock.world, grant, reason)
    player.mock.deliver()
    assert content(inbox.events()[0]) == {"reason": reason}
    assert player.call("queryCreatorInfo").status_code == 401, "the token is dead on arrival"


def test_the_portals_ping_counts_in_milliseconds(player: Player) -> None:
    inbox = Inbox(player.mock)
    webhooks.ping(player.mock.world, player.mock.app)
    player.mock.deliver()
    [event] = inbox.events()
    assert event["create_time"] == int(player.mock.clock.now() * 1000)
    assert event["user_openid"].isdigit()
    assert content(event) == {"reason": "testing Webhook"}


def test_every_event_of_the_description_can_be_sent_and_is_read_by_the_bindings(player: Player) -> None:
    inbox = Inbox(player.mock)
    contents: dict[str, dict[str, object]] = {
        "authorization.removed": {"reason": 1},
        "video.upload.failed": {"share_id": "video.7700000000000000008.Ab12Cd"},
        "video.publish.completed": {"share_id": "video.7700000000000000008.Ab12Cd"},
        "portability.download.ready": {"request_id": 7700000000000000009},
        "post.publish.failed": {"publish_id": "v", "reason": "internal", "publish_type": "DIRECT_PUBLISH"},
        "post.publish.complete": {"publish_id": "v", "publish_type": "DIRECT_PUBLISH"},
        "post.publish.inbox_delivered": {"publish_id": "v", "publish_type": "INBOX_SHARE"},
        "post.publish.publicly_available": {"publish_id": "v", "post_id": "7", "publish_type": "INBOX_SHARE"},
        "post.publish.no_longer_publicaly_available": {
            "publish_id": "v",
            "post_id": "7",
            "publish_type": "DIRECT_PUBLISH",
        },
        "tiktok.ping": {"reason": "testing Webhook"},
        "nobody.knows.this.yet": {"x": 1},
    }
    for name, body in contents.items():
        webhooks.emit(player.mock.world, player.mock.app, name, body, open_id="-000x")
    player.mock.deliver()
    assert inbox.named() == list(contents)
    parsed = [bindings.parse(body) for body in inbox.bodies]
    assert [type(event).__name__ for event in parsed].count("UnknownEvent") == 1


# Signatures


def test_the_signature_of_the_reference() -> None:
    body = (
        b'{"client_key":"awmock0client0key","event":"post.publish.complete","create_time":1790000000,'
        b'"user_openid":"-000mockOpenId0123456789abcdefghijkl","content":"{\\"publish_id\\":'
        b'\\"v_pub_file~v2-1.7700000000000000001\\",\\"publish_type\\":\\"DIRECT_PUBLISH\\"}"}'
    )
    assert len(body) == 249
    assert webhooks.signature("mock_client_secret_0001", 1790000005, body) == (
        "t=1790000005,s=b9132dd726c9e7770d2fb4482f9b9ae2de34c87a5d500c63af63ae6109befdd5"
    )


def test_the_signature_is_over_the_raw_bytes(player: Player) -> None:
    inbox = Inbox(player.mock)
    player.post_video()
    player.mock.clock.advance(10)
    header, body = inbox.signatures[0], inbox.bodies[0]
    moment, _, signature = header.partition(",")
    stamp = moment.removeprefix("t=")
    wanted = hmac.new(b"mock_client_secret", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature == f"s={wanted}"
    assert int(stamp) == int(inbox.times[0])


# Delivery


def test_72_hours_of_retries_are_13_attempts_and_no_waiting(player: Player) -> None:
    inbox = Inbox(player.mock, *[500] * 100)
    player.post_video()
    player.mock.clock.advance(10)
    began = player.mock.clock.now()
    player.mock.clock.advance(73 * 3600)
    [delivery] = player.mock.world.deliveries
    assert delivery.state == "dropped"
    assert len(delivery.attempts) == len(inbox.times) == 13
    pauses = [later - earlier for earlier, later in zip(inbox.times, inbox.times[1:], strict=False)]
    assert pauses == [60 * 2**number for number in range(12)]
    assert inbox.times[-1] - began <= 72 * 3600
    assert len(set(inbox.bodies)) == 1
    assert len(set(inbox.signatures)) == 13, "each attempt is signed with its own time"


def test_an_event_that_is_tried_again_can_keep_its_first_signature(player: Player) -> None:
    set_switches(player.mock, webhook_signed="once")
    inbox = Inbox(player.mock, 500, 500)
    player.post_video()
    player.mock.clock.advance(3600)
    assert len(inbox.times) == 3
    assert {signature.partition(",")[0] for signature in inbox.signatures} == {f"t={int(inbox.times[0])}"}


@pytest.mark.parametrize("status", [201, 204, 301, 400, 500])
def test_anything_but_200_is_tried_again(player: Player, status: int) -> None:
    inbox = Inbox(player.mock, status)
    player.post_video()
    player.mock.clock.advance(10)
    [delivery] = player.mock.world.deliveries
    states = [delivery.state]
    player.mock.clock.advance(60)
    assert [*states, delivery.state] == ["pending", "delivered"]
    assert [attempt.status for attempt in delivery.attempts] == [status, 200]
    assert len(inbox.bodies) == 2


def test_a_refusal_says_that_the_worlds_time_is_not_the_receivers(
    player: Player, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def notes(*, status: int, ahead: float, fault: str = "") -> tuple[list[str], list[str]]:
        Inbox(player.mock, status, status)
        caplog.clear()
        monkeypatch.setattr("time.time", lambda: player.mock.clock.now() + ahead)
        if fault:
            player.mock.faults.plan("tiktok.ping", fault)
        delivery = webhooks.ping(player.mock.world, player.mock.app)
        player.mock.deliver()
        player.mock.clock.advance(61)
        warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        return [attempt.note for attempt in delivery.attempts], warned

    refused, warned = notes(status=401, ahead=-12 * 3600)
    assert refused[0] == refused[1]
    assert "frozen=false" in refused[0]
    assert warned == [f"tiktok.ping was refused: 401; {refused[0]}"]
    for other in (
        notes(status=401, ahead=200),
        notes(status=503, ahead=3600),
        notes(status=401, ahead=3600, fault="webhook_bad_signature"),
        notes(status=401, ahead=3600, fault="webhook_stale"),
    ):
        assert other == (["", ""], [])


def test_a_receiver_that_raises_is_tried_again(player: Player) -> None:
    def broken(_delivery: Delivery, _headers: dict[str, str]) -> int:
        raise RuntimeError("boom")

    player.mock.on_event(broken)
    player.post_video()
    player.mock.clock.advance(10)
    [delivery] = player.mock.world.deliveries
    assert (delivery.state, delivery.attempts[0].status) == ("pending", None)
    assert "boom" in delivery.attempts[0].note
    Inbox(player.mock)
    player.mock.clock.advance(60)
    assert delivery.state == "delivered"


def test_a_delivery_can_be_replayed(player: Player) -> None:
    inbox = Inbox(player.mock)
    player.post_video()
    player.mock.clock.advance(10)
    player.mock.clock.advance(100)
    webhooks.replay(player.mock.world, player.mock.world.deliveries[0])
    player.mock.deliver()
    assert inbox.bodies[0] == inbox.bodies[1]
    assert inbox.signatures[0] != inbox.signatures[1]


def test_a_replay_goes_where_events_go_by_now(player: Player) -> None:
    player.mock.app.webhook_url = "http://127.0.0.1:9/old"
    first = webhooks.ping(player.mock.world, player.mock.app)
    player.mock.app.webhook_url = "http://127.0.0.1:9/new"
    assert (first.url, webhooks.replay(player.mock.world, first).url) == (
        "http://127.0.0.1:9/old",
        "http://127.0.0.1:9/new",
    )


def test_without_a_callback_url_events_are_only_written_down(player: Player) -> None:
    player.post_video()
    player.mock.clock.advance(86400)
    assert [delivery.state for delivery in player.mock.world.deliveries] == ["not sent"]


@pytest.mark.parametrize(
    "url",
    ["nonsense", "ftp://127.0.0.1/x", "http://[::1", "http://127.0.0.1:99999/", "http:///x", "http://a b/"],
)
def test_an_address_that_no_event_can_go_to_is_refused_when_it_is_set(player: Player, url: str) -> None:
    for setting in (
        lambda: MockTikTok(webhook_url=url),
        lambda: setattr(player.mock.app, "webhook_url", url),
    ):
        with pytest.raises(ValueError, match="is no address for events: write one such as"):
            setting()
    assert player.http.post("/_mock/webhook", json={"url": url}).status_code == 400
    assert player.revoke(player.token).json() == {}


@pytest.mark.parametrize("host", ["http://receiver.test", "receiver.test:8080", "receiver.test/hook", ""])
def test_a_listed_host_is_a_host_and_nothing_else(host: str) -> None:
    with pytest.raises(ValueError, match="is no host: write receiver"):
        World(webhook_hosts=(host,))
    assert World(webhook_hosts=("Receiver.Test", "::1")).webhook_hosts == ("receiver.test", "::1")


def test_hosts_that_are_neither_here_nor_listed_are_never_called(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    player.mock.app.webhook_url = "https://receiver.example.test/hook"
    player.post_video()
    player.mock.clock.advance(86400)
    [delivery] = player.mock.world.deliveries
    assert delivery.state == "not sent"
    assert "receiver.example.test" in delivery.attempts[0].note
    assert "webhook.hosts" in caplog.text


def test_a_host_whose_name_ends_like_a_listed_one_is_another(player: Player) -> None:
    player.mock.world.webhook_hosts = ("receiver.test",)
    states: list[str] = []
    for host in ("receiver.test", "evilreceiver.test", "sub.receiver.test"):
        player.mock.app.webhook_url = f"https://{host}/hook"
        states.append(webhooks.ping(player.mock.world, player.mock.app).state)
    assert states == ["pending", "not sent", "not sent"]


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("app.localhost", True),
        ("localhost.evil.test", False),
        ("192.168.1.1", False),
        ("", False),
        (None, False),
    ],
)
def test_what_counts_as_this_machine(host: str | None, near: bool) -> None:
    assert is_loopback(host) is near


def test_a_receiver_may_call_back_and_move_the_clock(player: Player) -> None:
    seen: list[str] = []

    def curious(delivery: Delivery, _headers: dict[str, str]) -> int:
        publish_id = json.loads(json.loads(delivery.body)["content"])["publish_id"]
        seen.append(player.status(publish_id)["status"])
        player.mock.clock.advance(1)
        return 200

    player.mock.on_event(curious)
    player.post_video()
    player.mock.clock.advance(10)
    assert seen == ["PUBLISH_COMPLETE"]
    assert player.mock.world.deliveries[0].state == "delivered"


# Over HTTP


class Receiver(BaseHTTPRequestHandler):
    """Notes what it gets; the first request of a path that ends in `once` fails."""

    seen: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen = self.seen
        seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(503 if self.path.endswith("once") and len(seen) == 1 else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        del format, args


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A real one, on loopback."""
    seen: list[tuple[str, dict[str, str], bytes]] = []
    handler = type("Handler", (Receiver,), {"seen": seen})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def test_an_event_arrives_over_http(
    player: Player, receiver: tuple[str, list[tuple[str, dict[str, str], bytes]]]
) -> None:
    url, seen = receiver
    player.mock.app.webhook_url = f"{url}/hook/once"
    player.post_video()
    player.mock.clock.advance(10)
    assert len(seen) == 1
    player.mock.clock.advance(60)
    assert len(seen) == 2
    path, headers, body = seen[1]
    assert path == "/hook/once"
    assert headers["content-type"] == "application/json"
    moment = int(headers["tiktok-signature"].partition(",")[0].removeprefix("t="))
    assert headers["tiktok-signature"] == webhooks.signature("mock_client_secret", moment, body)
    assert [attempt.status for attempt in player.mock.world.deliveries[0].attempts] == [503, 200]


def test_an_event_arrives_over_http_where_respx_catches_what_goes_to_tiktok(
    player: Player, receiver: tuple[str, list[tuple[str, dict[str, str], bytes]]]
) -> None:
    url, seen = receiver
    player.mock.app.webhook_url = f"{url}/hook"
    with player.mock.respx_router():
        assert httpx.post("https://open.tiktokapis.com/_mock/webhook/ping").json()["event"] == "tiktok.ping"
        player.mock.deliver()
    assert [path for path, _, _ in seen] == ["/hook"]
    assert player.mock.world.deliveries[0].state == "delivered"


def test_a_receiver_that_is_not_there(player: Player) -> None:
    player.mock.app.webhook_url = "http://127.0.0.1:9/hook"
    player.post_video()
    player.mock.clock.advance(10)
    [attempt] = player.mock.world.deliveries[0].attempts
    assert attempt.status is None
    assert "ConnectError" in attempt.note


def test_a_connection_that_ends_touches_no_other_user(player: Player) -> None:
    mock = player.mock
    mock.world.add_account(Account("other", private=True))
    other = Player(mock).log_in(username="other")
    started = other.init_video(20).json()["data"]
    player.revoke(player.token)
    assert other.put(started["upload_url"], mp4(20)).status_code == 201


@pytest.mark.parametrize("how", ["fork", "restore", "nobody"])
def test_what_waits_for_a_function_is_not_sent_elsewhere_when_there_is_none(how: str) -> None:
    mock = MockTikTok(webhook_url="https://production.example.test/hook")
    inbox = Inbox(mock, 500)
    webhooks.ping(mock.world, mock.app)
    mock.deliver()
    assert len(inbox.bodies) == 1
    if how == "nobody":
        mock.on_event(None)
    elif how == "fork":
        mock = mock.fork()
    else:
        document, mock = mock.snapshot(), MockTikTok()
        mock.restore(document)
    mock.clock.advance(webhooks.FIRST_PAUSE)
    (delivery,) = mock.world.deliveries
    assert delivery.attempts[1].note == "production.example.test is neither this machine nor listed"
    again = Inbox(mock)
    mock.clock.advance(2 * webhooks.FIRST_PAUSE)
    assert (again.named(), delivery.state) == (["tiktok.ping"], "delivered")
