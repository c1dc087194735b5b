"""A way for one new edge through a scene that stays as it is.

Owns the choice among a few shapes: straight, through a lane between boxes, or
round both ends. Does not own the obstacles (`field`). In coordinates (u across,
v along the flow).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mandala_lab.render.field import Area, Field
    from mandala_lab.render.routes import Point

_LANE_GAP = 8.0
_TURN = 14.0
_LEAST = 8.0
_TRIES = 12


def find_way(field: Field, source: Area, target: Area, leave: float, reach: float) -> list[Point]:
    """Points from the border of one box to that of another.

    Parameters
    ----------
    field
        The boxes, with those of both ends.
    source, target
        The boxes of both ends.
    leave, reach
        Where across the flow the edge may touch them.
    """
    if target.v0 - source.v1 >= _TURN:
        return _through(field, (source, target), (leave, source.v1), (reach, target.v0))
    if source.v0 - target.v1 >= _TURN:
        return _through(field, (target, source), (reach, target.v1), (leave, source.v0))[::-1]
    return _round(field, source, target, leave, reach)


def _through(field: Field, own: tuple[Area, Area], start: Point, end: Point) -> list[Point]:
    """From an upper box down to a lower one."""
    straight = [start, end]
    best, fewest = straight, field.hits(straight, own)
    if fewest == 0:
        return straight
    room = end[1] - start[1]
    for turn in (min(28.0, room / 2), min(_TURN, room / 2)):
        top, bottom = start[1] + turn, end[1] - turn
        for lane in field.lanes((start[0] + end[0]) / 2, (top, bottom), _LANE_GAP, _LEAST)[:_TRIES]:
            points = [start, (lane, top), (lane, bottom), end]
            found = field.hits(points, own)
            if found < fewest:
                best, fewest = points, found
            if fewest == 0:
                return best
    return best


def _round(field: Field, source: Area, target: Area, leave: float, reach: float) -> list[Point]:
    """From the lower side of one box round to the upper side of one beside it."""
    bottom, top = source.v1, target.v0
    best: list[Point] = []
    fewest = -1
    lanes = field.lanes((leave + reach) / 2, (min(top, bottom), max(top, bottom)), _LANE_GAP, _LEAST)
    for lane in lanes[:_TRIES]:
        points = [
            (leave, bottom),
            ((leave + lane) / 2, bottom + _TURN),
            (lane, bottom),
            (lane, top),
            ((lane + reach) / 2, top - _TURN),
            (reach, top),
        ]
        found = field.hits(points, (source, target))
        if fewest < 0 or found < fewest:
            best, fewest = points, found
        if fewest == 0:
            break
    return best
