"""Uploads to iterate over, from a thread or a task of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.facade.doors import Door, UploadServer, video
from tests.facade.support import ok
from tiktok_api_client import (
    AsyncUpload,
    Impossible,
    Progress,
    Sent,
    Submitted,
    Upload,
    UploadCancelled,
    VideoPost,
)

CHUNK = 5 * 1024 * 1024
DATA = video(3 * CHUNK)


class Scene:
    def __init__(self, colour: str) -> None:
        self.server = UploadServer(len(DATA))
        self.door = Door(colour, self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return self.server.put(request)
        return ok({"publish_id": "v_pub_file~v2-1.7", "upload_url": self.server.address})

    def start(self, post: VideoPost | None = None, **how: Any) -> Any:
        post = post or VideoPost(video=DATA, privacy_level="SELF_ONLY")
        return self.door.tik.start(post, **{"chunk_size": CHUNK, "preflight": "off", **how})


def held(
    gate: threading.Event, begun: threading.Event | None = None
) -> Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]:
    def put(_request: httpx.Request, store: Callable[[], httpx.Response]) -> httpx.Response:
        if begun is not None:
            begun.set()
        gate.wait(10)
        return store()

    return put


def test_progress_comes_item_by_item_and_then_the_result() -> None:
    scene = Scene("sync")
    told: list[Progress] = []
    with scene.start(on_progress=told.append) as upload:
        assert isinstance(upload, Upload)
        seen = list(upload)
    assert seen[-1].finished
    assert seen == told
    assert list(upload) == []
    assert isinstance(upload.result(), Submitted)
    assert bytes(scene.server.stored) == DATA


def test_a_result_may_be_waited_for_only_so_long() -> None:
    scene, gate = Scene("sync"), threading.Event()
    scene.server.script = [held(gate)]
    with scene.start() as upload:
        with pytest.raises(TimeoutError, match="the upload goes on"):
            upload.result(timeout=0.01)
        gate.set()
    assert upload.result().publish_id


def test_cancel_and_resume() -> None:
    scene, gate, begun = Scene("sync"), threading.Event(), threading.Event()
    scene.server.script = [held(gate, begun)]
    with scene.start() as upload:
        assert begun.wait(10)
        upload.cancel()
        gate.set()
        with pytest.raises(UploadCancelled) as cancelled:
            upload.result()
    assert cancelled.value.sent is Sent.YES
    scene.door.do("resume", cancelled.value.publish_id, DATA)
    assert bytes(scene.server.stored) == DATA


def test_leaving_the_block_with_an_exception_cancels() -> None:
    scene, gate = Scene("sync"), threading.Event()
    scene.server.script = [held(gate)]
    uploads: list[Upload] = []

    def leave() -> None:
        with scene.start() as upload:
            uploads.append(upload)
            gate.set()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        leave()
    with pytest.raises(UploadCancelled):
        uploads[0].result()


def test_a_post_that_cannot_work_raises_at_the_result() -> None:
    with Scene("sync").start(VideoPost(video="missing.mp4", privacy_level="SELF_ONLY")) as upload:
        assert list(upload) == []
    with pytest.raises(Impossible):
        upload.result()


def test_the_same_for_tasks() -> None:
    scene = Scene("async")
    told: list[Progress] = []

    async def tell(progress: Progress) -> None:
        told.append(progress)

    async def run() -> None:
        async with scene.start(on_progress=tell) as upload:
            assert isinstance(upload, AsyncUpload)
            seen = [progress async for progress in upload]
        assert seen[-1].finished
        assert seen == told
        assert [progress async for progress in upload] == []
        assert (await upload.result()).publish_id == "v_pub_file~v2-1.7"

    asyncio.run(run())
    assert bytes(scene.server.stored) == DATA


def test_tasks_cancel_time_out_and_raise_alike() -> None:
    scene = Scene("async")

    async def slow(progress: Progress) -> None:
        await asyncio.sleep(0.05)

    async def run() -> None:
        async with scene.start(on_progress=slow) as upload:
            with pytest.raises(TimeoutError, match="the upload goes on"):
                await upload.result(timeout=0.001)
            upload.cancel()
            with pytest.raises(UploadCancelled):
                await upload.result()
        with pytest.raises(RuntimeError):
            async with scene.start() as upload:
                raise RuntimeError
        with pytest.raises(UploadCancelled):
            await upload.result()
        async with scene.start(VideoPost(video="missing.mp4", privacy_level="SELF_ONLY")) as upload:
            assert [progress async for progress in upload] == []
        with pytest.raises(Impossible):
            await upload.result()

    asyncio.run(run())


def test_cancelling_whoever_waits_for_a_task_cancels_the_upload() -> None:
    scene = Scene("async")

    async def run() -> None:
        async def slow(progress: Progress) -> None:
            waiting.set()
            await asyncio.sleep(10)

        async def wait() -> None:
            async with scene.start(on_progress=slow) as upload:
                uploads.append(upload)

        waiting, uploads = asyncio.Event(), list[AsyncUpload]()
        task = asyncio.get_running_loop().create_task(wait())
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(asyncio.CancelledError):
            await uploads[0].result()

    asyncio.run(run())
