"""Large containers of plain data that were encoded before in this process.

Canonical bytes are made item by item, in Python. A pickler, which is written in C,
tells thirty times faster whether the very same content was met before: its bytes lead
back to one value, exact in types, so that equal ones mean equal content. They never
leave this process and are no part of any id. Whatever is no plain data ends the
attempt, so no code of a value runs.
"""

from __future__ import annotations

import pickle
import sys
from typing import Any

from blake3 import blake3

MANY = 256
"""Items from which on it is worth the attempt."""

_KEPT_BYTES = 8_000_000
_MOST_BYTES = 32_000_000  # of one attempt: it writes what is shared again each time
_DEEPEST = 10_000  # with a higher limit of recursion the pickler runs out of stack, which ends the process


class _NotPlain(Exception):  # noqa: N818 - an answer, and no error
    """Something that is no plain data was met."""


class _Plain(pickle.Pickler):
    """Writes plain data without regard to which objects are shared."""

    def __init__(self, file: Any) -> None:
        super().__init__(file, protocol=4)  # by a later one a PickleBuffer is the bytes in it
        self.fast = True

    def reducer_override(self, value: Any) -> Any:
        if value is bytearray:  # the class, before the bytes of each
            return NotImplemented
        raise _NotPlain


class _Digest:
    """What a pickler writes, up to a limit."""

    def __init__(self) -> None:
        self._digest = blake3()
        self._left = _MOST_BYTES
        self.result = self._digest.digest

    def write(self, data: bytes | memoryview) -> None:
        """Add some bytes."""
        self._left -= len(data)
        if self._left < 0:
            raise _NotPlain
        self._digest.update(data)


class _Known(dict[bytes, bytes]):
    """Canonical bytes by mark; all are dropped when they are too many."""

    size = 0

    def keep(self, mark: bytes, encoded: bytes) -> None:
        """Add those of one mark."""
        self.size += len(mark) + len(encoded)
        if self.size > _KEPT_BYTES:
            forget()
        self[mark] = encoded


_known = _Known()


def mark_of(value: Any) -> bytes | None:
    """Return what tells a container of plain data from all others; ``None`` if it is too large or holds others."""
    if sys.getrecursionlimit() > _DEEPEST:
        return None
    digest = _Digest()
    try:
        _Plain(digest).dump(value)
    except Exception:  # also too deep, containing itself, or changed meanwhile: then it is encoded item by item
        return None
    return digest.result()


def encoding_of(mark: bytes) -> bytes | None:
    """Return the canonical bytes of the container with this mark, if they are at hand."""
    return _known.get(mark)


def keep(mark: bytes, value: Any, encoded: bytes) -> None:
    """Keep the canonical bytes of a container, unless another thread changed it meanwhile."""
    if mark_of(value) == mark:
        _known.keep(mark, encoded)


def forget() -> None:
    """Drop all that was met."""
    _known.clear()
    _known.size = 0
