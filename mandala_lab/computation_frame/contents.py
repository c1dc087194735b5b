"""What a frame holds, as tables and as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np  # noqa: TC002 - as for our own imports

from mandala_lab.computation_frame.framed import Framed, several
from mandala_lab.frame import export, streams, table
from mandala_lab.frame.table import JoinHow
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import nearest
from mandala_lab.model.outline import NodeId, node_name
from mandala_lab.model.refs import Ref
from mandala_lab.model.structures import LEFT_OUT

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

Values = Literal["objs", "refs"]
_LARGE_BYTES = 1_000_000


class Contents(Framed):
    """Tables and data."""

    def df(
        self,
        *nodes: str,
        values: Values = "objs",
        lazy_vars: str | Iterable[str] | None = None,
        verbose: bool = False,
        include_calls: bool = True,
        join_how: JoinHow = "outer",
    ) -> pd.DataFrame:
        """Return one row for each joint history of `nodes`, by default of all.

        Parameters
        ----------
        values
            ``"objs"`` shows the values of refs, ``"refs"`` the refs.
        lazy_vars
            Variables whose refs are shown, whatever `values` says. By default those
            refs whose value takes more than a megabyte to load.
        verbose
            Print the part of the graph that the rows come from.
        include_calls
            Whether to have columns of operations.
        join_how
            ``"outer"`` keeps histories that have no part in some columns, which are
            ``None`` there; ``"inner"`` leaves them out.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = [inc(x) for x in (1, 2)]
        >>> storage.cf(inc).df("x", "y")
           x  y
        0  1  2
        1  2  3
        """
        self._require(values=(values, get_args(Values)), join_how=(join_how, get_args(JoinHow)))
        if nodes and not self._graph.nodes:
            return table.nothing(nodes)  # of what was looked for there is none
        chosen = list(dict.fromkeys(self._nodes(nodes))) or self._graph.nodes
        if not include_calls and len(chosen) > 1:
            shown = [node for node in chosen if node in self._graph.variables]
        else:
            shown = chosen
        part = streams.connecting(self._graph, chosen) if len(chosen) > 1 else self._graph
        if verbose:
            self._made(part).print_graph()
        lazy = None if lazy_vars is None else {self._variable(name) for name in several(lazy_vars)}
        catalogue = self._graph.catalogue

        def show(node: NodeId, numbers: np.ndarray) -> list[Any]:
            if node in self._graph.operations:
                return list(catalogue.calls(numbers))
            refs = catalogue.refs.of(numbers)
            if values == "refs":
                return list(refs)
            return [ref if _stays_lazy(ref, lazy, node) else ref.value for ref in refs]

        return table.table(part, chosen, show, join_how, shown)

    def eval(self, *nodes: str, values: Values = "objs", verbose: bool = True) -> pd.DataFrame:
        """Return what `df` does, and print by default what the rows come from.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.eval("x", "y", verbose=False)["y"].tolist()
        [2, 3]
        """
        return self.df(*nodes, values=values, verbose=verbose)

    def get_var_values(self, vname: str) -> set[Ref]:
        """Return the refs of a variable.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> sorted(ref.value for ref in frame.get_var_values("x"))
        [1, 2]
        """
        return set(self._graph.refs_of(self._variable(vname)))

    def get_func_table(self, fname: str) -> pd.DataFrame:
        """Return one row for each call of an operation: its arguments and outputs, as refs.

        ``None`` stands for refs that the frame does not hold.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = inc(1)
        >>> storage.cf(inc).get_func_table("inc").columns.tolist()
        ['x', 'y']
        """
        import pandas as pd

        held = set(self._graph.all_refs.tolist())
        catalogue = self._graph.catalogue
        rows = [
            {name: catalogue.refs[ref] if ref in held else None for name, ref, _ in catalogue.links_of(call)}
            for call in self._graph.operations[self._operation(fname)].tolist()
        ]
        return pd.DataFrame(rows, dtype=object)

    @property
    def values(self) -> dict[str, set[Ref] | set[Call]]:
        """The refs or calls of each node.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> {name: len(held) for name, held in frame.values.items()}
        {'x': 2, 'y': 2, 'inc': 2}
        """
        found: dict[str, set[Ref] | set[Call]] = {
            node_name(node): set(self._graph.refs_of(node)) for node in self._graph.variables
        }
        found.update((node_name(node), set(self._graph.calls_of(node))) for node in self._graph.operations)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the frame as JSON-ready data.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.to_dict()["edges"]
        [['x', 'inc', 'x'], ['inc', 'y', 'y']]
        """
        return export.to_dict(self._graph)

    def to_bytes(self) -> bytes:
        """Return the frame as JSON: equal frames give equal bytes.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.to_bytes() == storage.cf(inc).to_bytes()
        True
        """
        return json.dumps(self.to_dict(), sort_keys=True).encode()

    def to_networkx(self) -> nx.MultiDiGraph:
        """Return nodes by name, and edges with their ``label``, as a networkx graph.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.to_networkx().number_of_edges()
        2
        """
        return export.to_networkx(self._graph)

    def _require(self, **given: tuple[Any, tuple[str, ...]]) -> None:
        for name, (choice, choices) in given.items():
            if choice not in choices:
                raise ValueError(f"{name}={choice!r} is not a choice; {nearest(str(choice), choices)}")


def _stays_lazy(ref: Ref, lazy: set[Any] | None, node: NodeId) -> bool:
    if ref.data == LEFT_OUT:  # a secret, which is nowhere
        return True
    if lazy is not None:
        return node in lazy
    return ref.data is None and not ref.in_memory and (ref.stored_size or 0) > _LARGE_BYTES
