"""The laws that every frame keeps."""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.links import Links
from mandala_lab.frame.select import strayed
from mandala_lab.model.outline import VarId, node_name


def check(graph: FrameGraph) -> None:
    """Check the laws of a frame.

    Raises
    ------
    AssertionError
        Naming the law that does not hold: this is a defect of mandala-lab.
    """
    _check_elements(graph)
    _check_edges(graph)
    names = [node_name(node) for node in graph.nodes]
    _require(len(set(names)) == len(names), "names of nodes are unique")


def _check_elements(graph: FrameGraph) -> None:
    catalogue = graph.catalogue
    for elements, known in ((graph.variables, len(catalogue.refs)), (graph.operations, len(catalogue))):
        for numbers in elements.values():
            _require(bool((np.diff(numbers) > 0).all()), "a node holds each element once, in order")
            _require(not len(numbers) or 0 <= numbers[0] <= numbers[-1] < known, "nodes hold known elements")
    _require(graph.ops.keys() == graph.operations.keys(), "each operation is of an op")
    for node, calls in graph.operations.items():
        _require(bool((catalogue.ops.view[calls] == graph.ops[node]).all()), "an operation holds calls of its op")


def _check_edges(graph: FrameGraph) -> None:
    nodes = set(graph.nodes)
    _require(all(edge.source in nodes and edge.target in nodes for edge in graph.edges), "no edge dangles")
    _require(len(set(graph.edges)) == len(graph.edges), "edges are unique")
    for edge in graph.edges:
        _require((edge.target in graph.operations) != (edge.source in graph.operations), "edges join unlike nodes")
    for node, calls in graph.operations.items():
        given, made = graph.joined_by(node)
        _check_links(graph, graph.catalogue.inputs, calls, given)
        _check_links(graph, graph.catalogue.outputs, calls, made)


def _check_links(graph: FrameGraph, links: Links, calls: np.ndarray, joined: dict[str, list[VarId]]) -> None:
    places, _ = links.places(calls)
    for label, variables in joined.items():
        refs = links.refs.view[places[links.labels.view[places] == graph.catalogue.label_number(label)]]
        _require(
            not len(strayed(graph, refs, variables)),
            "the ref of a call that a frame holds lies in a variable on its edge",
        )


def _require(holds: bool, law: str) -> None:
    if not holds:
        raise AssertionError(f"the frame breaks a law: {law}")
