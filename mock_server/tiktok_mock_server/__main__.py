"""`tiktok-mock` and `python -m tiktok_mock_server`: the command, or what has to be installed for it."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the result is the exit code."""
    try:
        from .cli import main as run

        return run()
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0].startswith("tiktok_"):
            raise
        print(
            f'tiktok-mock: {missing.name} is not installed; pip install "tiktok-openapi[mock]"',
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
