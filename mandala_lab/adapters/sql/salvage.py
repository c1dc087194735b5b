"""Reading what can be read of a database with damaged pages, into a new one.

Only tables of ours are read, as we describe them, whatever the file says of itself: no
index, view or trigger of it counts, and a damaged description does no harm. Rows in
damaged pages are passed over. None of the others is believed for having been read:
they bear the digests and signatures that they had.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, Table

from mandala_lab.adapters.sql.database import Database
from mandala_lab.adapters.sql.schema import (
    calls,
    code_states,
    code_versions,
    migrations,
    ops,
    pins,
    runs,
    settings,
    spans,
    spilled_values,
    stored_values,
)
from mandala_lab.model.errors import StoreError

_TABLES = (ops, code_versions, code_states, runs, settings, pins, stored_values, spilled_values, calls, spans)
_BATCH = 5000
_FARTHEST = 1 << 40  # rows that are looked beyond, for one that can be read
_ORPHANS = (
    "DELETE FROM code_versions WHERE op_id NOT IN (SELECT id FROM ops)",
    "DELETE FROM code_states WHERE op_id NOT IN (SELECT id FROM ops)",
    "DELETE FROM code_states WHERE version_id NOT IN (SELECT id FROM code_versions)",
    "DELETE FROM calls WHERE op_id NOT IN (SELECT id FROM ops) OR state_id NOT IN (SELECT id FROM code_states)",
    "DELETE FROM spans WHERE run_id NOT IN (SELECT id FROM runs) OR call_id NOT IN (SELECT id FROM calls)",
)


def salvage(path: str, target: Path) -> bool:
    """Copy what can be read of the database at `path` to a new store; return whether that was all.

    Raises
    ------
    StoreError
        When nothing of it can be read, or it is of another version.
    """
    copy = target.with_name("damaged.db")
    for end in ("", "-wal"):
        if Path(f"{path}{end}").is_file():
            shutil.copyfile(f"{path}{end}", f"{copy}{end}")
    Database(str(target)).close()
    with closing(_writer(target)) as made:
        try:
            is_whole = _copy(copy, made, path)
        except sqlite3.Error as error:
            raise StoreError(f"nothing of the store {path} can be read: {error}; restore a backup") from error
    for end in ("", "-wal", "-shm"):
        Path(f"{copy}{end}").unlink(missing_ok=True)
    return is_whole


def _copy(copy: Path, made: sqlite3.Connection, path: str) -> bool:
    with closing(sqlite3.connect(copy)) as found:
        _describe_anew(found)
    with closing(_writer(copy)) as found:
        lacking = {*_names(made)} - {*_names(found)}
        if lacking:
            raise StoreError(f"{path} is damaged, and lacks {', '.join(sorted(lacking))}: restore a backup")
        whole = [_copy_table(found, made, table) for table in _TABLES]
    orphans = sum(made.execute(statement).rowcount for statement in _ORPHANS)
    made.commit()
    return all(whole) and not orphans


def _names(database: sqlite3.Connection) -> list[str]:
    return [str(name) for (name,) in database.execute("SELECT name FROM migrations")]


def _writer(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _describe_anew(found: sqlite3.Connection) -> None:
    """Let a database hold our tables alone, as we describe them."""
    described = {table.name: _description(table) for table in (*_TABLES, migrations)}
    found.execute("PRAGMA writable_schema = ON")  # first of all, so that a damaged description is no error
    known = ", ".join("?" * len(described))
    found.execute(f"DELETE FROM sqlite_master WHERE type != 'table' OR name NOT IN ({known})", [*described])  # noqa: S608 - marks
    for name, text in described.items():
        found.execute("UPDATE sqlite_master SET sql = ?, tbl_name = name WHERE name = ?", (text, name))
    found.commit()


def _description(table: Table) -> str:
    """Return how a table is written, without what its rows should fulfil."""
    key = list(table.primary_key.columns)
    has_rowid = table.dialect_options["sqlite"]["with_rowid"]
    numbered = has_rowid and len(key) == 1 and isinstance(key[0].type, Integer)
    names = [
        f'"{column.name}"' + (" INTEGER PRIMARY KEY" if numbered and column is key[0] else "") for column in table.c
    ]
    if not has_rowid:
        names.append(f"PRIMARY KEY ({', '.join(column.name for column in key)})")
    return f'CREATE TABLE "{table.name}" ({", ".join(names)})' + ("" if has_rowid else " WITHOUT ROWID")


def _copy_table(found: sqlite3.Connection, made: sqlite3.Connection, table: Table) -> bool:
    """Copy the rows of a table; return whether those were all."""
    names = ", ".join(f'"{column.name}"' for column in table.c)
    marks = ", ".join("?" * len(table.c))
    adding = f'INSERT OR IGNORE INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - our own names
    is_whole = True
    for part, key in _parts(made, table):
        reader = _Reader(found, f'SELECT {key}, {names} FROM "{table.name}" WHERE {part}{key} > ? ORDER BY {key}')  # noqa: S608 - as above
        rows = reader.rows()
        while batch := list(islice(rows, _BATCH)):
            is_whole &= not _add(made, adding, batch)
        is_whole &= reader.is_whole
    return is_whole


def _parts(made: sqlite3.Connection, table: Table) -> Iterator[tuple[str, str]]:
    """Yield conditions for parts of a table, with what numbers the rows of each."""
    if table is not spans:
        yield "", "rowid"
        return
    for (run,) in made.execute("SELECT id FROM runs").fetchall():
        yield f"run_id = {int(run)} AND ", "seq"


def _add(made: sqlite3.Connection, adding: str, rows: list[tuple[Any, ...]]) -> int:
    """Add rows; return how many of them are none, as a damaged page may say anything."""
    refused = 0
    for row in rows:
        try:
            refused += not made.execute(adding, row).rowcount
        except (sqlite3.Error, UnicodeError, OverflowError):
            refused += 1
    return refused


class _Reader:
    """Reads rows in order of a number, and goes on behind those that cannot be read.

    Attributes
    ----------
    is_whole
        Whether all rows could be read so far.
    """

    def __init__(self, found: sqlite3.Connection, query: str) -> None:
        self._found, self._query = found, query
        self.is_whole = True

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield rows."""
        last: int | None = -1
        while last is not None:
            try:
                for row in self._found.execute(self._query, (last,)):
                    if not _is_behind(row, last):
                        break
                    last = row[0]
                    yield row[1:]
                else:
                    return
            except sqlite3.DatabaseError:
                pass
            self.is_whole = False
            last = self._behind_damage(last)

    def _behind_damage(self, last: int) -> int | None:
        """Return a number with which reading goes on, by steps that double; ``None`` where all the rest is lost."""
        step = 1
        while not self._is_readable(last + step):
            step *= 2
            if step > _FARTHEST:
                return None
        low, high = last + step // 2, last + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._is_readable(middle) else (middle, high)
        return high

    def _is_readable(self, number: int) -> bool:
        try:
            row = self._found.execute(f"{self._query} LIMIT 1", (number,)).fetchone()
        except sqlite3.DatabaseError:
            return False
        return row is None or _is_behind(row, number)


def _is_behind(row: tuple[Any, ...], number: int) -> bool:
    """Whether a row is in order: a damaged page may lead back, or hold anything."""
    return isinstance(row[0], int) and row[0] > number
