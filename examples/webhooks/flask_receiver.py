"""Receive TikTok's webhooks with Flask.

Run it: `TIKTOK_CLIENT_SECRET=… flask --app examples/webhooks/flask_receiver.py run`.
"""

from __future__ import annotations

import logging
import os

from flask import Flask, Response, request

from tiktok_api_client import WebhookRefused, event_key, verify_webhook
from tiktok_openapi import PostPublishComplete, PostPublishFailed, Unreadable

log = logging.getLogger(__name__)
seen: set[str] = set()  # your database, in real life
app = Flask(__name__)


@app.post("/tiktok")
def receive() -> Response:
    """Check the signature over the raw bytes (`get_data`, never `get_json`), and answer at once."""
    body = request.get_data(cache=False)
    try:
        event = verify_webhook(body, request.headers, os.environ["TIKTOK_CLIENT_SECRET"])
    except WebhookRefused as problem:
        log.warning("refused: %s", problem)
        return Response(status=401)
    except Unreadable:
        log.exception("signed by TikTok, but not as described")
        return Response(status=200)  # delivering it again will not help
    key = event_key(event)
    if key not in seen:  # TikTok delivers at least once
        seen.add(key)
        match event:
            case PostPublishComplete(content=content):
                log.info("%s is done", content.publish_id)
            case PostPublishFailed(content=content):
                log.warning("%s failed: %s", content.publish_id, content.reason)
            case _:
                log.info("%s", event)
    return Response(status=200)
