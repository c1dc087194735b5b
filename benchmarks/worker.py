"""The process of one contestant: reads requests, one JSON line each, and answers them.

A request is a list, the name of a method of `Worker` and its arguments. An
answer is ``{"ok": ...}``, or ``{"failed": why}`` for what went wrong with the
contestant. What peers print goes to standard error.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from contestants import MEMOIZERS, OURS, Contestant, grouping
from floors import Floor
from timing import Bench, check
from works import BY_NAME, Sizes, expected, scalars

KINDS: dict[str, type[Contestant]] = {kind.name: kind for kind in MEMOIZERS} | {Floor.name: Floor}
GROUPED_FROM = 100_000  # calls: larger stores are filled in groups, where there are such
BESIDE = ("numpy", "pandas", "pyarrow", "blake3")  # what the figures also depend on


class Worker:
    """Answers for one contestant."""

    def __init__(self, name: str) -> None:
        self._contestant = KINDS[name]()
        self._bench: Bench | None = None
        self._folder = ""

    def begin(self, work: str, sizes: dict[str, Any], folder: str) -> None:
        """Open a store and make the known calls."""
        self._folder = folder
        self._bench = Bench(self._contestant, BY_NAME[work], Sizes(**sizes), folder)
        self._bench.fill()

    def begin_stored(self, work: str, sizes: dict[str, Any], folder: str, stored: int) -> None:
        """Open a store that `store` made."""
        self._bench = Bench(self._contestant, BY_NAME[work], Sizes(**sizes), folder, stored)

    def turn(self, number: int) -> dict[str, tuple[float, float]]:
        """Make a timed pass for each form; answer wall and CPU seconds per call."""
        assert self._bench is not None
        return {form: (timing.wall, timing.cpu) for form, timing in self._bench.turn(number).items()}

    def end(self) -> None:
        """Close the store and remove it."""
        if self._bench is not None:
            self._bench.close()
            self._bench = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def store(self, folder: str, count: int) -> int:
        """Make a store of small calls, close it, and answer how many it has."""
        count = max(1, round(count * self._contestant.share))
        work = BY_NAME["miss"]
        self._contestant.open(folder, grouped=count > GROUPED_FROM)
        for start in range(0, count, 10_000):
            arguments = scalars(start, min(10_000, count - start))
            wanted = expected(work, arguments)
            check(self._contestant, self._contestant.fill(work, arguments), wanted, new=True)
        self._contestant.settle()
        self._contestant.close()
        return count


def probe() -> dict[str, Any]:
    """Say what is installed here."""
    packages = {name: _version(kind.package) for name, kind in KINDS.items() if kind.package}
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "contestants": {name: number for name, number in packages.items() if number},
        "beside": {name: number for name in BESIDE if (number := _version(name))},
    }
    if find_spec("mandala_lab"):
        found["contestants"].setdefault(OURS, "source")
        found["grouping"] = bool(grouping())
    return found


def _version(package: str | None) -> str | None:
    try:
        return version(package) if package else None
    except PackageNotFoundError:
        return None


def serve(kind: Callable[[str], Any]) -> None:
    """Answer until standard input ends, for the contestant that the command line names."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if sys.argv[1] == "--probe":
        print(json.dumps(probe()), file=answers, flush=True)
        return
    worker = kind(sys.argv[1])
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            answer = {"ok": getattr(worker, name)(*arguments)}
        except Exception as error:  # whatever a peer raises is shown in the table
            traceback.print_exc()
            answer = {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(Worker)
