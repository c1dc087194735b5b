"""What a store holds, as arrays: the calls and what they keep, by number.

A *thing* is what calls keep: a stored value, or a code version with the data that
it read. A call keeps its things, a thing may keep others (a collection its elements,
a code version its data), and a call keeps the calls that made its inputs. Made in
one snapshot, so that a plan can be made of millions of calls without a query more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

VALUE, FILE, STATE = 0, 1, 2
"""Kinds of things: a value in the database, one that is a file beside it, a code version with its data."""

USER, MAKER, ITEMS = 0, 1, 2
"""Kinds of calls: the user's; one that made a collection of elements; one that took a collection apart."""


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of numbers, by the first: those of ``n`` are ``targets[starts[n]:starts[n + 1]]``."""

    starts: memoryview
    targets: memoryview

    @classmethod
    def of(cls, number: int, sources: np.ndarray, targets: np.ndarray) -> Links:
        """Return pairs whose firsts are below `number`; those whose second is unknown, -1, are left out."""
        import numpy as np

        known = targets >= 0
        order = np.argsort(sources[known], kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(sources[known], minlength=number))]).astype(np.int64)
        return cls(starts.data, np.ascontiguousarray(targets[known][order]).data)


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """A snapshot of a store; sizes in bytes, times in microseconds.

    Attributes
    ----------
    rows, hids, ops, kinds, failed, duration_us, occurrences, last_us, size
        Of each call: its row, id, number of its op in `names`, kind, whether it
        failed, how long it ran, how often it occurred, when last, and what its rows take.
    things, thing_kinds, thing_ids, thing_size
        Of each thing: its row (a file has none), kind, content id (a code version has none), and what it takes.
    makers
        The calls that made what a call took.
    keeps, holds
        The things that a call keeps, and that a thing keeps.
    pinned, things_pinned
        What is never collected.
    seen
        Number of the last event in the snapshot.
    """

    rows: np.ndarray
    hids: np.ndarray
    ops: np.ndarray
    names: Sequence[str]
    kinds: np.ndarray
    failed: np.ndarray
    duration_us: np.ndarray
    occurrences: np.ndarray
    last_us: np.ndarray
    size: np.ndarray
    things: np.ndarray
    thing_kinds: np.ndarray
    thing_ids: np.ndarray
    thing_size: np.ndarray
    makers: Links
    keeps: Links
    holds: Links
    pinned: np.ndarray
    things_pinned: np.ndarray
    seen: int

    @property
    def total(self) -> int:
        """Bytes that all of it takes."""
        return int(self.size.sum()) + int(self.thing_size.sum())

    def sparing(self, ids: Sequence[bytes]) -> Holdings:
        """Return the same, with calls and values of these ids pinned, as far as the beginning of an id says."""
        if not ids:
            return self
        import numpy as np

        def among(found: np.ndarray) -> np.ndarray:
            heads = np.ascontiguousarray(found[:, :8]).view(np.uint64).ravel()
            return np.isin(heads, np.frombuffer(b"".join(one[:8] for one in ids), np.uint64))

        things = self.things_pinned.copy()
        things[: len(self.thing_ids)] |= among(self.thing_ids)
        return replace(self, pinned=self.pinned | among(self.hids), things_pinned=things)

    def users(self) -> memoryview:
        """Return, for each thing, how many calls and things keep it; a pin counts as one."""
        import numpy as np

        number = len(self.things)
        found = np.bincount(np.asarray(self.keeps.targets), minlength=number)
        found += np.bincount(np.asarray(self.holds.targets), minlength=number) + self.things_pinned
        return found.data

    def let_go(self, call: int, users: memoryview) -> list[int]:
        """Note in `users` that a call is gone, and return the things that nothing keeps any more."""
        starts, targets = self.keeps.starts, self.keeps.targets
        return self.fallen(targets[starts[call] : starts[call + 1]], users)

    def fallen(self, things: Iterable[int], users: memoryview) -> list[int]:
        """Note in `users` that these things have each a user less; return those that have none, and theirs."""
        starts, targets = self.holds.starts, self.holds.targets
        found, left = [], list(things)
        while left:
            thing = left.pop()
            users[thing] -= 1
            if users[thing] == 0:
                found.append(thing)
                left.extend(targets[starts[thing] : starts[thing + 1]])
        return found

    def unused(self, users: memoryview) -> list[int]:
        """Return the things that nothing keeps, and those that only they keep; `users` is changed."""
        found = [thing for thing in range(len(users)) if users[thing] == 0]
        starts, targets = self.holds.starts, self.holds.targets
        held = [one for thing in found for one in targets[starts[thing] : starts[thing + 1]]]
        return found + self.fallen(held, users)


@dataclass(frozen=True, slots=True)
class Pin:
    """A call that is never collected, or a free-standing value: `hid` is that of the call, or of the ref."""

    hid: str
    reason: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out of a store: numbers of calls and things among the holdings, and of stray files."""

    calls: Sequence[int]
    things: Sequence[int]
    stray_files: int = 0
    stray_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Collected:
    """What `Storage.gc` deleted, or would delete.

    Attributes
    ----------
    calls, values, files
        Numbers of calls, of values, and of files among them and of files that belonged to nothing.
    freed, kept
        Bytes that these took, and that calls and values take afterwards. SQLite
        uses freed bytes again; `Storage.vacuum` gives them back to the file system.
    seconds
        Time of computing that the calls took: what making them again costs.
    pinned
        Number of calls that are kept because they are pinned, or because one that is pinned needs them.
    set_aside
        Number of damaged records, set aside by repairs, that went for good.
    by_op
        Numbers of calls by the name of their op.
    listed
        The most worth among them, as ``(op, hid)``: at most a hundred.
    dry_run
        Whether nothing was deleted.
    reached
        Whether `kept` is within what was asked for; if not, `reason` says why.
    """

    calls: int = 0
    values: int = 0
    files: int = 0
    freed: int = 0
    kept: int = 0
    seconds: float = 0.0
    pinned: int = 0
    set_aside: int = 0
    by_op: Mapping[str, int] = field(default_factory=dict)
    listed: Sequence[tuple[str, str]] = ()
    dry_run: bool = False
    reached: bool = True
    reason: str = ""

    def __str__(self) -> str:
        done = "would delete" if self.dry_run else "deleted"
        ops = ", ".join(f"{count:,} {name}" for name, count in sorted(self.by_op.items(), key=lambda one: -one[1])[:10])
        text = (
            f"{done} {self.calls:,} calls{f' ({ops})' if ops else ''} of {self.seconds:.3g} s, {self.values:,} values "
            f"and {self.files:,} files: {self.freed:,} bytes; {self.kept:,} bytes are kept"
        )
        if self.set_aside:
            text += f"; {done} {self.set_aside:,} damaged records that lay set aside"
        return text if self.reached else f"{text}; {self.reason}"
