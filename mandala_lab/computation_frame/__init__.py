"""`ComputationFrame`: the public face of a frame. Each method calls one function below it.

Here are its structure, its growth and its contents; `picture` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from mandala_lab.computation_frame.picture import Picture
from mandala_lab.frame import check, expand, export, outline, table
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import nearest
from mandala_lab.model.outline import NodeId, VarId, node_name
from mandala_lab.model.refs import Ref
from mandala_lab.ports.call_store import CallStore

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd


class ComputationFrame(Picture):
    """A graph of variables (refs) and operations (calls), immutable.

    Made by `Storage.cf`. Nodes go by their names, which are unique over both kinds.

    Examples
    --------
    >>> from mandala_lab import Storage, op
    >>> @op(output_names=["y"])
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     _ = [inc(x) for x in (1, 2)]
    >>> frame = storage.cf(inc)
    >>> frame.fnames, sorted(frame.vnames)
    (['inc'], ['x', 'y'])
    >>> frame.df("x", "y")["y"].tolist()
    [2, 3]
    """

    def __init__(self, graph: FrameGraph, store: CallStore) -> None:
        super().__init__(graph)
        self._store = store

    # --- structure

    @property
    def graph(self) -> FrameGraph:
        """The content as data."""
        return self._graph

    @property
    def store(self) -> CallStore:
        """Where the frame looks when it expands."""
        return self._store

    @property
    def vnames(self) -> list[str]:
        """Names of variables, in order of appearance."""
        return [node_name(node) for node in self._graph.variables]

    @property
    def fnames(self) -> list[str]:
        """Names of operations, in order of appearance."""
        return [node_name(node) for node in self._graph.operations]

    @property
    def nodes(self) -> list[str]:
        """Names of operations and variables."""
        return self.fnames + self.vnames

    @property
    def refs(self) -> dict[str, Ref]:
        """Refs by hid."""
        return dict(self._graph.refs)

    @property
    def calls(self) -> dict[str, Call]:
        """Calls by hid."""
        return dict(self._graph.calls)

    def edges(self) -> list[tuple[str, str, str]]:
        """Return (source, target, label) of every edge."""
        return [(node_name(e.source), node_name(e.target), e.label) for e in self._graph.edges]

    def refs_by_var(self) -> dict[str, list[Ref]]:
        """Return the refs of each variable."""
        return {node_name(v): [self._graph.refs[hid] for hid in hids] for v, hids in self._graph.variables.items()}

    def calls_by_func(self) -> dict[str, list[Call]]:
        """Return the calls of each operation."""
        return {node_name(f): [self._graph.calls[hid] for hid in hids] for f, hids in self._graph.operations.items()}

    def check(self) -> None:
        """Check the laws that every frame keeps; `AssertionError` names one that does not hold."""
        check.check(self._graph)

    # --- growth

    def expand_back(self, varnames: str | Iterable[str] | None = None, recursive: bool = False) -> ComputationFrame:
        """Return the frame with the calls that made its refs, all the way back if `recursive`."""
        return self._expanded(varnames, recursive=recursive, queries=[self._store.creators])

    def expand_forward(self, varnames: str | Iterable[str] | None = None, recursive: bool = False) -> ComputationFrame:
        """Return the frame with the calls that took its refs, all the way on if `recursive`."""
        return self._expanded(varnames, recursive=recursive, queries=[self._store.consumers])

    def expand_all(self) -> ComputationFrame:
        """Return the frame with everything that its refs came from and went into."""
        return self._expanded(None, recursive=True, queries=[self._store.creators, self._store.consumers])

    # --- contents

    def df(self, *nodes: str, values: Literal["objs", "refs"] = "objs", include_calls: bool = True) -> pd.DataFrame:
        """Return one row for each joint history of `nodes` (all nodes by default).

        Parameters
        ----------
        values
            ``"objs"`` shows the values of refs, ``"refs"`` the refs.
        include_calls
            Whether columns of operations are among the default nodes.
        """
        if values not in {"objs", "refs"}:
            raise ValueError(f"values={values!r} is not a choice; {nearest(str(values), ['objs', 'refs'])}")
        names = list(dict.fromkeys(nodes)) or (self.nodes if include_calls else self.vnames)

        def show(hid: str) -> Any:
            ref = self._graph.refs.get(hid)
            if ref is None:
                return self._graph.calls[hid]
            return ref.value if values == "objs" else ref

        return table.table(self._graph, [self._node(name) for name in names], show)

    def to_dict(self) -> dict[str, Any]:
        """Return the frame as JSON-ready data."""
        return export.to_dict(self._graph)

    def to_bytes(self) -> bytes:
        """Return the frame as JSON: equal frames give equal bytes."""
        return json.dumps(self.to_dict(), sort_keys=True).encode()

    def to_networkx(self) -> nx.MultiDiGraph:
        """Return nodes by name, and edges with their ``label``, as a networkx graph."""
        return export.to_networkx(self._graph)

    def __repr__(self) -> str:
        operations = outline.plural(len(self._graph.operations), "operation")
        variables = outline.plural(len(self._graph.variables), "variable")
        calls, refs = outline.plural(len(self._graph.calls), "call"), outline.plural(len(self._graph.refs), "ref")
        return f"ComputationFrame({operations} with {calls}, {variables} with {refs})"

    # --- pieces

    def _expanded(
        self, varnames: str | Iterable[str] | None, *, recursive: bool, queries: list[expand.Query]
    ) -> ComputationFrame:
        names = [varnames] if isinstance(varnames, str) else varnames
        chosen = None if names is None else [self._variable(name) for name in names]
        return ComputationFrame(expand.expand(self._graph, queries, chosen, recursive=recursive), self._store)

    def _node(self, name: str) -> NodeId:
        nodes: list[NodeId] = [*self._graph.operations, *self._graph.variables]
        for node in nodes:
            if node_name(node) == name:
                return node
        raise ValueError(f"the frame has no node {name!r}; {nearest(name, self.nodes)}")

    def _variable(self, name: str) -> VarId:
        node = self._node(name)
        if node not in self._graph.variables:
            raise ValueError(f"{name!r} is an operation; {nearest(name, self.vnames)}")
        return VarId(node)
