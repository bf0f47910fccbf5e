"""No secret reaches a repr, a message or a pickled error, whatever the service echoes."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any, Union
from urllib.parse import quote_plus

import attrs
import httpx
import pytest

import tiktok_openapi as api
from tests.bindings.support import Colour, always, ask
from tiktok_openapi.operations import oauth, post, upload

pytestmark = pytest.mark.anyio

TOKEN = "act.planted*token!1"
SECRET = "planted&client+secret"
CODE = "planted-code*v!6001.s1"
VERIFIER = "planted-verifier-0123456789-0123456789-0123456789"
REFRESH = "rft.planted/refresh"
ADDRESS = "https://up.test/upload?upload_id=7700000000000000002&upload_token=planted-upload-token"
PLANTED = (
    *(TOKEN, SECRET, CODE, VERIFIER, REFRESH, "planted-upload-token"),
    *map(quote_plus, (TOKEN, SECRET, CODE, REFRESH)),
)

GRANT = api.AuthorizationCodeGrant(
    client_key="k",
    client_secret=SECRET,
    code=CODE,
    redirect_uri="http://localhost:1/",
    code_verifier=VERIFIER,
)
REFRESHING = api.RefreshTokenGrant(client_key="k", client_secret=SECRET, refresh_token=REFRESH)
CHUNK: dict[str, object] = {"content_type": "video/mp4", "content_length": 1, "content_range": "bytes 0-0/1"}


def shown(text: str) -> list[str]:
    """The planted secrets that a text gives away."""
    return [secret for secret in PLANTED if secret in text]


CALLS: list[tuple[str, str, tuple[object, ...], dict[str, object]]] = [
    ("oauth", "get_token", (GRANT,), {}),
    ("oauth", "get_token", (REFRESHING,), {}),
    ("oauth", "revoke_token", (), {"client_key": "k", "client_secret": SECRET, "token": TOKEN}),
    ("oauth", "check_qr_code", (), {"client_key": "k", "client_secret": SECRET, "token": TOKEN}),
    ("post", "query_creator_info", (), {"access_token": TOKEN}),
    ("post", "fetch_status", (), {"access_token": TOKEN, "publish_id": "p"}),
    ("upload", "upload_chunk", (ADDRESS, b"x"), CHUNK),
]


def sent_with(given: tuple[object, ...], named: dict[str, object]) -> str:
    """The secrets that a call was given, as a service would echo them."""
    texts = [repr(fields_of(value)) for value in (*given, *named.values())]
    return " ".join(secret for secret in PLANTED if any(secret in text for text in texts))


def fields_of(value: Any) -> object:
    return attrs.asdict(value) if hasattr(value, "__attrs_attrs__") else value


Echo = Callable[[str], Union[httpx.Response, httpx.RequestError]]
ECHOES: dict[str, Echo] = {
    "gateway": lambda said: httpx.Response(502, text=f"<p>{said}</p>"),
    "page": lambda said: httpx.Response(200, text=f"<p>{said}</p>"),
    "unknown status": lambda said: httpx.Response(418, text=said),
    "code": lambda said: httpx.Response(400, json={"error": {"code": said, "message": said, "log_id": "L"}}),
    "message": lambda said: httpx.Response(200, json={"error": {"code": "invalid_params", "message": said}}),
    "flat": lambda said: httpx.Response(200, json={"error": said, "error_description": said, "log_id": "L"}),
    "truncated": lambda said: httpx.Response(200, text=f'{{"access_token": "{said}'),
    "wrong type": lambda said: httpx.Response(
        200, json={"error": {"code": "ok"}, "data": {said: said}, "access_token": [said]}
    ),
    "timeout": httpx.ReadTimeout,
    "no connection": httpx.ConnectError,
    "protocol": httpx.RemoteProtocolError,
}


@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize(("area", "method", "given", "named"), CALLS, ids=range(len(CALLS)))
async def test_no_error_shows_a_secret(
    colour: Colour,
    echo: Echo,
    area: str,
    method: str,
    given: tuple[object, ...],
    named: dict[str, object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = sent_with(given, named)
    assert shown(said), "the call was given secrets"

    def respond(request: httpx.Request) -> httpx.Response:
        found = echo(said)
        if isinstance(found, httpx.RequestError):
            found.request = request
            raise found
        found.headers["X-Echo"] = said
        return found

    caplog.set_level(logging.WARNING)
    try:
        await ask(colour, respond, area, method, *given, **named)
    except api.Error as problem:
        error = problem
    else:
        assert area == "upload", "an upload is content with any 2xx"
        return
    texts = [
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        "".join(traceback.format_exception(error)),
        str(pickle.loads(pickle.dumps(error))),
    ]
    assert [shown(text) for text in texts] == [[]] * len(texts)
    assert shown(caplog.text) == []
    context = error.__context__
    assert context is None or shown(repr(context) + repr(vars(context))) == []


async def test_the_echo_would_be_seen_without_masking() -> None:
    """The test above can fail: what is not marked as secret does come back."""
    response = httpx.Response(502, text="the page of a gateway")
    with pytest.raises(api.ServerFault, match="the page of a gateway"):
        await ask("sync", always(response), "post", "query_creator_info", access_token="another")


@pytest.mark.parametrize(
    ("secret", "said", "seen"),
    [
        ("c", "Client key or secret is incorrect.", "Client key or secret is incorrect."),
        ("secret", "client_secret=secret&secrets=1", "client_secret=***&secrets=1"),
        ("a b", "code=a+b, code=a%20b, 'a b'", "code=***, code=***, '***'"),
        ("12345678", "id12345678x", "id***x"),
    ],
)
async def test_a_short_placeholder_hides_no_part_of_another_word(secret: str, said: str, seen: str) -> None:
    with pytest.raises(api.Refused) as caught:
        await ask(
            "sync",
            lambda _: httpx.Response(401, json={"error": "invalid_client", "error_description": said}),
            "oauth",
            "revoke_token",
            client_key="k",
            client_secret=secret,
            token=TOKEN,
        )
    assert caught.value.message == seen


async def test_requests_results_and_calls_do_not_show_their_secrets() -> None:
    started = api.UploadInit(publish_id="p", upload_url=ADDRESS)
    user = api.UserToken(
        access_token=TOKEN,
        expires_in=1,
        open_id="o",
        refresh_token=REFRESH,
        refresh_expires_in=1,
        scope="s",
        token_type="B",
    )
    calls = [
        oauth.get_token(GRANT),
        oauth.get_token(REFRESHING),
        post.query_creator_info(access_token=TOKEN),
        upload.upload_chunk(
            ADDRESS, b"x", content_type="video/mp4", content_length=1, content_range="bytes 0-0/1"
        ),
    ]
    for value in (GRANT, REFRESHING, started, user, *calls, api.Client(), api.AsyncClient()):
        assert shown(repr(value)) == []
        assert shown(f"{value}") == []
    assert "publish_id='p'" in repr(started)


@pytest.mark.parametrize(
    "change",
    [
        {"client_secret": ""},
        {"client_secret": 5},
        {"code": ""},
        {"code_verifier": "\ud800"},
        {"redirect_uri": ""},
    ],
)
async def test_an_impossible_request_does_not_show_the_other_secrets(change: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {
        "client_key": "k", "client_secret": SECRET, "code": CODE, "redirect_uri": "r", "code_verifier": VERIFIER, **change
    }  # fmt: skip
    with pytest.raises(api.Impossible) as caught:
        oauth.get_token(api.AuthorizationCodeGrant(**arguments))
    assert caught.value.field in change
    assert shown("".join(traceback.format_exception(caught.value))) == []


def errors() -> list[api.Error]:
    refusal: dict[str, Any] = {
        "code": "c", "message": "m", "log_id": "L", "status": 400, "operation": "o", "request": "POST /x", "category": "wait",
        "retryable": True, "advice": "a", "headers": {"x": "y"}, "retry_after": 3.0,
    }  # fmt: skip
    return [
        api.Error("plain"),
        api.CouldNotAsk("r", operation="o", request="POST /x", sent=api.Sent.UNKNOWN),
        api.TimedOut("r", operation="o", request="POST /x", sent=api.Sent.NO),
        api.Refused(**refusal),
        api.TryLater(**refusal),
        api.Unreadable(place="$", expected="e", got="g", status=200, operation="o", request="r", excerpt="x"),
        api.UnreadableEvent(place="$", expected="e", got="g", event="n"),
        api.Impossible("f", "g", "l", "a"),
    ]


@pytest.mark.parametrize("error", errors(), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
async def test_errors_survive_pickling_and_copying(error: api.Error, protocol: int) -> None:
    error.__dict__["__notes__"] = ["a note"]
    for again in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.args == error.args
        assert vars(again) == vars(error)


async def test_the_tree_of_errors_is_as_documented() -> None:
    assert issubclass(api.TimedOut, api.CouldNotAsk)
    assert issubclass(api.UnreadableEvent, api.Unreadable)
    assert issubclass(api.Impossible, ValueError)
    for kind in (api.CouldNotAsk, api.Refused, api.Unreadable, api.Impossible):
        assert issubclass(kind, api.Error)
    for kind in api.CATALOGUE.classes.values():
        assert issubclass(kind, api.Refused)
