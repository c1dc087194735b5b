"""What lies where: things found by the place that they take.

Owns the squares that a picture is divided into, for questions about small places (a
`Field` answers those about whole rows). Does not own what the things are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from mandala_lab.render.field import Area

_BAND = 192.0
_COLUMN = 1024.0

T = TypeVar("T")


class Grid(Generic[T]):
    """Things with their areas, in squares."""

    def __init__(self) -> None:
        self._bands: dict[int, dict[int, list[tuple[Area, T]]]] = {}

    def add(self, area: Area, thing: T) -> None:
        """Put a thing into the grid."""
        first, last = int(area.u0 // _COLUMN), int(area.u1 // _COLUMN)
        for number in range(int(area.v0 // _BAND), int(area.v1 // _BAND) + 1):
            band = self._bands.setdefault(number, {})
            for column in range(first, last + 1):
                band.setdefault(column, []).append((area, thing))

    def within(self, place: Area) -> list[tuple[Area, T]]:
        """Things that overlap a place, with their areas; some more than once."""
        u0, v0, u1, v1 = place
        found = []
        for number in range(int(v0 // _BAND), int(v1 // _BAND) + 1):
            band = self._bands.get(number)
            if band is None:
                continue
            for column in range(int(u0 // _COLUMN), int(u1 // _COLUMN) + 1):
                for one in band.get(column, ()):
                    area = one[0]
                    if area[0] < u1 and area[2] > u0 and area[1] < v1 and area[3] > v0:
                        found.append(one)
        return found
