"""`import tiktok_openapi` costs nothing until a name is touched."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tiktok_openapi


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement adds in a fresh interpreter."""
    program = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.fixture(scope="module")
def startup() -> set[str]:
    """What an interpreter has loaded before any statement (an editable install adds finders of its own)."""
    return loaded_by("pass")


def test_importing_the_root_imports_neither_httpx_nor_attrs_nor_a_model(startup: set[str]) -> None:
    assert loaded_by("import tiktok_openapi") - startup == {"tiktok_openapi"}


def test_touching_a_model_imports_its_module_only() -> None:
    added = loaded_by("import tiktok_openapi; tiktok_openapi.PublishStatus")
    assert "tiktok_openapi.models.status" in added
    assert "tiktok_openapi.models.display" not in added
    assert "httpx" not in added
    assert "dateutil" not in added


def test_constants_and_the_description_need_neither_httpx_nor_models() -> None:
    added = loaded_by(
        "import tiktok_openapi; tiktok_openapi.limits.MAX_CHUNK_SIZE; tiktok_openapi.description()"
    )
    assert not {name.split(".")[0] for name in added} & {"httpx", "attr"}


def test_a_client_imports_an_area_when_it_is_used() -> None:
    added = loaded_by("from tiktok_openapi import Client; c = Client()")
    assert "httpx" in added
    assert not [
        name for name in added if name.startswith(("tiktok_openapi.models.", "tiktok_openapi.operations."))
    ]
    assert "tiktok_openapi.operations.post" in loaded_by("from tiktok_openapi import Client; Client().post")


def test_all_is_sorted_and_every_name_can_be_had() -> None:
    assert tiktok_openapi.__all__ == sorted(tiktok_openapi.__all__)
    assert len(set(tiktok_openapi.__all__)) == len(tiktok_openapi.__all__)
    for name in tiktok_openapi.__all__:
        assert getattr(tiktok_openapi, name) is not None
    assert set(tiktok_openapi.__all__) <= set(dir(tiktok_openapi))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'tiktok_openapi' has no attribute 'Tiktok'"):
        # Type checkers refuse it as well; to read it is all there is to do.
        tiktok_openapi.Tiktok  # type: ignore[attr-defined] # noqa: B018
    with pytest.raises(ImportError):
        # The same, of an import that nobody uses.
        from tiktok_openapi import Tiktok  # type: ignore[attr-defined] # noqa: F401
