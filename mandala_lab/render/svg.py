"""A scene as one standalone SVG picture.

Owns shapes and words of the picture. Does not own positions (`layered`),
colours (`theme`) nor curves (`curves`). All text of a scene is untrusted: it is
cleaned, escaped and only ever text; the picture holds no script, no link and
no foreign content.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.outline import KIND_WORDS
from mandala_lab.render.boxes import (
    CHIP_LEFT,
    CHIP_RIGHT,
    CORNER,
    DETAIL_SIZE,
    EDGE_LABEL_SIZE,
    LABEL_SIZE,
    LONGEST_DETAIL,
    TEXT_LEFT,
    TEXT_RIGHT,
    is_round,
)
from mandala_lab.render.curves import Ways, number, path_data, ways
from mandala_lab.render.edge_labels import PlacedLabel, place_labels
from mandala_lab.render.text_width import LONGEST_LABEL, clean, shorten, text_width
from mandala_lab.render.theme import ThemeName, check_theme, style_sheet
from mandala_lab.schema.scene import CHIP_GLYPH, GLYPHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mandala_lab.model.outline import NodeKind, NodeStatus
    from mandala_lab.schema.scene import Scene, SceneNode

_NATURAL = 0.93
"""Usual width of a text as a share of the upper bound."""
_STATUSES = {
    "computed": "computed in this session",
    "cached": "read from the store",
    "error": "ended with an error",
    "earlier": "from an earlier session",
}
_MARKER = (
    '<marker id="ml-tip" viewBox="0 0 10 8" refX="9.4" refY="4" markerWidth="10" markerHeight="8" '
    'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0.4L9.4 4L0 7.6L2.2 4Z"/></marker>'
)
_GLYPH_X = 18.0
_SPECIAL = re.compile('[&<>"]')
_SIDES = (TEXT_LEFT, TEXT_RIGHT)
_SIZES = {"label": LABEL_SIZE, "detail": DETAIL_SIZE}


@collector_at_rest()
def scene_to_svg(scene: Scene, *, theme: ThemeName = "auto", title: str = "Computation graph") -> str:
    """Draw a scene.

    Parameters
    ----------
    scene
        What to draw.
    theme
        ``"light"``, ``"dark"``, or ``"auto"`` to follow the reader's system.
    title
        The name of the picture for screen readers and tooltips.

    Returns
    -------
    str
        SVG text, the same for the same scene.

    Raises
    ------
    ValueError
        If the theme is unknown.
    """
    check_theme(theme)
    drawn = ways(scene)
    names = {node.id: _text(node.label) for node in scene.nodes}
    lines = _head(scene, theme, title)
    lines += _edges(scene, names, drawn)
    lines += _labels(place_labels(scene, drawn))
    lines += [_node(node, names[node.id]) for node in scene.nodes]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _head(scene: Scene, theme: ThemeName, title: str) -> list[str]:
    width, height = number(scene.width), number(scene.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ml" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="graphics-document document" aria-label="{_text(title)}">'
    )
    return [
        head,
        f"<title>{_text(title)}</title>",
        f"<desc>{_text(_description(scene))}</desc>",
        f"<style>\n{style_sheet(theme)}</style>",
        f"<defs>{_MARKER}</defs>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
    ]


def _text(text: str) -> str:
    """Text for content and attributes."""
    return _escaped(clean(text))


def _escaped(text: str) -> str:
    return escape(text, {'"': "&quot;"}) if _SPECIAL.search(text) else text


_known_text = lru_cache(maxsize=4096)(_text)
"""For what is said again and again: details, and names of arguments."""


def _description(scene: Scene) -> str:
    ops = sum(node.kind == "op" for node in scene.nodes)
    variables = sum(node.kind == "var" for node in scene.nodes)
    return f"Operations: {ops}. Variables: {variables}. Arrows: {len(scene.edges)}."


def _edges(scene: Scene, names: dict[str, str], drawn: Ways) -> Iterator[str]:
    """Draw the edges; pieces that one shares with an edge before it are drawn only once."""
    yield '<g class="edges">'
    for edge, data in zip(scene.edges, path_data(drawn), strict=True):
        label = f" ({_known_text(edge.label)})" if edge.label else ""
        words = f"{names[edge.source]} \u2192 {names[edge.target]}{label}"
        yield f'<path d="{data}"><title>{words}</title></path>'
    yield "</g>"


def _labels(placed: list[PlacedLabel]) -> Iterator[str]:
    yield '<g class="ways" aria-hidden="true">'
    for text, x, y, _ in placed:
        yield f'<text x="{number(x)}" y="{number(y + EDGE_LABEL_SIZE * 0.35)}">{_known_text(text)}</text>'
    yield "</g>"


def _node(node: SceneNode, name: str) -> str:
    """Draw a node; what is in it has its place from the corner, and so is the same text for many."""
    detail = f", {_known_text(node.detail)}" if node.detail else ""
    words = f"{KIND_WORDS[node.kind]} {name}, {_STATUSES[node.status]}{detail}"
    if node.kind == "chip":
        texts = _line("detail", node.label, LONGEST_LABEL, node.h / 2 + 3.9, node.w, (CHIP_LEFT, CHIP_RIGHT))
    else:
        texts = _line("label", node.label, LONGEST_LABEL, node.h / 2 + (-2.5 if node.detail else 4.6), node.w)
    if node.detail:
        texts += _known_line("detail", node.detail, LONGEST_DETAIL, node.h / 2 + 12.5, node.w)
    return (
        f'<g class="node {node.kind} {node.status}" role="graphics-symbol" '
        f'transform="translate({number(node.x)} {number(node.y)})">'
        f"<title>{words}</title>{_box(node.kind, node.status, node.w, node.h)}{texts}</g>"
    )


@lru_cache(maxsize=4096)
def _box(kind: NodeKind, status: NodeStatus, width: float, height: float) -> str:
    """Draw a border, and the sign of a status, or of a reference, as the panel does; the bolt is filled."""
    radius = number(height / 2 if is_round(kind) else CORNER)
    box = f'<rect class="box" width="{number(width)}" height="{number(height)}" rx="{radius}"/>'
    if kind == "chip":
        place = f"translate(8 {number(height / 2 - 5.5)}) scale(0.8)"
        return f'{box}<path class="ring" transform="{place}" d="{CHIP_GLYPH}"/>'
    place = f"translate({number(_GLYPH_X - 7)} {number(height / 2 - 7)})"
    name = "dot" if status == "cached" else "ring"
    return f'{box}<path class="{name}" transform="{place}" d="{GLYPHS[status]}"/>'


def _line(name: str, text: str, longest: int, y: float, width: float, sides: tuple[float, float] = _SIDES) -> str:
    """Draw a text; one that grew longer in an old box is squeezed."""
    shown = shorten(text, longest)
    fit = _fitted(text_width(shown, _SIZES[name]), max(width - sum(sides), 1.0))
    return f'<text class="{name}" x="{number(sides[0])}" y="{number(y)}"{fit}>{_escaped(shown)}</text>'


_known_line = lru_cache(maxsize=4096)(_line)


def _fitted(bound: float, room: float) -> str:
    """Attributes that keep a text inside its room whatever the font; none where its upper bound has room."""
    if bound <= room:
        return ""
    return f' textLength="{number(min(bound * _NATURAL, room))}" lengthAdjust="spacingAndGlyphs"'
