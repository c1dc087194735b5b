"""Expansion: from a frame to what its refs came from and went into.

Set-based: one query for a whole level, until no element is new. Elements are
counted, not nodes, since a loop adds refs and calls to nodes that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mandala_lab.frame.build import FrameBuilder
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.calls import Call
from mandala_lab.model.outline import VarId
from mandala_lab.model.structures import CollectionRef, is_structural
from mandala_lab.ports.call_store import CallStore

Query = Callable[[Iterable[str]], list[Call]]


def expand(
    graph: FrameGraph, queries: list[Query], variables: Iterable[VarId] | None, *, recursive: bool
) -> FrameGraph:
    """Return the frame with the calls that the queries find for its refs.

    Parameters
    ----------
    queries
        Creators, consumers, or both.
    variables
        Start only from these; all by default.
    recursive
        Go on to the fixpoint.
    """
    chosen = graph.variables if variables is None else {name: graph.variables[name] for name in variables}
    frontier = list(dict.fromkeys(hid for hids in chosen.values() for hid in hids))
    seen = set(frontier)
    calls: dict[str, Call] = {}
    while frontier:
        found = [call for query in queries for call in query(frontier)]
        calls.update((call.hid, call) for call in found)
        if not recursive:
            break
        reached = (ref.hid for call in found for ref in (*call.inputs.values(), *call.outputs.values()))
        frontier = [hid for hid in dict.fromkeys(reached) if hid not in seen]
        seen.update(frontier)
    builder = FrameBuilder(graph)
    builder.add_calls(in_order(calls.values()))
    return builder.graph()


def lineage(call: Call, creators: Query, consumers: Query) -> FrameGraph:
    """Return the frame of a call, of what depends on it, and of all that those came from.

    Other calls that only share an input with them are left out.
    """
    calls = {call.hid: call}
    below = [call]
    while below:
        made = [ref.hid for one in below for ref in one.outputs.values()]
        below = [one for one in consumers(made) if one.hid not in calls]
        calls.update((one.hid, one) for one in below)
    above = list(calls.values())
    while above:
        taken = [ref.hid for one in above for ref in one.inputs.values()]
        above = [one for one in creators(taken) if one.hid not in calls]
        calls.update((one.hid, one) for one in above)
    builder = FrameBuilder()
    builder.add_calls(in_order(calls.values()))
    return builder.graph()


def with_structure(store: CallStore, calls: Iterable[Call]) -> list[Call]:
    """Return calls with those that connect the collections among their refs with the elements."""
    found = {call.hid: call for call in calls}
    new, asked = list(found.values()), set[str]()
    while new:
        refs = [ref for call in new for ref in (*call.inputs.values(), *call.outputs.values())]
        held = {ref.hid for ref in refs if isinstance(ref, CollectionRef)} - asked
        if not held:
            break
        asked |= held
        around = [*store.creators(held), *store.consumers(held)]
        new = [call for call in around if is_structural(call) and call.hid not in found]
        found.update((call.hid, call) for call in new)
    return in_order(found.values()) if asked else list(found.values())


def in_order(calls: Iterable[Call]) -> list[Call]:
    """Return calls in the order in which they began: a ref is then known as a result before it is an argument."""
    return sorted(calls, key=lambda call: call.started_s)
