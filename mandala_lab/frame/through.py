"""Histories through elements: what led to them, and what they led to with all that this came from besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from mandala_lab.frame.flow import Flow, Ways
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import lacking, united
from mandala_lab.model.outline import NodeId, VarId

Sets = dict[NodeId, np.ndarray]
_NONE = np.iinfo(np.int64).max


class Through:
    """Finds the histories through some elements of a frame."""

    def __init__(self, graph: FrameGraph) -> None:
        self._graph = graph
        self._ways = Ways(graph, "forward")
        self._forward = Flow(graph, self._ways, "weak")
        self._back = Flow(graph, Ways(graph, "back"), "weak")

    def any_of(self, chosen: Mapping[NodeId, np.ndarray]) -> Sets:
        """Return what elements lead to, and all that leads to that."""
        return self._back.reached(self._forward.reached(chosen))

    def only(self, chosen: Mapping[NodeId, np.ndarray]) -> Sets:
        """Return this without what others of their nodes led to, unless that leads to one of these, or one to it."""
        others = {node: lacking(self._graph.elements(node), held) for node, held in chosen.items()}
        foreign = self._forward.reached(others)
        return self._own(chosen, lambda node, held: lacking(held, foreign[node]))

    def each(self, variable: VarId, groups: Sequence[np.ndarray]) -> Iterator[Sets]:
        """Yield what `only` returns, for each of the groups into which the refs of a variable fall.

        Each takes as long as its histories are large: what other groups lead to is found once for all,
        as the least and the greatest number of a group that leads to an element.
        """
        refs = self._graph.variables[variable]
        numbers = np.zeros(len(refs), np.int64)
        for number, group in enumerate(groups):
            numbers[np.searchsorted(refs, group)] = number
        least = self._least_before(variable, numbers)
        greatest = self._least_before(variable, -numbers)
        for number, group in enumerate(groups):

            def lacking_foreign(node: NodeId, held: np.ndarray, number: int = number) -> np.ndarray:
                places = np.searchsorted(self._graph.elements(node), held)
                first, last = least[node][places], greatest[node][places]
                return np.asarray(held[(first == _NONE) | ((first == number) & (last == -number))])

            yield self._own({variable: group}, lacking_foreign)

    def _own(
        self, chosen: Mapping[NodeId, np.ndarray], without_foreign: Callable[[NodeId, np.ndarray], np.ndarray]
    ) -> Sets:
        below = self._forward.reached(chosen)
        found, above = self._back.reached(below), self._back.reached(chosen)
        return {node: united([without_foreign(node, held), below[node], above[node]]) for node, held in found.items()}

    def _least_before(self, variable: VarId, numbers: np.ndarray) -> Sets:
        """Return for each element the least number of the refs of a variable that lead to it."""
        found = {node: np.full(len(self._graph.elements(node)), _NONE) for node in self._graph.nodes}
        found[variable][:] = numbers
        fresh: Sets = {variable: self._graph.variables[variable]}
        while fresh:
            less: dict[NodeId, list[np.ndarray]] = {}
            for node, elements in fresh.items():
                own = found[node][np.searchsorted(self._graph.elements(node), elements)]
                for edge, other in self._ways.on(node):
                    begun, reached = self._ways.follow(edge, elements)
                    places = np.searchsorted(self._graph.elements(other), reached)
                    before = found[other][places]
                    np.minimum.at(found[other], places, own[begun])
                    less.setdefault(other, []).append(np.unique(reached[found[other][places] < before]))
            fresh = {node: together for node, parts in less.items() if len(together := united(parts))}
        return found
