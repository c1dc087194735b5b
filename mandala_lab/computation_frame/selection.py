"""Parts of a frame, frames joined with each other, and other names for their nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any, Literal, Self, get_args

import numpy as np

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.frame import algebra, flow, refine, select
from mandala_lab.frame.flow import How
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.matching import By, NodeClass, less, matching
from mandala_lab.frame.numbers import is_in
from mandala_lab.model.errors import nearest
from mandala_lab.model.outline import node_name


class Selection(Framed):
    """What makes a frame of one or two."""

    # --- parts

    def __getitem__(self, names: str | Iterable[str] | Framed) -> Self:
        """Return the frame of these nodes and the edges among them; of a frame, what both have."""
        if isinstance(names, Framed):
            return self & names
        return self.select_nodes(names)

    def select_nodes(self, nodes: str | Iterable[str]) -> Self:
        """Return the frame of these nodes, and the edges among them.

        A call whose ref is kept elsewhere, but not where its edge leads, is left out.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = inc(1)
        >>> storage.cf(inc)[["x", "inc"]].edges()
        [('x', 'inc', 'x')]
        """
        made: Self = self._made(select.induced(self._graph, self._nodes(nodes)))
        return made

    def select_subsets(self, elts: Mapping[str, Iterable[str]]) -> Self:
        """Return the frame with these elements, by node, given by their history ids; other nodes are empty.

        A call whose ref is kept elsewhere, but not where its edge leads, is left out.
        """
        chosen = {}
        for name, hids in elts.items():
            node = self._node(name)
            catalogue = self._graph.catalogue
            ids = catalogue.call_hids if node in self._graph.operations else catalogue.ref_hids
            held = self._graph.elements(node)
            wanted = list(dict.fromkeys(hids))
            numbers = ids.numbers(wanted)
            if len(numbers) < len(wanted) or not is_in(numbers, held).all():
                raise ValueError(f"{name!r} does not hold all that was asked for: see frame.sets[{name!r}]")
            chosen[node] = held[is_in(held, np.sort(numbers))]
        made: Self = self._made(select.subsets(self._graph, chosen))
        return made

    def upstream(self, *nodes: str, how: How = "strong") -> Self:
        """Return what the elements of these nodes came from, within the frame.

        Parameters
        ----------
        how
            ``"strong"``: a call belongs to it when all its outputs that edges show do;
            ``"weak"``: when one of them does.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> @op(output_names=["z"])
        ... def double(y):
        ...     return 2 * y
        >>> with Storage() as storage:
        ...     _ = double(inc(1))
        >>> frame = storage.cf(double).expand_back(recursive=True)
        >>> sorted(frame.upstream("y").nodes), sorted(frame.downstream("y").nodes)
        (['inc', 'x', 'y'], ['double', 'y', 'z'])
        """
        return self._stream(nodes, "back", how)

    def downstream(self, *nodes: str, how: How = "strong") -> Self:
        """Return what the elements of these nodes went into, within the frame.

        As `upstream` in the other direction: ``"strong"`` asks for all arguments of a call.
        """
        return self._stream(nodes, "forward", how)

    def midstream(self, *nodes: str, how: How = "strong") -> Self:
        """Return what leads from one of these nodes to another; of one node, that node.

        As far as it can be computed from their elements at the beginning; `how` as of `upstream`.
        """
        _require_choice("how", how, get_args(How))
        if not nodes:
            raise ValueError("midstream takes names of nodes, such as frame.midstream('x', 'y')")
        made: Self = self._made(flow.midstream(self._graph, self._nodes(nodes), how))
        return made

    def _stream(self, nodes: Iterable[str], direction: Literal["back", "forward"], how: How) -> Self:
        _require_choice("how", how, get_args(How))
        made: Self = self._made(flow.stream(self._graph, self._nodes(nodes), direction, how))
        return made

    # --- by what elements are

    def isin(self, values: Any, by: By = "val", node_class: NodeClass = "var") -> Self:
        """Return the frame with those refs that are among some, and the calls that an edge joins with one.

        Parameters
        ----------
        values
            What to look in: values, content ids or history ids.
        by
            ``"val"``, ``"cid"`` or ``"hid"``: what `values` are.
        node_class
            ``"func"`` looks for calls instead, given as such or by their ids, and keeps their refs.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 10
        >>> with Storage() as storage:
        ...     _ = [inc(x) for x in (1, 2, 3)]
        >>> storage.cf(inc).isin([1, 13]).df("x")["x"].tolist()
        [1]
        """
        _require_choice("by", by, get_args(By))
        _require_choice("node_class", node_class, get_args(NodeClass))
        made: Self = self._made(matching(self._graph, values, by, node_class))
        return made

    def __lt__(self, other: Any) -> Any:
        """Return the frame with those refs whose value is less; of a frame, whether this is a part of it."""
        if isinstance(other, Framed):
            return (self & other).to_dict() == self.to_dict() != other.to_dict()  # type: ignore[attr-defined]
        return self._made(less(self._graph, other))

    # --- two frames

    def __or__(self, other: Framed) -> Self:
        """Return the frame with the nodes, elements and edges of both; nodes are the same where their names are."""
        made: Self = self._made(algebra.union(self._graph, self._of_same_store(other)))
        return made

    def __and__(self, other: Framed) -> Self:
        """Return the frame with the nodes, elements and edges that both have."""
        made: Self = self._made(algebra.intersection(self._graph, self._of_same_store(other)))
        return made

    def __sub__(self, other: Framed) -> Self:
        """Return the frame without the elements that the other has in the same node.

        What can no longer be computed from the rest, and nodes left empty, go too.
        """
        made: Self = self._made(algebra.difference(self._graph, self._of_same_store(other)))
        return made

    def _of_same_store(self, other: Framed) -> FrameGraph:
        if other.store is not self._store:
            raise ValueError(
                "only frames of one storage can be joined; storage.merge(path) brings two storages together"
            )
        return other.graph

    @staticmethod
    def union(*cfs: Selection) -> Any:
        """Return the union of frames, of which there is at least one."""
        return reduce(lambda one, other: one | other, cfs)

    @staticmethod
    def intersection(*cfs: Selection) -> Any:
        """Return what is in all of several frames, of which there is at least one."""
        return reduce(lambda one, other: one & other, cfs)

    # --- nodes

    def rename(self, vars: Mapping[str, str], inplace: bool = False) -> Self:  # noqa: A002 - mandala's name
        """Return the frame with other names for variables, ``{old: new}``; `ValueError` for a name that is taken.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = inc(1)
        >>> storage.cf(inc).rename({"var_0": "y"}).vnames
        {'x', 'y'}
        """
        names = {self._variable(old): str(new) for old, new in vars.items()}
        made: Self = self._made(refine.renamed(self._graph, names), inplace=inplace)
        return made

    def drop(self, nodes: str | Iterable[str], inplace: bool = False) -> Self:
        """Return the frame without some nodes and their edges."""
        made: Self = self._made(refine.without(self._graph, self._nodes(nodes)), inplace=inplace)
        return made

    def drop_node(self, node: str, inplace: bool = False) -> Self:
        """Return the frame without a node and its edges."""
        return self.drop(node, inplace)

    def drop_var(self, vname: str, inplace: bool = False) -> Self:
        """Return the frame without a variable and its edges."""
        return self.drop(node_name(self._variable(vname)), inplace)

    def drop_func(self, fname: str, inplace: bool = False) -> Self:
        """Return the frame without an operation and its edges."""
        return self.drop(node_name(self._operation(fname)), inplace)

    def drop_unreachable(self, direction: Literal["back", "forward"], how: How = "strong") -> Self:
        """Return what is reached from the elements at the beginning ("forward") or at the end ("back")."""
        _require_choice("how", how, get_args(How))
        _require_choice("direction", direction, ("back", "forward"))
        made: Self = self._made(flow.from_ends(self._graph, direction, how))
        return made

    def cleanup(self, inplace: bool = False) -> Self:
        """Return the frame without nodes that hold nothing."""
        made: Self = self._made(select.without_empty(self._graph), inplace=inplace)
        return made

    def simplify(self) -> Self:
        """Return the frame without nodes that hold nothing: as `cleanup`."""
        return self.cleanup()

    def merge_vars(self, inplace: bool = False) -> Self:
        """Return the frame with each variable merged into one that holds all its refs and more, where there is one."""
        made: Self = self._made(refine.merged_variables(self._graph), inplace=inplace)
        return made

    def merge_into(self, node_to_merge: str, merge_into: str, inplace: bool = False) -> Self:
        """Return the frame with the refs and edges of one variable added to another's, and without the first."""
        graph = refine.merged_into(self._graph, self._variable(node_to_merge), self._variable(merge_into))
        made: Self = self._made(graph, inplace=inplace)
        return made


def _require_choice(name: str, given: Any, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise ValueError(f"{name}={given!r} is not a choice; {nearest(str(given), choices)}")
