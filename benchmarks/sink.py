"""A server that throws bodies away: what an upload costs the sender, and as little else as possible.

One thread per connection, `recv_into` one buffer, plain or TLS, at full speed or at the pace of a slow one.
It answers the calls of a post with canned JSON, so that a client can be measured from init to the last byte.

It prints one JSON line with its address, and runs until it is terminated.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import ssl
import threading
import time
from pathlib import Path

from benchmarks.payloads import CREATOR_INFO, STATUS, TOKEN, USER_INFO, VIDEO_LIST

_BUFFER = 1024 * 1024
_ANSWERS = {
    "/v2/post/publish/creator_info/query/": CREATOR_INFO,
    "/v2/post/publish/status/fetch/": STATUS,
    "/v2/oauth/token/": TOKEN,
    "/v2/user/info/": USER_INFO,
    "/v2/video/list/": VIDEO_LIST,
}
_INITS = ("/v2/post/publish/video/init/", "/v2/post/publish/inbox/video/init/")


class _Counts:
    """What arrived, for tests of counts."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: dict[str, int] = {}
        self.body_bytes = 0
        self.connections = 0


def _answer(method: str, path: str, headers: dict[str, str], base: str, counts: _Counts) -> bytes:
    extra = ""
    status = "200 OK"
    if method == "PUT":
        given = headers.get("content-range", "")
        body = b"{}"
        if given:
            _, _, span = given.partition(" ")
            places, _, total = span.partition("/")
            last = int(places.partition("-")[2])
            status = "201 Created" if last + 1 == int(total) else "206 Partial Content"
            extra = f"Content-Range: bytes 0-{last}/{total}\r\n"
    elif path in _INITS:
        data = {
            "publish_id": "v_pub_file~v2-1.700000000000000001",
            "upload_url": f"{base}/video/?upload_id=1",
        }
        error = {"code": "ok", "message": "", "log_id": "20261122101510A1B2C3D4E5F60718293A"}
        body = json.dumps({"data": data, "error": error}).encode()
    elif path == "/_counts":
        with counts.lock:
            body = json.dumps(
                {"requests": counts.requests, "bytes": counts.body_bytes, "connections": counts.connections}
            ).encode()
    else:
        found = _ANSWERS.get(path)
        body, status = (found, status) if found is not None else (b"{}", "404 Not Found")
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def _serve(
    connection: socket.socket, base: str, counts: _Counts, context: ssl.SSLContext | None, rate: int
) -> None:
    view = memoryview(bytearray(_BUFFER))
    if context is not None:
        try:
            connection = context.wrap_socket(connection, server_side=True)
        except (OSError, ssl.SSLError):
            return
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = b""
    with connection, contextlib.suppress(OSError):
        while True:
            while b"\r\n\r\n" not in head:
                count = connection.recv_into(view[:65536] if not rate else view[: max(1024, rate // 50)])
                if not count:
                    return
                head += bytes(view[:count])
            lines, _, rest = head.partition(b"\r\n\r\n")
            first, *fields = lines.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ", 2)
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in fields)
            }
            path = target.partition("?")[0]
            size = int(headers.get("content-length", "0"))
            left = size - len(rest)
            began, seen = time.monotonic(), 0
            while left > 0:
                if rate:
                    count = connection.recv_into(view[: min(left, max(1024, rate // 50))])
                    seen += count
                    ahead = seen / rate - (time.monotonic() - began)
                    if ahead > 0:
                        time.sleep(ahead)
                else:
                    count = connection.recv_into(view[: min(left, _BUFFER)])
                if not count:
                    return
                left -= count
            head = b"" if left == 0 else rest[size:]
            with counts.lock:
                counts.requests[f"{method} {path}"] = counts.requests.get(f"{method} {path}", 0) + 1
                counts.body_bytes += size
            connection.sendall(_answer(method, path, headers, base, counts))


def serve(rate: int = 0, certificate: str = "") -> tuple[str, _Counts, socket.socket]:
    """Start accepting in a thread; the address, the counts, and the socket to close in the end."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    listener = socket.socket()
    if rate:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    base = f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    counts = _Counts()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with counts.lock:
                counts.connections += 1
            threading.Thread(
                target=_serve, args=(connection, base, counts, context, rate), daemon=True
            ).start()

    threading.Thread(target=accept, daemon=True).start()
    return base, counts, listener


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, with its key, and what to trust: our authority after all those of the web.

    Everybody has to read a trust store of the usual size, then, as they have to for TikTok.
    """
    import certifi
    import trustme

    authority = trustme.CA()
    pem, ca = folder / "server.pem", folder / "ca.pem"
    authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(pem)
    ca.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + authority.cert_pem.bytes())
    return pem, ca


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", default="", help="PEM file with key and chain: serve TLS")
    parser.add_argument(
        "--rate", type=int, default=0, help="bytes per second and connection; 0 for full speed"
    )
    given = parser.parse_args()
    base, _, _ = serve(given.rate, given.certificate)
    print(json.dumps({"url": base}), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
