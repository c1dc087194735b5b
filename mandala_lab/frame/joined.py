"""`JoinedCalls`: calls as one connected graph, which may grow while it is watched.

Calls of one op gather in one node. A ref that a call in the frame made lies in the
variable of that output; a free-standing argument lies in a variable of its own, named
after the argument, so that equal constants of different ops stay apart. A ref stays
where it lies, whatever is added later. This is the graph of all that is stored, of a
session and of a replay; a frame that grows from an op or from refs is `expand`.
"""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.details import starts_of
from mandala_lab.frame.draft import Draft
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.links import NONE
from mandala_lab.frame.numbers import appearing, distinct
from mandala_lab.model.grown import Grown
from mandala_lab.model.outline import OpId, VarId


class JoinedCalls:
    """Adds calls to a graph; `graph` is the result so far.

    Parameters
    ----------
    catalogue
        Where the calls are.

    Attributes
    ----------
    size
        How many calls people made are in it: without those that connect a collection with its elements.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.size = 0
        self._draft = Draft(catalogue)
        self._nodes: dict[int, OpId] = {}
        self._inputs: dict[tuple[OpId, int], VarId] = {}
        self._outputs: dict[tuple[OpId, int], VarId] = {}
        self._variables: list[VarId] = []
        self._numbers: dict[VarId, int] = {}
        self._homes = Grown(np.int32)  # of each ref the variable in which it lies first, or -1
        self._elsewhere: dict[VarId, set[int]] = {}  # refs that lie here too
        self._here = Grown(bool)  # whether each call is in the graph
        self._elements: dict[VarId | OpId, Grown] = {}

    def graph(self) -> FrameGraph:
        """Return the frame so far; adding more does not change it."""
        draft = self._draft
        draft.variables = {node: in_order(self._elements[node].view) for node in draft.variables}
        draft.operations = {node: in_order(self._elements[node].view) for node in draft.operations}
        return draft.graph()

    def __contains__(self, call: int) -> bool:
        return call < self._here.size and bool(self._here.view[call])

    def operation_of(self, call: int) -> OpId:
        """Return the node in which a call lies."""
        return self._nodes[int(self.catalogue.ops.view[call])]

    def add(self, calls: np.ndarray) -> int:
        """Add calls with what they took and made; return how many are new."""
        _extend(self._here, len(self.catalogue), fill=False)
        _extend(self._homes, len(self.catalogue.refs), fill=NONE)
        new = distinct(calls[~self._here.view[calls]])
        if not len(new):
            return 0
        self._here.view[new] = True
        ops = self.catalogue.ops.view[new]
        self.size += len(new) - int(self.catalogue.is_structural(ops).sum())
        own = {op: new[ops == op] for op in self._by_time(ops, new)}
        for op, calls_of_op in own.items():
            self._add_nodes(op, calls_of_op)
        for op, calls_of_op in own.items():
            self._put_outputs(self._nodes[op], calls_of_op)
        for op, calls_of_op in own.items():
            self._put_inputs(self._nodes[op], calls_of_op)
        return len(new)

    def _by_time(self, ops: np.ndarray, calls: np.ndarray) -> list[int]:
        """Return distinct ops in the order in which the first recorded call of each started."""
        found, firsts = appearing(ops)
        if len(found) > 1:
            found = found[np.argsort(starts_of(self.catalogue, calls[firsts]), kind="stable")]
        return [int(op) for op in found]

    def _add_nodes(self, op: int, calls: np.ndarray) -> None:
        if op not in self._nodes:
            self._nodes[op] = node = self._draft.add_operation(op)
            self._elements[node] = Grown(np.int64)
        node = self._nodes[op]
        self._elements[node].extend(calls)
        for label, refs in self._by_label(calls, of_inputs=True):
            if (node, label) not in self._inputs and not self._is_made(refs).all():
                self._inputs[node, label] = self._new(self._draft.add_variable(self.catalogue.labels[label]))
        for label, refs in self._by_label(calls, of_inputs=False):
            if (node, label) not in self._outputs:
                known = self._homes.view[refs]
                known = known[known != NONE]
                text = self.catalogue.labels[label]
                self._outputs[node, label] = (
                    self._variables[known[0]] if len(known) else self._new(self._draft.add_output(text))
                )

    def _put_outputs(self, node: OpId, calls: np.ndarray) -> None:
        for label, refs in self._by_label(calls, of_inputs=False):
            text, homes = self.catalogue.labels[label], self._homes.view
            for home in distinct(homes[refs]).tolist():
                if home != NONE:  # known as an argument before
                    self._draft.add_edge(node, self._variables[home], text)
            free = refs[homes[refs] == NONE]
            if len(free):
                self._put(self._outputs[node, label], distinct(free))
                self._draft.add_edge(node, self._outputs[node, label], text)

    def _put_inputs(self, node: OpId, calls: np.ndarray) -> None:
        for label, refs in self._by_label(calls, of_inputs=True):
            text, is_made = self.catalogue.labels[label], self._is_made(refs)
            if not is_made.all():
                own = self._inputs[node, label]
                self._put(own, distinct(refs[~is_made]))
                self._draft.add_edge(own, node, text)
            for home in distinct(self._homes.view[refs[is_made]]).tolist():
                self._draft.add_edge(self._variables[home], node, text)

    def _by_label(self, calls: np.ndarray, *, of_inputs: bool) -> list[tuple[int, np.ndarray]]:
        """Return the refs of calls for each label, in order of appearance."""
        links = self.catalogue.inputs if of_inputs else self.catalogue.outputs
        places, _ = links.places(calls)
        labels, refs = links.labels.view[places], links.refs.view[places]
        found = appearing(labels)[0].tolist()
        return [(label, refs if len(found) == 1 else refs[labels == label]) for label in found]

    def _is_made(self, refs: np.ndarray) -> np.ndarray:
        makers = self.catalogue.refs.makers.view[refs]
        found = self._here.view[makers]
        found[makers == NONE] = False
        return np.asarray(found)

    def _put(self, variable: VarId, refs: np.ndarray) -> None:
        """Put distinct refs into a variable, where they do not lie there."""
        number, homes = self._numbers[variable], self._homes.view
        new = refs[homes[refs] == NONE]
        homes[new] = number
        self._elements[variable].extend(new)
        other = refs[homes[refs] != number].tolist()
        if other:
            held = self._elsewhere.setdefault(variable, set())
            more = [ref for ref in other if ref not in held]
            held.update(more)
            self._elements[variable].extend(np.array(more, np.int64))

    def _new(self, variable: VarId) -> VarId:
        self._numbers[variable] = len(self._variables)
        self._variables.append(variable)
        self._elements[variable] = Grown(np.int64)
        return variable


def joined(catalogue: Catalogue, calls: np.ndarray) -> FrameGraph:
    """Return calls as one connected graph."""
    made = JoinedCalls(catalogue)
    made.add(calls)
    return made.graph()


def in_order(numbers: np.ndarray) -> np.ndarray:
    """Return distinct numbers in ascending order."""
    return numbers if len(numbers) < 2 or bool((numbers[1:] > numbers[:-1]).all()) else np.sort(numbers)  # noqa: PLR2004


def _extend(column: Grown, size: int, fill: int) -> None:
    if size > column.size:
        column.extend(np.full(size - column.size, fill))
