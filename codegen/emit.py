"""From the IR to the text of every generated file. Python decides here; the templates only lay out."""

from __future__ import annotations

import json

from . import emit_models, emit_operations, emit_packages, emit_tables, ir
from .load import Document
from .writer import Files, Writer


def emit(api: ir.Api, document: Document) -> Files:
    """Every file of the bindings, by its path below the output folder; not yet formatted."""
    writer = Writer(api, document)
    emit_models.models(writer)
    views = emit_operations.operations(writer)
    emit_tables.routes(writer, views)
    emit_tables.errors(writer)
    emit_tables.limits(writer)
    emit_tables.webhooks(writer)
    emit_packages.client(writer)
    emit_packages.packages(writer)
    emit_packages.runtime(writer)
    bundle = json.dumps(document.root.plain(), ensure_ascii=False, indent=1)
    writer.files[f"{api.package}/openapi.json"] = f"{bundle}\n"
    writer.files[f"{api.package}/py.typed"] = ""
    return dict(sorted(writer.files.items()))
