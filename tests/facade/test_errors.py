"""Every refusal arrives as its class, with what helps; every error travels, and none shows a secret."""

from __future__ import annotations

import builtins
import copy
import importlib
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import tiktok_api_client
import tiktok_openapi
from tests.facade.support import (
    CLIP,
    CREATOR,
    FakeClock,
    FakeTikTok,
    make_client,
    oauth_refusal,
    ok,
    refused,
)
from tiktok_api_client import TikTok, errors
from tiktok_api_client.errors import (
    CallFailed,
    CouldNotAsk,
    Error,
    Impossible,
    NotLoggedIn,
    OverBudget,
    Refused,
    Sent,
    StateMismatch,
    StoreFailed,
    TimedOut,
    Unreadable,
)
from tiktok_openapi import CATALOGUE, Operation
from tiktok_openapi.routes import BY_ID, ROUTES

VIDEO = "https://media.example.test/v.mp4"
PHOTOS = ["https://media.example.test/1.jpg"]

Ask = Callable[[TikTok], object]

ASK: dict[str, Ask] = {
    "getToken": lambda tik: tik.exchange_code_for_token(code="code-1"),
    "revokeToken": lambda tik: tik.revoke_access_token(access_token="act.mine-0001"),
    "getQrCode": lambda tik: tik.qr_login(lambda _: None),
    "checkQrCode": lambda tik: tik.qr_login(lambda _: None),
    "queryCreatorInfo": lambda tik: tik.get_creator_info(access_token="act.mine-0001"),
    "initVideoPost": lambda tik: tik.create_video(
        source="PULL_FROM_URL",
        upload_type="POST_VIDEO_URL",
        privacy_level="SELF_ONLY",
        video_url=VIDEO,
        access_token="act.mine-0001",
    ),
    "initInboxVideo": lambda tik: tik.create_video(
        source="PULL_FROM_URL", upload_type="UPLOAD_VIDEO_URL", video_url=VIDEO, access_token="act.mine-0001"
    ),
    "initContent": lambda tik: tik.create_photo(
        post_mode="DIRECT_POST", privacy_level="SELF_ONLY", photo_images=PHOTOS, access_token="act.mine-0001"
    ),
    "fetchStatus": lambda tik: tik.check_upload_status("v_pub_url~v2.1", access_token="act.mine-0001"),
    "cancelPublish": lambda tik: tik.cancel("v_pub_url~v2.1", access_token="act.mine-0001"),
    "getUserInfo": lambda tik: tik.get_user_info(access_token="act.mine-0001"),
    "listVideos": lambda tik: list(tik.videos(access_token="act.mine-0001")),
    "queryVideos": lambda tik: tik.query_videos(["1"], access_token="act.mine-0001"),
}

CASES = [
    (route, code, status)
    for route in ROUTES
    if route.id in ASK
    for code, status in sorted(route.errors.items())
]


class Refusing:
    """Refuses one operation, and lets what comes before it pass."""

    def __init__(self, operation: Operation, answer: httpx.Response) -> None:
        self.operation = operation
        self.answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == self.operation.path:
            return httpx.Response(self.answer.status_code, content=self.answer.content)
        if request.url.path == BY_ID["getQrCode"].path:
            address = "aweme://authorize?client_ticket=tobefilled"
            return httpx.Response(200, json={"scan_qrcode_url": address, "token": "qr-token-1"})
        return ok(CREATOR)


def provoke(kind: str, operation: Operation, answer: httpx.Response) -> Error:
    tik = make_client(kind, Refusing(operation, answer), FakeClock(), budget="off")
    with pytest.raises(Error) as caught:
        ASK[operation.id](tik)
    return caught.value


