"""Row 5: bits flip and files are cut, in files of values, in rows, in the database and in its log.

A copy of a store is damaged in one place, then all its calls are made again as a new process
would make them. Each answer is right; what was damaged is computed again and named in a
warning, or the read fails with an error of ours. SQLite itself may call a file malformed:
then calls run, with a warning.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mandala_lab import MandalaLabError, MandalaLabWarning
from torture.figures import Figures, Size, progress, seeded
from torture.work import KINDS, RUNS, append, expected, kept, lines_of, opened, same
from torture.workers import errors_of, start

_ROUNDS = {"small": 24, "full": 1000}
_CALLS = [(kind, x) for x in range(2) for kind in KINDS]
_BATCH = 100  # copies that one process reads
_DATABASE, _LOG, _VALUES = "store.db", "store.db-wal", "store.db.values"
_COLUMNS = (
    ("stored_values", "data"),
    ("stored_values", "cid"),
    ("stored_values", "format"),
    ("stored_values", "digest"),
    ("spilled_values", "cid"),
    ("spilled_values", "digest"),
    ("spilled_values", "format"),
    ("calls", "links"),
    ("calls", "hid"),
    ("calls", "cid"),
    ("calls", "status"),
    ("calls", "started_us"),
    ("calls", "duration_us"),
    ("ops", "spec"),
    ("code_states", "reads"),
    ("code_states", "prefix"),
    ("code_versions", "code"),
    ("code_versions", "digest"),
)


def run(size: Size, folder: Path) -> Figures:
    """Damage copies of a store in turn, and read each in a process that notes what came of it."""
    figures = Figures("damage")
    origin = folder / "origin"
    origin.mkdir()
    _run(start(folder, _fill, origin))
    rounds = _ROUNDS[size]
    for first in range(0, rounds, _BATCH):
        batch = range(first, min(first + _BATCH, rounds))
        with patch.dict(os.environ, {RUNS: str(folder / "runs")}):
            process = _run(start(folder, _read_damaged, folder, origin, batch))
        at = lines_of(folder / "at")[-1]
        figures.expect(process.exitcode == 0, f"the process ended with {process.exitcode} at damage {at}")
        progress(f"{first + len(batch)} damaged stores read")
    for text in errors_of(folder):
        figures.fail(text)
    for what, number in sorted(Counter(lines_of(folder / "outcomes")).items()):
        figures.count(what, number)
        if what.startswith(("WRONG", "RAISED")):
            figures.fail(f"{number} x {what}")
    return figures.done()


def _run(process: Any) -> Any:
    process.join()
    return process


def _fill(origin: Path) -> None:
    """Make the store, with its log as a process leaves it that was killed."""
    with opened(origin / _DATABASE):
        for kind, x in _CALLS[: len(_CALLS) // 2]:
            kept(kind, x)
    storage = opened(origin / _DATABASE)
    with storage:
        for kind, x in _CALLS[len(_CALLS) // 2 :]:
            kept(kind, x)
    shutil.copytree(origin, origin.with_name("with its log"))
    storage.close()


def _read_damaged(folder: Path, origin: Path, numbers: range) -> None:
    for number in numbers:
        random = seeded("damage", number)
        where, damage = _DAMAGE[number % len(_DAMAGE)]
        copy = folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        (folder / "runs").unlink(missing_ok=True)
        shutil.copytree(folder / "with its log" if where == "log" else origin, copy)
        what = damage(copy, random)
        append(folder / "at", f"{number}: {where}, {what}")
        for outcome in _outcomes(copy):
            says = f" (damage {number}: {what})" if outcome.startswith(("WRONG", "RAISED")) else ""
            append(folder / "outcomes", f"{where}: {outcome}{says}" if not says else f"{outcome} in {where}{says}")


def _outcomes(copy: Path) -> list[str]:
    """Make all calls again, and say what came of each."""
    try:
        storage = opened(copy / _DATABASE)
    except MandalaLabError:
        return ["refused to open"]
    except Exception as error:
        return [f"RAISED {error!r} on opening"]
    found = [_outcome(storage, kind, x) for kind, x in _CALLS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for look in (storage.calls, lambda: storage.cf().to_svg(), lambda: storage.stats(everything=True)):
            try:
                look()
            except MandalaLabError:
                found.append("listing refused")
            except Exception as error:
                found.append(f"RAISED {error!r} when listing")
        storage.close()
    return found


def _outcome(storage: Any, kind: str, x: int) -> str:
    runs = Path(os.environ[RUNS])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        before = len(lines_of(runs))
        try:
            with storage:
                value = kept(kind, x).detached().value
        except MandalaLabError:
            return "failed with an error of ours"
        except Exception as error:
            return f"RAISED {error!r} of {kind}"
    computed = len(lines_of(runs)) > before
    if not same(value, expected(kind, x)):
        return f"WRONG value of {kind} {x}"
    if any(one.category is not MandalaLabWarning for one in told):
        return f"RAISED a warning that is not ours: {told[0].message}"
    if told:
        return "computed again and named"
    return "not found, computed" if computed else "right"


# --- damage


def _flip(path: Path, random: random.Random) -> str:
    data = bytearray(path.read_bytes())
    at, bit = random.randrange(len(data)), random.randrange(8)
    data[at] ^= 1 << bit
    path.write_bytes(data)
    return f"bit {bit} of byte {at} of {path.name}"


def _cut(path: Path, random: random.Random) -> str:
    size = random.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.truncate(size)
    return f"{path.name} cut to {size} bytes"


def _in_file(change: Callable[[Path, random.Random], str]) -> Callable[[Path, random.Random], str]:
    return lambda copy, random: change(random.choice(sorted((copy / _VALUES).iterdir())), random)


def _in(name: str, change: Callable[[Path, random.Random], str]) -> Callable[[Path, random.Random], str]:
    return lambda copy, random: change(copy / name, random)


def _in_row(copy: Path, random: random.Random) -> str:
    table, column = random.choice(_COLUMNS)
    with closing(sqlite3.connect(copy / _DATABASE)) as connection, connection:
        rows = connection.execute(f"SELECT rowid, {column} FROM {table} ORDER BY {column}").fetchall()
        rowid, old = random.choice(rows)
        new, how = _changed(old, random)
        connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))
    return f"{how} in {table}.{column}"


def _changed(old: Any, random: random.Random) -> tuple[Any, str]:
    """Return what may stand in a column instead, also of another type."""
    ways = ["a bit", "cut", "number", "text", "bytes", "empty"]
    how = random.choice(ways)
    if how == "a bit" and isinstance(old, int):
        return old ^ 1 << random.randrange(60), how
    data = bytearray(old.encode() if isinstance(old, str) else old if isinstance(old, bytes) else b"\0")
    if how == "a bit" and data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    elif how == "cut":
        del data[random.randrange(len(data) + 1) :]
    elif how == "number":
        return random.choice([-1, 0, 2**62, 1.5]), how
    elif how == "text":
        return random.choice(["", "text", "\u20ac", "{}", "[]"]), how
    elif how == "bytes":
        return random.randbytes(random.choice([0, 1, 8, 20, 1000])), how
    else:
        return type(old)(), how
    return (bytes(data).decode("utf-8", "replace") if isinstance(old, str) else bytes(data)), how


_DAMAGE: tuple[tuple[str, Callable[[Path, random.Random], str]], ...] = (
    ("file", _in_file(_flip)),
    ("file", _in_file(_cut)),
    ("row", _in_row),
    ("row", _in_row),
    ("database", _in(_DATABASE, _flip)),
    ("database", _in(_DATABASE, _cut)),
    ("log", _in(_LOG, _flip)),
    ("log", _in(_LOG, _cut)),
)
