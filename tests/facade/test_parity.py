"""`TikTok` and `AsyncTikTok` are one interface: same names, parameters and types, but for the waiting."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

import tiktok_api_client
import tiktok_mock_control
import tiktok_openapi
from tiktok_api_client import AsyncTikTok, TikTok
from tiktok_api_client._face import Face

# What may differ: how to wait, and what the bindings' client is built on.
SPELLINGS = [
    (r"\bAsync(Generator|Iterator|ContextManager)\[([^\]]*?)(, None)?\]", r"\1[\2]"),
    (r"\bGenerator\[([^\]]*?), None, None\]", r"Generator[\1]"),
    (r"\bAsync(TikTok|Client|BaseTransport|Upload)\b", r"\1"),
]

WITHOUT_IO = {"deliver", "start"}  # `start` leaves it to a task


def names(face: type[Any]) -> set[str]:
    return {name for name in dir(face) if not name.startswith("_")} | {"__init__"}


def plain(annotation: object) -> str:
    text = str(annotation)
    for pattern, spelling in SPELLINGS:
        text = re.sub(pattern, spelling, text)
    return text


def test_both_faces_have_the_same_names() -> None:
    assert names(TikTok) == names(AsyncTikTok)


@pytest.mark.parametrize("name", sorted(names(TikTok)))
def test_both_faces_take_and_give_the_same(name: str) -> None:
    sync, tasks = inspect.getattr_static(TikTok, name), inspect.getattr_static(AsyncTikTok, name)
    if isinstance(sync, (property, classmethod, staticmethod)):
        assert sync is tasks
        return
    ours, theirs = inspect.signature(sync), inspect.signature(tasks)
    assert list(ours.parameters) == list(theirs.parameters)
    for parameter, other in zip(ours.parameters.values(), theirs.parameters.values(), strict=True):
        assert (parameter.kind, parameter.default) == (other.kind, other.default)
        assert plain(parameter.annotation) == plain(other.annotation)
    assert plain(ours.return_annotation) == plain(theirs.return_annotation)
    assert inspect.getdoc(sync) == inspect.getdoc(tasks)


def test_what_waits_in_one_is_awaited_in_the_other() -> None:
    for name in names(TikTok) - {"__init__"}:
        member = inspect.getattr_static(AsyncTikTok, name)
        if not inspect.isfunction(member) or name in vars(Face) or name in WITHOUT_IO:
            continue
        awaited = inspect.iscoroutinefunction(member)
        streams = "Generator" in str(inspect.signature(member).return_annotation)
        streams = streams or "Iterator" in str(inspect.signature(member).return_annotation)
        assert awaited or streams, f"{name} does I/O and is not async"


@pytest.mark.parametrize("face", [TikTok, AsyncTikTok])
def test_everything_public_is_described_and_typed(face: type[Any]) -> None:
    for name in names(face) - {"__init__"}:
        member = inspect.getattr_static(face, name)
        assert inspect.getdoc(member), name
        if inspect.isfunction(member):
            signature = inspect.signature(member)
            assert signature.return_annotation is not inspect.Signature.empty, name
            said = inspect.getdoc(member) or ""
            given = [parameter for parameter in signature.parameters if parameter not in {"self", "cls"}]
            untold = [one for one in given if not re.search(rf"^    {one}: ", said, re.MULTILINE)]
            assert len(given) == 1 or not untold, f"{name} does not tell what {untold} are"
            text = str(signature)
            assert not re.search(r"\bAny\b", text), f"{name}{text}"


def test_the_root_has_what_it_says() -> None:
    assert len(set(tiktok_api_client.__all__)) == len(tiktok_api_client.__all__)
    for name in tiktok_api_client.__all__:
        assert getattr(tiktok_api_client, name) is not None
    assert set(tiktok_api_client.__all__) <= set(dir(tiktok_api_client))
    with pytest.raises(AttributeError, match="no attribute 'TokTik'"):
        # Type checkers say so, too; mypy asks for the comment to go if they do not.
        _ = tiktok_api_client.TokTik  # type: ignore[attr-defined] # pyright: ignore[reportUnknownVariableType, reportAttributeAccessIssue, reportUnknownMemberType]


def test_the_version_is_that_of_the_distribution_and_is_looked_for_only_when_asked() -> None:
    for package in (tiktok_api_client, tiktok_openapi, tiktok_mock_control):
        assert package.__version__ == version("tiktok-openapi")
    code = "import sys, tiktok_api_client; assert 'importlib.metadata' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
