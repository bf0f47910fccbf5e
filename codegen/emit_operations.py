"""The modules of `operations` and `faces`: one of each for every tag."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from . import ir, names, pytypes
from .load import Refusal
from .pytypes import Decoders
from .text import docstring, entry, paragraphs, sentence, sources
from .writer import Writer, attribute_names, field_doc, is_optional, limits_doc

COLOURS: Final = (("", "SyncDriver", "", ""), ("Async", "AsyncDriver", "async ", "await "))
"""Prefix of the classes, driver, and the words before `def` and before a call."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of an operation."""

    name: str
    annotation: str
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """An overload: what the deciding argument is, and what follows."""

    arguments: dict[str, str]
    result: str


@dataclass(slots=True)
class OperationView:
    """An operation as the templates see it."""

    name: str
    constant: str
    positional: list[Argument]
    keywords: list[Argument]
    result: str
    decode: str
    browser: bool
    doc: str = ""
    face_doc: str = ""
    url_doc: str = ""
    lines: list[str] = field(default_factory=list[str])
    headers: list[str] = field(default_factory=list[str])
    listed_headers: bool = False
    query: bool = False
    body: str = ""
    address: str = ""
    cases: list[CaseView] = field(default_factory=list[CaseView])
    table: str = ""
    decoders: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    content: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


def operations(w: Writer) -> dict[str, OperationView]:
    """Add every module of operations and faces, and say what each operation is called in Python."""
    views: dict[str, OperationView] = {}
    scope, faces = names.Scope("the constant"), names.Scope("the class")
    for tag in w.api.tags:
        if names.snake(tag.name) in names.CLIENT_MEMBERS:
            raise Refusal(tag.place, f"{tag.name!r} is what every client has already; choose another tag")
        functions = names.Scope(f"the function of {tag.name}")
        decoders = Decoders(w.known)
        operations = [op for op in w.api.operations if op.tag == tag.name]
        for op in operations:
            name = functions.take(names.function(op.id), op.id, op.place)
            constant = scope.take(names.route(op.id), op.id, op.place)
            views[op.id] = _operation(w, op, name, constant, decoders)
        module = names.snake(tag.name)
        face = faces.take(f"{names.class_name(tag.name)}Face", tag.name, tag.place)
        source = ", ".join(dict.fromkeys(f"spec/{op.fragment}.yaml" for op in operations))
        doc = tag.doc or f"The operations of `{tag.name}`."
        shared = {"operations": [views[op.id] for op in operations]}
        w.add(
            f"operations/{module}.py",
            source,
            f"{doc}\n\nEach function checks what it is given and returns a `Call`; nothing is sent.",
            {**shared, "constants": decoders.rows()},
            template="operations.py",
        )
        colours = [
            {
                "prefix": prefix,
                "driver": driver,
                "async_": async_,
                "await_": await_,
                "doc": docstring(doc, 4),
            }
            for prefix, driver, async_, await_ in COLOURS
        ]
        w.add(
            f"faces/{module}.py",
            source,
            doc,
            {**shared, "face": face, "colours": colours},
            template="faces.py",
            homes={"operations": f"operations.{module}:"},
        )
    return views


def _operation(w: Writer, op: ir.Operation, name: str, constant: str, decoders: Decoders) -> OperationView:
    positional: list[Argument] = []
    keywords: list[Argument] = []
    scope = names.Scope(f"the argument of {op.id}")
    result, decode = _result(w, op, decoders)
    view = OperationView(name, constant, positional, keywords, result, decode, op.browser)
    if op.address is not None:
        argument = scope.take(names.argument(op.address.name), op.address.name, op.address.place)
        positional.append(Argument(argument, "str", required=True, doc=op.address.doc))
        sink = "secrets" if op.address.secret else "None"
        view.address = f'checked.address({argument}, "{argument}", {sink})'
    if op.bearer:
        scope.take("access_token", "access_token", op.place)
        keywords.append(
            Argument("access_token", "str", required=True, doc="The user's access token, for this call only.")
        )
        view.headers.append("checked.bearer(access_token, secrets)")
    _body(w, op, view, scope)
    _parameters(w, op, view, scope)
    keywords.sort(key=lambda argument: not argument.required)
    for colour, content in (("", "bytes | Iterable[bytes]"), ("Async", "Content")):
        view.content[colour] = {"content": content} if isinstance(op.body, ir.BinaryBody) else {}
    _cases(w, op, view)
    _operation_docs(w, op, view)
    return view


