"""One pass of one contestant: on the clock, and checked.

Owns what a pass is and when it counts. Knows no memoizer and no table.
"""

from __future__ import annotations

import gc
import os
import time
from dataclasses import dataclass
from typing import Any

import bodies
from contestants import Contestant
from works import Sizes, Source, Work, expected


class NotWhatItIsCalled(Exception):  # noqa: N818 - says what is wrong
    """A pass ran bodies that it should not, or did not run those that it should, or gave other results."""


@dataclass(frozen=True)
class Timing:
    """Seconds per call in one pass; the CPU time is that of all threads of the process."""

    wall: float
    cpu: float


class Bench:
    """One contestant at one work, in a folder of its own, which may have `stored` small calls already."""

    def __init__(self, contestant: Contestant, work: Work, sizes: Sizes, folder: str, stored: int = 0) -> None:
        self._contestant = contestant
        self._work = work
        self._folder = folder
        self._source = Source(work, sizes, work.count(sizes, contestant.share), stored)
        contestant.open(folder, grouped=work.grouped)

    def fill(self) -> None:
        """Make the known calls, off the clock."""
        for turn in range(self._work.fill_turns):
            arguments = self._source.next(turn)
            wanted = expected(self._work, arguments)
            results = self._contestant.fill(self._work, arguments)
            check(self._contestant, results, wanted, new=True)
            self._contestant.settle()

    def turn(self, number: int) -> dict[str, Timing]:
        """Make one timed pass for each form that the contestant has."""
        forms = self._work.forms if self._contestant.refs else ("value",)
        return {form: self._pass(number, form) for form in forms if form != "written" or self._contestant.writes_later}

    def _pass(self, number: int, form: str) -> Timing:
        contestant, work = self._contestant, self._work
        if work.reopened:
            contestant.close()
            contestant.open(self._folder)
        arguments = self._source.next(number)
        wanted = expected(work, arguments)
        if work.new and work.large:
            os.sync()  # what others wrote is not to be waited for by who writes now
        gc.collect()
        gc.disable()
        try:
            cpu, wall = time.process_time(), time.perf_counter()
            with contestant.block():
                results = contestant.finish(contestant.run(work, arguments), form)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        finally:
            gc.enable()
        check(contestant, results, wanted, new=work.new)
        contestant.settle()
        return Timing(wall / len(arguments), cpu / len(arguments))

    def close(self) -> None:
        """Release the store."""
        self._contestant.close()


def check(contestant: Contestant, results: list[Any], wanted: tuple[list[Any], list[Any]], *, new: bool) -> None:
    """Raise `NotWhatItIsCalled` unless the pass was one of misses or hits, with the results of the plain functions."""
    values, noted = wanted
    noted = noted if new else []
    if bodies.runs != noted:
        raise NotWhatItIsCalled(f"{len(bodies.runs)} bodies ran where {len(noted)} should have")
    found = contestant.values(results)
    if len(found) != len(values) or not all(map(_same, found, values)):
        raise NotWhatItIsCalled("results differ from those of the plain function")
    if bodies.runs != noted:
        raise NotWhatItIsCalled("reading results ran bodies")


def _same(found: Any, wanted: Any) -> bool:
    if type(found) is not type(wanted):
        return issubclass(type(found), type(wanted)) and hasattr(wanted, "dtype") and bool((found == wanted).all())
    return bool((found == wanted).all()) if hasattr(wanted, "dtype") else bool(found == wanted)
