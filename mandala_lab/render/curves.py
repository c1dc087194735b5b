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
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from mandala_lab.render.routes import Point
    from mandala_lab.schema.scene import Scene

    Floats = npt.NDArray[np.float64]
    Numbers = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

Piece = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

_QUARTER = 0.552
_TOUCH = 0.6
_PIECE_BYTES = 4 * 2 * 8


class Ways(NamedTuple):
    """The curves of a scene; a piece that edges share is there once.

    Attributes
    ----------
    pieces
        Start, two controls and end of each piece, shape ``(pieces, 4, 2)``; those of
        the first edge come first, then what the second adds, and so on.
    numbers
        Which pieces the edges go over, edge after edge.
    ends
        Where those of each edge end among `numbers`.
    """

    pieces: Floats
    numbers: Numbers
    ends: Numbers


def ways(scene: Scene) -> Ways:
    """Return the curves of a scene."""
    sizes = np.array([len(edge.points) for edge in scene.edges], np.int64)
    every = chain.from_iterable([edge.points for edge in scene.edges])
    points = np.fromiter(chain.from_iterable(every), np.float64).reshape(-1, 2)
    down, loops = _flow(scene, points[np.cumsum(sizes) - sizes, 1])
    found = _pieces(points, sizes, down, loops).tobytes()
    known: dict[bytes, int] = {}
    parts = [found[at : at + _PIECE_BYTES] for at in range(0, len(found), _PIECE_BYTES)]
    numbers = np.array([known.setdefault(part, len(known)) for part in parts], np.int64)
    return Ways(np.frombuffer(b"".join(known)).reshape(-1, 4, 2), numbers, np.cumsum(sizes - 1))


def _flow(scene: Scene, begins: Floats) -> tuple[Flags, Flags]:
    """Return whether the flow at each edge is along y: it leaves an upper or lower side; and whether it is a loop."""
    sides = {node.id: (node.y, node.h) for node in scene.nodes}
    y, height = np.array([sides[edge.source] for edge in scene.edges], np.float64).reshape(-1, 2).T
    loops = np.array([edge.source == edge.target for edge in scene.edges], bool)
    on_side = (np.abs(begins - y) <= _TOUCH) | (np.abs(begins - y - height) <= _TOUCH)
    return on_side != loops, loops


def _pieces(points: Floats, sizes: Numbers, down: Flags, loops: Flags) -> Floats:
    """Return the cubic pieces through the points of all edges.

    Each end of a piece runs along the flow or aside: a loop leaves and comes back aside.
    """
    turned = np.where(np.repeat(down, sizes)[:, None], points, points[:, ::-1])  # across the flow, and along it
    ends = np.cumsum(sizes)
    is_end = np.zeros(len(points), bool)
    is_end[ends - 1] = is_end[ends - sizes] = True
    inner = np.flatnonzero(~is_end)
    steps = np.diff(turned[:, 1])
    aside = np.repeat(loops, sizes)
    aside[inner] = steps[inner - 1] * steps[inner] < 0
    begins = np.delete(np.arange(len(points)), ends - 1)
    start, end = turned[begins], turned[begins + 1]
    start_aside, end_aside = aside[begins, None], aside[begins + 1, None]
    arm = (end - start) * np.where(start_aside == end_aside, 0.5, _QUARTER)
    one = start + arm * np.hstack([start_aside, ~start_aside])
    two = end - arm * np.hstack([end_aside, ~end_aside])
    found = np.stack([start, one, two, end], axis=1)
    return np.where(np.repeat(down, sizes - 1)[:, None, None], found, found[:, :, ::-1])


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


def _texts(numbers: Floats) -> list[map[str]]:
    """Return each column of coordinates as texts."""
    return [map(number, column) for column in numbers.T.tolist()]


def _lines(flat: Floats) -> list[str]:
    """Return how each piece is drawn from where it begins."""
    upright, level = ((flat[:, 2 + axis :: 2] == flat[:, axis, None]).all(axis=1) for axis in (0, 1))
    bent, lines = ~(upright | level), [""] * len(flat)
    for letter, axis, chosen in (("V", 7, upright), ("H", 6, level & ~upright)):
        for place, end in zip(np.flatnonzero(chosen).tolist(), *_texts(flat[chosen, axis : axis + 1]), strict=True):
            lines[place] = letter + end
    for place, ax, ay, bx, by, x, y in zip(np.flatnonzero(bent).tolist(), *_texts(flat[bent, 2:]), strict=True):
        lines[place] = f"C{ax} {ay} {bx} {by} {x} {y}"
    return lines


def path_data(drawn: Ways) -> list[str]:
    """Return the ``d`` attribute of each edge's path; what it shares with an edge before it is only in that."""
    flat = drawn.pieces.reshape(-1, 8)
    starts = np.append(0, drawn.ends)[:-1]
    tops = np.maximum.accumulate(np.maximum.reduceat(drawn.numbers, starts)) + 1
    begins = np.append(0, tops)[:-1]
    moves = np.ones(len(flat), bool)
    moves[1:] = (flat[1:, :2] != flat[:-1, 6:]).any(axis=1)
    moves[begins[begins < tops]] = True
    parts = _lines(flat)
    for place, x, y in zip(np.flatnonzero(moves).tolist(), *_texts(flat[moves, :2]), strict=True):
        parts[place] = f"M{x} {y}{parts[place]}"
    return ["".join(parts[begin:top]) for begin, top in zip(begins.tolist(), tops.tolist(), strict=True)]
