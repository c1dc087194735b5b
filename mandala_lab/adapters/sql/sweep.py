"""Deleting what a plan says, part by part, while others go on working.

Each part is a transaction of its own, which first looks at what happened since the
holdings were read: every call that was recorded since has an event, so what it took
or keeps stays; a call that occurred since, or was pinned, stays with all that it needs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import func, select

from mandala_lab.adapters.sql.deletion import delete_rows
from mandala_lab.adapters.sql.holdings import is_apart
from mandala_lab.adapters.sql.rows import bytes_to_links, bytes_to_reads, slices
from mandala_lab.adapters.sql.schema import calls, code_states, events, pins, spans, stored_values
from mandala_lab.adapters.sql.statements import Statements
from mandala_lab.model.calls import Given, Made
from mandala_lab.model.hashing import DIGEST_SIZE, maker_of
from mandala_lab.model.holdings import FILE, STATE, VALUE, Holdings
from mandala_lab.model.ids import IdTable, id_rows
from mandala_lab.model.structures import FORMAT, from_bytes, is_mark

Execute = Callable[[Any, Any], Any]


class Sweep:
    """One carrying out of a plan.

    Attributes
    ----------
    calls, things
        Numbers of what was deleted.
    files
        Content ids of the files of these, which are still to be deleted.
    """

    def __init__(self, held: Holdings, groups: np.ndarray, do: Statements, execute: Execute) -> None:
        self._held, self._do, self._execute = held, do, execute
        self._group = groups.data
        self._users = held.users()
        self._stays = bytearray(len(held.rows))
        self._hids, self._cids = (IdTable.of(DIGEST_SIZE, ids.tobytes()) for ids in (held.hids, held.thing_ids))
        order = np.argsort(groups, kind="stable")
        self._member_starts = np.searchsorted(groups[order], np.arange(len(groups) + 1)).data
        self._members = order.data
        is_state = held.thing_kinds == STATE
        self._first_state = len(held.things) - int(is_state.sum())
        self._states = held.things[is_state].tolist()
        self._seen = held.seen
        self._events: dict[int, list[int]] = {}
        self._begun = False
        self.calls: list[int] = []
        self.things: list[int] = []
        self.files: list[bytes] = []

    def note_events(self, rows: Iterable[tuple[int, int]], wanted: set[int]) -> None:
        """Remember which events speak of the calls that are to go."""
        for seq, row in rows:
            if row in wanted:
                self._events.setdefault(row, []).append(seq)

    def look(self, cursor: Any) -> None:
        """Let stay what was recorded, taken or pinned since the last look."""
        query = (
            select(events.c.seq, calls.c.hid, calls.c.links, calls.c.state_id)
            .join(calls, calls.c.id == events.c.call_id)
            .where(events.c.seq > self._seen)
        )
        for seq, hid, data, state in self._execute(cursor, query).fetchall():
            self._seen = max(self._seen, seq)
            links = bytes_to_links(data)
            makers = [maker[0] for given in links.inputs if (maker := maker_of(given.origin)) is not None]
            self._let_stay([hid, *makers])
            self._use(cursor, (*links.inputs, *links.outputs))
            self._use_state(cursor, state)
        for (hid,) in self._execute(cursor, select(pins.c.hid)).fetchall():
            if len(hid) == DIGEST_SIZE:
                self._let_stay([hid])
            else:
                self._use_ids([hid[:DIGEST_SIZE]])

    def take(self, cursor: Any, batch: Sequence[int]) -> None:
        """Delete those of some calls that may go, and what only they kept."""
        found = self._rows_of([call for call in batch if not self._stays[call]], cursor)
        chosen = [call for call in batch if not self._stays[call]]
        here = [(call, found[row]) for call in chosen if (row := int(self._held.rows[call])) in found]
        self.calls += [call for call, _ in here]
        rows = [(int(self._held.rows[call]), bytes_to_links(data)) for call, data in sorted(here)]  # as they lie
        told = [(seq,) for row, _ in rows for seq in self._events.pop(row, ())]
        cursor.executemany(self._do.drop_event, told)
        delete_rows(cursor, self._do, rows)
        fallen = [] if self._begun else self._held.unused(self._users)
        self._begun = True
        for call in chosen:
            fallen += self._held.let_go(call, self._users)
        self._drop_things(cursor, fallen)

    def _rows_of(self, batch: Sequence[int], cursor: Any) -> dict[int, bytes]:
        """Return the links of calls by row, as far as they are there; let stay those that occurred meanwhile."""
        of_row = {int(self._held.rows[call]): call for call in batch}
        found: dict[int, bytes] = {}
        counts: dict[int, int] = {}
        for part in slices(of_row):
            query = select(calls.c.id, calls.c.hid, calls.c.links).where(calls.c.id.in_(part))
            rows = self._execute(cursor, query).fetchall()
            found |= {row: data for row, hid, data in rows if hid == self._held.hids[of_row[row]].tobytes()}
            count = select(spans.c.call_id, func.count()).where(spans.c.call_id.in_(part)).group_by(spans.c.call_id)
            counts.update(self._execute(cursor, count).fetchall())
        for row in found:
            if counts.get(row, 0) > self._held.occurrences[of_row[row]]:
                self._keep(of_row[row])
        return found

    def _drop_things(self, cursor: Any, fallen: Sequence[int]) -> None:
        kinds, rows, ids = self._held.thing_kinds, self._held.things, self._held.thing_ids
        values = [thing for thing in fallen if kinds[thing] == VALUE]
        cursor.executemany(self._do.drop_value, [(int(rows[thing]), ids[thing].tobytes()) for thing in values])
        files = [ids[thing].tobytes() for thing in fallen if kinds[thing] == FILE]
        cursor.executemany(self._do.drop_spilled, [(cid,) for cid in files])
        cursor.executemany(self._do.drop_state, [(int(rows[thing]),) for thing in fallen if kinds[thing] == STATE])
        self.things += fallen
        self.files += files

    def _let_stay(self, hids: Sequence[bytes]) -> None:
        for call in self._hids.find(id_rows(b"".join(hids), DIGEST_SIZE)):
            if call >= 0:
                self._keep(int(call))

    def _keep(self, call: int) -> None:
        """Let a call stay, with its group and all that made what they took."""
        left, makers = [call], self._held.makers
        while left:
            group = self._group[left.pop()]
            for member in self._members[self._member_starts[group] : self._member_starts[group + 1]]:
                if not self._stays[member]:
                    self._stays[member] = 1
                    left += makers.targets[makers.starts[member] : makers.starts[member + 1]]

    def _use(self, cursor: Any, links: Iterable[Given | Made]) -> None:
        """Let stay the values of links, and the elements of their collections."""
        left = [link for link in links if is_apart(link)]
        while left:
            self._use_ids([link.cid for link in left])
            below: list[Given | Made] = []
            for part in slices(link.cid for link in left if is_mark(link.data)):
                query = select(stored_values.c.data).where(
                    stored_values.c.cid.in_(part), stored_values.c.format == FORMAT
                )
                for (data,) in self._execute(cursor, query).fetchall():
                    structure = from_bytes(data)
                    below += [*structure.items, *([structure.keys] if structure.keys else ())]
            left = [link for link in below if is_apart(link)]

    def _use_state(self, cursor: Any, state: int) -> None:
        place = bisect_left(self._states, state)
        if place < len(self._states) and self._states[place] == state:
            self._users[self._first_state + place] += 1
        for (data,) in self._execute(cursor, select(code_states.c.reads).where(code_states.c.id == state)).fetchall():
            self._use(cursor, bytes_to_reads(data))

    def _use_ids(self, cids: Sequence[bytes]) -> None:
        for thing in self._cids.find(id_rows(b"".join(cids), DIGEST_SIZE)):
            if thing >= 0:
                self._users[int(thing)] += 1
