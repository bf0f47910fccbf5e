"""Keeping tokens: the stored form, the stores, and what a crash leaves."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from multiprocessing.synchronize import Event
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facade.support import tokens
from tiktok_api_client._filelock import FileLock
from tiktok_api_client.errors import StoreFailed
from tiktok_api_client.journal import Entry, FileJournal, Stage, entry_id
from tiktok_api_client.tokens import FileTokenStore, MemoryTokenStore, StoredToken
from tiktok_openapi.models.oauth import decode_user_token

TIME = 1_790_000_000.0


def token(number: int, open_id: str = "user-1") -> StoredToken:
    return StoredToken.from_answer(decode_user_token(tokens(number, open_id)), TIME)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryTokenStore | FileTokenStore:
    return MemoryTokenStore() if request.param == "memory" else FileTokenStore(tmp_path / "tokens")


stored_tokens = st.builds(
    StoredToken,
    open_id=st.text(min_size=1),
    access_token=st.text(min_size=1),
    refresh_token=st.text(min_size=1),
    expires_at=st.floats(allow_nan=False, allow_infinity=False),
    refresh_expires_at=st.floats(allow_nan=False, allow_infinity=False),
    received_at=st.floats(allow_nan=False, allow_infinity=False),
    scopes=st.lists(st.text(min_size=1), max_size=3).map(tuple),
)


@given(stored_tokens)
def test_the_stored_form_gives_the_same_token_back(kept: StoredToken) -> None:
    assert StoredToken.from_json(kept.to_json()) == kept


def test_lifetimes_come_from_the_answer() -> None:
    kept = StoredToken.from_answer(decode_user_token(tokens(1, expires_in=41)), TIME)
    assert (kept.expires_at, kept.refresh_expires_at) == (TIME + 41, TIME + 15_552_000)
    assert kept.scopes == ("user.info.basic", "video.publish")


def test_no_token_is_shown() -> None:
    assert "secret" not in repr(token(1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version 2; this release reads version 1"),
        ({"version": None}, "version None"),
        ({"access_token": ""}, "access_token is no text"),
        ({"refresh_token": 41}, "refresh_token is no text"),
        ({"expires_at": "soon"}, "expires_at is no number"),
        ({"expires_at": True}, "expires_at is no number"),
        ({"scopes": "a,b"}, "scopes is not a list"),
    ],
)
def test_a_damaged_form_is_an_error_without_the_tokens(change: dict[str, object], words: str) -> None:
    text = json.dumps({**json.loads(token(1).to_json()), **change})
    with pytest.raises(StoreFailed, match=words) as caught:
        StoredToken.from_json(text)
    assert "secret" not in str(caught.value)


@given(st.text() | st.sampled_from(["[]", "41", "null", "[" * 10_000]))
def test_whatever_is_no_stored_token_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(StoreFailed):
        StoredToken.from_json(text)


# Stores


def test_a_store_keeps_the_newest_tokens_of_each_account(store: MemoryTokenStore | FileTokenStore) -> None:
    assert store.load("user-1") is None
    assert store.accounts() == []
    store.save(token(1))
    store.save(token(2))
    store.save(token(3, "user-2"))
    assert store.load("user-1") == token(2)
    assert sorted(store.accounts()) == ["user-1", "user-2"]
    store.delete("user-1")
    store.delete("user-1")
    assert store.load("user-1") is None
    assert store.accounts() == ["user-2"]


def test_open_ids_that_differ_in_case_or_hold_any_character_are_apart(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    names = ["-000Abc", "-000aBC", "../../etc/passwd", "a/b", "ä\0", ""]
    for number, name in enumerate(names, 1):
        store.save(attrs.evolve(token(number), open_id=name or "x"))
    assert len(store.accounts()) == len(names)
    assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path}


def test_tokens_and_a_journal_can_share_a_directory(tmp_path: Path) -> None:
    store, journal = FileTokenStore(tmp_path), FileJournal(tmp_path)
    store.save(token(1))
    entry = Entry(id=entry_id(None), stage=Stage.BEGUN, publish_id="v_pub_file~v2-1.7")
    assert journal.claim(entry) is None
    assert store.accounts() == ["user-1"]
    assert journal.entries() == [entry]


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = FileTokenStore(tmp_path / "deep" / "tokens")
        store.save(token(1))
        assert store.lock("user-1").acquire()
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.directory.iterdir()} == {0o600}


def test_a_file_of_a_later_version_is_named_and_left_alone(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    store.save(token(1))
    (path,) = tmp_path.glob("*.json")
    later = path.read_text().replace('"version": 1', '"version": 9')
    path.write_text(later)
    for ask in (lambda: store.load("user-1"), store.accounts):
        with pytest.raises(StoreFailed, match=rf"{path.name}: .*version 9"):
            ask()
    assert path.read_text() == later


def test_what_the_system_refuses_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = FileTokenStore(blocked)
    with pytest.raises(StoreFailed, match="cannot write"):
        store.save(token(1))
    with pytest.raises(StoreFailed, match="cannot read"):
        store.load("user-1")
    with pytest.raises(StoreFailed, match="cannot lock"):
        store.lock("user-1").acquire()
    store = FileTokenStore(tmp_path)
    (tmp_path / "account-of-somebody.json").mkdir()
    with pytest.raises(StoreFailed, match=r"cannot read .*account-of-somebody\.json"):
        store.accounts()


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of lock")
def test_a_file_system_without_locks_is_named_and_nothing_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handles: list[int] = []

    def refuse(handle: int, _operation: int) -> None:
        handles.append(handle)
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StoreFailed, match=r"cannot lock .*\.lock: No locks available"):
        FileTokenStore(tmp_path).lock("user-1").acquire()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handles[0])


class Crash(BaseException):
    """The process ends here."""


STEPS = ["os.open", "os.fdopen", "os.fsync", "pathlib.Path.replace", "os.close"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a crash closes nothing
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_crash_at_any_step_leaves_the_earlier_or_the_new_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str, nth: int
) -> None:
    FileTokenStore(tmp_path).save(token(1))
    owner, name = step.rsplit(".", 1)
    target = Path if owner == "pathlib.Path" else os
    genuine = getattr(target, name)
    calls = 0

    def crashing(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == nth and when == "before":
            raise Crash
        result = genuine(*arguments, **options)
        if calls == nth:
            raise Crash
        return result

    crashed = False
    with monkeypatch.context() as patch:
        patch.setattr(target, name, crashing)
        try:
            FileTokenStore(tmp_path).save(token(2))
        except Crash:
            crashed = True
    found = FileTokenStore(tmp_path).load("user-1")
    assert found in ((token(1), token(2)) if crashed else (token(2),))
    FileTokenStore(tmp_path).save(token(3))
    assert FileTokenStore(tmp_path).load("user-1") == token(3)


def test_a_full_disk_leaves_the_earlier_tokens_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileTokenStore(tmp_path)
    store.save(token(1))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFailed, match="No space left"):
        store.save(token(2))
    assert store.load("user-1") == token(1)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_crash_left_behind_is_swept_up(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    store.save(token(1))
    (path,) = tmp_path.glob("*.json")
    old, young = (path.with_name(f"{path.name}.{name}.new") for name in ("dead", "busy"))
    for draft in (old, young):
        draft.write_text("half a tok")
    os.utime(old, (TIME - 1e6, TIME - 1e6))
    store.save(token(2))
    assert sorted(tmp_path.iterdir()) == sorted([path, young])


WRITER = """
import sys
from tests.facade.test_tokens import token
from tiktok_api_client.tokens import FileTokenStore
store, number = FileTokenStore(sys.argv[1]), 1
while True:
    store.save(token(number))
    if number == 3:
        print("writing", flush=True)
    number += 1
