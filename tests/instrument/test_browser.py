"""The inspector and the consent page in a real browser: headless Chromium, from Debian's packages."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tiktok_mock_server import MockTikTok
from tiktok_mock_server.running import Running
from tiktok_mock_server.visitors import check_origin

from .browser import HERE, Browser, browser
from .support import Creator, mp4

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not HERE, reason="needs Debian's packages chromium and chromium-driver"),
]
WITHOUT_NAME = """
    return [...document.querySelectorAll("button, select, input, a, progress")]
        .filter((one) => one.offsetParent && !(one.textContent.trim() || one.getAttribute("aria-label")
            || (one.labels && one.labels.length)))
        .map((one) => one.outerHTML)
"""


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as made:
        yield made


@pytest.fixture
def mock(window: Browser) -> Iterator[MockTikTok]:
    made = MockTikTok(webhook_url="http://127.0.0.1:9/hook")
    with Running(made.engine) as url:
        made.url = url
        yield made
        window.leave()  # a page that goes on asking a mock that is gone would complain in the next test


def shot(window: Browser, name: str) -> None:
    """Keep a picture where somebody asked for them."""
    folder = os.environ.get("TIKTOK_MOCK_SCREENSHOTS")
    if folder:
        window.screenshot(Path(folder) / f"{name}.png")


def something_happens(mock: MockTikTok) -> str:
    with httpx.Client(base_url=mock.url) as client:
        creator = Creator(mock, client.request)
        del creator.headers["host"]
        started = creator.started(title="Hello <b>there</b></script>")
        creator.put(started["upload_url"], mp4())
        creator.status(started["publish_id"])
        half = creator.started(10 * 1024 * 1024, chunk=5 * 1024 * 1024, count=2)
        creator.put(half["upload_url"], mp4(5 * 1024 * 1024), total=10 * 1024 * 1024)
        creator.init(10, count=7)
        mock.faults.plan("fetchStatus", "gateway", status=503)
        mock.faults.plan("getToken", "lost")
        creator.status(started["publish_id"])
        creator.creator_info({"authorization": "Bearer nonsense"})
        mock.clock.advance(120)
    return started["publish_id"]


def test_the_inspector_shows_what_happened_and_why(window: Browser, mock: MockTikTok) -> None:
    publish_id = something_happens(mock)
    window.size(1280, 1000)
    window.dark(False)
    window.open(f"{mock.url}/_mock/")
    window.wait("document.querySelectorAll('#requests details').length >= 7")
    text = window.text()
    assert publish_id in text
    assert "fault: gateway" in text
    assert "access_token_invalid" in text
    window.run("document.querySelector('#posts details:last-of-type').open = true")
    requests = "[...document.querySelectorAll('#requests details')]"
    window.run(f"{requests}.find((one) => one.innerText.includes('invalid_params')).open = true")
    text = window.text()
    assert "/source_info/total_chunk_count" in text
    assert "webhook post.publish." in text
    assert window.run("return document.querySelector('#posts b') === null"), "a title was read as HTML"
    assert window.run(WITHOUT_NAME) == []
    assert window.run("return document.documentElement.scrollWidth <= innerWidth")
    assert window.errors() == []
    shot(window, "inspector-light")


def copied(window: Browser, mock: MockTikTok, form: str) -> list[str]:
    """What the buttons copy of each request."""
    window.open(f"{mock.url}/_mock/")
    window.wait("document.querySelectorAll('#requests details').length >= 1")
    texts: list[str] = window.run(f"return requests.map({form})")
    return texts


def test_a_request_copied_as_a_test_is_made_again_and_answered_alike(
    window: Browser, mock: MockTikTok
) -> None:
    with httpx.Client(base_url=mock.url) as client:
        creator = Creator(mock, client.request)
        del creator.headers["host"]
        assert creator.init(title='true, "false" and null: it\'s \\ all text').status_code == 200
        fields = "/v2/user/info/?fields=open_id,display_name"
        assert client.get(fields, headers=creator.headers).status_code == 200
        assert creator.ask("POST", "/v2/oauth/get_qrcode/", data={"client_key": "x"}).status_code == 200
        assert client.get("/nowhere").status_code == 404
    tests = copied(window, mock, "asTest")
    assert len(tests) == 4
    for text in tests:
        found: dict[str, Any] = {}
        exec(text, found)
        (test,) = (value for name, value in found.items() if name.startswith("test_"))
        again = MockTikTok()
        test(again)
        (now,) = again.journal.last(1)
        then = next(one for one in mock.journal if one.operation == now.operation)
        assert (then.path, then.query, then.request) == (now.path, now.query, now.request)


def test_a_request_copied_as_curl_is_what_a_shell_hands_to_it(window: Browser, mock: MockTikTok) -> None:
    with httpx.Client(base_url=mock.url) as client:
        creator = Creator(mock, client.request)
        del creator.headers["host"]
        creator.init(title="it's $HOME")
        creator.ask("POST", "/v2/oauth/get_qrcode/", data={"client_key": "it's `x`"})
    seen: list[list[str]] = []
    for text in copied(window, mock, "curl"):
        script = f"curl() {{ printf '%s\\n' \"$@\"; }}\n{text}"
        environment = {"MOCK": "http://mock", "TOKEN": "act.1"}
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        seen.append(done.stdout.splitlines())
    assert seen[0][2] == "http://mock/v2/post/publish/video/init/"
    assert "authorization: Bearer act.1" in seen[0]
    assert json.loads(seen[0][-1])["post_info"]["title"] == "it's $HOME"
    assert seen[1][-2:] == ["--data-urlencode", "client_key=it's `x`"]


def test_what_is_open_stays_open_while_more_comes(window: Browser, mock: MockTikTok) -> None:
    something_happens(mock)
    window.open(f"{mock.url}/_mock/")
    window.wait("document.querySelectorAll('#requests details').length >= 7")
    window.run("document.querySelector('#requests details[data-key=\"2\"]').open = true")
    before = window.run("return document.querySelectorAll('#requests details').length")
    httpx.get(f"{mock.url}/nowhere")
    window.wait(f"document.querySelectorAll('#requests details').length == {before} + 1")
    assert window.run("return document.querySelector('#requests details[data-key=\"2\"]').open")


def test_its_buttons_turn_the_clock_plan_faults_and_reset(window: Browser, mock: MockTikTok) -> None:
    window.open(f"{mock.url}/_mock/")
    window.wait("document.querySelector('#plan option') && document.querySelector('#now').textContent")
    now = mock.clock.now()
    window.click("[data-clock*='3600']")
    window.wait("document.querySelector('#now').textContent.includes('10:15:30')")
    assert mock.clock.now() == now + 3600
    window.run("document.querySelector('#plan [name=operation]').value = 'fetchStatus'")
    window.run("document.querySelector('#plan [name=fault]').value = 'silence'")
    window.click("#plan button")
    window.wait("document.querySelectorAll('#faults details').length == 1")
    assert [(fault.operation, fault.kind) for fault in mock.faults] == [("fetchStatus", "silence")]
    window.click("#reset")
    window.wait("document.querySelectorAll('#faults details').length == 0")
    assert mock.clock.now() == now


def test_what_stands_beside_a_thing_acts_on_it(window: Browser, mock: MockTikTok) -> None:
    with httpx.Client(base_url=mock.url) as client:
        creator = Creator(mock, client.request)
        del creator.headers["host"]
        one, two = creator.started()["publish_id"], creator.started()["publish_id"]
        client.post("/_mock/webhook/ping")
    mock.faults.plan("fetchStatus", "gateway")
    mock.faults.plan("fetchStatus", "reset")
    window.open(f"{mock.url}/_mock/")

    def press(label: str, until: str) -> None:
        button = f"document.querySelector('[aria-label=\"{label}\"]')"
        window.wait(button)
        window.run(f"{button}.click()")
        window.wait(until)

    text = "document.querySelector('{}').textContent.includes('{}')"
    press(f"fail {one}", text.format("#posts", "FAILED"))
    press(f"hold {two}", "[...document.querySelectorAll('#posts dt')].some((dt) => dt.textContent == 'held')")
    assert (mock.post(one).stage.name, mock.post(two).held) == ("FAILED", True)
    press("Remove reset", "document.querySelectorAll('#faults details').length == 1")
    assert [fault.kind for fault in mock.faults] == ["gateway"]
    press("Replay tiktok.ping", "document.querySelectorAll('#webhooks details').length == 3")
    assert mock.world.deliveries[-1].body == mock.world.deliveries[0].body
    press("mock.creator: banned on", text.format("#accounts summary", "banned"))
    press("mock.creator: banned off", f"!{text.format('#accounts summary', 'banned')}")
    assert not mock.account.banned
    press("Disconnect mock.creator", text.format("#webhooks", "authorization.removed"))
    press("Disconnect mock.creator", text.format("#state", "are not connected"))


def test_what_was_refused_is_found_among_the_rest_and_a_reset_forgets_all(
    window: Browser, mock: MockTikTok
) -> None:
    something_happens(mock)
    window.open(f"{mock.url}/_mock/")
    window.wait("document.querySelectorAll('#requests details').length >= 7")
    window.run(
        "const choice = document.querySelector('#filter'); choice.value = 'refused';"
        "choice.dispatchEvent(new Event('change'))"
    )
    window.wait("document.querySelectorAll('#requests details').length < 7")
    shown = window.run(
        "return [...document.querySelectorAll('#requests details')].map((d) => +d.dataset.key)"
    )
    refused = [entry.number for entry in mock.journal if entry.rule or entry.outcome != "answered"]
    assert shown == refused[::-1]
    mock.reset()
    httpx.post(f"{mock.url}/v2/post/publish/creator_info/query/")
    window.wait("document.querySelectorAll('#requests details').length == 1")


RESET = """
    fetch(arguments[0] + "/_mock/reset", {method: "POST", mode: arguments[1]})
        .then((answer) => { document.title = answer.type + " " + answer.status; })
        .catch(() => { document.title = "kept from the page"; })
