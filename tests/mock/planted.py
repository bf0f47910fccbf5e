"""Secrets at all the places of a recording where one can stand."""

from __future__ import annotations

import copy
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

Har = dict[str, Any]
Plant = Callable[[Har, str], None]

PLACES: list[Plant] = []


def place(plant: Plant) -> Plant:
    """Let it be one of them."""
    PLACES.append(plant)
    return plant


def entries(har: Har, path: str) -> list[Any]:
    return [one for one in har["log"]["entries"] if path in one["request"]["url"]]


def answer(entry: Any, body: object, status: int = 200) -> None:
    """Let TikTok have answered something else."""
    entry["response"] |= {"status": status, "content": {"text": json.dumps(body)}}


def body_of(entry: Any) -> Any:
    content = entry["response"]["content"]
    text = content["text"]
    return json.loads(b64decode(text) if content.get("encoding") else text)


@place
def in_header(har: Har, secret: str) -> None:
    entries(har, "/creator_info/")[0]["request"]["headers"].append({"name": "X-Api-Key", "value": secret})


@place
def in_answer_header(har: Har, secret: str) -> None:
    header = {"name": "Set-Cookie", "value": f"sid={secret}; Path=/"}
    entries(har, "/video/list/")[0]["response"]["headers"].append(header)


@place
def in_cookies(har: Har, secret: str) -> None:
    entries(har, "/video/list/")[0]["request"]["cookies"].append({"name": "sid", "value": secret})


@place
def as_bearer(har: Har, secret: str) -> None:
    for one in entries(har, "/user/info/")[0]["request"]["headers"]:
        if one["name"] == "Authorization":
            one["value"] = f"Bearer {secret}"


@place
def as_basic(har: Har, secret: str) -> None:
    value = f"Basic {b64encode(f'me:{secret}'.encode()).decode()}"
    entries(har, "/oauth/token/")[0]["request"]["headers"].append({"name": "Authorization", "value": value})


@place
def in_content_type(har: Har, secret: str) -> None:
    headers = entries(har, "/video/query/")[0]["response"]["headers"]
    headers[0]["value"] = f"application/json; boundary={secret}"


@place
def in_query(har: Har, secret: str) -> None:
    entries(har, "/user/info/")[0]["request"]["url"] += f"&debug={quote(secret)}"


@place
def among_fields(har: Har, secret: str) -> None:
    request = entries(har, "/user/info/")[0]["request"]
    request["url"] = request["url"].replace("union_id", quote(secret, safe=""))


@place
def in_form(har: Har, secret: str) -> None:
    entries(har, "/oauth/token/")[0]["request"]["postData"]["text"] += f"&password={quote_plus(secret)}"


@place
def as_client_secret(har: Har, secret: str) -> None:
    data_ = entries(har, "/oauth/token/")[1]["request"]["postData"]
    data_["text"] = re.sub("client_secret=[^&]*", f"client_secret={quote_plus(secret)}", data_["text"])


@place
def as_refresh_token(har: Har, secret: str) -> None:
    entry = entries(har, "/oauth/token/")[0]
    answer(entry, {**body_of(entry), "refresh_token": secret})


@place
def in_scope(har: Har, secret: str) -> None:
    entry = entries(har, "/oauth/token/")[0]
    answer(entry, {**body_of(entry), "scope": f"user.info.basic,{secret}"})


@place
def in_unknown_field(har: Har, secret: str) -> None:
    entry = entries(har, "/creator_info/")[0]
    body = body_of(entry)
    body["data"]["session"] = {
        "deep": [{"er": ["x", {"token_of_old": secret}]}],
        "b": b64encode(secret.encode()).decode(),
    }
    answer(entry, body)


@place
def as_field_name(har: Har, secret: str) -> None:
    entry = entries(har, "/creator_info/")[0]
    body = body_of(entry)
    body["data"] |= {secret: 1, "by_token": {secret: {secret: secret}}}
    answer(entry, body)


@place
def as_enum(har: Har, secret: str) -> None:
    entry = entries(har, "/status/fetch/")[0]
    body = body_of(entry)
    body["data"] |= {"status": secret, "fail_reason": f"reason_{secret}"}
    answer(entry, body)


@place
def as_error(har: Har, secret: str) -> None:
    entry = entries(har, "/content/init/")[0]
    message = f"The token {secret} is invalid, see https://x.example/?t={quote(secret)}"
    answer(entry, {"error": {"code": secret, "message": message, "log_id": secret}}, 403)


@place
def as_wrong_type(har: Har, secret: str) -> None:
    entry = entries(har, "/video/list/")[0]
    body = body_of(entry)
    body["data"] |= {"cursor": secret, "has_more": [secret], "videos": {"id": secret}}
    answer(entry, body)


@place
def in_title(har: Har, secret: str) -> None:
    request = entries(har, "/video/init/")[0]["request"]
    sent = json.loads(request["postData"]["text"])
    sent["post_info"] |= {"title": f"my key: {secret}", "privacy_level": secret}
    request["postData"]["text"] = json.dumps(sent)


@place
def in_addresses(har: Har, secret: str) -> None:
    entry = entries(har, "/user/info/")[0]
    body = body_of(entry)
    body["data"]["user"] |= {
        "avatar_url": f"https://{quote(secret)}.cdn.example/{quote(secret)}/a.jpeg?x-signature={quote(secret)}",
        "profile_deep_link": f"https://www.tiktok.com/@{quote(secret)}/{secret}",
        "username": secret,
    }
    answer(entry, body)


@place
def in_json_in_text(har: Har, secret: str) -> None:
    entry = entries(har, "/creator_info/")[0]
    body = body_of(entry)
    body["data"]["creator_nickname"] = json.dumps({"content": json.dumps({"access": secret})})
    answer(entry, body)


@place
def in_html(har: Har, secret: str) -> None:
    page = f"<html><input value='{secret}'></html>"
    entries(har, "/status/fetch/")[1]["response"] |= {"status": 502, "content": {"text": page}}


@place
def in_a_base64_body(har: Har, secret: str) -> None:
    text = b64encode(json.dumps({"data": {"x": secret}, "error": {"code": "ok"}}).encode()).decode()
    entries(har, "/video/query/")[0]["response"]["content"] = {"text": text, "encoding": "base64"}


@place
def in_a_callback(har: Har, secret: str) -> None:
    entry = copy.deepcopy(har["log"]["entries"][0])
    entry["request"]["url"] = f"https://app.example.test/callback/?code={quote(secret, safe='')}&state=1"
    har["log"]["entries"].insert(1, entry)


@place
def in_an_upload_address(har: Har, secret: str) -> None:
    address = f"https://open-upload.tiktokapis.com/upload?upload_token={quote(secret)}"
    entry = entries(har, "/video/init/")[0]
    body = body_of(entry)
    body["data"]["upload_url"] = address
    answer(entry, body)
    entries(har, "/upload")[0]["request"]["url"] = address


def spellings(secret: str) -> set[str]:
    """The secret, and as what it could come back."""
    raw = secret.encode()
    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    found |= {json.dumps(secret, ensure_ascii=False)[1:-1], raw.hex()}
    for skipped in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            text = encode(b"-" * skipped + raw).decode().rstrip("=")
            found.add(text[2 + skipped : -2])
    return {one.casefold() for one in found}


SECRETS = st.text(
    st.sampled_from("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789-_.~!*+/=%&;:@ü☃"),
    min_size=10,
    max_size=30,
).map(lambda text: f"q7{text.strip()}9Z")
