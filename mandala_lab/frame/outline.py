"""From a frame to the outline of its picture: labels, counts and status."""

from __future__ import annotations

from collections.abc import Mapping

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.calls import SpanStatus
from mandala_lab.model.outline import Counts, NodeStatus, OpId, Outline, OutlineEdge, OutlineNode, VarId, node_name

Occurrences = Mapping[OpId, Mapping[SpanStatus, int]]
"""For each operation, how often its calls occurred in the session, by status."""


def outline(graph: FrameGraph, occurrences: Occurrences | None = None) -> Outline:
    """Return what a picture of the frame shows.

    Parameters
    ----------
    occurrences
        What happened in the current session. Without it, statuses are those of
        the records: computed, or failed.
    """
    statuses: dict[str, NodeStatus] = {}
    nodes: list[OutlineNode] = []
    for operation, calls in graph.operations.items():
        counts = _counts(graph, operation, occurrences)
        status = _status(counts)
        statuses[operation] = status
        detail = plural(len(calls), "call") + "".join(
            f" · {number} {word}" for number, word in ((counts.error, "failed"), (counts.cached, "cached")) if number
        )
        nodes.append(OutlineNode(operation, "op", node_name(operation), detail, status, counts))
    makers: dict[VarId, set[NodeStatus]] = {}
    takers: dict[VarId, set[NodeStatus]] = {}
    for edge in graph.edges:
        if edge.source in statuses:
            makers.setdefault(VarId(edge.target), set()).add(statuses[edge.source])
        else:
            takers.setdefault(VarId(edge.source), set()).add(statuses[edge.target])
    for variable, refs in graph.variables.items():
        shown = _variable_status(makers.get(variable) or takers.get(variable) or set())
        detail = plural(len(refs), "value")
        nodes.append(OutlineNode(variable, "var", node_name(variable), detail, shown, Counts(total=len(refs))))
    edges = tuple(OutlineEdge(edge.source, edge.target, edge.label) for edge in graph.edges)
    return Outline(tuple(nodes), edges)


def _counts(graph: FrameGraph, operation: OpId, occurrences: Occurrences | None) -> Counts:
    calls = graph.operations[operation]
    if occurrences is None:
        failed = int(graph.catalogue.failed.view[calls].sum())
        return Counts(len(calls), len(calls) - failed, 0, failed)
    found = occurrences.get(operation, {})
    return Counts(len(calls), found.get("computed", 0), found.get("cached", 0), found.get("error", 0))


def _status(counts: Counts) -> NodeStatus:
    if counts.error:
        return "error"
    if counts.computed:
        return "computed"
    return "cached" if counts.cached else "earlier"


def _variable_status(around: set[NodeStatus]) -> NodeStatus:
    """Return the status of a variable among operations: an error is theirs, not its own."""
    if around & {"computed", "error"}:
        return "computed"
    return "cached" if "cached" in around else "earlier"


def plural(number: int, word: str) -> str:
    """Return a number with its word."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
