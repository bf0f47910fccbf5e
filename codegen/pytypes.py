"""From types of the IR to Python: annotations, expressions that read a value, expressions that check one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from . import ir, names
from .load import Refusal

_SCALARS: Final[dict[type[ir.Type], tuple[str, str, str]]] = {
    # annotation, decoder, check
    ir.Text: ("str", "decode_text", "text"),
    ir.Integer: ("int", "decode_integer", "integer"),
    ir.Number: ("float", "decode_number", "number"),
    ir.Boolean: ("bool", "decode_boolean", "boolean"),
    ir.Anything: ("object", "decode_anything", "anything"),
    ir.Moment: ("datetime", "decode_moment", "moment"),
    ir.Constant: ("str", "decode_text", "text"),
    ir.OneText: ("str", "decode_text", "text"),
}
_SOURCE_KIND: Final[dict[type[ir.Type], str]] = {
    ir.Text: "str",
    ir.Integer: "int",
    ir.Number: "(int, float)",
    ir.Boolean: "bool",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the Python of one API calls its schemas."""

    api: ir.Api
    classes: dict[str, str]
    """Schema → class, enum or union alias."""
    functions: dict[str, str]
    """Schema → the name that follows `decode_` and `encode_`."""
    enums: dict[str, ir.Enumeration]
    unions: dict[str, ir.TaggedUnion]


def known(api: ir.Api) -> Known:
    """The names of an API's schemas; a refusal if two would be one."""
    public, private = names.Scope("the class"), names.Scope("the function")
    classes: dict[str, str] = {}
    functions: dict[str, str] = {}
    for item in api.schemas:
        if not _has_class(item, api):
            continue
        classes[item.name] = public.take(names.class_name(item.name), item.name, item.place)
        functions[item.name] = private.take(names.snake(item.name), item.name, item.place)
    for category in api.categories:
        public.take(category.class_name, category.name, category.place)
        if names.class_name(category.class_name) != category.class_name:
            raise Refusal(category.place, f"{category.class_name!r} cannot be the name of a class")
    return Known(
        api,
        classes,
        functions,
        {item.name: item for item in api.enums},
        {item.name: item for item in api.unions},
    )


def _has_class(item: ir.Schema, api: ir.Api) -> bool:
    """Whether callers meet a schema: what only describes refusals and whole answers stays out."""
    if isinstance(item, ir.Object):
        return item.sent or item.received
    if isinstance(item, ir.TaggedUnion):
        return all(_has_class(api.object(name), api) for _, name in item.cases)
    return True


def annotation(type_: ir.Type, known: Known, *, sent: bool) -> str:
    """The type as it is annotated: in requests a little wider than in answers."""
    if type(type_) in _SCALARS:
        return _SCALARS[type(type_)][0]
    if isinstance(type_, ir.ScalarUnion):
        return " | ".join(dict.fromkeys(_SCALARS[type(member)][0] for member in type_.members))
    if isinstance(type_, ir.ListOf):
        item = annotation(type_.item, known, sent=sent)
        return f"Sequence[{item}]" if sent else f"tuple[{item}, ...]"
    if isinstance(type_, ir.MapOf):
        return f"Mapping[str, {annotation(type_.value, known, sent=sent)}]"
    if isinstance(type_, ir.Nullable):
        return f"{annotation(type_.inner, known, sent=sent)} | None"
    if isinstance(type_, ir.Embedded):
        return annotation(type_.inner, known, sent=sent)
    if isinstance(type_, ir.EnumRef):
        name = known.classes[type_.name]
        return f"{name} | str" if sent or known.enums[type_.name].open else name
    if isinstance(type_, ir.UnionRef):
        union = known.unions[type_.name]
        if union.inline:
            return " | ".join(known.classes[name] for _, name in union.cases)
        return known.classes[type_.name]
    if isinstance(type_, ir.ObjectRef):
        return known.classes[type_.name]
    if isinstance(type_, ir.OneOf):
        return " | ".join(known.classes[name] for name in type_.objects)
    raise AssertionError(type_)


