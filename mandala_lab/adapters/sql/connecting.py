"""How a database is connected to: what each connection is told, and when it is closed."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool, StaticPool

from mandala_lab.adapters.sql.foreign import guard

MEMORY = ":memory:"
CACHE_KIB = 16_000
"""Pages that a connection keeps at most."""

_CHECKPOINT_PAGES = 8000  # copying them back into the file is dear
_LONGEST = 512 * 2**20  # bytes of a field
_LONGEST_READ = 200 * 2**20  # that who only reads a store, maybe somebody else's, takes from it


class _Closing(sqlite3.Connection):
    """A connection that is closed when nobody holds it any more, but by the process that opened it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._opened_by = os.getpid()  # before it can fail
        super().__init__(*args, **options)
        self.wait_s: float = options["timeout"]

    def wait(self, seconds: float) -> None:
        """Wait so long from now on for other programs that are writing."""
        self.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        self.wait_s = seconds

    def __del__(
        self,
        _pid: Callable[[], int] = os.getpid,
        _quietly: Callable[..., Any] = suppress,
        _error: Any = sqlite3.Error,
        _close: Callable[..., Any] = sqlite3.Connection.close,
    ) -> None:
        if self._opened_by == _pid():  # bound above, since modules are gone when the process ends
            with _quietly(_error):  # it could not be opened
                _close(self)


class _Lasting(_Closing):
    """The one connection to a database in memory, which is gone with it: a pool that gives it up gets it again."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._functions: set[str] = set()

    def create_function(self, name: str, *args: Any, **options: Any) -> None:
        """Make a function, once: not while a statement of an interrupted read may still be open."""
        if name not in self._functions:
            super().create_function(name, *args, **options)
            self._functions.add(name)

    def close(self) -> None:
        """Undo what was begun, and stay."""
        with suppress(sqlite3.ProgrammingError):  # where it was closed with the store
            if self.in_transaction:
                self.rollback()


def has_log(path: str) -> bool:
    """Whether part of a database may lie in its write-ahead log."""
    log = Path(f"{path}-wal")
    return log.exists() and log.stat().st_size > 0


def connector(path: str, reading: str, *, synced: bool, wait_s: float) -> Callable[[], sqlite3.Connection]:
    """Return what connects to the database, only `reading` it in this mode if one is given; one in memory has one.

    Another program that is writing is waited for `wait_s` seconds.
    """
    read_only = bool(reading)
    factory = _Lasting if path == MEMORY else _Closing
    place = f"{Path(path).as_uri()}?mode={reading}" if read_only else path

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(place, uri=read_only, timeout=wait_s, check_same_thread=False, factory=factory)
        connection.isolation_level = None  # transactions are begun explicitly
        connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("PRAGMA foreign_keys = ON")
        guard(connection, _LONGEST_READ if read_only else _LONGEST)
        return connection

    return functools.cache(connect) if path == MEMORY else connect


def make_engine(connect: Callable[[], sqlite3.Connection], *, in_memory: bool) -> Engine:
    """Return what gives out connections for composed queries."""
    if in_memory:
        return create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=-1)
