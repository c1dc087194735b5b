"""Views of frames, against what they are to show, worked out in plain sets from what the frame says of its elements."""

from __future__ import annotations

import contextlib
import random
from collections import defaultdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from programs import frames, programs, quick, ran

from mandala_lab import Storage, op
from mandala_lab.frame import elements
from mandala_lab.frame.folding import folded
from mandala_lab.frame.hubs import MANY_TAKERS, NEAR_LAYERS, with_chips
from mandala_lab.frame.occurrences import Occurrences
from mandala_lab.frame.outline import outline
from mandala_lab.frame.viewed import in_view, viewed
from mandala_lab.model.outline import Outline, OutlineEdge, OutlineNode
from mandala_lab.model.view import Fold, View
from mandala_lab.render.layered import LayeredLayout


def element_ids(graph, node):
    ids = graph.catalogue.call_hids if node in graph.operations else graph.catalogue.refs.hids
    return set(ids.texts(graph.elements(node)))


def shown_as(drawn, graph, node):
    """Map each element of a node to the id of what stands for it."""
    if any(one.id == node for one in drawn.nodes):
        return dict.fromkeys(element_ids(graph, node), node)
    mine = [one for one in drawn.nodes if one.group == node and one.kind != "chip"]
    found = {one.element: one.id for one in mine if one.element}
    rest = [one for one in mine if one.kind == "more"]
    assert len(found) == len([one for one in mine if one.element]), "an element is shown once"
    assert sum(one.counts.total for one in rest) == len(element_ids(graph, node)) - len(found)
    return {element: found.get(element, rest[0].id if rest else "") for element in element_ids(graph, node)}


def linked(drawn, graph):
    """Return the edges between what stands for the ends of each link, as the frame's calls tell them."""
    expected = set()
    for edge in graph.edges:
        ends = set()
        for end in (edge.source, edge.target):
            held = element_ids(graph, end)
            ends.add(shown_as(drawn, graph, end)[min(held)] if held else end)
        if ends == {edge.source, edge.target}:
            expected.add((edge.source, edge.target, edge.label))  # both closed: drawn as it is
            continue
        into_op = edge.target in graph.operations
        operation, variable = (edge.target, edge.source) if into_op else (edge.source, edge.target)
        of_calls, of_refs = shown_as(drawn, graph, operation), shown_as(drawn, graph, variable)
        for call in graph.catalogue.calls(graph.operations[operation]):
            links = graph.catalogue.inputs if into_op else graph.catalogue.outputs
            number = int(graph.catalogue.call_hids.numbers([call.hid])[0])
            here = links.of(number)
            for label, ref in zip(links.labels.view[here].tolist(), links.refs.view[here].tolist(), strict=True):
                hid = graph.catalogue.refs.hid(ref)
                if graph.catalogue.labels[label] == edge.label and hid in of_refs:
                    pair = (of_refs[hid], of_calls[call.hid])
                    expected.add((*(pair if into_op else pair[::-1]), edge.label))
    return expected


@quick(80)
@given(programs, st.data(), st.integers(1, 4))
def test_every_element_is_shown_once_or_counted_and_edges_join_what_is_linked(program, data, most):
    with ran(program) as done, pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "MOST_SHOWN", most)
        graph = frames(data, done).graph
        nodes = data.draw(st.lists(st.sampled_from([*graph.nodes, "op:gone"]), unique=True))
        kept = data.draw(st.sets(st.sampled_from(["00" * 20, *graph.refs, *graph.calls]), max_size=most))
        drawn = viewed(graph, View(opened=tuple(nodes)), kept=kept)
        shown = {node.element for node in drawn.nodes if node.element}
        assert all(each in shown for node in nodes if node in graph.nodes for each in kept & element_ids(graph, node))
        assert len({node.id for node in drawn.nodes}) == len(drawn.nodes)
        found = [(edge.source, edge.target, edge.label) for edge in drawn.edges]
        assert len(set(found)) == len(found)
        assert set(found) == linked(drawn, graph)
        for node in graph.nodes:
            shown_as(drawn, graph, node)
        LayeredLayout().place(drawn)  # ends of edges are there


