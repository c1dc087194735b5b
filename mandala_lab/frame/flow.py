"""What of a frame is downstream, upstream, or in between: found by simulating it.

Going forward, a call is reached when all its arguments that edges show are reached
("strong"), or one of them ("weak"); a ref is reached in a variable when a call is
whose edge leads there. Going back, outputs stand in the place of arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import distinct, is_in, lacking, united
from mandala_lab.frame.reach import Direction
from mandala_lab.frame.select import induced, sound, subsets, whole
from mandala_lab.model.columns import ragged
from mandala_lab.model.outline import NodeId, OpId, VarId

How = Literal["strong", "weak"]


def stream(graph: FrameGraph, nodes: Iterable[NodeId], direction: Direction, how: How) -> FrameGraph:
    """Return what is reached from all elements of these nodes."""
    start = list(nodes)
    part = induced(graph, _nodes_beyond(graph, start, direction))
    return subsets(part, reached_elements(part, {node: part.elements(node) for node in start}, direction, how))


def midstream(graph: FrameGraph, nodes: Iterable[NodeId], how: How) -> FrameGraph:
    """Return what lies on paths between these nodes, as far as it is reached from their elements at the beginning."""
    chosen = list(dict.fromkeys(nodes))
    if len(chosen) == 1:
        return induced(graph, chosen)
    part = sound(between(graph, chosen))
    first = end_elements(part, "forward")
    start = {node: first[node] for node in part.nodes if node in chosen}
    return subsets(part, reached_elements(part, start, "forward", how))


def between(graph: FrameGraph, chosen: list[NodeId]) -> FrameGraph:
    """Return the nodes on ways from one of these nodes to another, whole."""
    return whole(graph, _nodes_between(graph, chosen))


def from_ends(graph: FrameGraph, direction: Direction, how: How) -> FrameGraph:
    """Return what is reached from the elements at the beginning, going forward, or at the end, going back."""
    return subsets(graph, reached_elements(graph, end_elements(graph, direction), direction, how))


def end_elements(graph: FrameGraph, direction: Direction) -> dict[NodeId, np.ndarray]:
    """Return the elements of each node to which no edge leads, to go forward from; or from which none leads."""
    led: dict[NodeId, list[np.ndarray]] = {node: [] for node in graph.nodes}
    for edge in graph.edges:
        calls, refs = linked(graph, edge)
        here = is_in(refs, graph.variables[_variable(graph, edge)])
        node = edge.target if direction == "forward" else edge.source
        led[node].append(distinct(calls[here] if node in graph.operations else refs[here]))
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
    state = _Flow(graph, direction, how)
    for node, elements in start.items():
        state.reach(node, elements)
    while state.fresh and steps != 0:
        fresh, state.fresh = state.fresh, {}
        for node, elements in fresh.items():
            state.go_on(node, elements)
        steps = None if steps is None else steps - 1
    return {node: graph.elements(node)[flags] for node, flags in state.reached.items()}


class _Flow:
    """Elements reached so far; `fresh` are those from which nothing was followed yet."""

    def __init__(self, graph: FrameGraph, direction: Direction, how: How) -> None:
        self._graph = graph
        self._how = how
        self.reached = {node: np.zeros(len(graph.elements(node)), bool) for node in graph.nodes}
        self.fresh: dict[NodeId, np.ndarray] = {}
        self._from: dict[NodeId, list[Edge]] = {node: [] for node in graph.nodes}
        for edge in graph.edges:
            self._from[edge.source if direction == "forward" else edge.target].append(edge)
        self._is_forward = direction == "forward"
        self._needs = {node: _Needs(graph, node, of_inputs=self._is_forward) for node in graph.operations}
        self._made: dict[Edge, tuple[np.ndarray, np.ndarray]] = {}

    def reach(self, node: NodeId, elements: np.ndarray) -> None:
        """Note that elements of a node are reached."""
        held = self._graph.elements(node)
        places = np.searchsorted(held, elements)
        new = places[~self.reached[node][places]]
        if len(new):
            self.reached[node][new] = True
            found = held[new]
            self.fresh[node] = united([self.fresh[node], found]) if node in self.fresh else found

    def go_on(self, node: NodeId, elements: np.ndarray) -> None:
        """Reach what follows from new elements of a node."""
        for edge in self._from[node]:
            if node in self._graph.variables:
                operation = _operation(self._graph, edge)
                met = self._needs[operation].meet(edge.label, elements, weakly=self._how == "weak")
                if len(met):
                    self.reach(operation, met)
            else:
                variable = _variable(self._graph, edge)
                refs = self._refs_of(edge, elements)
                here = refs[is_in(refs, self._graph.variables[variable])]
                if len(here):
                    self.reach(variable, here)

    def _refs_of(self, edge: Edge, calls: np.ndarray) -> np.ndarray:
        """Return the refs that calls have under the label of an edge."""
        if edge not in self._made:
            owners, refs = linked(self._graph, edge)
            order = np.argsort(owners, kind="stable")
            self._made[edge] = owners[order], refs[order]
        owners, refs = self._made[edge]
        first, last = np.searchsorted(owners, calls, "left"), np.searchsorted(owners, calls, "right")
        return distinct(refs[ragged(first, last - first)])


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

    def meet(self, label: str, reached: np.ndarray, *, weakly: bool) -> np.ndarray:
        """Note that refs are reached, and return the calls that wait for nothing more."""
        refs, positions, is_met = self._by_label[label]
        first, last = np.searchsorted(refs, reached, "left"), np.searchsorted(refs, reached, "right")
        found = ragged(first, last - first)
        new = found[~is_met[found]]
        is_met[new] = True
        owners = positions[new]
        np.subtract.at(self._missing, owners, 1)
        ready = owners if weakly else owners[self._missing[owners] == 0]
        return np.asarray(self._calls[distinct(ready)])


def _nodes_beyond(graph: FrameGraph, start: Iterable[NodeId], direction: Direction) -> list[NodeId]:
    import networkx as nx

    net = net_of(graph)
    net = net if direction == "forward" else net.reverse(copy=False)
    found = set(start)
    for node in start:
        found |= nx.descendants(net, node)
    return [node for node in graph.nodes if node in found]


def _nodes_between(graph: FrameGraph, chosen: list[NodeId]) -> list[NodeId]:
    """Return the nodes on ways from one of these nodes to another."""
    import networkx as nx

    net = net_of(graph)
    after = {node: {node, *nx.descendants(net, node)} for node in chosen}
    before = {node: {node, *nx.ancestors(net, node)} for node in chosen}
    found: set[NodeId] = set()
    for one in chosen:
        for other in chosen:
            if one != other and other in after[one]:
                found |= after[one] & before[other]
    return [node for node in graph.nodes if node in found]


def connecting(graph: FrameGraph, chosen: list[NodeId]) -> FrameGraph:
    """Return the least part of a frame, whole, that connects nodes.

    What lies on ways between them; where some have no way to another, what they came
    from, and then the operations that took several of them; else everything.
    """
    import networkx as nx

    net = net_of(graph)
    between = _nodes_between(graph, chosen)
    before = set(chosen).union(*(nx.ancestors(net, node) for node in chosen))
    joining = {node for node in graph.operations if len(before & set(net.predecessors(node))) > 1}
    for found in ({*between}, before, before | joining):
        if found.issuperset(chosen) and _hold_together(net, found, chosen):
            return whole(graph, found)
    return graph


def _hold_together(net: Any, nodes: set[NodeId], chosen: list[NodeId]) -> bool:
    import networkx as nx

    found: set[NodeId] = nx.node_connected_component(net.subgraph(nodes).to_undirected(), chosen[0])
    return found.issuperset(chosen)


def net_of(graph: FrameGraph) -> Any:
    """Return nodes and edges as a directed networkx graph."""
    import networkx as nx

    net = nx.DiGraph()
    net.add_nodes_from(graph.nodes)
    net.add_edges_from((edge.source, edge.target) for edge in graph.edges)
    return net
