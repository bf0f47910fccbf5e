"""Compares two versions of a description: what breaks callers, what is new, in words for a changelog.

A caller is somebody who uses the bindings: who imports names, passes arguments, reads attributes, catches
classes. A change breaks callers when code that ran and type-checked before can stop doing so.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, TypeGuard, cast

from .load import Json, escape, load

_ROOT: Final = Path(__file__).parent.parent
_BUNDLE: Final = "openapi.json"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WORDS: Final = frozenset(
    (
        *("description", "summary", "title", "example", "examples", "links", "x-evidence", "x-source"),
        *("advice", "x-advice", "messages"),
    )
)
_NAMED: Final = frozenset(("properties", "x-values", "schemas", "x-limits"))
"""Tables whose keys are names: a property called `title` is no title."""

Table = Mapping[str, Json]


class Weight(Enum):
    """What a change means to callers."""

    BREAKS = "Breaks callers"
    ADDS = "Adds"
    CHANGES = "Changes behaviour, not names or types"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference."""

    place: str
    text: str
    weight: Weight = field(compare=False)

    def __str__(self) -> str:
        return f"- `{self.place}`: {self.text}."


@dataclass
class Comparison:
    """Every difference between two descriptions."""

    changes: list[Change] = field(default_factory=list[Change])
    words: int = 0
    """Descriptions, advice, examples and sources that differ: no name, type or behaviour."""

    @property
    def breaks(self) -> bool:
        """Whether any caller may have to change."""
        return any(change.weight is Weight.BREAKS for change in self.changes)

    def note(self, weight: Weight, place: str, text: str) -> None:
        """Add a change, once."""
        change = Change(place, text, weight)
        if change not in self.changes:
            self.changes.append(change)

    def __str__(self) -> str:
        parts = [
            "\n".join([f"### {weight.value}", "", *map(str, found)])
            for weight in Weight
            if (found := sorted(change for change in self.changes if change.weight is weight))
        ]
        if self.words:
            parts.append(f"{self.words} descriptions, advice, examples or sources differ.")
        return "\n\n".join(parts) or "The descriptions are the same."


def compare(old: Json, new: Json) -> Comparison:
    """What differs between two bundles."""
    found = Comparison()
    _Comparer(_table(old), _table(new), found).run()
    found.words = _words(old, new)
    return found


