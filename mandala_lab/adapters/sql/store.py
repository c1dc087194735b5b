"""`SqlCallStore`: the call store on a database.

Owns what is written together and what is asked for together. One transaction
holds a call, its values, refs, span and event; nothing of it is seen before the
whole is committed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import json
from sqlalchemy import and_, func, select
from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.database import Database
from mandala_lab.adapters.sql.rows import MICRO, RowReader, id_bytes, slices, spec_from_row, spec_to_json
from mandala_lab.adapters.sql.schema import call_inputs, calls, code_versions, events, ops, refs, runs, spans
from mandala_lab.adapters.sql.schema import stored_values as stored
from mandala_lab.adapters.sql.statements import Statements
from mandala_lab.model.calls import Call, CallEntry, Found, LoggedEvent, Run, Span, SpanTotals
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import Ref, ValueSource
from mandala_lab.model.values import StoredValue


class SqlCallStore:
    """Calls and values in a database (see `mandala_lab.ports.CallStore`).

    Parameters
    ----------
    path
        File of an SQLite database, or ``":memory:"``.
    source
        What the refs that this store returns load their values from.
    read_only
        Open a store that exists, and never write to it.
    """

    def __init__(self, path: str, source: ValueSource, *, read_only: bool = False) -> None:
        self._database = Database(path, read_only=read_only)
        self._rows = RowReader(source)
        self._do = Statements(self._database.dialect)
        self._op_ids: dict[OpSpec, int] = {}
        self._version_ids: dict[tuple[int, bytes], int] = {}

    # --- the hot path

    def find(self, hid: bytes) -> Found | None:
        with self._database.cursor() as cursor:
            return _found(self._do.find(cursor, hid=hid).fetchall())

    def find_content(self, cid: bytes) -> Found | None:
        with self._database.cursor() as cursor:
            return _found(self._do.find_content(cursor, cid=cid).fetchall())

    def has_value(self, cid: bytes) -> bool:
        with self._database.cursor() as cursor:
            return self._do.has_value(cursor, cid=cid).fetchone() is not None

    def read_value(self, cid: bytes) -> StoredValue:
        with self._database.cursor() as cursor:
            row = self._do.read_value(cursor, cid=cid).fetchone()
        if row is None:
            raise LookupError(f"value {cid.hex()} is not in the store {self._database.path}")
        return StoredValue(cid, row[0], row[1], row[2])

    def record(self, entry: CallEntry) -> None:
        try:
            self._record(entry)
        except BaseException:  # ids that were made in the transaction are gone with it
            self._op_ids.clear()
            self._version_ids.clear()
            raise

    def _record(self, entry: CallEntry) -> None:
        started, duration = _us(entry.started_s), _us(entry.duration_s)
        with self._database.writing() as cursor:
            op_id = self._op_id(cursor, entry.spec)
            version_id = self._version_id(cursor, op_id, entry.version)
            for value in entry.values:
                self._do.add_value(cursor, cid=value.cid, format=value.format, data=value.data, digest=value.digest)
            self._do.add_call(
                cursor,
                hid=entry.hid,
                cid=entry.cid,
                op_id=op_id,
                version_id=version_id,
                status=entry.status,
                executed=entry.executed,
                started_us=started,
                duration_us=duration,
                error=entry.error or None,
            )
            call_id = self._do.call_id(cursor, hid=entry.hid).fetchone()[0]
            for link in entry.inputs:
                self._do.add_ref(cursor, hid=link.hid, cid=link.cid, creator=None, position=None)
                self._do.add_input(cursor, call_id=call_id, position=link.position, name=link.name, hid=link.hid)
            for link in entry.outputs:
                self._do.add_ref(cursor, hid=link.hid, cid=link.cid, creator=call_id, position=link.position)
            self._add_span(cursor, entry.span)
            kind = "call" if entry.status == "ok" else "error"
            self._do.add_event(cursor, at_us=started + duration, kind=kind, subject=entry.hid)

    def record_spans(self, spans: Sequence[Span]) -> None:
        with self._database.writing() as cursor:
            for span in spans:
                self._add_span(cursor, span)

    # --- sessions and their log

    def begin_run(self, run: Run) -> None:
        row = {
            "id": run.id,
            "started_us": _us(run.started_s),
            "session": run.session,
            "kernel": run.kernel,
            "user": run.user,
            "git_commit": run.git_commit,
            "python": run.python,
            "packages": json.encode(run.packages).decode(),
        }
        with self._database.writing() as cursor:
            self._execute(cursor, insert(runs).values(row).on_conflict_do_nothing())

    def log(self, kind: str, subject: str) -> None:
        with self._database.writing() as cursor:
            self._do.add_event(cursor, at_us=_now_us(), kind=kind, subject=bytes.fromhex(subject))

    def events(self, after: int = 0, limit: int = 1000) -> list[LoggedEvent]:
        query = select(events).where(events.c.seq > after).order_by(events.c.seq).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [LoggedEvent(row.seq, row.at_us / MICRO, row.kind, row.subject.hex()) for row in rows]

    def totals(self, *, run: str | None = None, session: str | None = None) -> SpanTotals:
        query = (
            select(spans.c.status, func.count(), func.sum(spans.c.duration_us), func.sum(calls.c.duration_us))
            .join(calls, calls.c.id == spans.c.call_id)
            .group_by(spans.c.status, spans.c.depth == 0)
            .add_columns(spans.c.depth == 0)
        )
        if run is not None:
            query = query.where(spans.c.run == run)
        if session is not None:
            query = query.join(runs, runs.c.id == spans.c.run).where(runs.c.session == session)
        counts = {"computed": 0, "cached": 0, "error": 0}
        computed_us = saved_us = 0
        with self._database.reading() as connection:
            for status, count, spent, worth, top in connection.execute(query):
                counts[status] += count
                computed_us += int(spent) if top and status == "computed" else 0
                saved_us += int(worth) if status == "cached" else 0
        return SpanTotals(**counts, computed_s=computed_us / MICRO, saved_s=saved_us / MICRO)

    def count_calls(self, op: str | None = None) -> int:
        query = select(func.count()).select_from(calls)
        if op is not None:
            query = query.join(ops, ops.c.id == calls.c.op_id).where(ops.c.key == op)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    # --- for frames and finders

    def calls(self, hids: Iterable[str]) -> list[Call]:
        return self._calls_where(calls.c.hid.in_, hids)

    def calls_of_op(self, op: str) -> list[Call]:
        with self._database.reading() as connection:
            return self._rows.calls(connection, ops.c.key == op)

    def calls_of_session(self, session: str | None) -> list[Call]:
        in_session = (
            select(spans.c.call_id).join(runs, runs.c.id == spans.c.run).where(runs.c.session == session).distinct()
        )
        condition = calls.c.id > 0 if session is None else calls.c.id.in_(in_session)
        with self._database.reading() as connection:
            return self._rows.calls(connection, condition)

    def spans_of_call(self, hid: str) -> list[Span]:
        return self._spans(calls.c.hid.in_(list(id_bytes([hid]))))

    def last_spans(self, hids: Iterable[str]) -> dict[str, Span]:
        found: dict[str, Span] = {}
        for part in slices(id_bytes(hids)):
            for span in self._spans(calls.c.hid.in_(part)):
                found[span.call] = span
        return found

    def refs(self, hids: Iterable[str]) -> list[Ref]:
        found: list[Ref] = []
        with self._database.reading() as connection:
            for part in slices(id_bytes(hids)):
                query = select(refs.c.hid, stored.c.cid).join(stored, stored.c.id == refs.c.value_id)
                found.extend(self._rows.ref(*row) for row in connection.execute(query.where(refs.c.hid.in_(part))))
        return found

    def creators(self, refs_: Iterable[str]) -> list[Call]:
        makers = select(refs.c.creator_id)
        return self._calls_where(lambda part: calls.c.id.in_(makers.where(refs.c.hid.in_(part))), refs_)

    def consumers(self, refs_: Iterable[str]) -> list[Call]:
        takers = select(call_inputs.c.call_id).join(refs, refs.c.id == call_inputs.c.ref_id)
        return self._calls_where(lambda part: calls.c.id.in_(takers.where(refs.c.hid.in_(part))), refs_)

    # --- ops and their code

    def op(self, key: str) -> OpSpec | None:
        found = self._ops(ops.c.key == key)
        return found[0] if found else None

    def ops(self) -> list[OpSpec]:
        return self._ops(ops.c.id > 0)

    def versions(self, op: str) -> list[CodeVersion]:
        query = (
            select(code_versions)
            .join(ops, ops.c.id == code_versions.c.op_id)
            .where(ops.c.key == op)
            .order_by(code_versions.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            CodeVersion(
                row.digest, row.source, json.decode(row.helpers), tuple(json.decode(row.reads)), bool(row.complete)
            )
            for row in rows
        ]

    def start_anew(self) -> None:
        self._database.start_anew()

    def close(self) -> None:
        self._database.close()

    # --- pieces

    def _calls_where(self, condition: Any, hids: Iterable[str]) -> list[Call]:
        found: dict[str, Call] = {}
        with self._database.reading() as connection:
            for part in slices(id_bytes(hids)):
                for call in self._rows.calls(connection, condition(part)):
                    found.setdefault(call.hid, call)
        return list(found.values())

    def _spans(self, condition: Any) -> list[Span]:
        query = (
            select(spans, calls.c.hid)
            .join(calls, calls.c.id == spans.c.call_id)
            .where(condition)
            .order_by(spans.c.started_us, spans.c.seq)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Span(
                row.run,
                row.seq,
                row.parent,
                row.depth,
                row.hid.hex(),
                row.status,
                row.started_us / MICRO,
                row.duration_us / MICRO,
            )
            for row in rows
        ]

    def _ops(self, condition: Any) -> list[OpSpec]:
        query = select(ops.c.key, ops.c.name, ops.c.spec).where(condition).order_by(ops.c.id)
        with self._database.reading() as connection:
            return [spec_from_row(*row) for row in connection.execute(query).all()]

    def _add_span(self, cursor: Any, span: Span) -> None:
        self._do.add_span(
            cursor,
            run=span.run,
            seq=span.seq,
            parent=span.parent,
            depth=span.depth,
            hid=bytes.fromhex(span.call),
            status=span.status,
            started_us=_us(span.started_s),
            duration_us=_us(span.duration_s),
        )

    def _op_id(self, cursor: Any, spec: OpSpec) -> int:
        known = self._op_ids.get(spec)
        if known is not None:
            return known
        text = spec_to_json(spec)
        row = insert(ops).values(key=spec.key, name=spec.name, spec=text)
        renewed = row.on_conflict_do_update(index_elements=[ops.c.key], set_={"name": spec.name, "spec": text})
        self._execute(cursor, renewed)
        found = self._execute(cursor, select(ops.c.id).where(ops.c.key == spec.key)).fetchone()[0]
        self._op_ids[spec] = found
        return int(found)

    def _version_id(self, cursor: Any, op_id: int, version: CodeVersion) -> int:
        known = self._version_ids.get((op_id, version.digest))
        if known is not None:
            return known
        row = {
            "op_id": op_id,
            "digest": version.digest,
            "representative": version.digest,
            "source": version.source,
            "helpers": json.encode(version.helpers).decode(),
            "reads": json.encode(version.reads).decode(),
            "complete": version.complete,
            "seen_us": _now_us(),
        }
        self._execute(cursor, insert(code_versions).values(row).on_conflict_do_nothing())
        same = and_(code_versions.c.op_id == op_id, code_versions.c.digest == version.digest)
        found = self._execute(cursor, select(code_versions.c.id).where(same)).fetchone()[0]
        self._version_ids[(op_id, version.digest)] = found
        return int(found)

    def _execute(self, cursor: Any, statement: Any) -> Any:
        """Execute a statement that is too rare to prepare, within the transaction of `cursor`."""
        compiled = statement.compile(dialect=self._database.dialect)
        return cursor.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup])


def _found(rows: list[tuple[bytes | None, bytes | None, bytes, int]]) -> Found | None:
    if not rows:
        return None
    outputs = tuple((hid, cid) for hid, cid, _, _ in rows if hid is not None and cid is not None)
    return Found(rows[0][2], outputs, rows[0][3] / MICRO)


def _us(seconds: float) -> int:
    return round(seconds * MICRO)


def _now_us() -> int:
    return time.time_ns() // 1000
