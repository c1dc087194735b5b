"""Tables of codes joined to one: rows of different tables belong together where they agree on all that both know.

An outer join that takes what is absent for unknown, rather than for a value of its own,
and that does not depend on the order of the tables: a full disjunction (Galindo-Legaria,
"Outerjoins as disjunctions", SIGMOD 1994). Tables are added one by one, and each row
meets the greatest part of each row so far that agrees with it (Cohen, Fadida, Kanza,
Kimelfeld and Sagiv, "Full disjunctions: polynomial-delay iterators in action", VLDB 2006);
here for all rows at once, set of columns by set of columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ABSENT = -(1 << 52)
"""Codes stay exact where pandas turns a column into floats."""

_MOST_ROWS = 50_000_000
_MOST_WAYS = 4_096
"""So many sets of columns are tried on which a row may agree with others."""
_ADVICE = "name the operations that connect these nodes, too, or ask for fewer nodes at once"

Mask = tuple[int, ...]
"""Numbers of parts in ascending order."""


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
    every = list(tables)
    parts = [part for number, table in enumerate(every) for part in _parts(number, table)]
    found: dict[Mask, np.ndarray] = {}
    for new in range(len(parts)):
        found = _greatest({**found, **_together(parts, _met(parts, found, new), new)}, new)
    return _table(parts, found, every)


@dataclass(frozen=True, slots=True)
class _Part:
    """Those rows of a table of which the same columns are known."""

    table: int
    rows: np.ndarray
    columns: Mapping[int, np.ndarray]


def _parts(number: int, table: pd.DataFrame) -> Iterator[_Part]:
    known = table.to_numpy() != ABSENT
    patterns, which = known[:1], np.zeros(len(known), np.int64)
    if not known.all():
        patterns, which = np.unique(known, axis=0, return_inverse=True)
    for place, pattern in enumerate(patterns):
        rows = np.flatnonzero(which == place)
        columns = [column for column, is_known in zip(table.columns, pattern, strict=True) if is_known]
        yield _Part(number, rows, {column: table[column].to_numpy(np.int64)[rows] for column in columns})


def _met(parts: list[_Part], found: Mapping[Mask, np.ndarray], new: int) -> dict[Mask, np.ndarray]:
    """Return by mask, without the new part, each connected piece of what was found that agrees with a row of that."""
    every = np.arange(len(parts[new].rows))
    met: dict[Mask, list[np.ndarray]] = {}
    for mask, picks in found.items():
        shared = _shared(parts, mask, new)
        kinds = {each for each in shared.values() if each}
        rows, seen = every, set[Mask]()
        for columns in _ways(kinds):
            for piece in _pieces(parts, [one for one, each in shared.items() if each <= columns]):
                on = frozenset[int]().union(*(shared[one] for one in piece))
                if on and piece not in seen:
                    some = _distinct(picks[:, [mask.index(one) for one in piece]])
                    ones, others = _pairs(_keys(parts, piece, some, on), _keys(parts, (new,), rows[:, None], on))
                    met.setdefault(piece, []).append(np.column_stack([some[ones], rows[others]]))
                    seen.add(piece)
            if rows is every:  # the first way is by all columns; most rows agree on all or on none
                rows = every[_agree_in_part(parts, mask, picks, new, kinds)]
    return {piece: _distinct(np.concatenate(several)) for piece, several in met.items()}


def _lesser(parts: list[_Part], met: dict[Mask, np.ndarray], new: int) -> dict[Mask, np.ndarray]:
    """Return pieces with what is left of them beside parts of other pieces that they do not fit."""
    every = {part for piece in met for part in piece}
    found, left = dict.fromkeys(met), list(met)
    while left:
        piece = left.pop()
        for other in every:
            for rest in _pieces(parts, [part for part in piece if _are_apart(parts, (part,), (other,))]):
                if rest not in found and any(_shared(parts, rest, new).values()):
                    found[rest] = None
                    left.append(rest)
        _require_ways(len(found))

    def some(rest: Mask) -> Iterator[np.ndarray]:
        for piece, picks in met.items():
            if set(rest) <= set(piece):
                yield picks[:, [*(piece.index(part) for part in rest), -1]]

    return {piece: _distinct(np.concatenate(list(some(piece)))) for piece in found}


def _together(parts: list[_Part], met: dict[Mask, np.ndarray], new: int) -> dict[Mask, np.ndarray]:
    """Return the rows of a new part, each with as many pieces at once as fit together.

    Those that have columns in common and agree are one piece, so that others have none.
    """
    made: dict[tuple[Mask, ...], np.ndarray] = {(): np.arange(len(parts[new].rows))[:, None]}  # the new one comes last
    for piece, picks in _lesser(parts, met, new).items():
        more: dict[tuple[Mask, ...], list[np.ndarray]] = {}
        for key, rows in made.items():
            fitting = tuple(one for one in key if _are_apart(parts, one, piece))
            held = [part for one in key for part in one]
            kept = [held.index(part) for one in fitting for part in one]
            some = _distinct(rows[:, [*kept, -1]])
            ones, others = _pairs(_last(some), _last(picks))
            more.setdefault((*fitting, piece), []).append(np.column_stack([some[ones, :-1], picks[others]]))
            if fitting == key:
                made[key] = rows[~np.isin(rows[:, -1], picks[:, -1])]
        made |= {key: _distinct(np.concatenate(several)) for key, several in more.items()}
    found = {}
    for key, rows in made.items():
        held = [*(part for one in key for part in one), new]
        order = np.argsort(held)
        found[tuple(held[place] for place in order)] = rows[:, order]
    return found


def _are_apart(parts: list[_Part], one: Mask, other: Mask) -> bool:
    """Whether two pieces have no table, and no column, in common."""
    tables, others = ({parts[part].table for part in piece} for piece in (one, other))
    columns = set[int]().union(*(parts[part].columns for part in one))
    return tables.isdisjoint(others) and all(columns.isdisjoint(parts[part].columns) for part in other)


def _last(picks: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({0: picks[:, -1]})


def _shared(parts: list[_Part], mask: Mask, new: int) -> dict[int, frozenset[int]]:
    """Return the columns that each part has in common with a new one; of one table there is no more than one row."""
    own = parts[new].columns.keys()
    return {one: frozenset(parts[one].columns.keys() & own) for one in mask if parts[one].table != parts[new].table}


def _ways(kinds: set[frozenset[int]]) -> list[frozenset[int]]:
    """Return the sets of columns on which a row may agree with another one's parts, which share these; all first."""
    unions: set[frozenset[int]] = set()
    for kind in kinds:
        unions |= {kind, *(union | kind for union in unions)}
        _require_ways(len(unions))
    return sorted(unions, key=lambda union: (-len(union), sorted(union)))


