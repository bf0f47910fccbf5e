"""Receive TikTok's webhooks with Django: one view; the settings around it make this file run on its own.

Run it: `TIKTOK_CLIENT_SECRET=… python examples/webhooks/django_receiver.py runserver`.
"""

# Django ships no types.
# mypy: disable-error-code="import-untyped, untyped-decorator"
# pyright: basic

from __future__ import annotations

import logging
import os
import secrets
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tiktok_api_client import WebhookRefused, event_key, verify_webhook
from tiktok_openapi import PostPublishComplete, PostPublishFailed, Unreadable

log = logging.getLogger(__name__)
seen: set[str] = set()  # your database, in real life

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY=secrets.token_urlsafe(), DEBUG=False
    )
    django.setup()


@csrf_exempt  # the signature says who it is
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Check the signature over the raw bytes (`request.body`), and answer at once."""
    header = request.META.get("HTTP_TIKTOK_SIGNATURE")
    try:
        event = verify_webhook(request.body, header, os.environ["TIKTOK_CLIENT_SECRET"])
    except WebhookRefused as problem:
        log.warning("refused: %s", problem)
        return HttpResponse(status=401)
    except Unreadable:
        log.exception("signed by TikTok, but not as described")
        return HttpResponse(status=200)  # delivering it again will not help
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
    return HttpResponse(status=200)


urlpatterns = [path("tiktok", receive)]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
