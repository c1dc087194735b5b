"""The arguments of ``mandala``, and what becomes of errors.

Exit status: 0; 1 for what could not be done; of ``fsck`` the sum of 1 (corrupt),
2 (untrusted) and 4 (other, a store that cannot be opened); 64 for arguments that
are none; 130 when it was interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from mandala_lab.model.errors import MandalaLabError

_USAGE = 64
_INTERRUPTED = 130
_OTHER_FAULT = 4
_COMMANDS = {
    **{name: ("listing", name) for name in ("ls", "stats", "explain", "config")},
    **{name: ("care", name) for name in ("fsck", "gc", "pin", "trust", "migrate")},
    "export": ("transfer", "export"),
    "import": ("transfer", "take_in"),
}
"""By command, the module and the function that does it."""
_KINDS = {
    "ops": "ops",
    "sessions": "notebooks and scripts, the latest last,",
    "pins": "what is kept for good",
    "signers": "whose records they are, and whom you trust,",
    "set-aside": "what repairs found damaged",
}
"""What ``ls`` can list beside calls."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments, with a status of its own."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(_USAGE, f"{self.prog}: {message}\n")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for, which takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from mandala_lab import __version__

        print(f"mandala-lab {__version__}")  # noqa: T201 - a command's way to speak
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may hold what this terminal cannot show
    options = _parser().parse_args(arguments)
    from mandala_lab.cli import shown

    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            return _run(options)
    except BrokenPipeError:  # whoever reads it has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that nothing is left to be flushed
        return 0
    except (MandalaLabError, LookupError, ValueError, TypeError, OSError) as error:
        text = error.args[0] if isinstance(error, LookupError) and error.args else error
        shown.note(str(text))
        return _OTHER_FAULT if options.command == "fsck" else 1
    except KeyboardInterrupt:
        shown.note("interrupted")
        return _INTERRUPTED


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    from mandala_lab.cli import shown

    shown.note(str(message))


def _run(options: argparse.Namespace) -> int:
    from importlib import import_module

    subject, name = _COMMANDS[options.command]
    status = getattr(import_module(f"mandala_lab.cli.{subject}"), name)(options)  # no other: importing takes its time
    if sys.stdout is not None:
        sys.stdout.flush()
    return int(status)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="mandala", description="Look at stores of memoized calls, and look after them.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, what: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        if name not in {"import", "config"}:
            found.add_argument("store", metavar="STORE", help="file of the store, such as results.db")
        found.add_argument("--json", action="store_true", help="print JSON")
        return found

    _add_listing(add)
    _add_care(add)
    _add_transfer(add)
    return parser


def _add_listing(add: Any) -> None:
    listed = add("ls", "list calls, the latest last")
    listed.add_argument("--op", help="only calls of this op, by name or key")
    listed.add_argument("--status", choices=("ok", "error"), help="only calls with this status")
    listed.add_argument("--limit", type=_count, metavar="N", help="how many (50)")
    kinds = listed.add_mutually_exclusive_group()
    for kind, what in _KINDS.items():
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=f"list {what} instead")
    add("stats", "say how much is stored, and what memoization came to")
    add("config", "show the settings in effect, and where each came from")
    explained = add("explain", "say why a recorded call ran, and what differs from the nearest earlier one")
    explained.add_argument("call", metavar="CALL", help="hid of the call, or how it begins")


def _add_care(add: Any) -> None:
    checked = add("fsck", "check that all is as it was written; status 1: corrupt, 2: untrusted, 4: other")
    checked.add_argument("--repair", action="store_true", help="mend, or set aside, what is damaged")
    collected = add("gc", "delete what is least worth its bytes; without a limit only what nothing refers to")
    collected.add_argument("--max-size", type=_bytes, metavar="SIZE", help="what may stay, such as 500MB or 2GB")
    collected.add_argument("--older-than", metavar="AGE", help="what did not occur for so long goes: 30d, 12h")
    collected.add_argument("--set-aside", action="store_true", help="delete also what repairs found damaged")
    collected.add_argument("--dry-run", action="store_true", help="delete nothing, and say what would be")
    collected.add_argument("--vacuum", action="store_true", help="also give the space back to the file system")
    pinned = add("pin", "keep a call for good, with all that it was made from")
    pinned.add_argument("call", metavar="CALL", help="hid of the call, or how it begins")
    pinned.add_argument("--reason", default="", help="a note for yourself")
    pinned.add_argument("--remove", action="store_true", help="let it be collected again")
    trusted = add("trust", "let records count that somebody else signed, or nobody")
    trusted.add_argument("key", metavar="KEY", help="their key file, a fingerprint of ls --signers, or unsigned")
    trusted.add_argument("--remove", action="store_true", help="let what a trusted key file signs count no longer")
    trusted.add_argument("--pickles", action="store_true", help="pickled values too, which can run any code")
    migrated = add("migrate", "bring a store of an earlier version up to date")
    migrated.add_argument("--dry-run", action="store_true", help="only say what would be done")


def _add_transfer(add: Any) -> None:
    exported = add("export", "write a picture, a report or data of the graph, or an archive of all")
    exported.add_argument("what", metavar="OP", nargs="?", help="only calls of this op; without -o, the file")
    exported.add_argument("-o", "--output", metavar="FILE", help="the ending says what it is: report.html, backup.zip")
    exported.add_argument("--op", help="only calls of this op")
    exported.add_argument("--session", help="only calls of this session")
    exported.add_argument(
        "--select", metavar="SELECTION", help="only this of the graph: '+model', 'status:error', 'x=3'"
    )
    exported.add_argument("--values", action="store_true", help="in an .html file, show values, too")
    exported.add_argument(
        "--redact",
        action="append",
        default=[],
        metavar="NAME",
        help="but none of this name or type (* is anything)",
    )
    taken = add("import", "take in what an archive or another store holds")
    taken.add_argument("source", metavar="FILE", help="an archive, or the file of a store")
    taken.add_argument("store", metavar="STORE", help="file of the store that takes it in, made if it is missing")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _bytes(text: str) -> float:
    found = re.fullmatch(r"([0-9.]+)\s*([kmgt]?)i?b?", text.strip().lower())
    try:
        number = float(found[1]) if found else -1.0
    except ValueError:
        number = -1.0
    if number < 0 or found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: give one such as 500MB (2**20 bytes each) or 2GB")
    return number * 1024.0 ** " kmgt".index(found[2] or " ")


if __name__ == "__main__":
    sys.exit(main())
