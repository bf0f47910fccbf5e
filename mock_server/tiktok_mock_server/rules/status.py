"""What became of a post, and stopping one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .. import lifecycle
from ..ask import Ask
from ..rule import Rule, rule
from ..validate import check_request
from ..why import Refusal, shown
from ..world import Post, Stage
from . import pull

KNOWN = rule(
    "status.publish-id",
    "The publish_id is one that an init gave; straight after the init it can be unknown for a moment.",
    "documented",
    "doc:content-posting-api-reference-get-video-status",
    switch="publish_id_visible",
)
UNKNOWN_CODE = rule(
    "status.unknown-code",
    "An unknown publish_id gives invalid_publish_id; invalid_params with that text was seen too, "
    "with HTTP 200 or 400.",
    "conflict",
    "doc:content-posting-api-reference-get-video-status; public repositories",
    switch="unknown_publish_id",
)
YOURS = rule(
    "status.yours",
    "The post was started by the same user through the same app.",
    "documented",
    "doc:content-posting-api-reference-get-video-status",
)
BODY = rule(
    "status.body",
    'The body is {"publish_id": "<text>"}.',
    "documented",
    "doc:content-posting-api-reference-get-video-status",
)
FAILED_BODY = rule(
    "status.failed-body",
    "The status of a failed post was seen with status and fail_reason only; the example of the page "
    "has more.",
    "conflict",
    "gitroomhq/postiz-app issue 814; doc:content-posting-api-reference-get-video-status",
    switch="failed_body",
)
BYTES = rule(
    "status.bytes",
    "uploaded_bytes and downloaded_bytes count what has arrived.",
    "documented",
    "doc:content-posting-api-reference-get-video-status",
)
CANCELLABLE = rule(
    "cancel.running-download",
    "Only a running download can be cancelled; it is too late once the file is processed or the post "
    "has ended.",
    "documented",
    "doc:content-posting-api-media-transfer-guide",
)
CANCEL_UPLOAD = rule(
    "cancel.upload",
    "A post by FILE_UPLOAD cannot be cancelled.",
    "unknown",
    "doc:content-posting-api-media-transfer-guide",
)

CANCEL_OWNERSHIP = rule(
    "cancel.ownership",
    "url_ownership_unverified is listed for cancel without a reason; the mock gives it when the domain is no "
    "longer verified.",
    "unknown",
    "doc:content-posting-api-media-transfer-guide",
)

WIRE: Final[Mapping[Stage, str]] = {
    Stage.UPLOADING: "PROCESSING_UPLOAD",
    Stage.DOWNLOADING: "PROCESSING_DOWNLOAD",
    Stage.IN_INBOX: "SEND_TO_USER_INBOX",
    Stage.PUBLISHED: "PUBLISH_COMPLETE",
    Stage.FAILED: "FAILED",
}


def wire_status(post: Post) -> str:
    """A post's status, as TikTok names it."""
    if post.stage is Stage.PROCESSING:
        return "PROCESSING_DOWNLOAD" if post.pulled else "PROCESSING_UPLOAD"
    return WIRE[post.stage]


def _find(ask: Ask) -> Post:
    problems = check_request(ask.operation.id, ask.body)
    if problems:
        problem = problems[0]
        raise _unknown(ask, problem.pointer, problem.message, problem.got, BODY)
    post = ask.world.posts.get(ask.text("publish_id"))
    if post is None:
        raise _unknown(ask, "/publish_id", "the publish_id of an init", shown(ask.text("publish_id")))
    grant = ask.grant
    if post.app is not grant.app or post.grant.open_id != grant.open_id:
        raise Refusal(
            YOURS,
            "token_not_authorized_for_specified_publish_id",
            pointer="/publish_id",
            expected=f"a post of {grant.account.username} through {grant.app.client_key}",
            got=f"one of {post.account.username} through {post.app.client_key}",
        )
    return post


def _unknown(ask: Ask, pointer: str, expected: str, got: str, rule_: Rule = KNOWN) -> Refusal:
    switch = ask.switches.unknown_publish_id
    if switch == "invalid_publish_id" or ask.operation.id != "fetchStatus":
        return Refusal(rule_, "invalid_publish_id", pointer=pointer, expected=expected, got=got)
    status = 200 if switch == "invalid_params_200" else 400
    return Refusal(
        UNKNOWN_CODE,
        "invalid_params",
        "invalid_publish_id",
        pointer=pointer,
        expected=expected,
        got=got,
        status=status,
    )


def fetch(ask: Ask) -> object:
    """Answer fetchStatus."""
    post = _find(ask)
    if post.hidden_polls > 0:
        post.hidden_polls -= 1
        raise _unknown(
            ask, "/publish_id", "a publish_id that is known already", "one that is not visible yet"
        )
    lifecycle.polled(ask.world, post)
    return describe(ask, post)


def describe(ask: Ask, post: Post) -> dict[str, object]:
    """A post's status."""
    answer: dict[str, object] = {"status": wire_status(post)}
    if post.stage is Stage.FAILED:
        if ask.switches.failed_body == "minimal":
            return {"fail_reason": post.fail_reason, "status": "FAILED"}
        answer |= {"fail_reason": post.fail_reason, "publicaly_available_post_id": []}
    elif post.stage is Stage.PUBLISHED:
        answer["publicaly_available_post_id"] = list(post.post_ids)
    if post.upload is not None:
        answer["uploaded_bytes"] = post.upload.received
    elif post.stage is Stage.DOWNLOADING:
        answer["downloaded_bytes"] = _downloaded(ask, post)
    else:
        answer["downloaded_bytes"] = post.downloaded
    return answer


def _downloaded(ask: Ask, post: Post) -> int:
    """How much of a simulated download has arrived: it grows steadily."""
    if post.fetching or post.downloaded:
        return post.downloaded
    share = (ask.now - post.entered) / max(ask.switches.download_seconds, 0.001)
    return int(lifecycle.SIMULATED_SIZE * min(max(share, 0.0), 0.99))


def cancel(ask: Ask) -> None:
    """Answer cancelPublish."""
    post = _find(ask)
    if post.upload is not None:
        raise _not_cancellable(CANCEL_UPLOAD, "a post by PULL_FROM_URL", "one by FILE_UPLOAD")
    if post.stage is not Stage.DOWNLOADING:
        raise _not_cancellable(CANCELLABLE, "a running download", f"a post that is {post.stage.value}")
    pointers = tuple("/publish_id" for _ in post.urls)
    pull.check_urls(ask, post.app, post.urls, pointers, CANCEL_OWNERSHIP)
    lifecycle.fail(ask.world, post, "publish_cancelled", ask.now)


def _not_cancellable(rule_: Rule, expected: str, got: str) -> Refusal:
    return Refusal(rule_, "publish_not_cancellable", pointer="/publish_id", expected=expected, got=got)
