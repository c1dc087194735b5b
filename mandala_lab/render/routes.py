"""Where edges touch boxes, and the points between.

Owns ports and routes of a placed web, in coordinates (u across the flow, v
along it). Does not own how a route is drawn as a curve (`curves`). Between two
layers a route moves freely, through a layer it goes straight along the flow:
so it never enters the box of a node that it does not touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mandala_lab.render.web import Web

Point = tuple[float, float]

PORT_GAP = 14.0
LOOP_ROOM = 24.0
LOOP_STEP = 9.0
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
    upper = [centre[link[0]] for link in web.links]
    lower = [centre[link[1]] for link in web.links]
    chosen = bytearray(2 * len(web.links))
    for node, below, numbers in _sides(web):
        mine, other = (upper, lower) if below else (lower, upper)
        far = 1 if below else 0
        reach = min(flat[node], _REACH * (len(numbers) + 1))
        wishes: list[tuple[float, float, int]] = []
        for number in numbers:
            aim = other[number]
            if web.links[number][far] < web.nodes and not chosen[2 * number + far]:
                aim = (centre[node] + aim) / 2
            straight = abs(aim - centre[node]) <= flat[node]
            wish = aim if straight else min(max(aim, centre[node] - reach), centre[node] + reach)
            wishes.append((other[number], wish, number))
        wishes.sort(key=lambda item: (item[0], item[2]))
        places = spread([wish for _, wish, _ in wishes], centre[node], flat[node])
        for (_, _, number), place in zip(wishes, places, strict=True):
            mine[number] = place
            chosen[2 * number + (0 if below else 1)] = 1
    return upper, lower


def _sides(web: Web) -> list[tuple[int, bool, list[int]]]:
    """Return (node, whether its lower side, links there); crowded sides come first."""
    sides: list[tuple[int, bool, list[int]]] = []
    for below in (True, False):
        at: list[list[int]] = [[] for _ in range(web.nodes)]
        for number, link in enumerate(web.links):
            vertex = link[0] if below else link[1]
            if vertex < web.nodes:
                at[vertex].append(number)
        sides.extend((node, below, numbers) for node, numbers in enumerate(at) if numbers)
    return sorted(sides, key=lambda side: -len(side[2]))


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
                points += [(run, bands.tops[web.rank[bend]]), end]
        points.append((lower[path[-1]], bands.tops[web.rank[last]]))
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


def self_loop(right: float, middle: float, turn: int) -> list[Point]:
    """Return a loop at the far side of a box; `turn` counts the loops of the same box."""
    reach = LOOP_ROOM - 4.0 + LOOP_STEP * turn
    return [(right, middle - _LOOP_HALF), (right + reach, middle), (right, middle + _LOOP_HALF)]
