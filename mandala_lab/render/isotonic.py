"""Isotonic regression: the rising numbers that are nearest to given ones.

Owns `isotonic`, by the algorithm of adjacent pools (Ayer, Brunk, Ewing, Reid and Silverman,
An empirical distribution function for sampling with incomplete information, 1955), on
whole arrays: in each round every falling stretch is pooled.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def isotonic(values: Floats, weights: Floats, rounds: int | None = None) -> Floats:
    """Return the numbers that never fall and have the least sum of weighted squares of differences.

    Parameters
    ----------
    values
        Any numbers.
    weights
        What each counts, more than 0.
    rounds
        After so many it is near enough: some may still fall a little. None goes to the end.

    Examples
    --------
    >>> isotonic(np.array([1.0, 4.0, 2.0, 5.0]), np.ones(4))
    array([1., 3., 3., 5.])
    """
    total, weight, level = values * weights, weights, values
    starts = np.arange(len(values))
    for turn in count():
        rises = np.ones(len(level), bool)
        np.less_equal(level[:-1], level[1:], out=rises[1:])
        pools = np.flatnonzero(rises)
        if len(pools) == len(level) or turn == rounds:
            break
        starts = starts[pools]
        total, weight = np.add.reduceat(total, pools), np.add.reduceat(weight, pools)
        level = total / weight
    return np.repeat(level, np.diff(starts, append=len(values)))
