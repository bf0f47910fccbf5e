"""The clients, the lazy packages, and the runtime that is copied as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import names
from .emit_operations import COLOURS
from .text import docstring, paragraphs, sentence
from .writer import EVERYTHING, HERE, PUBLIC_ERRORS, PUBLIC_RUNTIME, Writer, render

_CLIENT_DOC: Final = """\
{title}, {kind}.

Use it {with_}, or close it yourself. It keeps no access token: each call is given one.
"""
_CLIENT_ARGS: Final = """\
Args:
    base_url: where every call goes instead of the documented hosts, for example a mock server.
    timeout: seconds to wait for connecting, each read and each write; the default is 30, and 10 for
        connecting. Sending bytes has its own: 10 for connecting, 60 for a write, 120 for a read.
    transport: an httpx transport, for tests and proxies.
    http: an httpx client of your own, in place of a transport. It is not closed with this one, and its
        time-outs do not count."""
_CLIENT_WORDS: Final = (
    {"kind": "waiting for each answer", "with_": "in a `with` block"},
    {"kind": "awaiting each answer", "with_": "in an `async with` block"},
)


def _faces(w: Writer) -> list[dict[str, str]]:
    return [
        {
            "attribute": names.snake(tag.name),
            "module": names.snake(tag.name),
            "name": f"{names.class_name(tag.name)}Face",
            "doc": docstring(tag.doc or f"The operations of `{tag.name}`.", 8),
        }
        for tag in w.api.tags
    ]


def client(w: Writer) -> None:
    """Add the clients."""
    faces = _faces(w)
    colours = [
        {
            "prefix": prefix,
            "driver": driver,
            "doc": docstring(_CLIENT_DOC.format(title=w.api.title, **words), 4, sections=_CLIENT_ARGS),
        }
        for (prefix, driver, _, _), words in zip(COLOURS, _CLIENT_WORDS, strict=True)
    ]
    body = render("client.py", {"faces": faces, "colours": colours}).strip("\n")
    text = "\n".join(
        [
            docstring(f"The clients of {w.api.title}: synchronous and asynchronous, with one face per area."),
            "",
            "from __future__ import annotations",
            "",
            "from functools import cached_property",
            "from typing import TYPE_CHECKING",
            "",
            "from ._runtime.transport import AsyncDriver, SyncDriver",
            "from .errors import CATALOGUE",
            "",
            body,
            "",
        ]
    )
    w.put("client.py", EVERYTHING, text)


def packages(w: Writer) -> None:
    """Add the root and the folders: packages that import a name at its first use."""
    public: dict[str, list[str]] = {
        "_runtime.call": list(PUBLIC_RUNTIME),
        "client": ["AsyncClient", "Client"],
        "errors": sorted({"CATALOGUE", *PUBLIC_ERRORS, *(c.class_name for c in w.api.categories)}),
    }
    for name, home in w.homes.items():
        if home.startswith("models.") and not name.startswith(("decode_", "encode_")):
            public.setdefault(home, []).append(name)
    modules = ["client", "errors", "faces", "limits", "models", "operations", "routes"]
    if w.api.webhooks is not None:
        public["webhooks"] = ["UnknownEvent", "WebhookEvent"]
        modules.append("webhooks")
    for found in public.values():
        found.sort()
    exported = sorted(
        {name for found in public.values() for name in found} | {"__version__", "description", *modules}
    )
    areas = [
        f"- `client.{names.snake(tag.name)}`: {sentence(tag.doc or f'The operations of `{tag.name}`.')}"
        for tag in w.api.tags
    ]
    doc = paragraphs(
        f"Typed bindings for {w.api.title}.",
        w.api.doc,
        "\n".join(["A `client`, which is a `Client` or an `AsyncClient`, performs the operations:", *areas]),
        "What goes wrong is an `Error`: see `errors`. Numbers are in `limits`, operations in `routes`.",
    )
    _package(
        w,
        "__init__.py",
        doc,
        {
            "root": True,
            "names": sorted(public.items()),
            "modules": modules,
            "exported": exported,
            "distribution": repr(w.api.distribution),
        },
    )
    tags = sorted(names.snake(tag.name) for tag in w.api.tags)
    fragments = sorted({home.split(".")[1] for home in w.homes.values() if home.startswith("models.")})
    for folder, listed, about in (
        (
            "operations",
            tags,
            "Pure functions, one for each operation: each returns a `Call` and sends nothing.",
        ),
        ("faces", tags, "What `client.<area>` is: the operations of one area, performed."),
        ("models", fragments, "The types that go over the wire."),
    ):
        context = {"root": False, "modules": listed, "exported": listed}
        _package(w, f"{folder}/__init__.py", about, context)


def _package(w: Writer, path: str, doc: str, context: Mapping[str, object]) -> None:
    body = render("lazy.py", context).strip("\n")
    w.put(path, EVERYTHING, f"{docstring(doc)}\n\n{body}\n")


def runtime(w: Writer) -> None:
    """Copy the modules that are written by hand."""
    for path in sorted((HERE / "runtime").glob("*.py")):
        source = f"codegen/runtime/{path.name}"
        w.put(f"_runtime/{path.name}", source, path.read_text(encoding="utf-8"))
