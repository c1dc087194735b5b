"""What every layout engine must do."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from mandala_lab.model.outline import Outline, OutlineEdge, OutlineNode, op_id, var_id
from mandala_lab.ports.layout import LayoutEngine
from mandala_lab.render.layered import LayeredLayout

ENGINES = {"layered TB": LayeredLayout(), "layered LR": LayeredLayout(orientation="LR")}
X, F, Y = (
    OutlineNode(var_id("x"), "var", "x"),
    OutlineNode(op_id("f"), "op", "f"),
    OutlineNode(var_id("y"), "var", "y"),
)
CHAIN = Outline((X, F, Y), (OutlineEdge(X.id, F.id, "a"), OutlineEdge(F.id, Y.id)))


@pytest.fixture(params=ENGINES.values(), ids=ENGINES)
def engine(request):
    return request.param


def test_it_is_an_engine(engine):
    assert isinstance(engine, LayoutEngine)


def test_an_empty_outline_is_an_empty_scene(engine):
    scene = engine.place(Outline())
    assert (scene.nodes, scene.edges) == ([], [])


def test_nodes_and_edges_come_in_their_order_with_all_their_data(engine):
    scene = engine.place(CHAIN)
    assert [node.id for node in scene.nodes] == ["var:x", "op:f", "var:y"]
    assert [(e.source, e.target, e.label) for e in scene.edges] == [
        ("var:x", "op:f", "a"),
        ("op:f", "var:y", ""),
    ]
    assert all(len(edge.points) >= 2 for edge in scene.edges)


def test_the_same_outline_gives_the_same_scene(engine):
    assert engine.place(CHAIN) == engine.place(CHAIN)


def test_old_boxes_and_routes_stay_when_something_is_added(engine):
    small = Outline((X, F), CHAIN.edges[:1])
    before = engine.place(small)
    after = engine.place(CHAIN, before)
    assert after.nodes[:2] == before.nodes
    assert after.edges[:1] == before.edges


def test_a_new_status_is_shown_where_the_node_was(engine):
    before = engine.place(CHAIN)
    changed = Outline((X, replace(F, status="error"), Y), CHAIN.edges)
    after = engine.place(changed, before)
    assert after.nodes[1] == msgspec.structs.replace(before.nodes[1], status="error")


def test_a_repeated_id_is_refused(engine):
    with pytest.raises(ValueError, match="two nodes have the id 'var:x'"):
        engine.place(Outline((X, X)))


def test_an_edge_to_nowhere_is_refused(engine):
    with pytest.raises(ValueError, match="'op:f', which is not among the nodes"):
        engine.place(Outline((X,), (OutlineEdge(X.id, F.id),)))