class _Comparer:
    def __init__(self, old: Table, new: Table, found: Comparison) -> None:
        self.old, self.new = old, new
        self._found = found
        self._seen: set[tuple[str, str, bool]] = set()

    def breaks(self, place: str, text: str) -> None:
        self._found.note(Weight.BREAKS, place, text)

    def adds(self, place: str, text: str) -> None:
        self._found.note(Weight.ADDS, place, text)

    def changed(self, place: str, text: str) -> None:
        self._found.note(Weight.CHANGES, place, text)

    def run(self) -> None:
        if self.old.get("x-package") != self.new.get("x-package"):
            self.breaks(str(self.old.get("x-package")), f"is imported as {self.new.get('x-package')}")
        self._schema_names()
        self._operations()
        self._webhooks()
        self._limits()
        self._errors()
        if not self._found.changes:
            for pointer in _differences(_plain(dict(self.old)), _plain(dict(self.new))):
                self.changed(pointer, "differs")

    # Names

    def _schema_names(self) -> None:
        old = _table(_at(self.old, "components", "schemas"))
        new = _table(_at(self.new, "components", "schemas"))
        for name in old.keys() - new.keys():
            self.breaks(name, "this type is gone")
        for name in new.keys() - old.keys():
            self.adds(name, "a new type")

    def _limits(self) -> None:
        old, new = _table(self.old.get("x-limits")), _table(self.new.get("x-limits"))
        for name in old.keys() - new.keys():
            self.breaks(f"limits.{name}", "this constant is gone")
        for name in new.keys() - old.keys():
            self.adds(f"limits.{name}", f"a new constant: {_at(new, name, 'value')}")
        for name in old.keys() & new.keys():
            before, after = _at(old, name, "value"), _at(new, name, "value")
            if before != after:
                self.changed(f"limits.{name}", f"{before} became {after}")
            self._differ(f"limits.{name}", _table(old[name]), _table(new[name]), "unit")

    def _errors(self) -> None:
        old, new = _table(self.old.get("x-error-categories")), _table(self.new.get("x-error-categories"))
        classes = (
            {str(_at(old, name, "class")) for name in old},
            {str(_at(new, name, "class")) for name in new},
        )
        for name in classes[0] - classes[1]:
            self.breaks(f"errors.{name}", "this class is gone")
        for name in classes[1] - classes[0]:
            self.adds(f"errors.{name}", "a new class of errors")
        for name in old.keys() & new.keys():
            self._differ(
                f"errors.{_at(new, name, 'class')}", _table(old[name]), _table(new[name]), "statuses"
            )
        old, new = _table(self.old.get("x-envelopes")), _table(self.new.get("x-envelopes"))
        for name in old.keys() & new.keys():
            kept = ("payload", "code", "message", "log-id", "success")
            self._differ(f"the envelope {name}", _table(old[name]), _table(new[name]), *kept)
        old, new = _table(self.old.get("x-error-codes")), _table(self.new.get("x-error-codes"))
        for envelope in old.keys() | new.keys():
            self._codes(_table(old.get(envelope)), _table(new.get(envelope)))

    def _codes(self, old: Table, new: Table) -> None:
        for code in old.keys() - new.keys():
            self.changed(code, "this code left the catalogue; it is raised by its HTTP status")
        for code in new.keys() - old.keys():
            self.adds(code, f"a new code: {_at(new, code, 'category')}")
        for code in old.keys() & new.keys():
            before, after = _at(old, code, "category"), _at(new, code, "category")
            if before != after:
                self.breaks(code, f"is raised as another class: {before} became {after}")
            self._differ(code, _table(old[code]), _table(new[code]), "status", "retryable")

    def _differ(self, place: str, old: Table, new: Table, *keys: str) -> None:
        """Note every key that says something else: what callers see, but under the same name and type."""
        for key in keys:
            before, after = _plain(old.get(key)), _plain(new.get(key))
            if before != after:
                self.changed(place, f"{key}: {_said(before)} became {_said(after)}")

    # Operations

    def _operations(self) -> None:
        old, new = dict(_operations(self.old)), dict(_operations(self.new))
        for name in old.keys() - new.keys():
            self.breaks(name, "this operation is gone")
        for name in new.keys() - old.keys():
            self.adds(name, f"a new operation, {new[name].method} {new[name].path}")
        for name in old.keys() & new.keys():
            self._operation(name, old[name], new[name])

    def _operation(self, name: str, old: _Operation, new: _Operation) -> None:
        if (old.method, old.path, old.server) != (new.method, new.path, new.server):
            was, now = (f"{one.method} {one.server}{one.path}" for one in (old, new))
            self.changed(name, f"is asked elsewhere: {was} became {now}")
        if old.node.get("tags") != new.node.get("tags"):
            self.breaks(name, "moved to another face of the client")
        for key in ("x-envelope", "x-result-by-request", "x-browser", "x-address"):
            if _plain(old.node.get(key)) != _plain(new.node.get(key)):
                self.breaks(name, f"another {key}")
        kept = ("x-idempotent", "x-rate-limit", "x-may-be-empty", "x-scope-by-request")
        self._differ(name, old.node, new.node, *kept)
        self._scopes(name, old.node, new.node)
        self._refusals(name, old.node, new.node)
        self._parameters(name, old.node, new.node)
        self._bodies(name, old.node, new.node)
        self._answers(name, old.node, new.node)

    def _scopes(self, name: str, old: Table, new: Table) -> None:
        before, after = _scopes(old), _scopes(new)
        if bool(before) != bool(after):
            self.breaks(name, "needs an access token now" if after else "takes no access token any more")
        elif any(not any(need <= had for need in after) for had in before):
            self.breaks(name, "needs a scope that it did not need")
        elif before != after:
            self.adds(name, "more scopes will do")

    def _refusals(self, name: str, old: Table, new: Table) -> None:
        before, after = _codes(old), _codes(new)
        for code in after.keys() - before.keys():
            self.adds(name, f"can be refused with {code}")
        for code in before.keys() - after.keys():
            self.changed(name, f"is no longer known to be refused with {code}")
        for code in before.keys() & after.keys():
            if before[code] != after[code]:
                was, now = (status or "that of the catalogue" for status in (before[code], after[code]))
                self.changed(name, f"the status of {code}: {was} became {now}")

    def _parameters(self, name: str, old: Table, new: Table) -> None:
        before, after = self._by_name(self.old, old), self._by_name(self.new, new)
        for key in before.keys() - after.keys():
            self.breaks(f"{name} {key}", "this argument is gone")
        for key in after.keys() - before.keys():
            if after[key].get("required"):
                self.breaks(f"{name} {key}", "a new argument that must be given")
            else:
                self.adds(f"{name} {key}", "a new argument that may be given")
        for key in before.keys() & after.keys():
            place = f"{name} {key}"
            needed = bool(before[key].get("required")), bool(after[key].get("required"))
            self._requiredness(place, needed, sent=True)
            self._differ(place, before[key], after[key], "in", "style", "explode")
            self._schema(place, before[key].get("schema"), after[key].get("schema"), sent=True)

    @staticmethod
    def _by_name(root: Table, node: Table) -> dict[str, Table]:
        parameters = node.get("parameters") or []
        found = [_follow(root, parameter) for parameter in cast("list[Json]", parameters)]
        return {str(parameter["name"]): parameter for parameter in found}

    def _bodies(self, name: str, old: Table, new: Table) -> None:
        before = _table(_follow(self.old, old.get("requestBody")).get("content"))
        after = _table(_follow(self.new, new.get("requestBody")).get("content"))
        if bool(before) != bool(after):
            self.breaks(name, "takes a body now" if after else "takes no body any more")
        for kind in before.keys() - after.keys():
            self.breaks(name, f"no longer takes {kind}")
        for kind in after.keys() - before.keys():
            if before:
                self.adds(name, f"takes {kind} too")
        for kind in before.keys() & after.keys():
            self._schema(name, _at(before, kind, "schema"), _at(after, kind, "schema"), sent=True)

    def _answers(self, name: str, old: Table, new: Table) -> None:
        before, after = _table(old.get("responses")), _table(new.get("responses"))
        for status in before.keys() - after.keys():
            self.changed(name, f"HTTP {status} is no longer described")
        for status in after.keys() - before.keys():
            self.adds(name, f"can answer HTTP {status}")
        for status in before.keys() & after.keys():
            old, new = _follow(self.old, before[status]), _follow(self.new, after[status])
            if old.get("x-category") != new.get("x-category"):
                said = f"{_said(old.get('x-category'))} became {_said(new.get('x-category'))}"
                self.breaks(name, f"HTTP {status} is raised as another class: {said}")
            self._differ(f"{name} HTTP {status}", old, new, "x-retryable")
            was, now = _table(old.get("content")), _table(new.get("content"))
            for kind in was.keys() & now.keys():
                self._schema(f"{name} answer", _at(was, kind, "schema"), _at(now, kind, "schema"), sent=False)

    def _webhooks(self) -> None:
        old, new = _table(self.old.get("webhooks")), _table(self.new.get("webhooks"))
        for event in old.keys() - new.keys():
            self.breaks(event, "this event is gone: it arrives as an unknown one")
        for event in new.keys() - old.keys():
            self.adds(event, "a new event")
        for event in old.keys() & new.keys():
            was, now = (_event(table, event) for table in (old, new))
            self._schema(event, was, now, sent=False)
            if _at(old, event, "x-aliases") != _at(new, event, "x-aliases"):
                self.changed(event, "is known under other names too, or no longer")

    # Schemas

    def _schema(self, place: str, old: Json, new: Json, *, sent: bool) -> None:
        references = _reference(old), _reference(new)
        if all(references):
            # A named type is compared once, under its own name.
            if references[0] != references[1]:
                self.breaks(place, f"another type: {references[0]} became {references[1]}")
                return
            place = references[0]
            if (references[0], references[1], sent) in self._seen:
                return
            self._seen.add((references[0], references[1], sent))
        before, after = _merged(self.old, old), _merged(self.new, new)
        for word in ("oneOf", "anyOf"):
            if word in before or word in after:
                self._union(place, before, after, word, sent=sent)
        if _kind(before) != _kind(after):
            self.breaks(place, f"another type: {_kind(before)} became {_kind(after)}")
            return
        self._values(place, before, after, sent=sent)
        self._limited(place, before, after, sent=sent)
        self._time(place, before, after)
        if before.get("x-secret") != after.get("x-secret"):
            self.changed(place, "is secret now" if after.get("x-secret") else "is no longer secret")
        self._differ(place, before, after, "x-scope", "x-accept-scalar")
        # `additionalProperties: true` says no more than leaving it out.
        for word in ("items", "contentSchema", "additionalProperties"):
            was, now = before.get(word), after.get(word)
            if _is_table(was) and _is_table(now):
                self._schema(place, was, now, sent=sent)
            elif _is_table(was) != _is_table(now):
                self.breaks(place, f"another type: {word} {'gone' if _is_table(was) else 'added'}")
        self._properties(place, before, after, sent=sent)

    def _union(self, place: str, old: Table, new: Table, word: str, *, sent: bool) -> None:
        before, after = _members(old, word), _members(new, word)
        for member in before.keys() - after.keys():
            self.breaks(place, f"can no longer be {member}")
        for member in after.keys() - before.keys():
            if sent:
                self.adds(place, f"can be {member} too")
            else:
                self.breaks(place, f"can be {member} too, which a reader has to tell apart")
        for member in before.keys() & after.keys():
            self._schema(place, before[member], after[member], sent=sent)

    def _properties(self, place: str, old: Table, new: Table, *, sent: bool) -> None:
        before, after = _table(old.get("properties")), _table(new.get("properties"))
        needed = _texts(old.get("required")), _texts(new.get("required"))
        for key in before.keys() - after.keys():
            self.breaks(f"{place}.{key}", "this field is gone")
        for key in after.keys() - before.keys():
            if sent and key in needed[1] and "const" not in _merged(self.new, after[key]):
                self.breaks(f"{place}.{key}", "a new field that must be sent")
            else:
                self.adds(f"{place}.{key}", "a new field")
        for key in before.keys() & after.keys():
            self._requiredness(f"{place}.{key}", (key in needed[0], key in needed[1]), sent=sent)
            self._schema(f"{place}.{key}", before[key], after[key], sent=sent)

    def _requiredness(self, place: str, needed: tuple[bool, bool], *, sent: bool) -> None:
        old, new = needed
        if old == new:
            return
        if sent:
            if new:
                self.breaks(place, "must be given now")
            else:
                self.adds(place, "may be left out")
        elif new:
            self.adds(place, "always comes")
        else:
            self.breaks(place, "may be missing now: it can be None")

    def _values(self, place: str, old: Table, new: Table, *, sent: bool) -> None:
        before, after = _texts(old.get("enum")), _texts(new.get("enum"))
        for value in sorted(before - after):
            self.breaks(place, f"the value {value} is gone")
        for value in sorted(after - before):
            self.adds(place, f"the value {value}")
        told = _table(old.get("x-values")), _table(new.get("x-values"))
        for value in sorted(before & after):
            was, now = (_table(one.get(value)) for one in told)
            self._differ(f"{place} {value}", was, now, "category", "retryable", "scope")
        if old.get("const") != new.get("const"):
            self.changed(place, f"{_said(old.get('const'))} became {_said(new.get('const'))}")
        if bool(old.get("x-open-enum")) and not new.get("x-open-enum"):
            if sent:
                self.breaks(place, "takes known values only")
            else:
                self.breaks(place, "is no longer text where the value is unknown")
        elif bool(new.get("x-open-enum")) and not old.get("x-open-enum") and "enum" in old:
            if sent:
                self.adds(place, "takes unknown values too")
            else:
                self.breaks(place, "can be text that is no known value")

    def _limited(self, place: str, old: Table, new: Table, *, sent: bool) -> None:
        for key, tighter in _TIGHTER.items():
            before, after = old.get(key), new.get(key)
            if before == after:
                continue
            text = f"{key}: {_said(before)} became {_said(after)}"
            if not sent:
                self.changed(place, text)
            elif tighter(before, after):
                self.breaks(place, text)
            else:
                self.adds(place, text)

    def _time(self, place: str, old: Table, new: Table) -> None:
        before, after = old.get("x-at"), new.get("x-at")
        if before != after:
            if before:
                self.breaks(place, f"the property {before} is gone")
            if after:
                self.adds(place, f"the property {after}")
        elif old.get("x-time") != new.get("x-time"):
            self.breaks(place, f"another meaning: {old.get('x-time')} became {new.get('x-time')}")


