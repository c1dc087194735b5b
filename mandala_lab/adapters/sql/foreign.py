"""What a file that somebody else made may hold: tables and indexes, and nothing that runs when they are read.

SQLite would run the code of views, triggers, virtual tables and generated columns
in the middle of a plain query, so a file with any of them is no store.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection  # noqa: TC002 - as for our own imports

from mandala_lab.model.errors import StoreError

LARGEST_ROW = 512 * 2**20
"""Bytes of a text or value in the database at most: what a damaged length can make SQLite ask for."""

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LARGEST_ROW,
    sqlite3.SQLITE_LIMIT_ATTACHED: 1,  # by VACUUM
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
}


def guard(connection: sqlite3.Connection) -> None:
    """Let SQLite believe nothing of the schema, and ask for no more memory than rows of ours need."""
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    configure: Any = getattr(connection, "setconfig", None)
    if configure is not None:  # from Python 3.12 on
        configure(sqlite3.SQLITE_DBCONFIG_DEFENSIVE)  # type: ignore[attr-defined,unused-ignore]


def refuse_what_runs(connection: Connection) -> None:
    """Check that a database holds no code.

    Raises
    ------
    StoreError
        When it does.
    """
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
    for kind, name, sql in rows:
        words = str(sql or "").upper().split()
        if kind in {"view", "trigger"} or "VIRTUAL" in words[:3]:
            kind = kind if kind != "table" else "virtual table"  # noqa: PLW2901 - its full name
            raise StoreError(
                f"this database holds a {kind}, {str(name)[:60]!r}, which no mandala-lab made: it would run when the "
                "store is read; do not trust where it came from"
            )
    for kind, name, _ in rows:
        if kind == "table" and _has_generated_columns(connection, str(name)):
            raise StoreError(f"this database computes columns of {str(name)[:60]!r}, which no mandala-lab made it do")


def _has_generated_columns(connection: Connection, table: str) -> bool:
    rows = connection.exec_driver_sql("SELECT hidden FROM pragma_table_xinfo(?)", (table,))
    return any(hidden for (hidden,) in rows)