"""


@pytest.mark.parametrize(
    ("mode", "listed", "seen", "happens"),
    [
        ("no-cors", False, "opaque 0", False),
        ("cors", False, "kept from the page", False),
        ("cors", True, "cors 200", True),
    ],
)
def test_a_page_of_another_origin_resets_the_mock_only_where_it_was_listed(
    window: Browser, mock: MockTikTok, mode: str, listed: bool, seen: str, happens: bool
) -> None:
    mock.clock.advance(5)
    now = mock.clock.now()
    with Running(MockTikTok().engine) as page:
        if listed:
            mock.engine.doors.origins = frozenset({check_origin(page)})
        window.open(f"{page}/_mock/")
        window.run("document.title = ''")
        window.run(RESET, mock.url, mode)
        window.wait("document.title")
        assert window.run("return document.title") == seen
        assert (mock.clock.now() < now) is happens
        window.leave()


def test_it_works_by_keyboard(window: Browser, mock: MockTikTok) -> None:
    window.open(f"{mock.url}/_mock/")
    window.wait("document.querySelector('#accounts details')")
    window.run("document.querySelector('#accounts summary').focus()")
    window.keys("\ue007")
    window.wait("document.querySelector('#accounts details').open")
    window.keys("\ue004")
    window.keys("\ue007")
    window.wait("document.activeElement.textContent.includes('private')")
    window.wait("document.querySelector('#accounts summary').textContent.includes('private') === false")
    assert not mock.account.private


def test_dark_narrow_and_in_another_world(window: Browser, mock: MockTikTok) -> None:
    mock.add_world("other")
    something_happens(mock)
    window.dark(True)
    window.size(400, 900)
    window.open(f"{mock.url}/_mock/")
    window.wait("document.querySelectorAll('#requests details').length >= 7")
    assert window.run("return document.documentElement.scrollWidth <= innerWidth")
    assert window.run("return getComputedStyle(document.body).backgroundColor") == "rgb(18, 18, 21)"
    shot(window, "inspector-dark-narrow")
    window.run(
        "const s = document.querySelector('#world'); s.value = 'other'; s.dispatchEvent(new Event('change'))"
    )
    window.wait("location.pathname == '/_world/other/_mock/' && document.querySelector('#accounts details')")
    assert window.run("return document.querySelectorAll('#requests details').length") == 0
    window.dark(False)
    window.size(1280, 1000)


def test_the_address_that_the_mock_printed_leads_to_the_inspector(window: Browser, mock: MockTikTok) -> None:
    mock.add_world("other")
    for address in ("", "/_world/other", "/_world/other/"):
        window.open(mock.url + address)
        window.wait("document.querySelector('#accounts details')")
        assert window.url == f"{mock.url}{address.rstrip('/')}/_mock/"
    assert mock.journal.entries() == []


def test_an_export_opens_without_the_mock(window: Browser, mock: MockTikTok, tmp_path: Path) -> None:
    something_happens(mock)
    answer = httpx.get(f"{mock.url}/_mock/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="tiktok-mock-default.html"'
    page = tmp_path / "kept.html"
    page.write_text(answer.text, encoding="utf-8")
    window.open(page.as_uri())
    window.wait("document.querySelectorAll('#requests details').length >= 7")
    assert window.run("return document.querySelectorAll('.live').length") == 0
    assert re.findall(r'(?:src|href)="(?!data:|#|export)', answer.text) == []
    assert window.errors() == []


def consent_page(mock: MockTikTok) -> str:
    query = {
        "client_key": "mock_client_key",
        "response_type": "code",
        "scope": "user.info.basic,video.publish,video.upload",
        "redirect_uri": f"{mock.url}/_mock/health",
        "state": "s1",
        "code_challenge": "a" * 64,
        "code_challenge_method": "S256",
    }
    return f"{mock.url}/v2/auth/authorize/?{urlencode(query)}"


@pytest.mark.parametrize("width", [1280, 360])
def test_the_consent_page_breaks_no_name(window: Browser, mock: MockTikTok, width: int) -> None:
    window.size(width, 900)
    window.open(consent_page(mock))
    small = "document.querySelector('.who small')"
    window.wait(small)
    count_lines = f"const all = document.createRange(); all.selectNodeContents({small}); "
    assert window.run(count_lines + "return all.getClientRects().length") == 1
    window.size(1280, 1000)


def test_a_user_agrees_on_the_consent_page_by_keyboard(window: Browser, mock: MockTikTok) -> None:
    window.open(consent_page(mock))
    window.wait("document.querySelectorAll('input[name=scope]').length >= 2")
    shot(window, "consent")
    assert window.run(WITHOUT_NAME) == []
    window.run("document.querySelector('input[value=\"video.upload\"]').focus()")
    window.keys(" ")
    window.run("document.querySelector('button[value=allow]').focus()")
    window.keys("\ue007")
    window.wait("location.pathname == '/_mock/health'")
    assert "state=s1" in window.url
    (grant,) = mock.world.grants.values()
    assert set(grant.scopes) == {"user.info.basic", "video.publish"}
