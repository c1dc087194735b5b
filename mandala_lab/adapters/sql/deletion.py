"""Deleting calls: what goes with them, and what stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select, update

from mandala_lab.adapters.sql.rows import Links, bytes_to_links, has_hid, now_us, slices
from mandala_lab.adapters.sql.schema import (
    HEAD,
    calls,
    edges,
    events,
    pins,
)
from mandala_lab.adapters.sql.statements import Statements
from mandala_lab.model.errors import StoreError
from mandala_lab.model.hashing import DIGEST_SIZE, maker_of

Execute = Callable[[Any, Any], Any]
"""Executes a statement on a cursor."""

_ROWS = select(calls.c.id, calls.c.hid, calls.c.links)


def delete_calls(cursor: Any, do: Statements, hids: Sequence[bytes], execute: Execute) -> None:
    """Delete calls; events about them stay and say which calls they were about.

    Raises
    ------
    StoreError
        When one of them is pinned, or a call that is not among them took what one made.
    """
    found = [row for part in slices(hids) for row in execute(cursor, _ROWS.where(has_hid(part))).fetchall()]
    _refuse_needed(cursor, {row[0]: row[1] for row in found}, execute)
    for part in slices(row[0] for row in found):
        told = select(func.lower(func.hex(calls.c.hid))).where(calls.c.id == events.c.call_id).scalar_subquery()
        execute(cursor, update(events).where(events.c.call_id.in_(part)).values(detail=told, call_id=None))
    now = now_us()
    delete_rows(cursor, do, [(call_id, bytes_to_links(links)) for call_id, _, links in found])
    cursor.executemany(do.add_event, [(now, "drop", None, hid.hex()) for _, hid, _ in found])


def delete_rows(cursor: Any, do: Statements, found: Sequence[tuple[int, Links]]) -> None:
    """Delete calls that no event speaks of, with their occurrences and what says that they took their inputs."""
    taken = [(given.hid[:HEAD], call_id) for call_id, links in found for given in links.inputs]
    ids = [(call_id,) for call_id, _ in found]
    cursor.executemany(do.drop_edge, taken)
    cursor.executemany(do.drop_spans, ids)
    cursor.executemany(do.drop_call, ids)


def _refuse_needed(cursor: Any, found: dict[int, bytes], execute: Execute) -> None:
    """Refuse to delete what was pinned or taken since somebody looked."""
    for part in slices(found.values()):
        pinned = execute(cursor, select(pins.c.hid).where(pins.c.hid.in_(part))).fetchone()
        if pinned is not None:
            raise StoreError(f"call {pinned[0].hex()} was pinned meanwhile; storage.pins() lists what is pinned")
        heads = {hid[:HEAD] for hid in part}
        takers = select(calls.c.id, calls.c.links).join(edges, edges.c.call_id == calls.c.id)
        for call_id, links in execute(cursor, takers.where(edges.c.head.in_(heads))).fetchall():
            makers = {given.hid[:DIGEST_SIZE] for given in bytes_to_links(links).inputs if maker_of(given.hid)}
            if call_id not in found and makers.intersection(part):
                raise StoreError("a call that was recorded meanwhile took what one of these made; try again")
