"""What docstrings and messages of the facade say of TikTok's limits is what the description says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tiktok_api_client
from tiktok_openapi import limits
from tiktok_openapi.routes import BY_ID

SOURCES = [path.read_text(encoding="utf-8") for path in Path(tiktok_api_client.__file__).parent.glob("*.py")]


def a_minute(operation: str) -> int:
    limit = BY_ID[operation].rate_limit
    assert limit is not None
    return limit.requests * 60 // limit.seconds


SAID = {
    r"(\d+) UTF-16": {
        limits.VIDEO_TITLE_MAX_UTF16,
        limits.PHOTO_TITLE_MAX_UTF16,
        limits.PHOTO_DESCRIPTION_MAX_UTF16,
    },
    r"1 to (\d+) addresses": {limits.PHOTO_MAX_COUNT},
    r"(\d+) MB": {limits.PHOTO_MAX_SIZE >> 20},
    r"(\d+) MiB": {limits.MAX_CHUNK_SIZE >> 20, limits.MAX_FINAL_CHUNK_SIZE >> 20},
    r"(\d+) to \d+ MiB": {limits.MIN_CHUNK_SIZE >> 20},
    r"(\d+) GiB": {limits.MAX_VIDEO_SIZE >> 30},
    r"there are at most (\d+)": {limits.MAX_CHUNK_COUNT},
    r"(\d+) requests a minute": {a_minute("queryCreatorInfo"), a_minute("fetchStatus")},
    r"videos per request, 1 to (\d+)": {limits.VIDEOS_PER_PAGE_MAX},
    r"batches of (\d+)": {limits.VIDEO_IDS_PER_QUERY},
    r"shorter than (\d+) characters": {limits.REDIRECT_URI_MAX_LENGTH},
    r"documented (\d+) characters": {limits.CODE_VERIFIER_MIN_LENGTH},
    r"up to (\d+) hours": {limits.WEBHOOK_RETRY_WINDOW // 3600},
}


@pytest.mark.parametrize("words", SAID)
def test_a_number_in_words_is_that_of_the_description(words: str) -> None:
    pattern = words.replace(" ", r"\s+")
    assert {int(number) for text in SOURCES for number in re.findall(pattern, text)} == SAID[words]
