"""Descriptions written inline: generate bindings for them, import these, and look at what they do."""

from __future__ import annotations

import importlib
import itertools
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from codegen.__main__ import render, write

_NUMBERS = itertools.count()

BASE = """\
openapi: 3.1.0
info: {title: Test API, version: "1"}
servers: [{url: "https://api.test"}]
tags: [{name: things, description: Everything.}]
x-package: PACKAGE
x-envelopes:
  plain: {payload: "", code: /error, message: /error_description, log-id: [/log_id]}
  boxed: {payload: /data, code: /error/code, message: /error/message, log-id: [/error/log_id], success: ok}
x-error-categories:
  wrong_input: {class: WrongInput, description: Wrong., advice: Correct it., statuses: [400]}
  broken: {class: Broken, description: Broken., advice: Wait., statuses: [5xx]}
x-error-codes:
  plain:
    bad_thing: {status: 400, category: wrong_input, retryable: false, description: Bad., advice: Do better., messages: []}
  boxed:
    bad_box: {status: 400, category: wrong_input, retryable: false, description: Bad box., advice: Other box., messages: []}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
"""


@dataclass(frozen=True)
class Bindings:
    """A generated package, imported."""

    package: ModuleType
    folder: Path

    def __getattr__(self, name: str) -> Any:
        return getattr(self.package, name)

    def module(self, name: str) -> Any:
        """One of its modules."""
        return importlib.import_module(f"{self.package.__name__}.{name}")

    def decode(self, schema: str, value: Any) -> Any:
        """What the decoder of a schema (in snake case) makes of a value."""
        return getattr(self.module("models.things"), f"decode_{schema}")(value)

    def complaint(self, schema: str, value: Any) -> str:
        """What the decoder of a schema says against a value."""
        with pytest.raises(self.module("_runtime.model").Mismatch) as caught:
            self.decode(schema, value)
        return str(caught.value)

    def encode(self, schema: str, value: object) -> dict[str, object]:
        """What the encoder of a schema makes of an object."""
        encoded: dict[str, object] = getattr(self.module("models.things"), f"encode_{schema}")(value, "", [])
        return encoded

    def impossible(self, schema: str, value: object) -> str:
        """Why the encoder of a schema refuses an object."""
        with pytest.raises(self.package.Impossible) as caught:
            self.encode(schema, value)
        return str(caught.value)

    def client(self, answer: Callable[[httpx.Request], httpx.Response]) -> Any:
        """A client whose every request is answered by a function."""
        return self.package.Client(transport=httpx.MockTransport(answer))


@dataclass(frozen=True)
class Generator:
    """Writes a description into a folder and generates from it."""

    folder: Path
    path: Callable[[str], None]

    def write(self, things: str = "", **fragments: str) -> Path:
        """The folder of a description: the base, `things.yaml`, and further fragments by name."""
        spec = self.folder / "spec"
        spec.mkdir(exist_ok=True)
        texts = {"openapi": BASE, "things": things, **fragments}
        for name, text in texts.items():
            written = textwrap.dedent(text).replace("PACKAGE", "bindings")
            (spec / f"{name}.yaml").write_text(written, encoding="utf-8")
        return spec

    def files(self, things: str = "", **fragments: str) -> dict[str, str]:
        """The text of every generated file, unformatted."""
        return render(self.write(things, **fragments), style=False)

    def __call__(self, things: str = "", **fragments: str) -> Bindings:
        """The bindings of a description."""
        name = f"generated_{next(_NUMBERS)}"
        base = fragments.pop("openapi", BASE).replace("PACKAGE", name)
        out = self.folder / "out"
        write(self.files(things, openapi=base, **fragments), out)
        self.path(str(out))
        importlib.invalidate_caches()
        return Bindings(importlib.import_module(name), out / name)


def received(schema: str, schemas: str) -> str:
    """A description in which an operation answers with a schema."""
    return _operation(schemas, f'schema: {{$ref: "#/components/schemas/{schema}"}}', None)


def sent(schema: str, schemas: str) -> str:
    """A description in which an operation takes a schema as its body."""
    return _operation(schemas, "schema: {$ref: '#/components/schemas/Nothing'}", schema)


def _operation(schemas: str, answer: str, body: str | None) -> str:
    lines = [
        "paths:",
        "  /thing:",
        "    post:",
        "      operationId: useThing",
        "      tags: [things]",
        "      x-envelope: plain",
        "      x-idempotent: true",
        "      x-errors: []",
    ]
    if body:
        lines.append(
            "      requestBody: {content: {application/json: {schema: "
            f'{{$ref: "#/components/schemas/{body}"}}}}}}}}'
        )
    lines += [
        '      responses: {"200": {description: Fine., content: {application/json: {' + answer + "}}}}",
        "components:",
        "  schemas:",
        "    Nothing: {type: object}",
        textwrap.indent(textwrap.dedent(schemas).strip("\n"), "    "),
        "",
    ]
    return "\n".join(lines)
