"""Row 6: the clock of the machine jumps, runs backwards and changes to summer time, and no result is wrong for it.

Each case runs in a process whose `time` was changed before anything of ours read it. Calls are
right and recorded once, in the order in which they were made; a lease is held however the clocks
of two processes differ; progress and durations are never negative.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from torture.figures import Figures, Size, check_store

_CALLS = {"small": 40, "full": 2_000}
_SUMMER_TIME = ("summer time begins", "summer time ends")
_DAY_S = 86_400.0
_SPRING_S, _AUTUMN_S = 1_774_745_999.0, 1_792_889_999.0  # a second before summer time begins and ends in Berlin, 2026
CASES = {
    "a day ahead, then back": lambda n: _DAY_S * (n % 2),
    "a day back, then ahead": lambda n: -_DAY_S * (n % 2),
    "backwards": lambda n: -0.37 * n,
    "leaps": lambda n: _DAY_S * (n * 7919 % 5 - 2),
    "standing still": None,
    "at the epoch": lambda n: -1e12,
}


def run(size: Size, folder: Path) -> Figures:
    """Make calls under each clock, in one process and in two whose clocks differ."""
    figures = Figures("clocks")
    for case in (*CASES, *_SUMMER_TIME) if size == "full" else ("leaps", "backwards"):
        place = folder / case.replace(" ", "-").replace(",", "")
        place.mkdir()
        processes = [_started(place, case, _CALLS[size], number) for number in range(2)]
        for process in processes:
            said = process.communicate(timeout=600)[0]
            figures.expect(process.returncode == 0, f"{case}: {said[-300:]}")
        figures.count("clocks")
        figures.count("calls", 2 * _CALLS[size])
        runs = (place / "runs").read_text().splitlines() if (place / "runs").exists() else []
        figures.expect(len(runs) == len(set(runs)) == _CALLS[size], f"{case}: {len(runs)} bodies ran")
        if (place / "store.db").exists():
            check_store(figures, place / "store.db", case)
    return figures.done()


def _started(place: Path, case: str, calls: int, number: int) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TZ": "Europe/Berlin",
        "TORTURE_RUNS": str(place / "runs"),
    }
    command = [sys.executable, "-m", "torture.clocks", str(place), case, str(calls), str(number)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=place
    )


def _change_clock(case: str) -> None:
    """Change what `time` says, before anybody took its functions."""
    import time

    real, reads = time.time, itertools.count()
    began = real()

    def now() -> float:
        number = next(reads)
        if case.startswith("summer time"):
            return (_SPRING_S if case.endswith("begins") else _AUTUMN_S) + (real() - began)
        shift = CASES[case]
        return began if shift is None else max(0.0, real() + shift(number))

    time.time = now
    time.time_ns = lambda: int(now() * 1e9)


def _main(place: Path, case: str, calls: int, number: int) -> None:
    from mandala_lab import Storage
    from mandala_lab.ports.progress import Tally
    from torture.work import KINDS, OVERFLOW_MB, expected, kept, same

    tallies: list[Tally] = []
    warnings.simplefilter("error")
    with Storage(place / "store.db", overflow_threshold_MB=OVERFLOW_MB) as storage:
        storage._parts.recorder._progress._display = _Display(tallies)
        storage._parts.recorder._next_beat = storage._parts.recorder._progress.rest()
        order = list(range(calls))
        for x in order if number else order[::-1]:
            kind = KINDS[x % len(KINDS)]
            value = storage.unwrap(kept(kind, x))
            assert same(value, expected(kind, x)), f"wrong value of {kind} {x}"
        nodes = list(storage.call_tree())
        assert len(nodes) == calls, f"{len(nodes)} nodes in the tree"
        made = [node.call.inputs["x"].own_value() for node in nodes]
        assert made == (order if number else order[::-1]), "the calls of a run are in another order"
        spans = [span for call in storage.calls(kept) for span in storage.store.spans_of_call(call.hid)]
        assert all(span.duration_s >= 0 for span in spans), "a duration is negative"
        by_seq = [span.seq for span in storage.store.spans_of_run(storage.run)]
        assert by_seq == sorted(by_seq), "spans are not in the order of their numbers"
        stats = storage.stats(everything=True)
        assert stats.computed_s >= 0 <= stats.saved_s
        events = [event.seq for event in storage.store.events(limit=10**6)]
        assert events == sorted(events)
        storage.cf("run").check()
    assert all(tally.elapsed_s >= 0 for tally in tallies), "progress ran backwards"
    _look(place, storage)


def _look(place: Path, storage: Any) -> None:
    """Look at what a panel shows, with the clock as it is."""
    from mandala_lab.live.stored import StoredFrame
    from mandala_lab.schema.messages import CallInspect, CallInspected, FrameGet
    from mandala_lab.wiring.reading import open_for_reading

    frame = StoredFrame(open_for_reading(str(place / "store.db")), "store.db", storage.session)
    frame.answer(FrameGet())
    found = frame.answer(CallInspect(hid=storage.calls()[0].hid))
    assert isinstance(found, CallInspected)
    assert found.call.duration_s >= 0
    frame.close()


class _Display:
    """Keeps what is to be shown."""

    def __init__(self, tallies: list[Any]) -> None:
        self._tallies = tallies

    def show(self, tally: Any) -> None:
        self._tallies.append(tally)

    def hide(self) -> None:
        pass


if __name__ == "__main__":
    _change_clock(sys.argv[2])
    _main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
