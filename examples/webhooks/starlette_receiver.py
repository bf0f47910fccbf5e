"""Receive TikTok's webhooks with Starlette. FastAPI takes the same: `app.add_route("/tiktok", receive)`.

Run it: `TIKTOK_CLIENT_SECRET=… uvicorn examples.webhooks.starlette_receiver:app`. TikTok delivers to https
only, so put it behind something that speaks it.
"""

from __future__ import annotations

import logging
import os

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tiktok_api_client import UnknownEvent, WebhookEvent, WebhookRefused, event_key, verify_webhook
from tiktok_openapi import AuthorizationRemoved, PostPublishComplete, PostPublishFailed, Unreadable

log = logging.getLogger(__name__)
seen: set[str] = set()  # your database, in real life


def handle(event: WebhookEvent | UnknownEvent) -> None:
    """What your app does about an event. Runs after TikTok has its answer."""
    key = event_key(event)
    if key in seen:
        return  # TikTok delivers at least once
    seen.add(key)
    match event:
        case PostPublishComplete(content=content):
            log.info("%s is done", content.publish_id)
        case PostPublishFailed(content=content):
            log.warning("%s failed: %s", content.publish_id, content.reason)
        case AuthorizationRemoved(user_openid=open_id):
            log.info("%s has left; forget the tokens", open_id)
        case UnknownEvent(name=name):
            log.info("no class for %s yet: %s", name, dict(event.raw))
        case _:
            log.info("%s", event)


async def receive(request: Request) -> Response:
    """Check the signature over the raw bytes, answer at once, work afterwards."""
    body = await request.body()
    try:
        event = verify_webhook(body, request.headers, os.environ["TIKTOK_CLIENT_SECRET"])
    except WebhookRefused as problem:
        log.warning("refused: %s", problem)
        return Response(status_code=401)
    except Unreadable:
        log.exception("signed by TikTok, but not as described")
        return Response(status_code=200)  # delivering it again will not help
    return Response(status_code=200, background=BackgroundTask(handle, event))


app = Starlette(routes=[Route("/tiktok", receive, methods=["POST"])])
