"""Ops, and the versions of their code with the data that they read."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import and_, select, update
from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.connected import Connected
from mandala_lab.adapters.sql.rows import (
    MICRO,
    bytes_to_reads,
    id_bytes,
    now_us,
    reads_to_bytes,
    spec_from_row,
    spec_to_json,
    version_from_json,
    version_to_json,
)
from mandala_lab.adapters.sql.schema import code_states, code_versions, ops
from mandala_lab.adapters.sql.signed import of_state, of_version
from mandala_lab.model.calls import CallEntry, RecordedState
from mandala_lab.model.ops import CodeVersion, OpSpec, RecordedVersion


class Code(Connected):
    """Ops and their code."""

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
        rows = self._database.fetch_all(self._do.states, (op, limit))
        return [found for row in rows if (found := self._state(op, *row)) is not None]

    def _state(
        self,
        op: str,
        code: str,
        representative: bytes,
        seen_us: int,
        version: bytes,
        program: bytes | None,
        signature: bytes | None,
        prefix: bytes | None,
        reads: bytes | None,
        state_signature: bytes | None,
    ) -> RecordedState | None:
        """Return a version with data that it read, or ``None`` where it was not written with a key that counts."""
        if not self._counts(signature, of_version(op, version, representative, code, program)):
            return None
        recorded = _recorded_version(code, representative, seen_us)
        if prefix is None or reads is None:
            return RecordedState(recorded, b"", ())
        if not self._counts(state_signature, of_state(op, version, prefix, reads)):
            return None
        return RecordedState(recorded, prefix, bytes_to_reads(reads))

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
        with self._writing() as cursor:
            self._version_id(cursor, self._op_id(cursor, spec), spec.key, version, representative, anew=True)
            cursor.execute(self._do.add_event, (now_us(), kind, None, detail))

    def _ops(self, condition: Any) -> list[OpSpec]:
        query = select(ops.c.key, ops.c.name, ops.c.spec).where(condition).order_by(ops.c.id)
        with self._database.reading() as connection:
            return [spec_from_row(*row) for row in connection.execute(query).all()]

    def _op_id(self, cursor: Any, spec: OpSpec) -> int:
        known = self._known.ops.get(spec)
        if known is not None:
            return known
        text = spec_to_json(spec)
        row = insert(ops).values(key=spec.key, name=spec.name, spec=text)
        renewed = row.on_conflict_do_update(index_elements=[ops.c.key], set_={"name": spec.name, "spec": text})
        self._execute(cursor, renewed)
        found = self._execute(cursor, select(ops.c.id).where(ops.c.key == spec.key)).fetchone()[0]
        self._known.ops[spec] = found
        return int(found)

    def _version_id(
        self,
        cursor: Any,
        op_id: int,
        op: str,
        version: CodeVersion,
        representative: bytes,
        program: bytes | None = None,
        *,
        anew: bool = False,
    ) -> int:
        """Return the row of a version; one that does not count, or `anew` any, is made to say what we say."""
        same = and_(code_versions.c.op_id == op_id, code_versions.c.digest == version.digest)
        names = ("representative", "code", "program", "signature")
        written = [code_versions.c[name] for name in names]
        found = self._execute(cursor, select(code_versions.c.id, *written).where(same)).fetchone()
        counts = found is not None and self._counts(found[4], of_version(op, version.digest, *found[1:4]))
        if counts and not anew and found[2] != version_to_json(CodeVersion(version.digest, "")):
            return int(found[0])
        program = found[3] if counts and program is None else program
        code = version_to_json(version)
        signature = self._sign(of_version(op, version.digest, representative, code, program))
        row = dict(zip(names, (representative, code, program, signature), strict=True))
        if found is not None:
            self._execute(cursor, update(code_versions).where(code_versions.c.id == found[0]).values(row))
            return int(found[0])
        row |= {"op_id": op_id, "digest": version.digest, "seen_us": now_us()}
        return int(self._execute(cursor, insert(code_versions).values(row)).lastrowid)

    def _state_id(self, cursor: Any, op_id: int, entry: CallEntry) -> int:
        key = (op_id, entry.version.digest, entry.prefix)
        known = self._known.states.get(key)
        if known is None:
            op, version = entry.spec.key, entry.version.digest
            version_id = self._version_id(cursor, op_id, op, entry.version, entry.representative, entry.program)
            row = {"op_id": op_id, "version_id": version_id, "prefix": entry.prefix}
            reads = reads_to_bytes(entry.reads)
            signature = self._sign(of_state(op, version, entry.prefix, reads))
            made = insert(code_states).values(row | {"reads": reads, "signature": signature})
            names = [code_states.c[name] for name in row]
            ours = {"reads": reads, "signature": signature}  # the prefix says what was read
            self._execute(cursor, made.on_conflict_do_update(index_elements=names, set_=ours))
            same = and_(*(code_states.c[name] == value for name, value in row.items()))
            known = self._execute(cursor, select(code_states.c.id).where(same)).fetchone()[0]
            self._known.states[key] = known
        return int(known)


def _recorded_version(code: str, representative: bytes, seen_us: int) -> RecordedVersion:
    return RecordedVersion(version_from_json(code), representative, seen_us / MICRO)
