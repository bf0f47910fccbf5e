"""Decoding and encoding by every contestant, in this process: prints one JSON line of CPU seconds per body.

Ours checks every value and keeps the received mapping. `theirs` are the models that openapi-python-client
generates from our bundle (unchecked); cattrs structures classes of the same fields. `X, bytes` is the whole
way, from the bytes of an answer to its objects: ours with msgspec as the parser (extra `fast`) and without.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Optional

import attrs
import cattrs.preconf.json
import msgspec
from cattrs import Converter

from benchmarks import payloads
from tiktok_openapi._runtime import json_text

BODIES = {
    "creator info": payloads.CREATOR_INFO,
    "token": payloads.TOKEN,
    "status": payloads.STATUS,
    "20 videos": payloads.VIDEO_LIST,
}


class Level(str, Enum):
    """As in the description."""

    PUBLIC_TO_EVERYONE = "PUBLIC_TO_EVERYONE"
    MUTUAL_FOLLOW_FRIENDS = "MUTUAL_FOLLOW_FRIENDS"
    FOLLOWER_OF_CREATOR = "FOLLOWER_OF_CREATOR"
    SELF_ONLY = "SELF_ONLY"


class State(str, Enum):
    """As in the description."""

    PROCESSING_UPLOAD = "PROCESSING_UPLOAD"
    PROCESSING_DOWNLOAD = "PROCESSING_DOWNLOAD"
    SEND_TO_USER_INBOX = "SEND_TO_USER_INBOX"
    PUBLISH_COMPLETE = "PUBLISH_COMPLETE"
    FAILED = "FAILED"


@attrs.frozen
class Creator:
    """For cattrs."""

    creator_avatar_url: str
    creator_username: str
    creator_nickname: str
    privacy_level_options: list[Level]
    comment_disabled: bool
    duet_disabled: bool
    stitch_disabled: bool
    max_video_post_duration_sec: int


@attrs.frozen
class Token:
    """For cattrs."""

    access_token: str
    expires_in: int
    open_id: str
    refresh_token: str
    refresh_expires_in: int
    scope: str
    token_type: str


@attrs.frozen
class Status:
    """For cattrs."""

    status: State
    fail_reason: Optional[str] = None
    publicaly_available_post_id: Optional[list[int]] = None
    uploaded_bytes: Optional[int] = None
    downloaded_bytes: Optional[int] = None


@attrs.frozen
class Video:
    """For cattrs."""

    id: Optional[str] = None
    create_time: Optional[int] = None
    cover_image_url: Optional[str] = None
    share_url: Optional[str] = None
    video_description: Optional[str] = None
    duration: Optional[int] = None
    height: Optional[int] = None
    width: Optional[int] = None
    title: Optional[str] = None
    embed_html: Optional[str] = None
    embed_link: Optional[str] = None
    like_count: Optional[int] = None
    comment_count: Optional[int] = None
    share_count: Optional[int] = None
    view_count: Optional[int] = None
    is_aigc: Optional[bool] = None


@attrs.frozen
class Page:
    """For cattrs."""

    videos: list[Video]
    cursor: int
    has_more: bool


@attrs.frozen
class PostInfo:
    """For cattrs."""

    title: str
    privacy_level: Level
    disable_comment: bool
    disable_duet: bool
    disable_stitch: bool
    video_cover_timestamp_ms: int


@attrs.frozen
class FileSource:
    """For cattrs."""

    source: str
    video_size: int
    chunk_size: int
    total_chunk_count: int


@attrs.frozen
class VideoInit:
    """For cattrs."""

    post_info: PostInfo
    source_info: FileSource


SHAPES: dict[str, type[Any]] = {"creator info": Creator, "token": Token, "status": Status, "20 videos": Page}
Decode = Callable[[object], object]


def _ours() -> dict[str, Decode]:
    from tiktok_openapi.models.creator_info import decode_creator_info
    from tiktok_openapi.models.display import decode_video_page
    from tiktok_openapi.models.oauth import decode_user_token
    from tiktok_openapi.models.status import decode_publish_status

    return {
        "creator info": decode_creator_info,
        "token": decode_user_token,
        "status": decode_publish_status,
        "20 videos": decode_video_page,
    }


def _theirs() -> dict[str, Decode]:
    models: Any = importlib.import_module("theirs.models")
    return {
        "creator info": models.CreatorInfo.from_dict,
        "token": models.UserToken.from_dict,
        "status": models.PublishStatus.from_dict,
        "20 videos": models.VideoPage.from_dict,
    }


def _cattrs(converter: Converter) -> dict[str, Decode]:
    def of(shape: type[Any]) -> Decode:
        return lambda value: converter.structure(value, shape)

    return {name: of(shape) for name, shape in SHAPES.items()}


def _msgspec() -> dict[str, Decode]:
    def of(shape: type[Any]) -> Decode:
        return lambda value: msgspec.convert(value, shape)

    return {name: of(shape) for name, shape in SHAPES.items()}


def _encoders() -> dict[str, Callable[[], bytes]]:
    """From the typed parts of a video init to the bytes of its body."""
    from tiktok_openapi import FileUploadSource, PrivacyLevel, VideoPostInfo
    from tiktok_openapi.models import publish
    from tiktok_openapi.operations.post import init_video_post

    models: Any = importlib.import_module("theirs.models")
    size = {"video_size": 64_000_000, "chunk_size": 10_000_000, "total_chunk_count": 6}
    info: dict[str, Any] = {
        "title": "A title #mock",
        "disable_comment": False,
        "disable_duet": True,
        "disable_stitch": True,
        "video_cover_timestamp_ms": 1000,
    }
    post = VideoPostInfo(privacy_level=PrivacyLevel.SELF_ONLY, **info)
    source = FileUploadSource(**size)
    their_level = models.PrivacyLevel("SELF_ONLY")
    their_post = models.VideoPostInfo(privacy_level=their_level, **info)
    their_source = models.FileUploadSource(source="FILE_UPLOAD", **size)
    converter = cattrs.preconf.json.make_converter()
    init = VideoInit(
        PostInfo(privacy_level=Level.SELF_ONLY, **info), FileSource(source="FILE_UPLOAD", **size)
    )
    httpx_json: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}

    def ours() -> bytes:
        body = init_video_post(access_token="act.x", post_info=post, source_info=source).body
        assert isinstance(body, bytes)
        return body

    def checked() -> dict[str, object]:
        request = publish.VideoInitRequest(post_info=post, source_info=source)
        return publish.encode_video_init_request(request, "", [])

    python_writes = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

    def theirs() -> bytes:
        body = models.VideoInitRequest(post_info=their_post, source_info=their_source).to_dict()
        return json.dumps(body, **httpx_json).encode()

    return {
        "whole call": ours,
        "ours, fast": lambda: json_text.write(checked()),
        "ours": lambda: python_writes(checked()).encode(),
        "theirs": theirs,
        "cattrs": lambda: converter.dumps(init).encode(),
    }


def block_of(call: Callable[[], object], seconds: float) -> float:
    """CPU seconds of one call, from as many as fit into a block."""
    count = 0
    began = time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for _ in range(50):
            call()
        count += 50
    return spent / count


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--theirs", type=Path, required=True, help="the folder of `theirs`, a generated package"
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=float, default=0.02, help="seconds")
    given = parser.parse_args()
    sys.path.insert(0, str(given.theirs))
    plain = cattrs.preconf.json.make_converter()
    hasty = cattrs.preconf.json.make_converter(detailed_validation=False)
    decoders: dict[str, dict[str, Decode]] = {
        "ours": _ours(),
        "theirs": _theirs(),
        "cattrs": _cattrs(plain),
        "cattrs, hasty": _cattrs(hasty),
        "msgspec": _msgspec(),
    }
    contests: dict[str, dict[str, Callable[[], object]]] = {}
    for name, text in BODIES.items():
        whole = json.loads(text)
        value = whole.get("data", whole)

        def of(decode: Decode, value: object = value) -> Callable[[], object]:
            return lambda: decode(value)

        def whole_way(
            loads: Callable[[bytes], Any], decode: Decode, text: bytes = text, inner: bool = "data" in whole
        ) -> Callable[[], object]:
            if inner:
                return lambda: decode(loads(text)["data"])
            return lambda: decode(loads(text))

        contests[name] = {
            **{who: of(decoder[name]) for who, decoder in decoders.items()},
            "ours, bytes, fast": whole_way(json_text.read, decoders["ours"][name]),
            **{
                f"{who}, bytes": whole_way(json.loads, decoders[who][name])
                for who in ("ours", "theirs", "cattrs")
            },
        }
    contests["encode"] = {**_encoders()}
    for calls in contests.values():
        for call in calls.values():
            call()
    found: dict[str, dict[str, list[float]]] = {
        name: {who: [] for who in calls} for name, calls in contests.items()
    }
    for number in range(given.rounds):
        for name, calls in contests.items():
            order = list(calls)
            for who in order if number % 2 == 0 else reversed(order):
                found[name][who].append(block_of(calls[who], given.block))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
