"""From schemas to types: what `components/schemas` and the schemas of operations mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from . import ir
from .load import Node, Refusal, steps
from .reader import Entries, flag, items, mapping, text, texts

_PLAIN: Final = frozenset({"description", "title", "example", "examples", "default", "deprecated"})
_FIELD: Final = frozenset({"x-secret", "x-time", "x-at", "x-scope"})
_INHERITED: Final = _FIELD | {"description", "deprecated"}
_NOTES: Final = _PLAIN | _FIELD

# A text is one of four kinds, each with keywords of its own: what would have no effect is refused.
_TEXT: Final = _NOTES | {"type", "format", "minLength", "maxLength", "x-max-utf16", "pattern"}
_ENUM: Final = _NOTES | {"type", "enum", "x-open-enum", "x-values"}
_CONSTANT: Final = _NOTES | {"type", "const"}
_EMBEDDED: Final = _NOTES | {"type", "contentMediaType", "contentSchema"}
_MOMENT: Final = _NOTES | {"type", "format"}
_NUMBER: Final = _NOTES | {"type", "format", "minimum", "maximum"}
_ARRAY: Final = _NOTES | {"type", "items", "minItems", "maxItems", "x-accept-scalar"}
_OBJECT: Final = _NOTES | {"type", "properties", "required", "additionalProperties", "allOf"}
_UNION: Final = _NOTES | {"type", "oneOf", "anyOf"}
_FORMATS: Final = {
    "string": {"date-time", "uri", "uuid", "binary", "password"},
    "integer": {"int32", "int64"},
    "number": {"float", "double"},
}
_FACTS: Final = ("category", "retryable", "advice", "scope")
_TIMES: Final = ("epoch-seconds", "epoch-milliseconds", "remaining-seconds")


@dataclass(frozen=True, slots=True)
class Property:
    """What a schema says where it is used: its type, and what belongs to the place rather than the type."""

    type: ir.Type
    doc: str
    secret: bool
    scope: str | None
    time: ir.Time | None


class Schemas:
    """The named schemas of a document, lowered on demand, each once."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self.objects: dict[str, ir.Object] = {}
        self.enums: dict[str, ir.Enumeration] = {}
        self.unions: dict[str, ir.TaggedUnion] = {}
        self._busy: list[str] = []
        components = mapping(root).get("components")
        schemas = mapping(components).get("schemas") if components is not None else None
        self._named: dict[str, Node] = {} if schemas is None else mapping(schemas)

    def lower_all(self) -> None:
        """Lower every named schema, whether anything refers to it or not."""
        for name in self._named:
            self._named_type(name, self._named[name])

    # --- references -----------------------------------------------------------------------------------

    def resolve(self, node: Node) -> Node:
        """What a reference points to, or the node itself."""
        hops = 0
        while isinstance(node.value, dict) and "$ref" in node.value:
            reference = node.value["$ref"]
            target: Node | None = self._root
            if not text(reference).startswith("#/"):
                raise Refusal(reference.place, "references are local: '#/components/…'")
            for step in steps(text(reference)):
                target = target.value.get(step) if target and isinstance(target.value, dict) else None
            hops += 1
            if target is None or hops > 20:
                raise Refusal(reference.place, f"nothing stands at {text(reference)}")
            node = target
        return node

    def _reference(self, node: Node) -> str:
        """The name of the schema that a reference points to."""
        reference = mapping(node)["$ref"]
        path = steps(text(reference))
        if not text(reference).startswith("#/components/schemas/") or len(path) != 3:
            raise Refusal(reference.place, "a schema is referred to as '#/components/schemas/Name'")
        if path[2] not in self._named:
            raise Refusal(reference.place, f"nothing stands at {text(reference)}")
        return path[2]

    # --- where a schema is used -----------------------------------------------------------------------

    def property(self, node: Node, owner: str) -> Property:
        """A property or parameter; `owner` names what is written in place and needs a name."""
        type_ = self.type_of(node, owner)
        target = mapping(self.resolve(node))
        entries = {**{key: target[key] for key in _INHERITED if key in target}, **mapping(node)}
        doc, scope, secret = entries.get("description"), entries.get("x-scope"), entries.get("x-secret")
        deprecated = (old := entries.get("deprecated")) is not None and flag(old)
        inner = type_.inner if isinstance(type_, ir.Nullable) else type_
        if secret is not None and not isinstance(inner, ir.Text):
            raise Refusal(secret.place, "only a text can be secret")
        return Property(
            type=type_,
            doc=" ".join([*([] if doc is None else [text(doc)]), *(["Deprecated."] if deprecated else [])]),
            secret=secret is not None and flag(secret),
            scope=None if scope is None else text(scope),
            time=self._time(node, entries, type_),
        )

    def _time(self, node: Node, entries: dict[str, Node], type_: ir.Type) -> ir.Time | None:
        kind, at = entries.get("x-time"), entries.get("x-at")
        if kind is None and at is None:
            return None
        if kind is None or at is None:
            raise Refusal(node.place, "'x-time' and 'x-at' come together")
        if text(kind) not in _TIMES:
            raise Refusal(kind.place, f"must be one of {', '.join(_TIMES)}")
        inner = type_.inner if isinstance(type_, ir.Nullable) else type_
        if not isinstance(inner, ir.Integer):
            raise Refusal(kind.place, "only an integer can be a time")
        return ir.Time(text(kind), text(at))

    # --- types ----------------------------------------------------------------------------------------

    def inner_type(self, node: Node, owner: str) -> ir.Type:
        """The type of a schema inside another, where nothing can be secret, a time, or come with a scope."""
        for where in (node, self.resolve(node)):
            for key, entry in mapping(where).items():
                if key in _FIELD:
                    raise Refusal(
                        entry.place, f"{key!r} belongs to a property or a parameter, not inside one"
                    )
        return self.type_of(node, owner)

    def type_of(self, node: Node, owner: str) -> ir.Type:
        """The type that a schema describes."""
        entries = mapping(node)
        if "$ref" in entries:
            Entries(node, _NOTES | {"$ref"})
            name = self._reference(node)
            return self._named_type(name, self._named[name])
        if "enum" in entries:
            return self._enum(owner, node)
        if "oneOf" in entries or "anyOf" in entries:
            return self._union(owner, node)
        if "allOf" in entries or "properties" in entries:
            raise Refusal(
                node.place, "an object with properties is named in components/schemas, never inline"
            )
        kinds, nullable = self._kinds(node)
        if not kinds:
            Entries(node, _NOTES)
            return ir.Anything()
        type_ = self._kind(node, kinds, owner)
        return ir.Nullable(type_) if nullable else type_

    def _kinds(self, node: Node) -> tuple[list[str], bool]:
        """The names in `type` without null, and whether null is among them."""
        entry = mapping(node).get("type")
        if entry is None:
            return (["string"] if "const" in mapping(node) else []), False
        kinds = texts(entry) if isinstance(entry.value, list) else (text(entry),)
        for kind in kinds:
            if kind not in {"string", "integer", "number", "boolean", "array", "object", "null"}:
                raise Refusal(entry.place, f"{kind!r} is not a type")
        rest = [kind for kind in kinds if kind != "null"]
        if not rest:
            raise Refusal(entry.place, "null alone cannot be expressed")
        return rest, len(rest) < len(kinds)

    def _kind(self, node: Node, kinds: list[str], owner: str) -> ir.Type:
        if len(kinds) > 1:
            return self._scalars(node, kinds)
        if kinds[0] == "array":
            return self._array(node, owner)
        if kinds[0] == "object":
            return self._map(node, owner)
        return self._scalar(node, kinds[0], owner)

    def _scalars(self, node: Node, kinds: list[str]) -> ir.ScalarUnion:
        entries = Entries(node, _TEXT | _NUMBER)
        scalars: dict[str, ir.Scalar] = {
            "string": self._text(entries),
            "integer": ir.Integer(entries.integer("minimum"), entries.integer("maximum")),
            "number": ir.Number(entries.number("minimum"), entries.number("maximum")),
            "boolean": ir.Boolean(),
        }
        if unknown := [kind for kind in kinds if kind not in scalars]:
            raise Refusal(node.place, f"a union of types holds scalars only, not {unknown[0]!r}")
        return ir.ScalarUnion(tuple(scalars[kind] for kind in kinds))

    def _text(self, entries: Entries) -> ir.Text:
        if (pattern := entries.get("pattern")) is not None:
            try:
                re.compile(text(pattern))
            except re.error as problem:
                raise Refusal(pattern.place, f"is not a pattern that Python reads: {problem}") from None
        return ir.Text(
            min_length=entries.integer("minLength"),
            max_length=entries.integer("maxLength"),
            max_utf16=entries.integer("x-max-utf16"),
            pattern=entries.text("pattern") or None,
        )

    def _scalar(self, node: Node, kind: str, owner: str) -> ir.Type:
        if kind == "boolean":
            Entries(node, _NOTES | {"type"})
            return ir.Boolean()
        entries = Entries(node, self._keywords(node) if kind == "string" else _NUMBER)
        format_ = entries.get("format")
        if format_ is not None and text(format_) not in _FORMATS[kind]:
            raise Refusal(format_.place, f"the format {text(format_)!r} is not understood")
        if kind == "integer":
            return ir.Integer(entries.integer("minimum"), entries.integer("maximum"))
        if kind == "number":
            return ir.Number(entries.number("minimum"), entries.number("maximum"))
        if (const := entries.get("const")) is not None:
            return ir.Constant(text(const))
        if (media := entries.get("contentMediaType")) is not None:
            if text(media) != "application/json":
                raise Refusal(media.place, "only application/json can stand inside a string")
            return ir.Embedded(self.inner_type(entries.need("contentSchema"), owner))
        if format_ is not None and text(format_) == "date-time":
            return ir.Moment()
        return self._text(entries)

    def _keywords(self, node: Node) -> frozenset[str]:
        """What a text can say, which depends on what kind of text it is."""
        entries = mapping(node)
        if "const" in entries:
            return _CONSTANT
        if "contentMediaType" in entries:
            return _EMBEDDED
        format_ = entries.get("format")
        return _MOMENT if format_ is not None and format_.value == "date-time" else _TEXT

    def _array(self, node: Node, owner: str) -> ir.ListOf:
        entries = Entries(node, _ARRAY)
        return ir.ListOf(
            self.inner_type(entries.need("items"), owner),
            entries.integer("minItems"),
            entries.integer("maxItems"),
            entries.flag("x-accept-scalar"),
        )

    def _map(self, node: Node, owner: str) -> ir.Type:
        entries = Entries(node, _OBJECT - {"allOf", "properties", "required"})
        values = entries.get("additionalProperties")
        if values is not None and values.value is False:
            raise Refusal(values.place, "an object without any property is named in components/schemas")
        if values is None or values.value is True:
            return ir.MapOf(ir.Anything())
        return ir.MapOf(self.inner_type(values, owner))

    # --- what has a name ------------------------------------------------------------------------------

    def _named_type(self, name: str, node: Node) -> ir.Type:
        entries = mapping(node)
        if name in self.objects or self._is_object(entries):
            self._object(name, node)
            return ir.ObjectRef(name)
        if name in self._busy:
            raise Refusal(node.place, f"{name} refers to itself")
        self._busy.append(name)
        try:
            return self.type_of(node, name)
        finally:
            self._busy.pop()

    def _is_object(self, entries: dict[str, Node]) -> bool:
        if "properties" in entries or "allOf" in entries:
            return True
        kind, values = entries.get("type"), entries.get("additionalProperties")
        return (
            kind is not None and kind.value == "object" and (values is None or isinstance(values.value, bool))
        )

    def _object(self, name: str, node: Node) -> None:
        if name in self.objects or name in self._busy:
            return
        self._busy.append(name)
        entries = Entries(node, _OBJECT - _FIELD)
        properties, required = self._parts(node, frozenset())
        fields: list[ir.Field] = []
        for wire, schema in properties.items():
            # Objects may refer to themselves; only chains of other schemas may not.
            busy, self._busy = self._busy, []
            self._busy = [item for item in busy if self._is_object(mapping(self._named[item]))]
            found = self.property(schema, f"{name} {wire}")
            self._busy = busy
            fields.append(
                ir.Field(
                    wire=wire,
                    type=found.type,
                    required=wire in required,
                    doc=found.doc,
                    place=schema.place,
                    secret=found.secret,
                    scope=found.scope,
                    time=found.time,
                )
            )
        for wire, place in required.items():
            if wire not in properties:
                raise Refusal(place, f"{wire!r} is required and not described")
        self._busy.pop()
        self.objects[name] = ir.Object(
            name=name,
            fragment=fragment(node),
            doc=entries.doc(),
            sources=entries.texts("x-source"),
            fields=tuple(fields),
            place=node.place,
        )

    def _parts(self, node: Node, above: frozenset[str]) -> tuple[dict[str, Node], dict[str, ir.Place]]:
        """Properties and required names of an object, those of its `allOf` parts included."""
        if "$ref" in mapping(node):
            name = self._reference(node)
            if name in above:
                raise Refusal(node.place, f"{name} contains itself")
            return self._parts(self._named[name], above | {name})
        entries = Entries(node, _OBJECT)
        if (kind := entries.get("type")) is not None and kind.value != "object":
            raise Refusal(node.place, "'allOf' takes objects only")
        others = entries.get("additionalProperties")
        if others is not None and not isinstance(others.value, bool):
            raise Refusal(
                others.place, "a type for further properties beside named ones cannot be expressed; say true"
            )
        properties: dict[str, Node] = {}
        required: dict[str, ir.Place] = {}
        parts = entries.get("allOf")
        for part in items(parts) if parts is not None else []:
            more, needed = self._parts(part, above)
            for wire, schema in more.items():
                properties[wire] = _narrowed(properties.get(wire), schema)
            required.update(needed)
        own = entries.get("properties")
        for wire, schema in mapping(own).items() if own is not None else ():
            properties[wire] = _narrowed(properties.get(wire), schema)
        if (names := entries.get("required")) is not None:
            required.update({text(item): item.place for item in items(names)})
        return properties, required

    def _enum(self, owner: str, node: Node) -> ir.EnumRef:
        name = owner
        if name in self.enums:
            return ir.EnumRef(name)
        entries = Entries(node, _ENUM)
        if (kind := entries.get("type")) is not None and kind.value != "string":
            raise Refusal(kind.place, "an enum has texts only")
        about = entries.get("x-values")
        notes = {} if about is None else dict(mapping(about))
        values: list[ir.Value] = []
        for item in items(entries.need("enum")):
            value = text(item)
            if any(value == known.text for known in values):
                raise Refusal(item.place, f"{value!r} is listed twice")
            values.append(_value(value, notes.pop(value, None)))
        for value, note in notes.items():
            raise Refusal(note.place, f"{value!r} is not in the enum")
        if not values:
            raise Refusal(node.place, "an enum needs values")
        self.enums[name] = ir.Enumeration(
            name=name,
            fragment=fragment(node),
            doc=entries.doc(),
            sources=entries.texts("x-source"),
            values=tuple(values),
            open=entries.flag("x-open-enum"),
            place=node.place,
        )
        return ir.EnumRef(name)

    def members(self, node: Node) -> list[Node]:
        """The members of a union, or the schema itself if it is none."""
        target = mapping(self.resolve(node))
        union = target.get("oneOf") or target.get("anyOf")
        return [node] if union is None else items(union)

    def _union(self, owner: str, node: Node) -> ir.Type:
        name = owner
        if name in self.unions:
            return ir.UnionRef(name)
        entries = Entries(node, _UNION)
        if "oneOf" in entries and "anyOf" in entries:
            raise Refusal(node.place, "'oneOf' and 'anyOf' do not stand together")
        members = self.members(node)
        nullable = [
            m for m in members if mapping(m).get("type") is not None and mapping(m)["type"].value == "null"
        ]
        members = [member for member in members if member not in nullable]
        if nullable and len(members) == 1:
            return ir.Nullable(self.inner_type(members[0], owner))
        names: list[str] = []
        for member in members:
            type_ = self.type_of(member, owner) if "$ref" in mapping(member) else None
            if not isinstance(type_, ir.ObjectRef):
                raise Refusal(member.place, "a union holds references to objects")
            names.append(type_.name)
        # A union that holds an object still being lowered is told apart by the schema itself.
        constants = [self._constants(name) for name in names]
        shared = [wire for wire in constants[0] if all(wire in others for others in constants)]
        for tag in shared:
            cases = tuple((found[tag], name_) for found, name_ in zip(constants, names, strict=True))
            if len({value for value, _ in cases}) == len(cases):
                self.unions[name] = ir.TaggedUnion(
                    name=name,
                    fragment=fragment(node),
                    doc=entries.doc(),
                    tag=tag,
                    cases=cases,
                    inline=name not in self._named,
                    place=node.place,
                )
                return ir.Nullable(ir.UnionRef(name)) if nullable else ir.UnionRef(name)
        return ir.OneOf(tuple(names))

    def _constants(self, name: str) -> dict[str, str]:
        """The required properties of an object that are always the same."""
        properties, required = self._parts(self._named[name], frozenset())
        found: dict[str, str] = {}
        for wire, schema in properties.items():
            const = mapping(self.resolve(schema)).get("const")
            if wire in required and const is not None and isinstance(const.value, str):
                found[wire] = const.value
        return found


def _value(value: str, note: Node | None) -> ir.Value:
    if note is None:
        return ir.Value(value, "")
    entries = Entries(note, frozenset({"description", *_FACTS}))
    facts: list[tuple[str, str | bool]] = []
    for fact in _FACTS:
        entry = entries.get(fact)
        if entry is not None:
            facts.append((fact, flag(entry) if fact == "retryable" else text(entry)))
    return ir.Value(value, entries.text("description"), tuple(facts))


def _narrowed(first: Node | None, second: Node) -> Node:
    """A property that two parts of an `allOf` describe: the later one adds to the earlier one and wins."""
    if first is None:
        return second
    if "$ref" in mapping(first) or "$ref" in mapping(second):
        return second
    return Node({**mapping(first), **mapping(second)}, second.place)


def fragment(node: Node) -> str:
    """The fragment that a node stands in."""
    return PurePath(node.place.file).stem
