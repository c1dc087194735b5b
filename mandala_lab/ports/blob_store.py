"""`BlobStore`: where values lie that are too large for a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from mandala_lab.model.values import Blob, Stray


class BlobStore(Protocol):
    """Immutable bytes by content id. What is asked of it may be asked from any thread.

    A method that cannot read or write raises `StoreError`.
    """

    @property
    def place(self) -> str:
        """Where the bytes lie, for people."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether values of other stores lie here too, so that nothing is to be deleted."""
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

    def strays(self, is_known: Callable[[bytes], bool]) -> Iterable[Stray]:
        """Return what lies there, under names that values or their writers have, and is no value that `is_known`."""
        ...

    def remove_stray(self, name: str) -> None:
        """Delete what `strays` gave; repeating is harmless."""
        ...

    def set_aside(self, cid: bytes) -> None:
        """Keep damaged bytes, if there are any, where no value is looked for."""
        ...

    def size_set_aside(self, cid: bytes) -> int:
        """Return how many bytes `set_aside` keeps of a value."""
        ...

    def discard_set_aside(self, cid: bytes) -> None:
        """Delete what `set_aside` keeps; repeating is harmless."""
        ...

    def delete(self, cid: bytes) -> None:
        """Delete bytes; repeating is harmless."""
        ...
