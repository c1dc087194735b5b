"""Tables of frames, worked out in plain Python from what `ComputationFrame.df` says of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import networkx as nx

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


def connecting(frame: Any, nodes: list[str]) -> set[str]:
    """Return the nodes of the least part of a frame that connects some nodes."""
    net = nx.DiGraph()
    net.add_nodes_from(frame.nodes)
    net.add_edges_from((source, target) for source, target, _ in frame.edges())
    after = {node: nx.descendants(net, node) | {node} for node in nodes}
    before = {node: nx.ancestors(net, node) | {node} for node in nodes}
    between = set[str]().union(
        *(after[one] & before[other] for one in nodes for other in nodes if one != other and other in after[one])
    )
    past = set[str]().union(*before.values())
    takers = {name for name in frame.fnames if len(past & set(net.predecessors(name))) > 1}
    for kept in (between, past, past | takers):
        held = nx.node_connected_component(net.to_undirected().subgraph(kept | {nodes[0]}), nodes[0])
        if kept.issuperset(nodes) and held.issuperset(nodes):
            return kept
    return set(frame.nodes)


def table(frame: Any, nodes: list[str], how: str = "outer") -> Counter[tuple[frozenset[str], ...]]:
    """Return the rows of a table of some nodes: for each node the ids in its cell."""
    if len(nodes) == 1:
        return Counter((frozenset([hid]),) for hid in frame.sets[nodes[0]])
    kept = connecting(frame, nodes)
    led = steps(frame, kept)
    pasts = {element: past(element, led) for element in led}
    inner = {before for element, before_it in pasts.items() for before in before_it - {element}}
    ends = [(each[0], _row(pasts[each])) for each in pasts if each not in inner]
    cells, silent = [], []
    for together in full_disjunction(ends):
        known = {name: ids for end in together for name, ids in ends[end][1].items()}
        tells = any(ends[end][0] in {*nodes, *frame.fnames} for end in together)
        (cells if tells else silent).append(tuple(known.get(node, frozenset()) for node in nodes))
    every = [*cells, *silent]
    cells += [row for row in silent if not any(_says_more(other, row) for other in every)]
    cells = [row for row in cells if (any(row) if how == "outer" else all(row))]
    return Counter(cells if len(kept) == len(nodes) else set(cells))


def _row(elements: set[Element]) -> dict[str, frozenset[str]]:
    return {node: frozenset(hid for where, hid in elements if where == node) for node, _ in elements}


def _says_more(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return one != other and all(not ids or ids == known for known, ids in zip(one, other, strict=True))


Row = tuple[str, dict[str, Any]]
"""The table in which a row lies, and what it knows."""


def full_disjunction(rows: list[Row]) -> set[frozenset[int]]:
    """Return the greatest sets of rows, of different tables, that agree and are connected: all sets are tried."""
    sets = growing = {frozenset([row]) for row in range(len(rows))}
    while growing:
        growing = {
            one | {row}
            for one in growing
            for row in range(len(rows))
            if all(_may_meet(rows[row], rows[other]) for other in one)
            and any(rows[row][1].keys() & rows[other][1].keys() for other in one)
        }
        sets = sets | growing
    return {one for one in sets if not any(one < other for other in sets)}


def _may_meet(one: Row, other: Row) -> bool:
    return one[0] != other[0] and all(one[1][name] == other[1][name] for name in one[1].keys() & other[1].keys())
