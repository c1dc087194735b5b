"""Writing calls, and deleting them.

One transaction holds a call, its values, refs, span and event; nothing of it is
seen before the whole is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mandala_lab.adapters.sql.code import Code
from mandala_lab.adapters.sql.deletion import delete_calls
from mandala_lab.adapters.sql.presence import Presence, bundles, refusal
from mandala_lab.adapters.sql.rows import Links, id_bytes, links_to_bytes, to_us
from mandala_lab.adapters.sql.schema import HEAD
from mandala_lab.adapters.sql.sessions import Sessions
from mandala_lab.adapters.sql.signed import of_call
from mandala_lab.model.calls import CallEntry, Span


class Recording(Presence, Code, Sessions):
    """Calls, with all that is written and deleted with them."""

    def record(self, entries: Sequence[CallEntry], spans: Sequence[Span] = ()) -> None:
        for entry in entries:
            for value in entry.values:
                self._spill(value)
        lacks: list[str] = []
        refused = 0
        news = False
        try:
            with self._writing() as cursor:
                news = self._sees_collection(cursor)
                for bundle in bundles(entries) if self._is_wary else (entries,):
                    lack = self._lack(cursor, bundle) if self._is_wary else None
                    if lack is not None:
                        lacks.append(lack)
                        refused += len(bundle)
                        continue
                    for entry in bundle:
                        self._add(cursor, entry)
                self._add_spans_of_known(cursor, spans)
        finally:
            if news or lacks:
                for forget in self._forget:
                    forget()
        if lacks:
            raise refusal(lacks, refused)

    def delete_calls(self, hids: Iterable[str]) -> None:
        with self._deleting() as cursor:
            delete_calls(cursor, self._do, list(dict.fromkeys(id_bytes(hids))), self._execute)

    def _add(self, cursor: Any, entry: CallEntry) -> None:
        execute = cursor.execute
        for value in entry.values:
            self._add_value(cursor, value)
        hid, started, duration = entry.hid, to_us(entry.started_s), to_us(entry.duration_s)
        failed = int(entry.status != "ok")
        known = self._known_call(cursor, hid)
        if known is None or known.status or known.standing != "counts":  # a failed call is renewed
            op_id = self._op_id(cursor, entry.spec)
            links = links_to_bytes(Links(entry.inputs, entry.outputs, entry.changed))
            row = (
                entry.cid,
                op_id,
                self._state_id(cursor, op_id, entry),
                failed,
                entry.executed,
                started,
                duration,
                links,
                entry.error or None,
                self._sign(of_call(hid, entry.cid, failed, links)),
            )
            if known is None or known.standing == "foreign":
                call_id = execute(self._do.add_call, (hid, *row)).lastrowid
            else:
                call_id = known.row
                execute(self._do.renew_call, (*row, call_id))
                execute(self._do.drop_edges, (call_id,))
            cursor.executemany(self._do.add_edge, [(given.hid[:HEAD], call_id) for given in entry.inputs])
        else:
            call_id = known.row
        if entry.span is not None:
            self._add_span(cursor, entry.span, call_id)
        execute(self._do.add_event, (started + duration, "error" if failed else "call", call_id, None))
