"""One of several processes of a contestant that call at the same time, on one store.

Answers requests as `worker.py` does. A pass is ``prepare`` (the store is open,
arguments are at hand), ``go`` (the calls alone) and ``review`` (what was called
is what the pass is named for), so that nobody checks while others are on the clock.
"""

from __future__ import annotations

import gc
import random
import time
from typing import Any

import bodies
from timing import NotWhatItIsCalled, check
from worker import KINDS, serve
from works import BY_NAME, Arguments, expected, scalars

WORK = BY_NAME["miss"]  # the calls are those of this work


class Sharer:
    """Answers for one process."""

    def __init__(self, name: str) -> None:
        self._contestant = KINDS[name]()
        self._folder = ""
        self._arguments: Arguments = []
        self._wanted: tuple[list[Any], list[Any]] = [], []
        self._results: list[Any] = []

    def fill(self, folder: str, count: int) -> None:
        """Make a store with known calls, which are numbered from 0."""
        self._folder = folder
        self._contestant.open(folder)
        arguments = scalars(0, count)
        wanted = expected(WORK, arguments)
        check(self._contestant, self._contestant.fill(WORK, arguments), wanted, new=True)
        self._contestant.settle()

    def prepare(self, folder: str, start: int, count: int, seed: int | None) -> None:
        """Open the store anew and build arguments, in an order of its own if there is a seed."""
        if self._folder:
            self._contestant.close()
        self._folder = folder
        self._contestant.open(folder)
        self._arguments = scalars(start, count)
        if seed is not None:
            random.Random(seed).shuffle(self._arguments)
        self._wanted = expected(WORK, self._arguments)
        gc.collect()

    def go(self, form: str) -> float:
        """Make the calls; answer CPU seconds."""
        gc.disable()
        try:
            cpu = time.process_time()
            with self._contestant.block():
                self._results = self._contestant.finish(self._contestant.run(WORK, self._arguments), form)
            return time.process_time() - cpu
        finally:
            gc.enable()

    def review(self, bodies_that_run: str) -> list[int]:
        """Check results, and that ``all`` bodies ran, or ``none``; ``some`` are answered, by number."""
        values, noted = self._wanted
        ran = sorted(bodies.runs)
        if bodies_that_run == "some":
            wanted = values, list(bodies.runs)
            if len(set(ran)) < len(ran):
                raise NotWhatItIsCalled(f"a process ran {len(ran) - len(set(ran))} bodies again that it had run")
        else:
            wanted = values, noted
        check(self._contestant, self._results, wanted, new=bodies_that_run != "none")
        self._results = []
        self._contestant.settle()
        return ran

    def lost(self, start: int, count: int) -> int:
        """Make calls that another process made, after reopening; answer how many ran once more."""
        self.prepare(self._folder, start, count, None)
        self.go("ref")
        self._results = []
        self._contestant.settle()
        return len(bodies.runs)


if __name__ == "__main__":
    serve(Sharer)
