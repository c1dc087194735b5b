"""`CacheTier`: where values that were read may be kept, nearer than the store."""

from __future__ import annotations

from typing import Protocol

from mandala_lab.model.values import StoredValue, TierCounts


class CacheTier(Protocol):
    """Stored values by content id, any of which may be gone at any time.

    Any thread may call. A tier that fails raises whatever it raises: who asks it
    goes on without it.
    """

    def get(self, cid: bytes) -> StoredValue | None:
        """Return a value that was put, as it was put; ``None`` where it is not kept."""
        ...

    def put(self, value: StoredValue) -> None:
        """Keep a value, in place of one with its id, unless it is too large."""
        ...

    def drop(self, cid: bytes) -> None:
        """Forget a value; repeating is harmless."""
        ...

    def clear(self) -> None:
        """Forget all values; the counts go on."""
        ...

    def counts(self) -> TierCounts:
        """Return what was asked so far, and what is kept now."""
        ...

    def start_anew(self) -> None:
        """Go on in a forked process, whose other threads are gone."""
        ...
