"""Finding recorded calls: for hits, for frames and for finders."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from mandala_lab.adapters.sql.connected import Connected
from mandala_lab.adapters.sql.rows import MICRO, RowReader, bytes_to_links, has_hid, id_bytes, slices
from mandala_lab.adapters.sql.schema import HEAD, calls, edges, ops, runs, spans
from mandala_lab.model.calls import Call, Found
from mandala_lab.model.hashing import maker_of
from mandala_lab.model.refs import Ref
from mandala_lab.model.structures import RESERVED


class Finding(Connected):
    """Calls by their ids, op, session and refs."""

    _rows: RowReader

    def find(self, hid: bytes) -> Found | None:
        return _found(self._database.fetch(self._do.find, (hid[:HEAD], hid)))

    def find_content(self, cid: bytes) -> Found | None:
        return _found(self._database.fetch(self._do.find_content, (cid[:HEAD], cid)))

    def calls(self, hids: Iterable[str]) -> list[Call]:
        found: dict[str, Call] = {}
        with self._database.reading() as connection:
            for part in slices(id_bytes(hids)):
                for call in self._rows.calls(connection, has_hid(part)):
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

    def count_calls(self, op: str | None = None) -> int:
        query = select(func.count()).select_from(calls).join(ops, ops.c.id == calls.c.op_id)
        query = query.where(~ops.c.key.startswith(RESERVED, autoescape=True) if op is None else ops.c.key == op)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

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


def _found(row: tuple[bytes, bytes, int] | None) -> Found | None:
    if row is None:
        return None
    links = bytes_to_links(row[1])
    return Found(row[0], links.outputs, row[2] / MICRO, links.changed)
