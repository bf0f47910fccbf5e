"""What a run of schemathesis needs to know that no description tells: the app's credentials, a code.

Loaded through SCHEMATHESIS_HOOKS. A third of the drawn requests keep what was drawn; the others get the
mock's credentials, so that logins and refreshes really happen and links lead somewhere. The world's
clock moves a minute before each post, since a refusal for the rate limit would hide every other answer.
"""

import json
import os
import random
import urllib.request

import schemathesis

MOCK = os.environ["MOCK_URL"]
TOKEN = os.environ["MOCK_TOKEN"]
REDIRECT = "http://127.0.0.1:8765/callback/"
CHANCE = random.Random(7)
INITS = ("initVideoPost", "initInboxVideo", "initContent")


def ask(path, body):
    """A call of the mock's own API."""
    request = urllib.request.Request(MOCK + path, json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


PULL = {"source": "PULL_FROM_URL", "video_url": "https://media.example.test/v.mp4"}
PHOTOS = {
    "source": "PULL_FROM_URL",
    "photo_images": ["https://media.example.test/1.jpg"],
    "photo_cover_index": 0,
}
# What no schema keyword says, put right: chunk arithmetic, verified domains, a cover among the photos.
RIGHT = {
    "initVideoPost": {"post_info": {"privacy_level": "SELF_ONLY"}, "source_info": PULL},
    "initInboxVideo": {"source_info": PULL},
    "initContent": {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {"privacy_level": "SELF_ONLY"},
        "source_info": PHOTOS,
    },
    "listVideos": {},
}


STATE = {"inits": 0, "token": ""}


def fresh_account():
    """The token of a new user: five drafts and fifteen posts a day are soon used up."""
    username = f"schemathesis.{STATE['inits']}"
    ask("/_mock/accounts", {"username": username})
    return ask("/_mock/authorize", {"username": username})["access_token"]


def as_drawn(case):
    """A third of the requests stay as they were drawn, and so do those that follow a link."""
    body = case.body if isinstance(case.body, dict) else {}
    linked = str(body.get("token", "")).startswith(("act.", "mockQr")) or "refresh_token" in body
    return linked or CHANCE.random() < 0.3


@schemathesis.hook
def before_call(context, case, kwargs):
    name = case.operation.definition.raw.get("operationId")
    if name in INITS:
        ask("/_mock/clock", {"advance": 61})
        STATE["inits"] += 1
        if STATE["inits"] % 4 == 1:
            STATE["token"] = fresh_account()
    own = STATE["token"] if name in (*INITS, "fetchStatus", "cancelPublish") else TOKEN
    if case.operation.definition.raw.get("security"):
        case.headers["Authorization"] = f"Bearer {own}"
    if as_drawn(case):
        return
    if name in RIGHT:
        case.body = RIGHT[name]
        if name == "listVideos":
            case.query = {"fields": "id,title,create_time"}
    elif case.operation.path.startswith("/v2/oauth/") and isinstance(case.body, dict):
        for key, value in (("client_key", "mock_client_key"), ("client_secret", "mock_client_secret")):
            if key in case.body:
                case.body[key] = value
        if name == "getQrCode":
            case.body["scope"] = "user.info.basic"
        if case.body.get("grant_type") == "authorization_code":
            login = {"redirect_uri": REDIRECT, "username": "schemathesis.login"}
            case.body.update(ask("/_mock/authorize", login), redirect_uri=REDIRECT)
            case.body.pop("code_verifier", None)