# --- reading ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Decoders:
    """The decoders that a module composes from others, each once: expression → name of the constant."""

    known: Known
    constants: dict[str, str] = field(default_factory=dict[str, str])

    def rows(self) -> list[tuple[str, str]]:
        """Each constant with its expression."""
        return [(name, expression) for expression, name in self.constants.items()]

    def of(self, type_: ir.Type) -> str:
        """The name of a function that reads a value of this type."""
        if type(type_) in _SCALARS:
            return _SCALARS[type(type_)][1]
        if isinstance(type_, (ir.ObjectRef, ir.EnumRef, ir.UnionRef)):
            return f"decode_{self.known.functions[type_.name]}"
        expression = self._composed(type_)
        return self.constants.setdefault(expression, _constant_name(expression))

    def _composed(self, type_: ir.Type) -> str:
        if isinstance(type_, ir.ListOf):
            return f"decode_list{'_or_one' if type_.accept_scalar else ''}({self.of(type_.item)})"
        if isinstance(type_, ir.MapOf):
            return f"decode_map({self.of(type_.value)})"
        if isinstance(type_, ir.Nullable):
            return f"decode_nullable({self.of(type_.inner)})"
        if isinstance(type_, ir.Embedded):
            return f"decode_embedded({self.of(type_.inner)})"
        if isinstance(type_, ir.ScalarUnion):
            return f"decode_either({', '.join(self.of(member) for member in type_.members)})"
        raise AssertionError(type_)


def _constant_name(expression: str) -> str:
    """`decode_list(decode_video)` → `_LIST_VIDEO`; inner compositions are constants already."""
    return "_" + "_".join(names.words(expression.replace("decode_", ""))).upper()


# --- checking -----------------------------------------------------------------------------------------


def check(
    type_: ir.Type, value: str, name: str, known: Known, *, at: str = "at", secret: bool = False
) -> str:
    """An expression that checks a value before it is sent, and gives what goes on the wire.

    `value`, `at` and `name` are expressions too: the value, the place of the object around it, and the field.
    """
    where = f"{at}, {name}"
    if isinstance(type_, ir.ObjectRef):
        return f"encode_{known.functions[type_.name]}({value}, {_inner(at, name)}, secrets)"
    if isinstance(type_, ir.UnionRef):
        return f"encode_{known.functions[type_.name]}({value}, {_inner(at, name)}, secrets)"
    if isinstance(type_, ir.ListOf):
        limits = _limits(min_items=type_.min_items, max_items=type_.max_items)
        return f"checked.listed({value}, {where}, {_function(type_.item, known)}{limits})"
    if isinstance(type_, ir.MapOf):
        return f"checked.mapped({value}, {where}, {_function(type_.value, known)})"
    if isinstance(type_, ir.Nullable):
        return f"None if {value} is None else {check(type_.inner, value, name, known, at=at, secret=secret)}"
    if isinstance(type_, ir.Embedded):
        return f"checked.embedded({check(type_.inner, value, name, known, at=at)})"
    if isinstance(type_, ir.ScalarUnion):
        members = ", ".join(
            f"({_SOURCE_KIND[type(member)]}, {_function(member, known)})" for member in type_.members
        )
        return f"checked.either({value}, {where}, {members})"
    return f"checked.{_checker(type_)}({value}, {where}{_scalar_limits(type_, known)}{_sink(secret=secret)})"


def _inner(at: str, name: str) -> str:
    """The expression for the place of an object inside another."""
    prefix, suffix = "" if at == '""' else f"{{{at}}}", name[1:-1] if name[0] == '"' else f"{{{name}}}"
    return f'f"{prefix}{suffix}."' if "{" in prefix + suffix else f'"{suffix}."'


def _checker(type_: ir.Type) -> str:
    return "text" if isinstance(type_, ir.EnumRef) else _SCALARS[type(type_)][2]


def _function(type_: ir.Type, known: Known) -> str:
    """A check as a function of value, place and name."""
    if type(type_) in _SCALARS and not _scalar_limits(type_, known):
        return f"checked.{_checker(type_)}"
    if isinstance(type_, ir.EnumRef) and not _scalar_limits(type_, known):
        return "checked.text"
    return f"lambda item, at, name: {check(type_, 'item', 'name', known)}"


def _scalar_limits(type_: ir.Type, known: Known) -> str:
    if isinstance(type_, ir.Text):
        return _limits(
            min_length=type_.min_length,
            max_length=None if type_.max_utf16 is not None else type_.max_length,
            max_utf16=type_.max_utf16,
            pattern=type_.pattern,
        )
    if isinstance(type_, (ir.Integer, ir.Number)):
        return _limits(minimum=type_.minimum, maximum=type_.maximum)
    if isinstance(type_, ir.Constant):
        return _limits(one_of=(type_.value,))
    if isinstance(type_, ir.OneText):
        return _limits(one_of=type_.values)
    if isinstance(type_, ir.EnumRef) and not known.enums[type_.name].open:
        return _limits(one_of=tuple(value.text for value in known.enums[type_.name].values))
    return ""


def _limits(**limits: object) -> str:
    return "".join(f", {name}={value!r}" for name, value in limits.items() if value is not None)


def _sink(*, secret: bool) -> str:
    return ", secrets=secrets" if secret else ""
