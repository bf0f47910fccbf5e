"""What the control API and the inspector tell of a world, as JSON."""

from __future__ import annotations

import attrs

from .rules import status
from .world import Account, Delivery, Post, World


def describe_clock(world: World) -> dict[str, object]:
    """The clock."""
    return {"now": world.now(), "frozen": world.clock.frozen, "next_due": world.next_due()}


def describe_post(post: Post) -> dict[str, object]:
    """A post."""
    return {
        "publish_id": post.publish_id,
        "status": status.wire_status(post),
        "stage": post.stage.name,
        "kind": post.kind,
        "draft": post.draft,
        "client_key": post.app.client_key,
        "username": post.account.username,
        "privacy_level": post.privacy,
        "title": post.title,
        "description": post.description,
        "is_aigc": post.is_aigc,
        "urls": list(post.urls),
        "fail_reason": post.fail_reason,
        "held": post.held,
        "post_ids": list(post.post_ids),
        "received": post.upload.received if post.upload is not None else post.downloaded,
        "size": post.upload.size if post.upload is not None else post.size,
        "sha256": post.digest,
        "created": post.created,
    }


def describe_delivery(delivery: Delivery) -> dict[str, object]:
    """An event on its way."""
    return {
        "id": delivery.id,
        "event": delivery.event,
        "url": delivery.url,
        "state": delivery.state,
        "body": delivery.body.decode(),
        "created": delivery.created,
        "attempts": [attrs.asdict(one) for one in delivery.attempts],
    }


def describe_account(account: Account) -> dict[str, object]:
    """An account."""
    return {
        name: getattr(account, name)
        for name in (
            "username",
            "nickname",
            "private",
            "comment_disabled",
            "duet_disabled",
            "stitch_disabled",
            "max_video_seconds",
            "banned",
        )
    }
