"""Deleting calls and values: what goes with them, and what stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mandala_lab.adapters.sql.rows import bytes_to_links, bytes_to_reads, slices
from mandala_lab.adapters.sql.schema import calls, code_states, edges, events, spans, spilled_values, stored_values
from mandala_lab.model.structures import FORMAT, from_bytes


def delete_calls(connection: Connection, condition: Any, now_us: int) -> None:
    """Delete the calls that meet a condition; events about them stay and say which calls they were about."""
    for call_id, hid in connection.execute(select(calls.c.id, calls.c.hid).where(condition)).all():
        connection.execute(delete(spans).where(spans.c.call_id == call_id))
        connection.execute(delete(edges).where(edges.c.call_id == call_id))
        told = update(events).where(events.c.call_id == call_id)
        connection.execute(told.values(call_id=None, detail=hid.hex()))
        connection.execute(delete(calls).where(calls.c.id == call_id))
        connection.execute(insert(events).values(at_us=now_us, kind="drop", detail=hid.hex()))


def delete_unreferenced(connection: Connection) -> tuple[int, list[bytes]]:
    """Delete the values that no call refers to; return how many, and those whose bytes lie elsewhere."""
    used: set[bytes] = set()
    for (data,) in connection.execute(select(calls.c.links)):
        links = bytes_to_links(data)
        used.update(given.cid for given in links.inputs)
        used.update(made.cid for made in links.outputs)
    for data in connection.scalars(select(code_states.c.reads)):
        used.update(read.cid for read in bytes_to_reads(data))
    used.update(_elements_of(connection, used))
    unused: dict[Any, list[bytes]] = {}
    for table in (stored_values, spilled_values):
        unused[table] = [cid for cid in connection.scalars(select(table.c.cid)) if cid not in used]
        for part in slices(unused[table]):
            connection.execute(delete(table).where(table.c.cid.in_(part)))
    return sum(map(len, unused.values())), unused[spilled_values]


def _elements_of(connection: Connection, used: set[bytes]) -> set[bytes]:
    """Return the elements of the collections among values, and theirs in turn."""
    query = select(stored_values.c.cid, stored_values.c.data).where(stored_values.c.format == FORMAT)
    held: dict[bytes, set[bytes]] = {}
    for cid, data in connection.execute(query):
        structure = from_bytes(data)
        held[cid] = {made.cid for made in (*structure.items, *([structure.keys] if structure.keys else ()))}
    found: set[bytes] = set()
    below = {cid for cid in held if cid in used}
    while below:
        items = set().union(*(held[cid] for cid in below)) - found
        found |= items
        below = items & held.keys()
    return found
