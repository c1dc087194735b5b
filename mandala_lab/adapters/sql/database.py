"""Connections to the database of a store, and transactions on them.

SQLite with a write-ahead log: readers never wait, one writer at a time, a
commit survives the death of the process. A store in memory has one connection,
which threads take in turn.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from mandala_lab.adapters.sql.migrations import migrate, require_current
from mandala_lab.adapters.sql.standstill import GATE
from mandala_lab.model.errors import StoreError

MEMORY = ":memory:"
_BUSY_TIMEOUT_S = 30.0
_OPENING_TRIES = 100
_TROUBLE = (DBAPIError, sqlite3.Error, UnicodeError, OverflowError)
_HINTS = (
    ("not a database", "it is not a mandala-lab store: choose another path"),
    ("locked", f"another program has been writing to it for {_BUSY_TIMEOUT_S:.0f} s: close what has it open"),
    ("readonly", "it cannot be written here: copy it to a place of yours"),
    ("", "check the disk, or run '%mandala doctor'"),
)
_PAGE_BYTES = 2048  # a call writes some ten pages: smaller ones make a commit quicker
_CHECKPOINT_PAGES = 8000  # copying them back into the file is dear
_CACHE_KIB = 16_000  # read by each connection at most
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

    Raises
    ------
    StoreError
        When the file cannot be opened or is not a store.
    """

    def __init__(self, path: str, *, read_only: bool = False, synced: bool = False) -> None:
        self.path = path
        self._synced = synced
        self.in_memory = path == MEMORY
        self._closed = False
        self._read_only = read_only
        self._abandoned: list[Any] = []
        self._start()
        if read_only:
            with GATE, self._errors(), self._engine.connect() as connection:
                require_current(connection)
        else:
            _check_place(path)
            self._prepare()
        self._file = self._identity()

    def _start(self) -> None:
        self._write_lock = threading.RLock()
        self._connect = _connector(self.path, read_only=self._read_only, synced=self._synced)
        self._engine = _make_engine(self._connect, in_memory=self.in_memory)
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
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                cursor.connection.rollback()
                raise

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
                cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
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
            connection.exec_driver_sql("BEGIN IMMEDIATE")
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
        for attempt in range(_OPENING_TRIES):
            try:
                with GATE, self._errors(), self._engine.connect() as connection:
                    connection.exec_driver_sql(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file
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
        except _TROUBLE as error:
            raise self._told(error) from error

    def _told(self, error: BaseException) -> StoreError:
        """Return what is said to the user of an error of the driver."""
        cause = getattr(error, "orig", None) or error
        if self._closed and self.in_memory:
            return StoreError("this storage was in memory and is closed: what it held is gone")
        hint = next((hint for words, hint in _HINTS if words in str(cause)), "")
        return StoreError(f"the store {self.path} could not be used: {cause}; {hint}")


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


class _Closing(sqlite3.Connection):
    """A connection that is closed when nobody holds it any more, but by the process that opened it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._opened_by = os.getpid()  # before it can fail
        super().__init__(*args, **options)

    def __del__(
        self, _pid: Callable[[], int] = os.getpid, _quietly: Callable[..., Any] = suppress, _error: Any = sqlite3.Error
    ) -> None:
        if self._opened_by == _pid():  # bound above, since modules are gone when the process ends
            with _quietly(_error):  # it could not be opened
                self.close()


def _connector(path: str, *, read_only: bool, synced: bool) -> Callable[[], sqlite3.Connection]:
    """Return what connects to the database; one in memory has a single connection."""
    place = f"{Path(path).as_uri()}?mode=ro" if read_only else path

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            place, uri=read_only, timeout=_BUSY_TIMEOUT_S, check_same_thread=False, factory=_Closing
        )
        connection.isolation_level = None  # transactions are begun explicitly
        connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    return functools.cache(connect) if path == MEMORY else connect


def _make_engine(connect: Callable[[], sqlite3.Connection], *, in_memory: bool) -> Engine:
    if in_memory:
        return create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=-1)
