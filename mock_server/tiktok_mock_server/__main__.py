"""`tiktok-mock` and `python -m tiktok_mock_server`: the command, or what has to be installed for it."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line; the result is the exit code."""
    # What a start makes stays: looking through it for garbage again and again would be a tenth of the start.
    # `cli` turns it on again when the mock is ready.
    gc.disable()
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
