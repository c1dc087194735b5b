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
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection  # noqa: TC002 - as for our own imports
from sqlalchemy.exc import DBAPIError

from mandala_lab.adapters.sql.connecting import CACHE_KIB, MEMORY, connector, has_log, make_engine
from mandala_lab.adapters.sql.files import prepare_file
from mandala_lab.adapters.sql.foreign import refuse_what_runs
from mandala_lab.adapters.sql.migrations import migrate, pending, require_current
from mandala_lab.adapters.sql.standstill import GATE
from mandala_lab.model.errors import DamagedStoreError, StoreError

_BUSY_TIMEOUT_S = 30.0
_IMPATIENT_S = 1.0  # after one that was in vain
_LOCKED = "locked"
_TROUBLE = (DBAPIError, sqlite3.Error, UnicodeError, OverflowError)
_DAMAGED = "pages of it are damaged: 'mandala import' takes what can be read into a new store; or restore a backup"
_HINTS = (
    ("not a database", "it is not a mandala-lab store: choose another path"),
    (_LOCKED, f"another program has been writing to it for {_BUSY_TIMEOUT_S:.0f} s: close what has it open"),
    ("readonly", "it cannot be written here: copy it to a place of yours"),
    ("unable to open", "check its permissions and those of its folder"),
    ("full", "make room on the disk"),
    ("disk I/O", "check the disk"),
    ("", _DAMAGED),
)
_PAGE_BYTES = 2048  # a call writes some ten pages: smaller ones make a commit quicker
_DELETING_KIB = 100_000  # pages that thousands of deletions touch are all over the place, and written once then


