"""Taking in what another store holds: records are immutable and go by what they are, so this is a union of sets.

Records keep the signature of who wrote them, and what is here already stays: a call of
which both have a record has two where only the one of the other store counts. Values are
verified on their way; a damaged one stays where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.connected import KnownIds
from mandala_lab.adapters.sql.descriptions import Descriptions, Ids
from mandala_lab.adapters.sql.odd_rows import any_text
from mandala_lab.adapters.sql.recording import Recording
from mandala_lab.adapters.sql.rows import bytes_to_links, now_us
from mandala_lab.adapters.sql.schema import (
    HEAD,
    calls,
    pins,
    spans,
    spilled_values,
    stored_values,
)
from mandala_lab.adapters.sql.signed import of_call, of_value
from mandala_lab.adapters.sql.statements import CALL, SPAN
from mandala_lab.model.errors import CorruptValueError, DamagedStoreError, MandalaLabError, StoreError
from mandala_lab.model.hashing import digest
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore, Verify

_BATCH = 2000
_DAMAGED = (MandalaLabError, LookupError, TypeError, ValueError)  # a damaged row may hold anything


class Merging(Recording, Descriptions):
    """Records of other stores."""

    def take_in(self, source: CallStore, verify: Verify, tell: Callable[[int], None], taken: Counter[str]) -> None:
        if not isinstance(source, Merging):
            raise StoreError(f"records of a {type(source).__name__} cannot be taken into this store")
        with source._database.reading() as there, any_text(there, "replace"):  # noqa: SLF001 - another of this class
            there.exec_driver_sql("BEGIN")  # all of it as it is now
            try:
                for value, signature in source.each_value(there, verify, taken):
                    self._take_value(value, signature, taken)
                    tell(1)
                self._take_records(there, taken, tell)
            finally:
                there.exec_driver_sql("ROLLBACK")
        self._known = KnownIds()
        with self._writing() as cursor:
            told = ", ".join(f"{number} {what}" for what, number in taken.items())
            cursor.execute(self._do.add_event, (now_us(), "import", None, told or "nothing new"))

    def each_value(
        self, there: Connection, verify: Verify, taken: Counter[str]
    ) -> Iterator[tuple[StoredValue, bytes | None]]:
        """Yield the values of this store with their signatures; damaged ones are counted instead."""
        for table in (stored_values, spilled_values):
            for cid, signature in there.execute(select(table.c.cid, table.c.signature)):
                try:
                    value = self.read_value(cid)
                    if value.digest and digest(value.data) != value.digest:
                        raise CorruptValueError(f"value {cid.hex()} is damaged")
                    if not value.digest:
                        verify(value)
                except DamagedStoreError:
                    raise
                except (MandalaLabError, LookupError):
                    taken["damaged values"] += 1
                else:
                    yield value, signature

    def _take_value(self, value: StoredValue, signature: bytes | None, taken: Counter[str]) -> None:
        counts = self._counts(signature, of_value(value.cid, value.format, value.digest))
        asked = (self._do.known_value, self._do.spilled_value)
        known = any(self._database.fetch(statement, (value.cid,)) is not None for statement in asked)
        if known and (not counts or self.has_value(value.cid)):
            return
        self._spill(value)
        with self._writing() as cursor:
            self._drop_value(cursor, value.cid)
            self._insert_value(cursor, value, signature)
        taken["values"] += 1

    def _take_records(self, there: Connection, taken: Counter[str], tell: Callable[[int], None]) -> None:
        with self._database.changing() as here:
            op_ids, states, run_ids = self.take_descriptions(there, here, taken)
            for row in there.execute(select(pins)).mappings():
                here.execute(insert(pins).values(dict(row)).on_conflict_do_nothing())
        call_ids: dict[int, int] = {}
        columns = (calls.c.id, *(calls.c[name] for name in CALL))
        for rows in _batches(there.execute(select(*columns).order_by(calls.c.id)), _BATCH):
            with self._writing() as cursor:
                call_ids.update(ids for row in rows if (ids := self._take_call(cursor, row, op_ids, states, taken)))
            tell(len(rows))
        for rows in _batches(there.execute(select(*(spans.c[name] for name in SPAN))), _BATCH):
            with self._writing() as cursor:
                cursor.executemany(self._do.add_span, _moved(rows, run_ids, call_ids))

    def _take_call(
        self, cursor: Any, row: Any, op_ids: Ids, states: Ids, taken: Counter[str]
    ) -> tuple[int, int] | None:
        """Take in the record of a call; return its row there and here, or ``None`` where it is damaged."""
        written = dict(row._mapping)  # noqa: SLF001 - public, in spite of its name
        there_id, hid = written.pop("id"), written["hid"]
        try:
            written |= {"op_id": op_ids[written["op_id"]], "state_id": states[written["state_id"]]}
            heads = {given.hid[:HEAD] for given in bytes_to_links(written["links"]).inputs}
            counts = self._is_ours(written)
            known = self._known_call(cursor, hid)
        except _DAMAGED:
            taken["damaged calls"] += 1
            return None
        ours = known is not None and known.standing == "counts"
        if known is not None and (not counts or (ours and known.status <= written["status"])):
            return there_id, known.row
        values = tuple(written[name] for name in CALL)
        if known is None or known.standing == "foreign":
            here_id = cursor.execute(self._do.add_call, values).lastrowid
        else:
            here_id = known.row
            cursor.execute(self._do.renew_call, (*values[1:], here_id))
            cursor.execute(self._do.drop_edges, (here_id,))
        cursor.executemany(self._do.add_edge, [(head, here_id) for head in heads])
        taken["calls"] += not ours
        return there_id, here_id

    def _is_ours(self, row: Mapping[str, Any]) -> bool:
        """Whether the record of a call counts; `CorruptValueError` where it says so and was changed since."""
        signed = of_call(row["hid"], row["cid"], row["status"], row["links"])
        if self._counts(row["signature"], signed):
            return True
        if self._keyring.claims(row["signature"]):
            raise CorruptValueError("a record is not what was signed")
        return False


def _batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    found = iter(rows)
    while part := list(islice(found, size)):
        yield part


def _moved(rows: Iterable[Any], run_ids: Ids, call_ids: Ids) -> list[tuple[Any, ...]]:
    """Return rows of spans as they are here."""
    place = SPAN.index("call_id")
    return [
        (run_ids[row[0]], *row[1:place], call_ids[row[place]], *row[place + 1 :])
        for row in rows
        if row[place] in call_ids and row[0] in run_ids
    ]
