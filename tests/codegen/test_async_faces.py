"""The async faces of the facade are derived from the sync ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen import __main__ as command
from codegen.async_faces import BEGINNING, async_faces, derived
from tests.codegen.inline import Generator, received


def body_of(text: str) -> str:
    """What becomes of a class body."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return derived(f"class Face:\n{lines}", {"Face": "AsyncFace"}).partition("class AsyncFace:\n")[2]


def test_a_method_that_waits_becomes_one_that_awaits() -> None:
    assert body_of("def post(self) -> int:\n    return self._runner.run(flow(self))") == (
        "    async def post(self) -> int:\n        return await self._runner.run(flow(self))\n"
    )


def test_a_column_is_found_behind_letters_of_several_bytes() -> None:
    assert 'x = "…ü…", await self._runner.run(1)' in body_of(
        'def f(self):\n    x = "…ü…", self._runner.run(1)'
    )


def test_overloads_follow_the_method_that_they_belong_to() -> None:
    stub = "@overload\ndef post(self) -> int: ...\n"
    text = body_of(
        stub + "def post(self) -> object:\n    return self._runner.run(flow())\ndef other(self): ..."
    )
    assert text.count("async def post") == 2
    assert "    def other(self)" in text


def test_a_method_that_makes_an_iterator_or_a_handle_stays_as_it_is() -> None:
    text = body_of(
        "def watch(self) -> Generator[list[int], None, None]:\n    return self._runner.iterate(stream())\n"
        "def start(self) -> Upload:\n    return Upload(self._runner)"
    )
    assert (
        "    def watch(self) -> AsyncGenerator[list[int], None]:\n        return self._runner.iterate" in text
    )
    assert "    def start(self) -> AsyncUpload:\n        return AsyncUpload(self._runner)" in text


def test_a_block_is_entered_and_left_by_awaiting() -> None:
    text = body_of("def __enter__(self):\n    return self\ndef __exit__(self):\n    self.close()")
    assert text == (
        "    async def __aenter__(self):\n        return self\n"
        "    async def __aexit__(self):\n        await self.close()\n"
    )


def test_prose_keeps_its_words() -> None:
    assert "The Face of an Upload." in body_of('def f(self):\n    """The Face of an Upload."""')


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two faces, one of which inherits the other, and a module that takes no part."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "_part.py").write_text(
        '"""A part. `_part_async` is derived from this module."""\n\n\nclass Part:\n'
        "    def send(self) -> int:\n        return self._runner.run(1)\n"
    )
    (folder / "face.py").write_text(
        '"""The face.\n\n`face_async` is derived from this module."""\n\nfrom ._part import Part\n'
        "from .other import face\nfrom ._parts import part\n\n\nclass Face(Part):\n    ...\n"
    )
    (folder / "other.py").write_text('"""Not derived from."""\n')
    return folder


def test_modules_that_say_so_take_part(package: Path) -> None:
    faces = async_faces(package.parent)
    assert list(faces) == ["package/_part_async.py", "package/face_async.py"]
    assert faces["package/face_async.py"] == (
        '"""Derived from `face` by `make generate`, not edited: what waits there is awaited here."""\n\n'
        "from ._part_async import AsyncPart\nfrom .other import face\nfrom ._parts import part\n\n\n"
        "class AsyncFace(AsyncPart):\n    ...\n"
    )


def test_the_command_keeps_the_faces_up_to_date(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_FACADE", package.parent)
    monkeypatch.setattr(command, "_SPECS", ())
    by_hand = package / "own_async.py"
    by_hand.write_text('"""Written by hand."""\n')
    out = ["--out", str(package.parent / "out")]
    assert command.main(["--check", *out]) == 1
    missing = ["missing  package/_part_async.py", "missing  package/face_async.py"]
    assert capsys.readouterr().err.splitlines()[1:] == missing
    assert command.main(["generate", *out]) == 0
    wrote = ["wrote    package/_part_async.py", "wrote    package/face_async.py"]
    assert capsys.readouterr().err.splitlines() == wrote
    assert command.main(["--check", *out]) == 0
    face, part = package / "face.py", package / "_part.py"
    part.write_text(part.read_text().replace("def send(", "def post("))
    face.write_text('"""No longer."""\n')
    assert command.main(["--check", *out]) == 1
    stale = ["stale    package/_part_async.py", "orphan   package/face_async.py"]
    assert capsys.readouterr().err.splitlines()[1:] == stale
    assert command.main(["--diff", *out]) == 0
    assert "+    async def post(" in capsys.readouterr().out
    assert command.main(["generate", *out]) == 0
    assert not (package / "face_async.py").exists()
    assert by_hand.exists()


def test_other_descriptions_leave_the_faces_alone(
    package: Path, monkeypatch: pytest.MonkeyPatch, generate: Generator
) -> None:
    monkeypatch.setattr(command, "_FACADE", package.parent)
    (package / "old_async.py").write_text(BEGINNING)
    spec = generate.write(received("Thing", "Thing: {type: object, properties: {a: {type: string}}}"))
    assert command.main(["generate", "--spec", str(spec), "--out", str(package.parent / "out")]) == 0
    assert sorted(path.name for path in package.glob("*_async.py")) == ["old_async.py"]
