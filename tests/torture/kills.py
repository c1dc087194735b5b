"""Row 1: processes that write to one store are killed at any moment, and nothing that had returned is lost.

A writer notes each call that returned (or, where commits are grouped, that `commit` waited
for) in a journal of its own. Afterwards each of them has to be a hit with the right value.
"""

from __future__ import annotations

import itertools
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mandala_lab import MandalaLabError
from torture.figures import Figures, Size, check_store, progress, seeded
from torture.work import KINDS, append, expected, kept, lines_of, opened, same
from torture.workers import errors_of, start, warnings_of

_SHARED = 50  # calls that all writers make
_PATIENCE_S = 600


@dataclass(frozen=True)
class _Plan:
    writers: int
    kills: int
    commits: int
    reopened_s: float


_PLANS = {"small": _Plan(3, 10, 150, 30.0), "full": _Plan(8, 500, 20_000, 1.0)}


def run(size: Size, folder: Path) -> Figures:
    """Kill writers, with each call committed by itself and with grouped commits."""
    figures = Figures("kills")
    for grouped in (False, True):
        place = folder / ("grouped" if grouped else "each")
        place.mkdir()
        _run(figures, _PLANS[size], place, grouped=grouped)
    return figures.done()


def _run(figures: Figures, plan: _Plan, folder: Path, *, grouped: bool) -> None:
    random = seeded("kills", grouped)
    generations = itertools.count()
    writers = [start(folder, _write, folder, number, next(generations), grouped) for number in range(plan.writers)]
    kills, until = 0, time.monotonic() + _PATIENCE_S
    while kills < plan.kills or _acknowledged(folder) < plan.commits:
        time.sleep(random.uniform(0, 0.8 / plan.writers))  # each lives long enough to write something
        everyone = random.random() < 0.05  # then the next to come finds a log that nobody closed
        chosen = range(plan.writers) if everyone else [random.randrange(plan.writers)]
        for number in chosen:
            writers[number].kill()
        for number in chosen:
            writers[number].join()
            writers[number] = start(folder, _write, folder, number, next(generations), grouped)
        kills += len(chosen)
        progress(f"{kills} kills")
        if errors_of(folder) or time.monotonic() > until:
            break
    for writer in writers:
        writer.kill()
        writer.join()
    figures.count("kills", kills)
    _judge(figures, plan, folder, grouped=grouped)


def _acknowledged(folder: Path) -> int:
    return sum(len(lines_of(journal)) for journal in folder.glob("journal-*"))


def _write(folder: Path, number: int, generation: int, grouped: bool) -> None:
    """Call until killed, and note each call once it is acknowledged."""
    began = time.monotonic()
    storage = opened(folder / "store.db", group_commits_ms=10 if grouped else 0)
    append(folder / f"opened-{number}", f"{time.monotonic() - began:.4f}")
    random = seeded(number, generation)
    for batch in itertools.count():
        noted = []
        for n in range(random.randrange(1, 20) if grouped else 1):
            own = number * 10**12 + generation * 10**6 + batch * 20 + n
            kind, x = random.choice(KINDS), own if random.random() < 0.9 else random.randrange(_SHARED)
            with storage:
                found = storage.unwrap(kept(kind, x))
            if not same(found, expected(kind, x)):
                raise ValueError(f"wrong value of {kind} {x}")
            noted.append(f"{kind} {x}")
        if grouped:
            storage.commit()
        append(folder / f"journal-{number}", "\n".join(noted))


def _judge(figures: Figures, plan: _Plan, folder: Path, *, grouped: bool) -> None:
    way = "grouped" if grouped else "each"
    for text in errors_of(folder):
        figures.fail(f"a writer ({way}) failed: {text}")
    for text in warnings_of(folder):
        if "waiting for process" not in text:
            figures.fail(f"a writer ({way}) was warned: {text}")
    opened_s = [float(line) for path in folder.glob("opened-*") for line in lines_of(path)]
    figures.largest("s to reopen at most", max(opened_s, default=0.0))
    figures.expect(max(opened_s, default=0.0) < plan.reopened_s, f"reopening ({way}) took {max(opened_s):.2f} s")
    began = time.monotonic()
    storage: Any = opened(folder / "store.db")
    figures.largest("s to reopen after all died", time.monotonic() - began)
    storage.allow_new_calls(False)
    noted = [line.split() for path in folder.glob("journal-*") for line in lines_of(path)]
    figures.count("acknowledged", len(noted))
    with storage, warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind, x in noted:
            try:
                found = storage.unwrap(kept(kind, int(x)))
            except (MandalaLabError, Warning) as error:
                figures.count("lost")
                figures.fail(f"{way}: {kind} {x} is lost: {error}")
            else:
                if not same(found, expected(kind, int(x))):
                    figures.count("wrong")
                    figures.fail(f"{way}: {kind} {x} is wrong")
    storage.close()
    check_store(figures, folder / "store.db", way)
    left = [path for path in (folder / "store.db.values").iterdir() if path.name.startswith(".")]
    figures.count("temporary files of killed writers", len(left))
    figures.expect(len(left) <= figures.counts["kills"] + plan.writers, f"{len(left)} temporary files are left")
