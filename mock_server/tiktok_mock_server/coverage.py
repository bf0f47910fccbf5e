"""How much of the API a suite has met: operations, refusal codes, statuses, events and faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from typing import Final

import attrs

from tiktok_openapi.routes import BY_ID

from .description import bundle, node
from .faults import CATALOGUE
from .journal import Record, code_of

AREAS: Final = ("operations", "codes", "statuses", "events", "faults")


@cache
def everything() -> Mapping[str, frozenset[str]]:
    """What there is to be met."""
    operations = frozenset(BY_ID)
    codes = frozenset(f"{operation.id} {code}" for operation in BY_ID.values() for code in operation.errors)
    events = frozenset(bundle().get("webhooks", {}))
    return {
        "operations": operations,
        "codes": codes,
        "statuses": frozenset(node("/components/schemas/PublishState")["enum"]),
        "events": events,
        "faults": frozenset(CATALOGUE),
    }


class Coverage:
    """What was met so far."""

    def __init__(self) -> None:
        self.met: dict[str, set[str]] = {area: set() for area in AREAS}

    def note(self, record: Record) -> None:
        """An exchange."""
        met = self.met
        if record.fault:
            met["faults"].add(record.fault)
        if not record.operation:
            return
        met["operations"].add(record.operation)
        if record.operation == "fetchStatus" and record.status == 200:
            at = record.answer.find(b'"status":"')
            if at >= 0:
                met["statuses"].add(
                    record.answer[at + 10 : record.answer.find(b'"', at + 10)].decode("utf-8", "replace")
                )
        if any(name == "x-mock-rule" for name, _ in record.answer_headers):
            code = code_of(record)
            if code:
                met["codes"].add(f"{record.operation} {code}")

    def note_event(self, event: str) -> None:
        """An event on its way."""
        self.met["events"].add(event)

    def note_fault(self, kind: str) -> None:
        """A fault happened."""
        self.met["faults"].add(kind)

    def merge(self, other: Mapping[str, Iterable[str]]) -> None:
        """What another process met."""
        for area in AREAS:
            self.met[area].update(other.get(area, ()))

    def describe(self) -> dict[str, list[str]]:
        """What was met, as JSON."""
        return {area: sorted(self.met[area]) for area in AREAS}

    def clear(self) -> None:
        """Begin anew."""
        for names in self.met.values():
            names.clear()

    def result(self) -> Result:
        """What was met of what there is."""
        known = everything()
        return Result(
            {
                area: Area(
                    tuple(sorted(known[area] & self.met[area])), tuple(sorted(known[area] - self.met[area]))
                )
                for area in AREAS
            }
        )


@attrs.frozen
class Area:
    """One kind of thing to be met."""

    met: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.met) + len(self.missed)

    @property
    def percent(self) -> float:
        """How many of a hundred were met."""
        return 100.0 * len(self.met) / self.total if self.total else 100.0


@attrs.frozen
class Result:
    """Coverage, in numbers."""

    areas: Mapping[str, Area]

    @property
    def percent(self) -> float:
        """Over everything but faults, which are tools and no part of the API."""
        counted = [area for name, area in self.areas.items() if name != "faults"]
        return 100.0 * sum(len(area.met) for area in counted) / max(1, sum(area.total for area in counted))

    def describe(self) -> dict[str, object]:
        """As JSON."""
        return {
            "percent": round(self.percent, 1),
            **{
                name: {"percent": round(area.percent, 1), "met": list(area.met), "missed": list(area.missed)}
                for name, area in self.areas.items()
            },
        }

    def text(self) -> str:
        """For a terminal."""
        lines = [f"{'':12}{'met':>5}{'of':>5}{'%':>7}"]
        for name, area in self.areas.items():
            lines.append(f"{name:12}{len(area.met):5}{area.total:5}{area.percent:7.1f}")
        lines.append(f"{'API':12}{'':10}{self.percent:7.1f}")
        lines += [
            f"{name} not met: {', '.join(self.areas[name].missed)}"
            for name in ("operations", "statuses", "events")
            if self.areas[name].missed
        ]
        return "\n".join(lines)

    def markdown(self) -> str:
        """For a GitHub step summary."""
        lines = ["### Coverage of TikTok's API", "", "| | met | of | % |", "|---|--:|--:|--:|"]
        for name, area in self.areas.items():
            lines.append(f"| {name} | {len(area.met)} | {area.total} | {area.percent:.1f} |")
        lines += [f"| **API** | | | **{self.percent:.1f}** |", ""]
        for name, area in self.areas.items():
            if area.missed and name != "faults":
                inside = ", ".join(f"`{one}`" for one in area.missed)
                lines += [f"<details><summary>{name} not met</summary>", "", inside, "", "</details>", ""]
        return "\n".join(lines)

    def junit(self) -> str:
        """As JUnit XML: one case for each thing there is; what was not met is skipped."""
        cases: list[str] = []
        skipped = 0
        for name, area in self.areas.items():
            case = f'<testcase classname="tiktok.{name}" name="'
            cases += [f'{case}{escape(one)}"/>' for one in area.met]
            cases += [f'{case}{escape(one)}"><skipped message="not met"/></testcase>' for one in area.missed]
            skipped += len(area.missed)
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<testsuite name="tiktok-api-coverage" tests="{len(cases)}" failures="0" skipped="{skipped}">\n'
            + "\n".join(cases)
            + "\n</testsuite>\n"
        )
