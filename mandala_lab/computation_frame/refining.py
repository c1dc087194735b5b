"""A frame with other names for its nodes, and with fewer of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.frame import refine, select
from mandala_lab.model.errors import refuse_other
from mandala_lab.model.outline import node_name


class Refining(Framed):
    """What changes the nodes of a frame."""

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
        refuse_other(vars, Mapping, "rename takes old names with new ones, such as rename({'var_0': 'y'})")
        for new in vars.values():
            refuse_other(new, str, "a name is a text")
            if not new.strip():
                raise ValueError(f"a variable cannot be renamed to {new!r}: give it a name that can be seen")
        names = {self._variable(old): new for old, new in vars.items()}
        made: Self = self._made(refine.renamed(self._graph, names), inplace=inplace)
        return made

    def drop(self, nodes: str | Iterable[str], inplace: bool = False) -> Self:
        """Return the frame without some nodes and their edges.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.drop(["x", "y"]).nodes
        {'inc'}
        """
        made: Self = self._made(refine.without(self._graph, self._nodes(nodes)), inplace=inplace)
        return made

    def drop_node(self, node: str, inplace: bool = False) -> Self:
        """Return the frame without a node and its edges.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.drop_node("x").nodes
        {'inc', 'y'}
        """
        return self.drop(node, inplace)

    def drop_var(self, vname: str, inplace: bool = False) -> Self:
        """Return the frame without a variable and its edges.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.drop_var("x").vnames
        {'y'}
        """
        return self.drop(node_name(self._variable(vname)), inplace)

    def drop_func(self, fname: str, inplace: bool = False) -> Self:
        """Return the frame without an operation and its edges.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.drop_func("inc").edges()
        []
        """
        return self.drop(node_name(self._operation(fname)), inplace)

    def cleanup(self, inplace: bool = False) -> Self:
        """Return the frame without nodes that hold nothing.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.select_subsets({"x": frame.vs["x"]}).cleanup().nodes
        {'x'}
        """
        made: Self = self._made(select.without_empty(self._graph), inplace=inplace)
        return made

    def simplify(self) -> Self:
        """Return the frame without nodes that hold nothing: as `cleanup`.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.select_subsets({}).simplify().nodes
        {}
        """
        return self.cleanup()

    def merge_vars(self, inplace: bool = False) -> Self:
        """Return the frame with each variable merged into one that holds all its refs and more, where there is one.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf({"one": y, "both": storage.cf(inc).get_var_values("y")})
        >>> frame.merge_vars().vnames
        {'both'}
        """
        made: Self = self._made(refine.merged_variables(self._graph), inplace=inplace)
        return made

    def merge_into(self, node_to_merge: str, merge_into: str, inplace: bool = False) -> Self:
        """Return the frame with the refs and edges of one variable added to another's, and without the first.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.merge_into("x", "y").edges()
        [('y', 'inc', 'x'), ('inc', 'y', 'y')]
        """
        graph = refine.merged_into(self._graph, self._variable(node_to_merge), self._variable(merge_into))
        made: Self = self._made(graph, inplace=inplace)
        return made
