"""Whether what a call refers to is still in the store when the call is recorded.

A process remembers what it stored, and its user holds refs, while others may delete
calls and values. Each deletion counts up a number in the store. Who writes looks at
it in the same transaction; once it has changed, every call that is written is
checked, and one that would refer to what is gone is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from mandala_lab.adapters.sql.connected import COLLECTIONS, KnownIds
from mandala_lab.adapters.sql.rows import spec_from_row
from mandala_lab.adapters.sql.schema import calls, ops
from mandala_lab.adapters.sql.values import Values
from mandala_lab.model.calls import CallEntry, Given
from mandala_lab.model.errors import CollectedError
from mandala_lab.model.hashing import maker_of
from mandala_lab.model.structures import FORMAT, ITEMS, RESERVED, from_bytes, is_mark


class Presence(Values):
    """What is checked of calls before they are written."""

    _collections: str | None = None  # as they were last seen
    _is_wary = False
    _forget: tuple[Callable[[], object], ...] = ()

    def when_collected(self, forget: Callable[[], object]) -> None:
        """Call `forget` when it turns out that calls or values were deleted since this store was opened."""
        self._forget = (*self._forget, forget)

    def _begin_watching(self) -> None:
        row = self._database.fetch(self._do.setting, (COLLECTIONS,))
        self._collections = None if row is None else row[0]

    def _sees_collection(self, cursor: Any) -> bool:
        """Whether something was deleted since this was asked last; ids of rows in memory may be wrong then."""
        row = cursor.execute(self._do.setting, (COLLECTIONS,)).fetchone()
        now = None if row is None else row[0]
        if now == self._collections:
            return False
        self._collections, self._is_wary, self._known = now, True, KnownIds()
        return True

    def _lack(self, cursor: Any, bundle: Sequence[CallEntry]) -> str | None:
        """Say what is not there of all that some calls, which are written together, refer to."""
        here = {value.cid for entry in bundle for value in entry.values}
        excused: set[bytes] = set()
        for entry in bundle:
            name = entry.spec.name
            for given in entry.inputs:
                if self._is_unsaved(cursor, entry, given, here):
                    excused.add(given.cid)
                elif self._is_gone(cursor, given, here):
                    return f"{name} took {given.name!r}, and its value"
            outputs = [out for at, out in enumerate(entry.outputs) if entry.spec.saves_output(at)]
            if any(self._is_gone(cursor, link, here) for link in (*entry.reads, *outputs)):
                return f"what {name} read or made was stored already, and its value"
        for value in (value for entry in bundle for value in entry.values if value.format == FORMAT):
            if any(self._is_gone(cursor, item, here | excused) for item in from_bytes(value.data).items):
                return f"{bundle[-1].spec.name} has a collection, and the value of an element"
        return None

    def _is_unsaved(self, cursor: Any, entry: CallEntry, given: Given, here: set[bytes]) -> bool:
        """Whether an input is not in the store because its op says so, or that which made it."""
        if not self._is_gone(cursor, given, here):
            return False
        maker = maker_of(given.hid)
        if maker is None:
            return given.name in entry.spec.unsaved
        of_maker = select(ops.c.key, ops.c.name, ops.c.spec).join(calls, calls.c.op_id == ops.c.id)
        row = self._execute(cursor, of_maker.where(calls.c.hid == maker[0])).fetchone()
        return row is not None and not spec_from_row(*row).saves_output(maker[1])

    def _is_gone(self, cursor: Any, link: Any, here: set[bytes]) -> bool:
        """Whether a value that does not lie in its link lies nowhere else."""
        if (link.data is not None and not is_mark(link.data)) or link.cid in here:
            return False
        return not any(
            cursor.execute(statement, (link.cid,)).fetchone()
            for statement in (self._do.known_value, self._do.spilled_value)
        )


def refusal(lacks: Sequence[str], refused: int) -> CollectedError:
    """Return the error about calls that were not recorded."""
    return CollectedError(
        f"{lacks[0]} was deleted from the store meanwhile, by storage.gc, a quota, drop_calls or cleanup_refs of this "
        "or another process; call the op that made it again, and then repeat this call",
        refused,
    )


def bundles(entries: Sequence[CallEntry]) -> Iterator[list[CallEntry]]:
    """Yield calls with the structural calls that belong to them: makers come before, what takes apart after."""
    found: list[CallEntry] = []
    for entry in entries:
        if found and entry.spec.key != ITEMS.key and any(not one.spec.key.startswith(RESERVED) for one in found):
            yield found
            found = []
        found.append(entry)
    if found:
        yield found
