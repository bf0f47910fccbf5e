"""From the document to the IR. Total: everything in the description is lowered or refused, with its place."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Final

from . import ir
from .load import Document, Node, Refusal, steps
from .reader import Entries, flag, integer, items, mapping, number, text, texts
from .schemas import Schemas, fragment

_ROOT: Final = frozenset(
    {
        *(
            "openapi",
            "info",
            "externalDocs",
            "servers",
            "tags",
            "security",
            "paths",
            "webhooks",
            "components",
        ),
        *("x-package", "x-distribution", "x-pages", "x-envelopes", "x-error-categories", "x-error-codes"),
        "x-limits",
    }
)
_COMPONENTS: Final = frozenset(
    {
        *("schemas", "parameters", "responses", "headers", "securitySchemes", "examples"),
    }
)
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head"})
_OPERATION: Final = frozenset(
    {
        *(
            "operationId",
            "tags",
            "summary",
            "description",
            "externalDocs",
            "deprecated",
            "servers",
            "security",
        ),
        *("parameters", "requestBody", "responses", "x-envelope", "x-idempotent", "x-errors", "x-rate-limit"),
        *("x-result-by-request", "x-scope-by-request", "x-browser", "x-address", "x-may-be-empty"),
    }
)
_RESPONSE: Final = frozenset(
    {"description", "headers", "content", "links", "x-category", "x-retryable", "x-advice"}
)
_PARAMETER: Final = frozenset(
    {"name", "in", "required", "description", "schema", "example", "examples", "style", "explode"}
)
_MEDIA: Final = frozenset({"schema", "example", "examples", "encoding"})
_PLAIN: Final = (
    *(ir.Text, ir.Integer, ir.Number, ir.Boolean, ir.Moment, ir.Constant, ir.ScalarUnion, ir.EnumRef),
)
"""What a query, a header or a form can hold; a list of it too, separated by commas."""
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


def lower(document: Document) -> ir.Api:
    """The IR of a document."""
    return _Lowering(document).api()


class _Lowering:
    def __init__(self, document: Document) -> None:
        self.root = Entries(document.root, _ROOT)
        self.schemas = Schemas(document.root)
        self.envelopes: dict[str, ir.Envelope] = {}
        self.categories: dict[str, ir.Category] = {}
        self.codes: dict[tuple[str, str], ir.Code] = {}

    def api(self) -> ir.Api:
        info = Entries(
            self.root.need("info"),
            frozenset({"title", "version", "summary", "description", "license", "contact", "termsOfService"}),
        )
        version = self.root.need("openapi")
        if not text(version).startswith("3.1."):
            raise Refusal(version.place, "must be 3.1.x")
        package = self.root.need("x-package")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", text(package)):
            raise Refusal(package.place, "must be the name of a package")
        self._components()
        self._errors()
        operations = self._operations()
        webhooks = self._webhooks()
        objects = self._directed(operations, webhooks)
        return ir.Api(
            package=text(package),
            distribution=self.root.text("x-distribution", text(package)),
            title=text(info.need("title")),
            version=text(info.need("version")),
            doc=info.text("summary") or info.text("description"),
            pages=tuple((name, text(node)) for name, node in self._table(self.root, "x-pages")),
            tags=self._tags(operations),
            envelopes=tuple(self.envelopes.values()),
            categories=tuple(self.categories.values()),
            codes=tuple(self.codes.values()),
            limits=self._limits(),
            objects=objects,
            enums=tuple(self.schemas.enums.values()),
            unions=tuple(self.schemas.unions.values()),
            operations=operations,
            webhooks=webhooks,
            place=self.root.place,
        )

    # --- tables of the root ---------------------------------------------------------------------------

    def _components(self) -> None:
        components = self.root.get("components")
        if components is None:
            return
        entries = Entries(components, _COMPONENTS)
        self.schemas.lower_all()
        for name, node in self._table(entries, "responses"):
            self._answers(self._response(node), f"{name} response")
        for name, node in self._table(entries, "parameters"):
            self._parameter(node, name)
        for _, node in self._table(entries, "headers"):
            self._header(node)

    def _table(self, entries: Entries, key: str) -> Iterator[tuple[str, Node]]:
        node = entries.get(key)
        if node is not None:
            yield from mapping(node).items()

    def _errors(self) -> None:
        for name, node in self._table(self.root, "x-envelopes"):
            entries = Entries(node, frozenset({"payload", "code", "message", "log-id", "success"}))
            success = entries.get("success")
            self.envelopes[name] = ir.Envelope(
                name=name,
                payload=_path(entries.need("payload")),
                code=_path(entries.need("code")),
                message=_path(entries.need("message")),
                log_id=tuple(_path(item) for item in items(entries.need("log-id"))),
                success=None if success is None else text(success),
                place=node.place,
            )
        for name, node in self._table(self.root, "x-error-categories"):
            entries = Entries(node, frozenset({"class", "description", "advice", "statuses"}))
            statuses = entries.get("statuses")
            self.categories[name] = ir.Category(
                name=name,
                class_name=text(entries.need("class")),
                doc=entries.text("description"),
                advice=entries.text("advice"),
                statuses=tuple(_status(item) for item in items(statuses)) if statuses is not None else (),
                place=node.place,
            )
        for envelope, table in self._table(self.root, "x-error-codes"):
            if envelope not in self.envelopes:
                raise Refusal(table.place, f"{envelope!r} is not an envelope")
            for code, node in mapping(table).items():
                self.codes[envelope, code] = self._code(envelope, code, node)

        for enum in self.schemas.enums.values():
            for value in enum.values:
                category = dict(value.facts).get("category")
                if category is not None and category not in self.categories:
                    raise Refusal(
                        enum.place, f"{category!r}, said of {value.text!r}, is not an error category"
                    )

    def _code(self, envelope: str, code: str, node: Node) -> ir.Code:
        entries = Entries(
            node, frozenset({"status", "category", "retryable", "description", "advice", "messages"})
        )
        messages: list[str] = []
        listed = entries.get("messages")
        for item in items(listed) if listed is not None else []:
            said = Entries(item, frozenset({"text", "when"}))
            messages.append(text(said.need("text")))
        return ir.Code(
            envelope=envelope,
            code=code,
            status=integer(entries.need("status")),
            category=self._category(entries.need("category")),
            retryable=flag(entries.need("retryable")),
            doc=entries.text("description"),
            advice=entries.text("advice"),
            messages=tuple(messages),
            place=node.place,
        )

    def _category(self, node: Node) -> str:
        if text(node) not in self.categories:
            raise Refusal(node.place, f"{text(node)!r} is not an error category")
        return text(node)

    def _limits(self) -> tuple[ir.Limit, ...]:
        limits: list[ir.Limit] = []
        for name, node in self._table(self.root, "x-limits"):
            entries = Entries(node, frozenset({"value", "unit", "description"}))
            limits.append(
                ir.Limit(
                    name,
                    number(entries.need("value")),
                    entries.text("unit"),
                    entries.text("description"),
                    node.place,
                )
            )
        return tuple(limits)

    def _tags(self, operations: tuple[ir.Operation, ...]) -> tuple[ir.Tag, ...]:
        tags: dict[str, ir.Tag] = {}
        listed = self.root.get("tags")
        for item in items(listed) if listed is not None else []:
            entries = Entries(item, frozenset({"name", "description"}))
            name = text(entries.need("name"))
            if name in tags:
                raise Refusal(item.place, f"the tag {name!r} is already there")
            tags[name] = ir.Tag(name, entries.text("description"), item.place)
        for operation in operations:
            tags.setdefault(operation.tag, ir.Tag(operation.tag, "", operation.place))
        used = {operation.tag for operation in operations}
        return tuple(tag for tag in tags.values() if tag.name in used)

    # --- operations -----------------------------------------------------------------------------------

    def _operations(self) -> tuple[ir.Operation, ...]:
        operations: list[ir.Operation] = []
        for path, node in self._table(self.root, "paths"):
            entries = Entries(node, _METHODS | {"summary", "description", "servers", "parameters"})
            for method, operation in entries:
                if method in _METHODS:
                    operations.append(self._operation(path, method, operation, entries))
        known: dict[str, ir.Operation] = {}
        for item in operations:
            if item.id in known:
                other = known[item.id].place
                raise Refusal(item.place, f"operationId {item.id!r} is taken by {other.file}:{other.line}")
            known[item.id] = item
        return tuple(operations)

    def _operation(self, path: str, method: str, node: Node, item: Entries) -> ir.Operation:
        entries = Entries(node, _OPERATION)
        if "{" in path:
            raise Refusal(node.place, "a path with parameters cannot be expressed")
        name = text(entries.need("operationId"))
        tags = entries.texts("tags")
        if not tags:
            raise Refusal(node.place, "needs a tag")
        bearer, scopes = self._security(entries)
        envelope = self._envelope(entries)
        parameters = [*self._parameters(item, name), *self._parameters(entries, name)]
        body = self._body(entries, name)
        if isinstance(body, ir.BinaryBody):
            # The media type is the argument: the description lists it with the body, not as a header.
            parameters.insert(0, _content_type(entries.need("requestBody"), body))
        result, successes, statuses = self._responses(entries, envelope, name)
        by_request = self._by_request(entries, body)
        if isinstance(result, ir.OneOf):
            if by_request is None:
                raise Refusal(
                    entries.need("responses").place,
                    f"its result is one of {', '.join(result.objects)}; 'x-result-by-request' must say which",
                )
            if {found for _, found in by_request.cases} != set(result.objects):
                raise Refusal(
                    entries.need("x-result-by-request").place,
                    f"must have exactly these results: {', '.join(result.objects)}",
                )
        elif by_request is not None:
            raise Refusal(entries.need("x-result-by-request").place, "there is only one result")
        browser = entries.flag("x-browser")
        headers = [parameter for parameter in parameters if parameter.where == "header"]
        if browser and (body is not None or bearer or headers):
            raise Refusal(node.place, "what a browser opens has no body, no access token and no headers")
        address = self._address(entries)
        if address is not None and len(headers) < len(parameters):
            raise Refusal(address.place, "an address that is given whole takes no query parameters")
        return ir.Operation(
            id=name,
            tag=tags[0],
            fragment=fragment(node),
            method=method.upper(),
            path=path,
            server=self._server(entries, item),
            summary=entries.text("summary"),
            doc=entries.doc(),
            sources=entries.texts("x-source"),
            envelope=envelope,
            idempotent=flag(entries.need("x-idempotent")),
            browser=browser,
            may_be_empty=entries.flag("x-may-be-empty"),
            bearer=bearer,
            scopes=scopes,
            errors=self._refusals(entries, envelope),
            statuses=statuses,
            rate_limit=self._rate_limit(entries),
            address=address,
            parameters=tuple(parameters),
            body=body,
            result=result,
            successes=successes,
            by_request=by_request,
            scope_by_request=self._scope_by_request(entries, body, scopes),
            place=node.place,
        )

    def _server(self, *levels: Entries) -> str:
        for level in (*levels, self.root):
            servers = level.get("servers")
            if servers is not None and items(servers):
                first = Entries(items(servers)[0], frozenset({"url", "description"}))
                return text(first.need("url")).rstrip("/")
        raise Refusal(levels[0].place, "has no server, and the root has none")

    def _security(self, entries: Entries) -> tuple[bool, tuple[tuple[str, ...], ...]]:
        node = entries.get("security") or self.root.get("security")
        schemes = self._schemes()
        alternatives: list[tuple[str, ...]] = []
        for item in items(node) if node is not None else []:
            wanted = mapping(item)
            for name, scopes in wanted.items():
                if name not in schemes:
                    raise Refusal(scopes.place, f"{name!r} is not a security scheme")
                known = schemes[name]
                for scope in items(scopes):
                    if known is not None and text(scope) not in known:
                        raise Refusal(scope.place, f"{text(scope)!r} is not among the scopes of {name}")
            if len(wanted) != 1:
                raise Refusal(item.place, "each alternative names one security scheme")
            alternatives.extend(texts(scopes) for scopes in wanted.values())
        return bool(alternatives), tuple(alternatives)

    def _schemes(self) -> dict[str, set[str] | None]:
        """The security schemes, each with its scopes where it lists some."""
        components = self.root.get("components")
        node = mapping(components).get("securitySchemes") if components is not None else None
        found: dict[str, set[str] | None] = {}
        for name, scheme in mapping(node).items() if node is not None else ():
            kind = mapping(scheme).get("type")
            http = mapping(scheme).get("scheme")
            if kind is None or not (kind.value == "oauth2" or (http is not None and http.value == "bearer")):
                raise Refusal(scheme.place, "only oauth2 and http bearer can be expressed")
            flows = mapping(scheme).get("flows")
            listed = (
                [mapping(flow).get("scopes") for flow in mapping(flows).values()] if flows is not None else []
            )
            scopes = {scope for node in listed if node is not None for scope in mapping(node)}
            found[name] = scopes if flows is not None else None
        return found

    def _envelope(self, entries: Entries) -> str | None:
        node = entries.need("x-envelope")
        name = text(node)
        if name == "none":
            return None
        if name not in self.envelopes:
            raise Refusal(node.place, f"{name!r} is not an envelope")
        return name

    def _refusals(self, entries: Entries, envelope: str | None) -> tuple[tuple[str, int], ...]:
        errors: dict[str, int] = {}
        for item in items(entries.need("x-errors")):
            status: int | None = None
            if isinstance(item.value, dict):
                said = Entries(item, frozenset({"code", "status"}))
                code, status = text(said.need("code")), said.integer("status")
            else:
                code = text(item)
            # Without an envelope no body holds a code; it may come another way, such as a redirect.
            known = [
                entry
                for (owner, name), entry in self.codes.items()
                if name == code and envelope in {None, owner}
            ]
            if not known:
                raise Refusal(item.place, f"the code {code!r} is not in the catalogue")
            if code in errors:
                raise Refusal(item.place, f"the code {code!r} is listed twice")
            errors[code] = known[0].status if status is None else status
        return tuple(errors.items())

    def _rate_limit(self, entries: Entries) -> ir.RateLimit | None:
        node = entries.get("x-rate-limit")
        if node is None:
            return None
        said = Entries(node, frozenset({"requests", "seconds", "per", "bucket"}))
        return ir.RateLimit(
            requests=integer(said.need("requests")),
            seconds=integer(said.need("seconds")),
            per=text(said.need("per")),
            bucket=text(said.need("bucket")),
        )

    def _address(self, entries: Entries) -> ir.Address | None:
        node = entries.get("x-address")
        if node is None:
            return None
        said = Entries(node, frozenset({"name", "description", "x-secret"}))
        return ir.Address(
            text(said.need("name")), said.text("description"), said.flag("x-secret"), node.place
        )

    def _scope_by_request(
        self, entries: Entries, body: ir.Body, scopes: tuple[tuple[str, ...], ...]
    ) -> ir.ScopeByRequest | None:
        node = entries.get("x-scope-by-request")
        if node is None:
            return None
        said = Entries(node, frozenset({"at", "cases"}))
        at = _path(said.need("at"))
        decides = self._at(ir.ObjectRef(body.object), at) if isinstance(body, ir.FieldsBody) else None
        if not isinstance(decides, ir.EnumRef):
            raise Refusal(said.need("at").place, "must point to an enum in the request")
        values = {value.text for value in self.schemas.enums[decides.name].values}
        wanted = {scope for alternative in scopes for scope in alternative}
        cases: list[tuple[str, str]] = []
        for value, scope in mapping(said.need("cases")).items():
            if value not in values:
                raise Refusal(scope.place, f"{value!r} is not in the enum {decides.name}")
            if text(scope) not in wanted:
                raise Refusal(scope.place, f"{text(scope)!r} is not among the scopes in 'security'")
            cases.append((value, text(scope)))
        return ir.ScopeByRequest(at, tuple(cases))

    def _by_request(self, entries: Entries, body: ir.Body) -> ir.ResultByRequest | None:
        node = entries.get("x-result-by-request")
        if node is None:
            return None
        said = Entries(node, frozenset({"at", "cases"}))
        at = _path(said.need("at"))
        cases: list[tuple[str, str]] = []
        for request, result in mapping(said.need("cases")).items():
            for name in (request, text(result)):
                if name not in self.schemas.objects:
                    raise Refusal(result.place, f"{name!r} is not an object of the description")
            cases.append((request, text(result)))
        choices: tuple[str, ...] = ()
        if not at and isinstance(body, ir.UnionBody):
            choices = body.objects
        elif len(at) == 1 and isinstance(body, ir.FieldsBody):
            for field in self.schemas.objects[body.object].fields:
                if field.wire == at[0] and isinstance(field.type, ir.UnionRef):
                    choices = tuple(name for _, name in self.schemas.unions[field.type.name].cases)
        if not choices:
            raise Refusal(
                said.need("at").place, "must point to a union in the request: the body or one property"
            )
        if set(choices) != {request for request, _ in cases}:
            raise Refusal(said.need("cases").place, f"must have exactly these cases: {', '.join(choices)}")
        return ir.ResultByRequest(at[0] if at else None, tuple(cases))

    # --- parameters and bodies ------------------------------------------------------------------------

    def _parameters(self, entries: Entries, operation: str) -> Iterator[ir.Parameter]:
        node = entries.get("parameters")
        for item in items(node) if node is not None else []:
            yield self._parameter(self.schemas.resolve(item), operation)

    def _parameter(self, node: Node, owner: str) -> ir.Parameter:
        entries = Entries(node, _PARAMETER)
        name, where = text(entries.need("name")), entries.need("in")
        if text(where) not in {"query", "header"}:
            raise Refusal(where.place, f"a parameter in {text(where)!r} cannot be expressed")
        schema = entries.need("schema")
        found = self.schemas.property(schema, f"{owner} {name}")
        for key in ("x-time", "x-at", "x-scope"):
            if (entry := mapping(schema).get(key)) is not None:
                raise Refusal(entry.place, f"{key!r} belongs to a property; it says nothing of a parameter")
        if isinstance(found.type, ir.ListOf) and isinstance(found.type.item, _PLAIN):
            if text(where) == "header":
                raise Refusal(node.place, "a list cannot be a header; describe the header as text")
            _comma_separated(entries)
        elif not isinstance(found.type, _PLAIN):
            raise Refusal(
                node.place,
                "a parameter is text, a number, a boolean, a date, an enum, or a list of one of them",
            )
        return ir.Parameter(
            wire=name,
            where=text(where),
            type=found.type,
            required=entries.flag("required"),
            doc=entries.text("description") or found.doc,
            place=node.place,
            secret=found.secret,
        )

    def _body(self, entries: Entries, operation: str) -> ir.Body:
        node = entries.get("requestBody")
        if node is None:
            return None
        body = Entries(self.schemas.resolve(node), frozenset({"description", "required", "content"}))
        content = mapping(body.need("content"))
        structured = [media for media in content if media in {_JSON, _FORM}]
        if not structured:
            for node in content.values():
                bytes_ = Entries(node, _MEDIA).get("schema")
                if bytes_ is not None and not isinstance(
                    self.schemas.type_of(bytes_, ""), (ir.Anything, ir.Text)
                ):
                    raise Refusal(bytes_.place, "a binary body has no schema but {}")
            if not content:
                raise Refusal(body.place, "needs a media type")
            return ir.BinaryBody(tuple(content))
        if len(content) > 1:
            raise Refusal(body.place, "one media type for a body of fields")
        media_type = structured[0]
        media = Entries(content[media_type], _MEDIA)
        schema = media.need("schema")
        type_ = self.schemas.type_of(schema, f"{operation} body")
        if isinstance(type_, ir.ObjectRef):
            self._form(media, media_type, (type_.name,))
            return ir.FieldsBody(media_type, type_.name)
        if isinstance(type_, ir.UnionRef):
            union = self.schemas.unions[type_.name]
            self._form(media, media_type, tuple(name for _, name in union.cases))
            return ir.UnionBody(
                media_type,
                tuple(name for _, name in union.cases),
                None if union.inline else union.name,
            )
        raise Refusal(schema.place, "a body is an object or a union of objects told apart by a constant")

    def _form(self, media: Entries, media_type: str, objects: tuple[str, ...]) -> None:
        """Refuse what a form cannot hold, and an `encoding` that nothing follows from."""
        node = media.get("encoding")
        encoding = {} if node is None else dict(mapping(node))
        fields = [field for name in objects for field in self.schemas.objects[name].fields]
        lists: set[str] = set()
        for field in fields if media_type == _FORM else ():
            type_ = field.type.inner if isinstance(field.type, ir.Nullable) else field.type
            if isinstance(type_, ir.ListOf) and isinstance(type_.item, _PLAIN):
                if field.wire not in encoding:
                    raise Refusal(
                        media.place,
                        f"the list {field.wire!r} needs an 'encoding': 'style: form', 'explode: false'",
                    )
                lists.add(field.wire)
            elif not isinstance(type_, (*_PLAIN, ir.Embedded)):
                raise Refusal(field.place, f"{field.wire!r} cannot stand in a form, only in JSON")
        for wire, entry in encoding.items():
            if wire not in lists:
                raise Refusal(entry.place, f"{wire!r} is not a list in a form, so nothing follows from this")
            _comma_separated(Entries(entry, frozenset({"style", "explode"})))

    # --- responses ------------------------------------------------------------------------------------

    def _responses(
        self, entries: Entries, envelope: str | None, operation: str
    ) -> tuple[ir.Type | None, tuple[tuple[str, str], ...], tuple[ir.StatusMeaning, ...]]:
        results: list[ir.Type | None] = []
        statuses: list[ir.StatusMeaning] = []
        successes: list[tuple[str, str]] = []
        for status, node in mapping(entries.need("responses")).items():
            if not re.fullmatch(r"[1-5]([0-9]{2}|[xX]{2})|default", status):
                raise Refusal(node.place, f"{status!r} is not a status such as 404 or 5XX")
            response = self._response(node)
            answers = self._answers(response, f"{operation} {status}")
            if (category := response.get("x-category")) is not None:
                statuses.append(
                    ir.StatusMeaning(
                        status=status.lower(),
                        category=self._category(category),
                        retryable=flag(response.need("x-retryable")),
                        doc=response.text("description"),
                        advice=response.text("x-advice"),
                    )
                )
            elif advice := response.get("x-retryable") or response.get("x-advice"):
                raise Refusal(advice.place, "says nothing without an 'x-category'")
            if status[0] != "2":
                continue
            successes.append((status, response.text("description")))
            if envelope is not None:
                if not answers:
                    raise Refusal(response.place, "an answer with an envelope has a JSON schema")
                results += self._payloads(answers, self.envelopes[envelope])
        return self._one(results, entries), tuple(successes), tuple(statuses)

    def _response(self, node: Node) -> Entries:
        response = Entries(self.schemas.resolve(node), _RESPONSE)
        for _, header in self._table(response, "headers"):
            self._header(header)
        return response

    def _header(self, node: Node) -> None:
        header = Entries(
            self.schemas.resolve(node),
            frozenset({"description", "required", "schema", "example", "examples"}),
        )
        self.schemas.inner_type(header.need("schema"), "header")

    def _answers(self, response: Entries, owner: str) -> list[Node]:
        """The schemas an answer can have, members of a union one by one."""
        found: list[Node] = []
        for media_type, node in self._table(response, "content"):
            schema = Entries(node, _MEDIA).get("schema")
            if schema is None:
                continue
            if media_type == _JSON:
                for member in self.schemas.members(schema):
                    self.schemas.type_of(member, owner)
                    found.append(member)
            else:
                self.schemas.type_of(schema, owner)
        return found

    def _payloads(self, answers: list[Node], envelope: ir.Envelope) -> Iterator[ir.Type | None]:
        """What the answers hold where the envelope says that the payload is; refusals left out."""
        for node in answers:
            type_ = self.schemas.type_of(node, "answer")
            if not isinstance(type_, ir.ObjectRef):
                raise Refusal(node.place, "an answer with an envelope is a reference to an object")
            code = self._at(type_, envelope.code)
            refused = code is not None if envelope.success is None else code != ir.Constant(envelope.success)
            if refused and len(answers) > 1:
                continue
            yield self._at(type_, envelope.payload)

    def _at(self, type_: ir.Type, path: tuple[str, ...]) -> ir.Type | None:
        for step in path:
            if not isinstance(type_, ir.ObjectRef):
                return None
            fields = {field.wire: field.type for field in self.schemas.objects[type_.name].fields}
            if step not in fields:
                return None
            type_ = fields[step]
        return type_

    def _one(self, results: list[ir.Type | None], entries: Entries) -> ir.Type | None:
        distinct = list(dict.fromkeys(results))
        if not distinct:
            return None
        if len(distinct) == 1:
            return distinct[0]
        names = [type_.name for type_ in distinct if isinstance(type_, ir.ObjectRef)]
        if len(names) < len(distinct):
            raise Refusal(entries.need("responses").place, "has several results that are not all objects")
        return ir.OneOf(tuple(names))

    # --- webhooks -------------------------------------------------------------------------------------

    def _webhooks(self) -> ir.Webhooks | None:
        events: list[ir.Event] = []
        headers: set[str] = set()
        table = list(self._table(self.root, "webhooks"))
        for name, node in table:
            item = Entries(node, frozenset({"post", "summary", "description", "x-aliases"}))
            post = Entries(item.need("post"), _OPERATION | {"x-aliases"})
            for parameter in self._parameters(post, name):
                if parameter.where == "header":
                    headers.add(parameter.wire)
            for response in mapping(post.need("responses")).values():
                self._response(response)
            body = self._body(post, name)
            if not isinstance(body, ir.FieldsBody) or body.media_type != _JSON:
                raise Refusal(post.place, "a webhook has a JSON body that is a reference to an object")
            events.append(
                ir.Event(
                    name=name,
                    aliases=post.texts("x-aliases") + item.texts("x-aliases"),
                    object=body.object,
                    doc=post.text("description") or post.text("summary"),
                    place=node.place,
                )
            )
        if not events:
            return None
        names: dict[str, ir.Event] = {}
        for event in events:
            for name in (event.name, *event.aliases):
                if name in names:
                    raise Refusal(event.place, f"the event {name!r} is already there")
                names[name] = event
        if len(headers) > 1:
            raise Refusal(events[0].place, f"webhooks share one header, not {', '.join(sorted(headers))}")
        return ir.Webhooks(self._tag(events), next(iter(headers), None), tuple(events))

    def _tag(self, events: list[ir.Event]) -> str:
        """The property that holds the event's name in all of them."""
        first, *others = (self._names_event(event) for event in events)
        for wire in first:
            if all(wire in found for found in others):
                return wire
        raise Refusal(events[0].place, "no property holds the event's name as a constant in all events")

    def _names_event(self, event: ir.Event) -> list[str]:
        names = {event.name, *event.aliases}
        found: list[str] = []
        for field in self.schemas.objects[event.object].fields:
            if field.type == ir.Constant(event.name):
                found.append(field.wire)
            elif isinstance(field.type, ir.EnumRef):
                values = {value.text for value in self.schemas.enums[field.type.name].values}
                if names <= values:
                    found.append(field.wire)
        return found

    # --- directions -----------------------------------------------------------------------------------

    def _directed(
        self, operations: tuple[ir.Operation, ...], webhooks: ir.Webhooks | None
    ) -> tuple[ir.Object, ...]:
        """The objects, marked by whether they are sent or received; what is neither has no class."""
        sent: set[str] = set()
        received: set[str] = set()
        for operation in operations:
            if isinstance(operation.body, ir.FieldsBody):
                self._reach(ir.ObjectRef(operation.body.object), sent, operation.place)
            elif isinstance(operation.body, ir.UnionBody):
                for name in operation.body.objects:
                    self._reach(ir.ObjectRef(name), sent, operation.place)
            if isinstance(operation.result, ir.OneOf):
                for name in operation.result.objects:
                    self._reach(ir.ObjectRef(name), received, operation.place)
            elif operation.result is not None:
                self._reach(operation.result, received, operation.place)
        for event in webhooks.events if webhooks else ():
            self._reach(ir.ObjectRef(event.object), received, event.place)
        return tuple(
            dataclasses.replace(item, sent=item.name in sent, received=item.name in received)
            for item in self.schemas.objects.values()
        )

    def _reach(self, type_: ir.Type, seen: set[str], place: ir.Place) -> None:
        if isinstance(type_, ir.ObjectRef):
            if type_.name in seen:
                return
            seen.add(type_.name)
            for field in self.schemas.objects[type_.name].fields:
                self._reach(field.type, seen, field.place)
        elif isinstance(type_, ir.UnionRef):
            for _, name in self.schemas.unions[type_.name].cases:
                self._reach(ir.ObjectRef(name), seen, place)
        elif isinstance(type_, ir.OneOf):
            raise Refusal(
                place, f"nothing tells {', '.join(type_.objects)} apart: give each a required constant"
            )
        elif isinstance(type_, ir.ListOf):
            self._reach(type_.item, seen, place)
        elif isinstance(type_, ir.MapOf):
            self._reach(type_.value, seen, place)
        elif isinstance(type_, (ir.Nullable, ir.Embedded)):
            self._reach(type_.inner, seen, place)


def _path(node: Node) -> tuple[str, ...]:
    pointer = text(node)
    if pointer and not pointer.startswith("/"):
        raise Refusal(node.place, "must be a JSON pointer: empty or '/…'")
    return steps(pointer)


def _status(node: Node) -> str:
    value = str(node.value).lower()
    if not re.fullmatch(r"[1-5]([0-9]{2}|xx)", value):
        raise Refusal(node.place, f"{value!r} is not a status such as 404 or 5xx")
    return value


def _comma_separated(entries: Entries) -> None:
    style, explode = entries.get("style"), entries.get("explode")
    if style is None or style.value != "form" or explode is None or explode.value is not False:
        raise Refusal(entries.place, "a list needs 'style: form' and 'explode: false'")


def _content_type(node: Node, body: ir.BinaryBody) -> ir.Parameter:
    choices = ", ".join(body.media_types)
    return ir.Parameter(
        wire="Content-Type",
        where="header",
        type=ir.OneText(body.media_types),
        required=True,
        doc=f"What the bytes are: {choices}.",
        place=node.place,
    )
