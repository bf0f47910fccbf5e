"""A client that was made before a fork, used on both sides of it: gunicorn's preload, multiprocessing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.facade.test_keeper_processes import Answering, Rotating
from tests.facade.test_tokens import token
from tiktok_api_client._filelock import FileLock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

CLIENT = """
import asyncio, os, sys
from tiktok_api_client import AsyncTikTok, TikTok
app = ("key", "client-secret-1", "http://127.0.0.1:8765/callback/")
"""

SYNC = """
tik = TikTok(*app, base_url=sys.argv[1])
tik.get_creator_info(access_token="parent")
if not (child := os.fork()):
    tik.close()  # not the parent's
    tik.get_creator_info(access_token="child")
    tik.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
tik.get_creator_info(access_token="parent")
"""

ASYNC = """
tik = AsyncTikTok(*app, base_url=sys.argv[1])
loop = asyncio.new_event_loop()
loop.run_until_complete(tik.get_creator_info(access_token="parent"))
if not (child := os.fork()):
    asyncio.run(tik.close())  # not the parent's
    asyncio.run(tik.get_creator_info(access_token="child"))
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
loop.run_until_complete(tik.get_creator_info(access_token="parent"))
"""

REFRESHING = """
import signal, threading
from tiktok_api_client import StoredToken
tik = TikTok(*app, base_url=sys.argv[1])
tik._session.keeper.store.save(StoredToken.from_json(sys.argv[2]))
threading.Thread(target=tik.get_creator_info, daemon=True).start()
sys.stdin.readline()  # the refresh is under way
if not (child := os.fork()):
    signal.alarm(30)
    tik.get_creator_info()
    os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

HANDED_IN = """
import httpx
closed = []
class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    def close(self): closed.append("sync")
    async def aclose(self): closed.append("async")
    async def handle_async_request(self, request): return self.handle_request(request)
    def handle_request(self, request):
        return httpx.Response(200, json={"data": {}, "error": {"code": "ok", "message": "", "log_id": ""}})
tik, other = TikTok(*app, transport=Transport()), AsyncTikTok(*app, transport=Transport())
async def use_other():
    async with other:
        await other.cancel("v_pub_file~v2-1.41", access_token="a")
def use_and_close():
    with tik:
        tik.cancel("v_pub_file~v2-1.41", access_token="a")
    asyncio.run(use_other())
if not (child := os.fork()):
    use_and_close()
    os._exit(len(closed))
assert os.waitpid(child, 0)[1] == 0
use_and_close()
assert closed == ["sync", "async"]
"""

MUTEXES = """
import os, threading
from tiktok_api_client import MemoryJournal, Signal
from tiktok_api_client._budget import Budget
from tiktok_api_client._flow import Lock
from tiktok_api_client.deliveries import Deliveries
holders = [Budget(), Deliveries(), Lock(), MemoryJournal(), Signal()]
def hold():
    for holder in holders:
        holder._mutex.acquire()
thread = threading.Thread(target=hold)
thread.start()
thread.join()
if not (child := os.fork()):
    os._exit(not all(holder._mutex.acquire(blocking=False) for holder in holders))
held_here = not any(holder._mutex.acquire(blocking=False) for holder in holders)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or not held_here)
"""

SURVIVED = """
import os, pathlib, sys
from tiktok_api_client._filelock import FileLock
lock = FileLock(pathlib.Path(sys.argv[1]))
assert lock.acquire()
if os.fork():
    sys.stdin.readline()
else:
    print(os.getpid(), flush=True)
    sys.stdin.readline()
"""


class Counting(Answering):
    """Notes who asks on which connection."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        seen.append((self.headers["Authorization"], self.client_address[1]))


seen: list[tuple[str, int]] = []


@pytest.fixture
def server() -> Iterator[Rotating]:
    seen.clear()
    with Rotating(Counting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("script", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_forked_child_has_connections_of_its_own_and_the_parent_keeps_its(
    server: Rotating, script: str
) -> None:
    address = f"http://127.0.0.1:{server.server_port}"
    subprocess.run([sys.executable, "-c", CLIENT + script, address], check=True, timeout=60)
    (first, before), (second, child), (third, after) = seen
    assert (first, second, third) == ("Bearer parent", "Bearer child", "Bearer parent")
    assert before == after != child


def test_a_transport_that_was_handed_in_is_closed_by_the_parent_alone() -> None:
    subprocess.run([sys.executable, "-c", CLIENT + HANDED_IN], check=True, timeout=60)


def test_a_refresh_that_a_thread_of_the_parent_is_at_does_not_stop_the_child(server: Rotating) -> None:
    server.next_is_dead = True
    expired = attrs.evolve(token(1), received_at=-7200.0, expires_at=0.0)
    arguments = [f"http://127.0.0.1:{server.server_port}", expired.to_json()]
    command = [sys.executable, "-c", CLIENT + REFRESHING, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as parent:
        assert server.asked.wait(30)
        parent.communicate("\n", timeout=60)
        server.over.set()
    assert parent.returncode == 0
    assert server.number == 2


def test_no_lock_of_the_parent_is_held_in_the_child() -> None:
    assert subprocess.run([sys.executable, "-c", MUTEXES], check=False, timeout=60).returncode == 0


def test_a_lock_among_processes_ends_with_its_holder_though_a_child_lives_on(tmp_path: Path) -> None:
    path = tmp_path / "account.lock"
    command = [sys.executable, "-c", SURVIVED, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not FileLock(path).acquire()
        parent.kill()
        assert parent.wait(30) == -signal.SIGKILL
        os.kill(child, 0)  # it is there
        assert FileLock(path).acquire()
