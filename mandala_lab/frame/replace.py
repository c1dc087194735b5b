"""New calls in the place of old ones."""

from __future__ import annotations

import numpy as np  # noqa: TC002 - as for our own imports

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.draft import Draft
from mandala_lab.frame.expand import refs_at
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import distinct, lacking, united
from mandala_lab.frame.select import sound
from mandala_lab.model.outline import VarId


def replaced(graph: FrameGraph, old: np.ndarray, new: np.ndarray) -> FrameGraph:
    """Return the frame with some calls in the place of others, and their refs in the place of those of the others.

    A new call goes to the operation of its op, its refs along the edges that are there.
    """
    catalogue = graph.catalogue
    left = lacking(graph.all_calls, old)
    gone = lacking(_refs(catalogue, old), _refs(catalogue, left))
    draft = Draft(graph)
    draft.variables = {node: lacking(refs, gone) for node, refs in graph.variables.items()}
    ops = catalogue.ops.view[new]
    for node, calls in graph.operations.items():
        own = new[ops == graph.ops[node]]
        draft.operations[node] = united([lacking(calls, old), own])
        for links, joined in zip((catalogue.inputs, catalogue.outputs), graph.joined_by(node), strict=True):
            for label, variables in joined.items():
                refs = refs_at(catalogue, links, own, label)
                if len(refs):
                    draft.cover(_first_with(graph, variables, gone), refs)
    return sound(draft.graph())


def _first_with(graph: FrameGraph, variables: list[VarId], gone: np.ndarray) -> list[VarId]:
    """Return variables, those first that held what is gone: there belongs what comes in its place."""
    return sorted(variables, key=lambda node: len(lacking(graph.variables[node], gone)) == len(graph.variables[node]))


def _refs(catalogue: Catalogue, calls: np.ndarray) -> np.ndarray:
    links = catalogue.inputs, catalogue.outputs
    return united(distinct(each.refs.view[each.places(calls)[0]]) for each in links)
