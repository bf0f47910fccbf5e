"""A long story told to a mock, and one digest of all that it answered.

Run by the determinism test in processes of their own: `python -m tests.mock.story [URL]`."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable

import attrs
import httpx

from tests.mock.support import Player, data, mp4, query_of
from tiktok_mock_server import Account, MockTikTok, lifecycle, webhooks
from tiktok_mock_server.world import Delivery


class Digest:
    """Everything that was answered and delivered."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def note(self, answer: httpx.Response) -> httpx.Response:
        """One answer, with its headers."""
        ours = [(name, value) for name, value in answer.headers.items() if name not in ("date", "server")]
        self._hash.update(repr((answer.status_code, sorted(ours), answer.content)).encode())
        return answer

    def event(self, delivery: Delivery, headers: dict[str, str]) -> int:
        """One event; every second attempt fails."""
        self._hash.update(repr((delivery.id, delivery.body, sorted(headers.items()))).encode())
        return 200 if len(delivery.attempts) % 2 else 500

    def hexdigest(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()


def tell(seed: str) -> str:
    """The story in process, with levers."""
    digest = Digest()
    with MockTikTok(seed=seed, strict=True, audited=True, public=True, verified_domains=("a.test",)) as mock:
        mock.switches = attrs.evolve(mock.switches, check_media=False)
        mock.on_event(digest.event)
        http = httpx.Client(
            transport=mock.transport(), base_url=mock.url, event_hooks={"response": [_read(digest)]}
        )
        mock.world.add_account(Account("second"))
        player = Player(mock, http)
        _log_in_and_post(player)
        for name in ("mock.creator", "second"):
            player.log_in(username=name)
            publish_id = player.post_video(mp4(100), privacy_level="PUBLIC_TO_EVERYONE", title="#a @b 😀")
            mock.clock.advance(5)
            player.status(publish_id)
            mock.clock.advance(70)
            player.status(publish_id)
            draft = player.post_video(mp4(50), draft=True)
            mock.clock.advance(15)
            lifecycle.user_posts_draft(mock.world, mock.post(draft))
            player.init_photos(["https://a.test/1.jpg", "https://a.test/2.png"])
            mock.clock.advance(100)
            player.call("listVideos", {}, params={"fields": "id,create_time,cover_image_url,share_url"})
            player.call("getUserInfo", params={"fields": "open_id,union_id,avatar_url"})
        webhooks.ping(mock.world, mock.app)
        player.revoke(player.token)
        mock.clock.advance(73 * 3600)
    return digest.hexdigest()


def tell_over_http(url: str) -> str:
    """The part of it that needs no lever, to a server elsewhere."""
    digest = Digest()
    with MockTikTok() as mock, httpx.Client(base_url=url, event_hooks={"response": [_read(digest)]}) as http:
        _log_in_and_post(Player(mock, http))
        http.post("/_mock/clock", json={"advance": 60})
        http.get("/_mock/posts")
        http.get("/_mock/deliveries")
    return digest.hexdigest().replace(url, "")


def _read(digest: Digest) -> Callable[[httpx.Response], None]:
    def hook(answer: httpx.Response) -> None:
        answer.read()
        digest.note(answer)

    return hook


def _log_in_and_post(player: Player) -> None:
    player.authorize(scope="nothing")
    page = player.authorize(
        redirect_uri="http://127.0.0.1:1/cb/", code_challenge="0" * 64, code_challenge_method="S256"
    )
    assert page.status_code == 200
    back = player.agree(player.authorize())
    token = player.get_token(query_of(back.headers["location"])["code"]).json()
    fresh = player.refresh(token["refresh_token"]).json()
    player.refresh(token["refresh_token"])
    player.token = fresh["access_token"]
    player.call("queryCreatorInfo")
    player.init_video(50_000_123, 10_000_000, 6)
    started = data(player.init_video(20, privacy_level="SELF_ONLY"))
    player.put(started["upload_url"].replace("upload_token=", "upload_token=0"), mp4(20))
    player.put(started["upload_url"], mp4(20))
    for _ in range(3):
        player.status(started["publish_id"])
    player.call("fetchStatus", {"publish_id": "x"})


if __name__ == "__main__":
    print(tell_over_http(sys.argv[1]) if sys.argv[1:] else tell("story"))
