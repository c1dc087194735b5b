"""The layered web: nodes and bends, linked only between neighbouring layers.

Owns how long edges are cut into bends. All edges that leave one node in one
direction share their bends, like the trunk of a tree: a variable that a
hundred calls read is one line with branches, not a hundred lines. Does not own
order nor positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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

    def add_vertex(self, rank: int) -> int:
        """Add a bend."""
        self.rank.append(rank)
        self.size.append(BEND_SIZE)
        self.above.append([])
        self.below.append([])
        return len(self.rank) - 1

    def add_link(self, upper: int, lower: int) -> int:
        """Link two vertices of neighbouring layers."""
        self.below[upper].append(lower)
        self.above[lower].append(upper)
        self.links.append((upper, lower))
        return len(self.links) - 1


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
    web = Web(len(rank), list(rank), list(size), [[] for _ in rank], [[] for _ in rank])
    trunks: dict[tuple[int, bool], list[tuple[int, int]]] = {}
    for (upper, lower), back in zip(downward, reverse, strict=True):
        trunk = trunks.setdefault((upper, back), [])
        bends = rank[lower] - rank[upper] - 1
        while len(trunk) < bends:
            vertex = web.add_vertex(rank[upper] + 1 + len(trunk))
            trunk.append((vertex, web.add_link(trunk[-1][0] if trunk else upper, vertex)))
        path = [link for _, link in trunk[:bends]]
        path.append(web.add_link(trunk[bends - 1][0] if bends else upper, lower))
        web.paths.append(path)
    return web
