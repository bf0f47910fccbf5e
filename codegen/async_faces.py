"""The async faces of a hand-written package, derived from its sync ones, so that a method is written once.

A module takes part when its docstring says so: "`client_async` is derived from this module".
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping
from pathlib import Path
from typing import Final

BEGINNING: Final = '"""Derived from `'
"""With what a derived module begins."""

_MARK: Final = "`{stem}_async` is derived from this module"
_DOC: Final = BEGINNING + '{stem}` by `make generate`, not edited: what waits there is awaited here."""'
_WAITING: Final = ("self._runner.run", "self._client.close", "self.close")
_BLOCK: Final = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
_NAMES: Final = {
    **_BLOCK,
    "BaseTransport": "AsyncBaseTransport",
    "Client": "AsyncClient",
    "Connections": "AsyncConnections",
    "Generator": "AsyncGenerator",
    "SyncRunner": "AsyncRunner",
    "Upload": "AsyncUpload",
}
_WORDS: Final = {"for callers that wait.": "for callers that await (asyncio)."}


def async_faces(folder: Path) -> dict[str, str]:
    """The text of every derived module below a folder, by its path there; not yet formatted."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    sources = {path: text for path, text in texts.items() if _MARK.format(stem=path.stem) in text}
    classes = {
        one.name: f"Async{one.name}"
        for text in sources.values()
        for one in ast.parse(text).body
        if isinstance(one, ast.ClassDef)
    }
    modules = "|".join(re.escape(path.stem) for path in sources)
    faces: dict[str, str] = {}
    for path, text in sources.items():
        face = re.sub(rf"(?m)^( *from \.(?:{modules}))(?= import)", r"\1_async", derived(text, classes))
        doc = _DOC.format(stem=path.stem)
        faces[path.with_name(f"{path.stem}_async.py").relative_to(folder).as_posix()] = (
            doc + face.split('"""', 2)[2]
        )
    return faces


def derived(text: str, classes: Mapping[str, str]) -> str:
    """A module of classes that wait, as one of classes that await.

    A method that waits somewhere becomes `async`, and awaits there; with it the overloads of its name. One
    that only makes something (an iterator, a handle) stays as it is. Names in prose do, too.
    """
    text = _renamed(_awaiting(text), {**_NAMES, **classes})
    for waiting, awaiting in _WORDS.items():
        text = text.replace(waiting, awaiting)
    return text


def _awaiting(text: str) -> str:
    inserted: list[tuple[int, int, str]] = []
    for outer in ast.parse(text).body:
        if not isinstance(outer, ast.ClassDef):
            continue
        methods = [one for one in outer.body if isinstance(one, ast.FunctionDef)]
        calls = {id(one): _waits(one) for one in methods}
        coloured = {one.name for one in methods if calls[id(one)] or one.name in _BLOCK}
        for one in methods:
            if one.name in coloured:
                inserted.append((one.lineno, one.col_offset, "async "))
                inserted += [(call.lineno, call.col_offset, "await ") for call in calls[id(one)]]
    lines = text.encode().splitlines(keepends=True)  # columns are counted in bytes
    for number, column, word in sorted(inserted, reverse=True):
        line = lines[number - 1]
        lines[number - 1] = line[:column] + word.encode() + line[column:]
    return b"".join(lines).decode()


def _waits(method: ast.FunctionDef) -> list[ast.Call]:
    return [
        node for node in ast.walk(method) if isinstance(node, ast.Call) and ast.unparse(node.func) in _WAITING
    ]


def _renamed(text: str, names: Mapping[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type == tokenize.NAME and token.string in names:
            (row, start), (_, end) = token.start, token.end
            line = lines[row - 1]
            lines[row - 1] = line[:start] + names[token.string] + line[end:]
    return re.sub(r"\bAsyncGenerator\[(.+), None, None\]", r"AsyncGenerator[\1, None]", "".join(lines))
