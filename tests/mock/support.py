"""A client without manners: it sends what it is told to, so that the mock can be seen refusing it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx

from tiktok_mock_server import MockTikTok
from tiktok_openapi.routes import BY_ID

WEB_REDIRECT = "https://app.example.test/callback/"
DESKTOP_REDIRECT = "http://127.0.0.1:8765/callback/"
VERIFIER = "Zq3-mock_verifier.0123456789~abcdefghijKLMNOPQR"
HEX_CHALLENGE = "901b779e05a98302988b5590a25a3c4793f630590501a7d8fedc8b1aaf60f491"
BASE64URL_CHALLENGE = "kBt3ngWpgwKYi1WQolo8R5P2MFkFAafY_tyLGq9g9JE"

ALL_SCOPES = "user.info.basic,user.info.profile,user.info.stats,video.list,video.publish,video.upload"

MP4_START = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
"""What an MP4 begins with; the rest of it does not matter where media are not looked into."""

PULLED = "https://media.example.test/v.mp4"
PHOTOS = ["https://media.example.test/1.jpg", "https://media.example.test/2.webp"]


def mp4(size: int) -> bytes:
    """Bytes that begin like an MP4."""
    return (MP4_START + b"\x00" * size)[:size]


def without_media_checks(mock: MockTikTok) -> None:
    """Let any bytes pass for a video."""
    set_switches(mock, check_media=False)


def set_switches(mock: MockTikTok, **changes: Any) -> None:
    """Change switches of a world."""
    mock.switches = attrs.evolve(mock.switches, **changes)


def query_of(location: str) -> dict[str, str]:
    """The query of an address, decoded once."""
    return {
        name: values[0] for name, values in parse_qs(urlsplit(location).query, keep_blank_values=True).items()
    }


class Player:
    """Plain httpx on the mock's paths."""

    def __init__(self, mock: MockTikTok, http: httpx.Client | None = None) -> None:
        self.mock = mock
        self.http = http or httpx.Client(transport=mock.transport(), base_url=mock.url)
        self.token = ""

    def call(
        self, operation: str, json: object = None, *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """Call an operation, with the player's token unless told otherwise."""
        described = BY_ID[operation]
        headers: dict[str, str] = dict(options.pop("headers", {}))
        bearer = self.token if token is None else token
        if bearer and described.scopes:
            headers.setdefault("Authorization", f"Bearer {bearer}")
        if json is not None:
            options["json"] = json
        return self.http.request(described.method, described.path, headers=headers, **options)

    # Logging in

    def log_in(self, scopes: tuple[str, ...] | None = None, username: str | None = None) -> Player:
        """Get a token without a page."""
        account = self.mock.account if username is None else self.mock.world.accounts[username]
        self.token = str(self.mock.authorize(scopes=scopes, account=account)["access_token"])
        return self

    def authorize(self, **changes: str | None) -> httpx.Response:
        """Open the authorization page; `None` leaves a parameter out."""
        values: dict[str, str | None] = {
            "client_key": self.mock.app.client_key,
            "scope": ALL_SCOPES,
            "redirect_uri": WEB_REDIRECT,
            "state": "st-41",
            "response_type": "code",
        }
        values |= changes
        params = {name: value for name, value in values.items() if value is not None}
        return self.call("authorize", params=params)

    def agree(self, page: httpx.Response, action: str = "allow", **values: Any) -> httpx.Response:
        """Send the form of a page."""
        form: dict[str, Any] = {
            "action": action,
            "account": self.mock.account.username,
            "scope": ALL_SCOPES.split(","),
        }
        return self.http.post(str(page.url), data=form | values)

    def code(self, **changes: str | None) -> str:
        """An authorization code, by way of the page."""
        back = self.agree(self.authorize(**changes))
        assert back.status_code == 302, back.text
        return query_of(back.headers["location"])["code"]

    def get_token(self, code: str | None = None, **changes: str | None) -> httpx.Response:
        """Trade a code in."""
        values: dict[str, str | None] = {
            "client_key": self.mock.app.client_key,
            "client_secret": self.mock.app.client_secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": WEB_REDIRECT,
        }
        return self._form("getToken", values | changes)

    def refresh(self, refresh_token: str, **changes: str | None) -> httpx.Response:
        """Trade a refresh token in."""
        values: dict[str, str | None] = {
            "client_key": self.mock.app.client_key,
            "client_secret": self.mock.app.client_secret,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        }
        return self._form("getToken", values | changes)

    def revoke(self, token: str, **changes: str | None) -> httpx.Response:
        """End a connection."""
        values: dict[str, str | None] = {
            "client_key": self.mock.app.client_key,
            "client_secret": self.mock.app.client_secret,
            "token": token,
        }
        return self._form("revokeToken", values | changes)

    def _form(self, operation: str, values: Mapping[str, str | None]) -> httpx.Response:
        return self.call(operation, data={name: value for name, value in values.items() if value is not None})

    # Posting

    def init_video(
        self,
        size: int = 20,
        chunk: int | None = None,
        count: int = 1,
        *,
        draft: bool = False,
        token: str | None = None,
        **info: Any,
    ) -> httpx.Response:
        """Start a video by upload."""
        source = {
            "source": "FILE_UPLOAD",
            "video_size": size,
            "chunk_size": size if chunk is None else chunk,
            "total_chunk_count": count,
        }
        return self._init(source, draft=draft, token=token, info=info)

    def pull_video(self, url: str = PULLED, *, draft: bool = False, **info: Any) -> httpx.Response:
        """Start a video that TikTok downloads."""
        return self._init({"source": "PULL_FROM_URL", "video_url": url}, draft=draft, token=None, info=info)

    def _init(
        self, source: Mapping[str, object], *, draft: bool, token: str | None, info: Mapping[str, object]
    ) -> httpx.Response:
        if draft:
            return self.call("initInboxVideo", {"source_info": source}, token=token)
        post_info = {"privacy_level": "SELF_ONLY", "title": "A test #mock", **info}
        return self.call("initVideoPost", {"post_info": post_info, "source_info": source}, token=token)

    def init_photos(
        self,
        urls: list[str] | None = None,
        *,
        draft: bool = False,
        cover: int = 0,
        top: Mapping[str, object] | None = None,
        **info: Any,
    ) -> httpx.Response:
        """Start photos."""
        post_info: dict[str, object] = {"title": "Mock photos", "description": "two pictures", **info}
        if not draft:
            post_info.setdefault("privacy_level", "SELF_ONLY")
        source = {
            "source": "PULL_FROM_URL",
            "photo_images": PHOTOS if urls is None else urls,
            "photo_cover_index": cover,
        }
        body = {
            "media_type": "PHOTO",
            "post_mode": "MEDIA_UPLOAD" if draft else "DIRECT_POST",
            "post_info": post_info,
            "source_info": source,
        }
        return self.call("initContent", {**body, **(top or {})})

    def put(
        self, url: str, body: bytes, *, first: int = 0, total: int | None = None, **headers: str | None
    ) -> httpx.Response:
        """Send a chunk; headers are named in Python's way, and `None` leaves one out."""
        size = len(body) if total is None else total
        values: dict[str, str | None] = {
            "Content-Type": "video/mp4",
            "Content-Range": f"bytes {first}-{first + len(body) - 1}/{size}",
        }
        values |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        sent = {name: value for name, value in values.items() if value is not None}
        return self.http.put(url, content=body, headers=sent)

    def post_video(self, body: bytes | None = None, **options: Any) -> str:
        """A whole upload in one chunk; the publish_id."""
        content = mp4(64) if body is None else body
        started = data(self.init_video(len(content), **options))
        assert self.put(started["upload_url"], content).status_code == 201
        return str(started["publish_id"])

    def status(self, publish_id: str, **options: Any) -> dict[str, Any]:
        """What became of a post."""
        return data(self.call("fetchStatus", {"publish_id": publish_id}, **options))

    def events(self) -> list[str]:
        """The names of all events so far, oldest first."""
        return [delivery.event for delivery in self.mock.world.deliveries]


def data(answer: httpx.Response) -> dict[str, Any]:
    """The payload of a success."""
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body["error"]["code"] == "ok", body
    result: dict[str, Any] = body["data"]
    return result


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal, of either envelope."""
    body: dict[str, Any] = answer.json()
    error: Any = body.get("error")
    if isinstance(error, dict):
        error = cast("dict[str, str]", error)
        return answer.status_code, str(error["code"]), str(error["message"])
    return answer.status_code, str(error), str(body.get("error_description", ""))


def sha256_hex(verifier: str) -> str:
    """A code challenge as TikTok writes it."""
    return hashlib.sha256(verifier.encode()).hexdigest()
