"""Opening stores that are only read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mandala_lab.memo.loader import ValueLoader
from mandala_lab.ports.call_store import CallStore
from mandala_lab.trust.keyring import Keyring
from mandala_lab.wiring.places import local_path, place_large_values


def open_for_reading(path: str, *, for_values: bool = True, beside: str | None = None) -> CallStore:
    """Open a store that exists, and never write to it.

    Where it is not `for_values`, the large ones may be away. They lie `beside` that
    file, or another one.

    Raises
    ------
    StoreError
        When there is none, or it is of another version.
    """
    from mandala_lab.adapters.sql.store import SqlCallStore

    loader = ValueLoader(unpickles=False)
    local = local_path(path)
    store = SqlCallStore(local, loader, read_only=True, keyring=reading_keyring())
    try:
        place_large_values(store, beside or local, None, must_be_there=for_values)
    except BaseException:
        store.close()
        raise
    loader.connect(store)
    return store


@contextmanager
def what_is_left(path: str) -> Iterator[tuple[CallStore, bool]]:
    """Yield what can be read of a store with a damaged database, as a store, and whether that is all.

    Raises
    ------
    StoreError
        When nothing can be read.
    """
    from mandala_lab.adapters.sql.salvage import salvage

    with tempfile.TemporaryDirectory(prefix="mandala-") as folder:
        copy = Path(folder) / "store.db"
        is_whole = salvage(path, copy)
        store = open_for_reading(str(copy), for_values=False, beside=path)
        try:
            yield store, is_whole
        finally:
            store.close()


def pending_migrations(path: str) -> list[str]:
    """Return the names of the migrations that a store lacks, without changing it.

    Raises
    ------
    StoreError
        When there is none, or it is of a newer version.
    """
    from mandala_lab.adapters.sql.database import Database

    database = Database(local_path(path), read_only=True, current=False)
    try:
        return database.pending_migrations()
    finally:
        database.close()


def reading_keyring() -> Keyring:
    """Return whose records count in a store that is only read."""
    try:
        return Keyring.of_user()
    except OSError:
        return Keyring(None)
