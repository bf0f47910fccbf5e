"""A headless Chromium, driven over the WebDriver protocol with nothing but HTTP."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
HERE = shutil.which("chromium") is not None and shutil.which("chromedriver") is not None


class Browser:
    """One window."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver = driver
        self._session = f"/session/{session}"

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        sent: Any = None if method == "GET" else body or {}
        answer = self._driver.request(method, self._session + path, json=sent).json()
        assert not (isinstance(answer["value"], dict) and "error" in answer["value"]), answer["value"]
        return answer["value"]

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    @property
    def url(self) -> str:
        return str(self._call("GET", "/url"))

    def run(self, script: str, *arguments: Any) -> Any:
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str) -> Any:
        """Until an expression is true; the browser waits, not the test."""
        code = f"""
            const done = arguments[0], began = performance.now();
            (function look() {{
                let value = null;
                try {{ value = ({script}); }} catch (error) {{ value = null; }}
                if (value || performance.now() - began > 8000) done(value); else setTimeout(look, 30);
            }})();"""
        value = self._call("POST", "/execute/async", {"script": code, "args": []})
        assert value, f"never true: {script}\n{self.text()[:2000]}"
        return value

    def click(self, selector: str) -> None:
        element = self._call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]
        self._call("POST", f"/element/{element}/click")

    def keys(self, text: str) -> None:
        element = self._call("GET", "/element/active")[ELEMENT]
        self._call("POST", f"/element/{element}/value", {"text": text})

    def text(self) -> str:
        return str(self.run("return document.body.innerText"))

    def size(self, width: int, height: int) -> None:
        self._call("POST", "/window/rect", {"width": width, "height": height})

    def dark(self, dark: bool) -> None:
        command = {
            "cmd": "Emulation.setEmulatedMedia",
            "params": {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]},
        }
        self._call("POST", "/goog/cdp/execute", command)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def leave(self) -> None:
        """Let nothing of a page go on, neither its scripts nor what it complained about."""
        self.open("about:blank")
        self.errors()

    def errors(self) -> list[str]:
        """What the page complained about."""
        return [one["message"] for one in self._call("POST", "/se/log", {"type": "browser"})]


@contextmanager
def browser() -> Generator[Browser]:
    """A browser for a while."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,  # its helpers may still be ending
        subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "TMPDIR": folder},
        ) as server,
    ):
        assert server.stdout is not None
        port = ""
        for line in server.stdout:
            found = re.search(r"on port (\d+)", line)
            if found:
                port = found[1]
            if "successfully" in line:
                break
        options = {
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--window-size=1280,1000",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        }
        capabilities = {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "SEVERE"},
            }
        }
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as driver:
                session = driver.post("/session", json={"capabilities": capabilities}).json()["value"]
                made = Browser(driver, session["sessionId"])
                try:
                    yield made
                finally:
                    driver.delete(f"/session/{session['sessionId']}")
        finally:
            server.terminate()
