"""Questions to a frame: which histories, what differs, what if other calls stood there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.frame import querying
from mandala_lab.frame.compare import Comparison, compare
from mandala_lab.frame.conditions import conditions
from mandala_lab.frame.numbers import distinct
from mandala_lab.frame.replace import replaced
from mandala_lab.frame.selectors import read_selection
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import refuse_other

if TYPE_CHECKING:
    import pandas as pd

    from mandala_lab.replay.replay import Replay


class Queries(Framed):
    """Conditions, comparisons, replacements and deletions."""

    def select(self, selection: str) -> Self:
        """Return what a selection finds: text that magics, panel and command understand, too.

        Parts are separated by spaces; what any of them finds is selected. Commas within a
        part ask for all, ``!`` leaves out.

        ====================  =======================================================
        ``model``             the node of this name; ``*`` and ``?`` stand for anything
        ``+model``            and all that leads to it; ``2+model`` two steps along edges
        ``model+``            and all that it leads to
        ``op:train*``         operations, by name or key
        ``var:x``             variables
        ``status:error``      calls that failed (``ok``: others)
        ``duration:>1.5s``    calls that took longer (us, ms, s, min, h)
        ``time:>2026-01-31``  calls that began later
        ``run:ID``            calls that occurred in a run
        ``version:3fa9``      calls of the code version that begins so
        ``x=3``, ``acc>.9``   values of a variable
        ====================  =======================================================

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = [inc(x) for x in (1, 2, 3)]
        >>> frame = storage.cf(inc)
        >>> frame.select("x=2+").df("x", "y")
           x  y
        0  2  3
        >>> frame.select("inc,status:ok !var:x").nodes
        {'inc', 'y'}
        """
        refuse_other(selection, str, "a selection is a text, such as '+model' or 'depth=3'")
        made: Self = self._made(querying.selected(self._graph, read_selection(selection), self._store))
        return made

    def where(self, values: Mapping[str, Any] | None = None, /, **predicates: Any) -> Self:
        """Return the histories through values and calls of which something holds.

        All conditions have to hold, those on calls of one call. What leads to such an
        element, what it leads to, and what that needed is kept, but for what other values
        of that variable, or other calls of that `op`, led to: so of a mean over several values one is left.
        What the calls made besides is kept with what came from it, and a loop that the element went into
        is kept whole, with the other values that went into its steps.

        Parameters
        ----------
        values
            Conditions on variables whose names are those of attributes of calls.
        **predicates
            For a variable by its name: a value that it equals, a set of such values, or
            a function of the value. Equals are looked for by content, and nothing is loaded:
            a number or text has those that ``==`` gives it among plain and numpy's types, so
            that ``1`` finds ``1.0``, ``True`` and ``np.int64(1)``, too; in a container types count.
            For calls:
            ``op`` (an op, or a name, in which ``*`` stands for anything), ``status`` (``"ok"``, ``"error"``),
            ``duration`` (``">1.5s"``, or a function of seconds), ``time`` (``">2026-01-31"``, or
            a function of seconds since the epoch), ``run`` and ``version`` (ids).

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = [inc(x) for x in (1, 2, 3)]
        >>> storage.cf(inc).where(x={1, 2}, y=lambda y: y > 2, status="ok").df("x", "y")
           x  y
        0  2  3
        """
        asked = conditions(values, predicates)
        made: Self = self._made(querying.where(self._graph, asked, self._store))
        return made

    def groupby(self, variable: str) -> Iterator[tuple[Any, Self]]:
        """Return each value of a variable, one after another, with the frame of the histories through it.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def add(x, k):
        ...     return x + k
        >>> with Storage() as storage:
        ...     _ = [add(x, k) for x in (1, 2) for k in (10, 20, 30)]
        >>> [(k, len(frame.calls)) for k, frame in storage.cf(add).groupby("k")]
        [(10, 2), (20, 2), (30, 2)]
        """
        found = querying.groups(self._graph, self._variable(variable))
        return ((ref.value, self._made(part)) for ref, part in found)

    def compare(self, other: Framed) -> Comparison:
        """Return what differs between this frame and another one, which is what comes after.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = [inc(x) for x in (1, 2)]
        >>> frame = storage.cf(inc)
        >>> print(frame.where(x=1).compare(frame))
        x: - -> 2
        y: - -> 3
        inc: - -> 1 call
        """
        refuse_other(other, Framed, "a frame is compared with another frame")
        return compare(self._graph, other.graph)

    def replace(self, call: Call, replay: Replay | Call) -> Self:
        """Return the frame with the outcome of a replay, or with another call, in the place of a call.

        Of a replay all calls that it answered anew take the place of those that they
        were answered from. This frame, and what is recorded, stay as they are.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> frame, (call,) = storage.cf(inc), storage.calls("inc")
        >>> frame.replace(call, storage.replay(call, x=5)).df("x", "y")
           x  y
        0  5  6
        """
        from mandala_lab.replay.replay import Replay

        refuse_other(call, Call, "replace takes a call of the frame first")
        refuse_other(replay, (Replay, Call), "replace takes a replay of the call, or another call, second")
        catalogue = self._graph.catalogue
        if isinstance(replay, Call):
            if replay.op != call.op:
                raise ValueError(f"{replay!r} is a call of another op than {call!r}, and cannot take its place")
            old, new = {call.hid}, {replay.hid}
        else:
            before, after = set(replay.base.calls), set(replay.graph.calls)
            old, new = before - after, after - before
            if call.hid != replay.call.hid:
                raise ValueError(f"this is a replay of {replay.call!r}, not of {call!r}")
        if call.hid not in self._graph.calls:
            raise ValueError(f"the frame does not hold {call!r}")
        catalogue.add(self._store.columns_of_calls(map(bytes.fromhex, new)))
        numbers = [distinct(catalogue.call_hids.numbers(hids)) for hids in (old, new)]
        made: Self = self._made(replaced(self._graph, *numbers))
        return made

    def delete_calls(self, *, dry_run: bool = False) -> int:
        """Delete the frame's calls, and all that depends on them, from the storage; the frame stays as it is.

        Calls that are not in the frame depend on them, too: those of other histories, where the
        frame holds what these came from. Look with `dry_run` first, or delete a part:
        ``frame.select("op:score").delete_calls()``.

        Parameters
        ----------
        dry_run
            Delete nothing.

        Returns
        -------
        int
            How many calls were deleted, or would be.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc).where(x=1)
        >>> frame.delete_calls(dry_run=True), len(storage.calls())
        (2, 2)
        >>> frame.delete_calls(), len(storage.calls())
        (2, 0)
        """
        return self._drop(list(self._graph.calls), dry_run=dry_run)

    def delete_calls_from_df(self, df: pd.DataFrame, *, dry_run: bool = False) -> int:
        """Delete the calls in a table, and all that depends on them, from the storage; as `delete_calls`.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     _ = [inc(x) for x in (1, 2)]
        >>> table = storage.cf(inc).df()
        >>> storage.cf(inc).delete_calls_from_df(table[table.x == 1])
        1
        """
        import pandas as pd

        refuse_other(df, pd.DataFrame, "the calls to delete are given by a table that df() returned")
        cells = [cell for name in df.columns for cell in df[name]]
        every = [one for cell in cells for one in (cell if isinstance(cell, tuple) else (cell,))]
        hids = list(dict.fromkeys(one.hid for one in every if isinstance(one, Call)))
        if not hids and len(df):
            raise ValueError("this table has no calls: make it with the operations whose calls are meant, as df() does")
        return self._drop(hids, dry_run=dry_run)
