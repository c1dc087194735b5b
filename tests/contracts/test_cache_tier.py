"""What every cache tier does, run on every adapter, and that it never changes what a storage answers."""

from __future__ import annotations

import copy
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_lab import Storage, op
from mandala_lab.adapters.memory_tier import MemoryTier
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.nearby import Nearby
from mandala_lab.model.values import StoredValue, TierCounts

ROOM = 100_000


def _value(number, size=1000):
    return StoredValue(number.to_bytes(20, "big"), "tree", bytes([number % 256]) * size, b"digest")


@pytest.fixture(params=["memory"])
def tier(request):
    return MemoryTier(ROOM)


def test_what_was_put_is_returned_as_it_was_put(tier):
    value = _value(1)
    assert tier.get(value.cid) is None
    tier.put(value)
    assert tier.get(value.cid) == value
    other = StoredValue(value.cid, "npy", b"other", b"")
    tier.put(other)
    assert tier.get(value.cid) == other
    counts = tier.counts()
    assert (counts.hits, counts.misses, counts.evictions, counts.entries) == (2, 1, 0, 1)
    assert counts.bytes >= len(other.data)


def test_what_was_dropped_is_gone(tier):
    for number in range(3):
        tier.put(_value(number))
    tier.drop(_value(1).cid)
    tier.drop(_value(1).cid)
    assert [tier.get(_value(number).cid) is None for number in range(3)] == [False, True, False]
    tier.clear()
    assert [tier.get(_value(number).cid) for number in range(3)] == [None] * 3
    counts = tier.counts()
    assert (counts.entries, counts.bytes, counts.hits, counts.evictions) == (0, 0, 2, 0)


def test_its_room_is_bounded(tier):
    for number in range(1000):
        tier.put(_value(number))
        assert tier.counts().bytes <= ROOM
    counts = tier.counts()
    assert counts.evictions == 1000 - counts.entries
    assert 0 < counts.entries < ROOM / 1000
    for number in range(1000, 11_000):  # small ones take room too
        tier.put(_value(number, size=1))
    assert tier.counts().entries < ROOM / 100


def test_what_is_asked_for_stays_longest(tier):
    tier.put(_value(0))
    for number in range(1, 300):
        tier.put(_value(number))
        assert tier.get(_value(0).cid) == _value(0)
    assert tier.get(_value(1).cid) is None


