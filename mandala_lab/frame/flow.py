"""What follows from elements of a frame along its edges, step by step: forward, or back.

Going forward, a call is reached when all its arguments that edges show are reached
("strong"), or one of them ("weak"); a ref is reached in a variable when a call is
whose edge leads there. Going back, outputs stand in the place of arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np

from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import distinct, is_in, lacking, united
from mandala_lab.frame.reach import Direction
from mandala_lab.model.columns import ragged
from mandala_lab.model.outline import NodeId, OpId, VarId

How = Literal["strong", "weak"]


def reached_elements(
    graph: FrameGraph,
    start: Mapping[NodeId, np.ndarray],
    direction: Direction,
    how: How,
    steps: int | None = None,
) -> dict[NodeId, np.ndarray]:
    """Return what is reached in each node from some elements of some nodes, these included.

    `steps` along edges are gone at most, by default as many as there are.
    """
    return Flow(graph, Ways(graph, direction), how).reached(start, steps)


def end_elements(graph: FrameGraph, direction: Direction) -> dict[NodeId, np.ndarray]:
    """Return the elements of each node to which no edge leads, to go forward from; or from which none leads."""
    led: dict[NodeId, list[np.ndarray]] = {node: [] for node in graph.nodes}
    ways = Ways(graph, direction)
    for node in graph.nodes:
        for edge, other in ways.on(node):
            led[other].append(distinct(ways.pairs(edge)[1]))
    return {node: lacking(graph.elements(node), united(parts)) for node, parts in led.items()}


def _is_input(graph: FrameGraph, edge: Edge) -> bool:
    return edge.target in graph.operations


def _variable(graph: FrameGraph, edge: Edge) -> VarId:
    return VarId(edge.source if _is_input(graph, edge) else edge.target)


def _operation(graph: FrameGraph, edge: Edge) -> OpId:
    return OpId(edge.target if _is_input(graph, edge) else edge.source)


def linked(graph: FrameGraph, edge: Edge) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of call and ref under the label of an edge, of all calls of its operation."""
    catalogue = graph.catalogue
    links = catalogue.inputs if _is_input(graph, edge) else catalogue.outputs
    places, owners = links.places(graph.operations[_operation(graph, edge)])
    here = links.labels.view[places] == catalogue.label_number(edge.label)
    return owners[here], links.refs.view[places[here]].astype(np.int64)


