"""Looks into nodes and calls, read from the store: safe on any thread."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import common, distinct
from mandala_lab.model.calls import Call, Span
from mandala_lab.model.errors import nearest
from mandala_lab.model.outline import OpId, VarId, node_name
from mandala_lab.model.refs import Ref, short_repr
from mandala_lab.model.traces import error_line
from mandala_lab.ports.call_store import CallStore
from mandala_lab.render.preview import one_line, preview_ref
from mandala_lab.schema.messages import (
    CallInspect,
    CallInspected,
    CallRow,
    EditableArgument,
    Failure,
    NodeInspect,
    NodeInspected,
    RefInspect,
    RefInspected,
    Reply,
    ValueRow,
)

_ARGUMENTS_LIMIT, _ARGUMENT_LIMIT, _LITERAL_LIMIT = 120, 40, 500
_MOST_ARGUMENTS = 24
_PAGE_LIMIT = 200
_TAKERS_SHOWN = 50


def inspect(store: CallStore, graph: FrameGraph, request: NodeInspect | CallInspect | RefInspect) -> Reply:
    """Answer a question about a node, a call or a value; what is not there is a `Failure`."""
    try:
        if isinstance(request, CallInspect):
            return inspect_call(store, request.hid)
        if isinstance(request, RefInspect):
            return inspect_ref(store, graph, request.hid, request.variable)
        limit = max(1, min(request.limit, _PAGE_LIMIT))
        return inspect_node(store, graph, request.node, max(0, request.offset), limit)
    except LookupError as error:
        return Failure(code="not_found", message=str(error.args[0] if error.args else error))


def inspect_node(store: CallStore, graph: FrameGraph, node: str, offset: int, limit: int) -> NodeInspected:
    """Return a page of a node's calls, latest first, or of its values.

    Raises
    ------
    LookupError
        When the frame has no such node.
    """
    if node in graph.operations:
        return _inspect_op(store, graph, OpId(node), offset, limit)
    if node in graph.variables:
        refs = graph.variables[VarId(node)]
        page = graph.catalogue.refs.of(graph.catalogue.in_order(refs)[offset : offset + limit])
        values = [_value_row(node_name(node), ref) for ref in page]
        return NodeInspected(
            node=node, kind="var", label=node_name(node), total=len(refs), offset=offset, values=values
        )
    names = [node_name(known) for known in graph.nodes]
    raise LookupError(f"the frame has no node {node!r}; {nearest(node.partition(':')[2], names)}")


def inspect_call(store: CallStore, hid: str) -> CallInspected:
    """Return one call with inputs, outputs and code; `LookupError` if there is none."""
    found = store.calls([hid])
    if not found:
        raise LookupError(f"no call has the hid {hid!r}; it may have been dropped")
    call = found[0]
    return CallInspected(
        call=_call_row(call, store.last_spans([hid]).get(hid), argument_text(call.inputs)),
        inputs=[_value_row(name, ref) for name, ref in call.inputs.items()],
        outputs=[_value_row(name, ref) for name, ref in call.outputs.items()],
        editable=[_editable(name, ref) for name, ref in call.inputs.items()],
        source=_source(store, call),
        traceback=call.error,
    )


def inspect_ref(store: CallStore, graph: FrameGraph, hid: str, variable: str) -> RefInspected:
    """Return one value of a variable, with the call that made it and the last that took it.

    Raises
    ------
    LookupError
        When it does not lie there.
    """
    catalogue = graph.catalogue
    numbers = common(catalogue.refs.hids.numbers([hid]), graph.variables.get(VarId(variable), np.zeros(0, np.int64)))
    if not len(numbers):
        raise LookupError(f"no value of {node_name(variable) or 'no variable'} has the hid {hid!r}")
    ref = catalogue.refs[int(numbers[0])]
    maker = common(distinct(catalogue.refs.makers.view[numbers]), graph.all_calls)
    takers = common(catalogue.takers(numbers), graph.all_calls)
    calls = catalogue.calls(np.concatenate([maker, takers[::-1][:_TAKERS_SHOWN]]))
    rows = _call_rows(store, calls, [argument_text(call.inputs) for call in calls])
    return RefInspected(
        value=_value_row(node_name(variable), ref),
        maker=rows[0] if len(maker) else None,
        takers=rows[len(maker) :],
        takers_total=len(takers),
    )


def argument_text(inputs: Mapping[str, Ref]) -> str:
    """Return arguments in one bounded line."""
    return _line(_told(inputs))


def argument_texts(calls: Sequence[Call]) -> list[str]:
    """Return the arguments of calls of one op, each in one bounded line, those first in which they differ."""
    told = [_told(call.inputs) for call in calls]
    names = dict.fromkeys(name for one in told for name in one)
    first = [name for name in names if len({one.get(name) for one in told}) > 1]
    return [_line({name: one[name] for name in (*first, *names) if name in one}) for one in told]


def _told(inputs: Mapping[str, Ref]) -> dict[str, str]:
    """Return arguments as texts; of very many the first."""
    some = islice(inputs.items(), _MOST_ARGUMENTS)
    return {name: one_line(preview_ref(ref), _ARGUMENT_LIMIT) for name, ref in some}


def _line(told: Mapping[str, str]) -> str:
    parts: list[str] = []
    for name, text in told.items():
        parts.append(f"{name}={text}")
        if sum(map(len, parts)) > _ARGUMENTS_LIMIT:
            parts.append("…")
            break
    return ", ".join(parts)


def _inspect_op(store: CallStore, graph: FrameGraph, node: OpId, offset: int, limit: int) -> NodeInspected:
    calls = graph.operations[node]
    page = graph.catalogue.calls(calls[::-1][offset : offset + limit])
    return NodeInspected(
        node=node,
        kind="op",
        label=node_name(node),
        total=len(calls),
        offset=offset,
        calls=_call_rows(store, page, argument_texts(page)),
        source=_source(store, graph.catalogue.call(int(calls[-1]))),
        doc=graph.catalogue.specs[graph.ops[node]].doc,
    )


def _call_rows(store: CallStore, calls: Sequence[Call], arguments: Sequence[str]) -> list[CallRow]:
    spans = store.last_spans([call.hid for call in calls])
    return [_call_row(call, spans.get(call.hid), text) for call, text in zip(calls, arguments, strict=True)]


def _source(store: CallStore, call: Call) -> str:
    """Return the source of a call's op, and under it what could not be followed in it."""
    version = next((one.version for one in store.versions(call.op) if one.version.id == call.version), None)
    return "" if version is None else version.told_source


def _call_row(call: Call, span: Span | None, arguments: str) -> CallRow:
    recorded = "computed" if call.status == "ok" else "error"
    return CallRow(
        hid=call.hid,
        op=call.name,
        status=span.status if span else recorded,  # type: ignore[arg-type]
        started_s=span.started_s if span else call.started_s,
        duration_s=call.duration_s,
        arguments=arguments,
        error=error_line(call.error),
    )


def _value_row(name: str, ref: Ref) -> ValueRow:
    return ValueRow(name, ref.hid, ref.cid, preview_ref(ref))


def _editable(name: str, ref: Ref) -> EditableArgument:
    """Return an argument for the replay form; its literal only where it reads back as the same value."""
    seen = preview_ref(ref)
    if seen.kind != "text" or len(seen.text) > _LITERAL_LIMIT:
        return EditableArgument(name, "", seen.text[:_ARGUMENT_LIMIT])
    value = ref.own_value()
    text = short_repr(value, _LITERAL_LIMIT + 1)
    try:
        whole = ast.literal_eval(text) == value
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        whole = False
    return EditableArgument(name, text if whole else "", text)
