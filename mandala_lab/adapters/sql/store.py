"""`SqlCallStore`: the call store on a database.

Owns what is written together and what is asked for together. One transaction
holds a call, its values, refs, span and event; nothing of it is seen before the
whole is committed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import json
from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import ColumnElement  # noqa: TC002 - as for our own imports

from mandala_lab.adapters.sql.database import Database
from mandala_lab.adapters.sql.deletion import delete_calls, delete_unreferenced
from mandala_lab.adapters.sql.rows import (
    MICRO,
    SPAN_STATUS,
    Links,
    RowReader,
    bytes_to_links,
    bytes_to_reads,
    id_bytes,
    links_to_bytes,
    reads_to_bytes,
    slices,
    spec_from_row,
    spec_to_json,
    version_from_json,
    version_to_json,
)
from mandala_lab.adapters.sql.schema import (
    HEAD,
    calls,
    code_states,
    code_versions,
    edges,
    events,
    head,
    ops,
    runs,
    settings,
    spans,
    spilled_values,
    stored_values,
)
from mandala_lab.adapters.sql.statements import statements_for
from mandala_lab.model.calls import Call, CallEntry, Found, LoggedEvent, RecordedState, Run, Sizes, Span, SpanTotals
from mandala_lab.model.errors import StoreError
from mandala_lab.model.hashing import maker_of
from mandala_lab.model.ops import CodeVersion, OpSpec, RecordedVersion
from mandala_lab.model.refs import Ref, ValueSource
from mandala_lab.model.structures import FORMAT, RESERVED
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.blob_store import BlobStore


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
    synced
        Let each commit wait until it is on the disk.
    """

    def __init__(self, path: str, source: ValueSource, *, read_only: bool = False, synced: bool = False) -> None:
        self._database = Database(path, read_only=read_only, synced=synced)
        self._blobs: BlobStore | None = None
        self._spill_bytes = 0
        self._rows = RowReader(source, self)
        self._do = statements_for(self._database.dialect)
        self._op_ids: dict[OpSpec, int] = {}
        self._state_ids: dict[tuple[int, bytes, bytes], int] = {}
        self._run_ids: dict[str, int] = {}

    def spill_to(self, blobs: BlobStore, more_than_bytes: int) -> None:
        """Let larger values lie in `blobs`; without that all lie in the database."""
        self._blobs = blobs
        self._spill_bytes = more_than_bytes

    def setting(self, name: str) -> str | None:
        """Return what the store itself knows of how it is kept."""
        with self._database.reading() as connection:
            return connection.scalar(select(settings.c.value).where(settings.c.name == name))

    def set_setting(self, name: str, value: str) -> None:
        """Note how the store is kept."""
        row = insert(settings).values(name=name, value=value)
        with self._database.writing() as cursor:
            self._execute(cursor, row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def has_spilled_values(self) -> bool:
        """Whether values lie outside of the database."""
        with self._database.reading() as connection:
            return connection.execute(select(spilled_values.c.cid).limit(1)).first() is not None

    # --- the hot path

    def find(self, hid: bytes) -> Found | None:
        return _found(self._database.fetch(self._do.find, (hid[:HEAD], hid)))

    def find_content(self, cid: bytes) -> Found | None:
        return _found(self._database.fetch(self._do.find_content, (cid[:HEAD], cid)))

    def has_value(self, cid: bytes) -> bool:
        fetch = self._database.fetch
        return fetch(self._do.has_value, (cid,)) is not None or fetch(self._do.spilled_value, (cid,)) is not None

    def read_value(self, cid: bytes) -> StoredValue:
        row = self._database.fetch(self._do.read_value, (cid,))
        if row is not None:
            return StoredValue(cid, row[0], row[1], row[2])
        spilled = self._database.fetch(self._do.spilled_value, (cid,))
        if spilled is None or self._blobs is None:
            raise LookupError(f"value {cid.hex()} is not in the store {self._database.path}")
        blob = self._blobs.get(cid)
        return StoredValue(cid, spilled[0], blob.data, spilled[1], blob.identity)

    def value_size(self, cid: bytes) -> int | None:
        here = select(func.length(stored_values.c.data)).where(stored_values.c.cid == cid)
        elsewhere = select(spilled_values.c.size).where(spilled_values.c.cid == cid)
        with self._database.reading() as connection:
            return connection.scalar(here) or connection.scalar(elsewhere)

    def record(self, entries: Sequence[CallEntry], spans: Sequence[Span] = ()) -> None:
        for entry in entries:
            for value in entry.values:
                if self._spills(value):  # before the row that speaks of it: a crash may leave a file too many
                    self._blobs.put(value.cid, *value.parts)  # type: ignore[union-attr]
        try:
            with self._database.writing() as cursor:
                for entry in entries:
                    self._add(cursor, entry)
                for span in spans:
                    self._add_span_of_known(cursor, span)
        except BaseException:  # ids that were made in the transaction are gone with it
            self._op_ids.clear()
            self._state_ids.clear()
            self._run_ids.clear()
            raise

    def replace_value(self, value: StoredValue) -> None:
        if self._blobs is not None:
            self._blobs.delete(value.cid)
            if self._spills(value):
                self._blobs.put(value.cid, *value.parts)
        with self._database.writing() as cursor:
            for table in (stored_values, spilled_values):
                self._execute(cursor, delete(table).where(table.c.cid == value.cid))
            self._add_value(cursor, value)

    def _spills(self, value: StoredValue) -> bool:
        large = self._blobs is not None and value.size > self._spill_bytes
        return large and value.format != FORMAT  # its elements are looked up when values are collected

    def _add_value(self, cursor: Any, value: StoredValue) -> None:
        if self._spills(value):
            cursor.execute(self._do.add_spilled, (value.cid, value.format, value.digest, value.size))
        else:
            cursor.execute(self._do.add_value, (value.cid, value.format, value.digest, value.settled().data))

    def _add(self, cursor: Any, entry: CallEntry) -> None:
        execute = cursor.execute
        for value in entry.values:
            self._add_value(cursor, value)
        hid, started, duration = entry.hid, _us(entry.started_s), _us(entry.duration_s)
        failed = int(entry.status != "ok")
        known = execute(self._do.known_call, (hid[:HEAD], hid)).fetchone()
        if known is None or known[1]:  # a failed call is renewed
            op_id = self._op_id(cursor, entry.spec)
            row = (
                entry.cid,
                op_id,
                self._state_id(cursor, op_id, entry),
                failed,
                entry.executed,
                started,
                duration,
                links_to_bytes(Links(entry.inputs, entry.outputs)),
                entry.error or None,
            )
            if known is None:
                call_id = execute(self._do.add_call, (hid, *row)).lastrowid
                cursor.executemany(self._do.add_edge, [(given.hid[:HEAD], call_id) for given in entry.inputs])
            else:
                call_id = known[0]
                execute(self._do.renew_call, (*row, call_id))
        else:
            call_id = known[0]
        if entry.span is not None:
            self._add_span(cursor, entry.span, call_id)
        execute(self._do.add_event, (started + duration, "error" if failed else "call", call_id, None))

    def _add_span_of_known(self, cursor: Any, span: Span) -> None:
        hid = bytes.fromhex(span.call)
        known = cursor.execute(self._do.known_call, (hid[:HEAD], hid)).fetchone()
        if known is not None:
            self._add_span(cursor, span, known[0])

    def _add_span(self, cursor: Any, span: Span, call_id: int) -> None:
        row = (
            self._run_id(cursor, span.run),
            span.seq,
            span.parent,
            span.depth,
            call_id,
            SPAN_STATUS.index(span.status),
            _us(span.started_s),
            _us(span.duration_s),
        )
        cursor.execute(self._do.add_span, row)

    # --- sessions and their log

    def begin_run(self, run: Run) -> None:
        row = {
            "name": run.id,
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

    def log(self, kind: str, subject: str = "", detail: str = "") -> None:
        with self._database.writing() as cursor:
            hid = next(id_bytes([subject]), b"")
            known = cursor.execute(self._do.known_call, (hid[:HEAD], hid)).fetchone()
            cursor.execute(self._do.add_event, (_now_us(), kind, known and known[0], detail or None))

    def events(self, after: int = 0, limit: int = 1000) -> list[LoggedEvent]:
        query = (
            select(events.c.seq, events.c.at_us, events.c.kind, events.c.detail, calls.c.hid)
            .join(calls, calls.c.id == events.c.call_id, isouter=True)
            .where(events.c.seq > after)
            .order_by(events.c.seq)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            LoggedEvent(row.seq, row.at_us / MICRO, row.kind, row.hid.hex() if row.hid else "", row.detail or "")
            for row in rows
        ]

    def totals(self, *, run: str | None = None, session: str | None = None) -> SpanTotals:
        query = (
            select(spans.c.status, func.count(), func.sum(spans.c.duration_us), func.sum(calls.c.duration_us))
            .join(calls, calls.c.id == spans.c.call_id)
            .group_by(spans.c.status, spans.c.depth == 0)
            .add_columns(spans.c.depth == 0)
        )
        if run is not None:
            query = query.join(runs, runs.c.id == spans.c.run_id).where(runs.c.name == run)
        elif session is not None:
            query = query.join(runs, runs.c.id == spans.c.run_id).where(runs.c.session == session)
        counts = {"computed": 0, "cached": 0, "error": 0}
        computed_us = saved_us = 0
        with self._database.reading() as connection:
            for code, count, spent, worth, top in connection.execute(query):
                status = SPAN_STATUS[code]
                counts[status] += count
                computed_us += int(spent) if top and status == "computed" else 0
                saved_us += int(worth) if status == "cached" else 0
        return SpanTotals(**counts, computed_s=computed_us / MICRO, saved_s=saved_us / MICRO)

    def count_calls(self, op: str | None = None) -> int:
        query = select(func.count()).select_from(calls).join(ops, ops.c.id == calls.c.op_id)
        query = query.where(~ops.c.key.startswith(RESERVED, autoescape=True) if op is None else ops.c.key == op)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def sizes(self) -> Sizes:
        inside = select(func.count(), func.coalesce(func.sum(func.length(stored_values.c.data)), 0))
        outside = select(func.count(), func.coalesce(func.sum(spilled_values.c.size), 0)).select_from(spilled_values)
        with self._database.reading() as connection:
            number, size = connection.execute(inside.select_from(stored_values)).one()
            more, large = connection.execute(outside).one()
        return Sizes(self.count_calls(), number + more, size + large, self._database.size())

    def delete_calls(self, hids: Iterable[str]) -> None:
        with self._database.changing() as connection:
            for part in slices(id_bytes(hids)):
                delete_calls(connection, _has_hid(part), _now_us())

    def delete_unreferenced_values(self) -> int:
        with self._database.changing() as connection:
            gone, spilled = delete_unreferenced(connection)
        for cid in spilled if self._blobs is not None else []:
            self._blobs.delete(cid)  # type: ignore[union-attr]
        return gone

    # --- for frames and finders

    def calls(self, hids: Iterable[str]) -> list[Call]:
        found: dict[str, Call] = {}
        with self._database.reading() as connection:
            for part in slices(id_bytes(hids)):
                for call in self._rows.calls(connection, _has_hid(part)):
                    found.setdefault(call.hid, call)
        return list(found.values())

    def calls_of_op(self, op: str) -> list[Call]:
        with self._database.reading() as connection:
            return self._rows.calls(connection, ops.c.key == op)

    def calls_of_session(self, session: str | None) -> list[Call]:
        in_session = (
            select(spans.c.call_id).join(runs, runs.c.id == spans.c.run_id).where(runs.c.session == session).distinct()
        )
        condition = calls.c.id > 0 if session is None else calls.c.id.in_(in_session)
        with self._database.reading() as connection:
            return self._rows.calls(connection, condition)

    def spans_of_call(self, hid: str) -> list[Span]:
        return self._spans(_has_hid(list(id_bytes([hid]))))

    def spans_of_run(self, run: str, *, seq: int | None = None, parent: int | None = None) -> list[Span]:
        condition = runs.c.name == run
        if seq is not None:
            condition = and_(condition, spans.c.seq == seq)
        if parent is not None:
            condition = and_(condition, spans.c.seq > parent, spans.c.parent == parent)
        return self._spans(condition)

    def last_spans(self, hids: Iterable[str]) -> dict[str, Span]:
        found: dict[str, Span] = {}
        for part in slices(id_bytes(hids)):
            for span in self._spans(_has_hid(part)):
                found[span.call] = span
        return found

    def refs(self, hids: Iterable[str]) -> list[Ref]:
        wanted = list(dict.fromkeys(hids))
        related = [*self.creators(wanted), *self.consumers(wanted)]
        found = {ref.hid: ref for call in related for ref in (*call.outputs.values(), *call.inputs.values())}
        return [found[hid] for hid in wanted if hid in found]

    def creators(self, refs: Iterable[str]) -> list[Call]:
        makers = [maker for hid in id_bytes(refs) if (maker := maker_of(hid)) is not None]
        return [call for call in self.calls(hid.hex() for hid, _ in makers) if call.status == "ok"]

    def consumers(self, refs: Iterable[str]) -> list[Call]:
        wanted = set(refs)
        found: dict[str, Call] = {}
        with self._database.reading() as connection:
            for part in slices(hid[:HEAD] for hid in id_bytes(wanted)):
                takers = select(edges.c.call_id).where(edges.c.head.in_(part))
                for call in self._rows.calls(connection, calls.c.id.in_(takers)):
                    if any(ref.hid in wanted for ref in call.inputs.values()):
                        found.setdefault(call.hid, call)
        return list(found.values())

    # --- ops and their code

    def op(self, key: str) -> OpSpec | None:
        found = self._ops(ops.c.key == key)
        return found[0] if found else None

    def ops(self) -> list[OpSpec]:
        return self._ops(ops.c.id > 0)

    def namesake(self, name: str, key: str) -> str | None:
        found = self._database.fetch(self._do.namesake, (name, key))
        return None if found is None else str(found[0])

    def versions(self, op: str) -> list[RecordedVersion]:
        query = (
            select(code_versions)
            .join(ops, ops.c.id == code_versions.c.op_id)
            .where(ops.c.key == op)
            .order_by(code_versions.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [_recorded_version(row.code, row.representative, row.seen_us) for row in rows]

    def states(self, op: str, limit: int) -> list[RecordedState]:
        return [
            RecordedState(_recorded_version(*row[:3]), row[3] or b"", bytes_to_reads(row[4]) if row[4] else ())
            for row in self._database.fetch_all(self._do.states, (op, limit))
        ]

    def program(self, op: str, version: str) -> bytes | None:
        of_op = select(code_versions.c.program).join(ops, ops.c.id == code_versions.c.op_id).where(ops.c.key == op)
        with self._database.reading() as connection:
            return connection.scalar(of_op.where(code_versions.c.digest == next(id_bytes([version]), b"")))

    def declare(
        self,
        spec: OpSpec,
        version: CodeVersion,
        representative: bytes,
        detail: str,
        kind: Literal["compatible", "recompute"] = "compatible",
    ) -> None:
        with self._database.writing() as cursor:
            version_id = self._version_id(cursor, self._op_id(cursor, spec), version, representative)
            renewed = update(code_versions).where(code_versions.c.id == version_id)
            self._execute(cursor, renewed.values(representative=representative))
            cursor.execute(self._do.add_event, (_now_us(), kind, None, detail))

    def start_anew(self) -> None:
        self._database.start_anew()

    def close(self) -> None:
        self._database.close()

    # --- pieces

    def _spans(self, condition: Any) -> list[Span]:
        query = (
            select(spans, calls.c.hid, runs.c.name.label("run"))
            .join(calls, calls.c.id == spans.c.call_id)
            .join(runs, runs.c.id == spans.c.run_id)
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
                SPAN_STATUS[row.status],
                row.started_us / MICRO,
                row.duration_us / MICRO,
            )
            for row in rows
        ]

    def _ops(self, condition: Any) -> list[OpSpec]:
        query = select(ops.c.key, ops.c.name, ops.c.spec).where(condition).order_by(ops.c.id)
        with self._database.reading() as connection:
            return [spec_from_row(*row) for row in connection.execute(query).all()]

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

    def _version_id(
        self, cursor: Any, op_id: int, version: CodeVersion, representative: bytes, program: bytes | None = None
    ) -> int:
        row = {
            "op_id": op_id,
            "digest": version.digest,
            "representative": representative,
            "code": version_to_json(version),
            "seen_us": _now_us(),
            "program": program,
        }
        self._execute(cursor, insert(code_versions).values(row).on_conflict_do_nothing())
        same = and_(code_versions.c.op_id == op_id, code_versions.c.digest == version.digest)
        return int(self._execute(cursor, select(code_versions.c.id).where(same)).fetchone()[0])

    def _state_id(self, cursor: Any, op_id: int, entry: CallEntry) -> int:
        key = (op_id, entry.version.digest, entry.prefix)
        known = self._state_ids.get(key)
        if known is None:
            version_id = self._version_id(cursor, op_id, entry.version, entry.representative, entry.program)
            row = {"op_id": op_id, "version_id": version_id, "prefix": entry.prefix}
            self._execute(
                cursor,
                insert(code_states).values(row | {"reads": reads_to_bytes(entry.reads)}).on_conflict_do_nothing(),
            )
            same = and_(*(code_states.c[name] == value for name, value in row.items()))
            known = self._execute(cursor, select(code_states.c.id).where(same)).fetchone()[0]
            self._state_ids[key] = known
        return int(known)

    def _run_id(self, cursor: Any, name: str) -> int:
        known = self._run_ids.get(name)
        if known is None:
            row = self._execute(cursor, select(runs.c.id).where(runs.c.name == name)).fetchone()
            if row is None:
                raise StoreError(f"the session {name} is not in the store; open the store again")
            known = self._run_ids[name] = int(row[0])
        return known

    def _execute(self, cursor: Any, statement: Any) -> Any:
        """Execute a statement that is too rare to prepare, within the transaction of `cursor`."""
        compiled = statement.compile(dialect=self._database.dialect)
        return cursor.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup])


def _recorded_version(code: str, representative: bytes, seen_us: int) -> RecordedVersion:
    return RecordedVersion(version_from_json(code), representative, seen_us / MICRO)


def _has_hid(part: list[bytes]) -> ColumnElement[bool]:
    return and_(head(calls.c.hid).in_([hid[:HEAD] for hid in part]), calls.c.hid.in_(part))


def _found(row: tuple[bytes, bytes, int] | None) -> Found | None:
    return None if row is None else Found(row[0], bytes_to_links(row[1]).outputs, row[2] / MICRO)


def _us(seconds: float) -> int:
    return round(seconds * MICRO)


def _now_us() -> int:
    return time.time_ns() // 1000
