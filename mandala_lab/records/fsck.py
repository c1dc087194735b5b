"""Checking a store, and repairing what is damaged (see `Storage.fsck`)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mandala_lab.memo import values
from mandala_lab.model.errors import DamagedStoreError, MandalaLabError, StoreError
from mandala_lab.model.faults import Fault
from mandala_lab.model.hashing import DIGEST_SIZE
from mandala_lab.model.refs import Ref
from mandala_lab.model.values import StoredValue
from mandala_lab.ports.call_store import CallStore

Progress = Callable[[str, int], object]
"""Learns that so many further ``"calls"`` or ``"values"`` were looked at."""

_LISTED = 10_000
_LEFT = "left: 'mandala import' takes what can be read into a new store"
_CORRUPT, _UNTRUSTED, _OTHER = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a check of a store found.

    Attributes
    ----------
    calls, values
        Numbers of records that were looked at.
    faults
        What is not as it was written, the first 10,000; `number` is that of all.
    repaired
        What became of faults, by fault: ``"made again"``, ``"set aside"``, ``"removed"`` or ``"indexes made anew"``.
    untrusted
        Numbers of records that others signed, or nobody, by fingerprint or ``"unsigned"``.
    set_aside
        How many values and calls lie set aside, from this repair and earlier ones.
    duration_s
        Seconds that it took.
    """

    calls: int
    values: int
    faults: tuple[Fault, ...]
    number: int
    repaired: Mapping[Fault, str]
    untrusted: Mapping[str, int]
    set_aside: int
    duration_s: float

    @property
    def exit_code(self) -> int:
        """Exit status of ``mandala fsck``: 0, or the sum of 1 (corrupt), 2 (untrusted) and 4 (other)."""
        kinds = {fault.kind for fault in self.faults}
        code = (_CORRUPT if "corrupt" in kinds else 0) | (_OTHER if "other" in kinds else 0)
        return code | (_UNTRUSTED if self.untrusted else 0)

    def __str__(self) -> str:
        lines = [f"{self.calls:,} calls and {self.values:,} values checked in {self.duration_s:.1f} s"]
        lines += [f"{fault}" + self._told(fault) for fault in self.faults]
        lines += [f"... and {self.number - len(self.faults):,} more"] if self.number > len(self.faults) else []
        for signer, count in self.untrusted.items():
            lines.append(f"{count:,} records are signed by {signer}, which you do not trust: they are no hits")
        lines += [f"{self.set_aside:,} damaged records lie set aside"] if self.set_aside else []
        return "\n".join([*lines, "all is as it was written"] if not self.number else lines)

    def _told(self, fault: Fault) -> str:
        return f" ({self.repaired[fault]})" if fault in self.repaired else ""


@dataclass(slots=True)
class _Watch:
    """Collects what a check finds."""

    progress: Progress | None
    foreign: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    number: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def fault(self, fault: Fault) -> None:
        """Note a fault."""
        self.number += 1
        if len(self.faults) < _LISTED:
            self.faults.append(fault)

    def calls(self, number: int) -> None:
        """Count calls."""
        self._count("calls", number)

    def values(self, number: int) -> None:
        """Count values."""
        self._count("values", number)

    def verify(self, stored: StoredValue) -> None:
        """Look at a value whose content id is what verifies it."""
        values.load(stored)

    def _count(self, what: str, number: int) -> None:
        self.seen[what] += number
        if self.progress is not None:
            self.progress(what, number)


Recover = Callable[[Ref], object]
"""Returns the value of a ref, which is made again and put back where that is possible."""


def fsck(store: CallStore, recover: Recover | None, progress: Progress | None = None) -> Checkup:
    """Check a store, and with `recover` repair it (see `Storage.fsck`)."""
    begun = time.perf_counter()
    watch = _Watch(progress)
    store.check(watch)
    repaired = {} if recover is None else _repair(store, watch.faults, recover)
    return Checkup(
        watch.seen["calls"],
        watch.seen["values"],
        tuple(watch.faults),
        watch.number,
        repaired,
        dict(watch.foreign),
        len({(one.kind, one.id) for one in store.set_aside() if not one.made_again and one.kind != "version"}),
        time.perf_counter() - begun,
    )


def _repair(store: CallStore, faults: list[Fault], recover: Recover) -> dict[Fault, str]:
    done: dict[Fault, str] = {}
    for fault in faults:
        if fault.place == "call":
            store.set_aside_call(fault.id, fault.detail)
            done[fault] = "set aside"
        elif fault.place == "version":
            store.set_aside_version(fault.id, fault.detail)
            done[fault] = "set aside"
        elif fault.place in {"op", "run"}:
            store.mend_description(fault.place, int(fault.id[1:]))
            done[fault] = "written anew as far as it can be read"
        elif fault.place == "file":
            store.remove_stray(fault.id)
            done[fault] = "removed"
    damaged = [bytes.fromhex(fault.id) for fault in faults if fault.place == "value" and _is_id(fault.id)]
    makers = store.makers(damaged) if damaged else {}
    for fault in faults:
        if fault.place == "value" and _is_id(fault.id):
            done[fault] = _repair_value(store, fault, makers.get(bytes.fromhex(fault.id), []), recover)
    return done | _remade(store, [fault for fault in faults if fault.place in {"edges", "database"}])


def _remade(store: CallStore, torn: list[Fault]) -> dict[Fault, str]:
    """Make indexes anew where something is wrong with them or with the database; say what that mended."""
    if not torn:
        return {}
    try:
        store.remake_index()
        left = set(store.database_faults())
    except DamagedStoreError:
        left = set(torn)
    return {fault: _LEFT if fault in left else "indexes made anew" for fault in torn}


def _repair_value(store: CallStore, fault: Fault, makers: list[tuple[str, int]], recover: Recover) -> str:
    for hid, position in makers:
        ref = next((list(call.outputs.values())[position] for call in store.calls([hid])), None)
        try:
            if ref is not None:
                recover(ref)
                return "made again"
        except StoreError:  # it could not be looked at, or put back, and may be whole
            return "left: the disk refuses"
        except (MandalaLabError, LookupError):
            continue
    store.set_aside_value(bytes.fromhex(fault.id), fault.detail)
    return "set aside"


def _is_id(text: str) -> bool:
    return len(text) == 2 * DIGEST_SIZE
