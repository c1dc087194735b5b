"""Histories through elements: what led to them, and what they led to with all that this came from besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from mandala_lab.frame.flow import Flow, Ways
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import lacking, united
from mandala_lab.model.outline import NodeId, VarId

Sets = dict[NodeId, np.ndarray]


class Through:
    """Finds the histories through some elements of a frame."""

    def __init__(self, graph: FrameGraph) -> None:
        self._graph = graph
        self._forward = Flow(graph, Ways(graph, "forward"), "weak")
        self._back = Flow(graph, Ways(graph, "back"), "weak")

    def any_of(self, chosen: Mapping[NodeId, np.ndarray]) -> Sets:
        """Return what elements lead to, and all that leads to that."""
        return self._back.reached(self._forward.reached(chosen))

    def only(self, chosen: Mapping[NodeId, np.ndarray]) -> Sets:
        """Return this without what others of their nodes led to, unless that leads to one of these, or one to it."""
        return self._only(chosen, self._led_to_by_all(chosen))

    def each(self, variable: VarId, groups: Iterable[np.ndarray]) -> Iterator[Sets]:
        """Yield what `only` returns, for each of some groups of refs of a variable.

        A group takes as long as its histories are large.
        """
        led = self._led_to_by_all([variable])
        for group in groups:
            yield self._only({variable: group}, led)

    def _led_to_by_all(self, nodes: Iterable[NodeId]) -> Sets:
        return self._forward.reached({node: self._graph.elements(node) for node in nodes})

    def _only(self, chosen: Mapping[NodeId, np.ndarray], led: Sets) -> Sets:
        """Leave out what others led to: of what these did not lead to, it is what all of their nodes led to."""
        below = self._forward.reached(chosen)
        found, above = self._back.reached(below), self._back.reached(chosen)
        return {node: united([lacking(held, led[node]), below[node], above[node]]) for node, held in found.items()}
