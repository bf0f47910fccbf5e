"""`tiktok-mock`: the mock in a process of its own, and its rules."""

from __future__ import annotations

import argparse
import asyncio
import copy
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import attrs

from . import commands, scenarios, seed
from .addresses import is_loopback
from .clock import Clock
from .commands import FORMATS
from .engine import Engine
from .exchange import Doors
from .listening import listen, url_of
from .rules.registration import check_callback_url, check_host
from .switches import FAST, Switches, switch_table, with_texts
from .tls import Certificates, NoTls
from .version import VERSION
from .visitors import Origin, check_origin
from .why import log
from .world import Account, World, default_world

PORT = 8642
LAST_PORT = 65535
ALL = 100


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {LAST_PORT}, not {text!r}")
    return int(text)


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1
    if not 0 <= percent <= ALL:
        raise argparse.ArgumentTypeError(f"a percentage is a number from 0 to {ALL}, not {text!r}")
    return percent


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tiktok-mock", description="A TikTok that runs on your machine.")
    parser.add_argument("-V", "--version", action="version", version=f"%(prog)s {VERSION}")
    kinds = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, what: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        text = f"{what[0].upper()}{what[1:]}."
        return kinds.add_parser(name, help=what, description=text, parents=parents)

    serve = argparse.ArgumentParser(add_help=False)
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (this machine only by default)"
    )
    serve.add_argument("--port", type=_port, default=PORT, help="0 for any free one (default %(default)s)")
    serve.add_argument(
        "--auto-approve", action="store_true", help="skip the consent page: the user agrees to all"
    )
    serve.add_argument(
        "--verified-domain",
        action="append",
        default=[],
        metavar="DOMAIN",
        help="a domain or https:// prefix that may be pulled from (repeatable)",
    )
    serve.add_argument("--webhook-url", default="", metavar="URL", help="where the app's events go")
    serve.add_argument(
        "--webhook-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host besides this machine that may be called with events (repeatable)",
    )
    serve.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="URL",
        help="an origin besides the mock's own whose pages may call /_mock/ (repeatable)",
    )
    serve.add_argument("--audited", action="store_true", help="let the app be audited")
    serve.add_argument("--public", action="store_true", help="let the creator's account be public")
    serve.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="NAME[:public]",
        help="one more user, private unless said otherwise (repeatable)",
    )
    serve.add_argument("--as-of", metavar="DATE", help="follow the rules of this day (2026-08-01)")
    serve.add_argument(
        "--seed", default="mock", help="the same seed and requests give the same bytes (default %(default)s)"
    )
    serve.add_argument(
        "--freeze",
        nargs="?",
        const="",
        default=None,
        metavar="TIME",
        help="let the clock stand still (at this time, 2026-11-22T09:15:30) until it is moved",
    )
    serve.add_argument("--realistic", action="store_true", help="let posts take as long as at TikTok")
    serve.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how to behave where TikTok is unsure; `tiktok-mock switches` lists them (repeatable)",
    )
    serve.add_argument("--strict", action="store_true", help="check every answer against the description")
    serve.add_argument(
        "--log-level",
        default="info",
        choices=["debug", "info", "warning", "error"],
        help="how much is told on standard error (default %(default)s)",
    )
    serve.add_argument("--log-json", action="store_true", help="one JSON object per line of the log")
    serve.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="a particular bad day; `tiktok-mock scenarios` lists them (repeatable)",
    )
    serve.add_argument(
        "--seed-file", default="", metavar="FILE", help="apps, accounts and videos, as YAML or JSON"
    )
    serve.add_argument("--tls", action="store_true", help="speak https, under a root made for this run")
    serve.add_argument(
        "--tls-folder", default="", metavar="FOLDER", help="where that root is written (default: a new one)"
    )
    serve.add_argument("--ready-file", default="", metavar="FILE", help="say where it is in a file, too")
    serve.add_argument("--config", default="", metavar="FILE", help="options from a TOML file")

    command("serve", "run the mock; one line of JSON says where", serve)
    beside = command(
        "exec",
        "run a command beside the mock: tiktok-mock exec -- pytest",
        copy.deepcopy(serve),  # parsers share what they inherit, and the defaults differ
    )
    beside.set_defaults(port=0, log_level="warning")
    beside.add_argument("--coverage", choices=FORMATS, help="print how much of the API was met")
    beside.add_argument("--fail-under", type=_percent, metavar="PERCENT", help="fail when less was met")
    beside.add_argument("arguments", nargs="*", metavar="COMMAND", help="what to run, after --")
    health = command("health", "exit code 0 when a mock is ready, 1 when not")
    health.add_argument(
        "--url", default=f"http://127.0.0.1:{PORT}", help="where the mock is (default %(default)s)"
    )
    faults = command("faults", "print every kind of fault that can be planned")
    faults.add_argument("--json", action="store_true", help="as JSON")
    named = command("scenarios", "print every scenario")
    named.add_argument("--json", action="store_true", help="as JSON")

    recording = argparse.ArgumentParser(add_help=False)
    recording.add_argument("file", type=Path, help="a HAR, a cassette of vcrpy, or a golden file")
    taken = command("import", "make a seed or a golden file of a recording of TikTok", recording)
    taken.add_argument("--seed", default="", metavar="FILE", help="for `serve --seed-file FILE`")
    taken.add_argument("--golden", default="", metavar="FILE", help="what was said, redacted: for `compare`")
    compared = command(
        "compare",
        "compare TikTok's recorded answers with the mock's; exit code 1 when they differ",
        recording,
    )
    compared.add_argument("--json", action="store_true", help="as JSON")
    compared.add_argument(
        "--switch", action="append", default=[], metavar="NAME=VALUE", help="as for `serve` (repeatable)"
    )
    compared.add_argument(
        "--try-switches", action="store_true", help="print the switches that leave fewer differences"
    )

    rules = command("rules", "print every rule, what it rests on, and since when it holds")
    rules.add_argument("--json", action="store_true", help="as JSON")
    switches = command("switches", "print every switch with its default and values")
    switches.add_argument("--json", action="store_true", help="as JSON")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the result is the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "rules":
        return _print_rules(as_json=options.json)
    if options.command == "switches":
        return _print_switches(as_json=options.json)
    if options.command == "health":
        return commands.health(options.url)
    if options.command == "faults":
        return commands.print_faults(as_json=options.json)
    if options.command == "scenarios":
        return commands.print_scenarios(as_json=options.json)
    if options.command == "import":
        return commands.import_recording(options.file, seed=options.seed, golden=options.golden)
    if options.command == "compare":
        return commands.compare_recording(
            options.file, options.switch, as_json=options.json, try_switches=options.try_switches
        )
    try:
        options = _configured(parser, arguments, options)
        _check(options)
        options.certificates = _certificates(options)
        engine = Engine(
            _world(options),
            auto_approve=options.auto_approve,
            strict=options.strict,
            recipe=lambda: _world(options),
            doors=Doors(origins=_origins(options)),
        )
    except (ValueError, OSError, NoTls) as error:
        parser.exit(2, f"tiktok-mock: {error}\n")
    _log_as_wanted(options)
    return _serve(options, engine) if options.command == "serve" else _exec(options, engine)


