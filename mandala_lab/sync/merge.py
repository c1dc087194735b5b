"""Taking one store into another. Repeating is harmless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mandala_lab.memo import values
from mandala_lab.ports.call_store import CallStore


@dataclass(frozen=True, slots=True)
class Imported:
    """What came into a store.

    Attributes
    ----------
    calls, values
        Numbers of records that were new.
    damaged
        Number of values and calls that were left where they were: their bytes are not those that were stored, or
        they bear a signature of a key that counts, and not for what they say.
    """

    calls: int
    values: int
    damaged: int

    def __str__(self) -> str:
        left = f"; {self.damaged:,} damaged records were left out" if self.damaged else ""
        return f"{self.calls:,} new calls and {self.values:,} new values{left}"


def merge(source: CallStore, target: CallStore, tell: Callable[[int], None]) -> Imported:
    """Take what `source` holds into `target`; `tell` learns how many records were looked at."""
    taken = target.take_in(source, values.load, tell)
    return Imported(taken["calls"], taken["values"], taken["damaged values"] + taken["damaged calls"])