def test_every_code_of_the_catalogue_is_tried() -> None:
    tried = {code for _, code, _ in CASES}
    for codes in CATALOGUE.codes.values():
        for code in codes:
            used = any(code in route.errors for route in ROUTES)
            only_on_the_page = all(route.id == "authorize" for route in ROUTES if code in route.errors)
            assert code in tried or not used or only_on_the_page, code


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("operation", "code", "status"), CASES, ids=lambda value: getattr(value, "id", value)
)
def test_a_refusal_arrives_as_its_class_with_advice(
    kind: str, operation: Operation, code: str, status: int
) -> None:
    assert operation.envelope is not None
    entry = CATALOGUE.find(operation.envelope.name, code)
    assert entry is not None
    answer = (
        oauth_refusal(code, status) if operation.envelope.name == "oauth" else refused(status, code, "No.")
    )
    problem = provoke(kind, operation, answer)
    assert isinstance(problem, Refused)
    assert type(problem) is CATALOGUE.classes[entry.category]
    assert (problem.code, problem.status, problem.category) == (code, status, entry.category)
    assert problem.advice == entry.advice
    assert problem.log_id in {"L2", "L3"}
    assert problem.operation == operation.name
    text = str(problem)
    for part in (operation.name, code, f"HTTP {status}", "No.", entry.advice, problem.log_id):
        assert part in text
    assert "act.mine" not in text


@pytest.mark.parametrize(
    ("status", "kind_of"),
    [
        (400, "InputRefused"),
        (401, "LoginRequired"),
        (403, "AppNotApproved"),
        (429, "TryLater"),
        (500, "ServerFault"),
    ],
)
def test_a_code_of_tomorrow_is_an_error_of_its_status(status: int, kind_of: str) -> None:
    problem = provoke("sync", BY_ID["queryCreatorInfo"], refused(status, "brand_new_reason"))
    assert type(problem).__name__ == kind_of
    assert "brand_new_reason" in str(problem)
    assert isinstance(problem, Refused)
    assert problem.advice


def test_a_code_of_tomorrow_within_http_200_is_a_refusal() -> None:
    problem = provoke("sync", BY_ID["queryCreatorInfo"], refused(200, "brand_new_reason"))
    assert isinstance(problem, Refused)


@pytest.mark.parametrize(
    ("answer", "kind_of", "words"),
    [
        (httpx.Response(503, html="<html>Service Unavailable</html>"), "ServerFault", "Service Unavailable"),
        (httpx.Response(502), "ServerFault", "HTTP 502"),
        (httpx.Response(404, text="Unsupported path(Janus)"), "InputRefused", "Unsupported path"),
        (httpx.Response(200), "Unreadable", r"\$: expected JSON, got nothing"),
        (httpx.Response(200, html="<html>"), "Unreadable", "the answer begins: <html>"),
        (
            httpx.Response(200, json={"data": {**CREATOR, "creator_nickname": 41}, "error": {"code": "ok"}}),
            "Unreadable",
            r"\$\.data\.creator_nickname: expected string, got integer",
        ),
    ],
)
def test_what_is_no_answer_of_tiktok(answer: httpx.Response, kind_of: str, words: str) -> None:
    problem = provoke("sync", BY_ID["queryCreatorInfo"], answer)
    assert type(problem).__name__ == kind_of
    assert words.replace("\\", "") in str(problem)


# The documented names


