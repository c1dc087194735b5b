"""A frame out of the data that `export.to_dict` made of it, with its elements out of a store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np

from mandala_lab.frame import check
from mandala_lab.frame.catalogue import Catalogue
from mandala_lab.frame.export import to_dict
from mandala_lab.frame.graph import Edge, FrameGraph
from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.outline import NodeId, op_id, var_id
from mandala_lab.ports.call_store import CallStore


class _Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    op: str
    status: str
    version: str
    inputs: dict[str, str]
    outputs: dict[str, str]


class _Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    variables: dict[str, list[str]]
    operations: dict[str, list[str]]
    ops: dict[str, str]
    edges: list[tuple[str, str, str]]
    refs: dict[str, str]
    calls: dict[str, _Call]


@collector_at_rest()
def from_dict(data: Any, store: CallStore) -> FrameGraph:
    """Return the frame.

    Raises
    ------
    ValueError
        For what is no such data, and where the store lacks what it speaks of, or has something else.
    """
    try:
        said = msgspec.convert(data, _Frame)
    except msgspec.ValidationError as error:
        raise ValueError(f"this is no frame as to_dict() tells it: {error}") from error
    catalogue = _catalogue(said, store)
    nodes: dict[str, NodeId] = {name: var_id(name) for name in said.variables}
    nodes |= {name: op_id(name) for name in said.operations}
    if said.ops.keys() != said.operations.keys() or len(nodes) < len(said.variables) + len(said.operations):
        raise ValueError("this is no frame as to_dict() tells it: each operation has its op, and names are unique")
    lost = [name for edge in said.edges for name in edge[:2] if name not in nodes]
    if lost:
        raise ValueError(f"this is no frame as to_dict() tells it: an edge leads to {lost[0]!r}, which is no node")
    graph = FrameGraph(
        catalogue,
        {var_id(name): _numbers(catalogue.refs.hids.numbers(hids), hids) for name, hids in said.variables.items()},
        {op_id(name): _numbers(catalogue.call_hids.numbers(hids), hids) for name, hids in said.operations.items()},
        {op_id(name): _op(catalogue, store, key) for name, key in said.ops.items()},
        tuple(Edge(nodes[source], nodes[target], label) for source, target, label in said.edges),
    )
    try:
        check.check(graph)
    except AssertionError as error:
        raise ValueError(f"this is no frame as to_dict() tells it: {error}") from error
    _compare(to_dict(graph), said)
    return graph


def _catalogue(said: _Frame, store: CallStore) -> Catalogue:
    """Return a catalogue of the calls and refs that are spoken of."""
    catalogue = Catalogue()
    hids = [_bytes(hid) for hid in said.calls]
    if hids:
        catalogue.add(store.columns_of_calls(hids))
    _lacking("call", said.calls, catalogue.call_hids.numbers(said.calls))
    found = store.refs(_missing(catalogue, said.refs))
    if found:
        catalogue.refs.add_given(found)
    _lacking("ref", said.refs, catalogue.refs.hids.numbers(said.refs))
    return catalogue


def _missing(catalogue: Catalogue, hids: Iterable[str]) -> list[str]:
    """Return which refs no call of the catalogue took or made."""
    whole = [_bytes(hid).hex() for hid in hids]
    here = set(catalogue.refs.hids.texts(catalogue.refs.hids.numbers(whole)))
    return [hid for hid in whole if hid not in here]


def _bytes(hid: str) -> bytes:
    try:
        return bytes.fromhex(hid)
    except ValueError as error:
        raise ValueError(f"this is no frame as to_dict() tells it: {hid!r} is no id") from error


def _lacking(what: str, hids: Iterable[str], numbers: np.ndarray) -> None:
    lost = len(set(hids)) - len(numbers)
    if lost:
        raise ValueError(
            f"the storage lacks {lost} of the {what}s of this frame: open the one that it was made of, where they were "
            "not deleted since"
        )


def _numbers(numbers: np.ndarray, hids: list[str]) -> np.ndarray:
    found = np.unique(numbers)
    if len(found) != len(hids):
        raise ValueError("this is no frame as to_dict() tells it: a node holds what is not among its refs and calls")
    return found


def _op(catalogue: Catalogue, store: CallStore, key: str) -> int:
    number = catalogue.op_number(key)
    if number is not None:
        return number
    spec = store.op(key)
    if spec is None:
        raise ValueError(f"the storage has no op {key!r}: open the one that this frame was made of")
    return catalogue.take_op(spec)


def _compare(found: dict[str, Any], said: _Frame) -> None:
    """Raise where the store has something else; a call that failed may have succeeded since."""
    calls = msgspec.to_builtins(said.calls)
    for hid, call in found["calls"].items():
        other = calls.get(hid, {})
        if call["op"] != other.get("op") or (call["status"] == other["status"] and call != other):
            raise ValueError(f"the storage has another call {hid}: open the one that this frame was made of")
    if found["refs"] != said.refs or len(found["calls"]) != len(calls):
        raise ValueError("this is no frame as to_dict() tells it: its refs and calls are not those of its nodes")
