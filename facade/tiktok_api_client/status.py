"""Asking: what may this creator post, and how far is a post. Stopping one that TikTok still downloads."""

from __future__ import annotations

from tiktok_openapi.operations.post import cancel_publish, fetch_status, query_creator_info

from ._aftermath import about_post
from ._flow import Flow
from ._session import Session
from .results import Creator, Status, with_body


def get_creator_info(session: Session, *, access_token: str | None = None) -> Flow[Creator]:
    """What the creator may post: privacy levels, interactions, longest video. Ask before every post.

    https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info
    """
    answer = yield from session.ask_fully(lambda token: query_creator_info(access_token=token), access_token)
    return with_body(Creator, answer)


def check_upload_status(
    session: Session, *, publish_id: str, access_token: str | None = None
) -> Flow[Status]:
    """How far a post is, asked once. `wait` asks until it is decided.

    https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
    """
    asking = session.ask_fully(
        lambda token: fetch_status(access_token=token, publish_id=publish_id), access_token
    )
    answer = yield from about_post(publish_id, asking)
    return with_body(Status, answer)


def cancel(session: Session, *, publish_id: str, access_token: str | None = None) -> Flow[None]:
    """Ask TikTok to stop a post that it still downloads; `wait` tells whether it did.

    An upload, or a post that is processed already, cannot be stopped: TikTok refuses.

    https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
    """
    asking = session.ask(
        lambda token: cancel_publish(access_token=token, publish_id=publish_id), access_token
    )
    yield from about_post(publish_id, asking)
