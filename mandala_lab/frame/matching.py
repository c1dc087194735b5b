"""Elements of a frame by what they are: among some values or ids, or less than something."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any, Literal, cast

import numpy as np

from mandala_lab.frame.details import details_of
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import distinct, is_in, united
from mandala_lab.frame.select import adjacent_calls, subsets
from mandala_lab.memo.encoding.spellings import equal_ids
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import UnstorableError
from mandala_lab.model.outline import NodeId
from mandala_lab.model.refs import Ref

By = Literal["val", "cid", "hid"]
NodeClass = Literal["var", "func"]


def matching(graph: FrameGraph, values: Any, by: By, node_class: NodeClass) -> FrameGraph:
    """Return the frame with those refs that are among some, and the calls that an edge joins with one; or calls.

    Raises
    ------
    TypeError
        For one value in the place of several.
    """
    if isinstance(values, str | bytes | Ref | Call) or not isinstance(values, Iterable | Container):
        raise TypeError(f"isin looks among several: write isin([{values!r:.60}]), not isin({values!r:.60})")
    if by == "val" and node_class == "var":
        return with_refs(graph, _is_among(values))
    if not isinstance(values, Iterable):
        raise TypeError(f"isin takes several ids, such as a list of them, not {type(values).__name__}")
    if node_class == "func":
        return _of_calls(graph, values, by)
    wanted = _ids(values, by, Ref)
    if by == "hid":
        return with_refs(graph, lambda ref: ref.hid in wanted)
    return with_refs(graph, lambda ref: ref.cid in wanted)


def less(graph: FrameGraph, other: Any) -> FrameGraph:
    """Return the frame with those refs whose value is less, and the calls that an edge joins with one."""
    return with_refs(graph, lambda ref: _is_less(ref.value, other))


def with_refs(graph: FrameGraph, holds: Callable[[Ref], bool]) -> FrameGraph:
    """Return the frame with the refs of which something holds, and the calls that an edge joins with one."""
    every = graph.all_refs
    kept = every[np.fromiter(map(holds, graph.catalogue.refs.of(every)), bool, len(every))]
    variables = {node: refs[is_in(refs, kept)] for node, refs in graph.variables.items()}
    elements = cast("dict[NodeId, np.ndarray]", {**variables, **adjacent_calls(graph, variables)})
    return subsets(graph, elements)


def with_calls(graph: FrameGraph, kept: np.ndarray) -> FrameGraph:
    """Return the frame with some calls, and the refs that an edge joins with one."""
    operations = {node: calls[is_in(calls, kept)] for node, calls in graph.operations.items()}
    links = graph.catalogue.inputs, graph.catalogue.outputs
    joined = united(distinct(each.refs.view[each.places(kept)[0]]) for each in links)
    near = {node for edge in graph.edges for node in (edge.source, edge.target)}
    variables = {node: refs[is_in(refs, joined)] for node, refs in graph.variables.items() if node in near}
    elements = cast("dict[NodeId, np.ndarray]", {**operations, **variables})
    return subsets(graph, elements)


def _of_calls(graph: FrameGraph, values: Any, by: By) -> FrameGraph:
    wanted = _ids(values, "cid" if by == "cid" else "hid", Call)
    catalogue = graph.catalogue
    if by == "cid":
        names = [row.tobytes().hex() for row in details_of(catalogue, graph.all_calls).cids]
    else:
        names = catalogue.call_hids.texts(graph.all_calls)
    kept = np.fromiter((name in wanted for name in names), bool, len(names))
    return with_calls(graph, graph.all_calls[kept])


def _ids(values: Iterable[Any], by: By, kind: type[Ref | Call]) -> set[str]:
    """Return the ids that are meant by ids, and by refs or calls."""
    found = set()
    for one in values:
        if not isinstance(one, kind | str):
            raise TypeError(f"isin takes {kind.__name__.lower()}s and their ids here, and {one!r:.60} is neither")
        found.add(one if isinstance(one, str) else one.cid if by == "cid" else one.hid)
    return found


def _is_among(values: Any) -> Callable[[Ref], bool]:
    """Return whether a ref has one of some values; of what lists its values, nothing is loaded for it."""
    if isinstance(values, range) or not isinstance(values, Iterable):  # what only says what is in it
        return lambda ref: _is_in(ref.value, values)
    wanted: set[str] = set()
    for value in values:
        try:
            wanted |= equal_ids(value)
        except UnstorableError as error:
            raise ValueError(f"{value!r} cannot be looked for: {error}; where takes a function of the value") from error
    return lambda ref: ref.cid in wanted


def _is_in(value: Any, values: Any) -> bool:
    try:
        return bool(value in values)
    except (TypeError, ValueError):
        return False


def _is_less(value: Any, other: Any) -> bool:
    try:
        return bool(value < other)
    except (TypeError, ValueError):
        return False
