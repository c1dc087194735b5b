"""Links of calls by number: `Links`, from a call to its refs, and `Takers`, from a ref to the calls that took it."""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.numbers import distinct
from mandala_lab.model.columns import ragged
from mandala_lab.model.grown import Grown

NONE = -1
"""Stands for no call."""


class Links:
    """What all calls took, or made: refs with the labels of their edges and their own names."""

    def __init__(self) -> None:
        self.starts = Grown(np.int64)
        self.starts.extend(np.zeros(1, np.int64))
        self.refs = Grown(np.int32)
        self.labels = Grown(np.int32)
        self.names = Grown(np.int32)

    def add(self, sizes: np.ndarray, refs: np.ndarray, labels: np.ndarray, names: np.ndarray) -> None:
        """Append the links of calls."""
        self.starts.extend(self.refs.size + np.cumsum(sizes))
        for column, values in ((self.refs, refs), (self.labels, labels), (self.names, names)):
            column.extend(values)

    def of(self, call: int) -> slice:
        """Return where the links of a call lie."""
        return slice(int(self.starts.view[call]), int(self.starts.view[call + 1]))

    def places(self, calls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where the links of calls lie, and the call of each."""
        starts = self.starts.view
        sizes = starts[calls + 1] - starts[calls]
        return ragged(starts[calls], sizes), np.repeat(calls, sizes)


class Takers:
    """Which calls took each ref: an index of most links, and a dict of those that came since."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._starts, self._calls = np.zeros(1, np.int64), np.zeros(0, np.int32)
        self._done = self._calls_done = 0
        self._recent: dict[int, list[int]] = {}

    def of(self, refs: np.ndarray) -> np.ndarray:
        """Return the calls that took refs, each once."""
        self._catch_up()
        indexed = refs[refs < len(self._starts) - 1]
        sizes = self._starts[indexed + 1] - self._starts[indexed]
        found = self._calls[ragged(self._starts[indexed], sizes)]
        if self._recent:
            more = [call for ref in refs.tolist() for call in self._recent.get(ref, ())]
            found = np.concatenate([found, np.array(more, found.dtype)])
        return distinct(found)

    def first_rows(self, refs: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the least of the rows of the calls that took each ref; 0 where there is none."""
        self._catch_up()
        found = np.zeros(len(refs), np.int64)
        indexed = np.flatnonzero(refs < len(self._starts) - 1)
        starts, ends = self._starts[refs[indexed]], self._starts[refs[indexed] + 1]
        taken, sizes = indexed[ends > starts], (ends - starts)[ends > starts]
        if len(taken):
            of_takers = rows[self._calls[ragged(starts[ends > starts], sizes)]]
            found[taken] = np.minimum.reduceat(of_takers, np.cumsum(sizes) - sizes)
        for place, ref in enumerate(refs.tolist()) if self._recent else []:
            if ref in self._recent:
                first = int(rows[self._recent[ref]].min())
                found[place] = min(found[place] or first, first)
        return found

    def _catch_up(self) -> None:
        links, total = self._links, self._links.refs.size
        if total == self._done:
            return
        starts = links.starts.view
        first = self._calls_done
        owners = np.repeat(np.arange(first, len(starts) - 1), np.diff(starts[first:]))
        if total - self._done < max(2_000, self._done // 8):
            for ref, call in zip(links.refs.view[self._done :].tolist(), owners.tolist(), strict=True):
                self._recent.setdefault(ref, []).append(call)
        else:
            refs = links.refs.view
            every = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
            self._calls = every[np.argsort(refs, kind="stable")]
            self._starts = np.concatenate([[0], np.cumsum(np.bincount(refs))]).astype(np.int64)
            self._recent = {}
        self._done, self._calls_done = total, len(starts) - 1
