"""Goal 1: uploads, against curl, a raw socket, plain httpx, requests and the documented client.

`python -m benchmarks.upload [--full]`
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import sink
from benchmarks.harness import MIB, ROOT, Report, environment, interleaved, main, ratios, run, server

GIB = 1024 * MIB
Cost = Mapping[str, float]

SENDERS = ("ours", "ours async", "documented", "httpx bytes", "httpx pieces", "requests bytes")


def video(path: Path, size: int, *, sparse: bool = False) -> Path:
    """An MP4 of so many bytes: the clip of the examples, and a box that players skip."""
    clip = (ROOT / "examples" / "media" / "hello.mp4").read_bytes()
    with path.open("wb") as file:
        file.write(clip + min(size - len(clip), 2**32 - 1).to_bytes(4, "big") + b"free")
        block = os.urandom(MIB)
        while not sparse and (left := size - file.tell()) > 0:
            file.write(block[:left])
        file.truncate(size)
    return path


@contextmanager
def throwing_away(folder: Path, *, tls: bool, rate: int = 0) -> Generator[tuple[str, dict[str, str]]]:
    """A sink, and what a client's environment needs to trust it."""
    options = ["--rate", str(rate)] if rate else []
    trust: dict[str, str] = {}
    if tls:
        pem, ca = folder / "server.pem", folder / "ca.pem"
        if not pem.exists():
            sink.certificate(folder)
        options += ["--certificate", str(pem)]
        trust = {name: str(ca) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    with server("-m", "benchmarks.sink", *options) as (line, _):
        yield line["url"], trust


def send(name: str, url: str, path: Path, trust: Mapping[str, str], *options: str) -> Cost:
    """One upload in a fresh process."""
    env = environment(ours=name != "documented", extra=trust)
    ran = run(
        [sys.executable, "-m", "benchmarks.senders", name, "--url", url, "--file", str(path), *options],
        env=env,
    )
    cost: dict[str, float] = json.loads(ran.output)
    return {**cost, "process_cpu": ran.cpu}


def curl(url: str, path: Path, trust: Mapping[str, str]) -> Cost:
    """curl sends the file with one PUT."""
    command = ["curl", "-sS", "-f", "-o", os.devnull, "-H", "Expect:", "-T", str(path), f"{url}/video/"]
    ran = run(command, env={**os.environ, **trust})
    return {"seconds": ran.seconds, "cpu": ran.cpu, "process_cpu": ran.cpu}


def measure(full: bool) -> Report:
    size, rounds = (GIB, 7) if full else (256 * MIB, 5)
    report = Report("upload", f"1. Upload of {size // MIB} MiB in chunks of 64 MiB, {rounds} rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = video(folder / "video.mp4", size)
        for tls in (False, True):
            _race(report, folder, path, rounds, tls=tls)
        path.unlink()
        _largest(report, folder)
        _slow(report, folder)
    if not shutil.which("curl"):
        report.notes.append("curl is not on this machine: no comparison with it")
    report.notes += [
        "CPU is that of the upload (init included); curl's is its whole process",
        "the documented client cuts into 10 MiB chunks, whatever it is told",
    ]
    return report


def _race(report: Report, folder: Path, path: Path, rounds: int, *, tls: bool) -> None:
    kind = "TLS" if tls else "plain"
    with throwing_away(folder, tls=tls) as (url, trust):
        contestants: dict[str, Callable[[], Cost]] = {
            name: partial(send, name, url, path, trust) for name in ("raw", *SENDERS)
        }
        if shutil.which("curl"):
            contestants["curl"] = lambda: curl(url, path, trust)
        found = interleaved(contestants, rounds)
        held = [send("ours async", url, path, trust, "--beat") for _ in range(3)]

    def of(name: str, what: str) -> list[float]:
        return [cost[what] for cost in found[name]]

    gib = path.stat().st_size / GIB
    if "curl" in found:
        most = 1.1 if tls else 1.25
        report.add(f"{kind}, sync: CPU over curl's", ratios(of("ours", "cpu"), of("curl", "cpu")), most=most)
        report.add(
            f"{kind}, sync: the same, start of the interpreter included",
            ratios(of("ours", "process_cpu"), of("curl", "cpu")),
        )
        report.add(f"{kind}, async: CPU over curl's", ratios(of("ours async", "cpu"), of("curl", "cpu")))
    report.add(
        f"{kind}, sync: rate over a raw socket's",
        ratios(of("raw", "seconds"), of("ours", "seconds")),
        least=0.95 if tls else None,
    )
    report.add(
        f"{kind}, async: rate over a raw socket's",
        ratios(of("raw", "seconds"), of("ours async", "seconds")),
        least=0.85 if tls else None,
    )
    for ours in ("ours", "ours async"):
        report.add(
            f"{kind}, {'sync' if ours == 'ours' else 'async'}: CPU over the documented client's",
            ratios(of(ours, "cpu"), of("documented", "cpu")),
            most=0.2 if ours == "ours" else None,
        )
    report.add(f"{kind}, sync: memory above idle", of("ours", "above_mb"), "MB", most=2, worst=True)
    report.add(f"{kind}, async: memory above idle", of("ours async", "above_mb"), "MB", most=12, worst=True)
    report.add(
        f"{kind}, async: longest the loop was held",
        [cost["held_ms"] for cost in held],
        "ms",
        most=20,
        worst=True,
    )
    report.add(
        f"{kind}, async: the same, waiting for a core included", [cost["wall_ms"] for cost in held], "ms"
    )
    for name in contestants:
        report.add(f"{kind}, {name}: CPU per GiB", [value / gib for value in of(name, "cpu")], "s")
        report.add(f"{kind}, {name}: rate", [gib * 1024 / value for value in of(name, "seconds")], "MiB/s")
        if name not in ("curl", "raw", "ours", "ours async"):
            report.add(f"{kind}, {name}: memory above idle", of(name, "above_mb"), "MB")


def _largest(report: Report, folder: Path) -> None:
    """The largest video that TikTok takes, for the memory alone."""
    path = video(folder / "largest.mp4", 4 * GIB, sparse=True)
    with throwing_away(folder, tls=False) as (url, trust):
        for name, most in (("ours", 2), ("ours async", 12)):
            cost = send(name, url, path, trust)
            kind = "sync" if name == "ours" else "async"
            report.add(f"4 GiB, {kind}: memory above idle", [cost["above_mb"]], "MB", most=most)
    path.unlink()


def _slow(report: Report, folder: Path) -> None:
    """Slow uplinks, default settings: sync and async, plain and TLS, path, file object and bytes."""
    with ThreadPoolExecutor(32) as pool:
        for rate, words, size in ((150_000, "150 kB/s", 4 * MIB), (5_000_000, "5 MB/s", 64 * MIB)):
            path = video(folder / f"slow{rate}.mp4", size)
            with (
                throwing_away(folder, tls=False, rate=rate) as plain,
                throwing_away(folder, tls=True, rate=rate) as tls,
            ):
                cases = [
                    pool.submit(_completes, name, url, path, trust, source)
                    for name in ("ours", "ours async")
                    for url, trust in (plain, tls)
                    for source in ("path", "file", "bytes")
                ]
                done = [case.result() for case in cases]
                others = [
                    pool.submit(_completes, "httpx bytes", url, path, trust, "")
                    for url, trust in (plain, tls)
                ]
                fates = [other.result() for other in others]
            report.add(
                f"uplink of {words}: uploads that complete, of {len(cases)}",
                [sum(done)],
                "",
                least=len(cases),
            )
            told = ", ".join(
                f"{way} {'completes' if fate else 'fails'}"
                for way, fate in zip(("plain", "TLS"), fates, strict=True)
            )
            report.notes.append(f"uplink of {words}, httpx with its defaults and chunks as bytes: {told}")


def _completes(name: str, url: str, path: Path, trust: Mapping[str, str], source: str) -> bool:
    try:
        send(name, url, path, trust, *(["--source", source] if source else []))
    except RuntimeError:
        return False
    return True


if __name__ == "__main__":
    main(measure)
