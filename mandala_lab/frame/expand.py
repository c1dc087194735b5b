"""Expansion: from a frame to what its refs came from and went into.

Set-based: one query for a whole level, until no element is new. Elements are
counted, not nodes, since a loop adds refs and calls to nodes that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mandala_lab.frame.build import FrameBuilder
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.calls import Call
from mandala_lab.model.outline import VarId

Query = Callable[[Iterable[str]], list[Call]]


def expand(
    graph: FrameGraph, queries: list[Query], variables: Iterable[VarId] | None, *, recursive: bool
) -> FrameGraph:
    """Return the frame with the calls that the queries find for its refs.

    Parameters
    ----------
    queries
        Creators, consumers, or both.
    variables
        Start only from these; all by default.
    recursive
        Go on to the fixpoint.
    """
    builder = FrameBuilder(graph)
    chosen = graph.variables if variables is None else {name: graph.variables[name] for name in variables}
    frontier = list(dict.fromkeys(hid for hids in chosen.values() for hid in hids))
    seen = set(frontier)
    while frontier:
        found = [call for query in queries for call in query(frontier)]
        builder.add_calls(found)
        if not recursive:
            break
        reached = (ref.hid for call in found for ref in (*call.inputs.values(), *call.outputs.values()))
        frontier = [hid for hid in dict.fromkeys(reached) if hid not in seen]
        seen.update(frontier)
    return builder.graph()
