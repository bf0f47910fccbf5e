"""A large upload costs the server no memory: its bytes are hashed as they come, kept on disk, and deleted."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mock.support import MP4_START, data
from tests.mock.test_mock_serve import remote_player

MIB = 1024 * 1024
PIECE = bytes(MIB)
MOST_GROWTH = 32 * MIB


def resident(pid: int) -> int:
    """The greatest memory a process ever held, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def content(first: int, length: int) -> Iterator[bytes]:
    """A part of a video that is nothing but zeros after its beginning."""
    if first == 0:
        yield MP4_START
        length -= len(MP4_START)
    while length > 0:
        yield PIECE[:length]
        length -= MIB


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "size", [320 * MIB, pytest.param(4096 * MIB, marks=pytest.mark.slow)], ids=["320 MB", "4 GB"]
)
def test_memory_stays_flat(size: int, tmp_path: Path) -> None:
    chunk = 64 * MIB
    count = size // chunk
    with remote_player("--log-level", "error", TMPDIR=str(tmp_path)) as (player, process):
        http = player.http
        small = player.post_video()
        before = resident(process.pid)
        started = data(player.init_video(size, chunk, count))
        digest = hashlib.sha256()
        on_disk = 0
        for number in range(count):
            first = number * chunk
            length = size - first if number == count - 1 else chunk
            for piece in content(first, length):
                digest.update(piece)
            headers = {
                "Content-Type": "video/mp4",
                "Content-Length": str(length),
                "Content-Range": f"bytes {first}-{first + length - 1}/{size}",
            }
            answer = http.put(started["upload_url"], content=content(first, length), headers=headers)
            assert answer.status_code == (201 if number == count - 1 else 206)
            on_disk = max([on_disk, *(path.stat().st_size for path in tmp_path.iterdir())])
        growth = resident(process.pid) - before
        told = http.get(f"/_mock/posts/{started['publish_id']}").json()
        assert (told["sha256"], told["received"]) == (digest.hexdigest(), size)
        assert growth < MOST_GROWTH
        assert list(tmp_path.iterdir()) == []
        assert on_disk in (0, size - (size - (count - 1) * chunk)), (
            "kept until complete where it is looked into"
        )
        assert small != started["publish_id"]
