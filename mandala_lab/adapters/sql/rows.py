"""Rows to records, and records to rows.

Owns the document of a call's links, and the composed queries behind frames and
finders. A set of ids is asked for in slices, since a statement takes a limited
number of parameters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from msgspec import MsgspecError, Struct, convert, json, msgpack
from sqlalchemy import Connection, Select, and_, select
from sqlalchemy.sql import ColumnElement  # noqa: TC002 - as for our own imports

from mandala_lab.adapters.sql.schema import HEAD, calls, code_states, code_versions, head, ops
from mandala_lab.adapters.sql.signed import Signed, of_call
from mandala_lab.model.calls import Call, CallStatus, Given, History, Made, SpanStatus
from mandala_lab.model.errors import StoreError, refuse_other
from mandala_lab.model.hashing import output_hid
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import Ref, ValueSource
from mandala_lab.model.structures import ref_class

_SLICE = 500
MICRO = 1_000_000

CALL_STATUS: tuple[CallStatus, ...] = ("ok", "error")
SPAN_STATUS: tuple[SpanStatus, ...] = ("computed", "cached", "error")


class Links(Struct, frozen=True, array_like=True, gc=False):
    """What a call was given, what it made, and which of its arguments it changed in place."""

    inputs: tuple[Given, ...]
    outputs: tuple[Made, ...]
    changed: tuple[str, ...] = ()


_T = TypeVar("_T")


def _read(decode: Callable[[Any], _T], data: Any) -> _T:
    try:
        return decode(data)
    except (MsgspecError, TypeError, UnicodeError) as error:
        raise StoreError(f"a record of this store is damaged: {error}") from error


links_to_bytes = msgpack.Encoder().encode
bytes_to_links = partial(_read, msgpack.Decoder(Links).decode)
reads_to_bytes = msgpack.Encoder().encode
bytes_to_reads = partial(_read, msgpack.Decoder(tuple[Given, ...]).decode)


def to_us(seconds: float) -> int:
    """Return a time as it is stored."""
    return round(seconds * MICRO)


def now_us() -> int:
    """Return the present time as it is stored."""
    return time.time_ns() // 1000


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


def has_hid(part: list[bytes]) -> ColumnElement[bool]:
    """Return the condition that a call has one of these ids."""
    return and_(head(calls.c.hid).in_([hid[:HEAD] for hid in part]), calls.c.hid.in_(part))


def spec_to_json(spec: OpSpec) -> str:
    """Encode an op."""
    return json.encode(spec, order="deterministic").decode()


def spec_from_row(key: str, name: str, text: str) -> OpSpec:
    """Return the op of a row: the inverse of `spec_to_json`."""
    try:
        return _read(lambda found: convert({**json.decode(found), "key": key, "name": name}, OpSpec), text)
    except RecursionError as error:  # nothing of ours is nested
        raise StoreError("a record of this store is damaged: the description of an op is nested too deeply") from error


def version_to_json(version: CodeVersion) -> str:
    """Encode a code version."""
    return json.encode(version).decode()


def version_from_json(text: str) -> CodeVersion:
    """Return a code version: the inverse of `version_to_json`."""
    found: CodeVersion = _read(partial(json.decode, type=CodeVersion), text)
    return found


_CALL_COLUMNS: Select[Any] = (
    select(
        calls.c.id,
        calls.c.hid,
        calls.c.cid,
        calls.c.status,
        calls.c.executed,
        calls.c.started_us,
        calls.c.duration_us,
        calls.c.links,
        calls.c.error,
        calls.c.signature,
        ops.c.key,
        ops.c.name,
        ops.c.spec,
        code_versions.c.digest,
        code_states.c.reads,
    )
    .join(ops, ops.c.id == calls.c.op_id)
    .join(code_states, code_states.c.id == calls.c.state_id)
    .join(code_versions, code_versions.c.id == code_states.c.version_id)
)


class RowReader:
    """Builds records out of rows; refs load their values from `source`, calls know their `history`.

    `is_signed` says whether a signature counts.
    """

    def __init__(
        self, source: ValueSource, history: History, is_signed: Callable[[bytes | None, Signed], bool]
    ) -> None:
        self._is_signed = is_signed
        self.source = source
        self._history = history
        self._specs: dict[tuple[str, str], OpSpec] = {}

    def calls(self, connection: Connection, condition: Any, *, latest: int | None = None) -> list[Call]:
        """Return the calls that meet a condition, all or the `latest`, in order of recording."""
        query = _CALL_COLUMNS.where(condition)
        if latest is None:
            return self._distinct(connection.execute(query.order_by(calls.c.id)))
        rows = connection.execute(query.order_by(calls.c.id.desc()).limit(latest)).all()
        return self._distinct(reversed(rows))

    def _distinct(self, rows: Iterable[Any]) -> list[Call]:
        """Return calls, each once: of several records of one call, by several people, that which counts."""
        found: dict[bytes, Any] = {}
        for row in rows:
            before = found.get(row.hid)
            if before is None or not self._counts(before):
                found[row.hid] = row
        return [self._call(row) for row in found.values()]

    def _counts(self, row: Any) -> bool:
        return self._is_signed(row.signature, of_call(row.hid, row.cid, row.status, row.links))

    def _given(self, given: Given) -> Ref:
        return ref_class(given.data)(given.cid.hex(), given.hid.hex(), self.source, data=given.data)

    def _call(self, row: Any) -> Call:
        spec = self._specs.get((row.key, row.spec))
        if spec is None:
            spec = self._specs[(row.key, row.spec)] = spec_from_row(row.key, row.name, row.spec)
        links = bytes_to_links(row.links)
        for text in (row.key, row.name, row.error or ""):
            refuse_other(text, str, "a name of an op, and an error, is a text")
        return Call(
            hid=row.hid.hex(),
            cid=row.cid.hex(),
            op=row.key,
            name=row.name,
            inputs={given.name: self._given(given) for given in links.inputs},
            outputs={
                spec.output_name(position): ref_class(made.data)(
                    made.cid.hex(), output_hid(row.hid, position).hex(), self.source, data=made.data
                )
                for position, made in enumerate(links.outputs)
            },
            version=row.digest.hex(),
            status=CALL_STATUS[row.status],
            started_s=row.started_us / MICRO,
            duration_s=row.duration_us / MICRO,
            executed=bool(row.executed),
            error=row.error or "",
            reads={read.name: self._given(read) for read in bytes_to_reads(row.reads)},
            history=self._history,
        )
