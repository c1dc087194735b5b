"""New calls in the place of old ones."""

from __future__ import annotations

import numpy as np  # noqa: TC002 - as for our own imports

from mandala_lab.frame.draft import Draft
from mandala_lab.frame.expand import refs_at
from mandala_lab.frame.flow import linked
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import common, distinct, is_in, lacking, united
from mandala_lab.frame.select import sound
from mandala_lab.model.outline import VarId


def replaced(graph: FrameGraph, old: np.ndarray, new: np.ndarray) -> FrameGraph:
    """Return the frame with some calls in the place of others, and their refs in the place of those of the others.

    A new call goes to the operation of its op, its refs along the edges that are there.
    """
    catalogue = graph.catalogue
    draft = Draft(graph)
    draft.variables = {node: lacking(refs, _gone(graph, node, old)) for node, refs in graph.variables.items()}
    ops = catalogue.ops.view[new]
    for node, calls in graph.operations.items():
        own = new[ops == graph.ops[node]]
        draft.operations[node] = united([lacking(calls, old), own])
        for links, joined in zip((catalogue.inputs, catalogue.outputs), graph.joined_by(node), strict=True):
            for label, variables in joined.items():
                refs = refs_at(catalogue, links, own, label)
                if len(refs):
                    # There belongs what comes in the place of what is gone.
                    homes = sorted(variables, key=lambda node: not len(_gone(graph, node, old)))
                    draft.cover(homes, refs)
    return sound(draft.graph())


def _gone(graph: FrameGraph, variable: VarId, old: np.ndarray) -> np.ndarray:
    """Return the refs of a variable that edges join with old calls, and with no others."""
    of_old: list[np.ndarray] = []
    of_others: list[np.ndarray] = []
    for edge in graph.edges:
        if variable in {edge.source, edge.target}:
            calls, refs = linked(graph, edge)
            is_old = is_in(calls, old)
            of_old.append(distinct(refs[is_old]))
            of_others.append(distinct(refs[~is_old]))
    return common(lacking(united(of_old), united(of_others)), graph.variables[variable])
