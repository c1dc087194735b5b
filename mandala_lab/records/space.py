"""Collecting what is least worth its bytes, and pins that say what is never collected."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from mandala_lab.model.calls import Call
from mandala_lab.model.errors import nearest, refuse_other
from mandala_lab.model.hashing import DIGEST_SIZE, maker_of
from mandala_lab.model.holdings import FILE, STATE, USER, Collected, Holdings, Pin, Removed
from mandala_lab.model.refs import Ref
from mandala_lab.ports.call_store import CallStore

Progress = Callable[[int, int], object]
Age = float | str | dt.timedelta

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LISTED = 100


def collect(
    store: CallStore,
    max_bytes: float | None,
    older_than: Age | None,
    *,
    set_aside: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    unless_within: float | None = None,
    in_use: Sequence[bytes] = (),
) -> Collected:
    """Delete what may go (see `Storage.gc`), unless all of it takes no more than so many bytes.

    `in_use` are ids of calls, and content ids, that stay.
    """
    from mandala_lab.records.collection import Plan  # numpy takes long to import

    if max_bytes is not None:
        refuse_other(max_bytes, (int, float), "max_bytes is a number of bytes")
        if not max_bytes >= 0:
            raise ValueError(f"max_bytes={max_bytes!r} is no size; give a number of bytes, or None")
    age_s = None if older_than is None else seconds_of(older_than)
    held = store.holdings()
    if unless_within is not None and held.total <= unless_within:
        return Collected(kept=held.total, dry_run=dry_run)
    held = held.sparing(in_use)
    plan = Plan(held)
    if age_s is not None:
        plan.drop_older(time.time_ns() // 1000 - round(age_s * 1e6))
    if max_bytes is not None:
        plan.drop_to(int(max_bytes))
    if dry_run:
        strays = store.strays()
        removed = Removed(plan.calls, plan.things, len(strays), sum(stray.size for stray in strays))
    else:
        number = len(plan.calls)
        tell = None if progress is None else lambda done: progress(done, number)
        removed = store.remove(held, plan.groups, plan.batches(), tell)
    found = _summary(held, removed, plan.needed_calls(), max_bytes, dry_run=dry_run)
    return _without_set_aside(store, found) if set_aside else found


def _without_set_aside(store: CallStore, found: Collected) -> Collected:
    lying = store.set_aside()
    if not found.dry_run:
        store.discard_set_aside()
    return replace(found, set_aside=len(lying), freed=found.freed + sum(one.bytes for one in lying))


def seconds_of(age: Age) -> float:
    """Return an age in seconds.

    Raises
    ------
    TypeError, ValueError
        When it is none.

    Examples
    --------
    >>> seconds_of("12h"), seconds_of(90)
    (43200.0, 90.0)
    """
    refuse_other(
        age, (int, float, str, dt.timedelta), "older_than is a time: seconds, a timedelta or a text such as '30d'"
    )
    if isinstance(age, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", age)
        if found is None:
            raise ValueError(f"older_than={age!r} is no time; give a number and one of s, m, h, d, w, such as '30d'")
        return float(found[1]) * _UNITS_S[found[2]]
    seconds = age.total_seconds() if isinstance(age, dt.timedelta) else float(age)
    if not seconds >= 0:
        raise ValueError(f"older_than={age!r} is no time; give seconds, a timedelta or a text such as '30d'")
    return seconds


def _summary(held: Holdings, removed: Removed, needed: int, max_bytes: float | None, *, dry_run: bool) -> Collected:
    calls, things = list(removed.calls), list(removed.things)
    users = [call for call in calls if held.kinds[call] == USER]
    freed = int(held.size[calls].sum()) + int(held.thing_size[things].sum())
    kept = held.total - freed
    kinds = held.thing_kinds[things]
    reached = max_bytes is None or kept <= max_bytes
    return Collected(
        calls=len(users),
        values=int((kinds != STATE).sum()),
        files=int((kinds == FILE).sum()) + removed.stray_files,
        freed=freed + removed.stray_bytes,
        kept=kept,
        seconds=float(held.duration_us[users].sum()) / 1e6,
        pinned=needed,
        by_op=dict(Counter(held.names[op] for op in held.ops[users].tolist())),
        listed=[(held.names[held.ops[call]], held.hids[call].tobytes().hex()) for call in users[-_LISTED:][::-1]],
        dry_run=dry_run,
        reached=reached,
        reason=""
        if reached
        else f"that is more than {max_bytes:,.0f}, since {needed:,} calls are pinned, or needed by pinned ones, or are "
        "in use just now; storage.pins() lists the pins",
    )


def pin(store: CallStore, what: Call | Ref | str, reason: str) -> None:
    """Pin something (see `Storage.pin`)."""
    refuse_other(reason, str, "the reason of a pin is a text")
    hid = _pinned_id(what, "pin")
    if not store.pin(hid, reason):
        raise LookupError(_unknown(store, what))


def unpin(store: CallStore, what: Call | Ref | str | Pin) -> None:
    """Undo `pin`."""
    hid = _pinned_id(what.hid if isinstance(what, Pin) else what, "unpin")
    if not store.unpin(hid):
        known = [one.hid for one in store.pins()]
        raise LookupError(f"{hid.hex()!r} is not pinned; {nearest(hid.hex(), known)}; storage.pins() lists the pins")


def _pinned_id(what: Call | Ref | str, name: str) -> bytes:
    """Return the id of a call, that which made a ref; of a ref that no call made, its own."""
    refuse_other(what, (Call, Ref, str), f"{name} takes a call, a ref, or the hid of one")
    text = what if isinstance(what, str) else what.hid
    try:
        hid = bytes.fromhex(text)
    except ValueError:
        hid = b""
    maker = maker_of(hid)
    if maker is not None:
        return maker[0]
    if len(hid) not in {DIGEST_SIZE, DIGEST_SIZE + 2}:
        raise LookupError(f"{text!r} is no hid of a call or ref; storage.calls() lists the calls")
    return hid


def _unknown(store: CallStore, what: Call | Ref | str) -> str:
    text = what if isinstance(what, str) else what.hid
    close = [call.hid for call in store.calls_of_session(None)]
    return f"no call has the hid {text!r}; {nearest(text, close)}; storage.calls() lists the calls"
