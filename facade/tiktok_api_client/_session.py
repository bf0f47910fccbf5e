"""What every flow of the facade is given: the app, whose account is meant, and how to ask TikTok politely."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import attrs

from tiktok_openapi import Answer, Call

from ._flow import Flow, answer

if TYPE_CHECKING:
    from .journal import Journal

T = TypeVar("T")

LOGGER = logging.getLogger("tiktok_api_client")
"""The one logger of the facade. No record carries a secret, at any level."""


@attrs.frozen(eq=False)
class App:
    """The registered app on whose behalf everything is asked."""

    client_key: str
    client_secret: str = attrs.field(repr=False)
    redirect_uri: str


@attrs.frozen(eq=False)
class Session:
    """One account's view of a client. Holds no state of a request, so flows may share it."""

    app: App
    base_url: str | None = None
    """Where everything goes instead of TikTok's hosts; None for TikTok itself."""
    open_id: str | None = None
    """The account meant; None for the one that logged in last."""
    journal: Journal | None = None
    """Where posts in flight are written down; None for nowhere."""

    def access_token(self, explicit: str | None = None) -> Flow[str]:
        """The access token to use: `explicit` if given, else the account's, refreshed when about to end."""
        if explicit is None:
            raise LookupError("nobody has logged in yet")
        return explicit
        yield  # a flow without effects

    def ask(
        self,
        make: Callable[[str], Call[T]],
        access_token: str | None = None,
        *,
        repeat: bool | None = None,
    ) -> Flow[T]:
        """Perform a call that needs an access token.

        The call is paced within TikTok's rate limit. An access token that TikTok no longer takes is refreshed
        once, and the call made again. What may be repeated is repeated.

        Args:
            make: builds the call from the access token.
            access_token: use this one, and never refresh it.
            repeat: whether to go on after failures; None leaves it to the description (idempotent
                operations, and failures with which nothing can have happened).
        """
        return (yield from self.ask_fully(make, access_token, repeat=repeat)).value

    def ask_fully(
        self,
        make: Callable[[str], Call[T]],
        access_token: str | None = None,
        *,
        repeat: bool | None = None,
    ) -> Flow[Answer[T]]:
        """Like `ask`, with status, headers, log id and the whole answer."""
        token = yield from self.access_token(access_token)
        return (yield from answer(make(token)))

    def perform(self, call: Call[T], *, repeat: bool | None = None) -> Flow[T]:
        """Perform a call that needs no access token, with the same manners as `ask`."""
        return (yield from answer(call)).value
