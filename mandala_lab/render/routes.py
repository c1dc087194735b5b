"""Where edges touch boxes, and the points between.

Owns ports and routes of a placed web, in coordinates (u across the flow, v
along it). Does not own how a route is drawn as a curve (`curves`). Between two
layers a route moves freely, through a layer it goes straight along the flow:
so it never enters the box of a node that it does not touch. It does so already
a little before the layer, so that the heads of arrows lie on their lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from mandala_lab.render.web import Web

    Numbers = npt.NDArray[np.int64]

Point = tuple[float, float]

PORT_GAP = 14.0
LOOP_ROOM = 24.0
LOOP_STEP = 9.0
LANDING = 10.0
_FLAT = 2.5
_LOOP_HALF = 6.0
_REACH = 8.0
_NEAR = 0.01


@dataclass(frozen=True, slots=True)
class Bands:
    """Where each layer begins and ends along the flow, and each node in it."""

    tops: list[float]
    bottoms: list[float]
    node_tops: list[float]
    node_bottoms: list[float]


def ports(web: Web, centre: list[float], flat: list[float]) -> tuple[list[float], list[float]]:
    """Where each link leaves its upper and reaches its lower vertex.

    Parameters
    ----------
    web, centre
        The web and the place of each vertex across the flow.
    flat
        Of each node: how far from its centre its border is straight.

    Returns
    -------
    tuple
        The place of each link's upper and lower end.
    """
    links = np.array(web.links, np.int64).reshape(-1, 2).T
    middle, room = np.array(centre), np.array([*flat, *[0.0] * (len(centre) - web.nodes)])
    places = middle[links]
    chosen = np.zeros(links.shape, bool)
    crowd = [np.bincount(ends, minlength=len(centre))[ends] for ends in links]
    for side, number, place in _crowded(web, _sides(links, web.nodes), places.tolist(), centre, flat):
        places[side, number] = place
        chosen[side, number] = True
    for side in (0, 1):
        alone = np.flatnonzero((crowd[side] == 1) & (links[side] < web.nodes))
        node, other = links[side][alone], links[1 - side][alone]
        aim = places[1 - side][alone]
        free = (other < web.nodes) & ~chosen[1 - side][alone]
        aim = np.where(free, (middle[node] + aim) / 2, aim)
        reach = np.where(np.abs(aim - middle[node]) <= room[node], room[node], np.minimum(room[node], 2 * _REACH))
        places[side, alone] = np.clip(aim, middle[node] - reach, middle[node] + reach)
        chosen[side, alone] = True
    return places[0].tolist(), places[1].tolist()


def _crowded(
    web: Web,
    sides: list[tuple[int, int, list[int]]],
    places: list[list[float]],
    centre: list[float],
    flat: list[float],
) -> Iterator[tuple[int, int, float]]:
    """Yield (side, link, place) of the links that share a side of a node with others; crowded sides come first."""
    chosen = bytearray(2 * len(web.links))
    for node, side, numbers in sides:
        other = places[1 - side]
        middle, room = centre[node], flat[node]
        reach = min(room, _REACH * (len(numbers) + 1))
        wishes: list[tuple[float, int, float]] = []
        for number in numbers:
            aim = other[number]
            if web.links[number][1 - side] < web.nodes and not chosen[2 * number + 1 - side]:
                aim = (middle + aim) / 2
            if not -room <= aim - middle <= room:
                aim = middle - reach if aim < middle else middle + reach
            wishes.append((other[number], number, aim))
            chosen[2 * number + side] = 1
        wishes.sort()
        found = spread([wish for _, _, wish in wishes], middle, room)
        for (_, number, _), place in zip(wishes, found, strict=True):
            places[side][number] = place
            yield side, number, place


def _sides(links: Numbers, nodes: int) -> list[tuple[int, int, list[int]]]:
    """Return (node, 0 for its lower and 1 for its upper side, links there) where there are several; most come first."""
    sides: list[tuple[int, int, list[int]]] = []
    for side, ends in enumerate(links):
        turn = np.argsort(ends, kind="stable")
        node, first, many = np.unique(ends[turn], return_index=True, return_counts=True)
        crowded = (many > 1) & (node < nodes)
        spans = zip(node[crowded].tolist(), first[crowded].tolist(), many[crowded].tolist(), strict=True)
        numbers = turn.tolist()
        sides += [(vertex, side, numbers[start : start + count]) for vertex, start, count in spans]
    return sorted(sides, key=lambda one: -len(one[2]))


def spread(wishes: list[float], centre: float, flat: float) -> list[float]:
    """Places near the wishes, in their order, apart from each other and inside the border."""
    count = len(wishes)
    gap = min(PORT_GAP, 2 * flat / (count - 1)) if count > 1 else 0.0
    places: list[float] = []
    for wish in wishes:
        places.append(max(wish, places[-1] + gap) if places else max(wish, centre - flat))
    limit = centre + flat
    for index in range(count - 1, -1, -1):
        places[index] = min(places[index], limit)
        limit = places[index] - gap
    return places


def route_edges(
    web: Web, centre: list[float], ends: tuple[list[float], list[float]], bands: Bands
) -> list[list[Point]]:
    """Return the points of every edge, from its upper to its lower node."""
    upper, lower = ends
    routes: list[list[Point]] = []
    for path in web.paths:
        first, last = web.links[path[0]][0], web.links[path[-1]][1]
        if len(path) == 1 and abs(upper[path[0]] - lower[path[0]]) < _NEAR:
            routes.append([(upper[path[0]], bands.node_bottoms[first]), (lower[path[0]], bands.node_tops[last])])
            continue
        points = [
            (upper[path[0]], bands.node_bottoms[first]),
            (upper[path[0]], bands.bottoms[web.rank[first]]),
        ]
        run: float | None = None
        for number in path[:-1]:
            bend = web.links[number][1]
            end = (centre[bend], bands.bottoms[web.rank[bend]])
            if end[0] == run:
                points[-1] = end
            else:
                run = end[0]
                points += [(run, bands.tops[web.rank[bend]] - LANDING), end]
        points.append((lower[path[-1]], bands.tops[web.rank[last]] - LANDING))
        points.append((lower[path[-1]], bands.node_tops[last]))
        routes.append(straighten(points))
    return routes


def straighten(points: list[Point]) -> list[Point]:
    """Return the points without those in the middle of a straight run along the flow."""
    kept: list[Point] = []
    for point in points:
        if kept and abs(kept[-1][0] - point[0]) < _NEAR:
            if abs(kept[-1][1] - point[1]) < _NEAR:
                continue
            if len(kept) > 1 and abs(kept[-2][0] - point[0]) < _NEAR:
                kept[-1] = point
                continue
        kept.append(point)
    return kept


def landed(points: list[Point]) -> list[Point]:
    """Return the points with a short way straight to the end, if an arrow would come from far aside.

    So that its head lies on its line.
    """
    (ua, va), (ub, vb) = points[-2:]
    if abs(ub - ua) <= _FLAT * abs(vb - va) or abs(vb - va) <= 2 * LANDING:
        return points
    return [*points[:-1], (ub, vb - LANDING if vb > va else vb + LANDING), points[-1]]


def self_loop(right: float, middle: float, turn: int) -> list[Point]:
    """Return a loop at the far side of a box; `turn` counts the loops of the same box."""
    reach = LOOP_ROOM - 4.0 + LOOP_STEP * turn
    return [(right, middle - _LOOP_HALF), (right + reach, middle), (right, middle + _LOOP_HALF)]
