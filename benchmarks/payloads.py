"""The bodies that are decoded and answered: shaped as TikTok documents them."""

from __future__ import annotations

import json


def _wrap(data: object) -> bytes:
    error = {"code": "ok", "message": "", "log_id": "20261122101510A1B2C3D4E5F60718293A"}
    return json.dumps({"data": data, "error": error}, separators=(",", ":")).encode()


def _video(number: int) -> dict[str, object]:
    video_id = str(7_080_213_458_555_737_986 + number)
    return {
        "id": video_id,
        "title": f"My video {number}",
        "video_description": f"What happens in video {number} #mock",
        "create_time": 1_790_000_000 + number,
        "duration": 30 + number,
        "height": 1920,
        "width": 1080,
        "cover_image_url": f"https://p16.example-cdn.test/cover/{video_id}.jpeg?x-expires=1790003600",
        "share_url": f"https://www.tiktok.com/@mock.creator/video/{video_id}",
        "embed_html": f'<blockquote class="tiktok-embed" cite="https://www.tiktok.com/video/{video_id}"></blockquote>',
        "embed_link": f"https://www.tiktok.com/player/v1/{video_id}",
        "like_count": 10 * number,
        "comment_count": 2 * number,
        "share_count": number,
        "view_count": 1000 * number,
    }


CREATOR_INFO = _wrap(
    {
        "creator_avatar_url": "https://p16.example-cdn.test/a.jpeg",
        "creator_username": "mock.creator",
        "creator_nickname": "Mock Creator",
        "privacy_level_options": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
        "comment_disabled": False,
        "duet_disabled": False,
        "stitch_disabled": True,
        "max_video_post_duration_sec": 600,
    }
)
STATUS = _wrap(
    {
        "status": "PUBLISH_COMPLETE",
        "publicaly_available_post_id": [7080213458555737986],
        "uploaded_bytes": 64_000_000,
    }
)
TOKEN = json.dumps(
    {
        "access_token": "act.bench0123456789abcdefghijklmnopqrstuvwxyz",
        "expires_in": 86400,
        "open_id": "723f24d7-e717-40f8-a2b6-cb8464cd23b4",
        "refresh_expires_in": 31536000,
        "refresh_token": "rft.bench0123456789abcdefghijklmnopqrstuvwxyz",
        "scope": "user.info.basic,video.publish,video.upload,video.list",
        "token_type": "Bearer",
    },
    separators=(",", ":"),
).encode()
USER_INFO = _wrap(
    {
        "user": {
            "open_id": "723f24d7-e717-40f8-a2b6-cb8464cd23b4",
            "union_id": "c9c60f44-a68e-4f5d-84dd-ce22faeb0ba1",
            "avatar_url": "https://p16.example-cdn.test/a.jpeg",
            "display_name": "Mock Creator",
        }
    }
)
VIDEO_LIST = _wrap({"videos": [_video(n) for n in range(20)], "cursor": 1_790_000_000_000, "has_more": True})