def _configured(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None, options: argparse.Namespace
) -> argparse.Namespace:
    """The options with those of the file that they name as defaults."""
    if not options.config:
        return options
    from . import config

    path = Path(options.config)
    (chosen,) = (action for action in parser._actions if isinstance(action.choices, dict))  # noqa: SLF001 - no public list
    config.as_defaults(
        cast("dict[str, argparse.ArgumentParser]", chosen.choices)[options.command], config.load(path), path
    )
    return parser.parse_args(arguments)


def _check(options: argparse.Namespace) -> None:
    """See that what is needed later can be. Raises ValueError."""
    url: str = options.webhook_url
    check_callback_url(url)
    host = urlsplit(url).hostname or ""
    if url and not is_loopback(host) and host not in map(check_host, options.webhook_host):
        raise ValueError(
            f"--webhook-url {url}: {host} is not this machine; allow it with --webhook-host {host}"
        )
    if options.ready_file:
        folder = Path(options.ready_file).absolute().parent
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise ValueError(f"--ready-file {options.ready_file}: nothing can be written in {folder}")


def _origins(options: argparse.Namespace) -> frozenset[Origin]:
    """Whose pages may make control calls: those listed, and the mock's own by the name it was told."""
    listed = {check_origin(text) for text in options.allow_origin}
    return frozenset(listed | {("https" if options.tls else "http", options.host.lower(), options.port)})


def _certificates(options: argparse.Namespace) -> Certificates | None:
    if not options.tls:
        return None
    return Certificates(Path(options.tls_folder) if options.tls_folder else None)


