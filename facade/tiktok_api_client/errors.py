"""Why something did not work. One root, `Error`, and one class per thing that a caller can do about it.

::

    Error
    ├── CallFailed               a call gave no result; `docs` is TikTok's page about it
    │   ├── CouldNotAsk          no answer came back; `sent` says whether TikTok can have acted
    │   │   └── TimedOut         … in time
    │   ├── Refused              TikTok said no: code, message, log_id, advice, retry_after
    │   │   ├── InputRefused     correct the request
    │   │   ├── LoginRequired    refresh, or let the user log in again
    │   │   ├── TryLater         a limit is reached; wait
    │   │   ├── AppNotApproved   the app may not do this yet; see TikTok's developer portal
    │   │   └── ServerFault      TikTok, or a gateway in front of it, failed
    │   └── Unreadable           the answer is not what the description promises; `place` says where
    ├── Impossible               nothing was sent, because it cannot work
    │   ├── NotLoggedIn          there is no token for this account
    │   ├── StateMismatch        a callback that does not belong to this login
    │   └── OverBudget           TikTok's rate limit is used up; `retry_after` says for how long
    ├── LoginTimedOut            nobody finished the login in time
    └── StoreFailed              the token store cannot be read or written

An upload that stopped is an `UploadFailed` (a `CallFailed` as well), an earlier post whose fate nobody knows
an `OutcomeUnknown`, and a webhook delivery that is not TikTok's a `WebhookRefused`; they stand beside these.

Code, category and advice come from the description's error catalogue; a code that is not in it arrives as the
class of its HTTP status. No error shows a secret, and every error can be pickled.

For code written for the documented library of this name: `TimeoutError` is `TimedOut`, and `HTTPError` is
`CallFailed`, which catches whatever goes wrong between this program and TikTok.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiktok_openapi import (
    AppNotApproved,
    CallFailed,
    CouldNotAsk,
    Error,
    Impossible,
    InputRefused,
    LoginRequired,
    Refused,
    Sent,
    ServerFault,
    TimedOut,
    TryLater,
    Unreadable,
)

if TYPE_CHECKING:
    from tiktok_openapi import Operation

__all__ = [
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
]

TimeoutError = TimedOut  # noqa: A001 - the documented name
"""No answer came back in time."""

HTTPError = CallFailed
"""Whatever goes wrong between this program and TikTok."""


class NotLoggedIn(Impossible):
    """There is no token to use; nothing was sent."""

    def __init__(self, account: str, advice: str) -> None:
        super().__init__("access_token", account, "somebody must have logged in", advice)


class StateMismatch(Impossible):
    """A callback that is no answer to this login: it is not safe to use."""

    def __init__(self, got: str) -> None:
        super().__init__(
            "state",
            got,
            "the state that was sent with the authorization URL",
            "another login was started since, or somebody else made this link; begin the login anew",
        )


class OverBudget(Impossible):
    """TikTok's rate limit for this operation is used up; nothing was sent."""

    def __init__(self, operation: str, got: str, limit: str, retry_after: float) -> None:
        super().__init__(operation, got, limit, f"try again in {retry_after:.1f} s")
        self.operation: str = operation
        self.retry_after: float = retry_after
        """Seconds until the next request fits."""


def unreadable(operation: Operation, place: str, expected: str, got: str) -> Unreadable:
    """The complaint about an answer that the bindings can read, and that makes no sense here."""
    return Unreadable(
        place=place,
        expected=expected,
        got=got,
        status=200,
        operation=operation.name,
        request=operation.summary,
        docs=operation.docs,
    )


class LoginTimedOut(Error):
    """Nobody finished the login in time."""


class StoreFailed(Error):
    """The token store or the journal cannot be read or written; the message names the file."""
