"""How long calls ran: a call inside another one is part of its time, and is not counted again.

Most calls overlap no other, which their times tell; of the others their occurrences
say whether one is inside the other, or beside it in another thread. Calls that
were deleted after the frame was made took nobody knows how long.
"""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.details import MICRO, known_details
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.calls import Span
from mandala_lab.ports.call_store import CallStore


class Times:
    """Adds up times of calls of a frame.

    Parameters
    ----------
    graph
        The frame.
    store
        Has the occurrences of its calls.
    """

    def __init__(self, graph: FrameGraph, store: CallStore) -> None:
        self._catalogue = graph.catalogue
        self._store = store
        self._runs: dict[str, list[Span]] = {}
        self._executed: dict[str, Span] = {}

    def seconds(self, calls: np.ndarray) -> float:
        """Return for how many seconds the bodies of some calls ran together, those inside one of them left out."""
        details, there = known_details(self._catalogue, calls)
        ran = details.executed
        started, took = details.started_us[ran], details.duration_us[ran]
        overlap = overlapping(started, took)
        total = int(took[~overlap].sum())
        if overlap.any():
            hids = self._catalogue.call_hids.texts(calls[there][ran])
            inside = self._inside(
                set(hids), [hid for hid, is_one in zip(hids, overlap.tolist(), strict=True) if is_one]
            )
            total += int(took[overlap][~inside].sum())
        return total / MICRO

    def _inside(self, hids: set[str], asked: list[str]) -> np.ndarray:
        """Return which calls were executed in the body of one of some."""
        self._find(asked)
        inside: set[tuple[str, int]] = set()
        for run in dict.fromkeys(self._executed[hid].run for hid in asked if hid in self._executed):
            calls: dict[int, str] = {}
            for span in self._runs[run]:  # each comes after the one that it is in
                calls[span.seq] = span.call
                above = span.parent
                if above is not None and (calls.get(above) in hids or (run, above) in inside):
                    inside.add((run, span.seq))
        spans = (self._executed.get(hid) for hid in asked)
        return np.array([span is not None and (span.run, span.seq) in inside for span in spans], bool)

    def _find(self, hids: list[str]) -> None:
        """Look up the occurrences that executed calls."""
        for span in self._store.last_spans(hid for hid in hids if hid not in self._executed).values():
            self._read(span.run)
        for hid in hids:
            if hid not in self._executed:  # in an earlier run than that of its last hit
                executed = [span for span in self._store.spans_of_call(hid) if span.status != "cached"]
                for span in executed[:1]:
                    self._read(span.run)

    def _read(self, run: str) -> None:
        if run not in self._runs:
            self._runs[run] = self._store.spans_of_run(run)
            for span in self._runs[run]:
                if span.status != "cached":
                    self._executed.setdefault(span.call, span)


def overlapping(started: np.ndarray, took: np.ndarray) -> np.ndarray:
    """Return which of some intervals begin while one that began earlier is not over.

    Examples
    --------
    >>> import numpy as np
    >>> overlapping(np.array([0, 2, 10]), np.array([5, 1, 1])).tolist()
    [False, True, False]
    """
    order = np.lexsort((-took, started))
    ends = np.maximum.accumulate((started + took)[order])
    found = np.zeros(len(started), bool)
    found[order[1:]] = started[order][1:] < ends[:-1]
    return found
