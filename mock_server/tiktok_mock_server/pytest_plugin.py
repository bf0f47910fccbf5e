"""The pytest plugin: a TikTok for each test, and what it saw when the test fails.

Nothing of the mock is imported until a test asks for a fixture.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .coverage import Coverage, Result
    from .mock import MockTikTok
    from .remote import RemoteWorld

MARKER = "tiktok_mock"
LAST = 10
"""How many requests are shown when a test fails."""

_MOCKS: pytest.StashKey[list[MockTikTok | RemoteWorld]] = pytest.StashKey()
_FAILED = pytest.StashKey[bool]()
_COVERAGE: pytest.StashKey[Coverage] = pytest.StashKey()
_WORKER_KEY = "tiktok_mock_coverage"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the command line."""
    group = parser.getgroup("tiktok-mock")
    group.addoption(
        "--tiktok-coverage",
        choices=["text", "json", "github", "junit"],
        help="say at the end how much of TikTok's API the tests met",
    )
    group.addoption(
        "--tiktok-fail-under", type=float, metavar="PERCENT", help="fail when the tests met less of the API"
    )
    group.addoption(
        "--tiktok-mock-url",
        metavar="URL",
        default=os.environ.get("TIKTOK_MOCK_URL"),
        help="a running mock for the fixture tiktok_mock_url, shared by all tests and workers",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**settings): how a test's TikTok is made: scenario, seed, switches, audited, public, …",
    )


# Fixtures


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        if marker.args:
            raise pytest.UsageError(
                f"the marker {MARKER} takes settings by name only, not {marker.args[0]!r}: "
                f'write @pytest.mark.{MARKER}(scenario="flaky-uploads")'
            )
        settings.update(marker.kwargs)
    return settings


def _watched(request: pytest.FixtureRequest, mock: MockTikTok) -> Iterator[MockTikTok]:
    """Hand a mock out; afterwards see that its faults happened, and note what was met of the API."""
    request.node.stash.setdefault(_MOCKS, []).append(mock)
    yield mock
    _coverage(request.config).merge(mock.coverage.describe())
    mock.close()
    if not request.node.stash.get(_FAILED, False):
        mock.faults.assert_used_up()


def _coverage(config: pytest.Config) -> Coverage:
    from .coverage import Coverage

    return config.stash.setdefault(_COVERAGE, Coverage())


@pytest.fixture
def tiktok_mock(request: pytest.FixtureRequest) -> Iterator[MockTikTok]:
    """A TikTok of this test's own, in this process. Its clock stands still until the test moves it."""
    from . import MockTikTok

    yield from _watched(request, MockTikTok(**_settings(request)))


@pytest.fixture(scope="session")
def tiktok_mock_server() -> Iterator[MockTikTok]:
    """A TikTok over HTTP that lasts as long as the session; `tiktok_mock_http` makes worlds in it."""
    from . import MockTikTok
    from .addresses import past_proxies
    from .running import Running

    mock = MockTikTok()
    with pytest.MonkeyPatch.context() as patch, Running(mock.engine) as url:
        for name, value in past_proxies(os.environ).items():
            patch.setenv(name, value)
        mock.url = url
        yield mock


@pytest.fixture
def tiktok_mock_http(request: pytest.FixtureRequest, tiktok_mock_server: MockTikTok) -> Iterator[MockTikTok]:
    """A TikTok of this test's own, over HTTP: its address is `tiktok_mock_http.url`."""
    world = tiktok_mock_server.add_world(**_settings(request))
    try:
        yield from _watched(request, world)
    finally:
        tiktok_mock_server.engine.family().drop(world.engine.name)


@pytest.fixture
def tiktok_mock_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a TikTok of this test's own: in this process, or in the one of `--tiktok-mock-url`."""
    shared = request.config.getoption("--tiktok-mock-url")
    if not shared:
        yield request.getfixturevalue("tiktok_mock_http").url
        return
    from .remote import RemoteWorld

    world = RemoteWorld(shared, _settings(request))
    request.node.stash.setdefault(_MOCKS, []).append(world)
    try:
        yield world.url
        if not request.node.stash.get(_FAILED, False):
            world.assert_used_up()
    finally:
        _coverage(request.config).merge(world.met())
        world.drop()


# Reports


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the mock saw when a test fails."""
    del call
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    if report.failed and report.when in ("call", "teardown"):
        mocks = item.stash.setdefault(_MOCKS, [])
        for mock in mocks:
            text = mock.journal.report(LAST)
            report.sections.append(("TikTok mock: last requests", text or "no request was made"))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's coverage to the controller; fail when too little was met."""
    config = session.config
    output: dict[str, object] | None = getattr(config, "workeroutput", None)
    if output is not None:  # a worker of pytest-xdist
        if _COVERAGE in config.stash:
            output[_WORKER_KEY] = config.stash[_COVERAGE].describe()
        return
    wanted = config.getoption("--tiktok-fail-under")
    if wanted is not None and _result(config).percent < wanted and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a worker met."""
    del error
    output: dict[str, Any] = getattr(node, "workeroutput", None) or {}
    if _WORKER_KEY in output:
        _coverage(node.config).merge(output[_WORKER_KEY])


def _result(config: pytest.Config) -> Result:
    return _coverage(config).result()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how much of the API was met."""
    form = config.getoption("--tiktok-coverage")
    wanted = config.getoption("--tiktok-fail-under")
    if form:
        from .commands import written

        terminalreporter.section("TikTok API coverage")
        terminalreporter.write_line(written(_result(config), form))
    if wanted is not None and _result(config).percent < wanted:
        terminalreporter.write_line(
            f"TikTok API coverage: {_result(config).percent:.1f} % were met, {wanted:.1f} % are wanted",
            red=True,
        )
