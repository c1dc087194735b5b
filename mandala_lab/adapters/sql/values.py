"""Stored values: in the database, and the large ones beside it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from mandala_lab.adapters.sql.connected import COLLECTIONS, Connected
from mandala_lab.adapters.sql.schema import quarantine, spilled_values, stored_values
from mandala_lab.adapters.sql.signed import of_value
from mandala_lab.model.errors import CorruptValueError
from mandala_lab.model.structures import FORMAT
from mandala_lab.model.values import Blob, StoredValue
from mandala_lab.ports.blob_store import BlobStore

_SAMPLE = 20


class Values(Connected):
    """Values by content id."""

    _blobs: BlobStore | None = None
    _spill_bytes = 0

    def spill_to(self, blobs: BlobStore, more_than_bytes: int) -> None:
        """Let larger values lie in `blobs`; without that all lie in the database."""
        self._blobs = blobs
        self._spill_bytes = more_than_bytes

    def some_spilled_values(self) -> list[bytes]:
        """Return the content ids of some values that lie outside of the database."""
        with self._database.reading() as connection:
            return list(connection.scalars(select(spilled_values.c.cid).limit(_SAMPLE)))

    def has_value(self, cid: bytes) -> bool:
        """Whether the value is stored, by somebody who counts: whoever does not may have written anything."""
        found = self._database.fetch(self._do.known_value, (cid,)) or self._database.fetch(
            self._do.spilled_value, (cid,)
        )
        return found is not None and self._counts_value(cid, found)

    def read_value(self, cid: bytes) -> StoredValue:
        row = self._database.fetch(self._do.read_value, (cid,))
        if row is not None and not isinstance(row[3], bytes):
            raise CorruptValueError(f"value {cid.hex()} is damaged: something else lies in the place of its bytes")
        if row is not None:
            return StoredValue(cid, row[0], row[3], row[1], trusted=self._counts_value(cid, row[:3]))
        spilled = self._database.fetch(self._do.spilled_value, (cid,))
        if spilled is None or self._blobs is None:
            raise LookupError(f"value {cid.hex()} is not in the store {self._database.path}: {self._why_not(cid)}")
        try:
            blob = self._blobs.get(cid)
        except LookupError as error:
            raise CorruptValueError(f"value {cid.hex()} is gone: {error}") from error
        counts = self._counts_value(cid, spilled)
        return StoredValue(cid, spilled[0], blob.data, spilled[1], blob.identity, trusted=counts)

    def _why_not(self, cid: bytes) -> str:
        with self._database.reading() as connection:
            aside = connection.scalar(select(quarantine.c.reason).where(quarantine.c.key == cid))
        if aside is not None:
            return f"it was found damaged and set aside ({aside})"
        if self._database.fetch(self._do.setting, (COLLECTIONS,)) is None:
            return "it was declared with save=False, or holds a secret"
        gone = "no call refers to it any more, and storage.gc or cleanup_refs deleted it"
        return f"{gone}; or it was declared with save=False, or holds a secret"

    def _is_spilled(self, cid: bytes) -> bool:
        return self._database.fetch(self._do.spilled_value, (cid,)) is not None

    def value_size(self, cid: bytes) -> int | None:
        here = select(func.length(stored_values.c.data)).where(stored_values.c.cid == cid)
        elsewhere = select(spilled_values.c.size).where(spilled_values.c.cid == cid)
        with self._database.reading() as connection:
            return connection.scalar(here) or connection.scalar(elsewhere)

    def replace_value(self, value: StoredValue) -> None:
        if self._blobs is not None:
            self._blobs.delete(value.cid)
        self._spill(value)
        with self._writing() as cursor:
            self._drop_value(cursor, value.cid)
            self._add_value(cursor, value)

    def large_value(self, cid: bytes) -> Blob:
        if self._blobs is None:
            raise LookupError("there is no folder of large values")
        return self._blobs.get(cid)

    def _spills(self, value: StoredValue) -> bool:
        large = self._blobs is not None and value.size > self._spill_bytes
        return large and value.format != FORMAT  # its elements are looked up when values are collected

    def _spill(self, value: StoredValue) -> None:
        """Put a large value in its place, before the row that speaks of it: a crash may leave a file too many."""
        if self._blobs is None or not self._spills(value):
            return
        known = self._database.fetch(self._do.spilled_value, (value.cid,))
        if known is None or not self._counts_value(value.cid, known) or not self._blobs.has(value.cid):
            self._blobs.put(value.cid, *value.parts)

    def _add_value(self, cursor: Any, value: StoredValue) -> None:
        """Write the row of a value, in the place of one that does not count."""
        rows = [cursor.execute(ask, (value.cid,)).fetchone() for ask in (self._do.known_value, self._do.spilled_value)]
        known = [self._counts_value(value.cid, row) for row in rows if row is not None]
        if any(known):
            return
        if known:
            self._drop_value(cursor, value.cid)
        self._insert_value(cursor, value, self._sign(of_value(value.cid, value.format, value.digest)))

    def _insert_value(self, cursor: Any, value: StoredValue, signature: bytes | None) -> None:
        written = (value.cid, value.format, value.digest)
        if self._spills(value):
            cursor.execute(self._do.add_spilled, (*written, value.size, signature))
            if self._blobs is not None and not self._blobs.has(value.cid):
                self._blobs.put(value.cid, *value.parts)  # it was there a moment ago, and was collected
        else:
            cursor.execute(self._do.add_value, (*written, value.settled().data, signature))

    def _counts_value(self, cid: bytes, row: tuple[str, bytes, bytes | None]) -> bool:
        return self._counts(row[2], of_value(cid, row[0], row[1]))

    def _drop_value(self, cursor: Any, cid: bytes) -> None:
        for table in (stored_values, spilled_values):
            self._execute(cursor, delete(table).where(table.c.cid == cid))
