"""What every flow of the facade is given: the app, whose account is meant, and how to ask TikTok politely."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import attrs

from tiktok_openapi import Answer, Call, Error, ErrorCode, Refused, TryLater

from ._budget import Budget, BudgetMode
from ._flow import Flow, answer, monotonic, sleep
from ._keeper import TokenKeeper
from ._log import LOGGER
from ._retry import TRIES, may_repeat, pause
from .deliveries import Deliveries
from .errors import OverBudget

if TYPE_CHECKING:
    from .journal import Journal

T = TypeVar("T")


@attrs.frozen(eq=False)
class App:
    """The registered app on whose behalf everything is asked."""

    client_key: str
    client_secret: str = attrs.field(repr=False)


@attrs.frozen(eq=False)
class Session:
    """One account's view of a client. Holds no state of a request, so flows may share it."""

    app: App
    keeper: TokenKeeper
    budget: Budget
    budget_mode: BudgetMode = "wait"
    base_url: str | None = None
    """Where everything goes instead of TikTok's hosts; None for TikTok itself."""
    open_id: str | None = None
    """The account meant; None for the one that logged in last."""
    journal: Journal | None = None
    """Where posts in flight are written down; None for nowhere."""
    deliveries: Deliveries = attrs.field(factory=Deliveries, repr=False)
    """Webhook events, for whoever waits for them."""

    def scopes(self) -> Flow[tuple[str, ...] | None]:
        """The scopes that the account has granted; None when that is not known.

        From the store: the user may have logged in again and granted more, in another process.
        """
        account = yield from self.keeper.account(self.open_id)
        return (yield from self.keeper.stored(account, fresh=True)).scopes or None

    def ask(
        self,
        make: Callable[[str], Call[T]],
        access_token: str | None = None,
        *,
        repeat: bool = True,
    ) -> Flow[T]:
        """Perform a call that needs an access token.

        The call is paced within TikTok's rate limit. An access token that TikTok no longer takes is refreshed
        once, and the call made again. A failure is followed by another try where nothing can be done twice.

        Args:
            make: builds the call from the access token.
            access_token: use this one, and never refresh it.
            repeat: False to have no second try, apart from the one after a refresh.
        """
        return (yield from self.ask_fully(make, access_token, repeat=repeat)).value

    def ask_fully(
        self,
        make: Callable[[str], Call[T]],
        access_token: str | None = None,
        *,
        repeat: bool = True,
        sending: Callable[[Call[T]], Flow[Answer[T]]] = answer,
    ) -> Flow[Answer[T]]:
        """Like `ask`, with status, headers, log id and the whole answer; `sending` is one try at the call."""
        if access_token is not None:
            return (yield from self._politely(make(access_token), _anonymous(access_token), repeat, sending))
        account = yield from self.keeper.account(self.open_id)
        token = yield from self.keeper.token(account, self.send)
        try:
            return (yield from self._politely(make(token.access_token), account, repeat, sending))
        except Refused as problem:
            if problem.code != ErrorCode.ACCESS_TOKEN_INVALID:
                raise
            dead = token.access_token
        LOGGER.info("the access token is refused before its time; refreshing it", extra={"open_id": account})
        token = yield from self.keeper.token(account, self.send, dead)
        return (yield from self._politely(make(token.access_token), account, repeat, sending))

    def perform(self, call: Call[T], *, repeat: bool = True) -> Flow[T]:
        """Perform a call that needs no access token, with the same manners as `ask`."""
        return (yield from self._politely(call, self.app.client_key, repeat, answer)).value

    def send(self, call: Call[T]) -> Flow[T]:
        """Perform a call that needs no access token, paced, and once."""
        return (yield from self.perform(call, repeat=False))

    def _politely(
        self, call: Call[T], who: str, repeat: bool, sending: Callable[[Call[T]], Flow[Answer[T]]]
    ) -> Flow[Answer[T]]:
        """Paced, and repeated where that is safe."""
        operation, attempt = call.operation, 1
        while True:
            yield from self._pace(call, who)
            try:
                result = yield from sending(call)
            except Error as problem:
                at = yield from monotonic()
                if isinstance(problem, TryLater) and problem.retryable:
                    if problem.status == 429:
                        self.budget.full(operation, who, at)
                    elif problem.code != ErrorCode.SPAM_RISK_TOO_MANY_PENDING_SHARE:
                        # there the creator can make room at any moment
                        self.budget.remember(problem, operation, who, at)
                seconds = pause(attempt, problem)
                if not repeat or attempt >= TRIES or seconds is None or not may_repeat(operation, problem):
                    LOGGER.info("%s failed", operation.name, extra=_about(call, problem, attempt))
                    raise
                LOGGER.info(
                    "%s failed; trying again",
                    operation.name,
                    extra={**_about(call, problem, attempt), "seconds": seconds},
                )
            else:
                LOGGER.debug(
                    "%s answered",
                    operation.name,
                    extra={
                        "operation": operation.name,
                        "status": result.status,
                        "log_id": result.log_id,
                        "attempt": attempt,
                    },
                )
                return result
            yield from sleep(seconds)
            attempt += 1

    def _pace(self, call: Call[T], who: str) -> Flow[None]:
        if self.budget_mode == "off":
            return
        operation = call.operation
        at = yield from monotonic()
        if (cap := self.budget.cap(operation, who, at)) is not None:
            raise cap
        seconds = self.budget.reserve(operation, who, at, wait=self.budget_mode == "wait")
        if seconds <= 0 or operation.rate_limit is None:
            return
        limit = operation.rate_limit
        if self.budget_mode == "raise":
            raise OverBudget(
                operation.name, "one more", f"{limit.requests} requests in {limit.seconds} s", seconds
            )
        LOGGER.info(
            "%s waits for TikTok's rate limit",
            operation.name,
            extra={"operation": operation.name, "seconds": seconds},
        )
        yield from sleep(seconds)


def _anonymous(access_token: str) -> str:
    """Something to count by that does not give the token away."""
    return hashlib.sha256(access_token.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _about(call: Call[T], problem: Error, attempt: int) -> dict[str, object]:
    return {
        "operation": call.operation.name,
        "problem": type(problem).__name__,
        "code": getattr(problem, "code", ""),
        "status": getattr(problem, "status", None),
        "log_id": getattr(problem, "log_id", ""),
        "attempt": attempt,
    }