def _log_as_wanted(options: argparse.Namespace) -> None:
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    handler.setFormatter(commands.JsonLines() if options.log_json else text)
    logging.basicConfig(level="WARNING", handlers=[handler])
    log.setLevel(options.log_level.upper())


def _started() -> None:
    """From now on garbage is looked for (`__main__` turned that off); what the start made is left out."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _exec(options: argparse.Namespace, engine: Engine) -> int:
    environment: dict[str, str] = {}
    options.tls_context = None
    if options.certificates is not None:
        options.tls_context = options.certificates.context()
        for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            environment[name] = str(options.certificates.root)
    _started()
    return commands.run_beside(engine, options.arguments, options, environment)


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(f"--freeze {text!r}: write a time such as 2026-11-22T09:15:30") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _sow(world: World, path: str) -> None:
    try:
        document = seed.read_object(Path(path).read_bytes())
        if document is None:
            raise seed.BadSeed("a seed is an object")
        seed.sow(world, document)
    except OSError as error:
        raise ValueError(f"--seed-file {path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"--seed-file {path}: {error}") from None


def _world(options: argparse.Namespace) -> World:
    defaults = Switches() if options.realistic else attrs.evolve(Switches(), **FAST)
    settings = list(options.switch)
    if options.as_of:
        settings.append(f"as_of={options.as_of}")
    clock = Clock(frozen=False)
    if options.freeze is not None:
        start = None
        if options.freeze:
            start = _moment(options.freeze)
        clock = Clock(start=start)
    world = default_world(
        seed=options.seed,
        clock=clock,
        switches=with_texts(defaults, settings),
        verified_domains=tuple(options.verified_domain),
        webhook_url=options.webhook_url,
        webhook_hosts=tuple(options.webhook_host),
        audited=options.audited,
        public=options.public,
    )
    for text in options.account:
        name, _, kind = text.partition(":")
        if not name or kind not in ("", "public", "private"):
            raise ValueError(f"--account {text!r}: write NAME, NAME:public or NAME:private")
        world.add_account(Account(name, private=kind != "public"))
    if options.seed_file:
        _sow(world, options.seed_file)
    for name in options.scenario:
        scenarios.apply(world, name)
    return world


def _serve(options: argparse.Namespace, engine: Engine) -> int:
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        print(commands.cannot_listen(options.host, options.port, error), file=sys.stderr)
        return 1
    if not is_loopback(options.host):
        print(
            f"tiktok-mock: listening on {options.host}: everyone who reaches this machine can use it",
            file=sys.stderr,
        )
    try:
        asyncio.run(_run(options, engine, listener))
    finally:
        if options.ready_file:
            Path(options.ready_file).unlink(missing_ok=True)
    return 0


async def _run(options: argparse.Namespace, engine: Engine, listener: socket.socket) -> None:
    from .app import Door
    from .server import Server

    world, certificates = engine.world, options.certificates
    tls = certificates.context() if certificates else None
    server = Server(Door(engine), doors=engine.doors, tls=tls)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(number, lambda _number, _frame: server.stop())
        else:
            loop.add_signal_handler(number, server.stop)

    def ready() -> None:
        url = url_of(listener, tls=certificates is not None)
        text = commands.ready_line(world, url, certificates.root if certificates else None)
        if options.ready_file:
            commands.write_ready_file(Path(options.ready_file), text)
        print(text, flush=True)
        _started()

    await server.run_on(listener, ready)


def _print_rules(*, as_json: bool) -> int:
    from .rules import all_rules

    rules = all_rules()
    if as_json:
        print(json.dumps([attrs.asdict(rule) for rule in rules], indent=2))
        return 0
    for rule in rules:
        print(f"{rule.id}\n    {rule.text}")
        since = f", since {rule.since}" if rule.since else ""
        switch = f"; switch: {rule.switch}" if rule.switch else ""
        print(f"    [{rule.mark}{since}{': ' + rule.source if rule.source else ''}{switch}]\n")
    return 0


def _print_switches(*, as_json: bool) -> int:
    table = switch_table()
    if as_json:
        names = ("name", "default", "values", "text", "mark", "source")
        print(json.dumps([dict(zip(names, row, strict=True)) for row in table], indent=2, default=str))
        return 0
    for name, default, values, text, mark, source in table:
        shown = "" if default is None else str(default).lower() if isinstance(default, bool) else default
        print(f"{name}={shown}    ({values})")
        print(f"    {text} [{mark}{': ' + source if source else ''}]\n")
    return 0
