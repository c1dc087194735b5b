"""Connections to the database of a store, and transactions on them.

SQLite with a write-ahead log: readers never wait, one writer at a time, a
commit survives the death of the process. A store in memory has one connection,
which threads take in turn.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from mandala_lab.adapters.sql.migrations import migrate, require_current
from mandala_lab.model.errors import StoreError

MEMORY = ":memory:"
_BUSY_TIMEOUT_S = 30.0
_OPENING_TRIES = 100
_CHECKPOINT_PAGES = 4000  # of 4 KiB: a call dirties some twenty, and copying them back is dear


class Database:
    """An open database.

    Parameters
    ----------
    path
        File of the database, made if it is missing, or ``":memory:"``.
    read_only
        Open a store that exists, and never write to it.

    Raises
    ------
    StoreError
        When the file cannot be opened or is not a store.
    """

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        self.path = path
        self.in_memory = path == MEMORY
        self._closed = False
        self._read_only = read_only
        self._write_lock = threading.RLock()
        self._abandoned: list[Any] = []
        if read_only:
            self._engine = _make_engine(path, read_only=True)
            with self._errors(), self._engine.connect() as connection:
                require_current(connection)
        else:
            _check_place(path)
            self._engine = _make_engine(path)
            self._prepare()
        self._file = self._identity()

    @property
    def dialect(self) -> Any:
        """SQLAlchemy's dialect, for preparing statements."""
        return self._engine.dialect

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Yield a cursor in a transaction that is committed at the end or rolled back."""
        with self._write_lock, self._errors():
            self._require_same_file()
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    yield cursor
                except BaseException:
                    connection.rollback()
                    raise
                cursor.execute("COMMIT")
            finally:
                connection.close()

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Yield a cursor for a single reading statement."""
        with self._write_lock if self.in_memory else nullcontext(), self._errors():
            connection = self._engine.raw_connection()
            try:
                yield connection.cursor()
            finally:
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for composed queries."""
        with self._write_lock if self.in_memory else nullcontext(), self._errors(), self._engine.connect() as found:
            yield found

    def close(self) -> None:
        """Release every connection; a file is opened again when it is asked for."""
        self._closed = True
        self._engine.dispose()

    def _identity(self) -> tuple[int, int] | None:
        """Device and number of the file; ``None`` where there is none."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - at each write: the cheaper call
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _require_same_file(self) -> None:
        """Refuse to write to a file that nobody will find again."""
        if not self.in_memory and self._identity() != self._file:
            raise StoreError(f"the store {self.path} was deleted or replaced while it was open; open it again")

    def start_anew(self) -> None:
        """Go on in a forked process, with connections of its own.

        Those of the parent may neither be used nor closed here, so they are kept.
        """
        self._write_lock = threading.RLock()
        if not self.in_memory:
            self._abandoned.append(self._engine)
            self._engine = _make_engine(self.path, read_only=self._read_only)

    def _prepare(self) -> None:
        """Make or update the schema; other processes may be doing the same."""
        for attempt in range(_OPENING_TRIES):
            try:
                with self._errors(), self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    try:
                        migrate(connection)
                    except BaseException:
                        connection.exec_driver_sql("ROLLBACK")
                        raise
                    connection.exec_driver_sql("COMMIT")
            except StoreError as error:
                # Switching to the write-ahead log does not wait for other openers.
                if "locked" not in str(error) or attempt == _OPENING_TRIES - 1:
                    self.close()
                    raise
                time.sleep(0.02)
            else:
                return

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error, UnicodeError, OverflowError) as error:
            cause = getattr(error, "orig", None) or error
            if self._closed and self.in_memory:
                raise StoreError("this storage was in memory and is closed: what it held is gone") from error
            hint = (
                "it is not a mandala-lab store: choose another path"
                if "not a database" in str(cause)
                else "check the disk, or run '%mandala doctor'"
            )
            raise StoreError(f"the store {self.path} could not be used: {cause}; {hint}") from error


def _check_place(path: str) -> None:
    """Say plainly why a path cannot be a store, before SQLite says it darkly."""
    if path == MEMORY:
        return
    place = Path(path)
    if place.is_dir():
        raise StoreError(f"{path} is a folder; give the path of a file, such as {place / 'results.db'}")
    if not place.parent.is_dir():
        raise StoreError(f"{path}: the folder {place.parent} does not exist; create it or choose another path")
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        raise StoreError(f"{path} cannot be written: check its permissions or choose another path")


def _make_engine(path: str, *, read_only: bool = False) -> Engine:
    place = f"{Path(path).as_uri()}?mode=ro" if read_only else path

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(place, uri=read_only, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)

    if path == MEMORY:
        engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    else:
        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=-1)
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun explicitly
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
