"""Parts of a frame, and frames joined with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, Literal, Self, get_args

import numpy as np

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.frame import algebra, select, streams
from mandala_lab.frame.flow import How
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.matching import By, NodeClass, less, matching
from mandala_lab.frame.numbers import is_in
from mandala_lab.model.errors import nearest, refuse_other


class Selection(Framed):
    """What makes a frame of one or two."""

    # --- parts

    def __getitem__(self, names: str | Iterable[str] | Framed) -> Self:
        """Return the frame of these nodes and the edges among them; of a frame, what both have.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame["x"]
        ComputationFrame(0 operations with 0 calls, 1 variable with 2 refs)
        """
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

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> hid = frame.creator[y.hid]
        >>> len(frame.select_subsets({"inc": [hid]}).calls)
        1
        """
        refuse_other(elts, Mapping, "select_subsets takes ids by node, such as {'x': [hid]}")
        chosen = {}
        for name, hids in elts.items():
            node = self._node(name)
            catalogue = self._graph.catalogue
            ids = catalogue.call_hids if node in self._graph.operations else catalogue.refs.hids
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
            ``"strong"``: a call belongs to it when all its outputs that edges show do, edges among
            the nodes on ways to these; ``"weak"``: when one of them does.

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

        As `upstream` in the other direction: ``"strong"`` asks for all arguments of a call that edges
        among the nodes on ways from these show, so that an argument from elsewhere is not missed.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> sorted(frame.downstream("y").nodes)
        ['y']
        """
        return self._stream(nodes, "forward", how)

    def midstream(self, *nodes: str, how: How = "strong") -> Self:
        """Return what leads from one of these nodes to another; of one node, that node.

        As far as it can be computed from their elements at the beginning; `how` as of `upstream`.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> sorted(frame.midstream("x", "inc").nodes), sorted(frame.midstream("x").nodes)
        (['inc', 'x'], ['x'])
        """
        _require_choice("how", how, get_args(How))
        if not nodes:
            raise ValueError("midstream takes names of nodes, such as frame.midstream('x', 'y')")
        made: Self = self._made(streams.midstream(self._graph, self._nodes(nodes), how))
        return made

    def drop_unreachable(self, direction: Literal["back", "forward"], how: How = "strong") -> Self:
        """Return what is reached from the elements at the beginning ("forward") or at the end ("back").

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> len(frame.drop_unreachable("forward").calls)
        2
        """
        _require_choice("how", how, get_args(How))
        _require_choice("direction", direction, ("back", "forward"))
        made: Self = self._made(streams.from_ends(self._graph, direction, how))
        return made

    def _stream(self, nodes: Sequence[str], direction: Literal["back", "forward"], how: How) -> Self:
        _require_choice("how", how, get_args(How))
        if not nodes:
            name = "downstream" if direction == "forward" else "upstream"
            raise ValueError(f"{name} takes names of nodes, such as frame.{name}('x')")
        made: Self = self._made(streams.stream(self._graph, self._nodes(nodes), direction, how))
        return made

    # --- by what elements are

    def isin(self, values: Any, by: By = "val", node_class: NodeClass = "var") -> Self:
        """Return the frame with those refs that are among some, and the calls that an edge joins with one.

        Parameters
        ----------
        values
            What to look among: values, content ids or history ids. Of values, equals
            are found, as by `where`: ``1`` finds ``1.0``, ``True`` and ``np.int64(1)``, and NaN
            every NaN. Only what cannot be listed (a ``range``, an object with
            ``__contains__``) is asked about each value, which loads it.
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
        """Return the frame with those refs whose value is less; of a frame, whether this is a part of it.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> (frame < 2).get_var_values("x")
        {Ref(hid=18c05d7e, cid=18c05d7e)}
        >>> frame["x"] < frame
        True
        """
        if isinstance(other, Framed):
            return (self & other).to_dict() == self.to_dict() != other.to_dict()  # type: ignore[attr-defined]
        return self._made(less(self._graph, other))

    # --- two frames

    def __or__(self, other: Framed) -> Self:
        """Return the frame with the nodes, elements and edges of both; nodes are the same where their names are.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> (frame["x"] | frame["y"]).vnames
        {'x', 'y'}
        """
        made: Self = self._made(algebra.union(self._graph, self._of_same_store(other)))
        return made

    def __and__(self, other: Framed) -> Self:
        """Return the frame with the nodes, elements and edges that both have.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> (frame & frame["x"]).vnames
        {'x'}
        """
        made: Self = self._made(algebra.intersection(self._graph, self._of_same_store(other)))
        return made

    def __sub__(self, other: Framed) -> Self:
        """Return the frame without the elements that the other has in the same node.

        What can no longer be computed from the rest, and nodes left empty, go too.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> (frame - frame).nodes
        {}
        """
        made: Self = self._made(algebra.difference(self._graph, self._of_same_store(other)))
        return made

    def _of_same_store(self, other: Framed) -> FrameGraph:
        refuse_other(other, Framed, "a frame is joined with another frame")
        if other.store is not self._store:
            raise ValueError(
                "only frames of one storage can be joined; storage.merge(path) brings two storages together"
            )
        return other.graph

    @staticmethod
    def union(*cfs: Selection) -> Any:
        """Return the union of frames, of which there is at least one.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.union(frame["x"], frame["y"], frame["inc"]).edges()
        []
        """
        return reduce(lambda one, other: one | other, _some(cfs))

    @staticmethod
    def intersection(*cfs: Selection) -> Any:
        """Return what is in all of several frames, of which there is at least one.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.intersection(frame, frame["x"], frame["x"]).nodes
        {'x'}
        """
        return reduce(lambda one, other: one & other, _some(cfs))


def _require_choice(name: str, given: Any, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise ValueError(f"{name}={given!r} is not a choice; {nearest(str(given), choices)}")


def _some(frames: tuple[Any, ...]) -> tuple[Any, ...]:
    if not frames:
        raise ValueError("give at least one frame")
    return frames
