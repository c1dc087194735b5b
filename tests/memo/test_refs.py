"""Refs, and the blocks and threads in which a storage answers."""

from __future__ import annotations

import threading

import pytest

from mandala_lab import Storage, noop, op

runs: list[object] = []
note = runs.append  # code, not data: a list that an op reads would be part of its key


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@op
def inc(x):
    note(x)
    return x + 1


@op(output_names=["low", "high"])
def ends(items):
    return min(items), max(items)


def test_each_thread_enters_and_leaves_for_itself(storage):
    both_in = threading.Barrier(2)
    found = []

    def work(number):
        with storage:
            both_in.wait(10)
            found.append(inc(number).value)
            both_in.wait(10)
        found.append(inc(number))

    threads = [threading.Thread(target=work, args=(10 * n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [11, 11, 21, 21]


def test_blocks_nest_and_the_outer_resumes(storage, tmp_path):
    other = Storage(tmp_path / "other.db")
    with storage:
        with other, noop():
            assert inc(1) == 2
        with other:
            inc(2)
            with storage:
                inc(3)
            inc(4)
        inc(5)
    assert storage.store.count_calls() == 2
    assert other.store.count_calls() == 2
    other.close()


def test_refs_inside_containers_stand_for_their_values(storage):
    @op
    def total(parts):
        note(parts)
        return sum(parts["kept"]) + sum(sum(inner) for inner in parts["nested"])

    with storage:
        one, two = inc(0), inc(1)
        with_refs = {"kept": [one, two], "nested": ((one,), [two])}
        assert total(with_refs).value == 6
        assert total({"kept": [1, 2], "nested": ((1,), [2])}).value == 6
        assert total(with_refs).value == 6
    assert [run for run in runs if isinstance(run, dict)] == [{"kept": [1, 2], "nested": ((1,), [2])}]
    assert total(with_refs) == 6  # outside a storage too
    assert storage.unwrap(with_refs) == {"kept": [1, 2], "nested": ((1,), [2])}


def test_a_result_may_hold_refs(storage):
    with storage:
        kept = inc(1)

        @op
        def wrap(x):
            return {"x": x, "kept": [kept]}

        assert wrap(1).value == {"x": 1, "kept": [2]}
        assert wrap(1).value == {"x": 1, "kept": [2]}


def test_a_ref_of_another_storage_brings_its_value(storage, tmp_path):
    @op
    def listing(n):
        return list(range(n))

    other = Storage(tmp_path / "other.db")
    with other:
        foreign, number = listing(3), inc(1)
    with storage:
        assert ends(foreign)[1].value == 2
        assert inc(number).value == 3
        assert ends([number, 0])[1].value == 2
    other.close()
    assert storage.store.count_calls() == 3
    assert storage.cf(ends).df("items")["items"].tolist() == [[0, 1, 2], [2, 0]]


def test_a_loaded_value_that_was_changed_does_not_become_a_key(storage):
    @op
    def listing(n):
        return list(range(n))

    @op
    def total(parts):
        return sum(map(sum, parts))

    with storage:
        ref = listing(3)
        ref.value.append(100)
        assert total([ref]).value == 3
        assert total([[0, 1, 2, 100]]).value == 103


def test_a_ref_refuses_to_pass_for_its_value(storage):
    with storage:
        ref = inc(0)
    for misuse in (lambda: bool(ref), lambda: ref == 1, lambda: ref < 1):
        with pytest.raises(TypeError, match="use ref"):
            misuse()
    assert ref == storage.load_ref(ref.hid)
    with pytest.raises(LookupError):
        storage.load_ref("0" * 40)


def test_threads_share_a_storage(storage):
    storage.activate()
    results = []

    def work():
        results.append([inc(number).value for number in range(20)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [list(range(1, 21))] * 8
    assert len(storage.calls(inc)) == 20


def test_refs_outlive_their_storage(path):
    def make(place):
        with Storage(place) as storage:
            return ends([3, 4])[1], storage.session

    for place in (path, ":memory:"):
        ref, _ = make(place)
        if place is path:
            assert list(path.parent.glob("store.db-*")) == []  # its logs are gone
        assert ref.detached().value == 4


def test_the_plain_argument_of_a_call_with_an_equal_one_is_recorded(storage):
    with storage:
        inc(inc(1))
        inc(2)  # equal to the second call, with a history of its own
    assert [call.inputs["x"].own_value() for call in storage.calls(inc)] == [1, 2, 2]
    assert storage.fsck().faults == ()
