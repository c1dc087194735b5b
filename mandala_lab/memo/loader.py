"""Loads values out of a store for refs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mandala_lab.memo import inline, values

if TYPE_CHECKING:
    from mandala_lab.model.refs import Ref
    from mandala_lab.model.values import FileIdentity, StoredValue
    from mandala_lab.ports.call_store import CallStore


class ValueLoader:
    """The value source of every ref of a storage.

    Each load verifies the stored bytes and decodes them anew, so that nobody who
    changes a loaded value changes what others get.
    """

    def __init__(self) -> None:
        self._store: CallStore | None = None
        self._write: Callable[[], None] | None = None
        self._verified: set[tuple[bytes, FileIdentity | None]] = set()

    def connect(self, store: CallStore, write: Callable[[], None] | None = None) -> None:
        """Say where values lie, and what writes those that are kept for later; done once."""
        self._store = store
        self._write = write

    def load_value(self, ref: Ref) -> Any:
        """Return the value of a ref."""
        if ref.data is not None:
            return inline.load(ref.cid, ref.data)
        assert self._store is not None, "a loader is connected before it is used"
        try:
            stored = self._store.read_value(bytes.fromhex(ref.cid))
        except LookupError:
            if self._write is None:
                raise
            self._write()
            stored = self._store.read_value(bytes.fromhex(ref.cid))
        return self._loaded(stored)

    def _loaded(self, stored: StoredValue) -> Any:
        """Return a value; the bytes of a file that nobody changed since are verified once."""
        known = (stored.cid, stored.identity)
        value = values.load(stored, verified=stored.identity is not None and known in self._verified)
        if stored.identity is not None:
            self._verified.add(known)
        return value
