"""A value as it lies in a store: a named format, bytes and their digest."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    cid: bytes
    format: str
    data: bytes | memoryview
    digest: bytes
