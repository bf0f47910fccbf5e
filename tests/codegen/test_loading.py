"""Loading: fragments become one document, and YAML is read as JSON would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.load import Node, Refusal, load
from codegen.reader import items, mapping


def folder(tmp_path: Path, **fragments: str) -> Path:
    spec = tmp_path / "spec"
    spec.mkdir()
    for name, text in fragments.items():
        (spec / f"{name}.yaml").write_text(text, encoding="utf-8")
    return spec


def at(node: Node, *path: str | int) -> Node:
    for step in path:
        node = items(node)[step] if isinstance(step, int) else mapping(node)[step]
    return node


def test_fragments_are_united_and_the_one_with_the_version_leads(tmp_path: Path) -> None:
    spec = folder(
        tmp_path,
        alpha="components: {schemas: {A: {type: string}}}\ntags: [{name: a}]\nx-limits: {one: 1}\n",
        main="openapi: 3.1.0\ncomponents: {schemas: {M: {type: string}}}\ntags: [{name: m}]\nx-limits: {two: 2}\n",
    )
    document = load(spec)
    assert document.fragments == ("main", "alpha")
    assert document.root.plain() == {
        "openapi": "3.1.0",
        "components": {"schemas": {"M": {"type": "string"}, "A": {"type": "string"}}},
        "tags": [{"name": "m"}, {"name": "a"}],
        "x-limits": {"two": 2, "one": 1},
    }


def test_a_node_knows_its_file_its_line_and_its_pointer_in_the_merged_document(tmp_path: Path) -> None:
    spec = folder(
        tmp_path,
        main="openapi: 3.1.0\ntags:\n  - name: m\n",
        more='# a comment\npaths:\n  "/a/~b":\n    get: {}\ntags:\n  - name: n\n',
    )
    root = load(spec).root
    operation = at(root, "paths", "/a/~b", "get").place
    assert (operation.file, operation.line, operation.pointer) == ("spec/more.yaml", 4, "/paths/~1a~1~0b/get")
    moved = at(root, "tags", 1, "name").place
    assert (moved.file, moved.line, moved.pointer) == ("spec/more.yaml", 6, "/tags/1/name")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("2026-11-22", "2026-11-22"),
        ("12:30", "12:30"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("'5'", "5"),
        ("5", 5),
        ("-5", -5),
        ("5.5", 5.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        (".nan", ".nan"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_plain_scalars_mean_what_json_says(tmp_path: Path, text: str, value: object) -> None:
    found = load(folder(tmp_path, main=f"openapi: 3.1.0\nx: {text}\n")).root.plain()
    assert isinstance(found, dict)
    assert found["x"] == value
    assert type(found["x"]) is type(value)


def test_keys_are_text_however_they_look(tmp_path: Path) -> None:
    found = load(folder(tmp_path, main="200: a\nno: b\ntrue: c\n")).root.plain()
    assert found == {"200": "a", "no": "b", "true": "c"}


@pytest.mark.parametrize(
    ("main", "more", "refusal"),
    [
        ("a: 1\nb: 2\na: 3\n", "", "spec/main.yaml:3 /a is written twice"),
        ("a: {b: {c: 1, c: 2}}\n", "", "spec/main.yaml:1 /a/b/c is written twice"),
        ("openapi: x\ninfo: {}\n", "info: {}\n", "spec/more.yaml:1 /info is already written at spec/main.yaml:2"),
        ("openapi: x\npaths: {/a: {}}\n", "\npaths: {/a: {}}\n", "spec/more.yaml:2 /paths/~1a is already written at spec/main.yaml:2"),
        ("openapi: x\ncomponents: {schemas: {A: {}}}\n", "components: {schemas: {A: {}}}\n", "spec/more.yaml:1 /components/schemas/A is already written at spec/main.yaml:2"),
        ("openapi: x\ntags: []\n", "tags: {}\n", "spec/more.yaml:1 /tags must be a list"),
        ("a: [\n", "", "spec/main.yaml:2 / is not YAML: "),
        ("a: !!python/name:os.system\n", "", "spec/main.yaml:1 /a has the tag tag:yaml.org,2002:python/name:os.system"),
        ("a: !custom 1\n", "", "spec/main.yaml:1 /a has the tag !custom"),
        ("a: &x [*x]\n", "", "spec/main.yaml:1 /a/0 contains itself"),
        ("a: {<<: {b: 1}}\n", "", "spec/main.yaml:1 /a has a key that is not plain text"),
        ("? [a]\n: 1\n", "", "spec/main.yaml:1 / has a key that is not plain text"),
        ("- a\n", "", "spec/main.yaml:1 / must be a mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, main: str, more: str, refusal: str
) -> None:
    fragments = {"main": main, **({"more": more} if more else {})}
    with pytest.raises(Refusal) as caught:
        load(folder(tmp_path, **fragments))
    assert str(caught.value).startswith(refusal)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    spec = folder(tmp_path)
    (spec / "main.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(Refusal, match=r"spec/main\.yaml:1 / is not YAML"):
        load(spec)


def test_a_folder_without_fragments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="holds no"):
        load(folder(tmp_path))
    with pytest.raises(Refusal, match="is not a folder"):
        load(tmp_path / "nowhere")


def test_an_empty_fragment_adds_nothing(tmp_path: Path) -> None:
    assert load(folder(tmp_path, main="openapi: 3.1.0\n", more="# nothing yet\n")).root.plain() == {
        "openapi": "3.1.0"
    }
