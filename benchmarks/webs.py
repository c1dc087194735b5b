"""Made-up frames to draw: what runs of real programs look like, of any size, the same for the same seed.

Chains, maps over 4 to 32 things that are reduced again, diamonds, joins of older results, and variables of settings
that calls all over read: these hubs are what makes layered pictures wide and tangled.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from mandala_lab.model.outline import Counts, NodeId, NodeStatus, Outline, OutlineEdge, OutlineNode, op_id, var_id

WORDS = ("load", "clean", "split", "scale", "fit", "score", "merge", "select", "embed", "rank", "resample", "report")
STATUSES: tuple[NodeStatus, ...] = ("computed", "cached", "cached", "earlier", "error")
NODES_PER_HUB = 250
READS_A_HUB = 0.08
OFTEN = (6, 1, 2, 3)
"""How often chains, maps, diamonds and joins come."""
RECENT = 0.5
"""How often the next piece goes on from the newest result; else it starts from any."""


def made_up(count: int, seed: int = 0) -> Outline:
    """Return an outline of so many nodes, or up to a map of 32 more.

    Examples
    --------
    >>> outline = made_up(50)
    >>> len(outline.nodes) >= 50, outline == made_up(50)
    (True, True)
    """
    return _Web(count, seed).outline()


class _Web:
    """An outline in the making."""

    def __init__(self, count: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self._nodes: list[OutlineNode] = []
        self._edges: list[OutlineEdge] = []
        self._hubs = [self._variable("config") for _ in range(max(1, count // NODES_PER_HUB))]
        self._results = [self._variable("data")]
        pieces: list[Callable[[], None]] = [self._chain, self._map, self._diamond, self._join]
        while len(self._nodes) < count:
            self._chance.choices(pieces, OFTEN)[0]()

    def outline(self) -> Outline:
        """Return what was made."""
        return Outline(tuple(self._nodes), tuple(self._edges))

    def _variable(self, word: str) -> NodeId:
        name = f"{word}_{len(self._nodes)}"
        node = OutlineNode(var_id(name), "var", name, "1 value", self._chance.choice(STATUSES), Counts(1))
        self._nodes.append(node)
        return node.id

    def _call(self, *inputs: NodeId) -> NodeId:
        """Add an operation on these and return its result."""
        name = f"{self._chance.choice(WORDS)}_{len(self._nodes)}"
        status = self._chance.choice(STATUSES)
        self._nodes.append(OutlineNode(op_id(name), "op", name, "3 calls", status, Counts(3)))
        operation = self._nodes[-1].id
        read = list(dict.fromkeys(inputs))
        if self._chance.random() < READS_A_HUB:
            read.append(self._chance.choice(self._hubs))
        self._edges += [OutlineEdge(one, operation, f"arg_{number}") for number, one in enumerate(read)]
        result = self._variable("out")
        self._edges.append(OutlineEdge(operation, result))
        self._results.append(result)
        return result

    def _source(self) -> NodeId:
        return self._results[-1] if self._chance.random() < RECENT else self._chance.choice(self._results)

    def _chain(self) -> None:
        here = self._source()
        for _ in range(self._chance.randint(2, 10)):
            here = self._call(here)

    def _map(self) -> None:
        source = self._source()
        self._call(*[self._call(source) for _ in range(self._chance.randint(4, 32))])

    def _diamond(self) -> None:
        source = self._source()
        self._call(self._call(source), self._call(source))

    def _join(self) -> None:
        self._call(*[self._source() for _ in range(self._chance.randint(2, 3))])