def test_a_value_of_more_than_a_quarter_does_not_go_in(tier):
    tier.put(_value(1))
    tier.put(_value(2, ROOM // 4 + 1))
    assert tier.get(_value(2).cid) is None
    assert tier.get(_value(1).cid) == _value(1)


def test_a_forked_process_starts_with_an_empty_one(tier):
    tier.put(_value(1))
    tier._lock.acquire()  # by a thread that the child does not have
    tier.start_anew()
    assert tier.get(_value(1).cid) is None
    tier.put(_value(1))
    assert tier.get(_value(1).cid) == _value(1)


def test_threads_may_use_it_at_once(tier):
    wrong = []

    def use(seed):
        for step in range(2000):
            number = (seed * 7 + step * 13) % 200
            tier.put(_value(number))
            found = tier.get(_value(number).cid)
            if found is not None and found != _value(number):
                wrong.append(number)
            if step % 500 == 0:
                tier.clear()

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = tier.counts()
    assert wrong == []
    assert counts.hits + counts.misses == 8000
    assert counts.bytes <= ROOM


# --- behind a storage


@op
def numbers(n):
    return list(range(n))


@op
def table(n):
    return pd.DataFrame({"a": np.arange(n), "b": [str(i) for i in range(n)]})


@op
def array(n):
    return np.arange(n, dtype=float)


@op
def nested(n):
    return {"rows": [[i] * 5 for i in range(n)], "name": "x" * n}


def test_a_value_is_verified_once_and_counted(path):
    with Storage(path, session="s") as storage:
        ref = numbers(500)
        assert [storage.unwrap(ref, cache=False) for _ in range(3)] == [list(range(500))] * 3
    stats = storage.stats()
    assert (stats.cache_hits, stats.cache_misses, stats.cache_evictions, stats.cache_failures) == (2, 1, 0, 0)
    assert stats.cache_bytes > 500
    assert "values read: 2 from memory and 1 from the store, 0 evicted" in str(stats)
    storage.clear_cache()
    assert storage.stats().cache_bytes == 0
    storage.close()


def test_values_in_files_do_not_go_in(path):
    with Storage(path, overflow_threshold_MB=0.001) as storage:
        ref = array(1000)
        assert storage.unwrap(ref, cache=False)[5] == storage.unwrap(ref, cache=False)[5] == 5
    assert storage.stats().cache_bytes == 0
    storage.close()


def test_damaged_bytes_do_not_go_in_and_recovered_ones_leave(path):
    storage = Storage(path)
    with storage:
        ref = numbers(500)
    loader = storage._parts.loader
    with storage.store._database.changing() as connection:
        connection.exec_driver_sql("update stored_values set data = zeroblob(length(data))")
    with pytest.warns(UserWarning, match="damaged"):
        assert storage.unwrap(ref, cache=False) == list(range(500))
    assert loader.nearby.counts().entries == 0
    assert storage.unwrap(ref, cache=False) == list(range(500))
    assert loader.nearby.counts().entries == 1
    storage.close()


@pytest.mark.parametrize("forget", ["drop_calls", "cleanup_refs", "close"])
def test_deleted_values_leave(path, forget):
    storage = Storage(path)
    with storage:
        ref = numbers(500)
    storage.unwrap(ref, cache=False)
    call = storage.calls("numbers")[0]
    assert storage.stats().cache_bytes > 0
    getattr(storage, forget)(*[[call]] * (forget == "drop_calls"))
    assert storage._parts.loader.nearby.counts().entries == 0
    storage.close()


class _Broken:
    """A tier of which everything fails."""

    def _fail(self, *_what):
        raise ConnectionError

    get = put = drop = clear = counts = start_anew = _fail


def test_a_tier_that_fails_is_counted_and_skipped(path):
    storage = Storage(path)
    storage._parts.loader.nearby = Nearby(_Broken())
    with storage:
        ref = numbers(500)
        assert storage.unwrap(ref, cache=False) == list(range(500))
    storage.clear_cache()
    storage.cleanup_refs()
    assert storage.unwrap(numbers(500)) == list(range(500))
    assert storage.stats().cache_failures >= 4
    assert "failures" not in str(storage.stats()), "nothing was read by way of it"
    storage.close()
    assert Nearby().counts() == TierCounts()


_OPS = (numbers, table, array, nested)
_steps = st.lists(
    st.tuples(st.integers(0, len(_OPS) - 1), st.integers(60, 64), st.sampled_from(["read", "spoil", "forget"])),
    max_size=25,
)


def _spoil(value):
    """Change a value in place, where that can be done."""
    if isinstance(value, list):
        value[0] = "spoilt"
    elif isinstance(value, dict):
        value["rows"][0][0] = "spoilt"
    elif isinstance(value, np.ndarray):
        value[0] = -1
    else:
        value.iloc[0, 0] = -1
        value["c"] = 5


def _answers(steps, cache_mb):
    found = []
    with Storage(cache_MB=cache_mb) as storage:
        for which, n, what in steps:
            ref = _OPS[which](n)
            value = storage.unwrap(ref, cache=False)
            found.append((ref.hid, ref.cid, content_id(value)))
            assert found[-1][1] == found[-1][2].hex()
            if what == "spoil":
                _spoil(value)
            elif what == "forget":
                storage.clear_cache(allow_uncommitted=True)
            assert content_id(_OPS[which](n).value).hex() == ref.cid
    return found, storage.stats()


@settings(max_examples=25, deadline=None)
@given(_steps)
def test_what_is_evicted_changes_no_result(steps):
    without, counted = _answers(steps, 0)
    assert counted.cache_hits == counted.cache_bytes == 0
    assert _answers(steps, 0.008)[0] == without
    assert _answers(copy.copy(steps), 64)[0] == without
