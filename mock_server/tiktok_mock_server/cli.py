"""`tiktok-mock`: the mock in a process of its own, and its rules."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import datetime, timezone

import attrs

from .clock import Clock
from .switches import FAST, Switches, switch_table, with_texts
from .webhooks import is_loopback
from .why import log
from .world import Account, World, default_world

PORT = 8642


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tiktok-mock", description="A TikTok that runs on your machine.")
    commands = parser.add_subparsers(dest="command", required=True)

    serve = commands.add_parser("serve", help="run the mock; one line of JSON says where")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (this machine only by default)"
    )
    serve.add_argument("--port", type=int, default=PORT, help=f"0 for any free one (default {PORT})")
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
    serve.add_argument("--seed", default="mock", help="the same seed and requests give the same bytes")
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
    serve.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])

    rules = commands.add_parser("rules", help="print every rule, what it rests on, and since when it holds")
    rules.add_argument("--json", action="store_true", help="as JSON")
    switches = commands.add_parser("switches", help="print every switch with its default and values")
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
    try:
        world = _world(options)
    except ValueError as error:
        parser.error(str(error))
    return _serve(options, world)


def _world(options: argparse.Namespace) -> World:
    defaults = Switches() if options.realistic else attrs.evolve(Switches(), **FAST)  # type: ignore[arg-type]
    settings = list(options.switch)
    if options.as_of:
        settings.append(f"as_of={options.as_of}")
    clock = Clock(frozen=False)
    if options.freeze is not None:
        start = None
        if options.freeze:
            moment = datetime.fromisoformat(options.freeze)
            start = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
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
    return world


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it an answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name != "nt":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def _serve(options: argparse.Namespace, world: World) -> int:
    logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    log.setLevel(options.log_level.upper())
    try:
        listener = _bind(options.host, options.port)
    except OSError as error:
        print(
            f"tiktok-mock: cannot listen on {options.host}:{options.port}: {error.strerror or error}. "
            f"Is another one running there? Choose another with --port, or let --port 0 find one.",
            file=sys.stderr,
        )
        return 1
    if not is_loopback(options.host):
        print(
            f"tiktok-mock: listening on {options.host}: everyone who reaches this machine can use it",
            file=sys.stderr,
        )
    asyncio.run(_run(options, world, listener))
    return 0


async def _run(options: argparse.Namespace, world: World, listener: socket.socket) -> None:
    from .app import create_app
    from .server import Server

    app = create_app(world, auto_approve=options.auto_approve, strict=options.strict)
    server = Server(app)
    app.state.engine.listener = server.refuse
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(number, lambda _number, _frame: server.stop())
        else:
            loop.add_signal_handler(number, server.stop)

    def ready() -> None:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            shown = "127.0.0.1"
        line = {
            "url": f"http://{shown}:{port}",
            "pid": os.getpid(),
            "client_key": world.app.client_key,
            "client_secret": world.app.client_secret,
            "username": world.account.username,
        }
        print(json.dumps(line), flush=True)

    await server.run_on(listener, ready)


def _print_rules(*, as_json: bool) -> int:
    from .rule import all_rules

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
        print(f"{name} = {str(default).lower() if isinstance(default, bool) else default}    ({values})")
        print(f"    {text} [{mark}{': ' + source if source else ''}]\n")
    return 0
