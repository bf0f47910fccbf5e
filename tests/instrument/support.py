"""What most of these tests begin with."""

from __future__ import annotations

from typing import Any

from tiktok_mock_server import MockTikTok

from .doors import Asking

INIT = "/v2/post/publish/video/init/"
DRAFT = "/v2/post/publish/inbox/video/init/"
STATUS = "/v2/post/publish/status/fetch/"
CREATOR = "/v2/post/publish/creator_info/query/"
TOKEN = "/v2/oauth/token/"
REVOKE = "/v2/oauth/revoke/"

FORM = {"content-type": "application/x-www-form-urlencoded"}
APP = {"client_key": "mock_client_key", "client_secret": "mock_client_secret"}


def mp4(size: int = 24) -> bytes:
    """The beginning of an MP4 file, and as many bytes after it as are wanted."""
    head = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
    return head + bytes(max(0, size - len(head)))


class Creator:
    """A logged-in client that spells requests out."""

    def __init__(self, mock: MockTikTok, ask: Asking) -> None:
        self.mock = mock
        self.ask = ask
        self.token: dict[str, Any] = dict(mock.authorize())
        self.headers = {"authorization": f"Bearer {self.token['access_token']}", "host": "tiktok.mock"}

    def init(
        self,
        size: int = 24,
        *,
        title: str = "Hello",
        chunk: int = 0,
        count: int = 1,
        headers: dict[str, str] | None = None,
    ) -> Any:
        body = {
            "post_info": {"privacy_level": "SELF_ONLY", "title": title},
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": size,
                "chunk_size": chunk or size,
                "total_chunk_count": count,
            },
        }
        return self.ask("POST", INIT, json=body, headers={**self.headers, **(headers or {})})

    def started(self, size: int = 24, **more: Any) -> dict[str, str]:
        answer = self.init(size, **more)
        assert answer.status_code == 200, answer.text
        started: dict[str, str] = answer.json()["data"]
        return started

    def draft(self, size: int = 24) -> str:
        """A draft in the user's inbox."""
        source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": size, "total_chunk_count": 1}
        started = self.ask("POST", DRAFT, json={"source_info": source}, headers=self.headers).json()["data"]
        self.put(started["upload_url"], mp4(size))
        self.mock.clock.advance(60)
        return str(started["publish_id"])

    def put(
        self,
        upload_url: str,
        data: bytes,
        *,
        first: int = 0,
        total: int = 0,
        headers: dict[str, str] | None = None,
    ) -> Any:
        path = "/" + upload_url.split("/", 3)[3]
        last = first + len(data) - 1
        of_chunk = {
            "content-type": "video/mp4",
            "content-range": f"bytes {first}-{last}/{total or len(data)}",
        }
        return self.ask("PUT", path, content=data, headers={**of_chunk, **(headers or {})})

    def status(self, publish_id: str) -> Any:
        return self.ask("POST", STATUS, json={"publish_id": publish_id}, headers=self.headers)

    def creator_info(self, headers: dict[str, str] | None = None) -> Any:
        return self.ask("POST", CREATOR, headers={**self.headers, **(headers or {})})

    def refresh(self) -> Any:
        fields = {**APP, "grant_type": "refresh_token", "refresh_token": self.token["refresh_token"]}
        return self.ask("POST", TOKEN, data=fields)

    def revoke(self) -> Any:
        return self.ask("POST", REVOKE, data={**APP, "token": self.token["access_token"]})
