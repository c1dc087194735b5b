"""Sides of nodes that are folded away: what is left of an outline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mandala_lab.model.outline import Outline, OutlineNode
from mandala_lab.model.view import Fold, Side


def folded(outline: Outline, folds: Sequence[Fold]) -> Outline:
    """Return an outline without what is folded away; a node beside a fold tells how much that is.

    Folds count in their order: one of a node that is hidden, or that is not there, hides nothing.

    Examples
    --------
    >>> from mandala_lab.model.outline import OutlineEdge
    >>> whole = Outline((OutlineNode("var:x", "var", "x"), OutlineNode("op:f", "op", "f", "1 call")),
    ...                 (OutlineEdge("var:x", "op:f"),))
    >>> [(node.id, node.detail) for node in folded(whole, [Fold("op:f", "before")]).nodes]
    [('op:f', '1 call · 1 hidden')]
    """
    known = {node.id for node in outline.nodes}
    hidden: set[str] = set()
    counts: dict[str, dict[Side, int]] = {}
    next_to: dict[Side, dict[str, list[str]]] = {"before": {}, "after": {}}
    for edge in outline.edges if folds else ():
        next_to["after"].setdefault(edge.source, []).append(edge.target)
        next_to["before"].setdefault(edge.target, []).append(edge.source)
    for fold in folds:
        if fold.node in known and fold.node not in hidden:
            beyond = _reached(fold.node, next_to[fold.side])
            hidden |= beyond
            counts.setdefault(fold.node, {})[fold.side] = len(beyond)
    nodes = tuple(_told(node, counts.get(node.id, {})) for node in outline.nodes if node.id not in hidden)
    edges = tuple(edge for edge in outline.edges if edge.source not in hidden and edge.target not in hidden)
    return Outline(nodes, edges)


def _reached(start: str, following: Mapping[str, Iterable[str]]) -> set[str]:
    found, left = {start}, [start]
    while left:
        new = set(following.get(left.pop(), ())) - found
        found |= new
        left += new
    return found - {start}


def _told(node: OutlineNode, counts: Mapping[Side, int]) -> OutlineNode:
    total = sum(counts.values())
    if not total:
        return node
    detail = f"{node.detail} · {total} hidden" if node.detail else f"{total} hidden"
    return replace(node, detail=detail, hidden_before=counts.get("before", 0), hidden_after=counts.get("after", 0))
