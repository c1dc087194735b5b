"""The order of vertices inside each layer, so that few lines cross.

Owns `order_layers`. Does not own positions (`coordinates`) nor how crossings are counted
(`tiers`). The method is that of Gansner, Koutsofios, North and Vo (A technique for drawing
directed graphs, 1993), with means in place of medians: sweeps sort each layer by the places
of its neighbours, exchanges of two neighbours polish, and the best order seen is kept, so
that more work never makes a picture worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mandala_lab.render.tiers import Tiers

if TYPE_CHECKING:
    from mandala_lab.render.web import Web

_WORK = 50_000
"""How many links may be swept over, down and up: small webs get more turns than large ones."""
_LEAST_TURNS = 4
_MOST_TURNS = 24
_PATIENCE = 3
_EXCHANGES = 1
_POLISH = 12


def order_layers(web: Web) -> None:
    """Fill ``web.layers`` with an order that has few crossings."""
    tiers = Tiers(web, _first_order(web))
    best, fewest = tiers.place.copy(), tiers.crossings()
    turns = min(_MOST_TURNS, max(_LEAST_TURNS, _WORK // max(1, len(web.links))))
    stale = 0
    for turn in range(turns):
        if fewest == 0 or stale == _PATIENCE:
            break
        for downwards in (False, True):
            tiers.sweep(downwards=downwards, mirrored=turn % 2 == 1)
            tiers.exchange(_EXCHANGES)
        found = tiers.crossings()
        stale += 1
        if found < fewest:
            best, fewest, stale = tiers.place.copy(), found, 0
    tiers.place = best
    if fewest:
        tiers.exchange(_POLISH)
    web.layers = tiers.layers()


def _first_order(web: Web) -> list[list[int]]:
    """Walk down depth first, so that a branch stays together."""
    layers: list[list[int]] = [[] for _ in range(max(web.rank, default=-1) + 1)]
    seen = bytearray(len(web.rank))
    above, below = web.above, web.below
    roots = sorted(range(web.nodes), key=lambda v: (bool(above[v]), web.rank[v]))
    for root in roots:
        stack = [root]
        while stack:
            vertex = stack.pop()
            if seen[vertex]:
                continue
            seen[vertex] = 1
            layers[web.rank[vertex]].append(vertex)
            stack += below[vertex][::-1]
            stack += above[vertex]
    return layers
