"""Joint histories: which elements of some nodes took part in making which others.

An element that no edge leads on from ends a history; the history holds, of each node,
the elements from which edges lead to the end. So a constant that went into two
arguments appears in the column of each only for its own sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mandala_lab.frame.flow import linked, net_of
from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import distinct, is_in, lacking
from mandala_lab.model.columns import ragged
from mandala_lab.model.outline import NodeId, OpId, VarId

_MANY_ROUNDS = 500
"""A history of so many rounds in a cycle is followed element by element, not for all histories at once."""

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories that end in the same node.

    Attributes
    ----------
    cells
        By node, pairs of history and element, in order: shapes ``(pairs,)`` twice.
    number
        How many histories there are.
    """

    cells: dict[NodeId, Pairs]
    number: int


def histories(graph: FrameGraph, nodes: Sequence[NodeId]) -> list[Histories]:
    """Return the histories of all nodes of a graph, by the node in which they end; of one node its elements."""
    past = _Past(graph)
    if len(nodes) == 1:
        elements = past.in_order(nodes[0], graph.elements(nodes[0]))
        return [Histories({nodes[0]: (np.arange(len(elements)), elements)}, len(elements))]
    ordered = past.by_rank()
    inner = past.inner(ordered)
    found = []
    for node in ordered:
        ends = past.in_order(node, lacking(graph.elements(node), inner.get(node, np.zeros(0, np.int64))))
        if len(ends):
            every = past.followed(node, ends)
            cells = {column: past.ordered(column, *pairs) for column, pairs in every.items()}
            found.append(Histories(cells, len(ends)))
    return found


class _Step:
    """The way back along an edge: from calls to what they took, or from refs to what made them."""

    def __init__(self, graph: FrameGraph, edge: Edge) -> None:
        calls, refs = linked(graph, edge)
        if edge.target in graph.operations:
            here = is_in(refs, graph.variables[VarId(edge.source)])
            after, before = calls[here], refs[here]
        else:
            after, before = refs, calls
        order = np.argsort(after, kind="stable")
        self._after, self._before = after[order], before[order]

    def back(self, elements: np.ndarray) -> Pairs:
        """Return pairs: the position of an element, and one that leads to it."""
        first, last = (np.searchsorted(self._after, elements, side) for side in ("left", "right"))
        positions = np.repeat(np.arange(len(elements)), last - first)
        return positions, self._before[ragged(first, last - first)]

    def back_from(self, element: int) -> list[int]:
        """Return the elements that lead to one."""
        first, last = np.searchsorted(self._after, [element, element + 1]).tolist()
        found: list[int] = self._before[first:last].tolist()
        return found


class _Past:
    """What leads to what, in a frame."""

    def __init__(self, graph: FrameGraph) -> None:
        import networkx as nx

        self._graph = graph
        self._steps: dict[NodeId, list[tuple[NodeId, _Step]]] = {node: [] for node in graph.nodes}
        for edge in graph.edges:
            self._steps[edge.target].append((edge.source, _Step(graph, edge)))
        groups = nx.condensation(net_of(graph))
        rank = {group: place for place, group in enumerate(nx.topological_sort(groups))}
        self._rank = {node: rank[group] for node, group in groups.graph["mapping"].items()}

    def by_rank(self) -> list[NodeId]:
        """Return all nodes, in the direction of the edges."""
        return sorted(self._steps, key=self._rank.__getitem__)

    def in_order(self, node: NodeId, elements: np.ndarray) -> np.ndarray:
        """Return elements in the order in which they appeared."""
        return elements[np.argsort(self._ages(node, elements), kind="stable")]

    def ordered(self, node: NodeId, which: np.ndarray, elements: np.ndarray) -> Pairs:
        """Return pairs by history, the elements of each in order."""
        order = np.lexsort((self._ages(node, elements), which))
        return which[order], elements[order]

    def inner(self, nodes: Iterable[NodeId]) -> dict[NodeId, np.ndarray]:
        """Return the elements of each node from which edges lead to an element of one of `nodes`."""
        reached: dict[NodeId, np.ndarray] = {}
        fresh: dict[NodeId, np.ndarray] = {}
        for node in nodes:
            self._lead(node, self._graph.elements(node), reached, fresh)
        while fresh:
            node = max(fresh, key=self._rank.__getitem__)
            self._lead(node, fresh.pop(node), reached, fresh)
        return {node: self._graph.elements(node)[flags] for node, flags in reached.items()}

    def _lead(
        self, node: NodeId, elements: np.ndarray, reached: dict[NodeId, np.ndarray], fresh: dict[NodeId, np.ndarray]
    ) -> None:
        for before, step in self._steps[node]:
            held = self._graph.elements(before)
            flags = reached.setdefault(before, np.zeros(len(held), bool))
            places = np.searchsorted(held, distinct(step.back(elements)[1]))
            new = places[~flags[places]]
            if len(new):
                flags[new] = True
                fresh[before] = distinct(np.concatenate([fresh.get(before, new[:0]), held[new]]))

    def followed(self, node: NodeId, ends: np.ndarray) -> dict[NodeId, Pairs]:
        """Return for each node pairs of an end's position and an element that leads to it, or is it."""
        seen: dict[NodeId, np.ndarray] = {}
        pending = {node: [(np.arange(len(ends)), ends)]}
        rounds = 0
        while pending:
            rounds += 1
            if rounds > _MANY_ROUNDS + len(self._steps):
                return self._followed_one_by_one(node, ends)
            here = max(pending, key=self._rank.__getitem__)
            new = self._new(here, pending.pop(here), seen)
            which, elements = new >> 32, new & 0xFFFFFFFF
            for before, step in self._steps[here] if len(new) else []:
                positions, found = step.back(elements)
                if len(found):
                    pending.setdefault(before, []).append((which[positions], found))
        return {each: (keys >> 32, keys & 0xFFFFFFFF) for each, keys in seen.items()}

    def _new(self, node: NodeId, pairs: list[Pairs], seen: dict[NodeId, np.ndarray]) -> np.ndarray:
        """Note pairs as numbers, and return those that are new."""
        keys = distinct(np.concatenate([which << 32 | elements for which, elements in pairs]))
        if node in seen:
            keys = lacking(keys, seen[node])
            seen[node] = np.sort(np.concatenate([seen[node], keys]), kind="stable")  # merges runs
        else:
            seen[node] = keys
        return keys

    def _followed_one_by_one(self, node: NodeId, ends: np.ndarray) -> dict[NodeId, Pairs]:
        found: dict[NodeId, tuple[list[int], list[int]]] = {}
        for position, end in enumerate(ends.tolist()):
            seen, left = {(node, end)}, [(node, end)]
            while left:
                here, element = left.pop()
                which, elements = found.setdefault(here, ([], []))
                which.append(position)
                elements.append(element)
                for before, step in self._steps[here]:
                    new = [(before, one) for one in step.back_from(element) if (before, one) not in seen]
                    seen.update(new)
                    left.extend(new)
        return {each: (np.array(which), np.array(elements)) for each, (which, elements) in found.items()}

    def _ages(self, node: NodeId, elements: np.ndarray) -> np.ndarray:
        catalogue = self._graph.catalogue
        return catalogue.call_ages(elements) if OpId(node) in self._graph.operations else catalogue.ref_ages(elements)
