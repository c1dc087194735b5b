"""`MemoryTier`: values in the memory of this process, those that were asked for least recently making room."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cachetools import LRUCache

from mandala_lab.model.values import StoredValue, TierCounts

if TYPE_CHECKING:
    _Cache = LRUCache[bytes, StoredValue]
else:
    _Cache = LRUCache

_OVERHEAD = 500
"""Bytes that an entry takes beside its data."""

_SHARE = 4
"""A value may take this part of the room: larger ones would drive out all others."""


class MemoryTier:
    """A bounded tier (see `mandala_lab.ports.cache_tier`).

    Parameters
    ----------
    max_bytes
        Room for values, with what each entry takes beside its data.
    """

    def __init__(self, max_bytes: int) -> None:
        self._cache = _Counted(max_bytes, getsizeof=_size)
        self._lock = threading.Lock()
        self._hits = self._misses = 0

    def get(self, cid: bytes) -> StoredValue | None:
        with self._lock:
            found: StoredValue | None = self._cache.get(cid)
            if found is None:
                self._misses += 1
            else:
                self._hits += 1
            return found

    def put(self, value: StoredValue) -> None:
        if _size(value) * _SHARE > self._cache.maxsize:
            return
        with self._lock:
            self._cache[value.cid] = value

    def drop(self, cid: bytes) -> None:
        with self._lock:
            self._cache.pop(cid, None)

    def clear(self) -> None:
        with self._lock:
            fresh = _Counted(self._cache.maxsize, getsizeof=_size)
            fresh.evictions = self._cache.evictions
            self._cache = fresh

    def counts(self) -> TierCounts:
        with self._lock:
            cache = self._cache
            return TierCounts(self._hits, self._misses, cache.evictions, len(cache), int(cache.currsize))

    def start_anew(self) -> None:
        self._lock = threading.Lock()
        self.clear()  # another thread may have been changing it


class _Counted(_Cache):
    """Counts what it drops to make room."""

    evictions = 0

    def popitem(self) -> tuple[bytes, StoredValue]:
        """Drop what was asked for least recently."""
        self.evictions += 1
        return super().popitem()


def _size(value: StoredValue) -> int:
    return value.size + _OVERHEAD
