import httpx
import pytest
from clipcaster.poster import Poster, PostFailed

from tiktok_mock_server import Switches

# These tests are about posting, not about films, so nobody looks into the clip.
pytestmark = pytest.mark.tiktok_mock(switches=Switches(check_media=False))
CLIP = b"\x00\x00\x00\x18ftypisom" + bytes(5000)


@pytest.fixture
def poster(tiktok_mock):
    return Poster(
        tiktok_mock.authorize()["access_token"],
        http=httpx.Client(transport=tiktok_mock.transport()),
        sleep=tiktok_mock.clock.advance,  # waiting costs the mock's time, not ours
    )


def test_a_clip_is_cast(tiktok_mock, poster):
    publish_id = poster.cast(CLIP, "Hello")
    assert poster.wait(publish_id)
    assert tiktok_mock.post(publish_id).title == "Hello"
    tiktok_mock.journal.assert_order("queryCreatorInfo", "initVideoPost", "uploadChunk", "fetchStatus")


@pytest.mark.tiktok_mock(scenario="flaky-uploads")
def test_a_bad_network_does_not_post_twice(tiktok_mock, poster):
    poster.wait(poster.cast(CLIP, "Hello"))
    assert len(tiktok_mock.world.posts) == 1


@pytest.mark.tiktok_mock(scenario="banned-creator")
def test_a_banned_creator(poster):
    with pytest.raises(PostFailed, match="spam_risk_user_banned_from_posting"):
        poster.cast(CLIP, "Hello")


@pytest.mark.tiktok_mock(scenario="stuck-processing")
def test_patience_ends(poster):
    assert poster.wait(poster.cast(CLIP, "Hello"), patience=5) is False


def test_a_gateway_page_is_no_crash(tiktok_mock, poster):
    tiktok_mock.faults.plan("initVideoPost", "gateway", status=503)
    with pytest.raises(PostFailed, match="HTTP 503 without JSON"):
        poster.cast(CLIP, "Hello")
