"""Docstrings: whatever the description says, the module is Python and says the same."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.text import docstring, wrapped
from tests.codegen.inline import Generator, received, sent


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=300), st.sampled_from([0, 4, 8])
)
def test_any_text_is_a_docstring(text: str, indent: int) -> None:
    tree = ast.parse(docstring(text, indent))
    (statement,) = tree.body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    found = statement.value.value
    assert isinstance(found, str)
    said = text.replace('"""', "'''").split()
    assert found.split() == said


@pytest.mark.parametrize(
    "text", ['ends with "', "back\\slash", 'three """ quotes', "ends with \\", "\\N{DASH}", "'''"]
)
def test_quotes_and_backslashes_survive_generation(generate: Generator, text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    api = generate(received("Thing", f'Thing: {{type: object, description: "{escaped}", properties: {{}}}}'))
    assert api.Thing.__doc__ is not None
    assert api.Thing.__doc__.strip() == text.replace('"""', "'''")


def test_paragraphs_and_lists_keep_their_shape() -> None:
    text = "First line\nand its end.\n\n* one\n* two that is\n  long\n\nLast."
    assert wrapped(text, 80) == "First line and its end.\n\n* one\n* two that is long\n\nLast."


def test_lines_are_wrapped_to_the_width_of_the_project() -> None:
    first, *others = docstring("word " * 100, 4).splitlines()
    assert 100 < 4 + len(first) <= 110
    assert 100 < max(len(line) for line in others) <= 110


SAID = """\
Thing:
  type: object
  description: A thing.
  required: [kind]
  properties:
    kind: {type: string, const: box}
    size: {type: integer, minimum: 1, maximum: 4000, description: How big.}
    mode: {$ref: '#/components/schemas/Mode'}
    silent: {type: string}
Mode:
  type: string
  description: How.
  enum: [fast, slow]
  x-values: {fast: {description: At once.}}
"""


@pytest.mark.parametrize("way", [received, sent])
def test_help_of_a_class_tells_what_its_attributes_are(
    generate: Generator, way: Callable[[str, str], str]
) -> None:
    api = generate(way("Thing", SAID))
    assert inspect.getdoc(api.Thing) == (
        "A thing.\n\nAttributes:\n    kind: `box`.\n    size: How big. 1 to 4,000.\n    mode: How."
    )
    assert inspect.getdoc(api.Mode) == "How.\n\nAttributes:\n    FAST: At once."


def test_what_is_deprecated_says_so(generate: Generator) -> None:
    old = "Thing: {type: object, deprecated: true, properties: {a: {type: string, description: An a., deprecated: true}, b: {type: string}}}"
    api = generate(sent("Thing", old).replace("x-idempotent", "deprecated: true\n      x-idempotent"))
    assert inspect.getdoc(api.Thing) == "Deprecated.\n\nAttributes:\n    a: An a. Deprecated."
    face = str(inspect.getdoc(api.module("faces.things").ThingsFace.use_thing))
    assert face.startswith("`useThing`.\n\nDeprecated.\n\nArgs:\n    a: An a. Deprecated.\n")


def test_help_of_the_package_leads_to_the_areas_of_the_client(generate: Generator) -> None:
    told = str(inspect.getdoc(generate(received("Thing", "Thing: {type: object}")).package))
    assert "performs the operations:\n- `client.things`: Everything.\n" in told
