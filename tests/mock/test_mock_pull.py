"""Whose addresses TikTok downloads from, and how it is proved."""

from __future__ import annotations

import pytest

from tests.mock.support import Player, refusal
from tiktok_mock_server import App, MockTikTok
from tiktok_mock_server.rules import pull

UNVERIFIED = "url_ownership_unverified"


@pytest.mark.parametrize(
    ("owned", "url", "covered"),
    [
        ("example.com", "https://example.com/v.mp4", True),
        ("example.com", "https://EXAMPLE.com/v.mp4", True),
        ("example.com", "https://cdn.example.com/a/b/v.mp4", True),
        ("example.com", "https://example.com:8443/v.mp4", True),
        ("cdn.example.com", "https://example.com/v.mp4", False),
        ("example.com", "https://notexample.com/v.mp4", False),
        ("example.com", "https://example.com.evil.test/v.mp4", False),
        ("example.com", "https://example.com@evil.test/v.mp4", False),
        ("https://example.com/media/", "https://example.com/media/v.mp4", True),
        ("https://example.com/media/", "https://example.com/media/a/b/v.mp4", True),
        ("https://example.com/media/", "https://example.com/other/v.mp4", False),
        ("https://example.com/media/", "https://cdn.example.com/media/v.mp4", False),
        ("https://example.com/media/", "https://EXAMPLE.com/media/v.mp4", False),
        ("https://example.com/media/", "https://example.com/media", False),
    ],
)
def test_domains_and_prefixes(owned: str, url: str, covered: bool) -> None:
    with MockTikTok(strict=True, verified_domains=(owned,)) as mock:
        player = Player(mock).log_in()
        for answer in (player.pull_video(url), player.pull_video(url, draft=True), player.init_photos([url])):
            if covered:
                assert answer.status_code == 200
            else:
                assert refusal(answer)[:2] == (403, UNVERIFIED)
                assert answer.headers["x-mock-expected"] == owned


def test_one_unverified_photo_is_enough(player: Player) -> None:
    answer = player.init_photos(["https://media.example.test/1.jpg", "https://elsewhere.test/2.jpg"])
    assert refusal(answer)[1] == UNVERIFIED
    assert answer.headers["x-mock-pointer"] == "/source_info/photo_images/1"


def test_tiktoks_sample_video_needs_no_verification(player: Player) -> None:
    assert player.pull_video("https://sf16-va.tiktokcdn.com/obj/eden-va2/sample.mp4").status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "example.com/media",
        "http://example.com/media/",
        "https://example.com/media",
        "https://example.com/media/?x=1",
        "https://127.0.0.1/media/",
        "https://[::1]/media/",
        "https://[::1/",
        "https://exa mple.com/media/",
        "*.example.com",
        "127.0.0.1",
        "example.com:443",
    ],
)
def test_what_cannot_be_verified(player: Player, value: str) -> None:
    with pytest.raises(ValueError, match=r"is no|names an IP|cannot be read"):
        player.mock.world.add_property(player.mock.app, value)


def test_a_domain_is_proved_by_a_record(player: Player) -> None:
    world = player.mock.world
    owned = world.add_property(player.mock.app, "Example.COM.")
    assert owned.value == "example.com"
    assert refusal(player.pull_video("https://example.com/v.mp4"))[1] == UNVERIFIED
    assert pull.verify(world, owned) is False
    world.dns["example.com"] = ["v=spf1 -all", f"tiktok-developers-site-verification={owned.token}"]
    assert pull.verify(world, owned) is True
    assert player.pull_video("https://example.com/v.mp4").status_code == 200


def test_a_prefix_is_proved_by_a_file(player: Player) -> None:
    world = player.mock.world
    owned = world.add_property(player.mock.app, "https://example.com/media/")
    assert owned.file_url == f"https://example.com/media/tiktok{owned.token}.txt"
    world.files[owned.file_url] = "tiktok-developers-site-verification=wrong"
    assert pull.verify(world, owned) is False
    world.files[owned.file_url] = f"tiktok-developers-site-verification={owned.token}\n"
    assert pull.verify(world, owned) is True
    assert player.pull_video("https://example.com/media/v.mp4").status_code == 200


def test_properties_belong_to_one_app(player: Player) -> None:
    sandbox = player.mock.world.add_app(App("sbapp", "secret", sandbox=True))
    player.token = str(player.mock.authorize(app=sandbox)["access_token"])
    answer = player.pull_video()
    assert refusal(answer)[1] == UNVERIFIED
    assert "there is none" in answer.headers["x-mock-expected"]
