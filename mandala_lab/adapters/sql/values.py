"""Stored values: in the database, and the large ones beside it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from mandala_lab.adapters.sql.connected import Connected
from mandala_lab.adapters.sql.deletion import delete_unreferenced
from mandala_lab.adapters.sql.schema import spilled_values, stored_values
from mandala_lab.model.errors import CorruptValueError
from mandala_lab.model.structures import FORMAT
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.blob_store import BlobStore


class Values(Connected):
    """Values by content id."""

    _blobs: BlobStore | None = None
    _spill_bytes = 0

    def spill_to(self, blobs: BlobStore, more_than_bytes: int) -> None:
        """Let larger values lie in `blobs`; without that all lie in the database."""
        self._blobs = blobs
        self._spill_bytes = more_than_bytes

    def has_spilled_values(self) -> bool:
        """Whether values lie outside of the database."""
        with self._database.reading() as connection:
            return connection.execute(select(spilled_values.c.cid).limit(1)).first() is not None

    def has_value(self, cid: bytes) -> bool:
        fetch = self._database.fetch
        return fetch(self._do.has_value, (cid,)) is not None or fetch(self._do.spilled_value, (cid,)) is not None

    def read_value(self, cid: bytes) -> StoredValue:
        row = self._database.fetch(self._do.read_value, (cid,))
        if row is not None:
            return StoredValue(cid, row[0], row[1], row[2])
        spilled = self._database.fetch(self._do.spilled_value, (cid,))
        if spilled is None or self._blobs is None:
            raise LookupError(
                f"value {cid.hex()} is not in the store {self._database.path}: it was declared with save=False, "
                "or holds a secret"
            )
        try:
            blob = self._blobs.get(cid)
        except LookupError as error:
            raise CorruptValueError(f"value {cid.hex()} is gone: {error}") from error
        return StoredValue(cid, spilled[0], blob.data, spilled[1], blob.identity)

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
            for table in (stored_values, spilled_values):
                self._execute(cursor, delete(table).where(table.c.cid == value.cid))
            self._add_value(cursor, value)

    def delete_unreferenced_values(self) -> int:
        with self._database.changing() as connection:
            gone, spilled = delete_unreferenced(connection)
        if self._blobs is not None:
            for cid in spilled:
                self._blobs.delete(cid)
        return gone

    def _spills(self, value: StoredValue) -> bool:
        large = self._blobs is not None and value.size > self._spill_bytes
        return large and value.format != FORMAT  # its elements are looked up when values are collected

    def _spill(self, value: StoredValue) -> None:
        """Put a large value in its place, before the row that speaks of it: a crash may leave a file too many."""
        if self._blobs is not None and self._spills(value):
            self._blobs.put(value.cid, *value.parts)

    def _add_value(self, cursor: Any, value: StoredValue) -> None:
        if self._spills(value):
            cursor.execute(self._do.add_spilled, (value.cid, value.format, value.digest, value.size))
        else:
            cursor.execute(self._do.add_value, (value.cid, value.format, value.digest, value.settled().data))
