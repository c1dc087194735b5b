"""Parts of a frame on the ways from nodes, to nodes, and between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mandala_lab.frame.flow import How, end_elements, reached_elements
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.reach import Direction
from mandala_lab.frame.select import induced, sound, subsets, whole
from mandala_lab.model.outline import NodeId


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
