"""What the pages show is run as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
EXEC = [sys.executable, "-m", "tiktok_mock_server", "exec", "--"]


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def block(page: str, language: str) -> str:
    (found,) = blocks(page, language)
    return found


def run(*command: str, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_page_about_pytest(tmp_path: Path) -> None:
    example, publishing = blocks("testing-with-pytest.md", "python")
    (tmp_path / "test_example.py").write_text(example, encoding="utf-8")
    (tmp_path / "test_publishing.py").write_text(publishing, encoding="utf-8")
    assert "8 passed" in run(sys.executable, "-m", "pytest", "-q", cwd=tmp_path)


def test_the_page_about_unittest(tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text(block("testing-with-unittest.md", "python"), encoding="utf-8")
    assert "Ran 3 tests" in run(sys.executable, "-m", "unittest", cwd=tmp_path)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_page_about_node(tmp_path: Path) -> None:
    (tmp_path / "example.test.mjs").write_text(block("testing-with-node.md", "js"), encoding="utf-8")
    assert re.search(r"pass 3\b", run(*EXEC, "node", "--test", cwd=tmp_path))


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_page_about_curl(tmp_path: Path) -> None:
    (tmp_path / "script.sh").write_text(block("testing-with-curl.md", "bash"), encoding="utf-8")
    told = run(*EXEC, "bash", "script.sh", cwd=tmp_path)
    assert "curl: 52" in told  # an empty reply
    assert "x-mock-rule: status.publish-id" in told
    assert "[fault: close]" in told


@pytest.mark.skipif(shutil.which("php") is None, reason="needs PHP")
def test_the_page_about_php(tmp_path: Path) -> None:
    code = block("testing-with-php.md", "php")
    framework = "<?php namespace PHPUnit\\Framework; class TestCase { function assertContains($a, $b) {"
    framework += " if (!in_array($a, $b)) exit(1); } function assertTrue($a) { if ($a !== true) exit(1); } }"
    call = "$m = new ReflectionMethod('ExampleTest', 'setUp'); $t = new ExampleTest(); $m->invoke($t);"
    (tmp_path / "framework.php").write_text(framework, encoding="utf-8")
    (tmp_path / "ExampleTest.php").write_text(code, encoding="utf-8")
    (tmp_path / "run.php").write_text(
        f"<?php require 'framework.php'; require 'ExampleTest.php'; {call} $t->testACreatorMayPost();"
    )
    run(*EXEC, "php", "run.php", cwd=tmp_path)


def test_the_seed_on_the_page_about_worlds(tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(block("mock-worlds.md", "yaml"), encoding="utf-8")
    command = [sys.executable, "-m", "tiktok_mock_server", "exec", "--seed-file", "seed.yaml", "--"]
    ask = "r.urlopen(os.environ['TIKTOK_BASE_URL'] + '/_mock/apps').read()"
    script = f"import os, urllib.request as r; print({ask})"
    assert "media.example.com" in run(*command, sys.executable, "-c", script, cwd=tmp_path)