class Database:
    """An open database.

    Parameters
    ----------
    path
        File of the database, made if it is missing, or ``":memory:"``.
    read_only
        Open a store that exists, and never write to it.
    synced
        Let each commit wait until it is on the disk.
    shared
        Do without a write-ahead log, which needs memory that all its users share.
    current
        Refuse to read a store that lacks migrations.

    Raises
    ------
    StoreError
        When the file cannot be opened or is not a store.
    """

    def __init__(
        self, path: str, *, read_only: bool = False, synced: bool = False, shared: bool = False, current: bool = True
    ) -> None:
        self.path = path
        self._synced = synced
        self._journal = "DELETE" if shared else "WAL"
        self._wait_s = _BUSY_TIMEOUT_S
        self.in_memory = path == MEMORY
        self._closed = False
        self._read_only = read_only
        self._is_immutable = False
        self._abandoned: list[Any] = []
        self._start()
        if read_only:
            if not Path(path).is_file():
                raise StoreError(f"there is no store {path}; give the path of one, such as results.db")
            try:
                self._look(current=current)
            except StoreError:
                self.close()
                if os.access(Path(path).parent, os.W_OK) or has_log(path):
                    raise
                self._is_immutable = True  # where SQLite may not even write what it locks with
                self._start()
                self._look(current=current)
            except BaseException:
                self.close()
                raise
        else:
            prepare_file(path)
            self._prepare()
        self._file = self._identity()

    def _look(self, *, current: bool) -> None:
        """Check that a store can be read as it is."""
        with GATE, self._errors(), self._engine.connect() as connection:
            refuse_what_runs(connection)
            if current:
                require_current(connection)

    def _start(self) -> None:
        self._write_lock = threading.RLock()
        mode = ("ro&immutable=1" if self._is_immutable else "ro") if self._read_only else ""
        self._connect = connector(self.path, mode, synced=self._synced, wait_s=_BUSY_TIMEOUT_S)
        self._engine = make_engine(self._connect, in_memory=self.in_memory)
        self._here = threading.local()  # of each thread: its cursor for the hot path
        self._cursors: weakref.WeakKeyDictionary[threading.Thread, Any] = weakref.WeakKeyDictionary()

    @property
    def dialect(self) -> Any:
        """SQLAlchemy's dialect, for preparing statements."""
        return self._engine.dialect

    def fetch(self, statement: str, parameters: tuple[Any, ...]) -> Any:
        """Return the first row of a prepared statement, or ``None``: the way of the hot path."""
        try:
            with GATE:
                if self.in_memory:
                    with self._write_lock:
                        return self._cursor().execute(statement, parameters).fetchone()
                return self._cursor().execute(statement, parameters).fetchone()
        except _TROUBLE as error:
            raise self._told(error) from error

    def fetch_all(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        """Return all rows of a prepared statement."""
        with GATE, self._write_lock if self.in_memory else nullcontext(), self._errors():
            return list(self._cursor().execute(statement, parameters).fetchall())

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Yield a cursor in a transaction that is committed at the end or rolled back."""
        with GATE, self._write_lock, self._errors():
            self._require_same_file()
            cursor = self._cursor()
            self._begin(cursor.connection)
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                cursor.connection.rollback()
                raise

    def _begin(self, connection: Any) -> None:
        """Begin a transaction; after waiting in vain for another program the next attempts wait shortly."""
        if connection.wait_s != self._wait_s:
            connection.wait(self._wait_s)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if _LOCKED in str(error):
                self._wait_s = min(_IMPATIENT_S, _BUSY_TIMEOUT_S)
            raise
        self._wait_s = _BUSY_TIMEOUT_S

    @contextmanager
    def deleting(self) -> Iterator[Any]:
        """Yield a cursor as `writing` does, to whoever sees to it that no row refers to one that is gone.

        SQLite would go through all events for each call to find that out.
        """
        with GATE, self._write_lock, self._errors():
            cursor = self._cursor()
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute(f"PRAGMA cache_size = -{_DELETING_KIB}")
            try:
                with self.writing():
                    yield cursor
            finally:
                cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                cursor.execute("PRAGMA foreign_keys = ON")

    def _cursor(self) -> Any:
        """Return this thread's cursor; its connection is closed with the thread, or by `close`."""
        try:
            return self._here.cursor
        except AttributeError:
            connection = self._connect()
            cursor = self._here.cursor = connection.cursor()
            if not self.in_memory:
                thread = threading.current_thread()
                self._cursors[thread] = cursor
                weakref.finalize(thread, connection.close).atexit = False  # what is left is still to be written
            return cursor

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for composed queries."""
        own = self._write_lock if self.in_memory else nullcontext()
        with GATE, own, self._errors(), self._engine.connect() as found:
            yield found

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """Yield a connection for composed statements, in a transaction as in `writing`."""
        with GATE, self._write_lock, self._errors(), self._engine.connect() as connection:
            self._require_same_file()
            self._begin(connection.connection.driver_connection)
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def close(self) -> None:
        """Release every connection; a file is opened again when it is asked for."""
        self._closed = True
        for cursor in list(self._cursors.values()):
            cursor.connection.close()
        self._here = threading.local()
        self._cursors.clear()
        self._engine.dispose()
        if self.in_memory:
            sqlite3.Connection.close(self._connect())  # which lasts otherwise

    def pending_migrations(self) -> list[str]:
        """Return the names of the migrations that the store lacks."""
        with self.reading() as connection:
            return pending(connection)

    def size(self) -> int:
        """Return the bytes that the database takes, its log excepted."""
        with self.reading() as connection:
            pages, page = (
                connection.exec_driver_sql("PRAGMA page_count"),
                connection.exec_driver_sql("PRAGMA page_size"),
            )
            return int(pages.scalar_one()) * int(page.scalar_one())

    def used(self) -> int:
        """Return the bytes of the pages that hold something."""
        with self.reading() as connection:
            free, page = (
                connection.exec_driver_sql("PRAGMA freelist_count"),
                connection.exec_driver_sql("PRAGMA page_size"),
            )
            return self.size() - int(free.scalar_one()) * int(page.scalar_one())

    def vacuum(self) -> int:
        """Write the file anew without its free pages, and empty its log; return the bytes that this gave back.

        Raises
        ------
        StoreError
            When another program has a transaction open.
        """
        before = self._bytes_on_disk()
        with GATE, self._write_lock:
            cursor = self._cursor()
            cursor.execute("PRAGMA busy_timeout = 5000")
            try:
                with self._errors():
                    self._require_same_file()
                    cursor.execute("VACUUM")
                    busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except StoreError as error:
                if "locked" not in str(error):
                    raise
                busy = (1,)
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {int(_BUSY_TIMEOUT_S * 1000)}")
        if busy[0] and not self.in_memory:
            raise StoreError(
                f"the store {self.path} could not be made smaller: another program has a transaction open on it; wait "
                "for it, or close what has the store open, and call vacuum again"
            )
        return max(0, before - self._bytes_on_disk())

    def _bytes_on_disk(self) -> int:
        if self.in_memory:
            return self.size()
        return sum(
            Path(f"{self.path}{end}").stat().st_size for end in ("", "-wal") if Path(f"{self.path}{end}").exists()
        )

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
        if self.in_memory:
            self._write_lock = threading.RLock()
        else:
            self._abandoned.append((self._engine, self._here, self._cursors))
            self._start()

    def _prepare(self) -> None:
        """Make or update the schema; other processes may be doing the same."""
        until = time.monotonic() + _BUSY_TIMEOUT_S
        while True:
            try:
                with GATE, self._errors(), self._engine.connect() as connection:
                    connection.exec_driver_sql(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file
                    refuse_what_runs(connection)
                    connection.exec_driver_sql(f"PRAGMA journal_mode = {self._journal}")
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    try:
                        migrate(connection)
                    except BaseException:
                        connection.exec_driver_sql("ROLLBACK")
                        raise
                    connection.exec_driver_sql("COMMIT")
            except StoreError as error:
                # Switching to the write-ahead log does not wait for other openers.
                if _LOCKED not in str(error) or time.monotonic() > until:
                    self.close()
                    raise
                time.sleep(0.02)
            else:
                return

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except _TROUBLE as error:
            raise self._told(error) from error

    def _told(self, error: BaseException) -> StoreError:
        """Return what is said to the user of an error of the driver."""
        cause = getattr(error, "orig", None) or error
        if self._closed and self.in_memory:
            return StoreError("this storage was in memory and is closed: what it held is gone")
        hint = next((hint for words, hint in _HINTS if words in str(cause)), "")
        kind = DamagedStoreError if hint == _DAMAGED else StoreError
        return kind(f"the store {self.path} could not be used: {cause}; {hint}")
