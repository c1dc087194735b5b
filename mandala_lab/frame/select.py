"""Parts of a frame: some of its nodes, or some of the elements of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import distinct, is_in, lacking, united
from mandala_lab.model.outline import NodeId, OpId, VarId


def induced(graph: FrameGraph, nodes: Iterable[NodeId]) -> FrameGraph:
    """Return these nodes with the edges among them, as a frame that is `sound`."""
    return sound(whole(graph, nodes))


def whole(graph: FrameGraph, nodes: Iterable[NodeId]) -> FrameGraph:
    """Return these nodes, whole, with the edges among them."""
    kept = set(nodes)
    return FrameGraph(
        graph.catalogue,
        {node: refs for node, refs in graph.variables.items() if node in kept},
        {node: calls for node, calls in graph.operations.items() if node in kept},
        {node: op for node, op in graph.ops.items() if node in kept},
        tuple(edge for edge in graph.edges if edge.source in kept and edge.target in kept),
    )


def subsets(graph: FrameGraph, elements: Mapping[NodeId, np.ndarray]) -> FrameGraph:
    """Return all nodes with some of their elements: those that are given for a node, else none."""
    none = np.zeros(0, np.int64)
    return sound(
        FrameGraph(
            graph.catalogue,
            {node: elements.get(node, none) for node in graph.variables},
            {node: elements.get(node, none) for node in graph.operations},
            graph.ops,
            graph.edges,
        )
    )


def without_empty(graph: FrameGraph) -> FrameGraph:
    """Return the frame without nodes that hold nothing."""
    return induced(graph, [node for node in graph.nodes if len(graph.elements(node))])


def sound(graph: FrameGraph) -> FrameGraph:
    """Return the frame without the calls that have a ref which is `strayed`."""
    operations = {node: _sound_calls(graph, node) for node in graph.operations}
    if all(len(calls) == len(graph.operations[node]) for node, calls in operations.items()):
        return graph
    return FrameGraph(graph.catalogue, graph.variables, operations, graph.ops, graph.edges)


def _sound_calls(graph: FrameGraph, operation: OpId) -> np.ndarray:
    calls, catalogue = graph.operations[operation], graph.catalogue
    wrong = [np.zeros(0, np.int64)]
    for links, joined in zip((catalogue.inputs, catalogue.outputs), graph.joined_by(operation), strict=True):
        places, owners = links.places(calls)
        labels, refs = links.labels.view[places], links.refs.view[places]
        for label, variables in joined.items():
            of_label = labels == catalogue.label_number(label)
            astray = strayed(graph, refs[of_label], variables)
            if len(astray):
                wrong.append(owners[of_label][is_in(refs[of_label], astray)])
    return lacking(calls, distinct(np.concatenate(wrong)))


def completed(graph: FrameGraph) -> FrameGraph:
    """Return the frame with the refs of its calls that are `strayed` there, too, where an edge says.

    Such a ref goes into the first of the variables on the edges, by name.
    """
    more: dict[VarId, list[np.ndarray]] = {}
    for operation, calls in graph.operations.items():
        catalogue = graph.catalogue
        for links, joined in zip((catalogue.inputs, catalogue.outputs), graph.joined_by(operation), strict=True):
            places, _ = links.places(calls)
            labels, refs = links.labels.view[places], links.refs.view[places].astype(np.int64)
            for label, variables in joined.items():
                found = strayed(graph, refs[labels == catalogue.label_number(label)], variables)
                if len(found):
                    more.setdefault(min(variables), []).append(found)
    if not more:
        return graph
    filled = {node: united([refs, *more.get(node, [])]) for node, refs in graph.variables.items()}
    return FrameGraph(graph.catalogue, filled, graph.operations, graph.ops, graph.edges)


def strayed(graph: FrameGraph, refs: np.ndarray, variables: Iterable[VarId]) -> np.ndarray:
    """Return those of some refs that calls made and that lie in the frame, but in none of these variables.

    Where a ref that no call made lies says nothing: another variable may hold an equal constant by chance.
    """
    others = lacking(distinct(refs), united(graph.variables[variable] for variable in variables))
    found = others[is_in(others, graph.all_refs)]
    return np.asarray(found[~graph.catalogue.refs.is_free(found)])


def adjacent_calls(graph: FrameGraph, variables: Mapping[VarId, np.ndarray]) -> dict[OpId, np.ndarray]:
    """Return the calls of each operation that an edge joins with one of these refs of a variable."""
    found: dict[OpId, list[np.ndarray]] = {node: [] for node in graph.operations}
    for edge in graph.edges:
        is_input = edge.target in graph.operations
        operation, variable = (edge.target, edge.source) if is_input else (edge.source, edge.target)
        refs = variables.get(VarId(variable))
        if refs is not None and len(refs):
            found[OpId(operation)].append(joined_calls(graph, OpId(operation), edge.label, refs, of_inputs=is_input))
    return {node: united(parts) for node, parts in found.items()}


def joined_calls(graph: FrameGraph, operation: OpId, label: str, refs: np.ndarray, *, of_inputs: bool) -> np.ndarray:
    """Return the calls of an operation that took, or made, one of some refs under a label."""
    catalogue = graph.catalogue
    links = catalogue.inputs if of_inputs else catalogue.outputs
    places, owners = links.places(graph.operations[operation])
    here = (links.labels.view[places] == catalogue.label_number(label)) & is_in(links.refs.view[places], refs)
    return distinct(owners[here])
