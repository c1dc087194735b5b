"""Graphviz: what is told to it, and its layout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from graphs import HOSTILE, build, loop, mixed, outline_of, outlines, pipeline
from hypothesis import given, settings

from mandala_lab import LayoutError, Storage, op
from mandala_lab.model.outline import Outline
from mandala_lab.render.dot import DotLayout, outline_to_dot
from mandala_lab.render.svg import scene_to_svg
from mandala_lab.render.text_width import clean, shorten

DOT = shutil.which("dot")
if DOT is None and os.environ.get("CI"):
    pytest.fail("there is no program dot: apt-get install graphviz", pytrace=False)
needs_dot = pytest.mark.skipif(DOT is None, reason="there is no program dot: apt-get install graphviz")


def read(source: str) -> dict:
    """Return what Graphviz understood."""
    done = subprocess.run([DOT, "-Tjson0"], input=source.encode(), capture_output=True, check=True)
    assert done.stderr == b""
    return json.loads(done.stdout)


@needs_dot
def test_nodes_and_edges_are_told_with_their_names_and_statuses():
    outline = build(("x", "f()", "y"), status={"f()": "error"})
    found = read(outline_to_dot(outline, "LR"))
    assert found["rankdir"] == "LR"
    labels = [one["label"].split("\\n")[0] for one in found["objects"]]
    assert labels == [node.label for node in outline.nodes]
    styles = [one["style"] for one in found["objects"]]
    assert ["rounded" in style for style in styles] == [node.kind == "var" for node in outline.nodes]
    assert ["bold" in style for style in styles] == [node.status == "error" for node in outline.nodes]
    assert "bold" in str(styles)
    assert len(found["edges"]) == len(outline.edges)


@needs_dot
@pytest.mark.parametrize("hostile", [*HOSTILE, "<b>bold</b>", "a\\Nb", 'say "hi"', "{a|b}", "n0:s"], ids=str.__len__)
def test_hostile_names_are_labels(hostile):
    plain = outline_of(3, [(0, 1), (1, 2)], [hostile, hostile])
    outline = Outline(tuple(replace(node, label=hostile, detail="") for node in plain.nodes), plain.edges)
    found = read(outline_to_dot(outline))
    assert [one["name"] for one in found["objects"]] == ["n0", "n1", "n2"]
    shown = shorten(hostile).replace("\\", "\\\\")
    assert {one["label"] for one in found["objects"]} == {shown}
    assert {one.get("label", "") for one in found["edges"]} == {clean(hostile).replace("\\", "\\\\")}


def between(value: float, low: float, high: float) -> bool:
    return low - 1 <= value <= high + 1


@needs_dot
@pytest.mark.parametrize("orientation", ["TB", "LR"])
@settings(max_examples=15, deadline=None)
@given(outlines())
def test_boxes_do_not_touch_and_edges_begin_and_end_at_them(orientation, outline):
    scene = DotLayout(orientation).place(outline)
    assert [node.id for node in scene.nodes] == [node.id for node in outline.nodes]
    for number, one in enumerate(scene.nodes):
        assert one.x >= 0
        assert one.x + one.w <= scene.width
        for other in scene.nodes[number + 1 :]:
            apart = one.x + one.w <= other.x or other.x + other.w <= one.x
            assert apart or one.y + one.h <= other.y or other.y + other.h <= one.y
    nodes = {node.id: node for node in scene.nodes}
    assert len(scene.edges) == len(outline.edges)
    for edge in scene.edges:
        for (x, y), node in ((edge.points[0], nodes[edge.source]), (edge.points[-1], nodes[edge.target])):
            assert between(x, node.x, node.x + node.w)
            assert between(y, node.y, node.y + node.h)


@needs_dot
@pytest.mark.parametrize("make", [pipeline, loop, mixed])
def test_the_flow_goes_on(make):
    outline = make()
    scene = DotLayout("TB").place(outline)
    tops = {node.id: node.y for node in scene.nodes}
    down = sum(tops[edge.target] > tops[edge.source] for edge in scene.edges)
    assert down > 0.6 * len(scene.edges)
    assert scene_to_svg(scene).count(" \u2192 ") == len(outline.edges)
    assert DotLayout("TB").place(outline) == scene


@op
def inc(x):
    return x + 1


def test_without_the_program_it_is_told_what_to_install(monkeypatch, tmp_path):
    with Storage() as storage:
        inc(1)
    monkeypatch.setenv("PATH", str(tmp_path))
    frame = storage.cf(inc)
    with pytest.raises(LayoutError, match=r"needs the program dot of Graphviz.*apt-get install graphviz"):
        frame.save_svg("graph.svg", layout="dot")
    assert "digraph" in frame.to_dot()
    with pytest.raises(ValueError, match="layout='dto' is not a choice; did you mean 'dot'"):
        frame.scene(layout="dto")


def test_what_would_take_minutes_is_refused():
    with pytest.raises(LayoutError, match="minutes for 2,001 nodes"):
        DotLayout().place(outline_of(2001, [], []))


@needs_dot
def test_a_frame_is_drawn_with_it(tmp_path):
    with Storage() as storage:
        inc(inc(1))
    picture = storage.cf("run").save_svg(tmp_path / "graph.svg", layout="dot")
    assert "inc" in picture.read_text()
