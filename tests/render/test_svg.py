"""Pictures: well formed, harmless, accessible and the same as before."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from math import inf
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from graphs import HOSTILE, build, loop, mixed, outline_of, outlines, pipeline
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab.model.outline import Outline, OutlineEdge, OutlineNode, op_id, var_id
from mandala_lab.render.curves import ways
from mandala_lab.render.edge_labels import place_labels
from mandala_lab.render.layered import LayeredLayout
from mandala_lab.render.scene import scene_to_text
from mandala_lab.render.svg import scene_to_svg
from mandala_lab.render.text_width import text_width
from mandala_lab.schema.scene import CHIP_GLYPH

GOLDEN = Path(__file__).parents[1] / "golden"
UPDATE = os.environ.get("MANDALA_LAB_UPDATE_GOLDEN") == "1"
SVG = "{http://www.w3.org/2000/svg}"
EDGES = f"{SVG}g[@class='edges']/{SVG}path"
ALLOWED = {"svg", "title", "desc", "style", "defs", "marker", "rect", "g", "path", "circle", "text"}


def draw(outline, **options):
    return scene_to_svg(LayeredLayout().place(outline), **options)


def parsed(text):
    return ET.fromstring(text.encode("utf-8"))


@pytest.mark.parametrize(
    ("name", "outline", "orientation", "theme"),
    [
        ("pipeline", pipeline(), "TB", "auto"),
        ("pipeline", pipeline(), "LR", "light"),
        ("loop", loop(), "TB", "light"),
        ("loop", loop(), "LR", "dark"),
        ("mixed", mixed(), "TB", "dark"),
        ("empty", Outline(), "TB", "auto"),
    ],
)
def test_pictures_are_as_before(name, outline, orientation, theme):
    """Renew with ``MANDALA_LAB_UPDATE_GOLDEN=1``, look at the pictures, then commit them."""
    drawn = scene_to_svg(LayeredLayout(orientation).place(outline), theme=theme)
    path = GOLDEN / f"{name}-{orientation.lower()}-{theme}.svg"
    if UPDATE:
        path.write_text(drawn, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == drawn


def assert_harmless(text):
    root = parsed(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ALLOWED
    for element in root.iter():
        for key in element.attrib:
            assert not key.lower().startswith("on")
            assert "href" not in key.lower()
    return root


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(hostile):
    plain = outline_of(3, [(0, 1), (1, 2)], [hostile, hostile])
    nodes = tuple(replace(node, label=hostile, detail=hostile) for node in plain.nodes)
    root = assert_harmless(draw(Outline(nodes, plain.edges), title=hostile))
    assert len(root.findall(EDGES)) == 2


@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=60))
def test_any_text_can_be_drawn(label, detail):
    plain = outline_of(2, [(0, 1)], [detail])
    nodes = tuple(replace(node, label=label, detail=detail) for node in plain.nodes)
    assert_harmless(draw(Outline(nodes, plain.edges), title=label))


@given(outlines())
def test_every_node_and_edge_is_drawn_with_words(outline):
    root = parsed(draw(outline))
    symbols = root.findall(f"{SVG}g[@role='graphics-symbol']")
    assert len(symbols) == len(outline.nodes)
    for symbol, node in zip(symbols, outline.nodes, strict=True):
        assert node.label in symbol.findtext(f"{SVG}title")
    edges = root.findall(EDGES)
    assert len(edges) == len(outline.edges)
    assert all(edge.get("d").startswith("M") and edge.findtext(f"{SVG}title") for edge in edges)


def test_the_picture_says_what_it_is():
    root = parsed(draw(pipeline(), title="My run"))
    assert root.get("role") == "graphics-document document"
    assert root.findtext(f"{SVG}title") == "My run"
    assert root.findtext(f"{SVG}desc") == "Operations: 7. Variables: 11. Arrows: 20."


def test_status_is_told_without_colour():
    statuses = ("computed", "cached", "error", "earlier")
    signs = set()
    for status in statuses:
        node = parsed(draw(build(("x", "f()"), status={"f()": status}))).find(f"{SVG}g[@class='node op {status}']")
        glyph = list(node)[2]
        signs.add(glyph.get("d"))
        words = node.findtext(f"{SVG}title")
        assert {"computed": "computed", "cached": "store", "error": "error", "earlier": "earlier"}[status] in words
    assert len(signs) == len(statuses)


def test_auto_follows_the_system_and_others_do_not():
    assert "prefers-color-scheme" in draw(loop())
    assert "prefers-color-scheme" not in draw(loop(), theme="light")
    assert "prefers-color-scheme" not in draw(loop(), theme="dark")


def test_another_theme_is_refused():
    with pytest.raises(ValueError, match="theme must be one of auto, light, dark; found 'sepia'"):
        draw(loop(), theme="sepia")


def test_a_text_in_a_box_is_never_longer_than_its_room():
    before = LayeredLayout().place(build(("a", "f()")))
    outline = build(("a", "f()"))
    wide = Outline((replace(outline.nodes[0], detail="W" * 60), outline.nodes[1]), outline.edges)
    scene = LayeredLayout().place(wide, before)
    for node, group in zip(scene.nodes, parsed(scene_to_svg(scene)).iterfind(f"{SVG}g[@role]"), strict=True):
        for text in group.iterfind(f"{SVG}text"):
            width = text_width(text.text, 13.0 if text.get("class") == "label" else 11.0)
            assert float(text.get("x")) + min(width, float(text.get("textLength", inf))) <= node.w
    assert "textLength" in scene_to_svg(scene)


@given(outlines())
def test_edge_labels_cover_no_box_and_no_other_label(outline):
    scene = LayeredLayout().place(outline)
    areas = [(n.x, n.y, n.x + n.w, n.y + n.h) for n in scene.nodes]
    for label in place_labels(scene):
        area = (label.x - label.width / 2, label.y - 6, label.x + label.width / 2, label.y + 6)
        for other in areas:
            assert area[2] <= other[0] or other[2] <= area[0] or area[3] <= other[1] or other[3] <= area[1]
        areas.append(area)


def test_a_label_that_repeats_a_name_is_left_out():
    scene = LayeredLayout().place(build(("x", "f()", "x"), ("y", "f()", "other")))
    assert [label.text for label in place_labels(scene)] == ["other"]


def test_shared_ways_are_drawn_once():
    arrows = [("seed", f"f{k}()") for k in range(4)]
    arrows += [arrow for k in range(3) for arrow in ((f"f{k}()", f"v{k}"), (f"v{k}", f"f{k + 1}()"))]
    scene = LayeredLayout().place(build(*arrows))
    root = parsed(scene_to_svg(scene))
    commands = "".join(path.get("d") for path in root.findall(EDGES))
    drawn = ways(scene)
    assert len(re.findall("[CHV]", commands)) == len(drawn.pieces)
    assert len(drawn.pieces) < len(drawn.numbers)


def test_a_chip_is_small_and_says_what_it_stands_for():
    name = "config<&>"
    variable = OutlineNode(var_id(name), "var", name)
    chip = OutlineNode("chip:c", "chip", name, group=variable.id)
    fit = OutlineNode(op_id("fit"), "op", "fit")
    edges = (OutlineEdge(variable.id, fit.id), OutlineEdge(chip.id, fit.id, "config"))
    scene = LayeredLayout().place(Outline((variable, chip, fit), edges))
    boxes = {node.id: node for node in scene.nodes}
    assert boxes["chip:c"].h < boxes[variable.id].h
    assert boxes["chip:c"].w < boxes[variable.id].w
    assert boxes["chip:c"].group == variable.id
    svg = scene_to_svg(scene)
    assert "reference to variable config&lt;&amp;&gt;" in svg
    assert svg.count(CHIP_GLYPH) == 1
    told = scene_to_text(scene)
    assert told.splitlines()[0] == "Graph. Nodes: 2. Arrows: 2."
    assert told.count("-> fit") == 2
