"""What happened, and when: sessions, the spans of their calls, and the log of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import json
from sqlalchemy import and_, func, select
from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.connected import Connected
from mandala_lab.adapters.sql.rows import MICRO, SPAN_STATUS, has_hid, id_bytes, now_us, slices, to_us
from mandala_lab.adapters.sql.schema import calls, events, runs, spans
from mandala_lab.model.calls import LoggedEvent, Run, Span
from mandala_lab.model.errors import StoreError
from mandala_lab.model.stats import SpanTotals


class Sessions(Connected):
    """Sessions and their log."""

    def begin_run(self, run: Run) -> None:
        row = {
            "name": run.id,
            "started_us": to_us(run.started_s),
            "session": run.session,
            "kernel": run.kernel,
            "user": run.user,
            "git_commit": run.git_commit,
            "python": run.python,
            "packages": json.encode(run.packages).decode(),
        }
        with self._writing() as cursor:
            self._execute(cursor, insert(runs).values(row).on_conflict_do_nothing())

    def log(self, kind: str, subject: str = "", detail: str = "") -> None:
        with self._writing() as cursor:
            hid = next(id_bytes([subject]), b"")
            known = self._known_call(cursor, hid)
            cursor.execute(self._do.add_event, (now_us(), kind, known and known.row, detail or None))

    def last_event(self) -> int:
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.max(events.c.seq))) or 0)

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
        top = spans.c.depth == 0
        query = select(spans.c.status, top, func.count(), func.sum(spans.c.duration_us)).group_by(spans.c.status, top)
        saved = select(func.coalesce(func.sum(calls.c.duration_us), 0)).join(spans, calls.c.id == spans.c.call_id)
        saved = saved.where(spans.c.status == SPAN_STATUS.index("cached"))
        if run is not None or session is not None:
            meant = runs.c.name == run if run is not None else runs.c.session == session
            of_run = spans.c.run_id.in_(select(runs.c.id).where(meant))
            query, saved = query.where(of_run), saved.where(of_run)
        counts = {"computed": 0, "cached": 0, "error": 0}
        computed_us = saved_us = 0
        with self._database.reading() as connection:
            for code, is_top, count, spent in connection.execute(query):
                status = SPAN_STATUS[code]
                counts[status] += count
                computed_us += int(spent) if is_top and status == "computed" else 0
            if counts["cached"]:  # looking up what each would have taken is dear
                saved_us = int(connection.scalar(saved) or 0)
        return SpanTotals(**counts, computed_s=computed_us / MICRO, saved_s=saved_us / MICRO)

    def spans_of_call(self, hid: str) -> list[Span]:
        return self._spans(has_hid(list(id_bytes([hid]))))

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
            for span in self._spans(has_hid(part)):
                found[span.call] = span
        return found

    def _spans(self, condition: Any) -> list[Span]:
        query = (
            select(spans, calls.c.hid, runs.c.name.label("run"))
            .join(calls, calls.c.id == spans.c.call_id)
            .join(runs, runs.c.id == spans.c.run_id)
            .where(condition)
            .order_by(spans.c.run_id, spans.c.seq)  # not by time: clocks are set, also back
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

    def _add_spans_of_known(self, cursor: Any, found: Sequence[Span]) -> None:
        ids: dict[str, int | None] = {}
        for call in {span.call for span in found}:
            known = self._known_call(cursor, bytes.fromhex(call))
            ids[call] = None if known is None else known.row
        rows = [self._span_row(cursor, span, call_id) for span in found if (call_id := ids[span.call]) is not None]
        cursor.executemany(self._do.add_span, rows)

    def _add_span(self, cursor: Any, span: Span, call_id: int) -> None:
        cursor.execute(self._do.add_span, self._span_row(cursor, span, call_id))

    def _span_row(self, cursor: Any, span: Span, call_id: int) -> tuple[Any, ...]:
        return (
            self._run_id(cursor, span.run),
            span.seq,
            span.parent,
            span.depth,
            call_id,
            SPAN_STATUS.index(span.status),
            to_us(span.started_s),
            to_us(span.duration_s),
        )

    def _run_id(self, cursor: Any, name: str) -> int:
        known = self._known.runs.get(name)
        if known is None:
            row = self._execute(cursor, select(runs.c.id).where(runs.c.name == name)).fetchone()
            if row is None:
                raise StoreError(f"the session {name} is not in the store; open the store again")
            known = self._known.runs[name] = int(row[0])
        return known
