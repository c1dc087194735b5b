"""Scenes as data: JSON, differences and words."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from graphs import HOSTILE, build, growths, loop, outline_of, outlines
from hypothesis import given

from mandala_lab.model.outline import Outline, OutlineEdge
from mandala_lab.render.layered import LayeredLayout
from mandala_lab.render.scene import diff_scenes, edge_ids, scene_from_json, scene_to_json, scene_to_text


@given(outlines())
def test_json_keeps_a_scene(outline):
    scene = LayeredLayout().place(outline)
    assert scene_from_json(scene_to_json(scene)) == scene


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_any_label_becomes_json(label):
    plain = outline_of(2, [(0, 1)], [label])
    scene = LayeredLayout().place(Outline((replace(plain.nodes[0], label=label), plain.nodes[1]), plain.edges))
    read = scene_from_json(scene_to_json(scene))
    assert len(read.nodes[0].label) >= len(label)
    assert read.nodes[1] == scene.nodes[1]


def test_ids_with_different_surrogates_stay_different():
    plain = outline_of(2, [(0, 1)])
    one, two = (replace(n, id=f"var:{c}") for n, c in zip(plain.nodes, "\ud800\ud801", strict=True))
    scene = LayeredLayout().place(Outline((one, two), (OutlineEdge(one.id, two.id),)))
    read = scene_from_json(scene_to_json(scene))
    assert read.nodes[0].id != read.nodes[1].id
    assert (read.edges[0].source, read.edges[0].target) == (read.nodes[0].id, read.nodes[1].id)


@pytest.mark.parametrize("data", [b"{}", b"[1", b'{"version":1}'])
def test_what_is_no_scene_is_refused(data):
    with pytest.raises(ValueError, match="this is not a scene"):
        scene_from_json(data)


def test_another_version_is_refused():
    scene = msgspec.structs.replace(LayeredLayout().place(loop()), version=99)
    with pytest.raises(ValueError, match="version 99"):
        scene_from_json(scene_to_json(scene))


@given(growths())
def test_a_difference_turns_the_old_scene_into_the_new_one(growth):
    old = LayeredLayout().place(growth[0])
    new = LayeredLayout().place(growth[1], old)
    nodes, edges, gone_nodes, gone_edges = diff_scenes(old, new)
    patched_nodes = {n.id: n for n in old.nodes if n.id not in gone_nodes} | {n.id: n for n in nodes}
    patched_edges = {e.id: e for e in old.edges if e.id not in gone_edges} | {e.id: e for e in edges}
    assert patched_nodes == {n.id: n for n in new.nodes}
    assert patched_edges == {e.id: e for e in new.edges}


def test_a_scene_does_not_differ_from_itself():
    scene = LayeredLayout().place(loop())
    assert diff_scenes(scene, scene) == ([], [], [], [])


def test_repeated_edges_have_their_own_ids():
    edge = OutlineEdge("var:x", "op:f", "a")
    trap = OutlineEdge("var:x", "op:f", "a~2")
    assert edge_ids([edge, edge, trap, edge]) == [
        "var:x->op:f#a",
        "var:x->op:f#a~2",
        "var:x->op:f#a~2~2",
        "var:x->op:f#a~3",
    ]


def test_the_graph_in_words():
    outline = build(("x", "f()", "a"), ("f()", "y"), status={"f()": "error"})
    assert scene_to_text(LayeredLayout().place(outline)) == (
        "Graph. Nodes: 3. Arrows: 2.\n"
        "variable x: computed, 1 value\n"
        "  -> f as a\n"
        "operation f: error, 2 calls\n"
        "  -> y\n"
        "variable y: computed, 1 value\n"
    )


def test_an_empty_graph_in_words():
    assert scene_to_text(LayeredLayout().place(Outline())) == "The graph is empty.\n"


def test_words_are_cleaned():
    outline = build(("x\x1b[31m", "f()"))
    assert "\x1b" not in scene_to_text(LayeredLayout().place(outline))
