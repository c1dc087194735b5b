"""Row 4: equal calls at the same time run once, and a dead owner is replaced."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from torture.figures import Figures, Size, check_store, progress
from torture.work import RUNS, append, expected, lines_of, opened, slow
from torture.workers import barrier, errors_of, start

_CALLERS = (2, 8)
_ROUNDS = {"small": 1, "full": 20}
_TAKEN_OVER_S = {"small": 30.0, "full": 5.0}
_LONG_S = 1000.0


def run(size: Size, folder: Path) -> Figures:
    """Let threads and processes ask for one call at once, and kill the process that runs it."""
    figures = Figures("flights")
    for number in range(_ROUNDS[size]):
        for callers in _CALLERS:
            for how in (_by_threads, _by_processes):
                place = folder / f"{number}-{callers}{how.__name__}"
                place.mkdir()
                with patch.dict(os.environ, {RUNS: str(place / "runs")}):
                    how(place, callers)
                _judge(figures, place, callers, computed=1)
            place = folder / f"{number}-{callers}-killed"
            place.mkdir()
            with patch.dict(os.environ, {RUNS: str(place / "runs")}):
                took_s = _kill_owner(place, callers)
            figures.largest("s to take over at most", took_s)
            figures.expect(took_s < _TAKEN_OVER_S[size], f"taking over took {took_s:.2f} s")
            _judge(figures, place, callers, computed=2)
        progress(f"round {number + 1}")
    return figures.done()


def _judge(figures: Figures, folder: Path, callers: int, *, computed: int) -> None:
    answers, runs = lines_of(folder / "answers"), lines_of(folder / "runs")
    figures.count("callers", callers)
    figures.count("answered", len(answers))
    for text in errors_of(folder):
        figures.fail(f"{folder.name}: a caller failed: {text}")
    figures.expect(len(answers) == callers, f"{folder.name}: {len(answers)} of {callers} callers were answered")
    figures.expect(set(answers) == {"right"}, f"{folder.name}: answers are {set(answers)}")
    figures.expect(len(runs) == computed, f"{folder.name}: computed {len(runs)} times")
    check_store(figures, folder / "store.db", folder.name)


def _ask(folder: Path, storage: Any, seconds: float) -> None:
    with storage:
        found = storage.unwrap(slow(1, seconds, str(folder / "entered")))
    append(folder / "answers", "right" if found == expected("row", 1) else "wrong")


def _by_threads(folder: Path, callers: int) -> None:
    storage, together = opened(folder / "store.db"), threading.Barrier(callers)

    def ask() -> None:
        together.wait(60)
        _ask(folder, storage, 0.1)

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    storage.close()


def _by_processes(folder: Path, callers: int) -> None:
    together = barrier(callers)
    for process in [start(folder, _ask_from_process, folder, together, 0.1) for _ in range(callers)]:
        process.join()


def _ask_from_process(folder: Path, together: Any, seconds: float) -> None:
    storage = opened(folder / "store.db")
    together.wait(60)
    _ask(folder, storage, seconds)
    storage.close()


def _kill_owner(folder: Path, callers: int) -> float:
    """Return how long it took until all who waited for a process that was killed had their answer."""
    owner = start(folder, _own, folder)
    while not (folder / "entered").exists():
        time.sleep(0.001)
    together = barrier(callers + 1)
    waiting = [start(folder, _ask_from_process, folder, together, 0.0) for _ in range(callers)]
    together.wait(60)
    time.sleep(0.1)  # until they wait: for long enough that they ask seldom
    owner.kill()
    began = time.monotonic()
    for process in waiting:
        process.join()
    owner.join()
    return time.monotonic() - began


def _own(folder: Path) -> None:
    _ask(folder, opened(folder / "store.db"), _LONG_S)
