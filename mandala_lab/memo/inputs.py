"""Inputs: an argument, or global data that an op reads, as it is recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mandala_lab.memo import inline, values
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.special import NewArgDefault
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Given
from mandala_lab.model.errors import ArgumentError, UnstorableError
from mandala_lab.model.hashing import input_hid
from mandala_lab.model.refs import Ref, is_immutable
from mandala_lab.model.values import StoredValue

Giver = Callable[[str, Any], Given]
"""Returns an argument, by name and value, as it is recorded."""

_LARGEST_READ = 1_000_000  # bytes of a global whose value is kept for later sessions


def given(name: str, value: Any) -> Given:
    """Return an argument as it is recorded."""
    if type(value) is NewArgDefault:
        value = value.value
    if type(value) is Ref:
        return _given_ref(name, value)
    if not is_immutable(value) and issubclass(type(value), Ref):  # a collection
        return _given_ref(name, value)
    try:
        return Given(name, content_id(value))
    except UnstorableError as error:
        raise UnstorableError(f"argument {name!r}: {error}") from None


def _given_ref(name: str, ref: Ref) -> Given:
    if not ref.cid:
        raise UnstorableError(f"argument {name!r} is the result of a call that could not be stored")
    cid, hid = bytes.fromhex(ref.cid), bytes.fromhex(ref.hid)
    return Given(name, cid, b"" if hid == input_hid(cid) else hid, ref.data)


def taken_reads(
    op: str, reads: list[tuple[str, Any]], before: tuple[Given, ...]
) -> tuple[tuple[Given, ...], list[StoredValue]]:
    """Digest the global data that an op, by its name, reads; what has no digest is warned about.

    Those that are new and not too large are encoded, so that a later session can
    have them back.
    """
    known = {(read.name, read.cid): read for read in before}
    found: list[Given] = []
    new: list[StoredValue] = []
    for name, value in reads:
        try:
            read = given(name, value)
        except UnstorableError:
            warn_user(f"op {op} reads {name!r}, whose changes cannot be seen: pass it as an argument")
            continue
        except ArgumentError:
            warn_user(f"op {op} reads {name!r}, whose changes cannot be seen: leave it out of the body")
            continue
        read = known.get((name, read.cid), read)
        if (name, read.cid) not in known:
            stored = _encoded(value, read.cid)
            data = None if stored is None else inline.inlined(stored)
            read = Given(name, read.cid, read.origin, data)
            new += [] if stored is None or data is not None else [stored]
        found.append(read)
    return tuple(found), new


def _encoded(value: Any, cid: bytes) -> StoredValue | None:
    """Encode a global; ``None`` for one that is large or has no format."""
    try:
        return None if sys.getsizeof(value) > _LARGEST_READ else values.store(value, cid)
    except Exception:  # whatever a hostile type raises when it is measured
        return None


def changed_read(reads: list[tuple[str, Any]], before: tuple[Given, ...]) -> str | None:
    """Return the name of one of the global data that is other now than it was."""
    known = {(read.name, read.cid) for read in before}
    digested = {read.name for read in before}
    for name, value in reads:
        try:
            same = name not in digested or (name, given(name, value).cid) in known
        except (UnstorableError, ArgumentError):
            same = False
        if not same:
            return name
    return next(iter(digested - {name for name, _ in reads}), None)
