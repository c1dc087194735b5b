"""How a frame grows: back to what its refs came from, forward to what they went into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from mandala_lab.computation_frame.framed import Framed, several
from mandala_lab.frame import expand
from mandala_lab.frame.expand import Growth
from mandala_lab.frame.graph import FrameGraph


class Growing(Framed):
    """Expansion, over what the store holds at that time."""

    def expand_back(
        self,
        varnames: str | Iterable[str] | None = None,
        recursive: bool = False,
        skip_existing: bool = False,
        inplace: bool = False,
        verbose: bool = False,
        reuse_existing: bool = True,
    ) -> Self:
        """Return the frame with the calls that made its refs.

        Parameters
        ----------
        varnames
            Start from all refs of these variables; by default from the refs of all
            variables that no call of the frame is joined to as their maker.
        recursive
            Go on from what those calls took, all the way back.
        skip_existing
            Leave out calls that the frame has, though not joined to these variables.
        inplace
            Let this frame have the new content, and return ``None``.
        verbose
            Print a line about each group of calls that is added.
        reuse_existing
            Add calls to nodes that are there; else each group of them, as they are found
            step by step, gets an operation and variables of its own.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(inc(inc(0)))
        >>> storage.cf(y).expand_back()
        ComputationFrame(1 operation with 1 call, 2 variables with 2 refs)
        >>> storage.cf(y).expand_back(recursive=True)
        ComputationFrame(1 operation with 3 calls, 2 variables with 4 refs)
        """
        growth = Growth("back", recursive, skip_existing, reuse_existing)
        return self._grown(varnames, growth, inplace=inplace, verbose=verbose)

    def expand_forward(
        self,
        varnames: str | Iterable[str] | None = None,
        recursive: bool = False,
        skip_existing: bool = False,
        inplace: bool = False,
        verbose: bool = False,
        reuse_existing: bool = True,
    ) -> Self:
        """Return the frame with the calls that took its refs, and what they made.

        By default from the refs of all variables that no call of the frame is joined to
        as their taker, so that a constant does not lead to all that was ever computed with
        it; from all refs of the variables in `varnames`. Other arguments of these calls are
        not added; `expand_back` from the variable of their results adds them. Parameters as
        of `expand_back`.

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
        ...     z = double(inc(0))
        >>> sorted(storage.cf(inc).expand_forward().nodes)
        ['double', 'inc', 'x', 'y', 'z']
        """
        growth = Growth("forward", recursive, skip_existing, reuse_existing)
        return self._grown(varnames, growth, inplace=inplace, verbose=verbose)

    def expand_all(
        self,
        inplace: bool = False,
        skip_existing: bool = False,
        verbose: bool = False,
        reuse_existing: bool = True,
    ) -> Self:
        """Return the frame expanded back and forward, in turn, until nothing is new.

        Parameters as of `expand_back`.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(0)
        ...     z = inc(inc(y))
        >>> len(storage.cf(y).expand_all().calls)
        3
        """
        growth = Growth("back", recursive=True, skip_existing=skip_existing, reuse_existing=reuse_existing)
        return self._told(expand.expand_all(self._graph, self._store, growth), growth, inplace=inplace, verbose=verbose)

    def _grown(self, varnames: str | Iterable[str] | None, growth: Growth, *, inplace: bool, verbose: bool) -> Self:
        chosen = None if varnames is None else [self._variable(name) for name in several(varnames)]
        grown = expand.expand(self._graph, self._store, growth, chosen)
        return self._told(grown, growth, inplace=inplace, verbose=verbose)

    def _told(self, grown: FrameGraph, growth: Growth, *, inplace: bool, verbose: bool) -> Self:
        for line in growth.tell if verbose else []:
            print(line)  # noqa: T201 - as asked
        made: Self = self._made(grown, inplace=inplace)
        return made
