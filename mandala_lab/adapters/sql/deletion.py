"""Deleting calls and values: what goes with them, and what stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mandala_lab.adapters.sql.rows import bytes_to_links, slices
from mandala_lab.adapters.sql.schema import calls, edges, events, spans, stored_values


def delete_calls(connection: Connection, condition: Any, now_us: int) -> None:
    """Delete the calls that meet a condition; events about them stay and say which calls they were about."""
    for call_id, hid in connection.execute(select(calls.c.id, calls.c.hid).where(condition)).all():
        connection.execute(delete(spans).where(spans.c.call_id == call_id))
        connection.execute(delete(edges).where(edges.c.call_id == call_id))
        told = update(events).where(events.c.call_id == call_id)
        connection.execute(told.values(call_id=None, detail=hid.hex()))
        connection.execute(delete(calls).where(calls.c.id == call_id))
        connection.execute(insert(events).values(at_us=now_us, kind="drop", detail=hid.hex()))


def delete_unreferenced(connection: Connection) -> int:
    """Delete the values that no call refers to; return how many."""
    used: set[bytes] = set()
    for (data,) in connection.execute(select(calls.c.links)):
        links = bytes_to_links(data)
        used.update(given.cid for given in (*links.inputs, *links.reads))
        used.update(made.cid for made in links.outputs)
    rows = connection.execute(select(stored_values.c.id, stored_values.c.cid))
    unused = [value_id for value_id, cid in rows if cid not in used]
    for part in slices(unused):
        connection.execute(delete(stored_values).where(stored_values.c.id.in_(part)))
    return len(unused)
