"""Prose and literals as they stand in generated files."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Final

WIDTH: Final = 110
_ITEM: Final = re.compile(r"[*-] |[0-9]+\. ")


def docstring(text: str, indent: int = 0, *, sections: str = "") -> str:
    """A docstring, wrapped; `sections` (Args, Raises) come behind it as they are."""
    body = wrapped(text, WIDTH - indent, lead=4)
    if sections:
        body = f"{body}\n\n{sections}"
    return quoted(body, indent)


def quoted(body: str, indent: int = 0) -> str:
    """Text as a docstring: raw when it holds a backslash."""
    body = body.replace('"""', "'''")
    prefix = "r" if "\\" in body else ""
    lines = body.split("\n")
    single = (
        len(lines) == 1 and len(body) + indent + len(prefix) + 6 <= WIDTH and not body.endswith(('"', "\\"))
    )
    if single:
        return f'{prefix}"""{body}"""'
    pad = " " * indent
    rest = "".join(f"\n{pad}{line}" if line else "\n" for line in lines[1:])
    return f'{prefix}"""{lines[0]}{rest}\n{pad}"""'


def wrapped(text: str, width: int, *, lead: int = 0) -> str:
    """Paragraphs and lists, each wrapped by itself; `lead` columns of the first line are taken."""
    paragraphs: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        blocks: list[list[str]] = [[]]
        for line in paragraph.splitlines():
            if _ITEM.match(line.strip()):
                blocks.append([])
            blocks[-1].append(line.strip())
        lines: list[str] = []
        for block in blocks:
            if block:
                lines.append(_filled(" ".join(block), width, 0 if lines or paragraphs else lead))
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


def _filled(line: str, width: int, lead: int) -> str:
    return textwrap.fill(
        line,
        width,
        initial_indent=" " * lead,
        subsequent_indent="  " if _ITEM.match(line) else "",
        break_long_words=False,
        break_on_hyphens=False,
    ).lstrip()


def entry(name: str, doc: str, indent: int) -> str:
    """One entry of an `Args:` or `Raises:` section."""
    return textwrap.fill(
        f"{name}: {' '.join(doc.split())}",
        WIDTH - indent,
        initial_indent="    ",
        subsequent_indent="        ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def sentence(text: str) -> str:
    """The first paragraph on one line."""
    return " ".join(re.split(r"\n\s*\n", text.strip())[0].split())


def paragraphs(*texts: str) -> str:
    """Texts as paragraphs, empty ones left out."""
    return "\n\n".join(text.strip() for text in texts if text.strip())


def page(source: str, prefixes: Mapping[str, str]) -> str:
    """The address of a page: `doc:slug` with the prefix of `doc` before it, anything else as it is."""
    kind, colon, slug = source.partition(":")
    return prefixes[kind] + slug if colon and kind in prefixes else source


def sources(pages: Sequence[str], prefixes: Mapping[str, str]) -> str:
    """The lines that name where something is documented."""
    found = [page(source, prefixes) for source in pages]
    return f"Source: {found[0]}" if len(found) == 1 else "\n- ".join(["Sources:", *found]) if found else ""
