"""Full layouts: nothing overlaps, nothing is crossed, the flow goes one way."""

from __future__ import annotations

import random

import pytest
from geometry import check, through_boxes
from graphs import build, loop, mixed, outline_of, outlines, pipeline
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab.model.outline import Outline
from mandala_lab.render.layered import LayeredLayout

orientations = st.sampled_from(["TB", "LR"])


@given(outlines(), orientations)
def test_every_full_layout_is_clean(outline, orientation):
    scene = LayeredLayout(orientation).place(outline)
    check(scene, outline)
    assert through_boxes(scene) == []


@given(outlines(acyclic=True), orientations)
def test_edges_of_an_acyclic_graph_go_with_the_flow(outline, orientation):
    axis = 1 if orientation == "TB" else 0
    for edge in LayeredLayout(orientation).place(outline).edges:
        along = [point[axis] for point in edge.points]
        assert along == sorted(along)
        assert along[0] < along[-1]


@given(outlines())
def test_the_same_outline_gives_the_same_scene(outline):
    assert LayeredLayout().place(outline) == LayeredLayout().place(outline)


@pytest.mark.parametrize("outline", [pipeline(), loop(), mixed()], ids=["pipeline", "loop", "mixed"])
@pytest.mark.parametrize("orientation", ["TB", "LR"])
def test_examples_are_clean(outline, orientation):
    scene = LayeredLayout(orientation).place(outline)
    check(scene, outline)
    assert through_boxes(scene) == []


def test_a_larger_graph_is_clean():
    chance = random.Random(4)
    pairs = [(max(0, k - chance.randint(1, 9)), k) for k in range(1, 150)]
    pairs += [(chance.randrange(150), chance.randrange(150)) for _ in range(60)]
    outline = outline_of(150, pairs)
    scene = LayeredLayout().place(outline)
    check(scene, outline)
    assert through_boxes(scene) == []


def test_a_chain_is_one_straight_line():
    scene = LayeredLayout().place(build(("a", "f()"), ("f()", "b"), ("b", "g()"), ("g()", "c")))
    assert len({x for edge in scene.edges for x, _ in edge.points}) == 1


def test_a_loop_runs_back_up_to_the_variable_it_came_from():
    scene = LayeredLayout().place(build(("init()", "x"), ("x", "f()"), ("f()", "x")))
    forth, back = scene.edges[1:]
    assert forth.points[0][1] < forth.points[-1][1]
    assert back.points[0][1] > back.points[-1][1]


def test_edges_of_one_pair_do_not_lie_on_each_other():
    one, two = LayeredLayout().place(build(("x", "f()", "a"), ("x", "f()", "b"))).edges
    assert one.points != two.points
    assert (one.id, two.id) == ("var:x->op:f#a", "var:x->op:f#b")


def test_an_arrow_from_far_aside_lands_straight():
    arrows = [("x", f"f{k}()") for k in range(12)] + [("x", "loop()"), ("loop()", "x")]
    for edge in LayeredLayout().place(build(*arrows)).edges:
        (ua, va), (ub, vb) = edge.points[-2:]
        assert ua == ub or abs(ua - ub) <= 2.5 * abs(va - vb)


def test_a_hub_needs_one_line_per_layer_not_one_per_reader():
    arrows = [("seed", f"f{k}()") for k in range(30)]
    arrows += [arrow for k in range(29) for arrow in ((f"f{k}()", f"v{k}"), (f"v{k}", f"f{k + 1}()"))]
    scene = LayeredLayout().place(build(*arrows))
    assert scene.width < 500


def test_inputs_stand_next_to_their_first_reader():
    scene = LayeredLayout().place(
        build(("a", "f()"), ("f()", "b"), ("b", "g()"), ("g()", "c"), ("c", "h()"), ("late", "h()"))
    )
    y = {node.label: node.y for node in scene.nodes}
    assert y["late"] == y["c"]


def test_unconnected_parts_are_packed_into_a_sensible_shape():
    outline = build(*[(f"a{k}", f"f{k}()") for k in range(40)])
    scene = LayeredLayout().place(outline)
    assert 0.7 < scene.width / scene.height < 3.5


@pytest.mark.parametrize("back", [False, True], ids=["chain", "ring"])
def test_depth_is_no_limit(back):
    count = 20_000
    pairs = [(k, k + 1) for k in range(count - 1)] + ([(count - 1, 0)] if back else [])
    scene = LayeredLayout().place(outline_of(count, pairs))
    assert len(scene.nodes) == count


def test_one_node_stands_at_the_margin():
    scene = LayeredLayout().place(outline_of(1, []))
    assert (scene.nodes[0].x, scene.nodes[0].y) == (24.0, 24.0)


def test_nothing_is_an_empty_scene():
    assert LayeredLayout().place(Outline()).nodes == []


def test_another_orientation_is_refused():
    with pytest.raises(ValueError, match=r"orientation must be one of TB, LR; found 'UP'"):
        LayeredLayout("UP")
