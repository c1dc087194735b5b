"""A value as it lies in a store: a named format, bytes and their digest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

FileIdentity = tuple[int, ...]
"""What tells a file apart from what may take its place: device, number, size, time of change."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes of a large value; `identity` where they are mapped from a file rather than copied."""

    data: bytes | memoryview
    identity: FileIdentity | None = None


class TierCounts(NamedTuple):
    """What a tier of values was asked, and what it keeps: `entries` of together about so many `bytes`."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    entries: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class StoredValue:
    """Stored bytes with what is needed to read and verify them.

    Attributes
    ----------
    cid
        Content id: digest of the canonical encoding.
    format
        Name of the format (`mandala_lab.memo.values` lists them).
    data
        The bytes.
    digest
        Digest of `data`: what a read verifies. Empty where the value itself has to
        be looked at: then its content id is what a read verifies.
    identity
        Of the file that `data` is mapped from, if it is.
    rest
        Bytes that follow `data` and still belong to the value that is stored.
    trusted
        Whether somebody who counts wrote the bytes; else the value is looked at before it is believed.
    """

    cid: bytes
    format: str
    data: bytes | memoryview
    digest: bytes
    identity: FileIdentity | None = None
    rest: memoryview | None = None
    trusted: bool = True

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self.data) + (0 if self.rest is None else len(self.rest))

    @property
    def parts(self) -> tuple[bytes | memoryview, ...]:
        """The bytes, in one piece or two."""
        return (self.data,) if self.rest is None else (self.data, self.rest)

    def settled(self) -> StoredValue:
        """Return the same with its bytes in one piece, which belongs to nobody else."""
        return self if self.rest is None else replace(self, data=b"".join(self.parts), rest=None)
