"""What all parts of `ComputationFrame` stand on: the content, the store, and how a method gives a new frame."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol, Self

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.errors import in_quotes, nearest, one_of
from mandala_lab.model.outline import NodeId, OpId, VarId, node_name, op_id, var_id
from mandala_lab.ports.call_store import CallStore
from mandala_lab.records.find import drop_calls


class Drop(Protocol):
    """Deletes calls, given by their hids, with all that depends on them."""

    def __call__(self, hids: Iterable[str], /, *, dry_run: bool) -> int:
        """Delete them, unless it is a `dry_run`, and return how many these are."""
        ...


class Framed:
    """A frame's content, where it looks when it grows, and what deletes its calls."""

    def __init__(self, graph: FrameGraph, store: CallStore, drop: Drop | None = None) -> None:
        self._graph = graph
        self._store = store
        self._drop = drop or partial(drop_calls, store, delete_dependents=True)

    @property
    def graph(self) -> FrameGraph:
        """The content as data.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.graph.edges[0].label
        'x'
        """
        return self._graph

    @property
    def store(self) -> CallStore:
        """Where the frame looks when it expands.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.store is storage.store
        True
        """
        return self._store

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()

    def __reduce__(self) -> Any:
        raise TypeError("a frame belongs to its storage: save('frame.json') or to_dict() keep it, from_dict reads it")

    def _made(self, graph: FrameGraph, *, inplace: bool = False) -> Any:
        """Return a frame of this content; or, in place, take it for one's own and return ``None``."""
        if not isinstance(inplace, bool):
            raise TypeError(f"inplace= is True or False, not {inplace!r}; several nodes are given as one list of names")
        if inplace:
            self._graph = graph
            return None
        return type(self)(graph, self._store, self._drop)

    def copy(self) -> Self:
        """Return an equal frame that is independent of this one.

        Examples
        --------
        >>> from mandala_lab import Storage
        >>> frame = Storage().cf([])
        >>> frame.copy().to_bytes() == frame.to_bytes(), frame.copy() is frame
        (True, False)
        """
        made: Self = self._made(self._graph)
        return made

    def _node(self, name: str) -> NodeId:
        if not isinstance(name, str):
            raise TypeError(f"a node goes by its name, one at a time, not by {name!r}")
        for node in (op_id(name), var_id(name)):
            if node in self._graph.operations or node in self._graph.variables:
                return node
        names = [node_name(node) for node in self._graph.nodes]
        raise ValueError(f"the frame has no node {in_quotes(name)}; {nearest(name, names)}")

    def _nodes(self, names: str | Iterable[str]) -> list[NodeId]:
        return [self._node(name) for name in several(names)]

    def _variable(self, name: str) -> VarId:
        node = self._node(name)
        if node not in self._graph.variables:
            raise ValueError(f"{in_quotes(name)} is an operation; {one_of(map(node_name, self._graph.variables))}")
        return VarId(node)

    def _operation(self, name: str) -> OpId:
        node = self._node(name)
        if node not in self._graph.operations:
            raise ValueError(f"{in_quotes(name)} is a variable; {one_of(map(node_name, self._graph.operations))}")
        return OpId(node)


def several(names: str | Iterable[str]) -> Iterable[str]:
    """Return names of nodes that are given, or the one.

    Raises
    ------
    TypeError
        For what is neither.
    """
    if not isinstance(names, Iterable):
        raise TypeError(f"nodes go by their names, such as 'x' or ['x', 'y'], not by {names!r}")
    return [names] if isinstance(names, str) else names
