"""Frames as sets: union, intersection, difference. Nodes are the same where their names are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mandala_lab.frame.align import aligned
from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import common, distinct, is_in, lacking, united
from mandala_lab.frame.select import sound, subsets, without_empty
from mandala_lab.frame.streams import from_ends
from mandala_lab.model.outline import NodeId, OpId, node_name


def union(one: FrameGraph, other: FrameGraph) -> FrameGraph:
    """Return the frame with the nodes, elements and edges of both.

    A call of one frame may have refs that lie only in the other: edges join it with where they lie there.

    Raises
    ------
    ValueError
        Where a name is that of an operation in one and of something else in the other.
    """
    other = aligned(other, one.catalogue)
    _refuse_clashes(one, other)
    none = np.zeros(0, np.int64)
    edges = (*one.edges, *other.edges, *_edges_between(one, other), *_edges_between(other, one))
    return FrameGraph(
        one.catalogue,
        {
            node: united([one.variables.get(node, none), other.variables.get(node, none)])
            for node in dict.fromkeys((*one.variables, *other.variables))
        },
        {
            node: united([one.operations.get(node, none), other.operations.get(node, none)])
            for node in dict.fromkeys((*one.operations, *other.operations))
        },
        {**one.ops, **other.ops},
        tuple(dict.fromkeys(edges)),
    )


def _edges_between(one: FrameGraph, other: FrameGraph) -> Iterator[Edge]:
    """Yield edges between the calls of one frame and the variables in which their refs lie in the other only.

    Of the arguments and outputs that edges join with the calls already: what was left out stays so. Where a ref
    that no call made lies says nothing: a variable may hold an equal constant by chance.
    """
    catalogue, none = one.catalogue, np.zeros(0, np.int64)
    for variable, held in sorted(other.variables.items()):
        foreign = lacking(held, one.variables.get(variable, none))
        foreign = foreign[~catalogue.refs.is_free(foreign)]
        for operation, calls in one.operations.items() if len(foreign) else ():
            for links, joined in zip((catalogue.inputs, catalogue.outputs), one.joined_by(operation), strict=True):
                places, _ = links.places(calls)
                labels = links.labels.view[places[is_in(links.refs.view[places], foreign)]]
                source, target = (variable, operation) if links is catalogue.inputs else (operation, variable)
                for label in distinct(labels).tolist():
                    if catalogue.labels[label] in joined:
                        yield Edge(source, target, catalogue.labels[label])


def intersection(one: FrameGraph, other: FrameGraph) -> FrameGraph:
    """Return the nodes, elements and edges that both have."""
    other = aligned(other, one.catalogue)
    _refuse_clashes(one, other)
    edges: set[Edge] = set(other.edges)
    return sound(
        FrameGraph(
            one.catalogue,
            {
                node: common(refs, other.variables[node])
                for node, refs in one.variables.items()
                if node in other.variables
            },
            {
                node: common(calls, other.operations[node])
                for node, calls in one.operations.items()
                if node in other.operations
            },
            {node: op for node, op in one.ops.items() if node in other.ops},
            tuple(edge for edge in one.edges if edge in edges),
        )
    )


def difference(one: FrameGraph, other: FrameGraph) -> FrameGraph:
    """Return what is left of a frame without the elements that the other has in the same node.

    What can no longer be computed from what is left at the beginning goes, too, and so
    do nodes that are empty then.
    """
    other = aligned(other, one.catalogue)
    _refuse_clashes(one, other)
    kept: dict[NodeId, np.ndarray] = {
        node: lacking(one.elements(node), other.elements(node))
        if node in other.variables or node in other.operations
        else one.elements(node)
        for node in one.nodes
    }
    return without_empty(from_ends(subsets(one, kept), "forward", "strong"))


def equal(one: FrameGraph, other: FrameGraph) -> bool:
    """Whether two frames have the same nodes, elements and edges, in whatever order, and of whichever storage."""
    if set(one.nodes) != set(other.nodes) or set(one.edges) != set(other.edges):
        return False
    if any(len(one.elements(node)) != len(other.elements(node)) for node in one.nodes):
        return False
    if one.catalogue is other.catalogue:
        return all(np.array_equal(one.elements(node), other.elements(node)) for node in one.nodes)
    return _keys(one) == _keys(other) and all(_ids(one, node) == _ids(other, node) for node in one.nodes)


def _keys(graph: FrameGraph) -> dict[OpId, str]:
    return {node: graph.catalogue.specs[op].key for node, op in graph.ops.items()}


def _ids(graph: FrameGraph, node: NodeId) -> set[str]:
    catalogue = graph.catalogue
    hids = catalogue.call_hids if node in graph.operations else catalogue.refs.hids
    return set(hids.texts(graph.elements(node)))


def _refuse_clashes(one: FrameGraph, other: FrameGraph) -> None:
    names = {node_name(node): node for node in one.nodes}
    for node in other.nodes:
        name = node_name(node)
        known = names.get(name, node)
        if known != node:
            raise ValueError(f"{name!r} is a variable in one frame and an operation in the other; rename the variable")
        if node in other.ops and one.ops.get(OpId(node), other.ops[OpId(node)]) != other.ops[OpId(node)]:
            raise ValueError(f"the operations called {name!r} are of different ops; drop one of them first")
