"""`tiktok-mock` in a process of its own: where it is, when it is ready, how it stops, what it runs."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tiktok_mock_server import MockTikTok, Switches, World, __main__, cli
from tiktok_mock_server.commands import JsonLines
from tiktok_mock_server.running import Running
from tiktok_mock_server.version import VERSION

COMMAND = [sys.executable, "-m", "tiktok_mock_server"]


@contextmanager
def serving(*options: str) -> Generator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """A server and the line with which it says where it is."""
    command = [*COMMAND, "serve", *(options if "--port" in options else ("--port", "0", *options))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline()), server
        finally:
            server.terminate()  # as a user would; a killed one cannot say which of its code ran
            try:
                server.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **env})


def test_it_says_where_it_is_on_stdout_and_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    with serving("--ready-file", str(file), "--scenario", "spam-risk") as (line, server):
        assert json.loads(file.read_text()) == line
        assert line["pid"] == server.pid
        assert "tokens" not in line
        assert httpx.get(f"{line['url']}/_mock/ready").json() == {"ready": True}
        assert run("health", "--url", line["url"]).returncode == 0
        server.send_signal(signal.SIGTERM)
        assert server.wait(5) == 0
        assert not file.exists()
    assert run("health", "--url", line["url"]).returncode == 1


def test_tokens_of_a_seed_file_are_told(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text("accounts: [{username: ada}]\ntokens: [{username: ada, scopes: [video.publish]}]\n")
    with serving("--seed-file", str(seed)) as (line, _):
        (token,) = line["tokens"]
        assert (token["username"], token["client_key"]) == ("ada", line["client_key"])
        answer = httpx.post(
            f"{line['url']}/v2/post/publish/creator_info/query/",
            headers={"Authorization": f"Bearer {token['access_token']}"},
        )
        assert answer.json()["data"]["creator_username"] == "ada"


def test_its_health_is_asked_past_the_proxy_that_the_environment_names() -> None:
    proxy = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "no_proxy": "",
    }
    with serving() as (line, _):
        assert run("health", "--url", line["url"], **proxy).returncode == 0
        taken = run("serve", "--port", line["url"].rpartition(":")[2], **proxy)
        assert "Another tiktok-mock" in taken.stderr


def seconds_to_stop() -> float:
    with serving() as (line, server):
        address = ("127.0.0.1", int(line["url"].rpartition(":")[2]))
        with socket.create_connection(address), httpx.Client() as client:
            client.get(f"{line['url']}/_mock/health")
            began = time.perf_counter()
            server.send_signal(signal.SIGTERM)
            assert server.wait(5) == 0
            return time.perf_counter() - began


def test_it_stops_at_once_though_clients_are_connected_and_silent() -> None:
    # Other tests keep the machine busy, so that the quickest of a few counts.
    assert any(seconds_to_stop() < 0.3 for _ in range(10))


def test_a_busy_port_fails_at_once_and_says_who_is_there() -> None:
    with serving() as (line, server):
        port = line["url"].rpartition(":")[2]
        second = run("serve", "--port", port)
        assert second.returncode == 1
        assert "Another tiktok-mock" in second.stderr
        server.kill()
        server.wait()
        with serving("--port", port) as (again, _):
            assert again["url"] == line["url"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        second = run("serve", "--port", str(other.getsockname()[1]))
        assert (second.returncode, "Another program" in second.stderr) == (1, True)


def test_exec_runs_a_command_beside_the_mock_and_returns_its_code() -> None:
    ask = "import os, urllib.request as r, sys; r.urlopen(os.environ['TIKTOK_BASE_URL'] + '/_mock/ready')"
    script = f"{ask}; sys.exit(7)"
    assert run("exec", "--", sys.executable, "-c", script).returncode == 7
    assert run("exec", "--", sys.executable, "-c", "").returncode == 0
    assert run("exec", "--", "no-such-command-here").returncode == 127
    assert run("exec").returncode == 2


def test_exec_wants_enough_of_the_api_and_faults_used_up(tmp_path: Path) -> None:
    nothing = ("--", sys.executable, "-c", "")
    report = run("exec", "--coverage", "json", *nothing)
    assert json.loads(report.stdout)["percent"] == 0
    short = run("exec", "--fail-under", "10", *nothing)
    assert (short.returncode, "0.0 % of the API was met, 10.0 % are wanted" in short.stderr) == (1, True)
    unused = run("exec", "--scenario", "lost-answers", *nothing)
    assert (unused.returncode, "a planned fault did not happen: lost at initVideoPost" in unused.stderr) == (
        1,
        True,
    )
    for form in ("text", "github", "junit"):
        assert "authorize" in run("exec", "--coverage", form, *nothing).stdout


def test_exec_counts_faults_of_every_world_and_tells_by_which_signal_its_command_ended() -> None:
    plan = (
        "import json, os, urllib.request as r; url = os.environ['TIKTOK_MOCK_URL']; "
        "post = lambda path, body: r.urlopen(r.Request(url + path, json.dumps(body).encode())); "
        "post('/_mock/worlds', {'name': 'other'}); "
        "post('/_world/other/_mock/faults', {'fault': 'reset', 'operation': 'fetchStatus'})"
    )
    planned = run("exec", "--", sys.executable, "-c", plan)
    assert (planned.returncode, "did not happen: reset at fetchStatus" in planned.stderr) == (1, True)
    killed = run("exec", "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 15)")
    assert killed.returncode == 128 + 15


def test_who_is_added_is_private_and_a_bad_day_is_one_for_those_of_a_seed_file_too(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text("accounts: [{username: carl}]")
    added = ("--account", "ada", "--account", "bob:public", "--seed-file", str(seed))
    with serving("--realistic", "--scenario", "banned-creator", *added) as (line, _):
        accounts = httpx.get(f"{line['url']}/_mock/accounts").json()["accounts"]
        switches = httpx.get(f"{line['url']}/_mock/switches").json()["switches"]
    assert [(one["username"], one["private"], one["banned"]) for one in accounts[1:3]] == [
        ("ada", True, True),
        ("bob", False, True),
    ]
    assert (accounts[3]["username"], accounts[3]["banned"]) == ("carl", True)
    assert switches["processing_seconds"] == Switches().processing_seconds


def test_the_report_for_github_goes_into_the_summary_of_the_step(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    report = run(
        "exec", "--coverage", "github", "--", sys.executable, "-c", "", GITHUB_STEP_SUMMARY=str(summary)
    )
    assert summary.read_text() == f"before\n{report.stdout}"
    assert "### Coverage of TikTok's API" in report.stdout


def test_options_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mock.toml"
    seed = tmp_path / "seed.yaml"
    seed.write_text("accounts: [{username: ada}]")
    file.write_text(
        f'auto-approve = true\nport = 0\nscenario = ["spam-risk"]\nseed-file = "{seed}"\n'
        '[switch]\ntoken_profile = "legacy"\n'
    )
    with serving("--config", str(file), "--switch", "token_profile=current") as (line, _):
        switches = httpx.get(f"{line['url']}/_mock/switches").json()["switches"]
        accounts = httpx.get(f"{line['url']}/_mock/accounts").json()["accounts"]
        httpx.post(f"{line['url']}/_mock/accounts", json={"username": "bob"})
        httpx.post(f"{line['url']}/_mock/reset")
        again = httpx.get(f"{line['url']}/_mock/accounts").json()["accounts"]
    assert (switches["daily_posts"], switches["token_profile"]) == (0, "current")
    assert [one["username"] for one in accounts] == ["mock.creator", "ada"]
    assert again == accounts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("prot = 0", "did you mean 'port'?"),
        ("port = 'x'", "port is a number"),
        ("strict = 1", "strict is true or false"),
        ("log-level = 'loud'", "log-level is one of debug, info"),
        ("port =", "mock.toml"),
        ("scenario = ['nothing']", "there is no scenario 'nothing'"),
        ("seed-file = '/dev/null'", "/dev/null: a seed is an object"),
        ("seed-file = '/nowhere.yaml'", "--seed-file /nowhere.yaml: No such file or directory"),
        ("port = 70000", "a port is a number from 0 to 65535, not '70000'"),
        ("freeze = 'noon'", "--freeze 'noon': write a time such as 2026-11-22T09:15:30"),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "mock.toml"
    file.write_text(text)
    result = run("serve", "--config", str(file))
    assert result.returncode == 2
    assert reason in result.stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--port", "70000"), "a port is a number from 0 to 65535, not '70000'"),
        (("--port", "-1"), "a port is a number from 0 to 65535, not '-1'"),
        (("--config", "/nowhere.toml"), "/nowhere.toml: No such file or directory"),
        (
            ("--switch", "progress"),
            "'progress' has no value; write progress=VALUE: either, time, polls, by_hand",
        ),
        (("--switch", "progres=time"), "there is no switch 'progres'; did you mean 'progress'?"),
        (("--switch", "zzzz=1"), "there is no switch 'zzzz'; there are: abandoned_upload, as_of,"),
        (
            ("--ready-file", "/nowhere/ready"),
            "--ready-file /nowhere/ready: nothing can be written in /nowhere",
        ),
        (("--webhook-url", "nonsense"), "'nonsense' is no address for events"),
        (("--webhook-url", "https://Example.com/x"), "allow it with --webhook-host example.com"),
    ],
)
def test_an_option_that_makes_no_sense(
    options: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["serve"], ["exec", "--", "true"]):
        with pytest.raises(SystemExit) as stopped:
            cli.main([command[0], *options, *command[1:]])
        assert stopped.value.code == 2
        assert reason in capsys.readouterr().err


def test_what_makes_no_sense_is_told_in_one_line_after_no_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text("accounts:\n  - {username: x\n")
    with pytest.raises(SystemExit):
        cli.main(["serve", "--seed-file", str(seed)])
    said = capsys.readouterr().err
    assert said.startswith(f"tiktok-mock: --seed-file {seed}: neither JSON nor YAML: line 3, column 1: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("share", ["101", "-1", "nan", "most"])
def test_a_share_of_the_api_that_cannot_be_met(share: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["exec", "--fail-under", share, "--", "true"])
    assert stopped.value.code == 2
    assert f"a percentage is a number from 0 to 100, not '{share}'" in capsys.readouterr().err


def test_health_says_why_a_mock_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert cli.main(["health", "--url", url]) == 1
    assert capsys.readouterr().err == f"tiktok-mock: {url} is not ready: Connection refused\n"
    with serving() as (line, _):
        assert cli.main(["health", "--url", f"{line['url']}/_world/none"]) == 1
    assert "is not ready: HTTP Error 404" in capsys.readouterr().err
    with Running(MockTikTok(World()).engine) as url:  # nobody can log in here yet
        assert cli.main(["health", "--url", url]) == 1
    assert capsys.readouterr().err == f"tiktok-mock: {url} is not ready\n"


def test_every_command_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    told = dict(re.findall(r"^    ([a-z]+) {2,}(\S.*)$", capsys.readouterr().out, re.MULTILINE))
    assert len(told) >= 9
    for name, what in told.items():
        with pytest.raises(SystemExit):
            cli.main([name, "--help"])
        assert what[1:] in " ".join(capsys.readouterr().out.split()), name


def test_one_exchange_is_no_plural(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry: dict[str, Any] = {
        "startedDateTime": "2026-11-20T10:00:00Z",
        "request": {"method": "POST", "url": "https://open.tiktokapis.com/v2/oauth/revoke/", "headers": []},
        "response": {"status": 502, "headers": [], "content": {"text": ""}},
    }
    file = tmp_path / "session.har"
    file.write_text(json.dumps({"log": {"entries": [entry]}}))
    assert cli.main(["import", str(file), "--golden", str(tmp_path / "golden.json")]) == 0
    assert capsys.readouterr().out == "1 exchange with TikTok, 0 with others left out\n"
    cli.main(["compare", str(file)])
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 exchange, ")


def test_an_address_that_cannot_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["serve"], ["exec", "--", "true"]):
        assert cli.main([command[0], "--port", "0", "--host", "192.0.2.1", *command[1:]]) == 1
        error = capsys.readouterr().err
        assert "cannot listen on 192.0.2.1:0" in error
        assert "Choose an address of this machine with --host." in error
        assert "running there" not in error
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = run("exec", "--port", port, "--", sys.executable, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "Another program is running there. Choose another with --port" in done.stderr


def test_a_clock_that_a_file_freezes(tmp_path: Path) -> None:
    file = tmp_path / "mock.toml"
    for text, frozen in (("freeze = true", True), ("freeze = false", False), ("", False)):
        file.write_text(text)
        with serving("--config", str(file)) as (line, _):
            assert httpx.get(f"{line['url']}/_mock/clock").json()["frozen"] is frozen
    file.write_text("freeze = 2026-11-22T09:15:30Z")
    with serving("--config", str(file)) as (line, _):
        assert httpx.get(f"{line['url']}/_mock/clock").json()["now"] == 1795338930


def test_exec_says_where_it_is_in_a_file_and_is_reached_past_a_proxy(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    script = (
        "import json, os, pathlib, urllib.request as r\n"
        "url = os.environ['TIKTOK_BASE_URL']\n"
        f"assert json.loads(pathlib.Path({str(file)!r}).read_text())['url'] == url\n"
        "r.urlopen(url + '/_mock/ready')\n"
        "print(os.environ['NO_PROXY'])\n"
    )
    proxies = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "no_proxy": "a.example",
    }
    done = run("exec", "--ready-file", str(file), "--", sys.executable, "-c", script, NO_PROXY="", **proxies)
    assert (done.returncode, done.stdout) == (0, "a.example,127.0.0.1,localhost\n"), done.stderr
    assert not file.exists()


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert (stopped.value.code, capsys.readouterr().out) == (0, f"tiktok-mock {VERSION}\n")


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    with subprocess.Popen([*COMMAND, "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as printing:
        assert printing.stdout is not None
        assert printing.stderr is not None
        printing.stdout.read(1)
        printing.stdout.close()
        assert printing.stderr.read() == b""


def test_tls_under_a_root_of_its_own(tmp_path: Path) -> None:
    with serving("--tls", "--tls-folder", str(tmp_path)) as (line, _):
        assert line["root"] == str(tmp_path / "root.pem")
        trusting = ssl.create_default_context(cafile=line["root"])
        with httpx.Client(verify=trusting) as client:
            assert client.get(f"{line['url']}/_mock/ready").json() == {"ready": True}
            client.post(f"{line['url']}/_mock/faults", json={"fault": "reset"})
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                client.get(f"{line['url']}/v2/user/info/")
        with httpx.Client() as client, pytest.raises(httpx.ConnectError):
            client.get(line["url"])
        port = int(line["url"].rpartition(":")[2])
        for name in ("localhost", "127.0.0.1", "::1"):
            with socket.create_connection(("127.0.0.1", port)) as plain:
                trusting.wrap_socket(plain, server_hostname=name).close()


@pytest.mark.parametrize("options", [(), ("--host", "0.0.0.0")])
def test_a_command_beside_a_mock_with_tls_is_told_whom_to_trust(options: tuple[str, ...]) -> None:
    ask = "import os, urllib.request as r; r.urlopen(os.environ['TIKTOK_BASE_URL'] + '/_mock/ready')"
    names = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
    same = f"len({{os.environ[n] for n in {names}}}) == 1"
    script = f"{ask}; assert {same}; assert os.environ['TIKTOK_BASE_URL'].startswith('https://')"
    done = run("exec", "--tls", *options, "--", sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr


def test_what_is_not_installed_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(SystemExit):
        cli.main(["serve", "--tls"])
    assert 'trustme is not installed; pip install "tiktok-openapi[mock,tls]"' in capsys.readouterr().err
    without = "import sys; sys.modules['uvicorn'] = None; from tiktok_mock_server.__main__ import main"
    command = [sys.executable, "-c", f"{without}; sys.exit(main())", "serve", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'uvicorn is not installed; pip install "tiktok-openapi[mock]"' in done.stderr


def test_the_package_too_names_what_is_not_installed() -> None:
    for name in ("jsonschema_rs", "starlette", "uvicorn", "jinja2"):
        script = f"import sys; sys.modules[{name!r}] = None; from tiktok_mock_server import MockTikTok"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        text = f'ModuleNotFoundError: {name} is not installed; pip install "tiktok-openapi[mock]"'
        assert done.stderr.splitlines()[-1:] == [text]


def test_a_module_of_its_own_that_is_missing_is_no_matter_of_installing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tiktok_mock_server.cli", None)
    with pytest.raises(ModuleNotFoundError, match=r"tiktok_mock_server\.cli"):
        __main__.main()


def test_logs_as_json_name_no_token() -> None:
    with serving("--log-json", "--log-level", "info") as (line, server):
        token = "act.mock.0123456789abcdefghijklmnopqrstuvwxyz"
        httpx.get(f"{line['url']}/v2/user/info/?fields=open_id", headers={"authorization": f"Bearer {token}"})
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=5)
    lines = [json.loads(one) for one in errors.splitlines()]
    assert any("getUserInfo refused" in one["message"] for one in lines)
    assert token not in errors


def test_a_log_as_json_keeps_the_traceback() -> None:
    with pytest.raises(ValueError, match="Expecting value") as failed:
        json.loads("nothing")
    why = (failed.type, failed.value, failed.tb)
    record = logging.LogRecord("tiktok_mock", logging.ERROR, "", 0, "it failed", None, why)
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["message"]) == ("error", "it failed")
    assert line["exception"].startswith("Traceback")
    assert "JSONDecodeError: Expecting value" in line["exception"]


def test_lists() -> None:
    for command in ("faults", "scenarios", "rules", "switches"):
        assert len(json.loads(run(command, "--json").stdout)) > 10
        assert run(command).stdout
