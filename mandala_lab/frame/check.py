"""The laws that every frame keeps."""

from __future__ import annotations

from mandala_lab.frame.graph import FrameGraph, edge_label
from mandala_lab.model.outline import node_name


def check(graph: FrameGraph) -> None:
    """Check the laws of a frame.

    Raises
    ------
    AssertionError
        Naming the law that does not hold: this is a defect of mandala-lab.
    """
    _check_elements(graph)
    _check_edges(graph)
    names = [node_name(node) for node in (*graph.variables, *graph.operations)]
    _require(len(set(names)) == len(names), "names of nodes are unique")


def _check_elements(graph: FrameGraph) -> None:
    refs = {hid for hids in graph.variables.values() for hid in hids}
    calls = [hid for hids in graph.operations.values() for hid in hids]
    _require(refs == set(graph.refs), "variables hold exactly the known refs")
    _require(sorted(calls) == sorted(graph.calls), "operations hold exactly the known calls, each once")
    _require(
        all(len({graph.calls[hid].op for hid in hids}) == 1 for hids in graph.operations.values()),
        "a node holds calls of one op",
    )


def _check_edges(graph: FrameGraph) -> None:
    nodes = {*graph.variables, *graph.operations}
    _require(all(edge.source in nodes and edge.target in nodes for edge in graph.edges), "no edge dangles")
    _require(len(set(graph.edges)) == len(graph.edges), "edges are unique")
    joined: dict[tuple[str, str, bool], set[str]] = {}
    for edge in graph.edges:
        into = edge.target in graph.operations
        _require(into != (edge.source in graph.operations), "edges join a variable and an operation")
        operation, variable = (edge.target, edge.source) if into else (edge.source, edge.target)
        joined.setdefault((operation, edge.label, into), set()).update(graph.variables[variable])  # type: ignore[index]
    for operation, hids in graph.operations.items():
        for call in map(graph.calls.__getitem__, hids):
            for refs, into in ((call.inputs, True), (call.outputs, False)):
                for name, ref in refs.items():
                    held = joined.get((operation, edge_label(call, name), into))
                    _require(held is None or ref.hid in held, "the ref of a call lies in a variable on its edge")


def _require(holds: bool, law: str) -> None:
    if not holds:
        raise AssertionError(f"the frame breaks a law: {law}")