class Ways:
    """Pairs of elements from one to the other of which an edge leads, in one direction."""

    def __init__(self, graph: FrameGraph, direction: Direction) -> None:
        self._graph = graph
        self.direction = direction
        self._is_forward = direction == "forward"
        self._pairs: dict[Edge, tuple[np.ndarray, np.ndarray]] = {}
        self._edges: dict[NodeId, list[tuple[Edge, NodeId]]] = {node: [] for node in graph.nodes}
        for edge in graph.edges:
            ends = (edge.source, edge.target) if self._is_forward else (edge.target, edge.source)
            self._edges[ends[0]].append((edge, ends[1]))

    def on(self, node: NodeId) -> list[tuple[Edge, NodeId]]:
        """Return the edges that lead on from a node, and where to."""
        return self._edges[node]

    def pairs(self, edge: Edge) -> tuple[np.ndarray, np.ndarray]:
        """Return all pairs of an edge, in the order of their beginnings."""
        if edge not in self._pairs:
            calls, refs = linked(self._graph, edge)
            here = is_in(refs, self._graph.variables[_variable(self._graph, edge)])
            calls, refs = calls[here], refs[here]
            first, last = (refs, calls) if _is_input(self._graph, edge) == self._is_forward else (calls, refs)
            order = np.argsort(first, kind="stable")
            self._pairs[edge] = first[order], last[order]
        return self._pairs[edge]

    def follow(self, edge: Edge, elements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs of an edge that begin at these elements: which of them, and where the edge leads."""
        first, last = self.pairs(edge)
        begin, end = np.searchsorted(first, elements, "left"), np.searchsorted(first, elements, "right")
        return np.repeat(np.arange(len(elements)), end - begin), last[ragged(begin, end - begin)]


class Flow:
    """Follows elements of a frame along ways; may be asked again and again.

    Followed weakly, it takes as long as what is reached is large, however large the frame is.
    """

    def __init__(self, graph: FrameGraph, ways: Ways, how: How) -> None:
        self._graph = graph
        self._how = how
        self._ways = ways
        self._flags = {node: np.zeros(len(graph.elements(node)), bool) for node in graph.nodes}
        self._needs: dict[OpId, _Needs] = {}

    def reached(
        self,
        start: Mapping[NodeId, np.ndarray],
        steps: int | None = None,
        without: Mapping[NodeId, np.ndarray] | None = None,
        within: Collection[NodeId] | None = None,
    ) -> dict[NodeId, np.ndarray]:
        """Return what is reached in each node, as `reached_elements` does.

        Not through the elements in `without`; and with `within`, in no other nodes than these.
        """
        if self._how == "strong":
            of_inputs = self._ways.direction == "forward"
            self._needs = {node: _Needs(self._graph, node, of_inputs=of_inputs) for node in self._graph.operations}
        found: dict[NodeId, list[np.ndarray]] = {node: [] for node in self._flags}
        for node, elements in (without or {}).items():
            self._set(node, elements, reached=True)
        fresh = {node: self._new(node, elements) for node, elements in start.items()}
        while fresh:
            for node, elements in fresh.items():
                found[node].append(elements)
            fresh = self._next(fresh, within) if steps is None or steps > 0 else {}
            steps = None if steps is None else steps - 1
        for node, parts in found.items():
            for elements in parts:
                self._set(node, elements, reached=False)
        for node, elements in (without or {}).items():
            self._set(node, elements, reached=False)
        return {node: united(parts) for node, parts in found.items()}

    def _next(self, fresh: Mapping[NodeId, np.ndarray], within: Collection[NodeId] | None) -> dict[NodeId, np.ndarray]:
        """Return what is reached by one step from what was reached before, and was not yet."""
        found: dict[NodeId, list[np.ndarray]] = {}
        for node, elements in fresh.items():
            for edge, other in self._ways.on(node):
                if within is not None and other not in within:
                    continue
                new = self._new(other, self._met(node, edge, elements))
                if len(new):
                    found.setdefault(other, []).append(new)
        return {node: united(parts) for node, parts in found.items()}

    def _met(self, node: NodeId, edge: Edge, elements: np.ndarray) -> np.ndarray:
        if self._how == "strong" and node in self._graph.variables:
            return self._needs[_operation(self._graph, edge)].meet(edge.label, elements)
        return distinct(self._ways.follow(edge, elements)[1])

    def _set(self, node: NodeId, elements: np.ndarray, *, reached: bool) -> None:
        self._flags[node][np.searchsorted(self._graph.elements(node), elements)] = reached

    def _new(self, node: NodeId, elements: np.ndarray) -> np.ndarray:
        """Note that elements of a node are reached, and return those that were not."""
        flags, places = self._flags[node], np.searchsorted(self._graph.elements(node), elements)
        new = ~flags[places]
        flags[places] = True
        return elements[new]


class _Needs:
    """What the calls of an operation wait for: under each label that an edge has, each of their refs."""

    def __init__(self, graph: FrameGraph, operation: OpId, *, of_inputs: bool) -> None:
        catalogue = graph.catalogue
        self._calls = graph.operations[operation]
        links = catalogue.inputs if of_inputs else catalogue.outputs
        joined = graph.joined_by(operation)[0 if of_inputs else 1]
        places, owners = links.places(self._calls)
        labels, refs = links.labels.view[places], links.refs.view[places].astype(np.int64)
        self._missing = np.zeros(len(self._calls), np.int64)
        self._by_label: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for label in joined:
            here = labels == catalogue.label_number(label)
            order = np.argsort(refs[here], kind="stable")
            positions = np.searchsorted(self._calls, owners[here])[order]
            self._by_label[label] = refs[here][order], positions, np.zeros(len(order), bool)
            self._missing += np.bincount(positions, minlength=len(self._calls))

    def meet(self, label: str, reached: np.ndarray) -> np.ndarray:
        """Note that refs are reached, and return the calls that wait for nothing more."""
        refs, positions, is_met = self._by_label[label]
        first, last = np.searchsorted(refs, reached, "left"), np.searchsorted(refs, reached, "right")
        found = ragged(first, last - first)
        new = found[~is_met[found]]
        is_met[new] = True
        owners = positions[new]
        np.subtract.at(self._missing, owners, 1)
        return np.asarray(self._calls[distinct(owners[self._missing[owners] == 0])])
