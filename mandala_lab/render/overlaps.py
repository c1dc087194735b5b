"""Which upright rectangles overlap which, among many.

Owns `Rectangles`. Does not own what they are. They lie in the squares of a grid, and only
what shares a square is compared: a spatial hash join. An overlap is told once, by the square
in which it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Numbers = npt.NDArray[np.int64]

_ACROSS = 256.0
_ALONG = 64.0
_STRIDE = 1 << 24
_NOWHERE = -(1 << 62)


class Rectangles:
    """Many rectangles, to be asked again and again.

    Parameters
    ----------
    areas
        Rows of left, top, right and bottom.

    Examples
    --------
    >>> squares = np.array([[0.0, 10.0], [0.0, 0.0], [8.0, 18.0], [8.0, 8.0]])
    >>> Rectangles(squares).overlapping(np.array([[6.0], [6.0], [9.0], [9.0]]))
    (array([0]), array([0]))
    """

    def __init__(self, areas: Floats) -> None:
        self._areas = areas
        key, whose = _squares(areas)
        turn = np.argsort(key, kind="stable")
        key, self._whose = key[turn], whose[turn]
        starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))[: len(key)]
        self._squares, self._starts = key[starts], np.append(starts, len(key))

    def overlapping(self, areas: Floats) -> tuple[Numbers, Numbers]:
        """Return the numbers of the pairs of one of these areas and one of them; to touch is not to overlap."""
        key, whose = _squares(areas)
        place = np.searchsorted(self._squares, key)
        met = np.flatnonzero(np.append(self._squares, _NOWHERE)[place] == key)
        key, whose, first, last = key[met], whose[met], self._starts[place[met]], self._starts[place[met] + 1]
        many = last - first
        one, key = np.repeat(whose, many), np.repeat(key, many)
        two = self._whose[np.arange(len(one)) + np.repeat(first - (np.cumsum(many) - many), many)]
        for low, high in ((0, 2), (1, 3)):
            true = np.flatnonzero(
                (areas[low][one] < self._areas[high][two]) & (areas[high][one] > self._areas[low][two])
            )
            one, two, key = one[true], two[true], key[true]
        left, top = (np.maximum(areas[low][one], self._areas[low][two]) for low in (0, 1))
        once = _square(left, top) == key
        return one[once], two[once]


def _square(x: Floats, y: Floats) -> Numbers:
    across, along = np.floor(x / _ACROSS).astype(np.int64), np.floor(y / _ALONG).astype(np.int64)
    return along * _STRIDE + across


def _squares(areas: Floats) -> tuple[Numbers, Numbers]:
    """Return the squares that rectangles lie in, and for each whose it is."""
    left, right = (np.floor(areas[at] / _ACROSS).astype(np.int64) for at in (0, 2))
    top, bottom = (np.floor(areas[at] / _ALONG).astype(np.int64) for at in (1, 3))
    wide = right - left + 1
    many = wide * (bottom - top + 1)
    whose = np.repeat(np.arange(len(many)), many)
    turn = np.arange(len(whose)) - np.repeat(np.cumsum(many) - many, many)
    down, aside = np.divmod(turn, wide[whose])
    return (top[whose] + down) * _STRIDE + left[whose] + aside, whose
