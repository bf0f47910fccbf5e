"""The plugin, as somebody else's suite would meet it."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import httpx
import pytest

from tiktok_mock_server import MockTikTok, Switches
from tiktok_mock_server.remote import RemoteWorld
from tiktok_mock_server.running import Running

pytest_plugins = "pytester"

HEAD = """
import httpx, pytest

def ask(mock, **more):
    token = mock.authorize()["access_token"]
    with httpx.Client(transport=mock.transport(), base_url=mock.url) as client:
        headers = {"authorization": f"Bearer {token}", **more}
        return client.post("/v2/post/publish/creator_info/query/", headers=headers)
"""


def test_each_test_has_a_tiktok_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
def test_one(tiktok_mock):
    assert ask(tiktok_mock).status_code == 200
    assert tiktok_mock.journal.count() == 1

def test_two(tiktok_mock):
    tiktok_mock.journal.assert_not_made()

@pytest.mark.tiktok_mock(scenario="banned-creator")
class TestBanned:
    @pytest.mark.tiktok_mock(seed="other")
    def test_three(self, tiktok_mock):
        assert ask(tiktok_mock).json()["error"]["code"] == "spam_risk_user_banned_from_posting"
        assert tiktok_mock.world.ids.seed == "other"

    @pytest.mark.tiktok_mock(scenario="audited-app")
    def test_four(self, tiktok_mock):
        assert tiktok_mock.app.audited and not tiktok_mock.account.banned, "the nearer marker wins"
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=4)


def test_a_proxy_in_the_environment_is_not_asked_for_the_mock(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "a.example")
    monkeypatch.delenv("no_proxy", raising=False)
    pytester.makepyfile(
        HEAD
        + """
import os

def test_one(tiktok_mock_http, tiktok_mock_url):
    for url in (tiktok_mock_http.url, tiktok_mock_url):
        assert httpx.get(f"{url}/_mock/ready").json() == {"ready": True}
    assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "a.example,127.0.0.1,localhost"
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_failing_test_shows_what_the_mock_saw_and_why_it_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
def test_one(tiktok_mock):
    tiktok_mock.faults.plan("fetchStatus", "lost")
    assert ask(tiktok_mock, authorization="Bearer nonsense").status_code == 200
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)  # and nothing of a fault that it did not come to
    result.stdout.fnmatch_lines(
        [
            "*TikTok mock: last requests*",
            "*#1 queryCreatorInfo -> 401 access_token_invalid*",
            "*token.foreign:*",
        ]
    )


def test_a_fault_that_did_not_happen_fails_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
def test_one(tiktok_mock):
    tiktok_mock.faults.plan("fetchStatus", "lost")
    assert ask(tiktok_mock).status_code == 200
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*1 planned fault(s) did not happen*", "*lost at fetchStatus*"])


