"""Media made on the spot: videos of every kind and photos of every size, with PyAV."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import av

_av: Any = av
"""PyAV knows the types of its streams only when it is told the codec in so many words."""


def video(
    *,
    container: str = "mp4",
    codec: str = "libx264",
    width: int = 640,
    height: int = 480,
    rate: int = 30,
    seconds: float = 1.0,
    live: bool = False,
) -> bytes:
    """A grey video; with `live` one that does not say how long it is, as browsers record them."""
    frames = max(1, round(rate * seconds))
    return _encode(container, codec, width, height, "yuv420p", rate, frames, {"live": "1"} if live else {})


def sound() -> bytes:
    """An MP4 without a picture."""
    file = BytesIO()
    with _av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=44100)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = 44100
        for packet in stream.encode(frame):
            output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return file.getvalue()


def photo(kind: str, width: int, height: int) -> bytes:
    """A grey picture: jpeg, webp or png."""
    codec, container, pixels = {
        "jpeg": ("mjpeg", "image2pipe", "yuvj420p"),
        "webp": ("libwebp", "webp", "yuv420p"),
        "png": ("png", "image2pipe", "rgb24"),
    }[kind]
    return _encode(container, codec, width, height, pixels, 1, 1)


def _encode(
    container: str,
    codec: str,
    width: int,
    height: int,
    pixels: str,
    rate: int,
    frames: int,
    muxing: dict[str, str] | None = None,
) -> bytes:
    file = BytesIO()
    options: dict[str, str] = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with _av.open(file, "w", format=container, options=muxing or {}) as output:
        stream = output.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        frame = av.VideoFrame(width, height, pixels)
        for plane in frame.planes:
            plane.update(b"\x80" * plane.buffer_size)
        for number in range(frames):
            frame.pts = number
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)
    return file.getvalue()
