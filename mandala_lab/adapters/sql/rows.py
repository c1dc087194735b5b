"""Rows to records: sets of calls and refs, a fixed number of queries for each set.

Owns the composed queries behind frames and finders. A set of ids is asked for
in slices, since a statement takes a limited number of parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import json
from sqlalchemy import Connection, Select, select

from mandala_lab.adapters.sql.schema import call_inputs, calls, code_versions, ops, refs, stored_values
from mandala_lab.model.calls import Call, CallStatus
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref, ValueSource

_SLICE = 500
MICRO = 1_000_000


def id_bytes(hids: Iterable[str]) -> Iterator[bytes]:
    """Yield ids as they are stored; a text that is no id is unknown like any other."""
    for hid in hids:
        try:
            yield bytes.fromhex(hid)
        except ValueError:
            continue


def slices(items: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the distinct items in slices that one statement can take."""
    unique = list(dict.fromkeys(items))
    for start in range(0, len(unique), _SLICE):
        yield unique[start : start + _SLICE]


def spec_to_json(spec: OpSpec) -> str:
    """Encode what a row of ``ops`` says of an op beside its key and name."""
    return json.encode(
        {
            "parameters": spec.parameters,
            "output_names": spec.output_names,
            "nout": spec.nout,
            "ignored": sorted(spec.ignored),
            "doc": spec.doc,
        }
    ).decode()


def spec_from_row(key: str, name: str, text: str) -> OpSpec:
    """Return the op of a row: the inverse of `spec_to_json`."""
    found = json.decode(text)
    return OpSpec(
        key,
        name,
        tuple(found["parameters"]),
        tuple(found["output_names"]),
        found["nout"],
        frozenset(found["ignored"]),
        found["doc"],
    )


_CALL_COLUMNS: Select[Any] = (
    select(
        calls.c.id,
        calls.c.hid,
        calls.c.cid,
        calls.c.status,
        calls.c.executed,
        calls.c.started_us,
        calls.c.duration_us,
        calls.c.error,
        ops.c.key,
        ops.c.name,
        ops.c.spec,
        code_versions.c.digest,
    )
    .join(ops, ops.c.id == calls.c.op_id)
    .join(code_versions, code_versions.c.id == calls.c.version_id)
)


class RowReader:
    """Builds records out of rows; refs load their values from `source`."""

    def __init__(self, source: ValueSource) -> None:
        self._source = source
        self._specs: dict[tuple[str, str], OpSpec] = {}

    def calls(self, connection: Connection, condition: Any) -> list[Call]:
        """Return the calls that meet a condition, in order of recording."""
        rows = connection.execute(_CALL_COLUMNS.where(condition).order_by(calls.c.id)).all()
        inputs: dict[int, list[tuple[str, Ref]]] = {}
        outputs: dict[int, list[tuple[int, Ref]]] = {}
        for ids in slices(row.id for row in rows):
            for call_id, name, hid, cid in connection.execute(
                select(call_inputs.c.call_id, call_inputs.c.name, refs.c.hid, stored_values.c.cid)
                .join(refs, refs.c.id == call_inputs.c.ref_id)
                .join(stored_values, stored_values.c.id == refs.c.value_id)
                .where(call_inputs.c.call_id.in_(ids))
                .order_by(call_inputs.c.call_id, call_inputs.c.position)
            ):
                inputs.setdefault(call_id, []).append((name, self.ref(hid, cid)))
            for call_id, position, hid, cid in connection.execute(
                select(refs.c.creator_id, refs.c.position, refs.c.hid, stored_values.c.cid)
                .join(stored_values, stored_values.c.id == refs.c.value_id)
                .where(refs.c.creator_id.in_(ids))
                .order_by(refs.c.creator_id, refs.c.position)
            ):
                outputs.setdefault(call_id, []).append((position, self.ref(hid, cid)))
        return [self._call(row, inputs.get(row.id, []), outputs.get(row.id, [])) for row in rows]

    def ref(self, hid: bytes, cid: bytes) -> Ref:
        """Return a ref whose value is loaded on demand."""
        return Ref(cid.hex(), hid.hex(), self._source)

    def _call(self, row: Any, inputs: list[tuple[str, Ref]], outputs: list[tuple[int, Ref]]) -> Call:
        spec = self._specs.get((row.key, row.spec))
        if spec is None:
            spec = self._specs[(row.key, row.spec)] = spec_from_row(row.key, row.name, row.spec)
        status: CallStatus = "ok" if row.status == "ok" else "error"
        return Call(
            hid=row.hid.hex(),
            cid=row.cid.hex(),
            op=row.key,
            name=row.name,
            inputs=dict(inputs),
            outputs={spec.output_name(position): ref for position, ref in outputs},
            version=row.digest.hex(),
            status=status,
            started_s=row.started_us / MICRO,
            duration_s=row.duration_us / MICRO,
            executed=bool(row.executed),
            error=row.error or "",
        )
