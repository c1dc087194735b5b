"""Tables of frames, worked out in plain Python from what `ComputationFrame.df` says of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

Element = tuple[str, str]
"""A node and the history id of a ref or a call in it."""


def steps(frame: Any, kept: set[str]) -> dict[Element, set[Element]]:
    """Return for each element of some nodes those of them from which an edge leads to it."""
    found: dict[Element, set[Element]] = {(name, hid): set() for name in kept for hid in frame.sets[name]}
    for source, target, label in frame.edges():
        if not {source, target} <= kept:
            continue
        is_input = target in frame.fnames
        operation, variable = (target, source) if is_input else (source, target)
        for call in frame.calls_by_func()[operation]:
            refs = call.inputs if is_input else call.outputs
            for name, ref in refs.items():
                own = name.partition("[")[0] if call.op.startswith("mandala_lab:") else name
                if own == label and ref.hid in frame.vs[variable]:
                    after, before = ((operation, call.hid), (variable, ref.hid))[:: 1 if is_input else -1]
                    found[after].add(before)
    return found


def past(element: Element, led: dict[Element, set[Element]]) -> set[Element]:
    """Return an element and all that leads to it."""
    seen, left = {element}, [element]
    while left:
        left.extend(new := led[left.pop()] - seen)
        seen |= new
    return seen


def table(frame: Any, kept: set[str], nodes: list[str], how: str = "outer") -> Counter[tuple[frozenset[str], ...]]:
    """Return the rows of a table of some nodes, among those that are kept: for each node the ids in its cell."""
    led = steps(frame, kept)
    if len(nodes) == 1:
        return Counter((frozenset([hid]),) for hid in frame.sets[nodes[0]])
    pasts = {(node, hid): past((node, hid), led) for node in nodes for hid in frame.sets[node]}
    inner = {before for element, before_it in pasts.items() for before in before_it - {element}}
    joined: list[dict[str, frozenset[str]]] = []
    columns: set[str] = set()
    for node in nodes:
        rows = [_row(pasts[node, hid], nodes) for hid in frame.sets[node] if (node, hid) not in inner]
        if rows:
            own = {column for row in rows for column in row}
            rows = [{column: row.get(column, frozenset()) for column in own} for row in rows]
            joined = _joined(joined, rows, columns & own, how) if columns else rows
            columns |= own
            joined = [{column: row.get(column, frozenset()) for column in columns} for row in joined]
    cells = [tuple(row.get(node, frozenset()) for node in nodes) for row in joined]
    return Counter(row for row in cells if how == "outer" or all(row))


def _row(elements: set[Element], nodes: list[str]) -> dict[str, frozenset[str]]:
    return {node: held for node in nodes if (held := frozenset(hid for where, hid in elements if where == node))}


def _joined(left: list[Any], right: list[Any], common: set[str], how: str) -> list[Any]:
    pairs = [
        (one, other) for one in left for other in right if common and all(one[key] == other[key] for key in common)
    ]
    rows = [{**one, **other} for one, other in pairs]
    if how == "outer" or not common:
        met = {id(each) for pair in pairs for each in pair}
        rows += [each for each in [*left, *right] if id(each) not in met]
    return rows
