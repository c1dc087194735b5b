"""A value as it lies in a store: a named format, bytes and their digest."""

from __future__ import annotations

from dataclasses import dataclass

FileIdentity = tuple[int, ...]
"""What tells a file apart from what may take its place: device, number, size, time of change."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes of a large value; `identity` where they are mapped from a file rather than copied."""

    data: bytes | memoryview
    identity: FileIdentity | None = None


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
        Digest of `data`: what a read verifies.
    identity
        Of the file that `data` is mapped from, if it is.
    """

    cid: bytes
    format: str
    data: bytes | memoryview
    digest: bytes
    identity: FileIdentity | None = None