def _result(w: Writer, op: ir.Operation, decoders: Decoders) -> tuple[str, str]:
    if op.envelope is None:
        return "Receipt", "None"
    if op.result is None:
        return "None", "decode_nothing"
    annotation = pytypes.annotation(op.result, w.known, sent=False)
    if isinstance(op.result, ir.OneOf):
        return annotation, ""
    return annotation, decoders.of(op.result)


def _body(w: Writer, op: ir.Operation, view: OperationView, scope: names.Scope) -> None:
    body = op.body
    if body is None:
        return
    if isinstance(body, ir.BinaryBody):
        view.positional.append(
            Argument(scope.take("content", "content", op.place), "Content", required=True, doc="The bytes.")
        )
        view.lines.append('checked.content(content, "content")')
        view.body = "content"
        return
    form = body.media_type != "application/json"
    view.headers.append("checked.FORM_TYPE" if form else "checked.JSON_TYPE")
    view.body = "checked.form_body(encoded)" if form else "checked.json_body(encoded)"
    if isinstance(body, ir.UnionBody):
        annotation = (
            w.known.classes[body.union]
            if body.union
            else " | ".join(w.known.classes[name] for name in body.objects)
        )
        union = body.union or next(
            u.name for u in w.api.unions if u.inline and tuple(name for _, name in u.cases) == body.objects
        )
        view.positional.append(
            Argument(scope.take("body", "body", op.place), annotation, required=True, doc="What to send.")
        )
        view.lines.append(f'encoded = encode_{w.known.functions[union]}(body, "", secrets)')
        return
    item = w.api.object(body.object)
    attributes = attribute_names(item)
    passed: list[str] = []
    for f in item.fields:
        if isinstance(f.type, ir.Constant):
            continue
        argument = scope.take(names.argument(f.wire), f.wire, f.place)
        annotation = pytypes.annotation(f.type, w.known, sent=True)
        optional = is_optional(f)
        if optional and not annotation.endswith("| None"):
            annotation += " | None"
        view.keywords.append(Argument(argument, annotation, not optional, field_doc(f)))
        passed.append(f"{attributes[f.wire]}={argument}")
    made = f"{w.known.classes[item.name]}({', '.join(passed)})"
    view.lines.append(f'encoded = encode_{w.known.functions[item.name]}({made}, "", secrets)')


def _parameters(w: Writer, op: ir.Operation, view: OperationView, scope: names.Scope) -> None:
    query = [p for p in op.parameters if p.where == "query"]
    headers = [p for p in op.parameters if p.where == "header"]
    if query:
        view.query = True
        view.lines.append("pairs: list[tuple[str, str]] = []")
    # One optional header makes the whole tuple a list that is filled step by step.
    view.listed_headers = any(not p.required for p in headers)
    if view.listed_headers:
        view.lines.append(f"lines: list[tuple[str, str]] = [{', '.join(view.headers)}]")
        view.headers.clear()
    for p in (*query, *headers):
        wire = json.dumps(p.wire)
        if isinstance(p.type, ir.Constant):
            value, argument = repr(p.type.value), ""
        else:
            argument = scope.take(names.argument(p.wire), p.wire, p.place)
            annotation = pytypes.annotation(p.type, w.known, sent=True)
            optional = "" if p.required else " | None"
            doc = " ".join(said for said in (p.doc, limits_doc(p.type)) if said)
            view.keywords.append(Argument(argument, annotation + optional, p.required, doc))
            value = pytypes.check(p.type, argument, json.dumps(argument), w.known, at='""', secret=p.secret)
        if p.where == "query":
            text = (
                value if isinstance(p.type, (ir.Constant, ir.Text, ir.EnumRef)) else f"checked.plain({value})"
            )
            line = f"pairs.append(({wire}, {text}))"
        else:
            line = f"checked.header({wire}, {value}, {argument or p.wire!r})"
            line = line.replace(f", {argument})", f', "{argument}")') if argument else line
            if not view.listed_headers:
                view.headers.append(line)
                continue
            line = f"lines.append({line})"
        if argument and not p.required:
            view.lines.append(f"if {argument} is not None:")
            line = f"    {line}"
        view.lines.append(line)


