"""What differs between two frames, node by node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np  # noqa: TC002 - as for our own imports

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.outline import plural
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.outline import OpId, VarId, node_name
from mandala_lab.model.refs import Ref, short_repr

if TYPE_CHECKING:
    import pandas as pd

_TEXT_LIMIT = 60
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """One node that differs.

    Attributes
    ----------
    node
        Its name.
    before, after
        What only the first, and only the second frame holds, as text; empty where there is nothing.
    kind
        ``"variable"`` or ``"operation"``.
    removed, added
        How many values, or calls, these are.
    """

    node: str
    before: str
    after: str
    kind: Literal["variable", "operation"] = "variable"
    removed: int = 0
    added: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two frames.

    Attributes
    ----------
    nodes
        The nodes that differ, in the order of the second frame.
    edges_removed, edges_added
        As (source, target, label).
    """

    nodes: tuple[NodeDifference, ...]
    edges_removed: tuple[tuple[str, str, str], ...] = ()
    edges_added: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.edges_removed or self.edges_added)

    def __iter__(self) -> Iterator[NodeDifference]:
        return iter(self.nodes)

    def df(self) -> pd.DataFrame:
        """Return one row for each node that differs."""
        import pandas as pd

        names = ("node", "kind", "before", "after", "removed", "added")
        return pd.DataFrame([[getattr(node, name) for name in names] for node in self.nodes], columns=list(names))

    def __str__(self) -> str:
        if not self:
            return "no difference"
        lines = [f"{one.node}: {one.before or '-'} -> {one.after or '-'}" for one in self.nodes]
        for sign, edges in (("-", self.edges_removed), ("+", self.edges_added)):
            lines += [f"{sign} edge {source} -> {target} ({label})" for source, target, label in edges]
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's signature
        printer.text(str(self))


def compare(base: FrameGraph, new: FrameGraph) -> Comparison:
    """Return what differs: values by content id, calls by history id, and edges; values are shown by their repr."""
    nodes = [_of_variable(base, new, node) for node in dict.fromkeys((*new.variables, *base.variables))]
    nodes += [_of_operation(base, new, node) for node in dict.fromkeys((*new.operations, *base.operations))]
    before, after = (
        {(node_name(edge.source), node_name(edge.target), edge.label): None for edge in graph.edges}
        for graph in (base, new)
    )
    return Comparison(
        tuple(one for one in nodes if one.removed or one.added),
        tuple(edge for edge in before if edge not in after),
        tuple(edge for edge in after if edge not in before),
    )


def compared_values(base: FrameGraph, new: FrameGraph) -> list[NodeDifference]:
    """Return the variables whose values differ, in the order of the new frame."""
    return [one for one in compare(base, new) if one.kind == "variable"]


def _of_variable(base: FrameGraph, new: FrameGraph, node: VarId) -> NodeDifference:
    before, after = (_by_id(graph, graph.variables.get(node), of_calls=False) for graph in (base, new))
    gone = [number for cid, number in before.items() if cid not in after]
    came = [number for cid, number in after.items() if cid not in before]
    return NodeDifference(
        node_name(node), _texts(base, gone), _texts(new, came), "variable", removed=len(gone), added=len(came)
    )


def _of_operation(base: FrameGraph, new: FrameGraph, node: OpId) -> NodeDifference:
    before, after = (_by_id(graph, graph.operations.get(node), of_calls=True) for graph in (base, new))
    gone, came = len(before.keys() - after.keys()), len(after.keys() - before.keys())
    texts = [plural(gone, "call") if gone else "", plural(came, "other call" if gone else "call") if came else ""]
    return NodeDifference(node_name(node), texts[0], texts[1], "operation", removed=gone, added=came)


def _by_id(graph: FrameGraph, numbers: np.ndarray | None, *, of_calls: bool) -> dict[bytes, int]:
    if numbers is None:
        return {}
    catalogue = graph.catalogue
    ids = catalogue.call_ids.rows.view if of_calls else catalogue.refs.cids.view
    return {row.tobytes(): number for row, number in zip(ids[numbers], numbers.tolist(), strict=True)}


def _texts(graph: FrameGraph, numbers: list[int]) -> str:
    shown = ", ".join(_text(graph.catalogue.refs[number]) for number in numbers[:_SHOWN])
    return shown + (f", ... ({len(numbers)} values)" if len(numbers) > _SHOWN else "")


def _text(ref: Ref) -> str:
    try:
        value = ref.peek()
    except (MandalaLabError, LookupError) as error:
        return f"<{error}>"
    return " ".join(short_repr(value, _TEXT_LIMIT).split())
