"""Looking after our own store when it is large: opening it, the commands, and collecting half of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contestants import OURS
from crew import HERE, Crew, Failed, environment, interleave
from rows import Row, Target, figures_of
from works import Sizes

JUDGED_FROM = 100_000  # stored calls
PATIENCE = 5  # times that of calls: a command takes about a second
LISTED = 50  # what ``ls`` lists by default
COLLECTING = "gc of half"
TARGETS = {
    "open": Target(1.0),
    "mandala stats": Target(2.0),
    "mandala ls": Target(2.0),
    "mandala fsck": Target(60 / 100_000),
    COLLECTING: Target(),
}

Wanted = Callable[[str], bool]
Timing = tuple[float, float]


def names(count: int) -> list[str]:
    """Return the names of the rows of this theme."""
    return [name_of(what, count) for what in TARGETS]


def name_of(what: str, count: int) -> str:
    """Return the name of a row."""
    return f"{what}, {count:,} stored calls"


def rows(crew: Crew, sizes: Sizes, folder: Path, wanted: Wanted) -> list[Row]:
    """Return the rows whose names are wanted; the last deletes half of the store that lies in the folder."""
    count = max(sizes.growth)
    interpreter = crew.interpreter(OURS)
    assert interpreter is not None
    keeper = Keeper(interpreter, folder, count)
    found = []
    for what, action in keeper.actions.items():
        if wanted(name_of(what, count)):
            only_once = what == COLLECTING  # a patience of nothing makes one pass
            passes, patience_s = (0, 0.0) if only_once else (sizes.heavy_passes, PATIENCE * sizes.patience_s)
            answer = interleave([Turns(what, action)], passes, patience_s)[what]
            figures = answer if isinstance(answer, Failed) else figures_of(answer["value"])
            found.append(Row(name_of(what, count), {OURS: figures}, TARGETS[what], judged=count >= JUDGED_FROM))
    return found


@dataclass(frozen=True)
class Turns:
    """One thing that is done again and again; takes turns as a worker does."""

    label: str
    action: Callable[[], Timing]

    def ask(self, method: str, number: int) -> dict[str, Timing]:  # noqa: ARG002 - all turns are alike
        """Do it; return wall and CPU seconds."""
        assert method == "turn"
        return {"value": self.action()}


class Keeper:
    """Looks after one store of so many calls, or some more, each time in a new process."""

    def __init__(self, interpreter: str, folder: Path, count: int) -> None:
        self._interpreter = interpreter
        self._store = folder / "store.db"
        self._environment = environment(interpreter, folder.parent)
        self._count = count
        self.actions = {
            "open": self.open,
            "mandala stats": self.stats,
            "mandala ls": self.ls,
            "mandala fsck": self.fsck,
            COLLECTING: self.collect_half,
        }

    def open(self) -> Timing:
        """Open it in a process that has imported mandala_lab; on the clock is only that."""
        output, _ = self._run(str(HERE / "keeping.py"), "open", str(self._store))
        wall, cpu = map(float, output.split())
        return wall, cpu

    def stats(self) -> Timing:
        """Say how much it holds."""
        output, timing = self._command("stats")
        self._check(output, int(output.split()[0].replace(",", "")))
        return timing

    def ls(self) -> Timing:
        """List the latest calls."""
        output, timing = self._command("ls")
        listed = sum("scale(" in line for line in output.splitlines())
        if listed != min(LISTED, self._number()):
            raise Failed(f"ls listed {listed} calls")
        return timing

    def fsck(self) -> Timing:
        """Check all; seconds are per call."""
        output, timing = self._command("fsck", "--json")  # whose records are not trusted would be a status of 2
        checked = json.loads(output)["calls"]
        self._check(output, checked)
        return timing[0] / checked, timing[1] / checked

    def collect_half(self) -> Timing:
        """Delete half of the bytes; seconds are per call deleted."""
        before = self._number()
        output, _ = self._run(str(HERE / "keeping.py"), "collect", str(self._store))
        wall, cpu, deleted = map(float, output.split())
        left = self._number()
        if not 0 < deleted == before - left:
            raise Failed(f"gc told of {deleted:.0f} deleted calls, and of {before} there are {left}")
        return wall / deleted, cpu / deleted

    def _number(self) -> int:
        output, _ = self._command("stats", "--json")
        return int(json.loads(output)["calls"])

    def _check(self, output: str, calls: int) -> None:
        if calls < self._count:
            raise Failed(f"{calls:,} calls where there are {self._count:,}: {output[:100]}")

    def _command(self, name: str, *options: str) -> tuple[str, Timing]:
        return self._run("-m", "mandala_lab", name, str(self._store), *options)

    def _run(self, *arguments: str) -> tuple[str, Timing]:
        """Run Python; return what it prints, and wall and CPU seconds of the process."""
        cpu, wall = _of_children(), time.perf_counter()
        done = subprocess.run(
            [self._interpreter, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._store.parent.parent,
            env=self._environment,
        )
        timing = time.perf_counter() - wall, _of_children() - cpu
        if done.returncode:
            why = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it says nothing"]
            raise Failed(f"exit status {done.returncode}: {why[0]}"[:200])
        return done.stdout, timing


def _of_children() -> float:
    """Return the CPU seconds of the processes that ended; not told on Windows."""
    times = os.times()
    return times.children_user + times.children_system
