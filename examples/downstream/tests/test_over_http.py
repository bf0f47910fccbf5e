import httpx
from clipcaster.poster import Poster

CLIP = b"\x00\x00\x00\x18ftypisom" + bytes(5000)


def test_over_http(tiktok_mock_url):
    token = httpx.post(tiktok_mock_url + "/_mock/authorize", json={}).json()["access_token"]
    httpx.post(tiktok_mock_url + "/_mock/switches", json={"check_media": False})

    def pass_time(seconds):
        httpx.post(tiktok_mock_url + "/_mock/clock", json={"advance": seconds})

    poster = Poster(token, api=tiktok_mock_url, sleep=pass_time)
    assert poster.wait(poster.cast(CLIP, "Hello"))
