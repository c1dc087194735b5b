"""From a frame to the outline of its picture, every node closed: labels, counts and status."""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.links import NONE
from mandala_lab.frame.occurrences import Occurrences, status_among, status_of, status_of_values
from mandala_lab.model.outline import Counts, NodeStatus, OpId, Outline, OutlineEdge, OutlineNode, VarId, node_name


def outline(graph: FrameGraph, occurrences: Occurrences | None = None) -> Outline:
    """Return what a picture of the frame shows.

    Parameters
    ----------
    occurrences
        What happened in the current session. Without it, statuses are those of
        the records: computed, or failed.
    """
    tallies = {operation: counts_of(graph, calls, occurrences) for operation, calls in graph.operations.items()}
    connecting = _connecting(graph) if occurrences is not None else set()
    statuses = _statuses(graph, tallies, connecting)
    nodes: list[OutlineNode] = []
    for operation, calls in graph.operations.items():
        counts = tallies[operation]
        own = statuses[operation] if operation in connecting else status_of(counts)
        detail = plural(len(calls), "call") + fate(counts)
        nodes.append(OutlineNode(operation, "op", node_name(operation), detail, own, counts))
    makers: dict[VarId, set[NodeStatus]] = {}
    takers: dict[VarId, set[NodeStatus]] = {}
    for edge in graph.edges:
        if edge.source in statuses:
            makers.setdefault(VarId(edge.target), set()).add(statuses[OpId(edge.source)])
        else:
            takers.setdefault(VarId(edge.source), set()).add(statuses[OpId(edge.target)])
    for variable, refs in graph.variables.items():
        shown = status_among(makers.get(variable) or takers.get(variable) or _unseen(graph, refs, occurrences))
        detail = plural(len(refs), "value")
        nodes.append(OutlineNode(variable, "var", node_name(variable), detail, shown, Counts(total=len(refs))))
    edges = tuple(OutlineEdge(edge.source, edge.target, edge.label) for edge in graph.edges)
    return Outline(tuple(nodes), edges)


def _unseen(graph: FrameGraph, refs: np.ndarray, occurrences: Occurrences | None) -> set[NodeStatus]:
    """Return the statuses of the calls that made refs, or took them, where the picture has none of them."""
    makers = graph.catalogue.refs.makers.view[refs]
    calls = makers[makers != NONE]
    calls = calls if len(calls) else graph.catalogue.takers(refs)
    return {status_of_values(counts_of(graph, calls, occurrences))} if len(calls) else set()


def _statuses(graph: FrameGraph, tallies: dict[OpId, Counts], connecting: set[OpId]) -> dict[str, NodeStatus]:
    """Return for each operation the status of what it made: of a `connecting` one that of what is around it."""
    found: dict[str, NodeStatus] = {operation: status_of_values(counts) for operation, counts in tallies.items()}
    on: dict[str, set[str]] = {}
    for edge in graph.edges:
        is_input = edge.target in graph.operations
        operation, variable = (edge.target, edge.source) if is_input else (edge.source, edge.target)
        on.setdefault(variable, set()).add(operation)
    for operation in graph.operations:
        if operation in connecting:
            around = set().union(*(others for others in on.values() if operation in others))
            found[operation] = status_among(found[other] for other in around)
    return found


def _connecting(graph: FrameGraph) -> set[OpId]:
    """Return the operations that connect collections with their elements, whose calls occur in no session."""
    return {node for node, op in graph.ops.items() if graph.catalogue.is_structural(np.array([op]))[0]}


def counts_of(graph: FrameGraph, calls: np.ndarray, occurrences: Occurrences | None) -> Counts:
    """Return what happened to calls: in the session, or for want of one as they were recorded."""
    if occurrences is not None:
        return occurrences.of(calls)
    failed = int(graph.catalogue.failed.view[calls].sum())
    return Counts(len(calls), len(calls) - failed, 0, failed)


def fate(counts: Counts) -> str:
    """Return what is to be told of counts behind how many there are."""
    told = ((counts.error, "failed"), (counts.cached, "cached"))
    return "".join(f" · {number} {word}" for number, word in told if number)


def plural(number: int, word: str) -> str:
    """Return a number with its word."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
