"""The holdings of a store, read in one snapshot.

What rows take is reckoned from the lengths of what they hold and from what SQLite
adds to a row and to its entries in indexes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, func, select

from mandala_lab.adapters.sql.rows import bytes_to_links, bytes_to_reads
from mandala_lab.adapters.sql.schema import (
    calls,
    code_states,
    events,
    ops,
    pins,
    spans,
    spilled_values,
    stored_values,
)
from mandala_lab.model.calls import Given, Made
from mandala_lab.model.errors import StoreError
from mandala_lab.model.hashing import DIGEST_SIZE, maker_of
from mandala_lab.model.holdings import FILE, ITEMS, MAKER, STATE, USER, VALUE, Holdings, Links
from mandala_lab.model.ids import IdTable, id_rows
from mandala_lab.model.structures import FORMAT, RESERVED, from_bytes, is_mark
from mandala_lab.model.structures import ITEMS as ITEMS_OP

_ROWS = 10_000
_CALL_BYTES = 180  # a call's row beside its links, with its entries in indexes and its event
_EDGE_BYTES = 20
_SPAN_BYTES = 45
_VALUE_BYTES = 130


def is_apart(link: Given | Made) -> bool:
    """Whether the value of a link lies among the stored values, rather than in the link."""
    return link.data is None or is_mark(link.data)


def read_holdings(connection: Connection) -> Holdings:
    """Return what a store holds; the caller holds a snapshot."""
    names, kinds = _ops(connection)
    found = _Calls(connection, {row: number for number, row in enumerate(names)})
    things = _Things(connection)
    hids, cids = (IdTable.of(DIGEST_SIZE, ids) for ids in (found.hids, things.ids))
    number = len(found.rows)
    states = things.first_state + np.searchsorted(_ints(things.rows)[things.first_state :], _ints(found.states))
    users = np.concatenate([_ints(found.users), np.arange(number)])
    rows, op_numbers = _ints(found.rows), _ints(found.ops)
    occurrences, last_us = _occurrences(connection, rows)
    pinned, things_pinned = np.zeros(number, bool), np.zeros(len(things.rows), bool)
    for hid in connection.scalars(select(pins.c.hid)):
        ids, flags = (hids, pinned) if len(hid) == DIGEST_SIZE else (cids, things_pinned)
        place = ids.find(id_rows(hid[:DIGEST_SIZE], DIGEST_SIZE))
        flags[place[place >= 0]] = True
    return Holdings(
        rows=rows,
        hids=hids.rows.view,
        ops=op_numbers,
        names=list(names.values()),
        kinds=np.array(kinds, np.int8)[op_numbers] if number else np.zeros(0, np.int8),
        failed=_ints(found.status) != 0,
        duration_us=_ints(found.duration),
        occurrences=occurrences,
        last_us=np.maximum(last_us, _ints(found.started)),
        size=_ints(found.sizes) + _SPAN_BYTES * occurrences,
        things=_ints(things.rows),
        thing_kinds=np.frombuffer(bytes(things.kinds), np.uint8),
        thing_ids=cids.rows.view,
        thing_size=_ints(things.sizes),
        makers=Links.of(number, _ints(found.takers), hids.find(id_rows(found.makers, DIGEST_SIZE))),
        keeps=Links.of(number, users, np.concatenate([cids.find(id_rows(found.used, DIGEST_SIZE)), states])),
        holds=Links.of(len(things.rows), _ints(things.owners), cids.find(id_rows(things.held, DIGEST_SIZE))),
        pinned=pinned,
        things_pinned=things_pinned,
        seen=connection.scalar(select(func.max(events.c.seq))) or 0,
    )


class _Calls:
    """The rows of calls, and the ids of what they took and keep."""

    def __init__(self, connection: Connection, ops_by_row: dict[int, int]) -> None:
        self.rows, self.ops, self.states, self.status = _longs(), _longs(), _longs(), _longs()
        self.started, self.duration, self.sizes = _longs(), _longs(), _longs()
        self.hids, self.makers, self.used = bytearray(), bytearray(), bytearray()
        self.takers, self.users = _longs(), _longs()
        columns = (calls.c.id, calls.c.hid, calls.c.op_id, calls.c.state_id, calls.c.status, calls.c.started_us)
        more = (calls.c.duration_us, calls.c.links, func.coalesce(func.length(calls.c.error), 0))
        query = select(*columns, *more).order_by(calls.c.id)
        for part in _parts(connection, query):
            rows, hids, op_rows, states, status, started, duration, data, errors = zip(*part, strict=True)
            self.hids += all_whole(hids)
            self.ops.extend([ops_by_row[op] for op in op_rows])
            for column, found in (
                (self.states, states),
                (self.status, status),
                (self.started, started),
                (self.duration, duration),
            ):
                column.extend(found)
            self._add_links(len(self.rows), data, errors)
            self.rows.extend(rows)

    def _add_links(self, first: int, data: Iterable[bytes], errors: Iterable[int]) -> None:
        takers, makers, users, used, sizes = [], [], [], [], []
        for number, (document, error) in enumerate(zip(data, errors, strict=True), first):
            links = bytes_to_links(document)
            for given in links.inputs:
                if given.origin and (maker := maker_of(given.origin)) is not None:
                    takers.append(number)
                    makers.append(maker[0])
                if given.data is None or is_mark(given.data):
                    users.append(number)
                    used.append(given.cid)
            for made in links.outputs:
                if made.data is None or is_mark(made.data):
                    users.append(number)
                    used.append(made.cid)
            sizes.append(_CALL_BYTES + len(document) + error + _EDGE_BYTES * len(links.inputs))
        self.takers.extend(takers)
        self.makers += all_whole(makers)
        self.users.extend(users)
        self.used += all_whole(used)
        self.sizes.extend(sizes)


class _Things:
    """The rows of stored values, then of code versions with their data, and the ids of what they hold."""

    def __init__(self, connection: Connection) -> None:
        self.rows, self.sizes, self.owners = _longs(), _longs(), _longs()
        self.ids, self.held, self.kinds = bytearray(), bytearray(), bytearray()
        values, spilled, states = stored_values.c, spilled_values.c, code_states.c
        stored = select(values.id, values.cid, func.length(values.data)).order_by(values.id)
        for part in _parts(connection, stored):
            rows, cids, sizes = zip(*part, strict=True)
            self.ids += all_whole(cids)
            self.rows.extend(rows)
            self.sizes.extend([size + _VALUE_BYTES for size in sizes])
        self.kinds = bytearray([VALUE]) * len(self.rows)
        of_row = {row: number for number, row in enumerate(self.rows)} if self._has_collections(connection) else {}
        for row, data in _read(connection, select(values.id, values.data).where(values.format == FORMAT)):
            structure = from_bytes(data)
            self._hold(of_row[row], (*structure.items, *([structure.keys] if structure.keys else ())))
        for cid, size in _read(connection, select(spilled.cid, spilled.size).order_by(spilled.cid)):
            self._add(FILE, 0, size + _VALUE_BYTES, cid)
        self.first_state = len(self.rows)
        for row, data in _read(connection, select(states.id, states.reads).order_by(states.id)):
            self._hold(len(self.rows), bytes_to_reads(data))
            self._add(STATE, row, len(data) + _VALUE_BYTES)

    def _add(self, kind: int, row: int, size: int, cid: bytes | None = None) -> None:
        self.kinds.append(kind)
        self.rows.append(row)
        self.sizes.append(size)
        if cid is not None:
            self.ids += whole(cid)

    def _hold(self, owner: int, links: Iterable[Given | Made]) -> None:
        for link in links:
            if is_apart(link):
                self.owners.append(owner)
                self.held += whole(link.cid)

    def _has_collections(self, connection: Connection) -> bool:
        return (
            connection.scalar(select(stored_values.c.id).where(stored_values.c.format == FORMAT).limit(1)) is not None
        )


def whole(found: object) -> bytes:
    """Return an id; `StoreError` where a damaged row holds something else in its place."""
    if isinstance(found, bytes) and len(found) == DIGEST_SIZE:
        return found
    raise StoreError(f"a record of this store is damaged: {found!r} is no id")


def all_whole(found: Sequence[object]) -> bytes:
    """Return ids end to end, as `whole` does for one."""
    try:
        joined = b"".join(found)  # type: ignore[arg-type]
        if len(joined) == DIGEST_SIZE * len(found):
            return joined
    except TypeError:
        pass
    return b"".join([whole(one) for one in found])


def _ops(connection: Connection) -> tuple[dict[int, str], list[int]]:
    """Return the names of ops by row, and what kinds of calls theirs are."""
    rows = list(connection.execute(select(ops.c.id, ops.c.key, ops.c.name).order_by(ops.c.id)))
    kinds = [ITEMS if key == ITEMS_OP.key else MAKER if key.startswith(RESERVED) else USER for _, key, _ in rows]
    return {row: name for row, _, name in rows}, kinds


def _occurrences(connection: Connection, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each call occurred, and when last."""
    count, last = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    query = select(spans.c.call_id, func.count(), func.max(spans.c.started_us)).group_by(spans.c.call_id)
    for part in connection.execute(query, execution_options={"yield_per": _ROWS}).partitions():
        found = np.array([tuple(row) for row in part], np.int64)
        places = np.searchsorted(rows, found[:, 0])
        count[places], last[places] = found[:, 1], found[:, 2]
    return count, last


def _read(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    for part in _parts(connection, query):
        yield from part


def _parts(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    return iter(connection.execute(query, execution_options={"yield_per": _ROWS}).partitions())


def _longs() -> array[int]:
    return array("q")


def _ints(found: array[int]) -> np.ndarray:
    return np.frombuffer(found, np.int64) if len(found) else np.zeros(0, np.int64)
