"""Description ↔ mock, judged by schemathesis over HTTP: `make contract`.

Every JSON operation is called with drawn requests, right and wrong, alone and along the links of the
description; every answer is checked against the description (status, content type, headers, schema). The
mock itself runs with `--strict`. Then the same judge looks at a mock with one wrong answer, and must not be
content.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tests.judges.serving import (
    BUNDLE,
    OUTSIDE,
    Verdict,
    ask,
    free_port,
    mock,
    report,
    run,
    running,
    wait_for,
)

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
LEFT_OUT = {
    "authorize": "a page for a browser; the judges that log in walk it",
    "uploadChunk": "its address is given at run time and its headers must fit its bytes; tests/mock uploads",
}


def schemathesis(
    url: str, token: str, phases: str, examples: int, *only: str
) -> subprocess.CompletedProcess[str]:
    """One run of the command."""
    left_out = [part for name in LEFT_OUT for part in ("--exclude-operation-id", name)]
    chosen = [part for name in only for part in ("--include-operation-id", name)]
    return run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "run", str(BUNDLE), "--url", url),
            *("--checks", CHECKS, "--phases", phases),
            *("--max-examples", str(examples), "--seed", "7", "--continue-on-failure", "--no-shrink"),
            *("--generation-database", "none", *(chosen or left_out)),
        ],
        seconds=1200,
        MOCK_URL=url,
        MOCK_TOKEN=token,
        SCHEMATHESIS_HOOKS=str(OUTSIDE / "schemathesis_hooks.py"),
        PYTHONPATH=str(OUTSIDE),
    )


def publish(url: str, token: str) -> None:
    """One public video, so that the list of videos is not empty."""
    body = {
        "post_info": {"privacy_level": "PUBLIC_TO_EVERYONE"},
        "source_info": {"source": "PULL_FROM_URL", "video_url": "https://media.example.test/v.mp4"},
    }
    started = ask(f"{url}/v2/post/publish/video/init/", body, Authorization=f"Bearer {token}")
    ask(f"{url}/_mock/posts/{started['data']['publish_id']}/finish", {})
    ask(f"{url}/_mock/clock", {"advance": 3600})


def faithful(examples: int) -> Verdict:
    """The mock as it is."""
    legacy = "token_profile=legacy"  # the hooks move the clock, and a token is to live through the run
    options = (
        "--strict",
        "--public",
        "--audited",
        "--verified-domain",
        "media.example.test",
        "--switch",
        legacy,
    )
    with mock(*options) as url:
        ask(f"{url}/_mock/accounts", {"username": "schemathesis.login"})
        token = ask(f"{url}/_mock/authorize", {})["access_token"]
        publish(url, token)
        done = schemathesis(url, token, "examples,coverage,fuzzing,stateful", examples)
        met = ask(f"{url}/_mock/coverage")
    cases = re.search(r"([\d,]+) generated, ([\d,]+) passed", done.stdout)
    links = re.search(r"API Links:\s+(\d+) covered / \d+ selected / (\d+)", done.stdout)
    shown = f"{cases.group(1)} requests" if cases else "no summary"
    walked, known = (int(links.group(1)), int(links.group(2))) if links else (0, 0)
    shown += f", {walked} of {known} links walked"
    content = done.returncode == 0 and walked * 2 > known
    return Verdict("schemathesis, the mock", content, shown, done.stdout + done.stderr + str(met))


def broken() -> Verdict:
    """The mock with a wrong answer."""
    port = free_port()
    with running([sys.executable, str(OUTSIDE / "broken_mock.py"), str(port)]) as process:
        wait_for(port, process)
        url = f"http://127.0.0.1:{port}"
        token = ask(f"{url}/_mock/authorize", {})["access_token"]
        done = schemathesis(url, token, "examples,fuzzing", 5, "queryCreatorInfo")
    noticed = done.returncode != 0 and "creator_nickname" in done.stdout
    shown = "noticed" if noticed else "a wrong answer went unnoticed"
    return Verdict("schemathesis, a broken mock", noticed, shown, done.stdout + done.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=40, help="drawn requests for each operation")
    options = parser.parse_args()
    for name, reason in LEFT_OUT.items():
        print(f"  left out: {name}: {reason}")
    return report([faithful(options.examples), broken()])


if __name__ == "__main__":
    sys.exit(main())
