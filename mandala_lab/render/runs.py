"""Which vertices should stand on one straight line along the flow.

Owns `straight_runs`. Does not own where the lines are (`coordinates`). As Brandes and Koepf
do (Fast and simple horizontal coordinate assignment, 2001), each vertex is aligned with a
median neighbour, and bends of one edge come first. Neighbours that lead on come before those
that end there, so that a chain is aligned with itself and not with the constants it takes.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mandala_lab.render.web import Web

NONE = -1


def straight_runs(web: Web) -> list[int]:
    """Return the uppermost vertex of the run that each vertex is in; no two runs cross."""
    place = [0] * len(web.rank)
    for layer in web.layers:
        for number, vertex in enumerate(layer):
            place[vertex] = number
    up, down = (
        [around[0] if len(around) == 1 else _partner(web, vertex, near, place) for vertex, around in enumerate(near)]
        for near in (web.above, web.below)
    )
    run = list(range(len(place)))
    for layer in web.layers[1:]:
        pairs = [(number, vertex, up[vertex]) for number, vertex in enumerate(layer)]
        pairs = [(number, vertex, upper) for number, vertex, upper in pairs if upper >= 0 and down[upper] == vertex]
        trunks = [pair for pair in pairs if pair[1] >= web.nodes and pair[2] >= web.nodes]
        for vertex, upper in _uncrossed(trunks, pairs, place):
            run[vertex] = run[upper]
    return run


def _partner(web: Web, vertex: int, near: list[list[int]], place: list[int]) -> int:
    """Return the neighbour on one side to be aligned with, or none."""
    around = near[vertex]
    bend = vertex >= web.nodes
    alike = [other for other in around if (other >= web.nodes) == bend]
    around = [other for other in alike if near[other]] or alike or around
    if len(around) > 1:
        around = sorted(around, key=place.__getitem__)
    return around[(len(around) - 1) // 2] if around else NONE


def _uncrossed(
    first: list[tuple[int, int, int]], rest: list[tuple[int, int, int]], place: list[int]
) -> list[tuple[int, int]]:
    """Return the pairs (vertex, upper) that cross none before them; those of `first` come before the rest.

    Given are (place, vertex, upper), by place.
    """
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, int]] = []
    for pairs in (first, rest):
        last, kept = NONE, list(taken)
        for here, vertex, upper in pairs:
            there = place[upper]
            at = bisect_left(taken, (here, there))
            after = taken[at] if at < len(taken) else None
            before = taken[at - 1][1] if at else NONE
            if there > max(last, before) and (after is None or (after[0] > here and after[1] > there)):
                last = there
                kept.append((here, there))
                found.append((vertex, upper))
        taken = sorted(kept)
    return found
