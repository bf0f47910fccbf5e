"""`tiktok-mock` and `python -m tiktok_mock_server`: the command, or what has to be installed for it."""

from __future__ import annotations

import gc
import os
import sys


def main() -> int:
    """Run the command line; the result is the exit code."""
    # What a start makes stays: looking through it for garbage again and again would be a tenth of the start.
    # `cli` turns it on again when the mock is ready.
    gc.disable()
    try:
        from . import check_extra

        check_extra()
        from .cli import main as run

        code = run()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0].startswith("tiktok_"):
            raise
        print(
            f'tiktok-mock: {missing.name} is not installed; pip install "tiktok-openapi[mock]"',
            file=sys.stderr,
        )
        return 1
    return code


if __name__ == "__main__":
    raise SystemExit(main())
