"""Frames of different catalogues in the numbers of one."""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.graph import FrameGraph


def aligned(graph: FrameGraph, catalogue: Catalogue) -> FrameGraph:
    """Return a frame in the numbers of a catalogue, which takes in what it lacks."""
    own = graph.catalogue
    if own is catalogue:
        return graph
    catalogue.add(own.columns(graph.all_calls)) if len(graph.all_calls) else None
    missing = graph.all_refs[catalogue.refs.find(own.refs.ids(graph.all_refs)) < 0]
    if len(missing):
        catalogue.refs.add_given([own.refs[number] for number in missing.tolist()])
    return FrameGraph(
        catalogue,
        {node: np.sort(catalogue.refs.find(own.refs.ids(held))) for node, held in graph.variables.items()},
        {
            node: np.sort(catalogue.call_ids.find(own.call_ids.rows.view[held]))
            for node, held in graph.operations.items()
        },
        {node: catalogue.take_op(own.specs[op]) for node, op in graph.ops.items()},
        graph.edges,
    )
