"""Journals: what was written survives, a key is claimed once, and a crash in mid-write costs nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_api_client import FileJournal, MemoryJournal, StoreFailed
from tiktok_api_client.journal import Entry, Stage, entry_id

Journals = MemoryJournal | FileJournal


@pytest.fixture(params=["memory", "file"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journals:
    return MemoryJournal() if request.param == "memory" else FileJournal(tmp_path / "journal")


def entry(key: str | None = "summer", stage: Stage = Stage.BEGINNING, publish_id: str | None = None) -> Entry:
    address = "https://open-upload.tiktokapis.com/upload?upload_token=secret" if publish_id else None
    return Entry(
        id=entry_id(key),
        key=key,
        stage=stage,
        publish_id=publish_id,
        upload_url=address,
        began_at=1_790_000_000.5,
    )


def test_a_claim_succeeds_once(journal: Journals) -> None:
    assert journal.claim(entry()) is None
    assert journal.claim(entry()) == entry()
    assert journal.claim(entry("winter")) is None


def test_what_is_written_is_found_by_key_and_by_publish_id(journal: Journals) -> None:
    journal.claim(entry())
    begun = entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7")
    journal.write(begun)
    assert journal.look(begun.id) == begun
    assert journal.find("v_pub_file~v2-1.7") == begun
    done = attrs.evolve(begun, stage=Stage.HANDED_OVER, upload_url=None)
    journal.write(done)
    assert journal.find("v_pub_file~v2-1.7") == done
    assert journal.find("another") is None
    assert journal.look("another") is None


def test_what_is_dropped_can_be_claimed_again(journal: Journals) -> None:
    journal.claim(entry())
    journal.write(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7"))
    journal.drop(entry())
    assert journal.find("v_pub_file~v2-1.7") is None
    assert journal.claim(entry()) is None
    journal.write(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.8"))
    assert journal.find("v_pub_file~v2-1.7") is None, "it was another post with this key"
    journal.drop(entry("never written"))


def test_one_of_many_threads_gets_a_key(journal: Journals) -> None:
    won: list[None] = []
    barrier = threading.Barrier(8)

    def run() -> None:
        barrier.wait()
        if journal.claim(entry()) is None:
            won.append(None)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def claim_in_another_process(directory: Path, start: str, results: Callable[[bool], object]) -> None:
    while not Path(start).exists():
        pass
    results(FileJournal(directory).claim(entry()) is None)


def test_one_of_many_processes_gets_a_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    start = tmp_path / "start"
    workers = [
        context.Process(target=claim_in_another_process, args=(tmp_path / "journal", str(start), results.put))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    start.touch()
    won = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    results.close()
    assert sorted(won) == [False, False, False, True]


def test_a_memory_journal_forgets_the_oldest() -> None:
    journal = MemoryJournal(keep=2)
    for number in range(3):
        journal.claim(entry(str(number)))
    assert journal.look(entry_id("0")) is None
    assert journal.look(entry_id("2")) is not None
    assert repr(journal) == "<MemoryJournal of 2 posts>"


# Files


def test_a_file_system_without_hard_links_does_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", link)
    journal = FileJournal(tmp_path)
    assert journal.claim(entry()) is None
    assert journal.claim(entry()) == entry()
    assert stat.S_IMODE((tmp_path / f"post-{entry_id('summer')}.json").stat().st_mode) == 0o600


def test_files_are_for_their_owner_only_and_nothing_is_left_beside_them(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    journal.claim(entry())
    journal.claim(entry())
    journal.write(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7"))
    assert stat.S_IMODE(journal.directory.stat().st_mode) == 0o700
    names = sorted(path.name for path in journal.directory.iterdir())
    assert len(names) == 2
    for path in journal.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert repr(journal) == f"FileJournal({str(journal.directory)!r})"


def test_another_process_finds_what_was_written(tmp_path: Path) -> None:
    FileJournal(tmp_path).claim(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7"))
    FileJournal(tmp_path).write(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7"))
    assert FileJournal(tmp_path).find("v_pub_file~v2-1.7") is not None


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_crash_in_mid_write_leaves_the_earlier_entry(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FileJournal(tmp_path)
    journal.claim(entry())

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    if step == "replace":
        monkeypatch.setattr(Path, "replace", crash)
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", crash)
    else:
        monkeypatch.setattr(Entry, "to_json", crash)
    with pytest.raises(Crash):
        journal.write(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7"))
    monkeypatch.undo()
    assert journal.look(entry_id("summer")) == entry()
    assert [found.stage for found in journal.entries()] == [Stage.BEGINNING]


def test_entries_tell_what_was_in_flight_oldest_first(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    for key, began_at in (("b", 20.0), ("a", 10.0), ("c", 30.0)):
        journal.claim(attrs.evolve(entry(key), began_at=began_at))
    assert [found.key for found in journal.entries()] == ["a", "b", "c"]


def test_pruning_removes_what_a_crash_has_left_half_written(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.claim(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7"))
    journal.write(entry(stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7"))
    written = sorted(tmp_path.iterdir())
    drafts = [path.with_name(f"{path.name}.{age}.new") for path in written for age in ("old", "young")]
    tokens = tmp_path / "account-1.json.old.new"
    for draft in (*drafts, tokens):
        draft.write_text("half an ent")
        if ".old." in draft.name:
            os.utime(draft, (0.0, 0.0))
    assert journal.prune(before=0.0) == 0
    young = [draft for draft in drafts if ".young." in draft.name]
    assert len(young) == 2
    assert sorted(tmp_path.iterdir()) == sorted([*written, *young, tokens])


def test_pruning_keeps_what_is_young_or_unknown(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    for key, stage, began_at in (
        ("old", Stage.HANDED_OVER, 10.0),
        ("old upload", Stage.BEGUN, 10.0),
        ("unknown", Stage.BEGINNING, 10.0),
        ("young", Stage.HANDED_OVER, 100.0),
    ):
        journal.claim(attrs.evolve(entry(key, stage), began_at=began_at))
    assert journal.prune(before=50.0) == 2
    assert sorted(str(found.key) for found in journal.entries()) == ["unknown", "young"]


def test_pruning_keeps_uploads_that_can_be_resumed(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    now = time.time()
    for key, stage, age in (
        ("done", Stage.HANDED_OVER, 60.0),
        ("stopped", Stage.BEGUN, 60.0),
        ("over", Stage.BEGUN, 3660.0),
    ):
        journal.claim(attrs.evolve(entry(key, stage), began_at=now - age))
    assert journal.prune(before=now) == 2
    assert [found.key for found in journal.entries()] == ["stopped"]


def test_a_journal_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "none")
    assert journal.entries() == []
    assert journal.find("v_pub_file~v2-1.7") is None
    journal.drop(entry())
    assert not journal.directory.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"version": 2}', "has version 2; this release reads version 1"),
        ('{"version": 1, "id": 7}', "is damaged: id is of type int"),
        (entry().to_json().replace('"beginning"', '"resting"'), "is damaged: stage 'resting'"),
        (entry().to_json().replace("1790000000.5", "true"), "is damaged: began_at is of type bool"),
    ],
)
def test_a_damaged_entry_is_an_error_that_names_its_file(tmp_path: Path, text: str, says: str) -> None:
    journal = FileJournal(tmp_path)
    path = tmp_path / f"post-{entry_id('summer')}.json"
    path.write_text(text)
    with pytest.raises(StoreFailed, match=says) as failure:
        journal.look(entry_id("summer"))
    assert str(path) in str(failure.value)


def test_a_place_that_cannot_be_used_is_a_store_that_failed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    journal = FileJournal(tmp_path / "file" / "journal")
    with pytest.raises(StoreFailed, match=r"cannot use .*: Not a directory"):
        journal.claim(entry())


@given(
    st.builds(
        Entry,
        id=st.text(min_size=1),
        stage=st.sampled_from(Stage),
        key=st.none() | st.text(),
        digest=st.text(),
        began_at=st.floats(0, 1e10),
        publish_id=st.none() | st.text(),
        upload_url=st.none() | st.text(),
        path=st.none() | st.text(),
        video_size=st.none() | st.integers(1, 2**40),
    )
)
def test_entries_survive_being_written_down(written: Entry) -> None:
    assert Entry.from_json(written.to_json()) == written
    assert json.loads(written.to_json())["version"] == 1


def test_an_entry_does_not_show_its_upload_address() -> None:
    assert "secret" not in repr(entry(publish_id="v_pub_file~v2-1.7"))