def test_the_documented_names_catch_what_they_say() -> None:
    def fail(failure: Exception) -> TikTok:
        def answer(_: httpx.Request) -> httpx.Response:
            raise failure

        return make_client("sync", answer, FakeClock())

    from tiktok_api_client import HTTPError, TimeoutError  # noqa: A004

    with pytest.raises(TimeoutError):
        fail(httpx.ReadTimeout("slow")).get_creator_info(access_token="act.mine-0001")
    for failure in (httpx.ReadTimeout("slow"), httpx.ConnectError("down")):
        with pytest.raises(HTTPError):
            fail(failure).get_creator_info(access_token="act.mine-0001")
    refusing = make_client("sync", FakeTikTok(lambda _: refused(400, "invalid_params")), FakeClock())
    with pytest.raises(HTTPError):
        refusing.get_creator_info(access_token="act.mine-0001")
    assert not issubclass(Impossible, HTTPError)

    def lose_the_chunk(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            raise httpx.ReadError("reset")
        address = "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=secret-1"
        return ok({**CREATOR, "publish_id": "v_pub_file~v2-1.1", "upload_url": address})

    uploading = make_client("sync", lose_the_chunk, FakeClock())
    with pytest.raises(HTTPError, match="resume"):
        uploading.create_video(
            source="FILE_UPLOAD",
            upload_type="POST_VIDEO_FILE",
            privacy_level="SELF_ONLY",
            video_path=CLIP,
            access_token="act.mine-0001",
        )


# Errors travel


def samples() -> list[Error]:
    about = {"operation": "fetch_status", "request": "POST /v2/post/publish/status/fetch/"}
    refusal: dict[str, Any] = {
        "code": "x",
        "message": "m",
        "log_id": "L",
        "status": 403,
        "category": "",
        "retryable": False,
        "advice": "a",
        "headers": {"x": "y"},
        **about,
    }
    found: list[Error] = [
        CouldNotAsk("reset", sent=Sent.UNKNOWN, **about),
        TimedOut("slow", sent=Sent.NO, **about),
        Unreadable(place="$.data", expected="object", got="nothing", status=200, **about),
        Impossible("title", "2201", "at most 2200", "shorten it"),
        NotLoggedIn("none", "log in"),
        StateMismatch("another one"),
        OverBudget("fetch_status", "one more", "30 requests in 60 s", 41.0),
        StoreFailed("cannot write"),
        errors.LoginTimedOut("nobody came"),
    ]
    kinds: list[type[Refused]] = [Refused, *CATALOGUE.classes.values()]
    return found + [kind(**refusal, retry_after=2.5) for kind in kinds]


@pytest.mark.parametrize("problem", samples(), ids=lambda problem: type(problem).__name__)
def test_errors_are_pickled_copied_noted_and_grouped(problem: Error) -> None:
    for twin in (pickle.loads(pickle.dumps(problem)), copy.copy(problem), copy.deepcopy(problem)):
        assert type(twin) is type(problem)
        assert str(twin) == str(problem)
        assert vars(twin) == vars(problem)
    group_of: Any = getattr(builtins, "ExceptionGroup", None)
    if group_of is None:
        return  # Python 3.10
    noted: Any = problem
    noted.add_note("seen at three in the morning")
    assert "three in the morning" in "".join(traceback.format_exception(problem))
    matched, _ = group_of("several", [problem, ValueError()]).split(type(problem))
    assert matched.exceptions == (problem,)
    assert pickle.loads(pickle.dumps(noted)).__notes__ == ["seen at three in the morning"]


def test_every_error_of_a_call_leads_to_the_page_of_its_operation() -> None:
    page = "https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info"
    refusal = provoke("sync", BY_ID["queryCreatorInfo"], refused(400, "invalid_params"))
    assert isinstance(refusal, CallFailed)
    assert refusal.docs == page
    assert f"see: {page}" in str(refusal)
    for route in ROUTES:
        assert route.docs.startswith("https://developers.tiktok.com/doc")


def test_a_traceback_names_a_module_from_which_the_error_can_be_imported() -> None:
    exported = [
        getattr(package, name) for package in (tiktok_api_client, tiktok_openapi) for name in package.__all__
    ]
    kinds = [one for one in exported if isinstance(one, type) and issubclass(one, BaseException)]
    assert tiktok_openapi.UnreadableEvent in kinds
    for kind in kinds:
        assert "._" not in kind.__module__, kind
        assert getattr(importlib.import_module(kind.__module__), kind.__name__) is kind


def test_the_tree_is_the_one_that_is_drawn() -> None:
    drawn = [line for line in (errors.__doc__ or "").splitlines() if "── " in line]
    names = [line.split("── ")[1].split()[0] for line in drawn]
    depths = [line.index("── ") // 4 for line in drawn]
    depths = [depth - min(depths) for depth in depths]
    parents: list[type[Error]] = [Error]
    for name, depth in zip(names, depths, strict=True):
        kind = getattr(errors, name)
        assert issubclass(kind, parents[depth]), name
        parents[depth + 1 :] = [kind]
    raised = {name for name in errors.__all__ if isinstance(getattr(errors, name), type)}
    assert raised - {"Error", "Sent", "TimeoutError", "HTTPError"} == set(names)
    assert errors.TimeoutError is TimedOut
    assert errors.HTTPError is CallFailed
