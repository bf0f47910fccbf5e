"""Everything one TikTok knows: apps, accounts, grants, tokens, posts, upload sessions, deliveries.

A world is data with an index where one is needed. What may happen to it is written in `rules` and
`lifecycle`; nothing here knows of HTTP.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Literal, Union
from urllib.parse import urlsplit

import attrs

from tiktok_openapi import limits
from tiktok_openapi.routes import ROUTES

from .addresses import is_loopback
from .clock import Clock
from .coverage import Coverage
from .faults import FaultPlan
from .ids import MARK, Ids, as_uuid
from .journal import Journal
from .rules.registration import check_callback_url, check_host, check_property, check_registrations
from .shelf import Log, Shelf
from .switches import Switches

if TYPE_CHECKING:
    from .spool import Spool

LONGEST_WINDOW = max(one.rate_limit.seconds for one in ROUTES if one.rate_limit is not None)
"""For how many seconds a rate limit counts a call, at most."""
SESSION_COOKIE = "tiktok_mock_user"


@attrs.define(eq=False)
class UrlProperty:
    """A domain or URL prefix that an app's owner says is theirs."""

    value: str
    """`example.com`, or `https://example.com/media/`."""
    token: str
    """What the owner must publish to prove it."""
    verified: bool = False

    @property
    def is_prefix(self) -> bool:
        """Whether it is a URL prefix rather than a domain."""
        return "://" in self.value

    @property
    def record(self) -> str:
        """The text of the DNS record, and of the file."""
        return f"tiktok-developers-site-verification={self.token}"

    @property
    def file_url(self) -> str:
        """Where the file must be, for a prefix."""
        return f"{self.value}tiktok{self.token}.txt"


@attrs.define(eq=False)
class App:
    """An app registered in the developer portal."""

    client_key: str
    client_secret: str
    name: str = "Mock app"
    redirect_uris: tuple[str, ...] | None = attrs.field(
        default=None,
        validator=lambda _app, _field, uris: check_registrations(uris or ()),
        on_setattr=attrs.setters.validate,
    )
    """Registered addresses; None for any that could be registered."""
    scopes: frozenset[str] | None = None
    """Scopes it was approved for; None for all."""
    audited: bool = False
    reviewed: bool = True
    """Whether it left the draft state."""
    sandbox: bool = False
    target_users: dict[str, float] = attrs.field(factory=dict[str, float])
    """Users of a sandbox, and when each was added."""
    active_user_cap: int | None = None
    """How many users may post within 24 hours once it is audited; None for as many as like to."""
    webhook_url: str = attrs.field(
        default="",
        validator=lambda _app, _field, url: check_callback_url(url),
        on_setattr=attrs.setters.validate,
    )
    properties: list[UrlProperty] = attrs.field(factory=list[UrlProperty])
    active: dict[str, float] = attrs.field(factory=dict[str, float])
    """Who posted through it, and when last."""


@attrs.define(eq=False)
class Video:
    """A public video of an account."""

    id: int
    created: float
    title: str = ""
    description: str = ""
    duration: int = 15
    width: int = 1080
    height: int = 1920
    like_count: int = 0
    comment_count: int = 0
    share_count: int = 0
    view_count: int = 0
    is_aigc: bool = False


@attrs.define(eq=False)
class Account:
    """A TikTok user."""

    username: str
    nickname: str = ""
    private: bool = False
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_video_seconds: int = limits.VIDEO_MAX_DURATION
    banned: bool = False
    app_version: tuple[int, int] | None = (40, 2)
    """TikTok's app on the user's phone; None where there is no usable one."""
    bio: str = "I exist for tests only."
    is_verified: bool = False
    follower_count: int = 128
    following_count: int = 64
    likes_count: int = 2048
    videos: list[Video] = attrs.field(factory=list[Video])
    """Public ones, newest last."""
    post_times: deque[float] = attrs.field(factory=deque[float])
    """When posts were made through the API, for the daily number."""

    @property
    def privacy_levels(self) -> tuple[str, ...]:
        """What the account can choose from."""
        audience = "FOLLOWER_OF_CREATOR" if self.private else "PUBLIC_TO_EVERYONE"
        between = "MUTUAL_FOLLOW_FRIENDS"
        return (audience, between, "SELF_ONLY")


@attrs.define(eq=False)
class Grant:
    """What a user lets an app do, from agreeing to the end of the connection."""

    app: App
    account: Account
    open_id: str
    scopes: tuple[str, ...]
    began: float
    ended: float | None = None


