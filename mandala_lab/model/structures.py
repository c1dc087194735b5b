"""Collections whose elements are values with histories of their own.

Owns what such a collection is: its refs, how it lies in a store, and the reserved
*structural* calls that connect it with its elements, without any code that runs.
A call ``list(items[0], items[1], ...)`` made a collection of its elements; a call
``items(collection)`` took apart one that an op made. Does not own when an argument
or a result is one (`mandala_lab.memo.structures`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, overload

from msgspec import Struct, msgpack

from mandala_lab.model.calls import Call, Made
from mandala_lab.model.hashing import combine, output_hid
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.refs import Ref

RESERVED = "mandala_lab:"
"""Begins the keys of structural ops."""

FORMAT = "items"
"""Name of the format of a collection that is stored element by element."""

LEFT_OUT = b"?"
"""Stands in place of the data of a value that is never stored, since it holds a secret."""

CHUNK = 50_000
"""Elements that one structural call takes out of a collection: a call has fewer outputs than 2**16."""

ITEM = "items"
KEYS = "keys"
COLLECTION = "collection"


class CollectionRef(Ref):
    """A ref of a collection that is stored element by element."""

    __slots__ = ("_parts",)

    def _elements(self) -> tuple[list[Ref], list[Any] | None]:
        try:
            return self._parts
        except AttributeError:
            pass
        if self._source is None:
            raise LookupError(f"the elements of {self!r} are not loaded and this ref belongs to no storage")
        self._parts: tuple[list[Ref], list[Any] | None] = self._source.load_elements(self)
        return self._parts

    def __len__(self) -> int:
        return len(self._elements()[0])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._elements()[0])

    def __contains__(self, item: object) -> bool:
        return item in self._elements()[0]


class ListRef(CollectionRef):
    """A list whose elements are refs: length, loop, index; a slice is a list of refs."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> Ref: ...
    @overload
    def __getitem__(self, index: slice) -> list[Ref]: ...
    def __getitem__(self, index: int | slice) -> Ref | list[Ref]:
        return self._elements()[0][index]


class TupleRef(CollectionRef):
    """A tuple whose elements are refs: length, loop, index; a slice is a tuple of refs."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> Ref: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Ref, ...]: ...
    def __getitem__(self, index: int | slice) -> Ref | tuple[Ref, ...]:
        found = self._elements()[0][index]
        return tuple(found) if isinstance(found, list) else found


class SetRef(CollectionRef):
    """A set whose elements are refs, in an order of no meaning: length, loop, ``in`` for refs."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, Ref):
            self.refuse("in")
        return item.cid in {ref.cid for ref in self}


class DictRef(CollectionRef):
    """A dict whose values are refs, under plain keys: length, loop over keys, index, ``in``, `items`."""

    __slots__ = ()

    def _by_key(self) -> dict[Any, Ref]:
        items, keys = self._elements()
        return dict(zip(keys or (), items, strict=True))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._elements()[1] or ())

    def __contains__(self, key: object) -> bool:
        return key in self._by_key()

    def __getitem__(self, key: Any) -> Ref:
        return self._by_key()[key]

    def keys(self) -> list[Any]:
        """Return the keys, which are plain values."""
        return list(self)

    def values(self) -> list[Ref]:
        """Return the values."""
        return list(self._elements()[0])

    def items(self) -> list[tuple[Any, Ref]]:
        """Return pairs of key and value."""
        return list(zip(self, self.values(), strict=True))


class Structure(Struct, frozen=True, array_like=True):
    """A collection as it is stored: the kind, its elements in their order, and where the keys of a dict lie."""

    kind: str
    items: tuple[Made, ...]
    keys: Made | None = None


to_bytes = msgpack.Encoder().encode
from_bytes = msgpack.Decoder(Structure).decode

_KINDS: dict[str, tuple[type[Any], type[CollectionRef]]] = {
    "list": (list, ListRef),
    "tuple": (tuple, TupleRef),
    "set": (set, SetRef),
    "frozenset": (frozenset, SetRef),
    "dict": (dict, DictRef),
}
_NAMES = {made: name for name, (made, _) in _KINDS.items()}
_MARKS = {name: b"*" + name.encode() for name in _KINDS}
_CLASSES = {_MARKS[name]: ref for name, (_, ref) in _KINDS.items()}
MARK = b"*"[0]

VERSION = CodeVersion(combine(b"structure", b"1"), "")
MAKERS = {name: OpSpec(f"{RESERVED}{name}", name, (ITEM,), nout=1) for name in _KINDS}
ITEMS = OpSpec(f"{RESERVED}{ITEM}", ITEM, (COLLECTION,), (f"{ITEM}[]",))
STRUCTURAL = (*MAKERS.values(), ITEMS)


def kind_of(value: Any) -> str | None:
    """Return the name of the kind of a plain collection; ``None`` for anything else, subclasses too."""
    try:
        return _NAMES.get(type(value))
    except Exception:  # a hostile metaclass refuses to be hashed
        return None


def mark_of(kind: str) -> bytes:
    """Return what stands in place of the data of a collection, to say that it is one."""
    return _MARKS[kind]


def is_mark(data: bytes | None) -> bool:
    """Whether the data of a link say that the value is stored element by element."""
    return data is not None and data[:1] == b"*"


def ref_class(data: bytes | None) -> type[Ref]:
    """Return the class of the refs of a value with these data."""
    return Ref if data is None or data[0] != MARK else _CLASSES.get(data, Ref)


def join(kind: str, items: Sequence[Any], keys: Sequence[Any] | None) -> Any:
    """Return the plain collection of these elements."""
    return dict(zip(keys or (), items, strict=True)) if kind == "dict" else _KINDS[kind][0](items)


def is_structural(call: Call) -> bool:
    """Whether a call connects a collection with its elements, rather than being the user's."""
    return call.op.startswith(RESERVED)


def is_maker(call: Call) -> bool:
    """Whether a structural call made a collection of its elements."""
    return is_structural(call) and call.op != ITEMS.key


def items_hid(collection: bytes, chunk: int) -> bytes:
    """Return the history id of the call that takes elements out of a collection that an op made."""
    return combine(b"items", collection, chunk.to_bytes(4, "big"))


def item_hid(collection: bytes, rank: int) -> bytes:
    """Return the history id of an element of a collection that an op made."""
    return output_hid(items_hid(collection, rank // CHUNK), rank % CHUNK)


def maker_ids(kind: str, cids: Sequence[bytes], hids: Sequence[bytes], keys: bytes) -> tuple[bytes, bytes]:
    """Return history and content id of the call that makes a collection of elements."""
    name = kind.encode()
    return combine(b"make", name, keys, *hids), combine(b"make content", name, keys, *cids)


_T = TypeVar("_T")


def in_rank(kind: str, items: Sequence[_T], ids: Sequence[bytes]) -> list[_T]:
    """Return what belongs to the elements in the order that is the same for equal collections.

    `ids` are the content ids of the elements: those of a set are sorted by them.
    """
    if kind not in {"set", "frozenset"}:
        return list(items)
    return [items[position] for position in sorted(range(len(items)), key=ids.__getitem__)]
