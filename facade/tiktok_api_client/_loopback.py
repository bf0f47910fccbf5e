"""Catching the callback of a desktop login: a web server on the loopback address that serves one login and
closes.
"""

from __future__ import annotations

import sys
import threading
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

from tiktok_openapi import Impossible, Refused

from ._flow import Signal
from .callback import Callback

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1.5rem }}
</style></head><body><h1>{title}</h1><p>{text}</p></body></html>
"""

_DONE: Final = _PAGE.format(
    title="You are logged in", text="You can close this window and go back to the app."
)
_REFUSED: Final = _PAGE.format(title="Not logged in", text="TikTok did not let you in. The app says why.")
_STRANGER: Final = _PAGE.format(
    title="Not this login", text="This is not the answer the app waits for. Please start the login again."
)

_POLL: Final = 0.02
_STUCK: Final = 5.0


class Catcher:
    """Waits on a loopback address for the callback of one login.

    Args:
        redirect_uri: where TikTok sends the user; with port 0 or `*`, the system chooses the port.
        read: reads a callback; what it refuses as no answer to this login is turned away, and the wait goes
            on.
        done: set when the user is back.
    """

    def __init__(self, redirect_uri: str, read: Callable[[str], Callback], done: Signal) -> None:
        parts = urlsplit(redirect_uri.replace(":*", ":0", 1))
        if parts.scheme != "http" or parts.hostname not in {"localhost", "127.0.0.1"}:
            raise Impossible(
                "redirect_uri",
                redirect_uri,
                "http on localhost or 127.0.0.1 for login()",
                "use parse_callback instead",
            )
        self._parts = parts
        self._read = read
        self._done = done
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._result: Callback | Refused | None = None
        self._mutex = threading.Lock()

    def start(self) -> None:
        """Begin to listen.

        Raises:
            Impossible: the port is taken.
        """
        catcher = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _STUCK

            def do_GET(self) -> None:
                status, page = catcher.answer(self.path)
                body = page.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()
                catcher.answered()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
                """Say nothing: the address holds the code."""

        try:
            server = ThreadingHTTPServer(("127.0.0.1", self._parts.port or 0), Handler)
        except OSError as problem:
            raise Impossible(
                "redirect_uri", f"port {self._parts.port}", "a free port", problem.strerror or ""
            ) from None
        server.daemon_threads = True
        server.block_on_close = False
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, args=(_POLL,), name="tiktok-login", daemon=True
        )
        self._thread.start()

    @property
    def redirect_uri(self) -> str:
        """The address with the port that is listened on."""
        if self._server is None:
            raise RuntimeError("not started")
        return self._parts._replace(netloc=f"{self._parts.hostname}:{self._server.server_port}").geturl()

    def answer(self, path: str) -> tuple[int, str]:
        """Status and page for a request."""
        if path.partition("?")[0] != (self._parts.path or "/"):
            return 404, _STRANGER
        try:
            result: Callback | Refused = self._read(path)
        except Refused as problem:
            result = problem
        except Impossible:
            return 400, _STRANGER
        with self._mutex:
            if self._result is None:
                self._result = result
        return 200, _DONE if isinstance(result, Callback) else _REFUSED

    def answered(self) -> None:
        """The page is out: whoever waits may go on."""
        if self._result is not None:
            self._done.set()

    def result(self) -> Callback:
        """What came back.

        Raises:
            Refused: the user or TikTok refused.
        """
        if isinstance(self._result, Refused):
            raise self._result
        if self._result is None:
            raise RuntimeError("nobody has come back yet")
        return self._result

    def close(self) -> None:
        """Close the port."""
        if self._server is not None:
            if self._thread is not None:
                self._server.shutdown()
                self._thread.join()
            self._server.server_close()
            self._server = self._thread = None


def open_browser(url: str) -> None:
    """Open the user's browser, or show the address where there is none."""
    if not webbrowser.open(url):
        sys.stderr.write(f"Open this address to log in:\n{url}\n")
