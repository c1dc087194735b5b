"""One process remembers what it stored, while another deletes it: nothing that is written points to nothing."""

from __future__ import annotations

import pytest
from connectivity import links_are_whole

from mandala_lab import MandalaLabWarning, MList, Storage, op
from mandala_lab.model.errors import CollectedError

LARGE = list(range(300))


@op
def doubled(xs):
    return [2 * x for x in xs]


@op
def counted(n):
    return list(range(n))


@op
def summed(xs):
    return sum(xs)


@op
def parts(n) -> MList[list]:
    return [[k] * 100 for k in range(n)]


@op
def merged(xs: MList[list]):
    return sorted(x for part in xs for x in part)


@pytest.fixture
def other(path):
    made = Storage(path, session="other")
    yield made
    made.close()


def everything_dropped(other):
    other.drop_calls(other.calls(), delete_dependents=True)
    other.cleanup_refs()


def test_a_value_that_is_remembered_as_stored_and_was_collected_is_not_pointed_to(storage, other):
    with storage:
        assert summed(LARGE).value == sum(LARGE)  # now it remembers that it stored the argument
        everything_dropped(other)
        with pytest.warns(MandalaLabWarning, match="took 'xs', and its value was deleted"):
            assert doubled(LARGE).value[-1] == 598
        assert storage.calls() == []
        assert doubled(LARGE).value[-1] == 598  # it forgot, so it stores the argument again
        assert [call.name for call in storage.calls()] == ["doubled"]
    assert links_are_whole(other)


def test_a_ref_whose_value_was_deleted_is_not_pointed_to_until_it_is_made_again(storage, other):
    with storage:
        made = doubled(LARGE)
        assert made.value[-1] == 598
        everything_dropped(other)
        for _ in range(2):
            with pytest.warns(MandalaLabWarning, match="took 'xs', and its value was deleted from the store meanwhile"):
                assert summed(made).value == 2 * sum(LARGE)
        assert storage.calls() == []
        assert doubled(LARGE).value[-1] == 598
        assert summed(made).value == 2 * sum(LARGE)
    assert [call.name for call in other.calls()] == ["doubled", "summed"]
    assert links_are_whole(other)


def test_a_small_ref_whose_call_was_dropped_goes_on_and_is_connected_when_that_is_made_again(storage, other):
    with storage:
        made = doubled([1, 2])
        everything_dropped(other)
        assert summed(made).value == 6
        assert [call.name for call in storage.calls()] == ["summed"]
        assert doubled([1, 2]).value == [2, 4]
    assert {call.name for call in other.calls()} == {"summed", "doubled"}
    assert links_are_whole(other)


def test_a_ref_of_another_storage_is_taken_after_a_collection_too(storage, other, tmp_path):
    with Storage(tmp_path / "elsewhere.db"):
        small, large = doubled([1, 2]), doubled(LARGE)
    with storage:
        summed([1])
        everything_dropped(other)
        assert (summed(small).value, summed(large).value) == (6, 2 * sum(LARGE))
    assert [call.name for call in other.calls()] == ["summed", "summed"]
    assert other.fsck().exit_code == 0


def test_grouped_calls_are_refused_one_by_one(path, other):
    with Storage(path, group_commits_ms=60_000) as storage:
        made = doubled(LARGE).loaded()
        storage.commit()
        everything_dropped(other)
        summed(made)
        summed([5])
        with pytest.warns(MandalaLabWarning, match="1 calls could not be recorded: summed took 'xs'"):
            storage.commit()
        assert [call.outputs["output_0"].value for call in storage.calls()] == [5]
        doubled(LARGE)
    storage.close()
    assert links_are_whole(other)


def test_collections_are_refused_with_what_connects_them(storage, other):
    with storage:
        xs = [x.loaded() for x in parts(3)]
        everything_dropped(other)
        with pytest.warns(MandalaLabWarning, match="could not be recorded"):
            assert merged([xs[0], xs[1]]).value == [0] * 100 + [1] * 100
        assert storage.calls() == []
        assert storage.store.calls_of_op("mandala_lab:list") == []
        parts(3)
        merged([xs[0], xs[1]])
    assert [call.name for call in other.calls()] == ["parts", "merged"]
    assert links_are_whole(other)


def test_hits_on_calls_that_were_dropped_answer_and_leave_no_spans(storage, other):
    with storage:
        summed(LARGE)
        everything_dropped(other)
        assert summed(LARGE).value == sum(LARGE)
        storage.commit()
    assert storage.calls() == []
    assert storage.stats().cached == 0


def test_nothing_is_refused_that_was_never_to_be_stored(storage, other):
    unsaved = op(lambda n: list(range(n)), name="unsaved", save=False)
    taken = op(lambda xs, n: len(xs) + n, name="taken", save={"xs": False})
    with storage:
        summed([1])
        everything_dropped(other)
        summed([2])
        xs = unsaved(200)
        assert summed(xs).value == 19900
        assert taken(list(range(200)), 1).value == 201
        assert len(storage.calls()) == 4


def test_the_store_says_which_calls_it_refuses(storage, other):
    with storage:
        summed(LARGE)
        (entry,) = _entries(storage, lambda: doubled(LARGE))
        everything_dropped(other)
    with pytest.raises(CollectedError, match="call the op that made it again") as refused:
        storage.store.record([entry])
    assert refused.value.refused == 1


def test_a_call_is_not_dropped_from_under_one_that_just_took_what_it_made(storage, other):
    with storage:
        made = doubled(LARGE)
        (call,) = other.calls()
        summed(made)
    with pytest.raises(Exception, match="took what one of these made"):
        other.store.delete_calls([call.hid])
    assert len(other.calls()) == 2


def test_a_ref_in_hand_whose_call_was_dropped_makes_its_value_again_while_its_arguments_are_known(storage, other):
    with storage:
        made = counted(200)
        last = doubled(made)
    everything_dropped(other)
    with pytest.warns(MandalaLabWarning, match=r"was deleted; it was made again by running (doubled|counted)"):
        assert last.value[-1] == 398
    assert storage.calls() == []
    assert storage.stats().values == 0  # nothing is put back for calls that are gone
    storage.clear_cache(allow_uncommitted=True)
    with pytest.raises(LookupError, match=r"storage\.gc.*call its op again"):
        _ = made.value


def test_a_value_that_no_call_made_says_that_it_may_have_been_collected(storage, other):
    with storage:
        summed(LARGE)
        given = storage.calls()[0].inputs["xs"]
        assert given.value == LARGE
        everything_dropped(other)
    storage.clear_cache(allow_uncommitted=True)  # it was at hand
    with pytest.raises(LookupError, match=r"storage\.gc"):
        _ = given.detached().value


def _entries(storage, call):
    """Return what a call would write."""
    found, record = [], storage.store.record
    storage.store.record = lambda entries, spans=(): found.extend(entries)
    try:
        call()
    finally:
        storage.store.record = record
    return found
