"""Loads values out of a store for refs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mandala_lab.memo import inline, values
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.nearby import Nearby
from mandala_lab.memo.structures import rebuilt, structure_of
from mandala_lab.model.errors import CorruptValueError, UntrustedValueError
from mandala_lab.model.hashing import digest, input_hid, maker_of
from mandala_lab.model.refs import MISSING, Ref, is_immutable
from mandala_lab.model.structures import FORMAT, ITEM, from_bytes, in_rank, is_maker, is_mark, item_hid, ref_class

if TYPE_CHECKING:
    from mandala_lab.model.calls import Call, Made
    from mandala_lab.model.structures import Structure
    from mandala_lab.model.values import FileIdentity, StoredValue
    from mandala_lab.ports.call_store import CallStore

    Recover = Callable[[Ref, CorruptValueError | UntrustedValueError | LookupError], Any]

_MEASURED = 1000  # elements of a collection that are measured before it is shown
_LARGE = 1_000_000


_CLOSED = "value {} is a pickle, which is not read only to be shown"


class Kept:
    """The value source of a ref that belongs to no storage: its bytes, so that nobody can change what it stands for."""

    __slots__ = ("_stored",)

    def __init__(self, stored: StoredValue) -> None:
        self._stored = stored

    def load_value(self, _ref: Ref, *, recover: bool = True, held: Any = MISSING, data_only: bool = False) -> Any:  # noqa: ARG002 - it is here
        """Return the value."""
        if data_only and self._stored.format == "pickle":
            raise UntrustedValueError(_CLOSED.format(self._stored.cid.hex()))
        return values.load(self._stored)

    def load_elements(self, ref: Ref) -> tuple[list[Ref], list[Any] | None]:
        """Say that a value that is kept whole has no elements."""
        raise LookupError(f"{ref!r} has no elements of its own")

    def stored_size(self, _ref: Ref) -> int | None:
        """Return how many bytes there are."""
        return len(self._stored.data)


def kept(cid: str, hid: str, value: Any) -> Ref:
    """Return a ref of a value at hand that belongs to no storage.

    Raises
    ------
    UnstorableError
        When the value has no format.
    """
    source = None if is_immutable(value) else Kept(values.store(value, bytes.fromhex(cid)).settled())
    return Ref(cid, hid, source, value)


class ValueLoader:
    """The value source of every ref of a storage.

    Each load verifies the stored bytes and decodes them anew, so that nobody who
    changes a loaded value changes what others get. Bytes that were verified and are
    kept `nearby` are not verified again.

    Parameters
    ----------
    nearby
        Where bytes that were read are kept in memory.
    unpickles
        Whether values are read that only code can bring back; else they stay closed.
    """

    def __init__(self, nearby: Nearby | None = None, *, unpickles: bool = True) -> None:
        self.nearby = nearby or Nearby()
        self._unpickles = unpickles
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

    def load_value(self, ref: Ref, *, recover: bool = True, held: Any = MISSING, data_only: bool = False) -> Any:
        """Return the value of a ref; with `recover` one that is not there as it was is made again where possible."""
        if data_only and self._unpickles:
            return self._of_data_only().load_value(ref, recover=recover, held=held)
        try:
            if ref.data is not None and not is_mark(ref.data):
                return inline.load(ref.cid, ref.data)
            return self._loaded(*self._read(ref))
        except (CorruptValueError, UntrustedValueError, LookupError) as trouble:
            if held is not MISSING and isinstance(trouble, LookupError):
                own = copy.deepcopy(held)
                if content_id(own).hex() == ref.cid:
                    return own
            if self._recover is None or not recover:
                raise
            self.nearby.drop(bytes.fromhex(ref.cid))
            return self._recover(ref, trouble)

    def _of_data_only(self) -> ValueLoader:
        """Return one that shares all with this one, and reads no pickle; nor do the elements of collections."""
        made = copy.copy(self)
        made._unpickles = False  # noqa: SLF001 - of its own class
        return made

    def load_elements(self, ref: Ref) -> tuple[list[Ref], list[Any] | None]:
        """Return the elements of a collection with their histories, and the keys of a dict."""
        stored, verified = self._read(ref)
        plain = None if stored.format == FORMAT and stored.trusted else self._loaded(stored, verified)
        plain = None if stored.format == FORMAT else plain  # it is what its content id says
        structure = structure_of(stored, lambda: plain)
        keys = None if structure.keys is None else self._load_made(structure.keys)
        hids, ours = self._hids_of(ref, structure)
        refs: list[Ref] = [
            ref_class(made.data)(made.cid.hex(), hid.hex(), self, data=made.data)
            for made, hid in zip(structure.items, hids, strict=True)
        ]
        if plain is not None and not ours:  # stored whole, so its elements are not in the store
            items = plain.values() if keys is not None else plain
            refs = [kept(one.cid, one.hid, item) for one, item in zip(refs, items, strict=True)]
        return refs, keys

    def stored_size(self, ref: Ref) -> int | None:
        """Return about how many bytes loading the value reads."""
        if ref.data is not None and not is_mark(ref.data):
            return len(ref.data)
        if self._store is None or not ref.cid:
            return None
        size = self._store.value_size(bytes.fromhex(ref.cid))
        if size is None or not is_mark(ref.data):
            return size
        sizes = [self.stored_size(one) for one in self.load_elements(ref)[0][:_MEASURED]] if size < _LARGE else [None]
        return None if None in sizes or len(sizes) == _MEASURED else size + sum(one or 0 for one in sizes)

    def _hids_of(self, ref: Ref, structure: Structure) -> tuple[list[bytes], bool]:
        """Return the histories of the elements of a collection, and whether calls recorded them."""
        hid = bytes.fromhex(ref.hid)
        if maker_of(hid) is None:
            return [input_hid(made.cid) for made in structure.items], False
        ranks = in_rank(structure.kind, range(len(structure.items)), [made.cid for made in structure.items])
        maker = self._maker_of(ref)
        found: list[bytes] = [b""] * len(ranks)
        taken = None if maker is None else [r for name, r in maker.inputs.items() if name.startswith(ITEM)]
        if taken is not None and structure.kind in {"set", "frozenset"}:
            by_cid = {one.cid: one for one in taken}
            taken = [by_cid[structure.items[position].cid.hex()] for position in ranks]
        for rank, position in enumerate(ranks):
            found[position] = item_hid(hid, rank) if taken is None else bytes.fromhex(taken[rank].hid)
        return found, True

    def _maker_of(self, ref: Ref) -> Call | None:
        """Return the structural call that made a collection of its elements, if one did."""
        assert self._store is not None, "a loader is connected before it is used"
        found = self._store.creators([ref.hid])
        if not found and self._write is not None:
            self._write()
            found = self._store.creators([ref.hid])
        return found[0] if found and is_maker(found[0]) else None

    def _read(self, ref: Ref) -> tuple[StoredValue, bool]:
        """Return the stored bytes of a ref, and whether they were verified."""
        assert self._store is not None, "a loader is connected before it is used"
        cid = bytes.fromhex(ref.cid)
        found = self.nearby.get(cid)
        if found is not None:
            return found, True
        try:
            return self._store.read_value(cid), False
        except LookupError:
            if self._write is None:
                raise
            self._write()
            return self._store.read_value(cid), False

    def _load_made(self, made: Made) -> Any:
        return self.load_value(Ref(made.cid.hex(), "", self, data=made.data))

    def _loaded(self, stored: StoredValue, verified: bool) -> Any:
        """Return a value; the bytes of a file that nobody changed since are verified once, those kept nearby too."""
        if stored.format == FORMAT:
            if not verified and digest(stored.data) != stored.digest:
                raise CorruptValueError(f"the stored bytes of collection {stored.cid.hex()} are damaged")
            value = rebuilt(from_bytes(stored.data), self._load_made)
            if not verified and not stored.trusted and content_id(value) != stored.cid:
                raise CorruptValueError(f"collection {stored.cid.hex()}, which somebody else wrote, is another one")
        else:
            if stored.format == "pickle" and not self._unpickles:
                raise UntrustedValueError(_CLOSED.format(stored.cid.hex()))
            known = (stored.cid, stored.identity)  # of a file that nobody changed since
            verified = verified or (stored.identity is not None and known in self._verified)
            value = values.load(stored, verified=verified)
            if stored.identity is not None:
                self._verified.add(known)
        if not verified and stored.trusted:
            self.nearby.keep(stored)
        return value
