"""How often the lines of a picture cross: the same count for every engine.

A picture is a list of polylines, one per edge, as they are drawn. Two edges that share a
line, as branches share a trunk, do not cross there; and two that share a node are not
counted, because some engines let all edges of a node begin in one point and others do not.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
Segment = tuple[float, float, float, float]
Ends = tuple[str, str]

DIGITS = 2
BAND = 48.0
MARGIN = 1e-9

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


class Crossings(NamedTuple):
    """Crossings of pairs of edges, and those that a reader sees, where a shared line is one line."""

    edges: int
    drawn: int


def count(lines: list[list[Point]], ends: list[Ends]) -> Crossings:
    """Count the crossings of polylines, each with the names of the nodes at its ends.

    Examples
    --------
    >>> across, trunk = [(0.0, 5.0), (9.0, 6.0)], [(4.0, 0.0), (4.0, 9.0)]
    >>> count([across, trunk, [*trunk, (2.0, 12.0)]], [("a", "b"), ("c", "d"), ("c", "e")])
    Crossings(edges=2, drawn=1)
    """
    owners: dict[Segment, list[Ends]] = {}
    for line, names in zip(lines, ends, strict=True):
        for segment in {_segment(a, b) for a, b in pairwise(line) if a != b}:
            owners.setdefault(segment, []).append(names)
    bands: dict[int, list[int]] = {}
    for number, (_, y0, _, y1) in enumerate(owners):
        for band in range(int(y0 // BAND), int(y1 // BAND) + 1):
            bands.setdefault(band, []).append(number)
    segments, whose = np.array(list(owners), dtype=float), list(owners.values())
    edges = drawn = 0
    for band, numbers in bands.items():
        for one, two in _within(segments, np.array(numbers), band):
            pairs = sum(not {*a} & {*b} for a in whose[one] for b in whose[two])
            edges += pairs
            drawn += pairs > 0
    return Crossings(edges, drawn)


def _segment(one: Point, two: Point) -> Segment:
    """Return a segment from its upper end, the same for both directions."""
    (xa, ya), (xb, yb) = sorted([one, two], key=lambda point: (point[1], point[0]))
    return round(xa, DIGITS), round(ya, DIGITS), round(xb, DIGITS), round(yb, DIGITS)


def _within(segments: Floats, numbers: Numbers, band: int) -> list[tuple[int, int]]:
    """Return the pairs of segments that cross in one band."""
    found: list[tuple[int, int]] = []
    x0, y0, x1, y1 = segments[numbers].T
    dx, dy = x1 - x0, y1 - y0
    for k in range(len(numbers) - 1):
        rest = slice(k + 1, None)
        turn = dx[k] * dy[rest] - dy[k] * dx[rest]
        ax, ay = x0[rest] - x0[k], y0[rest] - y0[k]
        with np.errstate(divide="ignore", invalid="ignore"):
            mine = (ax * dy[rest] - ay * dx[rest]) / turn
            other = (ax * dy[k] - ay * dx[k]) / turn
        inside = (mine > MARGIN) & (mine < 1 - MARGIN) & (other > MARGIN) & (other < 1 - MARGIN)
        here = inside & (np.floor((y0[k] + mine * dy[k]) / BAND) == band)
        found += [(int(numbers[k]), int(other)) for other in numbers[rest][here]]
    return found
