"""A field of obstacles: boxes and routes of a scene, found by place.

Owns the questions "what is in the way here?" and "where is it free?", in
coordinates (u across, v along the flow). Does not own what is placed there
(`incremental`) nor ways round (`detour`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mandala_lab.render.routes import Point

_BAND = 96.0
_TOUCH = 0.5


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


class Field:
    """Obstacles in bands along the flow."""

    def __init__(self) -> None:
        self.edge_u = 0.0
        self.edge_v = 0.0
        self._boxes: dict[int, list[Area]] = {}
        self._lines: dict[int, list[Area]] = {}

    def add_box(self, area: Area) -> None:
        """Put a box into the field."""
        self._grow(area)
        for band in range(int(area.v0 // _BAND), int(area.v1 // _BAND) + 1):
            self._boxes.setdefault(band, []).append(area)

    def add_route(self, points: list[Point]) -> None:
        """Put a route into the field."""
        for area in line_areas(points):
            self._grow(area)
            for band in range(int(area.v0 // _BAND), int(area.v1 // _BAND) + 1):
                self._lines.setdefault(band, []).append(area)

    def _grow(self, area: Area) -> None:
        self.edge_u = max(self.edge_u, area.u1)
        self.edge_v = max(self.edge_v, area.v1)

    def boxes(self, v0: float, v1: float) -> Iterator[Area]:
        """Boxes that reach between two places along the flow; some more than once."""
        return self._between(self._boxes, v0, v1)

    def _between(self, bands: dict[int, list[Area]], v0: float, v1: float) -> Iterator[Area]:
        for band in range(int(v0 // _BAND), int(v1 // _BAND) + 1):
            for area in bands.get(band, ()):
                if area.v0 < v1 and area.v1 > v0:
                    yield area

    def free_place(self, wish: float, width: float, row: tuple[float, float], gap: float, least: float) -> float:
        """Return the centre nearest to `wish` where something of that width stands free.

        `gap` is kept to boxes and half of it to lines; nothing begins before
        `least`. There is always a place, if need be beyond everything.
        """
        half = width / 2
        v0, v1 = row
        taken = [(area.u0 - gap - half, area.u1 + gap + half) for area in self.boxes(v0, v1)]
        aside = gap / 2 + half
        taken += [(line.u0 - aside, line.u1 + aside) for line in self._between(self._lines, v0, v1)]
        return nearest_free(taken, wish, least + half)

    def lanes(self, wish: float, row: tuple[float, float], gap: float, least: float) -> list[float]:
        """Places where a line along the flow meets no box, the nearest to `wish` first.

        `gap` is kept to boxes, and to lines along the flow as well.
        """
        v0, v1 = row
        taken = [(area.u0 - gap, area.u1 + gap) for area in self.boxes(v0, v1)]
        lines = self._between(self._lines, v0, v1)
        taken += [(line.u0 - gap, line.u1 + gap) for line in lines if line.u0 == line.u1]
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
            u0, u1 = min(ua, ub) - _TOUCH, max(ua, ub) + _TOUCH
            v0, v1 = min(va, vb), max(va, vb)
            for area in self.boxes(v0, v1):
                if area.u0 < u1 and area.u1 > u0 and area not in own:
                    count += 1
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
