"""A frame as a report: gathered from the store, bounded, and with no value in it that nobody asked for."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mandala_lab.frame.details import known_details
from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.table import table
from mandala_lab.model.outline import NodeId, OpId, node_name
from mandala_lab.model.secrets import hidden
from mandala_lab.model.structures import RESERVED
from mandala_lab.model.traces import error_line, error_name
from mandala_lab.ports.call_store import CallStore
from mandala_lab.report.looks import Looks, short_call
from mandala_lab.report.times import Times
from mandala_lab.schema.report import (
    REPORT_VERSION,
    Report,
    ReportCode,
    ReportFailure,
    ReportOp,
    ReportSummary,
    ReportTable,
    ReportVariable,
)
from mandala_lab.schema.scene import Scene

ROWS = 1_000
COLUMNS = 40
_FAILURES = 20
_VALUES_OF_ONE, _VALUES = 50, 5_000
_ERROR = 500
_LISTED = 5
_GONE = "deleted from the storage"


def gather(graph: FrameGraph, store: CallStore, scene: Scene, title: str, looks: Looks) -> Report:
    """Return all that a report of the frame holds."""
    times = Times(graph, store)
    return Report(
        version=REPORT_VERSION,
        title=title,
        has_values=looks.values,
        summary=summarize(graph, store, times),
        scene=scene,
        ops=[_op(graph, store, node, looks, times) for node in graph.operations],
        variables=_variables(graph, looks),
        table=_table(graph, looks),
    )


def summarize(graph: FrameGraph, store: CallStore, times: Times) -> ReportSummary:
    """Return what the calls of a frame came to; a call inside another one is part of its time."""
    calls = graph.all_calls
    return ReportSummary(
        store=store_name(store),
        exported_s=time.time(),
        operations=len(graph.operations),
        variables=len(graph.variables),
        calls=len(calls),
        refs=len(graph.all_refs),
        failed=count_failed(graph, calls),
        took_s=times.seconds(calls),
    )


def store_name(store: CallStore) -> str:
    """Return the name of a store's file, without the folders of this machine."""
    return Path(store.path).name or store.path


def count_failed(graph: FrameGraph, calls: np.ndarray) -> int:
    """Return how many of these calls failed."""
    return int(graph.catalogue.failed.view[calls].sum())


def what_is_gone(graph: FrameGraph) -> str:
    """Return a sentence on calls that were deleted after the frame was made; empty where there are none."""
    _, there = known_details(graph.catalogue, graph.all_calls)
    gone = int((~there).sum())
    if not gone:
        return ""
    calls = "1 call was" if gone == 1 else f"{gone:,} calls were"
    return (
        f"{calls} deleted from the storage after this frame was made: times, code and errors of theirs are not told; "
        "make the frame anew to leave them out"
    )


def _op(graph: FrameGraph, store: CallStore, node: OpId, looks: Looks, times: Times) -> ReportOp:
    catalogue, calls = graph.catalogue, graph.operations[node]
    spec = catalogue.specs[graph.ops[node]]
    ran: dict[str, int] = {}
    details, _ = known_details(catalogue, calls)
    for state, number in zip(
        details.states, np.bincount(details.state_numbers, minlength=len(details.states)).tolist(), strict=True
    ):
        ran[state.version] = ran.get(state.version, 0) + number
    code = [
        ReportCode(one.version.id, one.seen_s, ran.get(one.version.id, 0), hidden(one.version.told_source))
        for one in reversed(() if spec.key.startswith(RESERVED) else store.versions(spec.key))
    ]
    failed = calls[catalogue.failed.view[calls]]
    told = failed[::-1][:_FAILURES]
    known, there = known_details(catalogue, told)
    errors = {place: _error(known.errors.get(at, ""), looks) for at, place in enumerate(np.flatnonzero(there).tolist())}
    return ReportOp(
        node=node,
        key=spec.key,
        doc=hidden(spec.doc),
        calls=len(calls),
        failed=len(failed),
        took_s=times.seconds(calls),
        code=code,
        failures=[
            ReportFailure(short_call(catalogue.call_hid(call)), errors.get(place, _GONE))
            for place, call in enumerate(told.tolist())
        ],
    )


def _error(trace: str, looks: Looks) -> str:
    return hidden(error_line(trace))[:_ERROR] if looks.tells_errors else error_name(trace)


def _variables(graph: FrameGraph, looks: Looks) -> list[ReportVariable]:
    most = min(_VALUES_OF_ONE, max(1, _VALUES // max(1, len(graph.variables)))) if looks.values else 0
    found = []
    for node, refs in graph.variables.items():
        shown = graph.catalogue.in_order(refs)[:most].tolist() if most else []
        rows = [looks.row(node_name(node), ref) for ref in shown]
        found.append(ReportVariable(node=node, total=len(refs), values=rows))
    return found


def _table(graph: FrameGraph, looks: Looks) -> ReportTable:
    """Return the joint histories of all nodes; of a large graph, of the variables at its beginning and end first."""
    nodes = _columns(graph)
    if not nodes:
        return ReportTable([], [], 0, 0)
    found = table(graph, nodes, lambda _node, numbers: numbers.tolist())
    known: dict[tuple[NodeId, Any], str] = {}

    def cell(node: NodeId, value: Any) -> str:
        if value is None:
            return ""
        if (node, value) not in known:
            known[node, value] = _cell(graph, node, value, looks)
        return known[node, value]

    rows = [
        [cell(node, value) for node, value in zip(nodes, row, strict=True)]
        for row in islice(found.itertuples(index=False, name=None), ROWS)
    ]
    return ReportTable(list(nodes), rows, len(found), len(graph.nodes))


def _columns(graph: FrameGraph) -> list[NodeId]:
    if len(graph.nodes) <= COLUMNS:
        return [*graph.variables, *graph.operations]
    led, leading = {edge.target for edge in graph.edges}, {edge.source for edge in graph.edges}
    ends: list[NodeId] = [node for node in graph.variables if node not in led or node not in leading]
    return list(dict.fromkeys([*ends[: COLUMNS // 2], *ends[-COLUMNS // 2 :]])) or graph.nodes[:COLUMNS]


def _cell(graph: FrameGraph, node: NodeId, value: Any, looks: Looks) -> str:
    numbers = value if isinstance(value, tuple) else (value,)
    catalogue = graph.catalogue
    if node in graph.operations:
        texts = [
            short_call(catalogue.call_hid(int(one))) + (" failed" if catalogue.failed.view[int(one)] else "")
            for one in numbers[:_LISTED]
        ]
    else:
        texts = [looks.cell(int(one)) for one in numbers[:_LISTED]]
    return ", ".join(texts) + (f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else "")
