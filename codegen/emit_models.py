"""The modules of `models`: one for each fragment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from . import ir, names, pytypes
from .load import Refusal
from .pytypes import Decoders
from .text import docstring, paragraphs, sources
from .writer import Writer, attribute_names, attributes_doc, field_doc, is_optional

_FACTS: Final = {
    "category": ("str", '""', "Which error category it belongs to; empty when it belongs to none."),
    "retryable": ("bool", "False", "Whether trying again, unchanged and later, can succeed."),
    "advice": ("str", '""', "What helps; empty when nothing is known."),
    "scope": ("str", '""', "The scope it needs; empty when it needs none."),
}


_TESTS: Final[dict[type[ir.Type], tuple[tuple[str, ...], str]]] = {
    ir.Text: (("str",), "string"),
    ir.Constant: (("str",), "string"),
    ir.Integer: (("int",), "integer"),
    ir.Number: (("float", "int"), "number"),
    ir.Boolean: (("bool",), "boolean"),
}


def models(w: Writer) -> None:
    """Add every module of models."""
    _refuse_cycles(w)
    for fragment, module in w.modules.items():
        here = [item for item in w.api.schemas if item.fragment == fragment and item.name in w.known.classes]
        decoders = Decoders(w.known)
        context = {
            "enums": [_enum(w, item) for item in here if isinstance(item, ir.Enumeration)],
            "objects": [_object(w, item, decoders) for item in here if isinstance(item, ir.Object)],
            "unions": [_union(w, item) for item in here if isinstance(item, ir.TaggedUnion)],
            "constants": decoders.rows(),
        }
        source = f"spec/{fragment}.yaml"
        doc = f"The types of `{fragment}.yaml`."
        w.add(f"models/{module}.py", source, doc, context, template="models.py")


def _enum(w: Writer, item: ir.Enumeration) -> dict[str, object]:
    name = w.known.classes[item.name]
    scope = names.Scope(f"the member of {name}")
    members = [(scope.take(names.constant(v.text), v.text, item.place), v) for v in item.values]
    facts: list[dict[str, object]] = []
    table = names.constant(w.known.functions[item.name])
    for fact, (type_, default, doc) in _FACTS.items():
        values = [(m, repr(dict(v.facts)[fact])) for m, v in members if fact in dict(v.facts)]
        if values:
            facts.append(
                {
                    "name": fact,
                    "type": type_,
                    "default": default,
                    "doc": docstring(doc, 8),
                    "table": f"_{table}_{fact.upper()}",
                    "rows": values,
                }
            )
    kind = "Other values may come; they stay text." if item.open else ""
    return {
        "name": name,
        "function": w.known.functions[item.name],
        "doc": docstring(
            paragraphs(item.doc or f"`{item.name}`.", kind, sources(item.sources, w.pages)),
            4,
            sections=attributes_doc((m, " ".join(v.doc.split())) for m, v in members),
        ),
        "open": item.open,
        "table": f"_{table}_MEMBERS",
        "expected": repr(" or ".join(f'"{v.text}"' for v in item.values)),
        "members": [
            {"name": m, "text": repr(v.text), "doc": docstring(v.doc, 4) if v.doc else ""} for m, v in members
        ],
        "facts": facts,
    }


def _object(w: Writer, item: ir.Object, decoders: Decoders) -> dict[str, object]:
    name = w.known.classes[item.name]
    attributes = attribute_names(item)
    optional_last = sorted(item.fields, key=is_optional)
    fields = item.fields if item.sent else optional_last
    received_at = item.received and any(f.time and f.time.kind == "remaining-seconds" for f in item.fields)
    reads = [_read(f, attributes[f.wire], decoders, item) for f in item.fields]
    if item.sent:
        shown = [f for f in item.fields if not isinstance(f.type, ir.Constant)]
        construction = [f"{attributes[f.wire]}={names.local(attributes[f.wire])}" for f in shown]
        construction += ["raw=value"] if item.received else []
    else:
        construction = [names.local(attributes[f.wire]) for f in optional_last]
        construction += (["epoch_seconds()"] if received_at else []) + ["value"]
    return {
        "name": name,
        "article": "an" if name[0] in "AEIOU" else "a",
        "function": w.known.functions[item.name],
        "doc": docstring(
            paragraphs(item.doc or f"`{item.name}`.", sources(item.sources, w.pages)),
            4,
            sections=attributes_doc((attributes[f.wire], field_doc(f)) for f in fields),
        ),
        "sent": item.sent,
        "received": item.received,
        "received_at": received_at,
        "fields": [
            {
                "name": attributes[f.wire],
                "declaration": _declaration(w, f, item),
                "doc": docstring(field_doc(f), 4) if field_doc(f) else "",
            }
            for f in fields
        ],
        "times": [_time(f, f.time, attributes) for f in item.fields if f.time is not None],
        "reads": [line for line in reads if line],
        "construction": ", ".join(construction),
        "maker": name if item.sent else f"_new_{w.known.functions[item.name]}",
        "writes": [line for f in item.fields for line in _write_lines(w, f, attributes[f.wire])],
    }


def _declaration(w: Writer, f: ir.Field, item: ir.Object) -> str:
    if isinstance(f.type, ir.Constant) and item.sent:
        return f"ClassVar[Literal[{f.type.value!r}]] = {f.type.value!r}"
    annotation = pytypes.annotation(f.type, w.known, sent=item.sent)
    optional = is_optional(f)
    if optional and not annotation.endswith("| None") and annotation != "object":
        annotation += " | None"
    if f.secret:
        return f"{annotation} = attrs.field({'default=None, ' if optional else ''}repr=False)"
    return f"{annotation} = None" if optional else annotation


def _time(f: ir.Field, time: ir.Time, attributes: Mapping[str, str]) -> dict[str, object]:
    attribute = attributes[f.wire]
    optional = is_optional(f)
    how = {
        "epoch-seconds": "",
        "epoch-milliseconds": ", 1000",
        "remaining-seconds": ", since=self.received_at",
    }[time.kind]
    counted = ", counted from `received_at`" if time.kind == "remaining-seconds" else ""
    return {
        "name": names.field(time.name),
        "field": attribute,
        "optional": optional,
        "doc": docstring(f"`{attribute}` as an aware datetime in UTC{counted}.", 8),
        "expression": f"moment_of(self.{attribute}{how})",
    }


def _read(f: ir.Field, attribute: str, decoders: Decoders, item: ir.Object) -> list[str]:
    """The lines that read a field from `get`."""
    local, wire = names.local(attribute), json.dumps(f.wire)
    optional = is_optional(f)
    inner = f.type.inner if isinstance(f.type, ir.Nullable) else f.type
    if isinstance(inner, ir.Constant) and item.sent:
        return [
            f"if get({wire}) != {inner.value!r}:",
            f"    raise Mismatch({json.dumps(json.dumps(inner.value))}, get({wire}), {wire})",
        ]
    test = _TESTS.get(type(inner))
    lines = [f"{local} = get({wire})"]
    guard = f"{local} is not None and " if optional else ""
    if test is not None:
        kinds = " and ".join(f"type({local}) is not {kind}" for kind in test[0])
        lines.append(f"if {guard}{kinds}:")
        if isinstance(inner, ir.Integer):
            lines.append(f"    {local} = whole({local}, {wire})")
        else:
            lines.append(f'    raise Mismatch("{test[1]}", {local}, {wire})')
        return lines
    if isinstance(inner, ir.Anything):
        return lines
    decode = decoders.of(inner)
    value = f"get({wire})"
    if not optional:
        return [
            "try:",
            f"    {local} = {decode}({value})",
            "except Mismatch as problem:",
            f"    raise problem.under({wire}) from None",
        ]
    return [
        f"found = {value}",
        "try:",
        f"    {local} = None if found is None else {decode}(found)",
        "except Mismatch as problem:",
        f"    raise problem.under({wire}) from None",
    ]


def _write_lines(w: Writer, f: ir.Field, attribute: str) -> Iterator[str]:
    """The lines that check a field and put it into `out`."""
    wire = json.dumps(f.wire)
    if isinstance(f.type, ir.Constant):
        yield f"out[{wire}] = {f.type.value!r}"
        return
    inner = f.type.inner if isinstance(f.type, ir.Nullable) else f.type
    checked = pytypes.check(inner, f"value.{attribute}", wire, w.known, secret=f.secret)
    if is_optional(f):
        yield f"if value.{attribute} is not None:"
        yield f"    out[{wire}] = {checked}"
    else:
        yield f"out[{wire}] = {checked}"


def _union(w: Writer, item: ir.TaggedUnion) -> dict[str, object]:
    classes = [w.known.classes[name] for _, name in item.cases]
    objects = {o.name: o for o in w.api.objects}
    return {
        "alias": "" if item.inline else w.known.classes[item.name],
        "classes": classes,
        "function": w.known.functions[item.name],
        "doc": docstring(item.doc or f"One of these, told apart by `{item.tag}`."),
        "tag": item.tag,
        "tag_text": json.dumps(item.tag),
        "table": f"_{names.constant(w.known.functions[item.name])}_CASES",
        "expected": repr(" or ".join(f'"{value}"' for value, _ in item.cases)),
        "sent": any(objects[name].sent for _, name in item.cases),
        "cases": [
            {
                "value": json.dumps(value),
                "name": w.known.classes[name],
                "function": w.known.functions[name],
            }
            for value, name in item.cases
        ],
    }


def _refuse_cycles(w: Writer) -> None:
    """Modules of models import each other, so fragments must not need each other in a circle."""
    fragment_of = {item.name: item.fragment for item in w.api.schemas}
    needs: dict[str, dict[str, ir.Place]] = {}
    for item in w.api.objects:
        if item.name not in w.known.classes:
            continue
        for f in item.fields:
            for name in _referred(f.type):
                if fragment_of[name] != item.fragment:
                    needs.setdefault(item.fragment, {}).setdefault(fragment_of[name], f.place)
    for union in w.api.unions:
        for _, name in union.cases:
            if fragment_of[name] != union.fragment:
                needs.setdefault(union.fragment, {}).setdefault(fragment_of[name], union.place)
    done: set[str] = set()

    def visit(fragment: str, above: tuple[str, ...]) -> None:
        for other, place in needs.get(fragment, {}).items():
            if other in (*above, fragment):
                raise Refusal(
                    place,
                    f"{fragment}.yaml and {other}.yaml need each other; put shared schemas into one",
                )
            if other not in done:
                visit(other, (*above, fragment))
        done.add(fragment)

    for fragment in sorted(needs):
        visit(fragment, ())


def _referred(type_: ir.Type) -> Iterator[str]:
    """The named schemas that a type mentions."""
    if isinstance(type_, (ir.ObjectRef, ir.EnumRef, ir.UnionRef)):
        yield type_.name
    elif isinstance(type_, ir.ListOf):
        yield from _referred(type_.item)
    elif isinstance(type_, ir.MapOf):
        yield from _referred(type_.value)
    elif isinstance(type_, (ir.Nullable, ir.Embedded)):
        yield from _referred(type_.inner)
