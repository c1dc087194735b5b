"""What a memoized call costs, side by side: mandala_lab, joblib.Memory, diskcache and a floor.

One process, small scalar arguments, the same body and the same arguments for
all. The contestants take turns pass by pass, so that drift of the machine hits
all alike. Each pass is checked: hits run no body, misses run every body, and
results are equal. Nothing is asserted about speed. See README.md beside this.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import sqlite3
import statistics
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import diskcache
import joblib

import mandala_lab

Arguments = list[tuple[int, float]]

OURS = "mandala_lab"
PACKAGES = {"mandala_lab": "mandala-lab", "joblib": "joblib", "diskcache": "diskcache"}

bodies_run: list[int] = []
# mandala_lab keys a call by the *data* that its body reads as globals, so the body counts through a callable.
note_run = bodies_run.append


def scale(number: int, factor: float) -> float:
    """Stand for the user's function: it does next to nothing and counts its runs."""
    note_run(number)
    return number * factor


@dataclass(frozen=True)
class Work:
    """One row of the table: what is done N times in a pass.

    Attributes
    ----------
    new
        Whether each call is new (a miss), else each is known (a hit).
    reopened
        Whether the store is closed and opened before each pass, off the clock.
    value
        Whether the value is taken out of what the call returns.
    flush
        Whether the pass ends with writing what the hits left in memory.
    """

    name: str
    new: bool = False
    reopened: bool = False
    value: bool = False
    flush: bool = False


WORKS = (
    Work("hit"),
    Work("hit + value", value=True),
    Work("hit + flush", flush=True),
    Work("first hit after reopening", reopened=True),
    Work("first hit after reopening + value", reopened=True, value=True),
    Work("miss + store", new=True),
)
FILL = Work("fill", new=True)


class Contestant(ABC):
    """One memoizer with a folder of its own."""

    name: ClassVar[str]
    call: Callable[[int, float], Any]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    @abstractmethod
    def open(self) -> None:
        """Open the store, which may be new, and memoize the body as `call`."""

    @abstractmethod
    def close(self) -> None:
        """Release the store, so that `open` begins anew."""

    def run(self, work: Work, arguments: Arguments) -> list[Any]:  # noqa: ARG002 - all work is alike to most
        """Call the function with all arguments: the part on the clock."""
        call = self.call
        return [call(number, factor) for number, factor in arguments]

    def settle(self) -> None:  # noqa: B027 - most leave nothing
        """Finish, off the clock, what calls leave for later, lest it burden who is next."""

    def values(self, results: list[Any]) -> list[Any]:
        """Return the values of results, for the check."""
        return results


class MandalaLab(Contestant):
    """mandala_lab on a file. A hit returns a ref, whose value is loaded when it is asked for."""

    name = OURS

    def open(self) -> None:
        """Open the store and let it answer."""
        self.storage = mandala_lab.Storage(self.folder / "store.db", session="benchmark")
        self.storage.activate()
        self.call = mandala_lab.op(scale)

    def close(self) -> None:
        """Close the store; what it held in memory goes with it."""
        self.storage.deactivate()
        self.storage.close()

    def run(self, work: Work, arguments: Arguments) -> list[Any]:
        """Call the op; take values or write spans where the work says so."""
        call = self.call
        if work.value:
            return [call(number, factor).value for number, factor in arguments]
        results = super().run(work, arguments)
        if work.flush:
            self.storage.flush()
        return results

    def settle(self) -> None:
        """Write the spans of hits, which else happens in a thread within 100 ms."""
        self.storage.flush()

    def values(self, results: list[Any]) -> list[Any]:
        """Load the values of refs."""
        return list(self.storage.unwrap(results))


class Joblib(Contestant):
    """joblib.Memory: a folder for each call."""

    name = "joblib"

    def open(self) -> None:
        """Make a memory on the folder."""
        self.call = joblib.Memory(self.folder, verbose=0).cache(scale)

    def close(self) -> None:
        """Forget the memory; it holds nothing open."""
        del self.call


class DiskCache(Contestant):
    """diskcache.Cache: rows of an SQLite file."""

    name = "diskcache"

    def open(self) -> None:
        """Open the cache, with its own defaults."""
        self.cache = diskcache.Cache(str(self.folder))
        self.call = self.cache.memoize(typed=True)(scale)

    def close(self) -> None:
        """Close its connection."""
        self.cache.close()


