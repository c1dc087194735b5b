"""The ops that rows call: with results that lie in the record of a call, in a row, and in a file.

They are imported by the processes of a row too, which run the same calls on the same store.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from mandala_lab import Storage, op

RUNS = "TORTURE_RUNS"
"""The variable of the environment that names the file in which bodies note that they run."""
KINDS = ("inline", "row", "array", "bytes")
OVERFLOW_MB = 4096 / 2**20
"""Larger values lie in files: arrays and bytes, but no rows."""


def expected(kind: str, x: int) -> Any:
    """Return what `kept` has to answer."""
    if kind == "inline":
        return 7 * x + 1
    if kind == "row":
        return [x + n for n in range(60)]
    if kind == "array":
        return np.arange(1000, dtype=np.float64) + x
    return x.to_bytes(16, "big") * 400


def same(one: Any, other: Any) -> bool:
    """Whether two results are the same."""
    if type(one) is not type(other):
        return False
    return bool(np.array_equal(one, other)) if isinstance(one, np.ndarray) else bool(one == other)


def append(path: str | Path, text: str) -> None:
    """Add a line to a file to which other processes add lines, whole and at once."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(number, f"{text}\n".encode())
    finally:
        os.close(number)


def lines_of(path: Path) -> list[str]:
    """Return the whole lines of a file, which may not be there."""
    return path.read_text().split("\n")[:-1] if path.exists() else []


def _note(text: str) -> None:
    if path := os.environ.get(RUNS):
        append(path, text)


@op(name="torture:kept", version="1")  # which looks at the environment
def kept(kind: str, x: int) -> Any:
    """Return what a call of this kind has to answer."""
    _note(f"{kind} {x}")
    return expected(kind, x)


@op(name="torture:slow", version="1", ignore_args=["seconds", "entered"])
def slow(x: int, seconds: float, entered: str) -> Any:
    """Say that it has begun, and take its time."""
    _note(f"slow {x}")
    Path(entered).touch()
    time.sleep(seconds)
    return expected("row", x)


def opened(path: str | Path, **options: Any) -> Storage:
    """Open a store in which large values are not so large."""
    return Storage(path, overflow_threshold_MB=OVERFLOW_MB, progress=False, **options)