def _less(before: Json, after: Json) -> bool:
    return after is not None and (before is None or cast("float", after) < cast("float", before))


def _more(before: Json, after: Json) -> bool:
    return after is not None and (before is None or cast("float", after) > cast("float", before))


def _other(before: Json, after: Json) -> bool:
    return after is not None and before != after


_TIGHTER: Final = {
    **dict.fromkeys(("maxLength", "x-max-utf16", "maximum", "maxItems"), _less),
    **dict.fromkeys(("minLength", "minimum", "minItems"), _more),
    "pattern": _other,
}


# Reading a description


@dataclass(frozen=True)
class _Operation:
    method: str
    server: str
    path: str
    node: Table


def _operations(root: Table) -> Iterator[tuple[str, _Operation]]:
    for path, item in _table(root.get("paths")).items():
        for method in _METHODS:
            node = _at(_table(item), method)
            if _is_table(node):
                servers = node.get("servers") or _at(_table(item), "servers") or root.get("servers") or []
                server = str(_at(_table(cast("list[Json]", servers)[0]), "url")) if servers else ""
                yield str(node.get("operationId")), _Operation(method.upper(), server, path, node)


def _is_table(node: object) -> TypeGuard[dict[str, Json]]:
    return isinstance(node, dict)


def _table(node: object) -> dict[str, Json]:
    return node if _is_table(node) else {}


