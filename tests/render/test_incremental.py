"""Growing scenes: what is there does not move, what is new finds room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from geometry import check, through_boxes
from graphs import build, growths, loop, mixed, outline_of, pipeline
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab.model.outline import Outline, OutlineEdge, OutlineNode, op_id, var_id
from mandala_lab.render.layered import LayeredLayout
from mandala_lab.render.scene import diff_scenes


def boxes(scene):
    return {node.id: (node.x, node.y, node.w, node.h) for node in scene.nodes}


def routes(scene):
    return {edge.id: edge.points for edge in scene.edges}


def prefix(outline, count):
    """The first edges of an outline, and the nodes they touch."""
    edges = outline.edges[:count]
    touched = {end for edge in edges for end in (edge.source, edge.target)}
    return Outline(tuple(n for n in outline.nodes if n.id in touched), edges)


@given(growths(), st.sampled_from(["TB", "LR"]))
def test_nothing_old_moves_and_nothing_overlaps(growth, orientation):
    first, then = growth
    layout = LayeredLayout(orientation)
    before = layout.place(first)
    after = layout.place(then, before)
    check(after, then)
    old_boxes, old_routes = boxes(before), routes(before)
    if any(name in old_boxes for name in boxes(after)):
        assert all(old_boxes.get(name, box) == box for name, box in boxes(after).items())
        assert all(old_routes.get(name, points) == points for name, points in routes(after).items())


@given(growths())
def test_growing_is_deterministic(growth):
    before = LayeredLayout().place(growth[0])
    assert LayeredLayout().place(growth[1], before) == LayeredLayout().place(growth[1], before)


@pytest.mark.parametrize("outline", [pipeline(), loop(), mixed()], ids=["pipeline", "loop", "mixed"])
@pytest.mark.parametrize("orientation", ["TB", "LR"])
def test_a_session_that_grows_call_by_call_stays_clean(outline, orientation):
    layout = LayeredLayout(orientation)
    scene = None
    for count in range(1, len(outline.edges) + 1):
        part = prefix(outline, count)
        before, scene = scene, layout.place(part, scene)
        check(scene, part)
        assert through_boxes(scene) == []
        if before is not None:
            assert boxes(before).items() <= boxes(scene).items()
            assert routes(before).items() <= routes(scene).items()


def test_a_new_call_stands_under_its_input():
    before = LayeredLayout().place(build(("a", "f()"), ("f()", "b")))
    after = LayeredLayout().place(build(("a", "f()"), ("f()", "b"), ("b", "g()"), ("g()", "c")), before)
    new = {node.label: node for node in after.nodes}
    assert new["b"].y < new["g"].y < new["c"].y
    middles = {node.x + node.w / 2 for node in after.nodes}
    assert max(middles) - min(middles) <= 1


def test_a_new_input_stands_above_or_beside_its_reader():
    before = LayeredLayout().place(build(("a", "f()")))
    after = LayeredLayout().place(build(("a", "f()"), ("seed", "f()")), before)
    y = {node.label: node.y for node in after.nodes}
    assert y["seed"] == y["a"]
    assert through_boxes(after) == []


def test_a_new_part_is_placed_beside_the_old_one():
    before = LayeredLayout().place(pipeline())
    both = Outline(pipeline().nodes + loop().nodes, pipeline().edges + loop().edges)
    after = LayeredLayout().place(both, before)
    check(after, both)
    assert boxes(before).items() <= boxes(after).items()


def test_more_text_does_not_change_a_box():
    outline = build(("a", "f()"))
    before = LayeredLayout().place(outline)
    longer = Outline(
        (replace(outline.nodes[0], detail="1,234,567 values, 3 of them new"), outline.nodes[1]), outline.edges
    )
    after = LayeredLayout().place(longer, before)
    assert boxes(after) == boxes(before)
    assert after.nodes[0].detail.startswith("1,234,567")


def test_nodes_that_are_gone_leave_their_place_empty():
    before = LayeredLayout().place(pipeline())
    smaller = prefix(pipeline(), 8)
    after = LayeredLayout().place(smaller, before)
    assert boxes(after).items() <= boxes(before).items()
    assert len(after.nodes) == len(smaller.nodes)


def test_an_unchanged_outline_gives_the_same_scene():
    before = LayeredLayout().place(mixed())
    assert LayeredLayout().place(mixed(), before) == before


def test_one_call_more_in_a_large_scene_is_a_small_delta():
    outline = outline_of(400, [(k // 3, k) for k in range(1, 400)])
    before = LayeredLayout().place(outline)
    op, out = OutlineNode(op_id("new"), "op", "new"), OutlineNode(var_id("out"), "var", "out")
    edges = (OutlineEdge(outline.nodes[40].id, op.id, "x"), OutlineEdge(op.id, out.id))
    after = LayeredLayout().place(Outline((*outline.nodes, op, out), outline.edges + edges), before)
    nodes, edges, gone_nodes, gone_edges = diff_scenes(before, after)
    assert ([node.id for node in nodes], len(edges), gone_nodes, gone_edges) == (
        ["op:new", "var:out"],
        2,
        [],
        [],
    )


def test_nothing_old_left_is_a_fresh_layout():
    before = LayeredLayout().place(build(("a", "f()")))
    assert LayeredLayout().place(loop(), before) == LayeredLayout().place(loop())
