"""A frame as a table: one row for each joint history.

Every chosen element that leads to no other chosen element ends a history; its
row holds, for each chosen node, the elements of that node it came from. Rows of
different end nodes are joined where their common columns agree. pandas appears
only here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.outline import NodeId, node_name

if TYPE_CHECKING:
    import pandas as pd


def table(graph: FrameGraph, nodes: Sequence[NodeId], show: Callable[[str], Any]) -> pd.DataFrame:
    """Return the joint histories of `nodes`, with `show` of each element's hid in the cells.

    A cell with several elements holds a tuple, one with none holds ``None``.
    """
    import pandas as pd

    tables = [pd.DataFrame(rows, dtype=object) for rows in _histories(graph, nodes).values()]
    joined = pd.DataFrame(columns=list(nodes), dtype=object)
    for number, found in enumerate(tables):
        common = [name for name in found.columns if name in joined.columns]
        if number == 0:
            joined = found
        elif common:
            joined = joined.merge(found, on=common, how="outer")
        else:
            joined = pd.concat([joined, found], ignore_index=True)
    joined = joined.reindex(columns=list(nodes)).astype(object)
    for node in nodes:
        joined[node] = pd.Series([_cell(hids, show) for hids in joined[node]], index=joined.index, dtype=object)
    joined.columns = [node_name(node) for node in nodes]
    return joined


def _cell(hids: Any, show: Callable[[str], Any]) -> Any:
    if not isinstance(hids, tuple):
        return None
    shown = tuple(show(hid) for hid in hids)
    return shown[0] if len(shown) == 1 else shown


def _histories(graph: FrameGraph, nodes: Sequence[NodeId]) -> dict[NodeId, list[dict[NodeId, tuple[str, ...]]]]:
    """Rows by end node; a row maps a node to the hids of its elements."""
    elements: dict[NodeId, tuple[str, ...]] = dict(graph.operations)  # type: ignore[arg-type]
    elements.update(graph.variables)  # type: ignore[arg-type]
    homes: dict[str, list[NodeId]] = {}
    for node in nodes:
        for hid in elements.get(node, ()):
            homes.setdefault(hid, []).append(node)
    parents = _parents(graph)
    inner = _ancestors(homes, parents)
    order = {hid: number for number, hid in enumerate(homes)}
    rows: dict[NodeId, list[dict[NodeId, tuple[str, ...]]]] = {}
    for hid, ends in homes.items():
        if hid in inner:
            continue
        row: dict[NodeId, list[str]] = {}
        for element in sorted(homes.keys() & {hid, *_ancestors([hid], parents)}, key=order.__getitem__):
            for node in homes[element]:
                row.setdefault(node, []).append(element)
        rows.setdefault(ends[0], []).append({node: tuple(hids) for node, hids in row.items()})
    return rows


def _parents(graph: FrameGraph) -> dict[str, list[str]]:
    """Return what each element came from directly: a call from its inputs, a ref from its creator."""
    found: dict[str, list[str]] = {}
    for call in graph.calls.values():
        found[call.hid] = [ref.hid for ref in call.inputs.values()]
        for ref in call.outputs.values():
            found[ref.hid] = [call.hid]
    return found


def _ancestors(hids: Any, parents: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    todo = [parent for hid in hids for parent in parents.get(hid, ())]
    while todo:
        hid = todo.pop()
        if hid not in found:
            found.add(hid)
            todo.extend(parents.get(hid, ()))
    return found
