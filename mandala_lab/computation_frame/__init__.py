"""`ComputationFrame`: the public face of a frame. Each method calls one function below it.

`structure` says what it consists of, `holding` what its nodes hold, `growth` lets it
grow, `selection` makes parts and joins of frames, `queries` finds histories, `refining`
changes its nodes, `contents` makes tables and data of it, `picture` shows it, and
`files` writes it into files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mandala_lab.computation_frame.files import Files
from mandala_lab.computation_frame.growth import Growing
from mandala_lab.computation_frame.holding import Holding
from mandala_lab.computation_frame.queries import Queries
from mandala_lab.computation_frame.refining import Refining
from mandala_lab.computation_frame.selection import Selection
from mandala_lab.computation_frame.structure import Structure
from mandala_lab.frame import algebra, outline
from mandala_lab.model.errors import nearest

_IN_PLACE_OF = {
    "apply": "df()[name].map(function)",
    "attach": "df(), or ref.value",
    "eval_df": "df(), which loads values",
    "from_op": "storage.cf(op)",
    "from_refs": "storage.cf(refs)",
    "from_vars": "storage.cf({name: refs})",
    "func_info": "get_func_table(name)",
    "get_func_stats": "print_graph()",
    "get_history_df": "df(name)",
    "get_joint_history_df": "df(*names)",
    "get_var_stats": "print_graph()",
    "info": "print_graph()",
    "rename_var": "rename({name: new_name})",
    "var_info": "df(name)",
}
"""What to write for methods that mandala's frames have and these have not."""


class ComputationFrame(Structure, Holding, Growing, Selection, Queries, Refining, Files):
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
    >>> frame.fnames, frame.vnames
    ({'inc'}, {'x', 'y'})
    >>> frame.df("x", "y")["y"].tolist()
    [2, 3]
    """

    if not TYPE_CHECKING:  # a checker is to find names that are not there

        def __getattr__(self, name: str) -> Any:
            known = _IN_PLACE_OF.get(name)
            public = [one for one in dir(type(self)) if not one.startswith("_")]
            told = f"write {known}" if known else nearest(name, public)
            raise AttributeError(f"a ComputationFrame has no {name!r}; {told}", name=name, obj=self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ComputationFrame):
            return NotImplemented
        return algebra.equal(self._graph, other.graph)

    def __hash__(self) -> int:
        return hash(frozenset(self._graph.nodes))

    def __repr__(self) -> str:
        operations = outline.plural(len(self._graph.operations), "operation")
        variables = outline.plural(len(self._graph.variables), "variable")
        calls = outline.plural(len(self._graph.all_calls), "call")
        refs = outline.plural(len(self._graph.all_refs), "ref")
        return f"ComputationFrame({operations} with {calls}, {variables} with {refs})"
