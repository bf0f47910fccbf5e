"""Two versions of a description: each kind of change, what it means to callers, and the words for it."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import main
from codegen.diff import Weight, compare, is_bump, version
from tests.contract.described import Json, bundle

Edit = Callable[[Any], object]
BREAKS, ADDS, CHANGES = Weight.BREAKS, Weight.ADDS, Weight.CHANGES


def schema(description: Json, name: str) -> Any:
    return description["components"]["schemas"][name]


def operation(description: Json, path: str) -> Any:
    return next(iter(description["paths"][path].values()))


STATUS, LIST, TOKEN = "/v2/post/publish/status/fetch/", "/v2/video/list/", "/v2/oauth/token/"
CREATOR_INFO, PHOTOS = "/v2/post/publish/creator_info/query/", "/v2/post/publish/content/init/"


def with_a_map(description: Json, kind: str) -> None:
    values = {"type": "object", "additionalProperties": {"type": kind}}
    schema(description, "User")["properties"]["links"] = values


CASES: list[tuple[str, Edit, Weight, str]] = [
    (
        "the package is called something else",
        lambda d: d.update({"x-package": "other"}),
        BREAKS,
        "`tiktok_openapi`: is imported as other",
    ),
    (
        "a field that is called like a keyword goes",
        lambda d: schema(d, "PhotoPostInfo")["properties"].pop("description"),
        BREAKS,
        "`PhotoPostInfo.description`: this field is gone",
    ),
    (
        "an envelope is read differently",
        lambda d: d["x-envelopes"]["data"].update(success="fine"),
        CHANGES,
        '`the envelope data`: success: "ok" became "fine"',
    ),
    (
        "a status alone is raised as another class",
        lambda d: d["x-error-categories"]["wait"].update(statuses=[425, 429]),
        CHANGES,
        "`errors.TryLater`: statuses: [429] became [425, 429]",
    ),
    (
        "a reason to fail is no longer worth another try",
        lambda d: schema(d, "FailReason")["x-values"]["internal"].update(retryable=False),
        CHANGES,
        "`FailReason internal`: retryable: true became false",
    ),
    (
        "an upload's status is raised as another class",
        lambda d: d["paths"]["/upload"]["put"]["responses"]["403"].update({"x-category": "wait"}),
        BREAKS,
        '`uploadChunk`: HTTP 403 is raised as another class: "fix_input" became "wait"',
    ),
    (
        "a refusal comes with another status",
        lambda d: operation(d, "/v2/post/publish/creator_info/query/")["x-errors"].__setitem__(
            0, "spam_risk_too_many_posts"
        ),
        CHANGES,
        "`queryCreatorInfo`: the status of spam_risk_too_many_posts: 200 became that of the catalogue",
    ),
    (
        "a parameter moves",
        lambda d: d["components"]["parameters"]["VideoFields"].update({"in": "header"}),
        CHANGES,
        '`listVideos fields`: in: "query" became "header"',
    ),
    (
        "a field comes with another scope",
        lambda d: schema(d, "User")["properties"]["open_id"].update({"x-scope": "user.info.stats"}),
        CHANGES,
        '`User.open_id`: x-scope: "user.info.basic" became "user.info.stats"',
    ),
    (
        "something differs that has no words of its own",
        lambda d: d["components"]["parameters"]["TikTokSignature"].update(name="X-Signature"),
        CHANGES,
        "`/components/parameters/TikTokSignature/name`: differs",
    ),
    ("an operation goes", lambda d: d["paths"].pop(LIST), BREAKS, "`listVideos`: this operation is gone"),
    (
        "an address moves",
        lambda d: d["paths"].update({"/v3/list/": d["paths"].pop(LIST)}),
        CHANGES,
        "`listVideos`: is asked elsewhere: POST https://open.tiktokapis.com/v2/video/list/ became "
        "POST https://open.tiktokapis.com/v3/list/",
    ),
    (
        "a field of a request goes",
        lambda d: schema(d, "VideoPostInfo")["properties"].pop("is_aigc"),
        BREAKS,
        "`VideoPostInfo.is_aigc`: this field is gone",
    ),
    (
        "a field of a request must be sent",
        lambda d: schema(d, "VideoPostInfo")["required"].append("title"),
        BREAKS,
        "`VideoPostInfo.title`: must be given now",
    ),
    (
        "a field of a request may be left out",
        lambda d: schema(d, "VideoPostInfo")["required"].clear(),
        ADDS,
        "`VideoPostInfo.privacy_level`: may be left out",
    ),
    (
        "a new field may be sent",
        lambda d: schema(d, "VideoPostInfo")["properties"].update(mood={"type": "string"}),
        ADDS,
        "`VideoPostInfo.mood`: a new field",
    ),
    (
        "a new field must be sent",
        lambda d: (
            schema(d, "VideoPostInfo")["properties"].update(mood={"type": "string"}),
            schema(d, "VideoPostInfo")["required"].append("mood"),
        ),
        BREAKS,
        "`VideoPostInfo.mood`: a new field that must be sent",
    ),
    (
        "a limit gets tighter",
        lambda d: schema(d, "PhotoPostInfo")["properties"]["title"].update({"x-max-utf16": 80}),
        BREAKS,
        "`PhotoPostInfo.title`: x-max-utf16: 90 became 80",
    ),
    (
        "a limit gets wider",
        lambda d: schema(d, "PhotoSource")["properties"]["photo_images"].update(maxItems=50),
        ADDS,
        "`PhotoSource.photo_images`: maxItems: 35 became 50",
    ),
    (
        "a least size gets greater",
        lambda d: schema(d, "FileUploadSource")["properties"]["video_size"].update(minimum=2),
        BREAKS,
        "`FileUploadSource.video_size`: minimum: 1 became 2",
    ),
    (
        "a type changes",
        lambda d: schema(d, "PublishStatus")["properties"]["uploaded_bytes"].update(type="string"),
        BREAKS,
        "`PublishStatus.uploaded_bytes`: another type: integer became string",
    ),
    (
        "a field of an answer may be missing",
        lambda d: schema(d, "CreatorInfo")["required"].remove("creator_nickname"),
        BREAKS,
        "`CreatorInfo.creator_nickname`: may be missing now: it can be None",
    ),
    (
        "a field of an answer always comes",
        lambda d: schema(d, "PublishStatus")["required"].append("fail_reason"),
        ADDS,
        "`PublishStatus.fail_reason`: always comes",
    ),
    (
        "a field of an answer goes",
        lambda d: schema(d, "Video")["properties"].pop("embed_html"),
        BREAKS,
        "`Video.embed_html`: this field is gone",
    ),
    (
        "an answer has a new field",
        lambda d: schema(d, "Video")["properties"].update(mood={"type": "string"}),
        ADDS,
        "`Video.mood`: a new field",
    ),
    (
        "an enum has a new value",
        lambda d: schema(d, "PublishState")["enum"].append("RETRYING"),
        ADDS,
        "`PublishState`: the value RETRYING",
    ),
    (
        "an enum loses a value",
        lambda d: schema(d, "PublishState")["enum"].remove("FAILED"),
        BREAKS,
        "`PublishState`: the value FAILED is gone",
    ),
    (
        "an open enum is closed",
        lambda d: schema(d, "PostMode").pop("x-open-enum"),
        BREAKS,
        "`PostMode`: takes known values only",
    ),
    (
        "an argument goes",
        lambda d: operation(d, "/v2/user/info/")["parameters"].clear(),
        BREAKS,
        "`getUserInfo fields`: this argument is gone",
    ),
    (
        "a new argument must be given",
        lambda d: operation(d, LIST)["parameters"].append(
            {"name": "region", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        BREAKS,
        "`listVideos region`: a new argument that must be given",
    ),
    (
        "another scope is needed",
        lambda d: operation(d, LIST).update(security=[{"userToken": ["video.read"]}]),
        BREAKS,
        "`listVideos`: needs a scope that it did not need",
    ),
    (
        "more scopes will do",
        lambda d: operation(d, LIST)["security"].append({"userToken": ["video.read"]}),
        ADDS,
        "`listVideos`: more scopes will do",
    ),
    (
        "a refusal is new",
        lambda d: operation(d, STATUS)["x-errors"].append("region_blocked"),
        ADDS,
        "`fetchStatus`: can be refused with region_blocked",
    ),
    (
        "a code is raised as another class",
        lambda d: d["x-error-codes"]["data"]["url_ownership_unverified"].update(category="fix_input"),
        BREAKS,
        "`url_ownership_unverified`: is raised as another class: app_not_approved became fix_input",
    ),
    (
        "a rate limit changes",
        lambda d: operation(d, STATUS)["x-rate-limit"].update(requests=15),
        CHANGES,
        "x-rate-limit",
    ),
    (
        "a repetition does more than once",
        lambda d: operation(d, STATUS).update({"x-idempotent": False}),
        CHANGES,
        "`fetchStatus`: x-idempotent: true became false",
    ),
    (
        "a constant goes",
        lambda d: d["x-limits"].pop("pending_drafts"),
        BREAKS,
        "`limits.pending_drafts`: this constant is gone",
    ),
    (
        "a constant changes",
        lambda d: d["x-limits"]["pending_drafts"].update(value=6),
        CHANGES,
        "`limits.pending_drafts`: 5 became 6",
    ),
    (
        "an event goes",
        lambda d: d["webhooks"].pop("tiktok.ping"),
        BREAKS,
        "`tiktok.ping`: this event is gone",
    ),
    (
        "an event says less",
        lambda d: schema(d, "PublishFailedContent")["properties"].pop("reason"),
        BREAKS,
        "`PublishFailedContent.reason`: this field is gone",
    ),
    (
        "a secret is one no longer",
        lambda d: schema(d, "UploadInit")["properties"]["upload_url"].pop("x-secret"),
        CHANGES,
        "`UploadInit.upload_url`: is no longer secret",
    ),
    (
        "a time has another name",
        lambda d: schema(d, "Video")["properties"]["create_time"].update({"x-at": "made_at"}),
        BREAKS,
        "`Video.create_time`: the property created_at is gone",
    ),
    ("a type goes", lambda d: d["components"]["schemas"].pop("Scope"), BREAKS, "`Scope`: this type is gone"),
    ("a type comes", lambda d: d["components"]["schemas"].update(New={}), ADDS, "`New`: a new type"),
    (
        "a constant comes",
        lambda d: d["x-limits"].update(mood={"value": 3}),
        ADDS,
        "`limits.mood`: a new constant: 3",
    ),
    (
        "a class of errors has another name",
        lambda d: d["x-error-categories"]["wait"].update({"class": "Later"}),
        BREAKS,
        "`errors.TryLater`: this class is gone",
    ),
    (
        "a code leaves the catalogue",
        lambda d: d["x-error-codes"]["data"].pop("internal_error"),
        CHANGES,
        "`internal_error`: this code left the catalogue",
    ),
    (
        "a code has another status",
        lambda d: d["x-error-codes"]["data"]["internal_error"].update(status=503),
        CHANGES,
        "`internal_error`: status: 500 became 503",
    ),
    (
        "an operation moves to another face",
        lambda d: operation(d, STATUS).update(tags=["display"]),
        BREAKS,
        "`fetchStatus`: moved to another face of the client",
    ),
    (
        "an operation needs no token",
        lambda d: operation(d, STATUS).update(security=[]),
        BREAKS,
        "`fetchStatus`: takes no access token any more",
    ),
    (
        "an envelope changes",
        lambda d: operation(d, STATUS).update({"x-envelope": "oauth"}),
        BREAKS,
        "`fetchStatus`: another x-envelope",
    ),
    (
        "a refusal is no longer known",
        lambda d: operation(d, STATUS)["x-errors"].pop(),
        CHANGES,
        "`fetchStatus`: is no longer known to be refused with",
    ),
    (
        "an argument may be given",
        lambda d: operation(d, LIST)["parameters"].append({"name": "region", "in": "query", "schema": {}}),
        ADDS,
        "`listVideos region`: a new argument that may be given",
    ),
    (
        "an argument may be left out",
        lambda d: operation(d, "/v2/user/info/")["parameters"][0].update(required=False),
        ADDS,
        "`getUserInfo fields`: may be left out",
    ),
    (
        "a body goes",
        lambda d: operation(d, STATUS).pop("requestBody"),
        BREAKS,
        "`fetchStatus`: takes no body any more",
    ),
    (
        "a media type goes",
        lambda d: operation(d, "/upload")["requestBody"]["content"].pop("video/webm"),
        BREAKS,
        "`uploadChunk`: no longer takes video/webm",
    ),
    (
        "a media type comes",
        lambda d: operation(d, "/upload")["requestBody"]["content"].update({"video/x": {}}),
        ADDS,
        "`uploadChunk`: takes video/x too",
    ),
    (
        "a status is no longer described",
        lambda d: operation(d, STATUS)["responses"].pop("400"),
        CHANGES,
        "`fetchStatus`: HTTP 400 is no longer described",
    ),
    (
        "an alias goes",
        lambda d: d["webhooks"]["post.publish.no_longer_publicaly_available"].pop("x-aliases"),
        CHANGES,
        "is known under other names too, or no longer",
    ),
    (
        "a field has another type",
        lambda d: schema(d, "PublishStatus")["properties"].update(
            status={"$ref": "#/components/schemas/PostMode"}
        ),
        BREAKS,
        "`PublishStatus.status`: another type: PublishState became PostMode",
    ),
    (
        "a list becomes another",
        lambda d: schema(d, "VideoPage")["properties"]["videos"].pop("items"),
        BREAKS,
        "`VideoPage.videos`: another type: items gone",
    ),
    (
        "a constant of a request changes",
        lambda d: schema(d, "PhotoSource")["properties"]["source"].update(const="FILE_UPLOAD"),
        CHANGES,
        '`PhotoSource.source`: "PULL_FROM_URL" became "FILE_UPLOAD"',
    ),
    (
        "an enum that only comes is closed",
        lambda d: schema(d, "PublishState").pop("x-open-enum"),
        BREAKS,
        "`PublishState`: is no longer text where the value is unknown",
    ),
    (
        "a pattern changes",
        lambda d: schema(d, "AuthorizationCodeGrant")["properties"]["code_verifier"].update(pattern="^a$"),
        BREAKS,
        "`AuthorizationCodeGrant.code_verifier`: pattern:",
    ),
    (
        "a received text gets a limit",
        lambda d: schema(d, "Video")["properties"]["title"].update(maxLength=100),
        CHANGES,
        "`Video.title`: maxLength: 150 became 100",
    ),
    (
        "a time counts something else",
        lambda d: schema(d, "Video")["properties"]["create_time"].update({"x-time": "epoch-milliseconds"}),
        BREAKS,
        "`Video.create_time`: another meaning: epoch-seconds became epoch-milliseconds",
    ),
    (
        "a union has another member",
        lambda d: schema(d, "VideoSource")["oneOf"].pop(),
        BREAKS,
        "`VideoSource`: can no longer be PullFromUrlSource",
    ),
    (
        "a union that is sent has one member more",
        lambda d: schema(d, "VideoSource")["oneOf"].append({"$ref": "#/components/schemas/PhotoSource"}),
        ADDS,
        "`VideoSource`: can be PhotoSource too",
    ),
    (
        "a union that comes has one member more",
        lambda d: operation(d, CREATOR_INFO)["responses"]["200"]["content"]["application/json"]["schema"][
            "oneOf"
        ].append({"$ref": "#/components/schemas/UserResponse"}),
        BREAKS,
        "`queryCreatorInfo answer`: can be UserResponse too, which a reader has to tell apart",
    ),
    (
        "a limit is new",
        lambda d: schema(d, "RefreshTokenGrant")["properties"]["refresh_token"].update(maxLength=100),
        BREAKS,
        "`RefreshTokenGrant.refresh_token`: maxLength: nothing became 100",
    ),
    (
        "a least length is new",
        lambda d: schema(d, "VideoPostInfo")["properties"]["title"].update(minLength=1),
        BREAKS,
        "`VideoPostInfo.title`: minLength: nothing became 1",
    ),
    (
        "a limit goes",
        lambda d: schema(d, "PhotoSource")["properties"]["photo_images"].pop("maxItems"),
        ADDS,
        "`PhotoSource.photo_images`: maxItems: 35 became nothing",
    ),
    (
        "a body is asked for where there was none",
        lambda d: operation(d, CREATOR_INFO).update(
            requestBody={"content": {"application/json": {"schema": {"type": "object"}}}}
        ),
        BREAKS,
        "`queryCreatorInfo`: takes a body now",
    ),
    (
        "a text becomes a date",
        lambda d: schema(d, "User")["properties"]["bio_description"].update(format="date-time"),
        BREAKS,
        "`User.bio_description`: another type: string became date-time",
    ),
    (
        "what comes can be null",
        lambda d: schema(d, "CreatorInfo")["properties"]["creator_nickname"].update(type=["string", "null"]),
        BREAKS,
        "`CreatorInfo.creator_nickname`: another type: string became null or string",
    ),
    (
        "an access token is needed",
        lambda d: operation(d, TOKEN).update(security=[{"userToken": ["user.info.basic"]}]),
        BREAKS,
        "`getToken`: needs an access token now",
    ),
    (
        "a field of an event may be missing",
        lambda d: schema(d, "PublishFailedContent")["required"].remove("reason"),
        BREAKS,
        "`PublishFailedContent.reason`: may be missing now: it can be None",
    ),
    (
        "what all events share may be missing",
        lambda d: schema(d, "WebhookEnvelope")["required"].remove("create_time"),
        BREAKS,
        "`AuthorizationRemoved.create_time`: may be missing now: it can be None",
    ),
    (
        "an event comes",
        lambda d: d["webhooks"].update({"tiktok.pong": copy.deepcopy(d["webhooks"]["tiktok.ping"])}),
        ADDS,
        "`tiktok.pong`: a new event",
    ),
    (
        "a constant of a request goes",
        lambda d: schema(d, "PhotoSource")["properties"]["source"].pop("const"),
        CHANGES,
        '`PhotoSource.source`: "PULL_FROM_URL" became nothing',
    ),
    (
        "what is no list has members",
        lambda d: schema(d, "User")["properties"]["open_id"].update(items={"type": "string"}),
        BREAKS,
        "`User.open_id`: another type: items added",
    ),
    (
        "a scope depends on another part of the request",
        lambda d: operation(d, PHOTOS)["x-scope-by-request"].update(at="/media_type"),
        CHANGES,
        "`initContent`: x-scope-by-request: ",
    ),
]


NAMES = [case[0] for case in CASES]


@pytest.mark.parametrize(("edit", "weight", "text"), [case[1:] for case in CASES], ids=NAMES)
def test_change(edit: Edit, weight: Weight, text: str) -> None:
    new = copy.deepcopy(bundle())
    edit(new)
    found = compare(bundle(), new)
    said = [str(change) for change in found.changes if change.weight is weight and text in str(change)]
    assert len(said) == 1, str(found)
    assert found.breaks is any(change.weight is BREAKS for change in found.changes)
    assert f"### {weight.value}" in str(found)


def test_the_values_of_a_map_are_compared() -> None:
    old, new = copy.deepcopy(bundle()), copy.deepcopy(bundle())
    with_a_map(old, "string")
    with_a_map(new, "integer")
    assert (
        str(compare(old, new)) == "### Breaks callers\n\n- `User.links`: another type: string became integer."
    )


@pytest.mark.parametrize("edit", [case[1] for case in CASES], ids=NAMES)
def test_a_change_taken_back_is_none(edit: Edit) -> None:
    new = copy.deepcopy(bundle())
    edit(new)
    assert compare(new, bundle()).changes
    assert not compare(new, new).changes


def test_words_are_counted_and_break_nobody() -> None:
    new = copy.deepcopy(bundle())
    operation(new, STATUS)["summary"] = "Another summary."
    schema(new, "Video")["description"] = "Another description."
    found = compare(bundle(), new)
    assert (found.changes, found.words) == ([], 2)
    assert str(found) == "2 descriptions, advice, examples or sources differ."
    schema(new, "VideoPostInfo")["properties"]["title"]["x-max-utf16"] = 2100
    assert compare(bundle(), new).words == 2, "the field called title is no title"
    assert str(compare(bundle(), bundle())) == "The descriptions are the same."


def test_a_field_of_a_type_that_is_sent_and_received_is_told_for_both() -> None:
    """`PublishType` only comes, `PrivacyLevel` goes both ways: closing it breaks senders and readers."""
    new = copy.deepcopy(bundle())
    schema(new, "PrivacyLevel").pop("x-open-enum")
    said = str(compare(bundle(), new))
    assert "takes known values only" in said
    assert "is no longer text where the value is unknown" in said


@pytest.mark.parametrize(
    ("old", "new", "bumped"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.0", "1.0.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
        ("1.2.0", "1.2.0", False),
    ],
)
def test_what_counts_as_a_bump(old: str, new: str, *, bumped: bool) -> None:
    assert is_bump(*(version(f'name = "x"\nversion = "{text}"\n') for text in (old, new))) is bumped


def test_an_enum_that_is_opened_surprises_readers_and_nobody_who_sends() -> None:
    closed = copy.deepcopy(bundle())
    for name in ("PublishState", "PostMode"):
        schema(closed, name).pop("x-open-enum")
    found = {(change.place, change.weight, change.text) for change in compare(closed, bundle()).changes}
    assert found == {
        ("PublishState", BREAKS, "can be text that is no known value"),
        ("PostMode", ADDS, "takes unknown values too"),
    }


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A repository with a release 0.1.0 of this description, and bindings of another one beside it."""
    for package, described in (("another", {"x-package": "another"}), ("tiktok_openapi", bundle())):
        (tmp_path / "generated" / package).mkdir(parents=True)
        (tmp_path / "generated" / package / "openapi.json").write_text(json.dumps(described))
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "openapi.yaml").write_text("openapi: 3.1.0\nx-package: tiktok_openapi\n")
    (tmp_path / "pyproject.toml").write_text('version = "0.1.0"\n')
    who = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "release"], ["tag", "v0.1.0"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_a_breaking_change_needs_a_new_version(
    released: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    from codegen import diff

    new = copy.deepcopy(bundle())
    schema(new, "Video")["properties"].pop("title")
    file = tmp_path_factory.mktemp("new") / "openapi.json"
    file.write_text(json.dumps(new))
    arguments = ["v0.1.0", str(file)]
    assert diff.main(arguments, released) == 0
    said = capsys.readouterr().out
    assert "Video.title" in said
    assert "is imported as" not in said
    assert diff.main([*arguments, "--require-bump"], released) == 1
    assert "from 0.1.0 to 0.1.0 only" in capsys.readouterr().err
    (released / "pyproject.toml").write_text('version = "0.2.0"\n')
    assert diff.main([*arguments, "--require-bump"], released) == 0
    assert diff.last_release(released) == "v0.1.0"
    assert diff.main(["no-such-revision", str(file)], released) == 2


def test_before_the_first_release_nothing_can_break(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from codegen import diff

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert diff.main(["--require-bump"], tmp_path) == 0
    assert "Nothing is released yet" in capsys.readouterr().out


def test_the_command_reads_folders_and_bundles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(bundle()))
    root = Path(__file__).parent.parent.parent
    assert main(["diff", str(file), str(root / "spec")]) == 0
    assert "Breaks" not in capsys.readouterr().out
