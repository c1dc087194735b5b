"""Digests: how content and history ids are made from bytes.

Owns the digest function, the way in which parts are joined, and what the
history id of a ref is made of. Does not own the encoding of values
(`mandala_lab.memo.encoding`).

BLAKE3 is cryptographic, so nobody can craft two values with one id, and it
hashes large arrays at memory speed (several GB/s on one thread and as much
again on each further one, against about 1.8 for SHA-256). Ids are cut to 160
bits: finding a collision still takes about 2**80 tries, and a stored call,
which holds half a dozen ids, stays small.
"""

from __future__ import annotations

from blake3 import blake3

DIGEST_SIZE = 20
"""Bytes of the ids of calls and of content; as text twice as many hexadecimal digits."""

_FREE = b"\xff\xff"
MAX_OUTPUTS = 0xFFFF
"""A call has fewer outputs than this."""

_MANY_THREADS_FROM = 1 << 20


def digest(data: bytes | bytearray | memoryview) -> bytes:
    """Digest of one run of bytes."""
    return blake3(data, max_threads=_threads(len(data))).digest(DIGEST_SIZE)


def long_digest(data: bytes | memoryview) -> bytes:
    """Full digest of bytes of which nothing else is kept."""
    return blake3(data, max_threads=_threads(len(data))).digest()


def _threads(size: int) -> int:
    return blake3.AUTO if size >= _MANY_THREADS_FROM else 1


def combine(domain: bytes, *parts: bytes) -> bytes:
    """Digest of several parts that cannot be confused with any other parts.

    Each part is preceded by its length, and `domain` keeps the ids of different
    kinds of things apart.

    Examples
    --------
    >>> combine(b"t", b"ab", b"c") == combine(b"t", b"a", b"bc")
    False
    """
    pieces = [len(domain).to_bytes(4, "big"), domain]
    for part in parts:
        pieces.append(len(part).to_bytes(8, "big"))
        pieces.append(part)
    return blake3(b"".join(pieces)).digest(DIGEST_SIZE)


def output_hid(call: bytes, position: int) -> bytes:
    """History id of an output: that of the call that made it, and which output it is.

    So the maker of any ref is known without looking it up.
    """
    return call + position.to_bytes(2, "big")


def input_hid(cid: bytes) -> bytes:
    """History id of a value that no call made: what it is, is all that is known of it."""
    return cid + _FREE


def maker_of(ref: bytes) -> tuple[bytes, int] | None:
    """Return the call that made a ref and the position among its outputs; ``None`` for a free-standing value.

    Examples
    --------
    >>> maker_of(output_hid(b"c" * 20, 1)) == (b"c" * 20, 1)
    True
    >>> maker_of(input_hid(b"v" * 20)) is None
    True
    """
    if len(ref) != DIGEST_SIZE + 2 or ref.endswith(_FREE):
        return None
    return ref[:DIGEST_SIZE], int.from_bytes(ref[DIGEST_SIZE:], "big")
