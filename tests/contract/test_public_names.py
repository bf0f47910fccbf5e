"""No public name goes away or changes its call without a new version."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.diff import is_bump, last_release, version
from tests.contract.public_names import breaks, current_version, snapshot, table

WHAT_HELPS = "keep the old call working, or bump the version"
pytestmark = pytest.mark.once


def test_no_caller_breaks_without_a_new_version() -> None:
    """From the first release on: before it there is nobody to break."""
    old = snapshot()
    bumped = is_bump(version(f'version = "{old["version"]}"'), current_version())
    assert bumped or last_release() is None or not breaks(old["names"], table()), WHAT_HELPS


def test_the_snapshot_covers_the_packages() -> None:
    names = snapshot()["names"]
    for name in (
        "tiktok_openapi.Client",
        "tiktok_openapi.VideoPostInfo",
        "tiktok_api_client.TikTok",
        "tiktok_mock_server.MockTikTok",
    ):
        assert names[name]["kind"] == "class"
    assert "create_video" in names["tiktok_api_client.TikTok"]["members"]


FUNCTION = {"f": {"kind": "function", "call": ["a", "b=", "*c", "*d="]}}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["a", "b=", "*c", "*d=", "*e="], []),
        (["a", "b=", "*c=", "*d="], []),
        (["a=", "b=", "*c", "*d=", "*rest="], []),
        (["a", "b=", "**options"], []),
        (["a", "b=", "*c"], ["f: takes no d"]),
        (["a", "b=", "*c", "*d=", "*e"], ["f: e must be given"]),
        (["a", "b", "*c", "*d="], ["f: b must be given"]),
        (["b=", "a=", "*c", "*d="], ["f: takes b, a by place, took a, b"]),
        (["a", "*b=", "*c", "*d="], ["f: takes a by place, took a, b"]),
    ],
)
def test_calls_that_break_and_calls_that_do_not(call: list[str], said: list[str]) -> None:
    assert breaks(FUNCTION, {"f": {"kind": "function", "call": call}}) == said


def test_names_and_members_that_go() -> None:
    old: dict[str, Any] = {
        "C": {"kind": "class", "call": [], "members": {"m": {"kind": "method", "call": ["x"]}}}
    }
    assert breaks(old, {}) == ["C: gone"]
    assert breaks(old, {"C": {"kind": "function", "call": []}}) == ["C: was class, is function"]
    assert breaks(old, {"C": {"kind": "class", "call": [], "members": {}}}) == ["C.m: gone"]
    assert breaks(old, {**old, "D": {"kind": "value"}}) == []
