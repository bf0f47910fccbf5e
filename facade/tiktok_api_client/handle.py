"""A post under way, for whoever wants to look at its progress item by item."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

import attrs

from . import publish
from ._drivers import AsyncRunner, SyncRunner
from ._flow import Signal
from ._session import Session
from .attempt import Options
from .posts import Post
from .progress import Progress
from .results import Submitted

if TYPE_CHECKING:
    from typing_extensions import Self


class Upload:
    """A post that is sent by a thread of its own: iterate for progress, ask for the result, cancel.

    ::

        with tik.start(VideoPost(video="clip.mp4", privacy_level=level)) as upload:
            for progress in upload:
                print(f"{progress.fraction:.0%}")
        print(upload.result().publish_id)

    Leaving the block with an exception cancels the upload; leaving it otherwise waits for its end.
    """

    def __init__(self, runner: SyncRunner, session: Session, post: Post, options: Options) -> None:
        self._stop = options.cancel or Signal()
        self._seen: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
        self._result: Submitted | None = None
        self._problem: BaseException | None = None
        watched = attrs.evolve(
            options, cancel=self._stop, on_progress=_both(options.on_progress, self._seen.put)
        )
        self._thread = threading.Thread(
            target=self._run, args=(runner, session, post, watched), name="tiktok-upload", daemon=True
        )
        self._thread.start()

    def _run(self, runner: SyncRunner, session: Session, post: Post, options: Options) -> None:
        try:
            self._result = runner.run(publish.publish(session, post, options))
        except BaseException as problem:  # noqa: BLE001 - `result` raises it
            self._problem = problem
        finally:
            self._seen.put(None)

    def __iter__(self) -> Iterator[Progress]:
        """Progress as it comes, until the upload has ended, well or not."""
        while (seen := self._seen.get()) is not None:
            yield seen
        self._seen.put(None)  # for whoever iterates once more

    def cancel(self) -> None:
        """Stop the upload; it can be resumed. Safe to call from any thread."""
        self._stop.set()

    def result(self, timeout: float | None = None) -> Submitted:
        """What `post` would have given or raised.

        Raises:
            TimeoutError: it has not ended within so many seconds (Python's own, and the upload goes on).
        """
        self._thread.join(timeout)
        if self._problem is not None:
            raise self._problem
        if self._result is None:
            raise TimeoutError("the upload goes on")
        return self._result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.cancel()
        self._thread.join()


class AsyncUpload:
    """The same for callers that await; a task of its own sends.

    ::

        async with tik.start(VideoPost(video="clip.mp4", privacy_level=level)) as upload:
            async for progress in upload:
                print(f"{progress.fraction:.0%}")
        print((await upload.result()).publish_id)
    """

    def __init__(self, runner: AsyncRunner, session: Session, post: Post, options: Options) -> None:
        self._stop = options.cancel or Signal()
        self._seen: asyncio.Queue[Progress | None] = asyncio.Queue()
        watched = attrs.evolve(
            options, cancel=self._stop, on_progress=_both(options.on_progress, self._seen.put_nowait)
        )
        self._task = asyncio.get_running_loop().create_task(
            runner.run(publish.publish(session, post, watched)), name="tiktok-upload"
        )
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Submitted]) -> None:
        if not task.cancelled():
            task.exception()  # `result` raises it; nobody need ask
        self._seen.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Progress]:
        """Progress as it comes, until the upload has ended, well or not."""
        while (seen := await self._seen.get()) is not None:
            yield seen
        self._seen.put_nowait(None)  # for whoever iterates once more

    def cancel(self) -> None:
        """Stop the upload; it can be resumed. Safe to call from any thread."""
        self._stop.set()

    async def result(self, timeout: float | None = None) -> Submitted:
        """What `post` would have given or raised.

        Raises:
            TimeoutError: it has not ended within so many seconds (Python's own, and the upload goes on).
        """
        done, _ = await asyncio.wait([self._task], timeout=timeout)
        if not done:
            raise TimeoutError("the upload goes on")
        return self._task.result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.cancel()
        try:
            await asyncio.wait([self._task])
        except asyncio.CancelledError:
            self._task.cancel()
            raise


def _both(
    first: Callable[[Progress], object] | None, second: Callable[[Progress], object]
) -> Callable[[Progress], object]:
    """Tell the caller's own callback too."""
    if first is None:
        return second

    def tell(progress: Progress) -> object:
        second(progress)
        return first(progress)

    return tell
