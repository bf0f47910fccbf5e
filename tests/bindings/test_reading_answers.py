"""Whatever comes back is a result, or an error that says what it was."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

import tiktok_openapi as api
from tests.bindings.support import LOG, Colour, always, answer, ask
from tiktok_openapi._runtime import transport
from tiktok_openapi.operations import display, post, upload

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("colour", ["sync", "async"])]

TOKEN = "act.planted-access-token"
OK = {"code": "ok", "message": "", "log_id": LOG}
CREATOR: dict[str, Any] = {
    "creator_avatar_url": "https://p16.example-cdn.test/a.jpeg",
    "creator_username": "mock.creator",
    "creator_nickname": "Mock Creator",
    "privacy_level_options": ["PUBLIC_TO_EVERYONE", "FRIENDS_OF_2030"],
    "comment_disabled": False,
    "duet_disabled": False,
    "stitch_disabled": True,
    "max_video_post_duration_sec": 600,
}


async def creator(colour: Colour, response: httpx.Response) -> Any:
    return await ask(colour, always(response), "post", "query_creator_info", access_token=TOKEN)


async def refused(colour: Colour, response: httpx.Response) -> api.Refused:
    with pytest.raises(api.Refused) as caught:
        await creator(colour, response)
    return caught.value


async def unreadable(colour: Colour, response: httpx.Response) -> api.Unreadable:
    with pytest.raises(api.Unreadable) as caught:
        await creator(colour, response)
    assert caught.value.operation == "query_creator_info"
    assert caught.value.request == "POST /v2/post/publish/creator_info/query/"
    assert TOKEN not in str(caught.value)
    return caught.value


async def test_unknown_keys_and_values_stay_reachable(colour: Colour) -> None:
    info = await creator(colour, httpx.Response(200, json={"data": {**CREATOR, "badge": [1]}, "error": OK}))
    assert info.creator_nickname == info["creator_nickname"] == "Mock Creator"
    assert info["badge"] == [1]
    assert list(info) == info.keys() == list(dict(info))
    assert info.privacy_level_options == (api.PrivacyLevel.PUBLIC_TO_EVERYONE, "FRIENDS_OF_2030")
    assert isinstance(info.privacy_level_options[0], api.PrivacyLevel)
    assert not isinstance(info.privacy_level_options[1], api.PrivacyLevel)


WRONG_TYPES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"creator_nickname": 5}, "$.data.creator_nickname", "string", "integer"),
    ({"creator_nickname": None}, "$.data.creator_nickname", "string", "nothing"),
    ({"comment_disabled": 0}, "$.data.comment_disabled", "boolean", "integer"),
    ({"max_video_post_duration_sec": True}, "$.data.max_video_post_duration_sec", "integer", "boolean"),
    ({"privacy_level_options": ["SELF_ONLY", {}]}, "$.data.privacy_level_options[1]", "string", "object"),
    ({"privacy_level_options": "SELF_ONLY"}, "$.data.privacy_level_options", "array", "string"),
]


@pytest.mark.parametrize(("change", "place", "expected", "got"), WRONG_TYPES)
async def test_a_wrong_type_is_named_with_its_place(
    colour: Colour, change: dict[str, Any], place: str, expected: str, got: str
) -> None:
    error = await unreadable(colour, httpx.Response(200, json={"data": {**CREATOR, **change}, "error": OK}))
    assert (error.place, error.expected, error.got) == (place, expected, got)
    assert (error.status, error.log_id) == (200, LOG)
    assert f"{place}: expected {expected}, got {got}" in str(error)
    assert LOG in str(error)


@pytest.mark.parametrize("data", [None, [], "x", 5])
async def test_a_payload_that_is_no_object_is_unreadable(colour: Colour, data: Any) -> None:
    error = await unreadable(colour, httpx.Response(200, json={"data": data, "error": OK}))
    assert error.place == "$.data"


async def test_a_refusal_inside_http_200_is_a_refusal(colour: Colour) -> None:
    body = {"data": {}, "error": {"code": "spam_risk_too_many_posts", "message": "Look.", "log_id": LOG}}
    error = await refused(colour, httpx.Response(200, json=body, headers={"X-Tt-Logid": LOG}))
    assert (error.code, error.message, error.log_id, error.status) == (
        "spam_risk_too_many_posts",
        "Look.",
        LOG,
        200,
    )
    assert error.operation == "query_creator_info"
    assert error.headers["x-tt-logid"] == LOG
    assert error.advice
    assert "what helps" in str(error)
    assert "spam_risk_too_many_posts (HTTP 200)" in str(error)


async def test_each_category_has_its_class(colour: Colour) -> None:
    for code, kind in (
        ("access_token_invalid", api.LoginRequired),
        ("rate_limit_exceeded", api.TryLater),
        ("invalid_params", api.InputRefused),
        ("unaudited_client_can_only_post_to_private_accounts", api.AppNotApproved),
        ("internal_error", api.ServerFault),
    ):
        body = {"error": {"code": code, "message": "", "log_id": LOG}}
        error = await refused(colour, httpx.Response(400, json=body))
        assert type(error) is kind
        entry = api.CATALOGUE.find("data", code)
        assert entry is not None
        assert (error.category, error.retryable, error.advice) == (
            entry.category,
            entry.retryable,
            entry.advice,
        )


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [(400, "InputRefused", False), (401, "LoginRequired", False), (403, "AppNotApproved", False),
     (429, "TryLater", True), (500, "ServerFault", True), (599, "ServerFault", True)],
)  # fmt: skip
async def test_an_unknown_code_is_an_error_of_the_category_of_its_status(
    colour: Colour, status: int, kind: str, retryable: bool
) -> None:
    body = {"error": {"code": "code_of_2030", "message": "New.", "log_id": LOG}}
    error = await refused(colour, httpx.Response(status, json=body))
    assert type(error).__name__ == kind
    assert (error.code, error.message, error.retryable) == ("code_of_2030", "New.", retryable)
    assert error.advice


async def test_an_unknown_code_with_http_200_is_still_a_refusal(colour: Colour) -> None:
    error = await refused(colour, httpx.Response(200, json={"error": {"code": "code_of_2030"}}))
    assert type(error) is api.Refused
    assert (error.category, error.retryable, error.message, error.log_id) == ("", False, "", "")


async def test_ok_with_an_error_status_is_no_success(colour: Colour) -> None:
    error = await refused(colour, httpx.Response(500, json={"data": CREATOR, "error": OK}))
    assert (error.code, error.status, type(error)) == ("", 500, api.ServerFault)


@pytest.mark.parametrize("status", [301, 302, 304, 307])
async def test_a_redirect_is_no_answer(colour: Colour, status: int) -> None:
    error = await unreadable(colour, httpx.Response(status, json={"data": CREATOR, "error": OK}))
    assert error.got == f"HTTP {status}"


async def test_the_other_spelling_of_the_log_id_is_read(colour: Colour) -> None:
    error = await refused(
        colour, httpx.Response(400, json={"error": {"code": "invalid_params", "logid": LOG}})
    )
    assert error.log_id == LOG


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_page_of_a_gateway_is_a_fault_of_the_server_and_shown_in_part(
    colour: Colour, status: int
) -> None:
    page = f"<html>\n <title>Bad   gateway</title>\n{'x' * 5000}</html>"
    error = await refused(colour, httpx.Response(status, text=page))
    assert type(error) is api.ServerFault
    assert (error.code, error.status, error.retryable) == ("", status, True)
    assert error.message.startswith("<html> <title>Bad gateway</title> xxx")
    assert len(error.message) == 200


async def test_the_text_of_a_missing_slash_is_a_refused_input(colour: Colour) -> None:
    error = await refused(colour, httpx.Response(404, text="Unsupported path(Janus)"))
    assert type(error) is api.InputRefused
    assert "Unsupported path(Janus)" in str(error)


@pytest.mark.parametrize(
    ("body", "got"),
    [
        (b"", "nothing"),
        (b"  \n", "nothing"),
        (b"<html>hello</html>", "something else"),
        (b'{"data": {"creator_nick', "broken JSON"),
        (b'\xef\xbb\xbf{"data": {"creator_nick', "broken JSON"),
        ('{"data": {"creator_nick'.encode("utf-16"), "broken JSON"),
        (b"\x80\x81", "something else"),
        (b"[" * 100_000, "broken JSON"),
        (b"1" * 10_000, "something else"),
    ],
    ids=["empty", "blank", "html", "truncated", "mark", "utf16", "bytes", "deep", "digits"],
)
async def test_a_success_that_is_not_json_is_unreadable(colour: Colour, body: bytes, got: str) -> None:
    error = await unreadable(colour, httpx.Response(200, content=body))
    assert (error.place, error.expected, error.got, error.status) == ("$", "JSON", got, 200)
    assert len(error.excerpt) <= 200
    assert "creator_nick" not in str(error), "a broken answer can hold secrets"
    if b"hello" in body:
        assert "<html>hello</html>" in str(error)


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_an_empty_body_with_an_error_status_is_a_refusal(colour: Colour, status: int) -> None:
    error = await refused(colour, httpx.Response(status))
    assert (error.code, error.message, error.status) == ("", "", status)


@pytest.mark.parametrize(
    ("body", "place", "got"),
    [
        ({"data": CREATOR}, "$.error.code", "nothing"),
        ({"data": CREATOR, "error": {}}, "$.error.code", "nothing"),
        ({"data": CREATOR, "error": "text"}, "$.error.code", "nothing"),
        ({"data": CREATOR, "error": {"code": 0}}, "$.error.code", "integer"),
        ({"data": CREATOR, "error": {"code": ""}}, "$.error.code", "string"),
        ([], "$.error.code", "nothing"),
        (None, "$.error.code", "nothing"),
        (17, "$.error.code", "nothing"),
    ],
)
async def test_a_success_needs_its_code(colour: Colour, body: object, place: str, got: str) -> None:
    error = await unreadable(colour, httpx.Response(200, content=json.dumps(body)))
    assert (error.place, error.got) == (place, got)


async def test_a_code_of_the_wrong_type_with_an_error_status_is_a_refusal(colour: Colour) -> None:
    error = await refused(colour, httpx.Response(500, json={"error": {"code": 17, "message": ["x"]}}))
    assert (error.code, error.message) == ("", "")


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), (" 7 ", 7.0), ("soon", None), ("-1", None), ("", None)]
)
async def test_retry_after_is_read_when_it_is_a_number(
    colour: Colour, header: str, seconds: float | None
) -> None:
    body = {"error": {"code": "rate_limit_exceeded"}}
    error = await refused(colour, httpx.Response(429, json=body, headers={"Retry-After": header}))
    assert error.retry_after == seconds
    assert ("try again in 7 s" in str(error)) is (seconds == 7)


async def test_an_oauth_error_with_http_200_is_a_refusal(colour: Colour) -> None:
    grant = api.RefreshTokenGrant(client_key="k", client_secret="planted-secret", refresh_token="rft.planted")
    body = {
        "error": "invalid_grant",
        "error_description": "Refresh token is invalid or expired.",
        "log_id": LOG,
    }
    with pytest.raises(api.LoginRequired) as caught:
        await ask(colour, always(httpx.Response(200, json=body)), "oauth", "get_token", grant)
    assert (caught.value.code, caught.value.status, caught.value.log_id) == ("invalid_grant", 200, LOG)


async def test_a_token_answer_without_a_token_is_unreadable(colour: Colour) -> None:
    grant = api.ClientCredentialsGrant(client_key="k", client_secret="planted-secret")
    with pytest.raises(api.Unreadable) as caught:
        await ask(colour, always(httpx.Response(200, json={})), "oauth", "get_token", grant)
    assert caught.value.place == "$.access_token"


@pytest.mark.parametrize("content", [b"", b"{}"])
async def test_revoking_succeeds_with_an_empty_object_and_with_nothing(
    colour: Colour, content: bytes
) -> None:
    given = {"client_key": "k", "client_secret": "s", "token": "t"}
    found = await ask(colour, always(httpx.Response(200, content=content)), "oauth", "revoke_token", **given)
    assert found == api.Revoked()


async def test_cancelling_gives_none(colour: Colour) -> None:
    found = await ask(
        colour,
        always(httpx.Response(200, json={"error": OK})),
        "post",
        "cancel_publish",
        access_token=TOKEN,
        publish_id="p",
    )
    assert found is None


async def test_a_lone_post_id_is_read_as_a_list_of_one(colour: Colour) -> None:
    for wire, read in ((7700000000000000007, (7700000000000000007,)), ([], ()), ([1, 2], (1, 2))):
        body = {"data": {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": wire}, "error": OK}
        found = await ask(
            colour,
            always(httpx.Response(200, json=body)),
            "post",
            "fetch_status",
            access_token=TOKEN,
            publish_id="p",
        )
        assert found.publicaly_available_post_id == read


async def test_an_answer_carries_what_came_with_the_result(colour: Colour) -> None:
    body = {"data": CREATOR, "error": OK}
    call = post.query_creator_info(access_token=TOKEN)
    found = await answer(colour, always(httpx.Response(200, json=body, headers={"X-Tt-Logid": LOG})), call)
    assert (found.status, found.log_id, found.body) == (200, LOG, body)
    assert found.headers["x-tt-logid"] == LOG
    assert "comment_disabled" in repr(found)
    assert LOG in repr(found)
    assert "'error'" not in repr(found), "the body is not shown"


@pytest.mark.parametrize(
    ("problem", "kind", "sent"),
    [
        (httpx.ConnectError, api.CouldNotAsk, api.Sent.NO),
        (httpx.ConnectTimeout, api.TimedOut, api.Sent.NO),
        (httpx.PoolTimeout, api.TimedOut, api.Sent.NO),
        (httpx.UnsupportedProtocol, api.CouldNotAsk, api.Sent.NO),
        (httpx.ReadTimeout, api.TimedOut, api.Sent.UNKNOWN),
        (httpx.WriteTimeout, api.TimedOut, api.Sent.UNKNOWN),
        (httpx.ReadError, api.CouldNotAsk, api.Sent.UNKNOWN),
        (httpx.WriteError, api.CouldNotAsk, api.Sent.UNKNOWN),
        (httpx.RemoteProtocolError, api.CouldNotAsk, api.Sent.UNKNOWN),
    ],
)
async def test_no_answer_says_whether_anything_was_sent(
    colour: Colour, problem: type[httpx.RequestError], kind: type[api.CouldNotAsk], sent: api.Sent
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise problem(f"lost with {TOKEN}", request=request)

    with pytest.raises(api.CouldNotAsk) as caught:
        await ask(colour, fail, "post", "query_creator_info", access_token=TOKEN)
    assert type(caught.value) is kind
    assert caught.value.sent is sent
    assert str(caught.value).endswith("nothing was sent" if sent is api.Sent.NO else "is unknown")
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "httpx's exception carries the request, headers and all"


async def unanswered(colour: Colour, base_url: str, call: api.Call[Any]) -> api.CouldNotAsk:
    """What a client with connections of its own says that finds nobody."""
    if colour == "sync":
        with api.Client(base_url) as client, pytest.raises(api.CouldNotAsk) as caught:
            client.answer(call)
    else:
        async with api.AsyncClient(base_url) as waiting:
            with pytest.raises(api.CouldNotAsk) as caught:
                await waiting.answer(call)
    return caught.value


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a port of this machine where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.usefixtures("no_proxies")
async def test_no_answer_names_the_host_and_what_led_there(colour: Colour, nobody: str) -> None:
    asking = post.query_creator_info(access_token=TOKEN)
    error = await unanswered(colour, f"{nobody}/prefix", asking)
    assert error.reason.endswith(f" (at {nobody}, the base_url)")
    address = f"{nobody}/upload?upload_token=very-secret"
    sending = upload.upload_chunk(
        address, b"abcdef", content_type="video/mp4", content_length=6, content_range="bytes 0-5/6"
    )
    error = await unanswered(colour, "http://127.0.0.1:1", sending)
    assert error.reason.endswith(f" (at {nobody})")
    assert "very-secret" not in str(error)


async def test_no_answer_names_the_proxy_without_its_password(
    colour: Colour, nobody: str, no_proxies: pytest.MonkeyPatch
) -> None:
    asking = post.query_creator_info(access_token=TOKEN)
    no_proxies.setenv("HTTP_PROXY", nobody.replace("//", "//me:very-secret@"))
    said = str(await unanswered(colour, "http://api.test", asking))
    assert f"(at http://api.test, the base_url, by the proxy {nobody} that the environment names; " in said
    assert "NO_PROXY" in said
    assert "very-secret" not in said
    for excepted in ("elsewhere.test, 127.0.0.1", "*"):
        no_proxies.setenv("NO_PROXY", excepted)
        assert "proxy" not in str(await unanswered(colour, nobody, asking))


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("http://api.test", None),
        ("https://a.api.test", None),
        ("http://myapi.test", httpx.URL("http://proxy.test:3128")),
        ("http://a.sub.test", None),
        ("http://localhost:1", None),
        ("http://upper.test", None),
        ("http://ported.test:81", None),
        ("http://ported.test:82", httpx.URL("http://proxy.test:3128")),
        ("http://[::1]:81", None),
    ],
)
async def test_that_proxy_is_named_which_httpx_takes(
    colour: Colour, no_proxies: pytest.MonkeyPatch, address: str, proxy: httpx.URL | None
) -> None:
    no_proxies.setenv("ALL_PROXY", "proxy.test:3128")
    no_proxies.setenv("NO_PROXY", "api.test, .sub.test,localhost,UPPER.test,ported.test:81,::1")
    inner: Any = transport
    http: Any = (api.Client() if colour == "sync" else api.AsyncClient()).http
    assert (http._transport_for_url(httpx.URL(address)) is http._transport) is (proxy is None)
    assert inner._proxy_for(httpx.URL(address)) == proxy
    no_proxies.setenv("ALL_PROXY", "http://proxy.test:port")  # what nobody can read hides nothing else
    assert inner._proxy_for(httpx.URL(address)) is None


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("ALL_PROXY", "socks5://me:very-secret@127.0.0.1:1080", "httpx[socks]"),
        ("https_proxy", "ftp://me:very-secret@proxy.test", "Unknown scheme"),
        ("HTTP_PROXY", "http://me:very-secret/x@proxy.test", "a proxy is no address"),
        ("SSL_CERT_FILE", "/nowhere/very-secret.pem", "No such file"),
    ],
)
async def test_what_the_environment_says_and_nobody_can_use_is_named(
    colour: Colour, no_proxies: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    transport.shared_ssl_context.cache_clear()
    no_proxies.setenv(name, value)
    asking = post.query_creator_info(access_token=TOKEN)
    problem = f"environment: .* got .*{name.upper()}"
    if colour == "sync":
        with pytest.raises(api.Impossible, match=problem) as caught:
            api.Client("http://api.test").perform(asking)
    else:
        with pytest.raises(api.Impossible, match=problem) as caught:
            await api.AsyncClient("http://api.test").perform(asking)
    assert advice in str(caught.value)
    assert "very-secret" not in str(caught.value)
    assert caught.value.__context__ is None
    transport.shared_ssl_context.cache_clear()


async def test_what_goes_over_the_wire_is_what_the_description_says(colour: Colour) -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": {"videos": [], "cursor": 0, "has_more": False}, "error": OK})

    await ask(
        colour,
        take,
        "display",
        "list_videos",
        access_token=TOKEN,
        fields=["id", api.VideoField.TITLE],
        max_count=20,
    )
    (request,) = seen
    assert (request.method, str(request.url)) == (
        "POST",
        "https://open.tiktokapis.com/v2/video/list/?fields=id%2Ctitle",
    )
    assert json.loads(request.content) == {"max_count": 20}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json; charset=UTF-8"
    assert request.headers["user-agent"].startswith("python-httpx/")


async def test_respx_sees_the_calls_too(colour: Colour) -> None:
    with respx.mock(assert_all_called=True) as router:
        route = router.post("https://open.tiktokapis.com/v2/post/publish/creator_info/query/").respond(
            json={"data": CREATOR, "error": OK}
        )
        if colour == "sync":
            with api.Client() as client:
                assert client.post.query_creator_info(access_token=TOKEN).creator_username == "mock.creator"
        else:
            async with api.AsyncClient() as waiting:
                found = await waiting.post.query_creator_info(access_token=TOKEN)
                assert found.creator_username == "mock.creator"
        assert route.call_count == 1


async def test_a_client_pointed_elsewhere_calls_there(colour: Colour) -> None:
    call = display.get_user_info(access_token=TOKEN, fields=["open_id"])
    seen: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"data": {"user": {"open_id": "x"}}, "error": OK})

    if colour == "sync":
        with api.Client("http://127.0.0.1:8642/base/", transport=httpx.MockTransport(take)) as client:
            assert client.perform(call).user.open_id == "x"
    else:
        async with api.AsyncClient(
            "http://127.0.0.1:8642/base/", transport=httpx.MockTransport(take)
        ) as waiting:
            assert (await waiting.perform(call)).user.open_id == "x"
    assert seen == ["http://127.0.0.1:8642/base/v2/user/info/?fields=open_id"]


async def test_a_handed_in_httpx_client_is_used_with_its_defaults_and_left_open(colour: Colour) -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": CREATOR, "error": OK})

    defaults = {"User-Agent": "mine/1", "X-Trace": "t", "Authorization": "Bearer other"}
    if colour == "sync":
        http = httpx.Client(transport=httpx.MockTransport(take), headers=defaults)
        with api.Client(http=http) as client:
            client.post.query_creator_info(access_token=TOKEN)
        assert not http.is_closed
        http.close()  # noqa: ASYNC212 (the sync client is what is tested)
    else:
        waiting = httpx.AsyncClient(transport=httpx.MockTransport(take), headers=defaults)
        async with api.AsyncClient(http=waiting) as asynchronous:
            await asynchronous.post.query_creator_info(access_token=TOKEN)
        assert not waiting.is_closed
        await waiting.aclose()
    assert seen[0].headers.get_list("authorization") == [f"Bearer {TOKEN}"]
    assert (seen[0].headers["user-agent"], seen[0].headers["x-trace"]) == ("mine/1", "t")


async def test_an_address_that_httpx_cannot_read_is_not_sent(colour: Colour) -> None:
    async def ask_nowhere() -> None:
        if colour == "sync":
            api.Client("http://[").post.query_creator_info(access_token=TOKEN)
        else:
            await api.AsyncClient("http://[").post.query_creator_info(access_token=TOKEN)

    with pytest.raises(api.CouldNotAsk) as caught:
        await ask_nowhere()
    assert caught.value.sent is api.Sent.NO
    assert caught.value.__context__ is None