@quick(30)
@given(programs, st.data())
def test_a_view_of_nothing_is_the_whole_outline(program, data):
    with ran(program) as done:
        graph = frames(data, done).graph
        assert viewed(graph) == with_chips(outline(graph))


names = st.integers(0, 14)
graphs = st.lists(st.tuples(names, names), max_size=40)


def drawn_graph(pairs):
    """Even numbers are variables, odd ones operations."""
    nodes = [OutlineNode(f"{'op' if n % 2 else 'var'}:{n}", "op" if n % 2 else "var", str(n)) for n in range(15)]
    ends = {(nodes[a].id, nodes[b].id) for a, b in pairs if a % 2 != b % 2}
    return Outline(tuple(nodes), tuple(OutlineEdge(*pair) for pair in sorted(ends)))


@quick(200)
@given(graphs, st.lists(st.tuples(names, st.sampled_from(["before", "after"])), max_size=4))
def test_folds_hide_what_can_be_reached_and_count_it(pairs, asked):
    whole = drawn_graph(pairs)
    ids = [node.id for node in whole.nodes]
    folds = [Fold(ids[n], side) for n, side in asked]
    hidden, counts = set(), defaultdict(dict)
    for fold in folds:
        if fold.node in hidden:
            continue
        beyond = {fold.node}
        for _ in ids:
            for edge in whole.edges:
                ends = (edge.source, edge.target) if fold.side == "after" else (edge.target, edge.source)
                beyond |= {ends[1]} if ends[0] in beyond else set()
        hidden |= beyond - {fold.node}
        counts[fold.node][fold.side] = len(beyond) - 1
    left = folded(whole, folds)
    assert [node.id for node in left.nodes] == [one for one in ids if one not in hidden]
    assert set(left.edges) == {e for e in whole.edges if not {e.source, e.target} & hidden}
    for node in left.nodes:
        assert (node.hidden_before, node.hidden_after) == tuple(counts[node.id].get(s, 0) for s in ("before", "after"))


def chain(length, config):
    """A chain of steps each of which takes the configuration, too."""
    nodes, edges = [OutlineNode("var:c", "var", "c")] if config else [], []
    for k in range(length):
        nodes += [OutlineNode(f"op:f{k}", "op", f"f{k}"), OutlineNode(f"var:x{k}", "var", f"x{k}")]
        edges += [OutlineEdge("var:c", f"op:f{k}", "c")] if config else []
        edges += [OutlineEdge(f"op:f{k}", f"var:x{k}", "x")]
        edges += [OutlineEdge(f"var:x{k - 1}", f"op:f{k}", "x")] if k else []
    return Outline(tuple(nodes), tuple(edges))


@quick(200)
@given(graphs)
@example([(0, odd) for odd in (1, 3, 5, 7, 9, 11, 13)] + [(odd, odd + 1) for odd in range(1, 14, 2)])
def test_chips_stand_for_edges_of_hubs_and_for_nothing_else(pairs):
    whole = drawn_graph(pairs)
    drawn = with_chips(whole)
    chips = {node.id: node for node in drawn.nodes if node.kind == "chip"}
    assert [node for node in drawn.nodes if node.kind != "chip"] == list(whole.nodes)
    told = [(chips[e.source].group if e.source in chips else e.source, e.target, e.label) for e in drawn.edges]
    assert told == [(edge.source, edge.target, edge.label) for edge in whole.edges]
    for chip in chips.values():
        takers = {edge.target for edge in whole.edges if edge.source == chip.group}
        assert len(takers) >= MANY_TAKERS
        assert any(edge.source == chip.id for edge in drawn.edges)
        assert not any(edge.target == chip.id for edge in drawn.edges)


