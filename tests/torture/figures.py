"""What a row reports, and what is common to rows: seeds, progress, and whether a store is sound."""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Size = Literal["small", "full"]
SEED = 20_260_731


@dataclass
class Figures:
    """What came of a row.

    Attributes
    ----------
    name
        Of the row.
    counts
        Numbers by what they count; times are in seconds, and say so.
    failures
        What was lost or wrong, a line each: none if all is well.
    seconds
        How long the row took.
    """

    name: str
    counts: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic, repr=False)

    def count(self, what: str, number: float = 1) -> None:
        """Add to a count."""
        self.counts[what] = self.counts.get(what, 0) + number

    def largest(self, what: str, number: float) -> None:
        """Keep the largest of some numbers."""
        self.counts[what] = max(self.counts.get(what, 0), number)

    def fail(self, text: str) -> None:
        """Note something lost or wrong, with what repeats it."""
        self.failures.append(f"{text} (seed {SEED})")

    def expect(self, fine: object, text: str) -> None:
        """Note a failure unless all is fine."""
        if not fine:
            self.fail(text)

    def done(self) -> Figures:
        """Stop the clock."""
        self.seconds = time.monotonic() - self.began
        return self

    def __str__(self) -> str:
        shown = ", ".join(f"{_number(number)} {what}" for what, number in self.counts.items())
        verdict = "ok" if not self.failures else f"{len(self.failures)} FAILURES"
        return f"{self.name}: {verdict} in {self.seconds:.1f} s; {shown}"


def _number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.3f}"


def seeded(*parts: Any) -> random.Random:
    """Return random numbers that are the same in each run, for a part of a row."""
    return random.Random(f"{SEED}/{parts}")


def progress(text: str) -> None:
    """Show how far a row is, where somebody watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K  {text}")
        sys.stderr.flush()


def check_store(figures: Figures, path: Path, when: str) -> None:
    """Note whether the database of a store is unsound, or what the store itself finds."""
    from torture.work import opened

    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    figures.expect(found == ["ok"], f"{when}: integrity_check says {found[:3]}")
    storage = opened(path)
    try:
        if hasattr(storage, "fsck"):
            report = storage.fsck()
            figures.expect(not getattr(report, "exit_code", 0), f"{when}: fsck says {report}")
    finally:
        storage.close()
