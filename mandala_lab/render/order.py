"""The order of vertices inside each layer, so that few edges cross.

Owns `order_layers`. Does not own positions (`coordinates`). Sweeps sort each
layer by the median of its neighbours; exchanges of two neighbours then polish;
the best order seen is kept, so more work never makes a picture worse.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mandala_lab.render.web import Web

_SWEEPS_SMALL = 24
_SWEEPS_LARGE = 6
_SMALL = 1500
_PATIENCE = 3
_BY_MIDDLE = itemgetter(0, 1)


def order_layers(web: Web) -> None:
    """Fill ``web.layers`` with an order that has few crossings."""
    web.layers = _first_order(web)
    position = _positions(web.layers, len(web.rank))
    best = [list(layer) for layer in web.layers]
    fewest = crossings(web, position)
    small = len(web.links) <= _SMALL
    stale = 0
    for turn in range(_SWEEPS_SMALL if small else _SWEEPS_LARGE):
        if fewest == 0 or stale == _PATIENCE:
            break
        _sweep(web, position, downwards=turn % 2 == 0)
        if small:
            _exchange(web, position)
        found = crossings(web, position)
        stale += 1
        if found < fewest:
            fewest, stale = found, 0
            best = [list(layer) for layer in web.layers]
    web.layers = best
    if not small and fewest:
        _exchange(web, _positions(best, len(web.rank)))


def crossings(web: Web, position: list[int]) -> int:
    """How many pairs of links cross."""
    total = 0
    for layer in web.layers:
        seen: list[int] = []
        for upper in layer:
            ends = _places(web.below[upper], position)
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def _places(vertices: list[int], position: list[int]) -> list[int]:
    """Return where vertices are in their layer, in order; most of a large web are bends, with one on each side."""
    if len(vertices) == 1:
        return [position[vertices[0]]]
    return sorted([position[vertex] for vertex in vertices])


def _positions(layers: list[list[int]], count: int) -> list[int]:
    position = [0] * count
    for layer in layers:
        for place, vertex in enumerate(layer):
            position[vertex] = place
    return position


def _first_order(web: Web) -> list[list[int]]:
    """Walk down depth first, so that a branch stays together."""
    layers: list[list[int]] = [[] for _ in range(max(web.rank, default=-1) + 1)]
    seen = bytearray(len(web.rank))
    roots = sorted(range(web.nodes), key=lambda v: (bool(web.above[v]), web.rank[v]))
    for root in roots:
        stack = [root]
        while stack:
            vertex = stack.pop()
            if seen[vertex]:
                continue
            seen[vertex] = 1
            layers[web.rank[vertex]].append(vertex)
            stack.extend(v for v in reversed(web.below[vertex]) if not seen[v])
            stack.extend(v for v in web.above[vertex] if not seen[v])
    return layers


def _sweep(web: Web, position: list[int], *, downwards: bool) -> None:
    """Sort each layer by the medians of its neighbours in the layer before."""
    depth = len(web.layers)
    near = web.above if downwards else web.below
    for rank in range(1, depth) if downwards else range(depth - 2, -1, -1):
        layer = web.layers[rank]
        slots: list[int] = []
        keyed: list[tuple[float, float, int]] = []
        for place, vertex in enumerate(layer):
            around = near[vertex]
            if around:
                slots.append(place)
                keyed.append((*_middle(_places(around, position)), vertex))
        # Vertices without neighbours on that side keep their slots.
        keyed.sort(key=_BY_MIDDLE)
        for place, (_, _, vertex) in zip(slots, keyed, strict=True):
            layer[place] = vertex
            position[vertex] = place


def _middle(places: list[int]) -> tuple[float, float]:
    """Return the median of sorted places, and their mean to part equal medians."""
    count = len(places)
    if count == 1:
        return places[0], places[0]
    half = count // 2
    median = places[half] if count % 2 else (places[half - 1] + places[half]) / 2
    return median, sum(places) / count


def _exchange(web: Web, position: list[int]) -> None:
    """Exchange neighbours in a layer while that removes crossings."""
    rounds = 4 if len(web.links) <= _SMALL else 1
    for _ in range(rounds):
        better = False
        for layer in web.layers:
            around = [(_places(web.above[v], position), _places(web.below[v], position)) for v in layer]
            for left in range(len(layer) - 1):
                one, two = around[left], around[left + 1]
                gain = _gain(one[0], two[0]) + _gain(one[1], two[1])
                if gain > 0:
                    better = True
                    layer[left], layer[left + 1] = layer[left + 1], layer[left]
                    around[left], around[left + 1] = two, one
                    position[layer[left]], position[layer[left + 1]] = left, left + 1
        if not better:
            return


def _gain(left: list[int], right: list[int]) -> int:
    """How many crossings an exchange of two vertices with these neighbours removes."""
    if not left or not right or left[-1] < right[0]:
        return 0 if not left or not right else -len(left) * len(right)
    gain = 0
    for place in left:
        gain += bisect_left(right, place)
        gain -= len(right) - bisect_right(right, place)
    return gain
