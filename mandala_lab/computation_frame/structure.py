"""What a frame consists of: nodes, edges, elements, and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.computation_frame.views import ByName, HidSet, Names
from mandala_lab.frame import check
from mandala_lab.frame.links import NONE
from mandala_lab.frame.numbers import is_in
from mandala_lab.model.calls import Call
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.outline import node_name
from mandala_lab.model.refs import Ref

Edges = list[tuple[str, str, str]]


class Structure(Framed):
    """Names, edges and elements."""

    @property
    def vnames(self) -> Names:
        """Names of variables, in order of appearance."""
        return Names(map(node_name, self._graph.variables))

    @property
    def fnames(self) -> Names:
        """Names of operations, in order of appearance."""
        return Names(map(node_name, self._graph.operations))

    @property
    def nodes(self) -> Names:
        """Names of operations and variables."""
        return Names(map(node_name, self._graph.nodes))

    @property
    def vs(self) -> ByName:
        """History ids of refs by variable."""
        found = {node_name(node): refs for node, refs in self._graph.variables.items()}
        return ByName(found, self._graph.catalogue.ref_hids)

    @property
    def fs(self) -> ByName:
        """History ids of calls by operation."""
        found = {node_name(node): calls for node, calls in self._graph.operations.items()}
        return ByName(found, self._graph.catalogue.call_hids)

    @property
    def sets(self) -> Mapping[str, HidSet]:
        """History ids by node."""
        return {**self.vs, **self.fs}

    @property
    def refs(self) -> Mapping[str, Ref]:
        """Refs by hid."""
        return self._graph.refs

    @property
    def calls(self) -> Mapping[str, Call]:
        """Calls by hid."""
        return self._graph.calls

    def ops(self) -> dict[str, OpSpec]:
        """Return the op of each operation."""
        return {node_name(node): self._graph.catalogue.specs[op] for node, op in self._graph.ops.items()}

    def edges(self) -> Edges:
        """Return (source, target, label) of every edge.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = inc(1)
        >>> storage.cf(inc).edges()
        [('x', 'inc', 'x'), ('inc', 'y', 'y')]
        """
        return [(node_name(edge.source), node_name(edge.target), edge.label) for edge in self._graph.edges]

    def in_edges(self, node: str) -> Edges:
        """Return the edges that lead to a node."""
        name = node_name(self._node(node))
        return [edge for edge in self.edges() if edge[1] == name]

    def out_edges(self, node: str) -> Edges:
        """Return the edges that lead from a node."""
        name = node_name(self._node(node))
        return [edge for edge in self.edges() if edge[0] == name]

    @property
    def inp(self) -> dict[str, dict[str, set[str]]]:
        """For each node, the nodes from which edges lead to it, by label."""
        found: dict[str, dict[str, set[str]]] = {name: {} for name in self.nodes}
        for source, target, label in self.edges():
            found[target].setdefault(label, set()).add(source)
        return found

    @property
    def out(self) -> dict[str, dict[str, set[str]]]:
        """For each node, the nodes to which edges lead from it, by label."""
        found: dict[str, dict[str, set[str]]] = {name: {} for name in self.nodes}
        for source, target, label in self.edges():
            found[source].setdefault(label, set()).add(target)
        return found

    @property
    def sources(self) -> Names:
        """Names of variables to which no edge leads."""
        led = {edge.target for edge in self._graph.edges}
        return Names(node_name(node) for node in self._graph.variables if node not in led)

    @property
    def sinks(self) -> Names:
        """Names of variables from which no edge leads."""
        led = {edge.source for edge in self._graph.edges}
        return Names(node_name(node) for node in self._graph.variables if node not in led)

    @property
    def creator(self) -> dict[str, str]:
        """History id of the call in the frame that made each ref, where there is one."""
        catalogue, refs = self._graph.catalogue, self._graph.all_refs
        makers = self._graph.creators()[refs]
        made = makers != NONE
        return dict(zip(catalogue.ref_hids.texts(refs[made]), catalogue.call_hids.texts(makers[made]), strict=True))

    @property
    def consumers(self) -> dict[str, set[str]]:
        """History ids of the calls in the frame that took each ref, where there are some."""
        catalogue, calls = self._graph.catalogue, self._graph.all_calls
        places, owners = catalogue.inputs.places(calls)
        taken = catalogue.inputs.refs.view[places]
        here = is_in(taken, self._graph.all_refs)
        found: dict[str, set[str]] = {}
        pairs = zip(catalogue.ref_hids.texts(taken[here]), catalogue.call_hids.texts(owners[here]), strict=True)
        for ref, call in pairs:
            found.setdefault(ref, set()).add(call)
        return found

    @property
    def refinv(self) -> dict[str, set[str]]:
        """Names of the variables in which each ref lies, by its hid."""
        return _inverted(self.vs)

    @property
    def callinv(self) -> dict[str, set[str]]:
        """Names of the operations in which each call lies, by its hid."""
        return _inverted(self.fs)

    def refs_by_var(self) -> dict[str, list[Ref]]:
        """Return the refs of each variable."""
        return {node_name(variable): list(self._graph.refs_of(variable)) for variable in self._graph.variables}

    def calls_by_func(self) -> dict[str, list[Call]]:
        """Return the calls of each operation."""
        return {node_name(operation): list(self._graph.calls_of(operation)) for operation in self._graph.operations}

    def check(self) -> None:
        """Check the laws that every frame keeps; `AssertionError` names one that does not hold."""
        check.check(self._graph)


def _inverted(sets: ByName) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, elements in sets.items():
        for hid in elements:
            found.setdefault(hid, set()).add(name)
    return found
