"""From a frame to the outline of its picture: labels, counts and status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.calls import SpanStatus
from mandala_lab.model.outline import Counts, NodeStatus, Outline, OutlineEdge, OutlineNode, node_name

Occurrences = Mapping[str, Mapping[SpanStatus, int]]
"""For each call by hid, how often it occurred in the session, by status."""


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
    for operation, hids in graph.operations.items():
        counts = _counts(graph, hids, occurrences)
        status = _status(counts)
        statuses[operation] = status
        detail = plural(len(hids), "call") + "".join(
            f" · {number} {word}" for number, word in ((counts.error, "failed"), (counts.cached, "cached")) if number
        )
        nodes.append(OutlineNode(operation, "op", node_name(operation), detail, status, counts))
    for variable, refs in graph.variables.items():
        makers = {statuses[edge.source] for edge in graph.edges if edge.target == variable}
        takers = {statuses[edge.target] for edge in graph.edges if edge.source == variable}
        shown = _variable_status(makers or takers)
        detail = plural(len(refs), "value")
        nodes.append(OutlineNode(variable, "var", node_name(variable), detail, shown, Counts(total=len(refs))))
    edges = tuple(OutlineEdge(edge.source, edge.target, edge.label) for edge in graph.edges)
    return Outline(tuple(nodes), edges)


def _counts(graph: FrameGraph, hids: tuple[str, ...], occurrences: Occurrences | None) -> Counts:
    found: Counter[str] = Counter()
    for hid in hids:
        if occurrences is None:
            found["computed" if graph.calls[hid].status == "ok" else "error"] += 1
        else:
            found.update(occurrences.get(hid, {}))
    return Counts(len(hids), found["computed"], found["cached"], found["error"])


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
