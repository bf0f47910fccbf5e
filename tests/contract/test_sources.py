"""Nothing in the description stands without a source: `x-source` or `x-evidence` on it or above it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.contract.described import Json, bundle, evidence, facts, is_list, is_mapping

pytestmark = pytest.mark.once

OURS = {
    "/openapi": "the version of OpenAPI",
    "/x-package": "the name of our bindings",
    "/x-pages": "addresses that say themselves where they lead",
    "/externalDocs": "an address that says itself where it leads",
    "/servers": "the host, which `info` gives the source of",
    "/tags": "how we sort the operations; a tag that states a fact carries its own source",
    "/x-error-categories": "how we sort the codes, no fact about TikTok",
}
MARKS = ("documented", "observed", "conflict", "unknown", "recommended")


def without_source(node: object, pointer: str) -> Iterator[str]:
    """Pointers to what no source stands on or above."""
    if not is_mapping(node):
        yield pointer
        return
    event: Json = node.get("post", {}) if pointer.startswith("/webhooks/") else {}
    # The names of an event stand beside its only operation, which carries the source.
    if any(key in holder for key in ("x-source", "x-evidence") for holder in (node, event)):
        return
    for key, entry in node.items():
        yield from without_source(entry, f"{pointer}/{key}")


def mappings(node: object, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Every mapping of the description and where it stands; examples hold payloads, no description."""
    if is_list(node):
        for index, entry in enumerate(node):
            yield from mappings(entry, f"{pointer}/{index}")
    elif is_mapping(node):
        yield pointer, node
        for key, entry in node.items():
            if key not in ("example", "examples", "x-evidence"):
                yield from mappings(entry, f"{pointer}/{key}")


def statements() -> Iterator[tuple[str, Json]]:
    """Every evidence statement and where it stands."""
    for pointer, node in mappings(bundle()):
        for statement in evidence(node):
            yield pointer, statement


def test_everything_has_a_source() -> None:
    ours = tuple(OURS)
    found = [pointer for pointer in without_source(bundle(), "") if not pointer.startswith(ours)]
    assert not found


def test_an_exception_that_nothing_needs_is_taken_out() -> None:
    found = list(without_source(bundle(), ""))
    assert [pointer for pointer in OURS if not any(entry.startswith(pointer) for entry in found)] == []


def test_pages_are_those_of_the_reference() -> None:
    known = set(facts()["pages"])
    cited = {page for _, node in mappings(bundle()) for page in node.get("x-source", [])}
    named = {
        page
        for _, statement in statements()
        for page in re.findall(r"\bdocs?:[a-z0-9-]+", statement.get("source", ""))
    }
    assert (cited | named) - known == set()


def test_statements_are_well_formed() -> None:
    wrong: list[str] = []
    for pointer, statement in statements():
        mark = statement.get("mark")
        if mark not in MARKS:
            wrong.append(f"{pointer}: mark {mark!r}")
        if mark in ("documented", "observed", "conflict") and not statement.get("source"):
            wrong.append(f"{pointer}: {mark} by whom?")
        if mark == "documented" and not re.search(r"\bdocs?:", statement.get("source", "")):
            wrong.append(f"{pointer}: documented, but not on a page of TikTok")
        if mark in ("conflict", "unknown") and not statement.get("note"):
            wrong.append(f"{pointer}: {mark}, but it does not say what")
    assert not wrong


def test_a_statement_without_source_is_noticed() -> None:
    planted = {"x-limits": {"invented": {"value": 7}, "known": {"value": 1, "x-source": ["doc:x"]}}}
    assert list(without_source(planted, "")) == ["/x-limits/invented/value"]
