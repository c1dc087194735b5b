"""Numbers for ids: tables, sets and the catalogue, against plain dicts and sets."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import programs, quick, ran

from mandala_lab import op
from mandala_lab.frame.catalogue import NONE, Catalogue
from mandala_lab.frame.numbers import Places, Seen, common, distinct, is_in, lacking, united
from mandala_lab.frame.reading import read_new, read_rest
from mandala_lab.model import ids as ids_module
from mandala_lab.model.grown import Grown
from mandala_lab.model.ids import IdTable, first_of_each, heads_of

WIDTH = 20
alike = st.tuples(
    st.sampled_from([b"h" * 8, b"i" * 8]), st.binary(min_size=1, max_size=1), st.sampled_from([b"e" * 2, b"f" * 2])
).map(lambda parts: parts[0] + parts[1] * 10 + parts[2])
"""Ids that agree in what their slots are made of, and differ in between: somebody made them so."""
some_ids = st.lists(alike | st.binary(min_size=WIDTH, max_size=WIDTH), max_size=12)
numbers = st.lists(st.integers(0, 40), max_size=30)


def rows(found: list[bytes], width: int = WIDTH) -> np.ndarray:
    return np.frombuffer(b"".join(found), np.uint8).reshape(-1, width)


@settings(deadline=None)
@given(st.lists(some_ids, max_size=8), some_ids, st.sampled_from([2, 16, 1_024]))
def test_ids_are_numbered_in_order_of_appearance(batches, others, fewest_slots):
    table, known = IdTable(WIDTH), {}
    kept = ids_module._FEWEST_SLOTS
    ids_module._FEWEST_SLOTS = fewest_slots
    try:
        for batch in batches:
            expected = [known.setdefault(one, len(known)) for one in batch]
            assert table.add(rows(batch)).tolist() == expected
            assert len(table) == len(known)
            wanted = [*batch, *others]
            assert table.find(rows(wanted)).tolist() == [known.get(one, -1) for one in wanted]
        assert [one.tobytes() for one in table.rows.view] == list(known)
    finally:
        ids_module._FEWEST_SLOTS = kept


@settings(deadline=None)
@given(st.lists(st.binary(min_size=3, max_size=3), max_size=20))
def test_short_ids_are_told_apart(found):
    table, known = IdTable(3), {}
    assert table.add(rows(found, 3)).tolist() == [known.setdefault(one, len(known)) for one in found]


@settings(deadline=None)
@given(st.lists(alike, min_size=1, max_size=12))
def test_the_first_of_each_id_is_found(found):
    known = {}
    expected = [known.setdefault(one, len(known)) for one in found]
    firsts, which = first_of_each(rows(found), heads_of(rows(found)))
    assert which.tolist() == expected
    assert firsts.tolist() == [found.index(one) for one in known]


def test_a_large_table_finds_what_came_in_bulk_and_one_by_one():
    every = np.random.default_rng(0).integers(0, 256, (30_000, WIDTH), np.uint8)
    table = IdTable(WIDTH)
    parts = [every[:20_000], *every[20_000:20_050, None], every[20_050:]]
    assert np.concatenate([table.add(part) for part in parts]).tolist() == list(range(30_000))
    assert table.find(every[::-1]).tolist() == list(range(30_000))[::-1]
    assert (table.find(every ^ np.uint8(1)) == -1).all()


@pytest.mark.parametrize("top", [50, 5_000, 10**9])
def test_large_arrays_are_sets(top):
    chance = np.random.default_rng(top)
    one, other = chance.integers(0, top, 3_000), chance.integers(0, top, 4_000)
    a, b = distinct(one), distinct(other)
    assert a.tolist() == sorted(set(one.tolist()))
    assert common(a, b).tolist() == sorted(set(one.tolist()) & set(other.tolist()))
    assert lacking(a, b).tolist() == sorted(set(one.tolist()) - set(other.tolist()))
    wanted = np.append(other, [-1, top, top + 1])
    assert is_in(wanted, a).tolist() == [number in set(one.tolist()) for number in wanted.tolist()]
    places = {number: place for place, number in enumerate(a.tolist())}
    assert Places(a).of(wanted).tolist() == [places.get(number, -1) for number in wanted.tolist()]


@given(numbers, numbers, numbers)
def test_arrays_are_sets(one, other, third):
    a, b = distinct(np.array(one, np.int64)), distinct(np.array(other, np.int64))
    assert a.tolist() == sorted(set(one))
    assert united([a, b, distinct(np.array(third, np.int64))]).tolist() == sorted({*one, *other, *third})
    assert common(a, b).tolist() == sorted(set(one) & set(other))
    assert lacking(a, b).tolist() == sorted(set(one) - set(other))
    assert is_in(np.array(third, np.int64), a).tolist() == [number in set(one) for number in third]
    places = {number: place for place, number in enumerate(a.tolist())}
    assert Places(a).of(np.array(third, np.int64)).tolist() == [places.get(number, -1) for number in third]
    assert united([]).tolist() == []


@given(st.lists(numbers, max_size=8))
def test_what_was_seen_is_told_once(batches):
    seen, known = Seen(), set()
    for batch in batches:
        assert seen.add(np.array(batch, np.int64)).tolist() == sorted(set(batch) - known)
        known |= set(batch)


@given(st.lists(numbers, max_size=8))
def test_what_was_read_of_a_growing_array_stays(batches):
    grown, every, views = Grown(np.int64), [], []
    for batch in batches:
        grown.extend(np.array(batch, np.int64))
        every = [*every, *batch]
        views.append((grown.view, every))
        assert grown.size == len(every)
    assert all(view.tolist() == held for view, held in views)


def ids_of(calls: Catalogue) -> list[str]:
    return calls.call_hids.texts(np.arange(len(calls)))


@quick(20)
@given(programs, st.data())
def test_a_catalogue_is_the_same_however_its_calls_came(program, data):
    with ran(program) as done:
        whole, parts = read_new(done.storage.store), Catalogue()
        columns = whole.columns(np.arange(len(whole)))
        left = data.draw(st.permutations(range(len(columns)))) if len(columns) else []
        while left:
            size = data.draw(st.integers(1, len(left)))
            part = columns.take(np.array(left[:size]))
            added = parts.add(part)
            assert parts.call_hids.texts(added) == [hid.tobytes().hex() for hid in part.hids]
            again = data.draw(st.integers(0, 1))  # what is known already changes nothing
            if again:
                assert parts.add(part).tolist() == added.tolist()
            left = left[size:]
        numbers = parts.call_hids.numbers(ids_of(whole))
        assert len(numbers) == len(parts) == len(whole) == len(columns)
        assert [parts.call(number) for number in numbers.tolist()] == [whole.call(n) for n in range(len(whole))]
        refs = np.arange(len(whole.refs))
        theirs = parts.refs.find(whole.refs.ids(refs))
        assert sorted(theirs.tolist()) == list(range(len(parts.refs))) == refs.tolist()
        for mine, other in zip(refs.tolist(), theirs.tolist(), strict=True):
            assert parts.refs[other] == whole.refs[mine]
            assert type(parts.refs[other]) is type(whole.refs[mine])
            assert parts.refs[other].data == whole.refs[mine].data
        for ask in (lambda catalogue, ref: catalogue.takers(np.array([ref])), maker):
            for mine, other in zip(refs.tolist(), theirs.tolist(), strict=True):
                assert set(parts.call_hids.texts(ask(parts, other))) == set(whole.call_hids.texts(ask(whole, mine)))


def maker(catalogue, ref):
    found = catalogue.refs.makers.view[[ref]]
    return found[found != NONE]


@quick(20)
@given(programs, st.data())
def test_calls_and_refs_are_those_of_the_store(program, data):
    with ran(program) as done:
        store, catalogue = done.storage.store, Catalogue()
        for one in data.draw(st.permutations(done.ops)):
            read_rest(catalogue, store, of=one.spec.key)
            catalogue.takers(np.arange(len(catalogue.refs)))
        read_rest(catalogue, store)
        for call in store.calls_of_session(None):
            (number,) = catalogue.call_hids.numbers([call.hid]).tolist()
            found = catalogue.call(number)
            assert found == call
            assert (dict(found.inputs), dict(found.outputs)) == (dict(call.inputs), dict(call.outputs))
            assert list(found.inputs) == list(call.inputs)
            assert [ref.data for ref in found.inputs.values()] == [ref.data for ref in call.inputs.values()]
            assert found.reads == call.reads
            assert found.spans == call.spans
        refs = np.arange(len(catalogue.refs))
        calls = store.calls_of_session(None)
        taken = {
            ref.hid: [call.hid for call in calls if ref in call.inputs.values()]
            for call in calls
            for ref in call.inputs.values()
        }
        for ref in refs.tolist():
            hid = catalogue.refs.hid(ref)
            assert set(catalogue.call_hids.texts(catalogue.takers(np.array([ref])))) == set(taken.get(hid, ()))
        hids = catalogue.refs.hids.texts(catalogue.in_order(refs))
        assert set(hids) == {catalogue.refs.hid(ref) for ref in refs.tolist()}
        place = {hid: number for number, hid in enumerate(hids)}
        for call in calls:  # what it took comes before what it made
            for taken_ref in call.inputs.values():
                assert all(place[taken_ref.hid] < place[ref.hid] for ref in call.outputs.values())


@quick(15)
@given(programs, st.data())
def test_a_frame_in_the_numbers_of_another_is_the_same(program, data):
    with ran(program) as done:
        one, other = done.storage.cf(None), done.storage.cf(None)
        picked = data.draw(st.lists(st.sampled_from(sorted(one.refs)), unique=True)) if one.refs else []
        part = done.storage.cf(picked)
        moved = part | one["x"] if "x" in one.vnames else part | one.drop(one.nodes)
        assert {name: set(held) for name, held in moved.vs.items() if name == "v"} == (
            {"v": set(picked)} if picked else {}
        )
        assert (one & other).to_bytes() == one.to_bytes()
        assert all(moved.refs[hid] == one.refs[hid] for hid in picked)


def test_a_catalogue_goes_with_its_last_frame(storage):
    @op(output_names=["y"])
    def inc(x):
        return x + 1

    with storage:
        inc(inc(1))

    def used() -> weakref.ref[Catalogue]:
        frame = storage.cf(inc).expand_all()
        frame.df(), frame.select("+y"), frame.where(x=1), list(frame.groupby("x")), frame.to_dict(), frame.scene()
        assert frame.compare(frame.copy()).edges_added == ()
        assert frame.refs[next(iter(frame.refs))].cid
        return weakref.ref(frame.graph.catalogue)

    gc.collect()
    gc.disable()  # a store of a million calls would have hundreds of megabytes wait for a collection
    try:
        assert used()() is None
    finally:
        gc.enable()
