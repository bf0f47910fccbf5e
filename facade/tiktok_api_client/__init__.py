"""TikTok for Python: log in, publish once, and know what happened.

::

    from tiktok_api_client import TikTok

    with TikTok(client_key, client_secret, "https://app.example/callback/") as tik:
        print(tik.get_authorization_url())

`AsyncTikTok` does the same for callers that await. Names are imported when they are first touched.
"""

TYPE_CHECKING = False  # what type checkers take for true; importing it from `typing` would double the cost

if TYPE_CHECKING:
    from ._aftermath import Aftermath as Aftermath
    from ._aftermath import aftermath as aftermath
    from ._flow import Clock as Clock
    from ._flow import Signal as Signal
    from .attempt import Options as Options
    from .attempt import OutcomeUnknown as OutcomeUnknown
    from .callback import Callback as Callback
    from .client import TikTok as TikTok
    from .client_async import AsyncTikTok as AsyncTikTok
    from .errors import AppNotApproved as AppNotApproved
    from .errors import CallFailed as CallFailed
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
    from .handle import AsyncUpload as AsyncUpload
    from .handle import Upload as Upload
    from .journal import FileJournal as FileJournal
    from .journal import Journal as Journal
    from .journal import MemoryJournal as MemoryJournal
    from .login import SCOPES as SCOPES
    from .login import LoginRequest as LoginRequest
    from .outcome import Failed as Failed
    from .outcome import InInbox as InInbox
    from .outcome import Outcome as Outcome
    from .outcome import Processing as Processing
    from .outcome import Published as Published
    from .outcome import Unknown as Unknown
    from .plan import Chunk as Chunk
    from .plan import ChunkPlan as ChunkPlan
    from .posts import PhotoDraft as PhotoDraft
    from .posts import PhotoPost as PhotoPost
    from .posts import Post as Post
    from .posts import VideoDraft as VideoDraft
    from .posts import VideoPost as VideoPost
    from .preflight import PreflightWarning as PreflightWarning
    from .preflight import Problem as Problem
    from .preflight import Unpostable as Unpostable
    from .progress import Progress as Progress
    from .rehearse import PlannedRequest as PlannedRequest
    from .remote import RemoteFile as RemoteFile
    from .results import Creator as Creator
    from .results import Status as Status
    from .results import Submitted as Submitted
    from .source import SourceFailed as SourceFailed
    from .tokens import FileTokenStore as FileTokenStore
    from .tokens import MemoryTokenStore as MemoryTokenStore
    from .tokens import StoredToken as StoredToken
    from .tokens import TokenStore as TokenStore
    from .upload import UploadCancelled as UploadCancelled
    from .upload import UploadEnded as UploadEnded
    from .upload import UploadFailed as UploadFailed
    from .upload import UploadTimedOut as UploadTimedOut
    from .webhooks import UnknownEvent as UnknownEvent
    from .webhooks import WebhookEvent as WebhookEvent
    from .webhooks import WebhookRefused as WebhookRefused
    from .webhooks import event_key as event_key
    from .webhooks import verify_webhook as verify_webhook

    __version__: str

_MODULES = {
    "_aftermath": (
        "Aftermath",
        "aftermath",
    ),
    "_flow": (
        "Clock",
        "Signal",
    ),
    "attempt": (
        "Options",
        "OutcomeUnknown",
    ),
    "callback": ("Callback",),
    "client": ("TikTok",),
    "client_async": ("AsyncTikTok",),
    "errors": (
        "AppNotApproved",
        "CallFailed",
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
    "handle": (
        "AsyncUpload",
        "Upload",
    ),
    "journal": (
        "FileJournal",
        "Journal",
        "MemoryJournal",
    ),
    "login": (
        "LoginRequest",
        "SCOPES",
    ),
    "outcome": (
        "Failed",
        "InInbox",
        "Outcome",
        "Processing",
        "Published",
        "Unknown",
    ),
    "plan": (
        "Chunk",
        "ChunkPlan",
    ),
    "posts": (
        "PhotoDraft",
        "PhotoPost",
        "Post",
        "VideoDraft",
        "VideoPost",
    ),
    "preflight": (
        "PreflightWarning",
        "Problem",
        "Unpostable",
    ),
    "progress": ("Progress",),
    "rehearse": ("PlannedRequest",),
    "remote": ("RemoteFile",),
    "results": (
        "Creator",
        "Status",
        "Submitted",
    ),
    "source": ("SourceFailed",),
    "tokens": (
        "FileTokenStore",
        "MemoryTokenStore",
        "StoredToken",
        "TokenStore",
    ),
    "upload": (
        "UploadCancelled",
        "UploadEnded",
        "UploadFailed",
        "UploadTimedOut",
    ),
    "webhooks": (
        "UnknownEvent",
        "WebhookEvent",
        "WebhookRefused",
        "event_key",
        "verify_webhook",
    ),
}

_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "SCOPES",
    "Aftermath",
    "AppNotApproved",
    "AsyncTikTok",
    "AsyncUpload",
    "CallFailed",
    "Callback",
    "Chunk",
    "ChunkPlan",
    "Clock",
    "CouldNotAsk",
    "Creator",
    "Error",
    "Failed",
    "FileJournal",
    "FileTokenStore",
    "HTTPError",
    "Impossible",
    "InInbox",
    "InputRefused",
    "Journal",
    "LoginRequest",
    "LoginRequired",
    "LoginTimedOut",
    "MemoryJournal",
    "MemoryTokenStore",
    "NotLoggedIn",
    "Options",
    "Outcome",
    "OutcomeUnknown",
    "OverBudget",
    "PhotoDraft",
    "PhotoPost",
    "PlannedRequest",
    "Post",
    "PreflightWarning",
    "Problem",
    "Processing",
    "Progress",
    "Published",
    "Refused",
    "RemoteFile",
    "Sent",
    "ServerFault",
    "Signal",
    "SourceFailed",
    "StateMismatch",
    "Status",
    "StoreFailed",
    "StoredToken",
    "Submitted",
    "TikTok",
    "TimedOut",
    "TimeoutError",
    "TokenStore",
    "TryLater",
    "Unknown",
    "UnknownEvent",
    "Unpostable",
    "Unreadable",
    "Upload",
    "UploadCancelled",
    "UploadEnded",
    "UploadFailed",
    "UploadTimedOut",
    "VideoDraft",
    "VideoPost",
    "WebhookEvent",
    "WebhookRefused",
    "__version__",
    "aftermath",
    "event_key",
    "verify_webhook",
]


# Type checkers see the imports above, and so complain of a name that is not there.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from tiktok_openapi import __version__ as found  # one distribution has both
        elif name in _HOMES:
            from importlib import import_module

            found = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
