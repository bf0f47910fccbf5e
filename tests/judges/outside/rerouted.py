"""TikTok's hosts lead to the mock, as a hosts file would do it; the clients stay as they were published."""

import json
import os
from urllib.parse import parse_qsl, urlsplit

import requests

MOCK = os.environ["MOCK_URL"]
KEY, SECRET = "mock_client_key", "mock_client_secret"
HOSTS = ("https://www.tiktok.com", "https://open.tiktokapis.com")
_send = requests.adapters.HTTPAdapter.send


def there(address):
    for host in HOSTS:
        if address.startswith(host + "/"):
            return MOCK + address.removeprefix(host)
    return address


def send(self, request, **options):
    request.url = there(request.url)
    return _send(self, request, **options)


requests.adapters.HTTPAdapter.send = send


def browse(address):
    """The user's browser, who agrees to everything: the address that TikTok sends it back to."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert "location" in answer.headers, f"HTTP {answer.status_code} {answer.text}"
    return answer.headers["location"]


def query(address):
    return dict(parse_qsl(urlsplit(address).query))


def report(**result):
    print(json.dumps(result))
