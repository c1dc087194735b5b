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
    joined: list[dict[str, frozenset[str]]] = []
    for node in _in_direction(frame, kept):
        joined = _joined(joined, [_row(pasts[each]) for each in pasts if each[0] == node and each not in inner])
    cells = [tuple(row.get(node, frozenset()) for node in nodes) for row in joined]
    cells = [row for row in cells if (any(row) if how == "outer" else all(row))]
    return Counter(cells if len(kept) == len(nodes) else set(cells))


def _in_direction(frame: Any, kept: set[str]) -> list[str]:
    net = nx.DiGraph()
    net.add_nodes_from(name for name in frame.nodes if name in kept)
    net.add_edges_from((source, target) for source, target, _ in frame.edges() if {source, target} <= kept)
    groups = nx.condensation(net)
    rank = {group: place for place, group in enumerate(nx.topological_sort(groups))}
    return sorted(net, key=lambda name: rank[groups.graph["mapping"][name]])


def _row(elements: set[Element]) -> dict[str, frozenset[str]]:
    return {node: frozenset(hid for where, hid in elements if where == node) for node, _ in elements}


def _joined(left: list[Any], right: list[Any]) -> list[Any]:
    pairs = [(one, other) for one in left for other in right if _belong_together(one, other)]
    met = {id(each) for pair in pairs for each in pair}
    return [{**one, **other} for one, other in pairs] + [each for each in [*left, *right] if id(each) not in met]


def _belong_together(one: dict[str, Any], other: dict[str, Any]) -> bool:
    common = one.keys() & other.keys()
    return bool(common) and all(one[name] == other[name] for name in common)
