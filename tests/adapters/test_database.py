"""The file of a store is its owner's, and a store that another program holds locked is waited for once."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading

import pytest

from mandala_lab import MandalaLabWarning, Storage, StoreError, op
from mandala_lab.adapters.sql import database


@op
def double(x):
    return 2 * x


@op
def long_list(n):
    return list(range(n))


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_new_files_are_their_owners_alone(path, mask):
    before = os.umask(mask)
    try:
        with Storage(path, overflow_threshold_MB=0.001) as storage:
            long_list(10_000)
            files = {one.name: _mode(one) for one in path.parent.glob("store.db*")}
        storage.close()
    finally:
        os.umask(before)
    assert files == {
        "store.db": 0o600,
        "store.db-wal": 0o600,
        "store.db-shm": 0o600,
        "store.db.lock": 0o600,
        "store.db.values": 0o700,
    }


def test_files_that_are_there_keep_their_mode(path):
    Storage(path).close()
    path.chmod(0o664)
    with Storage(path) as storage:
        double(1)
        assert _mode(path) == _mode(path.with_name("store.db-wal")) == _mode(path.with_name("store.db.lock")) == 0o664
    storage.close()


def test_an_empty_file_that_is_there_becomes_a_store(path):
    path.touch(mode=0o640)
    with Storage(path) as storage:
        assert double(1).value == 2
    storage.close()
    assert _mode(path) == 0o640


def test_threads_may_make_a_store_at_once(path):
    found, start = [], threading.Barrier(8)

    def make():
        start.wait()
        storage = Storage(path)
        found.append(storage.store.count_calls())
        storage.close()

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0] * 8


@pytest.fixture
def held(path, monkeypatch):
    """A storage, and another program's connection that holds the store locked."""
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_S", 0.2)
    monkeypatch.setattr(database, "_IMPATIENT_S", 0.05)
    storage = Storage(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield storage, other
    other.close()
    storage.close()


def test_after_waiting_in_vain_the_next_attempts_wait_shortly_until_one_succeeds(held):
    storage, other = held
    waits = []
    cursor = storage.store._database._cursor()
    with storage:
        for x in range(3):
            with pytest.warns(MandalaLabWarning, match="another program has been writing to it"):
                assert double(x).value == 2 * x
            waits.append(cursor.execute("PRAGMA busy_timeout").fetchone()[0])
        other.execute("ROLLBACK")
        double(5)
        waits.append(cursor.execute("PRAGMA busy_timeout").fetchone()[0])
    assert waits == [200, 50, 50, 200]
    assert storage.store.count_calls() == 1


def test_composed_statements_wait_alike(held):
    storage, other = held
    for _ in range(2):
        with pytest.raises(StoreError, match="locked"):
            storage.store.set_setting("a", "b")
        with pytest.raises(StoreError, match="locked"):
            storage.cleanup_refs()
    assert storage.store._database._wait_s == 0.05
    other.execute("ROLLBACK")
    assert storage.cleanup_refs() == 0
    assert storage.store._database._wait_s == 0.2


def test_opening_a_store_that_is_locked_gives_up(held, path):
    with pytest.raises(StoreError, match="locked"):
        Storage(path)
