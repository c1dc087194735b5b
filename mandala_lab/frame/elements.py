"""Nodes that are open: their calls or refs one by one, and the links among them.

Of a node with many elements the latest are shown, and one node stands for the rest,
so that every element is shown once or counted. While a frame grows, those that are shown
stay, so that nobody loses what they look at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import common, distinct, is_in, lacking
from mandala_lab.frame.occurrences import Occurrences, status_of, status_of_values
from mandala_lab.frame.outline import counts_of, fate
from mandala_lab.model.outline import (
    Counts,
    NodeId,
    NodeStatus,
    OpId,
    Outline,
    OutlineEdge,
    OutlineNode,
    VarId,
    element_id,
    node_name,
    rest_id,
)

MOST_SHOWN = 12
"""As many elements of a node are shown: a row of more is wider than a screen, and the inspector lists all."""

Tell = Callable[[FrameGraph, Literal["call", "ref"], np.ndarray], Sequence[str]]
"""Returns a short text for each of some calls or refs."""


def short_ids(graph: FrameGraph, kind: Literal["call", "ref"], numbers: np.ndarray) -> Sequence[str]:
    """Tell calls and refs by the beginnings of their hids."""
    ids = graph.catalogue.call_hids if kind == "call" else graph.catalogue.refs.hids
    return [hid[:8] for hid in ids.texts(numbers)]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands for the elements of a node.

    Attributes
    ----------
    numbers
        Elements with a node of their own, in ascending order.
    ids
        Of their nodes, and at last of what stands for any other element.
    """

    numbers: np.ndarray
    ids: list[str]

    def places(self, elements: np.ndarray) -> np.ndarray:
        """Return the place in `ids` of what stands for each element."""
        found = np.full(len(elements), len(self.numbers))
        known = is_in(elements, self.numbers)
        found[known] = np.searchsorted(self.numbers, elements[known])
        return found


def opened(
    graph: FrameGraph,
    closed: Outline,
    nodes: set[str],
    occurrences: Occurrences | None,
    tell: Tell = short_ids,
    kept: Collection[str] = (),
) -> Outline:
    """Return the outline of a frame with some of its nodes open.

    Parameters
    ----------
    closed
        The outline with every node closed.
    nodes
        Ids of those to open; of others nothing is known here.
    kept
        Hids of calls and refs that are shown before others.
    """
    opening = _Opening(graph, occurrences, tell, kept)
    found: list[OutlineNode] = []
    for node in closed.nodes:
        found += opening.elements(node) if node.id in nodes else [node]
    edges = [part for edge in graph.edges for part in opening.edges(edge)]
    return Outline(tuple(found), tuple(edges))


class _Opening:
    """Opens nodes of one frame."""

    def __init__(self, graph: FrameGraph, occurrences: Occurrences | None, tell: Tell, kept: Collection[str]) -> None:
        self._kept = kept
        self._graph = graph
        self._occurrences = occurrences
        self._tell = tell
        self._open: dict[str, _Shown] = {}

    def elements(self, node: OutlineNode) -> list[OutlineNode]:
        """Open a node, and return what stands in its place."""
        catalogue = self._graph.catalogue
        is_op = node.kind == "op"
        group: NodeId = OpId(node.id) if is_op else VarId(node.id)
        held = self._graph.elements(group)
        ids = catalogue.call_hids if is_op else catalogue.refs.hids
        # The order of numbers is about that of recording; refs are told in that of their appearance.
        in_order = held if is_op else catalogue.in_order(held)
        kept = is_in(in_order, distinct(ids.numbers(self._kept)))
        latest = np.flatnonzero(~kept)[max(0, len(held) - MOST_SHOWN) :]
        numbers = in_order[np.sort(np.concatenate([np.flatnonzero(kept), latest]))]
        hids = ids.texts(numbers)
        told = self._tell(self._graph, "call" if is_op else "ref", numbers)
        make = self._call if is_op else self._ref
        nodes = [make(group, *each) for each in zip(numbers.tolist(), hids, told, strict=True)]
        order = np.argsort(numbers)
        names = [nodes[place].id for place in order.tolist()]
        self._open[node.id] = _Shown(numbers[order], [*names, rest_id(group)])
        rest = lacking(held, numbers[order])
        return [*([self._rest(node, group, rest)] if len(rest) else []), *nodes]

    def _call(self, group: NodeId, number: int, hid: str, told: str) -> OutlineNode:
        counts = counts_of(self._graph, np.array([number]), self._occurrences)
        status = status_of(counts)
        detail = node_name(group) + (" · failed" if status == "error" else "")
        return OutlineNode(
            element_id("call", hid, group), "call", told, detail, status, counts, group=group, element=hid
        )

    def _ref(self, group: NodeId, number: int, hid: str, told: str) -> OutlineNode:
        status = self._status_of_ref(number)
        return OutlineNode(
            element_id("ref", hid, group), "ref", told, node_name(group), status, Counts(1), group=group, element=hid
        )

    def _status_of_ref(self, number: int) -> NodeStatus:
        catalogue, calls = self._graph.catalogue, self._graph.all_calls
        around = common(catalogue.refs.makers.view[[number]], calls)
        if not len(around):
            around = common(catalogue.takers(np.array([number])), calls)
        counts = counts_of(self._graph, around, self._occurrences)
        return status_of_values(counts)

    def _rest(self, node: OutlineNode, group: NodeId, rest: np.ndarray) -> OutlineNode:
        label, detail = f"{len(rest)} more", node_name(group)
        if node.kind == "var":
            return OutlineNode(rest_id(group), "more", label, detail, node.status, Counts(len(rest)), group=group)
        counts = counts_of(self._graph, rest, self._occurrences)
        return OutlineNode(rest_id(group), "more", label, detail + fate(counts), status_of(counts), counts, group=group)

    def edges(self, edge: Edge) -> Iterator[OutlineEdge]:
        """Yield the edges that an edge of the frame comes to: itself, or the links between what stands for its ends."""
        if edge.source not in self._open and edge.target not in self._open:
            yield OutlineEdge(edge.source, edge.target, edge.label)
            return
        into_op = edge.target in self._graph.operations
        operation, variable = (edge.target, edge.source) if into_op else (edge.source, edge.target)
        calls, refs = self._links(OpId(operation), VarId(variable), edge.label, of_inputs=into_op)
        of_calls, of_refs = self._standing(operation), self._standing(variable)
        width = len(of_refs.ids)
        pairs = np.unique(of_calls.places(calls) * width + of_refs.places(refs))
        for call, ref in zip((pairs // width).tolist(), (pairs % width).tolist(), strict=True):
            ends = (of_refs.ids[ref], of_calls.ids[call])
            yield OutlineEdge(*(ends if into_op else ends[::-1]), edge.label)

    def _standing(self, node: str) -> _Shown:
        return self._open.get(node) or _Shown(np.zeros(0, np.int64), [node])

    def _links(self, operation: OpId, variable: VarId, label: str, *, of_inputs: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return calls and refs, pair by pair, that an edge joins."""
        catalogue = self._graph.catalogue
        links = catalogue.inputs if of_inputs else catalogue.outputs
        places, owners = links.places(self._graph.operations[operation])
        refs = links.refs.view[places]
        here = (links.labels.view[places] == catalogue.label_number(label)) & is_in(
            refs, self._graph.variables[variable]
        )
        return owners[here], refs[here]
