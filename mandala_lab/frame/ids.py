"""`IdTable`: a growing table of ids, and their numbers.

Ids that came in bulk are found in a sorted array of their first eight bytes, which
takes a tenth of the memory of a dict; the few that came since are found in a dict.
"""

from __future__ import annotations

import numpy as np

from mandala_lab.frame.grown import Grown

_FEW = 2_000
"""As many new ids go to the dict before all are sorted anew, or an eighth of all where that is more."""

_MIXING = np.uint64(0x9E3779B97F4A7C15)


class IdTable:
    """Ids of one length, numbered in order of appearance.

    Examples
    --------
    >>> table = IdTable(2)
    >>> two = np.frombuffer(b"aabb", np.uint8).reshape(2, 2)
    >>> table.add(two).tolist(), table.add(two[::-1]).tolist()
    ([0, 1], [1, 0])
    >>> table.find(np.frombuffer(b"cc", np.uint8).reshape(1, 2)).tolist()
    [-1]
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows = Grown(np.uint8, width)
        self._heads = np.zeros(0, np.uint64)
        self._order = np.zeros(0, np.int64)
        self._recent: dict[bytes, int] = {}

    def __len__(self) -> int:
        return self.rows.size

    def find(self, wanted: np.ndarray) -> np.ndarray:
        """Return the numbers of ids, shape ``(ids, width)``; -1 for one that is not here."""
        if self._recent and len(wanted) > _FEW:
            self._sort()
        found = self._find_sorted(wanted)
        if self._recent:
            for place in np.flatnonzero(found < 0).tolist():
                found[place] = self._recent.get(wanted[place].tobytes(), -1)
        return found

    def add(self, ids: np.ndarray) -> np.ndarray:
        """Return the numbers of ids; those that are new get the next ones."""
        found = self.find(ids)
        new = np.flatnonzero(found < 0)
        if len(new):
            firsts, numbers = first_of_each(ids[new])
            found[new] = numbers + len(self)
            self.append(ids[new[firsts]])
        return found

    def append(self, ids: np.ndarray) -> None:
        """Add distinct ids none of which is here."""
        start = len(self)
        self.rows.extend(ids)
        if len(self._recent) + len(ids) > max(_FEW, len(self._heads) // 8):
            self._sort()
        else:
            self._recent.update((one.tobytes(), start + place) for place, one in enumerate(ids))

    def _sort(self) -> None:
        heads = _heads(self.rows.view)
        self._order = np.argsort(heads)
        self._heads = heads[self._order]
        self._recent = {}

    def _find_sorted(self, wanted: np.ndarray) -> np.ndarray:
        found = np.full(len(wanted), -1, np.int64)
        if not len(self._heads) or not len(wanted):
            return found
        heads, rows = _heads(wanted), self.rows.view
        left = np.argsort(heads)  # looking up in order keeps to memory that is near
        places = np.empty(len(wanted), np.int64)
        places[left] = np.searchsorted(self._heads, heads[left])
        while len(left):
            left = left[places[left] < len(self._heads)]
            left = left[self._heads[places[left]] == heads[left]]
            numbers = self._order[places[left]]
            same = (rows[numbers] == wanted[left]).all(axis=1)
            found[left[same]] = numbers[same]
            left = left[~same]  # two ids of one beginning
            places[left] += 1
        return found


def first_of_each(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places where distinct ids appear first, in order, and for each id which of them it is."""
    heads = _heads(ids)
    order = np.argsort(heads, kind="stable")
    ordered = heads[order]
    equal_heads = ordered[1:] == ordered[:-1]
    equal = equal_heads & (ids[order[1:]] == ids[order[:-1]]).all(axis=1)
    if (equal != equal_heads).any():  # of one beginning, but not equal: somebody made them so
        numbers: dict[bytes, int] = {}
        found = np.array([numbers.setdefault(one.tobytes(), len(numbers)) for one in ids], np.int64)
        return np.unique(found, return_index=True)[1], found
    group = np.concatenate([[0], np.cumsum(~equal)])
    firsts = order[np.concatenate([[True], ~equal])]
    by_place = np.argsort(firsts)
    rank = np.empty(len(firsts), np.int64)
    rank[by_place] = np.arange(len(firsts))
    numbers_of = np.empty(len(ids), np.int64)
    numbers_of[order] = rank[group]
    return firsts[by_place], numbers_of


def _heads(ids: np.ndarray) -> np.ndarray:
    """Return eight bytes of each id, with the last two mixed in, by which outputs of one call differ."""
    heads = np.ascontiguousarray(ids[:, :8])
    if ids.shape[1] < 8:  # noqa: PLR2004 - short ones, in tests
        heads = np.pad(heads, ((0, 0), (0, 8 - ids.shape[1])))
    ends = np.ascontiguousarray(ids[:, -2:]).view(np.uint16).ravel().astype(np.uint64)
    return heads.view(np.uint64).ravel() ^ (ends * _MIXING)
