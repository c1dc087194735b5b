"""The laws of frames (API.md, section 5), on random programs, sources and changes."""

from __future__ import annotations

import json
from operator import and_, or_, sub

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import CHANGES, OPS, frames, programs, quick, ran, some_elements, some_nodes, sources
from reference import World


def sets(frame):
    return {name: set(held) for name, held in frame.sets.items()}


def elements(frame):
    return set(frame.refs), set(frame.calls)


def kinds_of(frame):
    return {**dict.fromkeys(frame.vnames), **{name: spec.key for name, spec in frame.ops().items()}}


def is_part(one, other):
    """Whether one frame has only nodes, elements and edges of another."""
    held = sets(other)
    return (
        all(elements <= held.get(name, set()) for name, elements in sets(one).items())
        and set(one.nodes) <= set(other.nodes)
        and set(one.edges()) <= set(other.edges())
    )


def is_within(one, other):
    """Whether each element of one frame is in the same node of another, whatever the edges."""
    held = sets(other)
    return all(elements <= held.get(name, set()) for name, elements in sets(one).items() if elements)


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


@quick(20)
@given(programs, st.data())
def test_nodes_are_renamed_dropped_and_merged(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        held = sets(frame)
        chosen = some_nodes(data, frame, frame.vnames)
        new = dict(zip(chosen, [*chosen[1:], *chosen[:1]], strict=True))  # around in a circle: no name is taken
        renamed = frame.rename(new)
        assert sets(renamed) == {new.get(name, name): elements for name, elements in held.items()}
        assert set(renamed.edges()) == {(new.get(a, a), new.get(b, b), label) for a, b, label in frame.edges()}
        for old in chosen:
            for taken in set(frame.nodes) - {old}:
                with pytest.raises(ValueError, match="cannot be renamed"):
                    frame.rename({old: taken})
        nodes = some_nodes(data, frame)
        kept = set(frame.nodes) - set(nodes)
        dropped, selected = frame.drop(nodes), frame[sorted(kept)]
        assert dropped.to_bytes() == selected.to_bytes() == frame.select_nodes(kept).to_bytes()
        assert set(dropped.nodes) == kept
        assert set(dropped.edges()) == {edge for edge in frame.edges() if {*edge[:2]} <= kept}
        assert is_part(dropped, frame)
        assert all(set(dropped.vs[name]) == held[name] for name in dropped.vnames)
        for name in kept & set(frame.fnames):
            for call in set(frame.calls_by_func()[name]) - set(dropped.calls_by_func()[name]):  # not where an edge says
                assert any(ref.hid in dropped.refs for ref in [*call.inputs.values(), *call.outputs.values()])
        clean = frame.cleanup()
        assert sets(clean) == {name: elements for name, elements in held.items() if elements}
        assert frame.simplify().to_bytes() == clean.to_bytes()
        merged = frame.merge_vars()
        assert is_within(merged, frame)
        assert set(merged.refs) == set(frame.refs)
        assert not any(
            set(merged.vs[a]) < set(merged.vs[b]) for a in merged.vnames for b in merged.vnames
        )  # none is left to merge
        if len(chosen) > 1:
            joined = frame.merge_into(*chosen[:2])
            assert sets(joined) == {
                **{name: elements for name, elements in held.items() if name != chosen[0]},
                chosen[1]: held[chosen[0]] | held[chosen[1]],
            }


@quick(24)
@given(programs, st.data())
def test_parts_are_parts(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        chosen = some_elements(data, frame)
        part = frame.select_subsets(chosen)
        assert set(part.nodes) == set(frame.nodes)
        assert part.edges() == frame.edges()
        for name in frame.vnames:
            assert set(part.vs[name]) == set(chosen.get(name, ()))
        for name in frame.fnames:
            assert set(part.fs[name]) <= set(chosen.get(name, ()))
        for name in set(frame.nodes):
            with pytest.raises(ValueError, match="does not hold all"):
                frame.select_subsets({name: ["00" * 20]})
        nodes = some_nodes(data, frame, least=1)
        for way in ("upstream", "downstream", "midstream"):
            strong, weak = (getattr(frame, way)(*nodes, how=how) if nodes else frame for how in ("strong", "weak"))
            assert is_part(strong, weak)
            assert is_part(weak, frame)
        for name in nodes:
            assert sets(frame.midstream(name)) == {name: set(frame.sets[name])}
            if name in frame.vnames:
                assert set(frame.upstream(name).vs[name]) == set(frame.downstream(name).vs[name]) == set(frame.vs[name])
        for direction in ("back", "forward"):
            strong, weak = (frame.drop_unreachable(direction, how) for how in ("strong", "weak"))
            assert is_part(strong, weak)
            assert is_part(weak, frame)


@quick(20)
@given(programs, st.data())
def test_what_matches_is_found(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        values = [2, 3, 5]
        picked = [ref for ref in frame.refs.values() if data.draw(st.booleans())]
        for part, holds in [
            (frame.isin(values), lambda ref: ref.value in values),
            (frame < 3, lambda ref: isinstance(ref.value, int) and ref.value < 3),
            (frame.isin([ref.hid for ref in picked], by="hid"), picked.__contains__),
            (frame.isin(picked, by="hid"), picked.__contains__),
            (frame.isin([ref.cid for ref in picked], by="cid"), lambda ref: ref.cid in {one.cid for one in picked}),
        ]:
            part.check()
            assert is_part(part, frame)
            assert part.nodes == frame.nodes
            for name, refs in frame.refs_by_var().items():
                assert set(part.vs[name]) == {ref.hid for ref in refs if holds(ref)}
            for call in part.calls.values():
                assert any(ref.hid in part.refs for ref in [*call.inputs.values(), *call.outputs.values()])
        calls = [call for call in frame.calls.values() if data.draw(st.booleans())]
        for given_ in (calls, [call.hid for call in calls]):
            part = frame.isin(given_, by="hid", node_class="func")
            part.check()
            assert is_part(part, frame)
            assert set(part.calls) == {call.hid for call in calls}


@quick(24)
@given(programs, st.data())
def test_structure_agrees_with_itself(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        edges = frame.edges()
        assert list(frame.nodes) == [*frame.fnames, *frame.vnames]
        assert {(a, b, c) for name in frame.nodes for a, b, c in frame.in_edges(name)} == set(edges)
        assert {(a, b, c) for name in frame.nodes for a, b, c in frame.out_edges(name)} == set(edges)
        assert {(a, b, c) for b, by in frame.inp.items() for c, many in by.items() for a in many} == set(edges)
        assert {(a, b, c) for a, by in frame.out.items() for c, many in by.items() for b in many} == set(edges)
        assert frame.sources == {name for name in frame.vnames if not frame.in_edges(name)}
        assert frame.sinks == {name for name in frame.vnames if not frame.out_edges(name)}
        assert set(frame.ops()) == set(frame.fnames)
        refs, calls = frame.refs, frame.calls
        assert frame.creator == {
            ref.hid: hid for hid, call in calls.items() for ref in call.outputs.values() if ref.hid in refs
        }
        taken = {}
        for hid, call in calls.items():
            for ref in call.inputs.values():
                if ref.hid in refs:
                    taken.setdefault(ref.hid, set()).add(hid)
        assert frame.consumers == taken
        assert frame.refinv == {hid: {name for name in frame.vnames if hid in frame.vs[name]} for hid in refs}
        assert frame.callinv == {hid: {name for name in frame.fnames if hid in frame.fs[name]} for hid in calls}
        by_var, by_func = frame.refs_by_var(), frame.calls_by_func()
        assert {name: {ref.hid for ref in held} for name, held in by_var.items()} == dict(frame.vs)
        assert {name: {call.hid for call in held} for name, held in by_func.items()} == dict(frame.fs)
        assert frame.values == {name: set(held) for name, held in {**by_var, **by_func}.items()}
        for name, held in by_var.items():
            assert frame.get_var_values(name) == set(held)
        for name, held in by_func.items():
            columns = dict.fromkeys(label for call in held for label in [*call.inputs, *call.outputs])
            table = frame.get_func_table(name)
            assert list(table.columns) == list(columns)
            assert len(table) == len(held)
            for call, row in zip(held, table.to_dict("records"), strict=True):
                for label, ref in {**call.inputs, **call.outputs}.items():
                    assert row[label] == ref if ref.hid in refs else row[label] is None
        assert all(storage_call == calls[storage_call.hid] for storage_call in done.storage.store.calls(calls))


@quick(20)
@given(programs, st.data())
def test_data_and_pictures_are_stable(program, data):
    with ran(program) as done:
        frame = frames(data, done)
        found = frame.to_dict()
        assert json.loads(json.dumps(found)) == found == frame.copy().to_dict()
        assert set(found["refs"]) == set(frame.refs)
        assert set(found["calls"]) == set(frame.calls)
        assert json.loads(frame.to_bytes()) == found
        frame.copy().expand_all()  # the catalogue grows under all frames that share it
        assert frame.to_dict() == found
        net = frame.to_networkx()
        assert set(net.nodes) == set(frame.nodes)
        assert {(a, b, label) for a, b, label in net.edges(data="label")} == set(frame.edges())
        assert {name: net.nodes[name]["size"] for name in net} == {
            name: len(held) for name, held in sets(frame).items()
        }
        text = frame.get_graph_desc()
        assert all(name in text for name in frame.fnames)
        assert len(frame.scene().nodes) == len(frame.nodes)


@quick(20)
@given(programs, programs, st.data())
def test_a_frame_grows_by_what_was_recorded_since(program, more, data):
    with ran(program) as done:
        old = done.storage.cf(data.draw(sources(done)))
        old.expand_all()
        before = old.to_bytes()
        with done.storage:
            for ref in done.refs:
                for one, *_ in more:
                    if one in ("inc", "same", "nest"):
                        OPS[one](ref)
        world = World(done.storage)
        grown = old.expand_all()
        grown.check()
        assert old.to_bytes() == before
        (least_calls, least_refs), (most_calls, most_refs) = world.whole(old.refs, old.calls), world.component(old.refs)
        assert least_calls <= set(grown.calls) <= most_calls
        assert least_refs <= set(grown.refs) <= most_refs
