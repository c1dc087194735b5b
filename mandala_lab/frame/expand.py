"""Expansion: from a frame to what its refs came from and went into.

The elements are found first (`reach`). Then the graph is extended, op by op, in the
order in which the ops were reached: going back, the calls of an op are joined to the
variables in which their outputs lie, and their arguments get variables of their own;
going forward, to the variables in which their arguments lie, and their outputs get
variables. An argument or output joins the variables that it had before, or one whose
refs contain or are contained in its own, and else gets a new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np

from mandala_lab.frame.asking import Asking
from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.draft import Draft
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.links import NONE, Links
from mandala_lab.frame.numbers import appearing, common, distinct, is_in, lacking, united
from mandala_lab.frame.reach import Direction, Reached, reached
from mandala_lab.frame.select import completed
from mandala_lab.model.outline import OpId, VarId, node_name
from mandala_lab.ports.call_store import CallStore


@dataclass(frozen=True, slots=True)
class Growth:
    """How a frame grows.

    Attributes
    ----------
    direction
        Back to what made refs, or forward to what took them.
    recursive
        Go on until nothing is new.
    skip_existing
        Leave out calls that are in the frame.
    reuse_existing
        Add to the nodes that are there; else each group of calls gets an operation of its own.
    tell
        Takes a line about each group of calls that is added.
    """

    direction: Direction
    recursive: bool = False
    skip_existing: bool = False
    reuse_existing: bool = True
    tell: list[str] = field(default_factory=list)


def expand(graph: FrameGraph, store: CallStore, growth: Growth, variables: Iterable[VarId] | None = None) -> FrameGraph:
    """Return the frame with the calls that made, or took, the refs of these variables.

    Parameters
    ----------
    variables
        Start only from these; by default from all refs that no call of the frame is joined to on that side.
    """
    chosen = list(graph.variables) if variables is None else list(variables)
    joined = _joined_refs(graph, growth.direction)
    starts = {variable: graph.variables[variable] for variable in chosen}
    if variables is None:
        starts = {variable: lacking(refs, joined[variable]) for variable, refs in starts.items()}
    found = reached(
        Asking(graph.catalogue, store), united(starts.values()), growth.direction, recursive=growth.recursive
    )
    if growth.skip_existing:
        kept = ~is_in(found.calls, graph.all_calls)
        found = Reached(found.calls[kept], found.steps[kept])
    asked = [variable for variable, refs in starts.items() if len(refs)]
    return completed(_Extension(graph, growth, chosen, asked).extended(found))


def expand_all(graph: FrameGraph, store: CallStore, growth: Growth) -> FrameGraph:
    """Return the frame expanded back and forward, in turn, until nothing is new."""
    while True:
        before = _size(graph)
        for direction in get_args(Direction):
            each = replace(growth, direction=direction, recursive=True)
            graph = expand(graph, store, each)
        if _size(graph) == before:
            return graph


def _size(graph: FrameGraph) -> tuple[int, ...]:
    """Return numbers that all stay the same only where nothing is new."""
    return len(graph.all_calls), len(graph.all_refs), len(graph.nodes), len(graph.edges)


def _joined_refs(graph: FrameGraph, direction: Direction) -> dict[VarId, np.ndarray]:
    """Return the refs of each variable that an edge joins with the call that made them, or took them."""
    catalogue = graph.catalogue
    links = catalogue.outputs if direction == "back" else catalogue.inputs
    found: dict[VarId, list[np.ndarray]] = {variable: [] for variable in graph.variables}
    for edge in graph.edges:
        operation, variable = (edge.source, edge.target) if direction == "back" else (edge.target, edge.source)
        calls = graph.operations.get(OpId(operation))
        if calls is None or VarId(variable) not in graph.variables:
            continue
        refs = refs_at(catalogue, links, calls, edge.label)
        found[VarId(variable)].append(common(refs, graph.variables[VarId(variable)]))
    return {node: united(parts) for node, parts in found.items()}


def refs_at(catalogue: Catalogue, links: Links, calls: np.ndarray, label: str) -> np.ndarray:
    """Return the refs of calls under a label, each once."""
    number = catalogue.label_number(label)
    places, _ = links.places(calls)
    return distinct(links.refs.view[places[links.labels.view[places] == (NONE if number is None else number)]])


def _by_step(found: Reached) -> list[tuple[np.ndarray, np.ndarray]]:
    here = [found.steps == step for step in distinct(found.steps).tolist()]
    return [(found.calls[each], found.steps[each]) for each in here]


class _Extension:
    """A frame that calls are added to."""

    def __init__(self, graph: FrameGraph, growth: Growth, available: Iterable[VarId], asked: Iterable[VarId]) -> None:
        catalogue = graph.catalogue
        self._catalogue = catalogue
        self._growth = growth
        self._draft = Draft(graph)
        self._available = list(available)
        self._asked = frozenset(asked)
        self._old = graph.variables
        self._is_back = growth.direction == "back"
        self._near, self._far = (
            (catalogue.outputs, catalogue.inputs) if self._is_back else (catalogue.inputs, catalogue.outputs)
        )
        self._nodes: dict[int, OpId] = {}
        self._groups: list[tuple[np.ndarray, dict[int, OpId]]] = []

    def extended(self, found: Reached) -> FrameGraph:
        """Return the frame with what was reached."""
        for calls, steps in [(found.calls, found.steps)] if self._growth.reuse_existing else _by_step(found):
            self._nodes = {}
            self._extend(calls, steps)
            self._groups.append((calls, self._nodes))
        for calls, nodes in self._groups:  # when all variables are there
            self._nodes = nodes
            self._join(calls)
        return self._draft.graph()

    def _extend(self, calls: np.ndarray, steps: np.ndarray) -> None:
        """Add calls: at each step at which an op or one of its labels is new, what was reached until then."""
        if not len(calls):
            return
        order = np.lexsort((calls, steps))
        calls, steps = calls[order], steps[order]
        ops = self._catalogue.ops.view[calls]
        by_step, places = appearing(ops)
        for op in by_step[np.lexsort((by_step, steps[places]))].tolist():
            self._node(op)  # before variables take its name
        firsts = sorted(set(steps[places].tolist()) | self._first_labels(calls, steps))
        for step, following in zip(firsts, [*firsts[1:], None], strict=True):
            self._attach(calls[steps == step])
            after = (steps > step) & (True if following is None else steps < following)
            self._place(calls[after])

    def _first_labels(self, calls: np.ndarray, steps: np.ndarray) -> set[int]:
        """Return the steps at which an op has a label for the first time."""
        places, owners = self._far.places(calls)
        starts = self._far.starts.view
        at = np.repeat(steps, starts[calls + 1] - starts[calls])
        keys = self._catalogue.ops.view[owners].astype(np.int64) << 32 | self._far.labels.view[places]
        return set(at[np.unique(keys, return_index=True)[1]].tolist())

    def _attach(self, calls: np.ndarray) -> None:
        """Add calls whose op, or labels of it, may be new."""
        ops = self._catalogue.ops.view[calls]
        names = {int(op): self._catalogue.specs[op].name for op in distinct(ops)}
        for op in sorted(names, key=names.__getitem__):
            own = calls[ops == op]
            node = self._node(op)
            self._growth.tell.append(f"{node_name(node)}: {len(own)} calls")
            for label in self._labels(self._far, own):
                if not self._homes(node, label):
                    refs = refs_at(self._catalogue, self._far, own, label)
                    self._add_far_edge(node, self._like(refs, label) or self._new(label), label)
            self._place(own)

    def _place(self, calls: np.ndarray) -> None:
        """Put calls, and their refs on the far side, into nodes that are there."""
        ops = self._catalogue.ops.view[calls]
        for op in distinct(ops).tolist():
            own, node = calls[ops == op], self._node(op)
            self._draft.put_calls(node, np.sort(own))
            for label in self._labels(self._far, own):
                self._draft.cover(self._homes(node, label), refs_at(self._catalogue, self._far, own, label))

    def _join(self, calls: np.ndarray) -> None:
        """Add the edges on the near side: to all variables in which refs of the calls lie."""
        new = [node for node in self._draft.variables if node not in self._old]
        near = [*self._available, *(new if self._growth.recursive else [])]
        ops = self._catalogue.ops.view[calls]
        for op in distinct(ops).tolist():
            own, node = calls[ops == op], self._node(op)
            for label in self._labels(self._near, own):
                refs = refs_at(self._catalogue, self._near, own, label)
                for variable in near:
                    if len(self._met(refs, variable, label)):
                        self._draft.join(variable, node, label, as_input=not self._is_back)
                homes = self._draft.sources(node, label)
                if homes and not self._is_back:  # all arguments belong to a call, but only the outputs that led here
                    self._draft.cover(homes, refs)

    def _met(self, refs: np.ndarray, variable: VarId, label: str) -> np.ndarray:
        """Return which of the refs under a label lie in a variable, and not by chance as equal constants do."""
        met = common(refs, self._draft.variables[variable])
        if variable in self._asked or node_name(variable) == label:
            return met
        return np.asarray(met[~self._catalogue.refs.is_free(met)])

    def _node(self, op: int) -> OpId:
        if op not in self._nodes:
            known = self._draft.operation_of(op) if self._growth.reuse_existing else None
            self._nodes[op] = known or self._draft.add_operation(op)
        return self._nodes[op]

    def _labels(self, links: Links, calls: np.ndarray) -> list[str]:
        places, _ = links.places(calls)
        return sorted(self._catalogue.labels[label] for label in distinct(links.labels.view[places]).tolist())

    def _homes(self, node: OpId, label: str) -> list[VarId]:
        """Return the variables on the far side."""
        return self._draft.sources(node, label) if self._is_back else self._draft.targets(node, label)

    def _add_far_edge(self, node: OpId, variable: VarId, label: str) -> None:
        self._draft.join(variable, node, label, as_input=self._is_back)

    def _like(self, refs: np.ndarray, label: str) -> VarId | None:
        """Return the first variable, by name, whose refs contain these or are contained in them.

        Refs that no call made only go with others of the same name: that the constants of
        two arguments are equal does not say that these are one.
        """
        if not self._growth.reuse_existing:
            return None
        are_made = not self._catalogue.refs.is_free(refs).any()
        for variable in sorted(self._draft.variables):
            if not are_made and node_name(variable) != label:
                continue
            held = self._draft.variables[variable]
            shared = len(common(refs, held))
            if shared == len(refs) or (len(held) and shared == len(held)):
                return variable
        return None

    def _new(self, label: str) -> VarId:
        return self._draft.add_variable(label) if self._is_back else self._draft.add_output(label)
