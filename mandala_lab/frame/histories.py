"""Joint histories: which elements of some nodes took part in making which others.

An element that no edge leads on from ends a history; the history holds, of each node,
the elements from which edges lead to the end. So a constant that went into two
arguments appears in the column of each only for its own sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mandala_lab.frame.flow import linked
from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import Places, distinct, is_in, lacking
from mandala_lab.frame.streams import net_of
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
    end
        The node.
    """

    cells: dict[NodeId, Pairs]
    number: int
    end: NodeId


def histories(graph: FrameGraph, nodes: Sequence[NodeId]) -> list[Histories]:
    """Return the histories of all nodes of a graph, by the node in which they end; of one node its elements."""
    past = _Past(graph)
    if len(nodes) == 1:
        elements = past.in_order(nodes[0], graph.elements(nodes[0]))
        return [Histories({nodes[0]: (np.arange(len(elements)), elements)}, len(elements), nodes[0])]
    ordered = past.by_rank()
    inner = past.inner(ordered)
    found = []
    for node in ordered:
        ends = past.in_order(node, lacking(graph.elements(node), inner.get(node, np.zeros(0, np.int64))))
        if len(ends):
            every = past.followed(node, ends)
            cells = {column: past.ordered(column, *pairs) for column, pairs in every.items()}
            found.append(Histories(cells, len(ends), node))
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
        after, self._before = after[order], before[order]
        starts = np.flatnonzero(np.diff(after, prepend=-1))
        self._places, self._starts = Places(after[starts]), np.append(starts, len(after))

    def back(self, elements: np.ndarray) -> Pairs:
        """Return pairs: the position of an element, and one that leads to it."""
        places = self._places.of(elements)
        met = np.flatnonzero(places >= 0)
        first, last = self._starts[places[met]], self._starts[places[met] + 1]
        return np.repeat(met, last - first), self._before[ragged(first, last - first)]

    def back_from(self, element: int) -> list[int]:
        """Return the elements that lead to one."""
        place = int(self._places.of(np.array([element]))[0])
        first, last = self._starts[place : place + 2].tolist() if place >= 0 else (0, 0)
        found: list[int] = self._before[first:last].tolist()
        return found


class _Web:
    """Single elements, by numbers, with what leads to each, which is looked for once."""

    def __init__(self, steps: Mapping[NodeId, list[tuple[NodeId, _Step]]]) -> None:
        self._steps = steps
        self._numbers: dict[tuple[NodeId, int], int] = {}
        self._elements: list[tuple[NodeId, int]] = []
        self._before: list[list[int] | None] = []

    def number(self, node: NodeId, element: int) -> int:
        """Return the number of an element of a node."""
        number = self._numbers.setdefault((node, element), len(self._elements))
        if number == len(self._elements):
            self._elements.append((node, element))
            self._before.append(None)
        return number

    def past(self, start: int) -> set[int]:
        """Return an element with all that leads to it."""
        seen, left = {start}, [start]
        while left:
            for one in self._led(left.pop()):
                if one not in seen:
                    seen.add(one)
                    left.append(one)
        return seen

    def places(self) -> Pairs:
        """Return, by number, the place of the node among all, and the element."""
        place_of = {node: place for place, node in enumerate(self._steps)}
        places = np.array([place_of[node] for node, _ in self._elements], np.int64)
        return places, np.array([element for _, element in self._elements], np.int64)

    def _led(self, number: int) -> list[int]:
        known = self._before[number]
        if known is None:
            node, element = self._elements[number]
            known = [self.number(before, one) for before, step in self._steps[node] for one in step.back_from(element)]
            self._before[number] = known
        return known


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
        web = _Web(self._steps)
        pasts = [web.past(web.number(node, end)) for end in ends.tolist()]
        which = np.repeat(np.arange(len(pasts)), [len(past) for past in pasts])
        numbers = np.concatenate([np.fromiter(past, np.int64, len(past)) for past in pasts])
        nodes, elements = web.places()
        place_of = nodes[numbers]
        found: dict[NodeId, Pairs] = {}
        for place, each in enumerate(self._steps):
            chosen = place_of == place
            if chosen.any():
                found[each] = which[chosen], elements[numbers[chosen]]
        return found

    def _ages(self, node: NodeId, elements: np.ndarray) -> np.ndarray:
        catalogue = self._graph.catalogue
        return catalogue.call_ages(elements) if OpId(node) in self._graph.operations else catalogue.ref_ages(elements)
