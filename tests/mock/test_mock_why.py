"""Why something was refused: in headers, in the log, and in the list of rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

import tiktok_mock_server
from tests.mock.support import Player, refusal
from tiktok_mock_server import Switches
from tiktok_mock_server.cli import main
from tiktok_mock_server.rule import rule
from tiktok_mock_server.rules import all_rules
from tiktok_mock_server.switches import switch_table, with_texts
from tiktok_mock_server.why import header_text

SOURCES = sorted(Path(tiktok_mock_server.__file__).parent.rglob("*.py"))


def test_a_refusal_explains_itself_in_headers_and_log(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tiktok_mock")
    answer = player.init_video(50_000_123, 10_000_000, 6)
    assert answer.headers["x-mock-rule"] == "chunks.count"
    assert answer.headers["x-mock-pointer"] == "/source_info/total_chunk_count"
    assert answer.headers["x-mock-expected"].startswith("5 ")
    assert answer.headers["x-mock-got"] == "6"
    assert answer.headers["x-mock-evidence"] == "documented"
    page = "https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide"
    assert answer.headers["x-mock-source"] == page
    assert "rounded down, not up" in answer.headers["x-mock-hint"]
    assert "chunks.count" in caplog.text
    assert "/source_info/total_chunk_count" in caplog.text


def test_the_body_is_tiktoks_to_the_byte(player: Player) -> None:
    answer = player.init_video(50_000_123, 10_000_000, 6)
    log_id = answer.headers["x-tt-logid"]
    assert answer.content == (
        b'{"error":{"code":"invalid_params","message":"The total chunk count is invalid","log_id":"'
        + log_id.encode()
        + b'"}}'
    )


@pytest.mark.parametrize("text", ["x\r\nSet-Cookie: a=b", "\x00\x7f", "😀é", "x" * 5000, "\ud800"])
def test_nothing_odd_gets_into_a_header(player: Player, text: str) -> None:
    line = header_text(text)
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 4000
    if text != "\ud800":
        answer = player.http.post("/v2/x/" + "y" * 3, params={"q": text})
        assert answer.status_code == 404
        assert refusal(player.init_video(privacy_level=text))[0] == 400


# The rules


def test_every_rule_says_what_it_rests_on() -> None:
    rules = all_rules()
    assert len(rules) > 80
    names = {switch[0] for switch in switch_table()}
    for one in rules:
        assert re.fullmatch(r"[a-z0-9.-]+", one.id), one.id
        assert one.text.endswith("."), one.id
        assert one.source or one.mark in ("unknown", "recommended"), one.id
        assert not one.switch or one.switch in names, one.id
        assert not one.since or re.fullmatch(r"\d{4}-\d\d-\d\d", one.since), one.id


def test_a_rule_is_declared_once() -> None:
    taken = all_rules()[0].id
    with pytest.raises(ValueError, match="two rules"):
        rule(taken, "Again.", "unknown", "")


def test_the_command_prints_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    text = capsys.readouterr().out
    assert all(one.id in text for one in all_rules())
    assert "since 2026-08-09" in text
    assert main(["rules", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(all_rules())


# The switches


def test_every_switch_is_read_by_some_rule() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    for name, *_ in switch_table():
        assert re.search(rf"switches\.{name}\b", text), name


def test_the_command_prints_every_switch(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["switches"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n{row[0]}=" in f"\n{text}" for row in switch_table())
    assert main(["switches", "--json"]) == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == {row[0] for row in switch_table()}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("token_profile=legacy", "token_profile", "legacy"),
        ("token-profile=legacy", "token_profile", "legacy"),
        ("unknown_upload_status=405", "unknown_upload_status", 405),
        ("refresh_grace=2.5", "refresh_grace", 2.5),
        ("daily_posts=3", "daily_posts", 3),
        ("rate_limits=no", "rate_limits", False),
    ],
)
def test_switches_from_texts(text: str, name: str, value: object) -> None:
    assert getattr(with_texts(Switches(), [text]), name) == value


@pytest.mark.parametrize(
    "text",
    [
        "token_profile",
        "token_profile=newest",
        "nothing=1",
        "daily_posts=many",
        "refresh_grace=x",
        "as_of=yesterday",
        "rate_limits=maybe",
        "rate_factor=nan",
        "rate_factor=inf",
        "html_5xx_every=-1",
        "daily_posts=-4",
        "download_seconds=-5",
        "polls_per_step=0",
    ],
)
def test_switches_that_cannot_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"no switch|must be|has no value"):
        with_texts(Switches(), [text])


def test_a_misspelt_switch_is_refused_in_python_too() -> None:
    with pytest.raises(ValueError, match="progress must be one of either, time, polls, by_hand, not 'poll'"):
        Switches(progress=cast("Any", "poll"))
    with pytest.raises(ValueError, match="rate_limits must be true or false, not 'no'"):
        attrs.evolve(Switches(), rate_limits=cast("Any", "no"))
    with pytest.raises(ValueError, match="polls_per_step must be a whole number from 1"):
        Switches(polls_per_step=0)


def test_the_wall_clock_is_read_in_one_module() -> None:
    readers = re.compile(r"\b(time\.time|time\.monotonic|datetime\.now|utcnow|perf_counter)\b")
    found = {path.name for path in SOURCES if readers.search(path.read_text(encoding="utf-8"))}
    assert found <= {"clock.py"}
