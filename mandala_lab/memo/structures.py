"""Arguments and results that are collections stored element by element.

Owns how a collection is taken apart and put together again, and the structural
calls that are recorded with a call (see `mandala_lab.model.structures`). Which
collections are meant, their annotations say (`annotations`).

A collection that holds refs is *made* of them, so it has a history; one of plain
values is a free value, like its elements. The content id is that of the plain
collection in either case; where the store knows a collection of the same
elements, nothing is loaded to find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mandala_lab.memo import inline, values
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.inputs import Giver, given
from mandala_lab.memo.keying import Operation
from mandala_lab.model.calls import CallEntry, Given, Made
from mandala_lab.model.errors import StoreError, UnstorableError
from mandala_lab.model.hashing import combine, digest, output_hid
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref, ValueSource, unwrapped
from mandala_lab.model.structures import (
    CHUNK,
    COLLECTION,
    FORMAT,
    ITEM,
    ITEMS,
    KEYS,
    LEFT_OUT,
    MAKERS,
    VERSION,
    Structure,
    from_bytes,
    in_rank,
    is_mark,
    item_hid,
    items_hid,
    join,
    kind_of,
    maker_ids,
    mark_of,
    to_bytes,
)
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore

_REMEMBERED = 100_000
_TICK_S = 2e-6  # so that structural calls lie in time where they belong
_SETS = {"set", "frozenset"}


Ranked = Sequence[Made]
"""The elements of a collection in the order that is the same for equal ones."""


class Taken:
    """What a call brings into the store with its collections: values and structural calls."""

    def __init__(
        self, source: ValueSource, is_stored: Callable[[bytes], bool], new: list[StoredValue], started_s: float
    ) -> None:
        self._source = source
        self._is_stored = is_stored
        self._new = new
        self._started_s = started_s
        self.structures: dict[bytes, Ranked] = {}
        self.entries: list[CallEntry] = []

    def leaf(self, name: str, value: Any) -> Given:
        """Take in a value that is stored whole."""
        found = given(name, value)
        ours = issubclass(type(value), Ref) and value.comes_from(self._source)
        data = inline.small(value)
        if data is not None:
            return Given(name, found.cid, found.origin, data)
        if ours or (found.data is not None and not is_mark(found.data)):
            return found
        if not self._is_stored(found.cid):
            stored = values.store_unless_secret(unwrapped(value, Ref.own_value), found.cid)
            data = LEFT_OUT if stored is None else inline.inlined(stored)
            self._new += [stored] if stored is not None and data is None else []
        return Given(name, found.cid, found.origin, data)  # a collection of another storage is stored whole

    def structure(self, kind: str, cid: bytes, items: Sequence[Given], keys: Sequence[Any] | None) -> None:
        """Take in a collection of elements that were taken in."""
        held = None
        if keys is not None:
            taken = self.leaf(KEYS, list(keys))
            held = Made(taken.cid, taken.data)
        found = Structure(kind, tuple([Made(item.cid, item.data) for item in items]), held)
        self.structures[cid] = found.items
        if not self._is_stored(cid):
            data = to_bytes(found)
            self._new.append(StoredValue(cid, FORMAT, data, digest(data)))

    def maker(
        self, kind: str, ids: tuple[bytes, bytes], ranked: Sequence[Given], keys: list[Any] | None, cid: bytes
    ) -> None:
        """Take in the call that makes a collection of elements with histories."""
        inputs = [Given(f"{ITEM}[{rank}]", item.cid, item.origin, item.data) for rank, item in enumerate(ranked)]
        if keys is not None:
            inputs.append(self.leaf(KEYS, keys))
        made = (Made(cid, mark_of(kind)),)
        self.entries.append(_structural(MAKERS[kind], ids, tuple(inputs), made, self._started_s - _TICK_S))


class Structures:
    """Takes collections apart for one engine.

    Parameters
    ----------
    store
        Where calls and values are.
    source
        What the refs of this store load from.
    """

    def __init__(self, store: CallStore, source: ValueSource) -> None:
        self._store = store
        self._source = source
        self._cids: dict[bytes, bytes] = {}

    def giver(self, op: Operation) -> Giver:
        """Return what turns the arguments of an op into what is recorded of them."""
        depths = op.depths
        if not depths.parameters:
            return given
        return lambda name, value: self.collect(name, value, depths.of_argument(name), None)

    def collect(self, name: str, value: Any, depth: int, taken: Taken | None) -> Given:
        """Return a value as it is recorded, down to a depth element by element; take it in if `taken`."""
        kind = kind_of(value) if depth else None
        if kind is None:
            return given(name, value) if taken is None else taken.leaf(name, value)
        free = not _holds_ref(value, depth)
        if free and taken is None:
            return Given(name, _content_id(name, value), b"", mark_of(kind))
        keys = [unwrapped(key) for key in value] if kind == "dict" else None
        items = [self.collect(ITEM, one, depth - 1, taken) for one in (value.values() if kind == "dict" else value)]
        if kind in _SETS:  # equal elements count once, whatever their histories
            items = list({item.cid: item for item in sorted(items, key=lambda item: (item.cid, item.hid))}.values())
        if free:
            cid, origin = _content_id(name, value), b""
        else:
            cid, origin = self._made_of(name, kind, value, items, keys, taken)
        if taken is not None:
            taken.structure(kind, cid, items, keys)
        return Given(name, cid, origin, mark_of(kind))

    def _made_of(
        self, name: str, kind: str, value: Any, items: list[Given], keys: list[Any] | None, taken: Taken | None
    ) -> tuple[bytes, bytes]:
        """Return content and history id of a collection that is made of elements with histories."""
        key_id = b"" if keys is None else content_id(keys)
        ids = maker_ids(kind, [item.cid for item in items], [item.hid for item in items], key_id)
        cid = self._cid_of(ids, name, value, len(items))
        if taken is not None:
            taken.maker(kind, ids, items, keys, cid)
        return cid, output_hid(ids[0], 0)

    def _cid_of(self, ids: tuple[bytes, bytes], name: str, value: Any, number: int) -> bytes:
        known = self._cids.get(ids[1])
        if known is not None:
            return known
        try:
            same = self._store.find(ids[0]) or self._store.find_content(ids[1])
            same = same if same is not None and same.trusted else None
        except StoreError:
            same = None
        if same is not None:
            cid = same.outputs[0].cid
        else:
            plain = unwrapped(value, Ref.own_value)
            if len(plain) != number:
                raise UnstorableError(
                    f"argument {name!r} holds refs of values that are equal for Python, such as 1 and True"
                )
            cid = _content_id(name, plain)
        if len(self._cids) >= _REMEMBERED:
            self._cids.clear()
        self._cids[ids[1]] = cid
        return cid

    def forget(self) -> None:
        """Forget which collections are known."""
        self._cids.clear()

    def items_of(
        self, hid: bytes, outputs: Sequence[Made], structures: Mapping[bytes, Ranked], at_s: float
    ) -> list[CallEntry]:
        """Return the calls that take apart the collections among the outputs of a call."""
        found: list[CallEntry] = []
        for position, made in enumerate(outputs):
            if is_mark(made.data):
                self._take_apart(made, output_hid(hid, position), structures, at_s + _TICK_S, found)
        return found

    def _take_apart(
        self, made: Made, hid: bytes, structures: Mapping[bytes, Ranked], at_s: float, found: list[CallEntry]
    ) -> None:
        ranked = structures.get(made.cid)
        if ranked is None:
            ranked = self._stored(made.cid)
        for chunk in range(0, len(ranked), CHUNK):
            number = chunk // CHUNK
            ids = items_hid(hid, number), combine(b"items content", made.cid, number.to_bytes(4, "big"))
            inputs = (Given(COLLECTION, made.cid, hid, made.data),)
            found.append(_structural(ITEMS, ids, inputs, tuple(ranked[chunk : chunk + CHUNK]), at_s))
        for rank, item in enumerate(ranked):
            if is_mark(item.data):
                self._take_apart(item, item_hid(hid, rank), structures, at_s + _TICK_S, found)

    def _stored(self, cid: bytes) -> Ranked:
        structure = structure_of(self._store.read_value(cid), lambda: self._source.load_value(Ref(cid.hex(), "")))
        return in_rank(structure.kind, structure.items, [item.cid for item in structure.items])


def structure_of(stored: StoredValue, load: Callable[[], Any]) -> Structure:
    """Return a stored collection by its elements, also of one that is stored whole."""
    if stored.format == FORMAT:
        return from_bytes(stored.data)
    value = load()
    kind = kind_of(value)
    assert kind is not None, "only collections are marked as such"
    items = value.values() if kind == "dict" else value
    made = [_as_made(item) for item in items]
    return Structure(kind, tuple(made), _as_made(list(value)) if kind == "dict" else None)


def rebuilt(structure: Structure, load: Callable[[Made], Any]) -> Any:
    """Return the plain collection of a structure."""
    keys = None if structure.keys is None else load(structure.keys)
    return join(structure.kind, [load(item) for item in structure.items], keys)


def _as_made(value: Any) -> Made:
    return Made(content_id(value), inline.small(value))


def _holds_ref(value: Any, depth: int) -> bool:
    """Whether a collection holds refs among its elements, down to a depth."""
    if issubclass(type(value), Ref):
        return True
    kind = kind_of(value) if depth else None
    if kind is None:
        return False
    items: Iterable[Any] = value.values() if kind == "dict" else value
    return any(_holds_ref(item, depth - 1) for item in items)


def _content_id(name: str, value: Any) -> bytes:
    try:
        return content_id(value)
    except UnstorableError as error:
        raise UnstorableError(f"argument {name!r}: {error}") from None


def _structural(
    spec: OpSpec, ids: tuple[bytes, bytes], inputs: tuple[Given, ...], outputs: tuple[Made, ...], at_s: float
) -> CallEntry:
    return CallEntry(
        hid=ids[0],
        cid=ids[1],
        spec=spec,
        version=VERSION,
        representative=VERSION.digest,
        prefix=b"",
        inputs=inputs,
        outputs=outputs,
        reads=(),
        values=(),
        status="ok",
        started_s=at_s,
        duration_s=0.0,
        span=None,
        executed=False,
    )
