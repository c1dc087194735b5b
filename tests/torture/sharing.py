"""Row 3: processes that make the same calls share the work, and may create their store at the same moment."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from torture.figures import Figures, Size, check_store, progress, seeded
from torture.work import KINDS, RUNS, append, expected, kept, lines_of, opened, same
from torture.workers import barrier, errors_of, start, warnings_of


@dataclass(frozen=True)
class _Plan:
    processes: int
    keys: int
    cold_processes: int
    cold_rounds: int


_PLANS = {"small": _Plan(4, 150, 4, 3), "full": _Plan(8, 2_000, 8, 20)}


def run(size: Size, folder: Path) -> Figures:
    """Let processes make the same calls in different orders, then let them create stores."""
    figures, plan = Figures("sharing"), _PLANS[size]
    for grouped in (False, True):
        place = folder / ("grouped" if grouped else "each")
        place.mkdir()
        _share(figures, plan, place, grouped=grouped)
    for number in range(plan.cold_rounds):
        place = folder / f"cold-{number}"
        place.mkdir()
        _create(figures, plan, place)
        progress(f"{number + 1} stores created")
    return figures.done()


def _share(figures: Figures, plan: _Plan, folder: Path, *, grouped: bool) -> None:
    with patch.dict(os.environ, {RUNS: str(folder / "runs")}):
        workers = [start(folder, _work, folder, number, plan.keys, grouped) for number in range(plan.processes)]
    for worker in workers:
        worker.join()
    answered, runs = sum(map(int, lines_of(folder / "answered"))), Counter(lines_of(folder / "runs"))
    figures.count("answered", answered)
    figures.count("computed", runs.total())
    figures.count("distinct", plan.keys)
    again = [call for call, number in runs.items() if number > 1]
    figures.expect(not again, f"{len(again)} calls were computed more than once: {again[:3]}")
    figures.expect(len(runs) == plan.keys, f"{len(runs)} of {plan.keys} calls were computed")
    figures.expect(answered == plan.keys * plan.processes, f"only {answered} were answered")
    _judge(figures, folder, workers)


def _work(folder: Path, number: int, keys: int, grouped: bool) -> None:
    order = list(range(keys))
    seeded("sharing", number).shuffle(order)
    with opened(folder / "store.db", group_commits_ms=10 if grouped else 0) as storage:
        for x in order:
            kind = KINDS[x % len(KINDS)]
            if not same(storage.unwrap(kept(kind, x)), expected(kind, x)):
                raise ValueError(f"wrong value of {kind} {x}")
    append(folder / "answered", str(keys))


def _create(figures: Figures, plan: _Plan, folder: Path) -> None:
    together = barrier(plan.cold_processes)
    workers = [start(folder, _begin, folder, together, number) for number in range(plan.cold_processes)]
    for worker in workers:
        worker.join()
    figures.count("cold starts", len(workers))
    _judge(figures, folder, workers)
    with opened(folder / "store.db") as storage:
        recorded = storage.store.count_calls()
    figures.expect(recorded == len(workers), f"{recorded} of {len(workers)} calls are in a store created by all")


def _begin(folder: Path, together: Any, number: int) -> None:
    together.wait(60)
    with opened(folder / "store.db"):
        kept(KINDS[number % len(KINDS)], number)


def _judge(figures: Figures, folder: Path, workers: list[Any]) -> None:
    for text in errors_of(folder):
        figures.fail(f"a process failed: {text}")
    for text in warnings_of(folder):
        if "waiting for process" not in text:
            figures.fail(f"a process was warned: {text}")
    dead = [worker.exitcode for worker in workers if worker.exitcode]
    figures.count("errors", len(dead))
    figures.expect(not dead, f"processes ended with {dead}")
    check_store(figures, folder / "store.db", folder.name)