"""


def test_killing_a_process_in_the_middle_of_writing_loses_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env={**os.environ}
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        store = FileTokenStore(tmp_path)
        for _ in range(200):
            assert store.load("user-1") is not None
        writer.kill()
    found = store.load("user-1")
    assert found is not None
    assert found == token(int(found.access_token.rsplit("-", 1)[1]))


# Locks


def test_locks_of_one_account_exclude_each_other_and_those_of_two_do_not(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    first, second, other = store.lock("user-1"), store.lock("user-1"), store.lock("user-2")
    assert first.acquire()
    assert not second.acquire()
    assert other.acquire()
    first.release()
    assert second.acquire()
    second.release()
    other.release()


def test_a_lock_that_was_given_up_is_not_taken_late(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a.lock")
    lock.release()
    assert not lock.acquire()
    assert FileLock(tmp_path / "a.lock").acquire()


def hold(path: str, ready: Event, go: Event) -> None:
    lock = FileLock(Path(path))
    assert lock.acquire()
    ready.set()
    go.wait(30)
    os._exit(1)  # without giving it back


def test_a_lock_reaches_other_processes_and_ends_with_them(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    path = tmp_path / "a.lock"
    process = context.Process(target=hold, args=(str(path), ready, go))
    process.start()
    try:
        assert ready.wait(30)
        assert not FileLock(path).acquire()
    finally:
        go.set()
        process.join(30)
    lock = FileLock(path)
    assert lock.acquire()
    lock.release()


def test_one_thread_of_many_gets_the_lock(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    taken: list[bool] = []
    locks = [FileLock(tmp_path / "a.lock") for _ in range(8)]

    def take(lock: FileLock) -> None:
        start.wait()
        taken.append(lock.acquire())

    threads = [threading.Thread(target=take, args=(lock,)) for lock in locks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]
    for lock in locks:
        lock.release()