def _at(node: Table, *steps: str) -> Json:
    found: Json = dict(node)
    for step in steps:
        found = _table(found).get(step)
    return found


def _follow(root: Table, node: Json) -> Table:
    found = _table(node)
    while "$ref" in found:
        beside = {key: value for key, value in found.items() if key != "$ref"}
        target = _at(root, *str(found["$ref"]).removeprefix("#/").split("/"))
        found = {**_table(target), **beside}
    return found


def _merged(root: Table, node: Json) -> Table:
    """A schema with its reference followed and its `allOf` united."""
    found = dict(_follow(root, node))
    for part in cast("list[Json]", found.pop("allOf", None) or []):
        one = _merged(root, part)
        found["properties"] = {**_table(found.get("properties")), **_table(one.get("properties"))}
        found["required"] = [*sorted({*_texts(found.get("required")), *_texts(one.get("required"))})]
        found.setdefault("type", one.get("type"))
    return found


def _reference(node: Json) -> str:
    return str(_table(node).get("$ref", "")).rpartition("/")[2]


def _members(schema: Table, word: str) -> dict[str, Json]:
    members = cast("list[Json]", schema.get(word) or [])
    return {_reference(member) or _kind(_table(member)): member for member in members}


def _kind(schema: Table) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(sorted(map(str, kind)))
    number = schema.get("format") if kind == "string" and schema.get("format") == "date-time" else None
    return str(number or kind or "union")


