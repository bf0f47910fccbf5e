"""What a developer is told about every refusal: the answer that TikTok would give, the rule, where, what was
expected, what came, and a hint. `explanations.yaml` holds the words; each is provoked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from tests.mock.support import (
    BASE64URL_CHALLENGE,
    DESKTOP_REDIRECT,
    HEX_CHALLENGE,
    PHOTOS,
    PULLED,
    VERIFIER,
    WEB_REDIRECT,
    Player,
    data,
    mp4,
    refusal,
    set_switches,
)
from tiktok_mock_server import Account, App

Provoke = Callable[[Player], httpx.Response]

TOLD: dict[str, dict[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "explanations.yaml").read_text(encoding="utf-8")
)
S256 = {"code_challenge_method": "S256"}
MIB = 2**20


def second_app(player: Player, **about: Any) -> None:
    """Let there be a second app."""
    player.mock.world.add_app(App("second_key", "second_secret", **about))


SECOND = {"client_key": "second_key", "client_secret": "second_secret"}


def tokens(player: Player) -> dict[str, Any]:
    answer: dict[str, Any] = player.get_token(player.code()).json()
    return answer


def later(player: Player, seconds: float) -> Player:
    player.mock.clock.advance(seconds)
    return player


def second_user(player: Player) -> Player:
    player.mock.world.add_account(Account("second.creator", private=True))
    return player


# The authorization page


def unregistered(player: Player) -> httpx.Response:
    player.mock.app.redirect_uris = ("https://a.test/cb", "https://b.test/cb")
    return player.authorize()


def not_approved(player: Player) -> httpx.Response:
    player.mock.app.scopes = frozenset({"user.info.basic"})
    return player.authorize(scope="user.info.basic,video.upload")


def draft_app(player: Player) -> httpx.Response:
    second_app(player, reviewed=False)
    return player.authorize(client_key="second_key")


def desktop(player: Player, **changes: str | None) -> httpx.Response:
    return player.authorize(redirect_uri=DESKTOP_REDIRECT, **changes)


def web_needs_a_challenge(player: Player) -> httpx.Response:
    set_switches(player.mock, web_requires_pkce=True)
    return player.authorize()


PAGE: dict[str, Provoke] = {
    "no client key": lambda player: player.authorize(client_key=None),
    "client_id instead": lambda player: player.authorize(client_key=None, client_id="mock_client_key"),
    "an unknown client key": lambda player: player.authorize(client_key="nobody"),
    "an app in draft state": draft_app,
    "no redirect URI": lambda player: player.authorize(redirect_uri=None),
    "another redirect URI than the registered ones": unregistered,
    "a redirect URI over http": lambda player: player.authorize(redirect_uri="http://app.example.test/cb"),
    "a redirect URI with a query": lambda player: player.authorize(redirect_uri="https://a.test/cb?x=1"),
    "a redirect URI without a port": lambda player: player.authorize(redirect_uri="http://127.0.0.1/cb"),
    "a redirect URI of another scheme": lambda player: player.authorize(redirect_uri="ftp://127.0.0.1:1/cb"),
    "a redirect URI with a space": lambda player: player.authorize(redirect_uri="https://a.test/a b"),
    "a redirect URI that cannot be read": lambda player: player.authorize(redirect_uri="https://[a/cb"),
    "a redirect URI of 512 characters": lambda player: player.authorize(
        redirect_uri="https://a.test/" + "x" * 497
    ),
    "no response type": lambda player: player.authorize(response_type=None),
    "another response type": lambda player: player.authorize(response_type="token"),
    "no scope": lambda player: player.authorize(scope=None),
    "unknown scopes": lambda player: player.authorize(scope="user.info.basic,video.create,video.delete"),
    "scopes with spaces between": lambda player: player.authorize(scope="user.info.basic video.upload"),
    "a scope that was not approved": not_approved,
    "no challenge on a desktop": desktop,
    "no challenge where the web needs one": web_needs_a_challenge,
    "a plain challenge": lambda player: desktop(player, code_challenge="x", code_challenge_method="plain"),
    "a challenge without its method": lambda player: desktop(player, code_challenge=HEX_CHALLENGE),
    "a method without a challenge": lambda player: player.authorize(code_challenge_method="plain"),
    "no state": lambda player: player.authorize(state=None),
}

# Tokens


def code_of_another_app(player: Player) -> httpx.Response:
    second_app(player)
    return player.get_token(player.code(), **SECOND)


def used_code(player: Player) -> httpx.Response:
    code = player.code()
    player.get_token(code)
    return player.get_token(code)


def expired_code(player: Player) -> httpx.Response:
    code = player.code()
    return later(player, player.mock.switches.code_lifetime + 7).get_token(code)


def code_of_an_ended_connection(player: Player) -> httpx.Response:
    code = player.code()
    player.revoke(player.token)
    return player.get_token(code)


def wrong_verifier(player: Player, challenge: str, verifier: str | None) -> httpx.Response:
    code = player.code(redirect_uri=DESKTOP_REDIRECT, code_challenge=challenge, **S256)
    return player.get_token(code, redirect_uri=DESKTOP_REDIRECT, code_verifier=verifier)


def replaced_refresh_token(player: Player) -> httpx.Response:
    old = tokens(player)["refresh_token"]
    player.refresh(old)
    return later(player, 30).refresh(old)


def expired_refresh_token(player: Player) -> httpx.Response:
    found = tokens(player)
    return later(player, found["refresh_expires_in"] + 5).refresh(found["refresh_token"])


def refresh_token_of_another_app(player: Player) -> httpx.Response:
    second_app(player)
    return player.refresh(tokens(player)["refresh_token"], **SECOND)


def refresh_token_of_an_ended_connection(player: Player) -> httpx.Response:
    found = tokens(player)
    player.revoke(found["access_token"])
    return player.refresh(found["refresh_token"])


def revoked_by_another_app(player: Player) -> httpx.Response:
    second_app(player)
    return player.revoke(player.token, **SECOND)


def revoked_app_token(player: Player) -> httpx.Response:
    token = player.get_token(grant_type="client_credentials", redirect_uri=None).json()["access_token"]
    return player.revoke(token)


def revoked_too_late(player: Player) -> httpx.Response:
    return later(player, 7200 + 9).revoke(player.token)


TOKENS: dict[str, Provoke] = {
    "no client secret": lambda player: player.get_token("x", client_secret=None),
    "credentials in HTTP Basic": lambda player: player.call(
        "getToken", data={"grant_type": "authorization_code"}, auth=("mock_client_key", "mock_client_secret")
    ),
    "half of the credentials in HTTP Basic": lambda player: player.call(
        "getToken", data={"client_key": "mock_client_key"}, auth=("mock_client_key", "mock_client_secret")
    ),
    "client_id in the form": lambda player: player.get_token(
        "x", client_key=None, client_id="mock_client_key"
    ),
    "client_id beside the client key": lambda player: player.get_token(
        "x", client_id="mock_client_key", client_secret="wrong"
    ),
    "a client key that nobody has": lambda player: player.get_token("x", client_key="nobody"),
    "a wrong client secret": lambda player: player.get_token("x", client_secret="wrong"),
    "no grant type": lambda player: player.get_token("x", grant_type=None),
    "an unknown grant type": lambda player: player.get_token("x", grant_type="password"),
    "no code": lambda player: player.get_token(None),
    "no refresh token": lambda player: player.get_token(grant_type="refresh_token", redirect_uri=None),
    "another redirect URI for the code": lambda player: player.get_token(
        player.code(), redirect_uri=WEB_REDIRECT + "x"
    ),
    "a code that nobody gave out": lambda player: player.get_token("mockCode_unknown_and_long"),
    "a code that is still encoded": lambda player: player.get_token(quote(player.code(), safe="")),
    "a code cut at its end": lambda player: player.get_token(player.code().partition("*")[0]),
    "a piece of a code": lambda player: player.get_token(player.code()[:8]),
    "a code from elsewhere": lambda player: player.get_token("real_code_of_somebody"),
    "a code of another app": code_of_another_app,
    "a code that was used": used_code,
    "a code that is too old": expired_code,
    "a code of a connection that has ended": code_of_an_ended_connection,
    "no verifier": lambda player: wrong_verifier(player, HEX_CHALLENGE, None),
    "another verifier": lambda player: wrong_verifier(player, HEX_CHALLENGE, VERIFIER + "x"),
    "a challenge in base64url": lambda player: wrong_verifier(player, BASE64URL_CHALLENGE + "=", VERIFIER),
    "a refresh token that nobody issued": lambda player: player.refresh("rft.mock.nobody-issued-this"),
    "a refresh token from elsewhere": lambda player: player.refresh("rft.a-real-one-perhaps"),
    "a refresh token of another app": refresh_token_of_another_app,
    "a refresh token of a connection that has ended": refresh_token_of_an_ended_connection,
    "a refresh token that is too old": expired_refresh_token,
    "a refresh token that was replaced": replaced_refresh_token,
    "revoking what nobody issued": lambda player: player.revoke("act.mock.nobody-issued-this"),
    "revoking a refresh token": lambda player: player.revoke(tokens(player)["refresh_token"]),
    "revoking another app's token": revoked_by_another_app,
    "revoking an app's token": revoked_app_token,
    "revoking too late": revoked_too_late,
    "revoking nothing": lambda player: player.call(
        "revokeToken", data={"client_key": "mock_client_key", "client_secret": "mock_client_secret"}
    ),
}


# QR codes


CREDENTIALS = {"client_key": "mock_client_key", "client_secret": "mock_client_secret"}


def ask_for_a_qr_code(player: Player, **changes: str) -> httpx.Response:
    return player.call(
        "getQrCode", data={"client_key": "mock_client_key", "scope": "user.info.basic"} | changes
    )


def qr_token(player: Player) -> str:
    return str(ask_for_a_qr_code(player).json()["token"])


def qr_token_of_another_app(player: Player) -> httpx.Response:
    token = qr_token(player)
    second_app(player)
    return player.call("checkQrCode", data={"token": token, **SECOND})


def qr_scope_that_was_not_approved(player: Player) -> httpx.Response:
    player.mock.app.scopes = frozenset({"user.info.basic"})
    return ask_for_a_qr_code(player, scope="user.info.basic,video.upload,video.list")


QR: dict[str, Provoke] = {
    "a QR code for unknown scopes": lambda player: ask_for_a_qr_code(player, scope="video.create"),
    "a QR code for scopes that were not approved": qr_scope_that_was_not_approved,
    "a QR code for nobody": lambda player: ask_for_a_qr_code(player, client_key="nobody"),
    "a QR code for no scope": lambda player: player.call("getQrCode", data={"client_key": "mock_client_key"}),
    "no token of a QR code": lambda player: player.call("checkQrCode", data=CREDENTIALS),
    "an unknown token of a QR code": lambda player: player.call(
        "checkQrCode", data={"token": "nobody", **CREDENTIALS}
    ),
    "another app's token of a QR code": qr_token_of_another_app,
}

# Bearer tokens


def asked_with(player: Player, header: str) -> httpx.Response:
    return player.call("queryCreatorInfo", headers={"Authorization": header})


def ended(player: Player) -> httpx.Response:
    player.revoke(player.token)
    return player.call("queryCreatorInfo")


def with_an_app_token(player: Player) -> httpx.Response:
    token = player.get_token(grant_type="client_credentials", redirect_uri=None).json()["access_token"]
    return player.call("queryCreatorInfo", token=token)


BEARER: dict[str, Provoke] = {
    "no token": lambda player: player.call("queryCreatorInfo", token=""),
    "another way of authorizing": lambda player: asked_with(player, "Basic bW9jazptb2NrLXNlY3JldA=="),
    "an empty token": lambda player: asked_with(player, "Bearer"),
    "a token that nobody issued": lambda player: asked_with(player, "Bearer act.mock.nobody-issued-this"),
    "a token from elsewhere": lambda player: asked_with(player, "Bearer act.a-real-one-perhaps"),
    "a token that is too old": lambda player: later(player, 7200 + 3).call("queryCreatorInfo"),
    "a token of a connection that has ended": ended,
    "an app's token": with_an_app_token,
    "a token without the scope": lambda player: player.log_in(("user.info.basic", "video.list")).call(
        "queryCreatorInfo"
    ),
    "a token without either scope": lambda player: player.log_in(("user.info.basic",)).call(
        "fetchStatus", {"publish_id": "x"}
    ),
    "a token without any scope": lambda player: player.log_in(()).call("queryCreatorInfo"),
}

# Inits


def source(player: Player, draft: bool = False, **values: object) -> httpx.Response:
    if draft:
        return player.call("initInboxVideo", {"source_info": values})
    return player.call("initVideoPost", {"post_info": {"privacy_level": "SELF_ONLY"}, "source_info": values})


def upload(player: Player, size: object, chunk: object, count: object) -> httpx.Response:
    return source(player, source="FILE_UPLOAD", video_size=size, chunk_size=chunk, total_chunk_count=count)


def photos(player: Player, **changes: object) -> httpx.Response:
    body: dict[str, object] = {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {"privacy_level": "SELF_ONLY"},
        "source_info": {"source": "PULL_FROM_URL", "photo_images": PHOTOS, "photo_cover_index": 0},
    }
    body |= changes
    return player.call("initContent", {name: value for name, value in body.items() if value is not None})


def no_privacy_as_documented(player: Player) -> httpx.Response:
    set_switches(player.mock, missing_privacy_level="privacy_level_option_mismatch")
    return player.call("initVideoPost", {"post_info": {}, "source_info": {}})


def before_august(player: Player) -> httpx.Response:
    set_switches(player.mock, as_of=date(2026, 8, 8))
    return upload(player, 70 * MIB, 70 * MIB, 1)


def banned(player: Player, draft: bool = False) -> httpx.Response:
    player.mock.account.banned = True
    return player.init_video(draft=draft)


def branded(player: Player) -> httpx.Response:
    set_switches(player.mock, branded_private="refused")
    return player.init_video(brand_content_toggle=True)


def public_account(player: Player) -> httpx.Response:
    player.mock.account.private = False
    return player.init_video()


def too_many_users(player: Player) -> httpx.Response:
    set_switches(player.mock, unaudited_active_users=1)
    second_user(player).init_video()
    return player.log_in(username="second.creator").init_video()


def too_many_posts(player: Player) -> httpx.Response:
    set_switches(player.mock, daily_posts=2)
    player.init_video()
    later(player, 100).init_video()
    return later(player, 100).init_video()


def no_posts_at_all(player: Player) -> httpx.Response:
    set_switches(player.mock, daily_posts=0)
    return player.init_video()


def too_many_drafts(player: Player) -> httpx.Response:
    set_switches(player.mock, pending_drafts=2)
    player.init_video(draft=True)
    later(player, 100).init_video(draft=True)
    return later(player, 100).init_video(draft=True)


def no_drafts_at_all(player: Player) -> httpx.Response:
    set_switches(player.mock, pending_drafts=0)
    return player.init_video(draft=True)


def old_phone(player: Player, version: tuple[int, int] | None) -> httpx.Response:
    player.mock.account.app_version = version
    return player.init_photos(draft=True)


def no_domain(player: Player) -> httpx.Response:
    player.mock.app.properties.clear()
    return player.pull_video()


def several_domains(player: Player) -> httpx.Response:
    player.mock.world.add_property(player.mock.app, "https://other.example.test/media/", verified=True)
    player.mock.world.add_property(player.mock.app, "unproved.example.test")
    return player.init_photos([PHOTOS[0], "https://unproved.example.test/2.jpg"])


def too_often(player: Player) -> httpx.Response:
    for _ in range(6):
        player.init_video()
    return later(player, 10).init_video()


def creator_info_after(refuse: Provoke) -> Provoke:
    def provoke(player: Player) -> httpx.Response:
        refuse(player)
        return player.call("queryCreatorInfo")

    return provoke


INITS: dict[str, Provoke] = {
    "no post_info": lambda player: player.call("initVideoPost", {"source_info": {}}),
    "an unknown privacy level": lambda player: player.init_video(privacy_level="NOBODY"),
    "no privacy level": lambda player: player.call("initVideoPost", {"post_info": {}, "source_info": {}}),
    "no privacy level, as documented": no_privacy_as_documented,
    "no source": lambda player: source(player, video_url=PULLED),
    "no source of a draft": lambda player: source(player, draft=True),
    "a size of nothing": lambda player: upload(player, 0, 1, 1),
    "a size with a fraction": lambda player: upload(player, 20.0, 20.0, 1),
    "a chunk size of nothing": lambda player: upload(player, 20, 0, 1),
    "a chunk size that is text": lambda player: upload(player, 20, "20", 1),
    "a count of nothing": lambda player: upload(player, 20, 20, 0),
    "a count that is text": lambda player: upload(player, 20, 20, "1"),
    "a video of more than 4 GB": lambda player: upload(player, 2**32 + 1, 64 * MIB, 64),
    "a count rounded up": lambda player: upload(player, 50_000_123, 10_000_000, 6),
    "a count of any kind": lambda player: upload(player, 50_000_123, 10_000_000, 9),
    "a count over 1000": lambda player: upload(player, 1001 * 4 * MIB, 4 * MIB, 1001),
    "one chunk of more than 64 MB": lambda player: upload(player, 70 * MIB, 70 * MIB, 1),
    "one chunk of more than 64 MB, before August": before_august,
    "chunks that are too small": lambda player: upload(player, 4 * MIB, 2 * MIB, 2),
    "chunks that are too large": lambda player: upload(player, 140 * MIB, 70 * MIB, 2),
    "one chunk that is not the whole": lambda player: upload(player, 9 * MIB, 5 * MIB, 1),
    "one chunk that is not the whole of 64 MB": lambda player: upload(player, 64 * MIB, 40 * MIB, 1),
    "one chunk that is not the whole of a large video": lambda player: upload(player, 65 * MIB, 64 * MIB, 1),
    "a privacy level that is no option": lambda player: player.init_video(privacy_level="PUBLIC_TO_EVERYONE"),
    "a private advertisement": branded,
    "an unaudited app and a public account": public_account,
    "an unaudited app and friends": lambda player: player.init_video(privacy_level="MUTUAL_FOLLOW_FRIENDS"),
    "a banned creator": banned,
    "a banned creator's draft": lambda player: banned(player, draft=True),
    "too many users": too_many_users,
    "too many posts": too_many_posts,
    "no posts at all": no_posts_at_all,
    "too many drafts": too_many_drafts,
    "no drafts at all": no_drafts_at_all,
    "creator info of a banned creator": creator_info_after(banned),
    "creator info after too many posts": creator_info_after(too_many_posts),
    "photos of another media type": lambda player: photos(player, media_type="VIDEO"),
    "photos without a media type, and with other faults": lambda player: player.call(
        "initContent",
        {"post_info": {"privacy_level": "NOBODY"}, "post_mode": "DIRECT_POST", "source_info": {}},
    ),
    "photos with another post mode": lambda player: photos(player, post_mode="LATER"),
    "photos marked as made by AI in words": lambda player: photos(player, is_aigc="yes"),
    "photos without a privacy level": lambda player: photos(player, post_info={}),
    "photos by upload": lambda player: photos(player, source_info={"source": "FILE_UPLOAD"}),
    "photos whose source is a word": lambda player: photos(player, source_info="none"),
    "a cover that is none of the photos": lambda player: player.init_photos(cover=2),
    "a cover with a fraction": lambda player: photos(
        player,
        source_info={"source": "PULL_FROM_URL", "photo_images": PHOTOS, "photo_cover_index": 1.0},
    ),
    "a phone with an old app": lambda player: old_phone(player, (31, 7)),
    "a phone without the app": lambda player: old_phone(player, None),
    "an address over http": lambda player: player.pull_video("http://media.example.test/v.mp4"),
    "an address without a host": lambda player: player.pull_video("https:///v.mp4"),
    "an address that cannot be read": lambda player: player.pull_video("https://[media/v.mp4"),
    "a photo over http": lambda player: player.init_photos([PHOTOS[0], "http://media.example.test/2.jpg"]),
    "an address on somebody else's domain": lambda player: player.pull_video("https://else.test/v.mp4"),
    "an address where no domain is verified": no_domain,
    "a photo on somebody else's domain": several_domains,
    "too often": too_often,
}

# Uploads


def started(player: Player, size: int = 20, chunk: int | None = None, count: int = 1) -> str:
    return str(data(player.init_video(size, chunk, count))["upload_url"])


def put(player: Player, **headers: Any) -> httpx.Response:
    return player.put(started(player), mp4(20), **headers)


def three_chunks(player: Player, *parts: tuple[int, int]) -> httpx.Response:
    """Send parts of a video of 16 MiB in chunks of 5 MiB."""
    url = started(player, 16 * MIB, 5 * MIB, 3)
    answer = httpx.Response(500)
    for first, length in parts:
        answer = player.put(url, b"\x00" * length, first=first, total=16 * MIB)
    return answer


def uploaded_twice(player: Player) -> httpx.Response:
    url = started(player)
    player.put(url, mp4(20))
    return player.put(url, mp4(20))


def uploaded_too_late(player: Player) -> httpx.Response:
    url = started(player)
    return later(player, 3600 + 12).put(url, mp4(20))


def uploaded_after_the_end(player: Player) -> httpx.Response:
    url = started(player)
    player.revoke(player.token)
    return player.put(url, mp4(20))


def in_pieces(player: Player, url: str, *pieces: bytes, between: Callable[[], object]) -> httpx.Response:
    """Announce 20 bytes, and send pieces; something happens before the last."""

    def body() -> Iterator[bytes]:
        yield from pieces[:-1]
        between()
        yield pieces[-1]

    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-19/20", "Content-Length": "20"}
    return player.http.put(url, content=body(), headers=headers)


def sent_short(player: Player) -> httpx.Response:
    return in_pieces(player, started(player), mp4(10), mp4(5), between=lambda: None)


def without_a_length(player: Player) -> httpx.Response:
    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-19/20"}
    return player.http.put(started(player), content=iter([mp4(20)]), headers=headers)


def later_chunk_of_another_length(player: Player) -> httpx.Response:
    url = started(player, 16 * MIB, 5 * MIB, 3)
    player.put(url, b"\x00" * 5 * MIB, total=16 * MIB)
    content_range = f"bytes {5 * MIB}-{10 * MIB - 2}/{16 * MIB}"
    return player.put(url, b"\x00" * 5 * MIB, content_range=content_range)


def overtaken(player: Player) -> httpx.Response:
    url = started(player)
    return in_pieces(player, url, mp4(10), mp4(10), between=lambda: player.put(url, mp4(20)))


def ended_meanwhile(player: Player) -> httpx.Response:
    url = started(player)
    return in_pieces(player, url, mp4(10), mp4(10), between=lambda: player.revoke(player.token))


def late_meanwhile(player: Player) -> httpx.Response:
    url = started(player)
    return in_pieces(player, url, mp4(10), mp4(10), between=lambda: later(player, 3600))


UPLOADS: dict[str, Provoke] = {
    "an upload with another token": lambda player: player.put(started(player) + "x", mp4(20)),
    "an upload without its address": lambda player: player.call("uploadChunk", content=mp4(20)),
    "an upload that is too late": uploaded_too_late,
    "an upload after the end of the connection": uploaded_after_the_end,
    "an upload without a type": lambda player: put(player, content_type=None),
    "an upload of another type": lambda player: put(player, content_type="text/plain"),
    "an upload without a range": lambda player: put(player, content_range=None),
    "an upload with a range without a total": lambda player: put(player, content_range="bytes 0-19/*"),
    "an upload with another total": lambda player: put(player, content_range="bytes 0-19/21"),
    "an upload with a range that ends before it begins": lambda player: put(
        player, content_range="bytes 5-4/20"
    ),
    "an upload with a range that is too long": lambda player: put(player, content_range="bytes 0-20/20"),
    "an upload of another length": lambda player: put(player, content_range="bytes 0-18/20"),
    "an upload without a length": without_a_length,
    "a later chunk of another length": later_chunk_of_another_length,
    "an upload that ends early": sent_short,
    "an upload that another one overtakes": overtaken,
    "an upload whose connection ends meanwhile": ended_meanwhile,
    "an upload whose hour ends meanwhile": late_meanwhile,
    "a chunk twice": lambda player: three_chunks(player, (0, 5 * MIB), (0, 5 * MIB)),
    "a chunk left out": lambda player: three_chunks(player, (0, 5 * MIB), (10 * MIB, 6 * MIB)),
    "a chunk that overlaps": lambda player: three_chunks(player, (0, 5 * MIB), (MIB, 5 * MIB)),
    "a chunk that is too short": lambda player: three_chunks(player, (0, 4 * MIB)),
    "a last chunk that is too short": lambda player: three_chunks(
        player, (0, 5 * MIB), (5 * MIB, 5 * MIB), (10 * MIB, 5 * MIB)
    ),
    "a video twice": uploaded_twice,
}

# Status, and stopping


def status_of_another_user(player: Player) -> httpx.Response:
    publish_id = data(player.pull_video())["publish_id"]
    return (
        second_user(player).log_in(username="second.creator").call("fetchStatus", {"publish_id": publish_id})
    )


def hidden(player: Player) -> httpx.Response:
    set_switches(player.mock, publish_id_visible="second_poll")
    return player.call("fetchStatus", {"publish_id": data(player.init_video())["publish_id"]})


def unknown_as_seen(player: Player, switch: str) -> httpx.Response:
    set_switches(player.mock, unknown_publish_id=switch)
    return player.call("fetchStatus", {"publish_id": "nobody"})


def cancelled(player: Player, publish_id: object) -> httpx.Response:
    return player.call("cancelPublish", {"publish_id": publish_id})


def cancelled_too_late(player: Player) -> httpx.Response:
    publish_id = data(player.pull_video())["publish_id"]
    player.mock.world.settle()
    later(player, player.mock.switches.download_seconds)
    return cancelled(player, publish_id)


def cancelled_without_a_domain(player: Player) -> httpx.Response:
    publish_id = data(player.pull_video())["publish_id"]
    player.mock.app.properties.clear()
    return cancelled(player, publish_id)


STATUS: dict[str, Provoke] = {
    "the status of nothing": lambda player: player.call("fetchStatus", {}),
    "the status of a number": lambda player: player.call("fetchStatus", {"publish_id": 7}),
    "the status of an unknown post": lambda player: player.call("fetchStatus", {"publish_id": "nobody"}),
    "the status of an unknown post, seen with 200": lambda player: unknown_as_seen(
        player, "invalid_params_200"
    ),
    "the status of an unknown post, seen with 400": lambda player: unknown_as_seen(player, "invalid_params"),
    "the status of another user's post": status_of_another_user,
    "the status of a post that is not visible yet": hidden,
    "stopping an unknown post": lambda player: cancelled(player, "nobody"),
    "stopping an upload": lambda player: cancelled(player, data(player.init_video())["publish_id"]),
    "stopping too late": cancelled_too_late,
    "stopping what lost its domain": cancelled_without_a_domain,
}

# Profile and videos


def in_the_body(player: Player) -> httpx.Response:
    return player.call("listVideos", {"fields": "id"})


def videos(player: Player, operation: str = "listVideos", **body: object) -> httpx.Response:
    return player.call(operation, body, params={"fields": "id"})


DISPLAY: dict[str, Provoke] = {
    "no fields": lambda player: player.call("getUserInfo"),
    "no fields of videos": lambda player: player.call("queryVideos", {"filters": {"video_ids": ["1"]}}),
    "fields in the body": in_the_body,
    "unknown fields": lambda player: player.call("getUserInfo", params={"fields": "open_id,age,city"}),
    "a field without its scope": lambda player: player.log_in(("user.info.basic", "video.list")).call(
        "getUserInfo", params={"fields": "open_id,username"}
    ),
    "too many videos": lambda player: videos(player, max_count=21),
    "videos in words": lambda player: videos(player, max_count="all"),
    "no videos": lambda player: videos(player, max_count=0),
    "a cursor of more than 64 bits": lambda player: videos(player, cursor=2**63),
    "a cursor of more than 64 bits below zero": lambda player: videos(player, cursor=-(2**63)),
    "videos without a filter": lambda player: videos(player, "queryVideos"),
}

PROVOKED: dict[str, Provoke] = PAGE | TOKENS | QR | BEARER | INITS | UPLOADS | STATUS | DISPLAY


def told(answer: httpx.Response) -> dict[str, str]:
    """What an answer says, in TikTok's words and in the mock's."""
    found = {"answer": str(answer.status_code)}
    if answer.headers.get("content-type", "").startswith("application/json"):
        found["answer"] = " ".join(map(str, refusal(answer))).strip()
    elif (shown := re.search(r"error=([a-z_]+)&amp;error_type=[a-z_]+(.*)<br>", answer.text)) is not None:
        found["answer"] += f" {shown[1]}{unescape(shown[2])}"
    for name in ("rule", "pointer", "expected", "got", "hint"):
        if f"x-mock-{name}" in answer.headers:
            found[name] = answer.headers[f"x-mock-{name}"]
    if "content-range" in answer.headers:
        found["content-range"] = answer.headers["content-range"]
    return found


def test_every_explanation_is_provoked() -> None:
    assert TOLD.keys() == PROVOKED.keys()


@pytest.mark.parametrize("name", PROVOKED)
def test_a_refusal_tells(player: Player, name: str) -> None:
    assert told(PROVOKED[name](player)) == TOLD[name]


@pytest.mark.parametrize("name", PAGE)
def test_a_faulty_address_tells_the_user_the_same(player: Player, name: str) -> None:
    page = PAGE[name](player)
    assert page.status_code == 200
    assert TOLD[name]["pointer"].removeprefix("parameter ") in page.text
