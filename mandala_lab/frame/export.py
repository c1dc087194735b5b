"""A frame as plain data and as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.outline import node_name

if TYPE_CHECKING:
    import networkx as nx


def to_dict(graph: FrameGraph) -> dict[str, Any]:
    """Return the frame as JSON-ready data: equal frames give equal data."""
    return {
        "variables": {node_name(node): list(hids) for node, hids in graph.variables.items()},
        "operations": {node_name(node): list(hids) for node, hids in graph.operations.items()},
        "edges": [[node_name(edge.source), node_name(edge.target), edge.label] for edge in graph.edges],
        "refs": {hid: ref.cid for hid, ref in graph.refs.items()},
        "calls": {
            hid: {
                "op": call.op,
                "status": call.status,
                "version": call.version,
                "inputs": {name: ref.hid for name, ref in call.inputs.items()},
                "outputs": {name: ref.hid for name, ref in call.outputs.items()},
            }
            for hid, call in graph.calls.items()
        },
    }


def to_networkx(graph: FrameGraph) -> nx.MultiDiGraph:
    """Return nodes by name (attributes ``kind`` and ``size``) and edges with their ``label``."""
    import networkx as nx

    found = nx.MultiDiGraph()
    for kind, nodes in (("var", graph.variables), ("op", graph.operations)):
        for node, hids in nodes.items():
            found.add_node(node_name(node), kind=kind, size=len(hids))
    for edge in graph.edges:
        found.add_edge(node_name(edge.source), node_name(edge.target), label=edge.label)
    return found
