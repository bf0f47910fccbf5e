"""How a video is cut into chunks: a value to look at and to change, and always within TikTok's rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import attrs

from tiktok_openapi import Impossible
from tiktok_openapi.limits import (
    MAX_CHUNK_COUNT,
    MAX_CHUNK_SIZE,
    MAX_FINAL_CHUNK_SIZE,
    MAX_VIDEO_SIZE,
    MIN_CHUNK_COUNT,
    MIN_CHUNK_SIZE,
)


class Chunk(NamedTuple):
    """One piece of a video: `size` bytes from the byte number `first` on, counted from 0."""

    first: int
    size: int


@attrs.frozen
class ChunkPlan:
    """How a video of `video_size` bytes is cut: `total_chunk_count` chunks of `chunk_size` bytes.

    The three numbers are those of an init's `source_info`. A plan that breaks a rule cannot be made:

    - `total_chunk_count` is `video_size / chunk_size`, rounded *down*; the last chunk takes the remainder.
    - A single chunk is the whole video, and has at most 64 MiB.
    - With several chunks each has 5 to 64 MiB, the last one less than 128 MiB; there are at most 1000.

    Raises:
        Impossible: one of the numbers breaks a rule; it names the number, its value and the limit.

    https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
    """

    video_size: int
    """Bytes of the whole video: 1 to 4 GiB."""
    chunk_size: int
    """Bytes of every chunk but the last."""
    total_chunk_count: int

    def __attrs_post_init__(self) -> None:
        size, chunk, count = self.video_size, self.chunk_size, self.total_chunk_count
        _check_video_size(size)
        if chunk < 1:
            raise Impossible("chunk_size", f"{chunk:,}", "must be at least 1 byte")
        if chunk > size:
            raise Impossible("chunk_size", f"{chunk:,}", f"must not exceed the video's {size:,} bytes")
        if count != size // chunk:
            raise Impossible(
                "total_chunk_count",
                f"{count:,}",
                f"must be {size:,} / {chunk:,} rounded down, which is {size // chunk:,}",
                "the last chunk takes the remainder",
            )
        if count == MIN_CHUNK_COUNT:
            if chunk != size:
                raise Impossible(
                    "chunk_size",
                    f"{chunk:,}",
                    f"must be the whole video ({size:,} bytes) when there is one chunk",
                )
            if chunk > MAX_CHUNK_SIZE:
                raise Impossible(
                    "chunk_size",
                    f"{chunk:,}",
                    f"must be at most {MAX_CHUNK_SIZE:,}",
                    "use more than one chunk",
                )
            return
        if not MIN_CHUNK_SIZE <= chunk <= MAX_CHUNK_SIZE:
            raise _wrong_chunk_size(chunk)
        if count > MAX_CHUNK_COUNT:
            raise Impossible(
                "total_chunk_count", f"{count:,}", f"must be at most {MAX_CHUNK_COUNT:,}", "use larger chunks"
            )
        if self.last_chunk_size > MAX_FINAL_CHUNK_SIZE:
            raise Impossible(
                "chunk_size",
                f"{chunk:,}",
                f"must leave a last chunk of at most {MAX_FINAL_CHUNK_SIZE:,} bytes",
                "use another chunk size",
            )

    @classmethod
    def for_size(cls, video_size: int, chunk_size: int | None = None) -> ChunkPlan:
        """The plan for a video of so many bytes: in one piece up to 64 MiB, else in chunks of up to 64 MiB.

        Args:
            video_size: bytes, 1 to 4 GiB.
            chunk_size: cut into chunks of so many bytes instead, 5 to 64 MiB. A video that is shorter than
                two of them is not cut, unless it has more than 64 MiB; then it is cut in two.

        Raises:
            Impossible: no plan within the rules has these numbers.
        """
        for field, value in (("video_size", video_size), ("chunk_size", chunk_size)):
            if value is not None and type(value) is not int:
                raise Impossible(field, repr(value), "must be a whole number of bytes")
        _check_video_size(video_size)
        if chunk_size is None:
            chunk_size = MAX_CHUNK_SIZE
        elif chunk_size > MAX_CHUNK_SIZE or (chunk_size < MIN_CHUNK_SIZE and chunk_size != video_size):
            raise _wrong_chunk_size(chunk_size)
        if video_size < 2 * chunk_size:
            chunk_size = video_size if video_size <= MAX_CHUNK_SIZE else video_size // 2
        return cls(video_size, chunk_size, video_size // chunk_size)

    @property
    def last_chunk_size(self) -> int:
        """Bytes of the last chunk: the remainder."""
        return self.video_size - (self.total_chunk_count - 1) * self.chunk_size

    def chunks(self, first: int = 0) -> Iterator[Chunk]:
        """The chunks in the order in which they must be sent, from the one that begins at byte `first` on."""
        for number in range(first // self.chunk_size, self.total_chunk_count):
            yield self.chunk(number)

    def chunk(self, number: int) -> Chunk:
        """The chunk of this number, counted from 0."""
        last = number == self.total_chunk_count - 1
        return Chunk(number * self.chunk_size, self.last_chunk_size if last else self.chunk_size)

    def at(self, first: int) -> int | None:
        """The number of the chunk that begins at byte `first`; the count at the end; None anywhere else."""
        if first == self.video_size:
            return self.total_chunk_count
        number, beside = divmod(first, self.chunk_size)
        return number if not beside and 0 <= number < self.total_chunk_count else None


def _check_video_size(video_size: int) -> None:
    if video_size < 1:
        raise Impossible("video_size", f"{video_size:,}", "must be at least 1 byte", "the video is empty")
    if video_size > MAX_VIDEO_SIZE:
        raise Impossible("video_size", f"{video_size:,}", f"must be at most {MAX_VIDEO_SIZE:,} bytes (4 GiB)")


def _wrong_chunk_size(chunk_size: int) -> Impossible:
    limit = f"must be {MIN_CHUNK_SIZE:,} to {MAX_CHUNK_SIZE:,} bytes (5 to 64 MiB), or the whole video"
    return Impossible("chunk_size", f"{chunk_size:,}", limit)
