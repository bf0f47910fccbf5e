"""`python -m codegen generate`, and `--check`, `--diff`, `--dump-ir`; `diff` compares two descriptions."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .async_faces import BEGINNING, async_faces
from .emit import emit
from .format import WrongFormatter, formatted
from .load import Refusal, load
from .lower import lower
from .writer import NOTICE

_ROOT: Final = Path(__file__).parent.parent
_SPECS: Final = (_ROOT / "spec", _ROOT / "mock_server" / "control")
_FACADE: Final = _ROOT / "facade"
_MARK: Final = NOTICE.partition("{")[0]
_DONE: Final = {"missing": "wrote    ", "stale": "rewrote  ", "orphan": "removed  "}
_REPAIR: Final = "run `make generate` (python -m codegen generate)"


def render(*specs: Path, style: bool = True, beside: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every file of the bindings for some descriptions, by its path below the output folder.

    Files given `beside` them take part in the one run of the formatter.
    """
    files = dict(beside or {})
    for spec in specs:
        document = load(spec)
        files |= emit(lower(document), document)
    return formatted(files) if style else files


def read_tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, byte-code left out."""
    if not folder.is_dir():
        return {}
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def compare(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    """What differs between two trees, in words, one line for each file."""
    lines: list[str] = []
    for path in sorted(wanted.keys() | found.keys()):
        if path not in found:
            lines.append(f"missing  {path}")
        elif path not in wanted:
            lines.append(f"orphan   {path}")
        elif wanted[path] != found[path]:
            lines.append(f"stale    {path}")
    return lines


class NotOurs(Exception):
    """The output folder holds files that the generator did not write."""


def _foreign(files: dict[str, str], found: dict[str, str]) -> list[str]:
    """What is neither inside a package that is written nor inside one that was generated before."""
    packages = {path.split("/")[0] for path in files}
    packages |= {path.split("/")[0] for path, text in found.items() if "/" in path and text.startswith(_MARK)}
    return [path for path in found if "/" not in path or path.split("/")[0] not in packages]


def write(files: dict[str, str], out: Path) -> list[str]:
    """Make the tree what it should be, and say which files changed; what is equal is not touched.

    Raises NotOurs, and writes nothing, where that would delete what somebody else has put there.
    """
    found = read_tree(out)
    if foreign := _foreign(files, found):
        raise NotOurs(
            f"{out} holds files that were not generated, such as {foreign[0]}, and generating would delete "
            "them; give --out a folder of its own"
        )
    return _put(files, found, out)


def _put(files: dict[str, str], found: dict[str, str], out: Path) -> list[str]:
    for path, text in files.items():
        if found.get(path) != text:
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    for path in found.keys() - files.keys():
        (out / path).unlink()
    return compare(files, found)


def _found_faces() -> dict[str, str]:
    return {path: text for path, text in read_tree(_FACADE).items() if text.startswith(BEGINNING)}


def _diff(wanted: dict[str, str], found: dict[str, str]) -> str:
    import difflib  # generating should not pay for it

    parts: list[str] = []
    for path in sorted(wanted.keys() | found.keys()):
        old, new = found.get(path, ""), wanted.get(path, "")
        parts += difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}"
        )
    return "".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 when something differs, 2 when the description is refused."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["diff"]:
        from .diff import main as compare_descriptions  # nor for this

        return compare_descriptions(given[1:])
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["generate"], help="write the bindings")
    parser.add_argument("--check", action="store_true", help="say whether the bindings are up to date")
    parser.add_argument("--diff", action="store_true", help="show what generating would change")
    parser.add_argument(
        "--dump-ir", action="store_true", help="show the description as the generator sees it"
    )
    parser.add_argument(
        "--spec",
        type=Path,
        action="append",
        help="folder of a description (repeatable; default: both of ours)",
    )
    parser.add_argument("--out", type=Path, default=_ROOT / "generated", help="folder of the bindings")
    options = parser.parse_args(arguments)
    if [options.command is not None, options.check, options.diff, options.dump_ir].count(True) != 1:
        parser.error("one of: generate, --check, --diff, --dump-ir")
    specs: list[Path] = options.spec or list(_SPECS)
    try:
        if options.dump_ir:
            import pprint

            for spec in specs:
                pprint.pp(lower(load(spec)), width=120)
            return 0
        faces, found_faces = ({}, {}) if options.spec else (async_faces(_FACADE), _found_faces())
        wanted = render(*specs, beside=faces)
        faces = {path: wanted.pop(path) for path in faces}
        if options.command == "generate":
            different = write(wanted, options.out) + _put(faces, found_faces, _FACADE)
            changed = [_DONE[how] + path for how, path in map(str.split, different)]
            print("\n".join(changed) if changed else "nothing to do", file=sys.stderr)
            return 0
        found = read_tree(options.out)
        if options.diff:
            print(_diff(wanted, found) + _diff(faces, found_faces), end="")
            return 0
        if different := compare(wanted, found) + compare(faces, found_faces):
            print("the bindings are out of date; " + _REPAIR + ":", *different, sep="\n", file=sys.stderr)
            return 1
    except (Refusal, WrongFormatter, NotOurs) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    gc.disable()  # one short run: collecting saves no memory worth a tenth of its time
    sys.exit(main())
