"""The laws of parts of frames, their structure and their pictures, on random programs and sources."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import is_part, is_within, sets
from programs import OPS, frames, programs, quick, ran, some_elements, some_nodes, sources
from reference import World


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
