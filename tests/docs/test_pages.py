"""The code of the README and of the pages under docs/ runs, each from top to bottom, against the mock.

What a page needs and does not show stands in comments of the form ``<!-- run … -->``.
"""

from __future__ import annotations

import logging
import os
import re
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tiktok_mock_server.mock import MockTikTok
from tiktok_mock_server.rules import qr

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ["login", "tokens", "errors", "webhooks", "display", "publishing", "waiting", "preflight"]
PAGES = ["README.md", *(f"docs/{name}.md" for name in NAMES)]
BLOCK = re.compile(
    r"^```python\n(?P<shown>.*?)^```$|^<!-- run\n(?P<hidden>.*?)^-->$", re.DOTALL | re.MULTILINE
)


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockTikTok]:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(webbrowser, "open", webbrowser.open)
    monkeypatch.delenv("TIKTOK_BASE_URL", raising=False)
    yield MockTikTok(auto_approve=True, verified_domains=("media.example.test",))
    logging.getLogger("tiktok_api_client").setLevel(logging.NOTSET)  # a page shows how to set it


def helpers(mock: MockTikTok) -> dict[str, Any]:
    """What the comments of the pages may use."""

    def browser(url: str) -> str:
        """What the user's browser does: agree, and be sent back."""
        with httpx.Client(transport=mock.transport()) as client:
            return str(client.get(url).headers["location"])

    def phone(url: str) -> None:
        """What the user's phone does: scan the QR code, and agree."""
        qr.scan(mock.world, url)
        qr.confirm(mock.world, url, mock.account)

    return {"mock": mock, "browser": browser, "phone": phone}


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_the_page_runs(page: str, mock: MockTikTok) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) == text.count("```python") + text.count("<!-- run")
    namespace = helpers(mock)
    with mock.respx_router():
        for block in blocks:
            code = block["shown"] or block["hidden"]
            line = text.count("\n", 0, block.start()) + 1
            exec(compile("\n" * line + code, str(path), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_the_page_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target
