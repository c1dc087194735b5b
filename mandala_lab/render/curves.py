"""Smooth lines through the points of a route.

Owns the rule that turns points into cubic curves; any other drawing of a scene
follows the same rule. Does not own the points (`routes`, `detour`).

The rule: a curve leaves and reaches boxes at right angles to their side, and
runs along the flow at every point between, except where the route turns round:
there it runs across. Each piece stays inside the rectangle of its two points,
so a curve meets no box that its route avoids.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mandala_lab.render.routes import Point
    from mandala_lab.schema.scene import Scene, SceneEdge, SceneNode

Piece = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

_QUARTER = 0.552
_TOUCH = 0.6


def goes_down(edge: SceneEdge, source: SceneNode) -> bool:
    """Whether the flow at an edge is along y: it leaves an upper or lower side."""
    below = edge.points[0][1] - source.y
    on_side = -_TOUCH <= below <= _TOUCH or -_TOUCH <= below - source.h <= _TOUCH
    return on_side != (edge.source == edge.target)


def pieces(points: list[Point], *, down: bool, loop: bool) -> list[Piece]:
    """Cubic pieces (start, two controls, end) through the points.

    Parameters
    ----------
    points
        The route.
    down
        True if the flow is along y, False if along x.
    loop
        True if the edge returns to its own node.
    """
    if len(points) == 2 and not loop:  # noqa: PLR2004 - most routes have only ends
        return [_straight(points[0], points[1], down=down)]
    turned = points if down else [(y, x) for x, y in points]
    last = len(turned) - 1
    aside = [loop and index in (0, last) for index in range(last + 1)]
    for index in range(1, last):
        before = turned[index][1] - turned[index - 1][1]
        after = turned[index + 1][1] - turned[index][1]
        aside[index] = before * after < 0
    found = [_piece(turned[i], turned[i + 1], aside[i], aside[i + 1]) for i in range(last)]
    if down:
        return found
    return [((a[1], a[0]), (b[1], b[0]), (c[1], c[0]), (d[1], d[0])) for a, b, c, d in found]


class Ways(NamedTuple):
    """The curves of a scene; a piece that edges share is there once.

    Attributes
    ----------
    pieces
        All pieces, each in the order of the edge that it belongs to first.
    numbers
        Of each edge: which pieces it goes over.
    """

    pieces: list[Piece]
    numbers: list[list[int]]


def ways(scene: Scene) -> Ways:
    """Return the curves of a scene."""
    nodes = {node.id: node for node in scene.nodes}
    known: dict[Piece, int] = {}
    numbers = [
        [
            known.setdefault(piece, len(known))
            for piece in pieces(edge.points, down=goes_down(edge, nodes[edge.source]), loop=edge.source == edge.target)
        ]
        for edge in scene.edges
    ]
    return Ways(list(known), numbers)


def _straight(start: Point, end: Point, *, down: bool) -> Piece:
    """Return the piece between two points at which the curve runs along the flow."""
    (ax, ay), (bx, by) = start, end
    if down:
        middle = ay + (by - ay) * 0.5
        return start, (ax, middle), (bx, by - (by - ay) * 0.5), end
    middle = ax + (bx - ax) * 0.5
    return start, (middle, ay), (bx - (bx - ax) * 0.5, by), end


def _piece(start: Point, end: Point, start_aside: bool, end_aside: bool) -> Piece:
    """One piece in coordinates (across, along); each end runs along or aside."""
    du, dv = end[0] - start[0], end[1] - start[1]
    share = 0.5 if start_aside == end_aside else _QUARTER
    one = (start[0] + du * share, start[1]) if start_aside else (start[0], start[1] + dv * share)
    two = (end[0] - du * share, end[1]) if end_aside else (end[0], end[1] - dv * share)
    return start, one, two, end


def point_at(piece: Piece, share: float) -> Point:
    """Return the point of a piece at a share (0 to 1) of its way."""
    rest = 1 - share
    w0, w1, w2, w3 = rest**3, 3 * rest * rest * share, 3 * rest * share * share, share**3
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = piece
    return w0 * ax + w1 * bx + w2 * cx + w3 * dx, w0 * ay + w1 * by + w2 * cy + w3 * dy


@lru_cache(maxsize=16_384)
def number(value: float) -> str:
    """Return a coordinate as short text, at most one digit after the point."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def path_data(found: list[Piece]) -> str:
    """Return the ``d`` attribute of a path."""
    parts: list[str] = []
    here: Point | None = None
    for start, one, two, end in found:
        if start != here:
            parts.append(f"M{number(start[0])} {number(start[1])}")
        here = end
        x, y = end
        if start[0] == x == one[0] == two[0]:
            parts.append(f"V{number(y)}")
        elif start[1] == y == one[1] == two[1]:
            parts.append(f"H{number(x)}")
        else:
            (ax, ay), (bx, by) = one, two
            parts.append(f"C{number(ax)} {number(ay)} {number(bx)} {number(by)} {number(x)} {number(y)}")
    return "".join(parts)
