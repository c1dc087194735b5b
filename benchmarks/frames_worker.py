"""One contestant's frames: a store of chains, or of branches that meet, and what is asked about it.

Answers requests as `worker.py` does. What a frame holds is checked, so that whoever
leaves calls out makes no figure.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import bodies
from timing import NotWhatItIsCalled
from worker import KINDS, serve

MORE = 100
"""About so many calls are made while a panel shows the frame of all."""


class Framer:
    """Answers for one process."""

    def __init__(self, name: str) -> None:
        self._contestant = KINDS[name]()
        self._number = 0
        self._calls: dict[str, Callable[..., Any]] = {}
        self._group: Callable[..., None] = _pipeline
        self._panel: Any = None

    def fill(self, folder: str, count: int, shape: str) -> None:
        """Make a store of about so many calls, in groups of one shape that each end with one call."""
        functions, self._group = SHAPES[shape]
        self._number = 0
        self._contestant.open(folder, functions)
        self._calls = {body.__name__: self._contestant.calls[body.__name__] for body in functions}
        self._record(max(1, count // len(functions)))

    def _record(self, groups: int) -> None:
        with self._contestant.block():
            for number in range(self._number, self._number + groups):
                self._group(*self._calls.values(), number)
        self._contestant.settle()
        self._number += groups

    def ask(self, what: str) -> tuple[float, float]:
        """Do one of the things, once; answer wall and CPU seconds."""
        frame = self._expanded() if what == "table" else None
        if what == "more":
            self._look_away()
        action: Callable[[], Any] = {
            "expand": self._expanded,
            "table": lambda: _table(frame),
            "picture": self._outline,
            "more": self._look_again,
        }[what]
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        found = action()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        counted = len(found.calls) if what == "expand" else found
        wanted = self._number if what == "table" else len(self._calls) * self._number
        if counted != wanted:
            raise NotWhatItIsCalled(f"{what}: {counted} in place of {wanted}")
        return wall, cpu

    def _expanded(self) -> Any:
        return self._contestant.storage.cf(list(self._calls.values())[-1]).expand_back(recursive=True)

    def _outline(self) -> int:
        from mandala_lab.frame.outline import outline
        from mandala_lab.frame.source import of_session

        drawn = outline(of_session(self._contestant.storage.store, None))
        return sum(node.counts.total for node in drawn.nodes if node.kind == "op")

    def _look_away(self) -> None:
        """Show all calls in a panel, which then rests while more are made."""
        from mandala_lab.live.frame import LiveFrame

        if self._panel is None:
            self._panel = LiveFrame(self._contestant.storage, lambda _push: None)
        self._panel.attach()
        self._panel.detach()
        self._record(MORE // len(self._calls))

    def _look_again(self) -> int:
        return int(self._panel.attach().store.calls)


def _pipeline(first: Any, second: Any, third: Any, number: int) -> None:
    third(second(first(number, -1)), -2)


def _branching(first: Any, left: Any, right: Any, join: Any, number: int) -> None:
    begun = first(number, -1)
    join(left(begun), right(begun, -3), -2)


SHAPES = {"chains": (bodies.PIPELINE, _pipeline), "branches": (bodies.BRANCHING, _branching)}


def _table(frame: Any) -> int:
    return len(frame.df(*frame.vnames, values="refs"))


if __name__ == "__main__":
    serve(Framer)