def test_a_setting_without_a_name_is_refused_rather_than_forgotten(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
@pytest.mark.tiktok_mock("banned-creator")
def test_one(tiktok_mock):
    pass


@pytest.mark.tiktok_mock(switches={"daily_posts": 3, "rate_limits": False})
def test_two(tiktok_mock):
    assert (tiktok_mock.switches.daily_posts, tiktok_mock.switches.rate_limits) == (3, False)
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*takes settings by name only, not 'banned-creator'*"])


def test_over_http_each_test_has_a_world(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import httpx, pytest

@pytest.mark.parametrize("number", range(6))
def test_one(tiktok_mock_url, number):
    with httpx.Client() as client:
        assert client.get(tiktok_mock_url + "/_mock/journal").json()["count"] == 0
        assert client.get(tiktok_mock_url + "/nothing").status_code == 404

@pytest.mark.tiktok_mock(audited=True)
def test_two(tiktok_mock_http):
    tiktok_mock_http.clock.advance(60)
    with httpx.Client(base_url=tiktok_mock_http.url) as client:
        assert client.get("/_mock/clock").json()["now"] == tiktok_mock_http.clock.now()
        assert client.get("/_mock/apps").json()["apps"][0]["audited"]

def test_three(tiktok_mock_server, tiktok_mock_http):
    assert list(tiktok_mock_server.engine.family()) == ["default", tiktok_mock_http.engine.name]
"""
    )
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=8)


def test_workers_share_a_server_that_runs_elsewhere(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        """
import httpx, pytest

@pytest.mark.parametrize("number", range(6))
@pytest.mark.tiktok_mock(audited=True)
def test_one(tiktok_mock_url, number):
    with httpx.Client(base_url=tiktok_mock_url) as client:
        client.post("/_mock/faults", json={"operation": "fetchStatus", "fault": "gateway"})
        if number != 3:
            assert client.post("/v2/post/publish/status/fetch/").status_code == 502
"""
    )
    mock = MockTikTok()
    with Running(mock.engine) as url:
        monkeypatch.setenv("TIKTOK_MOCK_URL", url)
        result = pytester.runpytest_subprocess("-n", "2")
        result.assert_outcomes(passed=6, errors=1)
        assert mock.coverage.result().areas["operations"].met == ("fetchStatus",)
        assert [world["name"] for world in httpx.get(f"{url}/_mock/worlds").json()["worlds"]] == ["default"]


def test_a_failing_test_shows_what_a_server_elsewhere_saw_and_nothing_of_its_faults(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
import httpx

def test_one(tiktok_mock_url):
    with httpx.Client(base_url=tiktok_mock_url) as client:
        client.post("/_mock/faults", json={"operation": "fetchStatus", "fault": "gateway"})
        assert client.post("/v2/post/publish/creator_info/query/").status_code == 200
"""
    )
    with Running(MockTikTok().engine) as url:
        result = pytester.runpytest_subprocess("--tiktok-mock-url", url)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*TikTok mock: last requests*", "*queryCreatorInfo -> 401*"])
    result.stdout.no_fnmatch_line("*planned fault*")


@pytest.mark.parametrize(
    "given",
    [
        Switches(daily_posts=3, as_of=date(2026, 8, 1)),
        {"daily_posts": 3, "as_of": date(2026, 8, 1)},
        {"daily_posts": 3, "as_of": "2026-08-01"},
    ],
)
def test_a_world_elsewhere_is_made_with_switches_however_they_are_written(given: object) -> None:
    with Running(MockTikTok().engine) as url:
        world = RemoteWorld(url, {"switches": given})
        switches = httpx.get(f"{world.url}/_mock/switches").json()["switches"]
        world.drop()
    assert (switches["daily_posts"], switches["as_of"]) == (3, "2026-08-01")


def test_a_world_elsewhere_says_when_it_cannot_be_made_or_is_out_of_reach() -> None:
    with Running(MockTikTok().engine) as url:
        world = RemoteWorld(url, {})
        with pytest.raises(RuntimeError, match=r"made no world: .*a world has no 'colour'"):
            RemoteWorld(url, {"colour": "red"})
    assert world.report(10).startswith(f"the mock at {url} does not answer: ")
    assert world.met() == {}
    world.drop()


def test_a_mock_elsewhere_that_is_not_there_is_said_in_words(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(tiktok_mock_url): pass")
    result = pytester.runpytest_subprocess(
        "--tiktok-mock-url", "http://127.0.0.1:1", "-p", "no:cacheprovider"
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*no mock answers at http://127.0.0.1:1*start one with `tiktok-mock serve`*"]
    )


def test_a_world_elsewhere_whose_server_is_gone_is_dropped_all_the_same() -> None:
    with Running(MockTikTok().engine) as url:
        world = RemoteWorld(url, {})
    world.drop()
    assert "does not answer" in world.report(10)


def test_what_was_met_can_be_forgotten() -> None:
    mock = MockTikTok()
    with httpx.Client(transport=mock.transport(), base_url=mock.url) as client:
        client.get("/v2/user/info/")
    assert mock.coverage.result().areas["operations"].met == ("getUserInfo",)
    mock.coverage.clear()
    assert mock.coverage.result().percent == 0
    mock.coverage.note_fault("gateway")
    result = mock.coverage.result()
    assert (result.areas["faults"].met, result.percent) == (("gateway",), 0), "faults are no part of the API"


def test_the_report_for_ci_says_of_everything_whether_it_was_met() -> None:
    mock = MockTikTok()
    mock.coverage.note_event("tiktok.ping")
    suite = ElementTree.fromstring(mock.coverage.result().junit())
    cases = suite.findall("testcase")
    (met,) = [case for case in cases if case.find("skipped") is None]
    assert (met.get("classname"), met.get("name")) == ("tiktok.events", "tiktok.ping")
    assert (int(suite.get("tests", 0)), int(suite.get("skipped", 0))) == (len(cases), len(cases) - 1)
    assert len(cases) == sum(area.total for area in mock.coverage.result().areas.values())


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_coverage_is_added_up_and_can_be_too_little(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        HEAD
        + """
def test_one(tiktok_mock):
    assert ask(tiktok_mock).status_code == 200

def test_two(tiktok_mock):
    assert ask(tiktok_mock, authorization="Bearer x").status_code == 401
"""
    )
    result = pytester.runpytest_subprocess(
        *workers, "--tiktok-coverage", "text", "--tiktok-fail-under", "0.5"
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*TikTok API coverage*", "operations * 1 * 15*", "codes * 1 *"])
    result = pytester.runpytest_subprocess(*workers, "--tiktok-fail-under", "90")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["TikTok API coverage: * % were met, 90.0 % are wanted"])


def test_the_plugin_costs_nothing_until_it_is_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import sys

def test_one():
    ours = ("tiktok_mock_server", "tiktok_openapi", "starlette")
    loaded = {name for name in sys.modules if name.startswith(ours)}
    assert loaded == {"tiktok_mock_server", "tiktok_mock_server.pytest_plugin"}
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
