"""Commands of `tiktok-mock` beside `serve`: `exec`, `health`, and lists of what can be asked for."""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .addresses import past_proxies
from .listening import address
from .why import log

if TYPE_CHECKING:
    from .coverage import Result
    from .engine import Engine
    from .world import World

FORMATS = ("text", "json", "github", "junit")
ENVIRONMENT = ("TIKTOK_BASE_URL", "TIKTOK_MOCK_URL")
"""What `exec` sets to the mock's address: what this project's client reads, and a name for everybody."""


class JsonLines(logging.Formatter):
    """Log records as one JSON object each."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def write_ready_file(path: Path, line: str) -> None:
    """Let a file say where the mock is; it is whole as soon as it is there."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(line + "\n", encoding="utf-8")
    part.replace(path)


def ready_line(world: World, url: str, root: Path | None) -> str:
    """The line of JSON that says where a mock is, who can log in there, and who is logged in already."""
    line: dict[str, object] = {
        "url": url,
        "pid": os.getpid(),
        "client_key": world.app.client_key,
        "client_secret": world.app.client_secret,
        "username": world.account.username,
    }
    tokens = [
        {"username": one.grant.account.username, "client_key": one.app.client_key, "access_token": one.value}
        for one in world.access_tokens.values()
        if one.grant is not None
    ]
    if tokens:
        line["tokens"] = tokens
    if root is not None:
        line["root"] = str(root)
    return json.dumps(line)


def cannot_listen(host: str, port: int, error: OSError) -> str:
    """Why an address cannot be had, and what helps."""
    why = f"tiktok-mock: cannot listen on {host}:{port}: {error.strerror or error}."
    if error.errno == errno.EADDRINUSE:
        hint = "Choose another with --port, or let --port 0 find one."
        return f"{why} {who_is_there(address(host, port))} {hint}"
    if error.errno == errno.EACCES:
        return f"{why} Choose a port above 1023 with --port, or let --port 0 find one."
    return f"{why} Choose an address of this machine with --host."


def who_is_there(url: str) -> str:
    """A hint about who has a port."""
    try:
        return f"Another tiktok-mock ({_told(f'{url}/_mock/health', 0.5)['version']}) is running there."
    except (OSError, ValueError, KeyError, TypeError):
        return "Another program is running there."


def health(url: str) -> int:
    """Whether a mock is ready: the exit code, for a container's health check."""
    try:
        ready = _told(f"{url.rstrip('/')}/_mock/ready", 2).get("ready") is True
    except (OSError, ValueError, AttributeError) as error:
        met = getattr(error, "reason", None)  # what urllib's error is about
        why = f": {met.strerror if isinstance(met, OSError) and met.strerror else error}"
    else:
        why = ""
        if ready:
            return 0
    print(f"tiktok-mock: {url} is not ready{why}", file=sys.stderr)
    return 1


def _told(url: str, seconds: float) -> Any:
    """The JSON that a mock answers with. Raises OSError or ValueError."""
    from urllib.request import (
        ProxyHandler,
        build_opener,
    )  # not needed for a start, of which it would be a tenth

    # A proxy of the environment cannot reach this machine, and containers are often given one.
    with build_opener(ProxyHandler({})).open(url, timeout=seconds) as answer:
        return json.load(answer)