def _texts(node: Json) -> set[str]:
    return {str(entry) for entry in node} if isinstance(node, list) else set()


def _event(webhooks: Table, event: str) -> Json:
    return _at(webhooks, event, "post", "requestBody", "content", "application/json", "schema")


def _scopes(node: Table) -> list[set[str]]:
    alternatives = cast("list[Json]", node.get("security") or [])
    return [{s for names in _table(one).values() for s in _texts(names)} for one in alternatives]


def _codes(node: Table) -> dict[str, Json]:
    """The codes of an operation, each with its status where it is not that of the catalogue."""
    entries = cast("list[Json]", node.get("x-errors") or [])
    return {str(_table(one).get("code") or one): _table(one).get("status") for one in entries}


def _plain(node: Json, *, names: bool = False) -> Json:
    """A value without what only readers see; `names`: its keys are names that the description gives."""
    if _is_table(node):
        told = [key for key in node if names or key not in _WORDS]
        return {key: _plain(node[key], names=key in _NAMED and not names) for key in told}
    return [_plain(entry) for entry in node] if isinstance(node, list) else node


def _differences(old: Json, new: Json, pointer: str = "") -> Iterator[str]:
    """Where two values differ."""
    if _is_table(old) and _is_table(new):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(key), new.get(key), f"{pointer}/{escape(key)}")
    elif old != new:
        yield pointer


