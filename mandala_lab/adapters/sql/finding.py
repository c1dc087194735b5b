"""Finding recorded calls: for hits, for frames and for finders."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, func, select
from sqlalchemy.sql import ColumnElement  # noqa: TC002 - as for our own imports

from mandala_lab.adapters.sql.connected import Connected
from mandala_lab.adapters.sql.rows import CALL_STATUS, MICRO, RowReader, bytes_to_links, has_hid, id_bytes, slices
from mandala_lab.adapters.sql.schema import HEAD, calls, edges, head, ops, runs, spans
from mandala_lab.adapters.sql.signed import of_call
from mandala_lab.model.calls import Call, CallStatus, Found
from mandala_lab.model.errors import StoreError
from mandala_lab.model.hashing import maker_of
from mandala_lab.model.refs import Ref
from mandala_lab.model.structures import RESERVED


class Finding(Connected):
    """Calls by their ids, op, session and refs."""

    _rows: RowReader

    def find(self, hid: bytes) -> Found | None:
        return self._first_that_counts(self._do.find, self._do.find, (hid[:HEAD], hid))

    def find_content(self, cid: bytes) -> Found | None:
        return self._first_that_counts(self._do.find_content, self._do.find_all_content, (cid[:HEAD], cid))

    def was_foreign(self, cid: bytes) -> bool:
        columns = (calls.c.hid, calls.c.cid, calls.c.status, calls.c.links, calls.c.signature)
        equal = select(*columns).where(head(calls.c.cid) == cid[:HEAD], calls.c.cid == cid)
        with self._database.reading() as connection:
            rows = connection.execute(equal.order_by(calls.c.id)).all()
        counting = [self._counts(row.signature, of_call(row.hid, row.cid, row.status, row.links)) for row in rows]
        return any(counting) and not counting[0]

    def _first_that_counts(self, one: str, every: str, asked: tuple[bytes, bytes]) -> Found | None:
        """Return the first recorded call that counts; where none does, the first."""
        row = self._database.fetch(one, asked)
        if row is None:
            return None
        if self._counts(row[4], of_call(row[0], row[1], 0, row[2])):
            return self._found(row)
        rows = self._database.fetch_all(every, asked)
        counting = (one for one in rows if self._counts(one[4], of_call(one[0], one[1], 0, one[2])))
        return self._found(next(counting, row))

    def calls(self, hids: Iterable[str]) -> list[Call]:
        found: dict[str, Call] = {}
        with self._database.reading() as connection:
            for part in slices(id_bytes(hids)):
                for call in self._rows.calls(connection, has_hid(part)):
                    found.setdefault(call.hid, call)
        return list(found.values())

    def calls_beginning(self, hid: str, limit: int) -> list[Call]:
        digits = hid.lower()[: 2 * HEAD]
        low, high = (next(id_bytes([digits.ljust(2 * HEAD, fill)]), b"") for fill in "0f")
        condition = and_(head(calls.c.hid) >= low, head(calls.c.hid) <= high)
        with self._database.reading() as connection:
            found = self._rows.calls(connection, condition, latest=limit) if low and high else []
        return [call for call in found if call.hid.startswith(hid.lower())]

    def calls_of_op(self, op: str) -> list[Call]:
        with self._database.reading() as connection:
            return self._rows.calls(connection, ops.c.key == op)

    def latest_calls(
        self, limit: int, *, op: str | None = None, status: CallStatus | None = None, before: str | None = None
    ) -> list[Call]:
        if op is None:
            condition: ColumnElement[bool] = ~ops.c.key.startswith(RESERVED, autoescape=True)
        else:  # by its row, so that the index gives them in their order
            condition = calls.c.op_id == select(ops.c.id).where(ops.c.key == op).scalar_subquery()
        if status is not None:
            condition = and_(condition, calls.c.status == CALL_STATUS.index(status))
        if before is not None:
            row = select(calls.c.id).where(has_hid(list(id_bytes([before])))).scalar_subquery()
            condition = and_(condition, calls.c.id < row)
        with self._database.reading() as connection:
            return self._rows.calls(connection, condition, latest=limit)

    def calls_of_session(self, session: str | None) -> list[Call]:
        in_session = (
            select(spans.c.call_id).join(runs, runs.c.id == spans.c.run_id).where(runs.c.session == session).distinct()
        )
        condition = calls.c.id > 0 if session is None else calls.c.id.in_(in_session)
        with self._database.reading() as connection:
            return self._rows.calls(connection, condition)

    def sessions(self) -> list[str]:
        query = select(runs.c.session).group_by(runs.c.session).order_by(func.max(runs.c.id))
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def count_calls(self, op: str | None = None) -> int:
        meant = ~ops.c.key.startswith(RESERVED, autoescape=True) if op is None else ops.c.key == op
        of_ops = calls.c.op_id.in_(select(ops.c.id).where(meant))  # the index alone answers
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(calls).where(of_ops)) or 0)

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

    def _found(self, row: tuple[bytes, bytes, bytes, int, bytes | None] | None) -> Found | None:
        if row is None:
            return None
        hid, cid, data, duration_us, signature = row
        counts = self._counts(signature, of_call(hid, cid, 0, data))
        if not counts and self._keyring.claims(signature):
            raise StoreError(f"a record of this store is damaged: call {hid.hex()} is not what was signed")
        links = bytes_to_links(data)
        return Found(hid, links.outputs, duration_us / MICRO, links.changed, counts)
