"""docs/mock.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import httpx
import pytest

from tests.mock.support import Player
from tiktok_mock_server import MockTikTok, Switches, cli
from tiktok_mock_server.switches import switch_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mock.md"
TEXT = PAGE.read_text(encoding="utf-8")


def shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def table() -> str:
    """The table of switches as it should stand in the page."""
    rows = ["| switch | default | other values | what it changes |", "|---|---|---|---|"]
    for name, default, values, text, _, _ in switch_table():
        others = values
        if not values.startswith("a "):
            others = ", ".join(f"`{value}`" for value in values.split(", ") if value != shown(default))
        first = "newest rules" if default is None else f"`{shown(default)}`"
        rows.append(f"| `{name}` | {first} | {others} | {text} |")
    return "\n".join(rows)


def test_the_table_of_switches_is_the_one_of_the_code() -> None:
    written = re.search(r"<!-- switches -->\n(.*)\n<!-- /switches -->", TEXT, re.DOTALL)
    assert written is not None
    assert written[1] == table(), f"put this between the marks of {PAGE.name}:\n{table()}"


def test_the_options_of_the_page_are_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    known = set(re.findall(r"^ +(?:-h, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)) - {"--help"}
    named = set(re.findall(r"`(--[a-z-]+)", TEXT.partition("## In the same process")[0]))
    assert named == known


def test_the_headers_that_it_shows_are_the_ones_that_come(player: Player) -> None:
    answer = player.init_video(50_000_123, 10_000_000, 6)
    for name, value in re.findall(r"^(X-Mock-[A-Za-z]+): (.*)$", TEXT, re.MULTILINE):
        assert answer.headers[name] == value


def test_the_example_in_process_runs() -> None:
    with MockTikTok(verified_domains=("media.example.com",)) as mock:
        http = httpx.Client(transport=mock.transport(), base_url=mock.url)
        player = Player(mock, http)
        player.token = str(mock.authorize()["access_token"])
        publish_id = player.pull_video("https://media.example.com/v.mp4").json()["data"]["publish_id"]
        mock.clock.advance(60)
        assert mock.post(publish_id).stage.name == "PUBLISHED"
        mock.switches = attrs.evolve(mock.switches, rate_limits=False)
    with MockTikTok(switches=Switches(refresh_grace=30)) as mock:
        assert mock.switches.refresh_grace == 30
