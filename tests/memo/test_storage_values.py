"""What a storage does with refs and calls: unwrap, attach, load, drop, commit."""

from __future__ import annotations

import threading

import pytest

from mandala_lab import Storage, op


@op
def inc(x):
    return x + 1


@op
def numbers(n):
    return list(range(n))


def test_unwrap_and_attach_load_values(storage):
    with storage:
        refs = {"a": numbers(50), "b": [inc(1)]}
    assert storage.unwrap(refs, cache=False) == {"a": list(range(50)), "b": [2]}
    assert not refs["a"].in_memory
    attached = storage.attach(refs)
    assert attached["a"].in_memory
    assert attached["a"] == refs["a"]
    assert not refs["a"].in_memory
    assert storage.attach(refs, inplace=True) is None
    assert refs["a"].in_memory
    assert storage.load_ref(refs["a"].hid).in_memory
    assert not storage.load_ref(refs["a"].hid, in_memory=False).in_memory
    with pytest.raises(LookupError, match="no ref has the hid"):
        storage.load_ref("00")


def test_consumers_are_found_by_ref_or_hid_also_in_a_block(storage):
    with storage:
        one = inc(1)
        two = inc(one)
        assert [call.hid for call in storage.get_consumers([one.hid])] == [two.hid[:40]]
        assert [call.hid for call in storage.get_consumers([one])] == [two.hid[:40]]
        assert storage.get_ref_creator(two).inputs["x"] == one


def test_calls_are_dropped_with_what_depends_on_them(storage):
    with storage:
        one = inc(1)
        two = inc(one)
        three = inc(two)
        inc(50)
    creator = storage.get_ref_creator(one)
    with pytest.raises(ValueError, match="delete_dependents=True"):
        storage.drop_calls([creator])
    with pytest.raises(LookupError, match="no call has the hid 'zz'"):
        storage.drop_calls(["zz"])
    assert storage.store.count_calls() == 4
    storage.drop_calls(call.hid for call in [storage.get_ref_creator(three)])
    assert storage.store.count_calls() == 3
    storage.drop_calls([creator], delete_dependents=True)
    assert storage.store.count_calls() == 1
    assert [event.kind for event in storage.store.events()].count("drop") == 3
    with storage:
        assert inc(1).value == 2
    assert storage.store.count_calls() == 2
    storage.cf(None).check()


def test_values_that_nothing_refers_to_are_cleaned_up(storage):
    with storage:
        kept, gone = numbers(100), numbers(200)
    assert storage.cleanup_refs() == 0
    storage.drop_calls([storage.get_ref_creator(gone)])
    assert storage.cleanup_refs() == 1
    assert kept.detached().value == list(range(100))
    with storage:
        assert numbers(200).value == list(range(200))


def test_the_memory_is_cleared_only_when_nothing_is_uncommitted(storage):
    with storage:
        inc(1)
        with pytest.raises(ValueError, match="since the last commit"):
            storage.clear_cache()
        storage.clear_cache(allow_uncommitted=True)
        inc(2)
        storage.commit()
        storage.clear_cache()
        assert inc(2).value == 3
    storage.clear_cache()
    assert storage.stats().cached == 1


def test_grouped_commits_are_written_by_commit_and_on_leaving(path):
    storage = Storage(path, group_commits_ms=60_000)
    reader = Storage(path)
    with storage:
        refs = [inc(x) for x in range(20)]
        assert [ref.value for ref in refs] == list(range(1, 21))
        assert [inc(x).value for x in range(20)] == list(range(1, 21))
        assert reader.store.count_calls() == 0
        storage.commit()
        assert reader.store.count_calls() == 20
        many = numbers(500)
        assert many.value == list(range(500))
    assert reader.store.count_calls() == 21
    assert reader.stats(everything=True).cached == 20
    with pytest.raises(ValueError, match="is no time"):
        Storage(path, group_commits_ms=-1)


def test_blocks_nest_and_have_modes(storage):
    other = Storage()
    with storage:
        with other:
            inc(1)
        inc(2)
        with storage(mode="noop") as same:
            assert same is storage
            assert storage.mode == "noop"
            assert inc(3) == 4
        assert storage.mode == "run"
        with storage(mode="run"):
            inc(3)
    assert (storage.store.count_calls(), other.store.count_calls()) == (2, 1)
    with pytest.raises(ValueError, match="did you mean 'noop'"):
        storage(mode="nop")


def test_hooks_run_with_the_storage_on_exit(storage):
    seen = []
    storage._exit_hooks.append(lambda given: seen.append((given, given.store.count_calls())))
    with storage:
        inc(1)
    assert seen == [(storage, 1)]


def test_a_block_that_raises_keeps_what_came_before(path):
    def work():
        with Storage(path):
            inc(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert Storage(path).store.count_calls() == 1


def test_statistics_say_why_calls_were_misses(storage):
    scope = {"__name__": "cells"}
    exec("from mandala_lab import op\nlimit = 3\n@op\ndef cut(x):\n    return min(x, limit)\n", scope)
    cut = scope["cut"]

    @op(pure=False)
    def draw():
        return 1

    with storage:
        _ = [cut(1), cut(2), cut(1), draw(), numbers(100)]
        scope["limit"] = 1
        cut(1)
        exec("@op\ndef cut(x):\n    return -x\n", scope)
        scope["cut"](1)
    stats = storage.stats()
    assert stats.misses == {"first call": 2, "arguments": 1, "impure": 1, "globals": 1, "code": 1}
    assert (stats.hits, stats.computed, stats.calls, stats.values) == (1, 6, 6, 1)
    assert stats.value_bytes > 100
    assert stats.file_bytes > 10_000
    assert "1 hits, 6 computed" in str(stats)


def test_commit_returns_although_hits_go_on(path, monkeypatch):
    monkeypatch.setattr("mandala_lab.memo.recorder._MOST_HITS", 2000)
    storage = Storage(path)
    over = threading.Event()

    def hitting():
        with storage:
            while not over.is_set():
                inc(1)

    thread = threading.Thread(target=hitting)
    thread.start()
    try:
        while storage.stats().cached < 20_000:
            storage.commit()
            assert len(storage._parts.recorder._hits) <= 2001
    finally:
        over.set()
        thread.join()
    storage.commit()
    assert len(storage.store.spans_of_run(storage.run)) == storage.stats().cached + 1
