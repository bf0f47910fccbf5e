"""One engine, many doors: the same requests give the same bytes and the same journal through each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tiktok_mock_server import MockTikTok, Switches

from .doors import DOORS, door
from .support import APP, Creator, mp4

HOST = {"host": "tiktok.mock", "accept": "*/*", "accept-encoding": "identity", "user-agent": "corpus"}
Story = Callable[[Creator], None]


def publish(creator: Creator) -> None:
    started = creator.init().json()["data"]
    creator.put(started["upload_url"], mp4())
    for _ in range(4):
        creator.status(started["publish_id"])


def refused(creator: Creator) -> None:
    creator.init(10, count=7)
    creator.status("v_pub_file~v2-1.1")
    creator.creator_info(headers={"authorization": "Bearer nonsense"})
    creator.ask("GET", "/v2/post/publish/status/fetch", headers=HOST)
    creator.ask("POST", "/v2/oauth/token/", json={"client_key": "x"}, headers=HOST)


def tokens(creator: Creator) -> None:
    refreshed = creator.refresh().json()
    creator.token.update(refreshed)
    creator.refresh()
    creator.ask("POST", "/v2/oauth/token/", data={**APP, "grant_type": "client_credentials"}, headers=HOST)
    creator.revoke()
    creator.creator_info()


def pages(creator: Creator) -> None:
    query = {
        "client_key": "mock_client_key",
        "response_type": "code",
        "scope": "user.info.basic,video.publish",
        "redirect_uri": "https://app.example/callback/",
        "state": "s",
    }
    creator.ask("GET", "/v2/auth/authorize/", params=query, headers=HOST)
    creator.ask("GET", "/v2/auth/authorize/", params={**query, "scope": "nonsense"}, headers=HOST)
    form = "action=allow&account=mock.creator&scope=video.publish"
    creator.ask(
        "POST",
        "/v2/auth/authorize/",
        params=query,
        content=form,
        headers={**HOST, "content-type": "application/x-www-form-urlencoded"},
    )


def broken(creator: Creator) -> None:
    creator.mock.faults.plan("initVideoPost", "gateway")
    creator.mock.faults.plan("queryCreatorInfo", "new_field")
    creator.init()
    creator.creator_info()
    creator.init(headers={"x-mock-fault": "malformed; keep=30"})


def display(creator: Creator) -> None:
    fields = {"fields": "open_id,display_name,follower_count"}
    creator.ask("GET", "/v2/user/info/", params=fields, headers={**creator.headers})
    creator.ask("POST", "/v2/video/list/", params={"fields": "id,title"}, json={}, headers=creator.headers)


def photos_and_drafts(creator: Creator) -> None:
    body: dict[str, Any] = {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {"privacy_level": "SELF_ONLY", "title": "😀" * 3},
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_cover_index": 0,
            "photo_images": ["https://media.example.test/1.jpg"],
        },
    }
    started = creator.ask("POST", "/v2/post/publish/content/init/", json=body, headers=creator.headers)
    creator.mock.clock.advance(60)
    creator.status(started.json()["data"]["publish_id"])
    creator.ask("POST", "/v2/post/publish/cancel/", json=started.json()["data"], headers=creator.headers)


CORPUS: list[Story] = [publish, refused, tokens, pages, broken, display, photos_and_drafts]


def replay(name: str, story: Story) -> tuple[list[Any], list[Any]]:
    """The answers and the journal of a story told through a door."""
    mock = MockTikTok(
        seed="corpus", switches=Switches(check_media=False), verified_domains=("media.example.test",)
    )
    answers: list[Any] = []
    with door(name, mock) as ask:

        def taped(method: str, path: str, **more: Any) -> Any:
            more["headers"] = {**HOST, **(more.get("headers") or {})}
            answer = ask(method, path, **more)
            shown = {
                name: value for name, value in answer.headers.items() if name not in ("date", "connection")
            }
            answers.append((answer.status_code, shown, answer.content))
            return answer

        story(Creator(mock, taped))
    return answers, [entry.describe() for entry in mock.journal]


@pytest.mark.parametrize("story", CORPUS, ids=lambda story: story.__name__)
def test_a_story_is_the_same_through_every_door(story: Story) -> None:
    told = {name: replay(name, story) for name in DOORS}
    answers, journal = told["transport"]
    assert answers
    assert len(journal) == len(answers)
    for name in DOORS:
        assert told[name][0] == answers, name
        assert json.dumps(told[name][1]) == json.dumps(journal), name


def test_the_corpus_can_tell_a_difference() -> None:
    assert replay("transport", publish) != replay("transport", refused)
