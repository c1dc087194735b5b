"""How a command shows what it found: lines or JSON on the standard output, progress on the other.

Names and texts come out of a store that anybody may have written, so what could
steer a terminal is shown as an escape.
"""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec import json

_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_STEP = 1024
_MINUTE = 60


def printable(text: str) -> str:
    r"""Return a text with control and format characters as escapes.

    Examples
    --------
    >>> printable("red" + chr(27) + "[31m")
    'red\\x1b[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_plain(char) else ascii(char)[1:-1] for char in text)


def note(text: str) -> None:
    """Say something that is no result: on the stream of errors."""
    print(f"mandala: {printable(text)}", file=sys.stderr)  # noqa: T201 - a command's way to speak


def say(text: object = "") -> None:
    """Print lines."""
    for line in str(text).split("\n"):
        print(printable(line))  # noqa: T201 - a command's way to speak


def say_json(found: Any) -> None:
    """Print a result as JSON."""
    print(json.format(json.encode(found, enc_hook=_plain), indent=2).decode())  # noqa: T201 - as above


def say_table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> None:
    """Print columns."""
    cells = [[printable(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip())  # noqa: T201 - as above


def size(number: float) -> str:
    """Return bytes for people.

    Examples
    --------
    >>> size(1536)
    '1.5 KB'
    """
    for unit in _UNITS:
        if number < _STEP or unit == _UNITS[-1]:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= _STEP
    raise AssertionError("the last unit takes all")


def duration(seconds: float) -> str:
    """Return a span of time for people.

    Examples
    --------
    >>> duration(0.0000171), duration(2.5), duration(4000)
    ('17.1 us', '2.5 s', '1:06:40')
    """
    if seconds >= _MINUTE:
        return str(timedelta(seconds=round(seconds)))
    factor, unit = (1, "s") if seconds >= 1 or not seconds else (1e3, "ms") if seconds >= 1e-3 else (1e6, "us")  # noqa: PLR2004
    return f"{seconds * factor:.3g} {unit}"


def moment(seconds: float) -> str:
    """Return a time of day for people."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (ValueError, OverflowError, OSError):  # no time that a calendar knows
        return "?"


@contextmanager
def progress(what: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Yield what counts on: shown where somebody watches, and only if it takes a while."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _number: None
        return
    from tqdm.std import tqdm

    scaled = unit == "B"
    with tqdm(desc=what, unit=unit, unit_scale=scaled, total=total, delay=0.5, leave=False, file=sys.stderr) as bar:
        yield lambda number: bar.update(number) and None


def _is_plain(char: str) -> bool:
    return char in "\t " or unicodedata.category(char)[0] not in "CZ"


def _plain(found: Any) -> Any:
    if is_dataclass(found) and not isinstance(found, type):
        return asdict(found)
    if isinstance(found, Path):
        return str(found)
    return dict(found) if isinstance(found, Mapping) else str(found)
