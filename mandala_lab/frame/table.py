"""A frame as a table: one row for each joint history. pandas appears only here.

Histories of different end nodes are joined where what they have in common agrees (`joining`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mandala_lab.frame import joining
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.histories import Histories, histories
from mandala_lab.frame.joining import ABSENT
from mandala_lab.frame.numbers import distinct
from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.outline import NodeId, node_name

if TYPE_CHECKING:
    import pandas as pd

JoinHow = Literal["outer", "inner"]
_SEVERAL = 1 << 40


def table(
    graph: FrameGraph,
    nodes: Sequence[NodeId],
    show: Callable[[NodeId, np.ndarray], list[Any]],
    how: JoinHow = "outer",
    shown: Sequence[NodeId] | None = None,
) -> pd.DataFrame:
    """Return the joint histories of the nodes of a graph, with what `show` makes of elements in the cells.

    There are columns of `nodes`, or of those `shown`; what lies between them tells which
    histories belong together. `show` takes a node and numbers of refs, or of calls. A
    cell with several elements holds a tuple, one with none holds ``None``. Rows of several
    end nodes are in the order in which the last element of each appeared.
    """
    import pandas as pd

    shown = nodes if shown is None else shown
    several: dict[tuple[int, ...], int] = {}
    place = {node: number for number, node in enumerate(graph.nodes)}  # names may be such that pandas takes none
    tables = {}
    for each in histories(graph, nodes):
        codes = {place[node]: column for node, column in _codes(each, several).items()}
        tables[place[each.end]] = pd.DataFrame(codes, columns=sorted(codes))
    telling = [place[node] for node in graph.nodes if node in nodes or node in graph.operations]
    joined = _joined(tables, [place[node] for node in nodes], telling)
    is_known = joined.ne(ABSENT)
    joined = joined[is_known.all(axis=1) if how == "inner" else is_known.any(axis=1)]
    if len(nodes) < len(graph.nodes):
        joined = joined.drop_duplicates()
    tuples = {code: elements for elements, code in several.items()}
    if len(tables) > 1:
        ages = [_ages(graph, node, joined[place[node]], tuples) for node in nodes]
        joined = joined.iloc[np.argsort(np.maximum.reduce(ages), kind="stable")]
    joined = joined.reset_index(drop=True)
    with collector_at_rest():
        columns = [_column(joined[place[node]], partial(show, node), tuples) for node in shown]
    made = pd.DataFrame(dict(enumerate(columns)), index=joined.index)
    names = [node_name(node) for node in shown]
    made.columns = pd.Index(names, dtype=None if all(map(_is_whole, names)) else object)
    return made


def nothing(names: Sequence[str]) -> pd.DataFrame:
    """Return a table without rows."""
    import pandas as pd

    return pd.DataFrame({name: [] for name in names}, dtype=object)


def _joined(tables: Mapping[int, pd.DataFrame], chosen: Sequence[int], telling: Sequence[int]) -> pd.DataFrame:
    """Return chosen columns of the tables of all ends, joined.

    What only ends in other columns than the `telling` ones, such as a value that nobody
    asked for, makes no row where another row says the same and more.
    """
    whole = joining.joined(tables.values())
    joined = whole.reindex(columns=chosen, fill_value=ABSENT)
    if tables.keys() <= set(telling):
        return joined
    tells = np.zeros(len(whole), bool)
    for end in tables.keys() & set(telling):
        tells |= np.isin(whole[end], tables[end][end])
    known, is_kept = joined.to_numpy() != ABSENT, np.ones(len(joined), bool)
    for pattern in np.unique(known[~tells], axis=0):
        less = np.flatnonzero(~tells & (known == pattern).all(axis=1))
        more = (known >= pattern).all(axis=1) & (known > pattern).any(axis=1)
        columns = [column for column, is_here in zip(chosen, pattern, strict=True) if is_here]
        if columns:
            others = joined.loc[more, columns].drop_duplicates()
            met = joined.loc[less, columns].merge(others, on=columns, how="left", indicator="met")
            is_kept[less] = (met["met"] == "left_only").to_numpy()
    return joined[is_kept]


def _is_whole(name: str) -> bool:
    """Whether a name has no half of a character, as a text that was cut off may have."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def _codes(found: Histories, several: dict[tuple[int, ...], int]) -> dict[NodeId, np.ndarray]:
    """Return a number for each cell: an element, or what stands for several of them."""
    columns = {}
    for node, (rows, elements) in found.cells.items():
        column = np.full(found.number, ABSENT)
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        column[rows[starts]] = elements[starts]
        sizes = np.diff(np.append(starts, len(rows)))
        for place in np.flatnonzero(sizes > 1).tolist():
            group = tuple(elements[starts[place] : starts[place] + sizes[place]].tolist())
            column[rows[starts[place]]] = several.setdefault(group, _SEVERAL + len(several))
        columns[node] = column
    return columns


def _ages(graph: FrameGraph, node: NodeId, codes: Any, tuples: Mapping[int, tuple[int, ...]]) -> np.ndarray:
    """Return for each cell of a column how late the last of its elements appeared; -1 for none."""
    ages_of = graph.catalogue.call_ages if node in graph.operations else graph.catalogue.ref_ages
    distinct_codes, which, is_one = _distinct(codes)
    found = np.full(len(distinct_codes), -1, np.int64)
    found[is_one] = ages_of(distinct_codes[is_one])
    for place in np.flatnonzero(distinct_codes >= _SEVERAL).tolist():
        found[place] = ages_of(np.array(tuples[int(distinct_codes[place])])).max()
    return np.asarray(found[which])


def _distinct(codes: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct codes of a column, which of them each cell has, and which of them stand for one element."""
    found, which = np.unique(np.asarray(codes, np.int64), return_inverse=True)
    return found, which, (found != ABSENT) & (found < _SEVERAL)


def _column(codes: Any, show: Callable[[np.ndarray], list[Any]], tuples: Mapping[int, tuple[int, ...]]) -> Any:
    """Return a column of what the codes stand for; each distinct one is made once."""
    import pandas as pd

    distinct_codes, which, is_one = _distinct(codes)
    shown = np.empty(len(distinct_codes), object)  # of `None`
    shown[is_one] = _objects(show(distinct_codes[is_one]))
    several = np.flatnonzero(distinct_codes >= _SEVERAL).tolist()
    if several:
        groups = [tuples[code] for code in distinct_codes[several].tolist()]
        every = distinct(np.array([one for group in groups for one in group], np.int64))
        made = dict(zip(every.tolist(), show(every), strict=True))
        shown[several] = _objects([tuple(made[one] for one in group) for group in groups])
    return pd.Series(shown[which], dtype=object)


def _objects(found: list[Any]) -> np.ndarray:
    """Return an array of objects, even where they are arrays or tuples themselves."""
    return np.fromiter(found, object, len(found))
