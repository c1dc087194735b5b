"""The space that a store takes: its holdings, deleting some of them, pins, and giving pages back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from mandala_lab.adapters.sql.rows import MICRO, now_us
from mandala_lab.adapters.sql.schema import HEAD, events, pins, spilled_values
from mandala_lab.adapters.sql.values import Values
from mandala_lab.model.errors import StoreError
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.holdings import STATE, Holdings, Pin, Removed
from mandala_lab.model.values import Stray
from mandala_lab.ports.blob_store import BlobStore

if TYPE_CHECKING:
    import numpy as np


_LEFT_S = 3600.0
"""Seconds since a file was last written to, from which on nobody is still writing it."""


class Space(Values):
    """What a store holds, by size; deleting what a plan says."""

    def holdings(self) -> Holdings:
        from mandala_lab.adapters.sql.holdings import read_holdings  # it takes long to import

        with self._database.reading() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return read_holdings(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def remove(
        self,
        held: Holdings,
        groups: np.ndarray,
        batches: Iterable[Sequence[int]],
        tell: Callable[[int], object] | None = None,
    ) -> Removed:
        from mandala_lab.adapters.sql.sweep import Sweep  # it takes long to import

        parts = list(batches)
        sweep = Sweep(held, groups, self._do, self._execute)
        with self._database.reading() as connection:
            told = select(events.c.seq, events.c.call_id).where(events.c.call_id.is_not(None))
            rows = connection.execute(told, execution_options={"yield_per": 10_000})
            sweep.note_events(
                ((row[0], row[1]) for row in rows), {int(held.rows[call]) for part in parts for call in part}
            )
        for part in parts or [()]:
            with self._deleting() as cursor:
                sweep.look(cursor)
                sweep.take(cursor, part)
            if tell is not None:
                tell(len(sweep.calls))
            self._delete_files(sweep.files)
            sweep.files.clear()
        number, size = self._delete_strays()
        return Removed(sweep.calls, sweep.things, number, size)

    def strays(self) -> list[Stray]:
        if self._blobs is None or not self._owns_folder():
            return []
        found = self._blobs.strays(self._is_spilled)
        return [stray for stray in found if not stray.name.startswith(".") or stray.age_s > _LEFT_S]

    def remove_stray(self, name: str) -> None:
        if self._blobs is not None:
            self._blobs.remove_stray(name)

    def delete_unreferenced_values(self) -> int:
        import numpy as np  # it takes long to import

        held = self.holdings()
        gone = self.remove(held, np.arange(len(held.rows)), []).things
        return sum(1 for thing in gone if held.thing_kinds[thing] != STATE)

    def pin(self, hid: bytes, reason: str) -> bool:
        row = {"at_us": now_us(), "reason": reason}
        with self._writing() as cursor:
            call = hid[:DIGEST_SIZE]
            if len(hid) == DIGEST_SIZE and cursor.execute(self._do.known_call, (call[:HEAD], call)).fetchone() is None:
                return False
            adding = insert(pins).values(hid=hid, **row)
            self._execute(cursor, adding.on_conflict_do_update(index_elements=["hid"], set_=row))
        return True

    def unpin(self, hid: bytes) -> bool:
        with self._writing() as cursor:
            return bool(self._execute(cursor, delete(pins).where(pins.c.hid == hid)).rowcount)

    def pins(self) -> list[Pin]:
        with self._database.reading() as connection:
            rows = connection.execute(select(pins).order_by(pins.c.at_us)).all()
        return [Pin(row.hid.hex(), row.reason, row.at_us / MICRO) for row in rows]

    def taken_bytes(self) -> int:
        outside = select(func.coalesce(func.sum(spilled_values.c.size), 0))
        with self._database.reading() as connection:
            return self._database.used() + int(connection.scalar(outside) or 0)

    def vacuum(self) -> int:
        return self._database.vacuum()

    def _owns_folder(self) -> bool:
        """Whether no other store can have values in the folder: one that was chosen may serve several."""
        return self._blobs is not None and Path(self._blobs.place) == Path(f"{self._database.path}.values")

    def _delete_strays(self) -> tuple[int, int]:
        found = self.strays()
        values = [bytes.fromhex(stray.name) for stray in found if not stray.name.startswith(".")]
        deleted = {cid.hex() for cid in self._delete_files(values)}
        gone = [stray for stray in found if stray.name in deleted or stray.name.startswith(".")]
        for stray in gone:
            self.remove_stray(stray.name)
        return len(gone), sum(stray.size for stray in gone)

    def _delete_files(self, cids: Sequence[bytes]) -> set[bytes]:
        """Delete the files of values that have no row: within a transaction, so that nobody is about to add one.

        Who adds one looks, in the transaction, whether its file is there.
        """
        if self._blobs is None or not cids or self._blobs.is_shared:
            return set()
        with self._writing() as cursor:
            gone = {cid for cid in cids if cursor.execute(self._do.spilled_value, (cid,)).fetchone() is None}
            return {cid for cid in gone if self._is_deleted(self._blobs, cid)}

    def _is_deleted(self, blobs: BlobStore, cid: bytes) -> bool:
        try:
            blobs.delete(cid)
        except StoreError:  # a folder in its place, say: the others are to go, and fsck tells of this one
            return False
        return True
