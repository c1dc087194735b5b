"""A frame as plain data and as a networkx graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.details import versions_of
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.hids import texts_of
from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.outline import node_name

if TYPE_CHECKING:
    import networkx as nx


@collector_at_rest()
def to_dict(graph: FrameGraph) -> dict[str, Any]:
    """Return the frame as JSON-ready data: equal frames give equal data, however they came about."""
    catalogue = graph.catalogue
    refs = dict(
        zip(catalogue.refs.hids.texts(graph.all_refs), texts_of(catalogue.refs.cids.view[graph.all_refs]), strict=True)
    )
    linked = catalogue.linked(graph.all_calls)
    hids = dict(zip(linked.tolist(), catalogue.refs.hids.texts(linked), strict=True))
    calls = {
        catalogue.call_hid(call): _call(catalogue, call, version, hids)
        for call, version in zip(graph.all_calls.tolist(), versions_of(catalogue, graph.all_calls), strict=True)
    }
    return {
        "variables": {
            node_name(node): sorted(catalogue.refs.hids.texts(refs)) for node, refs in graph.variables.items()
        },
        "operations": {
            node_name(node): sorted(catalogue.call_hids.texts(calls)) for node, calls in graph.operations.items()
        },
        "ops": {node_name(node): catalogue.specs[op].key for node, op in graph.ops.items()},
        "edges": [[node_name(edge.source), node_name(edge.target), edge.label] for edge in graph.edges],
        "refs": dict(sorted(refs.items())),
        "calls": dict(sorted(calls.items())),
    }


def _call(catalogue: Catalogue, number: int, version: str, hids: Mapping[int, str]) -> dict[str, Any]:
    links = [(name, hids[ref], is_input) for name, ref, is_input in catalogue.links_of(number)]
    return {
        "op": catalogue.spec(number).key,
        "status": "error" if catalogue.failed.view[number] else "ok",
        "version": version,
        "inputs": {name: hid for name, hid, is_input in links if is_input},
        "outputs": {name: hid for name, hid, is_input in links if not is_input},
    }


def to_networkx(graph: FrameGraph) -> nx.MultiDiGraph:
    """Return nodes by name (attributes ``kind`` and ``size``) and edges with their ``label``."""
    import networkx as nx

    found = nx.MultiDiGraph()
    for kind, nodes in (("var", graph.variables), ("op", graph.operations)):
        for node, elements in nodes.items():
            found.add_node(node_name(node), kind=kind, size=len(elements))
    for edge in graph.edges:
        found.add_edge(node_name(edge.source), node_name(edge.target), label=edge.label)
    return found
