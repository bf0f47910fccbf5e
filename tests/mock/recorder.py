"""Writes down what a program says to a mock, as a browser or vcrpy would, were it TikTok."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

import attrs
import httpx

from tests.mock.support import WEB_REDIRECT, Player, data, mp4, query_of
from tiktok_mock_server import Account, MockTikTok
from tiktok_mock_server.world import Video

SECRET = "S3cretOfTheApp-0123456789"
CAPTION = "Our holiday in Ålesund with Grandmother Ingeborg #family"


@attrs.frozen
class Noted:
    """One exchange."""

    at: float
    request: httpx.Request
    response: httpx.Response


class Recorder(httpx.BaseTransport):
    """A transport that writes down what goes through it."""

    def __init__(self, mock: MockTikTok) -> None:
        self.mock = mock
        self.inner = mock.transport()
        self.noted: list[Noted] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        at = self.mock.clock.now()
        response = self.inner.handle_request(request)
        response.read()
        noted = httpx.Request(
            request.method, _real_url(request.url), headers=request.headers, content=request.content
        )
        self.noted.append(Noted(at, noted, response))
        return response

    def har(self) -> dict[str, Any]:
        """HAR 1.2; every second answer as base64."""
        return {
            "log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": self._entries()}
        }

    def _entries(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        for one in self.noted:
            content: dict[str, Any] = {"size": len(one.response.content), "mimeType": "application/json"}
            content["text"] = one.response.text
            if len(entries) % 2:
                content |= {"text": b64encode(one.response.content).decode(), "encoding": "base64"}
            request: dict[str, Any] = {
                "method": one.request.method,
                "url": str(one.request.url),
                "httpVersion": "HTTP/2",
                "headers": _pairs(one.request.headers),
                "cookies": [],
                "bodySize": len(one.request.content),
            }
            if one.request.content and one.request.method == "POST":
                mime = one.request.headers["content-type"]
                request["postData"] = {"mimeType": mime, "text": one.request.content.decode()}
            moment = datetime.fromtimestamp(one.at, timezone.utc).isoformat().replace("+00:00", "Z")
            response = {
                "status": one.response.status_code,
                "headers": _pairs(one.response.headers),
                "cookies": [],
                "content": content,
            }
            entries.append(
                {"startedDateTime": moment, "time": 12.5, "request": request, "response": response}
            )
        return entries


def _real_url(url: httpx.URL) -> httpx.URL:
    """Where the page is at TikTok."""
    return url.copy_with(host="www.tiktok.com") if url.path.startswith("/v2/auth/") else url


def _pairs(headers: httpx.Headers) -> list[dict[str, str]]:
    return [{"name": name.title(), "value": value} for name, value in headers.multi_items()]


def as_cassette(har: dict[str, Any]) -> dict[str, Any]:
    """What vcrpy would have written of the same."""
    return {"version": 1, "interactions": [_interaction(one) for one in har["log"]["entries"]]}


def _interaction(entry: dict[str, Any]) -> dict[str, Any]:
    request, response = entry["request"], entry["response"]
    moment = datetime.fromisoformat(entry["startedDateTime"].replace("Z", "+00:00"))
    content = response["content"]
    base64 = content.get("encoding") == "base64"
    cookies = {"cookie": [one["value"] for one in request["cookies"]]} if request["cookies"] else {}
    return {
        "request": {
            "body": request.get("postData", {}).get("text"),
            "headers": {**{one["name"]: [one["value"]] for one in request["headers"]}, **cookies},
            "method": request["method"],
            "uri": request["url"],
        },
        "response": {
            "body": {"string": b64decode(content["text"]) if base64 else content["text"]},
            "headers": {
                **{one["name"]: [one["value"]] for one in response["headers"]},
                "Date": [format_datetime(moment, usegmt=True)],
            },
            "status": {"code": response["status"], "message": "OK"},
        },
    }


def real_world(**switches: Any) -> MockTikTok:
    """A TikTok that is unlike the default one in all that a seed can tell."""
    mock = MockTikTok(seed="reality", strict=True, audited=True, public=True, switches=switches)
    mock.app.client_key, mock.app.client_secret = "awreal7key7of7theapp", SECRET
    mock.world.apps = {mock.app.client_key: mock.app}
    mock.world.add_property(mock.app, "media.ingeborg.no", verified=True)
    account = Account("ingeborg.travels", "Ingeborg Ås", max_video_seconds=3600, stitch_disabled=True)
    account.bio, account.follower_count, account.is_verified = "Retired. Call 555-0142", 90210, True
    now = mock.clock.now()
    account.videos = [
        Video(7_412_345_678_901_234_001, now - 9000, "First trip to Bodø", "First trip", 33, view_count=77),
        Video(7_412_345_678_901_234_002, now - 100, "Second", "Second trip", 12, like_count=5),
    ]
    mock.world.accounts = {}
    mock.world.add_account(account)
    return mock


def tell(mock: MockTikTok) -> Recorder:
    """A login, a look around, a post by upload, one by pull, a refused one; with somebody else in between."""
    recorder = Recorder(mock)
    http = httpx.Client(
        transport=recorder,
        base_url="https://open.tiktokapis.com",
        headers={"Cookie": "sid_guard=c00kie~Guard/Jar+9"},
    )
    player = Player(mock, http)
    page = player.authorize(
        scope="user.info.basic,user.info.profile,user.info.stats,video.list,video.publish"
    )
    back = player.agree(page, account=mock.account.username)
    token = player.get_token(query_of(back.headers["location"])["code"], redirect_uri=WEB_REDIRECT).json()
    mock.clock.advance(3.25)
    player.token = player.refresh(token["refresh_token"]).json()["access_token"]
    player.call("queryCreatorInfo")
    fields = "open_id,union_id,avatar_url,display_name,bio_description,profile_deep_link,is_verified,username"
    player.call(
        "getUserInfo", params={"fields": fields + ",follower_count,following_count,likes_count,video_count"}
    )
    video = (
        "id,create_time,cover_image_url,share_url,video_description,duration,height,width,title,embed_html"
    )
    counts = "embed_link,like_count,comment_count,share_count,view_count,is_aigc"
    page_1 = data(player.call("listVideos", {"max_count": 1}, params={"fields": f"{video},{counts}"}))
    player.call(
        "listVideos", {"max_count": 1, "cursor": page_1["cursor"]}, params={"fields": f"{video},{counts}"}
    )
    player.call(
        "queryVideos", {"filters": {"video_ids": [page_1["videos"][0]["id"]]}}, params={"fields": "id,title"}
    )
    started = data(
        player.init_video(10_485_760, 5_242_880, 2, title=CAPTION, privacy_level="PUBLIC_TO_EVERYONE")
    )
    url, half = started["upload_url"], mp4(5_242_880)
    player.put(url, half, total=10_485_760)
    player.put(url, half, first=5_242_880, total=10_485_760)
    for _ in range(3):
        mock.clock.advance(40)
        player.call("fetchStatus", {"publish_id": started["publish_id"]})
    pulled = data(player.pull_video("https://media.ingeborg.no/clips/bodo.mp4?sig=SigOfThePull77", title="x"))
    player.call("cancelPublish", {"publish_id": pulled["publish_id"]})
    player.call("fetchStatus", {"publish_id": pulled["publish_id"]})
    player.pull_video("https://elsewhere.example.org/v.mp4")
    player.init_photos(["https://media.ingeborg.no/1.jpg"], draft=True)
    player.revoke(player.token)
    player.call("queryCreatorInfo")
    return recorder
