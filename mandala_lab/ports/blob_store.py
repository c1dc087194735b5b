"""`BlobStore`: where values lie that are too large for a database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from mandala_lab.model.values import Blob


class BlobStore(Protocol):
    """Immutable bytes by content id. What is asked of it may be asked from any thread.

    A method that cannot read or write raises `StoreError`.
    """

    @property
    def place(self) -> str:
        """Where the bytes lie, for people."""
        ...

    def put(self, cid: bytes, *parts: bytes | memoryview) -> None:
        """Write the parts end to end, all or nothing, in the place of what is there."""
        ...

    def has(self, cid: bytes) -> bool:
        """Whether there are bytes."""
        ...

    def get(self, cid: bytes) -> Blob:
        """Return bytes; `LookupError` where there are none."""
        ...

    def delete(self, cid: bytes) -> None:
        """Delete bytes; repeating is harmless."""
        ...

    def held(self) -> Iterable[tuple[bytes, int]]:
        """Return the content ids of all bytes here, with their sizes."""
        ...

    def leftovers(self) -> Iterable[tuple[str, int]]:
        """Return the names and sizes of what writers that died long ago left behind."""
        ...

    def delete_leftover(self, name: str) -> None:
        """Delete one of these; repeating is harmless."""
        ...
