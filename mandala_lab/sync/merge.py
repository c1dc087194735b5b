"""Taking one store into another. Repeating is harmless."""

from __future__ import annotations

from collections import Counter
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
        Number of values and calls that were left where they were, and of descriptions (of ops, code versions) that
        came without what could not be believed: their bytes are not those that were stored, or they bear a
        signature of a key that counts, and not for what they say.
    whole
        Whether all could be read; if not, records in damaged pages of the database are lost.
    """

    calls: int
    values: int
    damaged: int
    whole: bool = True

    def __str__(self) -> str:
        left = f"; {self.damaged:,} damaged records were left out, or came in part" if self.damaged else ""
        lost = "" if self.whole else "; what lies in damaged pages of the database is lost"
        return f"{self.calls:,} new calls and {self.values:,} new values{left}{lost}"


def merge(source: CallStore, target: CallStore, tell: Callable[[int], None], taken: Counter[str]) -> Imported:
    """Take what `source` holds into `target`; `tell` learns how many records were looked at.

    `taken` counts what came in, also of an attempt that failed before.
    """
    taken -= Counter({what: number for what, number in taken.items() if what.startswith("damaged")})
    target.take_in(source, values.load, tell, taken)
    return Imported(
        taken["calls"], taken["values"], sum(number for what, number in taken.items() if what.startswith("damaged"))
    )
