"""Reads the fragments of a description and merges them into a document whose nodes know where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Union

import yaml

from .ir import Place

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_STANDARD: Final = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "value")
}

Scalar = Union[str, int, float, bool, None]
Value = Union[dict[str, "Node"], list["Node"], Scalar]
Json = Union[dict[str, "Json"], list["Json"], Scalar]


class Refusal(Exception):
    """Something in the description that cannot be read or expressed, and where it stands."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"{place.file}:{place.line} {place.pointer or '/'} {message}")
        self.place = place
        self.message = message


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value of the description, with its file, line and JSON pointer."""

    value: Value
    place: Place

    def plain(self) -> Json:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


@dataclass(frozen=True, slots=True)
class Document:
    """The merged description."""

    root: Node
    fragments: tuple[str, ...]
    """Names of the fragments without their suffix, in the order of merging."""


# Root tables whose entries may come from several fragments, and how deep the union goes.
_UNITED: Final = {"paths": 1, "webhooks": 1, "components": 2, "x-error-codes": 2}


def load(folder: Path) -> Document:
    """The document that the `*.yaml` fragments in `folder` make together."""
    here = Place(str(folder), 0, "")
    if not folder.is_dir():
        raise Refusal(here, "is not a folder")
    for path in sorted(folder.glob("*.yml")):
        raise Refusal(Place(f"{folder.name}/{path.name}", 1, ""), "is not read: a fragment ends in .yaml")
    fragments = [(path.stem, _read(path, folder)) for path in sorted(folder.glob("*.yaml"))]
    if not fragments:
        raise Refusal(here, "holds no *.yaml fragment")
    # The fragment that carries the version leads, so that the bundle begins the way readers expect.
    fragments.sort(key=lambda item: "openapi" not in _mapping(item[1]))
    merged: dict[str, Node] = {}
    for _, root in fragments:
        for key, node in _mapping(root).items():
            known = merged.get(key)
            if known is None:
                merged[key] = node
            elif key == "tags":
                merged[key] = _joined(known, node)
            else:
                merged[key] = _united(known, node, _UNITED.get(key, 1 if key.startswith("x-") else 0))
    root = Node(merged, Place(_file(fragments[0][1]), 1, ""))
    return Document(_pointed(root, ""), tuple(stem for stem, _ in fragments))


def _file(node: Node) -> str:
    return node.place.file


def _mapping(node: Node) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise Refusal(node.place, "must be a mapping")
    return node.value


def _united(first: Node, second: Node, depth: int) -> Node:
    if depth == 0 or not isinstance(first.value, dict) or not isinstance(second.value, dict):
        raise Refusal(second.place, f"is already written at {first.place.file}:{first.place.line}")
    merged = dict(first.value)
    for key, node in second.value.items():
        merged[key] = _united(merged[key], node, depth - 1) if key in merged else node
    return Node(merged, first.place)


def _joined(first: Node, second: Node) -> Node:
    if not isinstance(first.value, list) or not isinstance(second.value, list):
        raise Refusal(second.place, "must be a list")
    return Node([*first.value, *second.value], first.place)


def _pointed(node: Node, pointer: str) -> Node:
    """The same tree with pointers into the merged document: joining lists moves their members."""
    place = Place(node.place.file, node.place.line, pointer)
    if isinstance(node.value, dict):
        return Node({k: _pointed(v, f"{pointer}/{escape(k)}") for k, v in node.value.items()}, place)
    if isinstance(node.value, list):
        return Node([_pointed(v, f"{pointer}/{i}") for i, v in enumerate(node.value)], place)
    return Node(node.value, place)


def escape(key: str) -> str:
    """One step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(step: str) -> str:
    """The key that one step of a JSON pointer stands for."""
    return step.replace("~1", "/").replace("~0", "~")


def steps(pointer: str) -> tuple[str, ...]:
    """The keys of a JSON pointer, without the leading `#` that a reference has."""
    return tuple(unescape(step) for step in pointer.removeprefix("#").split("/")[1:])


def _read(path: Path, folder: Path) -> Node:
    name = f"{folder.name}/{path.name}"
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (yaml.MarkedYAMLError, UnicodeDecodeError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        reason = getattr(problem, "problem", None) or str(problem)
        raise Refusal(Place(name, line, ""), f"is not YAML: {reason}") from None
    except yaml.YAMLError as problem:
        raise Refusal(Place(name, 1, ""), f"is not YAML: {problem}") from None
    if tree is None:
        return Node({}, Place(name, 1, ""))
    return _convert(tree, name, tree.start_mark.line + 1, "", frozenset())


def _convert(node: yaml.Node, file: str, line: int, pointer: str, above: frozenset[int]) -> Node:
    place = Place(file, line, pointer)
    if node.tag not in _STANDARD:
        raise Refusal(place, f"has the tag {node.tag}, which the description does without")
    if id(node) in above:
        raise Refusal(place, "contains itself")
    if isinstance(node, yaml.ScalarNode):
        return Node(_scalar(node), place)
    above |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        return Node(
            [
                _convert(item, file, item.start_mark.line + 1, f"{pointer}/{index}", above)
                for index, item in enumerate(node.value)
            ],
            place,
        )
    return Node(dict(_entries(node, file, pointer, above)), place)


def _entries(node: yaml.Node, file: str, pointer: str, above: frozenset[int]) -> Iterator[tuple[str, Node]]:
    seen: set[str] = set()
    for key, value in node.value:
        line: int = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            raise Refusal(Place(file, line, pointer), "has a key that is not plain text")
        name: str = key.value
        here = f"{pointer}/{escape(name)}"
        if name in seen:
            raise Refusal(Place(file, line, here), "is written twice")
        seen.add(name)
        yield name, _convert(value, file, line, here, above)


def _scalar(node: yaml.ScalarNode) -> Scalar:
    """JSON's reading of a scalar: `no` is text, and a date is text too."""
    text: str = node.value
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
