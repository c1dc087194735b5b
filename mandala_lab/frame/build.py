"""`FrameBuilder`: a frame that grows call by call.

Calls of one op gather in one node. A ref that a call in the frame made lies in
the variable of that output; a free-standing argument lies in a variable of its
own, named after the argument. Unnamed outputs are called ``var_0``, ``var_1``...
"""

from __future__ import annotations

from collections.abc import Iterable

from mandala_lab.frame.graph import Edge, FrameGraph, edge_label
from mandala_lab.model.calls import Call
from mandala_lab.model.outline import NodeId, OpId, VarId, node_name, op_id, var_id
from mandala_lab.model.refs import Ref


class FrameBuilder:
    """Adds refs and calls to a frame; `graph` is the result so far.

    Parameters
    ----------
    start
        A frame to go on from; it is not changed.
    """

    def __init__(self, start: FrameGraph | None = None) -> None:
        start = start or FrameGraph()
        self._variables = {node: dict.fromkeys(hids) for node, hids in start.variables.items()}
        self._operations = {node: dict.fromkeys(hids) for node, hids in start.operations.items()}
        self._edges = dict.fromkeys(start.edges)
        self.refs = dict(start.refs)
        self.calls = dict(start.calls)
        self._names = {node_name(node) for node in (*self._variables, *self._operations)}
        self._op_nodes = {self.calls[next(iter(hids))].op: node for node, hids in self._operations.items() if hids}
        self._homes: dict[str, list[VarId]] = {}
        for variable, hids in self._variables.items():
            for hid in hids:
                self._homes.setdefault(hid, []).append(variable)
        self._made = set(start.creators())

    def graph(self) -> FrameGraph:
        """Return the frame so far; adding more does not change it."""
        return FrameGraph(
            {node: tuple(hids) for node, hids in self._variables.items()},
            {node: tuple(hids) for node, hids in self._operations.items()},
            tuple(self._edges),
            dict(self.refs),
            dict(self.calls),
        )

    def add_refs(self, refs: Iterable[Ref], name: str) -> None:
        """Add refs as a variable."""
        variable = self._new_variable(name)
        for ref in refs:
            self._place(ref, variable)

    def add_calls(self, calls: Iterable[Call]) -> int:
        """Add calls with their inputs and outputs; return how many were new."""
        return sum(self._add_call(call) for call in calls)

    def _add_call(self, call: Call) -> bool:
        if call.hid in self.calls:
            return False
        self.calls[call.hid] = call
        node = self._op_nodes.get(call.op)
        if node is None:
            node = self._op_nodes[call.op] = op_id(self._free_name(call.name))
            self._operations[node] = {}
        self._operations[node][call.hid] = None
        for name, ref in call.inputs.items():
            self._join_input(node, edge_label(call, name), ref)
        for name, ref in call.outputs.items():
            self._join_output(node, edge_label(call, name), ref)
        return True

    def _join_input(self, node: OpId, label: str, ref: Ref) -> None:
        homes = self._homes.get(ref.hid, [])
        known = [edge.source for edge in self._edges if edge.target == node and edge.label == label]
        if any(home in known for home in homes):
            return
        home = homes[0] if ref.hid in self._made else self._input_home(homes, known, label)
        self._place(ref, home)
        self._edges[Edge(home, node, label)] = None

    def _input_home(self, homes: list[VarId], known: list[NodeId], label: str) -> VarId:
        """Return where a free-standing argument belongs.

        In a variable that no op takes yet (one that the user started from), else
        in that of this argument; equal constants of different ops stay apart.
        """
        taken = {edge.source for edge in self._edges}
        made = {edge.target for edge in self._edges}
        free = [home for home in homes if home not in taken]
        own = [VarId(variable) for variable in known if variable not in made]
        found = free or own
        return found[0] if found else self._new_variable(label)

    def _join_output(self, node: OpId, label: str, ref: Ref) -> None:
        homes = self._homes.get(ref.hid, [])
        known = [edge.target for edge in self._edges if edge.source == node and edge.label == label]
        if not any(home in known for home in homes):
            home = homes[0] if homes else VarId(known[0]) if known else self._new_output(label)
            self._place(ref, home)
            self._edges[Edge(node, home, label)] = None
        self._made.add(ref.hid)

    def _new_output(self, label: str) -> VarId:
        if not label.startswith("output_"):
            return self._new_variable(label)
        number = 0
        while f"var_{number}" in self._names:
            number += 1
        return self._new_variable(f"var_{number}")

    def _place(self, ref: Ref, variable: VarId) -> None:
        self.refs.setdefault(ref.hid, ref)
        if ref.hid not in self._variables[variable]:
            self._variables[variable][ref.hid] = None
            self._homes.setdefault(ref.hid, []).append(variable)

    def _new_variable(self, name: str) -> VarId:
        made = var_id(self._free_name(name))
        self._variables[made] = {}
        return made

    def _free_name(self, name: str) -> str:
        found, number = name, 0
        while found in self._names:
            found, number = f"{name}_{number}", number + 1
        self._names.add(found)
        return found
