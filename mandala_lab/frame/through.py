"""Histories through elements: what led to them, and what they led to with all that this came from besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from mandala_lab.frame.flow import Flow, Ways
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import common, lacking, united
from mandala_lab.frame.streams import net_of
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
        """Return this without what others of their nodes led to, unless that leads to one of these, or one to it.

        With it comes what the calls made besides, and what came from that alone. A loop that one of
        these went into is kept whole: what others led to there belongs to its steps.
        """
        return self._only(chosen, self._led_to_by_all(chosen), loops_after(self._graph, chosen))

    def each(self, variable: VarId, groups: Iterable[np.ndarray]) -> Iterator[Sets]:
        """Yield what `only` returns, for each of some groups of refs of a variable.

        A group takes as long as its histories are large.
        """
        led, loops = self._led_to_by_all([variable]), loops_after(self._graph, [variable])
        for group in groups:
            yield self._only({variable: group}, led, loops)

    def _led_to_by_all(self, nodes: Iterable[NodeId]) -> Sets:
        return self._forward.reached({node: self._graph.elements(node) for node in nodes})

    def _only(self, chosen: Mapping[NodeId, np.ndarray], led: Sets, loops: Iterable[NodeId]) -> Sets:
        """Go back from what these led to, but not through what others led to: what all led to, and these did not."""
        below, above = self._forward.reached(chosen), self._back.reached(chosen)
        in_loops = self._back.reached({node: below[node] for node in loops}) if loops else {}
        own = {node: united([held, above[node], in_loops.get(node, held[:0])]) for node, held in below.items()}
        found = self._back.reached(below)
        foreign = {node: lacking(common(held, led[node]), own[node]) for node, held in found.items()}
        if any(map(len, foreign.values())):
            found = self._back.reached(below, without=foreign)
        return self._with_beside({node: united([held, own[node]]) for node, held in found.items()})

    def _with_beside(self, kept: Sets) -> Sets:
        """Return histories with what their calls made besides, and with what came from that and from nothing foreign.

        So a condition on one output keeps the other ones, as a table has them in one row. Only nodes
        of which nothing is kept are added to: of the others the histories have what is their own.
        """
        others = {node for node, held in kept.items() if not len(held)}
        calls = {node: held for node, held in kept.items() if node in self._graph.operations and len(held)}
        made = self._forward.reached(calls, steps=1, within=others)
        beside = self._forward.reached({node: made[node] for node in others}, within=others)
        past = self._back.reached(beside)
        foreign = {node: lacking(held, kept[node]) for node, held in past.items() if node not in others}
        if any(map(len, foreign.values())):
            spoilt = self._forward.reached(foreign, within=others)
            past = self._back.reached({node: lacking(beside[node], spoilt[node]) for node in others})
        return {node: united([held, past[node]]) for node, held in kept.items()}


def loops_after(graph: FrameGraph, nodes: Iterable[NodeId]) -> set[NodeId]:
    """Return the nodes on cycles to which ways lead from some nodes."""
    import networkx as nx

    net = net_of(graph)
    on_cycles = {node for part in nx.strongly_connected_components(net) if len(part) > 1 for node in part}
    return on_cycles & set().union(*(nx.descendants(net, node) for node in nodes)) if on_cycles else set()
