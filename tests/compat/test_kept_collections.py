"""Collections over time: dropped, cleaned up, replayed, lost, pickled, and brought by another storage."""

from __future__ import annotations

import pickle
import sqlite3

import pytest
from collection_ops import arrays, flat, inc, numbers, total, total_whole
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_lab import (
    ListRef,
    MandalaLabWarning,
    MList,
    Ref,
    Storage,
    get_content_hash,
    op,
)


def test_dropping_a_call_drops_what_connects_its_elements_and_needs_leave_for_dependents(storage):
    with storage:
        xs = numbers(2)
        (call,) = storage.calls(numbers)
        storage.drop_calls([call], delete_dependents=False)
        assert storage.calls("items") == []
        ys = [inc(x) for x in numbers(2)]
        total(ys)
    with pytest.raises(ValueError, match="2 calls took what these calls made, inc"):
        storage.drop_calls(storage.calls(numbers))
    storage.drop_calls(storage.calls(numbers), delete_dependents=True)
    assert storage.calls() == []
    assert storage.store.calls_of_session(None) == []
    storage.cleanup_refs()
    assert storage.stats().values == 0
    assert len(xs.hid) == 44


def test_values_of_elements_stay_while_a_collection_needs_them(storage):
    with storage:
        xs = arrays(2)
        total_of = op(lambda xs: sum(int(x.sum()) for x in xs), name="total_of")
        total_of(xs)
        storage.drop_calls(storage.calls(total_of))
    assert storage.cleanup_refs() == 0
    storage.clear_cache(allow_uncommitted=True)
    assert [int(x.value.sum()) for x in xs] == [0, 100]


def test_replay_reconnects_elements_and_runs_no_code_for_it(storage):
    with storage:
        total([inc(x) for x in numbers(3)])
    (call,) = storage.calls(numbers)
    replay = storage.replay(call, scope="downstream", n=2)
    assert replay.verdict == "changed"
    assert [one.outputs["output_0"].value for one in replay.frame.graph.calls.values() if one.name == "total"] == [12]
    assert len(replay.not_refreshed) == 1  # the third element is gone
    replay.frame.check()


def test_grouped_commits_make_no_difference(tmp_path):
    with Storage(tmp_path / "grouped.db", group_commits_ms=10) as storage:
        xs = numbers(3)
        ys = [inc(x) for x in xs]
        call = storage.get_ref_creator(total(ys))
        assert list(call.inputs["xs"]) == ys
    storage.close()


def test_annotations_are_not_made_into_values():
    with pytest.raises(TypeError, match=r"MList is an annotation.*make a list instead"):
        MList([1])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-3, 3), max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_any_mixture_of_refs_and_values_has_the_content_of_the_plain_list(xs, wrapped):
    with Storage() as storage:
        mixed = [inc(x - 1) if wrap else x for x, wrap in zip(xs, wrapped, strict=False)]
        call = storage.get_ref_creator(total(mixed))
        assert call.inputs["xs"].cid == get_content_hash(xs)
        assert call.inputs["xs"].value == xs
        assert [one.value for one in call.inputs["xs"]] == xs
        assert [one for one in mixed if isinstance(one, Ref)] == [
            one for one, wrap in zip(call.inputs["xs"], wrapped, strict=False) if wrap
        ]
        assert total(xs).value == sum(xs)


def test_collections_of_another_storage_bring_their_values(storage, tmp_path):
    with Storage(tmp_path / "other.db") as other:
        xs = numbers(40)
        rows = [numbers(2), [5]]
    with storage:
        assert total(xs).value == 7800
        assert flat([xs, *rows]).value[-1] == 5
        assert total_whole(numbers(3)).value == 30
    other.close()
    (tmp_path / "other.db").unlink()
    storage.clear_cache(allow_uncommitted=True)
    assert {call.inputs["xs"].value[1] for call in storage.calls(total)} == {10}
    given = storage.calls(flat)[0].inputs["rows"]
    assert storage.unwrap(given)[1:] == [[0, 10], [5]]


def test_refs_of_collections_can_be_pickled(storage):
    with storage:
        xs = numbers(3)
    copy = pickle.loads(pickle.dumps(xs))
    assert type(copy) is ListRef
    assert copy == xs
    assert copy.value == [0, 10, 20]
    with storage:
        assert total(copy) == total(xs)


@pytest.mark.parametrize("lost", ["the element", "the list and the element"])
def test_what_is_lost_is_made_again(path, lost):
    with Storage(path) as storage:
        xs = arrays(2)
        cids = [xs[1].cid, *([xs.cid] if "list" in lost else [])]
    storage.close()
    connection = sqlite3.connect(path)
    for cid in cids:
        connection.execute("DELETE FROM stored_values WHERE cid = ?", (bytes.fromhex(cid),))
    connection.commit()
    connection.close()
    storage = Storage(path)
    found = storage.get_ref_creator(xs[1]).outputs["items[1]"]
    with pytest.warns(MandalaLabWarning, match="made again by running arrays"):
        assert found.value.tolist() == [1] * 100
    storage.clear_cache(allow_uncommitted=True)
    assert storage.load_ref(found.hid).value.tolist() == [1] * 100
    storage.close()