def run_beside(
    engine: Engine, command: Sequence[str], options: argparse.Namespace, environment: dict[str, str]
) -> int:
    """Run a command while the mock serves; its exit code is the result."""
    from .running import Running

    if not command:
        print("tiktok-mock: exec needs a command: tiktok-mock exec -- pytest", file=sys.stderr)
        return 2
    try:
        running = Running(engine, host=options.host, port=options.port, tls=options.tls_context)
    except OSError as error:
        print(cannot_listen(options.host, options.port, error), file=sys.stderr)
        return 1
    ready = Path(options.ready_file) if options.ready_file else None
    with running as url:
        for name in ENVIRONMENT:
            environment[name] = url
        app = engine.world.app
        environment["TIKTOK_CLIENT_KEY"], environment["TIKTOK_CLIENT_SECRET"] = (
            app.client_key,
            app.client_secret,
        )
        environment.update(past_proxies(os.environ))
        if ready is not None:
            root = options.certificates.root if options.certificates else None
            write_ready_file(ready, ready_line(engine.world, url, root))
        try:
            code = _run(command, {**os.environ, **environment})
        finally:
            if ready is not None:
                ready.unlink(missing_ok=True)
        unused = [fault for name in engine.family() for fault in engine.family()[name].world.faults.unused()]
    for fault in unused:
        print(f"tiktok-mock: a planned fault did not happen: {fault}", file=sys.stderr)
    covered = _report(engine.world.coverage.result(), options)
    return code or (1 if unused or not covered else 0)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    try:
        child = subprocess.Popen(command, env=environment)  # noqa: S603 - that is what the user asked for
    except OSError as error:
        print(f"tiktok-mock: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    before = {
        number: signal.signal(number, lambda got, _frame: child.send_signal(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code


def _report(result: Result, options: argparse.Namespace) -> bool:
    """Print how much of the API was met, if asked; whether that is enough."""
    if options.coverage:
        print(written(result, options.coverage))
    if options.fail_under is not None and result.percent < options.fail_under:
        print(
            f"tiktok-mock: {result.percent:.1f} % of the API was met, {options.fail_under:.1f} % are wanted",
            file=sys.stderr,
        )
        return False
    return True


def written(result: Result, form: str) -> str:
    """A coverage report in one of the FORMATS."""
    if form == "json":
        return json.dumps(result.describe(), indent=2)
    if form == "junit":
        return result.junit()
    if form == "github":
        text = result.markdown()
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(text + "\n")
        return text
    return result.text()


def print_faults(*, as_json: bool) -> int:
    """Every kind of fault."""
    from .faults import CATALOGUE

    if as_json:
        table = [
            {"fault": one.name, "text": one.text, "details": dict(one.details)} for one in CATALOGUE.values()
        ]
        print(json.dumps(table, indent=2))
        return 0
    for one in CATALOGUE.values():
        details = ", ".join(
            name if value is None else f"{name}={value}" for name, value in one.details.items()
        )
        print(f"{one.name}{f'    ({details})' if details else ''}\n    {one.text}\n")
    return 0


def print_scenarios(*, as_json: bool) -> int:
    """Every scenario."""
    from .scenarios import SCENARIOS

    if as_json:
        print(json.dumps([{"name": one.name, "text": one.text} for one in SCENARIOS.values()], indent=2))
        return 0
    for one in SCENARIOS.values():
        print(f"{one.name}\n    {one.text}\n")
    return 0


def import_recording(path: Path, *, seed: str, golden: str) -> int:
    """Make a seed or a golden file of a recording of the real TikTok."""
    import yaml

    from .recorded_world import RecordedWorld, exchanges
    from .recording import BadRecording, read
    from .redaction import Leak, check, redact

    if not seed and not golden:
        print("tiktok-mock: import needs --seed FILE or --golden FILE, or both", file=sys.stderr)
        return 2
    try:
        recorded = read(path)
        redacted, secrets = redact(recorded)
        sown = RecordedWorld(redacted).seed()
        check(sown, secrets)
        if golden:
            text = json.dumps(redacted, indent=1, ensure_ascii=False)
            Path(golden).write_text(text + "\n", encoding="utf-8")
        if seed:
            text = yaml.safe_dump(sown, sort_keys=False, allow_unicode=True)
            Path(seed).write_text(text, encoding="utf-8")
    except (BadRecording, Leak, OSError) as error:
        return _unreadable(path, error)
    kept = len(exchanges(redacted))
    print(f"{_exchanges(kept)} with TikTok, {len(recorded) - kept} with others left out")
    return 0


def compare_recording(path: Path, switches: Sequence[str], *, as_json: bool, try_switches: bool) -> int:
    """Compare the answers of a recording with their description and with the mock's; 1 where they differ."""
    import attrs

    from .likeness import better_switches, compare
    from .recorded_world import exchanges
    from .recording import BadRecording, read
    from .redaction import Leak, redact

    try:
        golden, _ = redact(read(path))
        with _hushed():
            found = compare(golden, switches)
            better = better_switches(golden, switches) if try_switches and found else []
    except (BadRecording, Leak, OSError) as error:
        return _unreadable(path, error)
    except ValueError as error:
        print(f"tiktok-mock: {error}", file=sys.stderr)
        return 2
    if as_json:
        document: dict[str, object] = {
            "exchanges": len(exchanges(golden)),
            "differences": [attrs.asdict(one) for one in found],
        }
        if try_switches:
            document["better"] = [{"switch": setting, "differences": left} for setting, left in better]
        print(json.dumps(document, indent=2))
        return 1 if found else 0
    for one in found:
        hint = f" ({one.hint})" if one.hint else ""
        said = f"TikTok: {one.recorded}; {one.against}: {one.expected}{hint}"
        print(f"#{one.exchange} {one.operation} {one.at}: {said}")
    differences = f"{len(found) or 'no'} difference{'s' * (len(found) != 1)}"
    print(f"{_exchanges(len(exchanges(golden)))}, {differences}")
    for setting, left in better:
        print(f"--switch {setting} leaves {left or 'none'}")
    return 1 if found else 0


@contextmanager
def _hushed() -> Generator[None, None, None]:
    """What the mock refuses is told as a difference, so it need not be logged as well."""
    level = log.level
    log.setLevel("ERROR")
    try:
        yield
    finally:
        log.setLevel(level)


def _exchanges(count: int) -> str:
    return f"{count} exchange{'s' * (count != 1)}"


def _unreadable(path: Path, error: Exception) -> int:
    """Say in one line what is wrong with a file; nothing of its content is in it."""
    if isinstance(error, OSError):
        path, text = Path(error.filename or path), error.strerror or "it cannot be read"
    else:
        text = str(error)
    print(f"tiktok-mock: {path}: {text}", file=sys.stderr)
    return 2
