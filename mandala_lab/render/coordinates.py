"""Where each vertex of an ordered web stands across the flow.

Owns `across`. Does not own the order nor the layers. The method is that of
Brandes and Koepf: vertices are aligned in blocks with a median neighbour, once
for each of four directions; each alignment is packed; the four results are
averaged. Bends of one edge share a block, so long edges are straight; neighbours
that lead on come before those that end there, so long chains are straight too.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mandala_lab.render.web import Web

NODE_GAP = 26.0
BEND_GAP = 16.0

Layers = list[list[int]]


def across(web: Web) -> list[float]:
    """Return the centre of every vertex across the flow; boxes of a layer do not touch."""
    crossed = _crossed_trunks(web)
    runs: list[list[float]] = []
    for upwards in (True, False):
        near = web.above if upwards else web.below
        layers = web.layers if upwards else web.layers[::-1]
        for mirrored in (False, True):
            turned = [layer[::-1] for layer in layers] if mirrored else layers
            block = _blocks(web, turned, near, crossed)
            run = _pack(web, turned, block)
            runs.append([-x for x in run] if mirrored else run)
    return _average(web, runs)


def _trunk_neighbour(web: Web, vertex: int, around: list[int]) -> int:
    """Return the bend that continues a bend on one side, or -1."""
    if vertex >= web.nodes:
        for other in around:
            if other >= web.nodes:
                return other
    return -1


def _crossed_trunks(web: Web) -> set[tuple[int, int]]:
    """Links that cross the straight part of a long edge: they must yield."""
    found: set[tuple[int, int]] = set()
    for upper, lower in pairwise(web.layers):
        position = {vertex: place for place, vertex in enumerate(upper)}
        start, left = 0, -1
        for place, vertex in enumerate(lower):
            trunk = _trunk_neighbour(web, vertex, web.above[vertex])
            if trunk < 0 and place < len(lower) - 1:
                continue
            right = position[trunk] if trunk >= 0 else len(upper)
            for other in lower[start : place + 1]:
                inner = _trunk_neighbour(web, other, web.above[other]) >= 0
                found.update((v, other) for v in web.above[other] if not inner and not left <= position[v] <= right)
            start, left = place + 1, right
    return found


def _blocks(web: Web, layers: Layers, near: list[list[int]], crossed: set[tuple[int, int]]) -> list[int]:
    """Return the first vertex of the block that each vertex is aligned with."""
    root = list(range(len(web.rank)))
    taken = bytearray(len(web.rank))
    far = web.below if near is web.above else web.above
    for before, layer in pairwise(layers):
        position = {vertex: place for place, vertex in enumerate(before)}
        last = -1
        for vertex in layer:
            for other in _medians(web, vertex, _leading(near[vertex], near), position):
                place = position[other]
                if taken[other] or place <= last or _yields(web, vertex, other, far, crossed):
                    continue
                if vertex not in _leading(far[other], far):
                    continue
                taken[other] = 1
                root[vertex] = root[other]
                last = place
                break
    return root


def _leading(around: list[int], near: list[list[int]]) -> list[int]:
    """Return the neighbours that something follows, where there are any; else all.

    So a chain is aligned with itself, and not with the constants that its steps take.
    """
    if len(around) == 1:
        return around
    return [other for other in around if near[other]] or around


def _medians(web: Web, vertex: int, around: list[int], position: dict[int, int]) -> list[int]:
    """Return the neighbours to align with, best first."""
    if len(around) == 1:
        return around
    trunk = _trunk_neighbour(web, vertex, around)
    if trunk >= 0:
        return [trunk]
    ordered = sorted(around, key=position.__getitem__)
    half = len(ordered) // 2
    return ordered[half : half + 1] if len(ordered) % 2 else ordered[max(half - 1, 0) : half + 1]


def _yields(web: Web, vertex: int, other: int, far: list[list[int]], crossed: set[tuple[int, int]]) -> bool:
    """Whether this link must leave the bend `other` to the edge it continues."""
    if (vertex, other) in crossed or (other, vertex) in crossed:
        return True
    return _trunk_neighbour(web, other, far[other]) not in (-1, vertex)


def _gap(web: Web, left: int, right: int) -> float:
    room = (web.size[left] + web.size[right]) / 2
    return room + (NODE_GAP if left < web.nodes and right < web.nodes else BEND_GAP)


def _pack(web: Web, layers: Layers, block: list[int]) -> list[float]:
    """Push every block as far left as its neighbours allow, then together."""
    right_of: list[list[tuple[int, float]]] = [[] for _ in block]
    waiting = [0] * len(block)
    for layer in layers:
        for left, right in pairwise(layer):
            right_of[block[left]].append((block[right], _gap(web, left, right)))
            waiting[block[right]] += 1
    place = [0.0] * len(block)
    order = [root for root in dict.fromkeys(block) if not waiting[root]]
    for root in order:  # grows while we walk
        here = place[root]
        for other, gap in right_of[root]:
            place[other] = max(place[other], here + gap)
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    for root in reversed(order):
        if right_of[root]:
            place[root] = max(place[root], min([place[other] - gap for other, gap in right_of[root]]))
    return [place[root] for root in block]


def _average(web: Web, runs: list[list[float]]) -> list[float]:
    """Put the four runs over the narrowest one and take the mean of the middle two."""
    bounds = [
        (
            min(x - size / 2 for x, size in zip(run, web.size, strict=True)),
            max(x + size / 2 for x, size in zip(run, web.size, strict=True)),
        )
        for run in runs
    ]
    low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    moved: list[list[float]] = []
    for number, (run, (start, end)) in enumerate(zip(runs, bounds, strict=True)):
        shift = high - end if number % 2 else low - start
        moved.append([x + shift for x in run])
    middle = [sorted(values)[1:3] for values in zip(*moved, strict=True)]
    return [(one + two) / 2 for one, two in middle]
