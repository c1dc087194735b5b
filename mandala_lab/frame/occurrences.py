"""`Occurrences`: how often each call occurred in a session, and with which outcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from mandala_lab.model.grown import Grown
from mandala_lab.model.outline import Counts, NodeStatus

if TYPE_CHECKING:
    from mandala_lab.frame.catalogue import Catalogue
    from mandala_lab.model.calls import SpanStatus

_RECENT_FIRST: tuple[NodeStatus, ...] = ("computed", "cached")
STATUSES: tuple[SpanStatus, ...] = ("computed", "cached", "error")


class Occurrences:
    """Counts by the number of a call in a catalogue; none at first.

    Examples
    --------
    >>> found = Occurrences()
    >>> found.add(2, "cached")
    >>> found.of(np.array([0, 2]))
    Counts(total=2, computed=0, cached=1, error=0)
    """

    def __init__(self) -> None:
        self._counts = Grown(np.int32, len(STATUSES))

    def add(self, call: int, status: SpanStatus) -> None:
        """Count one more."""
        self._reach(call + 1)
        self._counts.view[call, STATUSES.index(status)] += 1

    def of(self, calls: np.ndarray) -> Counts:
        """Return how many calls these are, and what happened to them."""
        known = self._counts.view[calls[calls < self._counts.size]]
        return Counts(len(calls), *known.sum(axis=0, dtype=np.int64).tolist())

    def moved(self, old: Catalogue, new: Catalogue) -> Occurrences:
        """Return the same for a catalogue that numbers calls anew."""
        found = Occurrences()
        calls = np.flatnonzero(self._counts.view.any(axis=1))
        numbers = new.call_ids.find(old.call_ids.rows.view[calls])
        found._reach(int(numbers.max(initial=-1)) + 1)
        known = numbers >= 0
        found._counts.view[numbers[known]] += self._counts.view[calls[known]]
        return found

    def _reach(self, size: int) -> None:
        missing = size - self._counts.size
        if missing > 0:
            self._counts.extend(np.zeros((missing, len(STATUSES)), np.int32))


def status_of(counts: Counts) -> NodeStatus:
    """Return the status that counts come to: the worst that happened."""
    if counts.error:
        return "error"
    if counts.computed:
        return "computed"
    return "cached" if counts.cached else "earlier"


def status_of_values(counts: Counts) -> NodeStatus:
    """Return the status of what calls with these counts made, or took: an error is theirs, not that of values."""
    without = status_of(Counts(counts.total, counts.computed, counts.cached, 0))
    return "computed" if without == "earlier" and counts.error else without


def status_among(around: Iterable[NodeStatus]) -> NodeStatus:
    """Return the most recent of several statuses of values."""
    found = set(around)
    return next((status for status in _RECENT_FIRST if status in found), "earlier")
