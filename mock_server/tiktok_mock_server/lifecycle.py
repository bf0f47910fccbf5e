"""How a post moves on, from its init until nothing more happens to it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tiktok_openapi import limits

from . import media, webhooks
from .addresses import is_loopback
from .rule import rule
from .spool import Spool
from .why import log
from .world import Fetch, Fetched, Grant, Job, Post, Stage, Upload, Video, World

STATES = rule(
    "post.states",
    "PROCESSING_UPLOAD or PROCESSING_DOWNLOAD covers transfer and processing; then a direct post is "
    "PUBLISH_COMPLETE, a "
    "draft SEND_TO_USER_INBOX until the user posts it, or either is FAILED.",
    "documented",
    "doc:content-posting-api-reference-get-video-status",
)
IDS_LATE = rule(
    "post.public-ids",
    "Ids appear for public posts only, once moderation is over; one draft can become several posts.",
    "documented",
    "doc:content-posting-api-reference-get-video-status",
    switch="post_ids",
)
PULL_TIMEOUT = rule(
    "post.pull-timeout",
    "A download that is not finished after an hour fails.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
AUTH_REMOVED = rule(
    "post.auth-removed",
    "Posts in progress fail with auth_removed when the user or the developer ends the connection.",
    "documented",
    "doc:content-posting-api-reference-get-video-status",
)
ABANDONED = rule(
    "post.abandoned-upload",
    "A post whose upload never ends stays in PROCESSING_UPLOAD.",
    "unknown",
    "",
    switch="abandoned_upload",
)
DRAFT_EXPIRES = rule(
    "post.draft-expires",
    "A draft can be posted for 24 hours; afterwards it no longer counts as pending.",
    "observed",
    "gitroomhq/postiz-docs PR 231",
    switch="expired_draft",
)
PNG_PHOTOS = rule(
    "post.photo-formats",
    "Photos are JPEG or WebP; a PNG is accepted by the init and fails later with file_format_check_failed.",
    "observed",
    "gitroomhq/postiz-app issue 814",
)

SIMULATED_SIZE = 8 * 1024 * 1024
_WRONG_PHOTO_NAMES = (".png", ".gif", ".heic", ".bmp", ".tif", ".tiff", ".svg")


class CannotHappen(ValueError):
    """A lever was pulled that does nothing in this state."""


_UNDER_WAY = (Stage.UPLOADING, Stage.DOWNLOADING, Stage.PROCESSING)


def _enter(world: World, post: Post, stage: Stage, at: float) -> None:
    if stage in _UNDER_WAY:
        world.under_way[post.publish_id] = post
    else:
        world.under_way.pop(post.publish_id, None)
    post.stage = stage
    post.entered = at
    post.polls = 0
    post.turn += 1


def _later(
    world: World, post: Post, due: float, act: Callable[[float], None], *, always: bool = False
) -> None:
    """Plan something for a post; it comes to nothing when the post has moved on, or moves by hand only."""
    turn = post.turn

    def action(at: float) -> None:
        by_time = world.switches.progress in ("either", "time")
        if post.turn == turn and not post.held and (by_time or always):
            act(at)

    world.clock.plan(due, action)


def start(world: World, post: Post) -> None:
    """Begin, right after the init."""
    at = post.created
    world.posts[post.publish_id] = post
    if post.upload is not None:
        _enter(world, post, Stage.UPLOADING, at)
        _plan_abandoned(world, post, post.upload)
        return
    _enter(world, post, Stage.DOWNLOADING, at)
    _plan_download(world, post, at)


def _plan_abandoned(world: World, post: Post, upload: Upload) -> None:
    def abandoned(due: float) -> None:
        upload.spool.delete()
        if world.switches.abandoned_upload == "failed":
            fail(world, post, "internal", due)

    _later(world, post, upload.expires, abandoned, always=True)


def _plan_download(world: World, post: Post, at: float) -> None:
    if world.switches.fetch_media == "loopback" and all(is_near(url) for url in post.urls):
        _fetch(world, post, at)
    else:
        _later(world, post, at + world.switches.download_seconds, lambda due: downloaded(world, post, due))
    _later(
        world,
        post,
        at + limits.PULL_TIMEOUT,
        lambda due: fail(world, post, _pull_failed(post), due),
        always=True,
    )


def plan_again(world: World, post: Post) -> None:
    """Plan what is to become of a post that comes from a snapshot."""
    at = post.entered
    if post.stage in _UNDER_WAY:
        world.under_way[post.publish_id] = post
    if post.stage is Stage.UPLOADING and post.upload is not None:
        _plan_abandoned(world, post, post.upload)
    elif post.stage is Stage.DOWNLOADING:
        _plan_download(world, post, at)
    elif post.stage is Stage.PROCESSING:
        _later(world, post, at + world.switches.processing_seconds, lambda due: processed(world, post, due))
    if post.draft_open:
        _plan_expiry(world, post)
    for post_id in post.awaiting_moderation:
        _plan_appearance(world, post, post_id, at)


def is_near(url: str) -> bool:
    """Whether a URL points at this machine."""
    try:
        return is_loopback(urlsplit(url).hostname)
    except ValueError:
        return False


def _pull_failed(post: Post) -> str:
    return "photo_pull_failed" if post.kind == "photo" else "video_pull_failed"


def _fetch(world: World, post: Post, at: float) -> None:
    """Download the files one after the other, look into each, and move on after the last."""
    waiting = list(post.urls)
    turn = post.turn
    post.fetching = True
    largest = limits.PHOTO_MAX_SIZE if post.kind == "photo" else limits.MAX_VIDEO_SIZE

    def next_one(due: float) -> None:
        url = waiting.pop(0)
        spool = Spool(on_disk=world.switches.check_media)

        def done(result: object, when: float) -> None:
            if post.turn == turn and isinstance(result, Fetched):
                post.fetching = False
                arrived(result, when)
            spool.delete()

        def arrived(result: Fetched, when: float) -> None:
            post.downloaded += spool.size
            if result.status != 200:
                log.info("%s: %s was not downloaded: %s", post.publish_id, url, result.note or result.status)
                fail(world, post, _pull_failed(post), when)
                return
            if world.switches.check_media and not post.verdict:
                _look_into(post, spool)
            if waiting:
                post.fetching = True
                next_one(when)
            else:
                downloaded(world, post, when)

        # One byte more than allowed is enough to see that a file is too large.
        world.add_job(Job(due, Fetch(url, spool, largest + 1), done))

    next_one(at)


def downloaded(world: World, post: Post, at: float) -> None:
    """All files are here."""
    reason = next((world.pull_results[url] for url in post.urls if url in world.pull_results), "")
    if reason == _pull_failed(post):
        fail(world, post, reason, at)
        return
    if reason and not post.verdict:
        post.verdict = reason
    if post.kind == "photo" and not post.downloaded and not post.verdict:
        wrong = [url for url in post.urls if urlsplit(url).path.lower().endswith(_WRONG_PHOTO_NAMES)]
        if wrong:
            log.info("%s: %s (%s)", PNG_PHOTOS.id, PNG_PHOTOS.text, wrong[0])
            post.verdict = "file_format_check_failed"
    post.downloaded = post.downloaded or SIMULATED_SIZE
    _process(world, post, at)


def uploaded(world: World, post: Post, at: float) -> None:
    """All bytes are here: look into them, and forget them."""
    upload = post.upload
    if upload is None:
        raise CannotHappen(f"{post.publish_id} is not uploaded")
    post.digest = upload.spool.digest()
    post.size = upload.received
    if world.switches.check_media and not post.verdict:
        _look_into(post, upload.spool)
    upload.spool.forget()
    _process(world, post, at)


def _look_into(post: Post, spool: Spool) -> None:
    if post.kind == "photo":
        report = media.check_photo(spool)
    else:
        longest = post.account.max_video_seconds
        report = media.check_video(spool, media.longest_draft(longest) if post.draft else longest)
    post.verdict = report.fail_reason
    post.duration, post.width, post.height = report.duration, report.width, report.height


def _process(world: World, post: Post, at: float) -> None:
    _enter(world, post, Stage.PROCESSING, at)
    _later(world, post, at + world.switches.processing_seconds, lambda due: processed(world, post, due))


def processed(world: World, post: Post, at: float) -> None:
    """Everything was looked at."""
    if post.verdict:
        fail(world, post, post.verdict, at)
    elif post.draft:
        _enter(world, post, Stage.IN_INBOX, at)
        post.draft_open = True
        _tell(world, post, "post.publish.inbox_delivered", {}, at)
        _plan_expiry(world, post)
    else:
        _enter(world, post, Stage.PUBLISHED, at)
        _tell(world, post, "post.publish.complete", {}, at)
        if post.privacy == "PUBLIC_TO_EVERYONE":
            _moderate_later(world, post, at)


def _plan_expiry(world: World, post: Post) -> None:
    world.clock.plan(
        post.created + world.switches.draft_lifetime, lambda due: _draft_expires(world, post, due)
    )


def _draft_expires(world: World, post: Post, at: float) -> None:
    if not post.draft_open:
        return
    post.draft_open = False
    if post.stage is Stage.IN_INBOX and world.switches.expired_draft == "failed":
        fail(world, post, "internal", at)


def fail(world: World, post: Post, reason: str, at: float) -> None:
    """End without a post."""
    if post.final:
        return
    _enter(world, post, Stage.FAILED, at)
    post.fail_reason = reason
    post.draft_open = False
    if post.upload is not None:
        post.upload.spool.forget()
    _tell(world, post, "post.publish.failed", {"reason": reason}, at)


def _moderate_later(world: World, post: Post, at: float) -> None:
    mode = world.switches.post_ids
    if mode == "never":
        return
    post_id = world.ids.snowflake("post")
    post.awaiting_moderation.append(post_id)
    if mode == "at_once":
        moderated(world, post, at)
        return
    _plan_appearance(world, post, post_id, at)


def _plan_appearance(world: World, post: Post, post_id: int, at: float) -> None:
    def action(due: float) -> None:
        if (
            post_id in post.awaiting_moderation
            and not post.held
            and world.switches.progress in ("either", "time")
        ):
            _appear(world, post, post_id, due)

    world.clock.plan(at + world.switches.moderation_seconds, action)


def moderated(world: World, post: Post, at: float) -> None:
    """Moderation of everything that was made public is over, and found nothing."""
    for post_id in list(post.awaiting_moderation):
        _appear(world, post, post_id, at)


def _appear(world: World, post: Post, post_id: int, at: float) -> None:
    post.awaiting_moderation.remove(post_id)
    post.post_ids.append(post_id)
    if post.kind == "video":
        video = Video(post_id, at, title=post.title, description=post.title, is_aigc=post.is_aigc)
        if post.width:
            video.duration, video.width, video.height = round(post.duration), post.width, post.height
        post.account.videos.append(video)
    _tell(world, post, "post.publish.publicly_available", {"post_id": _wire_id(world, post_id)}, at)


def _wire_id(world: World, post_id: int) -> object:
    return str(post_id) if world.switches.webhook_post_id == "string" else post_id


def _tell(world: World, post: Post, event: str, more: dict[str, object], at: float) -> None:
    content: dict[str, object] = {"publish_id": post.publish_id}
    if "reason" in more:
        content["reason"] = more["reason"]
    content["publish_type"] = post.publish_type
    if "post_id" in more:
        content["post_id"] = more["post_id"]
    webhooks.emit(world, post.app, event, content, open_id=post.grant.open_id, at=at)


# What moves a post by being asked for, or by hand


def polled(world: World, post: Post) -> None:
    """Its status was asked for."""
    post.polls += 1
    by_polls = world.switches.progress in ("either", "polls")
    if by_polls and not post.held and not post.fetching and post.polls >= world.switches.polls_per_step:
        step(world, post, world.now())


def step(world: World, post: Post, at: float) -> None:
    """Move on by one stage; nothing happens while bytes, the user or nothing more is awaited."""
    if post.stage is Stage.DOWNLOADING:
        downloaded(world, post, at)
    elif post.stage is Stage.PROCESSING:
        processed(world, post, at)
    elif post.stage is Stage.PUBLISHED and post.awaiting_moderation:
        moderated(world, post, at)


def finish(world: World, post: Post) -> None:
    """Let it come to its end now: published, in the inbox, or failed if something is wrong with it."""
    if post.stage is Stage.UPLOADING:
        raise CannotHappen(f"{post.publish_id} still waits for its bytes")
    at = world.now()
    while post.stage in (Stage.DOWNLOADING, Stage.PROCESSING):
        step(world, post, at)
    moderated(world, post, at)


def fail_by_hand(world: World, post: Post, reason: str) -> None:
    """Let it fail now."""
    if post.final:
        raise CannotHappen(f"{post.publish_id} is {post.stage.value} already")
    fail(world, post, reason, world.now())


def hold(post: Post) -> None:
    """Keep it as it is until `release`."""
    post.held = True


def release(world: World, post: Post) -> None:
    """Let it move again, from now on."""
    post.held = False
    post.polls = 0
    now = world.now()
    if post.stage is Stage.DOWNLOADING:
        _later(world, post, now + world.switches.download_seconds, lambda due: downloaded(world, post, due))
    elif post.stage is Stage.PROCESSING:
        _later(world, post, now + world.switches.processing_seconds, lambda due: processed(world, post, due))
    elif post.awaiting_moderation:
        world.clock.plan(now + world.switches.moderation_seconds, lambda due: moderated(world, post, due))


def reject(post: Post) -> None:
    """Let moderation find something: ids that did not appear yet never will."""
    post.awaiting_moderation.clear()


def take_down(world: World, post: Post, post_id: int | None = None) -> None:
    """Make a public post private or delete it."""
    gone = [post_id] if post_id is not None else list(post.post_ids)
    if not gone or any(one not in post.post_ids for one in gone):
        raise CannotHappen(f"{post.publish_id} has no such public post")
    for one in gone:
        post.post_ids.remove(one)
        post.account.videos[:] = [video for video in post.account.videos if video.id != one]
        _tell(
            world,
            post,
            "post.publish.no_longer_publicaly_available",
            {"post_id": _wire_id(world, one)},
            world.now(),
        )


def user_posts_draft(world: World, post: Post, privacy: str = "", title: str = "") -> None:
    """Let the user finish a draft in the app, for as many as the account allows; also more than once."""
    if not post.draft or not post.draft_open:
        raise CannotHappen(f"{post.publish_id} is no draft that can be posted now")
    levels = post.account.privacy_levels
    privacy = privacy or levels[0]
    if privacy not in levels:
        kind = "private" if post.account.private else "public"
        raise CannotHappen(
            f"{post.account.username} has a {kind} account and can choose {', '.join(levels)}, "
            f"not {privacy!r}"
        )
    at = world.now()
    post.title = title or post.title
    if post.stage is Stage.IN_INBOX:
        _enter(world, post, Stage.PUBLISHED, at)
    _tell(world, post, "post.publish.complete", {}, at)
    if privacy == "PUBLIC_TO_EVERYONE":
        _moderate_later(world, post, at)


def user_deletes_draft(post: Post) -> None:
    """Let the user throw a draft away."""
    if not post.draft_open:
        raise CannotHappen(f"{post.publish_id} is no draft that can be deleted now")
    post.draft_open = False
    post.deleted = True


# The end of a connection


def end_grant(world: World, grant: Grant, reason: int) -> None:
    """Let a connection end: tokens die, posts in progress fail, the app is told.

    Reasons: 0 unknown, 1 user disconnected, 2 account deleted, 3 age changed, 4 banned, 5 developer revoked.
    """
    if grant.ended is not None:
        return
    at = world.now()
    grant.ended = at
    for post in [post for post in world.under_way.values() if post.grant is grant]:
        fail(world, post, "auth_removed", at)
    webhooks.emit(world, grant.app, "authorization.removed", {"reason": reason}, open_id=grant.open_id, at=at)
