"""Setting aside what is damaged, and finding who made it.

A damaged value is no longer found, so that it is made again when it is asked for
and its op is there; a damaged record of a call is no hit any more. What lay there
is kept in a table of its own, or beside the file it was in.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, LargeBinary, cast, delete, func, insert, or_, select, update

from mandala_lab.adapters.sql.checking import Checking
from mandala_lab.adapters.sql.descriptions import Descriptions, sound_op, sound_run
from mandala_lab.adapters.sql.odd_rows import any_text
from mandala_lab.adapters.sql.rows import MICRO, bytes_to_links, has_hid, now_us
from mandala_lab.adapters.sql.schema import (
    HEAD,
    calls,
    code_states,
    code_versions,
    edges,
    events,
    ops,
    quarantine,
    runs,
    spans,
    spilled_values,
    stored_values,
)
from mandala_lab.adapters.sql.signed import of_state
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.faults import SetAside


class Mending(Checking, Descriptions):
    """Repairs of a store."""

    def makers(self, cids: Collection[bytes]) -> dict[bytes, list[tuple[str, int]]]:
        wanted, found = set(cids), dict[bytes, list[tuple[str, int]]]()
        with self._database.reading() as connection, any_text(connection):
            for hid, data in connection.execute(select(calls.c.hid, calls.c.links).where(calls.c.status == 0)):
                try:
                    outputs = bytes_to_links(data).outputs
                except MandalaLabError:  # told of, and set aside, as a call
                    continue
                for position, made in enumerate(outputs):
                    if made.cid in wanted:
                        found.setdefault(made.cid, []).append((hid.hex(), position))
        return found

    def set_aside_value(self, cid: bytes, reason: str) -> None:
        with self._writing() as cursor:
            note: dict[str, Any] = {"at_us": now_us(), "kind": "value", "key": cid, "reason": reason}
            self._execute(cursor, insert(quarantine).values(note))
            lay = select(cast(stored_values.c.data, LargeBinary)).where(stored_values.c.cid == cid).scalar_subquery()
            self._execute(cursor, update(quarantine).where(quarantine.c.key == cid).values(data=lay))
            self._drop_value(cursor, cid)
        if self._blobs is not None:
            self._blobs.set_aside(cid)

    def set_aside_call(self, hid: str, reason: str) -> None:
        row = calls.c.id == int(hid[1:]) if hid.startswith("#") else has_hid([bytes.fromhex(hid)])
        columns = (calls.c.id, cast(calls.c.hid, LargeBinary), cast(calls.c.links, LargeBinary))
        with self._deleting() as cursor:
            for call_id, key, links in self._execute(cursor, select(*columns).where(row)).fetchall():
                note = {"at_us": now_us(), "kind": "call", "key": key, "reason": reason, "data": links}
                self._execute(cursor, insert(quarantine).values(note))
                told = update(events).where(events.c.call_id == call_id)
                self._execute(cursor, told.values(call_id=None, detail=key.hex()))
                for statement in (self._do.drop_edges, self._do.drop_spans, self._do.drop_call):
                    cursor.execute(statement, (call_id,))

    def set_aside_version(self, version: str, reason: str) -> None:
        digest = bytes.fromhex(version)
        with self._writing() as cursor:
            query = select(code_versions.c.id, ops.c.key, cast(code_versions.c.code, LargeBinary)).join(ops)
            for row_id, op, code in self._execute(cursor, query.where(code_versions.c.digest == digest)).fetchall():
                note = {"at_us": now_us(), "kind": "version", "key": digest, "reason": reason, "data": code}
                self._execute(cursor, insert(quarantine).values(note))
                bare = self.bare_version(op, digest)
                self._execute(cursor, update(code_versions).where(code_versions.c.id == row_id).values(bare))
                self._reset_states(cursor, row_id, op, digest)

    def _reset_states(self, cursor: Any, version_id: int, op: str, digest: bytes) -> None:
        """Let the states of a version that are not what was signed stand for no keys."""
        of_version_ = code_states.c.version_id == version_id
        columns = (code_states.c.id, code_states.c.prefix, code_states.c.reads, code_states.c.signature)
        for row_id, prefix, reads, signature in self._execute(cursor, select(*columns).where(of_version_)).fetchall():
            if not self._counts(signature, of_state(op, digest, prefix, reads)):
                bare = self.bare_state(op, digest, row_id)
                self._execute(cursor, update(code_states).where(code_states.c.id == row_id).values(bare))

    def mend_description(self, place: str, row_id: int) -> None:
        table = {"op": ops, "run": runs}[place]
        with self._database.changing() as connection:
            with any_text(connection, "replace"):
                row = connection.execute(select(table).where(table.c.id == row_id)).mappings().first()
            if row is not None:
                sound = (sound_op if table is ops else sound_run)(dict(row))
                connection.execute(update(table).where(table.c.id == row_id).values(sound))

    def set_aside(self) -> list[SetAside]:
        key, blobs = quarantine.c.key, self._blobs
        is_back = or_(*(key.in_(select(known)) for known in (stored_values.c.cid, spilled_values.c.cid, calls.c.hid)))
        size = func.coalesce(func.length(quarantine.c.data), 0)
        columns = (quarantine.c.kind, key, quarantine.c.reason, quarantine.c.at_us, size, is_back)
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(quarantine.c.id)).all()
        return [
            SetAside(
                kind,
                cid.hex(),
                reason,
                at_us / MICRO,
                size + (blobs.size_set_aside(cid) if blobs is not None and kind == "value" else 0),
                bool(back) and kind != "version",
            )
            for kind, cid, reason, at_us, size, back in rows
        ]

    def discard_set_aside(self) -> None:
        with self._writing() as cursor:
            rows = self._execute(cursor, select(quarantine.c.kind, quarantine.c.key)).fetchall()
            self._execute(cursor, delete(quarantine))
        for kind, cid in rows:
            if kind == "value" and self._blobs is not None:
                self._blobs.discard_set_aside(cid)

    def remake_index(self) -> None:
        with self._database.changing() as connection:
            connection.execute(delete(edges))
            for call_id, data in connection.execute(select(calls.c.id, calls.c.links)).all():
                heads = {given.hid[:HEAD] for given in bytes_to_links(data).inputs}
                for taken in heads:
                    connection.execute(insert(edges).values(head=taken, call_id=call_id))
            _drop_orphans(connection)
            connection.exec_driver_sql("REINDEX")


def _drop_orphans(connection: Connection) -> None:
    """Delete what describes ops, versions and calls that are not there, and that no call refers to."""
    no_call = code_states.c.id.not_in(select(calls.c.state_id))
    no_version = code_states.c.version_id.not_in(select(code_versions.c.id))
    no_op = code_states.c.op_id.not_in(select(ops.c.id))
    connection.execute(delete(code_states).where(no_call, or_(no_version, no_op)))
    no_state = code_versions.c.id.not_in(select(code_states.c.version_id))
    connection.execute(delete(code_versions).where(no_state, code_versions.c.op_id.not_in(select(ops.c.id))))
    lost = or_(spans.c.call_id.not_in(select(calls.c.id)), spans.c.run_id.not_in(select(runs.c.id)))
    connection.execute(delete(spans).where(lost))
