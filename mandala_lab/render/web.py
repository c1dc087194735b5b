"""The layered web: nodes and bends, linked only between neighbouring layers.

Owns how long edges are cut into bends. All edges that leave one node in one
direction share their bends, like the trunk of a tree: a variable that a
hundred calls read is one line with branches, not a hundred lines. Does not own
order nor positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mandala_lab.render.ranks import neighbours

if TYPE_CHECKING:
    from mandala_lab.render.ranks import Links

BEND_SIZE = 2.0


@dataclass(slots=True)
class Web:
    """Vertices below `nodes` are nodes, the others are bends.

    Attributes
    ----------
    nodes
        How many nodes there are.
    rank, size
        Of each vertex: its layer, and its extent across the flow.
    above, below
        Of each vertex: its neighbours in the layer before and after.
    links
        Pairs (upper, lower) in neighbouring layers.
    paths
        Of each edge: the numbers of its links from the upper end to the lower.
    layers
        Vertices of each layer from left to right.
    """

    nodes: int
    rank: list[int]
    size: list[float]
    above: list[list[int]] = field(default_factory=list)
    below: list[list[int]] = field(default_factory=list)
    links: Links = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)
    layers: list[list[int]] = field(default_factory=list)


def weave(rank: list[int], size: list[float], downward: Links, reverse: list[bool]) -> Web:
    """Cut edges into links.

    Parameters
    ----------
    rank, size
        Of each node.
    downward
        Edges, each from its upper to its lower node.
    reverse
        Of each edge: whether it is drawn upwards; such edges share no bends
        with the others.
    """
    web = Web(len(rank), list(rank), list(size))
    trunks: dict[tuple[int, bool], list[tuple[int, int]]] = {}
    for (upper, lower), back in zip(downward, reverse, strict=True):
        trunk = trunks.setdefault((upper, back), [])
        bends = rank[lower] - rank[upper] - 1
        while len(trunk) < bends:
            vertex = len(web.rank)
            web.rank.append(rank[upper] + 1 + len(trunk))
            web.links.append((trunk[-1][0] if trunk else upper, vertex))
            trunk.append((vertex, len(web.links) - 1))
        path = [link for _, link in trunk[:bends]]
        path.append(len(web.links))
        web.links.append((trunk[bends - 1][0] if bends else upper, lower))
        web.paths.append(path)
    web.size += [BEND_SIZE] * (len(web.rank) - web.nodes)
    web.below, web.above = neighbours(len(web.rank), web.links)
    return web
