"""A field of obstacles: boxes and routes of a scene, found by place.

Owns the questions "what is in the way here?" and "where is it free?", in
coordinates (u across, v along the flow). Does not own what is placed there
(`incremental`) nor ways round (`detour`).
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from mandala_lab.render.routes import Point

    Floats = npt.NDArray[np.float64]

_TOUCH = 0.5
_FEW = 64


class Area(NamedTuple):
    """An upright rectangle."""

    u0: float
    v0: float
    u1: float
    v1: float

    @property
    def middle(self) -> float:
        """The middle across the flow."""
        return (self.u0 + self.u1) / 2


class Areas:
    """Rectangles, found by where they lie; those added one by one are looked at one by one until they are many."""

    def __init__(self) -> None:
        self._settled: Floats = np.empty((4, 0))
        self._new: list[Area] = []

    def settle(self, areas: Floats) -> None:
        """Add many, as rows of u0, v0, u1 and v1."""
        self._settled = np.concatenate([self._settled, areas], axis=1)

    def add(self, area: Area) -> None:
        """Add one."""
        self._new.append(area)
        if len(self._new) > _FEW:
            self.settle(np.array(self._new).T)
            self._new = []

    def within(self, place: Area) -> list[Area]:
        """Return those that overlap a place."""
        a0, b0, a1, b1 = place
        u0, v0, u1, v1 = self._settled
        found = self._settled[:, (v0 < b1) & (v1 > b0) & (u0 < a1) & (u1 > a0)]
        near = [area for area in self._new if area[1] < b1 and area[3] > b0 and area[0] < a1 and area[2] > a0]
        return [*map(Area._make, found.T.tolist()), *near]

    def end(self) -> tuple[float, float]:
        """Return how far they reach across and along the flow."""
        u1, v1 = (max(self._settled[at].max(initial=0.0), *(a[at] for a in self._new), 0.0) for at in (2, 3))
        return float(u1), float(v1)


class Field:
    """Boxes and lines in the way."""

    def __init__(self) -> None:
        self._boxes = Areas()
        self._lines = Areas()

    @property
    def end(self) -> tuple[float, float]:
        """How far all of it reaches across and along the flow."""
        (box_u, box_v), (line_u, line_v) = self._boxes.end(), self._lines.end()
        return max(box_u, line_u), max(box_v, line_v)

    def add_box(self, area: Area) -> None:
        """Put a box into the field."""
        self._boxes.add(area)

    def add_boxes(self, areas: Iterable[Area]) -> None:
        """Put many boxes into the field."""
        numbers = np.fromiter(chain.from_iterable(areas), np.float64)
        self._boxes.settle(numbers.reshape(-1, 4).T)

    def add_route(self, points: list[Point]) -> None:
        """Put a route into the field."""
        for area in line_areas(points):
            self._lines.add(area)

    def add_routes(self, routes: Sequence[list[Point]]) -> None:
        """Put many routes into the field."""
        lengths = np.fromiter(map(len, routes), np.int64, len(routes))
        numbers = np.fromiter(chain.from_iterable(chain.from_iterable(routes)), np.float64).reshape(-1, 2)
        inner = np.ones(len(numbers), bool)
        inner[np.cumsum(lengths) - 1] = False
        first = np.flatnonzero(inner)
        one, two = numbers[first], numbers[first + 1]
        self._lines.settle(np.concatenate([np.minimum(one, two), np.maximum(one, two)], axis=1).T)

    def boxes(self, v0: float, v1: float) -> list[Area]:
        """Boxes that reach between two places along the flow."""
        return self._boxes.within(Area(-np.inf, v0, np.inf, v1))

    def lines(self, v0: float, v1: float) -> list[Area]:
        """Rectangles around the pieces of routes between two places along the flow."""
        return self._lines.within(Area(-np.inf, v0, np.inf, v1))

    def free_place(self, wish: float, width: float, row: tuple[float, float], gap: float, least: float) -> float:
        """Return the centre nearest to `wish` where something of that width stands free.

        `gap` is kept to boxes and half of it to lines; nothing begins before
        `least`. There is always a place, if need be beyond everything.
        """
        half = width / 2
        v0, v1 = row
        taken = [(area.u0 - gap - half, area.u1 + gap + half) for area in self.boxes(v0, v1)]
        aside = gap / 2 + half
        taken += [(line.u0 - aside, line.u1 + aside) for line in self.lines(v0, v1)]
        return nearest_free(taken, wish, least + half)

    def lanes(self, wish: float, row: tuple[float, float], gap: float, least: float) -> list[float]:
        """Places where a line along the flow meets no box, the nearest to `wish` first.

        `gap` is kept to boxes, and to lines along the flow as well.
        """
        v0, v1 = row
        taken = [(area.u0 - gap, area.u1 + gap) for area in self.boxes(v0, v1)]
        taken += [(line.u0 - gap, line.u1 + gap) for line in self.lines(v0, v1) if line.u0 == line.u1]
        taken.sort()
        found: list[float] = []
        end = least
        for low, high in taken:
            if low >= end:
                found.append(min(max(wish, end), low))
            end = max(end, high)
        found.append(max(wish, end))
        found.sort(key=lambda u: abs(u - wish))
        return found

    def hits(self, points: list[Point], own: tuple[Area, Area]) -> int:
        """How many boxes lie where the curve through the points may pass.

        A curve stays inside the rectangles of neighbouring points. The boxes
        of `own` may be touched where they are left and reached.
        """
        count = 0
        for (ua, va), (ub, vb) in pairwise(points):
            place = Area(min(ua, ub) - _TOUCH, min(va, vb), max(ua, ub) + _TOUCH, max(va, vb))
            count += sum(area not in own for area in self._boxes.within(place))
        return count


def line_areas(points: list[Point]) -> list[Area]:
    """Return the rectangles between neighbouring points."""
    pairs = pairwise(points)
    return [Area(min(ua, ub), min(va, vb), max(ua, ub), max(va, vb)) for (ua, va), (ub, vb) in pairs]


def nearest_free(taken: list[tuple[float, float]], wish: float, least: float) -> float:
    """Return the number nearest to `wish`, at least `least`, inside none of the open intervals."""
    wish = max(wish, least)
    below = above = wish
    ordered = sorted(taken)
    for low, high in ordered:
        if low < above < high:
            above = high
    for low, high in sorted(ordered, key=lambda pair: -pair[1]):
        if low < below < high:
            below = low
    return below if below >= least and wish - below <= above - wish else above
