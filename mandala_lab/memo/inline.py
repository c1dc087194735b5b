"""Small values, which lie in the record of a call rather than among the stored values.

A value is small when its encoding is short. Its content id alone verifies it.
"""

from __future__ import annotations

from typing import Any

from mandala_lab.memo import encoding
from mandala_lab.model.errors import CorruptValueError
from mandala_lab.model.refs import is_immutable
from mandala_lab.model.structures import LEFT_OUT
from mandala_lab.model.values import StoredValue

_LIMIT = 64
_LONGEST = 40  # characters of a text, bytes, or a number's digits that are tried
_IMMUTABLE_TAGS = frozenset(b"NTFifcsb")


def small(value: Any) -> bytes | None:
    """Return the encoding of a number, a short text or ``None``; ``None`` for anything else."""
    if not is_immutable(value) or (isinstance(value, str | bytes) and len(value) > _LONGEST):
        return None
    data = encoding.encode(value)
    return data if len(data) <= _LIMIT else None


def inlined(stored: StoredValue) -> bytes | None:
    """Return what goes into the record of a call in place of a stored value, where it is small."""
    return bytes(stored.data) if stored.format == "tree" and len(stored.data) <= _LIMIT else None


def load(cid: str, data: bytes) -> Any:
    """Return the value of a small encoding, after verifying it.

    Raises
    ------
    CorruptValueError
        When the bytes are not those that were recorded.
    LookupError
        When there are none, since the value holds a secret.
    """
    if data == LEFT_OUT:
        raise LookupError(f"value {cid} holds a secret, which is never stored")
    value = encoding.decode(data)
    if encoding.content_id(value).hex() != cid:
        raise CorruptValueError(f"the recorded bytes of value {cid} are damaged: they are those of another value")
    return value


def is_fixed(data: bytes | None) -> bool:
    """Whether a small encoding is that of a value which nobody can change."""
    return data is not None and data[0] in _IMMUTABLE_TAGS
