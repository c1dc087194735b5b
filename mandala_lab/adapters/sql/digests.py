"""Many ids at once: found by sorted arrays, which take a tenth of the memory of a dict."""

from __future__ import annotations

from typing import Any

import numpy as np

from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.holdings import Links

_HEAD = 8


class Digests:
    """Ids, given end to end, and the number of each."""

    def __init__(self, joined: bytes | bytearray) -> None:
        self.rows = np.frombuffer(bytes(joined), np.uint8).reshape(-1, DIGEST_SIZE)
        heads = _heads(self.rows)
        self._order = np.argsort(heads, kind="stable")
        self._heads = heads[self._order]

    def find(self, joined: bytes | bytearray) -> np.ndarray:
        """Return the numbers of ids, given end to end; -1 for one that is not here."""
        wanted = np.frombuffer(bytes(joined), np.uint8).reshape(-1, DIGEST_SIZE)
        heads = _heads(wanted)
        places = np.searchsorted(self._heads, heads)
        found = np.full(len(wanted), -1, np.int64)
        left = np.arange(len(wanted))
        while len(left):
            left = left[places[left] < len(self._heads)]
            left = left[self._heads[places[left]] == heads[left]]
            numbers = self._order[places[left]]
            same = (self.rows[numbers] == wanted[left]).all(axis=1)
            found[left[same]] = numbers[same]
            left = left[~same]  # two ids of one beginning
            places[left] += 1
        return found


def linked(number: int, sources: Any, targets: Any) -> Links:
    """Return pairs of numbers by the first, which is below `number`; those whose second is unknown are left out."""
    sources, targets = np.asarray(sources, np.int64), np.asarray(targets, np.int64)
    known = targets >= 0
    sources, targets = sources[known], targets[known]
    order = np.argsort(sources, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=number))]).astype(np.int64)
    return Links(starts.data, np.ascontiguousarray(targets[order]).data)


def _heads(rows: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rows[:, :_HEAD]).view(">u8").ravel().astype(np.uint64)