@attrs.define(eq=False)
class Code:
    """An authorization code."""

    value: str
    grant: Grant
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    expires: float
    used: bool = False

    def over(self, world: World) -> bool:
        """Whether it can only be refused."""
        return self.used or self.expires <= world.now() or self.grant.ended is not None


@attrs.define(eq=False)
class AccessToken:
    """A user's token, or (without a grant) an app's."""

    value: str
    app: App
    grant: Grant | None
    scopes: tuple[str, ...]
    expires: float

    def over(self, world: World) -> bool:
        """Whether it can only be refused. Until it expires it can be revoked, and more than once."""
        return self.expires <= world.now()


@attrs.define(eq=False)
class RefreshToken:
    """What gets a user fresh tokens."""

    value: str
    grant: Grant
    scopes: tuple[str, ...]
    expires: float
    replaced: float | None = None
    """When a newer one took its place."""

    def over(self, world: World) -> bool:
        """Whether it can only be refused."""
        if self.replaced is not None and self.replaced + world.switches.refresh_grace <= world.now():
            return True
        return self.expires <= world.now() or self.grant.ended is not None


@attrs.define(eq=False)
class QrLogin:
    """A login by QR code, from showing it to trading in the code."""

    token: str
    app: App
    scopes: tuple[str, ...]
    state: str | None
    expires: float
    status: Literal["new", "scanned", "confirmed", "expired", "utilised"] = "new"
    client_ticket: str = "tobefilled"
    code: str = ""


class Stage(Enum):
    """How far a post is."""

    UPLOADING = "uploading"
    DOWNLOADING = "downloading"
    PROCESSING = "processing"
    IN_INBOX = "in inbox"
    PUBLISHED = "published"
    FAILED = "failed"


@attrs.define(eq=False)
class Upload:
    """An upload session: what `upload_url` stands for."""

    id: str
    token: str
    expires: float
    size: int
    chunk_size: int
    chunk_count: int
    spool: Spool
    post: Post
    received: int = 0
    chunks: int = 0
    content_type: str = ""
    turn: int = 0
    """Counts how often what was stored has been forgotten, so that a PUT that runs notices."""
    done: bool = False


@attrs.define(eq=False)
class Post:
    """A post or draft, from its init on."""

    publish_id: str
    app: App
    account: Account
    grant: Grant
    kind: Literal["video", "photo"]
    draft: bool
    created: float
    stage: Stage
    privacy: str = ""
    title: str = ""
    description: str = ""
    is_aigc: bool = False
    urls: tuple[str, ...] = ()
    upload: Upload | None = None
    info: dict[str, object] = attrs.field(factory=dict[str, object])
    """The whole `post_info`, as it came."""
    fail_reason: str = ""
    verdict: str = ""
    """The fail reason it will end with once processed; empty when nothing is wrong with it."""
    held: bool = False
    """Whether it moves on by hand only."""
    fetching: bool = False
    """Whether its files are being downloaded for real."""
    entered: float = 0.0
    """When it came to its stage."""
    turn: int = 0
    """Counts its stages, so that a plan made for an earlier one comes to nothing."""
    polls: int = 0
    """How often its status was asked for at this stage."""
    hidden_polls: int = 0
    """How many status calls will still not know it."""
    downloaded: int = 0
    post_ids: list[int] = attrs.field(factory=list[int])
    """Public ids."""
    awaiting_moderation: list[int] = attrs.field(factory=list[int])
    draft_open: bool = False
    """Whether the user can still post this draft."""
    deleted: bool = False
    duration: float = 0.0
    """Of the video, in seconds, if it was looked into; its picture size likewise."""
    width: int = 0
    height: int = 0
    digest: str = ""
    """SHA-256 of the uploaded bytes, in hexadecimal digits."""
    size: int = 0

    @property
    def pulled(self) -> bool:
        """Whether TikTok downloads it."""
        return self.upload is None

    @property
    def final(self) -> bool:
        """Whether it can no longer change by itself."""
        return self.stage in (Stage.PUBLISHED, Stage.FAILED)

    @property
    def publish_type(self) -> str:
        """Its kind, as webhooks name it."""
        return "INBOX_SHARE" if self.draft else "DIRECT_PUBLISH"


@attrs.define(eq=False)
class Attempt:
    """One try to deliver an event."""

    at: float
    status: int | None
    """The receiver's answer; None when there was none."""
    note: str = ""


@attrs.define(eq=False)
class Delivery:
    """An event on its way to an app."""

    id: str
    app: App
    event: str
    url: str
    body: bytes
    created: float
    attempts: list[Attempt] = attrs.field(factory=list[Attempt])
    state: Literal["pending", "delivered", "dropped", "not sent"] = "pending"
    flaw: Literal["", "signature"] = ""
    """What is wrong with it on purpose."""
    signed_ago: float = 0.0
    """How far in the past the time of its signature lies, on purpose."""


