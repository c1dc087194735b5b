"""The laws of frames that grow and are joined as sets, on random programs, sources and changes."""

from __future__ import annotations

from operator import and_, or_, sub

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import elements, is_part, kinds_of, sets
from programs import CHANGES, frames, programs, quick, ran, some_nodes
from reference import World


@quick(60)
@given(programs, st.data())
def test_every_change_keeps_the_laws_and_leaves_its_receiver(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        frame.check()
        before = frame.to_bytes()
        for change in data.draw(st.permutations(CHANGES))[:4]:
            change(data, frame).check()
            assert frame.to_bytes() == before


@quick(60)
@given(programs, st.data())
def test_expansion_contains_its_receiver_and_comes_to_rest(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        before = frame.to_bytes()
        names = data.draw(st.none() | st.just(some_nodes(data, frame, frame.vnames)))
        flags = {name: data.draw(st.booleans()) for name in ("skip_existing", "reuse_existing")}
        rests = sets if flags["reuse_existing"] else elements  # else a ref may get another operation for each place
        for grow in (frame.expand_back, frame.expand_forward):
            once, whole = grow(names, **flags), grow(names, recursive=True, **flags)
            for grown in (once, whole):
                grown.check()
                assert is_part(frame, grown)
            assert set(once.calls) <= set(whole.calls)
            if names is None:
                again = getattr(whole, grow.__name__)(recursive=True, **flags)
                assert rests(again) == rests(whole)
        whole = frame.expand_all(**flags)
        whole.check()
        assert is_part(frame, whole)
        assert rests(whole.expand_all(**flags)) == rests(whole)
        assert frame.to_bytes() == before


@quick(24)
@given(programs, st.data())
def test_from_refs_expansion_finds_exactly_what_the_store_says(program, data):
    with ran(program) as done:
        world = World(done.storage)
        if not done.refs:
            return
        refs = data.draw(st.lists(st.sampled_from(done.refs), min_size=1, max_size=3))
        hids = {ref.hid for ref in refs}
        frame = done.storage.cf(refs)
        grown, (calls, held) = frame.expand_back(recursive=True), world.back(hids)
        assert set(grown.calls) == calls
        assert set(grown.refs) == held  # of a list, the elements that led there
        grown, (calls, held) = frame.expand_forward(recursive=True), world.forward(hids)
        assert set(grown.calls) == calls
        assert held <= set(grown.refs) <= world.covered(held, calls, world.given)
        back, forward = frame.expand_back(), frame.expand_forward()
        assert set(back.calls) == world.makers(hids)
        assert set(back.refs) == hids | world.all(world.given, back.calls)
        assert set(forward.calls) == world.takers(hids)
        assert hids | world.all(world.made, forward.calls) <= set(forward.refs)
        (least_calls, least_refs), (most_calls, most_refs) = world.whole(hids), world.component(hids)
        for reuse in (False, True):
            assert set(frame.expand_back(recursive=True, reuse_existing=reuse).calls) == world.back(hids)[0]
            assert set(frame.expand_forward(recursive=True, reuse_existing=reuse).calls) == world.forward(hids)[0]
            grown = frame.expand_all(reuse_existing=reuse)
            assert least_calls <= set(grown.calls) <= most_calls
            assert least_refs <= set(grown.refs) <= most_refs


@quick(24)
@given(programs, st.data())
def test_sources_hold_what_they_name(program, data):
    with ran(program) as done:
        storage, world = done.storage, World(done.storage)
        for one in done.ops:
            calls = {call.hid for call in storage.store.calls_of_op(one.spec.key)}
            frame = storage.cf(one)
            assert set(frame.calls) == calls
            assert set(frame.refs) == world.all(world.given, calls) | world.all(world.made, calls)
            assert frame.fnames == {one.spec.name}
        everything = storage.cf(None)
        assert set(everything.calls) == set(world.op)
        assert set(everything.refs) == world.all(world.given, world.op) | world.all(world.made, world.op)
        assert sets(everything) == sets(storage.cf("run"))
        refs = data.draw(st.lists(st.sampled_from(done.refs or [None]), max_size=3))
        refs = [ref for ref in refs if ref is not None]
        assert sets(storage.cf({"p": refs, "q": [ref.hid for ref in refs]})) == {
            "p": {ref.hid for ref in refs},
            "q": {ref.hid for ref in refs},
        }


@quick(60)
@given(programs, st.data())
def test_frames_are_sets_node_by_node(program, data):
    with ran(program) as done:
        one, other = frames(data, done, 2), frames(data, done, 2)
        before = one.to_bytes(), other.to_bytes()
        kinds, others = kinds_of(one), kinds_of(other)
        if any(kinds[name] != others[name] for name in kinds.keys() & others.keys()):
            for join in (or_, and_, sub):
                with pytest.raises(ValueError, match=r"rename the variable|drop one of them first"):
                    join(one, other)
            return
        either, other_way = one | other, other | one
        both, both_other_way, rest = one & other, other & one, one - other
        for frame in (either, other_way, both, both_other_way, rest):
            frame.check()
        for part in (one, other):
            assert is_part(part, either)
            assert is_part(both, part)
        assert set(either.refs) == set(one.refs) | set(other.refs)
        assert set(either.calls) == set(one.calls) | set(other.calls)
        assert set(either.edges()) >= set(one.edges()) | set(other.edges())  # and those on which a ref of both lies
        for name, held in sets(either).items():
            assert held == sets(one).get(name, set()) | sets(other).get(name, set())
        assert sets(either) == sets(other_way)
        assert sets(both) == sets(both_other_way)
        left, right = sets(one), sets(other)
        for name in both.vnames:
            assert set(both.vs[name]) == left[name] & right[name]
        assert is_part(rest, one)
        for name, held in sets(rest).items():
            assert not held & right.get(name, set())
        assert all(sets(rest).values())
        assert sets(one | one) == sets(one & one) == sets(one)
        assert (one - one).nodes == set()
        assert either == other_way
        assert hash(either) == hash(other_way)
        assert both == both_other_way
        same = sets(one) == sets(other) and set(one.edges()) == set(other.edges()) and kinds_of(one) == kinds_of(other)
        assert (one == other) == same
        assert (one != other) != same
        assert one == type(one).from_dict(one.to_dict(), done.storage)
        assert one != one.to_dict()
        assert type(one).union(one, other).to_bytes() == either.to_bytes()
        assert type(one).intersection(one, other).to_bytes() == both.to_bytes()
        assert one[other].to_bytes() == both.to_bytes()
        assert (both < one) == (both.to_dict() != one.to_dict())
        assert before == (one.to_bytes(), other.to_bytes())


@quick(20)
@given(programs, st.data())
def test_in_place_is_the_other_spelling_and_a_copy_stays(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        variables, nodes = some_nodes(data, frame, frame.vnames), some_nodes(data, frame)
        calls = [
            ("expand_back", ()),
            ("expand_back", (None, True)),
            ("expand_forward", (variables, True)),
            ("expand_all", ()),
            ("drop", (nodes,)),
            ("cleanup", ()),
            ("merge_vars", ()),
            ("rename", ({name: f"new {name}" for name in variables},)),
            *([("merge_into", (variables[0], variables[-1])), ("drop_var", (variables[0],))] if variables else []),
            *[("drop_node", (name,)) for name in nodes[:1]],
            *[("drop_func", (name,)) for name in list(frame.fnames)[:1]],
        ]
        before = frame.to_bytes()
        for name, given_ in calls:
            changed = frame.copy()
            assert changed.to_bytes() == before
            assert changed is not frame
            made = getattr(frame, name)(*given_)
            assert getattr(changed, name)(*given_, inplace=True) is None
            assert changed.to_bytes() == made.to_bytes()
            made.check()
            assert frame.to_bytes() == before