def _said(value: Json) -> str:
    return "nothing" if value is None else json.dumps(value)


def _words(old: Json, new: Json, *, told: bool = False, names: bool = False) -> int:
    """How many descriptions, examples and sources differ where both sides have the place."""
    if told:
        return int(old != new)
    if _is_table(old) and _is_table(new):
        return sum(
            _words(
                old.get(key),
                new.get(key),
                told=key in _WORDS and not names,
                names=key in _NAMED and not names,
            )
            for key in old.keys() | new.keys()
            if (key in _WORDS and not names) or (key in old and key in new)
        )
    if isinstance(old, list) and isinstance(new, list):
        return sum(_words(a, b) for a, b in zip(old, new, strict=False))
    return 0


# The command


class NotFound(Exception):
    """There is no description where one was named."""


def _git(*arguments: str, root: Path) -> str | None:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def read(name: str, root: Path = _ROOT) -> Json:
    """A description by the name of a bundle, of a folder of fragments, or of a git revision."""
    path = Path(name)
    if path.is_dir():
        return load(path).root.plain()
    if path.is_file():
        return cast("Json", json.loads(path.read_text(encoding="utf-8")))
    # A revision has bindings of more than one description; those of `spec/` are meant.
    named = _git("grep", "-h", "^x-package:", name, "--", "spec", root=root)
    text = named and _git("show", f"{name}:generated/{named.split()[-1]}/{_BUNDLE}", root=root)
    if not text:
        raise NotFound(f"{name!r} is no file, no folder and no revision with generated bindings")
    return cast("Json", json.loads(text))


def version(text: str) -> tuple[int, ...]:
    """The version that a pyproject.toml gives."""
    found = re.search(r'^version\s*=\s*"([0-9.]+)', text, re.MULTILINE)
    return tuple(int(part) for part in found.group(1).rstrip(".").split(".")) if found else (0,)


def is_bump(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Whether the version warns callers: by its first number, or by its second as long as that is 0."""
    return new[:1] > old[:1] or (new[:1] == (0,) and new[:2] > old[:2])


def last_release(root: Path = _ROOT) -> str | None:
    """The newest tag of a release, if there is one."""
    found = _git("describe", "--tags", "--abbrev=0", "--match", "v*", root=root)
    return found.strip() if found else None


def main(arguments: Sequence[str] | None = None, root: Path = _ROOT) -> int:
    """Print what differs; 1 when callers break and `--require-bump` finds no new version."""
    parser = argparse.ArgumentParser(prog="python -m codegen diff", description=__doc__)
    parser.add_argument("old", nargs="?", help="a revision, a bundle or a folder (the last release)")
    parser.add_argument("new", nargs="?", default=str(root / "spec"), help="the same (the working tree)")
    parser.add_argument("--require-bump", action="store_true", help="refuse a breaking change of one version")
    options = parser.parse_args(arguments)
    old = options.old or last_release(root)
    if old is None:
        print("Nothing is released yet, so nothing can break. Name a revision to compare with.")
        return 0
    try:
        found = compare(read(old, root), read(options.new, root))
    except NotFound as problem:
        print(problem, file=sys.stderr)
        return 2
    print(found)
    if options.require_bump and found.breaks:
        before = version(_git("show", f"{old}:pyproject.toml", root=root) or "")
        now = version((root / "pyproject.toml").read_text(encoding="utf-8"))
        if not is_bump(before, now):
            was, text = (".".join(map(str, one)) for one in (before, now))
            print(f"\nCallers break, and the version went from {was} to {text} only.", file=sys.stderr)
            return 1
    return 0
