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

_WORK = 120_000
"""How many links may be swept over: small webs get more sweeps than large ones."""
_LEAST_SWEEPS = 8
_MOST_SWEEPS = 48
_PATIENCE = 6
_POLISH = 12


def order_layers(web: Web) -> None:
    """Fill ``web.layers`` with an order that has few crossings."""
    tiers = Tiers(web, _first_order(web))
    best, fewest = tiers.order.copy(), tiers.crossings()
    sweeps = min(_MOST_SWEEPS, max(_LEAST_SWEEPS, _WORK // max(1, len(web.links))))
    stale = 0
    for turn in range(sweeps):
        if fewest == 0 or stale == _PATIENCE:
            break
        tiers.sweep(downwards=turn % 2 == 0, mirrored=turn % 4 > 1)
        tiers.exchange(2)
        found = tiers.crossings()
        stale += 1
        if found < fewest:
            best, fewest, stale = tiers.order.copy(), found, 0
    tiers.arrange(best)
    if fewest:
        tiers.exchange(_POLISH)
    web.layers = tiers.layers()


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
