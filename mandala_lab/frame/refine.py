"""Changes to the nodes of a frame: other names, fewer of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np  # noqa: TC002 - as for our own imports

from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import common, united
from mandala_lab.frame.select import induced
from mandala_lab.model.outline import NodeId, VarId, node_name, var_id


def renamed(graph: FrameGraph, names: Mapping[VarId, str]) -> FrameGraph:
    """Return the frame with other names for some variables.

    Raises
    ------
    ValueError
        Where two nodes would have one name.
    """
    new: dict[NodeId, NodeId] = {node: node for node in graph.nodes}
    new.update((node, var_id(name)) for node, name in names.items())
    taken: dict[str, NodeId] = {}
    for old, made in new.items():
        other = taken.setdefault(node_name(made), old)
        if other != old:
            raise ValueError(
                f"{node_name(old)!r} cannot be renamed to {node_name(made)!r}: {node_name(other)!r} has that name"
                if old in names
                else f"{node_name(other)!r} cannot be renamed to {node_name(made)!r}: another node has that name"
            )
    return _mapped(graph, new)


def merged_into(graph: FrameGraph, node: VarId, into: VarId) -> FrameGraph:
    """Return the frame with one variable's refs and edges added to another's, and without the first."""
    new: dict[NodeId, NodeId] = {each: each for each in graph.nodes}
    new[node] = into
    return _mapped(graph, new)


def merged_variables(graph: FrameGraph) -> FrameGraph:
    """Return the frame with each variable merged into one that holds all its refs and more, as long as there is one."""
    while True:
        pair = _contained(graph)
        if pair is None:
            return graph
        graph = merged_into(graph, *pair)


def _contained(graph: FrameGraph) -> tuple[VarId, VarId] | None:
    """Return a variable and one whose refs are all of its own and more."""
    by_size = sorted(graph.variables, key=lambda node: len(graph.variables[node]))
    for position, small in enumerate(by_size):
        refs = graph.variables[small]
        for large in by_size[position + 1 :]:
            held = graph.variables[large]
            if len(held) > len(refs) and len(common(refs, held)) == len(refs):
                return small, large
    return None


def without(graph: FrameGraph, nodes: Iterable[NodeId]) -> FrameGraph:
    """Return the frame without some nodes and their edges."""
    dropped = set(nodes)
    return induced(graph, [node for node in graph.nodes if node not in dropped])


def _mapped(graph: FrameGraph, new: Mapping[NodeId, NodeId]) -> FrameGraph:
    variables: dict[VarId, np.ndarray] = {}
    for node, refs in graph.variables.items():
        target = VarId(new[node])
        variables[target] = united([variables[target], refs]) if target in variables else refs
    rename: Callable[[NodeId], NodeId] = new.__getitem__
    edges = tuple(dict.fromkeys(Edge(rename(edge.source), rename(edge.target), edge.label) for edge in graph.edges))
    return FrameGraph(graph.catalogue, variables, graph.operations, graph.ops, edges)
