"""Loads values out of a store for refs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mandala_lab.memo import inline, values
from mandala_lab.model.errors import CorruptValueError

if TYPE_CHECKING:
    from mandala_lab.model.refs import Ref
    from mandala_lab.model.values import FileIdentity

    Recover = Callable[[Ref, CorruptValueError | LookupError], Any]
    from mandala_lab.ports.call_store import CallStore


class ValueLoader:
    """The value source of every ref of a storage.

    Each load verifies the stored bytes and decodes them anew, so that nobody who
    changes a loaded value changes what others get.
    """

    def __init__(self) -> None:
        self._store: CallStore | None = None
        self._write: Callable[[], None] | None = None
        self._recover: Recover | None = None
        self._verified: set[tuple[bytes, FileIdentity | None]] = set()

    def connect(
        self, store: CallStore, write: Callable[[], None] | None = None, recover: Recover | None = None
    ) -> None:
        """Say where values lie, what writes those that are kept for later, and what makes one again; done once."""
        self._store = store
        self._write = write
        self._recover = recover

    def load_value(self, ref: Ref, *, recover: bool = True) -> Any:
        """Return the value of a ref; with `recover` one that is damaged or gone is made again where possible."""
        try:
            return inline.load(ref.cid, ref.data) if ref.data is not None else self._load(bytes.fromhex(ref.cid))
        except (CorruptValueError, LookupError) as trouble:
            if self._recover is None or not recover:
                raise
            return self._recover(ref, trouble)

    def _load(self, cid: bytes) -> Any:
        assert self._store is not None, "a loader is connected before it is used"
        try:
            stored = self._store.read_value(cid)
        except LookupError:
            if self._write is None:
                raise
            self._write()
            stored = self._store.read_value(cid)
        known = (cid, stored.identity)  # of a file that nobody changed since
        value = values.load(stored, verified=stored.identity is not None and known in self._verified)
        if stored.identity is not None:
            self._verified.add(known)
        return value
