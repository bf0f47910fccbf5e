"""Recordings of the real TikTok: nothing secret gets out of them, and the mock is compared with them."""

from __future__ import annotations

import copy
import gzip
import json
import logging
import re
import time
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mock import planted
from tests.mock.planted import PLACES, SECRETS, Har, Plant, answer, body_of, entries, spellings
from tests.mock.recorder import CAPTION, SECRET, Recorder, as_cassette, real_world, tell
from tests.mock.support import Player, without_media_checks
from tiktok_mock_server import MockTikTok, cli, recording, redaction, seed
from tiktok_mock_server.description import bundle
from tiktok_mock_server.likeness import Difference, better_switches, compare
from tiktok_mock_server.recorded_world import RecordedWorld, exchanges
from tiktok_mock_server.world import default_world

TIKTOK = "https://open.tiktokapis.com"

PERSONAL = (
    "ingeborg",
    "bodø",
    "ålesund",
    "grandmother",
    "retired",
    "555-0142",
    "sigofthepull77",
    "c00kie~guard",
)
"""What is in the story and nobody's business, in lower case."""


@cache
def _recorded() -> str:
    mock = real_world()
    without_media_checks(mock)
    return json.dumps(tell(mock).har())


def story() -> Har:
    """A HAR of the whole story."""
    made: Har = json.loads(_recorded())
    return made


def told(har: Har, folder: Path, *, cassette: bool = False) -> dict[str, Any]:
    """The golden document of a recording."""
    return redaction.redact(recording.read(written(har, folder, cassette=cassette)))[0]


def written(har: Har, folder: Path, *, cassette: bool = False) -> Path:
    path = folder / ("recording.yaml" if cassette else "recording.har")
    path.write_text(yaml.dump(as_cassette(har)) if cassette else json.dumps(har), encoding="utf-8")
    return path


