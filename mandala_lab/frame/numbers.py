"""Sets of numbers: arrays in ascending order, each number once; `Places` in one, and `Seen`, which grows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mandala_lab.model.grown import Grown

_FEW, _SPARSE = 1_000, 32


def distinct(numbers: np.ndarray) -> np.ndarray:
    """Return each number once, in ascending order: by flags where they lie near each other, else by sorting.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    if len(numbers) < 2:  # noqa: PLR2004 - nothing to sort
        return np.asarray(numbers, np.int64)
    top = int(numbers.max())
    if _is_dense(top, len(numbers)) and numbers.min() >= 0:
        return np.flatnonzero(_flags(top, numbers))
    ordered = np.sort(numbers)
    first = np.empty(len(ordered), bool)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return np.asarray(ordered if first.all() else ordered[first], np.int64)


def appearing(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct numbers, from 0 on and not great, by where they appear first, and these places.

    Examples
    --------
    >>> [each.tolist() for each in appearing(np.array([7, 2, 7]))]
    [[7, 2], [0, 1]]
    """
    first = np.full(int(numbers.max(initial=-1)) + 1, -1)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]  # of several places the first is written last, and stays
    places = np.sort(first[first >= 0])
    return np.asarray(numbers[places]), places


def _is_dense(top: int, number: int) -> bool:
    """Whether a flag for each number up to the greatest costs less than sorting so many, by far."""
    return number > _FEW and top < _SPARSE * number


def _flags(top: int, numbers: np.ndarray) -> np.ndarray:
    flags = np.zeros(top + 1, bool)
    flags[numbers] = True
    return flags


def united(sets: Iterable[np.ndarray]) -> np.ndarray:
    """Return the union of sorted numbers, sorted."""
    parts = [part for part in sets if len(part)]
    if not parts:
        return np.zeros(0, np.int64)
    return parts[0] if len(parts) == 1 else distinct(np.concatenate(parts))


def is_in(numbers: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Whether each number, from 0 on, is among others, which are in ascending order."""
    if not len(ordered):
        return np.zeros(len(numbers), bool)
    top = int(ordered[-1])
    if _is_dense(top, len(numbers)):
        return np.asarray(_flags(top + 1, ordered)[np.minimum(numbers, top + 1)])
    places = np.minimum(np.searchsorted(ordered, numbers), len(ordered) - 1)
    return np.asarray(ordered[places] == numbers)


class Places:
    """Where numbers, from 0 on, lie among others, which are in ascending order, each once.

    Examples
    --------
    >>> Places(np.array([3, 5])).of(np.array([5, 4, 3])).tolist()
    [1, -1, 0]
    """

    def __init__(self, ordered: np.ndarray) -> None:
        self._ordered = np.append(ordered, -1)
        top = int(ordered[-1]) if len(ordered) else 0
        self._table = np.full(top + 2, -1) if _is_dense(top, len(ordered)) else None
        if self._table is not None:
            self._table[ordered] = np.arange(len(ordered))

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """Return the place of each number; -1 for one that is not there."""
        if self._table is not None:
            return np.asarray(self._table[np.minimum(numbers, len(self._table) - 1)])
        found = np.searchsorted(self._ordered[:-1], numbers)
        return np.where(self._ordered[found] == numbers, found, -1)


def common(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what is in both."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return np.asarray(small[is_in(small, large)])


def lacking(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what is in one and not in the other."""
    return np.asarray(one[~is_in(one, other)]) if len(other) else one


class Seen:
    """A growing set of numbers."""

    def __init__(self) -> None:
        self._flags = Grown(bool)

    def add(self, numbers: np.ndarray) -> np.ndarray:
        """Add numbers, and return those that were not here, each once."""
        top = int(numbers.max(initial=-1)) + 1
        if top > self._flags.size:
            self._flags.extend(np.zeros(max(top, 2 * self._flags.size) - self._flags.size, bool))
        new = numbers[~self._flags.view[numbers]]
        if len(new) > 1:
            new = distinct(new)
        self._flags.view[new] = True
        return np.asarray(new, np.int64)
