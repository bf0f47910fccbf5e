"""Publish to TikTok without TikTok: a mock in its own process, a real client, real bytes over HTTP.

`make demo` runs this. It starts the mock, logs a creator in, uploads two videos, posts photos, sends a draft,
prints what became of each, and stops the mock again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from tiktok_api_client import Progress as UploadProgress
from tiktok_api_client import TikTok

HELLO = Path(__file__).parent / "media" / "hello.mp4"
REDIRECT_URI = "http://127.0.0.1:8765/callback/"
CHUNK_SIZE = 10_000_000
BIG_SIZE = 64_000_123

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def mock_tiktok() -> Generator[str, None, None]:
    """The address of a mock TikTok that lives as long as the block."""
    command = [sys.executable, "-m", "tiktok_mock_server", "serve", "--port", "0"]
    command += ["--auto-approve", "--verified-domain", "media.example.test"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            if not line:
                sys.exit("the mock did not start; run it by hand to see why: " + " ".join(command[1:]))
            yield json.loads(line)["url"]
        finally:
            server.terminate()


def step(title: str) -> None:
    console.print(f"\n[bold cyan]▸[/] [bold]{title}[/]")


def say(text: str) -> None:
    console.print(f"  {text}")


def big_video(folder: Path) -> Path:
    """A playable file of several chunks: the clip, followed by an MP4 box that players skip."""
    path = folder / "big.mp4"
    clip = HELLO.read_bytes()
    padding = BIG_SIZE - len(clip)
    with path.open("wb") as file:
        file.write(clip + padding.to_bytes(4, "big") + b"free")
        file.truncate(BIG_SIZE)
    return path


def log_in(tik: TikTok) -> None:
    """What a browser and the app's callback page do between them."""
    address = tik.get_authorization_url()
    say(f"authorization URL   [dim]{address.partition('?')[0]}?client_key=…&code_challenge=…[/]")
    answer = httpx.get(address)
    callback = httpx.URL(answer.headers["location"])
    say(f"the mock redirects  [dim]{str(callback).partition('?')[0]}?code=…&state=…[/]")
    token = tik.exchange_code_for_token(code=callback.params["code"])
    say(f"logged in           open id {token.open_id}, scopes {token.scope}")
    say(f"access token        good for {token.expires_in // 60} minutes")


def main() -> None:
    outcomes = Table("what", "publish id", "became", box=None, padding=(0, 2), header_style="bold")

    with mock_tiktok() as address, tempfile.TemporaryDirectory() as folder:
        console.print(f"[bold]A TikTok of your own[/] is listening on [cyan]{address}[/]")
        with TikTok(
            "mock_client_key",
            "mock_client_secret",
            REDIRECT_URI,
            scopes=["user.info.basic", "video.publish", "video.upload"],
            base_url=address,
        ) as tik:
            step("Log in")
            log_in(tik)

            step("Ask what this creator may post")
            creator = tik.get_creator_info()
            say(f"{creator.creator_nickname} (@{creator.creator_username})")
            say(f"privacy levels      {', '.join(map(str, creator.privacy_level_options))}")
            say(f"longest video       {creator.max_video_post_duration_sec} s")

            step(f"Post {HELLO.name} ({HELLO.stat().st_size:,} bytes, one chunk)")
            small = tik.create_video(
                title="Hello from my own machine #mock",
                source="FILE_UPLOAD",
                upload_type="POST_VIDEO_FILE",
                privacy_level="SELF_ONLY",
                video_path=HELLO,
            )
            status = tik.wait(small.publish_id)
            say(f"{small.publish_id}  →  [green]{status.status}[/]")
            outcomes.add_row("hello.mp4", small.publish_id, str(status.status))

            big = big_video(Path(folder))
            step(f"Post {big.name} ({BIG_SIZE:,} bytes, chunks of {CHUNK_SIZE:,})")
            columns = (
                TextColumn("  {task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
            )
            with Progress(*columns, console=console) as bar:
                task = bar.add_task("uploading", total=BIG_SIZE)

                def show(progress: UploadProgress) -> None:
                    bar.update(task, completed=progress.sent_bytes)

                large = tik.create_video(
                    title="A long one",
                    source="FILE_UPLOAD",
                    upload_type="POST_VIDEO_FILE",
                    privacy_level="SELF_ONLY",
                    video_path=big,
                    chunk_size=CHUNK_SIZE,
                    on_progress=show,
                )
            status = tik.wait(large.publish_id)
            say(f"{large.publish_id}  →  [green]{status.status}[/]")
            outcomes.add_row("big.mp4", large.publish_id, str(status.status))

            step("Post two photos, pulled from a verified domain")
            photos = tik.create_photo(
                title="Two pictures",
                description="Pulled by the mock from a domain that this app has verified.",
                post_mode="DIRECT_POST",
                privacy_level="SELF_ONLY",
                photo_images=["https://media.example.test/1.jpg", "https://media.example.test/2.webp"],
                photo_cover_index=0,
            )
            status = tik.wait(photos.publish_id)
            say(f"{photos.publish_id}  →  [green]{status.status}[/]")
            outcomes.add_row("two photos", photos.publish_id, str(status.status))

            step("Send a draft to the creator's inbox")
            draft = tik.create_video(
                title="",
                source="FILE_UPLOAD",
                upload_type="UPLOAD_VIDEO_FILE",
                video_path=HELLO,
            )
            status = tik.wait(draft.publish_id)
            say(f"{draft.publish_id}  →  [green]{status.status}[/]")
            outcomes.add_row("draft", draft.publish_id, str(status.status))

    console.print()
    console.print(outcomes)
    console.print("\n[dim]The mock has stopped and its files are gone. `make test` is next.[/]")


if __name__ == "__main__":
    main()
