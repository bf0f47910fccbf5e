"""Answers in TikTok's shapes."""

from __future__ import annotations

from functools import cache
from typing import Final
from urllib.parse import quote

from tiktok_openapi._runtime.call import Operation
from tiktok_openapi.errors import CATALOGUE

from . import jsonio
from .messages import Outbound
from .switches import Switches
from .why import Refusal

JSON: Final = "application/json; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"

JANUS: Final = b"Unsupported path(Janus)"

_POST_OPERATIONS: Final = frozenset(
    {"initVideoPost", "initInboxVideo", "initContent", "fetchStatus", "cancelPublish"}
)
"""Operations whose errors were seen without `data`."""


def _common(log_id: str) -> list[tuple[str, str]]:
    """What TikTok's gateway adds to every answer."""
    return [
        ("x-tt-logid", log_id),
        ("cache-control", "max-age=0, no-cache, no-store"),
        ("pragma", "no-cache"),
        ("x-tt-trace-tag", "id=16;cdn-cache=miss;type=dyn"),
        ("x-tt-trace-id", f"00-{log_id.lower()[2:]}-01"),
    ]


def succeeded(operation: Operation, payload: object, log_id: str) -> Outbound:
    """A success. Without a payload an answer of the data envelope holds `error` only."""
    if operation.envelope is None or operation.envelope.name == "oauth":
        body = b"" if payload is None else jsonio.write(payload)
    else:
        no_error = {"code": operation.envelope.success, "message": "", "log_id": log_id}
        body = jsonio.write({"error": no_error} if payload is None else {"data": payload, "error": no_error})
    return Outbound(200, body, JSON, _common(log_id))


@cache
def _message(envelope: str, code: str) -> str:
    info = CATALOGUE.find(envelope, code)
    return info.messages[0] if info is not None and info.messages else ""


def refused(operation: Operation, refusal: Refusal, log_id: str, switches: Switches) -> Outbound:
    """A refusal, explained in headers."""
    explained = [*refusal.headers, *refusal.explaining_headers()]
    if operation.envelope is None:
        return Outbound(refusal.status or 400, b"", "", _common(log_id) + explained)
    name = operation.envelope.name
    message = _message(name, refusal.code) if refusal.message is None else refusal.message
    if name == "oauth":
        status = refusal.status or _oauth_status(refusal.code, switches)
        body = {"error": refusal.code, "error_description": message, "log_id": log_id}
        return Outbound(status, jsonio.write(body), JSON, _common(log_id) + explained)
    error = {"code": refusal.code, "message": message, "log_id": log_id}
    with_data = (operation.id not in _POST_OPERATIONS) is (switches.error_data == "observed")
    status = refusal.status or _status(operation, refusal.code)
    body_ = {"data": {}, "error": error} if with_data else {"error": error}
    return Outbound(status, jsonio.write(body_), JSON, _common(log_id) + explained)


def _status(operation: Operation, code: str) -> int:
    if code in operation.errors:
        return operation.errors[code]
    info = CATALOGUE.find("data", code)
    return info.status if info is not None else 400


def _oauth_status(code: str, switches: Switches) -> int:
    if switches.oauth_error_status == "200":
        return 200
    info = CATALOGUE.find("oauth", code)
    if info is not None and info.status >= 500:
        return info.status
    return 401 if code == "invalid_client" else 400


def page(status: int, html: str, log_id: str, headers: list[tuple[str, str]] | None = None) -> Outbound:
    """A page for a browser."""
    return Outbound(status, html.encode(), HTML, _common(log_id) + (headers or []))


def redirect(location: str, log_id: str, headers: list[tuple[str, str]] | None = None) -> Outbound:
    """To another address."""
    ascii_only = location if location.isascii() else quote(location, safe="%/:=&?~#+!$,;'@()*[]")
    return Outbound(302, b"", "", [("location", ascii_only), *_common(log_id), *(headers or [])])


def unsupported_path(log_id: str, hint: list[tuple[str, str]]) -> Outbound:
    """No such path, or not with this method."""
    return Outbound(404, JANUS, "text/plain; charset=utf-8", _common(log_id) + hint)


def edge_page(status: int, log_id: str) -> Outbound:
    """What the edge in front of TikTok answers when TikTok does not."""
    html = f"<html><head><title>{status}</title></head><body><h1>Service Unavailable</h1></body></html>"
    return Outbound(
        status, html.encode(), "text/html", [("x-tt-logid", log_id), ("x-mock-rule", "edge.html")]
    )
