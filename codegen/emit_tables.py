"""The modules that are tables: routes, errors, limits, and the events of the webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping

from . import ir, names
from .emit_operations import OperationView
from .load import Refusal
from .text import docstring, page, paragraphs, sentence
from .writer import EVERYTHING, PUBLIC_ERRORS, Writer, render


def routes(w: Writer, views: Mapping[str, OperationView]) -> None:
    """Add the route table."""
    scope = names.Scope("the constant")
    envelopes = {
        e.name: scope.take(f"_{names.constant(names.snake(e.name))}_ENVELOPE", e.name, e.place)
        for e in w.api.envelopes
    }
    context = {
        "envelopes": [
            {
                "constant": envelopes[e.name],
                "name": repr(e.name),
                "payload": repr(e.payload),
                "code": repr(e.code),
                "message": repr(e.message),
                "log_id": repr(e.log_id),
                "success": repr(e.success),
            }
            for e in w.api.envelopes
        ],
        "operations": [_route(w, op, views[op.id], envelopes) for op in w.api.operations],
    }
    w.add("routes.py", EVERYTHING, "The route table: every operation.", context)


def _route(
    w: Writer, op: ir.Operation, view: OperationView, envelopes: Mapping[str, str]
) -> dict[str, object]:
    limit, scoped, body = op.rate_limit, op.scope_by_request, op.body
    media: tuple[str, ...] = ()
    if isinstance(body, ir.BinaryBody):
        media = body.media_types
    elif body is not None:
        media = (body.media_type,)
    return {
        "constant": view.constant,
        "id": repr(op.id),
        "python_name": repr(view.name),
        "area": repr(names.snake(op.tag)),
        "method": repr(op.method),
        "server": repr("" if op.address is not None else op.server),
        "path": repr(op.path),
        "envelope": "None" if op.envelope is None else envelopes[op.envelope],
        "idempotent": repr(op.idempotent),
        "scopes": repr(op.scopes),
        "scope_by_request": "None"
        if scoped is None
        else f"ScopeByRequest(at={scoped.at!r}, scopes={dict(scoped.cases)!r})",
        "errors": repr(dict(op.errors)),
        "statuses": [
            (
                repr(meaning.status),
                f"StatusMeaning(category={meaning.category!r}, retryable={meaning.retryable!r}, "
                f"description={sentence(meaning.doc)!r}, advice={sentence(meaning.advice)!r})",
            )
            for meaning in op.statuses
        ],
        "rate_limit": "None"
        if limit is None
        else f"RateLimit(requests={limit.requests}, seconds={limit.seconds}, per={limit.per!r}, "
        f"bucket={limit.bucket!r})",
        "may_be_empty": repr(op.may_be_empty),
        "request_types": repr(media),
        "binary": repr(isinstance(body, ir.BinaryBody)),
        "pointer": repr(op.place.pointer),
        "docs": repr(page(op.sources[0], w.pages) if op.sources else ""),
        "summary": docstring(op.summary or op.id),
    }


def errors(w: Writer) -> None:
    """Add the tree of errors and the catalogue."""
    categories = [
        {
            "name": repr(c.name),
            "class_name": c.class_name,
            "doc": docstring(paragraphs(c.doc or c.name, f"What helps: {c.advice}" if c.advice else ""), 4),
            "advice": repr(sentence(c.advice)) if c.advice else '""',
        }
        for c in w.api.categories
    ]
    statuses: dict[str, ir.Category] = {}
    for c in w.api.categories:
        for status in c.statuses:
            if status in statuses:
                raise Refusal(c.place, f"the status {status} belongs to {statuses[status].name!r} already")
            statuses[status] = c
    envelopes = [
        (
            repr(envelope.name),
            [
                {
                    "code": repr(c.code),
                    "status": c.status,
                    "category": repr(c.category),
                    "retryable": repr(c.retryable),
                    "description": repr(" ".join(c.doc.split())),
                    "advice": repr(" ".join(c.advice.split())),
                    "messages": repr(c.messages),
                }
                for c in w.api.codes
                if c.envelope == envelope.name
            ],
        )
        for envelope in w.api.envelopes
    ]
    exported = sorted({"CATALOGUE", *PUBLIC_ERRORS, *(c.class_name for c in w.api.categories)})
    body = render(
        "errors.py",
        {
            "categories": categories,
            "envelopes": envelopes,
            "statuses": [(repr(status), repr(c.name)) for status, c in statuses.items()],
            "exported": exported,
        },
    ).strip("\n")
    doc = docstring(
        "The errors of these bindings: one class for each category of refusal, and the catalogue of codes."
    )
    imports = (
        "from __future__ import annotations\n\nfrom typing import Final\n\n"
        f"from ._runtime.errors import {', '.join(PUBLIC_ERRORS)}"
    )
    w.put("errors.py", EVERYTHING, f"{doc}\n\n{imports}\n\n{body}\n")


def limits(w: Writer) -> None:
    """Add one constant for each limit."""
    scope = names.Scope("the constant")
    rows = [
        {
            "name": scope.take(names.constant(names.snake(limit.name)), limit.name, limit.place),
            "value": repr(limit.value),
            "doc": docstring(
                paragraphs(limit.doc or limit.name, f"Unit: {limit.unit}." if limit.unit else "")
            ),
        }
        for limit in w.api.limits
    ]
    doc = "Numbers that no schema holds: sizes, lifetimes, quotas."
    w.add("limits.py", EVERYTHING, doc, {"limits": rows})


def webhooks(w: Writer) -> None:
    """Add the reading of webhooks, if there are any."""
    table = w.api.webhooks
    if table is None:
        return
    events = [
        {
            "class_name": w.known.classes[event.object],
            "decode": f"decode_{w.known.functions[event.object]}",
            "names": [repr(name) for name in (event.name, *event.aliases)],
        }
        for event in table.events
    ]
    w.add(
        "webhooks.py",
        EVERYTHING,
        "Reads what the service delivers to a webhook.",
        {
            "header": repr(table.header) if table.header else "",
            "tag": json.dumps(table.tag),
            "events": events,
        },
    )
