"""The mock against a small model of TikTok that was written apart from its rules, walked at random."""

from __future__ import annotations

from typing import Any, cast

import attrs
import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from tests.mock.support import WEB_REDIRECT, Player, mp4, refusal, set_switches
from tiktok_mock_server import Account, MockTikTok, lifecycle

HOUR = 3600
DAY = 24 * HOUR
NOTHING: Any = cast("Any", multiple)()
CHUNK = 8
"""Chunks of eight bytes, so that an upload costs nothing; the least size of a chunk is a switch."""


@attrs.define(eq=False)
class Pair:
    """Tokens, as the model sees them."""

    user: str
    access: str
    refresh: str
    access_ends: float
    refresh_ends: float
    connection: int
    refreshed: bool = False


@attrs.define(eq=False)
class Sent:
    """A post, as the model sees it."""

    publish_id: str
    url: str
    user: str
    connection: int
    draft: bool
    size: int
    began: float
    received: int = 0
    whole_at: float | None = None
    cancelled: bool = False
    dead: bool = False


class Model(RuleBasedStateMachine):
    """Two users of one app. The model keeps what it expects; every answer is compared with it."""

    codes = Bundle("codes")
    pairs = Bundle("pairs")
    posts = Bundle("posts")

    def __init__(self) -> None:
        super().__init__()
        self.mock = MockTikTok(strict=True, verified_domains=("media.example.test",))
        set_switches(self.mock, check_media=False, min_chunk_size=CHUNK, progress="time", rate_limits=False)
        self.mock.world.add_account(Account("second", private=True))
        self.player = Player(self.mock)
        self.now = self.mock.clock.now()
        self.connections = {"mock.creator": 0, "second": 0}
        """How often each user's connection has ended."""
        self.direct: dict[str, list[float]] = {"mock.creator": [], "second": []}
        self.drafts: dict[str, list[Sent]] = {"mock.creator": [], "second": []}
        self.everything: list[Sent] = []

    def teardown(self) -> None:
        assert self.mock.engine.violations == []
        self.mock.close()

    # What the model expects

    def alive(self, pair: Pair) -> bool:
        return self.now < pair.access_ends and self.connections[pair.user] == pair.connection

    def status_of(self, post: Sent) -> str:
        if post.dead or post.cancelled:
            return "FAILED"
        if post.whole_at is None or self.now < post.whole_at + 10:
            return "PROCESSING_UPLOAD"
        return "SEND_TO_USER_INBOX" if post.draft else "PUBLISH_COMPLETE"

    def pending(self, user: str) -> int:
        return sum(
            1
            for post in self.drafts[user]
            if self.now < post.began + DAY and self.status_of(post) != "FAILED"
        )

    # Logging in

    @rule(target=codes, user=st.sampled_from(["mock.creator", "second"]))
    def agree(self, user: str) -> tuple[str, str, float, int]:
        self.player.http.cookies.clear()
        page = self.player.agree(self.player.authorize(), account=user)
        code = page.headers["location"].partition("code=")[2].partition("&")[0]
        return user, code.replace("%2A", "*").replace("%21", "!"), self.now + 300, self.connections[user]

    @rule(target=pairs, code=consumes(codes), right=st.booleans())
    def trade_in(self, code: tuple[str, str, float, int], right: bool) -> Any:
        user, value, ends, connection = code
        answer = self.player.get_token(value, redirect_uri=WEB_REDIRECT if right else "https://wrong.test/")
        if self.now >= ends or connection != self.connections[user]:
            assert refusal(answer)[1] == "invalid_grant"
        elif not right:
            assert refusal(answer)[1] == "invalid_request"
        else:
            body = answer.json()
            assert (body["expires_in"], body["refresh_expires_in"]) == (2 * HOUR, 180 * DAY)
            assert refusal(self.player.get_token(value))[1] == "invalid_grant", "a code works once"
            return Pair(
                user,
                body["access_token"],
                body["refresh_token"],
                self.now + 2 * HOUR,
                self.now + 180 * DAY,
                connection,
            )
        return NOTHING

    @rule(target=pairs, pair=pairs)
    def refresh(self, pair: Pair) -> Any:
        answer = self.player.refresh(pair.refresh)
        ended = self.connections[pair.user] != pair.connection
        if pair.refreshed or ended or self.now >= pair.refresh_ends:
            assert refusal(answer)[1] == "invalid_grant"
            return NOTHING
        body = answer.json()
        left = pair.refresh_ends - self.now
        assert body["refresh_expires_in"] == int(left)
        assert body["expires_in"] == int(min(2 * HOUR, left))
        pair.refreshed = True
        return Pair(
            pair.user,
            body["access_token"],
            body["refresh_token"],
            self.now + min(2 * HOUR, left),
            pair.refresh_ends,
            pair.connection,
        )

    @rule(pair=pairs)
    def revoke(self, pair: Pair) -> None:
        answer = self.player.revoke(pair.access)
        if self.now >= pair.access_ends:
            assert refusal(answer)[1] == "invalid_grant"
            return
        assert answer.json() == {}, "revoking what has ended is no refusal while the token has not expired"
        if self.connections[pair.user] == pair.connection:
            self.connections[pair.user] += 1
            for post in self.everything:
                if post.user == pair.user and self.status_of(post) == "PROCESSING_UPLOAD":
                    post.dead = True

    @rule(pair=pairs)
    def ask_for_creator_info(self, pair: Pair) -> None:
        answer = self.player.call("queryCreatorInfo", token=pair.access)
        if not self.alive(pair):
            assert refusal(answer)[:2] == (401, "access_token_invalid")
        elif self.today(pair.user) >= 15:
            assert refusal(answer)[:2] == (200, "spam_risk_too_many_posts")
        else:
            assert answer.json()["data"]["creator_username"] == pair.user

    def today(self, user: str) -> int:
        return sum(1 for time in self.direct[user] if time > self.now - DAY)

    # Posting

    @rule(
        target=posts,
        pair=pairs,
        draft=st.booleans(),
        size=st.integers(1, 60),
        wrong_count=st.sampled_from([0, 0, 0, 1, -1]),
    )
    def start(self, pair: Pair, draft: bool, size: int, wrong_count: int) -> Any:
        chunk = size if size < 2 * CHUNK else CHUNK
        count = size // chunk + wrong_count
        answer = self.player.init_video(size, chunk, count, draft=draft, token=pair.access)
        if not self.alive(pair):
            assert refusal(answer)[:2] == (401, "access_token_invalid")
        elif wrong_count:
            assert refusal(answer) == (400, "invalid_params", "The total chunk count is invalid")
        elif not draft and self.today(pair.user) >= 15:
            assert refusal(answer)[:2] == (403, "spam_risk_too_many_posts")
        elif draft and self.pending(pair.user) >= 5:
            assert refusal(answer)[:2] == (403, "spam_risk_too_many_pending_share")
        else:
            body = answer.json()["data"]
            post = Sent(
                body["publish_id"], body["upload_url"], pair.user, pair.connection, draft, size, self.now
            )
            self.everything.append(post)
            (self.drafts[pair.user].append(post) if draft else self.direct[pair.user].append(self.now))
            return post
        return NOTHING

    @rule(post=posts, shift=st.sampled_from([0, 0, 0, 0, -CHUNK, 1]))
    def send(self, post: Sent, shift: int) -> None:
        chunk = post.size if post.size < 2 * CHUNK else CHUNK
        first = post.received + shift
        left = post.size - post.received or chunk
        length = left if left < 2 * chunk else chunk
        if first < 0 or first >= post.size:
            return
        length = min(length, post.size - first)
        answer = self.player.put(post.url, mp4(length), first=first, total=post.size)
        if self.now >= post.began + HOUR or (post.whole_at is None and (post.dead or post.cancelled)):
            assert answer.status_code == 403
        elif shift or post.whole_at is not None:
            assert answer.status_code == 416
            assert answer.headers["content-range"] == f"bytes 0-{post.received}/{post.size}"
        else:
            post.received += length
            if post.received == post.size:
                post.whole_at = self.now
            assert answer.status_code == (201 if post.received == post.size else 206)

    @rule(post=posts, pair=pairs)
    def ask_for_status(self, post: Sent, pair: Pair) -> None:
        answer = self.player.call("fetchStatus", {"publish_id": post.publish_id}, token=pair.access)
        if not self.alive(pair):
            assert refusal(answer)[:2] == (401, "access_token_invalid")
        elif pair.user != post.user:
            assert refusal(answer)[1] == "token_not_authorized_for_specified_publish_id"
        else:
            body = answer.json()["data"]
            assert body["status"] == self.status_of(post)
            assert body.get("uploaded_bytes", post.received) == post.received

    @rule(post=posts, pair=pairs)
    def cancel(self, post: Sent, pair: Pair) -> None:
        answer = self.player.call("cancelPublish", {"publish_id": post.publish_id}, token=pair.access)
        if not self.alive(pair):
            assert refusal(answer)[0] == 401
        elif pair.user != post.user:
            assert refusal(answer)[1] == "token_not_authorized_for_specified_publish_id"
        else:
            assert refusal(answer)[:2] == (400, "publish_not_cancellable")

    @rule(post=posts)
    def fail_it_by_hand(self, post: Sent) -> None:
        if self.status_of(post) == "PROCESSING_UPLOAD":
            lifecycle.fail_by_hand(self.mock.world, self.mock.post(post.publish_id), "internal")
            post.cancelled = True

    # Time

    @rule(seconds=st.sampled_from([1, 9, 60, 299, 600, HOUR - 1, HOUR, 2 * HOUR, DAY, 90 * DAY]))
    def pass_time(self, seconds: int) -> None:
        self.mock.clock.advance(seconds)
        self.now += seconds

    @precondition(lambda self: bool(self.everything))
    @invariant()
    def the_world_holds_what_was_accepted_and_nothing_else(self) -> None:
        assert self.mock.world.posts.keys() == {post.publish_id for post in self.everything}


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
