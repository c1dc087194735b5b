"""A scene as one standalone SVG picture.

Owns shapes and words of the picture. Does not own positions (`layered`),
colours (`theme`) nor curves (`curves`). All text of a scene is untrusted: it is
cleaned, escaped and only ever text; the picture holds no script, no link and
no foreign content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

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
from mandala_lab.render.curves import Piece, goes_down, number, path_data, pieces
from mandala_lab.render.edge_labels import place_labels
from mandala_lab.render.text_width import clean, shorten, text_width
from mandala_lab.render.theme import ThemeName, check_theme, style_sheet
from mandala_lab.schema.scene import CHIP_GLYPH, GLYPHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mandala_lab.schema.scene import Scene, SceneEdge, SceneNode

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
    drawn: set[Piece] = set()
    nodes = {node.id: node for node in scene.nodes}
    lines = _head(scene, theme, title)
    lines += [_edge(edge, nodes, drawn) for edge in scene.edges]
    lines += list(_labels(scene))
    lines += [_node(node) for node in scene.nodes]
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
    return escape(clean(text), {'"': "&quot;"})


def _description(scene: Scene) -> str:
    ops = sum(node.kind == "op" for node in scene.nodes)
    variables = sum(node.kind == "var" for node in scene.nodes)
    return f"Operations: {ops}. Variables: {variables}. Arrows: {len(scene.edges)}."


def _edge(edge: SceneEdge, nodes: dict[str, SceneNode], drawn: set[Piece]) -> str:
    """Draw an edge; pieces that it shares with an edge before it are drawn only once."""
    source, target = nodes[edge.source], nodes[edge.target]
    found = pieces(edge.points, down=goes_down(edge, source), loop=source is target)
    data = path_data([piece for piece in found if piece not in drawn])
    drawn.update(found)
    label = f" ({edge.label})" if edge.label else ""
    words = _text(f"{source.label} \u2192 {target.label}{label}")
    return f'<g class="edge"><title>{words}</title><path d="{data}"/></g>'


def _labels(scene: Scene) -> Iterator[str]:
    yield '<g class="ways" aria-hidden="true">'
    for text, x, y, _ in place_labels(scene):
        yield f'<text x="{number(x)}" y="{number(y + EDGE_LABEL_SIZE * 0.35)}">{_text(text)}</text>'
    yield "</g>"


def _fitted(bound: float, room: float) -> str:
    """Attributes that keep a text inside its room whatever the font; none where its upper bound has room."""
    if bound <= room:
        return ""
    return f' textLength="{number(min(bound * _NATURAL, room))}" lengthAdjust="spacingAndGlyphs"'


def _node(node: SceneNode) -> str:
    detail = f", {node.detail}" if node.detail else ""
    words = _text(f"{KIND_WORDS[node.kind]} {node.label}, {_STATUSES[node.status]}{detail}")
    radius = number(node.h / 2 if is_round(node.kind) else CORNER)
    box = (
        f'<rect class="box" x="{number(node.x)}" y="{number(node.y)}" width="{number(node.w)}" '
        f'height="{number(node.h)}" rx="{radius}"/>'
    )
    middle = node.y + node.h / 2
    texts: list[str] = []
    if node.kind == "chip":
        texts.append(_line(node, "detail", shorten(node.label), DETAIL_SIZE, middle + 3.9))
    elif node.detail:
        texts.append(_line(node, "label", shorten(node.label), LABEL_SIZE, middle - 2.5))
        texts.append(_line(node, "detail", shorten(node.detail, LONGEST_DETAIL), DETAIL_SIZE, middle + 12.5))
    else:
        texts.append(_line(node, "label", shorten(node.label), LABEL_SIZE, middle + 4.6))
    return (
        f'<g class="node {node.kind} {node.status}" role="graphics-symbol">'
        f"<title>{words}</title>{box}{_glyph(node)}{''.join(texts)}</g>"
    )


def _line(node: SceneNode, name: str, text: str, size: float, y: float) -> str:
    # A node that grew a longer text in an old box gets its text squeezed.
    left, right = (CHIP_LEFT, CHIP_RIGHT) if node.kind == "chip" else (TEXT_LEFT, TEXT_RIGHT)
    fit = _fitted(text_width(text, size), max(node.w - left - right, 1.0))
    return f'<text class="{name}" x="{number(node.x + left)}" y="{number(y)}"{fit}>{_text(text)}</text>'


def _glyph(node: SceneNode) -> str:
    """Draw the sign of a status, or of a reference, as the panel does; the bolt is filled."""
    if node.kind == "chip":
        place = f"translate({number(node.x + 8)} {number(node.y + node.h / 2 - 5.5)}) scale(0.8)"
        return f'<path class="ring" transform="{place}" d="{CHIP_GLYPH}"/>'
    place = f"translate({number(node.x + _GLYPH_X - 7)} {number(node.y + node.h / 2 - 7)})"
    name = "dot" if node.status == "cached" else "ring"
    return f'<path class="{name}" transform="{place}" d="{GLYPHS[node.status]}"/>'
