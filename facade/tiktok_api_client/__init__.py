"""TikTok for Python: log in, publish once, and know what happened.

::

    from tiktok_api_client import TikTok

    with TikTok(client_key, client_secret, "https://app.example/callback/") as tik:
        print(tik.get_authorization_url())

`AsyncTikTok` does the same for callers that await. Names are imported when they are first touched.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .callback import Callback as Callback
    from .client import AsyncTikTok as AsyncTikTok
    from .client import TikTok as TikTok
    from .errors import AppNotApproved as AppNotApproved
    from .errors import CouldNotAsk as CouldNotAsk
    from .errors import Error as Error
    from .errors import HTTPError as HTTPError
    from .errors import Impossible as Impossible
    from .errors import InputRefused as InputRefused
    from .errors import LoginRequired as LoginRequired
    from .errors import LoginTimedOut as LoginTimedOut
    from .errors import NotLoggedIn as NotLoggedIn
    from .errors import OverBudget as OverBudget
    from .errors import Refused as Refused
    from .errors import Sent as Sent
    from .errors import ServerFault as ServerFault
    from .errors import StateMismatch as StateMismatch
    from .errors import StoreFailed as StoreFailed
    from .errors import TimedOut as TimedOut
    from .errors import TimeoutError as TimeoutError  # noqa: A004 - the documented name
    from .errors import TryLater as TryLater
    from .errors import Unreadable as Unreadable
    from .login import SCOPES as SCOPES
    from .login import LoginRequest as LoginRequest
    from .progress import Progress as Progress
    from .tokens import FileTokenStore as FileTokenStore
    from .tokens import MemoryTokenStore as MemoryTokenStore
    from .tokens import StoredToken as StoredToken
    from .tokens import TokenStore as TokenStore
    from .webhooks import UnknownEvent as UnknownEvent
    from .webhooks import WebhookEvent as WebhookEvent
    from .webhooks import WebhookRefused as WebhookRefused
    from .webhooks import event_key as event_key
    from .webhooks import verify_webhook as verify_webhook

_MODULES = {
    "callback": ("Callback",),
    "client": ("AsyncTikTok", "TikTok"),
    "errors": (
        "AppNotApproved",
        "CouldNotAsk",
        "Error",
        "HTTPError",
        "Impossible",
        "InputRefused",
        "LoginRequired",
        "LoginTimedOut",
        "NotLoggedIn",
        "OverBudget",
        "Refused",
        "Sent",
        "ServerFault",
        "StateMismatch",
        "StoreFailed",
        "TimedOut",
        "TimeoutError",
        "TryLater",
        "Unreadable",
    ),
    "login": ("SCOPES", "LoginRequest"),
    "progress": ("Progress",),
    "tokens": ("FileTokenStore", "MemoryTokenStore", "StoredToken", "TokenStore"),
    "webhooks": ("UnknownEvent", "WebhookEvent", "WebhookRefused", "event_key", "verify_webhook"),
}

_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "SCOPES",
    "AppNotApproved",
    "AsyncTikTok",
    "Callback",
    "CouldNotAsk",
    "Error",
    "FileTokenStore",
    "HTTPError",
    "Impossible",
    "InputRefused",
    "LoginRequest",
    "LoginRequired",
    "LoginTimedOut",
    "MemoryTokenStore",
    "NotLoggedIn",
    "OverBudget",
    "Progress",
    "Refused",
    "Sent",
    "ServerFault",
    "StateMismatch",
    "StoreFailed",
    "StoredToken",
    "TikTok",
    "TimedOut",
    "TimeoutError",
    "TokenStore",
    "TryLater",
    "UnknownEvent",
    "Unreadable",
    "WebhookEvent",
    "WebhookRefused",
    "event_key",
    "verify_webhook",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
