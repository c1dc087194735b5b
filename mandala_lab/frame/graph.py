"""`FrameGraph`: the content of a frame, immutable.

Variables hold refs, operations hold calls, edges say which argument or output
joins them. Elements are numbers in a `Catalogue`, in ascending order, which is about
that of recording. Node ids are tagged (`VarId`, `OpId`), and names are unique over
both kinds, so that a name alone always means one node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.hids import Hids
from mandala_lab.frame.links import NONE
from mandala_lab.frame.numbers import common, united
from mandala_lab.model.calls import Call
from mandala_lab.model.outline import NodeId, OpId, VarId
from mandala_lab.model.refs import Ref

Element_co = TypeVar("Element_co", covariant=True)


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """An argument (variable to op) or an output (op to variable) called `label`."""

    source: NodeId
    target: NodeId
    label: str


@dataclass(frozen=True)
class FrameGraph:
    """Nodes with their elements, in order of appearance.

    Attributes
    ----------
    catalogue
        What the numbers mean.
    variables
        Refs by variable.
    operations
        Calls by operation.
    ops
        Number of the op of each operation.
    edges
        In order of appearance.
    """

    catalogue: Catalogue = field(default_factory=Catalogue)
    variables: Mapping[VarId, np.ndarray] = field(default_factory=dict)
    operations: Mapping[OpId, np.ndarray] = field(default_factory=dict)
    ops: Mapping[OpId, int] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()

    @cached_property
    def all_refs(self) -> np.ndarray:
        """All refs, each once."""
        return united(self.variables.values())

    @cached_property
    def all_calls(self) -> np.ndarray:
        """All calls, each once."""
        return united(self.operations.values())

    @property
    def size(self) -> int:
        """How many calls people made: without those that connect a collection with its elements."""
        calls = self.all_calls
        return len(calls) - int(self.catalogue.is_structural(self.catalogue.ops.view[calls]).sum())

    @property
    def nodes(self) -> list[NodeId]:
        """Operations, then variables."""
        return [*self.operations, *self.variables]

    def elements(self, node: NodeId) -> np.ndarray:
        """Return what a node holds."""
        return self.operations[OpId(node)] if node in self.operations else self.variables[VarId(node)]

    @property
    def refs(self) -> Elements[Ref]:
        """Refs by hid."""
        return Elements(self.all_refs, self.catalogue.refs.hids, self.catalogue.refs.__getitem__)

    @property
    def calls(self) -> Elements[Call]:
        """Calls by hid."""
        return Elements(self.all_calls, self.catalogue.call_hids, self.catalogue.call)

    def refs_of(self, variable: VarId) -> Iterator[Ref]:
        """Yield the refs of a variable, in the order in which they appeared."""
        return iter(self.catalogue.refs.of(self.catalogue.in_order(self.variables[variable])))

    def calls_of(self, operation: OpId) -> Iterator[Call]:
        """Yield the calls of an operation."""
        return iter(self.catalogue.calls(self.operations[operation]))

    def creators(self) -> np.ndarray:
        """Return the call in the frame that made each ref of the catalogue, or `NONE`."""
        makers = self.catalogue.refs.makers.view
        here = np.zeros(len(self.catalogue) + 1, bool)  # the last stands for `NONE`
        here[self.all_calls] = True
        return np.where(here[makers], makers, NONE)

    def joined_by(self, operation: OpId) -> tuple[dict[str, list[VarId]], dict[str, list[VarId]]]:
        """Return the variables of the arguments and of the outputs of an operation, by label."""
        return self._joined.get(operation) or ({}, {})

    @cached_property
    def _joined(self) -> dict[str, tuple[dict[str, list[VarId]], dict[str, list[VarId]]]]:
        found: dict[str, tuple[dict[str, list[VarId]], dict[str, list[VarId]]]] = {}
        for edge in self.edges:
            is_input = edge.target in self.operations
            operation, variable = (edge.target, edge.source) if is_input else (edge.source, edge.target)
            sides = found.setdefault(operation, ({}, {}))
            sides[0 if is_input else 1].setdefault(edge.label, []).append(VarId(variable))
        return found


class Elements(Mapping[str, Element_co]):
    """The refs or calls of a frame by their hids, made when they are asked for."""

    def __init__(self, numbers: np.ndarray, ids: Hids, make: Callable[[int], Element_co]) -> None:
        self._numbers = numbers
        self._ids = ids
        self._make = make

    def __getitem__(self, hid: str) -> Element_co:
        for number in self._found(hid):
            return self._make(number)
        raise KeyError(hid)

    def __contains__(self, hid: object) -> bool:
        return isinstance(hid, str) and bool(self._found(hid))

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids.texts(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        return f"<{len(self)} elements by hid>"

    def _found(self, hid: str) -> list[int]:
        return common(self._ids.numbers([hid]), self._numbers).tolist()  # type: ignore[no-any-return]
