"""`Draft`: a frame while it is being made."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.frame.numbers import lacking, united
from mandala_lab.model.outline import NodeId, OpId, VarId, node_name, op_id, var_id


class Draft:
    """Nodes and edges that are being added; `graph` is the result so far.

    Parameters
    ----------
    start
        A frame to go on from, which is not changed; or a catalogue, for an empty one.
    """

    def __init__(self, start: FrameGraph | Catalogue) -> None:
        graph = start if isinstance(start, FrameGraph) else FrameGraph(start)
        self.catalogue = graph.catalogue
        self.variables = dict(graph.variables)
        self.operations = dict(graph.operations)
        self.ops = dict(graph.ops)
        self._edges = dict.fromkeys(graph.edges)
        self._names = {node_name(node) for node in graph.nodes}

    def graph(self) -> FrameGraph:
        """Return the frame so far; adding more does not change it."""
        return FrameGraph(
            self.catalogue, dict(self.variables), dict(self.operations), dict(self.ops), tuple(self._edges)
        )

    def add_variable(self, name: str) -> VarId:
        """Add an empty variable, under the name or one like it."""
        made = var_id(self._free_name(name))
        self.variables[made] = np.zeros(0, np.int64)
        return made

    def add_output(self, label: str) -> VarId:
        """Add an empty variable for an output; those without a name are ``var_0``, ``var_1``..."""
        if not label.removeprefix("output_").isdecimal():
            return self.add_variable(label)
        number = 0
        while f"var_{number}" in self._names:
            number += 1
        return self.add_variable(f"var_{number}")

    def add_operation(self, op: int) -> OpId:
        """Add an empty operation."""
        made = op_id(self._free_name(self.catalogue.specs[op].name))
        self.operations[made] = np.zeros(0, np.int64)
        self.ops[made] = op
        return made

    def operation_of(self, op: int) -> OpId | None:
        """Return the first operation of an op, by name."""
        return min((node for node, number in self.ops.items() if number == op), default=None)

    def add_edge(self, source: NodeId, target: NodeId, label: str) -> None:
        """Add an edge, or none where it is there."""
        self._edges[Edge(source, target, label)] = None

    def join(self, variable: VarId, operation: OpId, label: str, *, as_input: bool) -> None:
        """Add the edge of an argument, or of an output."""
        if as_input:
            self.add_edge(variable, operation, label)
        else:
            self.add_edge(operation, variable, label)

    def put_refs(self, variable: VarId, refs: np.ndarray) -> None:
        """Add refs to a variable."""
        self.variables[variable] = united([self.variables[variable], refs])

    def put_calls(self, operation: OpId, calls: np.ndarray) -> None:
        """Add calls to an operation."""
        self.operations[operation] = united([self.operations[operation], calls])

    def sources(self, operation: OpId, label: str) -> list[VarId]:
        """Return the variables from which an argument comes."""
        return [VarId(edge.source) for edge in self._edges if edge.target == operation and edge.label == label]

    def targets(self, operation: OpId, label: str) -> list[VarId]:
        """Return the variables into which an output goes."""
        return [VarId(edge.target) for edge in self._edges if edge.source == operation and edge.label == label]

    def cover(self, variables: Iterable[VarId], refs: np.ndarray) -> None:
        """Put those refs that lie in none of the variables into the first of them."""
        homes = list(variables)
        held = united(self.variables[home] for home in homes)
        missing = lacking(refs, held)
        if len(missing):
            self.put_refs(homes[0], missing)

    def _free_name(self, name: str) -> str:
        found, number = name, 0
        while found in self._names:
            found, number = f"{name}_{number}", number + 1
        self._names.add(found)
        return found
