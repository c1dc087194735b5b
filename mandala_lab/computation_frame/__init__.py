"""`ComputationFrame`: the public face of a frame. Each method calls one function below it.

`structure` says what it consists of, `holding` what its nodes hold, `growth` lets it
grow, `selection` makes parts and joins of frames, `queries` finds histories, `refining`
changes its nodes, `contents` makes tables and data of it, `picture` shows it, and
`files` writes it into files.
"""

from __future__ import annotations

from mandala_lab.computation_frame.files import Files
from mandala_lab.computation_frame.growth import Growing
from mandala_lab.computation_frame.holding import Holding
from mandala_lab.computation_frame.queries import Queries
from mandala_lab.computation_frame.refining import Refining
from mandala_lab.computation_frame.selection import Selection
from mandala_lab.computation_frame.structure import Structure
from mandala_lab.frame import outline


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

    def __repr__(self) -> str:
        operations = outline.plural(len(self._graph.operations), "operation")
        variables = outline.plural(len(self._graph.variables), "variable")
        calls = outline.plural(len(self._graph.all_calls), "call")
        refs = outline.plural(len(self._graph.all_refs), "ref")
        return f"ComputationFrame({operations} with {calls}, {variables} with {refs})"
