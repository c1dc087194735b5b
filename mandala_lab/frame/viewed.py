"""A frame as somebody wants to see it: from a graph and a `View` to an outline."""

from __future__ import annotations

from collections.abc import Collection

from mandala_lab.frame.elements import Tell, opened, short_ids
from mandala_lab.frame.folding import folded
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.hubs import with_chips
from mandala_lab.frame.occurrences import Occurrences
from mandala_lab.frame.outline import outline
from mandala_lab.frame.querying import selected
from mandala_lab.frame.selectors import read_selection
from mandala_lab.model.outline import Outline
from mandala_lab.model.view import View
from mandala_lab.ports.call_store import CallStore

WHOLE = View()
"""Everything, with every node closed."""


def in_view(graph: FrameGraph, view: View, store: CallStore) -> FrameGraph:
    """Return what a view selects of a frame.

    Raises
    ------
    ValueError
        For what is no selection, and where a name matches nothing.
    """
    text = view.selection.strip()
    return selected(graph, read_selection(text), store) if text else graph


def viewed(
    graph: FrameGraph,
    view: View = WHOLE,
    occurrences: Occurrences | None = None,
    tell: Tell = short_ids,
    kept: Collection[str] = (),
) -> Outline:
    """Return what a picture of a frame shows of what is `in_view`.

    Parameters
    ----------
    occurrences
        What happened in the current session, as of `mandala_lab.frame.outline.outline`.
    tell
        Gives the calls and refs of open nodes their labels.
    kept
        Hids of the calls and refs that a picture shows already: they stay, and newer ones are counted.

    Notes
    -----
    Every call and ref of an open node is shown once, or counted in the node for the rest. Edges
    join what stands for the ends of a link. What is not in the frame (any more) is neither open nor folded.
    """
    found = outline(graph, occurrences)
    nodes = {node.id for node in found.nodes if node.counts.total}.intersection(view.opened)
    if nodes:
        found = opened(graph, found, nodes, occurrences, tell, kept)
    return with_chips(folded(found, view.folded))
