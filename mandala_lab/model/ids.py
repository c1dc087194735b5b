"""`IdTable`: a growing table of ids, and their numbers.

A hash table in arrays, so that a million ids are looked up at once: an id whose slot
is taken goes to the next, smaller level of slots (Broder and Karlin, "Multilevel
adaptive hashing", SODA 1990). What finds no room on any level, as only ids do that
somebody made alike, goes to a dict.
"""

from __future__ import annotations

import numpy as np

from mandala_lab.model.grown import Grown

_LEVELS = 4
_FEWEST_SLOTS = 1_024
_MIXING = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F], np.uint64)


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
        self._levels: list[np.ndarray] = []
        self._rest: dict[bytes, int] = {}

    @classmethod
    def of(cls, width: int, ids: bytes | bytearray) -> IdTable:
        """Return a table of ids that are given end to end."""
        made = cls(width)
        made.append(id_rows(ids, width))
        return made

    def __len__(self) -> int:
        return self.rows.size

    def find(self, wanted: np.ndarray) -> np.ndarray:
        """Return the numbers of ids, shape ``(ids, width)``; -1 for one that is not here."""
        return self._find(wanted, heads_of(wanted))

    def _find(self, wanted: np.ndarray, heads: np.ndarray) -> np.ndarray:
        found = np.full(len(wanted), -1, np.int64)
        left = np.arange(len(wanted))
        for level, slots in enumerate(self._levels):
            numbers = slots[_slots(heads[left], level, len(slots))]
            is_taken = numbers >= 0
            left, numbers = left[is_taken], numbers[is_taken]
            same = _are_equal(self.rows.view[numbers], wanted[left])
            found[left[same]] = numbers[same]
            left = left[~same]
            if not len(left):
                return found
        for place in left.tolist() if self._rest else []:
            found[place] = self._rest.get(wanted[place].tobytes(), -1)
        return found

    def add(self, ids: np.ndarray) -> np.ndarray:
        """Return the numbers of ids; those that are new get the next ones."""
        heads = heads_of(ids)
        found = self._find(ids, heads)
        new = np.flatnonzero(found < 0)
        if len(new):
            firsts, numbers = first_of_each(ids[new], heads[new])
            found[new] = numbers + len(self)
            self._append(ids[new[firsts]], heads[new[firsts]])
        return found

    def append(self, ids: np.ndarray) -> None:
        """Add ids none of which is here; of equal ones, any is found."""
        self._append(ids, heads_of(ids))

    def _append(self, ids: np.ndarray, heads: np.ndarray) -> None:
        start = len(self)
        self.rows.extend(ids)
        if not self._levels or 2 * len(self) > len(self._levels[0]):
            size = _slots_for(len(self))
            self._levels = [np.full(max(size >> level, 1), -1, np.int32) for level in range(_LEVELS)]
            self._rest, start, heads = {}, 0, heads_of(self.rows.view) if start else heads
        self._enter(start, heads)

    def _enter(self, start: int, heads: np.ndarray) -> None:
        """Give slots to all ids from a number on."""
        numbers = np.arange(start, len(self), dtype=np.int32)
        for level, slots in enumerate(self._levels):
            at = _slots(heads, level, len(slots))
            is_free = slots[at] < 0
            slots[at[is_free]] = numbers[is_free]
            is_left = slots[at] != numbers
            numbers, heads = numbers[is_left], heads[is_left]
        self._rest.update((self.rows.view[number].tobytes(), number) for number in numbers.tolist())


def id_rows(ids: bytes | bytearray, width: int) -> np.ndarray:
    """Return ids that are given end to end, shape ``(ids, width)``."""
    return np.frombuffer(bytes(ids), np.uint8).reshape(-1, width)


def first_of_each(ids: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places where distinct ids, with these heads, appear first, in order, and which of them each id is."""
    every = np.arange(len(ids), dtype=np.int32)
    first, left = every.copy(), every
    for level in range(_LEVELS):
        at = _slots(heads[left], level, _slots_for(len(left)))
        slots = np.empty(_slots_for(len(left)), np.int32)
        slots[at[::-1]] = left[::-1]  # of several, the first is written last, and stays
        holders = slots[at]
        same = _are_equal(ids[holders], ids[left])
        first[left[same]] = holders[same]
        left = left[~same]
        if not len(left):
            break
    known: dict[bytes, int] = {}
    for place in left.tolist():
        first[place] = known.setdefault(ids[place].tobytes(), place)
    is_first = first == every
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[first]


def may_repeat(ids: np.ndarray) -> bool:
    """Whether one of many ids may be among them twice: two begin with the same eight bytes."""
    heads = np.sort(np.ascontiguousarray(ids[:, :8]).view(np.uint64).ravel())
    return bool((heads[1:] == heads[:-1]).any())


def _slots_for(number: int) -> int:
    """Return a power of two, at least twice as many."""
    return max(_FEWEST_SLOTS, 1 << (2 * number - 1).bit_length())


def _slots(heads: np.ndarray, level: int, size: int) -> np.ndarray:
    """Return the slots of ids, of `size` slots."""
    return np.asarray((heads * _FACTORS[level]) >> np.uint64(64 - (size.bit_length() - 1)), np.int64)


def heads_of(ids: np.ndarray) -> np.ndarray:
    """Return eight bytes of each id, with the last two mixed in, by which outputs of one call differ."""
    heads = np.ascontiguousarray(ids[:, :8])
    if ids.shape[1] < 8:  # noqa: PLR2004 - short ones, in tests
        heads = np.pad(heads, ((0, 0), (0, 8 - ids.shape[1])))
    ends = np.ascontiguousarray(ids[:, -2:]).view(np.uint16).ravel().astype(np.uint64)
    return heads.view(np.uint64).ravel() ^ (ends * _MIXING)


def _are_equal(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether ids are equal, one by one."""
    width = some.shape[1]
    kind = next(kind for kind in (np.uint32, np.uint16, np.uint8) if width % np.dtype(kind).itemsize == 0)
    return np.asarray((np.ascontiguousarray(some).view(kind) == np.ascontiguousarray(others).view(kind)).all(axis=1))
