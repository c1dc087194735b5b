"""What a signature is of, for each kind of row: the kind, and the parts that nobody else may change.

Not signed is what no result depends on: spans, sessions, events, times, names.
"""

from __future__ import annotations

from mandala_lab.model.hashing import digest

Signed = tuple[bytes, ...]


def of_call(hid: bytes, cid: bytes, status: int, links: bytes) -> Signed:
    """Return what is signed of a call: its ids, and with its links what it was given and what it made."""
    return b"call", hid, cid, bytes([status]), links


def of_value(cid: bytes, name: str, bytes_digest: bytes) -> Signed:
    """Return what is signed of a stored value: which bytes are to be read, in which format."""
    return b"value", cid, _text(name), bytes_digest


def of_version(op: str, version: bytes, representative: bytes, code: str, program: bytes | None) -> Signed:
    """Return what is signed of a code version: which class of compatible versions it is in, its code and program."""
    return b"version", _text(op), version, representative, _text(code), digest(program) if program else b""


def of_state(op: str, version: bytes, prefix: bytes, reads: bytes) -> Signed:
    """Return what is signed of a code version with data that it read: which keys are made with it."""
    return b"state", _text(op), version, prefix, reads


def of_setting(name: str, value: str) -> Signed:
    """Return what is signed of how a store is kept."""
    return b"setting", _text(name), _text(value)


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
