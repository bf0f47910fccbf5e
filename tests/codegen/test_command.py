"""The command: generate, --check, --diff, --dump-ir; the same bytes every time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import format as formatting
from codegen.__main__ import main
from tests.codegen.inline import BASE, Generator, received

ROOT = Path(__file__).parents[2]
THING = received("Thing", "Thing: {type: object, properties: {a: {type: string}}}")


@pytest.fixture
def paths(generate: Generator, tmp_path: Path) -> list[str]:
    """The options that name a small description and an output folder."""
    return ["--spec", str(generate.write(THING)), "--out", str(tmp_path / "out")]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_check_passes_right_after_generating(paths: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", *paths]) == 0
    assert "wrote    bindings/client.py" in capsys.readouterr().err
    assert main(["--check", *paths]) == 0
    assert capsys.readouterr().err == ""
    assert main(["generate", *paths]) == 0
    assert capsys.readouterr().err == "nothing to do\n"


def test_check_names_stale_missing_and_orphan_files_and_the_repair(
    paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["generate", *paths])
    package = tmp_path / "out" / "bindings"
    (package / "client.py").write_text("# edited by hand\n")
    (package / "limits.py").unlink()
    (package / "models" / "old.py").write_text("")
    capsys.readouterr()
    before = tree(tmp_path / "out")
    assert main(["--check", *paths]) == 1
    said = capsys.readouterr().err
    assert "run `make generate` (python -m codegen generate)" in said
    assert said.splitlines()[1:] == [
        "stale    bindings/client.py",
        "missing  bindings/limits.py",
        "orphan   bindings/models/old.py",
    ]
    assert tree(tmp_path / "out") == before, "a check changes nothing"
    assert main(["generate", *paths]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "rewrote  bindings/client.py",
        "wrote    bindings/limits.py",
        "removed  bindings/models/old.py",
    ]
    assert not (package / "models" / "old.py").exists()
    assert main(["--check", *paths]) == 0


def test_check_fails_when_nothing_was_generated_yet(paths: list[str]) -> None:
    assert main(["--check", *paths]) == 1


def test_byte_code_is_no_orphan(paths: list[str], tmp_path: Path) -> None:
    main(["generate", *paths])
    cache = tmp_path / "out" / "bindings" / "__pycache__"
    cache.mkdir()
    (cache / "client.cpython-311.pyc").write_bytes(b"\x00\xff")
    assert main(["--check", *paths]) == 0


def test_generating_leaves_equal_files_untouched(paths: list[str], tmp_path: Path) -> None:
    main(["generate", *paths])
    client = tmp_path / "out" / "bindings" / "client.py"
    os.utime(client, (1, 1))
    main(["generate", *paths])
    assert client.stat().st_mtime == 1


def test_the_output_is_disposable(paths: list[str], tmp_path: Path) -> None:
    main(["generate", *paths])
    before = tree(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    main(["generate", *paths])
    assert tree(tmp_path / "out") == before


def test_what_was_not_generated_is_never_deleted(
    paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (out / "mine").mkdir(parents=True)
    (out / "mine" / "work.py").write_text("years = 3\n")
    assert main(["generate", *paths]) == 2
    assert capsys.readouterr().err == (
        f"{out} holds files that were not generated, such as mine/work.py, and generating would delete them; "
        "give --out a folder of its own\n"
    )
    assert tree(out) == {str(Path("mine", "work.py")): b"years = 3\n"}


def test_a_package_under_its_former_name_is_removed(
    paths: list[str], generate: Generator, tmp_path: Path
) -> None:
    main(["generate", *paths])
    renamed = generate.write(THING, openapi=BASE.replace("PACKAGE", "renamed"))
    assert main(["generate", "--spec", str(renamed), *paths[2:]]) == 0
    assert {Path(path).parts[0] for path in tree(tmp_path / "out")} == {"renamed"}


def test_diff_shows_what_would_change_and_changes_nothing(
    paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["generate", *paths])
    limits = tmp_path / "out" / "bindings" / "limits.py"
    limits.write_text("old\n")
    capsys.readouterr()
    assert main(["--diff", *paths]) == 0
    shown = capsys.readouterr().out
    assert "--- a/bindings/limits.py" in shown
    assert "-old" in shown
    assert limits.read_text() == "old\n"


def test_dump_ir_shows_the_description_without_a_word_of_python(
    paths: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dump-ir", *paths]) == 0
    shown = capsys.readouterr().out
    assert "id='useThing'" in shown
    assert "use_thing" not in shown


def test_a_refusal_is_printed_and_nothing_is_written(
    generate: Generator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = generate.write("components: {schemas: {Thing: {type: text}}}")
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / "out")]) == 2
    assert (
        capsys.readouterr().err == "spec/things.yaml:1 /components/schemas/Thing/type 'text' is not a type\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [[], ["generate", "--check"], ["--check", "--diff"], ["paint"]])
def test_one_thing_at_a_time(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_another_ruff_than_the_pinned_one_is_refused_with_the_repair(
    paths: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(formatting, "pinned", lambda: "0.0.1")
    assert main(["generate", *paths]) == 2
    said = capsys.readouterr().err
    assert "ruff 0.0.1 is needed" in said
    assert "pip install ruff==0.0.1" in said


def test_two_runs_under_different_hash_seeds_give_the_same_bytes(tmp_path: Path) -> None:
    """On the project's own description: everything that sets or dicts could disturb is in it."""
    trees: list[dict[str, bytes]] = []
    for seed in ("1", "4242"):
        out = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "codegen", "generate", "--out", str(out)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        trees.append(tree(out))
    assert trees[0] == trees[1]
    assert len(trees[0]) > 20


@pytest.mark.once
def test_the_bindings_in_the_repository_are_up_to_date() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "codegen", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.once
def test_the_generator_names_nothing_of_the_api_it_serves() -> None:
    words = (
        "tiktok",
        "fetch_status",
        "publish_id",
        "creator",
        "open_id",
        "upload_url",
        "x-tt",
        "FILE_UPLOAD",
        "client_key",
    )
    for path in sorted((ROOT / "codegen").rglob("*")):
        if path.suffix in {".py", ".jinja"}:
            text = path.read_text(encoding="utf-8").lower()
            assert not [word for word in words if word.lower() in text], path
