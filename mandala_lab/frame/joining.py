"""Tables of codes joined to one: rows of different tables belong together where they agree on all that both know.

An outer join that takes what is absent for unknown, rather than for a value of its own
(a full disjunction: Galindo-Legaria, "Outerjoins as disjunctions", SIGMOD 1994).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ABSENT = -(1 << 52)
"""Codes stay exact where pandas turns a column into floats."""

_MOST_ROWS = 50_000_000


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of codes as one.

    Raises
    ------
    ValueError
        When so many rows belong together that the table would not fit in memory.

    Examples
    --------
    >>> import pandas as pd
    >>> one = pd.DataFrame({"call": [1, 2], "loss": [10, 20]})
    >>> other = pd.DataFrame({"call": [2, 3], "acc": [7, 8]})
    >>> joined([one, other]).replace(ABSENT, 0).to_dict("list")
    {'call': [1, 2, 3], 'loss': [10, 20, 0], 'acc': [0, 7, 8]}
    """
    import pandas as pd

    found = pd.DataFrame(columns=[], dtype=np.int64)
    for table in tables:
        found = _both(found, table) if len(found.columns) else table.reset_index(drop=True)
    return found


def _both(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Return two tables as one: what belongs together where the left one stood, then the rest of the right one."""
    ones, others = _pairs(left, right, [column for column in left.columns if column in right.columns])
    ones = np.append(ones, _lacking(len(left), ones))
    others = np.append(others, np.full(len(ones) - len(others), -1))
    order = np.lexsort((others, ones))
    rest = _lacking(len(right), others)
    ones, others = np.append(ones[order], np.full(len(rest), -1)), np.append(others[order], rest)
    columns = {}
    for column in dict.fromkeys([*left.columns, *right.columns]):
        taken = _taken(left, column, ones)
        columns[column] = np.where(taken == ABSENT, _taken(right, column, others), taken)
    return type(left)(columns)


def _pairs(left: pd.DataFrame, right: pd.DataFrame, common: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows belong together: they have something in common, and nothing tells them apart."""
    ones, others = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for known, one in _alike(left, common):
        for also_known, other in _alike(right, common):
            keys = [column for column, both in zip(common, known & also_known, strict=True) if both]
            if keys:
                _require_room(left.loc[one, keys], right.loc[other, keys])
                known_here = right.loc[other, keys].assign(other=other)
                met = left.loc[one, keys].assign(one=one).merge(known_here, on=keys)
                ones.append(met["one"].to_numpy(np.int64))
                others.append(met["other"].to_numpy(np.int64))
    return np.concatenate(ones), np.concatenate(others)


def _alike(table: pd.DataFrame, common: Sequence[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield which columns are known, with the rows of which just these are."""
    known = table[list(common)].to_numpy() != ABSENT
    if known.all():
        yield np.ones(len(common), bool), np.arange(len(table))
        return
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        yield pattern, np.flatnonzero(which == number)


def _require_room(left: pd.DataFrame, right: pd.DataFrame) -> None:
    if len(left) * len(right) <= _MOST_ROWS:
        return
    keys = list(left.columns)
    rows = int(left.value_counts(keys).mul(right.value_counts(keys), fill_value=0).sum())
    if rows > _MOST_ROWS:
        raise ValueError(
            f"the table would have {rows:,} rows, since too many histories have too little in common: name the "
            "operations that connect these nodes, too, or ask for fewer nodes at once"
        )


def _taken(table: pd.DataFrame, column: int, rows: np.ndarray) -> np.ndarray:
    """Return the codes of rows; `ABSENT` where there is no row, or no such column."""
    if column not in table.columns or not len(table):
        return np.full(len(rows), ABSENT)
    return np.where(rows < 0, ABSENT, table[column].to_numpy(np.int64)[rows])


def _lacking(number: int, rows: np.ndarray) -> np.ndarray:
    """Return which of so many rows are not among some."""
    left = np.ones(number, bool)
    left[rows[rows >= 0]] = False
    return np.flatnonzero(left)
