"""Which edges have room for their label, and where.

Owns the places of edge labels. Does not own how they look (`svg`, `theme`). A
label that would cover a box or another label is left out; its edge still has
it as a tooltip and in the text twin.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mandala_lab.render.boxes import EDGE_LABEL_SIZE
from mandala_lab.render.curves import Piece, goes_down, pieces, point_at
from mandala_lab.render.field import Area, line_areas
from mandala_lab.render.grid import Grid
from mandala_lab.render.text_width import shorten, text_width

if TYPE_CHECKING:
    from mandala_lab.render.routes import Point
    from mandala_lab.schema.scene import Scene, SceneEdge, SceneNode

LONGEST = 18
_HEIGHT = 13.0
_CLEAR = 2.0
_SHARES = (0.5, 0.62, 0.38, 0.74, 0.26)
_LOOP_SHIFT = 5.0
_STEPS = 6
_TIP = 9.0
_MOST_LINES = 3


class PlacedLabel(NamedTuple):
    """A label with the middle of its text and its width."""

    text: str
    x: float
    y: float
    width: float


def place_labels(scene: Scene) -> list[PlacedLabel]:
    """Labels in the order of edges.

    A label that repeats the name of the variable at one end tells nothing and
    is left out.
    """
    nodes = {node.id: node for node in scene.nodes}
    labelled = [edge for edge in scene.edges if _tells(edge, nodes)]
    if not labelled:
        return []
    ways = {edge.id: _way(edge, nodes) for edge in scene.edges}
    boxes: Grid[None] = Grid()
    lines: Grid[Piece] = Grid()
    for node in scene.nodes:
        boxes.add(Area(node.x, node.y, node.x + node.w, node.y + node.h), None)
    for way in dict.fromkeys(piece for found in ways.values() for piece in found):
        lines.add(line_areas([way[0], way[3]])[0], way)
    for found in ways.values():
        boxes.add(_tip(found[-1]), None)
    places = (_place(edge, ways[edge.id][-1], boxes, lines, scene) for edge in labelled)
    return [place for place in places if place is not None]


def _tells(edge: SceneEdge, nodes: dict[str, SceneNode]) -> bool:
    return bool(edge.label) and edge.label not in (nodes[edge.source].label, nodes[edge.target].label)


def _way(edge: SceneEdge, nodes: dict[str, SceneNode]) -> list[Piece]:
    return pieces(edge.points, down=goes_down(edge, nodes[edge.source]), loop=edge.source == edge.target)


def _samples(piece: Piece) -> list[Point]:
    """Points so dense that the rectangles between them follow the curve."""
    if piece[0][0] == piece[3][0] or piece[0][1] == piece[3][1]:
        return [piece[0], piece[3]]
    return [point_at(piece, step / _STEPS) for step in range(_STEPS + 1)]


def _tip(piece: Piece) -> Area:
    """Return the room of an arrow head."""
    (ax, ay), (bx, by) = piece[2], piece[3]
    along = abs(by - ay) >= abs(bx - ax)
    back = -_TIP if (by > ay if along else bx > ax) else _TIP
    x, y = (bx, by + back) if along else (bx + back, by)
    half = (_TIP / 2, 0.0) if along else (0.0, _TIP / 2)
    return Area(min(x, bx) - half[0], min(y, by) - half[1], max(x, bx) + half[0], max(y, by) + half[1])


def _place(edge: SceneEdge, piece: Piece, boxes: Grid[None], lines: Grid[Piece], scene: Scene) -> PlacedLabel | None:
    """Return the place on the last piece, which an edge shares with no other, with the fewest lines."""
    text = shorten(edge.label, LONGEST)
    width = text_width(text, EDGE_LABEL_SIZE)
    best: tuple[int, PlacedLabel, Area] | None = None
    for share in _SHARES:
        x, y = point_at(piece, share)
        if edge.source == edge.target:
            x, y = edge.points[1][0] + width / 2 + _LOOP_SHIFT, edge.points[1][1]
        area = Area(x - width / 2 - _CLEAR, y - _HEIGHT / 2, x + width / 2 + _CLEAR, y + _HEIGHT / 2)
        inside = area.u0 >= 0 and area.v0 >= 0 and area.u1 <= scene.width and area.v1 <= scene.height
        if not inside or boxes.within(area):
            continue
        covered = _covered(piece, area, lines)
        if covered > _MOST_LINES:
            continue
        if best is None or covered < best[0]:
            best = (covered, PlacedLabel(text, x, y, width), area)
        if covered == 0:
            break
    if best is None:
        return None
    boxes.add(best[2], None)
    return best[1]


def _covered(piece: Piece, area: Area, lines: Grid[Piece]) -> int:
    """How many pieces of other lines a label would cover."""
    near = {other for _, other in lines.within(area) if other != piece}
    return sum(any(_overlap(part, area) for part in _parts(other)) for other in near)


@lru_cache(maxsize=20_000)
def _parts(piece: Piece) -> list[Area]:
    """Return small rectangles that follow a piece: a label is near one again and again."""
    return line_areas(_samples(piece))


def _overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]