class Floor(Contestant):
    """What no memoizer in Python can beat: a dict for hits, bare SQLite for the rest."""

    name = "floor"

    def open(self) -> None:
        """Open the database and load the dict."""
        self.database = sqlite3.connect(self.folder / "floor.db", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.execute("CREATE TABLE IF NOT EXISTS known (number INTEGER PRIMARY KEY, factor REAL, result REAL)")
        self.settle()

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def run(self, work: Work, arguments: Arguments) -> list[Any]:
        """Look up or insert, one row for each of the arguments."""
        execute = self.database.execute
        if work.new:
            results = []
            for number, factor in arguments:
                result = scale(number, factor)
                execute("INSERT INTO known VALUES (?, ?, ?)", (number, factor, result))  # commits by itself
                results.append(result)
            return results
        if work.reopened:
            query = "SELECT result FROM known WHERE number = ? AND factor = ?"
            return [execute(query, pair).fetchone()[0] for pair in arguments]
        known = self.known
        return [known[pair] for pair in arguments]

    def settle(self) -> None:
        """Load the dict anew."""
        rows = self.database.execute("SELECT number, factor, result FROM known")
        self.known = {(number, factor): result for number, factor, result in rows}


CONTESTANTS: tuple[type[Contestant], ...] = (MandalaLab, Joblib, DiskCache, Floor)


@dataclass(frozen=True)
class Timing:
    """Microseconds per call in one pass."""

    wall: float
    cpu: float


def arguments_from(start: int, count: int) -> Arguments:
    """Return `count` arguments that nobody has seen if `start` is past those of before."""
    return [(start + number, 0.5) for number in range(count)]


def timed_pass(contestant: Contestant, work: Work, arguments: Arguments) -> Timing:
    """Time one pass of one contestant and check it."""
    if work.reopened:
        contestant.close()
        contestant.open()
    bodies_run.clear()
    gc.collect()
    gc.disable()
    try:
        cpu, wall = time.process_time(), time.perf_counter()
        results = contestant.run(work, arguments)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        gc.enable()
    check(contestant, work, arguments, results)
    contestant.settle()
    micro = 1e6 / len(arguments)
    return Timing(wall * micro, cpu * micro)


def check(contestant: Contestant, work: Work, arguments: Arguments, results: list[Any]) -> None:
    """Raise `RuntimeError` unless the pass was what it is called, with the right results."""
    wanted_runs = [number for number, _ in arguments] if work.new else []
    if bodies_run != wanted_runs:
        raise RuntimeError(
            f"{contestant.name}, {work.name!r}: {len(bodies_run)} bodies ran where {len(wanted_runs)} should have"
        )
    found = contestant.values(results)
    wanted = [number * factor for number, factor in arguments]
    if found != wanted or not all(type(value) is float for value in found):
        raise RuntimeError(f"{contestant.name}, {work.name!r}: results differ from those of the plain function")
    if bodies_run != wanted_runs:
        raise RuntimeError(f"{contestant.name}, {work.name!r}: reading results ran bodies")


def measure(contestants: Iterable[Contestant], calls: int, passes: int) -> dict[str, dict[str, list[Timing]]]:
    """Return the timings by work and contestant: for each work one pass to warm up, then `passes`."""
    entrants = list(contestants)
    known = arguments_from(0, calls)
    start = calls
    for contestant in entrants:
        timed_pass(contestant, FILL, known)
    timings: dict[str, dict[str, list[Timing]]] = {}
    for work in WORKS:
        found: dict[str, list[Timing]] = {contestant.name: [] for contestant in entrants}
        for _ in range(passes + 1):
            arguments = known
            if work.new:
                arguments, start = arguments_from(start, calls), start + calls
            for contestant in entrants:
                found[contestant.name].append(timed_pass(contestant, work, arguments))
        timings[work.name] = {name: passed[1:] for name, passed in found.items()}
    return timings


def row(work: str, name: str, timings: dict[str, list[Timing]]) -> dict[str, Any]:
    """Return the figures of one contestant at one work."""
    figures: dict[str, Any] = {"work": work, "contestant": name}
    for clock in ("wall", "cpu"):
        series = [getattr(timing, clock) for timing in timings[name]]
        ours = statistics.median(getattr(timing, clock) for timing in timings[OURS])
        median = statistics.median(series)
        figures[f"{clock}_us"] = {"best": min(series), "median": median}
        figures[f"{clock}_ratio"] = ours / median if median else None  # a coarse clock may show nothing
    return figures


def report(calls: int, passes: int) -> dict[str, Any]:
    """Run everything in a temporary folder and return what was found."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hit-and-miss-")))
        entrants = [kind(folder / kind.name) for kind in CONTESTANTS]
        for contestant in entrants:
            contestant.open()
            stack.enter_context(closing(contestant))
        timings = measure(entrants, calls, passes)
    return {
        "calls": calls,
        "passes": passes,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": {name: version(package) for name, package in PACKAGES.items()},
        "rows": [row(work, name, timed) for work, timed in timings.items() for name in timed],
    }


def table(found: dict[str, Any]) -> str:
    """Return the report as text."""
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    lines = [
        f"Python {found['python']}, SQLite {found['sqlite']}, {versions}",
        f"microseconds per call; {found['passes']} passes of {found['calls']} calls, interleaved",
        f"ratio = median of {OURS} / median of this one (below 1: {OURS} is quicker)",
        "",
        f"{'':34}{'wall time':^24}{'CPU time':^24}",
        f"{'':34}" + f"{'best':>8}{'median':>8}{'ratio':>8}" * 2,
    ]
    work = ""
    for figures in found["rows"]:
        if figures["work"] != work:
            work = figures["work"]
            lines.append(work)
        cells = "".join(_cells(figures[f"{clock}_us"], figures[f"{clock}_ratio"]) for clock in ("wall", "cpu"))
        lines.append(f"    {figures['contestant']:30}{cells}")
    return "\n".join(lines)


def _cells(micros: dict[str, float], ratio: float | None) -> str:
    shown = "-" if ratio is None else f"{ratio:.2f}"
    return f"{micros['best']:8.2f}{micros['median']:8.2f}{shown:>8}"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def main() -> None:
    """Run the comparison from the command line."""
    parser = argparse.ArgumentParser(description="Compare the cost of memoized calls.")
    parser.add_argument("--calls", type=_positive, default=1000, metavar="N", help="calls in a pass (%(default)s)")
    parser.add_argument("--passes", type=_positive, default=7, metavar="N", help="timed passes (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    options = parser.parse_args()
    found = report(options.calls, options.passes)
    print(table(found))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
