"""Looking before sending: the exact requests of a post, with secrets masked. Nothing is sent."""

from __future__ import annotations

import json
from typing import Any, Final

import attrs

from tiktok_openapi import Call
from tiktok_openapi.operations.post import query_creator_info
from tiktok_openapi.operations.upload import upload_chunk

from ._flow import Flow
from ._session import Session
from .attempt import Options
from .posts import PhotoPost, Post, VideoPost
from .preflight import Problem, check_words, enforce, gathered
from .prepare import check_shape, prepare
from .ranges import content_range
from .source import Slice

MASK: Final = "***"
_UPLOAD_URL: Final = "https://upload-url.invalid/of-the-init"


@attrs.frozen
class PlannedRequest:
    """A request that would be sent."""

    operation: str
    """Which one, for example `init_video_post`."""
    method: str
    url: str
    """The whole address; of an upload only that it comes with the init's answer."""
    headers: dict[str, str]
    """Those that the call sets, secrets masked."""
    body: dict[str, Any] | None = None
    """The JSON it carries."""
    size: int | None = None
    """Bytes of a video that it carries."""

    def __str__(self) -> str:
        lines = [f"{self.method} {self.url}", *(f"{name}: {value}" for name, value in self.headers.items())]
        if self.body is not None:
            lines += ["", json.dumps(self.body, indent=2, ensure_ascii=False)]
        if self.size is not None:
            lines += ["", f"<{self.size:,} bytes>"]
        return "\n".join(lines)


def rehearse(session: Session, post: Post, options: Options) -> Flow[tuple[PlannedRequest, ...]]:
    """The requests of a post, in their order, without those that only a failure would cause.

    Raises:
        Impossible: the post cannot work, as far as that can be seen without asking TikTok.
    """
    check_shape(post)
    words: list[Problem] = []
    if options.preflight != "off":
        words += check_words(post, audited=options.audited, look_at_photos=options.look_at_photos)
    request = yield from gathered(words, prepare(post, chunk_size=options.chunk_size))
    try:
        enforce(tuple(words), options.preflight)
        calls: list[Call[Any]] = []
        if options.preflight != "off" and isinstance(post, (VideoPost, PhotoPost)):
            calls.append(query_creator_info(access_token=MASK))
        calls.append(request.make(MASK))
        if request.source is not None and request.plan is not None:
            calls += (
                upload_chunk(
                    _UPLOAD_URL,
                    Slice(request.source, chunk.first, chunk.size),
                    content_type=request.source.content_type,
                    content_length=chunk.size,
                    content_range=content_range(chunk.first, chunk.size, request.plan.video_size),
                )
                for chunk in request.plan.chunks()
            )
        return tuple(_planned(call, session.base_url) for call in calls)
    finally:
        if request.source is not None:
            request.source.close()


def _planned(call: Call[Any], base_url: str | None) -> PlannedRequest:
    headers = dict(call.headers)
    upload = call.address is not None
    return PlannedRequest(
        operation=call.operation.name,
        method=call.operation.method,
        url="<the upload_url of the init's answer>" if upload else call.url(base_url),
        headers=headers,
        body=json.loads(call.body) if isinstance(call.body, bytes) else None,
        size=int(headers["Content-Length"]) if upload else None,
    )