def _require_ways(number: int) -> None:
    if number > _MOST_WAYS:
        raise ValueError(f"the table would take too long, since histories have so much in common in part: {_ADVICE}")


def _pieces(parts: list[_Part], some: list[int]) -> list[Mask]:
    """Return some parts in groups that columns connect."""
    import networkx as nx

    pairs = nx.Graph((one, other) for one in some for other in some if parts[one].columns.keys() & parts[other].columns)
    return [tuple(sorted(group)) for group in nx.connected_components(pairs)]


def _agree_in_part(
    parts: list[_Part], mask: Mask, picks: np.ndarray, new: int, kinds: set[frozenset[int]]
) -> np.ndarray:
    """Whether each row of a new part agrees with something on one kind of columns, and not on all of them."""
    rows = np.arange(len(parts[new].rows))[:, None]

    def number(columns: frozenset[int]) -> np.ndarray:
        held, asked = _keys(parts, mask, picks, columns), _keys(parts, (new,), rows, columns)
        counts = held.value_counts(sort=False).rename("count").reset_index()
        return np.asarray(asked.merge(counts, on=list(columns), how="left")["count"].fillna(0), np.int64)

    of_all = number(frozenset().union(*kinds))
    return np.asarray(np.logical_or.reduce([number(kind) > of_all for kind in kinds]))


def _keys(parts: list[_Part], mask: Mask, picks: np.ndarray, columns: Iterable[int]) -> pd.DataFrame:
    """Return known columns of what belongs together."""
    import pandas as pd

    found = {}
    for column in columns:
        place, part = next((at, parts[one]) for at, one in enumerate(mask) if column in parts[one].columns)
        found[column] = part.columns[column][picks[:, place]]
    return pd.DataFrame(found)


def _pairs(left: pd.DataFrame, right: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are equal."""
    keys = list(left.columns)
    _require_room(left, right)
    met = left.assign(one=np.arange(len(left))).merge(right.assign(other=np.arange(len(right))), on=keys)
    return met["one"].to_numpy(np.int64), met["other"].to_numpy(np.int64)


def _require_room(left: pd.DataFrame, right: pd.DataFrame) -> None:
    if len(left) * len(right) <= _MOST_ROWS:
        return
    keys = list(left.columns)
    rows = int(left.value_counts(keys).mul(right.value_counts(keys), fill_value=0).sum())
    if rows > _MOST_ROWS:
        raise ValueError(
            f"the table would have {rows:,} rows, since too many histories have too little in common: {_ADVICE}"
        )


def _greatest(found: dict[Mask, np.ndarray], new: int) -> dict[Mask, np.ndarray]:
    """Return what no other row holds a row of, and more; only rows with a new part hold others."""
    kept = dict(found)
    for great in found:
        for small in found if new in great else ():
            if set(small) < set(great):
                covered = _distinct(found[great][:, [great.index(one) for one in small]])
                kept[small] = kept[small][~_are_among(kept[small], covered)]
    return {mask: picks for mask, picks in kept.items() if len(picks)}


def _distinct(picks: np.ndarray) -> np.ndarray:
    import pandas as pd

    return np.asarray(picks[~pd.DataFrame(picks).duplicated().to_numpy()])


def _are_among(picks: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether each of several distinct rows is one of others."""
    import pandas as pd

    return np.asarray(pd.DataFrame(np.concatenate([others, picks])).duplicated().to_numpy()[len(others) :])


def _table(parts: list[_Part], found: Mapping[Mask, np.ndarray], tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return what belongs together as rows, in the order of the first table, then of the second..."""
    import pandas as pd

    columns = dict.fromkeys(column for table in tables for column in table.columns)
    sizes = [len(picks) for picks in found.values()]
    cells = {column: np.full(sum(sizes), ABSENT) for column in columns}
    order = np.full((len(tables), sum(sizes)), np.iinfo(np.int64).max)
    for (mask, picks), end in zip(found.items(), np.cumsum(sizes).tolist(), strict=True):
        here = slice(end - len(picks), end)
        for place, one in enumerate(mask):
            order[parts[one].table, here] = parts[one].rows[picks[:, place]]
            for column, codes in parts[one].columns.items():
                cells[column][here] = codes[picks[:, place]]
    ordered = np.lexsort(order[::-1]) if len(order) else np.zeros(0, np.int64)
    return pd.DataFrame({column: codes[ordered] for column, codes in cells.items()}, columns=list(columns))