def imported_again(golden: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What comes of a golden document that is read like a recording."""
    path = folder / "golden.json"
    path.write_text(json.dumps(golden), encoding="utf-8")
    return redaction.redact(recording.read(path))[0]


def of(golden: dict[str, Any], operation: str) -> list[dict[str, Any]]:
    return [one for one in golden["exchanges"] if one["operation"] == operation]


# Redaction


@pytest.mark.parametrize("cassette", [False, True])
def test_nothing_personal_and_no_token_is_left(tmp_path: Path, cassette: bool) -> None:
    shown = json.dumps(told(story(), tmp_path, cassette=cassette), ensure_ascii=False).casefold()
    assert not [word for word in (*PERSONAL, SECRET.casefold(), CAPTION.casefold()) if word in shown]
    for issued in re.findall(
        r"(?:act|rft)\.mock\.\w+|mockCode_\w+|upload_token=[\w-]+|\b7\d{18}\b", _recorded()
    ):
        assert issued.casefold() not in shown


def test_har_and_cassette_give_the_same_but_for_parts_of_seconds(tmp_path: Path) -> None:
    har, cassette = told(story(), tmp_path), told(story(), tmp_path, cassette=True)
    for one in (*har["exchanges"], *cassette["exchanges"]):
        one["at"] = int(one["at"])
    assert har == cassette


def test_a_golden_file_that_is_imported_again_stays_as_it_is(tmp_path: Path) -> None:
    golden = told(story(), tmp_path)
    assert imported_again(golden, tmp_path) == golden


def test_only_what_was_said_to_tiktok_is_kept_in_order_and_with_times_from_the_first(tmp_path: Path) -> None:
    har = story()
    foreign = copy.deepcopy(har["log"]["entries"][0])
    foreign["request"]["url"] = "https://shop.example.org/v2/oauth/token/"
    har["log"]["entries"].insert(0, foreign)
    golden = told(har, tmp_path)
    assert [one["operation"] for one in golden["exchanges"][:4]] == [
        "authorize",
        "getToken",
        "getToken",
        "queryCreatorInfo",
    ]
    assert len(golden["exchanges"]) == len(har["log"]["entries"]) - 2  # the consent form is no operation
    assert [one["at"] for one in golden["exchanges"][:4]] == [0.0, 0.0, 3.25, 3.25]


def test_an_id_has_one_stand_in_wherever_it_comes(tmp_path: Path) -> None:
    golden = told(story(), tmp_path)
    first, _ = of(golden, "listVideos")
    (video,) = first["answer"]["json"]["data"]["videos"]
    (user,) = (one["answer"]["json"]["data"]["user"] for one in of(golden, "getUserInfo"))
    (query,) = of(golden, "queryVideos")
    assert query["request"]["json"]["filters"]["video_ids"] == [video["id"]]
    assert video["share_url"] == f"https://www.tiktok.com/@{user['username']}/video/{video['id']}"
    assert video["id"] in video["embed_html"]
    assert user["username"] == "redacted_creator_username_1"
    assert user["profile_deep_link"] == f"https://www.tiktok.com/@{user['username']}"
    token = of(golden, "getToken")[1]["answer"]["json"]["access_token"]
    assert of(golden, "getUserInfo")[0]["request"]["headers"]["authorization"] == f"Bearer {token}"
    assert of(golden, "revokeToken")[0]["request"]["form"]["token"] == token
    assert of(golden, "uploadChunk")[1]["request"] == {
        "upload_url": of(golden, "initVideoPost")[0]["answer"]["json"]["data"]["upload_url"],
        "headers": {"content-type": "video/mp4", "content-range": "bytes 5242880-10485759/10485760"},
        "bytes": 5242880,
    }


def test_a_host_that_is_called_like_a_user_is_no_user(tmp_path: Path) -> None:
    har = story()
    for entry in entries(har, "/video/init/"):
        sent = entry["request"]["postData"]
        sent["text"] = sent["text"].replace("media.ingeborg.no", "ingeborg.travels")
    golden = told(har, tmp_path)
    url = of(golden, "initVideoPost")[1]["request"]["json"]["source_info"]["video_url"]
    assert url.startswith("https://redacted-host-1.example.test/")
    assert imported_again(golden, tmp_path) == golden


def test_of_an_unknown_field_name_and_type_stay(tmp_path: Path) -> None:
    har = story()
    (entry,) = entries(har, "/creator_info/")[:1]
    body = body_of(entry)
    body["data"] |= {"birthday": "1951-02-03", "badges": [{"level": 77, "kind": "gold"}] * 3, "ok": True}
    answer(entry, body)
    (first, _) = of(told(har, tmp_path), "queryCreatorInfo")
    shown = first["answer"]["json"]["data"]
    assert shown["birthday"] == "redacted"
    assert shown["badges"] == [{"level": 0, "kind": "redacted"}]
    assert shown["ok"] is True


@pytest.mark.parametrize("length", [1, 8, 90, 91, 150, 2200, 2201, 4000, 4001])
def test_a_text_stays_on_its_side_of_every_limit(tmp_path: Path, length: int) -> None:
    har = story()
    (entry, *_) = entries(har, "/video/init/")
    sent = json.loads(entry["request"]["postData"]["text"])
    sent["post_info"]["title"] = "ü" * length
    entry["request"]["postData"]["text"] = json.dumps(sent)
    title = of(told(har, tmp_path), "initVideoPost")[0]["request"]["json"]["post_info"]["title"]
    assert "ü" not in title
    for limit in (90, 2200, 4000):
        assert (len(title) > limit) is (length > limit)


def test_moments_are_shifted_to_where_the_mock_begins_and_durations_stay(tmp_path: Path) -> None:
    har = story()
    real = body_of(entries(har, "/video/list/")[0])["data"]["videos"][0]["create_time"]
    shown = of(told(har, tmp_path), "listVideos")[0]["answer"]["json"]["data"]["videos"][0]
    for one in har["log"]["entries"]:
        one["startedDateTime"] = one["startedDateTime"].replace("2026", "2024")
    (later, *_) = of(told(har, tmp_path), "listVideos")
    assert shown["create_time"] == real
    for page in (of(told(story(), tmp_path), "listVideos")[0], later):
        listed = page["answer"]["json"]["data"]
        assert listed["cursor"] == listed["videos"][-1]["create_time"] * 1000, "in milliseconds"
    assert later["answer"]["json"]["data"]["videos"][0]["create_time"] > real + 700 * 86400
    assert shown["duration"] == 12


def test_a_cassette_without_dates_counts_seconds_and_puts_the_newest_video_at_the_begin(
    tmp_path: Path,
) -> None:
    cassette = as_cassette(story())
    for one in cassette["interactions"]:
        del one["response"]["headers"]["Date"]
    path = tmp_path / "undated.yaml"
    path.write_text(yaml.dump(cassette), encoding="utf-8")
    golden, _ = redaction.redact(recording.read(path))
    assert [one["at"] for one in exchanges(golden)[:3]] == [0.0, 1.0, 2.0]
    accounts: Any = RecordedWorld(golden).seed()["accounts"]
    assert [video["age"] for video in accounts[0]["videos"]] == [8900, 0]


def test_what_would_leak_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, golden = written(story(), tmp_path), tmp_path / "golden.json"

    def as_it_is(_self: object, text: str) -> str:
        return text

    monkeypatch.setattr("tiktok_mock_server.redaction._Redactor._text", as_it_is)
    assert cli.main(["import", str(path), "--golden", str(golden)]) == 2
    assert not golden.exists()
    said = capsys.readouterr()
    assert "something secret would have been written" in said.err
    assert "Grandmother" not in said.err + said.out
    with pytest.raises(redaction.Leak):
        redaction.redact(recording.read(path))


def test_nor_is_a_seed_that_would_leak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leaking(_self: RecordedWorld) -> dict[str, object]:
        return {"accounts": [{"username": CAPTION}]}

    monkeypatch.setattr(RecordedWorld, "seed", leaking)
    sown = tmp_path / "seed.yaml"
    assert cli.main(["import", str(written(story(), tmp_path)), "--seed", str(sown)]) == 2
    assert not sown.exists()
    assert "something secret would have been written" in capsys.readouterr().err


# Planted secrets


@pytest.mark.parametrize("cassette", [False, True], ids=["har", "cassette"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=SECRETS, places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=4, unique=True))
def test_a_planted_secret_never_appears(
    cassette: bool,
    secret: str,
    places: list[Plant],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    har = story()
    for plant in places:
        plant(har, secret)
    golden, sown = tmp_path / "golden.json", tmp_path / "seed.yaml"
    path = written(har, tmp_path, cassette=cassette)
    assert cli.main(["import", str(path), "--golden", str(golden), "--seed", str(sown)]) == 0
    cli.main(["compare", str(path), *(["--json"] if len(places) % 2 else [])])
    broken = path.read_bytes()
    path.write_bytes(broken.replace(b"entries", b"entrees").replace(b"interactions:", b"interactions: [}"))
    assert cli.main(["import", str(path), "--golden", str(golden)]) == 2
    said = capsys.readouterr()
    shown = (
        golden.read_text(encoding="utf-8") + sown.read_text(encoding="utf-8") + said.out + said.err
    ).casefold()
    assert not [spelling for spelling in spellings(secret) if spelling in shown]


@pytest.mark.parametrize("plant", PLACES)
def test_a_secret_is_kept_back_wherever_it_is_planted(plant: Plant, tmp_path: Path) -> None:
    har, secret = story(), "q7Hunter/2+the&second=9Z"
    before = json.dumps(har)
    plant(har, secret)
    assert json.dumps(har) != before
    golden = told(har, tmp_path)
    shown = json.dumps(golden, ensure_ascii=False).casefold()
    assert not [spelling for spelling in spellings(secret) if spelling in shown]
    assert imported_again(golden, tmp_path) == golden


def test_words_of_a_golden_file_in_a_foreign_answer_are_no_secrets(tmp_path: Path) -> None:
    har = story()
    wanted = told(har, tmp_path)
    foreign = copy.deepcopy(har["log"]["entries"][0])
    foreign["request"]["url"] = "https://shop.example.org/api"
    answer(
        foreign, {"exchanges": [{"operation": "getToken", "answer": {"status": 200, "headers": {"x": 1}}}]}
    )
    har["log"]["entries"].insert(1, foreign)
    assert told(har, tmp_path) == wanted


@pytest.mark.parametrize("plant", [planted.as_client_secret, planted.in_a_callback, planted.in_header])
def test_what_is_secret_in_one_place_is_no_name_and_no_word_in_another(plant: Plant, tmp_path: Path) -> None:
    har, word = story(), "correct_horse_battery"
    (entry, _) = entries(har, "/creator_info/")
    body = body_of(entry)
    body["data"] |= {word: 1, "privacy_level_options": [word]}
    answer(entry, body)
    assert word in json.dumps(told(har, tmp_path))
    plant(har, word)
    assert "correct_horse" not in json.dumps(told(har, tmp_path))


def _in_a_foreign_answer(har: Har, word: str) -> None:
    foreign = copy.deepcopy(har["log"]["entries"][0])
    foreign["request"]["url"] = "https://login.example.org/session"
    foreign["response"]["headers"] = [{"name": "Content-Type", "value": "application/json"}]
    answer(foreign, {"password": word})
    har["log"]["entries"].insert(1, foreign)


def _in_base64(har: Har, word: str) -> None:
    planted.in_header(har, b64encode(f"x={word}".encode()).decode())


@pytest.mark.parametrize(
    ("plant", "word"),
    [
        (_in_a_foreign_answer, "correct_horse_battery"),
        (_in_base64, "correct_horse_battery"),
        (planted.in_answer_header, "horse"),
        (planted.in_cookies, "horse"),
    ],
)
def test_nor_is_what_stands_in_cookies_in_base64_or_in_the_answers_of_others(
    plant: Plant, word: str, tmp_path: Path
) -> None:
    har = story()
    entry = entries(har, "/creator_info/")[0]
    body = body_of(entry)
    body["data"][word] = 1
    answer(entry, body)
    assert word in json.dumps(told(har, tmp_path))
    plant(har, word)
    assert word not in json.dumps(told(har, tmp_path))


def test_a_number_as_long_as_an_id_is_one_whatever_its_field_is_called(tmp_path: Path) -> None:
    har = story()
    entry = entries(har, "/video/list/")[0]
    body = body_of(entry)
    body["data"]["videos"][0]["view_count"] = 7312345678901234567
    answer(entry, body)
    assert "7312345678901234567" not in json.dumps(told(har, tmp_path))


def test_stand_ins_of_names_are_the_same_in_texts_and_after_another_import(tmp_path: Path) -> None:
    har, secret = story(), "q7Hunter/2+the&second=9Z"
    planted.as_field_name(har, secret)
    entry, _ = entries(har, "/creator_info/")
    body = body_of(entry)
    body["data"]["creator_nickname"] = f"I am {secret}"
    answer(entry, body)
    golden = told(har, tmp_path)
    data = of(golden, "queryCreatorInfo")[0]["answer"]["json"]["data"]
    assert data["creator_nickname"].endswith("redacted_name_1")
    assert data["redacted_name_1"] == 0
    assert imported_again(golden, tmp_path) == golden


# Seeds


def test_a_mock_with_the_seed_answers_as_tiktok_did_but_for_texts_and_ids(tmp_path: Path) -> None:
    path, sown = written(story(), tmp_path), tmp_path / "seed.yaml"
    assert cli.main(["import", str(path), "--seed", str(sown)]) == 0
    world = default_world()
    seed.sow(world, yaml.safe_load(sown.read_text(encoding="utf-8")))
    with MockTikTok(world, strict=True) as mock:
        recorder = Recorder(mock)
        player = Player(mock, httpx.Client(transport=recorder, base_url=TIKTOK))
        player.log_in()
        for operation in ("queryCreatorInfo", "getUserInfo", "listVideos"):
            for one in of(told(story(), tmp_path), operation):
                if one["answer"]["status"] == 200:
                    player.call(operation, one["request"].get("json"), params=one["request"].get("query"))
        ours = told(recorder.har(), tmp_path)
    for operation in ("queryCreatorInfo", "getUserInfo", "listVideos"):
        theirs = [
            one["answer"]["json"]["data"]
            for one in of(told(story(), tmp_path), operation)
            if "json" in one["answer"]
        ]
        for one, other in zip(of(ours, operation), theirs, strict=False):
            assert plain(one["answer"]["json"]["data"]) == plain(other)
    assert world.app.scopes is not None
    assert set(world.app.scopes) == {
        "user.info.basic",
        "user.info.profile",
        "user.info.stats",
        "video.list",
        "video.publish",
    }
    assert world.app.audited


def plain(value: Any) -> Any:
    """A value without texts, which are redacted, and with ids as their type."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [plain(one) for one in cast("Any", value)]
    return "text" if isinstance(value, str) else value


def test_a_second_user_and_a_second_app_are_told_apart(tmp_path: Path) -> None:
    mock = real_world()
    player = Player(mock, httpx.Client(transport=(recorder := Recorder(mock)), base_url=TIKTOK))
    for name, private in (("ingeborg.travels", False), ("somebody.else", True)):
        account = mock.world.accounts.get(name) or mock.world.add_account(
            type(mock.account)(name, private=private)
        )
        player.token = str(mock.authorize(account=account)["access_token"])
        player.call("queryCreatorInfo")
        player.call("getUserInfo", params={"fields": "open_id,username"})
    accounts: Any = RecordedWorld(told(recorder.har(), tmp_path)).seed()["accounts"]
    assert [one["username"] for one in accounts] == ["mock.creator", "mock.creator_2"]
    assert [one["private"] for one in accounts] == [False, True]


def test_two_tokens_of_one_user_are_one_account(tmp_path: Path) -> None:
    mock = real_world()
    player = Player(mock, httpx.Client(transport=(recorder := Recorder(mock)), base_url=TIKTOK))
    for fields in ("is_verified", "username", "username,follower_count"):
        player.log_in()
        player.call("getUserInfo", params={"fields": fields})
        player.call("getUserInfo", params={"fields": "username"})
    accounts: Any = RecordedWorld(told(recorder.har(), tmp_path)).seed()["accounts"]
    assert accounts == [{"username": "mock.creator", "is_verified": True, "follower_count": 90210}]


def test_videos_are_kept_when_it_turns_out_whose_they_are(tmp_path: Path) -> None:
    mock = real_world()
    player = Player(mock, httpx.Client(transport=(recorder := Recorder(mock)), base_url=TIKTOK))
    first = player.log_in().token
    player.call("getUserInfo", params={"fields": "is_verified"})
    player.log_in()
    player.call("listVideos", {}, params={"fields": "id,title"})
    player.call("getUserInfo", params={"fields": "username"})
    player.call("getUserInfo", params={"fields": "username"}, token=first)
    accounts: Any = RecordedWorld(told(recorder.har(), tmp_path)).seed()["accounts"]
    assert [len(account["videos"]) for account in accounts] == [len(mock.account.videos)]


def test_times_without_a_zone_are_utc_wherever_the_recording_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, har = told(story(), tmp_path), story()
    for one in har["log"]["entries"]:
        one["startedDateTime"] = re.sub(r"(Z|\+00:00)$", "", one["startedDateTime"])
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert told(har, tmp_path) == wanted
    finally:
        monkeypatch.undo()
        time.tzset()


def test_bytes_that_go_to_somebody_else_are_no_upload_to_tiktok() -> None:
    url = "https://{}/video/?upload_id=1&upload_token=2"
    hosts = ("open-upload.tiktokapis.com", "open-upload-us.tiktokapis.com", "tiktokapis.com.example.org")
    assert [recording.operation_of("PUT", url.format(host)) for host in hosts] == [
        "uploadChunk",
        "uploadChunk",
        "",
    ]


BANNED = "spam_risk_user_banned_from_posting"


def test_a_banned_creator_is_banned_in_the_seed(tmp_path: Path) -> None:
    har = story()
    entry, _ = entries(har, "/creator_info/")
    answer(entry, {"data": {}, "error": {"code": BANNED, "message": "", "log_id": "1"}})
    har["log"]["entries"] = [entry]
    golden = told(har, tmp_path)
    assert RecordedWorld(golden).seed()["accounts"] == [{"username": "mock.creator", "banned": True}]
    assert compare(golden) == []


# Likeness


def test_the_mock_is_like_itself(tmp_path: Path) -> None:
    assert compare(told(story(), tmp_path)) == []


@pytest.mark.parametrize(
    ("switch", "at"),
    [
        ("token_profile=legacy", {"/expires_in", "/refresh_expires_in"}),
        ("content_range=last_index", {"content-range"}),
        ("error_data=reverse", {"/data"}),
        ("revoke_body=empty", {"body"}),
        ("failed_body=full", {"/data/publicaly_available_post_id", "/data/downloaded_bytes"}),
        ("oauth_error_status=4xx", {"status"}),
        ("publish_id_visible=second_poll", {"status", "/error/code"}),
        ("unknown_publish_id=invalid_params", {"/error/code"}),
        ("photo_draft_prefix=p_pub_url", {"/data/publish_id"}),
        ("missing_field_scope=scope_permission_missed", {"status", "/error/code"}),
        ("invalid_parameter_code=invalid_param", {"/error/code"}),
        ("refresh_rotation=same", {"/error"}),
        ("unknown_upload_status=405", {"status"}),
    ],
)
def test_a_switch_is_found_under_which_the_mock_agrees(switch: str, at: set[str], tmp_path: Path) -> None:
    name, _, value = switch.partition("=")
    mock = real_world(**{name: int(value) if value.isdecimal() else value})
    without_media_checks(mock)
    recorder = tell(mock)
    player = Player(mock, httpx.Client(transport=recorder, base_url=TIKTOK))
    token = mock.authorize(scopes=("user.info.basic", "video.publish", "video.upload"))
    player.token = str(token["access_token"])
    player.call("fetchStatus", {"publish_id": "v_pub_file~v2.1"})
    player.init_photos(["https://media.ingeborg.no/1.jpg"], draft=True)
    player.call("getUserInfo", params={"fields": "open_id,username"})
    player.init_video(50_000_123, 10_000_000, 6)
    first = player.refresh(str(token["refresh_token"])).json()
    player.refresh(first["refresh_token"])
    player.refresh(first["refresh_token"])
    player.put("https://open-upload.tiktokapis.com/upload?upload_id=1&upload_token=2", b"1234")
    golden = told(recorder.har(), tmp_path)
    found = [one for one in compare(golden) if one.against == "mock"]
    assert {one.at for one in found} == at
    assert [one for one in compare(golden, [switch]) if one.against == "mock"] == []


def test_switches_that_agree_better_are_found(tmp_path: Path) -> None:
    mock = real_world(token_profile="legacy")
    without_media_checks(mock)
    assert better_switches(told(tell(mock).har(), tmp_path), ()) == [("token_profile=legacy", 0)]


def _field(body: Any) -> None:
    body["data"]["creator_badge"] = {"level": 3}


def _value(body: Any) -> None:
    body["data"]["privacy_level_options"].append("CLOSE_FRIENDS_ONLY")


def _type(body: Any) -> None:
    body["data"]["comment_disabled"] = "false"


def _missing(body: Any) -> None:
    del body["data"]["creator_nickname"]


def _code(body: Any) -> None:
    body["error"]["code"] = "creator_on_holiday"


def _foreign_code(body: Any) -> None:
    body["error"]["code"] = "url_ownership_unverified"


@pytest.mark.parametrize(
    ("change", "at", "recorded"),
    [
        (_field, "/data/creator_badge", "a field with an object"),
        (_value, "/data/privacy_level_options/3", "'CLOSE_FRIENDS_ONLY'"),
        (_type, "/data/comment_disabled", "'redacted'"),
        (_missing, "/data/creator_nickname", ""),
        (_code, "/error/code", "'creator_on_holiday'"),
        (_foreign_code, "/error/code", "url_ownership_unverified"),
    ],
)
def test_what_changed_at_tiktok_is_told(
    change: Callable[[Any], None], at: str, recorded: str, tmp_path: Path
) -> None:
    har = story()
    (entry, _) = entries(har, "/creator_info/")
    body = body_of(entry)
    change(body)
    answer(entry, body)
    found = [one for one in compare(told(har, tmp_path)) if one.against == "description"]
    assert at in {one.at for one in found}
    assert all(one.exchange == 4 and one.operation == "queryCreatorInfo" for one in found)
    assert any(recorded in one.recorded for one in found if one.at == at)


def test_what_the_mock_says_and_tiktok_did_not_is_told(tmp_path: Path) -> None:
    har = story()
    (entry, _) = entries(har, "/creator_info/")
    body = body_of(entry)
    _missing(body)
    answer(entry, body)
    found = [one for one in compare(told(har, tmp_path)) if one.against == "mock"]
    assert [(one.at, one.recorded, one.expected) for one in found] == [
        ("/data/creator_nickname", "absent", "text")
    ]


def test_a_page_instead_of_json_is_told(tmp_path: Path) -> None:
    har = story()
    planted.in_html(har, "x")
    entries(har, "/status/fetch/")[1]["response"]["status"] = 200
    assert Difference(13, "fetchStatus", "description", "body", "application/json", "JSON") in compare(
        told(har, tmp_path)
    )


def test_what_a_gateway_answered_says_nothing_of_app_and_account_and_is_not_told_to_the_mock(
    tmp_path: Path,
) -> None:
    har = story()
    har["log"]["entries"] = [entries(har, "/creator_info/")[0], entries(har, "/video/init/")[0]]
    har["log"]["entries"][1]["response"] |= {"status": 502, "content": {"text": "<html>"}}
    golden = told(har, tmp_path)
    assert compare(golden) == []
    assert RecordedWorld(golden).seed()["apps"] == [
        {"client_key": "mock_client_key", "client_secret": "mock_client_secret", "audited": False}
    ]


def test_a_call_that_needs_no_secret_teaches_none(tmp_path: Path) -> None:
    mock = real_world()
    http = httpx.Client(transport=(recorder := Recorder(mock)), base_url=TIKTOK)
    key = mock.app.client_key
    http.post("/v2/oauth/get_qrcode/", data={"client_key": key, "scope": "user.info.basic"})
    form = {"client_key": key, "client_secret": "", "grant_type": "client_credentials"}
    http.post("/v2/oauth/token/", data=form)
    golden = told(recorder.har(), tmp_path)
    assert of(golden, "getToken")[0]["answer"]["json"]["error"] == "invalid_request"
    assert compare(golden) == []


def test_a_refusal_that_the_mock_does_not_share_is_told_with_code_and_rule(tmp_path: Path) -> None:
    har = story()
    (entry, *_) = entries(har, "/status/fetch/")
    answer(entry, {"error": {"code": "invalid_publish_id", "message": "", "log_id": "1"}}, 400)
    (status, code) = compare(told(har, tmp_path))
    assert (status.at, status.recorded, status.expected) == ("status", "400", "200")
    assert (code.at, code.recorded, code.expected) == ("/error/code", "invalid_publish_id", "no error")
    har = story()
    (entry,) = entries(har, "/content/init/")
    answer(
        entry,
        {
            "data": {"publish_id": "p_inbox_url~v2.7412345678901234567"},
            "error": {"code": "ok", "message": ""},
        },
    )
    found = compare(told(har, tmp_path))
    assert {one.hint for one in found} == {"token.scope"}


def test_posts_are_brought_to_the_recorded_status_and_fail_as_they_did(tmp_path: Path) -> None:
    har = story()
    first, second, third, _ = entries(har, "/status/fetch/")
    answer(first, {"data": {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 1}, "error": {"code": "ok"}})
    answer(second, {"data": {"status": "FAILED", "fail_reason": "spam_risk_text"}, "error": {"code": "ok"}})
    answer(third, {"data": {"status": "FAILED", "fail_reason": "spam_risk_text"}, "error": {"code": "ok"}})
    found = [one for one in compare(told(har, tmp_path)) if not one.at.startswith("/error")]
    assert found == []


def test_a_recording_that_begins_with_a_token_in_hand_is_compared_too(tmp_path: Path) -> None:
    har = story()
    har["log"]["entries"] = har["log"]["entries"][3:]  # the authorization page and the code are not in it
    assert compare(told(har, tmp_path)) == []
    har["log"]["entries"] = har["log"]["entries"][1:]  # nor is the refresh
    assert compare(told(har, tmp_path)) == []


def test_scopes_of_a_token_in_hand_follow_from_what_was_answered_and_what_was_refused(tmp_path: Path) -> None:
    mock = real_world()
    player = Player(mock, httpx.Client(transport=(recorder := Recorder(mock)), base_url=TIKTOK))
    player.log_in(scopes=("user.info.basic", "user.info.profile"))
    for fields in ("username", "username,follower_count", "open_id", "open_id,likes_count"):
        player.call("getUserInfo", params={"fields": fields})
    player.call("queryCreatorInfo")
    assert [one.response.status_code for one in recorder.noted] == [200, 401, 200, 401, 401]
    assert compare(told(recorder.har(), tmp_path)) == []


def test_how_old_a_login_from_before_the_recording_is_makes_no_difference(tmp_path: Path) -> None:
    mock = real_world()
    token = str(mock.authorize()["refresh_token"])
    mock.clock.advance(2 * 86400)
    player = Player(mock, httpx.Client(transport=(recorder := Recorder(mock)), base_url=TIKTOK))
    token = player.refresh(token).json()["refresh_token"]
    mock.clock.advance(60)
    player.refresh(token)
    assert compare(told(recorder.har(), tmp_path)) == []


def test_a_login_by_qr_code_is_compared(tmp_path: Path) -> None:
    from tiktok_mock_server.rules import qr

    mock = real_world()
    recorder = Recorder(mock)
    http = httpx.Client(transport=recorder, base_url=TIKTOK)
    app = {"client_key": mock.app.client_key, "client_secret": SECRET}
    shown = http.post(
        "/v2/oauth/get_qrcode/", data={"client_key": app["client_key"], "scope": "user.info.basic"}
    ).json()
    ask = {**app, "token": shown["token"]}
    http.post("/v2/oauth/check_qrcode/", data=ask)
    qr.scan(mock.world, shown["token"])
    http.post("/v2/oauth/check_qrcode/", data=ask)
    qr.confirm(mock.world, shown["token"], mock.account)
    code = http.post("/v2/oauth/check_qrcode/", data=ask).json()["code"]
    form = {
        **app,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://app.example.test/",
    }
    http.post("/v2/oauth/token/", data=form)
    golden = told(recorder.har(), tmp_path)
    assert [one["answer"]["json"].get("status") for one in of(golden, "checkQrCode")] == [
        "new",
        "scanned",
        "confirmed",
    ]
    assert compare(golden) == []


def test_the_examples_of_the_description_can_be_imported_and_are_as_described(tmp_path: Path) -> None:
    entries_ = [
        _sample(operation, method, path, status, body)
        for path, operations in bundle()["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        for body in _examples(response.get("content", {}).get("application/json", {}))
    ]
    golden = told({"log": {"entries": entries_}}, tmp_path)
    assert len(exchanges(golden)) == len(entries_) > 20
    assert [one for one in compare(golden) if one.against == "description"] == []


def _examples(described: Any) -> list[object]:
    found = [one["value"] for one in described.get("examples", {}).values()]
    return [*found, *([described["example"]] if "example" in described else [])]


def _sample(operation: Any, method: str, path: str, status: str, body: object) -> dict[str, Any]:
    server = operation.get("servers", [{"url": "https://open.tiktokapis.com"}])[0]["url"]
    return {
        "request": {"method": method.upper(), "url": server + path, "headers": []},
        "response": {
            "status": int(status.replace("X", "0")),
            "headers": [],
            "content": {"text": json.dumps(body)},
        },
    }


def test_compare_ends_with_0_1_or_2_and_can_speak_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mock = real_world(content_range="last_index")
    without_media_checks(mock)
    path = str(written(tell(mock).har(), tmp_path))
    assert cli.main(["compare", path, "--json", "--try-switches"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["exchanges"] == 21
    assert {one["at"] for one in said["differences"]} == {"content-range"}
    assert said["better"] == [{"switch": "content_range=last_index", "differences": 0}]
    assert cli.main(["compare", path, "--try-switches"]) == 1
    assert capsys.readouterr().out.endswith("differences\n--switch content_range=last_index leaves none\n")
    assert cli.main(["compare", path, "--switch", "content_range=last_index"]) == 0
    assert cli.main(["compare", path, "--switch", "content_range=first_index"]) == 2
    assert cli.main(["compare", str(tmp_path / "none.har")]) == 2
    assert cli.main(["import", path]) == 2
    assert cli.main(["import", path, "--golden", str(tmp_path / "no" / "where.json")]) == 2
    assert "where.json: No such file" in capsys.readouterr().err


def test_compare_logs_no_refusal_and_leaves_the_log_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(written(tell(real_world()).har(), tmp_path))
    caplog.set_level("INFO", "tiktok_mock")
    caplog.clear()
    cli.main(["compare", path])
    assert caplog.text == ""
    assert logging.getLogger("tiktok_mock").level == logging.INFO


# Files


def test_a_form_may_come_in_parts_and_an_entry_without_an_answer_is_left_out(tmp_path: Path) -> None:
    har = story()
    wanted = told(har, tmp_path)
    for entry in entries(har, "/oauth/"):
        pairs = parse_qsl(entry["request"]["postData"].pop("text"))
        entry["request"]["postData"]["params"] = [{"name": name, "value": value} for name, value in pairs]
    for entry in entries(har, "/upload"):  # what is left to tell its size is bodySize
        request = entry["request"]
        request["headers"] = [one for one in request["headers"] if one["name"] != "Content-Length"]
    lost = copy.deepcopy(har["log"]["entries"][3])
    lost["response"] = {"status": 0}
    har["log"]["entries"].insert(3, lost)
    assert told(har, tmp_path) == wanted


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"{", "no JSON: "),
        (b'{"log": 1}', "log is no object"),
        (b'{"log": {"entries": 5}}', "log.entries is no list"),
        (
            b'{"log": {"entries": [{"request": {}, "response": {"status": 200}}]}}',
            "log.entries[0].request.url is no text",
        ),
        (b'{"log": {"entries": []}}', "none of its 0 exchanges is with TikTok's API"),
        (b"{}", "neither a HAR (`log`), a cassette (`interactions`) nor a golden file"),
        (b"interactions: [", "no YAML: something is wrong in line "),
        (b"interactions: [{request: 1, response: 2}]", "interactions[0].request is no object"),
        (b"\xff\xfe\x00", "JSON nor YAML"),
        (b'{"tiktok_mock_golden": 9}', "a golden file of another version than 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_gives_one_clear_line(
    text: bytes, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "recording"
    path.write_bytes(text)
    assert cli.main(["import", str(path), "--golden", str(tmp_path / "golden.json")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tiktok-mock: {path}: ")
    assert complaint in line


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LARGEST", 1024 * 1024)
    path = written(story(), tmp_path)
    path.write_bytes(path.read_bytes() + b" " * 1024 * 1024)
    with pytest.raises(recording.BadRecording, match="more than 1 MiB"):
        recording.read(path)


def test_a_packed_body_is_unpacked_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cassette = as_cassette(story())
    wanted, _ = redaction.redact(recording.read(_cassette(cassette, tmp_path)))
    for one in cassette["interactions"]:
        body = one["response"]["body"]["string"]
        one["response"]["body"]["string"] = gzip.compress(body if isinstance(body, bytes) else body.encode())
    path = _cassette(cassette, tmp_path)
    assert redaction.redact(recording.read(path))[0] == wanted
    cassette["interactions"][3]["response"]["body"]["string"] = gzip.compress(bytes(2_000_000))
    path = _cassette(cassette, tmp_path)
    monkeypatch.setattr(recording, "LARGEST", 1024 * 1024)
    with pytest.raises(
        recording.BadRecording, match=r"interactions\[3\].response.body.string has more than 1 MiB"
    ):
        recording.read(path)
    cassette["interactions"][3]["response"]["body"]["string"] = b"\x1f\x8bno gzip"
    with pytest.raises(recording.BadRecording, match="is no gzip"):
        recording.read(_cassette(cassette, tmp_path))
    cassette["interactions"][3]["response"]["body"]["string"] = b"\x8b brotli or so"
    with pytest.raises(recording.BadRecording, match="neither text nor gzip"):
        recording.read(_cassette(cassette, tmp_path))


def _cassette(cassette: dict[str, Any], folder: Path) -> Path:
    path = folder / "cassette.yaml"
    path.write_text(yaml.dump(cassette), encoding="utf-8")
    return path


def test_a_cassette_may_be_json_with_bodies_in_base64(tmp_path: Path) -> None:
    cassette = as_cassette(story())
    wanted, _ = redaction.redact(recording.read(_cassette(cassette, tmp_path)))
    for one in cassette["interactions"]:
        body = one["response"]["body"].pop("string")
        data = body if isinstance(body, bytes) else body.encode()
        one["response"]["body"]["base64_string"] = b64encode(data).decode()
    path = tmp_path / "cassette.json"
    path.write_text(json.dumps(cassette), encoding="utf-8")
    assert redaction.redact(recording.read(path))[0] == wanted


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def replace_something(holder: Any, data: st.DataObject) -> None:
    """Put anything in the place of something, however deep within."""
    keys = sorted(holder) if hasattr(holder, "keys") else range(len(holder))
    key: Any = data.draw(st.sampled_from(keys))
    if holder[key] and isinstance(holder[key], (dict, list)) and data.draw(st.integers(0, 3)):
        replace_something(holder[key], data)
    else:
        is_body = isinstance(holder[key], str) and holder[key].startswith("{")
        holder[key] = json.dumps(data.draw(ANYTHING)) if is_body else data.draw(ANYTHING)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_a_file_is_read_or_refused_in_words(data: st.DataObject, tmp_path: Path) -> None:
    har = story()
    har["log"]["entries"] = har["log"]["entries"][1:7]
    replace_something(har["log"]["entries"], data)
    complaint = ""
    try:
        compare(told(har, tmp_path))
    except recording.BadRecording as error:
        complaint = str(error)
    assert not complaint or re.match(r"log[\w.\[\]]* (is|has) ", complaint)


# The page


def test_the_commands_of_the_page_print_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "mock-recordings.md"
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    commands = [one.partition("\n") for block in blocks for one in block.split("$ tiktok-mock ")[1:]]
    assert [line.split()[0] for line, _, _ in commands] == ["import", "serve", "compare", "compare"]
    monkeypatch.chdir(tmp_path)
    mock = real_world(token_profile="legacy")
    without_media_checks(mock)
    Path("session.har").write_text(json.dumps(tell(mock).har()), encoding="utf-8")
    for line, _, printed in commands:
        if not line.startswith("serve"):
            cli.main(line.split())
            assert capsys.readouterr().out == printed
    seed.sow(default_world(), yaml.safe_load(Path("seed.yaml").read_text(encoding="utf-8")))