@attrs.frozen(eq=False)
class Deliver:
    """A job: call a receiver. Its result is an `Attempt`."""

    world: World
    """Which knows who takes its events."""
    delivery: Delivery
    headers: tuple[tuple[str, str], ...]
    timeout: float


@attrs.frozen(eq=False)
class Fetch:
    """A job: download a file into a spool. Its result is a `Fetched`."""

    url: str
    spool: Spool
    limit: int


@attrs.frozen
class Fetched:
    """What came of a download."""

    status: int | None
    note: str = ""


Work = Union[Deliver, Fetch]


@attrs.frozen(eq=False)
class Job:
    """Something that needs the network. The core plans it; a door performs it and reports back."""

    due: float
    work: Work
    done: Callable[[object, float], None] = attrs.field(repr=False)
    """Called with the result and the time the job was due."""


def aged(calls: deque[float], world: World) -> bool:
    """Whether no call in a window counts any more."""
    return not calls or calls[-1] <= world.now() - LONGEST_WINDOW


def _settled(delivery: Delivery) -> bool:
    return delivery.state != "pending"


class World:
    """One TikTok."""

    def __init__(
        self,
        *,
        seed: str | int = "mock",
        clock: Clock | None = None,
        switches: Switches | None = None,
        webhook_hosts: tuple[str, ...] = (),
    ) -> None:
        self.ids = Ids(str(seed))
        self.clock = clock or Clock()
        self.switches = switches or Switches()
        self.webhook_hosts = tuple(check_host(host) for host in webhook_hosts)
        """Hosts besides loopback that may be called with events."""
        self.receiver: Callable[[Delivery, dict[str, str]], int] | None = None
        """Takes the place of HTTP for events: it gets the delivery and its headers and returns a status."""
        self.apps: dict[str, App] = {}
        self.accounts: dict[str, Account] = {}
        self.grants: dict[tuple[str, str], Grant] = {}
        """By client key and open id."""
        self.codes: Shelf[str, Code, World] = Shelf(Code.over)
        self.access_tokens: Shelf[str, AccessToken, World] = Shelf(AccessToken.over)
        self.refresh_tokens: Shelf[str, RefreshToken, World] = Shelf(RefreshToken.over)
        self.qr_logins: dict[str, QrLogin] = {}
        self.confirmed: dict[str, QrLogin] = {}
        """Logins by QR code whose authorization code was not traded in yet, by that code."""
        self.posts: dict[str, Post] = {}
        self.under_way: dict[str, Post] = {}
        """Those that are uploaded, downloaded or processed."""
        self.uploads: dict[str, Upload] = {}
        self.deliveries: Log[Delivery] = Log(_settled, lambda delivery: len(delivery.body))
        self.windows: Shelf[tuple[str, str], deque[float], World] = Shelf(aged, kept=0)
        """Rate limits: who and which bucket, to the times of the calls that counted."""
        self.drafts: dict[str, list[Post]] = {}
        """Drafts of an account that may still count as pending."""
        self.dns: dict[str, list[str]] = {}
        """TXT records, by domain: what verifying a domain looks at."""
        self.files: dict[str, str] = {}
        """Small files on the web, by URL: what verifying a prefix looks at."""
        self.pull_results: dict[str, str] = {}
        """Simulated downloads that fail, by URL, and the fail reason they end with."""
        self.calls = 0
        self.faults = FaultPlan()
        self.journal = Journal()
        self.coverage = Coverage()
        self.held_back: list[Delivery] = []
        """Events that go out behind the next one."""
        self._jobs: list[tuple[float, int, Job]] = []
        self._job_numbers = itertools.count()

    def call_problem(self, url: str) -> str:
        """Why no event may go to an address over HTTP; empty where one may."""
        host = urlsplit(url).hostname
        if is_loopback(host) or host in self.webhook_hosts:
            return ""
        return f"{host} is neither this machine nor listed" if url else "there is no address to send it to"

    # Time

    def now(self) -> float:
        """The world's time."""
        return self.clock.now()

    def settle(self) -> None:
        """Let everything happen that is due."""
        self.clock.settle()

    def add_job(self, job: Job) -> None:
        """Plan something that needs the network."""
        heapq.heappush(self._jobs, (job.due, next(self._job_numbers), job))

    def next_due(self) -> float | None:
        """When something will happen, be it in here or on the network."""
        times = [time for time in (self.clock.next_due(), self.next_job_due()) if time is not None]
        return min(times, default=None)

    def next_job_due(self) -> float | None:
        """When something will happen on the network."""
        return self._jobs[0][0] if self._jobs else None

    def take_job(self, until: float) -> Job | None:
        """The next job that is due by `until`."""
        if self._jobs and self._jobs[0][0] <= until:
            return heapq.heappop(self._jobs)[2]
        return None

    # Who there is

    def add_app(self, app: App) -> App:
        """Register an app."""
        self.apps[app.client_key] = app
        return app

    def add_account(self, account: Account) -> Account:
        """Let a user exist."""
        if not account.nickname:
            account.nickname = account.username
        self.accounts[account.username] = account
        return account

    def add_target_user(self, app: App, account: Account) -> None:
        """Let a user log in to a sandbox."""
        if len(app.target_users) >= limits.SANDBOX_TARGET_USERS:
            raise ValueError(f"a sandbox has at most {limits.SANDBOX_TARGET_USERS} target users")
        app.target_users[account.username] = self.now()

    def add_property(self, app: App, value: str, *, verified: bool = False) -> UrlProperty:
        """Note a domain or URL prefix for an app; it still has to be proved unless `verified`."""
        value = check_property(value)
        made = UrlProperty(value, self.ids.text("site-token", 32), verified)
        app.properties.append(made)
        return made

    @property
    def app(self) -> App:
        """The first app."""
        return next(iter(self.apps.values()))

    @property
    def account(self) -> Account:
        """The first account."""
        return next(iter(self.accounts.values()))

    def open_id(self, app: App, account: Account) -> str:
        """How an app knows a user."""
        from base64 import urlsafe_b64encode

        digest = self.ids.fixed("open_id", f"{app.client_key}/{account.username}")
        return "-000" + urlsafe_b64encode(digest).decode()[:32]

    def union_id(self, account: Account) -> str:
        """How one developer's apps know a user."""
        return as_uuid(self.ids.fixed("union_id", account.username))

    # Grants and tokens

    def grant(self, app: App, account: Account, scopes: tuple[str, ...]) -> Grant:
        """Connect a user with an app, or widen the connection that there is."""
        open_id = self.open_id(app, account)
        found = self.grants.get((app.client_key, open_id))
        if found is not None and found.ended is None:
            found.scopes = tuple(dict.fromkeys((*found.scopes, *scopes)))
            return found
        made = Grant(app, account, open_id, scopes, self.now())
        self.grants[(app.client_key, open_id)] = made
        return made

    def issue_code(
        self, grant: Grant, scopes: tuple[str, ...], *, redirect_uri: str = "", challenge: str = ""
    ) -> Code:
        """An authorization code."""
        value = f"{MARK}Code_{self.ids.text('code', 40)}*v!6001.s1"
        code = Code(value, grant, scopes, redirect_uri, challenge, self.now() + self.switches.code_lifetime)
        return self.codes.put(value, code, self)

    def issue_access_token(
        self, app: App, grant: Grant | None, scopes: tuple[str, ...], lifetime: float
    ) -> AccessToken:
        """A user's token; without a grant, an app's."""
        kind = "act" if grant is not None else "clt"
        value = f"{kind}.{MARK}.{self.ids.text(kind)}"
        token = AccessToken(value, app, grant, scopes, self.now() + lifetime)
        return self.access_tokens.put(value, token, self)

    def issue_refresh_token(self, grant: Grant, scopes: tuple[str, ...], expires: float) -> RefreshToken:
        """What gets a user fresh tokens until `expires`."""
        token = RefreshToken(f"rft.{MARK}.{self.ids.text('rft')}", grant, scopes, expires)
        return self.refresh_tokens.put(token.value, token, self)

    def counted_calls(self, who: str, bucket: str) -> deque[float]:
        """When the calls were made that a rate limit counts."""
        found = self.windows.get((who, bucket))
        return self.windows.put((who, bucket), deque(), self) if found is None else found


def default_world(
    *,
    seed: str | int = "mock",
    clock: Clock | None = None,
    switches: Switches | None = None,
    verified_domains: tuple[str, ...] = (),
    webhook_url: str = "",
    webhook_hosts: tuple[str, ...] = (),
    audited: bool = False,
    public: bool = False,
) -> World:
    """One app and one creator with a private account, so that a `SELF_ONLY` post passes."""
    world = World(seed=seed, clock=clock, switches=switches, webhook_hosts=webhook_hosts)
    app = world.add_app(
        App("mock_client_key", "mock_client_secret", audited=audited, webhook_url=webhook_url)
    )
    for domain in verified_domains:
        world.add_property(app, domain, verified=True)
    world.add_account(Account("mock.creator", "Mock Creator", private=not public))
    return world
