"""What a frame consists of: nodes and edges."""

from __future__ import annotations

from collections.abc import Iterator

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.computation_frame.views import Names
from mandala_lab.frame import check
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.outline import node_name

Edges = list[tuple[str, str, str]]


class Structure(Framed):
    """Names and edges."""

    @property
    def vnames(self) -> Names:
        """Names of variables, in order of appearance.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.vnames
        {'x', 'y'}
        """
        return Names(map(node_name, self._graph.variables))

    @property
    def fnames(self) -> Names:
        """Names of operations, in order of appearance.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.fnames
        {'inc'}
        """
        return Names(map(node_name, self._graph.operations))

    @property
    def nodes(self) -> Names:
        """Names of operations and variables.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.nodes
        {'inc', 'x', 'y'}
        """
        return Names(map(node_name, self._graph.nodes))

    def __contains__(self, name: object) -> bool:
        """Whether a node has this name.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> "y" in storage.cf(inc), "z" in storage.cf(inc)
        (True, False)
        """
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        """Go through the names of nodes, as `nodes` has them.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> sorted(storage.cf(inc))
        ['inc', 'x', 'y']
        """
        return iter(self.nodes)

    def ops(self) -> dict[str, OpSpec]:
        """Return the op of each operation.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.ops()["inc"].output_names
        ('y',)
        """
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
        """Return the edges that lead to a node.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.in_edges("inc")
        [('x', 'inc', 'x')]
        """
        name = node_name(self._node(node))
        return [edge for edge in self.edges() if edge[1] == name]

    def out_edges(self, node: str) -> Edges:
        """Return the edges that lead from a node.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.out_edges("inc")
        [('inc', 'y', 'y')]
        """
        name = node_name(self._node(node))
        return [edge for edge in self.edges() if edge[0] == name]

    @property
    def inp(self) -> dict[str, dict[str, set[str]]]:
        """For each node, the nodes from which edges lead to it, by label.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.inp["inc"]
        {'x': {'x'}}
        """
        found: dict[str, dict[str, set[str]]] = {name: {} for name in self.nodes}
        for source, target, label in self.edges():
            found[target].setdefault(label, set()).add(source)
        return found

    @property
    def out(self) -> dict[str, dict[str, set[str]]]:
        """For each node, the nodes to which edges lead from it, by label.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.out["inc"]
        {'y': {'y'}}
        """
        found: dict[str, dict[str, set[str]]] = {name: {} for name in self.nodes}
        for source, target, label in self.edges():
            found[source].setdefault(label, set()).add(target)
        return found

    @property
    def sources(self) -> Names:
        """Names of variables to which no edge leads.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.sources
        {'x'}
        """
        led = {edge.target for edge in self._graph.edges}
        return Names(node_name(node) for node in self._graph.variables if node not in led)

    @property
    def sinks(self) -> Names:
        """Names of variables from which no edge leads.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.sinks
        {'y'}
        """
        led = {edge.source for edge in self._graph.edges}
        return Names(node_name(node) for node in self._graph.variables if node not in led)

    def check(self) -> None:
        """Check the laws that every frame keeps; `AssertionError` names one that does not hold.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.check()
        """
        check.check(self._graph)