def _cases(w: Writer, op: ir.Operation, view: OperationView) -> None:
    if op.by_request is None:
        return
    wire = op.by_request.argument
    argument = "body" if wire is None else names.argument(wire)
    by_result: dict[str, list[str]] = {}
    for request, result in op.by_request.cases:
        by_result.setdefault(result, []).append(request)
    for result, requests in by_result.items():
        union = " | ".join(w.known.classes[name] for name in requests)
        view.cases.append(CaseView({argument: union}, w.known.classes[result]))
    # Callers that do not know which request they hold get the union.
    view.cases.append(CaseView({}, view.result))
    view.table = f"_{view.constant}_RESULTS"
    view.decode = f"checked.matching({argument}, {view.table})"
    view.decoders = [
        (w.known.classes[request], f"decode_{w.known.functions[result]}")
        for request, result in op.by_request.cases
    ]


def _operation_docs(w: Writer, op: ir.Operation, view: OperationView) -> None:
    text = paragraphs(op.summary or f"`{op.id}`.", op.doc, _allowance(op), sources(op.sources, w.pages))
    arguments = [*view.positional, *view.keywords]
    for indent, attribute in ((4, "doc"), (8, "face_doc"), (8, "url_doc")):
        args = [entry(a.name, a.doc or f"`{a.name}`.", indent) for a in arguments]
        raises = [entry("Impossible", "an argument cannot be sent as it is.", indent)]
        returns: list[str] = []
        if attribute == "face_doc":
            returns = [entry(name, doc, indent) for name, doc in _returns(w, op)]
            raises += [
                entry("CouldNotAsk", "no answer came back.", indent),
                *(entry(name, doc, indent) for name, doc in _refusals(w, op)),
                entry("Unreadable", "the answer is not what the description promises.", indent),
            ]
        sections = "\n\n".join(
            "\n".join([f"{title}:", *lines])
            for title, lines in (("Args", args), ("Returns", returns), ("Raises", raises))
            if lines
        )
        setattr(view, attribute, docstring(text, indent, sections=sections))


def _allowance(op: ir.Operation) -> str:
    """Which scope an operation needs, and how often it may be called."""
    alternatives = [" and ".join(f"`{scope}`" for scope in scopes) for scopes in op.scopes if scopes]
    said: list[str] = []
    if op.scope_by_request is not None:
        at = ".".join(op.scope_by_request.at)
        cases = [f"`{scope}` where `{at}` is `{value}`" for value, scope in op.scope_by_request.cases]
        said.append(f"Needs the scope {', '.join(cases)}.")
    elif alternatives:
        said.append(f"Needs the scope {' or '.join(alternatives)}.")
    if (limit := op.rate_limit) is not None:
        said.append(f"At most {limit.requests} requests in {limit.seconds} seconds for each `{limit.per}`.")
    return " ".join(said)


def _returns(w: Writer, op: ir.Operation) -> list[tuple[str, str]]:
    """What comes back, by its class: what the answers mean would speak of refusals too, which are raised."""
    if op.envelope is None:
        stated = [(status, sentence(doc)) for status, doc in op.successes if doc]
        said = " ".join(f"{status}: {doc}" if len(stated) > 1 else doc for status, doc in stated)
        return [("Receipt", f"Status and headers of the answer. {said}")]
    if op.by_request is not None:
        asked: dict[str, list[str]] = {}
        for request, result in op.by_request.cases:
            asked.setdefault(result, []).append(f"`{w.known.classes[request]}`")
        return [
            (w.known.classes[result], f"{sentence(w.api.object(result).doc)} For {' or '.join(requests)}.")
            for result, requests in asked.items()
        ]
    if isinstance(op.result, ir.ObjectRef):
        return [(w.known.classes[op.result.name], sentence(w.api.object(op.result.name).doc))]
    if op.result is None:
        return []
    return [(pytypes.annotation(op.result, w.known, sent=False), sentence(op.successes[0][1]))]


def _refusals(w: Writer, op: ir.Operation) -> list[tuple[str, str]]:
    """The classes of refusals, and with which codes or statuses each comes."""
    found: dict[str, list[str]] = {}
    category_of = {(code.envelope, code.code): code.category for code in w.api.codes}
    for code, _ in op.errors:
        if op.envelope is not None:
            found.setdefault(category_of[op.envelope, code], []).append(f"`{code}`")
    for meaning in op.statuses:
        found.setdefault(meaning.category, []).append(f"HTTP {meaning.status}")
    known = [
        (category.class_name, f"the service said {', '.join(found[category.name])}.")
        for category in w.api.categories
        if category.name in found
    ]
    return [
        *known,
        ("Refused", f"it said no in another way{'; the base of the classes above' * bool(known)}."),
    ]