def test_a_hub_keeps_its_short_edges_and_has_one_chip_at_each_distant_taker():
    drawn = with_chips(chain(10, config=True))
    near = [edge.target for edge in drawn.edges if edge.source == "var:c"]
    assert near == [f"op:f{k}" for k in range((NEAR_LAYERS + 1) // 2)]
    assert sum(node.kind == "chip" for node in drawn.nodes) == 10 - len(near)


def test_few_takers_and_takers_of_one_layer_need_no_chips():
    for whole in (chain(MANY_TAKERS - 1, config=True), chain(30, config=False)):
        assert with_chips(whole) == whole
    fan = [OutlineEdge("var:c", f"op:f{k}") for k in range(30)]
    nodes = [OutlineNode("var:c", "var", "c"), *(OutlineNode(f"op:f{k}", "op", "f") for k in range(30))]
    wide = Outline(tuple(nodes), tuple(fan))
    assert with_chips(wide) == wide


def test_an_open_operation_has_one_chip_for_all_its_calls():
    whole = chain(10, config=True)
    nodes, edges = list(whole.nodes), list(whole.edges)
    calls = [OutlineNode(f"call:{k}", "call", str(k), group="op:f9") for k in range(5)]
    nodes = [node for node in nodes if node.id != "op:f9"] + calls
    edges = [
        OutlineEdge(*(each.id if end == "op:f9" else end for end in (edge.source, edge.target)), edge.label)
        for edge in edges
        for each in (calls if "op:f9" in (edge.source, edge.target) else calls[:1])
    ]
    drawn = with_chips(Outline(tuple(nodes), tuple(edges)))
    assert [node.id for node in drawn.nodes if node.id.endswith("op:f9")] == ["chip:var:c>op:f9"]
    assert sum(edge.source == "chip:var:c>op:f9" for edge in drawn.edges) == 5


@op(output_names=["y"])
def fit(x, k=1):
    if x == 3:
        raise ValueError("three")
    return x * k


def test_a_selection_counts_what_it_leaves_and_opens_it():
    occurrences = Occurrences()
    with Storage() as storage:
        for x in [*range(50), *range(50)]:
            with contextlib.suppress(ValueError):
                fit(x)
        frame = storage.cf("run")
        graph = frame.graph
        for call in graph.all_calls.tolist():
            occurrences.add(call, "error" if graph.catalogue.failed.view[call] else "computed")
            occurrences.add(call, "cached")
        view = View("status:error", opened=("op:fit",))
        drawn = viewed(in_view(graph, view, frame.store), view, occurrences)
        calls = [node for node in drawn.nodes if node.kind == "call"]
        assert [(node.status, node.detail) for node in calls] == [("error", "fit · failed")]
        opened = viewed(graph, View(opened=("op:fit",)), occurrences)
        rest = next(node for node in opened.nodes if node.kind == "more")
        assert (rest.label, rest.counts.total, rest.counts.error) == ("38 more", 38, 1)
        assert rest.detail == "fit · 1 failed · 38 cached"
        with pytest.raises(ValueError, match="did you mean 'fit'"):
            in_view(graph, View("fitt"), frame.store)


def test_occurrences_follow_their_calls_into_another_numbering():
    with Storage() as storage:
        for x in (1, 2, 4):
            fit(x)
        old, new = (storage.cf("run").graph for _ in range(2))
        hids = old.catalogue.call_hids.texts(old.all_calls)
        random.Random(1).shuffle(hids)
        columns = storage.store.columns_of_calls([bytes.fromhex(hid) for hid in hids])
        new = type(old.catalogue)()
        new.add(columns)
        found = Occurrences()
        for turn, hid in enumerate(hids):
            for _ in range(turn + 1):
                found.add(int(old.catalogue.call_hids.numbers([hid])[0]), "cached")
        moved = found.moved(old.catalogue, new)
        assert [moved.of(new.call_hids.numbers([hid])).cached for hid in hids] == [1, 2, 3]


def test_a_variable_alone_has_the_status_of_the_calls_that_made_it(storage):
    @op(output_names=["q"])
    def many(i):
        return i % 7

    with storage:
        for i in range(9):
            many(i)
    drawn = {node.id: node for node in storage.cf("run").select("q>5").scene().nodes}
    assert drawn["var:q"].status == "computed"
    drawn = {node.id: node for node in storage.cf("run").select("i=3").scene().nodes}
    assert drawn["var:i"].status == "computed"
