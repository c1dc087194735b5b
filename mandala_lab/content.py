"""Values by themselves: their content ids, their stored bytes, and refs of them, without a storage."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import DecodeError, Struct, ValidationError, msgpack

from mandala_lab import wiring  # noqa: F401 - connects who digests the user's own code
from mandala_lab.memo import values
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.loader import kept
from mandala_lab.model.errors import CorruptValueError, UntrustedValueError
from mandala_lab.model.hashing import combine, input_hid, output_hid
from mandala_lab.model.refs import Ref, unwrapped
from mandala_lab.model.structures import CollectionRef
from mandala_lab.model.values import StoredValue

T = TypeVar("T")
_MAGIC = b"mandala-lab value 1\n"
_PICKLE = b"\x80"
_WRAPPED = 0xFFFE  # no call has so many outputs


class _Parts(Struct, frozen=True, array_like=True):
    format: str
    cid: bytes
    digest: bytes
    data: bytes


def get_content_hash(obj: Any) -> str:
    """Return the content id of a value: its `Ref.cid`, the same in every process.

    Raises
    ------
    UnstorableError
        When the value has no content id.

    Examples
    --------
    >>> from mandala_lab import get_content_hash
    >>> get_content_hash({"a": 1, "b": 2}) == get_content_hash(dict(a=1, b=2))
    True
    >>> get_content_hash({"a": 1, "b": 2}) == get_content_hash({"b": 2, "a": 1})  # code sees the order
    False
    """
    return content_id(obj).hex()


def serialize(obj: Any) -> bytes:
    """Return a value as bytes, in the format in which a storage keeps it.

    Raises
    ------
    UnstorableError
        When the value has no format.

    Examples
    --------
    >>> from mandala_lab import deserialize, serialize
    >>> deserialize(serialize([1, "two"]))
    [1, 'two']
    """
    stored = values.store(unwrapped(obj, Ref.own_value)).settled()
    return _MAGIC + msgpack.encode(_Parts(stored.format, stored.cid, stored.digest, bytes(stored.data)))


def deserialize(data: bytes) -> Any:
    """Return the value of bytes that `serialize` made, after verifying them.

    Raises
    ------
    CorruptValueError
        When the bytes are damaged, or none that `serialize` made.
    UntrustedValueError
        When reading them would run code that somebody else wrote into them.
    """
    if not data.startswith(_MAGIC):
        if data.startswith(_PICKLE):
            raise UntrustedValueError(
                "these bytes look like a pickle, which can run any code: give bytes of serialize()"
            )
        raise CorruptValueError("these bytes were not made by serialize()")
    try:
        parts = msgpack.decode(memoryview(data)[len(_MAGIC) :], type=_Parts)
    except (DecodeError, ValidationError) as error:
        raise CorruptValueError(f"these bytes are damaged: {error}") from error
    value = values.load(StoredValue(parts.cid, parts.format, parts.data, parts.digest))
    if content_id(value) != parts.cid:
        raise CorruptValueError("these bytes are damaged: they hold another value than they say")
    return value


def wrap_atom(obj: Any, history_id: str | None = None) -> Ref:
    """Return a ref of a value that no call made; a ref is returned as it is.

    Parameters
    ----------
    history_id
        Tells equal values apart by where they come from: the hid of the ref is
        made of it and of the content.

    Raises
    ------
    ValueError
        For a ref of a collection that is stored element by element.
    UnstorableError
        When the value has no content id or no format.

    Examples
    --------
    >>> from mandala_lab import wrap_atom
    >>> wrap_atom(2).cid == wrap_atom(2, "measured").cid, wrap_atom(2) == wrap_atom(2, "measured")
    (True, False)
    """
    if isinstance(obj, CollectionRef):
        raise ValueError(f"{obj!r} is a collection, and wrap_atom takes single values; pass the ref on as it is")  # noqa: TRY004 - mandala's kind
    if isinstance(obj, Ref):
        return obj
    cid = content_id(obj)
    if history_id is None:
        return kept(cid.hex(), input_hid(cid).hex(), obj)
    made = combine(b"wrapped", history_id.encode("utf-8", "surrogatepass"), cid)
    return kept(cid.hex(), output_hid(made, _WRAPPED).hex(), obj)


def track(obj: T) -> T:
    """Return the function or class as it is: what an op depends on is found without a hint."""
    return obj
