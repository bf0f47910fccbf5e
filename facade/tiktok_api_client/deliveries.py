"""Webhook events on their way to whoever waits for the post they are about."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from tiktok_openapi._runtime.fork import renew_after_fork

from ._flow import Signal

if TYPE_CHECKING:
    from tiktok_openapi import PostPublishFailed

    from .outcome import Failed, InInbox, Published

KEEP: Final = 10_000
"""How many posts' events are remembered for a wait that has not begun yet."""


class Told:
    """What the events about one post have told so far, and a signal for the next one."""

    def __init__(self, publish_id: str) -> None:
        self.publish_id = publish_id
        self.post_ids: tuple[str, ...] = ()
        self.published = False
        self.in_inbox = False
        self.failed: PostPublishFailed | None = None
        self.signal = Signal()

    def outcome(self) -> Published | InInbox | Failed | None:
        """What became of the post. Events come in any order, so the furthest one counts."""
        if not (self.published or self.post_ids or self.failed or self.in_inbox):
            return None
        from .outcome import Failed, InInbox, Published

        if self.published or self.post_ids:
            return Published(publish_id=self.publish_id, post_ids=self.post_ids)
        if self.failed is not None:
            return Failed(publish_id=self.publish_id, fail_reason=self.failed.content.reason)
        return InInbox(publish_id=self.publish_id)


class Deliveries:
    """Takes webhook events and wakes the waits they concern. Safe to use from any thread or task."""

    def __init__(self, keep: int = KEEP) -> None:
        self._keep = keep
        self._renew()
        renew_after_fork(self, Deliveries._renew)
        self._all: WeakValueDictionary[str, Told] = WeakValueDictionary()
        self._news: OrderedDict[str, Told] = OrderedDict()

    def _renew(self) -> None:
        self._mutex = threading.Lock()

    def about(self, publish_id: str) -> Told:
        """What has been told about a post; grows as events come. Without news, waiters alone keep it."""
        with self._mutex:
            told = self._all.get(publish_id)
            if told is None:
                told = self._all[publish_id] = Told(publish_id)
            return told

    def deliver(self, event: object) -> bool:
        """Take a verified event; whether it is about the outcome of a post."""
        from tiktok_openapi import (  # whoever has an event has paid for its models already
            PostPublishComplete,
            PostPublishFailed,
            PostPublishInboxDelivered,
            PostPublishPubliclyAvailable,
        )

        if not isinstance(
            event,
            (PostPublishComplete, PostPublishFailed, PostPublishInboxDelivered, PostPublishPubliclyAvailable),
        ):
            return False
        told = self.about(event.content.publish_id)
        with self._mutex:
            if isinstance(event, PostPublishComplete):
                told.published = True
            elif isinstance(event, PostPublishFailed):
                told.failed = event
            elif isinstance(event, PostPublishInboxDelivered):
                told.in_inbox = True
            elif (post_id := str(event.content.post_id)) not in told.post_ids:
                told.post_ids += (post_id,)
            self._news[told.publish_id] = told
            self._news.move_to_end(told.publish_id)
            if len(self._news) > self._keep:
                self._news.popitem(last=False)
            woken, told.signal = told.signal, Signal()
        woken.set()
        return True
